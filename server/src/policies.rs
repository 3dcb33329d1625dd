//! The policies of this portal: ours, the bank's, and what happens when the bank's files change.

use std::fmt;
use std::time::Duration;

use kit::identity::Caller;
use kit::server::audit;
use kit::server::authorise::{Gate, PolicyProblem, Source};
use kit::server::context::Kit;
use serde_json::json;
use tokio::sync::mpsc::Receiver;

use crate::config::AccessConfig;

/// The policies that hold unless the bank says otherwise.
pub const DEFAULT: &str = include_str!("../policies/default.cedar");

/// What the default policies are called where one is quoted.
const DEFAULT_NAME: &str = "default.cedar";

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Everything that is wrong with policies, a line each.
#[derive(Debug, thiserror::Error)]
pub struct Problems(pub Vec<PolicyProblem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.len();
        write!(f, "the policies are not in order ({number} {})", if number == 1 { "problem" } else { "problems" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

/// The gate with the configured policies.
pub fn gate(access: &AccessConfig) -> Result<Gate, Problems> {
    let sources = sources(access).map_err(Problems)?;
    Gate::new(app::PLUGINS.iter().flat_map(|plugin| plugin.permissions), &sources).map_err(Problems)
}

/// The texts of the configured policies, the default ones first.
fn sources(access: &AccessConfig) -> Result<Vec<Source>, Vec<PolicyProblem>> {
    let ours = (!access.replace_default).then(|| Source { name: DEFAULT_NAME.into(), text: DEFAULT.into() });
    let (mut sources, mut problems) = (Vec::from_iter(ours), Vec::new());
    for path in &access.policies {
        match std::fs::read_to_string(path) {
            Ok(text) => sources.push(Source { name: path.display().to_string(), text }),
            Err(error) => problems.push(PolicyProblem {
                file: path.display().to_string(),
                line: 1,
                column: 1,
                message: error.to_string(),
            }),
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// Puts changed policies in force.
pub struct Reloader {
    kit: Kit,
    access: AccessConfig,
    seen: Result<Vec<Source>, Vec<PolicyProblem>>,
}

impl Reloader {
    /// For the files as they are.
    pub fn new(kit: Kit, access: AccessConfig) -> Self {
        let seen = sources(&access);
        Self { kit, access, seen }
    }

    /// Reads the files, and where one has changed, or where somebody `asked` for it, puts what they say in force. Where anything is wrong
    /// with them, the policies that are in force stay. Either is an event of the audit trail. Says whether there was one.
    pub async fn look(&mut self, asked: bool) -> anyhow::Result<bool> {
        let access = self.access.clone();
        let found = tokio::task::spawn_blocking(move || sources(&access)).await?;
        if found == self.seen && !asked {
            return Ok(false);
        }
        let gate = self.kit.gate.clone();
        let replaced = found.clone().and_then(|sources| gate.replace(&sources));
        let files: Vec<String> = self.access.policies.iter().map(|path| path.display().to_string()).collect();
        let detail = match &replaced {
            Ok(()) => {
                let names: Vec<String> = gate.policies().iter().map(|policy| policy.name.clone()).collect();
                tracing::info!(policies = names.len(), "other policies are in force");
                json!({ "reloaded": true, "files": files, "policies": names })
            }
            Err(problems) => {
                for problem in problems {
                    tracing::error!(%problem, "the policies that were in force stay");
                }
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                json!({ "reloaded": false, "files": files, "problems": problems })
            }
        };
        let tx = self.kit.db.begin().await?;
        let event = audit::Event {
            at: self.kit.clock.now(),
            actor: &Caller::System,
            action: "access.policy.reload",
            resource: "access:policies",
            detail,
        };
        audit::append(&tx, event).await?;
        tx.commit().await?;
        self.seen = found;
        Ok(true)
    }

    /// Looks every few seconds, and whenever `asked` has something.
    pub async fn run(mut self, mut asked: Receiver<()>) {
        loop {
            let was_asked = tokio::select! {
                () = tokio::time::sleep(LOOK) => false,
                Some(()) = asked.recv() => true,
            };
            if let Err(error) = self.look(was_asked).await {
                tracing::error!(%error, "the change of policies could not be noted in the audit trail");
            }
        }
    }
}

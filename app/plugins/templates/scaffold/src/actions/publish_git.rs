//! `publish:git`: the workspace as one commit in any git remote that the configuration allows, or in a repository that the portal keeps.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kit::server::git::{GitError, Remote};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step, World};
use crate::outside::api::unreachable;
use crate::outside::beginnings::CommitInput;
use crate::outside::commit::Commit;
use crate::outside::repo_url::RepoUrl;
use crate::outside::shared::{example, info, input, world};
use crate::outside::tokens::{masked, token_for};

/// What a `repoUrl` calls the portal itself.
const PORTAL: &str = "portico";

/// The action.
#[derive(Debug)]
pub struct PublishGit(ActionInfo);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    remote_url: Option<String>,
    repo_url: Option<String>,
    source_path: Option<String>,
    token: Option<String>,
    #[serde(default)]
    allowed_hosts: Vec<String>,
    #[serde(flatten)]
    commit: CommitInput,
}

/// Where it goes.
struct Target {
    remote: Remote,
    /// Where it lies, if the portal keeps it.
    kept: Option<PathBuf>,
    /// The address that people know.
    address: String,
    /// Where the contents are shown.
    contents: String,
    token: Option<kit::server::secrets::Secret>,
}

impl PublishGit {
    /// The action.
    pub fn new() -> Self {
        let mut info = info(
            "publish:git",
            "Pushes the workspace as one commit to an empty git repository: one on a host that the operator allows, or one that the portal keeps and makes where it is missing. A step that was cut off finds its own commit again.",
            (Reach::Outside, Repeat::Checked),
            json!({
                "type": "object",
                "properties": {
                    "remoteUrl": { "type": "string", "title": "Address of the repository", "description": "Such as `https://git.bank.example/payments/ledger.git`." },
                    "repoUrl": { "type": "string", "title": "Repository", "description": "As RepoUrlPicker gives it: `git.bank.example?owner=payments&repo=ledger`; the host `portico` stands for the portal itself." },
                    "defaultBranch": { "type": "string", "title": "Branch", "default": "main" },
                    "sourcePath": { "type": "string", "title": "Folder of the workspace", "description": "All of it when left out." },
                    "gitCommitMessage": { "type": "string", "title": "Message of the commit", "default": "initial commit" },
                    "gitAuthorName": { "type": "string", "title": "Author" },
                    "gitAuthorEmail": { "type": "string", "title": "Author’s address" },
                    "token": { "type": "string", "title": "Token", "description": "The portal’s own for the host when left out." },
                    "allowedHosts": { "type": "array", "items": { "type": "string" }, "title": "Allowed hosts" }
                },
                "oneOf": [{ "required": ["remoteUrl"] }, { "required": ["repoUrl"] }]
            }),
            published(),
        );
        info.examples = vec![
            example("A repository that the portal keeps", json!({ "repoUrl": "portico?owner=payments&repo=ledger" })),
            example(
                "Any git remote",
                json!({ "remoteUrl": "https://git.bank.example/payments/ledger.git", "defaultBranch": "main" }),
            ),
        ];
        Self(info)
    }
}

impl Default for PublishGit {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for PublishGit {
    fn info(&self) -> &ActionInfo {
        &self.0
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let world = world(step)?;
        let given: Input = input(step)?;
        let about = given.commit.about(step, "main")?;
        let target = target(step, world, &given, about.branch).await?;
        let folder = given.source_path.as_deref().unwrap_or_default();
        let commit = Commit::make(step.workspace, folder, &about).await?;
        let hash = publish(world, &commit, &target, about.branch).await.map_err(|error| told(error, &target))?;
        step.log.info(&format!("{} holds commit {hash}", target.address));
        Ok(Outcome::Done(Map::from_iter([
            ("remoteUrl".to_owned(), Value::String(target.address)),
            ("repoContentsUrl".to_owned(), Value::String(target.contents)),
            ("commitHash".to_owned(), Value::String(hash)),
        ])))
    }
}

/// Sees to it that the commit is all that the target holds. A repository that the portal keeps comes into being with it, so that a process which
/// is cut off leaves neither an empty one nor one that git has locked.
async fn publish(world: &World, commit: &Commit, target: &Target, branch: &str) -> Result<String, ActionError> {
    let transient = |error: GitError| ActionError::Transient(error.to_string());
    if let Some(path) = &target.kept
        && let Some(draft) = world.repositories.draft(path, branch).await.map_err(transient)?
    {
        let remote = local(draft.path());
        let pushed = commit.push(&remote).await;
        pushed.map_err(|error| ActionError::Transient(error.to_string().replace(&remote.url, &target.address)))?;
        draft.place().map_err(transient)?;
    }
    commit.publish(&target.remote, false).await
}

/// What publishing gives.
pub(super) fn published() -> Value {
    json!({
        "type": "object",
        "required": ["remoteUrl"],
        "properties": {
            "remoteUrl": { "type": "string", "title": "The address to clone from" },
            "repoContentsUrl": { "type": "string", "title": "Where the contents are" },
            "commitHash": { "type": "string", "title": "The commit" }
        }
    })
}

/// Errors name the address that people know, not where a repository lies, and no token.
fn told(error: ActionError, target: &Target) -> ActionError {
    let plain = |text: String| {
        let text =
            if target.remote.url.starts_with('/') { text.replace(&target.remote.url, &target.address) } else { text };
        target.token.as_ref().map_or(text.clone(), |token| masked(&text, token))
    };
    match error {
        ActionError::Failed(text) => ActionError::Failed(plain(text)),
        ActionError::Transient(text) => ActionError::Transient(plain(text)),
        ActionError::OutcomeUnknown(text) => ActionError::OutcomeUnknown(plain(text)),
        ActionError::Cancelled => ActionError::Cancelled,
    }
}

async fn target(step: &Step<'_>, world: &World, given: &Input, branch: &str) -> Result<Target, ActionError> {
    if let Some(address) = &given.remote_url {
        return match world.repositories.locate(address) {
            Some(path) => Ok(kept(path, address.clone())),
            None => on_host(step, world, given, address, branch).await,
        };
    }
    let text =
        given.repo_url.as_deref().ok_or_else(|| ActionError::Failed("remoteUrl or repoUrl is missing".into()))?;
    let repo = RepoUrl::parse(text)?;
    repo.among(&given.allowed_hosts)?;
    if repo.host == PORTAL {
        let (address, path) =
            (world.repositories.address(&repo.owner, &repo.repo), world.repositories.path_of(&repo.owner, &repo.repo));
        let (address, path) = address.zip(path).ok_or_else(|| {
            ActionError::Failed(format!("repoUrl: {text:?} names no repository that the portal can keep"))
        })?;
        return Ok(kept(path, address.into()));
    }
    let host = world.hosts.host(&repo.host).ok_or_else(|| not_allowed("repoUrl", &repo.host))?;
    let address = format!("{}/{}.git", host.web.as_str().trim_end_matches('/'), repo.path());
    on_host(step, world, given, &address, branch).await
}

fn kept(path: PathBuf, address: String) -> Target {
    Target { remote: local(&path), kept: Some(path), contents: address.clone(), address, token: None }
}

/// A repository on this machine.
fn local(path: &Path) -> Remote {
    // Git is run elsewhere.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Remote { url: path.display().to_string(), ..Remote::default() }
}

async fn on_host(
    step: &Step<'_>,
    world: &World,
    given: &Input,
    address: &str,
    branch: &str,
) -> Result<Target, ActionError> {
    let field = if given.remote_url.is_some() { "remoteUrl" } else { "repoUrl" };
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "https" | "http" | "ssh"));
    let url = url.ok_or_else(|| {
        ActionError::Failed(format!("{field}: it must be an address that begins with https:// or ssh://"))
    })?;
    if url.password().is_some() || (!url.username().is_empty() && url.scheme() != "ssh") {
        return Err(ActionError::Failed(format!("{field}: a user or password does not belong into it")));
    }
    let name = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let name = format!("{name}{port}");
    let host = world.hosts.host(&name).ok_or_else(|| not_allowed(field, &name))?;
    if !given.allowed_hosts.is_empty() && !given.allowed_hosts.iter().any(|each| each.eq_ignore_ascii_case(&name)) {
        return Err(not_allowed(field, &name));
    }
    let check = if url.scheme() == "ssh" { Url::parse(&format!("https://{name}/")).ok() } else { Some(url.clone()) };
    let check = check.ok_or_else(|| not_allowed(field, &name))?;
    world.fetcher.check(&check).await.map_err(|error| unreachable(&error))?;
    // Without a token git asks as anybody, or with a key of its own over ssh.
    let has_token = given.token.is_some() || host.token.is_some();
    let token = if has_token { Some(token_for(&name, &host, given.token.as_deref(), step.secrets)?) } else { None };
    let contents = host.contents(address, branch);
    let remote = host.remote(address, token.as_ref());
    Ok(Target { remote, kept: None, address: address.to_owned(), contents, token })
}

fn not_allowed(field: &str, name: &str) -> ActionError {
    ActionError::Failed(format!("{field}: {name} is not among the hosts that the operator allows ([[integrations]])"))
}

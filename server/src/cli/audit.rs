//! `portico audit`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use kit::identity::Caller;
use kit::server::audit::{self, FileSpan, Mirror, Trail};

use super::StoreArgs;
use super::import::harmless;
use crate::config::{Config, ConfigError};
use crate::instance::Instance;

/// The most problems that are printed.
const SHOWN: usize = 20;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare the sealed audit trail with its chain, its checkpoints and the file outside the database
    ///
    /// Prints what was changed, inserted, removed, reordered or cut off since it was sealed, the first row first, and exits with 1 then.
    Verify {
        /// The file to compare with (can be repeated) [default: audit.file of the configuration]
        #[arg(long = "file", value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Print the public key that this instance signs checkpoints with
    Key {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Replace a person by a pseudonym in the whole trail, for good
    Erase {
        /// The person as the trail names it, such as user:default/jane (can be repeated)
        #[arg(long = "person", value_name = "REF", required = true)]
        people: Vec<String>,
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// What `portico audit …` does, once the configuration is known to be good.
pub fn run(command: Command) -> Result<anyhow::Result<ExitCode>, ConfigError> {
    match command {
        Command::Verify { files, store } => store.load(None).map(|config| super::block_on(verify(config, files))),
        Command::Key { store } => {
            let config = store.load(None)?;
            println!("{}", config.seal()?.key.public());
            Ok(Ok(ExitCode::SUCCESS))
        }
        Command::Erase { people, store } => store.load(None).map(|config| super::block_on(erase(config, people))),
    }
}

async fn verify(config: Config, mut files: Vec<PathBuf>) -> anyhow::Result<ExitCode> {
    let instance = Instance::open_existing(&config).await?;
    let live = instance.sealer.file();
    if files.is_empty() {
        files.push(live.clone());
    }
    let files: Vec<Mirror> = files.into_iter().map(|path| Mirror { is_live: path == *live, path }).collect();
    let (kit, trusted) = (&instance.kit, instance.sealer.trusted());
    let trail = audit::verify(&kit.db, kit.clock.now(), trusted, &files).await?;
    instance.kit.db.close().await?;
    for problem in trail.problems.iter().take(SHOWN) {
        eprintln!("portico: {}", harmless(&problem.text));
    }
    if trail.problems.len() > SHOWN {
        eprintln!("portico: and {} more", trail.problems.len() - SHOWN);
    }
    println!("{}", harmless(&summary(&trail)));
    Ok(if trail.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(trail: &Trail) -> String {
    let rows = match trail.rows {
        Some((first, last)) => format!("rows {first} to {last}"),
        None => "no sealed rows".to_owned(),
    };
    let verdict = if trail.problems.is_empty() { "whole" } else { "NOT whole" };
    let mut text = format!(
        "The audit trail is {verdict}: {rows}, {} checkpoints, {} rows not sealed yet",
        trail.checkpoints, trail.unsealed
    );
    for FileSpan { path, rows } in &trail.files {
        let held = rows.map_or("no rows".to_owned(), |(first, last)| format!("rows {first} to {last}"));
        text.push_str(&format!("; {} holds {held}", path.display()));
    }
    text
}

async fn erase(config: Config, people: Vec<String>) -> anyhow::Result<ExitCode> {
    let instance = Instance::open_existing(&config).await?;
    let mut failed = false;
    for person in &people {
        let pseudonyms = instance.sealer.erase(&Caller::Operator, person).await?;
        if pseudonyms.is_empty() {
            eprintln!("portico: the audit trail does not name {}", harmless(person));
            failed = true;
        } else {
            println!("{} now stands as {}", harmless(person), pseudonyms.join(", "));
        }
    }
    instance.close().await?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

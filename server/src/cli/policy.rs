//! `portico policy`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::{StoreArgs, USAGE, import};
use crate::config::AccessConfig;
use crate::policies::{self, Problems};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the configured policies, or these files in their place
    ///
    /// Each problem goes to standard output as file:line:column: message.
    Check {
        /// Files with policies that are added to the default ones
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The files stand in place of the default policies
        #[arg(long, requires = "files")]
        replace_default: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Print the default policies, to start from
    Show,
    /// Print what policies may speak of, in Cedar's schema language
    Schema,
}

pub fn run(command: Command) -> ExitCode {
    match command {
        Command::Show => {
            print!("{}", policies::DEFAULT);
            ExitCode::SUCCESS
        }
        Command::Schema => report(policies::gate(&AccessConfig::default()).map(|gate| print!("{}", gate.schema()))),
        Command::Check { files, replace_default, store } => {
            let access = if files.is_empty() {
                match store.load(None) {
                    Ok(config) => config.access,
                    Err(error) => {
                        eprintln!("portico: {error}");
                        return ExitCode::from(USAGE);
                    }
                }
            } else {
                AccessConfig { policies: files, replace_default, ..AccessConfig::default() }
            };
            report(policies::gate(&access).map(|gate| println!("{} policies, nothing wrong", gate.policies().len())))
        }
    }
}

fn report(outcome: Result<(), Problems>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Problems(problems)) => {
            for problem in problems {
                println!("{}", import::harmless(&problem.to_string()));
            }
            ExitCode::FAILURE
        }
    }
}

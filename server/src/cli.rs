//! The command line.

mod audit;
mod backup;
mod golden_path;
mod import;
mod locations;
mod policy;
mod serve;
mod template;
mod token;
mod ux;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use catalog::server::NewRules;
use clap::{Args, Parser, Subcommand, ValueEnum};
use descriptor::{Finding, Verdict};
use kit::identity::Subject;

use crate::config::{Config, ConfigError};
use crate::instance;
use crate::{secrets, telemetry};

/// The exit code of a wrong command line or configuration.
const USAGE: u8 = 2;

/// The front door for a bank's engineers.
#[derive(Debug, Parser)]
#[command(name = "portico", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal
    Serve {
        /// Where to listen; off loopback `public_url` must be configured [default: 127.0.0.1:3000]
        #[arg(long, value_name = "HOST:PORT")]
        addr: Option<String>,
        /// Load the example bank that is embedded in this binary
        #[arg(long)]
        example: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Register locations and read them at once
    ///
    /// A location is a directory, a descriptor file, a git repository (a bare one on disk, or an address that ends in
    /// .git) or the address of a descriptor. Errors go to standard error as file:line:column: message.
    Import {
        /// Paths or addresses
        #[arg(required_unless_present = "example", value_name = "PATH|URL")]
        locations: Vec<String>,
        /// Also register the example bank that is embedded in this binary
        #[arg(long)]
        example: bool,
        /// Trust these locations for organisation data: users and groups may come from them
        #[arg(long)]
        trust_org: bool,
        /// Allow only this kind from these locations (can be repeated)
        #[arg(long = "kind", value_name = "KIND")]
        kinds: Vec<String>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Unregister locations and remove what only they brought
    Unregister {
        /// What was registered, or the location's number
        #[arg(required = true, value_name = "LOCATION")]
        locations: Vec<String>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Change what a location may bring, and read it again
    #[command(group = clap::ArgGroup::new("rule").required(true).multiple(true).args(["trust_org", "kinds", "any_kind"]))]
    Rules {
        /// What was registered, or the location's number
        location: String,
        /// Whether users and groups may come from it
        #[arg(long, value_name = "true|false")]
        trust_org: Option<bool>,
        /// Allow only this kind (can be repeated)
        #[arg(long = "kind", value_name = "KIND", conflicts_with = "any_kind")]
        kinds: Vec<String>,
        /// Allow every kind again
        #[arg(long)]
        any_kind: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Validate descriptors, without a server and without fetching anything
    Check {
        /// Files and directories
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Try templates
    Template {
        #[command(subcommand)]
        command: template::Command,
    },
    /// Check contributed pages against the design system
    Ux {
        #[command(subcommand)]
        command: ux::Command,
    },
    /// Check, print and describe the policies that say who may do what
    Policy {
        #[command(subcommand)]
        command: policy::Command,
    },
    /// API tokens for scripts and services
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Bring the database up to date
    Migrate {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Copy the embedded database into a file, while the server runs
    ///
    /// The keys and the configuration are not in it. PostgreSQL has its own tools: pg_dump and pg_restore.
    Backup {
        /// The file to make
        file: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Put a backup in the place of the embedded database, while no server runs
    Restore {
        /// What `portico backup` made
        file: PathBuf,
        /// Put aside the database that is there
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// The keys that secrets are sealed with
    Secrets {
        #[command(subcommand)]
        command: SecretsCommand,
    },
    /// Verify the audit trail, print its public key, take a name out of it
    #[command(subcommand)]
    Audit(audit::Command),
    /// Print the effective configuration, secrets masked
    Config {
        #[command(flatten)]
        store: StoreArgs,
    },
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Print a fresh key
    Key,
    /// Seal again with the first key what is sealed with another; can be run again when it was cut off
    Rotate {
        /// Drop what is sealed with keys that are lost
        #[arg(long)]
        drop_lost: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print its secret on standard output, this once
    Create {
        /// Whom it acts as: a person such as user:default/jane, or a service such as service:deployer
        #[arg(long = "for", value_name = "REF")]
        subject: Subject,
        /// What it may be used for, such as catalog.entity.read or catalog.* (can be repeated)
        #[arg(long = "scope", required = true, value_name = "ACTION")]
        scopes: Vec<String>,
        /// What it is called in lists
        #[arg(long, default_value = "made on the command line")]
        name: String,
        /// For how many days it is good
        #[arg(long, default_value_t = 90)]
        days: u32,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// List the tokens that are good at the moment: number, whom they act as, name, scopes, end and last use
    List {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Revoke a token: it is refused from now on
    Revoke {
        /// Its number, as the list has it
        id: i64,
        #[command(flatten)]
        store: StoreArgs,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A line a problem, and a summary
    Text,
    /// A JSON object a document
    Json,
}

#[derive(Debug, Args)]
struct StoreArgs {
    /// Where the embedded database and git checkouts live [default: data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// sqlite://… or postgres://… [default: an embedded database in the data directory]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl StoreArgs {
    fn load(self, addr: Option<String>) -> Result<Config, ConfigError> {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .collect();
        let mut config = Config::load(self.config.as_deref(), &environment)?;
        if let Some(addr) = addr {
            config.addr = addr.parse().map_err(|_| ConfigError {
                setting: "--addr".into(),
                problem: format!("{addr:?} is not an address with a port, such as 127.0.0.1:3000"),
            })?;
        }
        if let Some(dir) = self.data_dir {
            config.data_dir = dir;
        }
        if let Some(url) = self.database_url {
            config.database_url = url;
        }
        config.check()?;
        Ok(config)
    }
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Template { command } => return template::run(command),
        Command::Check { paths, format } => return check(&paths, format),
        Command::Policy { command } => return policy::run(command),
        Command::Ux { command } => return ux::run(command),
        Command::Config { store } => store.load(None).map(|config| {
            print!("{config}");
            Ok(ExitCode::SUCCESS)
        }),
        Command::Audit(command) => audit::run(command),
        Command::Migrate { store } => store.load(None).map(|config| block_on(migrate(config))),
        Command::Backup { file, store } => store.load(None).map(|config| block_on(backup::backup(config, file))),
        Command::Restore { file, force, store } => {
            store.load(None).map(|config| block_on(backup::restore(config, file, force)))
        }
        Command::Secrets { command: SecretsCommand::Key } => return secrets::print_key(),
        Command::Secrets { command: SecretsCommand::Rotate { drop_lost, store } } => {
            store.load(None).map(|config| block_on(secrets::reseal(config, drop_lost)))
        }
        Command::Serve { addr, example, store } => store.load(addr).map(|config| {
            telemetry::start(&config.log);
            block_on(serve::serve(config, example))
        }),
        Command::Import { locations, example, trust_org, kinds, store } => store
            .load(None)
            .map(|config| block_on(import::import(config, import::Request { locations, example, trust_org, kinds }))),
        Command::Token { command: TokenCommand::Create { subject, scopes, name, days, store } } => store
            .load(None)
            .map(|config| block_on(token::create(config, token::Request { subject, name, scopes, days }))),
        Command::Token { command: TokenCommand::List { store } } => {
            store.load(None).map(|config| block_on(token::list(config)))
        }
        Command::Token { command: TokenCommand::Revoke { id, store } } => {
            store.load(None).map(|config| block_on(token::revoke(config, id)))
        }
        Command::Unregister { locations, store } => {
            store.load(None).map(|config| block_on(locations::unregister(config, locations)))
        }
        Command::Rules { location, trust_org, kinds, any_kind, store } => {
            let allowed_kinds = (any_kind || !kinds.is_empty()).then(|| (!any_kind).then_some(kinds));
            let rules = NewRules { trust_org, allowed_kinds };
            store.load(None).map(|config| block_on(locations::rules(config, &location, &rules)))
        }
    };
    match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            eprintln!("portico: {error:#}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("portico: {error}");
            ExitCode::from(USAGE)
        }
    }
}

fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}

async fn migrate(config: Config) -> anyhow::Result<ExitCode> {
    instance::make_data_dir(&config.data_dir)?;
    instance::open_database(&config).await?.close().await?;
    println!("The database is up to date");
    Ok(ExitCode::SUCCESS)
}

fn check(paths: &[PathBuf], format: Format) -> ExitCode {
    use std::io::Write;
    let mut reports = match descriptor::check::run(paths) {
        Ok(reports) => reports,
        Err(error) => {
            eprintln!("portico: {error}");
            return ExitCode::from(USAGE);
        }
    };
    for report in &mut reports {
        if report.kind.as_deref() == Some("Template") && report.verdict != Verdict::NotEntity {
            report.warnings.extend(template::check(&report.path, report.doc));
            report.warnings.sort_by_key(|finding| (finding.line, finding.column));
        }
    }
    golden_path::check(&mut reports);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut bad = 0_usize;
    for report in &reports {
        let is_bad = !report.errors.is_empty();
        bad += usize::from(is_bad);
        // A reader that has seen enough closes the pipe; that is no error of ours.
        let _ = match format {
            Format::Json => {
                serde_json::to_writer(&mut out, report).map_err(std::io::Error::from).and_then(|()| writeln!(out))
            }
            Format::Text => {
                let lines = report
                    .errors
                    .iter()
                    .map(|finding| ("error", finding))
                    .chain(report.warnings.iter().map(|finding| ("warning", finding)));
                lines.into_iter().try_for_each(|(severity, finding)| {
                    let field = if finding.path.is_empty() { String::new() } else { format!(" ({})", finding.path) };
                    let Finding { line, column, message, .. } = finding;
                    let text = format!("{}:{line}:{column}: {severity}: {message}{field}", report.file);
                    writeln!(out, "{}", import::harmless(&text))
                })
            }
        };
    }
    if let Format::Text = format {
        let others = reports.iter().filter(|report| report.verdict == Verdict::NotEntity).count();
        let _ = writeln!(out, "{} documents, {bad} with errors, {others} not entities", reports.len());
    }
    let _ = out.flush();
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

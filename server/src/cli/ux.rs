//! `portico ux`

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use ::ux::check::{Checker, Design, Subject};
use ::ux::report::{Report, Verdict};
use ::ux::rules::Rules;
use ::ux::site::{ARCHIVE_BYTES, Site};
use ::ux::tokens::{BYTES, Tokens};
use clap::{Subcommand, ValueEnum};
use style::TokenSet;
use url::Url;

use super::{USAGE, block_on, import};
use crate::assets::{self, published_design};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check static pages against the design system, in a Chromium of this machine
    ///
    /// A folder needs an index.html or a single page; the pages may link /design/v1/tokens.css, kit.css and kit.js, as on the portal. Nothing
    /// but the folder, or the origin of the address, is reached. Exits with 0 when nothing fails, with 1 when something does, and with 2
    /// when the pages could not be checked.
    Check {
        /// A folder, a .zip of one, or the address of a page
        #[arg(value_name = "DIR|URL")]
        subject: String,
        /// The bank's tokens: CSS with custom properties, or JSON of design tokens [default: those of this portal]
        #[arg(long, value_name = "FILE")]
        tokens: Option<PathBuf>,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Print the rules, to change them
    Rules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// What was found, where, why it matters and how to mend it
    Text,
    /// One JSON object
    Json,
}

/// Runs what the command line asks for.
pub fn run(command: Command) -> ExitCode {
    let checked = match command {
        Command::Rules => {
            say(::ux::rules::TEXT);
            return ExitCode::SUCCESS;
        }
        Command::Check { subject, tokens, format } => check(&subject, tokens.as_deref(), format),
    };
    checked.unwrap_or_else(|error| {
        eprintln!("portico: {}", import::harmless(&error.to_string()));
        ExitCode::from(USAGE)
    })
}

fn check(subject: &str, tokens: Option<&Path>, format: Format) -> anyhow::Result<ExitCode> {
    let rules = Rules::ours()?;
    let subject = subject_of(subject)?;
    let checker = Checker::new(design(tokens)?, rules).with_axe(assets::axe());
    let report = block_on(async { Ok(checker.check(&subject).await?) })?;
    if !report.axe {
        eprintln!("portico: this build is without axe-core, so that its rules took no part");
    }
    say(&match format {
        Format::Json => report.json()? + "\n",
        Format::Text => text(&report, checker.rules()),
    });
    Ok(if report.verdict == Verdict::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What pages write is shown as text, whatever it holds.
fn text(report: &Report, rules: &Rules) -> String {
    report.text(rules).lines().map(|line| import::harmless(line) + "\n").collect()
}

fn say(text: &str) {
    // A reader that has seen enough closes the pipe; that is no error of ours.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn subject_of(subject: &str) -> anyhow::Result<Subject> {
    if subject.starts_with("http://") || subject.starts_with("https://") {
        return Ok(Subject::Url(Url::parse(subject)?));
    }
    let path = Path::new(subject);
    let about = |error: std::io::Error| anyhow::anyhow!("{subject}: {error}");
    let site = if std::fs::metadata(path).map_err(about)?.is_dir() {
        Site::from_dir(path)?
    } else {
        Site::from_zip(&read_at_most(path, ARCHIVE_BYTES as u64 + 1).map_err(about)?)?
    };
    Ok(Subject::Site(Arc::new(site)))
}

/// The design system of this portal, or that of a token file.
fn design(file: Option<&Path>) -> anyhow::Result<Design> {
    let ours = TokenSet::ours()?;
    let Some(file) = file else { return Ok(published_design(&ours, None)) };
    let about = |error: String| anyhow::anyhow!("{}: {error}", file.display());
    let bytes = read_at_most(file, BYTES as u64 + 1).map_err(|error| about(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| about("it is no UTF-8".to_owned()))?;
    if is_over_ours(&text) {
        return Ok(published_design(&ours.with(&file.display().to_string(), &text)?, None));
    }
    let tokens = Tokens::read(&text).map_err(|error| about(error.to_string()))?;
    Ok(published_design(&ours, Some(tokens)))
}

/// Whether it is a file with which a bank puts its own look over ours.
fn is_over_ours(text: &str) -> bool {
    let groups: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(text).ok();
    let is_tier = |name: &String| matches!(name.as_str(), "base" | "functional" | "component");
    groups.is_some_and(|groups| {
        groups.keys().any(is_tier) && groups.keys().all(|name| is_tier(name) || name.starts_with('$'))
    })
}

/// A file, or its beginning where that is longer than it may be.
fn read_at_most(file: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

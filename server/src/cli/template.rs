//! `portico template`, and what `portico check` says of templates.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use descriptor::{Document, Finding};
use kit::identity::Caller;
use kit::server::source::Tree;
use scaffold::definition::{Problem, Template};
use scaffold::dry_run::{DryRun, DryRunLimits, Report, Verdict, dry_run, example};
use scaffold::folder::Folder;
use scaffold::registry::Registry;
use scaffold::workspace::Workspace;
use serde_json::{Map, Value, json};

use super::{USAGE, block_on, import};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a template without effect, and without a server, a database or a network
    ///
    /// Steps that work on files are done in a folder that is removed afterwards; those that reach outside are named, and their outputs
    /// made up. What is fetched from elsewhere counts as an empty folder.
    DryRun {
        /// The template, or a folder that holds one
        path: PathBuf,
        /// A file with the values of the form (YAML or JSON), or `example` for values that are made up
        #[arg(long, value_name = "FILE|example")]
        values: String,
        /// Which template, where the file holds several [default: the first]
        #[arg(long)]
        name: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line a step, a file and a problem
    Text,
    /// One JSON object
    Json,
}

/// Runs what the command line asks for.
pub fn run(command: Command) -> ExitCode {
    let Command::DryRun { path, values, name, format } = command;
    let opened = Folder::descriptor(&path)
        .and_then(|file| Folder::around(&file))
        .map_err(|error| format!("{}: {error}", path.display()));
    let ran = opened.and_then(|tree| {
        let given = if values == "example" { None } else { Some(values_in(Path::new(&values))?) };
        block_on(async move { dry(&tree, name.as_deref(), given).await }).map_err(|error| format!("{error:#}"))
    });
    match ran {
        Ok(report) => {
            print(&report, format);
            if report.verdict == Verdict::Completed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("portico: {error}");
            ExitCode::from(USAGE)
        }
    }
}

/// What is doubtful about a template that stands in a file, as findings of its descriptor.
pub fn check(file: &Path, doc: u32) -> Vec<Finding> {
    let Ok(text) = std::fs::read_to_string(file) else { return Vec::new() };
    let Some(document) = descriptor::read(&text).into_iter().find(|document| document.doc == doc) else {
        return Vec::new();
    };
    let Ok(tree) = Folder::around(file) else { return Vec::new() };
    let problems = block_on(async { Ok(problems(document, &tree).await) });
    problems
        .map(|problems| problems.into_iter().map(|problem| finding(problem, tree.start())).collect())
        .unwrap_or_default()
}

async fn problems(document: Document, tree: &Folder) -> Vec<(Problem, Finding)> {
    let template = Template::resolve(document, tree, tree.start(), None).await;
    let found = scaffold::check::check(&template, tree, &Registry::built_in()).await.into_iter();
    found
        .map(|problem| {
            let place = template.place(&problem.path);
            let Problem { path, message, .. } = problem.clone();
            (problem, Finding { line: place.line.max(1), column: place.column.max(1), path, message })
        })
        .collect()
}

/// A problem as a finding of the descriptor: what stands in another file names that file.
fn finding((problem, own): (Problem, Finding), descriptor: &str) -> Finding {
    let Problem { place, path, message } = problem;
    if place.file == descriptor && place.line > 0 {
        return Finding { line: place.line, column: place.column, path, message };
    }
    let at = if place.line > 0 { format!("{}:{}:{}", place.file, place.line, place.column) } else { place.file };
    Finding { message: if at.is_empty() { message } else { format!("{at}: {message}") }, ..own }
}

fn values_in(file: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let values = descriptor::data(&text)
        .map_err(|error| format!("{}:{}:{}: {}", file.display(), error.line, error.column, error.message))?;
    match values {
        Value::Null => Ok(json!({})),
        Value::Object(_) => Ok(values),
        _ => Err(format!("{}: an object with a value for each field is needed", file.display())),
    }
}

async fn dry(tree: &Folder, name: Option<&str>, values: Option<Value>) -> anyhow::Result<Report> {
    let template = match Template::read(tree, name, None).await {
        Ok(template) => template,
        Err(error) => return Ok(Report::unreadable(error.to_string())),
    };
    let limits = DryRunLimits::default();
    let parent = std::env::temp_dir();
    let own = format!("portico-dry-run-{}", uuid::Uuid::new_v4());
    let workspace = Workspace::create(&parent, &own, limits.workspace)?;
    let made_up = values.is_none();
    let run = DryRun {
        template: &template,
        tree,
        registry: &Registry::built_in(),
        values: values.unwrap_or_else(|| example(&template)),
        made_up,
        secrets: Map::new(),
        user: Value::Null,
        caller: &Caller::Operator,
        limits,
    };
    let report = dry_run(run, &workspace).await;
    drop(workspace);
    Workspace::remove(&parent, &own)?;
    Ok(report)
}

fn print(report: &Report, format: Format) {
    if format == Format::Json {
        let files: Vec<Value> =
            report.files.iter().map(|file| json!({"path": file.path, "bytes": file.bytes})).collect();
        let outside = report
            .outside
            .iter()
            .map(|outside| json!({"step": outside.step, "action": outside.action, "input": outside.input}));
        let printed = json!({
            "verdict": report.verdict,
            "files": files,
            "unknown_actions": report.unknown_actions,
            "warnings": report.warnings,
            "errors": report.errors,
            "outside": outside.collect::<Vec<_>>(),
            "output": report.output,
        });
        println!("{printed}");
        return;
    }
    let say = |text: String| println!("{}", import::harmless(&text));
    for step in &report.steps {
        let state = serde_json::to_value(step.state).unwrap_or_default();
        say(format!("step {} ({}): {}", step.id, step.action, state.as_str().unwrap_or_default()));
    }
    for file in &report.files {
        say(format!("file {} ({} bytes)", file.path, file.bytes));
    }
    for warning in &report.warnings {
        say(format!("warning: {warning}"));
    }
    for error in &report.errors {
        say(format!("error: {error}"));
    }
    let verdict = if report.verdict == Verdict::Completed { "Ran to the end" } else { "Did not run to the end" };
    say(format!(
        "{verdict}: {} steps, {} files, {} warnings",
        report.steps.len(),
        report.files.len(),
        report.warnings.len()
    ));
}

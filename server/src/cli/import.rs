//! `portico import`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use catalog::info::READ_LOCATIONS;
use catalog::model::LocationState;
use catalog::server::{NewLocation, REFRESH, ReadableLocation, Reader};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kit::identity::Caller;

use super::serve::register_example;
use crate::config::Config;
use crate::instance::Instance;

/// What the command line asks for.
pub struct Request {
    pub locations: Vec<String>,
    pub example: bool,
    pub trust_org: bool,
    pub kinds: Vec<String>,
}

/// Registers the locations, reads them, and prints what came of it.
pub async fn import(config: Config, request: Request) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let instance = Instance::open(&config).await?;
    let catalog = &instance.catalog.catalog;
    let mut failed = false;
    // The name under which each location's files are printed.
    let mut registered: Vec<(i64, String)> = Vec::new();
    for text in &request.locations {
        match NewLocation::parse(text) {
            Ok(mut location) => {
                location.trust_org = request.trust_org;
                location.allowed_kinds = (!request.kinds.is_empty()).then(|| request.kinds.clone());
                let prefix = match location.kind {
                    "dir" => format!("{}/", text.trim_end_matches('/')),
                    "file" => text.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/")),
                    _ => String::new(),
                };
                registered.push((catalog.register(&Caller::Operator, &location).await?.id, prefix));
            }
            Err(error) => {
                eprintln!("portico: {}", harmless(&error.to_string()));
                failed = true;
            }
        }
    }
    if request.example {
        registered.push((register_example(&config, &instance).await?, String::new()));
    }
    read(&instance, &registered).await?;

    let (mut entities, mut errors, mut warnings) = (0, 0, 0);
    let reader = catalog.reader(&Caller::Operator, &READ_LOCATIONS).await?;
    for (id, prefix) in &registered {
        let Ok(location) = reader.readable_location(*id).await else { continue };
        let Some(row) = reader.location_row(&location).await? else { continue };
        entities += row.entities;
        errors += row.errors;
        warnings += row.warnings;
        if row.state == LocationState::Unreadable {
            eprintln!("portico: {}", harmless(&format!("{} cannot be read: {}", row.target, row.message)));
            failed = true;
        }
        print_problems(&reader, &location, prefix).await?;
    }
    println!("{entities} entities, {warnings} warnings, {errors} errors in {:.1} s", start.elapsed().as_secs_f64());
    instance.close().await?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Does the registered locations' jobs here, or waits for the server that is already doing them.
async fn read(instance: &Instance, registered: &[(i64, String)]) -> anyhow::Result<()> {
    let keys: Vec<String> = registered.iter().map(|(id, _)| id.to_string()).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    bar.set_style(ProgressStyle::with_template("Reading {bar:32} {pos}/{len} files, {elapsed}")?);
    let worker = instance.worker();
    let reading = worker.run_due(REFRESH, &keys);
    tokio::pin!(reading);
    loop {
        tokio::select! {
            done = &mut reading => {
                bar.finish_and_clear();
                return Ok(done?);
            }
            () = tokio::time::sleep(Duration::from_millis(100)) => {
                let progress = &instance.catalog.progress;
                bar.set_length(progress.known.load(Ordering::Relaxed));
                bar.set_position(progress.done.load(Ordering::Relaxed));
            }
        }
    }
}

async fn print_problems(reader: &Reader, location: &ReadableLocation, prefix: &str) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let (problems, next) = reader.problems(location, after).await?;
        let mut out = std::io::stderr().lock();
        for problem in problems.iter().filter(|problem| problem.is_error) {
            let prefix = if problem.path.contains("://") { "" } else { prefix };
            let line = format!("{prefix}{}:{}:{}: {}", problem.path, problem.line, problem.column, problem.message);
            writeln!(out, "{}", harmless(&line))?;
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// The text without what a terminal obeys, which a file's name and a remote system's words may hold.
pub(super) fn harmless(text: &str) -> String {
    text.replace(|c: char| c.is_control(), "\u{fffd}")
}

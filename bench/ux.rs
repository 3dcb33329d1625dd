//! A check of a page of 2,000 elements (or as many as are named), and the memory of the browser that does it:
//! `cargo run --release -p ux --features bench --example ux -- [ELEMENTS] [ROUNDS]`.
//! The time is that of all widths and themes, divided by their number: loading, stilling, reading at rest, under the pointer and with the
//! focus, axe-core, and the second look. Memory is what the processes of the browser do not share, at its peak, from `/proc`.

#[path = "../app/plugins/contributions/ux/tests/ux/support.rs"]
mod support;

use std::fmt::Write;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use support::{checker, site};
use ux::check::{Subject, WINDOWS};
use ux::report::Theme;

/// Elements of one card of the page, itself included.
const CARD: usize = 10;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let elements: usize = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let subject = Subject::Site(site(&page(elements)));
    let looks = WINDOWS.len() * Theme::ALL.len();
    let (peak, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watch = std::thread::spawn({
        let (peak, is_over) = (Arc::clone(&peak), Arc::clone(&is_over));
        move || {
            while !is_over.load(Ordering::Relaxed) {
                peak.fetch_max(memory(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    });
    let checker = checker();
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = Instant::now();
        let report = checker.check(&subject).await?;
        times.push(start.elapsed());
        println!(
            "{}: {} findings, {:.2} s, {:.2} s a width and theme",
            report.browser,
            report.findings.len(),
            start.elapsed().as_secs_f64(),
            start.elapsed().as_secs_f64() / looks as f64
        );
    }
    is_over.store(true, Ordering::Relaxed);
    watch.join().map_err(|_| "the watch ended")?;
    times.sort();
    println!("{elements} elements: median {:.2} s a width and theme", times[rounds / 2].as_secs_f64() / looks as f64);
    println!("memory of the browser: {} MB at its peak", peak.load(Ordering::Relaxed) >> 20);
    Ok(())
}

fn page(elements: usize) -> String {
    let mut cards = String::new();
    for card in 0..elements / CARD {
        // Writing into a text does not fail.
        let _ = write!(
            cards,
            "<article class=\"pk-card\"><h2 class=\"pk-card__title\">Account {card}</h2><p class=\"pk-card__body\">Held by <a href=\"#{card}\">team {card}</a> and <strong>others</strong>.</p>\
             <p class=\"pk-quiet\">As of <code>today</code></p><div class=\"pk-inline\"><span class=\"pk-badge\">Open</span><button class=\"pk-button\" type=\"button\">Close</button></div></article>"
        );
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Accounts</title>\
         <link rel=\"stylesheet\" href=\"/design/v1/tokens.css\"><link rel=\"stylesheet\" href=\"/design/v1/kit.css\"></head>\
         <body><main><h1>Accounts</h1><div class=\"pk-cards\">{cards}</div></main></body></html>"
    )
}

/// What the browsers that belong to checks take together.
fn memory() -> u64 {
    let Ok(processes) = fs::read_dir("/proc") else { return 0 };
    let paths: Vec<_> = processes.flatten().map(|process| process.path()).collect();
    let text = |path: &std::path::Path, file: &str| fs::read(path.join(file)).unwrap_or_default();
    let group = |path: &std::path::Path| {
        let stat = String::from_utf8_lossy(&text(path, "stat")).into_owned();
        stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(2).map(str::to_owned))
    };
    let own = paths
        .iter()
        .find(|path| String::from_utf8_lossy(&text(path, "cmdline")).contains("--user-data-dir=/tmp/portico-ux-"));
    let Some(own) = own.and_then(|path| group(path)) else { return 0 };
    let pages = paths.iter().filter(|path| group(path).as_ref() == Some(&own)).filter_map(|path| {
        let memory = String::from_utf8_lossy(&text(path, "statm")).into_owned();
        let mut fields = memory.split_whitespace().skip(1).filter_map(|field| field.parse::<u64>().ok());
        Some(fields.next()?.saturating_sub(fields.next()?))
    });
    pages.sum::<u64>() * 4096
}

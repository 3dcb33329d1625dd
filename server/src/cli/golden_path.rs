//! What `portico check` says of golden paths.

use std::collections::HashMap;
use std::path::Path;

use descriptor::check::Report;
use descriptor::{Document, EntityRef, Finding, Verdict};
use journey::{GoldenPath, Known, Outside, Severity};
use kit::server::definitions::{self, Number, Range};
use serde_json::Value;

/// Adds to each report of a golden path what is wrong or doubtful about it, among all files that are checked together.
pub fn check(reports: &mut [Report]) {
    if !reports.iter().any(is_path) {
        return;
    }
    let checked = Checked::read(reports);
    for report in reports.iter_mut().filter(|report| is_path(report)) {
        let Some(document) = document(&report.path, report.doc) else { continue };
        let Some(value) = &document.value else { continue };
        // What the rules of the format have said in their words is not said again; an error is, where they only warned.
        let places = |findings: &[Finding]| {
            findings.iter().map(|finding| (finding.line, finding.column)).collect::<Vec<(u32, u32)>>()
        };
        let (errors, warnings) = (places(&report.errors), places(&report.warnings));
        for problem in journey::check(&GoldenPath::read(value), &checked) {
            let at = document.position(&problem.pointer);
            let place = (at.line, at.column);
            if errors.contains(&place) || problem.severity == Severity::Warning && warnings.contains(&place) {
                continue;
            }
            let finding = Finding { line: at.line, column: at.column, path: problem.pointer, message: problem.message };
            match problem.severity {
                Severity::Error => report.errors.push(finding),
                Severity::Warning => report.warnings.push(finding),
            }
        }
        report.errors.sort_by_key(|finding| (finding.line, finding.column));
        report.warnings.sort_by_key(|finding| (finding.line, finding.column));
        if !report.errors.is_empty() && report.verdict == Verdict::Ok {
            report.verdict = Verdict::Invalid;
        }
    }
}

fn is_path(report: &Report) -> bool {
    report.kind.as_deref() == Some("GoldenPath") && report.verdict != Verdict::NotEntity
}

fn document(file: &Path, doc: u32) -> Option<Document> {
    let text = std::fs::read_to_string(file).ok()?;
    descriptor::read(&text).into_iter().find(|document| document.doc == doc)
}

/// The templates and paths among the checked files, by canonical ref: the version that each states, and what it asks for.
struct Checked(HashMap<String, Vec<(Option<Number>, Value)>>);

impl Checked {
    fn read(reports: &[Report]) -> Self {
        let mut found: HashMap<String, Vec<_>> = HashMap::new();
        for report in reports.iter().filter(|report| matches!(report.kind.as_deref(), Some("Template" | "GoldenPath")))
        {
            let Some(value) = document(&report.path, report.doc).and_then(|document| document.value) else { continue };
            let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            let (Some(kind), Some(name)) = (report.kind.as_deref(), report.name.as_deref()) else { continue };
            let namespace = text("/metadata/namespace").unwrap_or_else(|| "default".into());
            let version = text("/spec/version").and_then(|version| definitions::number(&version));
            let parameters = value.pointer("/spec/parameters").cloned().unwrap_or_default();
            found.entry(EntityRef::new(kind, &namespace, name).to_string()).or_default().push((version, parameters));
        }
        Self(found)
    }
}

impl Outside for Checked {
    fn look(&self, name: &str, range: &str) -> Known {
        let Some(versions) = self.0.get(name) else { return Known::Unknown };
        let range = Range::parse(range);
        // What states no version gets its number when it is published.
        let fits = |version: &Option<Number>| match (version, &range) {
            (Some(version), Some(range)) => range.allows(version),
            _ => true,
        };
        match versions.iter().find(|(version, _)| fits(version)) {
            Some((_, parameters)) => Known::Found(parameters.clone()),
            None => Known::NoVersion(
                versions.iter().filter_map(|(version, _)| Some(version.as_ref()?.to_string())).collect(),
            ),
        }
    }
}

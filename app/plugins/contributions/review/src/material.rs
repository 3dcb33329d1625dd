//! What contributors give: the pitch, and what each gate asks for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::event::Millis;
use crate::manifest::Manifest;
use crate::stage::{Kind, Stage};

/// The longest title, in characters.
const TITLE: usize = 120;

/// The longest text of a pitch, in characters.
const TEXT: usize = 20_000;

/// The most links of a pitch, and links of evidence of a submission.
const LINKS: usize = 50;

/// A link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it is called.
    #[serde(default)]
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// An idea.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pitch {
    /// What it is called.
    pub title: String,
    /// The problem that it solves, in Markdown.
    pub problem: String,
    /// Who has the problem.
    #[serde(default)]
    pub audience: String,
    /// A sketch in words, in Markdown; mock-ups are links.
    #[serde(default)]
    pub sketch: String,
    /// What is contributed.
    pub kind: Kind,
    /// The canonical ref of the group that will own it; may be empty until it is submitted.
    #[serde(default)]
    pub owner: String,
    /// Mock-ups, chats, prior art.
    #[serde(default)]
    pub links: Vec<Link>,
}

impl Pitch {
    /// The same without white space at the ends, and with lines that end as they do here, wherever they were written.
    #[must_use]
    pub fn trimmed(mut self) -> Self {
        for text in [&mut self.title, &mut self.problem, &mut self.audience, &mut self.sketch, &mut self.owner] {
            *text = unified(text.trim());
        }
        for link in &mut self.links {
            link.title = link.title.trim().to_owned();
            link.url = link.url.trim().to_owned();
        }
        self.links.retain(|link| !link.url.is_empty());
        self
    }

    /// What is wrong with it: the field, and a sentence.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.title.is_empty() {
            problems.push(("title", "Give it a title".into()));
        }
        if self.title.chars().count() > TITLE || self.title.contains('\n') {
            problems.push(("title", format!("A title is one line of {TITLE} characters at most")));
        }
        if self.problem.is_empty() {
            problems.push(("problem", "Say which problem it solves".into()));
        }
        for (field, text) in [("problem", &self.problem), ("audience", &self.audience), ("sketch", &self.sketch)] {
            if text.chars().count() > TEXT {
                problems.push((field, format!("This has {TEXT} characters at most")));
            }
        }
        let texts = [
            ("title", &self.title),
            ("problem", &self.problem),
            ("audience", &self.audience),
            ("sketch", &self.sketch),
        ];
        let texts = texts.into_iter().chain(self.links.iter().map(|link| ("links", &link.title)));
        for (field, _) in texts.filter(|(_, text)| !is_plain(text)) {
            problems.push((field, NOT_PLAIN.into()));
        }
        if self.owner.len() > 200 {
            problems.push(("owner", "Name a group of the catalog".into()));
        }
        if self.links.len() > LINKS {
            problems.push(("links", format!("A pitch has {LINKS} links at most")));
        }
        for link in &self.links {
            if link.title.chars().count() > TITLE {
                problems.push(("links", format!("The title of a link has {TITLE} characters at most")));
            }
            if !is_web(&link.url) {
                problems.push(("links", format!("{:?} is no address that begins with https:// or http://", link.url)));
            }
        }
        problems
    }

    /// What is otherwise than in an earlier one.
    pub fn changes(&self, before: &Self) -> Vec<Change> {
        let links = |pitch: &Self| {
            let links = pitch.links.iter();
            links.map(|link| format!("{} {}", link.title, link.url).trim().to_owned()).collect::<Vec<_>>().join("\n")
        };
        let fields = [
            ("Title", before.title.clone(), self.title.clone()),
            ("Problem", before.problem.clone(), self.problem.clone()),
            ("Who has it", before.audience.clone(), self.audience.clone()),
            ("Sketch", before.sketch.clone(), self.sketch.clone()),
            ("Kind", before.kind.label().to_owned(), self.kind.label().to_owned()),
            ("Owning team", before.owner.clone(), self.owner.clone()),
            ("Links", links(before), links(self)),
        ];
        changed(fields)
    }
}

/// A text with nothing but `\n` at the ends of its lines.
pub(crate) fn unified(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Something that is otherwise than before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What.
    pub what: String,
    /// How it was; empty where it was not there.
    pub before: String,
    /// How it is; empty where it is gone.
    pub after: String,
}

fn changed<const N: usize>(fields: [(&str, String, String); N]) -> Vec<Change> {
    let changed = fields.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(what, before, after)| Change { what: what.to_owned(), before, after }).collect()
}

/// Where the pages of a contribution come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "from")]
pub enum Ui {
    /// Files that were sent.
    Upload {
        /// What the file was called.
        name: String,
        /// Over everything in it; what was reviewed is exactly this.
        hash: String,
    },
    /// A commit of a git repository.
    Git {
        /// The repository.
        url: String,
        /// The commit, in full, so that what is reviewed is what stays.
        commit: String,
        /// The folder with the files.
        #[serde(default)]
        path: String,
    },
}

impl Ui {
    /// As people read it.
    pub fn label(&self) -> String {
        match self {
            Self::Upload { name, hash } => format!("{name} ({})", hash.get(..12).unwrap_or(hash)),
            Self::Git { url, commit, path } => {
                let path = if path.is_empty() { String::new() } else { format!(" in {path}") };
                format!("{url} at {}{path}", commit.get(..12).unwrap_or(commit))
            }
        }
    }
}

/// The change that brings the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeChange {
    /// Its page at the git host.
    pub url: String,
    /// The commit that is to be merged, in full.
    pub commit: String,
}

/// A link that shows that an item of a checklist is met, and what to look at there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Where it is; may be empty where the note says it all.
    #[serde(default)]
    pub url: String,
    /// What it shows.
    #[serde(default)]
    pub note: String,
}

/// What is submitted to a gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Material {
    /// The pages, for the UX gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui: Option<Ui>,
    /// The manifest, for the architecture review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Manifest>,
    /// The change, for the code review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<CodeChange>,
    /// The canonical ref of its entry in the catalog, for readiness.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entity: String,
    /// What shows that items of the checklist are met, by the item's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, Evidence>,
    /// What the contributors say with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Material {
    /// What is wrong with it for a gate; what is missing there as well as what does not belong there.
    pub fn problems(&self, stage: Stage, kind: Kind) -> Vec<String> {
        let mut problems = Vec::new();
        let wants = |is: Stage| stage == is;
        match (&self.ui, wants(Stage::Ux) && kind.has_ui()) {
            (None, true) => problems.push("Bring the pages: an upload or a commit of a git repository".into()),
            (Some(_), false) => problems.push("Pages are submitted to the UX gate, by what has pages".into()),
            (Some(Ui::Upload { hash, .. }), true) if hash.is_empty() => problems.push("The upload has no hash".into()),
            (Some(Ui::Upload { name, .. }), true) if name.chars().count() > TITLE || !is_plain(name) => {
                problems.push(format!("The name of an upload has {TITLE} plain characters at most"));
            }
            (Some(Ui::Git { url, commit, path }), true) => {
                if !is_web(url) {
                    problems.push(format!("{url:?} is no address of a git repository"));
                }
                if !is_commit(commit) {
                    problems.push("Name the commit in full: 40 hexadecimal digits".into());
                }
                if path.starts_with('/') || path.split('/').any(|part| part == "..") || !is_plain(path) {
                    problems.push("The folder lies within the repository".into());
                }
            }
            _ => {}
        }
        match (&self.manifest, wants(Stage::Architecture)) {
            (None, true) => problems.push("Bring the manifest".into()),
            (Some(_), false) => problems.push("The manifest is submitted to the architecture review".into()),
            (Some(manifest), true) => problems.extend(manifest.problems()),
            _ => {}
        }
        match (&self.change, wants(Stage::Code)) {
            (None, true) => problems.push("Link the change, and name its commit".into()),
            (Some(_), false) => problems.push("The change is submitted to the code review".into()),
            (Some(change), true) => {
                if !is_web(&change.url) {
                    problems.push(format!("{:?} is no address of a change", change.url));
                }
                if !is_commit(&change.commit) {
                    problems.push("Name the commit in full: 40 hexadecimal digits".into());
                }
            }
            _ => {}
        }
        match (self.entity.is_empty(), wants(Stage::Readiness)) {
            (true, true) => problems.push("Name its entry in the catalog, such as component:default/rota".into()),
            (false, false) => problems.push("The entry in the catalog is submitted to readiness".into()),
            _ => {}
        }
        if self.evidence.len() > LINKS {
            problems.push(format!("A submission has {LINKS} pieces of evidence at most"));
        }
        for evidence in self.evidence.values() {
            if !evidence.url.is_empty() && !is_web(&evidence.url) {
                problems.push(format!("{:?} is no address that begins with https:// or http://", evidence.url));
            }
        }
        let notes = self.evidence.values().map(|evidence| &evidence.note).chain([&self.note]);
        for note in notes {
            if note.chars().count() > TEXT {
                problems.push(format!("A note has {TEXT} characters at most"));
            }
            if !is_plain(note) {
                problems.push(NOT_PLAIN.into());
            }
        }
        problems
    }

    /// What is otherwise than in an earlier submission to the same gate.
    pub fn changes(&self, before: &Self) -> Vec<Change> {
        let ui = |material: &Self| material.ui.as_ref().map(Ui::label).unwrap_or_default();
        let url = |material: &Self| material.change.as_ref().map(|change| change.url.clone()).unwrap_or_default();
        let commit = |material: &Self| material.change.as_ref().map(|change| change.commit.clone()).unwrap_or_default();
        let mut changes = changed([
            ("Pages", ui(before), ui(self)),
            ("Change", url(before), url(self)),
            ("Commit", commit(before), commit(self)),
            ("Entry in the catalog", before.entity.clone(), self.entity.clone()),
            ("Note", before.note.clone(), self.note.clone()),
        ]);
        let empty = Manifest::default();
        changes.extend(self.manifest.as_ref().unwrap_or(&empty).changes(before.manifest.as_ref().unwrap_or(&empty)));
        let said = |evidence: Option<&Evidence>| {
            evidence.map(|e| format!("{} {}", e.url, e.note).trim().to_owned()).unwrap_or_default()
        };
        let items: BTreeSet<&String> = before.evidence.keys().chain(self.evidence.keys()).collect();
        for item in items {
            let (was, is) = (said(before.evidence.get(item)), said(self.evidence.get(item)));
            if was != is {
                changes.push(Change { what: format!("Evidence for {item}"), before: was, after: is });
            }
        }
        changes
    }
}

/// What the machine says of the pages of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportVerdict {
    /// Nothing was found.
    Pass,
    /// There is something that a person should look at.
    Look,
    /// There is something that must not be so.
    Fail,
}

/// What the machine found on the pages of a submission. The whole report, with its pictures, is kept outside; this is what the gate goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Where the whole report is kept.
    pub id: String,
    /// The hash of what was looked at, as the submission has it.
    pub reviewed: String,
    /// The version of the rules.
    pub rules: String,
    /// The version of the browser.
    pub browser: String,
    /// What it comes to.
    pub verdict: ReportVerdict,
    /// What keeps the gate closed.
    pub blocking: Vec<Finding>,
    /// How much more was found that a person should look at.
    pub to_look_at: u32,
}

/// A departure from the design system that keeps the gate closed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Names it, as [`finding_key`] does.
    pub key: String,
    /// The rule.
    pub rule: String,
    /// The element.
    #[serde(default)]
    pub selector: String,
    /// What is wrong, and what should be, in a sentence.
    #[serde(default)]
    pub said: String,
}

/// What names a finding: its rule, its element, and all that was found there. The same finding in the next submission has the same key, so that a
/// waiver goes on holding; another value is another finding.
pub fn finding_key<'a>(rule: &str, selector: &str, actual: impl IntoIterator<Item = &'a str>) -> String {
    let values: BTreeSet<&str> = actual.into_iter().collect();
    format!("{rule} {selector}: {}", values.into_iter().collect::<Vec<_>>().join("; "))
}

/// Until when something holds, where it ends at all.
pub(crate) fn is_past(expires: Millis, now: Millis) -> bool {
    expires <= now
}

/// What is said of a text that is not [plain](is_plain).
pub(crate) const NOT_PLAIN: &str =
    "This has a control character, one that nobody sees, or one that turns the direction of text: take it out";

/// Whether a text has no characters that nobody sees, and that make it read otherwise than it is.
pub(crate) fn is_plain(text: &str) -> bool {
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    // Of no width, and other ends of lines; a joiner is part of words and of pictures.
    let unseen = |c| matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}');
    !text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || turns(c) || unseen(c))
}

pub(crate) fn is_web(text: &str) -> bool {
    text.len() <= 2_000
        && is_plain(text)
        && !text.contains(char::is_whitespace)
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "https" | "http")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        })
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

//! A pitch as a Markdown file with front matter, as the mirror keeps it in a git repository, and what becomes of one that was changed on both sides.

use std::fmt::Write;

use descriptor::{Document, Verdict};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::contribution::Contribution;
use crate::material::{Link, Pitch, unified};
use crate::stage::Kind;

/// The largest file, in bytes: the longest pitch has room in it, whatever its letters.
pub const LARGEST_FILE: usize = 512 * 1024;

/// The headings of the sections, with the fields that they hold.
const SECTIONS: [(&str, &str); 3] = [("## Problem", "problem"), ("## Who has it", "audience"), ("## Sketch", "sketch")];

/// The fields of the front matter. The last three are the portal's own: what a file says of them is read over.
const FIELDS: [&str; 8] = ["id", "title", "kind", "owner", "links", "author", "stage", "state"];

/// What stands before and after the fields.
const FENCE: &str = "---";

/// The most characters of a title that stand in the name of its file.
const NAMED: usize = 50;

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PitchFile {
    /// The number of its contribution; empty for a pitch that the portal does not know yet.
    pub id: String,
    /// The line that says so.
    pub id_line: u32,
    /// The pitch.
    pub pitch: Pitch,
    /// The line that names the team.
    pub owner_line: u32,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct FileProblem {
    /// The line, from 1.
    pub line: u32,
    /// The field; empty where it is about the file as a whole.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl FileProblem {
    /// One in a line, about a field.
    pub fn new(line: u32, field: &str, message: impl Into<String>) -> Self {
        Self { line, field: field.to_owned(), message: message.into() }
    }
}

/// What two sides come to that both may have changed the same pitch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The pitch with what either side has changed; what both have changed is as the first side has it.
    pub pitch: Pitch,
    /// What both sides have agreed to: the second side, but for what both have changed.
    pub base: Pitch,
    /// What both have changed, each in another way; in the words of [`Pitch::changes`].
    pub conflicts: Vec<&'static str>,
}

/// The name of the file that a contribution gets; it keeps it whatever becomes of its title.
pub fn file_name(contribution: &Contribution) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let title: String = contribution.pitch.title.chars().map(plain).take(NAMED).collect();
    let words: Vec<&str> = title.split_whitespace().collect();
    let slug = if words.is_empty() { "pitch".to_owned() } else { words.join("-") };
    format!("{slug}-{}.md", contribution.id.get(..8).unwrap_or(&contribution.id))
}

/// A contribution as its file.
pub fn render(contribution: &Contribution) -> String {
    let Contribution { id, pitch, author, stage, state, .. } = contribution;
    let mut out = format!("{FENCE}\n");
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("id: {}", quoted(id)));
    line(format!("title: {}", quoted(&pitch.title)));
    line(format!("kind: {}", pitch.kind.name()));
    line(format!("owner: {}", quoted(&pitch.owner)));
    if !pitch.links.is_empty() {
        line("links:".to_owned());
    }
    for link in &pitch.links {
        line(format!("  - title: {}", quoted(&link.title)));
        line(format!("    url: {}", quoted(&link.url)));
    }
    line(format!("author: {}", quoted(author)));
    line(format!("stage: {stage}"));
    line(format!("state: {state}"));
    line(FENCE.to_owned());
    for ((heading, _), text) in SECTIONS.into_iter().zip([&pitch.problem, &pitch.audience, &pitch.sketch]) {
        if text.is_empty() {
            continue;
        }
        line(format!("\n{heading}\n"));
        for each in text.split('\n') {
            // With a backslash it is text, here and for whoever draws the Markdown.
            line(if is_like_a_heading(each) { format!("\\{each}") } else { each.to_owned() });
        }
    }
    out
}

/// What a file says.
///
/// # Errors
/// With the first thing that is wrong in it, and where that stands.
pub fn parse(text: &str) -> Result<PitchFile, FileProblem> {
    if text.len() > LARGEST_FILE {
        let message = format!("A pitch has {} KB at most", LARGEST_FILE / 1024);
        return Err(FileProblem::new(1, "", message));
    }
    let text = unified(text.strip_prefix('\u{feff}').unwrap_or(text));
    let lines: Vec<&str> = text.split('\n').collect();
    let ends = || lines.iter().enumerate().filter(|(_, line)| line.trim_end() == FENCE).map(|(at, _)| at);
    let (Some(0), Some(end)) = (ends().next(), ends().nth(1)) else {
        let message = format!("A pitch begins with a line {FENCE}, its fields, and another line {FENCE}");
        return Err(FileProblem::new(1, "", message));
    };
    let fields = Fields::read(&lines[1..end].join("\n"))?;
    let sections = sections(&lines[end + 1..], number(end + 2))?;
    let section = |at: usize| sections[at].1.clone();
    let pitch = Pitch {
        title: fields.text("title")?,
        problem: section(0),
        audience: section(1),
        sketch: section(2),
        kind: fields.kind()?,
        owner: fields.text("owner")?,
        links: fields.links()?,
    };
    let pitch = pitch.trimmed();
    if let Some((field, message)) = pitch.problems().into_iter().next() {
        let of_section = SECTIONS.iter().position(|(_, name)| *name == field);
        let line = of_section.map_or_else(|| fields.line(field), |at| sections[at].0.max(1));
        return Err(FileProblem::new(line, field, message));
    }
    Ok(PitchFile { id: fields.text("id")?, id_line: fields.line("id"), pitch, owner_line: fields.line("owner") })
}

/// What comes of a pitch that two sides have had since they agreed to `base`.
pub fn merge(base: &Pitch, first: &Pitch, second: &Pitch) -> Merged {
    let (mut pitch, mut agreed) = (first.clone(), second.clone());
    let conflicts = [
        ("Title", clash(&base.title, &mut pitch.title, &mut agreed.title)),
        ("Problem", clash(&base.problem, &mut pitch.problem, &mut agreed.problem)),
        ("Who has it", clash(&base.audience, &mut pitch.audience, &mut agreed.audience)),
        ("Sketch", clash(&base.sketch, &mut pitch.sketch, &mut agreed.sketch)),
        ("Kind", clash(&base.kind, &mut pitch.kind, &mut agreed.kind)),
        ("Owning team", clash(&base.owner, &mut pitch.owner, &mut agreed.owner)),
        ("Links", clash(&base.links, &mut pitch.links, &mut agreed.links)),
    ];
    let conflicts = conflicts.into_iter().filter(|(_, clash)| *clash).map(|(what, _)| what).collect();
    Merged { pitch, base: agreed, conflicts }
}

/// Whether both have changed a field in another way: then the first has its own, and nothing new is agreed to.
fn clash<T: Clone + PartialEq>(base: &T, first: &mut T, second: &mut T) -> bool {
    if first == second || second == base {
        return false;
    }
    let clash = first != base;
    if clash {
        second.clone_from(base);
    } else {
        first.clone_from(second);
    }
    clash
}

/// The front matter.
struct Fields {
    document: Document,
    values: Map<String, Value>,
}

impl Fields {
    fn read(text: &str) -> Result<Self, FileProblem> {
        let mut documents = descriptor::read(text);
        let more = documents.len() > 1;
        let Some(document) = documents.pop().filter(|_| !more) else {
            return Err(FileProblem::new(1, "", "The fields are one document of YAML"));
        };
        // The first line of the file is the fence.
        if let Some(error) = document.errors.first().filter(|_| document.verdict == Verdict::YamlError) {
            return Err(FileProblem::new(error.line + 1, error.path.trim_start_matches('/'), error.message.clone()));
        }
        let Some(Value::Object(values)) = document.value.clone() else {
            return Err(FileProblem::new(2, "", "Each field stands on a line of its own, such as `kind: template`"));
        };
        let fields = Self { document, values };
        match fields.values.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            Some(unknown) => Err(fields
                .wrong(unknown, format!("There is no field {unknown:?}; those that there are: {}", FIELDS.join(", ")))),
            None => Ok(fields),
        }
    }

    /// The line of a field; that before all fields where it is missing.
    fn line(&self, field: &str) -> u32 {
        if self.values.contains_key(field) { self.document.key_position(&format!("/{field}")).line + 1 } else { 1 }
    }

    fn wrong(&self, field: &str, message: impl Into<String>) -> FileProblem {
        FileProblem::new(self.line(field), field, message)
    }

    /// A text; empty where it is left out.
    fn text(&self, field: &str) -> Result<String, FileProblem> {
        match self.values.get(field) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(self.wrong(field, "This is a text: put it in quotes")),
        }
    }

    fn kind(&self) -> Result<Kind, FileProblem> {
        let text = self.text("kind")?;
        Kind::named(&text).ok_or_else(|| {
            self.wrong("kind", format!("{text:?} is not one of {}", Kind::ALL.map(Kind::name).join(", ")))
        })
    }

    fn links(&self) -> Result<Vec<Link>, FileProblem> {
        let links = match self.values.get("links") {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(links) => serde_json::from_value::<Vec<StrictLink>>(links.clone()),
        };
        let wrong = |error| self.wrong("links", format!("Each link has a url and may have a title ({error})"));
        Ok(links.map_err(wrong)?.into_iter().map(|link| Link { title: link.title, url: link.url }).collect())
    }
}

/// A link, without anything else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictLink {
    #[serde(default)]
    title: String,
    url: String,
}

/// The sections in their order, each with the line of its heading; that of one that is missing is 0. `first` is the number of the first line.
fn sections(lines: &[&str], first: u32) -> Result<[(u32, String); 3], FileProblem> {
    let mut found: [(u32, String); 3] = Default::default();
    let mut current = None;
    for (line, number) in lines.iter().zip(first..) {
        if let Some(at) = SECTIONS.iter().position(|(heading, _)| line.trim_end() == *heading) {
            let (heading, field) = SECTIONS[at];
            if found[at].0 > 0 {
                let message = format!("{heading:?} stands here twice; with a backslash before it, it is text");
                return Err(FileProblem::new(number, field, message));
            }
            found[at].0 = number;
            current = Some(at);
            continue;
        }
        match current {
            Some(at) => {
                let text = line.strip_prefix('\\').filter(|text| is_like_a_heading(text)).unwrap_or(line);
                found[at].1.push_str(text);
                found[at].1.push('\n');
            }
            None if line.trim().is_empty() => {}
            None => {
                let headings = SECTIONS.map(|(heading, _)| heading).join(", ");
                return Err(FileProblem::new(
                    number,
                    "",
                    format!("This stands in no section; those that there are: {headings}"),
                ));
            }
        }
    }
    Ok(found)
}

/// Whether a line is the heading of a section, or would be without its backslashes.
fn is_like_a_heading(line: &str) -> bool {
    let line = line.trim_start_matches('\\').trim_end();
    SECTIONS.iter().any(|(heading, _)| *heading == line)
}

/// A text on one line, as both JSON and YAML quote it.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in Value::from(text).to_string().chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
            // Writing into a text does not fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stage::{Stage, State};

    fn contribution(pitch: Pitch) -> Contribution {
        let id = "0c4e7a52-8f5e-4b7e-9d8a-1f0e6c1d2b3a".to_owned();
        Contribution { pitch, id, author: "user:default/amelie".into(), ..Contribution::default() }
    }

    fn pitch() -> Pitch {
        Pitch {
            title: "Who is on call: tonight?".into(),
            problem: "Nobody knows".into(),
            audience: "Every team".into(),
            sketch: "A page".into(),
            kind: Kind::Template,
            owner: "group:default/a".into(),
            links: vec![Link { title: "Chat".into(), url: "https://chat.bank.example/1".into() }],
        }
    }

    fn problem(text: &str) -> (u32, String) {
        let problem = parse(text).expect_err(text);
        (problem.line, problem.field)
    }

    #[test]
    fn a_file_is_what_people_would_write() {
        let text = render(&contribution(pitch()));
        let expected = "---\nid: \"0c4e7a52-8f5e-4b7e-9d8a-1f0e6c1d2b3a\"\ntitle: \"Who is on call: tonight?\"\nkind: template\nowner: \"group:default/a\"\n\
                        links:\n  - title: \"Chat\"\n    url: \"https://chat.bank.example/1\"\nauthor: \"user:default/amelie\"\nstage: pitch\nstate: open\n---\n\n\
                        ## Problem\n\nNobody knows\n\n## Who has it\n\nEvery team\n\n## Sketch\n\nA page\n";
        assert_eq!(text, expected);
        assert_eq!(file_name(&contribution(pitch())), "who-is-on-call-tonight-0c4e7a52.md");
        assert_eq!(file_name(&contribution(Pitch { title: "Ü 日本".into(), ..pitch() })), "pitch-0c4e7a52.md");
        let by_hand = "\u{feff}---\r\ntitle: A rota # of ours\r\nkind: template\r\nstage: live\r\n---\r\n\r\n## Problem\r\nNone\r\n## Other\r\n";
        let read = parse(by_hand).expect("it is a pitch");
        assert_eq!((read.id.as_str(), read.pitch.title.as_str()), ("", "A rota"));
        assert_eq!(read.pitch.problem, "None\n## Other");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_field() {
        let of = |front: &str, body: &str| problem(&format!("---\n{front}\n---\n{body}"));
        let body = "## Problem\nx\n";
        let is = |line: u32, field: &str| (line, field.to_owned());
        assert_eq!(problem("title: x"), is(1, ""));
        assert_eq!(problem("---\ntitle: x\n"), is(1, ""));
        assert_eq!(of("title: x\nkind: rota", body), is(3, "kind"));
        assert_eq!(of("kind: template", body), is(1, "title"));
        assert_eq!(of("title: x\nkind: template\nmakers: y", body), is(4, "makers"));
        assert_eq!(of("title: 7\nkind: template", body), is(2, "title"));
        assert_eq!(of("title: x\nkind: template\nlinks:\n- x", body), is(4, "links"));
        assert_eq!(of("title: x\nkind: template\nlinks:\n- url: file:///etc/passwd", body), is(4, "links"));
        assert_eq!(of("title: [x\nkind: template", body).1, "");
        assert_eq!(of("title: x\nkind: template", "\nHello\n"), is(6, ""));
        assert_eq!(of("title: x\nkind: template", ""), is(1, "problem"));
        assert_eq!(of("title: x\nkind: template", "## Problem\nx\n## Problem\n"), is(7, "problem"));
        assert_eq!(of("- x", body), is(2, ""));
        let bomb = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, at| {
            text + &format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 9].join(", "))
        });
        assert!(parse(&format!("---\n{bomb}---\n")).is_err());
        assert!(parse(&"-".repeat(LARGEST_FILE + 1)).is_err());
    }

    #[test]
    fn what_either_side_has_changed_is_kept_and_what_both_have_is_said() {
        let base = pitch();
        let first = Pitch { title: "First".into(), sketch: "Both".into(), problem: "Mine".into(), ..base.clone() };
        let second =
            Pitch { owner: "group:default/b".into(), sketch: "Both".into(), problem: "Yours".into(), ..base.clone() };
        let merged = merge(&base, &first, &second);
        assert_eq!(merged.conflicts, ["Problem"]);
        assert_eq!(merged.pitch, Pitch { owner: second.owner.clone(), ..first.clone() });
        assert_eq!(merged.base, Pitch { problem: base.problem.clone(), ..second.clone() });
        // Once that is agreed to, the other side's is taken by asking the other way round.
        let settled = merge(&merged.base, &second, &merged.pitch);
        assert_eq!(settled.pitch, Pitch { problem: "Yours".into(), owner: second.owner, ..first });
    }

    /// A text of what is awkward in a file.
    fn text() -> impl Strategy<Value = String> {
        let awkward = [
            "## Problem",
            "\\\\## Sketch ",
            "## Who has it",
            "---",
            "\r\n",
            "\n",
            "\r",
            " ",
            "\t",
            "# x",
            "\\",
            "\u{85}",
            "```",
            "\u{feff}",
            ": #'\"",
        ];
        let piece = prop_oneof![proptest::sample::select(awkward.to_vec()).prop_map(str::to_owned), any::<String>()];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    fn pitches() -> impl Strategy<Value = Pitch> {
        let links = proptest::collection::vec((any::<String>(), "[a-z]{0,5}"), 0..4);
        (any::<String>(), text(), text(), text(), proptest::sample::select(Kind::ALL.to_vec()), ".{0,40}", links)
            .prop_map(|(title, problem, audience, sketch, kind, owner, links)| {
                let links =
                    links.into_iter().map(|(title, path)| Link { title, url: format!("https://bank.example/{path}") });
                let links = links.collect();
                Pitch { title, problem, audience, sketch, kind, owner, links }.trimmed()
            })
    }

    proptest! {
        #[test]
        fn a_pitch_comes_out_of_its_file_as_it_went_in(pitch in pitches()) {
            prop_assume!(pitch.problems().is_empty());
            for (stage, state) in [(Stage::Pitch, State::Open), (Stage::Live, State::Live)] {
                let contribution = Contribution { stage, state, ..contribution(pitch.clone()) };
                let text = render(&contribution);
                let read = parse(&text).unwrap_or_else(|problem| panic!("{problem} in {text:?}"));
                prop_assert_eq!(&read.pitch, &pitch);
                prop_assert_eq!(&read.id, &contribution.id);
                // As a machine that writes other line endings has it.
                let elsewhere = parse(&text.replace('\n', "\r\n")).expect("the same");
                prop_assert_eq!(&elsewhere.pitch, &pitch);
            }
        }

        #[test]
        fn no_text_makes_it_panic(front in text(), body in text(), any in any::<String>()) {
            let _ = parse(&any);
            let _ = parse(&format!("---\n{front}\n---\n{body}"));
            let _ = parse(&format!("---\ntitle: {any}\nkind: template\n---\n## Problem\n{body}"));
        }

        #[test]
        fn a_merge_loses_nothing(base in pitches(), first in pitches(), second in pitches()) {
            let merged = merge(&base, &first, &second);
            let other = merge(&base, &second, &first);
            prop_assert_eq!(&merged.conflicts, &other.conflicts);
            prop_assert_eq!(merge(&base, &first, &base).pitch, first.clone());
            prop_assert_eq!(merge(&base, &base, &second).pitch, second.clone());
            if merged.conflicts.is_empty() {
                prop_assert_eq!(&merged.pitch, &other.pitch);
                prop_assert_eq!(&merged.base, &second);
            }
        }
    }
}

//! What MkDocs adds to Markdown by indentation: admonitions (`!!! note "Title"`, `??? tip`) and tabs (`=== "Title"`), written as
//! the HTML blocks that Markdown knows.

use super::escape;

/// The classes of the blocks.
pub const CLASSES: [&str; 8] = [
    "pk-banner",
    "pk-banner--fine",
    "pk-banner--attention",
    "pk-banner--wrong",
    "pk-prose__tab",
    "pk-prose__scroll",
    "footnote-definition",
    "pk-prose__details",
];

/// The deepest nesting that is looked into.
const MAX_DEPTH: usize = 12;

/// The indentation of what belongs to a block.
const INDENT: usize = 4;

/// The text with its blocks as HTML.
pub fn unfold(text: &str) -> String {
    if !["!!!", "???", "==="].iter().any(|mark| text.contains(mark)) {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::with_capacity(text.len() + 256);
    write(&lines, "", 0, &mut out);
    out
}

/// The beginning of a banner, which ends with `</div>`.
pub fn banner(name: &str, title: &str) -> String {
    let class = class(name);
    let title =
        if title.is_empty() { String::new() } else { format!("\n<p class=\"pk-banner__title\">{}</p>", escape(title)) };
    format!("<div class=\"{class}\">{title}\n\n")
}

fn write(lines: &[&str], indent: &str, depth: usize, out: &mut String) {
    let mut fence: Option<&str> = None;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let trimmed = line.trim_start();
        match fence {
            Some(open) if trimmed.starts_with(open) && trimmed.trim_end().trim_start_matches(&open[..1]).is_empty() => {
                fence = None;
            }
            Some(_) => {}
            None => fence = fence_of(trimmed),
        }
        let block = if fence.is_none() && depth < MAX_DEPTH { Block::read(trimmed) } else { None };
        let Some(block) = block else {
            out.push_str(indent);
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let within = width(line) + INDENT;
        let start = at;
        while lines.get(at).is_some_and(|line| line.trim().is_empty() || width(line) >= within) {
            at += 1;
        }
        let content: Vec<&str> = lines[start..at].iter().map(|line| without(line, within)).collect();
        let indent = format!("{indent}{}", " ".repeat(width(line)));
        for line in block.open.lines() {
            out.push_str(&format!("{indent}{line}\n"));
        }
        out.push('\n');
        write(&content, &indent, depth + 1, out);
        out.push_str(&format!("\n{indent}{}\n\n", block.close));
    }
}

struct Block {
    open: String,
    close: &'static str,
}

impl Block {
    fn read(line: &str) -> Option<Self> {
        let (mark, rest) = line.split_at_checked(3)?;
        let (open, rest) = match rest.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let rest = rest.strip_prefix(' ')?.trim();
        let (words, title) = match rest.split_once('"') {
            Some((words, title)) => (words.trim(), Some(title.strip_suffix('"')?)),
            None => (rest, None),
        };
        if mark == "===" {
            let title = title.filter(|_| words.is_empty() || words == "!")?;
            let open = format!("<div class=\"pk-prose__tab\">\n<p class=\"pk-prose__tab-title\">{}</p>", escape(title));
            return Some(Self { open, close: "</div>" });
        }
        let name = words.split_whitespace().next()?;
        if !name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
            return None;
        }
        let default: String = name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect();
        let title = title.unwrap_or(&default);
        match mark {
            "!!!" => Some(Self { open: banner(name, title).trim_end().to_owned(), close: "</div>" }),
            "???" => {
                let (class, open) = (class(name), if open { " open" } else { "" });
                let title = escape(if title.is_empty() { &default } else { title });
                let open = format!("<details class=\"{class} pk-prose__details\"{open}>\n<summary>{title}</summary>");
                Some(Self { open, close: "</details>" })
            }
            _ => None,
        }
    }
}

fn class(name: &str) -> &'static str {
    match name {
        "tip" | "hint" | "important" | "success" | "check" | "done" => "pk-banner pk-banner--fine",
        "warning" | "caution" | "attention" => "pk-banner pk-banner--attention",
        "danger" | "error" | "failure" | "fail" | "missing" | "bug" => "pk-banner pk-banner--wrong",
        _ => "pk-banner",
    }
}

/// The marks that begin a fenced block, which the same or more of them end.
fn fence_of(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(mark).len();
    (length >= 3).then(|| &line[..length])
}

/// How far a line is indented; a tab reaches to the next fourth column.
fn width(line: &str) -> usize {
    let mut width = 0;
    for c in line.chars() {
        match c {
            ' ' => width += 1,
            '\t' => width += INDENT - width % INDENT,
            _ => break,
        }
    }
    width
}

/// The line without its first `columns` of indentation.
fn without(line: &str, columns: usize) -> &str {
    let mut width = 0;
    for (at, c) in line.char_indices() {
        if width >= columns {
            return &line[at..];
        }
        match c {
            ' ' => width += 1,
            '\t' => width += INDENT - width % INDENT,
            _ => return &line[at..],
        }
    }
    ""
}

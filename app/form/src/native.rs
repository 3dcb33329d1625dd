//! The engine for patterns where there is no browser: JavaScript's syntax, put into that of an engine that takes linear
//! time, or, where a pattern looks around or back, of one that gives up in time.

use std::{
    collections::HashMap,
    iter::Peekable,
    str::CharIndices,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use crate::Matcher;

/// Compiled patterns that are kept.
const KEPT: usize = 1024;
/// The memory that one pattern may take.
const SIZE: usize = 4 << 20;
/// How often the engine that looks around may go back.
const STEPS: usize = 200_000;
/// Longer patterns are not read.
const LENGTH: usize = 20_000;

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str =
    "\\t\\n\\x0B\\x0C\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";

/// Matches patterns in JavaScript's syntax in bounded time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

enum Compiled {
    Linear(regex::Regex),
    Looking(fancy_regex::Regex),
}

static CACHE: LazyLock<Mutex<HashMap<String, Option<Arc<Compiled>>>>> = LazyLock::new(Mutex::default);

impl Matcher for Standard {
    fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        match &*compiled(pattern)? {
            Compiled::Linear(regex) => Some(regex.is_match(text)),
            // What cannot be told in time is not taken to match: a rule must not be got round by a text that is hard.
            Compiled::Looking(regex) => Some(regex.is_match(text).unwrap_or(false)),
        }
    }

    fn reads(&self, pattern: &str) -> bool {
        compiled(pattern).is_some()
    }
}

fn compiled(pattern: &str) -> Option<Arc<Compiled>> {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = cache.get(pattern) {
        return known.clone();
    }
    let made = compile(pattern).map(Arc::new);
    if cache.len() >= KEPT {
        cache.clear();
    }
    cache.insert(pattern.to_owned(), made.clone());
    made
}

fn compile(pattern: &str) -> Option<Compiled> {
    let (source, looks) = translate(pattern, false)?;
    if looks {
        let mut builder = fancy_regex::RegexBuilder::new(&source);
        builder.backtrack_limit(STEPS).delegate_size_limit(SIZE);
        builder.build().ok().map(Compiled::Looking)
    } else {
        regex::RegexBuilder::new(&source).size_limit(SIZE).nest_limit(64).build().ok().map(Compiled::Linear)
    }
}

/// The pattern in Rust's syntax without what looks around, for making texts that may match.
pub(crate) fn bare(pattern: &str) -> Option<String> {
    translate(pattern, true).map(|(source, _)| source)
}

/// The pattern in Rust's syntax, and whether it looks around or back.
fn translate(pattern: &str, bare: bool) -> Option<(String, bool)> {
    if pattern.len() > LENGTH {
        return None;
    }
    let mut translator =
        Translator { rest: pattern.char_indices().peekable(), pattern, out: String::new(), looks: false, bare };
    translator.all()?;
    Some((translator.out, translator.looks))
}

struct Translator<'a> {
    rest: Peekable<CharIndices<'a>>,
    pattern: &'a str,
    out: String,
    looks: bool,
    bare: bool,
}

/// One member of a class.
enum Member {
    One(char),
    Set(String),
}

impl<'a> Translator<'a> {
    fn all(&mut self) -> Option<()> {
        // Of each open group: where its output begins, and whether it looks around.
        let mut groups: Vec<(usize, bool)> = Vec::new();
        // Whether there is something that a quantifier can follow.
        let mut atom = false;
        while let Some((at, c)) = self.rest.next() {
            match c {
                '(' => {
                    groups.push((self.out.len(), self.open()?));
                    atom = false;
                }
                ')' => {
                    let (start, looks) = groups.pop()?;
                    self.out.push(')');
                    if looks && self.bare {
                        self.out.truncate(start);
                    }
                    atom = !looks;
                }
                '*' | '+' | '?' => {
                    if !std::mem::take(&mut atom) {
                        return None;
                    }
                    self.out.push(c);
                    self.lazy();
                }
                '{' => match self.counts(at) {
                    Some(counts) => {
                        if !std::mem::take(&mut atom) {
                            return None;
                        }
                        self.out.push_str(&counts);
                        for _ in 1..counts.len() {
                            self.rest.next();
                        }
                        self.lazy();
                    }
                    None => {
                        self.literal('{');
                        atom = true;
                    }
                },
                '|' | '^' => {
                    self.out.push(c);
                    atom = false;
                }
                '$' => {
                    self.out.push_str(r"\z");
                    atom = false;
                }
                '.' => {
                    self.out.push_str(r"[^\n\r\x{2028}\x{2029}]");
                    atom = true;
                }
                '[' => {
                    self.class()?;
                    atom = true;
                }
                '\\' => atom = self.escape()?,
                other => {
                    self.literal(other);
                    atom = true;
                }
            }
        }
        groups.is_empty().then_some(())
    }

    fn open(&mut self) -> Option<bool> {
        let rest = self.remaining();
        for (mark, looks) in [("?:", false), ("?=", true), ("?!", true), ("?<=", true), ("?<!", true)] {
            if rest.starts_with(mark) {
                self.skip(mark.len());
                self.out.push('(');
                self.out.push_str(mark);
                self.looks |= looks;
                return Some(looks);
            }
        }
        if let Some(named) = rest.strip_prefix("?<") {
            let (name, _) = named.split_once('>')?;
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return None;
            }
            self.out.push_str("(?P<");
            self.out.push_str(name);
            self.out.push('>');
            self.skip(name.len() + 3);
            return Some(false);
        }
        if rest.starts_with('?') {
            return None;
        }
        self.out.push('(');
        Some(false)
    }

    fn lazy(&mut self) {
        if self.rest.next_if(|(_, c)| *c == '?').is_some() {
            self.out.push('?');
        }
    }

    /// `{2}`, `{2,}` or `{2,3}` at a place.
    fn counts(&self, at: usize) -> Option<String> {
        let (inside, _) = self.pattern[at + 1..].split_once('}')?;
        let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        (!least.is_empty() && digits(least) && digits(most)).then(|| format!("{{{inside}}}"))
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || !c.is_ascii() {
            self.out.push(c);
        } else {
            self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
        }
    }

    /// An escape outside of a class; whether a quantifier can follow it.
    fn escape(&mut self) -> Option<bool> {
        let (_, c) = *self.rest.peek()?;
        match c {
            'b' | 'B' => {
                self.rest.next();
                if self.bare {
                } else if c == 'b' {
                    self.out.push_str(&format!("(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))"));
                } else {
                    self.out.push_str(&format!("(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))"));
                }
                self.looks = true;
                return Some(false);
            }
            '1'..='9' => {
                let digits: String = self.remaining().chars().take_while(char::is_ascii_digit).collect();
                self.skip(digits.len());
                if !self.bare {
                    self.out.push_str(&format!("(?:\\{digits})"));
                }
                self.looks = true;
                return Some(!self.bare);
            }
            'k' if self.remaining().starts_with("k<") => {
                let name = self.remaining()[2..].split_once('>')?.0.to_owned();
                self.skip(name.len() + 3);
                if !self.bare {
                    self.out.push_str(&format!("(?:\\k<{name}>)"));
                }
                self.looks = true;
                return Some(!self.bare);
            }
            _ => {}
        }
        match self.escaped()? {
            Member::One(c) => self.literal(c),
            Member::Set(set) => self.out.push_str(&format!("[{set}]")),
        }
        Some(true)
    }

    /// What an escape stands for, in a class or outside.
    fn escaped(&mut self) -> Option<Member> {
        let (_, c) = self.rest.next()?;
        let set = |inside: &str| Some(Member::Set(inside.into()));
        match c {
            'd' => set(DIGIT),
            'w' => set(WORD),
            's' => set(SPACE),
            'D' => set(&format!("[^{DIGIT}]")),
            'W' => set(&format!("[^{WORD}]")),
            'S' => set(&format!("[^{SPACE}]")),
            'p' | 'P' if self.remaining().starts_with('{') => {
                let name = self.remaining()[1..].split_once('}')?.0.to_owned();
                self.skip(name.len() + 2);
                Some(Member::Set(format!("\\{c}{{{name}}}")))
            }
            't' => Some(Member::One('\t')),
            'n' => Some(Member::One('\n')),
            'r' => Some(Member::One('\r')),
            'v' => Some(Member::One('\u{b}')),
            'f' => Some(Member::One('\u{c}')),
            '0' => Some(Member::One('\0')),
            'c' => {
                let (_, letter) = self.rest.next_if(|(_, c)| c.is_ascii_alphabetic())?;
                char::from_u32(u32::from(letter) % 32).map(Member::One)
            }
            'x' => self.code(2).or(Some('x')).map(Member::One),
            'u' if self.remaining().starts_with('{') => {
                let digits = self.remaining()[1..].split_once('}')?.0.to_owned();
                self.skip(digits.len() + 2);
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?).map(Member::One)
            }
            'u' => self.unit().or(Some('u')).map(Member::One),
            other => Some(Member::One(other)),
        }
    }

    /// So many hexadecimal digits.
    fn code(&mut self, count: usize) -> Option<char> {
        let digits = self.remaining().get(..count)?.to_owned();
        let code = u32::from_str_radix(&digits, 16).ok()?;
        self.skip(count);
        char::from_u32(code)
    }

    /// Four digits, or eight that are a pair of surrogates.
    fn unit(&mut self) -> Option<char> {
        let high = u32::from_str_radix(self.remaining().get(..4)?, 16).ok()?;
        if let Some(c) = char::from_u32(high) {
            self.skip(4);
            return Some(c);
        }
        let low = u32::from_str_radix(self.remaining().get(4..)?.strip_prefix("\\u")?.get(..4)?, 16).ok()?;
        self.skip(10);
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low.checked_sub(0xdc00)?)
    }

    fn class(&mut self) -> Option<()> {
        let negated = self.rest.next_if(|(_, c)| *c == '^').is_some();
        let mut inside = String::new();
        let mut members: Vec<Member> = Vec::new();
        loop {
            let (_, c) = self.rest.next()?;
            match c {
                ']' => break,
                '\\' if self.rest.next_if(|(_, c)| *c == 'b').is_some() => members.push(Member::One('\u{8}')),
                '\\' if self.rest.next_if(|(_, c)| *c == '-').is_some() => members.push(Member::Set("\\-".into())),
                '\\' => members.push(self.escaped()?),
                other => members.push(Member::One(other)),
            }
        }
        let mut at = 0;
        while at < members.len() {
            match &members[at..] {
                [Member::One(from), Member::One('-'), Member::One(to), ..] => {
                    if from > to {
                        return None;
                    }
                    inside.push_str(&format!("\\x{{{:x}}}-\\x{{{:x}}}", u32::from(*from), u32::from(*to)));
                    at += 3;
                }
                [Member::One(one), ..] => {
                    inside.push_str(&format!("\\x{{{:x}}}", u32::from(*one)));
                    at += 1;
                }
                [Member::Set(set), ..] => {
                    inside.push_str(set);
                    at += 1;
                }
                [] => {}
            }
        }
        match (negated, inside.is_empty()) {
            (true, true) => self.out.push_str("(?s:.)"),
            (false, true) => self.out.push_str("[a&&b]"),
            (negated, false) => self.out.push_str(&format!("[{}{inside}]", if negated { "^" } else { "" })),
        }
        Some(())
    }

    fn remaining(&mut self) -> &'a str {
        let at = self.rest.peek().map_or(self.pattern.len(), |(at, _)| *at);
        &self.pattern[at..]
    }

    fn skip(&mut self, bytes: usize) {
        let until = self.rest.peek().map_or(self.pattern.len(), |(at, _)| *at) + bytes;
        while self.rest.next_if(|(at, _)| *at < until).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_in_a_browser() {
        for (pattern, good, bad) in [
            (r"^[a-z0-9-_.]+$", "a-b_.", "a b"),
            (r"^(?!-)[a-z-]{2,5}(?<!-)$", "a-b", "-ab"),
            (r"^\d+$", "12", "\u{662}"),
            (r"^\w+$", "a_1", "\u{e9}"),
            (r"^a{,2}$", "a{,2}", "aa"),
            (r"^(a)\1$", "aa", "ab"),
            (r"^[^\]\-\\/]+$", "ab", "a-b"),
            (r"^https:\/\/", "https://x", "http://x"),
            (r"^[\w.-]+$", "a.b-c", "a b"),
            (r"\bcat\b", "a cat", "concat"),
            (r"^.$", "\u{1f600}", "\n"),
            (r"^\u00e9\x41\u{1F600}$", "\u{e9}A\u{1f600}", "e"),
            (r"^(?<year>\d{4})-\k<year>$", "2020-2020", "2020-2021"),
            (r"^[&&~~\[]+$", "&~[", "a"),
            (r"^$|^x$", "", "xx"),
            (r"^[]$|^a$", "a", ""),
            (r"^[^]$", "\n", ""),
        ] {
            assert_eq!(Standard.matches(pattern, good), Some(true), "{pattern} {good:?}");
            assert_eq!(Standard.matches(pattern, bad), Some(false), "{pattern} {bad:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_not_read() {
        for pattern in ["(", "[", "a**", "*", "[z-a]", "(?x)a", ")", "\\", "(?<>a)"] {
            assert_eq!(Standard.matches(pattern, "a"), None, "{pattern}");
            assert!(!Standard.reads(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_hard_pattern_ends_in_time() {
        let text = "a".repeat(50_000);
        assert_eq!(Standard.matches("^(a+)+$", &(text.clone() + "!")), Some(false));
        assert_eq!(Standard.matches("^(?=x?)(a+)+\\1$", &(text + "!")), Some(false));
        assert_eq!(Standard.matches("(((a{1000}){1000}){1000}){1000}", "a"), None);
    }
}

//! Cuts a template into Nunjucks' tokens. The parser drives it, since what a `{% raw %}` holds is no tokens.

use crate::error::Fail;

/// What stands between the delimiters, or the text outside them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tok {
    /// Text outside of all delimiters.
    Data(String),
    /// `{#` … `#}`: only its dashes matter.
    Comment {
        trim_before: bool,
        trim_after: bool,
    },
    /// `{%` or `{%-`.
    BlockStart {
        trim: bool,
    },
    /// `%}` or `-%}`.
    BlockEnd {
        trim: bool,
    },
    /// `${{` or `${{-`.
    VariableStart {
        trim: bool,
    },
    /// `}}` or `-}}`.
    VariableEnd {
        trim: bool,
    },
    Str(String),
    /// Digits, with or without a fraction.
    Number(f64),
    Bool(bool),
    /// `none` and `null`.
    None,
    Regex {
        body: String,
        flags: String,
    },
    /// A name or a word of the language.
    Symbol(String),
    /// Brackets, punctuation, operators.
    Sign(&'static str),
}

/// A token and where it begins in the source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub tok: Tok,
    pub at: usize,
}

/// How a template is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syntax {
    /// `${{`, or `{{` as cookiecutter has it.
    pub variable_start: &'static str,
    pub trim_blocks: bool,
    pub lstrip_blocks: bool,
}

const SPACES: &[char] = &[' ', '\n', '\t', '\r', '\u{a0}'];
const DELIMITERS: &str = "()[]{}%*-+~/#,:|.<>=!";
/// Longest first, so that the first that fits is the one.
const SIGNS: [&str; 27] = [
    "===", "!==", "==", "!=", "<=", ">=", "//", "**", "(", ")", "[", "]", "{", "}", ",", ":", "~", "|", "%", "*", "-",
    "+", "/", "#", ".", "<", ">",
];

pub(crate) struct Lexer<'s> {
    source: &'s str,
    at: usize,
    in_code: bool,
    syntax: Syntax,
}

impl<'s> Lexer<'s> {
    pub fn new(source: &'s str, syntax: Syntax) -> Self {
        Self { source, at: 0, in_code: false, syntax }
    }

    pub fn next(&mut self) -> Result<Option<Token>, Fail> {
        if self.rest().is_empty() {
            return Ok(None);
        }
        let at = self.at;
        let tok = if self.in_code { self.code()? } else { self.text()? };
        Ok(Some(match tok {
            Some(tok) => Token { tok, at },
            None => return self.next(),
        }))
    }

    /// What stands up to the end of a raw block, and past it. Nothing where it never ends: then it is read as usual.
    pub fn raw(&mut self, name: &str) -> String {
        let mut level = 1;
        let mut text = String::new();
        while level > 0 {
            let Some((before, whole, is_end)) = self.raw_tag(name) else { break };
            level = if is_end { level - 1 } else { level + 1 };
            text.push_str(&self.rest()[..if level == 0 { before } else { whole }]);
            self.at += whole;
        }
        text
    }

    /// The next `{% name %}` or `{% endname %}`: bytes before it, bytes with it, and which.
    fn raw_tag(&self, name: &str) -> Option<(usize, usize, bool)> {
        let rest = self.rest();
        rest.match_indices("{%").find_map(|(before, _)| {
            let inside = rest[before + 2..].trim_start();
            let (inside, is_end) = match inside.strip_prefix("end") {
                Some(inside) => (inside, true),
                None => (inside, false),
            };
            let after = inside.strip_prefix(name)?.trim_start().strip_prefix("%}")?;
            Some((before, rest.len() - after.len(), is_end))
        })
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Text outside of delimiters, a comment, or what opens code. Nothing when a line's indentation was all there was.
    fn text(&mut self) -> Result<Option<Tok>, Fail> {
        if self.take("{%") {
            self.in_code = true;
            return Ok(Some(Tok::BlockStart { trim: self.take("-") }));
        }
        if self.take(self.syntax.variable_start) {
            self.in_code = true;
            return Ok(Some(Tok::VariableStart { trim: self.take("-") }));
        }
        let from = self.at;
        if self.take("{#") {
            let Some(end) = self.rest().find("#}") else {
                return Err(Fail::syntax("a comment is opened with `{#` and never closed with `#}`").at(from));
            };
            let inside = &self.rest()[..end];
            self.at += end + 2;
            return Ok(Some(Tok::Comment { trim_before: inside.starts_with('-'), trim_after: inside.ends_with('-') }));
        }
        let rest = self.rest();
        let stop = rest.char_indices().find(|(i, c)| {
            matches!(c, '{' | '$' | '#') && {
                let here = &rest[*i..];
                here.starts_with("{%")
                    || here.starts_with(self.syntax.variable_start)
                    || here.starts_with("{#")
                    || here.starts_with("#}")
            }
        });
        let end = stop.map_or(rest.len(), |(i, _)| i);
        if rest[end..].starts_with("#}") {
            return Err(Fail::syntax("`#}` closes a comment, and none is open").at(self.at + end));
        }
        self.at += end;
        let mut data = &rest[..end];
        if self.syntax.lstrip_blocks && rest[end..].starts_with("{%") {
            data = self.without_indentation(from, data);
            if data.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(Tok::Data(data.to_owned())))
    }

    /// Without the white space before a block that is the first on its line.
    fn without_indentation(&self, from: usize, data: &'s str) -> &'s str {
        let line = self.source[..self.at].rfind('\n').map_or(0, |i| i + 1);
        if line < from || line == self.at || !self.source[line..self.at].chars().all(is_js_space) {
            return data;
        }
        &data[..line - from]
    }

    fn code(&mut self) -> Result<Option<Tok>, Fail> {
        let at = self.at;
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or_default();
        if first == '"' || first == '\'' {
            return Ok(Some(Tok::Str(self.string(first))));
        }
        if SPACES.contains(&first) {
            self.at += rest.len() - rest.trim_start_matches(SPACES).len();
            return Ok(None);
        }
        for (text, trim) in [("%}", false), ("-%}", true)] {
            if self.take(text) {
                self.in_code = false;
                if self.syntax.trim_blocks && !self.take("\r\n") {
                    self.take("\n");
                }
                return Ok(Some(Tok::BlockEnd { trim }));
            }
        }
        for (text, trim) in [("}}", false), ("-}}", true)] {
            if self.take(text) {
                self.in_code = false;
                return Ok(Some(Tok::VariableEnd { trim }));
            }
        }
        if self.take("r/") {
            return Ok(Some(self.regex()));
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.at += sign.len();
            return Ok(Some(Tok::Sign(sign)));
        }
        if self.take("!") {
            return Ok(Some(Tok::Sign("!")));
        }
        if self.take("=") {
            return Ok(Some(Tok::Sign("=")));
        }
        // Nunjucks takes these two for the beginning of a name, which no context has: here they are JavaScript's operators.
        for sign in ["&&", "?"] {
            if self.take(sign) {
                return Ok(Some(Tok::Sign(sign)));
            }
        }
        let end = |c: char| SPACES.contains(&c) || DELIMITERS.contains(c) || c == '?';
        let word = &rest[..rest.find(end).unwrap_or(rest.len())];
        let word = &word[..word.find("&&").unwrap_or(word.len())];
        self.at += word.len();
        if word.bytes().all(|b| b.is_ascii_digit()) {
            let mut digits = word.to_owned();
            if self.take(".") {
                let rest = self.rest();
                let fraction = &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())];
                self.at += fraction.len();
                digits = format!("{word}.{fraction}0");
            }
            let number = digits.parse().map_err(|_| Fail::syntax(format!("`{word}` is no number")).at(at))?;
            return Ok(Some(Tok::Number(number)));
        }
        Ok(Some(match word {
            "true" => Tok::Bool(true),
            "false" => Tok::Bool(false),
            "none" | "null" => Tok::None,
            _ => Tok::Symbol(word.to_owned()),
        }))
    }

    fn string(&mut self, quote: char) -> String {
        let mut text = String::new();
        let mut chars = self.rest()[1..].char_indices();
        let mut end = self.rest().len();
        while let Some((i, c)) = chars.next() {
            if c == quote {
                end = i + 2;
                break;
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next().map(|(_, c)| c) {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(c) => text.push(c),
                None => break,
            }
        }
        self.at += end;
        text
    }

    fn regex(&mut self) -> Tok {
        let rest = self.rest();
        let end = rest.char_indices().find(|(i, c)| *c == '/' && !rest[..*i].ends_with('\\'));
        let body = &rest[..end.map_or(rest.len(), |(i, _)| i)];
        self.at += (body.len() + 1).min(rest.len());
        let rest = self.rest();
        let flags = &rest[..rest.find(|c| !"gimy".contains(c)).unwrap_or(rest.len())];
        self.at += flags.len();
        Tok::Regex { body: body.to_owned(), flags: flags.to_owned() }
    }
}

/// What `\s` matches in JavaScript.
pub(crate) fn is_js_space(c: char) -> bool {
    matches!(c, '\u{feff}') || (c.is_whitespace() && c != '\u{85}')
}

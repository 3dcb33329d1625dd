//! Colours for the few languages that definitions are written in.

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// A GraphQL schema.
    GraphQl,
    /// Protocol Buffers.
    Proto,
    /// Anything else, without colours.
    Plain,
}

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Nothing in particular.
    Plain,
    /// The name of a field.
    Key,
    /// A text.
    Text,
    /// A number, a truth or nothing.
    Literal,
    /// A word of the language.
    Word,
    /// A remark.
    Comment,
}

impl Language {
    /// What a definition of this type is most likely written in.
    pub fn of(text: &str, type_name: &str) -> Self {
        let name = type_name.to_lowercase();
        let start = text.trim_start();
        if name.contains("graphql") {
            Self::GraphQl
        } else if name.contains("grpc") || name.contains("proto") || start.starts_with("syntax = \"proto") {
            Self::Proto
        } else if start.starts_with(['{', '[']) {
            Self::Json
        } else if name.contains("openapi") || name.contains("asyncapi") || name.contains("swagger") {
            Self::Yaml
        } else {
            Self::Plain
        }
    }

    /// How people call it; empty for plain text.
    pub fn label(self) -> &'static str {
        match self {
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::GraphQl => "GraphQL",
            Self::Proto => "Protocol Buffers",
            Self::Plain => "",
        }
    }
}

const GRAPHQL_WORDS: [&str; 14] = [
    "schema",
    "type",
    "input",
    "enum",
    "interface",
    "union",
    "scalar",
    "directive",
    "extend",
    "implements",
    "on",
    "query",
    "mutation",
    "subscription",
];

const PROTO_WORDS: [&str; 20] = [
    "syntax",
    "package",
    "import",
    "public",
    "option",
    "message",
    "enum",
    "service",
    "rpc",
    "returns",
    "stream",
    "oneof",
    "map",
    "repeated",
    "optional",
    "required",
    "reserved",
    "extend",
    "extensions",
    "edition",
];

/// A line beyond this has no colours: nobody reads it, and it would be tens of thousands of pieces.
const LONG_LINE: usize = 2_000;

/// The lines of a text, each in pieces that give the line when joined.
pub fn highlight(language: Language, text: &str) -> Vec<Vec<(Token, &str)>> {
    let mut state = State::default();
    text.lines()
        .map(|line| match language {
            _ if line.len() > LONG_LINE => vec![(Token::Plain, line)],
            Language::Plain => vec![(Token::Plain, line)],
            Language::Yaml => state.yaml(line),
            Language::Json => code(line, &mut state, &[], None),
            Language::GraphQl => code(line, &mut state, &GRAPHQL_WORDS, Some("#")),
            Language::Proto => code(line, &mut state, &PROTO_WORDS, Some("//")),
        })
        .collect()
}

/// What goes on from line to line.
#[derive(Default)]
struct State {
    /// The end of what is open, such as `"""`.
    open: Option<(&'static str, Token)>,
    /// The indentation of the key whose block text goes on.
    block: Option<usize>,
}

impl State {
    fn yaml<'t>(&mut self, line: &'t str) -> Vec<(Token, &'t str)> {
        let indent = line.len() - line.trim_start().len();
        if let Some(block) = self.block {
            if line.trim().is_empty() || indent > block {
                return vec![(Token::Text, line)];
            }
            self.block = None;
        }
        let mut pieces = Pieces::new(line);
        pieces.take(indent, Token::Plain);
        while pieces.rest().starts_with("- ") {
            pieces.take(2, Token::Plain);
        }
        // The key is what stands before a colon that ends the line or is followed by a blank.
        let rest = pieces.rest();
        let quoted = if rest.starts_with(['"', '\'']) { quoted_end(rest) } else { 0 };
        let colon = rest[quoted..].match_indices(':').map(|(at, _)| at + quoted).find(|at| {
            let after = &rest[at + 1..];
            after.is_empty() || after.starts_with(' ')
        });
        let comment = rest.starts_with('#') || rest.starts_with("---");
        if let Some(colon) = colon.filter(|_| !comment && !rest.starts_with(['{', '['])) {
            pieces.take(colon, Token::Key);
            pieces.take(1, Token::Plain);
        }
        let value = pieces.rest().trim_start();
        if value.starts_with(['|', '>']) && value.len() <= 4 {
            self.block = Some(indent);
        }
        yaml_value(&mut pieces);
        pieces.done()
    }
}

fn yaml_value(pieces: &mut Pieces<'_>) {
    while !pieces.rest().is_empty() {
        let rest = pieces.rest();
        let first = rest.chars().next().unwrap_or(' ');
        if first == '#' && pieces.after_blank() {
            pieces.take(rest.len(), Token::Comment);
        } else if matches!(first, '"' | '\'') {
            pieces.take(quoted_end(rest), Token::Text);
        } else if matches!(first, ' ' | ',' | '{' | '}' | '[' | ']' | ':') {
            pieces.take(1, Token::Plain);
        } else {
            let flow = |c: char| matches!(c, ',' | '{' | '}' | '[' | ']');
            let end = rest.find(flow).unwrap_or(rest.len());
            let end = rest[..end].find(": ").unwrap_or(end);
            let end = rest[..end].find(" #").unwrap_or(end);
            let word = rest[..end].trim_end();
            let token = if rest[end..].starts_with(':') { Token::Key } else { scalar(word) };
            pieces.take(end, token);
        }
    }
}

fn scalar(word: &str) -> Token {
    let literal = matches!(word, "true" | "false" | "null" | "~") || word.parse::<f64>().is_ok();
    if literal { Token::Literal } else { Token::Plain }
}

/// A line of a language with quotes, words and numbers.
fn code<'t>(line: &'t str, state: &mut State, words: &[&str], comment: Option<&str>) -> Vec<(Token, &'t str)> {
    let mut pieces = Pieces::new(line);
    while !pieces.rest().is_empty() {
        let rest = pieces.rest();
        if let Some((end, token)) = state.open {
            match rest.find(end) {
                Some(at) => {
                    pieces.take(at + end.len(), token);
                    state.open = None;
                }
                None => pieces.take(rest.len(), token),
            }
            continue;
        }
        let first = rest.chars().next().unwrap_or(' ');
        if comment.is_some_and(|mark| rest.starts_with(mark)) {
            pieces.take(rest.len(), Token::Comment);
        } else if rest.starts_with("\"\"\"") && !words.is_empty() {
            pieces.take(3, Token::Text);
            state.open = Some(("\"\"\"", Token::Text));
        } else if rest.starts_with("/*") && !words.is_empty() {
            pieces.take(2, Token::Comment);
            state.open = Some(("*/", Token::Comment));
        } else if first == '"' {
            let end = quoted_end(rest);
            let key = words.is_empty() && rest[end..].trim_start().starts_with(':');
            pieces.take(end, if key { Token::Key } else { Token::Text });
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let word = &rest[..end];
            let token = if words.contains(&word) {
                Token::Word
            } else if matches!(word, "true" | "false" | "null") {
                Token::Literal
            } else if rest[end..].starts_with([':', '(']) {
                Token::Key
            } else {
                Token::Plain
            };
            pieces.take(end, token);
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
            pieces.take(end, Token::Literal);
        } else {
            pieces.take(first.len_utf8(), Token::Plain);
        }
    }
    pieces.done()
}

/// Where a quoted text that begins here ends, within its line.
fn quoted_end(text: &str) -> usize {
    let mut characters = text.char_indices();
    let Some((_, quote)) = characters.next() else { return 0 };
    let mut escaped = false;
    for (at, c) in characters {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A line that is being cut into pieces; neighbours of one kind become one.
struct Pieces<'t> {
    line: &'t str,
    at: usize,
    /// Where each piece begins.
    found: Vec<(Token, usize)>,
}

impl<'t> Pieces<'t> {
    fn new(line: &'t str) -> Self {
        Self { line, at: 0, found: Vec::new() }
    }

    fn rest(&self) -> &'t str {
        &self.line[self.at..]
    }

    fn after_blank(&self) -> bool {
        self.at == 0 || self.line[..self.at].ends_with(' ')
    }

    fn take(&mut self, length: usize, token: Token) {
        if length > 0 && self.found.last().is_none_or(|(last, _)| *last != token) {
            self.found.push((token, self.at));
        }
        self.at += length;
    }

    fn done(self) -> Vec<(Token, &'t str)> {
        let ends = self.found.iter().skip(1).map(|(_, at)| *at).chain([self.line.len()]);
        self.found.iter().zip(ends).map(|((token, start), end)| (*token, &self.line[*start..end])).collect()
    }
}

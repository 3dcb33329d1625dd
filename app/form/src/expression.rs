//! The small language of `when:` and of `${{ … }}` in options: paths, literals, comparisons, and, or, not.

use serde_json::Value;

use crate::json::{same, text, truthy};

/// What an expression comes to; `None` is a value that is not there.
type Found = Option<Value>;

/// Nesting beyond this is not read.
const DEPTH: usize = 32;

/// Whether a text holds an expression.
pub(crate) fn is_expression(text: &str) -> bool {
    text.contains("${{")
}

/// Whether a page is shown. One whose condition cannot be read is.
pub(crate) fn condition(when: &Value, values: &Value) -> bool {
    match when {
        Value::Bool(value) => *value,
        Value::String(source) => {
            let source = source.trim();
            let inner = source.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(source);
            if inner.trim().is_empty() {
                return true;
            }
            match evaluate(inner, values) {
                Some(Some(Value::Array(items))) => !items.is_empty(),
                Some(found) => found.as_ref().is_some_and(truthy),
                None => true,
            }
        }
        _ => true,
    }
}

/// A value with its expressions replaced by what they come to; `waits` gets the paths that have no value yet.
pub(crate) fn filled(value: &Value, values: &Value, waits: &mut Vec<String>) -> Option<Value> {
    match value {
        Value::String(source) if is_expression(source) => filled_text(source, values, waits),
        Value::Array(items) => Some(items.iter().filter_map(|item| filled(item, values, waits)).collect()),
        Value::Object(entries) => Some(Value::Object(
            entries.iter().filter_map(|(key, value)| Some((key.clone(), filled(value, values, waits)?))).collect(),
        )),
        other => Some(other.clone()),
    }
}

/// A whole expression keeps its type; text around one makes it text.
fn filled_text(source: &str, values: &Value, waits: &mut Vec<String>) -> Option<Value> {
    let mut out = String::new();
    let mut rest = source;
    while let Some(start) = rest.find("${{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let inner = &rest[start + 3..start + length];
        let found = evaluate(inner, values).flatten().filter(|found| !found.is_null() && found != "");
        if found.is_none() {
            waits.extend(paths(inner).into_iter().filter(|path| !waits.contains(path)).collect::<Vec<_>>());
        }
        let whole = source.trim();
        if whole.starts_with("${{") && whole.len() == length + 2 {
            return found;
        }
        out.push_str(&rest[..start]);
        out.push_str(&text(&found?));
        rest = &rest[start + length + 2..];
    }
    out.push_str(rest);
    Some(Value::String(out))
}

/// The fields that an expression names, without `parameters.`.
fn paths(source: &str) -> Vec<String> {
    let Some(tokens) = tokens(source) else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Token::Name(name) = &tokens[at] else {
            at += 1;
            continue;
        };
        let mut path = vec![name.clone()];
        at += 1;
        while let (Some(Token::Mark(".")), Some(Token::Name(name))) = (tokens.get(at), tokens.get(at + 1)) {
            path.push(name.clone());
            at += 2;
        }
        if path.len() > 1 && path[0] == "parameters" {
            path.remove(0);
        }
        found.push(path.join("."));
    }
    found
}

/// `None` where the source cannot be read.
fn evaluate(source: &str, values: &Value) -> Option<Found> {
    let tokens = tokens(source)?;
    let mut reader = Reader { tokens: &tokens, at: 0, values, depth: 0 };
    let found = reader.choice()?;
    (reader.at == tokens.len()).then_some(found)
}

#[derive(Debug, PartialEq)]
enum Token {
    Name(String),
    Literal(Value),
    Mark(&'static str),
}

/// Longer marks stand before those they begin with.
const MARKS: [&str; 22] = [
    "===", "!==", "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ".", "|", ",", "?", ":", "+",
    "-",
];

fn tokens(source: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken;
        if first == '\'' || first == '"' {
            let (value, length) = quoted(rest, first)?;
            tokens.push(Token::Literal(Value::String(value)));
            taken = length;
        } else if first.is_ascii_digit() {
            taken = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            tokens.push(Token::Literal(serde_json::from_str(&rest[..taken]).ok()?));
        } else if first.is_alphabetic() || first == '_' || first == '$' {
            taken = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
            tokens.push(word(&rest[..taken]));
        } else {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark))?;
            tokens.push(Token::Mark(mark));
            taken = mark.len();
        }
        rest = rest[taken..].trim_start();
    }
    Some(tokens)
}

fn word(word: &str) -> Token {
    match word {
        "true" | "True" => Token::Literal(Value::Bool(true)),
        "false" | "False" => Token::Literal(Value::Bool(false)),
        "null" | "none" | "None" | "undefined" => Token::Literal(Value::Null),
        "and" => Token::Mark("&&"),
        "or" => Token::Mark("||"),
        "not" => Token::Mark("!"),
        other => Token::Name(other.into()),
    }
}

fn quoted(source: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut escaped = false;
    for (at, c) in source.char_indices().skip(1) {
        match c {
            _ if escaped => {
                text.push(match c {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                });
                escaped = false;
            }
            '\\' => escaped = true,
            c if c == quote => return Some((text, at + c.len_utf8())),
            c => text.push(c),
        }
    }
    None
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    values: &'a Value,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, mark: &'static str) -> bool {
        let here = self.tokens.get(self.at) == Some(&Token::Mark(mark));
        self.at += usize::from(here);
        here
    }

    fn take_word(&mut self, word: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some(Token::Name(name)) if name == word);
        self.at += usize::from(here);
        here
    }

    /// `c ? a : b` and `a if c else b`.
    fn choice(&mut self) -> Option<Found> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let found = self.either()?;
        let chosen = if self.take("?") {
            let yes = self.choice()?;
            if !self.take(":") {
                return None;
            }
            let no = self.choice()?;
            if holds(&found) { yes } else { no }
        } else if self.take_word("if") {
            let condition = self.either()?;
            let no = if self.take_word("else") { self.choice()? } else { None };
            if holds(&condition) { found } else { no }
        } else {
            found
        };
        self.depth -= 1;
        Some(chosen)
    }

    fn either(&mut self) -> Option<Found> {
        let mut left = self.both()?;
        while self.take("||") {
            let right = self.both()?;
            left = if holds(&left) { left } else { right };
        }
        Some(left)
    }

    fn both(&mut self) -> Option<Found> {
        let mut left = self.negated()?;
        while self.take("&&") {
            let right = self.negated()?;
            left = if holds(&left) { right } else { left };
        }
        Some(left)
    }

    fn negated(&mut self) -> Option<Found> {
        let mut negations = 0;
        while self.take("!") {
            negations += 1;
        }
        let found = self.compared()?;
        Some(if negations == 0 { found } else { Some(Value::Bool(holds(&found) == (negations % 2 == 0))) })
    }

    fn compared(&mut self) -> Option<Found> {
        let left = self.sum()?;
        for mark in ["===", "!==", "==", "!=", "<=", ">=", "<", ">"] {
            if self.take(mark) {
                let right = if self.take("!") { Some(Value::Bool(!holds(&self.sum()?))) } else { self.sum()? };
                return Some(Some(Value::Bool(compare(mark, &left, &right))));
            }
        }
        let outside = self.tokens.get(self.at) == Some(&Token::Mark("!"))
            && matches!(self.tokens.get(self.at + 1), Some(Token::Name(name)) if name == "in");
        self.at += usize::from(outside);
        if self.take_word("in") {
            let right = self.sum()?;
            return Some(Some(Value::Bool(contains(&right, &left) != outside)));
        }
        Some(left)
    }

    fn sum(&mut self) -> Option<Found> {
        let mut left = self.filtered()?;
        while self.take("+") {
            let right = self.filtered()?;
            left = match (number(&left), number(&right)) {
                (Some(a), Some(b)) if !is_text(&left) && !is_text(&right) => Some(Value::from(a + b)),
                _ => Some(Value::String(shown(&left) + &shown(&right))),
            };
        }
        Some(left)
    }

    fn filtered(&mut self) -> Option<Found> {
        let mut found = self.primary()?;
        while self.take("|") {
            let Some(Token::Name(name)) = self.tokens.get(self.at) else { return None };
            self.at += 1;
            let mut argument = None;
            if self.take("(") && !self.take(")") {
                argument = self.choice()?;
                if !self.take(")") {
                    return None;
                }
            }
            found = match name.as_str() {
                "lower" => Some(Value::String(shown(&found).to_lowercase())),
                "upper" => Some(Value::String(shown(&found).to_uppercase())),
                "trim" => Some(Value::String(shown(&found).trim().into())),
                "string" => Some(Value::String(shown(&found))),
                "length" => Some(Value::from(size(&found))),
                "default" => found.or(argument),
                _ => return None,
            };
        }
        Some(found)
    }

    fn primary(&mut self) -> Option<Found> {
        if self.take("(") {
            let found = self.choice()?;
            return self.take(")").then_some(found);
        }
        let mut found = match self.tokens.get(self.at)? {
            Token::Literal(Value::Null) => None,
            Token::Literal(value) => Some(value.clone()),
            Token::Name(name) => {
                let member = matches!(self.tokens.get(self.at + 1), Some(Token::Mark("." | "[")));
                match self.values.get(name) {
                    None if name == "parameters" => Some(self.values.clone()),
                    // A field may be called so too; what lies below is asked of all values first.
                    Some(_) if name == "parameters" && member => Some(self.values.clone()),
                    other => other.cloned(),
                }
            }
            Token::Mark("-") => {
                self.at += 1;
                let Some(Token::Literal(Value::Number(number))) = self.tokens.get(self.at) else { return None };
                number.as_f64().map(|number| Value::from(-number))
            }
            Token::Mark(_) => return None,
        };
        self.at += 1;
        loop {
            let key = if self.take(".") {
                let name = match self.tokens.get(self.at)? {
                    Token::Name(name) => name.clone(),
                    Token::Literal(value) => text(value),
                    Token::Mark(_) => return None,
                };
                self.at += 1;
                name
            } else if self.take("[") {
                let key = self.choice()?;
                if !self.take("]") {
                    return None;
                }
                shown(&key)
            } else {
                return Some(found);
            };
            if self.tokens.get(self.at) == Some(&Token::Mark("(")) {
                return None;
            }
            found = match &found {
                Some(Value::Array(items)) if key == "length" => Some(Value::from(items.len())),
                Some(Value::String(text)) if key == "length" => Some(Value::from(text.encode_utf16().count())),
                Some(Value::Array(items)) => key.parse::<usize>().ok().and_then(|at| items.get(at).cloned()),
                Some(other) => other.get(&key).cloned(),
                None => None,
            };
        }
    }
}

fn holds(found: &Found) -> bool {
    found.as_ref().is_some_and(truthy)
}

fn shown(found: &Found) -> String {
    found.as_ref().filter(|value| !value.is_null()).map(text).unwrap_or_default()
}

fn is_text(found: &Found) -> bool {
    matches!(found, Some(Value::String(_)))
}

fn size(found: &Found) -> usize {
    match found {
        Some(Value::Array(items)) => items.len(),
        Some(Value::Object(entries)) => entries.len(),
        Some(Value::String(text)) => text.encode_utf16().count(),
        _ => 0,
    }
}

fn contains(all: &Found, one: &Found) -> bool {
    match (all, one) {
        (Some(Value::Array(items)), Some(one)) => items.iter().any(|item| same(item, one)),
        (Some(Value::String(text)), Some(Value::String(part))) => text.contains(part.as_str()),
        (Some(Value::Object(entries)), Some(Value::String(key))) => entries.contains_key(key),
        _ => false,
    }
}

fn number(found: &Found) -> Option<f64> {
    match found {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::Bool(value)) => Some(f64::from(u8::from(*value))),
        Some(Value::String(text)) if text.trim().is_empty() => Some(0.0),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    }
}

fn compare(mark: &str, left: &Found, right: &Found) -> bool {
    let strict = match (left, right) {
        (None | Some(Value::Null), None | Some(Value::Null)) => true,
        (Some(left), Some(right)) => same(left, right),
        _ => false,
    };
    // Values of different types are compared as numbers, as in JavaScript.
    let loose = || {
        let mixed =
            matches!((left, right), (Some(a), Some(b)) if std::mem::discriminant(a) != std::mem::discriminant(b));
        strict || mixed && number(left).is_some_and(|left| Some(left) == number(right))
    };
    let order = || match (left, right) {
        (Some(Value::String(left)), Some(Value::String(right))) => Some(left.cmp(right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    };
    match mark {
        "===" => strict,
        "!==" => !strict,
        "==" => loose(),
        "!=" => !loose(),
        "<=" => order().is_some_and(std::cmp::Ordering::is_le),
        ">=" => order().is_some_and(std::cmp::Ordering::is_ge),
        "<" => order().is_some_and(std::cmp::Ordering::is_lt),
        _ => order().is_some_and(std::cmp::Ordering::is_gt),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds_for(when: &str) -> bool {
        let values =
            json!({"cloud": "AWS", "size": 3, "on": true, "off": false, "list": ["a"], "none": [], "deep": {"x": "y"}});
        condition(&json!(when), &values)
    }

    #[test]
    fn conditions_hold_or_do_not() {
        for when in [
            "${{ parameters.cloud === 'AWS' }}",
            "parameters.cloud == 'AWS'",
            "${{ cloud == \"AWS\" and not off }}",
            "${{ parameters.size >= 3 && parameters['on'] }}",
            "${{ parameters.missing || parameters.on }}",
            "${{ !parameters.missing }}",
            "${{ (off or on) and parameters.deep.x != 'z' }}",
            "${{ 'a' in list }}",
            "${{ 'b' not in list }}",
            "${{ size == '3' }}",
            "${{ list | length == 1 }}",
            "${{ parameters.list }}",
            "${{ off ? false : true }}",
            "${{ cloud | lower == 'aws' }}",
            "${{ list[0] === 'a' }}",
            "${{ this cannot be read",
            "${{ cloud.constructor('x') }}",
            "",
        ] {
            assert!(holds_for(when), "{when}");
        }
        for when in [
            "${{ parameters.cloud !== 'AWS' }}",
            "${{ parameters.missing }}",
            "${{ parameters.missing.deeper.still }}",
            "${{ off }}",
            "${{ none }}",
            "${{ size === '3' }}",
            "${{ on and off }}",
        ] {
            assert!(!holds_for(when), "{when}");
        }
    }

    #[test]
    fn options_take_the_values_of_other_fields() {
        let values = json!({"kind": "API", "kinds": ["A", "B"], "deep": {"n": 3}});
        let option = json!({"a": "${{ kind }}", "b": ["${{ parameters.kinds }}", "x-${{ deep.n }}-y"], "c": "${{ gone.far }}", "d": "at ${{ lost }}"});
        let mut waits = Vec::new();
        let found = filled(&option, &values, &mut waits).unwrap();
        assert_eq!(found, json!({"a": "API", "b": [["A", "B"], "x-3-y"]}));
        assert_eq!(waits, ["gone.far", "lost"]);
    }

    #[test]
    fn deep_nesting_is_not_read() {
        assert!(condition(&json!("(".repeat(10_000)), &json!({})));
        assert!(condition(&json!("[".repeat(10_000)), &json!({})));
    }
}

//! A case, how it is rendered here, and which differences have a reason.

use std::sync::LazyLock;

use expression::{Engine, Name, NameKind, Options};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    Value,
    Cookiecutter,
    Trimmed,
}

pub struct Case {
    pub name: String,
    pub kind: Kind,
    pub input: Value,
    pub context: Value,
}

#[derive(Debug)]
pub enum Answer {
    Rendered(Value),
    Refused(String),
}

impl Answer {
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rendered(a), Self::Rendered(b)) => same(a, b),
            (Self::Refused(_), Self::Refused(_)) => true,
            _ => false,
        }
    }
}

/// Equal, but for `1` and `1.0`, which are one number to JavaScript.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

impl Case {
    pub fn to_json(&self) -> Value {
        let (kind, options) = match self.kind {
            Kind::Text => ("text", json!({})),
            Kind::Value => ("value", json!({})),
            Kind::Cookiecutter => ("cookiecutter", json!({})),
            Kind::Trimmed => ("text", json!({ "trimBlocks": true, "lstripBlocks": true })),
        };
        json!({ "kind": kind, "input": self.input, "context": self.context, "options": options })
    }

    fn source(&self) -> &str {
        self.input.as_str().unwrap_or_default()
    }
}

static PLAIN: LazyLock<Engine> = LazyLock::new(Engine::default);
static COOKIECUTTER: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(Options { cookiecutter_compat: true, ..Options::default() }));
static TRIMMED: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(Options { trim_blocks: true, lstrip_blocks: true, ..Options::default() }));

fn engine(kind: Kind) -> &'static Engine {
    match kind {
        Kind::Text | Kind::Value => &PLAIN,
        Kind::Cookiecutter => &COOKIECUTTER,
        Kind::Trimmed => &TRIMMED,
    }
}

pub fn ours(case: &Case) -> Answer {
    if case.kind == Kind::Value {
        return match PLAIN.value(&case.input, &case.context) {
            Ok(rendered) => Answer::Rendered(rendered.value),
            Err(error) => Answer::Refused(error.to_string()),
        };
    }
    match engine(case.kind).text(case.source(), &case.context) {
        Ok(rendered) => Answer::Rendered(Value::String(rendered.value)),
        Err(error) => Answer::Refused(error.to_string()),
    }
}

/// Why the two may differ on a case. Each of these is told in docs/templates-expressions.md.
pub fn explained(case: &Case, ours: &Answer, theirs: &Answer) -> Option<&'static str> {
    let source = case.input.to_string();
    let text = |answer: &Answer| match answer {
        Answer::Rendered(value) => value.to_string(),
        Answer::Refused(why) => why.clone(),
    };
    let (here, there) = (text(ours), text(theirs));
    let kept = matches!(theirs, Answer::Refused(_)) || there == source;
    let foreign = |name: &Name| name.kind == NameKind::Operator;
    if kept && engine(case.kind).names(case.source()).is_ok_and(|names| names.iter().any(foreign)) {
        return Some("JavaScript's operators `&&`, `||`, `!` and `?:` are read here");
    }
    if there.contains("function ") && here.contains("[function]") {
        return Some("a function that is not called shows its source there");
    }
    if there.contains("SyntaxError") && source.contains("block") && source.contains("switch") {
        return Some("Nunjucks cannot compile a block in a `{% switch %}`");
    }
    if source.contains("block") && here.contains("cannot stand in a `{% set %}` block") {
        return Some("a block in a `{% set %}` shows another block of the same name there");
    }
    if case.context.to_string().contains("\"length\":") && source.contains("for ") {
        return Some("an object with a field `length` is no list here");
    }
    if source.matches("for ").count() > 1 && source.contains("else ") {
        return Some("an inner loop's `else` remembers there how long its list was the last time");
    }
    if source.contains("dictsort") && ["safe", "escape", "m("].iter().any(|made| source.contains(made)) {
        return Some("a safe text is no object to `dictsort`");
    }
    if here.contains('\u{fffd}') {
        return Some("half of a sign of two units is no text here");
    }
    None
}

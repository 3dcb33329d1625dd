//! Renders the expressions and skeletons of templates as Backstage's scaffolder does with Nunjucks.
//!
//! A template is read by Nunjucks' grammar ([`parser`]), its operators grouped as JavaScript groups them ([`regroup`]), and
//! written as a template for `minijinja` ([`translate`]), which runs it with JavaScript's values ([`value`], [`runtime`]).
//! Everything here is pure: no files, no network, no clock. What a template may spend is bounded by [`Limits`].

mod ast;
mod backstage;
mod error;
mod filters;
mod lexer;
mod methods;
mod names;
mod parser;
mod pattern;
mod regroup;
mod runtime;
mod translate;
mod value;

use std::{
    io,
    sync::{Arc, LazyLock, PoisonError},
};

use minijinja::Environment;
use serde_json::{Map, Value};

use crate::{error::Fail, lexer::Syntax, runtime::Run, translate::Use};

pub use error::{Error, ErrorKind};
pub use names::{Name, NameKind};

/// How templates are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `{{ }}` is an expression, there is a filter `jsonify`, and Python's names and methods are known.
    pub cookiecutter_compat: bool,
    /// A name that is not defined is an error where its value is needed.
    pub strict: bool,
    /// The line break after a block goes.
    pub trim_blocks: bool,
    /// The white space before a block that is the first on its line goes.
    pub lstrip_blocks: bool,
    /// What a rendering may spend.
    pub limits: Limits,
}

/// What one rendering may spend; whatever needs more ends with [`ErrorKind::Limit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Operations.
    pub fuel: u64,
    /// Bytes of the result; eight times as many may be made on the way to it.
    pub output_bytes: usize,
    /// How deeply macros may call each other, a call counting about five.
    pub recursion: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 5_000_000, output_bytes: 10 << 20, recursion: 250 }
    }
}

/// What was rendered, and what it missed.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered<T> {
    /// The result.
    pub value: T,
    /// The names whose values were needed and are not there; they render as nothing.
    pub undefined: Vec<Undefined>,
    /// The strings of a value that could not be rendered and so stand as they are, as Backstage leaves them.
    pub kept: Vec<Error>,
}

/// A name that is not defined where its value is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    /// The name with its members: `parameters.nmae`.
    pub name: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, in characters from 1.
    pub column: u32,
    /// The name that is there and most like it: `parameters.name`.
    pub nearest: Option<String>,
    /// Which string inside of a JSON value, as a JSON pointer; empty for a text on its own.
    pub pointer: String,
}

/// Renders templates. Cheap to make and to share.
#[derive(Clone, Debug)]
pub struct Engine {
    options: Options,
    environment: Arc<Environment<'static>>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

static WHOLE: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| regex::Regex::new(r"\$\{\{([^\n\r\x{2028}\x{2029}]+)\}\}").ok());

impl Engine {
    /// An engine with these options.
    pub fn new(options: Options) -> Self {
        let environment = Arc::new(runtime::engine(&options.limits));
        Self { options, environment }
    }

    /// Renders a text: a file of a skeleton, or the name of one.
    ///
    /// # Errors
    /// When it cannot be read, does what its values do not allow, or spends more than it may.
    pub fn text(&self, source: &str, context: &Value) -> Result<Rendered<String>, Error> {
        let (value, undefined) = self.render(source, context, self.syntax(), "")?;
        Ok(Rendered { value, undefined, kept: Vec::new() })
    }

    /// Renders every string in a value. One that is a single expression keeps the type of its result; one that renders as
    /// nothing is left out of the object that it stands in, and is `null` elsewhere.
    ///
    /// # Errors
    /// When a rendering spends more than it may. What else goes wrong leaves the string as it is, as Backstage does, and is
    /// told in [`Rendered::kept`]; a strict engine fails with it.
    pub fn value(&self, input: &Value, context: &Value) -> Result<Rendered<Value>, Error> {
        let mut out = Rendered { value: Value::Null, undefined: Vec::new(), kept: Vec::new() };
        let value = self.revive(input, context, &mut String::new(), &mut out)?;
        out.value = value.unwrap_or_default();
        Ok(out)
    }

    /// Whether the `if:` of a step holds: it does but for `false`, and for a string whose result is nothing, `false`, `0`, or an
    /// empty text or list.
    ///
    /// # Errors
    /// As [`Engine::value`].
    pub fn condition(&self, value: &Value, context: &Value) -> Result<bool, Error> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::String(_) => Ok(is_truthy(&self.value(value, context)?.value)),
            _ => Ok(true),
        }
    }

    /// Whether a text has anything to render.
    pub fn is_template(source: &str) -> bool {
        ["{{", "{%", "{#", "#}"].iter().any(|mark| source.contains(mark))
    }

    /// Every name that a template uses, in the order in which they stand, without running it; operators come last.
    ///
    /// # Errors
    /// When the template cannot be read.
    pub fn names(&self, source: &str) -> Result<Vec<Name>, Error> {
        let tree = parser::parse(source, self.syntax(), self.options.cookiecutter_compat);
        tree.and_then(|tree| names::collect(source, tree)).map_err(|fail| fail.placed(source))
    }

    fn syntax(&self) -> Syntax {
        Syntax {
            variable_start: if self.options.cookiecutter_compat { "{{" } else { "${{" },
            trim_blocks: self.options.trim_blocks,
            lstrip_blocks: self.options.lstrip_blocks,
        }
    }

    fn render(
        &self,
        source: &str,
        context: &Value,
        syntax: Syntax,
        pointer: &str,
    ) -> Result<(String, Vec<Undefined>), Error> {
        let run =
            Arc::new(Run::new(self.options.limits.clone(), self.options.cookiecutter_compat, self.options.strict));
        let mut uses = Vec::new();
        let rendered = self.run(source, context, syntax, &run, &mut uses);
        let missing = run.missing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let undefined: Vec<Undefined> = missing
            .into_iter()
            .filter_map(|id| uses.get(id))
            .map(|used| undefined(used, source, context, pointer))
            .collect();
        match rendered {
            Ok(text) => Ok((text, undefined)),
            Err(mut fail) => {
                if fail.kind == ErrorKind::Undefined
                    && let Some(undefined) = undefined.last()
                {
                    let nearest = undefined.nearest.as_ref();
                    let nearest = nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
                    fail.message = format!("`{}` is not defined{nearest}", undefined.name);
                }
                let mut error = fail.placed(source);
                error.pointer = pointer.to_owned();
                Err(error)
            }
        }
    }

    fn run(
        &self,
        source: &str,
        context: &Value,
        syntax: Syntax,
        run: &Arc<Run>,
        uses: &mut Vec<Use>,
    ) -> Result<String, Fail> {
        let tree = parser::parse(source, syntax, self.options.cookiecutter_compat)?;
        let translation = translate::translate(tree.nodes)?;
        *uses = translation.uses;
        run.fill(context)?;
        let template = self
            .environment
            .template_from_named_str("", &translation.source)
            .map_err(|error| runtime::failure(run, &error))?;
        let mut out = Bounded { bytes: Vec::new(), most: self.options.limits.output_bytes };
        template.render_captured_to(runtime::root(run), &mut out).map_err(|error| runtime::failure(run, &error))?;
        String::from_utf8(out.bytes).map_err(|_| Fail::runtime("the result is no text"))
    }

    /// A value with its strings rendered; nothing where a string rendered as nothing.
    fn revive(
        &self,
        input: &Value,
        context: &Value,
        pointer: &mut String,
        out: &mut Rendered<Value>,
    ) -> Result<Option<Value>, Error> {
        let length = pointer.len();
        Ok(Some(match input {
            Value::String(text) => return self.string(text, context, pointer, out),
            Value::Array(items) => {
                let mut revived = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    pointer.push_str(&format!("/{i}"));
                    revived.push(self.revive(item, context, pointer, out)?.unwrap_or_default());
                    pointer.truncate(length);
                }
                Value::Array(revived)
            }
            Value::Object(map) => {
                let mut revived = Map::with_capacity(map.len());
                for (key, item) in map {
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                    if let Some(item) = self.revive(item, context, pointer, out)? {
                        revived.insert(key.clone(), item);
                    }
                    pointer.truncate(length);
                }
                Value::Object(revived)
            }
            other => other.clone(),
        }))
    }

    fn string(
        &self,
        text: &str,
        context: &Value,
        pointer: &str,
        out: &mut Rendered<Value>,
    ) -> Result<Option<Value>, Error> {
        let some = |text: String| (!text.is_empty()).then_some(text);
        if !Self::is_template(text) {
            return Ok(some(text.to_owned()).map(Value::String));
        }
        // What stands in a step is never rendered as for cookiecutter.
        let syntax = Syntax { variable_start: "${{", trim_blocks: false, lstrip_blocks: false };
        let tree = parser::parse(text, syntax, false);
        let single =
            tree.is_ok_and(|tree| matches!(tree.nodes.as_slice(), [node] if !matches!(node, ast::Node::Text(_))));
        if single && let Some(whole) = &*WHOLE {
            let wrapped = whole.replace_all(text, "$${{ ( $1 ) | dump }}");
            let rendered = self.render(&wrapped, context, syntax, pointer);
            match rendered {
                Ok((rendered, undefined)) => {
                    let undefined = undefined.into_iter().map(|mut undefined| {
                        // What was put in front of the expression is not the author's.
                        if wrapped != text {
                            undefined.column = undefined.column.saturating_sub(3).max(1);
                        }
                        undefined
                    });
                    if rendered.is_empty() {
                        out.undefined.extend(undefined);
                        return Ok(None);
                    }
                    if let Ok(value) = serde_json::from_str(&rendered) {
                        out.undefined.extend(undefined);
                        return Ok(Some(as_js(value)));
                    }
                }
                Err(error) if error.kind == ErrorKind::Limit => return Err(error),
                Err(_) => {}
            }
        }
        match self.render(text, context, syntax, pointer) {
            Ok((text, undefined)) => {
                out.undefined.extend(undefined);
                Ok(some(text).map(Value::String))
            }
            Err(error) if error.kind == ErrorKind::Limit || self.options.strict => Err(error),
            Err(error) => {
                out.kept.push(error);
                Ok(Some(Value::String(text.to_owned())))
            }
        }
    }
}

/// A writer that takes so many bytes and no more.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::Error::other("more than may be made"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Numbers as JavaScript has them: `1.0` is `1`.
fn as_js(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => Value::Number(number),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(as_js).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, as_js(value))).collect()),
        other => other,
    }
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(_) => true,
    }
}

fn undefined(used: &Use, source: &str, context: &Value, pointer: &str) -> Undefined {
    let (line, column) = error::line_and_column(source, used.at);
    let mut at = context;
    let mut nearest = None;
    for (i, part) in used.path.iter().enumerate() {
        let Some(map) = at.as_object() else { break };
        match map.get(part) {
            Some(value) => at = value,
            None => {
                let found = filters::nearest(part, map.keys().map(String::as_str));
                nearest = found.map(|found| {
                    let mut path = used.path[..i].to_vec();
                    path.push(found.to_owned());
                    path.extend_from_slice(&used.path[i + 1..]);
                    path.join(".")
                });
                break;
            }
        }
    }
    Undefined { name: used.path.join("."), line, column, nearest, pointer: pointer.to_owned() }
}

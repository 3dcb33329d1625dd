//! Rendering the files of a skeleton.

use std::collections::BTreeSet;
use std::sync::Arc;

use expression::{Engine, Error, Limits, Options, Rendered, Undefined};
use serde_json::{Map, Value, json};

use crate::action::{ActionError, Step};
use crate::run::undefined_message;

/// The most warnings that one step writes.
const WARNINGS: usize = 200;

/// Roots of expressions that mean GitHub Actions and are lost when a workflow is rendered.
const FOREIGN: [&str; 12] =
    ["github", "secrets", "env", "matrix", "runner", "needs", "inputs", "vars", "job", "jobs", "strategy", "steps"];

/// Renders texts with the values of a step.
pub(crate) struct Renderer {
    engine: Engine,
    context: Arc<Value>,
    warned: BTreeSet<String>,
}

/// How the texts are read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    pub(crate) cookiecutter: bool,
    pub(crate) trim_blocks: bool,
    pub(crate) lstrip_blocks: bool,
}

impl Renderer {
    pub(crate) fn new(step: &Step<'_>, reading: Reading, values: &Map<String, Value>) -> Self {
        let Reading { cookiecutter, trim_blocks, lstrip_blocks } = reading;
        let engine = Engine::new(Options {
            cookiecutter_compat: cookiecutter,
            strict: step.origin.strict,
            trim_blocks,
            lstrip_blocks,
            limits: Limits::default(),
        });
        let root = if cookiecutter { "cookiecutter" } else { "values" };
        Self { engine, context: Arc::new(json!({root: values})), warned: BTreeSet::new() }
    }

    /// The text with its expressions; `file` is what it is called in messages. Long ones do not hold up the process.
    pub(crate) async fn text(&mut self, step: &Step<'_>, file: &str, text: String) -> Result<String, ActionError> {
        if !Engine::is_template(&text) {
            return Ok(text);
        }
        let (engine, context) = (self.engine.clone(), self.context.clone());
        let rendered = tokio::task::spawn_blocking(move || engine.text(&text, &context)).await;
        let rendered = rendered.map_err(|_| ActionError::Failed(format!("{file} cannot be rendered")))?;
        self.told(step, file, rendered)
    }

    /// The same for a path.
    pub(crate) fn path(&mut self, step: &Step<'_>, path: &str) -> Result<String, ActionError> {
        if !Engine::is_template(path) {
            return Ok(path.to_owned());
        }
        let rendered = self.engine.text(path, &self.context);
        self.told(step, &format!("the name of {path}"), rendered)
    }

    fn told(
        &mut self,
        step: &Step<'_>,
        file: &str,
        rendered: Result<Rendered<String>, Error>,
    ) -> Result<String, ActionError> {
        let Rendered { value, undefined, .. } = rendered.map_err(|error| {
            ActionError::Failed(format!("{file}:{}:{}: {}", error.line, error.column, error.message))
        })?;
        for undefined in undefined {
            if self.warned.len() < WARNINGS {
                let warning = format!("{file}:{}:{}: {}", undefined.line, undefined.column, message(&undefined));
                if !self.warned.contains(&warning) {
                    step.log.warn(&warning);
                    self.warned.insert(warning);
                }
            }
        }
        Ok(value)
    }
}

/// What a name that is not defined in a skeleton comes to.
pub(crate) fn message(undefined: &Undefined) -> String {
    let root = undefined.name.split('.').next().unwrap_or_default();
    if FOREIGN.contains(&root) {
        return foreign_message(&undefined.name);
    }
    undefined_message(undefined)
}

/// Whether a name is one of GitHub Actions'.
pub(crate) fn is_foreign(root: &str) -> bool {
    FOREIGN.contains(&root)
}

/// What an expression of GitHub Actions in a rendered file comes to.
pub(crate) fn foreign_message(name: &str) -> String {
    format!(
        "`{name}` renders as nothing; if it is an expression of GitHub Actions, put {{% raw %}} … {{% endraw %}} round it or list the file in copyWithoutTemplating"
    )
}

/// Whether a content is no text, judged by its first bytes as the scaffolder of Backstage does.
pub(crate) fn is_binary(content: &[u8]) -> bool {
    let head = &content[..content.len().min(512)];
    let marks: [&[u8]; 4] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x84\x31\x95\x33"];
    if marks.iter().any(|mark| head.starts_with(mark)) {
        return false;
    }
    if head.starts_with(b"%PDF-") || head.contains(&0) {
        return true;
    }
    let mut suspicious = 0;
    let mut at = 0;
    while let Some(&byte) = head.get(at) {
        let width = match byte {
            7..=14 | 32..=127 => 1,
            0xc0..=0xdf if follows(head, at, 1) => 2,
            0xe0..=0xef if follows(head, at, 2) => 3,
            0xf0..=0xf7 if follows(head, at, 3) => 4,
            _ => {
                suspicious += 1;
                1
            }
        };
        at += width;
    }
    suspicious * 10 > head.len()
}

fn follows(head: &[u8], at: usize, count: usize) -> bool {
    // A character that the first bytes end in is not held against the file.
    head.iter().skip(at + 1).take(count).all(|byte| (0x80..=0xbf).contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_data() {
        assert!(!is_binary(b""));
        assert!(!is_binary("größer 漢字 😀".repeat(200).as_bytes()));
        assert!(!is_binary(b"\xef\xbb\xbfname"));
        assert!(is_binary(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
        assert!(is_binary(b"%PDF-1.7 and text"));
        assert!(is_binary(&[0xff, 0xfe, 0x01, 0x90, 0x91][2..]));
    }
}

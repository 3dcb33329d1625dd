//! `fetch:template`: a skeleton, rendered.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{below, example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::globs::Globs;
use crate::skeleton::{Reading, Renderer, is_binary};
use crate::sources::{Source, source};

/// Fetches a skeleton and renders its files and their names.
#[derive(Debug)]
pub struct FetchTemplate {
    info: ActionInfo,
}

/// What it takes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Input {
    pub(crate) url: String,
    pub(crate) target_path: Option<String>,
    pub(crate) values: Map<String, Value>,
    pub(crate) copy_without_templating: Option<Vec<String>>,
    pub(crate) copy_without_render: Option<Vec<String>>,
    pub(crate) cookiecutter_compat: bool,
    pub(crate) template_file_extension: Value,
    pub(crate) replace: bool,
    pub(crate) trim_blocks: bool,
    pub(crate) lstrip_blocks: bool,
}

impl FetchTemplate {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fetch:template".to_owned(),
            description:
                "Fetches a skeleton, renders its files and their names with `values`, and puts them into the workspace."
                    .to_owned(),
            input: json!({
                "type": "object",
                "required": ["url"],
                "properties": {
                    "url": {"type": "string", "title": "Where the skeleton is", "description": "A path relative to the template, or the address of a folder in a repository."},
                    "targetPath": {"type": "string", "title": "Where it goes", "description": "A folder of the workspace; the workspace itself by default."},
                    "values": {"type": "object", "title": "Values", "description": "What the skeleton knows as `values`."},
                    "copyWithoutTemplating": {"type": "array", "items": {"type": "string"}, "title": "Files that are not rendered", "description": "Patterns of files whose content is copied as it is; their names are rendered."},
                    "copyWithoutRender": {"type": "array", "items": {"type": "string"}, "title": "Files that are not rendered, nor are their names", "description": "Use copyWithoutTemplating instead."},
                    "cookiecutterCompat": {"type": "boolean", "title": "Reads `{{ cookiecutter.x }}`", "description": "For skeletons that were made for cookiecutter."},
                    "templateFileExtension": {"type": ["string", "boolean"], "title": "Extension of files that are rendered", "description": "Only files of this extension are rendered, and lose it; `true` means `.njk`."},
                    "replace": {"type": "boolean", "title": "Whether files that are there already are replaced"},
                    "trimBlocks": {"type": "boolean", "title": "Whether the line break after a block goes"},
                    "lstripBlocks": {"type": "boolean", "title": "Whether the white space before a block goes"},
                    "token": {"type": "string", "title": "Not used", "description": "Repositories are read as the portal reads them."}
                }
            }),
            output: nothing(),
            examples: vec![
                example(
                    "A skeleton beside the template",
                    json!({"url": "./skeleton", "values": {"name": "${{ parameters.name }}"}}),
                ),
                example(
                    "Workflows are kept as they are",
                    json!({"url": "./skeleton", "targetPath": "service", "copyWithoutTemplating": [".github/workflows/*"], "values": {"name": "${{ parameters.name }}"}}),
                ),
                example(
                    "Only files that end in .njk are rendered",
                    json!({"url": "./skeleton", "templateFileExtension": true, "values": {}}),
                ),
            ],
            reach: Reach::Reads,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for FetchTemplate {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FetchTemplate {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        let source = source(step, &input.url).await?;
        render(step, &input, &source).await?;
        Ok(Outcome::Done(Map::new()))
    }
}

/// Renders all files of a source into the workspace.
pub(crate) async fn render(step: &Step<'_>, input: &Input, source: &Source<'_>) -> Result<(), ActionError> {
    if input.copy_without_render.is_some() && input.copy_without_templating.is_some() {
        return Err(ActionError::Failed(
            "copyWithoutRender and copyWithoutTemplating cannot be used together".to_owned(),
        ));
    }
    let kept = input.copy_without_templating.as_ref().or(input.copy_without_render.as_ref());
    let extension = extension(&input.template_file_extension)?;
    if extension.is_some() && (kept.is_some() || input.cookiecutter_compat) {
        let message =
            "templateFileExtension cannot be used with copyWithoutTemplating, copyWithoutRender or cookiecutterCompat";
        return Err(ActionError::Failed(message.to_owned()));
    }
    let globs = Globs::new(kept.into_iter().flatten().map(String::as_str))?;
    let keeps_names = input.copy_without_render.is_some();
    let target = input.target_path.as_deref().unwrap_or_default();
    step.workspace.create_folder(target)?;
    let reading = Reading {
        cookiecutter: input.cookiecutter_compat,
        trim_blocks: input.trim_blocks,
        lstrip_blocks: input.lstrip_blocks,
    };
    let mut renderer = Renderer::new(step, reading, &input.values);
    let most = step.workspace.limits().file_bytes;
    let mut written = 0_usize;
    for file in &source.files {
        if step.cancelled.is_cancelled() {
            return Err(ActionError::Cancelled);
        }
        let within = source.within(&file.path);
        let (is_rendered, name) = match &extension {
            Some(extension) => {
                match within.strip_suffix(extension.as_str()).filter(|stem| !stem.is_empty() && !stem.ends_with('/')) {
                    Some(stem) => (true, renderer.path(step, stem)?),
                    None => (false, renderer.path(step, within)?),
                }
            }
            None => {
                let is_kept = globs.matches(within);
                let name = if is_kept && keeps_names { within.to_owned() } else { renderer.path(step, within)? };
                (!is_kept, name)
            }
        };
        // A name that renders as nothing leaves the file, or all that the folder holds, out.
        if name.is_empty() || name.split('/').any(str::is_empty) {
            continue;
        }
        let path = below(target, &name);
        if !input.replace && step.workspace.exists(&path)? {
            continue;
        }
        let content = source.read(file, most).await?;
        let content = if is_rendered && !is_binary(&content) {
            match String::from_utf8(content) {
                Ok(text) => renderer.text(step, &file.path, text).await?.into_bytes(),
                Err(error) => {
                    step.log.warn(&format!("{} is not UTF-8 text; it is copied as it is", file.path));
                    error.into_bytes()
                }
            }
        } else {
            content
        };
        step.workspace.write(&path, &content, file.executable)?;
        written += 1;
    }
    step.log.info(&format!("{written} of {} files of {} are in the workspace", source.files.len(), source.name));
    Ok(())
}

/// The extension of files that are rendered, with its dot.
pub(crate) fn extension(given: &Value) -> Result<Option<String>, ActionError> {
    match given {
        Value::Null | Value::Bool(false) => Ok(None),
        Value::Bool(true) => Ok(Some(".njk".to_owned())),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) if text.starts_with('.') => Ok(Some(text.clone())),
        Value::String(text) => Ok(Some(format!(".{text}"))),
        _ => Err(ActionError::Failed("templateFileExtension: a text or true is needed".to_owned())),
    }
}

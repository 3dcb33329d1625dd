//! Where the fetching actions get their files from.

use std::sync::Arc;

use kit::server::source::{self, SourceError, Tree, TreeFile};

use crate::action::{ActionError, Step};

/// Files below a folder of a tree.
pub(crate) struct Source<'a> {
    tree: Held<'a>,
    /// What was meant, for messages.
    pub(crate) name: String,
    /// The folder, empty for the root.
    folder: String,
    /// The files, with the paths of the tree.
    pub(crate) files: Vec<TreeFile>,
}

enum Held<'a> {
    Template(&'a dyn Tree),
    Other(Arc<dyn Tree>),
}

impl Source<'_> {
    /// The path of a file within the folder; its bare name where the source is a file itself.
    pub(crate) fn within<'p>(&self, path: &'p str) -> &'p str {
        match path.strip_prefix(&self.folder) {
            Some("") => path.rsplit('/').next().unwrap_or(path),
            Some(rest) => rest.trim_start_matches('/'),
            None => path,
        }
    }

    /// Leaves only what a folder within holds.
    pub(crate) fn narrow(&mut self, folder: &str) {
        self.folder = crate::actions::below(&self.folder, folder);
        let prefix = format!("{}/", self.folder);
        self.files.retain(|file| file.path.starts_with(&prefix));
    }

    /// The content of a file, if it is not larger than so many bytes.
    pub(crate) async fn read(&self, file: &TreeFile, most: u64) -> Result<Vec<u8>, ActionError> {
        let large = || ActionError::Failed(format!("{} is larger than {most} bytes", file.path));
        if file.bytes > most {
            return Err(large());
        }
        let content = match &self.tree {
            Held::Template(tree) => tree.read(&file.path).await,
            Held::Other(tree) => tree.read(&file.path).await,
        };
        let content = content.map_err(failed)?;
        if content.len() as u64 > most { Err(large()) } else { Ok(content) }
    }
}

/// The files that a `url` names: a path relative to the template, or an address. In a dry run, what is not there or elsewhere is an empty
/// folder, and a warning names it.
pub(crate) async fn source<'a>(step: &Step<'a>, url: &str) -> Result<Source<'a>, ActionError> {
    let found = if url.contains("://") { elsewhere(step, url).await } else { beside(step, url).await };
    match found {
        Ok(source) => Ok(source),
        Err(error) if step.world.is_none() && !matches!(error, SourceError::Refused(_)) => {
            step.log.warn(&format!("{error}; the dry run goes on as if it were an empty folder"));
            Ok(Source {
                tree: Held::Template(step.template),
                name: url.to_owned(),
                folder: String::new(),
                files: Vec::new(),
            })
        }
        Err(error) => Err(failed(error)),
    }
}

async fn beside<'a>(step: &Step<'a>, url: &str) -> Result<Source<'a>, SourceError> {
    // What begins with a slash is meant from the root of the repository.
    let folder = match url.strip_prefix('/') {
        Some(path) => source::join("", path),
        None => source::join(step.template.start(), url),
    }?;
    let files = step.template.files(&folder).await?;
    if files.is_empty() {
        return Err(SourceError::Missing(format!("{url} ({folder})")));
    }
    Ok(Source { tree: Held::Template(step.template), name: url.to_owned(), folder, files })
}

async fn elsewhere<'a>(step: &Step<'a>, url: &str) -> Result<Source<'a>, SourceError> {
    let Some(world) = step.world else {
        return Err(SourceError::Failed(format!("{url} is elsewhere and is not fetched")));
    };
    let tree = world.entities.tree_at(url).await?;
    let folder = tree.start().trim_end_matches('/').to_owned();
    let files = tree.files(&folder).await?;
    if files.is_empty() {
        return Err(SourceError::Missing(url.to_owned()));
    }
    Ok(Source { tree: Held::Other(tree), name: url.to_owned(), folder, files })
}

fn failed(error: SourceError) -> ActionError {
    match error {
        SourceError::Failed(_) => ActionError::Transient(error.to_string()),
        SourceError::Missing(_) | SourceError::Refused(_) => ActionError::Failed(error.to_string()),
    }
}

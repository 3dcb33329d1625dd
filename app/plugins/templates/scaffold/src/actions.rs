//! The actions, a file each.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::action::{Action, ActionError, ActionExample};
use crate::workspace::WorkspaceError;

mod catalog_fetch;
mod catalog_register;
pub mod catalog_write;
pub mod debug_log;
pub mod debug_wait;
pub mod external;
pub mod fetch_cookiecutter;
pub mod fetch_plain;
pub mod fetch_plain_file;
pub mod fetch_template;
pub mod fetch_template_file;
pub mod fs_delete;
pub mod fs_read;
pub mod fs_readdir;
pub mod fs_rename;
mod http_backstage_request;
mod publish_git;
mod publish_github;
mod publish_github_pull_request;
mod publish_gitlab;

pub use self::catalog_fetch::CatalogFetch;
pub use self::catalog_register::CatalogRegister;
pub use self::http_backstage_request::HttpBackstageRequest;
pub use self::publish_git::PublishGit;
pub use self::publish_github::PublishGithub;
pub use self::publish_github_pull_request::PublishGithubPullRequest;
pub use self::publish_gitlab::PublishGitlab;

/// The actions that need nothing but a run's files and the sources that they name.
pub fn built_in() -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(catalog_write::CatalogWrite::new()),
        Arc::new(debug_log::DebugLog::new()),
        Arc::new(debug_wait::DebugWait::new(debug_wait::LONGEST)),
        Arc::new(fetch_cookiecutter::FetchCookiecutter::new()),
        Arc::new(fetch_plain::FetchPlain::new()),
        Arc::new(fetch_plain_file::FetchPlainFile::new()),
        Arc::new(fetch_template::FetchTemplate::new()),
        Arc::new(fetch_template_file::FetchTemplateFile::new()),
        Arc::new(fs_delete::FsDelete::new()),
        Arc::new(fs_read::FsRead::new()),
        Arc::new(fs_readdir::FsReaddir::new()),
        Arc::new(fs_rename::FsRename::new()),
    ]
}

/// The actions that reach out.
pub fn outside() -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(CatalogFetch::new()),
        Arc::new(CatalogRegister::new()),
        Arc::new(HttpBackstageRequest::new()),
        Arc::new(PublishGit::new()),
        Arc::new(PublishGithub::new()),
        Arc::new(PublishGithubPullRequest::new()),
        Arc::new(PublishGitlab::new()),
    ]
}

/// The input as the type that an action works with.
pub(crate) fn input<T: DeserializeOwned>(input: &Map<String, Value>) -> Result<T, ActionError> {
    serde_json::from_value(Value::Object(input.clone())).map_err(|error| ActionError::Failed(format!("input: {error}")))
}

/// An example of a step.
pub(crate) fn example(description: &str, input: Value) -> ActionExample {
    ActionExample { description: description.to_owned(), input }
}

/// The schema of an object with no outputs.
pub(crate) fn nothing() -> Value {
    json!({"type": "object", "properties": {}})
}

impl From<WorkspaceError> for ActionError {
    fn from(error: WorkspaceError) -> Self {
        if error.is_transient() { Self::Transient(error.to_string()) } else { Self::Failed(error.to_string()) }
    }
}

/// A path below a folder.
pub(crate) fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

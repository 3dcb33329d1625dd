//! The actions, a file each.

mod catalog_fetch;
mod catalog_register;
pub mod external;
mod http_backstage_request;
mod publish_git;
mod publish_github;
mod publish_github_pull_request;
mod publish_gitlab;

use std::sync::Arc;

pub use self::catalog_fetch::CatalogFetch;
pub use self::catalog_register::CatalogRegister;
pub use self::http_backstage_request::HttpBackstageRequest;
pub use self::publish_git::PublishGit;
pub use self::publish_github::PublishGithub;
pub use self::publish_github_pull_request::PublishGithubPullRequest;
pub use self::publish_gitlab::PublishGitlab;
use crate::action::Action;

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

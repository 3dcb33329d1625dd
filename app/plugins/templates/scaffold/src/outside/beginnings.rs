//! What the actions that publish begin with: where it goes, with which right, and as which commit.

use kit::server::clock::Millis;
use kit::server::git::Remote;
use kit::server::secrets::Secret;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::api::Api;
use super::commit::About;
use super::repo_url::{self, RepoUrl};
use super::tokens::token_for;
use crate::action::{ActionError, CodeHost, CodeHostKind, Step, World};

/// The inputs that say what a commit is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitInput {
    default_branch: Option<String>,
    git_commit_message: Option<String>,
    git_author_name: Option<String>,
    git_author_email: Option<String>,
}

impl CommitInput {
    /// The commit that the step makes, on the branch `usual` where it names none.
    pub(crate) fn about<'a>(&'a self, step: &'a Step<'_>, usual: &'a str) -> Result<About<'a>, ActionError> {
        let given = |text: &'a Option<String>| text.as_deref().filter(|text| !text.is_empty());
        let branch = given(&self.default_branch).unwrap_or(usual);
        repo_url::branch("defaultBranch", branch)?;
        Ok(About {
            branch,
            message: given(&self.git_commit_message).unwrap_or("initial commit"),
            author: (self.git_author_name.as_deref(), self.git_author_email.as_deref()),
            key: step.key,
            now: step.now,
            attempt: step.attempt,
        })
    }
}

/// The inputs that say which repository of a code host is meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HostedInput {
    repo_url: String,
    #[serde(default)]
    allowed_hosts: Vec<String>,
    token: Option<String>,
}

impl HostedInput {
    /// Whether the step brings a token of its own.
    pub(crate) fn brings_a_token(&self) -> bool {
        self.token.as_ref().is_some_and(|token| !token.is_empty())
    }
}

/// A repository, whether it is there or not, on a code host that the operator has set up.
pub(crate) struct Hosted {
    /// The repository.
    pub(crate) repo: RepoUrl,
    /// The host.
    pub(crate) host: CodeHost,
    token: Secret,
}

impl Hosted {
    /// The repository that the inputs name, with the right by which the step asks for it.
    pub(crate) fn find(
        world: &World,
        kind: CodeHostKind,
        given: &HostedInput,
        secrets: &Map<String, Value>,
    ) -> Result<Self, ActionError> {
        let repo = RepoUrl::parse(&given.repo_url)?;
        repo.among(&given.allowed_hosts)?;
        let host = world.hosts.host(&repo.host).filter(|host| host.kind == kind);
        let host = host.ok_or_else(|| {
            let (name, kind) = (&repo.host, name_of(kind));
            ActionError::Failed(format!("repoUrl: {name} is no {kind} that the operator has set up ([[integrations]])"))
        })?;
        if kind == CodeHostKind::GitHub && repo.owner.contains('/') {
            return Err(ActionError::Failed(format!("repoUrl: {:?} is no owner on GitHub", repo.owner)));
        }
        let token = token_for(&repo.host, &host, given.token.as_deref(), secrets)?;
        Ok(Self { repo, host, token })
    }

    /// The host's API.
    pub(crate) fn api<'a>(&'a self, world: &'a World, now: Millis) -> Api<'a> {
        Api::new(&world.fetcher, &self.repo.host, &self.host, &self.token, now)
    }

    /// Where people find it.
    pub(crate) fn address(&self) -> String {
        format!("{}/{}", self.host.web.as_str().trim_end_matches('/'), self.repo.path())
    }

    /// Where git finds it.
    pub(crate) fn remote(&self) -> Remote {
        self.host.remote(format!("{}.git", self.address()), Some(&self.token))
    }
}

fn name_of(kind: CodeHostKind) -> &'static str {
    match kind {
        CodeHostKind::GitHub => "GitHub",
        CodeHostKind::GitLab => "GitLab",
        CodeHostKind::Plain => "git host",
    }
}

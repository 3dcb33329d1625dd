//! The code hosts that the configuration names, for whoever makes something there.

use url::Url;

use super::git::Remote;
use super::secrets::Secret;

/// The code hosts that the configuration names, with their tokens.
pub trait CodeHosts: Send + Sync {
    /// The host of this name (`github.com`, `ghe.bank.example:8443`).
    fn host(&self, name: &str) -> Option<CodeHost>;
}

/// A code host.
#[derive(Debug, Clone)]
pub struct CodeHost {
    /// What it speaks.
    pub kind: CodeHostKind,
    /// Where its API is, such as `https://api.github.com` or `https://gitlab.bank.example/api/v4`.
    pub api: Url,
    /// Where its repositories are cloned from, such as `https://github.com`.
    pub web: Url,
    /// The token of the portal; none where a run brings its own.
    pub token: Option<Secret>,
    /// Settings of `git` for this host: certificate, proxy.
    pub git: Vec<(String, String)>,
}

/// What a code host speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeHostKind {
    /// GitHub and GitHub Enterprise.
    GitHub,
    /// GitLab.
    GitLab,
    /// Anything that `git` can push to.
    Plain,
}

impl CodeHost {
    /// Where the files of a branch of the repository at `address` are shown; the repository itself where that is not known.
    pub fn contents(&self, address: &str, branch: &str) -> String {
        let plain = address.trim_end_matches('/').trim_end_matches(".git");
        match self.kind {
            CodeHostKind::GitHub => format!("{plain}/blob/{branch}"),
            CodeHostKind::GitLab => format!("{plain}/-/blob/{branch}"),
            CodeHostKind::Plain => address.to_owned(),
        }
    }

    /// What `git` has to know of a repository there, with this token.
    pub fn remote(&self, url: impl Into<String>, token: Option<&Secret>) -> Remote {
        Remote { url: url.into(), token: token.map(|token| token.expose().to_owned()), settings: self.git.clone() }
    }
}

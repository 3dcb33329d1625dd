//! `repoUrl` as RepoUrlPicker gives it: `github.com?owner=o&repo=r`.

use form::is_repository_name;
use url::Url;

use crate::action::ActionError;

/// The longest name of an owner or repository.
const NAME: usize = 255;

/// A repository on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepoUrl {
    /// `host` or `host:port`.
    pub(crate) host: String,
    /// Who owns it; on GitLab a path of groups.
    pub(crate) owner: String,
    /// What it is called.
    pub(crate) repo: String,
}

impl RepoUrl {
    /// Reads the form of the picker, and the plain address of a repository.
    pub(crate) fn parse(text: &str) -> Result<Self, ActionError> {
        let wrong = |what: &str| ActionError::Failed(format!("repoUrl: {text:?} {what}"));
        let given = text.trim();
        let address = if given.contains("://") { given.to_owned() } else { format!("https://{given}") };
        let url = Url::parse(&address)
            .map_err(|_| wrong("names no repository: it is written github.com?owner=OWNER&repo=NAME"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ActionError::Failed("repoUrl: a user or password does not belong into it".into()));
        }
        let part = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let (owner, repo) = match (part("owner"), part("repo")) {
            (Some(owner), Some(repo)) => (owner, repo),
            (None, None) => {
                let path = url.path().trim_matches('/').trim_end_matches(".git");
                let (owner, repo) = path.rsplit_once('/').ok_or_else(|| wrong("names no owner and no repository"))?;
                (owner.to_owned(), repo.to_owned())
            }
            (None, Some(_)) => return Err(wrong("names no owner")),
            (Some(_), None) => return Err(wrong("names no repository")),
        };
        if !owner.split('/').all(is_repository_name) {
            return Err(wrong("has an owner that is no name"));
        }
        if !is_repository_name(&repo) {
            return Err(wrong("has a repository that is no name: letters, digits, dots, dashes and underscores"));
        }
        let host = url.host_str().ok_or_else(|| wrong("names no host"))?;
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { host, owner, repo })
    }

    /// `owner/repo`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.owner, self.repo)
    }

    /// Fails where a template allows other hosts alone.
    pub(crate) fn among(&self, allowed: &[String]) -> Result<(), ActionError> {
        if allowed.is_empty() || allowed.iter().any(|host| host.eq_ignore_ascii_case(&self.host)) {
            return Ok(());
        }
        let allowed = allowed.join(", ");
        Err(ActionError::Failed(format!("repoUrl: {} is not among the allowed hosts: {allowed}", self.host)))
    }
}

/// Fails where no branch can be called so.
pub(crate) fn branch(field: &str, name: &str) -> Result<(), ActionError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let good = name.split('/').all(is_part)
        && name.len() <= NAME
        && !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.starts_with('-')
        && !name.ends_with('.')
        && name != "@"
        && name != "HEAD";
    if good { Ok(()) } else { Err(ActionError::Failed(format!("{field}: {name:?} can be no branch"))) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_repository_is_read_in_both_forms() {
        let read = |text: &str| RepoUrl::parse(text).map(|url| (url.host, url.owner, url.repo)).ok();
        let of = |host: &str, owner: &str, repo: &str| Some((host.to_owned(), owner.to_owned(), repo.to_owned()));
        assert_eq!(read("github.com?owner=o&repo=r.x"), of("github.com", "o", "r.x"));
        assert_eq!(read("gitlab.bank.example:8443?repo=r&owner=g%2Fs"), of("gitlab.bank.example:8443", "g/s", "r"));
        assert_eq!(read("https://github.com/o/r.git"), of("github.com", "o", "r"));
        for bad in [
            "",
            "github.com",
            "github.com?owner=o",
            "github.com?repo=r",
            "github.com?owner=..&repo=r",
            "github.com?owner=o&repo=a/b",
            "github.com?owner=o&repo=..",
            "github.com?owner=a//b&repo=r",
            "https://user:geheim@github.com/o/r",
            "github.com?owner=o&repo=a%2e%2e%2fb",
            "github.com?owner=-o&repo=r",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_safe_in_a_path(text in "(github\\.com|https://h)[?/&=.%a-z0-9:@-]{0,40}") {
            if let Ok(url) = RepoUrl::parse(&text) {
                prop_assert!(is_repository_name(&url.repo) && url.owner.split('/').all(is_repository_name));
            }
        }

        #[test]
        fn git_agrees_on_what_a_branch_can_be_called(name in "[a-z./@{~ :-]{1,8}") {
            let git = std::process::Command::new("git").args(["check-ref-format", "--branch", &name]).output();
            if let (Ok(git), true) = (git, branch("branch", &name).is_ok()) {
                prop_assert!(git.status.success(), "{name}");
            }
        }
    }
}

//! Bare git repositories that the portal keeps itself, for whoever has no code host at hand.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use url::Url;

use super::git::{self, GitError, Remote};

/// Where their addresses begin, below the portal's own.
const PREFIX: &str = "api/templates/repositories/";

/// The longest name of an owner or a repository.
const NAME: usize = 100;

/// The repositories below one directory, `<owner>/<name>.git`. Each has an address of the portal, at which it is known everywhere else.
#[derive(Debug, Clone)]
pub struct Repositories {
    path: PathBuf,
    base: Url,
}

impl Repositories {
    /// Those in `path`, of a portal that people reach at `portal`.
    pub fn new(path: PathBuf, portal: &Url) -> Self {
        let mut base = portal.clone();
        base.set_path(&format!("{}/{PREFIX}", portal.path().trim_end_matches('/')));
        base.set_query(None);
        base.set_fragment(None);
        Self { path, base }
    }

    /// The address of a repository, whether it is there or not; none where a name cannot be one.
    pub fn address(&self, owner: &str, name: &str) -> Option<Url> {
        (is_name(owner) && is_name(name)).then(|| self.base.join(&format!("{owner}/{name}.git")).ok()).flatten()
    }

    /// Where the repository with this address lies; none for an address of something else.
    pub fn locate(&self, address: &str) -> Option<PathBuf> {
        let (owner, name) = address.strip_prefix(self.base.as_str())?.strip_suffix(".git")?.split_once('/')?;
        self.path_of(owner, name)
    }

    /// Where a repository lies, whether it is there or not; none where a name cannot be one.
    pub fn path_of(&self, owner: &str, name: &str) -> Option<PathBuf> {
        (is_name(owner) && is_name(name)).then(|| self.path.join(owner).join(format!("{name}.git")))
    }

    /// Makes a repository where it is missing; one that is half made is never seen.
    pub async fn create(&self, path: &Path, branch: &str) -> Result<(), GitError> {
        let failed = |error: std::io::Error| GitError::Failed(format!("the folder for repositories: {error}"));
        if path.exists() {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let fresh = folder.join(format!(".new-{}", uuid::Uuid::new_v4().simple()));
        let (fresh_text, branch) = (fresh.to_string_lossy(), format!("--initial-branch={branch}"));
        let args = ["init", "--quiet", "--bare", "--template=", &branch, "--", &fresh_text];
        let made = git::run(folder, &args, &Remote::default()).await;
        let made = made.and_then(|_| match std::fs::rename(&fresh, path) {
            // Somebody was faster.
            Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => Ok(()),
            moved => moved.map_err(failed),
        });
        // What is left of one that was not moved into place is of no use.
        let _ = std::fs::remove_dir_all(&fresh);
        made
    }
}

/// Whether an owner or a repository can have this name, here and as one step of a path.
pub fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty()
        && name.len() <= NAME
        && name.chars().all(good)
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && ![".git", ".lock"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_repository_is_known_by_an_address_of_the_portal_and_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let portal = Url::parse("https://portico.bank.example/").unwrap();
        let kept = Repositories::new(dir.path().to_owned(), &portal);
        let address = kept.address("payments", "ledger").unwrap();
        assert_eq!(address.as_str(), "https://portico.bank.example/api/templates/repositories/payments/ledger.git");
        let path = kept.locate(address.as_str()).unwrap();
        assert_eq!(path, dir.path().join("payments/ledger.git"));
        let both = tokio::join!(kept.create(&path, "main"), kept.create(&path, "main"));
        assert_eq!(both, (Ok(()), Ok(())));
        assert_eq!(std::fs::read_to_string(path.join("HEAD")).unwrap().trim(), "ref: refs/heads/main");
        assert_eq!(std::fs::read_dir(dir.path().join("payments")).unwrap().count(), 1);
        for other in [
            "https://evil.example/api/templates/repositories/a/b.git",
            "https://portico.bank.example/api/templates/repositories/../b.git",
            "/etc",
        ] {
            assert_eq!(kept.locate(other), None, "{other}");
        }
        for (owner, name) in [
            ("..", "x"),
            ("a", "../x"),
            ("a", ".git"),
            ("a", "x.git"),
            ("", "x"),
            ("a/b", "c"),
            ("-a", "b"),
            ("a", "b%2f"),
        ] {
            assert_eq!(kept.address(owner, name), None, "{owner}/{name}");
        }
    }
}

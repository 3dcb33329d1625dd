//! Bare git repositories that the portal keeps itself, for whoever has no code host at hand.

use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use url::Url;

use super::git::{self, GitError, Remote};

/// Where their addresses begin, below the portal's own.
const PREFIX: &str = "api/templates/repositories/";

/// What the names of repositories begin with that are not in their place yet.
const DRAFT: &str = ".new-";

/// The longest name of an owner or a repository.
const NAME: usize = 100;

/// The repositories below one directory, `<owner>/<name>.git`. Each has an address of the portal, at which it is known everywhere else.
///
/// A repository comes into being with the one commit that a run makes and is only read from then on. So nothing in it grows, and git is never
/// asked to pack it anew.
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

    /// An empty repository with this branch beside the place of the one that is to come; none where one is there.
    pub async fn draft(&self, path: &Path, branch: &str) -> Result<Option<Draft>, GitError> {
        if path.exists() {
            return Ok(None);
        }
        let folder = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder).map_err(failed)?;
        let fresh = folder.join(format!("{DRAFT}{}", uuid::Uuid::new_v4().simple()));
        let draft = Draft { path: fresh, place: path.to_owned() };
        let (fresh, branch) = (draft.path.to_string_lossy(), format!("--initial-branch={branch}"));
        let args = ["init", "--quiet", "--bare", "--template=", &branch, "--", &fresh];
        git::run(folder, &args, &Remote::default()).await?;
        Ok(Some(draft))
    }

    /// Removes drafts that a process left behind when it was cut off, once they are so old; gives how many.
    pub fn sweep(&self, now: SystemTime, age: Duration) -> std::io::Result<usize> {
        let mut removed = 0;
        for owner in folders(&self.path)? {
            for draft in folders(&owner.path())? {
                let is_old = |changed: SystemTime| now.duration_since(changed).is_ok_and(|since| since > age);
                if draft.file_name().to_string_lossy().starts_with(DRAFT) && is_old(draft.metadata()?.modified()?) {
                    fs::remove_dir_all(draft.path())?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// A repository that nobody sees yet; gone when it is dropped without having been placed.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// Where it lies for now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it to its place in one go. Where somebody was faster, theirs stays.
    pub fn place(self) -> Result<(), GitError> {
        match fs::rename(&self.path, &self.place) {
            Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => Ok(()),
            moved => moved.map_err(failed),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What was placed is no longer here.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn failed(error: std::io::Error) -> GitError {
    GitError::Failed(format!("the folder for repositories: {error}"))
}

/// The folders in a folder; none where it is missing.
fn folders(path: &Path) -> std::io::Result<Vec<DirEntry>> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry);
        }
    }
    Ok(folders)
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
        let both = tokio::join!(kept.draft(&path, "main"), kept.draft(&path, "other"));
        let (first, second) = (both.0.unwrap().unwrap(), both.1.unwrap().unwrap());
        assert!(!path.exists(), "nobody sees what is half made");
        assert_eq!((first.place(), second.place()), (Ok(()), Ok(())));
        assert_eq!(std::fs::read_to_string(path.join("HEAD")).unwrap().trim(), "ref: refs/heads/main", "the first one");
        assert_eq!(std::fs::read_dir(dir.path().join("payments")).unwrap().count(), 1);
        assert!(kept.draft(&path, "main").await.unwrap().is_none(), "it is there");
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

    #[tokio::test]
    async fn what_a_process_left_half_made_is_swept_away_when_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Repositories::new(dir.path().join("kept"), &Url::parse("https://portico.bank.example/").unwrap());
        assert_eq!(kept.sweep(SystemTime::now(), Duration::ZERO).unwrap(), 0, "nothing is kept yet");
        let path = kept.path_of("payments", "ledger").unwrap();
        let draft = kept.draft(&path, "main").await.unwrap().unwrap();
        // Cut off: nothing is dropped.
        std::mem::forget(kept.draft(&path, "main").await.unwrap());
        draft.place().unwrap();
        let (day, now) = (Duration::from_secs(86_400), SystemTime::now());
        assert_eq!(kept.sweep(now, day).unwrap(), 0, "somebody may be at it");
        assert_eq!(kept.sweep(now + 2 * day, day).unwrap(), 1);
        let left: Vec<_> =
            folders(&dir.path().join("kept/payments")).unwrap().iter().map(DirEntry::file_name).collect();
        assert_eq!(left, ["ledger.git"]);
    }
}

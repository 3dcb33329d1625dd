//! The repository as git sees it: fetched into a bare one of our own, read from git's objects, and pushed to without ever forcing anything.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use kit::query::segment;
use kit::server::clock::Millis;
use kit::server::fetch::Fetcher;
use kit::server::git::{self, GitError, Remote};
use review::Origin;
use url::Url;

/// What was fetched, and what is about to be pushed, under names of our own.
const FETCHED: &str = "refs/mirror/fetched";
const OURS: &str = "refs/mirror/ours";

/// The most files in the folder: a folder that holds more is none of pitches.
const FILES: usize = 20_000;

/// How far back it is looked who wrote a file.
const LOOK_BACK: &str = "--max-count=2000";

/// The longest name of a file and of an author, in characters.
const NAME: usize = 200;

/// Who stands in the portal's commits.
const COMMITTER: &str = "Portico <portico@localhost>";

/// The repository that pitches are mirrored with.
pub struct Mirror {
    /// The repository, with what is needed to get in.
    pub remote: Remote,
    /// The address by which its host is on the list of those that may be asked; none for a path on this machine.
    pub address: Option<Url>,
    /// The branch.
    pub branch: String,
    /// The folder with the files.
    pub folder: String,
    /// Where people see the files of the branch; empty where nobody does.
    pub contents: String,
    /// Where the portal keeps what it has fetched; it may be removed at any time.
    pub dir: PathBuf,
    /// The time between two looks.
    pub every: Millis,
}

/// A file in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its name.
    pub name: String,
    /// Git's object with what is in it.
    pub blob: String,
    /// How large it is, in bytes.
    pub size: usize,
}

impl Mirror {
    /// Names the place, so that what was agreed to in another one counts nothing here.
    pub(super) fn identity(&self) -> String {
        format!("{} {} {}", git::without_user(&self.remote.url), self.branch, self.folder)
    }

    /// The path of a file.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// Where people see a file; empty where nobody does.
    pub(super) fn href(&self, name: &str) -> String {
        if self.contents.is_empty() || self.contents == self.remote.url {
            return self.contents.clone();
        }
        let steps: Vec<String> = self.path(name).split('/').map(segment).collect();
        format!("{}/{}", self.contents, steps.join("/"))
    }

    /// Fetches the branch, and gives its commit; none where there is no such branch yet. What cannot be brought up to date is made anew: a command that was
    /// cut off leaves locks behind.
    pub(super) async fn fetch(&self, fetcher: &Fetcher) -> Result<Option<String>, GitError> {
        if let Some(address) = &self.address {
            fetcher.check(address).await.map_err(|error| GitError::Refused(error.to_string()))?;
        }
        if let Ok(head) = self.bring_up_to_date().await {
            return Ok(head);
        }
        match std::fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => self.bring_up_to_date().await,
        }
    }

    async fn bring_up_to_date(&self) -> Result<Option<String>, GitError> {
        std::fs::create_dir_all(&self.dir).map_err(failed)?;
        self.git(&["init", "--quiet", "--bare", "--template=", "."]).await?;
        let (url, branch) = (self.remote.url.as_str(), format!("refs/heads/{}", self.branch));
        let refs = self.git(&["ls-remote", "--quiet", "--", url, &branch]).await?;
        let there = refs.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == branch);
        let Some((head, _)) = there else { return Ok(None) };
        let known = self.git(&["rev-parse", "--verify", "--quiet", FETCHED]).await.unwrap_or_default();
        if known.trim() != head {
            let spec = format!("+{branch}:{FETCHED}");
            self.git(&["fetch", "--quiet", "--no-tags", "--", url, &spec]).await?;
        }
        let head = self.git(&["rev-parse", "--verify", &format!("{FETCHED}^{{commit}}")]).await?;
        Ok(Some(head.trim().to_owned()))
    }

    /// Whether `head` has grown out of a commit.
    pub(super) async fn holds(&self, head: &str, commit: &str) -> bool {
        self.git(&["merge-base", "--is-ancestor", commit, head]).await.is_ok()
    }

    /// The Markdown files right in the folder, but for its own README. Links and folders are none, and what has a name that no file of ours could have is
    /// told by that.
    pub(super) async fn files(&self, commit: &str) -> Result<(Vec<Found>, Vec<String>), GitError> {
        let steps: Vec<&str> = self.folder.split('/').collect();
        for depth in 1..=steps.len() {
            let path = steps[..depth].join("/");
            match self.git(&["ls-tree", "-z", commit, "--", &path]).await? {
                none if none.is_empty() => return Ok((Vec::new(), Vec::new())),
                found if found.starts_with("040000 tree ") => {}
                _ => return Err(GitError::Failed(format!("{path} is no folder in the repository"))),
            }
        }
        let args = ["ls-tree", "-z", "-l", commit, "--", &format!("{}/", self.folder)];
        let listed = git::bytes(&self.dir, &args, &Remote::default(), None).await?;
        let (mut files, mut odd) = (Vec::new(), Vec::new());
        for entry in listed.split(|byte| *byte == 0) {
            let entry = String::from_utf8_lossy(entry);
            let Some((about, path)) = entry.split_once('\t') else { continue };
            let name = path.strip_prefix(&format!("{}/", self.folder)).unwrap_or(path);
            let mut about = about.split_ascii_whitespace();
            let (mode, _, blob, size) = (about.next(), about.next(), about.next(), about.next());
            let (Some("100644" | "100755"), Some(blob)) = (mode, blob) else { continue };
            let is_markdown = Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md"));
            if !is_markdown || name.eq_ignore_ascii_case("readme.md") {
                continue;
            }
            if !is_name(name) {
                odd.push(name.chars().filter(|c| !c.is_control()).take(NAME).collect());
                continue;
            }
            let size = size.and_then(|size| size.parse().ok()).unwrap_or(usize::MAX);
            files.push(Found { name: name.to_owned(), blob: blob.to_owned(), size });
        }
        if files.len() > FILES {
            let problem =
                format!("{} holds {} files, and a folder of pitches at most {FILES}", self.folder, files.len());
            return Err(GitError::Failed(problem));
        }
        Ok((files, odd))
    }

    /// What is in these objects, in their order.
    pub(super) async fn read(&self, blobs: &[&str]) -> Result<Vec<Vec<u8>>, GitError> {
        let input = file_of(blobs.iter().flat_map(|blob| [blob.as_bytes(), b"\n"]))?;
        let printed = git::bytes(&self.dir, &["cat-file", "--batch"], &Remote::default(), Some(input)).await?;
        let mut rest = printed.as_slice();
        let mut contents = Vec::new();
        for blob in blobs {
            let unread = || GitError::Failed(format!("git has no object {blob}"));
            let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(unread)?;
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let size: usize = head.rsplit(' ').next().and_then(|size| size.parse().ok()).ok_or_else(unread)?;
            let content = rest.get(end + 1..end + 1 + size).ok_or_else(unread)?;
            contents.push(content.to_vec());
            rest = rest.get(end + 2 + size..).unwrap_or_default();
        }
        Ok(contents)
    }

    /// The last commit of each of these files, with what it calls its author.
    pub(super) async fn origins(&self, head: &str, names: &[&str]) -> Result<HashMap<String, Origin>, GitError> {
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let args = [
            "-c",
            "core.quotePath=false",
            "log",
            "--no-renames",
            LOOK_BACK,
            "--format=%x01%H %an",
            "--name-only",
            head,
            "--",
            &self.folder,
        ];
        let log = self.git(&args).await?;
        let (mut commit, mut by) = (String::new(), String::new());
        let mut origins = HashMap::new();
        for line in log.lines() {
            if let Some((hash, author)) = line.strip_prefix('\u{1}').and_then(|line| line.split_once(' ')) {
                commit = hash.to_owned();
                by = author.chars().filter(|c| !c.is_control()).take(NAME).collect();
            } else if let Some(name) = line.strip_prefix(&format!("{}/", self.folder))
                && names.contains(&name)
            {
                let origin = || Origin { path: line.to_owned(), commit: commit.clone(), by: by.clone() };
                origins.entry(name.to_owned()).or_insert_with(origin);
            }
        }
        Ok(origins)
    }

    /// Makes one commit on top of `head` in which these files, by name, hold these texts; none where they do already.
    pub(super) async fn commit(
        &self,
        head: Option<&str>,
        files: &[(String, String)],
        message: &str,
        now: Millis,
    ) -> Result<Option<String>, GitError> {
        let seconds = now.div_euclid(1000).max(0);
        let from = head.map(|head| format!("from {head}\n")).unwrap_or_default();
        let about = format!(
            "reset {OURS}\n\ncommit {OURS}\ncommitter {COMMITTER} {seconds} +0000\ndata {}\n{message}\n{from}",
            message.len()
        );
        let files: Vec<String> = files
            .iter()
            .map(|(name, text)| format!("M 100644 inline {}\ndata {}\n{text}\n", self.path(name), text.len()))
            .collect();
        let stream = file_of(std::iter::once(&about).chain(&files).map(String::as_bytes))?;
        let args = ["fast-import", "--quiet", "--force", "--date-format=raw"];
        git::run_with(&self.dir, &args, &Remote::default(), Some(stream)).await?;
        let made = self.git(&["rev-parse", OURS, &format!("{OURS}^{{tree}}")]).await?;
        let (commit, tree) = made.trim().split_once('\n').unwrap_or_default();
        let before = match head {
            Some(head) => self.git(&["rev-parse", &format!("{head}^{{tree}}")]).await?,
            None => String::new(),
        };
        Ok((before.trim() != tree).then(|| commit.to_owned()))
    }

    /// Pushes a commit, as long as nobody else has meanwhile: what is there stays.
    pub(super) async fn push(&self, commit: &str) -> Result<(), GitError> {
        let spec = format!("{commit}:refs/heads/{}", self.branch);
        self.git(&["push", "--quiet", "--no-verify", "--", &self.remote.url, &spec]).await.map(drop)
    }

    async fn git(&self, args: &[&str]) -> Result<String, GitError> {
        git::run(&self.dir, args, &self.remote).await
    }
}

/// Whether a file of ours can have this name, so that it means the same to git and in every address.
fn is_name(name: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | '"' | ':' | char::REPLACEMENT_CHARACTER);
    name.chars().count() <= NAME && !name.starts_with('.') && !name.contains(odd)
}

/// A file for git to read from.
fn file_of<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Result<File, GitError> {
    let mut file = tempfile::tempfile().map_err(failed)?;
    for part in parts {
        file.write_all(part).map_err(failed)?;
    }
    file.rewind().map_err(failed)?;
    Ok(file)
}

fn failed(error: std::io::Error) -> GitError {
    GitError::Failed(format!("the folder of the mirror: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_a_name_that_means_the_same_everywhere() {
        for name in ["rota-0c4e7a52.md", "Meine Idee é.md", "a.b.md"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["../x.md", ".hidden.md", "a/b.md", "a\\b.md", "a\nb.md", "\"a\".md", "C:x.md", "\u{fffd}.md"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(!is_name(&"x".repeat(NAME + 1)));
    }
}

//! The files of a workspace as one commit, and that commit in a remote once, however often it is tried.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::path::PathBuf;

use kit::server::clock::Millis;
use kit::server::git::{self, GitError, Remote};
use kit::server::source::TreeFile;
use tempfile::TempDir;

use crate::action::ActionError;
use crate::workspace::Workspace;

/// The trailer of a commit that says by which step of which run it was made.
pub(crate) const TRAILER: &str = "Portico-Run";

/// Who stands in a commit where a template says nothing.
const AUTHOR: (&str, &str) = ("Portico", "portico@localhost");

/// How far back it is looked for the commit of an earlier attempt.
const LOOK_BACK: &str = "50";

/// What a commit says of itself.
#[derive(Debug, Clone)]
pub(crate) struct About<'a> {
    /// The branch.
    pub(crate) branch: &'a str,
    /// What it is for.
    pub(crate) message: &'a str,
    /// Name and address of the author.
    pub(crate) author: (Option<&'a str>, Option<&'a str>),
    /// The key of the step.
    pub(crate) key: &'a str,
    /// When.
    pub(crate) now: Millis,
    /// Which attempt of the step it is, from 1.
    pub(crate) attempt: u32,
}

/// A commit, ready to be pushed.
#[derive(Debug)]
pub(crate) struct Commit {
    dir: TempDir,
    branch: String,
    key: String,
    attempt: u32,
    /// Its hash.
    pub(crate) hash: String,
    tree: String,
}

/// What a remote holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Empty,
    /// The commit of an earlier attempt, with the same files.
    Ours(String),
    /// Something else.
    Other(String),
}

/// The files below `folder` that belong into a repository: all but those that a `.gitignore` among them names. Their paths are relative to the folder.
pub(crate) async fn content(workspace: &Workspace, folder: &str) -> Result<Vec<(String, TreeFile)>, ActionError> {
    let folder = normal(folder)?;
    let wrong = |error: &dyn std::fmt::Display| ActionError::Failed(format!("sourcePath: {error}"));
    let files = workspace.files(&folder).map_err(|error| wrong(&error))?;
    let within = |path: &str| match folder.as_str() {
        "" => Some(path.to_owned()),
        folder => path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned),
    };
    let files: Vec<(String, TreeFile)> =
        files.into_iter().filter_map(|file| Some((within(&file.path)?, file))).collect();
    if !files.iter().any(|(path, _)| path.rsplit('/').next() == Some(".gitignore")) {
        return Ok(files);
    }
    let dir = tempfile::tempdir().map_err(|error| ActionError::Transient(error.to_string()))?;
    let none = Remote::default();
    git::run(dir.path(), &["init", "--quiet", "--bare", "--template=", "."], &none).await.map_err(unusable)?;
    let root: PathBuf = workspace.path().join(&folder);
    let root = root.canonicalize().map_err(|error| wrong(&error))?;
    let (git_dir, work_tree) =
        (format!("--git-dir={}", dir.path().display()), format!("--work-tree={}", root.display()));
    let list = [
        "-c",
        "core.quotePath=false",
        &git_dir,
        &work_tree,
        "ls-files",
        "-z",
        "--others",
        "--exclude-per-directory=.gitignore",
    ];
    let kept = git::run(&root, &list, &none).await.map_err(unusable)?;
    let kept: std::collections::HashSet<&str> = kept.split('\0').collect();
    Ok(files.into_iter().filter(|(path, _)| kept.contains(path.as_str())).collect())
}

/// The path of a folder as a workspace knows it: `./a/` is `a`, and the whole workspace is nothing.
pub(crate) fn normal(path: &str) -> Result<String, ActionError> {
    kit::server::source::join("", path).map_err(|error| ActionError::Failed(error.to_string()))
}

impl Commit {
    /// Makes a commit without a parent of the files below `folder`.
    pub(crate) async fn make(workspace: &Workspace, folder: &str, about: &About<'_>) -> Result<Self, ActionError> {
        let files = content(workspace, folder).await?;
        let failed =
            |error: std::io::Error| ActionError::Transient(format!("the commit could not be written: {error}"));
        let dir = tempfile::tempdir().map_err(failed)?;
        let mut stream = tempfile::tempfile().map_err(failed)?;
        write(&mut stream, workspace, &files, about)?;
        stream.rewind().map_err(failed)?;
        let none = Remote::default();
        git::run(dir.path(), &["init", "--quiet", "--bare", "--template=", "."], &none).await.map_err(unusable)?;
        git::run_with(dir.path(), &["fast-import", "--quiet", "--date-format=raw"], &none, Some(stream))
            .await
            .map_err(unusable)?;
        let (head, tree) = (format!("refs/heads/{}", about.branch), format!("refs/heads/{}^{{tree}}", about.branch));
        let both = git::run(dir.path(), &["rev-parse", &head, &tree], &none).await.map_err(unusable)?;
        let (hash, tree) =
            both.trim().split_once('\n').ok_or_else(|| ActionError::Failed("git made no commit".into()))?;
        let (hash, tree) = (hash.to_owned(), tree.to_owned());
        Ok(Self { dir, branch: about.branch.to_owned(), key: label(about.key), attempt: about.attempt, hash, tree })
    }

    /// What the remote holds, seen from this commit.
    pub(crate) async fn look(&self, remote: &Remote) -> Result<Found, GitError> {
        let at = |args: Vec<String>| async move { git::run(self.dir.path(), &args, remote).await };
        let args = |list: &[&str]| list.iter().map(|each| (*each).to_owned()).collect::<Vec<String>>();
        let refs = at(args(&["ls-remote", "--quiet", "--", &remote.url])).await?;
        if refs.trim().is_empty() {
            return Ok(Found::Empty);
        }
        let head = format!("refs/heads/{}", self.branch);
        if !refs.lines().any(|line| line.ends_with(&format!("\t{head}"))) {
            return Ok(Found::Other(format!("it has branches, and none of them is {}", self.branch)));
        }
        // Under a name, since only a remote with one can be asked for commits without their files.
        let mut named = remote.clone();
        named.settings.push(("remote.looked.url".into(), remote.url.clone()));
        let spec = format!("+{head}:refs/looked/head");
        let fetch = ["fetch", "--quiet", "--no-tags", "--filter=tree:0", "--depth", LOOK_BACK, "looked", &spec];
        git::run(self.dir.path(), &fetch, &named).await?;
        let format = format!("--format=%H %T %(trailers:key={TRAILER},valueonly,separator=%x20)");
        let log = at(args(&["log", &format, "refs/looked/head"])).await?;
        let mut other = None;
        for line in log.lines() {
            let mut parts = line.splitn(3, ' ');
            let (hash, tree, key) = (parts.next(), parts.next(), parts.next().unwrap_or_default().trim());
            if key == self.key {
                return Ok(match (hash, tree) {
                    (Some(hash), Some(tree)) if tree == self.tree => Found::Ours(hash.to_owned()),
                    _ => Found::Other("an earlier attempt of this step has pushed other files".into()),
                });
            }
            other = other.or((!key.is_empty()).then(|| format!("it was made by another run ({key})")));
        }
        Ok(Found::Other(other.unwrap_or_else(|| "it has commits already".into())))
    }

    /// Pushes, without force: what is there stays.
    pub(crate) async fn push(&self, remote: &Remote) -> Result<(), GitError> {
        let spec = format!("{}:refs/heads/{}", self.hash, self.branch);
        git::run(self.dir.path(), &["push", "--quiet", "--no-verify", "--", &remote.url, &spec], remote).await.map(drop)
    }

    /// Sees to it that this commit is all that the remote holds, and gives its hash there. `fresh`: the remote was made a moment ago and may not be known everywhere yet.
    pub(crate) async fn publish(&self, remote: &Remote, fresh: bool) -> Result<String, ActionError> {
        let shown = git::without_user(&remote.url);
        let told = |error: GitError| match error {
            GitError::Refused(text) if fresh => ActionError::Transient(text),
            GitError::Failed(text) => ActionError::Transient(text),
            // Nobody can look any more whether an earlier attempt got as far as this.
            GitError::Refused(text) if self.attempt > 1 => ActionError::OutcomeUnknown(text),
            GitError::Unusable(text) | GitError::Refused(text) | GitError::Rejected(text) => ActionError::Failed(text),
        };
        let other = |why: &str| {
            ActionError::Failed(format!(
                "{shown} is not empty: {why}. Choose another name, or remove the repository first"
            ))
        };
        match self.look(remote).await.map_err(told)? {
            Found::Ours(hash) => return Ok(hash),
            Found::Other(why) => return Err(other(&why)),
            Found::Empty => {}
        }
        let Err(refusal) = self.push(remote).await else { return Ok(self.hash.clone()) };
        // A push whose answer got lost has been done all the same, and of two runs one was first.
        match self.look(remote).await {
            Ok(Found::Ours(hash)) => Ok(hash),
            Ok(Found::Other(why)) => Err(other(&why)),
            Ok(Found::Empty) | Err(_) => Err(told(refusal)),
        }
    }
}

/// The message with the trailer by which its step is known.
pub(crate) fn message(text: &str, key: &str) -> String {
    format!("{}\n\n{TRAILER}: {}\n", text.trim(), label(key))
}

/// Whether a commit with this message was made by the step with this key.
pub(crate) fn is_ours(message: &str, key: &str) -> bool {
    let ours = label(key);
    message.lines().filter_map(|line| line.strip_prefix(TRAILER)?.strip_prefix(": ")).any(|found| found.trim() == ours)
}

/// The key as one word.
fn label(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let short = !key.is_empty() && key.len() <= 120 && key.chars().all(plain);
    if short { key.to_owned() } else { blake3::hash(key.as_bytes()).to_hex().to_string() }
}

/// Writes the commit as `git fast-import` reads it: bytes and modes as they are, whatever a `.gitattributes` among them says.
fn write(
    stream: &mut File,
    workspace: &Workspace,
    files: &[(String, TreeFile)],
    about: &About<'_>,
) -> Result<(), ActionError> {
    let failed = |error: std::io::Error| ActionError::Transient(format!("the commit could not be written: {error}"));
    let mut out = BufWriter::new(stream);
    let clean = |text: &str| text.chars().filter(|c| !c.is_control() && !"<>".contains(*c)).collect::<String>();
    let part = |given: Option<&str>, usual: &str| {
        given.map(|text| clean(text.trim())).filter(|text| !text.is_empty()).unwrap_or_else(|| usual.to_owned())
    };
    let (name, address) = (part(about.author.0, AUTHOR.0), part(about.author.1, AUTHOR.1));
    let seconds = about.now.div_euclid(1000).max(0);
    let message = message(about.message, about.key);
    let head = format!(
        "commit refs/heads/{}\nauthor {name} <{address}> {seconds} +0000\ncommitter {name} <{address}> {seconds} +0000\ndata {}\n{message}\n",
        about.branch,
        message.len()
    );
    out.write_all(head.as_bytes()).map_err(failed)?;
    for (path, file) in files {
        let bytes = workspace.read(&file.path).map_err(|error| ActionError::Failed(error.to_string()))?;
        let mode = if file.executable { "100755" } else { "100644" };
        let line = format!("M {mode} inline {}\ndata {}\n", quoted(path), bytes.len());
        out.write_all(line.as_bytes()).map_err(failed)?;
        out.write_all(&bytes).map_err(failed)?;
        out.write_all(b"\n").map_err(failed)?;
    }
    out.flush().map_err(failed)
}

/// A path as `git fast-import` reads any path.
fn quoted(path: &str) -> String {
    let mut text = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            0x20..=0x7e => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}

/// What git says to work on this machine alone, where nothing passes by itself.
fn unusable(error: GitError) -> ActionError {
    ActionError::Failed(error.to_string())
}

//! The files of one run: a directory of its own that no path leaves.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use kit::server::source::TreeFile;

/// The directory of a run. Nothing outside it is read or written through it, no link is made or followed, and what it holds is limited.
/// The calls block for as long as the disk does.
#[derive(Debug)]
pub struct Workspace {
    path: PathBuf,
    dir: Dir,
    limits: WorkspaceLimits,
    held: Mutex<Held>,
    generation: AtomicU64,
}

/// What a workspace may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkspaceLimits {
    /// Bytes in all files.
    pub bytes: u64,
    /// Files and folders.
    pub entries: u64,
    /// Bytes in one file.
    pub file_bytes: u64,
    /// Names along a path.
    pub depth: usize,
}

impl Default for WorkspaceLimits {
    fn default() -> Self {
        Self { bytes: 256 << 20, entries: 20_000, file_bytes: 64 << 20, depth: 32 }
    }
}

/// Why something was not done in a workspace.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The path could mean a place outside, or one that templates must not write to.
    #[error("the path {path:?} {problem}")]
    Path {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is nothing of that name.
    #[error("{0:?} is not in the workspace")]
    Missing(String),
    /// There is something of that name already.
    #[error("{0:?} is in the workspace already")]
    Exists(String),
    /// It would hold more than it may.
    #[error("the workspace would hold more than {limit} {of}")]
    Limit {
        /// How many it may hold.
        limit: u64,
        /// Of what.
        of: &'static str,
    },
    /// A file is too large.
    #[error("{path:?} would be larger than {limit} bytes")]
    File {
        /// Which one.
        path: String,
        /// How large it may be.
        limit: u64,
    },
    /// A pattern cannot be read.
    #[error("the pattern {pattern:?} cannot be read: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A snapshot is damaged.
    #[error("the snapshot of the workspace is damaged: {0}")]
    Snapshot(String),
    /// The disk does not do what it should.
    #[error("{path:?}: {source}")]
    Disk {
        /// Which file or folder.
        path: String,
        /// What happened.
        source: io::Error,
    },
}

impl WorkspaceError {
    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Disk { .. })
    }
}

/// A file or folder of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceEntry {
    /// The path within the workspace.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A regular file.
    File {
        /// Its length.
        bytes: u64,
        /// Whether it may be executed.
        executable: bool,
    },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Held {
    bytes: u64,
    entries: u64,
}

impl Workspace {
    /// Makes the directory `name` below `parent`, which is the operator's and is made where it is missing; what an earlier run of the same
    /// name left there is removed.
    pub fn create(parent: &Path, name: &str, limits: WorkspaceLimits) -> Result<Self, WorkspaceError> {
        let parent_dir = parent_of(parent, name)?;
        remove_below(&parent_dir, name)?;
        parent_dir.create_dir(name).map_err(|source| disk(name, source))?;
        Self::opened(parent, &parent_dir, name, limits)
    }

    /// Opens the directory `name` below `parent`; none where it is not there.
    pub fn open(parent: &Path, name: &str, limits: WorkspaceLimits) -> Result<Option<Self>, WorkspaceError> {
        let parent_dir = parent_of(parent, name)?;
        if parent_dir.symlink_metadata(name).is_err() {
            return Ok(None);
        }
        let workspace = Self::opened(parent, &parent_dir, name, limits)?;
        workspace.measure()?;
        Ok(Some(workspace))
    }

    /// Removes the directory `name` below `parent` with all that it holds, if it is there.
    pub fn remove(parent: &Path, name: &str) -> Result<(), WorkspaceError> {
        remove_below(&parent_of(parent, name)?, name)
    }

    fn opened(parent: &Path, parent_dir: &Dir, name: &str, limits: WorkspaceLimits) -> Result<Self, WorkspaceError> {
        let dir = parent_dir.open_dir_nofollow(name).map_err(|source| disk(name, source))?;
        let path = parent.join(name);
        Ok(Self { path, dir, limits, held: Mutex::default(), generation: AtomicU64::new(0) })
    }

    /// Where it is, for programs that work on it; [`Workspace::measure`] has to follow when they changed something.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it may hold.
    pub fn limits(&self) -> WorkspaceLimits {
        self.limits
    }

    /// How often it was changed since it was opened. The same number twice: a snapshot between the two would be the same.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Counts again what it holds, after a program worked on it.
    pub fn measure(&self) -> Result<(), WorkspaceError> {
        self.generation.fetch_add(1, Ordering::AcqRel);
        let mut held = Held::default();
        for entry in self.entries("")? {
            held.entries += 1;
            if let EntryKind::File { bytes, .. } = entry.kind {
                held.bytes = held.bytes.saturating_add(bytes);
            }
        }
        self.within(held)?;
        *self.held() = held;
        Ok(())
    }

    /// Whether there is a file or folder.
    pub fn exists(&self, path: &str) -> Result<bool, WorkspaceError> {
        Ok(self.kind(path)?.is_some())
    }

    /// What stands at a path; links and other special files are refused.
    pub fn kind(&self, path: &str) -> Result<Option<EntryKind>, WorkspaceError> {
        let names = self.names(path)?;
        let Some((name, parents)) = names.split_last() else { return Ok(Some(EntryKind::Folder)) };
        let Some(parent) = self.folder(parents, Missing::Leave)? else { return Ok(None) };
        kind_in(&parent, name, &names.join("/"))
    }

    /// Writes a file, with the folders above it, in place of one that is there.
    pub fn write(&self, path: &str, content: &[u8], executable: bool) -> Result<(), WorkspaceError> {
        let names = self.names(path)?;
        let (name, parents) = names.split_last().ok_or_else(|| refused(path, "is the workspace itself"))?;
        let bytes = content.len() as u64;
        if bytes > self.limits.file_bytes {
            return Err(WorkspaceError::File { path: names.join("/"), limit: self.limits.file_bytes });
        }
        let parent = self.folder(parents, Missing::Make)?.ok_or_else(|| WorkspaceError::Missing(parents.join("/")))?;
        let before = kind_in(&parent, name, &names.join("/"))?;
        let (freed, more) = match before {
            Some(EntryKind::Folder) => return Err(WorkspaceError::Exists(names.join("/"))),
            Some(EntryKind::File { bytes, .. }) => (bytes, 0),
            None => (0, 1),
        };
        self.take(freed, bytes, more)?;
        let written = write_in(&parent, name, content, executable);
        self.changed();
        written.map_err(|source| disk(&names.join("/"), source))
    }

    /// Makes a folder with those above it.
    pub fn create_folder(&self, path: &str) -> Result<(), WorkspaceError> {
        let names = self.names(path)?;
        self.folder(&names, Missing::Make).map(drop)
    }

    /// The content of a file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, WorkspaceError> {
        let names = self.names(path)?;
        let (name, parents) = names.split_last().ok_or_else(|| refused(path, "is a folder"))?;
        let path = names.join("/");
        let parent = self.folder(parents, Missing::Leave)?.ok_or_else(|| WorkspaceError::Missing(path.clone()))?;
        match kind_in(&parent, name, &path)? {
            Some(EntryKind::File { .. }) => {}
            Some(EntryKind::Folder) => return Err(refused(&path, "is a folder")),
            None => return Err(WorkspaceError::Missing(path)),
        }
        let file = open_in(&parent, name).map_err(|source| disk(&path, source))?;
        let mut content = Vec::new();
        let limit = self.limits.file_bytes;
        file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(|source| disk(&path, source))?;
        if content.len() as u64 > limit { Err(WorkspaceError::File { path, limit }) } else { Ok(content) }
    }

    /// All files and folders below a folder, sorted by path, folders before what they hold; links, special files and `.git` are left out.
    pub fn entries(&self, folder: &str) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        let names = self.names(folder)?;
        let Some(dir) = self.folder(&names, Missing::Leave)? else {
            return Err(WorkspaceError::Missing(names.join("/")));
        };
        let mut found = Vec::new();
        let prefix = if names.is_empty() { String::new() } else { format!("{}/", names.join("/")) };
        self.walk(&dir, &prefix, self.limits.depth.saturating_sub(names.len()), &mut found)?;
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// All files below a folder, sorted.
    pub fn files(&self, folder: &str) -> Result<Vec<TreeFile>, WorkspaceError> {
        let files = self.entries(folder)?.into_iter().filter_map(|entry| match entry.kind {
            EntryKind::File { bytes, executable } => Some(TreeFile { path: entry.path, bytes, executable }),
            EntryKind::Folder => None,
        });
        Ok(files.collect())
    }

    /// Removes a file, or a folder with all that it holds; says whether there was one.
    pub fn delete(&self, path: &str) -> Result<bool, WorkspaceError> {
        let names = self.names(path)?;
        let Some((name, parents)) = names.split_last() else {
            return Err(refused(path, "is the workspace itself"));
        };
        let path = names.join("/");
        let Some(parent) = self.folder(parents, Missing::Leave)? else { return Ok(false) };
        let Some(kind) = kind_in(&parent, name, &path)? else { return Ok(false) };
        let freed = self.weight(&path, kind)?;
        let removed = match kind {
            EntryKind::Folder => parent.remove_dir_all(name),
            EntryKind::File { .. } => parent.remove_file(name),
        };
        self.changed();
        removed.map_err(|source| disk(&path, source))?;
        let mut held = self.held();
        held.bytes = held.bytes.saturating_sub(freed.bytes);
        held.entries = held.entries.saturating_sub(freed.entries);
        Ok(true)
    }

    /// Moves a file or folder; what stands in its new place is an error, or removed first.
    pub fn rename(&self, from: &str, to: &str, overwrite: bool) -> Result<(), WorkspaceError> {
        let (from_names, to_names) = (self.names(from)?, self.names(to)?);
        let (Some((from_name, from_parents)), Some((to_name, to_parents))) =
            (from_names.split_last(), to_names.split_last())
        else {
            return Err(refused(if from_names.is_empty() { from } else { to }, "is the workspace itself"));
        };
        let (from, to) = (from_names.join("/"), to_names.join("/"));
        let missing = || WorkspaceError::Missing(from.clone());
        let source = self.folder(from_parents, Missing::Leave)?.ok_or_else(missing)?;
        let kind = kind_in(&source, from_name, &from)?.ok_or_else(missing)?;
        if from == to {
            return Ok(());
        }
        if to.starts_with(&format!("{from}/")) {
            return Err(refused(&to, "is within what is to be moved there"));
        }
        if kind == EntryKind::Folder {
            let below = self.entries(&from)?.into_iter();
            let deepest = below.map(|entry| entry.path.split('/').count()).max().unwrap_or(from_names.len());
            if deepest - from_names.len() + to_names.len() > self.limits.depth {
                return Err(refused(&to, "leads too deep"));
            }
        }
        if self.exists(&to)? {
            if !overwrite {
                return Err(WorkspaceError::Exists(to));
            }
            if from.starts_with(&format!("{to}/")) {
                return Err(refused(&to, "holds what is to be moved there"));
            }
            self.delete(&to)?;
        }
        let target = self.folder(to_parents, Missing::Make)?.ok_or_else(|| WorkspaceError::Missing(to.clone()))?;
        let renamed = source.rename(from_name, &target, to_name);
        self.changed();
        renamed.map_err(|source| disk(&to, source))
    }

    /// Copies a file, or a folder with all that it holds, over what is there.
    pub fn copy(&self, from: &str, to: &str) -> Result<(), WorkspaceError> {
        let (from, to) = (self.names(from)?.join("/"), self.names(to)?.join("/"));
        match self.kind(&from)?.ok_or_else(|| WorkspaceError::Missing(from.clone()))? {
            EntryKind::File { executable, .. } => self.write(&to, &self.read(&from)?, executable),
            EntryKind::Folder => {
                // The list is complete before the first file is written, so a copy into itself ends.
                let entries = self.entries(&from)?;
                self.create_folder(&to)?;
                for entry in entries {
                    let rest = entry.path.strip_prefix(&from).unwrap_or(&entry.path).trim_start_matches('/');
                    let target = if to.is_empty() { rest.to_owned() } else { format!("{to}/{rest}") };
                    match entry.kind {
                        EntryKind::Folder => self.create_folder(&target)?,
                        EntryKind::File { executable, .. } => {
                            self.write(&target, &self.read(&entry.path)?, executable)?
                        }
                    }
                }
                Ok(())
            }
        }
    }

    /// All files and folders as bytes, the same for the same content; links and `.git` are left out.
    pub fn snapshot(&self) -> Result<Vec<u8>, WorkspaceError> {
        let damaged = |source| disk("snapshot", source);
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        archive.mode(tar::HeaderMode::Deterministic);
        for entry in self.entries("")? {
            let mut header = tar::Header::new_gnu();
            header.set_mtime(0);
            let content = match entry.kind {
                EntryKind::Folder => {
                    header.set_entry_type(tar::EntryType::Directory);
                    header.set_mode(0o755);
                    Vec::new()
                }
                EntryKind::File { executable, .. } => {
                    header.set_entry_type(tar::EntryType::Regular);
                    header.set_mode(if executable { 0o755 } else { 0o644 });
                    self.read(&entry.path)?
                }
            };
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, &entry.path, content.as_slice()).map_err(damaged)?;
        }
        archive.into_inner().and_then(GzEncoder::finish).map_err(damaged)
    }

    /// Exchanges all that it holds for what [`Workspace::snapshot`] gave, within the same limits.
    pub fn restore(&self, snapshot: &[u8]) -> Result<(), WorkspaceError> {
        self.clear()?;
        let damaged = |error: &dyn Display| WorkspaceError::Snapshot(error.to_string());
        // Headers and padding are bounded by the number of entries, content by the bytes that a workspace may hold.
        let most = self.limits.bytes.saturating_add(self.limits.entries.saturating_mul(4096));
        let mut archive = tar::Archive::new(GzDecoder::new(snapshot).take(most));
        for entry in archive.entries().map_err(|error| damaged(&error))? {
            let entry = entry.map_err(|error| damaged(&error))?;
            let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(|error| damaged(&error))?;
            let executable = entry.header().mode().map_err(|error| damaged(&error))? & 0o111 != 0;
            match entry.header().entry_type() {
                tar::EntryType::Directory => self.create_folder(&path)?,
                tar::EntryType::Regular => {
                    let limit = self.limits.file_bytes;
                    let mut content = Vec::new();
                    entry.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(|error| damaged(&error))?;
                    self.write(&path, &content, executable)?;
                }
                other => return Err(WorkspaceError::Snapshot(format!("{path:?} is a {other:?}"))),
            }
        }
        Ok(())
    }

    /// Removes all that it holds.
    pub fn clear(&self) -> Result<(), WorkspaceError> {
        let listed = |source| disk("", source);
        let mut names = Vec::new();
        for entry in self.dir.entries().map_err(listed)? {
            let entry = entry.map_err(listed)?;
            names.push((entry.file_name(), entry.file_type().map_err(listed)?));
        }
        for (name, kind) in names {
            let removed = if kind.is_dir() { self.dir.remove_dir_all(&name) } else { self.dir.remove_file(&name) };
            removed.map_err(|source| disk(&name.to_string_lossy(), source))?;
        }
        self.changed();
        *self.held() = Held::default();
        Ok(())
    }

    fn changed(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what is about to be written, or refuses it.
    fn take(&self, freed: u64, bytes: u64, entries: u64) -> Result<(), WorkspaceError> {
        let mut held = self.held();
        let after = Held {
            bytes: held.bytes.saturating_sub(freed).saturating_add(bytes),
            entries: held.entries.saturating_add(entries),
        };
        self.within(after)?;
        *held = after;
        Ok(())
    }

    fn within(&self, held: Held) -> Result<(), WorkspaceError> {
        if held.bytes > self.limits.bytes {
            return Err(WorkspaceError::Limit { limit: self.limits.bytes, of: "bytes" });
        }
        if held.entries > self.limits.entries {
            return Err(WorkspaceError::Limit { limit: self.limits.entries, of: "files and folders" });
        }
        Ok(())
    }

    fn weight(&self, path: &str, kind: EntryKind) -> Result<Held, WorkspaceError> {
        match kind {
            EntryKind::File { bytes, .. } => Ok(Held { bytes, entries: 1 }),
            EntryKind::Folder => {
                let below = self.entries(path)?;
                let bytes =
                    below.iter().map(|entry| if let EntryKind::File { bytes, .. } = entry.kind { bytes } else { 0 });
                Ok(Held { bytes: bytes.sum(), entries: below.len() as u64 + 1 })
            }
        }
    }

    /// The names along a path, with `.` and `..` resolved by the text alone, which is exact since no link is followed.
    fn names<'p>(&self, path: &'p str) -> Result<Vec<&'p str>, WorkspaceError> {
        if path.starts_with('/') {
            return Err(refused(path, "is absolute; a path within the workspace is needed"));
        }
        if path.contains(['\\', '\0']) {
            return Err(refused(path, "contains a backslash or NUL"));
        }
        let mut names = Vec::new();
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => {
                    names.pop().ok_or_else(|| refused(path, "leads out of the workspace"))?;
                }
                name if is_git(name) => return Err(refused(path, "leads into a repository's own data")),
                name if name.len() > 255 => return Err(refused(path, "contains a name of more than 255 bytes")),
                name => names.push(name),
            }
        }
        if names.len() > self.limits.depth { Err(refused(path, "leads too deep")) } else { Ok(names) }
    }

    /// The folder along names.
    fn folder(&self, names: &[&str], missing: Missing) -> Result<Option<Dir>, WorkspaceError> {
        let mut dir = self.dir.try_clone().map_err(|source| disk("", source))?;
        for (depth, name) in names.iter().enumerate() {
            let path = || names[..=depth].join("/");
            match kind_in(&dir, name, &path())? {
                Some(EntryKind::Folder) => {}
                Some(EntryKind::File { .. }) if missing == Missing::Leave => return Ok(None),
                Some(EntryKind::File { .. }) => return Err(WorkspaceError::Exists(path())),
                None if missing == Missing::Leave => return Ok(None),
                None => {
                    self.take(0, 0, 1)?;
                    self.changed();
                    dir.create_dir(name).map_err(|source| disk(&path(), source))?;
                }
            }
            dir = dir.open_dir_nofollow(name).map_err(|source| disk(&path(), source))?;
        }
        Ok(Some(dir))
    }

    fn walk(
        &self,
        dir: &Dir,
        prefix: &str,
        depth: usize,
        found: &mut Vec<WorkspaceEntry>,
    ) -> Result<(), WorkspaceError> {
        let listed = |source| disk(prefix, source);
        for entry in dir.entries().map_err(listed)? {
            let entry = entry.map_err(listed)?;
            let (name, kind) = (entry.file_name(), entry.file_type().map_err(listed)?);
            let Some(name) = name.to_str().filter(|name| !name.contains('\\') && !is_git(name)) else { continue };
            if found.len() as u64 >= self.limits.entries {
                return Err(WorkspaceError::Limit { limit: self.limits.entries, of: "files and folders" });
            }
            let path = format!("{prefix}{name}");
            if kind.is_dir() {
                if depth == 0 {
                    return Err(refused(&path, "leads too deep"));
                }
                let below = dir.open_dir_nofollow(name).map_err(|source| disk(&path, source))?;
                let prefix = format!("{path}/");
                found.push(WorkspaceEntry { path, kind: EntryKind::Folder });
                self.walk(&below, &prefix, depth - 1, found)?;
            } else if kind.is_file() {
                let data = entry.metadata().map_err(|source| disk(&path, source))?;
                let kind = EntryKind::File { bytes: data.len(), executable: is_executable(&data) };
                found.push(WorkspaceEntry { path, kind });
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Leave,
    Make,
}

fn refused(path: &str, problem: &'static str) -> WorkspaceError {
    WorkspaceError::Path { path: path.to_owned(), problem }
}

fn disk(path: &str, source: io::Error) -> WorkspaceError {
    WorkspaceError::Disk { path: path.to_owned(), source }
}

/// `.git` under each name that some file system takes for it.
fn is_git(name: &str) -> bool {
    let plain = name.trim_end_matches(['.', ' ']);
    plain.eq_ignore_ascii_case(".git") || plain.eq_ignore_ascii_case("git~1")
}

fn parent_of(parent: &Path, name: &str) -> Result<Dir, WorkspaceError> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\', '\0']) {
        return Err(refused(name, "is no name of a workspace"));
    }
    let failed = |source| disk(&parent.display().to_string(), source);
    std::fs::create_dir_all(parent).map_err(failed)?;
    Dir::open_ambient_dir(parent, ambient_authority()).map_err(failed)
}

fn remove_below(parent: &Dir, name: &str) -> Result<(), WorkspaceError> {
    let removed = match parent.symlink_metadata(name) {
        Ok(data) if data.is_dir() => parent.remove_dir_all(name),
        Ok(_) => parent.remove_file(name),
        Err(_) => return Ok(()),
    };
    removed.map_err(|source| disk(name, source))
}

fn kind_in(dir: &Dir, name: &str, path: &str) -> Result<Option<EntryKind>, WorkspaceError> {
    match dir.symlink_metadata(name) {
        Ok(data) if data.is_symlink() => Err(refused(path, "is a symbolic link, and links are not followed")),
        Ok(data) if data.is_dir() => Ok(Some(EntryKind::Folder)),
        Ok(data) if data.is_file() => Ok(Some(EntryKind::File { bytes: data.len(), executable: is_executable(&data) })),
        Ok(_) => Err(refused(path, "is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(disk(path, source)),
    }
}

fn open_in(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    dir.open_with(name, &options)
}

fn write_in(dir: &Dir, name: &str, content: &[u8], executable: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).follow(FollowSymlinks::No).nonblock(true);
    let mut file = dir.open_with(name, &options)?;
    file.write_all(content)?;
    set_executable(&file, executable)
}

#[cfg(unix)]
fn is_executable(data: &cap_std::fs::Metadata) -> bool {
    use cap_std::fs::PermissionsExt;
    data.permissions().mode() & 0o111 != 0
}

#[cfg(unix)]
fn set_executable(file: &File, executable: bool) -> io::Result<()> {
    use cap_std::fs::PermissionsExt;
    file.set_permissions(cap_std::fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))
}

#[cfg(not(unix))]
fn is_executable(_data: &cap_std::fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn set_executable(_file: &File, _executable: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    const SMALL: WorkspaceLimits = WorkspaceLimits { bytes: 100, entries: 6, file_bytes: 60, depth: 4 };

    fn workspace(limits: WorkspaceLimits) -> (TempDir, Workspace) {
        let place = tempfile::tempdir().expect("a directory");
        let workspace = Workspace::create(place.path(), "run", limits).expect("a workspace");
        (place, workspace)
    }

    fn listing(workspace: &Workspace) -> Vec<String> {
        let entries = workspace.entries("").expect("entries").into_iter();
        entries
            .map(|entry| match entry.kind {
                EntryKind::Folder => format!("{}/", entry.path),
                EntryKind::File { bytes, executable } => {
                    format!("{} {bytes}{}", entry.path, if executable { " x" } else { "" })
                }
            })
            .collect()
    }

    #[test]
    fn files_are_written_read_moved_copied_and_deleted() {
        let (_place, workspace) = workspace(WorkspaceLimits::default());
        workspace.write("./a/b.sh", b"#!/bin/sh", true).expect("write");
        workspace.write("a/../c.txt", b"c", false).expect("write");
        assert_eq!(listing(&workspace), ["a/", "a/b.sh 9 x", "c.txt 1"]);
        assert_eq!(workspace.read("a/b.sh").expect("read"), b"#!/bin/sh");
        workspace.copy("a", "a/again").expect("copy");
        workspace.rename("c.txt", "d/e/f.txt", false).expect("rename");
        assert_eq!(
            listing(&workspace),
            ["a/", "a/again/", "a/again/b.sh 9 x", "a/b.sh 9 x", "d/", "d/e/", "d/e/f.txt 1"]
        );
        assert!(matches!(workspace.rename("a/b.sh", "d/e", false), Err(WorkspaceError::Exists(_))));
        assert!(matches!(workspace.rename("a", "a/x", false), Err(WorkspaceError::Path { .. })));
        assert!(matches!(workspace.rename("d/e/f.txt", "d", true), Err(WorkspaceError::Path { .. })));
        workspace.rename("a/b.sh", "d/e", true).expect("rename");
        assert!(workspace.delete("a").expect("delete"));
        assert!(!workspace.delete("a").expect("delete"));
        assert_eq!(listing(&workspace), ["d/", "d/e 9 x"]);
        let counted = *workspace.held();
        workspace.measure().expect("measure");
        assert_eq!(counted, *workspace.held());
    }

    #[test]
    fn ghsa_mg3m_f475_28hv_cve_2026_106500_no_path_leaves_it() {
        let (place, workspace) = workspace(WorkspaceLimits::default());
        fs::write(place.path().join("secret"), "secret").expect("write");
        symlink("..", workspace.path().join("up")).expect("link");
        symlink("../secret", workspace.path().join("out")).expect("link");
        let bad = [
            "/etc/passwd",
            "..",
            "../secret",
            "a/../../secret",
            "a\\b",
            "a\0b",
            "up/secret",
            "out",
            ".git/config",
            "x/.GIT/hooks/pre-commit",
            ".git./x",
            "GIT~1/x",
        ];
        for path in bad {
            assert!(workspace.write(path, b"x", false).is_err(), "{path}");
            assert!(workspace.read(path).is_err(), "{path}");
            assert!(workspace.create_folder(&format!("{path}/x")).is_err(), "{path}");
            workspace.write("inside", b"x", false).expect("write");
            assert!(workspace.rename("inside", path, true).is_err(), "{path}");
            assert!(workspace.copy("inside", path).is_err(), "{path}");
            assert!(workspace.delete(path).is_err(), "{path}");
        }
        assert_eq!(fs::read_to_string(place.path().join("secret")).expect("read"), "secret");
        assert_eq!(listing(&workspace), ["inside 1"]);
        for name in ["", ".", "..", "a/b"] {
            assert!(Workspace::create(place.path(), name, SMALL).is_err(), "{name}");
        }
    }

    #[test]
    fn it_holds_no_more_than_it_may() {
        let (_place, workspace) = workspace(SMALL);
        assert!(matches!(workspace.write("big", &[0; 61], false), Err(WorkspaceError::File { .. })));
        workspace.write("one", &[0; 60], false).expect("write");
        assert!(matches!(workspace.write("two", &[0; 41], false), Err(WorkspaceError::Limit { .. })));
        workspace.write("one", &[0; 10], false).expect("smaller");
        workspace.write("two", &[0; 41], false).expect("write");
        assert!(workspace.write("a/b/c/d/e", b"", false).is_err(), "too deep");
        workspace.write("a/b/c/d", b"", false).expect("write");
        assert!(matches!(workspace.write("three", b"", false), Err(WorkspaceError::Limit { .. })));
    }

    #[test]
    fn a_snapshot_is_the_same_for_the_same_content_and_restores_it() {
        let (place, first) = workspace(WorkspaceLimits::default());
        let long = format!("{}/{}", "d".repeat(150), "f".repeat(150));
        first.write("a/run.sh", b"#!", true).expect("write");
        first.write(&long, b"long", false).expect("write");
        first.create_folder("empty/too").expect("folder");
        first.create_folder("other").expect("folder");
        symlink("a", first.path().join("link")).expect("link");
        let snapshot = first.snapshot().expect("snapshot");
        let second = Workspace::create(place.path(), "other", WorkspaceLimits::default()).expect("a workspace");
        second.write("old", b"old", false).expect("write");
        let before = second.generation();
        second.restore(&snapshot).expect("restore");
        assert_ne!(before, second.generation());
        assert_eq!(listing(&second), listing(&first));
        assert_eq!(second.snapshot().expect("snapshot"), snapshot);
        let small = Workspace::create(place.path(), "small", SMALL).expect("a workspace");
        assert!(small.restore(&snapshot).is_err());
        assert!(matches!(second.restore(b"no archive"), Err(WorkspaceError::Snapshot(_))));
        assert!(Workspace::open(place.path(), "absent", SMALL).expect("open").is_none());
        Workspace::remove(place.path(), "small").expect("remove");
        assert!(!place.path().join("small").exists());
    }

    #[test]
    fn an_archive_that_grows_is_stopped() {
        let (_place, workspace) = workspace(SMALL);
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
        let mut header = tar::Header::new_gnu();
        let content = vec![0; 50 << 20];
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, "bomb", content.as_slice()).expect("append");
        let bomb = archive.into_inner().expect("archive").finish().expect("archive");
        assert!(matches!(workspace.restore(&bomb), Err(WorkspaceError::File { .. } | WorkspaceError::Snapshot(_))));
    }

    proptest! {
        #[test]
        fn whatever_is_written_stays_inside(path in "([a-z./\\\\~]|\\.\\./|\\.git|/){1,12}") {
            let (place, workspace) = workspace(WorkspaceLimits::default());
            let _ = workspace.write(&path, b"x", false);
            let outside: Vec<_> = fs::read_dir(place.path()).expect("read").map(|entry| entry.expect("entry").file_name()).collect();
            prop_assert_eq!(outside, ["run"]);
            prop_assert!(!workspace.path().join(".git").exists());
        }
    }
}

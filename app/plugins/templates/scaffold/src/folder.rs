//! A folder on disk as the tree that a template stands in.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kit::server::dir::RootDir;
use kit::server::source::{SourceError, Tree, TreeFile};

/// The most files below a folder that is fetched.
const FILES: usize = 20_000;

/// The largest file that is read.
const FILE_BYTES: u64 = 64 << 20;

/// How many folders above a template belong to it where there is no repository to tell.
const ABOVE: usize = 4;

/// Files below a directory on disk; links are not followed.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    root: RootDir,
    start: String,
}

impl Folder {
    /// Opens the repository that a file stands in, for this file. What is no repository is taken to begin a few folders above it.
    pub fn around(file: &Path) -> io::Result<Self> {
        let file = file.canonicalize()?;
        let own = file.parent().ok_or_else(|| io::Error::other("the file is in no folder"))?;
        let is_apart = |folder: &Path| {
            let temporary = std::env::temp_dir();
            folder.parent().is_none() || folder == temporary || std::env::home_dir().is_some_and(|home| folder == home)
        };
        let near = own.ancestors().skip(1).take(ABOVE).take_while(|folder| !is_apart(folder)).last().unwrap_or(own);
        let root = own.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(near);
        let start = file.strip_prefix(root).map_err(io::Error::other)?;
        let names: Option<Vec<&str>> = start.components().map(|name| name.as_os_str().to_str()).collect();
        let start = names.ok_or_else(|| io::Error::other("the path is not UTF-8"))?.join("/");
        Self::open(root, &start)
    }

    /// The descriptor that a path means: itself, or the file with a template in the folder.
    pub fn descriptor(path: &Path) -> io::Result<PathBuf> {
        if !std::fs::metadata(path)?.is_dir() {
            return Ok(path.to_owned());
        }
        let usual = ["template.yaml", "template.yml"].map(|name| path.join(name));
        if let Some(usual) = usual.into_iter().find(|file| file.is_file()) {
            return Ok(usual);
        }
        let mut files = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        files.sort();
        let is_template = |file: &PathBuf| {
            let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
            let text = if is_yaml { std::fs::read_to_string(file).unwrap_or_default() } else { String::new() };
            descriptor::read(&text).iter().any(|document| document.kind() == Some("Template"))
        };
        let found = files.into_iter().find(is_template);
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no file with a template is in this folder"))
    }

    /// Opens a directory for the file or folder at a path within.
    pub fn open(root: &Path, start: &str) -> io::Result<Self> {
        Ok(Self { path: root.to_owned(), root: RootDir::open(root)?, start: start.to_owned() })
    }
}

#[async_trait]
impl Tree for Folder {
    fn start(&self) -> &str {
        &self.start
    }

    fn revision(&self) -> &str {
        ""
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        let at = self.path.join(folder);
        if std::fs::symlink_metadata(&at).is_ok_and(|data| data.is_file()) {
            return Ok(vec![self.file(folder.to_owned())]);
        }
        let found = self.root.files_in(folder, FILES, &|_| true).map_err(|error| source_error(folder, &error))?;
        let found = found.into_iter().filter(|path| !path.ends_with('/'));
        Ok(found.map(|path| self.file(crate::actions::below(folder, &path))).collect())
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.root.read(path, FILE_BYTES).map_err(|error| source_error(path, &error))
    }
}

impl Folder {
    /// What is shown of a file; its content is read through the handle alone.
    fn file(&self, path: String) -> TreeFile {
        let data = std::fs::symlink_metadata(self.path.join(&path)).ok().filter(std::fs::Metadata::is_file);
        TreeFile {
            bytes: data.as_ref().map_or(0, std::fs::Metadata::len),
            executable: data.is_some_and(|data| is_executable(&data)),
            path,
        }
    }
}

fn source_error(path: &str, error: &io::Error) -> SourceError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SourceError::Missing(path.to_owned()),
        io::ErrorKind::InvalidInput => SourceError::Refused(error.to_string()),
        _ => SourceError::Failed(format!("{path}: {error}")),
    }
}

#[cfg(unix)]
fn is_executable(data: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    data.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_data: &std::fs::Metadata) -> bool {
    false
}

/// Files in memory as the tree that a template stands in, such as those that somebody sends to try.
#[derive(Debug, Default)]
pub struct Files {
    start: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Files {
    /// The files by path, opened for one of them.
    pub fn new(start: &str, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { start: start.to_owned(), files }
    }
}

#[async_trait]
impl Tree for Files {
    fn start(&self) -> &str {
        &self.start
    }

    fn revision(&self) -> &str {
        ""
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        let is_below = |path: &str| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let files = self.files.iter().filter(|(path, _)| is_below(path));
        Ok(files
            .map(|(path, content)| TreeFile { path: path.clone(), bytes: content.len() as u64, executable: false })
            .collect())
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.files.get(path).cloned().ok_or_else(|| SourceError::Missing(path.to_owned()))
    }
}

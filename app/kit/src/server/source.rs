//! A tree of files that something is read from: a checkout, a directory, a kept version.

use async_trait::async_trait;

/// The files of one repository or directory. Paths are relative to its root, with `/`, and never lead out.
#[async_trait]
pub trait Tree: Send + Sync {
    /// The path of the file or folder that the tree was opened for, such as the descriptor; empty for the root.
    fn start(&self) -> &str;

    /// The commit, where there is one.
    fn revision(&self) -> &str;

    /// Who made the commit; empty where that is not known.
    async fn author(&self) -> String {
        String::new()
    }

    /// All files below a folder (its own path for a file), sorted; links are left out.
    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError>;

    /// The content of a file.
    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError>;
}

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Its path from the tree's root.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it may be executed.
    pub executable: bool,
}

/// Why files could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It is not there.
    #[error("{0} does not exist")]
    Missing(String),
    /// It may not be read.
    #[error("{0}")]
    Refused(String),
    /// It could not be read this time.
    #[error("{0}")]
    Failed(String),
}

/// The path that `target`, written in the file `base`, means; it stays within the tree.
pub fn join(base: &str, target: &str) -> Result<String, SourceError> {
    let refused = |reason: &str| SourceError::Refused(format!("{target:?} {reason}"));
    if target.contains(['\\', '\0']) || target.starts_with('/') || target.contains("://") {
        return Err(refused("is no relative path"));
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_some() => {}
            ".." => return Err(refused("leads out of the repository")),
            part if part.eq_ignore_ascii_case(".git") => return Err(refused("leads into the repository's own data")),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_within_its_tree() {
        assert_eq!(join("a/b/template.yaml", "./skeleton").as_deref(), Ok("a/b/skeleton"));
        assert_eq!(join("a/b/template.yaml", "../skeleton/").as_deref(), Ok("a/skeleton"));
        assert_eq!(join("template.yaml", ".").as_deref(), Ok(""));
        for bad in ["..", "/etc", "a/../..", ".git/config", "a\\b", "https://host/x"] {
            assert!(join("template.yaml", bad).is_err(), "{bad}");
        }
    }
}

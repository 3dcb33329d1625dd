//! The files of one run: a directory of its own that no path leaves.

use std::path::{Path, PathBuf};

/// The directory of a run.
#[derive(Debug)]
pub struct Workspace {
    path: PathBuf,
}

impl Workspace {
    /// Where it is, for programs that work on it.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

//! Reading a location file by file, without writing anything: the half that a refresh and a check before registering share.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::digest::{self, Digest, Input, NewProblem, Place, Rules, Target};
use super::source::{Source, SourceError, is_unread_folder};
use super::store::KnownFile;

/// One reading of one location.
pub struct Reading<'a> {
    source: &'a Source,
    rules: &'a Rules,
    max_files: usize,
    /// Files to look at, in the order of their paths.
    queue: BTreeSet<String>,
    /// Files that were looked at.
    seen: HashSet<String>,
    /// Where a file was named first, of those that are pointed to.
    named: HashMap<String, Target>,
    /// Why the location cannot be read as a whole.
    pub failed: Option<Failure>,
}

/// Why a location cannot be read as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The file that it names could not be read.
    Start(String),
    /// It leads on to more files than are read.
    TooManyFiles(usize),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(error) => f.write_str(error),
            Self::TooManyFiles(most) => write!(
                f,
                "it leads to more than {most} files, and those after them are not read; split the location, or have the operator raise catalog.max_files"
            ),
        }
    }
}

/// What a file that changed comes to.
pub enum Outcome {
    /// What it brings now; nothing when it is gone.
    Read(Box<Digest>),
    /// It could not be read this time: what it brought stays.
    Unreadable(NewProblem),
}

impl<'a> Reading<'a> {
    /// Of a location, beginning with the files `first`, at most `max_files` in all.
    pub fn new(source: &'a Source, rules: &'a Rules, max_files: usize, first: Vec<String>) -> Self {
        let queue = first.into_iter().collect();
        Self { source, rules, max_files, queue, seen: HashSet::new(), named: HashMap::new(), failed: None }
    }

    /// The next files to look at, at most `count`.
    pub fn next(&self, count: usize) -> Vec<String> {
        self.queue.iter().take(count).cloned().collect()
    }

    /// Files looked at, and files known so far.
    pub fn progress(&self) -> (usize, usize) {
        (self.seen.len(), self.seen.len() + self.queue.len())
    }

    /// Whether a file that was read before is among those of this reading, or lies in a folder that could not be listed.
    pub fn has_seen(&self, path: &str) -> bool {
        self.seen.contains(path) || self.is_below_unread_folder(path)
    }

    /// Whether a file lies in a folder that could not be listed.
    pub fn is_below_unread_folder(&self, path: &str) -> bool {
        self.seen.iter().filter(|seen| is_unread_folder(seen)).any(|folder| path.starts_with(folder))
    }

    /// Has a file looked at once more. One that was not seen is either still to come or gone itself.
    pub fn again(&mut self, path: String) {
        if self.seen.contains(&path) {
            self.queue.insert(path);
        }
    }

    /// Compares a file with what is known of it; `None` when nothing changed.
    pub async fn look_at(&mut self, path: &str, known: Option<&KnownFile>) -> Option<Outcome> {
        self.queue.remove(path);
        if self.seen.len() >= self.max_files && !self.seen.contains(path) {
            self.queue.clear();
            self.failed = Some(Failure::TooManyFiles(self.max_files));
            return None;
        }
        self.seen.insert(path.to_owned());
        let bytes = match self.source.read(path).await {
            Ok(bytes) => bytes,
            Err(error) => return self.not_read(path, known, &error),
        };
        if let Some(known) = known.filter(|known| known.hash == digest::hash(&bytes, self.rules)) {
            let inputs: Vec<Input> = serde_json::from_str(&known.inputs).unwrap_or_default();
            let targets: Option<Vec<Target>> = serde_json::from_str(&known.targets).ok();
            if let Some(targets) = targets
                && self.inputs_unchanged(path, &inputs).await
                && !has_pattern(&bytes)
            {
                self.follow(targets);
                return None;
            }
        }
        let digest = digest::digest(self.source, path, &bytes, self.rules).await;
        self.follow(digest.targets.clone());
        let unchanged = known.is_some_and(|known| {
            known.hash == digest.hash
                && known.inputs == serde_json::to_string(&digest.inputs).unwrap_or_default()
                && known.targets == serde_json::to_string(&digest.targets).unwrap_or_default()
        });
        (!unchanged).then(|| Outcome::Read(Box::new(digest)))
    }

    fn not_read(&mut self, path: &str, known: Option<&KnownFile>, error: &SourceError) -> Option<Outcome> {
        if self.source.is_start(path) {
            self.failed = Some(Failure::Start(error.to_string()));
        }
        let missing = matches!(error, SourceError::Missing(_));
        if let Some(known) = known.filter(|_| !missing) {
            // What a file that cannot be read at the moment points to is still there.
            self.follow(serde_json::from_str(&known.targets).unwrap_or_default());
        }
        let named = self.named.get(path);
        if missing && named.is_some_and(|target| target.optional) {
            self.seen.remove(path);
            return None;
        }
        let place = named.map_or_else(
            || Place { path: path.to_owned(), line: 1, column: 1, ..Place::default() },
            |target| target.named_at.clone(),
        );
        let code = if named.is_some() { "target" } else { "file" };
        let problem = NewProblem { place, is_error: true, code, message: error.to_string() };
        let hash = digest::failure_hash(&problem);
        if known.is_some_and(|known| known.hash == hash) {
            return None;
        }
        Some(if missing {
            Outcome::Read(Box::new(Digest { problems: vec![problem], ..Digest::empty(path, hash) }))
        } else {
            Outcome::Unreadable(problem)
        })
    }

    async fn inputs_unchanged(&self, path: &str, inputs: &[Input]) -> bool {
        for input in inputs {
            if digest::input_hash(&self.source.read_for(path, &input.path).await) != input.hash {
                return false;
            }
        }
        true
    }

    fn follow(&mut self, targets: Vec<Target>) {
        for target in targets {
            if !self.seen.contains(&target.path) {
                self.queue.insert(target.path.clone());
            }
            self.named.entry(target.path.clone()).or_insert(target);
        }
    }
}

/// Whether a location may point to more files than last time although its own bytes are the same.
fn has_pattern(bytes: &[u8]) -> bool {
    bytes.contains(&b'*') && bytes.windows(14).any(|window| window == b"kind: Location")
}

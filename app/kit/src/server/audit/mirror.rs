//! The append-only file outside the database: a line for the hash of each sealed row and one for each checkpoint.
//!
//! The database is sealed first and the file follows it, so a crash in between only leaves the file behind. It always goes on from its last
//! checkpoint: rows after that are written again, which changes nothing, and what a crash cut short ends in a line that nobody can read.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::chain::Checkpoint;
use crate::server::clock::Millis;

/// How much of the end is searched for the last checkpoint before the whole file is.
const END: u64 = 256 * 1024;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Checkpoint {
        checkpoint: i64,
        #[serde(rename = "keptFrom")]
        kept_from: i64,
        at: Millis,
        hash: String,
        signer: String,
        signature: String,
    },
    Row {
        seq: i64,
        id: i64,
        hash: String,
    },
}

impl From<Checkpoint> for Line {
    fn from(it: Checkpoint) -> Self {
        let Checkpoint { seq, kept_from, at, hash, signer, signature } = it;
        Self::Checkpoint { checkpoint: seq, kept_from, at, hash, signer, signature }
    }
}

impl Line {
    /// The checkpoint that the line holds.
    pub(super) fn checkpoint(self) -> Option<Checkpoint> {
        match self {
            Self::Checkpoint { checkpoint: seq, kept_from, at, hash, signer, signature } => {
                Some(Checkpoint { seq, kept_from, at, hash, signer, signature })
            }
            Self::Row { .. } => None,
        }
    }

    /// The line that a text is; `None` for one that was cut short.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The last checkpoint in the file; `None` where the file is missing or has none.
pub(super) fn last_checkpoint(path: &Path) -> io::Result<Option<Checkpoint>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let mut search = |from: u64| {
        file.seek(SeekFrom::Start(from))?;
        let mut last = None;
        for line in BufReader::new(Read::by_ref(&mut file)).split(b'\n') {
            let line = String::from_utf8(line?).ok();
            last = line.and_then(|line| Line::parse(&line)?.checkpoint()).or(last);
        }
        Ok::<_, io::Error>(last)
    };
    match search(length.saturating_sub(END))? {
        None if length > END => search(0),
        found => Ok(found),
    }
}

/// Appends lines and returns when they are on the disk.
pub(super) fn append(path: &Path, lines: &[Line]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut text = Vec::new();
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            text.push(b'\n');
        }
    }
    for line in lines {
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
    }
    // One write, so that what two processes append at the same time stands one after the other.
    file.write_all(&text)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(seq: i64) -> Checkpoint {
        let text = |text: &str| text.to_owned();
        Checkpoint { seq, kept_from: 1, at: 5, hash: text("h"), signer: text("k"), signature: text("s") }
    }

    #[test]
    fn the_file_is_found_again_at_its_last_whole_checkpoint() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit/trail.jsonl");
        assert_eq!(last_checkpoint(&path).expect("no file"), None);
        let row = |seq| Line::Row { seq, id: seq, hash: "h".repeat(64) };
        append(&path, &[row(1), checkpoint(1).into()]).expect("appended");
        append(&path, &[row(2)]).expect("appended");
        assert_eq!(last_checkpoint(&path).expect("read"), Some(checkpoint(1)));
        // A crash in the middle of a line.
        let whole = std::fs::read_to_string(&path).expect("the file");
        std::fs::write(&path, format!("{whole}{{\"seq\":3,\"ha")).expect("written");
        assert_eq!(last_checkpoint(&path).expect("read"), Some(checkpoint(1)));
        append(&path, &[row(2), row(3), checkpoint(3).into()]).expect("appended");
        assert_eq!(last_checkpoint(&path).expect("read"), Some(checkpoint(3)));
        let text = std::fs::read_to_string(&path).expect("the file");
        assert_eq!(text.lines().filter(|line| Line::parse(line).is_none()).count(), 1);
        // Behind more rows than the end that is searched first holds.
        let rows: Vec<Line> = (4..6000).map(row).collect();
        append(&path, &rows).expect("appended");
        assert_eq!(last_checkpoint(&path).expect("read"), Some(checkpoint(3)));
    }
}

//! The append-only file outside the database: a line for the hash of each sealed row and one for each checkpoint.
//!
//! The database is sealed first and the file follows it, so a crash in between only leaves the file behind. It always goes on from its last
//! checkpoint: rows after that are written again, which changes nothing, and the beginning of a line that a crash cut short is followed by the whole line.
//! One process at a time writes to a file, so there is no other reason why a line would stand twice or not be one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::chain::Checkpoint;
use crate::server::clock::Millis;

/// How many bytes of the end are searched for the last checkpoint before more are.
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
    /// The row that the line is about.
    pub(super) fn seq(&self) -> i64 {
        match self {
            Self::Checkpoint { checkpoint: seq, .. } | Self::Row { seq, .. } => *seq,
        }
    }

    /// The checkpoint that the line holds.
    pub(super) fn checkpoint(self) -> Option<Checkpoint> {
        match self {
            Self::Checkpoint { checkpoint: seq, kept_from, at, hash, signer, signature } => {
                Some(Checkpoint { seq, kept_from, at, hash, signer, signature })
            }
            Self::Row { .. } => None,
        }
    }

    /// The line that a text is; `None` for one that was cut short, or is not to the letter what [`append`] writes.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let line: Self = serde_json::from_slice(text).ok()?;
        (serde_json::to_vec(&line).ok()? == text).then_some(line)
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
    let mut searched = END;
    loop {
        file.seek(SeekFrom::Start(length.saturating_sub(searched)))?;
        let mut text = Vec::new();
        Read::by_ref(&mut file).take(searched).read_to_end(&mut text)?;
        let last = text.rsplit(|byte| *byte == b'\n').find_map(|line| Line::parse(line)?.checkpoint());
        if last.is_some() || searched >= length {
            return Ok(last);
        }
        searched *= 8;
    }
}

/// Opens the file for appending, made where it is missing, once no other process writes to it; until the file is dropped none will.
pub(super) fn hold(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    file.lock()?;
    Ok(file)
}

/// Appends lines and returns when they are on the disk.
pub(super) fn append(file: &mut File, lines: &[Line]) -> io::Result<()> {
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
        append(&mut hold(&path).expect("the file"), &[row(1), checkpoint(1).into()]).expect("appended");
        append(&mut hold(&path).expect("the file"), &[row(2)]).expect("appended");
        assert_eq!(last_checkpoint(&path).expect("read"), Some(checkpoint(1)));
        // A crash in the middle of a line.
        let whole = std::fs::read_to_string(&path).expect("the file");
        std::fs::write(&path, format!("{whole}{{\"seq\":3,\"ha")).expect("written");
        assert_eq!(last_checkpoint(&path).expect("read"), Some(checkpoint(1)));
        append(&mut hold(&path).expect("the file"), &[row(2), row(3), checkpoint(3).into()]).expect("appended");
        assert_eq!(last_checkpoint(&path).expect("read"), Some(checkpoint(3)));
        let text = std::fs::read_to_string(&path).expect("the file");
        assert_eq!(text.lines().filter(|line| Line::parse(line.as_bytes()).is_none()).count(), 1);
        // Behind more rows than the end that is searched first holds.
        let rows: Vec<Line> = (4..6000).map(row).collect();
        append(&mut hold(&path).expect("the file"), &rows).expect("appended");
        assert_eq!(last_checkpoint(&path).expect("read"), Some(checkpoint(3)));
    }

    #[test]
    fn a_line_is_what_is_written_to_the_letter() {
        let line = Line::Row { seq: 1, id: 2, hash: "ab".into() };
        let text = serde_json::to_string(&line).expect("JSON");
        assert_eq!(Line::parse(text.as_bytes()), Some(line));
        for other in [text.replace(',', ", "), text.replace('}', ",\"x\":1}"), text[1..].to_owned(), String::new()] {
            assert_eq!(Line::parse(other.as_bytes()), None, "{other}");
        }
        assert_eq!(Line::parse(&[0xff; 4]), None);
    }
}

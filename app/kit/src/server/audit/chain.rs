//! The chain: what a row's hash covers, and how a checkpoint is signed.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sea_orm::{DbErr, QueryResult};
use zeroize::Zeroizing;

use crate::server::clock::Millis;

/// The columns that make a [`Row`].
pub(super) const COLUMNS: &str = "id, at, actor, action, resource, detail, via, request, outcome";

/// An event as it stands in its table: what its hash covers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are documented on `Event` and `Record`")]
pub struct Row {
    pub id: i64,
    pub at: Millis,
    pub actor: String,
    pub action: String,
    pub resource: String,
    pub detail: String,
    pub via: String,
    pub request: String,
    pub outcome: String,
}

impl Row {
    /// From a result that has every column.
    pub fn of(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get("", "id")?,
            at: row.try_get("", "at")?,
            actor: row.try_get("", "actor")?,
            action: row.try_get("", "action")?,
            resource: row.try_get("", "resource")?,
            detail: row.try_get("", "detail")?,
            via: row.try_get("", "via")?,
            request: row.try_get("", "request")?,
            outcome: row.try_get("", "outcome")?,
        })
    }

    /// The hash of the row at this place of the chain, 64 hex digits; `previous` is that of the row before, empty for the first.
    pub fn hash(&self, previous: &str, seq: i64) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("portico audit trail, row, version 1");
        for number in [seq, self.id, self.at] {
            hasher.update(&number.to_le_bytes());
        }
        let texts = [
            previous,
            &self.actor,
            &self.action,
            &self.resource,
            &self.detail,
            &self.via,
            &self.request,
            &self.outcome,
        ];
        for text in texts {
            // With its length, so that nothing can move from one column into the next.
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// What the portal vouches for with its key: the trail has this hash at this row and is kept from that row on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last row that it covers.
    pub seq: i64,
    /// The first row that is kept; those before were dropped by retention.
    pub kept_from: i64,
    /// When it was signed.
    pub at: Millis,
    /// The hash of that last row.
    pub hash: String,
    /// The public key, 64 hex digits.
    pub signer: String,
    /// The signature, 128 hex digits.
    pub signature: String,
}

impl Checkpoint {
    /// From a result that has every column.
    pub(super) fn of(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            seq: row.try_get("", "seq")?,
            kept_from: row.try_get("", "kept_from")?,
            at: row.try_get("", "at")?,
            hash: row.try_get("", "hash")?,
            signer: row.try_get("", "signer")?,
            signature: row.try_get("", "signature")?,
        })
    }

    /// Signed by `key`.
    pub fn signed(key: &SealKey, seq: i64, kept_from: i64, at: Millis, hash: String) -> Self {
        let signer = key.public();
        let mut checkpoint = Self { seq, kept_from, at, hash, signer, signature: String::new() };
        checkpoint.signature = hex(&key.0.sign(&checkpoint.message()).to_bytes());
        checkpoint
    }

    /// Whether one of the `trusted` public keys signed it; says in words why not.
    pub fn check(&self, trusted: &[String]) -> Result<(), String> {
        if !trusted.contains(&self.signer) {
            return Err(format!("is signed by the key {}, which is not trusted here", self.signer));
        }
        let good = is_signed(&self.message(), &self.signer, &self.signature);
        good.then_some(()).ok_or_else(|| "bears a signature that does not fit".to_owned())
    }

    fn message(&self) -> Vec<u8> {
        let mut message = b"portico audit trail, checkpoint, version 1\0".to_vec();
        for number in [self.seq, self.kept_from, self.at] {
            message.extend(number.to_le_bytes());
        }
        message.extend(self.hash.as_bytes());
        message
    }
}

/// Whether the portal, by one of the `trusted` public keys, erased the names behind these pseudonyms.
pub(super) fn is_erasure(pseudonyms: &[String], signer: &str, signature: &str, trusted: &[String]) -> bool {
    trusted.iter().any(|key| key == signer) && is_signed(&erasure(pseudonyms), signer, signature)
}

fn erasure(pseudonyms: &[String]) -> Vec<u8> {
    let mut message = b"portico audit trail, erasure, version 1\0".to_vec();
    for pseudonym in pseudonyms {
        message.extend((pseudonym.len() as u64).to_le_bytes());
        message.extend(pseudonym.as_bytes());
    }
    message
}

fn is_signed(message: &[u8], signer: &str, signature: &str) -> bool {
    let good = || {
        let key = VerifyingKey::from_bytes(&bytes::<32>(signer)?).ok()?;
        key.verify_strict(message, &Signature::from_bytes(&bytes::<64>(signature)?)).ok()
    };
    good().is_some()
}

/// The key that checkpoints and erasures are signed with.
pub struct SealKey(SigningKey);

impl SealKey {
    /// From 64 hex digits; `None` when they are not that.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(SigningKey::from_bytes(&Zeroizing::new(bytes::<32>(text.trim())?))))
    }

    /// From a file, made with a new key where it is missing, for its owner alone.
    pub fn load(path: &Path) -> io::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::make(path),
            Err(error) => return Err(error),
        };
        Self::parse(&text).ok_or_else(|| io::Error::other("it does not hold a key of 64 hex digits"))
    }

    /// The public key, 64 hex digits.
    pub fn public(&self) -> String {
        hex(self.0.verifying_key().as_bytes())
    }

    /// The proof that the portal erased the names behind these pseudonyms, 128 hex digits: who only writes to the database cannot make it.
    pub(super) fn sign_erasure(&self, pseudonyms: &[String]) -> String {
        hex(&self.0.sign(&erasure(pseudonyms)).to_bytes())
    }

    fn make(path: &Path) -> io::Result<Self> {
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(rand::random());
        let key = Self(SigningKey::from_bytes(&seed));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        // Linked into place whole, so that neither a crash nor another process that starts at the same time leaves half a key or two.
        let new = path.with_extension(format!("new-{:016x}", rand::random::<u64>()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(Zeroizing::new(hex(&*seed) + "\n").as_bytes())?;
        file.sync_all()?;
        let linked = std::fs::hard_link(&new, path);
        std::fs::remove_file(&new)?;
        // Or a power cut could take back the name under which a trail is already signed.
        std::fs::File::open(folder)?.sync_all()?;
        match linked {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for SealKey {
    /// The public half alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealKey").field(&self.public()).finish()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if hex.len() != 2 * N || !hex.is_ascii() {
        return None;
    }
    for (byte, at) in out.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let text = String::from;
        Row {
            id: 1,
            at: 2,
            actor: text("a"),
            action: text("b"),
            resource: text("c"),
            detail: text("{}"),
            via: text("session:1"),
            request: text("r"),
            outcome: text("done"),
        }
    }

    #[test]
    fn the_hash_covers_each_column_and_the_place() {
        let row = row();
        let hash = row.hash("before", 5);
        let with = |change: &dyn Fn(&mut Row)| {
            let mut other = row.clone();
            change(&mut other);
            other.hash("before", 5)
        };
        let changed = [
            row.hash("before", 6),
            row.hash("", 5),
            with(&|row| row.id += 1),
            with(&|row| row.at += 1),
            with(&|row| row.actor.push('x')),
            with(&|row| row.action.push('x')),
            with(&|row| row.resource.push('x')),
            with(&|row| row.detail.push('x')),
            with(&|row| row.via.push('x')),
            with(&|row| row.request.push('x')),
            with(&|row| row.outcome.push('x')),
            // From the end of one column to the start of the next.
            with(&|row| (row.actor, row.action) = ("ab".into(), String::new())),
        ];
        assert!(changed.iter().all(|other| *other != hash));
        assert_eq!(row.hash("before", 5), hash);
    }

    #[test]
    fn a_checkpoint_is_good_by_a_trusted_key_and_unchanged() {
        let key = SealKey::parse(&"7a".repeat(32)).expect("a key");
        let other = SealKey::parse(&"7b".repeat(32)).expect("a key");
        let trusted = [key.public()];
        let good = Checkpoint::signed(&key, 9, 1, 1000, "hash".into());
        assert_eq!(good.check(&trusted), Ok(()));
        for bad in [
            Checkpoint { seq: 8, ..good.clone() },
            Checkpoint { kept_from: 2, ..good.clone() },
            Checkpoint { at: 0, ..good.clone() },
            Checkpoint { hash: "hasx".into(), ..good.clone() },
            Checkpoint { signature: "00".repeat(64), ..good.clone() },
            Checkpoint { signature: "é".into(), ..good.clone() },
            Checkpoint { signer: other.public(), ..good.clone() },
            Checkpoint::signed(&other, 9, 1, 1000, "hash".into()),
        ] {
            assert!(bad.check(&trusted).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_erasure_is_good_by_a_trusted_key_and_for_its_pseudonyms() {
        let key = SealKey::parse(&"7a".repeat(32)).expect("a key");
        let (public, trusted) = (key.public(), [key.public()]);
        let names = ["pseudonym:a".to_owned(), "pseudonym:b".to_owned()];
        let signature = key.sign_erasure(&names);
        assert!(is_erasure(&names, &public, &signature, &trusted));
        assert!(!is_erasure(&names[..1], &public, &signature, &trusted));
        assert!(!is_erasure(&["pseudonym:apseudonym:b".to_owned()], &public, &signature, &trusted));
        assert!(!is_erasure(&names, &public, &"00".repeat(64), &trusted));
        assert!(!is_erasure(&names, &public, &signature, &[]), "by a key that is not trusted");
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_and_never_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit/key");
        let key = SealKey::load(&path).expect("made");
        assert_eq!(SealKey::load(&path).expect("read").public(), key.public());
        let text = std::fs::read_to_string(&path).expect("the file");
        assert!(!format!("{key:?}").contains(text.trim()));
        assert_eq!(std::fs::read_dir(path.parent().expect("a folder")).expect("the folder").count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "not a key").expect("written");
        assert!(SealKey::load(&path).is_err());
    }
}

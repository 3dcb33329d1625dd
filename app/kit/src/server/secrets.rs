//! Secrets at rest: what a row must hold and nobody who reads the table may know. Sealed by a key that is not in the database.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;
use zeroize::{Zeroize, Zeroizing};

use super::audit::{self, Event};
use super::clock::Millis;
use super::db::{self, Db};
use crate::identity::Caller;

/// What is written for a secret that is shown.
pub const MASK: &str = "********";

/// The bytes of a key.
const KEY: usize = 32;

/// The bytes of a nonce: so many that a random one is never used twice.
const NONCE: usize = 24;

/// The length of a mark, in hexadecimal digits.
const MARK: usize = 20;

/// What every sealed text begins with, for a later way of sealing.
const VERSION: &str = "v1";

/// Rows that one transaction seals again.
const BATCH: u64 = 200;

/// What the one row of `secret_check` holds, so that a wrong key is found at start.
const CHECK: &[u8] = b"portico";

/// The columns that hold what a [`Vault`] sealed. Whoever seals into a further one adds it here, or a rotation would leave it behind.
pub const SEALED: [SealedColumn; 4] = [
    SealedColumn { table: "secret_check", key: "id", column: "sealed", purpose: "check", droppable: true },
    SealedColumn { table: "session", key: "id", column: "data", purpose: "session", droppable: true },
    // A run whose secrets are lost asks for them again.
    SealedColumn { table: "templates_task", key: "id", column: "sealed", purpose: "task", droppable: false },
    // A step that begins without its secrets asks for them again.
    SealedColumn { table: "golden_paths_secret", key: "id", column: "sealed", purpose: "journey", droppable: true },
];

/// A column of sealed texts.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    /// Its table.
    pub table: &'static str,
    /// The table's key, a number.
    pub key: &'static str,
    /// The column itself.
    pub column: &'static str,
    /// What its texts are sealed for.
    pub purpose: &'static str,
    /// Whether a row whose key is lost can go, as a session can: its owner signs in again. Otherwise the column is emptied.
    pub droppable: bool,
}

/// The keys that secrets are sealed with.
pub struct Vault {
    keys: Vec<Key>,
}

struct Key {
    id: String,
    cipher: XChaCha20Poly1305,
    /// What it signs with, which says nothing of the key itself.
    signer: Zeroizing<[u8; KEY]>,
}

/// Why a secret cannot be sealed or opened. Holds nothing of the secret or the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no key.
    #[error("there is no key")]
    NoKey,
    /// A key has not the right form.
    #[error("key {number} is not 32 bytes in base64 or hexadecimal; `portico secrets key` prints a new one")]
    BadKey {
        /// Which one, from 1.
        number: usize,
    },
    /// It was sealed with a key that is not here.
    #[error("it was sealed with the key {id}, which is not among the keys of this instance")]
    UnknownKey {
        /// The name of the key, which says nothing of the key itself.
        id: String,
    },
    /// It was changed, or sealed for another purpose, or is no sealed text at all.
    #[error("it was changed, or was never sealed for this")]
    Damaged,
}

impl Vault {
    /// With the keys in `text`, one a line, each 32 bytes in base64 or hexadecimal; the first seals, all open. Empty lines and those
    /// that begin with `#` say nothing.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys =
            lines.enumerate().map(|(number, line)| Key::parse(line).ok_or(VaultError::BadKey { number: number + 1 }));
        let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(VaultError::NoKey) } else { Ok(Self { keys }) }
    }

    /// `plaintext`, sealed with the first key for `purpose`: under another purpose it does not open.
    pub fn seal(&self, purpose: &str, plaintext: &[u8]) -> String {
        let key = &self.keys[0];
        let mut nonce = [0; NONCE];
        fill(&mut nonce);
        let data = key.bound_to(purpose);
        let payload = Payload { msg: plaintext, aad: data.as_bytes() };
        let sealed =
            key.cipher.encrypt(XNonce::from_slice(&nonce), payload).expect("what fits into memory can be sealed");
        format!("{VERSION}.{}.{}", key.id, URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// What was sealed for `purpose`; wiped from memory when dropped.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut parts = sealed.split('.');
        let (Some(VERSION), Some(id), Some(text), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(VaultError::Damaged);
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| VaultError::Damaged)?;
        let (nonce, cipher) = bytes.split_at_checked(NONCE).ok_or(VaultError::Damaged)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or_else(|| VaultError::UnknownKey { id: shown(id) })?;
        let data = key.bound_to(purpose);
        let payload = Payload { msg: cipher, aad: data.as_bytes() };
        key.cipher.decrypt(XNonce::from_slice(nonce), payload).map(Zeroizing::new).map_err(|_| VaultError::Damaged)
    }

    /// `text` with a signature behind it that is good for `purpose` alone: the same each time, and what nobody can make who has not the key.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        let key = &self.keys[0];
        let signature = URL_SAFE_NO_PAD.encode(key.signature(purpose, text).as_bytes());
        format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(text), key.id)
    }

    /// The text that was signed for `purpose`; nothing where it was not, or with a key that is not here.
    pub fn signed(&self, purpose: &str, signed: &str) -> Option<String> {
        let mut parts = signed.split('.');
        let (Some(text), Some(id), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let signature: [u8; KEY] = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
        let key = self.keys.iter().find(|key| key.id == id)?;
        // The comparison takes as long for a signature that is nearly right.
        (key.signature(purpose, &text) == blake3::Hash::from(signature)).then_some(text)
    }

    /// A signature of `text` for `purpose` that is short enough for the name of a host: 20 hexadecimal digits.
    pub fn mark(&self, purpose: &str, text: &str) -> String {
        self.keys[0].mark(purpose, text)
    }

    /// Whether this is the mark of `text` for `purpose`, by whichever key that is here.
    pub fn is_mark(&self, purpose: &str, text: &str, mark: &str) -> bool {
        // Hashes are compared in the same time wherever they differ.
        let mark = blake3::hash(mark.as_bytes());
        self.keys.iter().any(|key| blake3::hash(key.mark(purpose, text).as_bytes()) == mark)
    }

    /// The name of the key that seals, which says nothing of the key itself.
    pub fn current(&self) -> &str {
        &self.keys[0].id
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        let bytes = if text.len() == KEY * 2 { from_hex(text) } else { None };
        let bytes = bytes.or_else(|| STANDARD.decode(text).ok()).or_else(|| STANDARD_NO_PAD.decode(text).ok());
        let bytes = Zeroizing::new(bytes.or_else(|| URL_SAFE_NO_PAD.decode(text).ok())?);
        if bytes.len() != KEY {
            return None;
        }
        let name = blake3::derive_key("portico 2026 name of a key", &bytes);
        let id = name[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let signer = Zeroizing::new(blake3::derive_key("portico 2026 signatures", &bytes));
        Some(Self { id, cipher: XChaCha20Poly1305::new_from_slice(&bytes).ok()?, signer })
    }

    fn signature(&self, purpose: &str, text: &str) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.signer);
        // The length keeps a purpose apart from a text that begins like it.
        hasher.update(&(purpose.len() as u64).to_le_bytes()).update(purpose.as_bytes()).update(text.as_bytes());
        hasher.finalize()
    }

    fn mark(&self, purpose: &str, text: &str) -> String {
        self.signature(purpose, text).to_hex()[..MARK].to_owned()
    }

    /// What is sealed for one purpose does not open for another.
    fn bound_to(&self, purpose: &str) -> String {
        format!("portico {VERSION} {} {purpose}", self.id)
    }
}

/// A fresh key, as [`Vault::parse`] reads it.
pub fn new_key() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; KEY]);
    fill(bytes.as_mut_slice());
    Zeroizing::new(STANDARD.encode(bytes.as_slice()))
}

/// Finds out at start whether these keys are those of the database; the first start leaves the mark that the next ones look at.
pub async fn check(database: &Db, vault: &Vault) -> Result<(), CheckError> {
    let tx = database.begin().await?;
    let text = "INSERT INTO secret_check (id, sealed) VALUES (1, ?) ON CONFLICT (id) DO NOTHING";
    db::execute(&tx, text, [vault.seal("check", CHECK).into()]).await?;
    let rows = db::rows(&tx, "SELECT sealed FROM secret_check WHERE id = 1", []).await?;
    tx.commit().await?;
    let sealed: String = rows.first().map_or(Ok(String::new()), |row| row.try_get("", "sealed"))?;
    vault.open("check", &sealed)?;
    Ok(())
}

/// Why the keys were not compared with the database, or are not its keys.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database does not answer.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// The keys are not those that the database was sealed with.
    #[error(transparent)]
    Key(#[from] VaultError),
}

/// What a [`Rotation`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Sealed again with the first key.
    pub resealed: u64,
    /// Could not be opened and stand as they were.
    pub lost: u64,
    /// Could not be opened and were given up.
    pub dropped: u64,
}

/// Sealing again with the first key whatever is sealed with another, a batch a transaction: what was cut off is taken up by the next run.
#[derive(Debug)]
pub struct Rotation<'a> {
    /// Where the secrets are.
    pub database: &'a Db,
    /// The keys.
    pub vault: &'a Vault,
    /// Whether what cannot be opened is given up; otherwise it stays as it is.
    pub drop_lost: bool,
    /// On whose behalf, for the audit trail: each batch has its event, so that one that was cut off is in it as far as it came.
    pub caller: &'a Caller,
    /// The time.
    pub now: Millis,
}

impl Rotation<'_> {
    /// Does it for these columns.
    pub async fn run(&self, columns: &[SealedColumn]) -> Result<Rotated, DbErr> {
        let mut all = Rotated::default();
        for column in columns {
            let mut after = i64::MIN;
            while let Some((last, batch)) = self.batch(column, after).await? {
                after = last;
                all.resealed += batch.resealed;
                all.lost += batch.lost;
                all.dropped += batch.dropped;
            }
        }
        Ok(all)
    }

    /// One batch after the row `after`; gives the last row that it looked at.
    async fn batch(&self, column: &SealedColumn, after: i64) -> Result<Option<(i64, Rotated)>, DbErr> {
        let Self { database, vault, drop_lost, caller, now } = *self;
        let SealedColumn { table, key, column: name, purpose, droppable } = column;
        let tx = database.begin().await?;
        let text = format!(
            "SELECT {key} AS row_key, {name} AS sealed FROM {table} \
             WHERE {key} > ? AND {name} <> '' AND {name} NOT LIKE ? ORDER BY {key} LIMIT {BATCH}"
        );
        let rows = db::rows(&tx, &text, [after.into(), format!("{VERSION}.{}.%", vault.current()).into()]).await?;
        let (mut last, mut done) = (None, Rotated::default());
        for row in &rows {
            let (id, sealed): (i64, String) = (row.try_get("", "row_key")?, row.try_get("", "sealed")?);
            last = Some(id);
            // The old text is part of the condition: whoever writes the row meanwhile seals with the first key already.
            match vault.open(purpose, &sealed) {
                Ok(plain) => {
                    let text = format!("UPDATE {table} SET {name} = ? WHERE {key} = ? AND {name} = ?");
                    let values = [vault.seal(purpose, &plain).into(), id.into(), sealed.into()];
                    done.resealed += db::execute(&tx, &text, values).await?;
                }
                Err(_) if !drop_lost => done.lost += 1,
                Err(_) if *droppable => {
                    let text = format!("DELETE FROM {table} WHERE {key} = ? AND {name} = ?");
                    done.dropped += db::execute(&tx, &text, [id.into(), sealed.into()]).await?;
                }
                Err(_) => {
                    let text = format!("UPDATE {table} SET {name} = '' WHERE {key} = ? AND {name} = ?");
                    done.dropped += db::execute(&tx, &text, [id.into(), sealed.into()]).await?;
                }
            }
        }
        if done.resealed > 0 || done.dropped > 0 {
            let detail = json!({ "table": table, "resealed": done.resealed, "dropped": done.dropped });
            let event =
                Event { at: now, actor: caller, action: "kit.secrets.rotate", resource: vault.current(), detail };
            audit::append(&tx, event).await?;
        }
        tx.commit().await?;
        Ok(last.map(|last| (last, done)))
    }
}

/// A secret text: it is printed and serialised as a mask, and wiped from memory when dropped.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it or compares it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn fill(bytes: &mut [u8]) {
    OsRng.try_fill_bytes(bytes).expect("the system gives random bytes");
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A name of a key as it can be shown: what came from a damaged row is not repeated.
fn shown(id: &str) -> String {
    if id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) { id.to_owned() } else { "?".to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::server::testing::databases;

    fn vault(keys: &[&str]) -> Vault {
        Vault::parse(&keys.join("\n")).expect("keys")
    }

    fn rotation<'a>(database: &'a Db, vault: &'a Vault) -> Rotation<'a> {
        Rotation { database, vault, drop_lost: false, caller: &Caller::Operator, now: 0 }
    }

    #[test]
    fn what_was_sealed_opens_for_its_purpose_alone() {
        let vault = vault(&[&new_key()]);
        let sealed = vault.seal("session", b"geheim");
        assert_eq!(vault.open("session", &sealed).expect("it opens").as_slice(), b"geheim");
        assert_eq!(vault.open("token", &sealed), Err(VaultError::Damaged), "moved to another column it does not open");
        assert_ne!(sealed, vault.seal("session", b"geheim"), "the same text is not recognised");
        assert!(!sealed.contains("geheim") && !format!("{vault:?}").contains("geheim"));
    }

    #[test]
    fn what_was_signed_is_good_for_its_purpose_alone_and_with_its_key() {
        let (one, other) = (new_key(), new_key());
        let (old, new) = (vault(&[&one]), vault(&[&other, &one]));
        let mark = old.mark("signal", "journey 7");
        assert!(mark.len() == MARK && mark.bytes().all(|byte| byte.is_ascii_hexdigit()), "{mark}");
        assert!(old.is_mark("signal", "journey 7", &mark) && !old.is_mark("signal", "journey 8", &mark));
        assert!(!old.is_mark("other", "journey 7", &mark) && !old.is_mark("signal", "journey 7", ""));
        let signed = old.sign("signal", "journey 7");
        assert_eq!(signed, old.sign("signal", "journey 7"), "it is the same each time");
        assert_eq!(new.signed("signal", &signed).as_deref(), Some("journey 7"), "an older key is still good");
        assert_eq!(old.signed("other", &signed), None);
        assert_eq!(vault(&[&other]).signed("signal", &signed), None);
        let forged = format!("{}{}", URL_SAFE_NO_PAD.encode("journey 8"), &signed[signed.find('.').expect("a dot")..]);
        assert_eq!(old.signed("signal", &forged), None);
        for text in ["", ".", "..", "a.b.c", "a.b.c.d", &signed[1..], &signed[..signed.len() - 1]] {
            assert_eq!(old.signed("signal", text), None, "{text}");
        }
    }

    #[test]
    fn keys_have_two_forms_and_a_wrong_one_is_named_by_its_place_alone() {
        let (old, new) = (new_key(), new_key());
        let hex: String =
            STANDARD.decode(old.as_str()).expect("base64").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(vault(&[&old]).current(), vault(&["# the old one", "", &hex]).current());
        assert_eq!(vault(&[&new, &old]).open("x", &vault(&[&old]).seal("x", b"y")).expect("all open").as_slice(), b"y");
        let missing = vault(&[&new]).open("x", &vault(&[&old]).seal("x", b"y")).expect_err("another key");
        assert_eq!(missing, VaultError::UnknownKey { id: vault(&[&old]).current().to_owned() });
        assert_eq!(Vault::parse(" \n# nothing\n").expect_err("none"), VaultError::NoKey);
        let wrong = Vault::parse(&format!("{}\ngeheim", new.as_str())).expect_err("too short");
        assert_eq!(wrong, VaultError::BadKey { number: 2 });
        assert!(!wrong.to_string().contains("geheim"));
    }

    #[test]
    fn a_secret_is_neither_printed_nor_serialised() {
        let secret = Secret::from("geheim");
        assert_eq!(format!("{secret:?}"), MASK);
        assert_eq!(serde_json::to_string(&secret).expect("JSON"), format!("\"{MASK}\""));
        assert_eq!(secret.expose(), "geheim");
    }

    #[tokio::test]
    async fn a_rotation_seals_everything_again_and_goes_on_where_it_was_cut_off() {
        for database in databases().await {
            let (old, new) = (new_key(), new_key());
            let (before, both, after) = (vault(&[&old]), vault(&[&new, &old]), vault(&[&new]));
            let column = SealedColumn { table: "kept", key: "id", column: "sealed", purpose: "kept", droppable: true };
            let tx = database.begin().await.expect("begun");
            db::execute(&tx, "CREATE TABLE kept (id BIGINT PRIMARY KEY, sealed TEXT NOT NULL)", [])
                .await
                .expect("a table");
            for id in 0..450_i64 {
                let sealed = if id == 449 {
                    "v1.0badc0de.AAAA".to_owned()
                } else {
                    before.seal("kept", id.to_string().as_bytes())
                };
                db::execute(&tx, "INSERT INTO kept (id, sealed) VALUES (?, ?)", [id.into(), sealed.into()])
                    .await
                    .expect("a row");
            }
            tx.commit().await.expect("kept");

            let rotation = rotation(&database, &both);
            let cut_off = rotation.batch(&column, i64::MIN).await.expect("a batch");
            assert_eq!(cut_off, Some((199, Rotated { resealed: 200, lost: 0, dropped: 0 })));
            let events = async || {
                let text = "SELECT detail FROM audit_event WHERE action = 'kit.secrets.rotate' ORDER BY id";
                let rows = db::rows(database.read(), text, []).await.expect("rows");
                let count = |row: &sea_orm::QueryResult| {
                    let detail: String = row.try_get("", "detail").expect("text");
                    serde_json::from_str::<serde_json::Value>(&detail).expect("JSON")["resealed"].as_u64()
                };
                rows.iter().map(count).collect::<Vec<_>>()
            };
            assert_eq!(events().await, [Some(200)], "what was cut off is in the trail as far as it came");
            let rotated = rotation.run(&[column]).await.expect("rotated");
            assert_eq!(events().await, [Some(200), Some(200), Some(49)]);
            assert_eq!(rotated, Rotated { resealed: 249, lost: 1, dropped: 0 });
            let rows = db::rows(database.read(), "SELECT id, sealed FROM kept WHERE id < 449", []).await.expect("rows");
            for row in rows {
                let (id, sealed): (i64, String) =
                    (row.try_get("", "id").expect("id"), row.try_get("", "sealed").expect("text"));
                assert_eq!(
                    after.open("kept", &sealed).expect("the new key alone opens it").as_slice(),
                    id.to_string().as_bytes()
                );
            }
            let rotated = Rotation { drop_lost: true, ..rotation }.run(&[column]).await.expect("rotated");
            assert_eq!(rotated, Rotated { resealed: 0, lost: 0, dropped: 1 }, "{}", database.name());
        }
    }

    #[tokio::test]
    async fn keys_that_are_not_the_databases_are_found_at_start() {
        for database in databases().await {
            let (mine, other) = (new_key(), new_key());
            check(&database, &vault(&[&mine])).await.expect("the first start");
            check(&database, &vault(&[&other, &mine])).await.expect("a new key before the old one");
            let refused = check(&database, &vault(&[&other])).await.expect_err("another key");
            assert!(refused.to_string().contains(vault(&[&mine]).current()), "{refused}");
            rotation(&database, &vault(&[&other, &mine])).run(&SEALED).await.expect("rotated");
            check(&database, &vault(&[&other])).await.expect("the old key is no longer needed");
        }
    }

    proptest! {
        /// Whatever is done to a sealed text, it opens to what was sealed or not at all.
        #[test]
        fn nothing_but_what_was_sealed_opens(plain in prop::collection::vec(any::<u8>(), 0..40), at in any::<prop::sample::Index>(), to in "[ -~]", cut in any::<bool>()) {
            thread_local!(static VAULT: Vault = vault(&[&new_key()]));
            VAULT.with(|vault| {
                let sealed = vault.seal("x", &plain);
                let at = at.index(sealed.len());
                let changed = if cut { sealed[..at].to_owned() } else { format!("{}{to}{}", &sealed[..at], &sealed[at + 1..]) };
                match vault.open("x", &changed) {
                    Ok(opened) => prop_assert!(changed == sealed && *opened == plain),
                    Err(_) => prop_assert!(changed != sealed),
                }
                Ok(())
            })?;
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}", keys in "\\PC{0,60}") {
            let _ = Vault::parse(&keys);
            prop_assert!(vault(&["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]).open("x", &text).is_err());
        }
    }
}

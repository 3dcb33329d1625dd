//! The names behind pseudonyms. A person stands in the trail as a pseudonym; who that is stands in a table of its own, which the chain does not
//! cover, so that a name can be taken away without breaking the chain. A pseudonym is a commitment to the name under a random salt: while
//! the salt is there nobody can put another name in its place unseen, and without it nobody can tell whose it was.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, DbErr};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Event;
use super::chain::{SealKey, is_erasure};
use crate::identity::Caller;
use crate::server::clock::Millis;
use crate::server::db::{self, Db};

/// What a pseudonym begins with.
const PREFIX: &str = "pseudonym:";

/// How many hex digits follow: 160 bits, so that no second name can be found for one.
const DIGITS: usize = 40;

/// How often it is noted that a name is still in use.
const DAY: Millis = 24 * 60 * 60 * 1000;

/// The action of an erasure, whose detail lists the pseudonyms.
pub(super) const ERASE: &str = "audit.person.erase";

/// Replaces a person by a pseudonym in the whole trail; see [`Sealer::erase`](super::Sealer::erase).
pub(super) async fn erase(
    db: &Db,
    now: Millis,
    key: &SealKey,
    caller: &Caller,
    reference: &str,
) -> Result<Vec<String>, DbErr> {
    let tx = db.begin().await?;
    let text = "DELETE FROM audit_subject WHERE subject = ? RETURNING pseudonym";
    let rows = db::rows(&tx, text, [reference.into()]).await?;
    let mut pseudonyms = rows.iter().map(|row| row.try_get("", "pseudonym")).collect::<Result<Vec<String>, DbErr>>()?;
    pseudonyms.sort();
    if !pseudonyms.is_empty() {
        // Signed, since whoever deleted a name by hand could append an event that excuses it and have that sealed.
        let signature = key.sign_erasure(&pseudonyms);
        let detail = json!({ "pseudonyms": pseudonyms, "signer": key.public(), "signature": signature });
        super::append(&tx, Event { at: now, actor: caller, action: ERASE, resource: "audit", detail }).await?;
    }
    tx.commit().await?;
    Ok(pseudonyms)
}

/// The pseudonyms that an erasure's detail lists, if one of the `trusted` keys signed it.
pub(super) fn erased(detail: &str, trusted: &[String]) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Detail {
        pseudonyms: Vec<String>,
        signer: String,
        signature: String,
    }
    let Detail { pseudonyms, signer, signature } = serde_json::from_str(detail).ok()?;
    is_erasure(&pseudonyms, &signer, &signature, trusted).then_some(pseudonyms)
}

/// Whether a text is a person's ref.
pub(super) fn is_person(text: &str) -> bool {
    let rest = text.strip_prefix("user:").or_else(|| text.strip_prefix("person:"));
    rest.is_some_and(|rest| rest.contains('/') && !rest.contains(char::is_whitespace))
}

/// Whether a text is a pseudonym.
pub(super) fn is_pseudonym(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|c| c.is_ascii_hexdigit()))
}

/// The pseudonym of a subject under a name, if it has one.
pub(super) async fn known(
    connection: &impl ConnectionTrait,
    subject: &str,
    name: &str,
) -> Result<Option<String>, DbErr> {
    let text = "SELECT pseudonym FROM audit_subject WHERE subject = ? AND name = ?";
    let rows = db::rows(connection, text, [subject.into(), name.into()]).await?;
    rows.first().map(|row| row.try_get("", "pseudonym")).transpose()
}

/// The pseudonym of a subject under a name, made where there is none.
pub(super) async fn pseudonym(
    tx: &impl ConnectionTrait,
    now: Millis,
    subject: &str,
    name: &str,
) -> Result<String, DbErr> {
    // Another instance may make or erase it at the same moment; then it is looked for once more.
    for _ in 0..3 {
        let text = "SELECT pseudonym, seen_at FROM audit_subject WHERE subject = ? AND name = ?";
        let rows = db::rows(tx, text, [subject.into(), name.into()]).await?;
        if let Some(row) = rows.first() {
            let pseudonym: String = row.try_get("", "pseudonym")?;
            if row.try_get::<i64>("", "seen_at")? > now - DAY {
                return Ok(pseudonym);
            }
            let text = "UPDATE audit_subject SET seen_at = ? WHERE pseudonym = ?";
            if db::execute(tx, text, [now.into(), pseudonym.as_str().into()]).await? > 0 {
                return Ok(pseudonym);
            }
        }
        let salt: [u8; 32] = rand::random();
        let text = "INSERT INTO audit_subject (pseudonym, salt, subject, name, seen_at) VALUES (?, ?, ?, ?, ?) \
                    ON CONFLICT (subject, name) DO NOTHING";
        let values = [
            commitment(&salt, subject, name).into(),
            blake3::Hash::from_bytes(salt).to_hex().to_string().into(),
            subject.into(),
            name.into(),
            now.into(),
        ];
        db::execute(tx, text, values).await?;
    }
    known(tx, subject, name).await?.ok_or_else(|| DbErr::Custom("a pseudonym could not be made".into()))
}

/// The detail with a pseudonym for every ref of a person.
pub(super) async fn without_people(tx: &impl ConnectionTrait, now: Millis, mut detail: Value) -> Result<Value, DbErr> {
    let mut people = BTreeSet::new();
    each_text(&mut detail, &mut |text| {
        if is_person(text) {
            people.insert(text.clone());
        }
    });
    // In order, since PostgreSQL ends one of two transactions that lock the same rows in different orders.
    let mut pseudonyms = HashMap::new();
    for person in people {
        let pseudonym = pseudonym(tx, now, &person, "").await?;
        pseudonyms.insert(person, pseudonym);
    }
    each_text(&mut detail, &mut |text| {
        if let Some(pseudonym) = pseudonyms.get(text) {
            text.clone_from(pseudonym);
        }
    });
    Ok(detail)
}

/// Calls `change` with every text within a JSON value.
pub(super) fn each_text(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(fields) => fields.values_mut().for_each(|field| each_text(field, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a row of the table holds the subject and the name that the pseudonym was made for.
pub(super) fn is_true(pseudonym: &str, salt: &str, subject: &str, name: &str) -> bool {
    blake3::Hash::from_hex(salt).is_ok_and(|salt| commitment(salt.as_bytes(), subject, name) == pseudonym)
}

fn commitment(salt: &[u8; 32], subject: &str, name: &str) -> String {
    let mut hasher = blake3::Hasher::new_keyed(salt);
    for text in [subject, name] {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    format!("{PREFIX}{}", &hasher.finalize().to_hex()[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_of_people_are_told_from_others() {
        for (text, person) in [
            ("user:default/jane", true),
            ("person:login.bank.example/4711", true),
            ("component:default/ledger", false),
            ("user:jane", false),
            ("user: a/b", false),
            ("location:7", false),
        ] {
            assert_eq!(is_person(text), person, "{text}");
        }
    }

    #[test]
    fn a_pseudonym_holds_for_one_name_under_one_salt() {
        let salt = [7; 32];
        let hex = blake3::Hash::from_bytes(salt).to_hex().to_string();
        let pseudonym = commitment(&salt, "user:default/jane", "Jane");
        assert!(is_pseudonym(&pseudonym) && !is_person(&pseudonym), "{pseudonym}");
        assert!(is_true(&pseudonym, &hex, "user:default/jane", "Jane"));
        assert!(!is_true(&pseudonym, &hex, "user:default/jan", "eJane"));
        assert!(!is_true(&pseudonym, &hex, "user:default/joe", "Jane"));
        assert!(!is_true(&pseudonym, "no hex", "user:default/jane", "Jane"));
        assert_ne!(pseudonym, commitment(&[8; 32], "user:default/jane", "Jane"));
    }
}

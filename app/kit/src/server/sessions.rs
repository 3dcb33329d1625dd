//! Who is signed in where: the rows of the sessions. Cookies are the server's affair.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::clock::Millis;
use super::db;
use crate::identity::Via;

/// A browser that somebody is signed in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The row, as in `Via::Session`.
    pub id: i64,
    /// Through which provider.
    pub provider: String,
    /// What the browser says it is.
    pub agent: String,
    /// Where it called from when it signed in.
    pub address: String,
    /// When it signed in.
    pub created_at: Millis,
    /// When it was last used, to half a minute.
    pub seen_at: Millis,
}

/// The most sessions of one person that are listed.
const LISTED: u64 = 50;

/// The sessions of `subject` that are alive at `now` and were used after `idle_since`, the last used first.
pub async fn of(
    connection: &impl ConnectionTrait,
    subject: &str,
    now: Millis,
    idle_since: Millis,
) -> Result<Vec<SessionRow>, DbErr> {
    let text = format!(
        "SELECT id, provider, agent, address, created_at, seen_at FROM session \
         WHERE subject = ? AND seen_at > ? AND expires_at > ? ORDER BY seen_at DESC, id DESC LIMIT {LISTED}"
    );
    let rows = db::rows(connection, &text, [subject.into(), idle_since.into(), now.into()]).await?;
    rows.iter().map(row).collect()
}

/// Ends a session of `subject`; says whether there was one.
pub async fn end(tx: &impl ConnectionTrait, subject: &str, id: i64) -> Result<bool, DbErr> {
    Ok(db::execute(tx, "DELETE FROM session WHERE id = ? AND subject = ?", [id.into(), subject.into()]).await? > 0)
}

/// Ends all sessions of `subject` but the one to keep; says how many there were.
pub async fn end_others(tx: &impl ConnectionTrait, subject: &str, keep: i64) -> Result<u64, DbErr> {
    db::execute(tx, "DELETE FROM session WHERE subject = ? AND id <> ?", [subject.into(), keep.into()]).await
}

/// Those of the ways in that are good at `now`: sessions that are alive and were used after `idle_since`, tokens that neither ended nor were revoked.
/// Whatever answers for longer than a request asks this every few seconds, and ends with the way in that it was opened through.
pub async fn still_good(
    connection: &impl ConnectionTrait,
    ways_in: &HashSet<Via>,
    now: Millis,
    idle_since: Millis,
) -> Result<HashSet<Via>, DbErr> {
    let (mut sessions, mut tokens) = (Vec::new(), Vec::new());
    for way_in in ways_in {
        match way_in {
            Via::Session(id) => sessions.push(*id),
            Via::Token(id) => tokens.push(*id),
        }
    }
    let mut good = HashSet::new();
    let session = "SELECT id FROM session WHERE expires_at > ? AND seen_at > ?";
    let token = "SELECT id FROM api_token WHERE expires_at > ? AND revoked_at IS NULL AND created_at > ?";
    for (is_session, text, since, ids) in [(true, session, idle_since, sessions), (false, token, Millis::MIN, tokens)] {
        for ids in ids.chunks(500) {
            let text = format!("{text} AND id IN ({})", db::marks(ids.len()));
            let values = [now.into(), since.into()].into_iter().chain(ids.iter().map(|id| (*id).into()));
            for row in db::rows(connection, &text, values).await? {
                let id = row.try_get("", "id")?;
                good.insert(if is_session { Via::Session(id) } else { Via::Token(id) });
            }
        }
    }
    Ok(good)
}

/// Ends all sessions of somebody by its name at a provider; gives whose they were, one a session.
pub async fn end_at(tx: &impl ConnectionTrait, provider: &str, provider_subject: &str) -> Result<Vec<String>, DbErr> {
    let text =
        "DELETE FROM session WHERE provider = ? AND provider_subject = ? AND subject IS NOT NULL RETURNING subject";
    let rows = db::rows(tx, text, [provider.into(), provider_subject.into()]).await?;
    rows.iter().map(|row| row.try_get("", "subject")).collect()
}

fn row(row: &QueryResult) -> Result<SessionRow, DbErr> {
    Ok(SessionRow {
        id: row.try_get("", "id")?,
        provider: row.try_get("", "provider")?,
        agent: row.try_get("", "agent")?,
        address: row.try_get("", "address")?,
        created_at: row.try_get("", "created_at")?,
        seen_at: row.try_get("", "seen_at")?,
    })
}

/// The browser and the system in words, from what it says of itself.
pub fn browser(agent: &str) -> String {
    let first =
        |words: &[(&str, &'static str)]| words.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, word)| *word);
    // Browsers name those that they descend from: the youngest comes first.
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "A browser that does not say what it is".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_in_words() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(browser(edge), "Edge on Windows");
        assert_eq!(
            browser("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"),
            "Firefox on Linux"
        );
        assert_eq!(browser(""), "A browser that does not say what it is");
    }
}

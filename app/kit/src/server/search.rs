//! Full text over what plugins put in: SQLite's FTS5 or PostgreSQL's tsvector behind one interface.
//!
//! Both sides of a comparison are cut into words here, by one rule, so that the two databases find the same things.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Value};
use tokio::sync::Mutex;

use super::clock::Millis;
use super::context::Kit;
use super::db;

/// The longest word kept; longer runs of letters are cut.
const WORD_CHARS: usize = 40;

/// The most words kept of one item.
const WORDS: usize = 400;

/// The most words of a query that count.
const QUERY_WORDS: usize = 8;

/// The most words by which something like a text is found.
const LIKE_WORDS: usize = 12;

/// The most documents that hold those words, so that finding the best of them takes no longer where there are many more.
const LIKE_DOCUMENTS: i64 = 4_000;

/// How long the vocabulary is used before it is read again, in milliseconds.
const VOCABULARY_AGE: Millis = 60_000;

/// The most words of the vocabulary, the most frequent first.
const VOCABULARY: u64 = 100_000;

/// Puts an item's text in, replacing what was there.
pub async fn put(tx: &impl ConnectionTrait, plugin: &str, item_id: i64, text: &str) -> Result<(), DbErr> {
    remove(tx, plugin, item_id).await?;
    let words = words(text).take(WORDS).collect::<Vec<_>>().join(" ");
    match tx.get_database_backend() {
        DatabaseBackend::Postgres => {
            let insert = "INSERT INTO search_document (plugin, item_id, words) VALUES (?, ?, to_tsvector('simple', ?))";
            db::execute(tx, insert, [plugin.into(), item_id.into(), words.into()]).await?;
        }
        _ => {
            let insert = "INSERT INTO search_document (plugin, item_id) VALUES (?, ?) RETURNING id";
            let row = tx.query_one_raw(db::sql(tx, insert, [plugin.into(), item_id.into()])).await?;
            let id: i64 =
                row.ok_or_else(|| DbErr::RecordNotFound("the new search document".into()))?.try_get("", "id")?;
            db::execute(tx, "INSERT INTO search_words (rowid, words) VALUES (?, ?)", [id.into(), words.into()]).await?;
        }
    }
    Ok(())
}

/// Takes an item out.
pub async fn remove(tx: &impl ConnectionTrait, plugin: &str, item_id: i64) -> Result<(), DbErr> {
    if tx.get_database_backend() != DatabaseBackend::Postgres {
        let delete =
            "DELETE FROM search_words WHERE rowid IN (SELECT id FROM search_document WHERE plugin = ? AND item_id = ?)";
        db::execute(tx, delete, [plugin.into(), item_id.into()]).await?;
    }
    db::execute(tx, "DELETE FROM search_document WHERE plugin = ? AND item_id = ?", [plugin.into(), item_id.into()])
        .await?;
    Ok(())
}

/// A subquery (SQL with `?` and its values) of the `item_id`s of `plugin` that hold every word of `query`, each as the
/// beginning of a word; `None` when the query holds no word at all.
pub fn matching(backend: DatabaseBackend, plugin: &str, query: &str) -> Option<(String, Vec<Value>)> {
    let words = asked(query);
    if words.is_empty() {
        return None;
    }
    Some(match backend {
        DatabaseBackend::Postgres => {
            let query = words.iter().map(|word| format!("{word}:*")).collect::<Vec<_>>().join(" & ");
            let sql = "SELECT item_id FROM search_document WHERE plugin = ? AND words @@ to_tsquery('simple', ?)";
            (sql.into(), vec![plugin.into(), query.into()])
        }
        _ => {
            let query = words.iter().map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" ");
            let sql = "SELECT d.item_id FROM search_words w CROSS JOIN search_document d ON d.id = w.rowid WHERE w.words MATCH ? AND d.plugin = ?";
            (sql.into(), vec![query.into(), plugin.into()])
        }
    })
}

/// A subquery (SQL with `?` and its values) of the `item_id`s of `plugin` that hold some of these words, with the `score` by which the best is the
/// largest. Bounded where the words are rare, as [`Vocabulary::rarest`] gives them.
pub fn like(backend: DatabaseBackend, plugin: &str, words: &[String]) -> (String, Vec<Value>) {
    match backend {
        DatabaseBackend::Postgres => {
            let query = words.join(" | ");
            let sql = "SELECT d.item_id, ts_rank(d.words, q.q, 1) AS score FROM search_document d, to_tsquery('simple', ?) AS q(q) \
                       WHERE d.plugin = ? AND d.words @@ q.q";
            (sql.into(), vec![query.into(), plugin.into()])
        }
        _ => {
            let query = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ");
            let sql = "SELECT d.item_id, -bm25(search_words) AS score FROM search_words CROSS JOIN search_document d ON d.id = search_words.rowid \
                       WHERE search_words MATCH ? AND d.plugin = ?";
            (sql.into(), vec![query.into(), plugin.into()])
        }
    }
}

/// The words that documents hold with how many hold each, as they were a short while ago.
#[derive(Debug, Default)]
pub struct Vocabulary {
    read: Mutex<Option<(Millis, Arc<Words>)>>,
}

type Words = Vec<(String, i64)>;

impl Vocabulary {
    /// The query with each unknown word replaced by the most frequent of the nearest known ones; `None` when nothing is near or
    /// nothing needed it. A known word is one that begins some word of a document, as in [`matching`].
    pub async fn corrected(&self, kit: &Kit, query: &str) -> Result<Option<String>, DbErr> {
        let known = self.words(kit).await?;
        let asked = asked(query);
        let corrected = tokio::task::spawn_blocking(move || {
            let nearest = asked.iter().map(|word| nearest(&known, word)).collect::<Option<Vec<_>>>()?;
            (nearest != asked).then(|| nearest.join(" "))
        });
        Ok(corrected.await.unwrap_or_default())
    }

    /// The words nearest to one that was typed, at most `most`, the nearest first and those of equal distance by the alphabet. Some may
    /// stand only in what a caller may not see: whoever tells one must have found it for the caller first.
    pub async fn near(&self, kit: &Kit, word: &str, most: usize) -> Result<Vec<String>, DbErr> {
        let known = self.words(kit).await?;
        let word = word.to_owned();
        let near = tokio::task::spawn_blocking(move || {
            let mut near: Vec<(usize, &String)> = within_reach(&known, &word).collect();
            near.sort();
            near.into_iter().map(|(_, other)| other.clone()).take(most).collect()
        });
        Ok(near.await.unwrap_or_default())
    }

    /// The words of a text that tell most about it: those that documents hold, the rarest first, as many as together few documents hold.
    pub async fn rarest(&self, kit: &Kit, text: &str) -> Result<Vec<String>, DbErr> {
        let known = self.words(kit).await?;
        let mut asked: Vec<String> = words(text).filter(|word| word.chars().count() > 2).take(WORDS).collect();
        asked.sort_unstable();
        asked.dedup();
        let found = tokio::task::spawn_blocking(move || {
            let mut held: Vec<(i64, String)> = known
                .iter()
                .filter(|(word, _)| asked.binary_search(word).is_ok())
                .map(|(word, count)| (*count, word.clone()))
                .collect();
            held.sort_unstable();
            let mut sum = 0;
            let few = held.into_iter().enumerate().take_while(|(place, (count, _))| {
                sum += count;
                // One word is looked for in any case, however common it is.
                *place == 0 || sum <= LIKE_DOCUMENTS
            });
            few.map(|(_, (_, word))| word).take(LIKE_WORDS).collect()
        });
        Ok(found.await.unwrap_or_default())
    }

    async fn words(&self, kit: &Kit) -> Result<Arc<Words>, DbErr> {
        let mut read = self.read.lock().await;
        let now = kit.clock.now();
        if let Some((at, words)) = read.as_ref()
            && now - at < VOCABULARY_AGE
        {
            return Ok(words.clone());
        }
        let db = kit.db.read();
        let text = match db.get_database_backend() {
            DatabaseBackend::Postgres => {
                "SELECT word, ndoc::bigint AS n FROM ts_stat('SELECT words FROM search_document') ORDER BY n DESC LIMIT ?"
            }
            _ => "SELECT term AS word, doc AS n FROM search_vocabulary ORDER BY n DESC LIMIT ?",
        };
        let rows = db::rows(db, text, [VOCABULARY.into()]).await?;
        let words: Words = rows
            .iter()
            .map(|row| Ok((row.try_get("", "word")?, row.try_get("", "n")?)))
            .collect::<Result<_, DbErr>>()?;
        let words = Arc::new(words);
        *read = Some((now, words.clone()));
        Ok(words)
    }
}

/// The word itself when it is known, or the nearest that is.
fn nearest(known: &Words, word: &str) -> Option<String> {
    if known.iter().any(|(other, _)| other.starts_with(word)) {
        return Some(word.to_owned());
    }
    // The vocabulary is ordered by frequency, and the first of equals is taken.
    within_reach(known, word).min_by_key(|(distance, _)| *distance).map(|(_, other)| other.clone())
}

/// The known words that are few slips away, with how many: one in a short word, two in a long one.
fn within_reach<'a>(known: &'a Words, word: &'a str) -> impl Iterator<Item = (usize, &'a String)> {
    let length = word.chars().count();
    let slips = match length {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    known.iter().filter_map(move |(other, _)| {
        // What was typed may be the beginning of a longer word.
        let begun: String = other.chars().take(length).collect();
        let distance = strsim::osa_distance(word, other).min(strsim::osa_distance(word, &begun));
        (distance <= slips).then_some((distance, other))
    })
}

/// The words of a query that count.
pub fn asked(query: &str) -> Vec<String> {
    words(query).take(QUERY_WORDS).collect()
}

/// The words of a text: runs of letters and digits, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(|word| {
        word.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).take(WORD_CHARS).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_word_is_the_one_with_fewest_slips_then_the_most_frequent() {
        let known: Words = ["payment", "payments", "payout", "ledger"].map(|word| (word.to_owned(), 1)).to_vec();
        let cases = [
            ("paymnt", Some("payment")),
            ("apyment", Some("payment")),
            ("leger", Some("ledger")),
            ("paymetns", Some("payments")),
            ("pay", Some("pay")),
            ("led", Some("led")),
            ("lef", None),
            ("mortgage", None),
        ];
        for (typed, meant) in cases {
            assert_eq!(nearest(&known, typed).as_deref(), meant, "{typed}");
        }
    }

    #[test]
    fn words_are_cut_at_anything_that_is_no_letter_or_digit() {
        assert_eq!(words("Payments-Gateway v2 (ÄRGER)").collect::<Vec<_>>(), ["payments", "gateway", "v2", "ärger"]);
        assert!(matching(DatabaseBackend::Sqlite, "catalog", " -\"'*% ").is_none());
    }
}

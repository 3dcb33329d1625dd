//! Full text over what plugins put in: SQLite's FTS5 or PostgreSQL's tsvector behind one interface.
//!
//! Both sides of a comparison are cut into words here, by one rule, so that the two databases find the same things.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Value};

use super::db;

/// The longest word kept; longer runs of letters are cut.
const WORD_CHARS: usize = 40;

/// The most words kept of one item.
const WORDS: usize = 400;

/// The most words of a query that count.
const QUERY_WORDS: usize = 8;

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
    let words: Vec<String> = words(query).take(QUERY_WORDS).collect();
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
    fn words_are_cut_at_anything_that_is_no_letter_or_digit() {
        assert_eq!(words("Payments-Gateway v2 (ÄRGER)").collect::<Vec<_>>(), ["payments", "gateway", "v2", "ärger"]);
        assert!(matching(DatabaseBackend::Sqlite, "catalog", " -\"'*% ").is_none());
    }
}

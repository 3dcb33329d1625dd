//! Conditions on entities, and pages of a list in the order of an index.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::error::AppError;
use kit::server::{db, search};
use sea_orm::{DatabaseBackend, DbErr, QueryResult, Value as Sql};
use serde::{Deserialize, Serialize};

use super::reader::Reader;
use super::rest::relation_name;

/// Conditions that an entity (`e`) must all meet; [`on`](Self::on) gives them together with what the caller may see, and nothing else gives them.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    parts: Vec<Part>,
    values: Vec<Sql>,
}

/// A condition in two forms with the same values.
#[derive(Debug, Clone)]
struct Part {
    usual: String,
    /// For the few entities that another condition finds: SQLite, which knows nothing of how values are spread, asks it of each of them.
    asked: String,
}

impl Conditions {
    /// Adds a condition with its values.
    pub fn add(&mut self, text: impl Into<String>, values: impl IntoIterator<Item = Sql>) {
        let usual = text.into();
        self.add_part(Part { asked: usual.clone(), usual }, values);
    }

    fn add_part(&mut self, part: Part, values: impl IntoIterator<Item = Sql>) {
        self.parts.push(part);
        self.values.extend(values);
    }

    /// `column` has one of `values`.
    pub fn column(&mut self, column: &str, values: &[String]) {
        let usual = match values {
            [_] => format!("e.{column} = ?"),
            _ => format!("e.{column} IN ({})", db::marks(values.len())),
        };
        let part = Part { asked: format!("+{usual}"), usual };
        self.add_part(part, values.iter().map(|value| value.as_str().into()));
    }

    /// The field `key` has one of `values`; with no values: it is there.
    pub fn field(&mut self, key: &str, values: &[String]) {
        let among = match values {
            [] => String::new(),
            _ => format!(" AND f.facet_value IN ({})", db::marks(values.len())),
        };
        let part = Part {
            usual: format!("e.id IN (SELECT f.entity_id FROM catalog_facet f WHERE f.facet_key = ?{among})"),
            // The index begins with key and value: without a value it leads to no entity.
            asked: match values {
                [] => "e.id IN (SELECT f.entity_id FROM catalog_facet f WHERE f.facet_key = ?)".into(),
                _ => format!(
                    "EXISTS (SELECT 1 FROM catalog_facet f WHERE f.facet_key = ?{among} AND f.entity_id = e.id)"
                ),
            },
        };
        self.add_part(part, std::iter::once(key.into()).chain(values.iter().map(|value| value.as_str().into())));
    }

    /// A relation of type `relation` that the caller may be told of leads from the entity to one of `targets`; with no targets: to anything.
    pub fn relation(&mut self, reader: &Reader, relation: &str, targets: &[String]) {
        let (told, told_values) = reader.told("r");
        if targets.is_empty() {
            let text = format!(
                "EXISTS (SELECT 1 FROM catalog_relation r WHERE r.source_ref = e.ref AND r.type = ? AND {told})"
            );
            return self.add(text, std::iter::once(relation.into()).chain(told_values));
        }
        let text = format!(
            "e.ref IN (SELECT r.source_ref FROM catalog_relation r WHERE r.type = ? AND r.target_ref IN ({}) AND {told})",
            db::marks(targets.len())
        );
        let values = std::iter::once(relation.into()).chain(targets.iter().map(|target| target.as_str().into()));
        self.add(text, values.chain(told_values));
    }

    /// The field `key` is not there, or no relation of this type that the caller may be told of.
    pub fn absent(&mut self, reader: &Reader, key: &str) {
        match key.strip_prefix("relations.") {
            Some(relation) => {
                let (told, values) = reader.told("r");
                let text = format!(
                    "NOT EXISTS (SELECT 1 FROM catalog_relation r WHERE r.source_ref = e.ref AND r.type = ? AND {told})"
                );
                self.add(text, std::iter::once(relation_name(relation).into()).chain(values));
            }
            None => self.add(
                "NOT EXISTS (SELECT 1 FROM catalog_facet f WHERE f.entity_id = e.id AND f.facet_key = ?)",
                [key.into()],
            ),
        }
    }

    /// Every word of `text` is found in the entity; no condition where it holds no word.
    pub fn text(&mut self, backend: DatabaseBackend, text: &str) {
        if let Some((subquery, values)) = search::matching(backend, "catalog", text) {
            self.add(format!("e.id IN ({subquery})"), values);
        }
    }

    /// The name begins with `text`.
    pub fn name_begins(&mut self, text: &str) {
        let from = text.trim().to_lowercase();
        // No name holds the last of all characters.
        let to = format!("{from}\u{10ffff}");
        self.add("e.sort_name >= ? AND e.sort_name < ?", [from.into(), to.into()]);
    }

    /// At least one of `alternatives` is met.
    pub fn any(&mut self, alternatives: Vec<Conditions>) {
        if alternatives.is_empty() {
            return;
        }
        let joined = |form: fn(&Part) -> &str| {
            let each =
                |each: &Conditions| format!("({})", each.parts.iter().map(form).collect::<Vec<_>>().join(" AND "));
            format!("({})", alternatives.iter().map(each).collect::<Vec<_>>().join(" OR "))
        };
        let part = Part { usual: joined(|part| &part.usual), asked: joined(|part| &part.asked) };
        self.add_part(part, alternatives.into_iter().flat_map(|each| each.values));
    }

    /// Whether everything meets them.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What follows `WHERE` and its values: that the caller may see the entity, and that it meets these conditions.
    pub fn on(&self, reader: &Reader) -> (String, Vec<Sql>) {
        let (visible, mut values) = reader.visible();
        values.extend(self.values.iter().cloned());
        let form = |part: &Part| if reader.finds_first() { part.asked.clone() } else { part.usual.clone() };
        (std::iter::once(visible).chain(self.parts.iter().map(form)).collect::<Vec<_>>().join(" AND "), values)
    }
}

/// The order of a list: by a column of the entity, then by its row number.
#[derive(Debug, Clone)]
pub struct Order {
    /// A column that an index begins with.
    pub column: &'static str,
    /// Whether it is reversed.
    pub descending: bool,
}

/// Where a page begins: just after or just before a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The row's value of the order's column.
    pub value: serde_json::Value,
    /// The row's number.
    pub id: i64,
    /// Whether the page ends there instead.
    #[serde(default)]
    pub back: bool,
}

/// A page of rows with the way to its neighbours.
#[derive(Debug)]
pub struct Rows {
    /// In order.
    pub rows: Vec<QueryResult>,
    /// To the page before.
    pub previous: Option<Cursor>,
    /// To the page after.
    pub next: Option<Cursor>,
}

/// Reads `limit` rows of `columns` (which hold `e.id`) from where `cursor` points, of those that the caller may see.
pub async fn page(
    reader: &Reader,
    columns: &str,
    conditions: &Conditions,
    order: &Order,
    cursor: Option<&Cursor>,
    limit: u64,
) -> Result<Rows, DbErr> {
    let mut conditions = conditions.clone();
    let back = cursor.is_some_and(|cursor| cursor.back);
    let descending = order.descending != back;
    if let Some(cursor) = cursor {
        let sign = if descending { "<" } else { ">" };
        // By the type of the column, whatever a damaged cursor says.
        let value: Sql = match order.column {
            "changed_at" => cursor.value.as_i64().unwrap_or_default().into(),
            _ => cursor.value.as_str().unwrap_or_default().into(),
        };
        conditions.add(format!("(e.{}, e.id) {sign} (?, ?)", order.column), [value, cursor.id.into()]);
    }
    let direction = if descending { "DESC" } else { "ASC" };
    let (asked, values) = conditions.on(reader);
    let text = format!(
        "SELECT {columns}, e.{column} AS order_value FROM catalog_entity e WHERE {asked} ORDER BY e.{column} {direction}, e.id {direction} LIMIT {}",
        limit + 1,
        column = order.column,
    );
    let mut rows = db::rows(reader.db(), &text, values).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(limit as usize);
    if back {
        rows.reverse();
    }
    let at = |row: Option<&QueryResult>, back: bool| -> Result<Option<Cursor>, DbErr> {
        let Some(row) = row else { return Ok(None) };
        let value = match row.try_get::<String>("", "order_value") {
            Ok(text) => text.into(),
            Err(_) => row.try_get::<i64>("", "order_value")?.into(),
        };
        Ok(Some(Cursor { value, id: row.try_get("", "id")?, back }))
    };
    let (has_previous, has_next) = if back { (more, true) } else { (cursor.is_some(), more) };
    let previous = if has_previous { at(rows.first(), true)? } else { None };
    let next = if has_next { at(rows.last(), false)? } else { None };
    Ok(Rows { rows, previous, next })
}

/// Something as an opaque text that fits into a URL.
pub fn encode(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

/// The opposite of [`encode`].
pub fn decode<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, AppError> {
    let bad =
        || AppError::bad_request("The address of this page is damaged: its page or cursor parameter cannot be read");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?).map_err(|_| bad())
}

//! What a file brings, written: every function here works inside the transaction that it is given.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use descriptor::EntityRef;
use kit::server::clock::Millis;
use kit::server::{db, search};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value as Sql};
use serde_json::Value;
use uuid::Uuid;

use super::digest::{Digest, NewEntity, NewProblem, failure_hash};

/// The namespace of entity uids: they follow from the ref, so a catalog that is built again has the same ones.
const UIDS: Uuid = Uuid::from_u128(0x5c1f_9b6e_44c7_4a0e_9a30_0f2c_7d1b_e8a4);

/// The longest value of a field that can be filtered by, in bytes.
const MAX_FACET: usize = 200;

/// The most facet values of one entity.
const MAX_FACETS: usize = 500;

/// The most rows of one insert: SQLite allows 32,766 values a statement.
const ROWS: usize = 500;

/// The most problems kept of one file.
const MAX_PROBLEMS: usize = 1_000;

/// A file as it was read before.
pub struct KnownFile {
    /// See [`Digest::hash`].
    pub hash: String,
    /// JSON of [`Digest::inputs`].
    pub inputs: String,
    /// JSON of [`Digest::targets`].
    pub targets: String,
}

/// The files of a location among `paths` that were read before.
pub async fn known_files(
    connection: &impl ConnectionTrait,
    location_id: i64,
    paths: &[String],
) -> Result<HashMap<String, KnownFile>, DbErr> {
    if paths.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT path, hash, inputs, targets FROM catalog_file WHERE location_id = ? AND path IN ({})",
        db::marks(paths.len())
    );
    let values = std::iter::once(Sql::from(location_id)).chain(paths.iter().map(|path| path.as_str().into()));
    let mut known = HashMap::new();
    for row in db::rows(connection, &text, values).await? {
        let file = KnownFile {
            hash: row.try_get("", "hash")?,
            inputs: row.try_get("", "inputs")?,
            targets: row.try_get("", "targets")?,
        };
        known.insert(row.try_get("", "path")?, file);
    }
    Ok(known)
}

/// Changes of one transaction that are written once at its end.
#[derive(Default)]
pub struct Pending {
    /// Totals to add, in the order of their key, so that two instances never wait for each other in a circle.
    counts: BTreeMap<(String, &'static str, String), i64>,
    /// How the values are written.
    labels: HashMap<(&'static str, String), String>,
    /// Files to read again, because a ref that they also claim has become free: location and path.
    pub again: BTreeSet<(i64, String)>,
    /// Whether anything was changed.
    pub changed: bool,
}

/// Writes what a file brings in place of what it brought before.
pub async fn apply(
    tx: &DatabaseTransaction,
    now: Millis,
    location_id: i64,
    file: &Digest,
    pending: &mut Pending,
) -> Result<(), DbErr> {
    pending.changed = true;
    let file_id = put_file(tx, location_id, file).await?;
    db::execute(tx, "DELETE FROM catalog_problem WHERE file_id = ?", [file_id.into()]).await?;
    let mut problems: Vec<NewProblem> = file.problems.iter().take(MAX_PROBLEMS).cloned().collect();
    let before = owned_by_file(tx, file_id).await?;
    let mut rows = by_ref(tx, &file.entities).await?;
    // The refs that this file has, with the line where each begins.
    let mut claimed = BTreeMap::new();
    for entity in &file.entities {
        let entity_ref = entity.entity_ref.to_string();
        if let Some(line) = claimed.get(&entity_ref) {
            problems.push(duplicate(file, entity, &format!("{}:{line}", file.path)));
            continue;
        }
        match rows.remove(&entity_ref) {
            None => insert(tx, now, location_id, file_id, file, entity, pending).await?,
            Some(row) if row.file_id == Some(file_id) || row.file_id.is_none() => {
                update(tx, now, location_id, file_id, file, entity, &row, pending).await?;
                if row.line != i64::from(entity.line) {
                    name_winner(tx, file, entity).await?;
                }
            }
            Some(row) if (location_id, file.path.as_str()) < (row.location_id, row.path.as_str()) => {
                let lost = lost(&row, file, entity);
                insert_problems(tx, row.location_id, row.file_id, &[lost]).await?;
                update(tx, now, location_id, file_id, file, entity, &row, pending).await?;
                name_winner(tx, file, entity).await?;
            }
            Some(row) => {
                problems.push(duplicate(file, entity, &format!("{}:{}", row.path, row.line)));
                // A later document of this file may claim it, too.
                rows.insert(entity_ref, row);
                continue;
            }
        }
        claimed.insert(entity_ref, entity.line);
    }
    for (entity_id, entity_ref) in before {
        if !claimed.contains_key(&entity_ref) {
            orphan(tx, now, entity_id, &entity_ref, pending).await?;
        }
    }
    insert_problems(tx, location_id, Some(file_id), &problems).await
}

/// Notes that a file could not be read this time; what it brought stays.
pub async fn apply_unreadable(
    tx: &DatabaseTransaction,
    location_id: i64,
    path: &str,
    problem: &NewProblem,
) -> Result<(), DbErr> {
    let text = "INSERT INTO catalog_file (location_id, path, hash, inputs, targets) VALUES (?, ?, ?, '[]', '[]') \
                ON CONFLICT (location_id, path) DO UPDATE SET hash = excluded.hash RETURNING id";
    let values = [location_id.into(), path.into(), failure_hash(problem).into()];
    let file_id: i64 = one(tx, text, values).await?.try_get("", "id")?;
    db::execute(tx, "DELETE FROM catalog_problem WHERE file_id = ?", [file_id.into()]).await?;
    insert_problems(tx, location_id, Some(file_id), std::slice::from_ref(problem)).await
}

/// Takes out a file that is gone; its entities become orphans.
pub async fn remove_file(
    tx: &DatabaseTransaction,
    now: Millis,
    file_id: i64,
    pending: &mut Pending,
) -> Result<(), DbErr> {
    pending.changed = true;
    for (entity_id, entity_ref) in owned_by_file(tx, file_id).await? {
        orphan(tx, now, entity_id, &entity_ref, pending).await?;
    }
    db::execute(tx, "DELETE FROM catalog_problem WHERE file_id = ?", [file_id.into()]).await?;
    db::execute(tx, "DELETE FROM catalog_file WHERE id = ?", [file_id.into()]).await?;
    Ok(())
}

/// Writes what was gathered; the last step before the commit.
pub async fn flush(tx: &DatabaseTransaction, pending: &mut Pending) -> Result<(), DbErr> {
    for ((kind, key, value), delta) in std::mem::take(&mut pending.counts) {
        if delta != 0 {
            let text = "INSERT INTO catalog_count (kind, facet_key, facet_value, entities, label) VALUES (?, ?, ?, ?, ?) \
                        ON CONFLICT (kind, facet_key, facet_value) DO UPDATE SET entities = catalog_count.entities + excluded.entities";
            let label = pending.labels.get(&(key, value.clone())).cloned().unwrap_or_else(|| value.clone());
            db::execute(tx, text, [kind.into(), key.into(), value.into(), delta.into(), label.into()]).await?;
        }
    }
    Ok(())
}

async fn put_file(tx: &DatabaseTransaction, location_id: i64, file: &Digest) -> Result<i64, DbErr> {
    let text = "INSERT INTO catalog_file (location_id, path, hash, inputs, targets) VALUES (?, ?, ?, ?, ?) \
                ON CONFLICT (location_id, path) DO UPDATE SET hash = excluded.hash, inputs = excluded.inputs, targets = excluded.targets \
                RETURNING id";
    let values = [
        location_id.into(),
        file.path.as_str().into(),
        file.hash.as_str().into(),
        json(&file.inputs).into(),
        json(&file.targets).into(),
    ];
    one(tx, text, values).await?.try_get("", "id")
}

/// The place of a document in the order of claims, and what the database holds for its ref.
struct EntityRow {
    id: i64,
    location_id: i64,
    file_id: Option<i64>,
    path: String,
    doc: i64,
    line: i64,
    etag: String,
    entity_ref: String,
    orphan: bool,
}

impl EntityRow {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get("", "id")?,
            location_id: row.try_get("", "location_id")?,
            file_id: row.try_get("", "file_id")?,
            path: row.try_get("", "path")?,
            doc: row.try_get("", "doc")?,
            line: row.try_get("", "line")?,
            etag: row.try_get("", "etag")?,
            entity_ref: row.try_get("", "ref")?,
            orphan: row.try_get("", "orphan")?,
        })
    }
}

async fn by_ref(tx: &DatabaseTransaction, entities: &[NewEntity]) -> Result<HashMap<String, EntityRow>, DbErr> {
    let mut found = HashMap::new();
    for chunk in entities.chunks(ROWS) {
        let text = format!(
            "SELECT id, location_id, file_id, path, doc, line, etag, ref, orphan FROM catalog_entity WHERE ref IN ({})",
            db::marks(chunk.len())
        );
        for row in db::rows(tx, &text, chunk.iter().map(|entity| entity.entity_ref.to_string().into())).await? {
            let row = EntityRow::read(&row)?;
            found.insert(row.entity_ref.clone(), row);
        }
    }
    Ok(found)
}

async fn owned_by_file(tx: &DatabaseTransaction, file_id: i64) -> Result<Vec<(i64, String)>, DbErr> {
    let rows =
        db::rows(tx, "SELECT id, ref FROM catalog_entity WHERE file_id = ? ORDER BY ref", [file_id.into()]).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "ref")?))).collect()
}

async fn insert(
    tx: &DatabaseTransaction,
    now: Millis,
    location_id: i64,
    file_id: i64,
    file: &Digest,
    entity: &NewEntity,
    pending: &mut Pending,
) -> Result<(), DbErr> {
    let columns = Columns::of(&entity.entity_ref, &entity.value);
    let entity_ref = entity.entity_ref.to_string();
    let body = entity.value.to_string();
    let text = "INSERT INTO catalog_entity (ref, uid, kind, kind_name, namespace, name, sort_name, title, description, type, lifecycle, owner, system, \
                location_id, file_id, path, doc, line, entity, source, etag, orphan, created_at, changed_at) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?) RETURNING id";
    let mut values: Vec<Sql> =
        vec![entity_ref.as_str().into(), Uuid::new_v5(&UIDS, entity_ref.as_bytes()).to_string().into()];
    values.extend(columns.values());
    values.extend([
        location_id.into(),
        file_id.into(),
        file.path.as_str().into(),
        i64::from(entity.doc).into(),
        i64::from(entity.line).into(),
    ]);
    values.extend([body.as_str().into(), entity.source.as_str().into(), etag(&body).into(), now.into(), now.into()]);
    let id: i64 = one(tx, text, values).await?.try_get("", "id")?;
    insert_lookups(tx, id, &entity_ref, &columns, &entity.value, pending).await
}

#[expect(clippy::too_many_arguments, reason = "the parts of one row, used once")]
async fn update(
    tx: &DatabaseTransaction,
    now: Millis,
    location_id: i64,
    file_id: i64,
    file: &Digest,
    entity: &NewEntity,
    row: &EntityRow,
    pending: &mut Pending,
) -> Result<(), DbErr> {
    let body = entity.value.to_string();
    let etag = etag(&body);
    let place = [
        location_id.into(),
        file_id.into(),
        file.path.as_str().into(),
        i64::from(entity.doc).into(),
        i64::from(entity.line).into(),
    ];
    if row.etag == etag && !row.orphan {
        let moved =
            row.file_id != Some(file_id) || row.doc != i64::from(entity.doc) || row.line != i64::from(entity.line);
        let text = "UPDATE catalog_entity SET location_id = ?, file_id = ?, path = ?, doc = ?, line = ?, source = ? WHERE id = ?";
        let values = place.into_iter().chain([entity.source.as_str().into(), row.id.into()]);
        db::execute(tx, text, values).await?;
        pending.changed |= moved;
        return Ok(());
    }
    let columns = Columns::of(&entity.entity_ref, &entity.value);
    remove_lookups(tx, row.id, pending).await?;
    let text = "UPDATE catalog_entity SET kind = ?, kind_name = ?, namespace = ?, name = ?, sort_name = ?, title = ?, description = ?, type = ?, lifecycle = ?, \
                owner = ?, system = ?, location_id = ?, file_id = ?, path = ?, doc = ?, line = ?, entity = ?, source = ?, etag = ?, \
                orphan = FALSE, changed_at = ? WHERE id = ?";
    let mut values: Vec<Sql> = columns.values();
    values.extend(place);
    values.extend([body.as_str().into(), entity.source.as_str().into(), etag.into(), now.into(), row.id.into()]);
    db::execute(tx, text, values).await?;
    insert_lookups(tx, row.id, &row.entity_ref, &columns, &entity.value, pending).await
}

/// Marks an entity that no document brings any more, and has the files that also claim its ref read again.
async fn orphan(
    tx: &DatabaseTransaction,
    now: Millis,
    id: i64,
    entity_ref: &str,
    pending: &mut Pending,
) -> Result<(), DbErr> {
    let text = "UPDATE catalog_entity SET file_id = NULL, orphan = TRUE, changed_at = ? WHERE id = ? RETURNING kind";
    let kind: String = one(tx, text, [now.into(), id.into()]).await?.try_get("", "kind")?;
    pending.count(&kind, "orphan", "true", 1);
    let orphan = "INSERT INTO catalog_facet (entity_id, facet_key, facet_value) VALUES (?, 'orphan', 'true')";
    db::execute(tx, orphan, [id.into()]).await?;
    let text = "SELECT p.location_id, f.path FROM catalog_problem p JOIN catalog_file f ON f.id = p.file_id WHERE p.ref = ? AND p.code = 'duplicate'";
    for row in db::rows(tx, text, [entity_ref.into()]).await? {
        pending.again.insert((row.try_get("", "location_id")?, row.try_get("", "path")?));
    }
    for (location_id, path) in &pending.again {
        db::execute(
            tx,
            "UPDATE catalog_file SET hash = '' WHERE location_id = ? AND path = ?",
            [(*location_id).into(), path.as_str().into()],
        )
        .await?;
    }
    Ok(())
}

/// The values that have a column of their own: lower case where they are compared without case, '' where missing.
struct Columns {
    kind: String,
    /// As it was written.
    kind_name: String,
    namespace: String,
    name: String,
    title: String,
    description: String,
    type_name: String,
    lifecycle: String,
    owner: String,
    system: String,
    tags: Vec<String>,
    labels: Vec<(&'static str, String)>,
}

impl Columns {
    fn of(entity_ref: &EntityRef, value: &Value) -> Self {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let reference = |pointer: &str, kind: &str| {
            let parsed = EntityRef::parse(text(pointer), Some(kind), &entity_ref.namespace);
            parsed.map(|parsed| parsed.to_string()).unwrap_or_default()
        };
        let tags = value.pointer("/metadata/tags").and_then(Value::as_array).into_iter().flatten();
        let mut tags: Vec<String> = tags.filter_map(Value::as_str).map(str::to_lowercase).collect();
        tags.sort();
        tags.dedup();
        Self {
            kind: text("/kind").to_lowercase(),
            kind_name: text("/kind").to_owned(),
            namespace: value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default").to_lowercase(),
            name: text("/metadata/name").to_owned(),
            title: match text("/metadata/title") {
                "" => text("/spec/profile/displayName"),
                title => title,
            }
            .to_owned(),
            description: text("/metadata/description").split_whitespace().collect::<Vec<_>>().join(" "),
            type_name: text("/spec/type").to_lowercase(),
            lifecycle: text("/spec/lifecycle").to_lowercase(),
            owner: reference("/spec/owner", "group"),
            system: reference("/spec/system", "system"),
            tags,
            labels: vec![
                ("kind", text("/kind").to_owned()),
                ("spec.type", text("/spec/type").to_owned()),
                ("spec.lifecycle", text("/spec/lifecycle").to_owned()),
            ],
        }
    }

    fn values(&self) -> Vec<Sql> {
        let description: String = self.description.chars().take(300).collect();
        vec![
            self.kind.as_str().into(),
            self.kind_name.as_str().into(),
            self.namespace.as_str().into(),
            self.name.as_str().into(),
            self.name.to_lowercase().into(),
            self.title.as_str().into(),
            description.into(),
            self.type_name.as_str().into(),
            self.lifecycle.as_str().into(),
            self.owner.as_str().into(),
            self.system.as_str().into(),
        ]
    }

    fn counted(&self) -> Vec<(&'static str, &str)> {
        let mut counted: Vec<(&'static str, &str)> = vec![
            ("kind", &self.kind),
            ("metadata.namespace", &self.namespace),
            ("spec.type", &self.type_name),
            ("spec.lifecycle", &self.lifecycle),
            ("spec.owner", &self.owner),
            ("spec.system", &self.system),
        ];
        counted.retain(|(_, value)| !value.is_empty());
        counted.extend(self.tags.iter().map(|tag| ("metadata.tags", tag.as_str())));
        counted
    }

    fn search_text(&self) -> String {
        let owner = self.owner.rsplit('/').next().unwrap_or_default();
        // Kind and namespace too, so that a ref that somebody pastes is found.
        [
            &self.name,
            &self.title,
            &self.kind,
            &self.namespace,
            &self.type_name,
            &self.tags.join(" "),
            owner,
            &self.description,
        ]
        .map(|part: &str| part.to_owned())
        .join(" ")
    }
}

impl Pending {
    fn count(&mut self, kind: &str, key: &'static str, value: &str, delta: i64) {
        for kind in ["", kind] {
            *self.counts.entry((kind.to_owned(), key, value.to_owned())).or_default() += delta;
        }
    }
}

async fn insert_lookups(
    tx: &DatabaseTransaction,
    id: i64,
    entity_ref: &str,
    columns: &Columns,
    value: &Value,
    pending: &mut Pending,
) -> Result<(), DbErr> {
    for (key, value) in columns.counted() {
        pending.count(&columns.kind, key, value, 1);
    }
    for (key, label) in &columns.labels {
        pending.labels.insert((key, label.to_lowercase()), label.clone());
    }
    let mut facets = BTreeSet::new();
    gather_facets("", value, &mut facets);
    // References are found by their canonical form, however short they were written.
    for (key, canonical) in [("spec.owner", &columns.owner), ("spec.system", &columns.system)] {
        if !canonical.is_empty() {
            facets.insert((key.to_owned(), canonical.clone()));
        }
    }
    facets.insert(("metadata.namespace".into(), columns.namespace.clone()));
    let facets: Vec<_> = facets.into_iter().take(MAX_FACETS).collect();
    let row = |(key, value): &(String, String)| [Sql::from(id), key.as_str().into(), value.as_str().into()];
    insert_many(tx, "INSERT INTO catalog_facet (entity_id, facet_key, facet_value)", 3, facets.iter().map(row)).await?;
    let mut relations = BTreeSet::new();
    for relation in descriptor::relations(value) {
        let target = relation.target.to_string();
        relations.insert((entity_ref.to_owned(), relation.kind, target.clone()));
        relations.insert((target, relation.inverse, entity_ref.to_owned()));
    }
    let row = |(source, kind, target): &(String, &str, String)| {
        [Sql::from(id), source.as_str().into(), (*kind).into(), target.as_str().into()]
    };
    insert_many(
        tx,
        "INSERT INTO catalog_relation (entity_id, source_ref, type, target_ref)",
        4,
        relations.iter().map(row),
    )
    .await?;
    search::put(tx, "catalog", id, &columns.search_text()).await
}

async fn remove_lookups(tx: &DatabaseTransaction, id: i64, pending: &mut Pending) -> Result<(), DbErr> {
    let row = one(tx, "SELECT ref, entity, orphan FROM catalog_entity WHERE id = ?", [id.into()]).await?;
    let body: String = row.try_get("", "entity")?;
    let value: Value =
        serde_json::from_str(&body).map_err(|error| DbErr::Custom(format!("stored entity {id}: {error}")))?;
    if let Some(entity_ref) = descriptor::entity_ref(&value) {
        let columns = Columns::of(&entity_ref, &value);
        for (key, value) in columns.counted() {
            pending.count(&columns.kind, key, value, -1);
        }
        if row.try_get::<bool>("", "orphan")? {
            pending.count(&columns.kind, "orphan", "true", -1);
        }
    }
    db::execute(tx, "DELETE FROM catalog_facet WHERE entity_id = ?", [id.into()]).await?;
    db::execute(tx, "DELETE FROM catalog_relation WHERE entity_id = ?", [id.into()]).await?;
    Ok(())
}

/// All fields by which an entity can be filtered, as Backstage names them: the path of each scalar; a list of scalars also as `path.value` = `true`.
fn gather_facets(path: &str, value: &Value, facets: &mut BTreeSet<(String, String)>) {
    match value {
        Value::String(text) => put_facet(facets, path, text),
        Value::Bool(flag) => put_facet(facets, path, &flag.to_string()),
        Value::Number(number) => put_facet(facets, path, &number.to_string()),
        Value::Null => {}
        Value::Array(items) => {
            for item in items {
                if let Value::String(text) = item {
                    put_facet(facets, &format!("{path}.{text}"), "true");
                }
                gather_facets(path, item, facets);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                // What an API or a template holds inside is not what one filters entities by.
                if !matches!(path.as_str(), "spec.definition" | "spec.steps" | "spec.parameters" | "spec.output") {
                    gather_facets(&path, field, facets);
                }
            }
        }
    }
}

fn put_facet(facets: &mut BTreeSet<(String, String)>, key: &str, value: &str) {
    let (key, value) = (key.to_lowercase(), value.to_lowercase());
    if key.len() <= MAX_FACET {
        // A value that is too long can still be asked for as "exists".
        facets.insert((key, if value.len() <= MAX_FACET { value } else { String::new() }));
    }
}

fn duplicate(file: &Digest, entity: &NewEntity, first: &str) -> NewProblem {
    let place = super::digest::Place {
        path: file.path.clone(),
        doc: entity.doc,
        line: entity.line,
        column: 1,
        pointer: String::new(),
        entity_ref: entity.entity_ref.to_string(),
    };
    let message = format!("{} is already defined by {first}; rename one of the two or remove it", entity.entity_ref);
    NewProblem { place, is_error: true, code: "duplicate", message }
}

/// Has every document that lost the entity's ref name the one that has it now.
async fn name_winner(tx: &DatabaseTransaction, file: &Digest, entity: &NewEntity) -> Result<(), DbErr> {
    let problem = duplicate(file, entity, &format!("{}:{}", file.path, entity.line));
    let text = "UPDATE catalog_problem SET message = ? WHERE ref = ? AND code = 'duplicate'";
    db::execute(tx, text, [problem.message.into(), problem.place.entity_ref.into()]).await?;
    Ok(())
}

/// The problem of a document that had the ref until an earlier one claimed it.
fn lost(row: &EntityRow, file: &Digest, entity: &NewEntity) -> NewProblem {
    let mut problem = duplicate(file, entity, &format!("{}:{}", file.path, entity.line));
    problem.place.path = row.path.clone();
    problem.place.doc = row.doc as u32;
    problem.place.line = row.line as u32;
    problem
}

/// Notes problems; those of no file stay until they are taken out.
pub async fn insert_problems(
    tx: &DatabaseTransaction,
    location_id: i64,
    file_id: Option<i64>,
    problems: &[NewProblem],
) -> Result<(), DbErr> {
    let rows = problems.iter().map(|problem| {
        let place = &problem.place;
        [
            Sql::from(location_id),
            file_id.into(),
            place.path.as_str().into(),
            i64::from(place.doc).into(),
            i64::from(place.line).into(),
            i64::from(place.column).into(),
            place.pointer.as_str().into(),
            (if problem.is_error { "error" } else { "warning" }).into(),
            problem.code.into(),
            problem.message.as_str().into(),
            place.entity_ref.as_str().into(),
        ]
    });
    let into = "INSERT INTO catalog_problem (location_id, file_id, path, doc, line, column_no, pointer, severity, code, message, ref)";
    insert_many(tx, into, 11, rows).await
}

async fn insert_many<const N: usize>(
    tx: &DatabaseTransaction,
    into: &str,
    columns: usize,
    rows: impl Iterator<Item = [Sql; N]>,
) -> Result<(), DbErr> {
    let rows: Vec<[Sql; N]> = rows.collect();
    for chunk in rows.chunks(ROWS) {
        let row = format!("({})", db::marks(columns));
        let text = format!("{into} VALUES {}", vec![row; chunk.len()].join(", "));
        db::execute(tx, &text, chunk.iter().flatten().cloned()).await?;
    }
    Ok(())
}

async fn one(
    tx: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Sql>,
) -> Result<QueryResult, DbErr> {
    tx.query_one_raw(db::sql(tx, text, values)).await?.ok_or_else(|| DbErr::RecordNotFound(text.to_owned()))
}

fn etag(body: &str) -> String {
    blake3::hash(body.as_bytes()).to_hex()[..40].to_owned()
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".into())
}

//! What a file brings, written: every function here works inside the transaction that it is given.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use descriptor::EntityRef;
use kit::identity::Caller;
use kit::server::clock::Millis;
use kit::server::{audit, db, search};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value as Sql};
use serde_json::{Value, json};
use uuid::Uuid;

use super::digest::{Digest, NewEntity, NewProblem, Place, failure_hash};
use super::docs;

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
    /// Entities that were there before, with what became of them.
    pub told: BTreeMap<String, Fate>,
    /// What became of entities.
    history: Vec<Change>,
    /// The refs that were another location's until now, by that location.
    taken_over: BTreeMap<(i64, String), Vec<String>>,
}

/// What those who starred an entity are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its descriptor is another.
    Changed,
    /// No file describes it any more.
    Orphaned,
}

/// What became of an entity: a line of its history.
struct Change {
    entity_ref: String,
    change: &'static str,
    location_id: i64,
    path: String,
    etag_before: String,
    etag_after: String,
}

/// The location that brings something.
#[derive(Debug, Clone, Copy)]
pub struct Bringer<'a> {
    /// Its number.
    pub id: i64,
    /// What it reads.
    pub target: &'a str,
}

/// Writes what a file brings in place of what it brought before.
pub async fn apply(
    tx: &DatabaseTransaction,
    now: Millis,
    location: Bringer<'_>,
    file: &Digest,
    pending: &mut Pending,
) -> Result<(), DbErr> {
    pending.changed = true;
    let file_id = put_file(tx, location.id, file).await?;
    db::execute(tx, "DELETE FROM catalog_problem WHERE file_id = ?", [file_id.into()]).await?;
    let mut problems: Vec<NewProblem> = file.problems.iter().take(MAX_PROBLEMS).cloned().collect();
    let before = owned_by_file(tx, file_id).await?;
    let rows = by_ref(tx, &file.entities).await?;
    let mut claims = Claims::new(location.id, Some(file_id), &file.path, rows);
    for entity in &file.entities {
        match claims.claim(entity) {
            Claim::Free => insert(tx, now, location.id, file_id, file, entity, pending).await?,
            Claim::Own(row) => {
                update(tx, now, location.id, file_id, file, entity, &row, pending).await?;
                if row.line != i64::from(entity.line) {
                    name_winner(tx, location, file, entity).await?;
                }
            }
            Claim::TakenOver(row) => {
                let lost = lost(&row, file, entity);
                insert_problems(tx, row.location_id, row.file_id, &[lost]).await?;
                update(tx, now, location.id, file_id, file, entity, &row, pending).await?;
                name_winner(tx, location, file, entity).await?;
                if row.location_id != location.id {
                    pending.taken_over.entry((row.location_id, row.target)).or_default().push(row.entity_ref);
                }
            }
            Claim::Lost(first) => problems.push(duplicate(&file.path, entity, &first)),
        }
    }
    for (entity_id, entity_ref) in before {
        if !claims.holds(&entity_ref) {
            orphan(tx, now, entity_id, &entity_ref, pending).await?;
        }
    }
    insert_problems(tx, location.id, Some(file_id), &problems).await
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

/// Takes out something of a location that leaves, about `most` entities; says whether nothing is left. An entity that
/// another location also claims is handed to it, the others go.
pub async fn forget_some(
    tx: &DatabaseTransaction,
    now: Millis,
    location_id: i64,
    most: usize,
    pending: &mut Pending,
) -> Result<bool, DbErr> {
    let mut gone = 0;
    let text = format!("SELECT id FROM catalog_file WHERE location_id = ? ORDER BY id LIMIT {most}");
    let files = db::rows(tx, &text, [location_id.into()]).await?;
    for file in &files {
        let file_id: i64 = file.try_get("", "id")?;
        for (entity_id, entity_ref) in owned_by_file(tx, file_id).await? {
            match claimant(tx, location_id, &entity_ref).await? {
                None => delete(tx, entity_id, &entity_ref, pending).await?,
                Some(next) => {
                    orphan(tx, now, entity_id, &entity_ref, pending).await?;
                    let text = "UPDATE catalog_entity SET location_id = ? WHERE id = ?";
                    db::execute(tx, text, [next.into(), entity_id.into()]).await?;
                }
            }
            gone += 1;
        }
        remove_file(tx, now, file_id, pending).await?;
        if gone >= most {
            return Ok(false);
        }
    }
    if !files.is_empty() {
        return Ok(false);
    }
    let text = format!("SELECT id, ref FROM catalog_entity WHERE location_id = ? ORDER BY id LIMIT {most}");
    let orphans = db::rows(tx, &text, [location_id.into()]).await?;
    for row in &orphans {
        delete(tx, row.try_get("", "id")?, &row.try_get::<String>("", "ref")?, pending).await?;
    }
    if orphans.is_empty() {
        db::execute(tx, "DELETE FROM catalog_problem WHERE location_id = ?", [location_id.into()]).await?;
    }
    Ok(orphans.is_empty())
}

/// The first other location that also claims a ref.
async fn claimant(tx: &DatabaseTransaction, location_id: i64, entity_ref: &str) -> Result<Option<i64>, DbErr> {
    let text = "SELECT location_id FROM catalog_problem WHERE ref = ? AND code = 'duplicate' AND location_id <> ? ORDER BY location_id LIMIT 1";
    let rows = db::rows(tx, text, [entity_ref.into(), location_id.into()]).await?;
    rows.first().map(|row| row.try_get("", "location_id")).transpose()
}

/// Writes what was gathered; the last step before the commit.
pub async fn flush(tx: &DatabaseTransaction, now: Millis, pending: &mut Pending) -> Result<(), DbErr> {
    // Also where the totals come out as they were: two entities may have changed places.
    if !pending.counts.is_empty() {
        db::execute(tx, "UPDATE catalog_revision SET number = number + 1 WHERE id = 1", []).await?;
    }
    for ((kind, key, value), delta) in std::mem::take(&mut pending.counts) {
        if delta != 0 {
            let text = "INSERT INTO catalog_count (kind, facet_key, facet_value, entities, label) VALUES (?, ?, ?, ?, ?) \
                        ON CONFLICT (kind, facet_key, facet_value) DO UPDATE SET entities = catalog_count.entities + excluded.entities";
            let label = pending.labels.get(&(key, value.clone())).cloned().unwrap_or_else(|| value.clone());
            db::execute(tx, text, [kind.into(), key.into(), value.into(), delta.into(), label.into()]).await?;
        }
    }
    let rows = std::mem::take(&mut pending.history).into_iter().map(|change| {
        [
            Sql::from(now),
            change.entity_ref.into(),
            change.change.into(),
            change.location_id.into(),
            change.path.into(),
            change.etag_before.into(),
            change.etag_after.into(),
        ]
    });
    let into = "INSERT INTO catalog_change (at, ref, change, location_id, path, etag_before, etag_after)";
    insert_many(tx, into, 7, rows).await
}

/// The one event of a batch that a reading wrote: how many entities were added, changed and so on, and what was another location's until now.
/// What became of each entity stands in its own history.
pub async fn note_batch(
    tx: &DatabaseTransaction,
    now: Millis,
    location: Bringer<'_>,
    revision: &str,
    pending: &mut Pending,
) -> Result<(), DbErr> {
    if !pending.changed {
        return Ok(());
    }
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for change in &pending.history {
        *counts.entry(change.change).or_default() += 1;
    }
    let detail = json!({ "revision": revision, "entities": counts });
    let (actor, resource) = (&Caller::System, format!("location:{}", location.id));
    let event = audit::Event { at: now, actor, action: "catalog.location.ingest", resource: &resource, detail };
    audit::append(tx, event).await?;
    // Nobody asked for it in person, and yet what one location brought is another's now: that stands in the trail.
    for ((id, target), refs) in std::mem::take(&mut pending.taken_over) {
        let mut detail =
            json!({ "from": { "id": id, "target": target }, "to": { "id": location.id, "target": location.target } });
        let resource = match refs.as_slice() {
            [one] => one.clone(),
            many => {
                detail["entities"] = json!(many);
                format!("location:{id}")
            }
        };
        let event = audit::Event { at: now, actor, action: "catalog.entity.takeover", resource: &resource, detail };
        audit::append(tx, event).await?;
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
        json_text(&file.inputs).into(),
        json_text(&file.targets).into(),
    ];
    one(tx, text, values).await?.try_get("", "id")
}

/// What the database holds for a ref: its place in the order of claims, and its content.
pub struct EntityRow {
    id: i64,
    /// The location that has it.
    pub location_id: i64,
    /// What that location reads.
    target: String,
    /// The file that has it; nobody has it any more where there is none.
    pub file_id: Option<i64>,
    /// That file's path.
    pub path: String,
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
            target: row.try_get("", "target")?,
            file_id: row.try_get("", "file_id")?,
            path: row.try_get("", "path")?,
            doc: row.try_get("", "doc")?,
            line: row.try_get("", "line")?,
            etag: row.try_get("", "etag")?,
            entity_ref: row.try_get("", "ref")?,
            orphan: row.try_get("", "orphan")?,
        })
    }

    /// Whether writing the entity would change nothing that is served.
    pub fn is_same(&self, entity: &NewEntity) -> bool {
        !self.orphan && self.etag == etag(&entity.value.to_string())
    }
}

/// What a document's claim to its ref comes to.
pub enum Claim {
    /// Nobody has had it.
    Free,
    /// The file has it already, or nobody has it any more.
    Own(EntityRow),
    /// A later file has it, and loses it.
    TakenOver(EntityRow),
    /// An earlier document has it, at this place.
    Lost(String),
}

/// The claims of one file's documents, decided by the one rule: a ref belongs to the first by location, path and document.
pub struct Claims<'a> {
    location_id: i64,
    file_id: Option<i64>,
    path: &'a str,
    rows: HashMap<String, EntityRow>,
    /// The refs that this file has, with the line where each begins.
    claimed: BTreeMap<String, u32>,
}

impl<'a> Claims<'a> {
    /// Of a file (`None` where it was never written), against what there is for the refs of its entities.
    pub fn new(location_id: i64, file_id: Option<i64>, path: &'a str, rows: HashMap<String, EntityRow>) -> Self {
        Self { location_id, file_id, path, rows, claimed: BTreeMap::new() }
    }

    /// Decides the claim of the file's next document.
    pub fn claim(&mut self, entity: &NewEntity) -> Claim {
        let entity_ref = entity.entity_ref.to_string();
        if let Some(line) = self.claimed.get(&entity_ref) {
            return Claim::Lost(format!("{}:{line}", self.path));
        }
        let claim = match self.rows.remove(&entity_ref) {
            None => Claim::Free,
            Some(row) if row.file_id.is_none() || row.file_id == self.file_id => Claim::Own(row),
            Some(row) if (self.location_id, self.path) < (row.location_id, row.path.as_str()) => Claim::TakenOver(row),
            Some(row) => {
                let first = place(&row.path, row.line, (row.location_id != self.location_id).then_some(&row.target));
                // A later document of this file may claim it, too.
                self.rows.insert(entity_ref, row);
                return Claim::Lost(first);
            }
        };
        self.claimed.insert(entity_ref, entity.line);
        claim
    }

    /// Whether the file has this ref.
    pub fn holds(&self, entity_ref: &str) -> bool {
        self.claimed.contains_key(entity_ref)
    }
}

/// The place of a document as it is told to somebody in another location, which is named then, or in the same one.
fn place(path: &str, line: i64, location: Option<&String>) -> String {
    match location {
        Some(target) if target == path => format!("{path}:{line}"),
        Some(target) => format!("{path}:{line} of the location {target}"),
        None => format!("{path}:{line}"),
    }
}

/// What there is for the refs of these entities, by ref.
pub async fn by_ref(
    connection: &impl ConnectionTrait,
    entities: &[NewEntity],
) -> Result<HashMap<String, EntityRow>, DbErr> {
    let mut found = HashMap::new();
    for chunk in entities.chunks(ROWS) {
        let text = format!(
            "SELECT e.id, e.location_id, l.target, e.file_id, e.path, e.doc, e.line, e.etag, e.ref, e.orphan \
             FROM catalog_entity e JOIN catalog_location l ON l.id = e.location_id WHERE e.ref IN ({})",
            db::marks(chunk.len())
        );
        for row in db::rows(connection, &text, chunk.iter().map(|entity| entity.entity_ref.to_string().into())).await? {
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
    pending.history.push(Change {
        entity_ref: entity_ref.clone(),
        change: "added",
        location_id,
        path: file.path.clone(),
        etag_before: String::new(),
        etag_after: etag(&body),
    });
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
    let place = [
        location_id.into(),
        file_id.into(),
        file.path.as_str().into(),
        i64::from(entity.doc).into(),
        i64::from(entity.line).into(),
    ];
    let body = entity.value.to_string();
    let change = Change {
        entity_ref: row.entity_ref.clone(),
        change: match row.location_id == location_id {
            _ if row.orphan => "described again",
            true => "changed",
            false => "moved",
        },
        location_id,
        path: file.path.clone(),
        etag_before: row.etag.clone(),
        etag_after: etag(&body),
    };
    if row.is_same(entity) {
        let moved =
            row.file_id != Some(file_id) || row.doc != i64::from(entity.doc) || row.line != i64::from(entity.line);
        let text = "UPDATE catalog_entity SET location_id = ?, file_id = ?, path = ?, doc = ?, line = ?, source = ? WHERE id = ?";
        let values = place.into_iter().chain([entity.source.as_str().into(), row.id.into()]);
        db::execute(tx, text, values).await?;
        pending.changed |= moved;
        if row.location_id != location_id {
            pending.history.push(change);
        }
        return Ok(());
    }
    pending.told.insert(row.entity_ref.clone(), Fate::Changed);
    pending.history.push(change);
    let columns = Columns::of(&entity.entity_ref, &entity.value);
    remove_lookups(tx, row.id, pending).await?;
    let text = "UPDATE catalog_entity SET kind = ?, kind_name = ?, namespace = ?, name = ?, sort_name = ?, title = ?, description = ?, type = ?, lifecycle = ?, \
                owner = ?, system = ?, location_id = ?, file_id = ?, path = ?, doc = ?, line = ?, entity = ?, source = ?, etag = ?, \
                orphan = FALSE, changed_at = ? WHERE id = ?";
    let mut values: Vec<Sql> = columns.values();
    values.extend(place);
    values.extend([body.as_str().into(), entity.source.as_str().into(), etag(&body).into(), now.into(), row.id.into()]);
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
    let text = "UPDATE catalog_entity SET file_id = NULL, orphan = TRUE, changed_at = ? WHERE id = ? RETURNING kind, location_id, path, etag";
    let row = one(tx, text, [now.into(), id.into()]).await?;
    let kind: String = row.try_get("", "kind")?;
    pending.history.push(ended(entity_ref, "orphaned", &row)?);
    pending.count(&kind, "orphan", "true", 1);
    pending.told.insert(entity_ref.to_owned(), Fate::Orphaned);
    let orphan = "INSERT INTO catalog_facet (entity_id, facet_key, facet_value) VALUES (?, 'orphan', 'true')";
    db::execute(tx, orphan, [id.into()]).await?;
    read_claimants_again(tx, entity_ref, pending).await
}

/// Takes an entity out for good, and has the files that also claim its ref read again.
pub async fn delete(tx: &DatabaseTransaction, id: i64, entity_ref: &str, pending: &mut Pending) -> Result<(), DbErr> {
    pending.changed = true;
    remove_lookups(tx, id, pending).await?;
    docs::remove(tx, id, entity_ref).await?;
    search::remove(tx, "catalog", id).await?;
    let text = "DELETE FROM catalog_entity WHERE id = ? RETURNING location_id, path, etag";
    let row = one(tx, text, [id.into()]).await?;
    pending.history.push(ended(entity_ref, "removed", &row)?);
    read_claimants_again(tx, entity_ref, pending).await
}

/// What nothing brings any more.
fn ended(entity_ref: &str, change: &'static str, row: &QueryResult) -> Result<Change, DbErr> {
    Ok(Change {
        entity_ref: entity_ref.to_owned(),
        change,
        location_id: row.try_get("", "location_id")?,
        path: row.try_get("", "path")?,
        etag_before: row.try_get("", "etag")?,
        etag_after: String::new(),
    })
}

async fn read_claimants_again(tx: &DatabaseTransaction, entity_ref: &str, pending: &mut Pending) -> Result<(), DbErr> {
    let text = "SELECT p.location_id, f.id, f.path FROM catalog_problem p JOIN catalog_file f ON f.id = p.file_id WHERE p.ref = ? AND p.code = 'duplicate' ORDER BY f.id";
    for row in db::rows(tx, text, [entity_ref.into()]).await? {
        read_again(tx, row.try_get("", "id")?).await?;
        pending.again.insert((row.try_get("", "location_id")?, row.try_get("", "path")?));
    }
    Ok(())
}

/// Has the next reading of a file take it for changed.
pub async fn read_again(tx: &DatabaseTransaction, file_id: i64) -> Result<(), DbErr> {
    db::execute(tx, "UPDATE catalog_file SET hash = '' WHERE id = ?", [file_id.into()]).await?;
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
    /// The locations of the files to read again.
    pub fn locations(&self) -> BTreeSet<i64> {
        self.again.iter().map(|(location_id, _)| *location_id).collect()
    }

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

/// The problem of a document whose ref belongs to the document at `first`.
pub fn duplicate(path: &str, entity: &NewEntity, first: &str) -> NewProblem {
    let place = Place {
        path: path.to_owned(),
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
async fn name_winner(
    tx: &DatabaseTransaction,
    location: Bringer<'_>,
    file: &Digest,
    entity: &NewEntity,
) -> Result<(), DbErr> {
    let target = location.target.to_owned();
    for (whose, winner) in [("=", None), ("<>", Some(&target))] {
        let problem = duplicate(&file.path, entity, &place(&file.path, i64::from(entity.line), winner));
        let text = format!(
            "UPDATE catalog_problem SET message = ? WHERE ref = ? AND code = 'duplicate' AND location_id {whose} ?"
        );
        db::execute(tx, &text, [problem.message.into(), problem.place.entity_ref.into(), location.id.into()]).await?;
    }
    Ok(())
}

/// The problem of a document that had the ref until an earlier one claimed it; [`name_winner`] says which.
fn lost(row: &EntityRow, file: &Digest, entity: &NewEntity) -> NewProblem {
    let mut problem = duplicate(&row.path, entity, &file.path);
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

fn json_text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".into())
}

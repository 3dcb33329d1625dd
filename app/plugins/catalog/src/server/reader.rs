//! The catalog as one caller may see it: the catalog without the entities and locations that the policies hide from it.
//!
//! What is hidden is as if it were not there. It is in no list and no count, its page is the one of a ref that nobody has, what it
//! says of others (relations) is not told, and a visible entity that names it names something that the catalog does not have.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use descriptor::EntityRef;
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::Permission;
use kit::server::authorise::{Attribute, Attributes, Filter, Resource};
use kit::server::clock::Millis;
use kit::server::db;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, QueryResult, Value as Sql};

use super::filter::Conditions;
use super::service::Catalog;
use crate::info::{READ_ENTITIES, READ_LOCATIONS, REGISTER_LOCATION, SAVE_FILTER};

/// A list is read in the order of an index while at least one entity in so many may be seen; what is rarer is found first and sorted then.
const RARE: u64 = 20;

/// Counts kept in this process; beyond that all are forgotten.
const KEPT: usize = 4_000;

/// The catalog as one caller may see it. All that is read of entities and locations is read through it, and only the gate makes one.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) catalog: Catalog,
    pub(super) caller: Caller,
    entities: Arc<Filter>,
    locations: Arc<Filter>,
    /// Of the catalog, when this was made.
    revision: i64,
    /// Whether few entities may be seen.
    rare: bool,
}

/// An entity that the caller may see: what is read of a single one asks for it.
#[derive(Debug, Clone)]
pub struct Readable {
    /// The canonical ref.
    pub(super) entity_ref: String,
    kind: String,
    namespace: String,
    type_name: String,
    lifecycle: String,
    owner: String,
}

/// A location that the caller may see.
#[derive(Debug, Clone)]
pub struct ReadableLocation {
    /// Its number.
    pub(super) id: i64,
    resource: String,
    kind: String,
    created_by: String,
}

impl Catalog {
    /// The catalog as `caller` may see it, or the refusal where `permission` shows nothing of it.
    pub async fn reader(&self, caller: &Caller, permission: &Permission) -> Result<Reader, AppError> {
        let gate = &self.kit.gate;
        if gate.filter(caller, permission) == Filter::None {
            self.kit.authorise(caller, permission, &Resource::All).await?;
        }
        let mut reader = Reader {
            catalog: self.clone(),
            caller: caller.clone(),
            entities: Arc::new(gate.filter(caller, &READ_ENTITIES)),
            locations: Arc::new(gate.filter(caller, &READ_LOCATIONS)),
            revision: 0,
            rare: false,
        };
        if !reader.sees_all() {
            let rows = db::rows(reader.db(), "SELECT number FROM catalog_revision WHERE id = 1", []).await?;
            reader.revision = rows.first().map_or(Ok(0), |row| row.try_get("", "number"))?;
            let all = "SELECT '' AS value, '' AS label, CAST(COALESCE(sum(entities), 0) AS BIGINT) AS n FROM catalog_count WHERE kind = '' AND facet_key = 'kind'";
            let all = reader.counted(all, Vec::new()).await?;
            let visible = reader.count(&Conditions::default()).await?;
            reader.rare = all.first().is_some_and(|(_, _, all)| visible.saturating_mul(RARE) < *all);
        }
        Ok(reader)
    }
}

impl Reader {
    /// Whether every entity may be seen.
    pub fn sees_all(&self) -> bool {
        *self.entities == Filter::All
    }

    /// Who reads.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(super) fn db(&self) -> &DatabaseConnection {
        self.catalog.kit.db.read()
    }

    pub(super) fn backend(&self) -> DatabaseBackend {
        self.catalog.kit.db.backend()
    }

    pub(super) fn now(&self) -> Millis {
        self.catalog.kit.clock.now()
    }

    /// What every entity of a list (`e`) must meet to be seen.
    pub(super) fn visible(&self) -> (String, Vec<Sql>) {
        if self.rare { self.entities.sql(&|attribute| column("e", attribute)) } else { self.seen("e") }
    }

    /// What the entity under the name `alias`, found by other means, must meet to be seen.
    pub(super) fn seen(&self, alias: &str) -> (String, Vec<Sql>) {
        let plus = self.plus();
        self.entities.sql(&|attribute| format!("{plus}{}", column(alias, attribute)))
    }

    /// What before a column keeps SQLite, which knows nothing of how values are spread, from choosing an index by it.
    fn plus(&self) -> &'static str {
        if self.backend() == DatabaseBackend::Sqlite { "+" } else { "" }
    }

    /// Whether SQLite is to find what may be seen first, and ask everything else of that.
    pub(super) fn finds_first(&self) -> bool {
        self.rare && self.backend() == DatabaseBackend::Sqlite
    }

    /// What before a column that is counted has a filter that shows much counted over the one index that holds all the columns.
    pub(super) fn counting(&self) -> &'static str {
        if self.sees_all() || self.rare { "" } else { self.plus() }
    }

    /// What the relation under the name `alias` must meet to be told: that the entity which names it may be seen.
    pub(super) fn told(&self, alias: &str) -> (String, Vec<Sql>) {
        if self.sees_all() {
            return ("1 = 1".into(), Vec::new());
        }
        let (seen, values) = self.seen("v");
        (format!("EXISTS (SELECT 1 FROM catalog_entity v WHERE v.id = {alias}.entity_id AND {seen})"), values)
    }

    /// What a location must meet to be seen.
    pub(super) fn seen_location(&self) -> (String, Vec<Sql>) {
        self.locations.sql(&|attribute| {
            match attribute {
                Attribute::Id => "('location:' || id)",
                Attribute::Kind => "kind",
                Attribute::Owner => "created_by",
                Attribute::Namespace | Attribute::Type | Attribute::Lifecycle => "''",
            }
            .to_owned()
        })
    }

    /// The entity with this ref; to whoever may not see it, it is not there.
    pub async fn readable(&self, entity_ref: &str) -> Result<Readable, AppError> {
        let unknown = || AppError::not_found(entity_ref.to_owned());
        let canonical = EntityRef::parse(entity_ref, None, "default").map_err(|_| unknown())?.to_string();
        self.readable_by("ref", &canonical, unknown()).await
    }

    /// The entity whose `column` holds `name`, or the error that says that there is none.
    pub(super) async fn readable_by(
        &self,
        column: &'static str,
        name: &str,
        unknown: AppError,
    ) -> Result<Readable, AppError> {
        let text =
            format!("SELECT ref, kind, namespace, type, lifecycle, owner FROM catalog_entity WHERE {column} = ?");
        let Some(row) = db::rows(self.db(), &text, [name.into()]).await?.pop() else { return Err(unknown) };
        let entity = Readable::of(&row)?;
        self.as_if_absent(&READ_ENTITIES, &entity.attributes(), unknown).await?;
        Ok(entity)
    }

    /// The location with this number; to whoever may not see it, it is not there.
    pub async fn readable_location(&self, id: i64) -> Result<ReadableLocation, AppError> {
        let unknown = AppError::not_found(format!("Location {id}"));
        let rows =
            db::rows(self.db(), "SELECT kind, created_by FROM catalog_location WHERE id = ?", [id.into()]).await?;
        let Some(row) = rows.first() else { return Err(unknown) };
        let location = ReadableLocation::of(id, row)?;
        self.as_if_absent(&READ_LOCATIONS, &location.attributes(), unknown).await?;
        Ok(location)
    }

    async fn as_if_absent(
        &self,
        permission: &Permission,
        thing: &Attributes<'_>,
        unknown: AppError,
    ) -> Result<(), AppError> {
        match self.catalog.kit.authorise(&self.caller, permission, &Resource::Known(thing)).await {
            Err(AppError::Forbidden { .. }) => Err(unknown),
            decided => decided,
        }
    }

    /// Lets the caller do `permission` to an entity that it may see, or says which right is missing.
    pub async fn permit(&self, permission: &Permission, entity: &Readable) -> Result<(), AppError> {
        self.catalog.kit.authorise(&self.caller, permission, &Resource::Known(&entity.attributes())).await
    }

    /// Lets the caller do `permission` to a location that it may see, or says which right is missing. A location is owned by whoever registered it.
    pub async fn permit_location(&self, permission: &Permission, location: &ReadableLocation) -> Result<(), AppError> {
        self.catalog.kit.authorise(&self.caller, permission, &Resource::Known(&location.attributes())).await
    }

    /// Whether [`permit_location`](Self::permit_location) would let it.
    pub fn may(&self, permission: &Permission, location: &ReadableLocation) -> bool {
        self.catalog.kit.may(&self.caller, permission, &Resource::Known(&location.attributes()))
    }

    /// Whether the caller may register a location.
    pub fn may_register(&self) -> bool {
        self.catalog.kit.may(&self.caller, &REGISTER_LOCATION, &Resource::All)
    }

    /// Whether the caller may keep filters.
    pub fn may_save_filters(&self) -> bool {
        self.catalog.kit.may(&self.caller, &SAVE_FILTER, &Resource::All)
    }

    /// Those of `refs` that the catalog has and the caller may not see.
    pub(super) async fn hidden(&self, refs: &[String]) -> Result<HashSet<String>, DbErr> {
        let mut hidden = HashSet::new();
        if self.sees_all() {
            return Ok(hidden);
        }
        let (seen, seen_values) = self.seen("e");
        for refs in refs.chunks(500) {
            let text =
                format!("SELECT ref FROM catalog_entity e WHERE e.ref IN ({}) AND NOT ({seen})", db::marks(refs.len()));
            let values = refs.iter().map(|entity_ref| entity_ref.as_str().into()).chain(seen_values.clone());
            for row in db::rows(self.db(), &text, values).await? {
                hidden.insert(row.try_get("", "ref")?);
            }
        }
        Ok(hidden)
    }

    /// How many entities meet the conditions; under a filter it is kept as long as the catalog does not change.
    pub(super) async fn count(&self, conditions: &Conditions) -> Result<u64, DbErr> {
        let (asked, values) = conditions.on(self);
        let text = format!("SELECT '' AS value, '' AS label, count(*) AS n FROM catalog_entity e WHERE {asked}");
        Ok(self.counted(&text, values).await?.first().map_or(0, |(_, _, count)| *count))
    }

    /// Values with label and count, as `text` gives them; under a filter they are kept as long as the catalog does not change.
    pub(super) async fn counted(&self, text: &str, values: Vec<Sql>) -> Result<Vec<Counted>, DbErr> {
        if self.sees_all() {
            return counts(&db::rows(self.db(), text, values).await?);
        }
        let key = *blake3::hash(format!("{text} {values:?}").as_bytes()).as_bytes();
        if let Some(known) = self.catalog.counts.get(self.revision, &key) {
            return Ok(known);
        }
        let counted = counts(&db::rows(self.db(), text, values).await?)?;
        self.catalog.counts.put(self.revision, key, &counted);
        Ok(counted)
    }
}

/// Those of `refs` that the catalog has, by ref: for whoever decides who may see them.
pub(super) async fn readable_rows(
    connection: &impl ConnectionTrait,
    refs: &[String],
) -> Result<HashMap<String, Readable>, DbErr> {
    let text = format!(
        "SELECT ref, kind, namespace, type, lifecycle, owner FROM catalog_entity WHERE ref IN ({})",
        db::marks(refs.len())
    );
    let rows = db::rows(connection, &text, refs.iter().map(|entity_ref| entity_ref.as_str().into())).await?;
    rows.iter().map(|row| Readable::of(row).map(|entity| (entity.entity_ref.clone(), entity))).collect()
}

impl Readable {
    fn of(row: &QueryResult) -> Result<Self, DbErr> {
        let text = |name: &str| row.try_get::<String>("", name);
        Ok(Self {
            entity_ref: text("ref")?,
            kind: text("kind")?,
            namespace: text("namespace")?,
            type_name: text("type")?,
            lifecycle: text("lifecycle")?,
            owner: text("owner")?,
        })
    }

    pub(super) fn attributes(&self) -> Attributes<'_> {
        Attributes {
            id: &self.entity_ref,
            kind: &self.kind,
            namespace: &self.namespace,
            r#type: &self.type_name,
            lifecycle: &self.lifecycle,
            owner: &self.owner,
        }
    }
}

impl ReadableLocation {
    /// The location of a row that the caller may see.
    pub(super) fn of(id: i64, row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id,
            resource: format!("location:{id}"),
            kind: row.try_get("", "kind")?,
            created_by: row.try_get("", "created_by")?,
        })
    }

    fn attributes(&self) -> Attributes<'_> {
        Attributes { id: &self.resource, kind: &self.kind, owner: &self.created_by, ..Attributes::default() }
    }
}

/// The column of an entity that holds an attribute.
fn column(alias: &str, attribute: Attribute) -> String {
    let name = match attribute {
        Attribute::Id => "ref",
        Attribute::Kind => "kind",
        Attribute::Namespace => "namespace",
        Attribute::Type => "type",
        Attribute::Lifecycle => "lifecycle",
        Attribute::Owner => "owner",
    };
    format!("{alias}.{name}")
}

/// A value with its label and how many have it.
pub type Counted = (String, String, u64);

/// Rows of `value`, `label` and `n`.
pub fn counts(rows: &[QueryResult]) -> Result<Vec<Counted>, DbErr> {
    rows.iter()
        .map(|row| {
            Ok((row.try_get("", "value")?, row.try_get("", "label")?, row.try_get::<i64>("", "n")?.max(0) as u64))
        })
        .collect()
}

/// Counts under a filter, which the database does not keep: those of this process, each good for one revision of the catalog.
#[derive(Debug, Default)]
pub struct Counts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    revision: i64,
    counts: HashMap<[u8; 32], Vec<Counted>>,
}

impl Counts {
    fn get(&self, revision: i64, key: &[u8; 32]) -> Option<Vec<Counted>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.revision < revision {
            *kept = Kept { revision, counts: HashMap::new() };
        }
        if kept.revision == revision { kept.counts.get(key).cloned() } else { None }
    }

    /// What was counted while the catalog was at `revision` or later is dropped unless it still is there.
    fn put(&self, revision: i64, key: [u8; 32], counted: &[Counted]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.revision != revision {
            return;
        }
        if kept.counts.len() >= KEPT {
            kept.counts.clear();
        }
        kept.counts.insert(key, counted.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_good_for_one_revision() {
        let counts = Counts::default();
        let one = vec![("a".to_owned(), "A".to_owned(), 1)];
        assert_eq!(counts.get(3, &[0; 32]), None);
        counts.put(3, [0; 32], &one);
        assert_eq!(counts.get(3, &[0; 32]), Some(one.clone()));
        assert_eq!(counts.get(4, &[0; 32]), None, "the catalog has changed");
        counts.put(3, [0; 32], &one);
        assert_eq!(counts.get(4, &[0; 32]), None, "what was counted before it changed is not kept");
        assert_eq!(counts.get(3, &[0; 32]), None, "nor told to whoever began before");
    }
}

//! What can be done to a registered location besides reading it, and to a single entity.

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::{audit, db, jobs};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};
use serde_json::json;

use super::ingest::{REFRESH, refresh_job};
use super::read::entity_links;
use super::reader::{Readable, ReadableLocation, Reader};
use super::service::{Catalog, NewLocation};
use super::store::{self, Pending};
use crate::info::{DELETE_ENTITY, TRUST_LOCATION, UNREGISTER_LOCATION};
use crate::model::Departure;

/// Entities shown of those that would be removed.
const SHOWN: u64 = 50;

/// What an entity of the location in the first value is when another location also defines it.
const CLAIMED_ELSEWHERE: &str = "EXISTS (SELECT 1 FROM catalog_problem p WHERE p.ref = e.ref AND p.code = 'duplicate' AND p.location_id <> e.location_id)";

/// What a location may bring, as it is changed afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRules {
    /// Whether users and groups may come from it; `None` leaves that as it is.
    pub trust_org: Option<bool>,
    /// The only kinds that it may bring, or `Some(None)` for the usual ones; `None` leaves that as it is.
    pub allowed_kinds: Option<Option<Vec<String>>>,
}

impl Reader {
    /// What unregistering a location would take away, as far as the caller may see it.
    pub async fn departure(&self, location: &ReadableLocation) -> Result<Departure, AppError> {
        let id = location.id;
        let row = self.location_row(location).await?.ok_or_else(|| unknown(id))?;
        let (seen, seen_values) = self.seen("e");
        let values = || std::iter::once(id.into()).chain(seen_values.clone());
        let count = async |condition: &str| {
            let text = format!(
                "SELECT count(*) AS n FROM catalog_entity e WHERE e.location_id = ? AND {seen} AND {condition}"
            );
            let rows = db::rows(self.db(), &text, values()).await?;
            rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n")).map(|n| n.max(0) as u64)
        };
        let text = format!(
            "SELECT e.ref FROM catalog_entity e WHERE e.location_id = ? AND {seen} AND NOT {CLAIMED_ELSEWHERE} ORDER BY e.sort_name, e.id LIMIT {SHOWN}"
        );
        let first = db::rows(self.db(), &text, values()).await?;
        let refs = first.iter().map(|row| row.try_get("", "ref")).collect::<Result<Vec<String>, _>>()?;
        Ok(Departure {
            row,
            removed: count(&format!("NOT {CLAIMED_ELSEWHERE}")).await?,
            handed_over: count(CLAIMED_ELSEWHERE).await?,
            first: entity_links(self, refs.iter().map(String::as_str)).await?,
        })
    }

    /// The location that an entity comes from, where the caller may see it.
    pub async fn location_of_entity(&self, entity: &Readable) -> Result<ReadableLocation, AppError> {
        let query = "SELECT location_id FROM catalog_entity WHERE ref = ?";
        let rows = db::rows(self.db(), query, [entity.entity_ref.as_str().into()]).await?;
        let row = rows.first().ok_or_else(|| AppError::not_found(entity.entity_ref.clone()))?;
        self.readable_location(row.try_get("", "location_id")?).await
    }
}

impl Catalog {
    /// Unregisters a location. What only it brings is removed by the location's own job, since there may be a lot of it; what
    /// another location also defines goes to that one.
    pub async fn unregister(&self, caller: &Caller, id: i64) -> Result<(), AppError> {
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        // The job before the location, as a reading takes them: PostgreSQL ends one of two transactions that lock them in different orders.
        jobs::enqueue(&tx, now, refresh_job(id, now)).await?;
        let text = "UPDATE catalog_location SET state = 'leaving', message = '', next_run_at = ? WHERE id = ? AND state <> 'leaving' \
                    RETURNING kind, target, entities";
        let row = tx.query_one_raw(db::sql(&tx, text, [now.into(), id.into()])).await?.ok_or_else(|| unknown(id))?;
        let (kind, target): (String, String) = (row.try_get("", "kind")?, row.try_get("", "target")?);
        let detail = json!({ "kind": kind, "target": target, "entities": row.try_get::<i64>("", "entities")? });
        let (action, resource) = (UNREGISTER_LOCATION.action, format!("location:{id}"));
        audit::append(&tx, audit::Event { at: now, actor: caller, action, resource: &resource, detail }).await?;
        Ok(tx.commit().await?)
    }

    /// Changes what a location may bring, and has it read again under the new rules.
    pub async fn set_rules(&self, caller: &Caller, id: i64, rules: &NewRules) -> Result<(), AppError> {
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        let text = "SELECT trust_org, allowed_kinds FROM catalog_location WHERE id = ? AND state <> 'leaving'";
        let before = tx.query_one_raw(db::sql(&tx, text, [id.into()])).await?.ok_or_else(|| unknown(id))?;
        let trust_org = rules.trust_org.map_or_else(|| before.try_get("", "trust_org"), Ok)?;
        let kinds: Option<String> = match &rules.allowed_kinds {
            Some(kinds) => kinds.as_ref().map(|kinds| kinds.join(",")),
            None => before.try_get("", "allowed_kinds")?,
        };
        jobs::enqueue(&tx, now, refresh_job(id, now)).await?;
        let text = "UPDATE catalog_location SET trust_org = ?, allowed_kinds = ?, next_run_at = ? WHERE id = ?";
        db::execute(&tx, text, [trust_org.into(), kinds.clone().into(), now.into(), id.into()]).await?;
        let detail = json!({
            "before": { "trustOrg": before.try_get::<bool>("", "trust_org")?, "allowedKinds": before.try_get::<Option<String>>("", "allowed_kinds")? },
            "after": { "trustOrg": trust_org, "allowedKinds": kinds },
        });
        let (action, resource) = (TRUST_LOCATION.action, format!("location:{id}"));
        audit::append(&tx, audit::Event { at: now, actor: caller, action, resource: &resource, detail }).await?;
        Ok(tx.commit().await?)
    }

    /// Removes one entity. Where a file still brings it, it is back after the next reading, as in Backstage.
    pub async fn delete_entity(&self, caller: &Caller, uid: &str) -> Result<(), AppError> {
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        let text = "SELECT id, ref, file_id, location_id FROM catalog_entity WHERE uid = ?";
        let row = tx.query_one_raw(db::sql(&tx, text, [uid.into()])).await?;
        let row = row.ok_or_else(|| AppError::not_found(format!("An entity with the uid {uid}")))?;
        let entity_ref: String = row.try_get("", "ref")?;
        self.delete_row(&tx, &row, &entity_ref).await?;
        let detail = json!({ "uid": uid });
        let action = DELETE_ENTITY.action;
        audit::append(&tx, audit::Event { at: now, actor: caller, action, resource: &entity_ref, detail }).await?;
        Ok(tx.commit().await?)
    }

    async fn delete_row(&self, tx: &DatabaseTransaction, row: &QueryResult, entity_ref: &str) -> Result<(), DbErr> {
        let mut pending = Pending::default();
        if let Some(file_id) = row.try_get::<Option<i64>>("", "file_id")? {
            store::read_again(tx, file_id).await?;
        }
        store::delete(tx, row.try_get("", "id")?, entity_ref, &mut pending).await?;
        let now = self.kit.clock.now();
        store::flush(tx, now, &mut pending).await?;
        for location_id in pending.locations() {
            jobs::enqueue(tx, now, refresh_job(location_id, now)).await?;
        }
        self.options.wake_followers(tx, now).await
    }

    /// The number of the location of this kind and target, or with this number.
    pub async fn location_id(&self, text: &str) -> Result<i64, AppError> {
        if let Ok(id) = text.parse::<i64>() {
            return Ok(id);
        }
        // A folder that is gone has no canonical path any more, but the target it was registered under.
        let target = NewLocation::parse(text).map_or_else(|_| text.to_owned(), |location| location.target);
        let query = "SELECT id FROM catalog_location WHERE target = ? ORDER BY id LIMIT 1";
        let rows = db::rows(self.kit.db.read(), query, [target.as_str().into()]).await?;
        let row = rows.first().ok_or_else(|| AppError::not_found(format!("A location {target}")))?;
        Ok(row.try_get("", "id")?)
    }

    /// Files read so far, while a location is being read or waits for a worker to read it at once.
    pub(super) async fn reading(&self, id: i64) -> Result<Option<u64>, DbErr> {
        let read = self.kit.db.read();
        if !jobs::is_due_or_running(&self.kit.db, REFRESH, &id.to_string(), self.kit.clock.now()).await? {
            return Ok(None);
        }
        let rows = db::rows(read, "SELECT count(*) AS n FROM catalog_file WHERE location_id = ?", [id.into()]).await?;
        rows.first().map(|row| row.try_get::<i64>("", "n").map(|n| n.max(0) as u64)).transpose()
    }
}

fn unknown(id: i64) -> AppError {
    AppError::not_found(format!("Location {id}"))
}

//! The audit trail: who did what to what. A change and its event are written in one transaction, or not at all.

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use serde_json::Value;

use super::clock::Millis;
use crate::identity::Caller;

/// Something that was done.
#[derive(Debug)]
pub struct Event<'a> {
    /// When, by the server's clock.
    pub at: Millis,
    /// By whom.
    pub actor: &'a Caller,
    /// `<plugin>.<resource>.<verb>`, as in the plugin's permissions.
    pub action: &'a str,
    /// What it was done to, such as an entity ref or `location:7`.
    pub resource: &'a str,
    /// What changed. Never a secret.
    pub detail: Value,
}

/// Appends an event; pass the transaction that makes the change.
pub async fn append(tx: &impl ConnectionTrait, event: Event<'_>) -> Result<(), DbErr> {
    let row = entity::ActiveModel {
        at: Set(event.at),
        actor: Set(event.actor.subject().to_owned()),
        action: Set(event.action.to_owned()),
        resource: Set(event.resource.to_owned()),
        detail: Set(event.detail.to_string()),
        ..Default::default()
    };
    entity::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// The table of events.
pub mod entity {
    #![expect(missing_docs, reason = "the columns are documented on the migration and on `Event`")]

    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_event")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at: i64,
        pub actor: String,
        pub action: String,
        pub resource: String,
        pub detail: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

//! What a request or a job is given to work with.

use std::sync::Arc;

use axum::Extension;
use http::HeaderMap;
use serde_json::json;

use super::audit::{self, Event};
use super::authorise::{Attributes, Gate, Resource};
use super::clock::Clock;
use super::db::Db;
use super::fetch::Fetcher;
use super::personal::owner;
use super::search::Vocabulary;
use super::secrets::Vault;
use crate::error::AppError;
use crate::identity::Caller;
use crate::plugin::Permission;

/// The shared parts, cheap to clone.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The one way to fetch from outside.
    pub fetcher: Arc<Fetcher>,
    /// The words that the search knows.
    pub vocabulary: Arc<Vocabulary>,
    /// Who may do what.
    pub gate: Arc<Gate>,
    /// What seals secrets that are kept.
    pub vault: Arc<Vault>,
}

impl Kit {
    /// Lets `caller` pass or says which right is missing and who can grant it.
    pub async fn authorise(
        &self,
        caller: &Caller,
        permission: &Permission,
        resource: &Resource<'_>,
    ) -> Result<(), AppError> {
        let decided = self.gate.authorise(caller, permission, resource);
        if decided.is_err() {
            let id = match resource {
                Resource::All => "*",
                Resource::One(id) => id,
                Resource::Known(known) => known.id,
            };
            let (at, action, detail) = (self.clock.now(), permission.action, json!({}));
            let event = Event { at, actor: caller, action, resource: id, detail };
            // What was refused stays refused, whether that could be written or not.
            if let Err(error) = audit::note_refusal(&self.db, event).await {
                tracing::error!(%error, action, "a refusal was not written to the audit trail");
            }
        }
        decided
    }

    /// Whether `caller` would pass: for a page, which offers an action only to whoever may do it. Nothing is noted as refused.
    pub fn may(&self, caller: &Caller, permission: &Permission, resource: &Resource<'_>) -> bool {
        self.gate.decide(caller, permission, resource).allowed()
    }

    /// The same for what belongs to the caller itself.
    pub fn may_own(&self, caller: &Caller, permission: &Permission) -> bool {
        owner(caller).is_ok_and(|subject| self.may(caller, permission, &Resource::Known(&own(subject))))
    }
}

/// The caller of the server function that runs now, after checking that it may do `permission` to `resource`: the first line of every server function.
pub async fn permit(permission: &Permission, resource: Resource<'_>) -> Result<Caller, AppError> {
    let (Extension(caller), Extension(kit)): (Extension<Caller>, Extension<Kit>) =
        leptos_axum::extract().await.map_err(|_| AppError::Unauthenticated)?;
    kit.authorise(&caller, permission, &resource).await?;
    Ok(caller)
}

/// The same for what belongs to the caller itself, such as its inbox: it is asked for as something that the caller owns.
pub async fn permit_own(permission: &Permission) -> Result<Caller, AppError> {
    let (Extension(caller), Extension(kit)): (Extension<Caller>, Extension<Kit>) =
        leptos_axum::extract().await.map_err(|_| AppError::Unauthenticated)?;
    authorise_own(&kit, &caller, permission).await?;
    Ok(caller)
}

/// Lets `caller` do `permission` to what is its own.
pub async fn authorise_own(kit: &Kit, caller: &Caller, permission: &Permission) -> Result<(), AppError> {
    kit.authorise(caller, permission, &Resource::Known(&own(owner(caller)?))).await
}

/// What is somebody's own, as policies see it.
fn own(subject: &str) -> Attributes<'_> {
    Attributes { id: subject, owner: subject, ..Attributes::default() }
}

/// The caller of the server function that runs now, for services that authorise what they are asked for themselves; whoever is not signed in is refused.
pub async fn caller() -> Result<Caller, AppError> {
    let caller = leptos_axum::extract::<Extension<Caller>>().await;
    match caller {
        Ok(Extension(caller)) if caller != Caller::Anonymous => Ok(caller),
        _ => Err(AppError::Unauthenticated),
    }
}

/// Whether the portal's own pages or a person at the address bar ask for what runs now. Reading a page changes nothing, and so
/// a link or a frame of another site may ask for one, and a browser that looks ahead; what makes the server fetch something is
/// only done where this holds. A caller that is no browser says nothing of where it comes from and carries no right of a browser's.
pub async fn is_asked_from_here() -> bool {
    let Ok(headers) = leptos_axum::extract::<HeaderMap>().await else { return false };
    let has = |name: &str, value: &str| headers.get(name).is_some_and(|found| found.as_bytes() == value.as_bytes());
    let from_elsewhere = headers.contains_key("sec-fetch-site")
        && !has("sec-fetch-site", "same-origin")
        && !has("sec-fetch-site", "none");
    !from_elsewhere && !headers.contains_key("sec-purpose") && !headers.contains_key("purpose")
}

/// Leads whoever sent a form to another page, with and without JavaScript.
pub fn lead_to(path: &str) {
    leptos_axum::redirect(path);
}

/// A service that a plugin put into the request's context; fails when its plugin does not run on this instance.
pub fn service<T: Clone + Send + Sync + 'static>(what: &str) -> Result<T, AppError> {
    leptos::prelude::use_context::<T>().ok_or_else(|| AppError::Unavailable { what: what.to_owned() })
}

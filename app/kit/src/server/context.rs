//! What a request or a job is given to work with.

use std::sync::Arc;

use axum::Extension;

use super::authorise::{Resource, authorise};
use super::clock::Clock;
use super::db::Db;
use super::fetch::Fetcher;
use super::search::Vocabulary;
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
}

/// The caller of the server function that runs now, after checking that it may do `permission` to `resource`: the first line of every server function.
pub async fn permit(permission: &Permission, resource: Resource<'_>) -> Result<Caller, AppError> {
    let Extension(caller): Extension<Caller> = leptos_axum::extract().await.map_err(|_| AppError::Unauthenticated)?;
    authorise(&caller, permission, &resource)?;
    Ok(caller)
}

/// A service that a plugin put into the request's context; fails when its plugin does not run on this instance.
pub fn service<T: Clone + Send + Sync + 'static>(what: &str) -> Result<T, AppError> {
    leptos::prelude::use_context::<T>().ok_or_else(|| AppError::Unavailable { what: what.to_owned() })
}

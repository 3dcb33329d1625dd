//! The pages.

mod discover;
mod fill;
mod history;
mod journey;
mod journeys;
mod offer;
mod parts;
mod path;
mod queue;
mod versions;
mod words;

use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::Address;

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["golden-paths"] => discover::discover_page(at).await,
        ["golden-paths", "paths", namespace, name] => path::path_page(namespace, name).await,
        ["golden-paths", "paths", namespace, name, "versions"] => versions::versions_page(namespace, name, at).await,
        ["golden-paths", "paths", namespace, name, "versions", number] => {
            versions::version_page(namespace, name, number, at).await
        }
        ["golden-paths", "queue"] => queue::queue_page(at).await,
        ["golden-paths", "journeys"] => journeys::journeys_page(at).await,
        ["golden-paths", "journeys", id] => journey::journey_page(id, at).await,
        ["golden-paths", "journeys", id, "start"] => fill::form_page(id, None, at).await,
        ["golden-paths", "journeys", id, "steps", key, "form"] => fill::form_page(id, Some(key), at).await,
        ["golden-paths", "journeys", id, "offer"] => offer::offer_page(id).await,
        ["golden-paths", "journeys", id, "history"] => history::history_page(id, at).await,
        _ => Err(AppError::nowhere()),
    }
}

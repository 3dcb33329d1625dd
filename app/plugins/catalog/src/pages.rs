//! The pages, and the parts that several of them show.

mod catalog;
mod docs;
mod entity;
mod location;
mod locations;
mod organisation;
mod overview;
mod parts;
mod register;
mod relations;
mod summary;
mod unregister;

use kit::error::AppError;
use kit::page::Drawn;
use kit::plugin::Permission;
use kit::server::context::{caller, service};
use kit::server::page::Address;

use crate::info::READ_LOCATIONS;
use crate::server::{Catalog, ReadableLocation, Reader};

pub use summary::{Way, catalog_summary, owned_summary};

use catalog::catalog_page;
use entity::{entity_docs_page, entity_page};
use location::location_page;
use locations::locations_page;
use register::register_page;
use unregister::unregister_page;

/// The catalog as whoever asks may see it, or the refusal where `permission` shows nothing of it: the first line of a page.
async fn reader(permission: &Permission) -> Result<Reader, AppError> {
    let caller = caller().await?;
    service::<Catalog>("The catalog")?.reader(&caller, permission).await
}

/// The location with this number, for whoever may see it.
pub(crate) async fn location(id: i64) -> Result<(Reader, ReadableLocation), AppError> {
    let reader = reader(&READ_LOCATIONS).await?;
    let location = reader.readable_location(id).await?;
    Ok((reader, location))
}

/// The location of an address.
async fn location_at(id: &str) -> Result<(Reader, ReadableLocation), AppError> {
    caller().await?;
    location(id.parse().map_err(|_| AppError::not_found(format!("Location {id}")))?).await
}

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    let entity_ref = |namespace, kind, name| format!("{kind}:{namespace}/{name}");
    match at.segments().as_slice() {
        ["catalog"] => catalog_page(at).await,
        ["catalog", namespace, kind, name] => entity_page(&entity_ref(namespace, kind, name), at).await,
        ["catalog", namespace, kind, name, "docs", path @ ..] => {
            entity_docs_page(&entity_ref(namespace, kind, name), &path.join("/")).await
        }
        ["locations"] => locations_page(at).await,
        ["locations", "register"] => register_page(at).await,
        ["locations", id] => location_page(id, at).await,
        ["locations", id, "unregister"] => unregister_page(id).await,
        _ => Err(AppError::nowhere()),
    }
}

//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::Json;
use kit::error::AppError;
use kit::page::Drawn;
#[cfg(feature = "ssr")]
use kit::server::authorise::Resource;
#[cfg(feature = "ssr")]
use kit::server::context::{caller, lead_to, permit, permit_own, service};
#[cfg(feature = "ssr")]
use kit::server::page::Address;
#[cfg(feature = "ssr")]
use kit::server::said::done;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::info::{READ_ENTITIES, REFRESH_LOCATION, REGISTER_LOCATION, SAVE_FILTER, STAR_ENTITY, UNREGISTER_LOCATION};
#[cfg(feature = "ssr")]
use crate::pages;
#[cfg(feature = "ssr")]
use crate::server::Catalog;

/// The page at an address. Each page authorises for itself.
#[server(prefix = "/api/catalog/fn", endpoint = "page", input = Json, output = Json)]
pub async fn catalog_page(address: String) -> Result<Drawn, AppError> {
    pages::draw(&Address::parse(&address)).await
}

/// Has a location read at once, and answers when it was, or after a moment. A plain HTML form posts it; the answer leads back to the
/// page that it came from.
#[server(prefix = "/api/catalog/fn", endpoint = "refresh", output = Json)]
pub async fn refresh_location(id: i64) -> Result<i64, AppError> {
    let (reader, location) = pages::location(id).await?;
    reader.permit_location(&REFRESH_LOCATION, &location).await?;
    let catalog = service::<Catalog>("The catalog")?;
    catalog.refresh(&caller().await?, id).await?;
    catalog.wait_until_read(id).await?;
    done("Refresh asked for");
    Ok(id)
}

/// Registers a location, has it read at once and leads to its page. A plain HTML form posts it. What a location may bring is not said here:
/// whoever sends `trustOrg` is told so.
#[server(prefix = "/api/catalog/fn", endpoint = "register", output = Json)]
pub async fn register_location(
    target: String,
    #[server(default)]
    #[server(rename = "trustOrg")]
    trust_org: Option<String>,
) -> Result<i64, AppError> {
    let caller = permit(&REGISTER_LOCATION, Resource::All).await?;
    let catalog = service::<Catalog>("The catalog")?;
    Catalog::refuse_trust(trust_org.is_some())?;
    let location = catalog.location_of(&caller, &target).await?;
    let registered = catalog.register(&caller, &location).await?;
    catalog.wait_until_read(registered.id).await?;
    lead_to(&format!("/locations/{}", registered.id));
    done("The location is registered");
    Ok(registered.id)
}

/// Unregisters a location and leads to the list of those that are left. A plain HTML form posts it.
#[server(prefix = "/api/catalog/fn", endpoint = "unregister", output = Json)]
pub async fn unregister_location(id: i64) -> Result<i64, AppError> {
    let (reader, location) = pages::location(id).await?;
    reader.permit_location(&UNREGISTER_LOCATION, &location).await?;
    let catalog = service::<Catalog>("The catalog")?;
    catalog.unregister(&caller().await?, id).await?;
    catalog.wait_until_gone(id).await?;
    lead_to("/locations");
    done("The location is unregistered");
    Ok(id)
}

/// Stars an entity that the caller may see, or takes its star away. A plain HTML form posts it.
#[server(prefix = "/api/catalog/fn", endpoint = "star", output = Json)]
pub async fn star_entity(item: String, starred: bool) -> Result<(), AppError> {
    let caller = permit_own(&STAR_ENTITY).await?;
    service::<Catalog>("The catalog")?.reader(&caller, &READ_ENTITIES).await?.star(&item, starred).await
}

/// Keeps the state that a catalog address stands for under a name; the same name again replaces it. A plain HTML form posts it.
#[server(prefix = "/api/catalog/fn", endpoint = "save-filter", output = Json)]
pub async fn save_filter(name: String, href: String) -> Result<(), AppError> {
    let caller = permit(&SAVE_FILTER, Resource::All).await?;
    service::<Catalog>("The catalog")?.save_filter(&caller, &name, &href).await
}

/// Forgets one of the caller's own saved filters. A plain HTML form posts it.
#[server(prefix = "/api/catalog/fn", endpoint = "forget-filter", output = Json)]
pub async fn forget_filter(id: i64) -> Result<(), AppError> {
    let caller = permit(&SAVE_FILTER, Resource::All).await?;
    service::<Catalog>("The catalog")?.forget_filter(&caller, id).await
}

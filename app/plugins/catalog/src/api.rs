//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::Json;
use kit::error::AppError;
use kit::html::Html;
#[cfg(feature = "ssr")]
use kit::server::authorise::Resource;
#[cfg(feature = "ssr")]
use kit::server::context::{is_asked_from_here, lead_to, permit, service};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::info::{
    READ_ENTITIES, READ_LOCATIONS, REFRESH_LOCATION, REGISTER_LOCATION, SAVE_FILTER, UNREGISTER_LOCATION,
};
use crate::model::docs::Docs;
use crate::model::{
    Checked, Departure, Descriptor, EntityDetail, EntityList, GraphQuery, ListQuery, LocationDetail, LocationList,
    RelationGraph, SavedFilter, Summary,
};
#[cfg(feature = "ssr")]
use crate::server::Catalog;

/// What the home page says of the catalog.
#[server(prefix = "/api/catalog/fn", endpoint = "summary", input = Json, output = Json)]
pub async fn home_summary() -> Result<Summary, AppError> {
    permit(&READ_ENTITIES, Resource::All).await?;
    service::<Catalog>("The catalog")?.summary().await
}

/// A page of entities.
#[server(prefix = "/api/catalog/fn", endpoint = "list", input = Json, output = Json)]
pub async fn list_entities(query: ListQuery) -> Result<EntityList, AppError> {
    permit(&READ_ENTITIES, Resource::All).await?;
    service::<Catalog>("The catalog")?.list(query).await
}

/// One entity, by its ref.
#[server(prefix = "/api/catalog/fn", endpoint = "entity", input = Json, output = Json)]
pub async fn entity(entity_ref: String) -> Result<EntityDetail, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.entity(&entity_ref).await
}

/// The descriptor of an entity as it was written, by its ref.
#[server(prefix = "/api/catalog/fn", endpoint = "descriptor", input = Json, output = Json)]
pub async fn entity_descriptor(entity_ref: String) -> Result<Descriptor, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.descriptor(&entity_ref).await
}

/// A page of the docs of an entity, by its ref and the page's path.
#[server(prefix = "/api/catalog/fn", endpoint = "docs", input = Json, output = Json)]
pub async fn entity_docs(entity_ref: String, path: String) -> Result<Docs, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.docs(&entity_ref, &path).await
}

/// What an API says of its interface, drawn, by its ref. `show` is the anchor of what is wanted first, or `source`.
#[server(prefix = "/api/catalog/fn", endpoint = "definition", input = Json, output = Json)]
pub async fn entity_definition(entity_ref: String, show: String) -> Result<Html, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.definition(&entity_ref, show).await
}

/// The relations around one entity, drawn; by its ref.
#[server(prefix = "/api/catalog/fn", endpoint = "graph", input = Json, output = Json)]
pub async fn entity_graph(entity_ref: String, query: GraphQuery) -> Result<RelationGraph, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.graph(&entity_ref, query).await
}

/// A page of locations, after the given number.
#[server(prefix = "/api/catalog/fn", endpoint = "locations", input = Json, output = Json)]
pub async fn locations(after: i64) -> Result<LocationList, AppError> {
    permit(&READ_LOCATIONS, Resource::All).await?;
    service::<Catalog>("The catalog")?.locations(after).await
}

/// One location with a page of its problems.
#[server(prefix = "/api/catalog/fn", endpoint = "location", input = Json, output = Json)]
pub async fn location(id: i64, page: String) -> Result<LocationDetail, AppError> {
    permit(&READ_LOCATIONS, Resource::One(&format!("location:{id}"))).await?;
    service::<Catalog>("The catalog")?.location(id, &page).await
}

/// Has a location read at once, and answers when it was, or after a moment. A plain HTML form can post it; the answer leads
/// back to the page that it came from. Gives the location's number back, so that a page with several knows which one it was.
#[server(prefix = "/api/catalog/fn", endpoint = "refresh", output = Json)]
pub async fn refresh_location(id: i64) -> Result<i64, AppError> {
    let caller = permit(&REFRESH_LOCATION, Resource::One(&format!("location:{id}"))).await?;
    let catalog = service::<Catalog>("The catalog")?;
    catalog.refresh(&caller, id).await?;
    catalog.wait_until_read(id).await?;
    Ok(id)
}

/// What registering a location would do. It reads the location and writes nothing; on behalf of another site it does not even read.
#[server(prefix = "/api/catalog/fn", endpoint = "preview", input = Json, output = Json)]
pub async fn preview_location(target: String) -> Result<Checked, AppError> {
    let caller = permit(&REGISTER_LOCATION, Resource::All).await?;
    let catalog = service::<Catalog>("The catalog")?;
    if target.trim().is_empty() {
        return Ok(Checked::Nothing);
    }
    if !is_asked_from_here().await {
        return Ok(Checked::Elsewhere);
    }
    match catalog.location_of(&caller, &target) {
        Ok(location) => {
            let plan = catalog.plan(location).await?;
            Ok(Checked::Preview(Box::new(catalog.preview(plan).await?)))
        }
        Err(AppError::BadRequest { message }) => Ok(Checked::Refused(message)),
        Err(error) => Err(error),
    }
}

/// Registers a location, has it read at once and leads to its page. A plain HTML form can post it.
#[server(prefix = "/api/catalog/fn", endpoint = "register", output = Json)]
pub async fn register_location(target: String) -> Result<i64, AppError> {
    let caller = permit(&REGISTER_LOCATION, Resource::All).await?;
    let catalog = service::<Catalog>("The catalog")?;
    let location = catalog.location_of(&caller, &target)?;
    let registered = catalog.register(&caller, &location).await?;
    catalog.wait_until_read(registered.id).await?;
    lead_to(&format!("/locations/{}", registered.id));
    Ok(registered.id)
}

/// What unregistering a location would take away.
#[server(prefix = "/api/catalog/fn", endpoint = "departure", input = Json, output = Json)]
pub async fn location_departure(id: i64) -> Result<Departure, AppError> {
    permit(&UNREGISTER_LOCATION, Resource::One(&format!("location:{id}"))).await?;
    service::<Catalog>("The catalog")?.departure(id).await
}

/// Unregisters a location and leads to the list of those that are left. A plain HTML form can post it.
#[server(prefix = "/api/catalog/fn", endpoint = "unregister", output = Json)]
pub async fn unregister_location(id: i64) -> Result<i64, AppError> {
    let caller = permit(&UNREGISTER_LOCATION, Resource::One(&format!("location:{id}"))).await?;
    let catalog = service::<Catalog>("The catalog")?;
    catalog.unregister(&caller, id).await?;
    catalog.wait_until_gone(id).await?;
    lead_to("/locations");
    Ok(id)
}

/// The caller's own saved filters, by name.
#[server(prefix = "/api/catalog/fn", endpoint = "saved-filters", input = Json, output = Json)]
pub async fn saved_filters() -> Result<Vec<SavedFilter>, AppError> {
    let caller = permit(&READ_ENTITIES, Resource::All).await?;
    service::<Catalog>("The catalog")?.saved_filters(&caller).await
}

/// Keeps the state that a catalog address stands for under a name; the same name again replaces it. A plain HTML form can post it.
#[server(prefix = "/api/catalog/fn", endpoint = "save-filter", output = Json)]
pub async fn save_filter(name: String, href: String) -> Result<(), AppError> {
    let caller = permit(&SAVE_FILTER, Resource::All).await?;
    service::<Catalog>("The catalog")?.save_filter(&caller, &name, &href).await
}

/// Forgets one of the caller's own saved filters.
#[server(prefix = "/api/catalog/fn", endpoint = "forget-filter", output = Json)]
pub async fn forget_filter(id: i64) -> Result<(), AppError> {
    let caller = permit(&SAVE_FILTER, Resource::All).await?;
    service::<Catalog>("The catalog")?.forget_filter(&caller, id).await
}

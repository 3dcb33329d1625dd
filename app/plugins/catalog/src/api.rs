//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::error::AppError;
use kit::html::Html;
#[cfg(feature = "ssr")]
use kit::server::authorise::Resource;
#[cfg(feature = "ssr")]
use kit::server::context::{permit, service};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::info::{READ_ENTITIES, READ_LOCATIONS, REFRESH_LOCATION};
use crate::model::docs::Docs;
use crate::model::{
    Descriptor, EntityDetail, EntityList, GraphQuery, ListQuery, LocationDetail, LocationList, RelationGraph, Summary,
};
#[cfg(feature = "ssr")]
use crate::server::Catalog;

/// What the home page says of the catalog.
#[server(prefix = "/api/catalog/fn", endpoint = "summary", input = Json)]
pub async fn home_summary() -> Result<Summary, AppError> {
    permit(&READ_ENTITIES, Resource::All).await?;
    service::<Catalog>("The catalog")?.summary().await
}

/// A page of entities.
#[server(prefix = "/api/catalog/fn", endpoint = "list", input = Json)]
pub async fn list_entities(query: ListQuery) -> Result<EntityList, AppError> {
    permit(&READ_ENTITIES, Resource::All).await?;
    service::<Catalog>("The catalog")?.list(query).await
}

/// One entity, by its ref.
#[server(prefix = "/api/catalog/fn", endpoint = "entity", input = Json)]
pub async fn entity(entity_ref: String) -> Result<EntityDetail, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.entity(&entity_ref).await
}

/// The descriptor of an entity as it was written, by its ref.
#[server(prefix = "/api/catalog/fn", endpoint = "descriptor", input = Json)]
pub async fn entity_descriptor(entity_ref: String) -> Result<Descriptor, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.descriptor(&entity_ref).await
}

/// A page of the docs of an entity, by its ref and the page's path.
#[server(prefix = "/api/catalog/fn", endpoint = "docs", input = Json)]
pub async fn entity_docs(entity_ref: String, path: String) -> Result<Docs, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.docs(&entity_ref, &path).await
}

/// What an API says of its interface, drawn, by its ref. `show` is the anchor of what is wanted first, or `source`.
#[server(prefix = "/api/catalog/fn", endpoint = "definition", input = Json)]
pub async fn entity_definition(entity_ref: String, show: String) -> Result<Html, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.definition(&entity_ref, show).await
}

/// The relations around one entity, drawn; by its ref.
#[server(prefix = "/api/catalog/fn", endpoint = "graph", input = Json)]
pub async fn entity_graph(entity_ref: String, query: GraphQuery) -> Result<RelationGraph, AppError> {
    permit(&READ_ENTITIES, Resource::One(&entity_ref)).await?;
    service::<Catalog>("The catalog")?.graph(&entity_ref, query).await
}

/// A page of locations, after the given number.
#[server(prefix = "/api/catalog/fn", endpoint = "locations", input = Json)]
pub async fn locations(after: i64) -> Result<LocationList, AppError> {
    permit(&READ_LOCATIONS, Resource::All).await?;
    service::<Catalog>("The catalog")?.locations(after).await
}

/// One location with a page of its problems.
#[server(prefix = "/api/catalog/fn", endpoint = "location", input = Json)]
pub async fn location(id: i64, page: String) -> Result<LocationDetail, AppError> {
    permit(&READ_LOCATIONS, Resource::One(&format!("location:{id}"))).await?;
    service::<Catalog>("The catalog")?.location(id, &page).await
}

/// Has a location read at once, and answers when it was, or after a moment. A plain HTML form can post it; the answer leads
/// back to the page that it came from. Gives the location's number back, so that a page with several knows which one it was.
#[server(prefix = "/api/catalog/fn", endpoint = "refresh")]
pub async fn refresh_location(id: i64) -> Result<i64, AppError> {
    let caller = permit(&REFRESH_LOCATION, Resource::One(&format!("location:{id}"))).await?;
    let catalog = service::<Catalog>("The catalog")?;
    catalog.refresh(&caller, id).await?;
    catalog.wait_until_read(id).await?;
    Ok(id)
}

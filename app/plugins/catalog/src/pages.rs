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

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::{SsrMode, path};

pub use summary::{CatalogSummary, Way};

use catalog::CatalogPage;
use entity::{EntityDocsPage, EntityPage};
use location::LocationPage;
use locations::LocationsPage;
use register::RegisterPage;
use unregister::UnregisterPage;

/// The plugin's pages, one line each.
#[component(transparent)]
pub fn CatalogRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/catalog") view=CatalogPage ssr=SsrMode::Async/>
        <Route path=path!("/catalog/:namespace/:kind/:name") view=EntityPage ssr=SsrMode::Async/>
        <Route path=path!("/catalog/:namespace/:kind/:name/docs") view=EntityDocsPage ssr=SsrMode::Async/>
        <Route path=path!("/catalog/:namespace/:kind/:name/docs/*path") view=EntityDocsPage ssr=SsrMode::Async/>
        <Route path=path!("/locations") view=LocationsPage ssr=SsrMode::Async/>
        <Route path=path!("/locations/register") view=RegisterPage ssr=SsrMode::Async/>
        <Route path=path!("/locations/:id") view=LocationPage ssr=SsrMode::Async/>
        <Route path=path!("/locations/:id/unregister") view=UnregisterPage ssr=SsrMode::Async/>
    }
    .into_inner()
    .into_any_nested_route()
}

//! The table of contents: every plugin, each of which has a table of its own pages.

use kit::components::{DrawnPages, Shell};
use kit::error::AppError;
use kit::page::Drawing;
use kit::plugin::PluginInfo;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::WildcardSegment;
use leptos_router::components::{FlatRoutes, Route, Router};

use crate::api::home_page;

/// Every plugin, in the order of the navigation.
pub static PLUGINS: [&PluginInfo; 10] = [
    &inbox::INFO,
    &catalog::INFO,
    &golden_paths::INFO,
    &templates::INFO,
    &contributions::INFO,
    &design::INFO,
    &audit::INFO,
    &search::INFO,
    &settings::INFO,
    &access::INFO,
];

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Portico".to_owned() } else { format!("{title} · Portico") }/>
        <Router>
            <Shell plugins=PLUGINS.to_vec()>
                <FlatRoutes fallback=|| ()>
                    <Route path=WildcardSegment("page") view=|| view! { <DrawnPages draw=draw/> }/>
                </FlatRoutes>
            </Shell>
        </Router>
    }
}

/// Has the page at an address drawn by the plugin that it belongs to.
fn draw(address: String) -> Drawing {
    let path = address.split('?').next().unwrap_or_default();
    match PLUGINS.iter().find(|plugin| plugin.owns(path)) {
        Some(plugin) => (plugin.page)(address),
        None if path == "/" => Box::pin(home_page()),
        None => Box::pin(async { Err(AppError::nowhere()) }),
    }
}

//! The table of contents: every plugin, and one line a page.

use catalog::CatalogRoutes;
use design::DesignRoutes;
use kit::components::{NotFound, Shell};
use kit::plugin::PluginInfo;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};
use search::SearchRoutes;

use crate::home::HomePage;

/// Every plugin, in the order of the navigation.
pub static PLUGINS: [&PluginInfo; 3] = [&catalog::INFO, &design::INFO, &search::INFO];

/// The application. It runs once at start for the list of routes, so it has no effects of its own.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Portico".to_owned() } else { format!("{title} · Portico") }/>
        <Router>
            <Shell plugins=PLUGINS.to_vec()>
                <Routes fallback=|| view! { <NotFound/> }>
                    <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                    <CatalogRoutes/>
                    <DesignRoutes/>
                    <SearchRoutes/>
                </Routes>
            </Shell>
        </Router>
    }
}

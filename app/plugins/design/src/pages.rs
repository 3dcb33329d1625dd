//! The pages. Each is drawn on the server; here is only its frame.

use kit::components::{Fragment, Page, loaded};
use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::{SsrMode, path};

use crate::api::design_page;
use crate::model::{Ask, Drawn};

/// The plugin's pages, one line each.
#[component(transparent)]
pub fn DesignRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/design") view=Frame ssr=SsrMode::Async/>
        <Route path=path!("/design/tokens") view=Frame ssr=SsrMode::Async/>
        <Route path=path!("/design/recipes") view=Frame ssr=SsrMode::Async/>
        <Route path=path!("/design/components/:name") view=Frame ssr=SsrMode::Async/>
    }
    .into_inner()
    .into_any_nested_route()
}

#[component]
fn Frame() -> impl IntoView {
    let path = use_location().pathname;
    let query = use_query_map();
    let ask = Memo::new(move |_| {
        let of = |name| query.with(|all| all.get(name).unwrap_or_default());
        let page = path.get().rsplit('/').next().filter(|last| *last != "design").unwrap_or_default().to_owned();
        Ask { page, theme: of("theme"), width: of("width") }
    });
    let page = Resource::new(move || ask.get(), design_page);
    loaded(page, |page: Drawn| {
        view! {
            <Page title=page.title kind="Design system" lead=page.lead>
                <div class="pk-split">
                    <aside class="pk-split__side" aria-label="Pages of the design system"><Fragment html=page.contents/></aside>
                    <div class="pk-split__main"><Fragment html=page.body/></div>
                </div>
            </Page>
        }
    })
}

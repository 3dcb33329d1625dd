use catalog::model::ListQuery;
use catalog::pages::{CatalogSummary, SearchBox};
use kit::components::Page;
use leptos::prelude::*;

/// The home page: the search first, then what each plugin has to say.
#[component]
pub fn HomePage() -> impl IntoView {
    view! {
        <Page title="Find software" lead="Services, APIs, systems and the teams that own them, in one place.">
            <SearchBox query=ListQuery::default() label="Search software" large=true/>
            <CatalogSummary/>
        </Page>
    }
}

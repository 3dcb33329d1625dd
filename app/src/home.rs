use catalog::pages::CatalogSummary;
use kit::components::Page;
use leptos::prelude::*;
use leptos_router::components::Form;

/// The home page: the search first, then what each plugin has to say.
#[component]
pub fn HomePage() -> impl IntoView {
    view! {
        <Page title="Find software" lead="Services, APIs, systems and the teams that own them, in one place.">
            <Form method="GET" action="/catalog" attr:class="pk-search pk-search--large" attr:role="search">
                <label class="pk-visually-hidden" for="home-search">"Search software"</label>
                <input class="pk-input" id="home-search" type="search" name="q" placeholder="Search software by name, title, owner, type or tag"/>
                <button class="pk-button pk-button--primary" type="submit">"Search"</button>
            </Form>
            <CatalogSummary/>
        </Page>
    }
}

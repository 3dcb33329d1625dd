use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::page::Page;
use crate::error::AppError;
use crate::response::set_status;

#[cfg(feature = "ssr")]
pub mod examples;

/// The page of an error: what happened, why, and what to do. Sets the response's status.
#[component]
pub fn ErrorView(
    /// What went wrong.
    error: AppError,
) -> impl IntoView {
    set_status(error.status());
    let title = match &error {
        AppError::NotFound { .. } => return NotFound(NotFoundProps { what: error.to_string() }).into_any(),
        AppError::BadRequest { .. } => "This address cannot be read",
        AppError::Unauthenticated | AppError::BadToken => "Sign in to see this page",
        AppError::Forbidden { .. } => "You may not see this page",
        AppError::TooMany { .. } => "Too many requests",
        AppError::Method { .. } | AppError::TooLarge { .. } => "This request cannot be answered",
        AppError::Unavailable { .. } => "Unavailable at the moment",
        AppError::Internal { .. } => "Something failed on our side",
    };
    let way_on = if error == AppError::Unauthenticated {
        // This address as another document: whoever asks for it without being signed in is led to the sign-in, and back.
        view! { <a class="pk-button pk-button--primary" rel="external" href="">"Sign in"</a> }.into_any()
    } else {
        view! { <a class="pk-button" href="/catalog">"Go to the catalog"</a> }.into_any()
    };
    view! {
        <Title text=title/>
        <Page title=title>
            <ErrorMessage error=error>{way_on}</ErrorMessage>
        </Page>
    }
    .into_any()
}

/// What failed in a part of a page, and what to do; the rest of the page stays.
#[component]
pub fn ErrorMessage(
    /// What went wrong.
    error: AppError,
    /// The action.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let advice = match &error {
        AppError::NotFound { .. } => "It may have been renamed or removed.",
        AppError::BadRequest { .. } => "Correct the address, or start again from the catalog.",
        AppError::Unauthenticated | AppError::BadToken => "This page is for people who are signed in.",
        AppError::Forbidden { .. } => "Ask the people named above for the right, then load the page again.",
        AppError::TooMany { .. } => "Wait a moment, then load the page again.",
        AppError::Method { .. } => "Open the page by its address.",
        AppError::TooLarge { .. } => "Go back, make it shorter and send it again.",
        AppError::Unavailable { .. } => "The rest of the portal works. Load the page again in a minute.",
        AppError::Internal { .. } => {
            "Load the page again. If it fails again, tell the platform team and quote the reference."
        }
    };
    view! {
        <div class="pk-message pk-message--wrong" role="alert">
            <p>{error.to_string()}"."</p>
            <p class="pk-quiet">{advice}</p>
            {children.map(|children| view! { <p>{children()}</p> })}
        </div>
    }
    .into_any()
}

/// The page for an address that leads nowhere: offers the search and the way home. Sets status 404.
#[component]
pub fn NotFound(
    /// The sentence without its full stop.
    #[prop(into, default = "Nothing has this address".into())]
    what: String,
) -> impl IntoView {
    set_status(http::StatusCode::NOT_FOUND);
    view! {
        <Title text="Not found"/>
        <Page title="Not found">
            <div class="pk-message">
                <p>{what}". It may have been renamed or removed, or the address may be mistyped."</p>
                <form class="pk-search" action="/catalog" method="get" role="search">
                    <label class="pk-visually-hidden" for="not-found-search">"Search software"</label>
                    <input class="pk-input" id="not-found-search" type="search" name="q" placeholder="Search software by name, owner or tag"/>
                    <button class="pk-button pk-button--primary" type="submit">"Search"</button>
                </form>
                <p><a href="/">"Go to the home page"</a></p>
            </div>
        </Page>
    }
    .into_any()
}

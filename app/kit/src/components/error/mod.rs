use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::page::Page;
use crate::error::AppError;
use crate::query::segment;
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
        AppError::Conflict { .. } => "This cannot be done as things stand",
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
        AppError::Conflict { .. } => "Load the page again to see how things stand now.",
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
            <p>{linked(&format!("{error}."))}</p>
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

/// A text in which each ref of a person or a group leads to its page in the catalog.
fn linked(text: &str) -> Vec<AnyView> {
    let (mut views, mut plain) = (Vec::new(), String::new());
    for part in text.split_inclusive([' ', ',', ';']) {
        let word = part.trim_end_matches([' ', ',', ';', '.']);
        if let Some(href) = page_of(word) {
            views.push(std::mem::take(&mut plain).into_any());
            views.push(view! { <a href=href>{word.to_owned()}</a> }.into_any());
            plain.push_str(&part[word.len()..]);
        } else {
            plain.push_str(part);
        }
    }
    views.push(plain.into_any());
    views
}

/// The page of the person or group that `word` is the ref of.
fn page_of(word: &str) -> Option<String> {
    let (kind, rest) = word.split_once(':').filter(|(kind, _)| ["user", "group"].contains(kind))?;
    let (namespace, name) =
        rest.split_once('/').filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty())?;
    Some(format!("/catalog/{}/{kind}/{}", segment(namespace), segment(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_of_a_person_or_a_group_has_a_page() {
        assert_eq!(page_of("group:default/card-issuing").as_deref(), Some("/catalog/default/group/card-issuing"));
        assert_eq!(page_of("user:default/a?b").as_deref(), Some("/catalog/default/user/a%3Fb"));
        for none in ["operator", "component:default/x", "user:", "user:default/", "group:/x", ""] {
            assert_eq!(page_of(none), None, "{none}");
        }
    }
}

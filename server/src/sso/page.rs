//! The page for a sign-in that did not come about.

use axum::response::{Html, IntoResponse, Response};
use kit::components::{Banner, Button, Emphasis, Tone};
use kit::query::href;
use kit::server::html::drawn;
use leptos::prelude::*;

use super::refusal::Refusal;
use crate::config::Provider;
use crate::error_page::document;

/// What happened, and what to do next: try again, or another provider.
pub fn refused<'a>(
    names: &app::shell::Assets,
    provider: &Provider,
    others: impl Iterator<Item = &'a Provider>,
    to: &str,
    refusal: &Refusal,
) -> Response {
    let again = |provider: &Provider| href(&format!("/sign-in/{}", provider.id), [("to", to)]);
    let others: Vec<_> = others.map(|other| (format!("Sign in with {}", other.label), again(other))).collect();
    let (text, advice) = (refusal.text(&provider.label), refusal.advice());
    let (label, said) = (provider.label.clone(), refusal.said().map(str::to_owned));
    let again = again(provider);
    let body = drawn(|| {
        let said = said.map(|said| view! { <p>{label} " says: " <q>{said}</q></p> });
        let others: Vec<_> = others.into_iter().map(|(text, href)| view! { <Button text=text href=href/> }).collect();
        view! {
            <Banner title=text tone=Tone::Wrong>
                {said}
                <p>{advice}</p>
            </Banner>
            <p class="pk-inline">
                <Button text="Try again" href=again emphasis=Emphasis::Primary/>
                {others}
            </p>
        }
    });
    (refusal.status(), Html(document(Some(names), refusal.title(), body.as_str()))).into_response()
}

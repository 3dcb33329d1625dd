//! The ways to finished HTML.

use leptos::prelude::*;

use super::markdown;
use crate::html::Html;

/// What a view draws. The view is made under an owner of its own, so that it may use contexts and signals. Nobody hydrates it, so
/// it goes without leptos' marks; in a text the same characters would be escaped.
pub fn drawn<V: IntoView>(view: impl FnOnce() -> V) -> Html {
    let owner = Owner::new();
    let html = owner.with(|| view().into_view().to_html());
    owner.cleanup();
    Html(html.replace("<!>", ""))
}

/// A short text of others in Markdown, such as a description: sanitised, without ids, and with links to what is elsewhere alone.
pub fn markdown(text: &str) -> Html {
    Html(markdown::to_html(text))
}

/// Takes text as finished HTML. The caller has sanitised it; a test lists the callers.
pub fn finished(html: String) -> Html {
    Html(html)
}

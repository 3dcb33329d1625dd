use leptos::prelude::*;

use crate::components::fragment::Fragment;
use crate::html::Html;

#[cfg(feature = "ssr")]
pub mod examples;

/// A text to be read, such as the Markdown of a repository, at most 72 characters wide.
#[component]
pub fn Prose(
    /// The text, as the server finished it.
    html: Html,
) -> impl IntoView {
    view! { <Fragment html=html class="pk-prose"/> }
}

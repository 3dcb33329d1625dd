use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

// One file of `style/icons` a glyph.
include!(concat!(env!("OUT_DIR"), "/icons.rs"));

/// A glyph; always beside a word, so it is hidden from assistive technology.
#[component]
pub fn IconView(
    /// Which one.
    icon: Icon,
) -> impl IntoView {
    view! {
        <svg class="pk-icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=icon.path() fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"></path>
        </svg>
    }
}

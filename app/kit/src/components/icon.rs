use leptos::prelude::*;

/// The glyphs that are used, drawn on a 16 px grid with one stroke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// The front door.
    Home,
    /// The catalog.
    Catalog,
    /// Where descriptors come from.
    Locations,
    /// A plugin without a glyph of its own.
    Plugin,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Home => "M2.5 7.5 8 3l5.5 4.5M4 6.5v6.5h8V6.5M6.75 13V9.5h2.5V13",
            Self::Catalog => "M2.5 3.5h11M2.5 8h11M2.5 12.5h11M5.5 3.5v9",
            Self::Locations => {
                "M8 14s4.5-4.2 4.5-7.5a4.5 4.5 0 0 0-9 0C3.5 9.8 8 14 8 14ZM8 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z"
            }
            Self::Plugin => "M3 3h4v4H3zM9 9h4v4H9zM9 3h4v4H9zM3 9h4v4H3z",
        }
    }
}

/// A glyph; always beside a word, so it is hidden from assistive technology.
#[component]
pub fn IconView(
    /// Which one.
    icon: Icon,
) -> impl IntoView {
    view! {
        <svg class="pk-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=icon.path() fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"></path>
        </svg>
    }
}

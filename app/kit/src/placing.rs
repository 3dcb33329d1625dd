//! Where a drawn page is placed: on the server it is written, in the browser it takes the place of the one before.

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod ssr;

#[cfg(not(feature = "ssr"))]
use browser as side;
#[cfg(feature = "ssr")]
use ssr as side;

use leptos::prelude::*;

use crate::html::Html;

/// What the form that led to this page had to say, as HTML.
pub fn said() -> String {
    side::said()
}

/// The id of the element round the page.
pub const PAGE: &str = "page";

/// What leptos believes to be in the element; it does not touch the element while this stays the same.
#[derive(Clone, Copy)]
pub struct Placing(StoredValue<String>);

impl Placing {
    /// Nothing is placed yet, or the server placed it.
    #[expect(clippy::new_without_default, reason = "it lives in the reactive owner at hand")]
    pub fn new() -> Self {
        Self(StoredValue::new(String::new()))
    }

    /// Places `html`; what is given back goes to `inner_html`. Empty HTML stands for a page that the server has placed.
    pub fn place(self, html: Html) -> String {
        side::place(self.0, html.0)
    }
}

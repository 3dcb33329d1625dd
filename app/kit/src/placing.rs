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
use crate::plugin::NavigationItem;

/// What the form that led to this page had to say.
pub fn said() -> Html {
    side::said()
}

/// The number of unread messages, where somebody is signed in.
pub fn unread() -> Html {
    side::unread()
}

/// Whoever is signed in.
pub fn account() -> Html {
    side::account()
}

/// Whether an entry of the navigation is for whoever is signed in.
pub fn offers(item: &NavigationItem) -> bool {
    side::offers(item)
}

/// The element of the page, with the `html` of the page at `address` in it. Empty HTML stands for a page that the server has placed;
/// none takes the page away.
pub fn place(html: Option<Html>, address: &str) -> AnyView {
    side::place(html, address)
}

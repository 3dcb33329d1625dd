use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A figure that the server drew: finished and safe HTML, so that nothing of the drawing is in the browser's bundle. Only this
/// crate makes one; see `graph::draw` and `chart::draw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    pub(super) html: String,
}

/// Places a [`Drawing`] in the page.
#[component]
pub fn DrawingView(
    /// The figure.
    drawing: Drawing,
) -> impl IntoView {
    view! { <div class="pk-drawing" inner_html=drawing.html></div> }.into_any()
}

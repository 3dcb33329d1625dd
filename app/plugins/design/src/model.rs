//! What the pages are made of, on both sides.

use kit::html::Html;
use serde::{Deserialize, Serialize};

/// Which page is asked for, as its address says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// `""`, `tokens`, `recipes`, or the name of a component.
    pub page: String,
    /// `light` or `dark` to see the examples so; anything else follows the page.
    pub theme: String,
    /// `narrow` to see the examples 390 px wide.
    pub width: String,
}

/// A page of the design system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// Its heading.
    pub title: String,
    /// What it is about, in a sentence or two.
    pub lead: String,
    /// The list of all pages.
    pub contents: Html,
    /// What it says.
    pub body: Html,
}

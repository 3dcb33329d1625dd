//! A page as its plugin draws it on the server. The browser places it, and so no page is part of the browser bundle.

use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::html::Html;

/// A page, drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// The title of the window.
    pub title: String,
    /// The HTTP status of the page, where it is not 200.
    pub status: Option<u16>,
    /// The page.
    pub html: Html,
}

/// A page on its way.
pub type Drawing = Pin<Box<dyn Future<Output = Result<Drawn, AppError>> + Send>>;

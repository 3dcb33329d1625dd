//! What of the protocol differs by side. Status and title from within a view mark the page or the response on the server; in the
//! browser there is nothing to mark.

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod ssr;

#[cfg(not(feature = "ssr"))]
use browser as side;
#[cfg(feature = "ssr")]
use ssr as side;

use crate::error::AppError;

/// What it means that one side cannot read what the other sent.
pub(crate) fn unreadable(message: String) -> AppError {
    side::unreadable(message)
}

/// Marks the response of the page being rendered with `status`.
pub fn set_status(status: http::StatusCode) {
    side::set_status(status);
}

/// Gives the page being drawn its title; the first one that is given stands.
pub fn set_title(title: &str) {
    side::set_title(title);
}

//! Setting status and title from within a view: on the server they mark the page or the response, in the browser there is nothing to mark.

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod ssr;

#[cfg(not(feature = "ssr"))]
use browser as side;
#[cfg(feature = "ssr")]
use ssr as side;

/// Marks the response of the page being rendered with `status`.
pub fn set_status(status: http::StatusCode) {
    side::set_status(status);
}

/// Gives the page being drawn its title; the first one that is given stands.
pub fn set_title(title: &str) {
    side::set_title(title);
}

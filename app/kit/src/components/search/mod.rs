//! A form that leads to results: bare HTML with a class, so that it works before anything has loaded.

#[cfg(feature = "ssr")]
pub mod examples;

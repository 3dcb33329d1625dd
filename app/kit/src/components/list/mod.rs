//! Lists that are bare HTML with a class.

#[cfg(feature = "ssr")]
pub mod examples;

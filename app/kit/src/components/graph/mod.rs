//! A drawn graph: nodes that are links, in layers, joined by lines that run as those of a transit map.
//!
//! The server draws it ([`draw()`]); the page places the finished HTML as a [`super::Fragment`]. Every figure needs its table beside it as
//! the equal alternative: a drawing shows no more than the reader could read there.

#[cfg(feature = "ssr")]
mod draw;
#[cfg(feature = "ssr")]
pub(crate) mod examples;
#[cfg(feature = "ssr")]
mod layout;
#[cfg(all(test, feature = "ssr"))]
mod tests;

#[cfg(feature = "ssr")]
pub use draw::{Edge, EdgeKind, Graph, Node, Role, draw};

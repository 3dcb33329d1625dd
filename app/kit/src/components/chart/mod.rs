//! Charts: lines, bars, a ring, and a line as small as a word. The server draws them; the page places the finished HTML as a
//! [`super::Fragment`]. Each brings its numbers as a table, and tells its series apart by words and dashes or textures as well as
//! by colour.

#[cfg(feature = "ssr")]
mod draw;
#[cfg(feature = "ssr")]
pub(crate) mod examples;
#[cfg(feature = "ssr")]
mod scale;
#[cfg(all(test, feature = "ssr"))]
mod tests;

#[cfg(feature = "ssr")]
pub use draw::{Chart, Ring, Row, Shape, draw, ring, spark};

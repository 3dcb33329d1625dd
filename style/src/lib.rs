//! The design tokens. `tokens/` is the source of truth: three tiers in the format of the W3C Design Tokens Community
//! Group. From it come the custom properties of every style sheet ([`TokenSet::css`]), the enums that components take
//! ([`TokenSet::rust`]) and the proof that words can be read ([`TokenSet::contrast`]).
//!
//! Invariants:
//! 1. A set that exists is sound: every alias leads to a value of its type, and no base value depends on a mode.
//! 2. A bank's file changes base and functional tokens that exist, and nothing else.
//! 3. No text of a token file reaches CSS unless it was read as a value of a known type.

mod color;
mod contrast;
mod css;
mod error;
mod font;
mod rust;
mod set;
mod value;

pub use color::Color;
pub use contrast::{Meeting, Need};
pub use error::{Problem, TokenError};
pub use font::Font;
pub use set::{Mode, Tier, Token, TokenSet};
pub use value::Kind;

/// The style of bare HTML, of words and of what has the keyboard; it uses the tokens and comes after them.
pub const BASE_CSS: &str = include_str!("../base.css");

#[cfg(test)]
mod tests;

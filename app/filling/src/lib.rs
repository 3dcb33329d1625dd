//! Forms as people fill them in: a page of a [`form::Form`] drawn with the controls of the design system, what is sent of it read back, and what is
//! filled in shown before something starts with it. Where it is kept and what starts is its plugin's matter.
//!
//! [`FormPage::new`] and [`FormFields`] draw a page. [`Sent::values`] reads one, [`onward`] says where it leads, and [`started`] gives values and
//! secrets when it starts. [`review`] draws what is filled in. [`offers`] answers controls that ask as somebody types.
//!
//! Invariants:
//! 1. What is drawn and sent unchanged changes nothing, with scripts and without.
//! 2. No secret is among the values that a plugin keeps.
//! 3. A control offers only what the caller may see.

mod fields;
pub mod offers;
mod page;
pub mod review;
mod sent;
#[cfg(test)]
mod tests;

pub use fields::Source;
pub use page::{FormButtons, FormFields, FormPage, Place, Shown, saved};
pub use sent::{Onward, Sent, Started, begun, control_id, names, neighbour, onward, started, tokens};

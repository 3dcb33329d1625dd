//! Whether a contributed UI keeps to the design system: what a page looks like, compared with a bank's design tokens, and what it is
//! made of, in a Chromium that this crate drives.
//!
//! There is no database and nothing of the portal here: the plugin keeps [`report::Report`]s, and `portico ux check` prints them.
//! [`site::Site`] is what was handed in, [`tokens::Tokens`] what it is compared with, [`rules::Rules`] what is asked of it, and
//! [`check::Checker`] does it. [`serve`] shows a site to people under the same rules as to the check.
//!
//! Invariants:
//! 1. A page that is checked reaches nothing: each of its requests is answered by this process out of the site, or refused.
//! 2. What judges a page runs in a world of its own, which the page's scripts cannot reach.
//! 3. A check ends, in time and in memory, whatever the page does; and one that could not be done is an error and no verdict.
//! 4. The same site, rules, tokens and browser give the same report.
//! 5. No path of a site leaves it, and none is a link.

mod cdp;
pub mod check;
mod chromium;
mod page;
pub mod preview;
pub mod report;
pub mod rules;
pub mod serve;
pub mod site;
pub mod tokens;

/// The validator: an expression whose value holds the functions that read a page. The workbench runs it in the preview too, where what it
/// says is a hint, since the page's own scripts share that world.
pub const VALIDATOR: &str = include_str!("validator.js");

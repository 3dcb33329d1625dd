//! Contributions: pitched in public, reviewed at gates in a fixed order, live.
//!
//! Invariants:
//! 1. A contribution is its history: whatever changes it is an event in an append-only table, written in the transaction of the change.
//! 2. Only the crate `review` moves a stage; nothing here writes one that it has not given.
//! 3. Nobody decides about what they have had a hand in, and a decision holds for one submission and, in the code review, one commit.
//! 4. What the machine says of pages comes from the portal alone; without it the UX gate stays closed and says why.
//! 5. What the mirror takes from a commit gives nobody a right: its author is told, and is no maker.
//! 6. Whatever waits (a reviewer, a report, a standard that is not met) is a row.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;

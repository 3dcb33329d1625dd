//! Golden paths: one journey stitched from templates and tasks of different teams, driven by the server alone.
//!
//! Invariants:
//! 1. A journey is its history: whatever changes it is an event in an append-only table, written in the transaction of the change.
//! 2. A journey keeps the versions that it began with until its owner takes others.
//! 3. What is due outside is begun under a key, so that a crash at any moment makes one run of it and not two.
//! 4. Whatever waits (a person, a time, a signal, a run) is a row.
//! 5. What a caller may not see is as if it were not there.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;

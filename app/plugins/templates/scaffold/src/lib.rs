//! Templates in the format `scaffolder.backstage.io/v1beta3`: what they say, what they do, and doing it.
//!
//! There is no database here: the plugin keeps tasks and calls [`action::Action`]s one by one, `portico template dry-run` runs them in a row.
//!
//! Invariants:
//! 1. No path of a workspace leaves it, whatever a template, a skeleton or an archive says.
//! 2. An action that reaches outside is not run by a dry run.
//! 3. What an action declares about being repeated is what the task machinery relies on.

pub mod action;
pub mod actions;
pub mod check;
pub mod definition;
pub mod dry_run;
pub mod folder;
mod globs;
mod names;
mod outside;
pub mod registry;
pub mod run;
mod skeleton;
mod sources;
pub mod workspace;

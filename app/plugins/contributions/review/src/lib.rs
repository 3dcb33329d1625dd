//! Contributions, from a pitch to live. Everything here is pure: no database, no clock, no network.
//!
//! A [`Contribution`] is its history, folded: [`Contribution::handle`] answers a command with the [`Event`]s that it leads to, or refuses it, and
//! [`Contribution::apply`] is the one place where an event changes anything. The [`Rules`] say who opens which gate, by which checklist; what
//! they said when something was submitted stands in the history, so that nobody is judged by a checklist that came later.

mod command;
mod contribution;
mod event;
mod file;
mod manifest;
mod material;
mod rules;
mod stage;
mod standard;
#[cfg(test)]
mod tests;

pub use command::{Command, Refused, Verdict, Who};
pub use contribution::{Claim, Comment, Contribution, Decision, Flag, Submission, Vote, WAIVERS, Waiver};
pub use event::{Actor, Entry, Event, Millis, Origin, REPOSITORY};
pub use file::{FileProblem, LARGEST_FILE, Merged, PitchFile, file_name, merge, parse, render};
pub use manifest::{DataUse, Manifest, Route, Upstream};
pub use material::{
    Change, CodeChange, Evidence, Finding, Link, Material, Pitch, Report, ReportVerdict, Ui, finding_key,
};
pub use rules::{Answer, Answers, Checklist, Group, Item, Rules, RulesError, StageRules};
pub use stage::{Kind, Outcome, Stage, State};
pub use standard::{Check, Found, Standard, unmet};

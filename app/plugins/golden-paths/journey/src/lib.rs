//! Golden paths and the journeys along them. Everything here is pure: no database, no clock, no network.
//!
//! [`GoldenPath`] is what a `kind: GoldenPath` document says. A [`Journey`] is one developer's run of it: [`Journey::handle`] answers a
//! command with the [`Event`]s that it leads to, or refuses it, and [`Journey::apply`] is the one place where an event changes anything. So a
//! journey is its history, folded; what is due outside ([`Journey::effects`]) follows from how it stands, and can be worked out again after a crash.

mod check;
mod command;
mod definition;
mod duration;
mod effect;
mod event;
mod fill;
mod offer;
#[path = "journey.rs"]
mod run;
mod settle;
mod state;
#[cfg(test)]
mod tests;

pub use check::{Known, Outside, check};
pub use command::{Command, Refused, Who};
pub use definition::{
    Approval, Ask, GoldenPath, Kind, Problem, Rule, Severity, Sla, StepDefinition, Task, Undo, UndoKind, Wait, WaitFor,
};
pub use duration::{Millis, millis, words};
pub use effect::{Effect, UndoState, UndoStep};
pub use event::{Actor, Entry, Event, Evidence, Outcome, Pin, Pins};
pub use fill::{Origin, Prefilled};
pub use offer::{Change, ChangeKind, Offer};
pub use run::{Doing, Exception, Journey, KEY, Step, Vote};
pub use settle::Forms;
pub use state::{JourneyState, StepState};

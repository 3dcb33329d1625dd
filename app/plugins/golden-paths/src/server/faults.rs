//! Where a process may be struck, for tests that have it die there.

use std::fmt::Debug;

/// A moment at which something may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// Before something is done outside.
    BeforeEffect,
    /// After it was done, before it is recorded.
    AfterEffect,
    /// After it was recorded.
    AfterRecord,
    /// A change is ready to be committed, and is not.
    BeforeCommit,
    /// A change is committed, and whoever asked for it is told that it failed.
    AfterCommit,
}

/// Decides what breaks. Nothing does, outside tests.
pub trait Faults: Debug + Send + Sync + 'static {
    /// Whether this process is struck here, at a journey; `what` names the effect or the event at hand.
    fn strikes(&self, point: Point, journey: &str, what: &str) -> bool;
}

/// Nothing breaks.
#[derive(Debug, Clone, Copy)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn strikes(&self, _: Point, _: &str, _: &str) -> bool {
        false
    }
}

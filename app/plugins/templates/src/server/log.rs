//! What a run tells: lines without secrets, of bounded length and number.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::components::{LogEntry, LogLevel};
use kit::server::clock::{Clock, Millis};
use kit::when::to_the_millisecond;
use scaffold::action::{Level, Log};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::mask::Mask;

/// The longest line, in bytes; what is longer is cut.
pub const MAX_LINE: usize = 16 * 1024;

/// How much one run may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// Lines.
    pub lines: i64,
    /// Bytes.
    pub bytes: i64,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { lines: 20_000, bytes: 8 << 20 }
    }
}

/// A line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its place in the log, from 1.
    pub number: i64,
    /// When.
    pub at: Millis,
    /// What kind of event it is.
    pub kind: LineKind,
    /// How much it matters.
    pub level: Level,
    /// The step that it is of; empty for the run itself.
    pub step: String,
    /// How the step or the run stands from here on; empty where nothing changed.
    pub status: String,
    /// What is told.
    pub text: String,
}

impl Line {
    /// The line as pages show it.
    pub fn entry(self) -> LogEntry {
        let time = to_the_millisecond(self.at);
        LogEntry {
            number: self.number,
            time: time.get(11..19).unwrap_or_default().to_owned(),
            level: match self.level {
                Level::Info => LogLevel::Info,
                Level::Warn => LogLevel::Warning,
                Level::Error => LogLevel::Error,
            },
            part: self.step,
            text: self.text,
        }
    }
}

/// The kinds of events of a run, as Backstage's clients know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Something is told.
    Log,
    /// It has ended.
    Completion,
    /// Somebody ended it.
    Cancelled,
    /// Another worker took over, or it is tried again.
    Recovered,
}

impl LineKind {
    /// As it stands in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Completion => "completion",
            Self::Cancelled => "cancelled",
            Self::Recovered => "recovered",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Log, Self::Completion, Self::Cancelled, Self::Recovered].into_iter().find(|kind| kind.name() == name)
    }
}

/// As it stands in the table.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

/// The level of this name.
pub fn level_named(name: &str) -> Level {
    match name {
        "error" => Level::Error,
        "warn" => Level::Warn,
        _ => Level::Info,
    }
}

/// Gathers what a run tells until it is written down.
pub struct Recorder {
    clock: Clock,
    mask: Mask,
    limits: LogLimits,
    told: Mutex<Told>,
    /// Notified where there is more to write than should wait.
    pub news: Notify,
    /// Cancelled when more was told than may be.
    pub overflow: CancellationToken,
}

struct Told {
    lines: Vec<Line>,
    number: i64,
    bytes: i64,
    step: String,
}

/// More lines than this are written down soon.
const MANY: usize = 200;

impl Recorder {
    /// Goes on after `number` lines of `bytes` bytes.
    pub fn new(clock: Clock, mask: Mask, limits: LogLimits, number: i64, bytes: i64) -> Arc<Self> {
        let told = Told { lines: Vec::new(), number, bytes, step: String::new() };
        Arc::new(Self {
            clock,
            mask,
            limits,
            told: Mutex::new(told),
            news: Notify::new(),
            overflow: CancellationToken::new(),
        })
    }

    /// What is told from now on is of this step; empty for the run itself.
    pub fn at_step(&self, step: &str) {
        step.clone_into(&mut self.told().step);
    }

    /// Tells that the step at hand, or the run itself, stands differently from here on.
    pub fn event(&self, kind: LineKind, level: Level, status: &str, text: &str) {
        self.write(kind, level, status, text);
    }

    /// The lines that are not written down yet, and how many lines and bytes there are in all with them.
    pub fn take(&self) -> (Vec<Line>, i64, i64) {
        let mut told = self.told();
        (std::mem::take(&mut told.lines), told.number, told.bytes)
    }

    /// Puts lines back that could not be written.
    pub fn put_back(&self, mut lines: Vec<Line>) {
        let mut told = self.told();
        lines.append(&mut told.lines);
        told.lines = lines;
    }

    /// Whether there is anything to write down.
    pub fn has_news(&self) -> bool {
        !self.told().lines.is_empty()
    }

    /// The most that may be told, in words.
    pub fn most(&self) -> String {
        format!("{} lines or {} MB", self.limits.lines, self.limits.bytes >> 20)
    }

    fn write(&self, kind: LineKind, level: Level, status: &str, text: &str) {
        let text = cut(&self.mask.text(cut(text, MAX_LINE * 4)), MAX_LINE).to_owned();
        let at = self.clock.now();
        let mut told = self.told();
        // What the machinery itself says of states is told in any case: it is short and its number is bounded by that of the steps.
        let is_ours = kind != LineKind::Log || !status.is_empty();
        if !is_ours && (told.number >= self.limits.lines || told.bytes >= self.limits.bytes) {
            drop(told);
            self.overflow.cancel();
            return;
        }
        told.number += 1;
        told.bytes += text.len() as i64;
        let line = Line { number: told.number, at, kind, level, step: told.step.clone(), status: status.into(), text };
        told.lines.push(line);
        let many = told.lines.len() >= MANY;
        drop(told);
        if many {
            self.news.notify_one();
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Recorder {
    fn line(&self, level: Level, text: &str) {
        self.write(LineKind::Log, level, "", text);
    }
}

/// At most `most` bytes of a text.
pub fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn recorder(limits: LogLimits) -> Arc<Recorder> {
        let secrets = Map::from_iter([("token".to_owned(), json!("geheimnis"))]);
        Recorder::new(Clock::fixed(7), Mask::new(&secrets), limits, 3, 10)
    }

    #[test]
    fn lines_are_numbered_masked_and_cut() {
        let recorder = recorder(LogLimits::default());
        recorder.at_step("fetch");
        recorder.info("the token is geheimnis");
        recorder.info(&"ä".repeat(MAX_LINE));
        let (lines, number, _) = recorder.take();
        assert_eq!((lines.len(), number), (2, 5));
        assert_eq!((lines[0].number, lines[0].step.as_str(), lines[0].at), (4, "fetch", 7));
        assert_eq!(lines[0].text, "the token is ********");
        assert_eq!(lines[1].text.len(), MAX_LINE);
        assert!(!recorder.has_news());
    }

    #[test]
    fn who_tells_too_much_is_stopped_and_its_end_is_still_told() {
        let recorder = recorder(LogLimits { lines: 1_000, bytes: 1_000_000 });
        for _ in 0..100 {
            recorder.info(&"x".repeat(1 << 20));
        }
        assert!(recorder.overflow.is_cancelled());
        let (lines, ..) = recorder.take();
        assert!(lines.iter().map(|line| line.text.len()).sum::<usize>() < 1_100_000);
        recorder.event(LineKind::Completion, Level::Error, "failed", "It told too much");
        assert_eq!(recorder.take().0.len(), 1);
    }
}

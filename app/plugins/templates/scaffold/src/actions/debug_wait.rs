//! `debug:wait`: waits for a while.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};

/// The longest wait where nothing else is configured.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Waits for a while.
#[derive(Debug)]
pub struct DebugWait {
    info: ActionInfo,
    longest: Duration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    days: f64,
    hours: f64,
    minutes: f64,
    seconds: f64,
    milliseconds: f64,
}

impl DebugWait {
    /// The action; a longer wait is refused.
    pub fn new(longest: Duration) -> Self {
        let info = ActionInfo {
            id: "debug:wait".to_owned(),
            description: "Waits for a while. Nothing is held up meanwhile: the run goes on by itself.".to_owned(),
            input: json!({
                "type": "object",
                "properties": {
                    "days": {"type": "number", "title": "Days"},
                    "hours": {"type": "number", "title": "Hours"},
                    "minutes": {"type": "number", "title": "Minutes"},
                    "seconds": {"type": "number", "title": "Seconds"},
                    "milliseconds": {"type": "number", "title": "Milliseconds"}
                }
            }),
            output: nothing(),
            examples: vec![example("Five seconds", json!({"seconds": 5}))],
            reach: Reach::Workspace,
            repeat: Repeat::Safe,
        };
        Self { info, longest }
    }
}

impl Default for DebugWait {
    fn default() -> Self {
        Self::new(LONGEST)
    }
}

#[async_trait]
impl Action for DebugWait {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        if let Some(until) = step.state.as_i64() {
            let done = Outcome::Done(Map::new());
            return Ok(if step.now >= until { done } else { Outcome::Wait { until, state: json!(until) } });
        }
        let Input { days, hours, minutes, seconds, milliseconds } = input;
        let wanted = (((days * 24.0 + hours) * 60.0 + minutes) * 60.0 + seconds) * 1000.0 + milliseconds;
        let most = self.longest.as_secs_f64() * 1000.0;
        if wanted.is_nan() || wanted > most {
            return Err(ActionError::Failed(format!(
                "the wait is longer than {}, which is the most",
                words(self.longest)
            )));
        }
        if step.world.is_none() || wanted <= 0.0 {
            step.log.info(&format!("A wait of {wanted} milliseconds"));
            return Ok(Outcome::Done(Map::new()));
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is between 0 and the longest wait")]
        let until = step.now.saturating_add(wanted.ceil() as i64);
        Ok(Outcome::Wait { until, state: json!(until) })
    }
}

fn words(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

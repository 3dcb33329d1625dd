//! Addresses that a step waits for: each is signed, names one time of one step, and counts once.

use journey::{Command, Journey, Step};
use kit::error::AppError;
use kit::identity::Caller;
use serde_json::{Map, Value, json};

use super::GoldenPaths;
use super::engine::{Also, By};

/// The path of an address, before its token.
pub const PATH: &str = "/api/golden-paths/signals/";

/// The most bytes of what an address is called with.
pub const LARGEST: usize = 64 << 10;

/// What tokens are signed for.
const SIGNED_FOR: &str = "golden-paths.signal";

impl GoldenPaths {
    /// The path at which the signal is given that a step waits for, at this time of it.
    pub fn signal_path(&self, journey: &Journey, step: &Step) -> String {
        let named = json!([journey.id, step.key, step.round]).to_string();
        format!("{PATH}{}", self.kit.vault.sign(SIGNED_FOR, &named))
    }

    /// The whole address of the same.
    pub fn signal_address(&self, journey: &Journey, step: &Step) -> String {
        format!("{}{}", self.portal.as_str().trim_end_matches('/'), self.signal_path(journey, step))
    }

    /// Takes a signal. The token is what lets it in: whoever knows it was given it.
    pub(super) async fn signal(&self, token: &str, body: &[u8]) -> Result<(), AppError> {
        // Whether there was ever such an address is nobody's business.
        let missing = || AppError::not_found("This address");
        let named = self.kit.vault.signed(SIGNED_FOR, token).ok_or_else(missing)?;
        let (id, step, round): (String, String, u32) = serde_json::from_str(&named).map_err(|_| missing())?;
        let body: Map<String, Value> = match body.trim_ascii() {
            [] => Map::new(),
            text => serde_json::from_slice(text)
                .map_err(|_| AppError::bad_request("A signal has no body, or an object in JSON"))?,
        };
        let by = By { who: None, caller: &Caller::Anonymous, lease: None };
        let command = Command::Signal { step, round, body };
        self.command(&id, &by, command, Also::default()).await?;
        Ok(())
    }
}

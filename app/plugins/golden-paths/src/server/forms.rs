//! What the plain forms of a journey's page send.

use journey::{Command, Evidence};
use kit::error::AppError;
use kit::plugin::INBOX;
use kit::server::context::{lead_to, permit_own, service};
use kit::server::said::done;

use super::GoldenPaths;
use super::service::{Refused, journey_href, step_href};
use crate::info::CHANGE_JOURNEY;

/// Does something in a journey, says so and leads back to it, at its step where there is one.
pub async fn act(id: &str, step: &str, said: &'static str, command: Command) -> Result<(), AppError> {
    act_from("", id, step, said, command).await
}

/// The same, asked for at the address `back`: it leads back there, where that is the inbox.
pub async fn act_from(back: &str, id: &str, step: &str, said: &'static str, command: Command) -> Result<(), AppError> {
    let caller = permit_own(&CHANGE_JOURNEY).await?;
    let paths = service::<GoldenPaths>("Golden paths")?;
    paths.act(&caller, id, command).await.map_err(Refused::said)?;
    done(said);
    lead_to(&match step {
        _ if back == INBOX => back.to_owned(),
        "" => journey_href(id),
        _ => step_href(id, step),
    });
    Ok(())
}

/// The link that shows something, where one was entered.
pub fn evidence(name: String, href: String) -> Vec<Evidence> {
    if href.trim().is_empty() { Vec::new() } else { vec![Evidence { name, href }] }
}

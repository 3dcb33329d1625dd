//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::{Json, Sent};
use kit::error::AppError;
use kit::page::Drawn;
#[cfg(feature = "ssr")]
use kit::server::context::{caller, lead_to, service};
#[cfg(feature = "ssr")]
use kit::server::page::Address;
#[cfg(feature = "ssr")]
use kit::server::said::done;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use review::Command;

#[cfg(feature = "ssr")]
use crate::pages;
#[cfg(feature = "ssr")]
use crate::server::Contributions;
#[cfg(feature = "ssr")]
use crate::server::forms::{self, act};
#[cfg(feature = "ssr")]
use crate::server::service::{contribution_href, gate_href};

/// The page at an address. Each page authorises for itself.
#[server(prefix = "/api/contributions/fn", endpoint = "page", input = Json, output = Json)]
pub async fn contributions_page(address: String) -> Result<Drawn, AppError> {
    pages::draw(&Address::parse(&address)).await
}

/// Keeps what somebody is writing, and pitches it where its button says so. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "pitch", input = Sent, output = Json)]
pub async fn send_pitch(sent: Vec<(String, String)>) -> Result<(), AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    forms::pitch(&here, &caller, &sent).await
}

/// Words a contribution otherwise. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "edit", input = Sent, output = Json)]
pub async fn edit_pitch(sent: Vec<(String, String)>) -> Result<(), AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    forms::edit(&here, &caller, &sent).await
}

/// Supports and follows a contribution in place of pitching anew. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "join", output = Json)]
pub async fn join_contribution(id: String) -> Result<(), AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    here.join(&caller, &id).await?;
    done("You support it and hear of it. What you were writing is put away.");
    lead_to(&contribution_href(&id));
    Ok(())
}

/// Supports a contribution, or no longer. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "support", output = Json)]
pub async fn support_contribution(id: String, wanted: bool) -> Result<(), AppError> {
    let said = if wanted { "You support it." } else { "You no longer support it." };
    act(&id, &contribution_href(&id), said, Command::Support(wanted)).await
}

/// Follows a contribution, or no longer. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "follow", output = Json)]
pub async fn follow_contribution(id: String, wanted: bool) -> Result<(), AppError> {
    let said = if wanted { "You hear of it from now on." } else { "You no longer hear of it." };
    act(&id, &contribution_href(&id), said, Command::Follow(wanted)).await
}

/// Says something; `@name` turns to somebody. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "comment", output = Json)]
pub async fn comment_contribution(id: String, text: String) -> Result<(), AppError> {
    let command = Command::Comment { text, mentions: Vec::new() };
    act(&id, &contribution_href(&id), "Your comment is there.", command).await
}

/// Says that a contribution is the same as another one, given by its number or its address. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "merge", output = Json)]
pub async fn merge_contribution(id: String, into: String) -> Result<(), AppError> {
    let into = into.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let to = contribution_href(&into);
    act(&id, &to, "It is merged: its supporters are here now.", Command::Merge { into }).await
}

/// Submits a contribution to a gate. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "submit", input = Sent, output = Json)]
pub async fn submit_contribution(sent: Vec<(String, String)>) -> Result<(), AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    forms::submit(&here, &caller, &sent).await
}

/// Takes a submission to review it. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "claim", output = Json)]
pub async fn claim_submission(id: String, submission: u32) -> Result<(), AppError> {
    act(&id, &gate_href(&id), "You review it.", Command::Claim { submission }).await
}

/// Puts it back. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "release", output = Json)]
pub async fn release_submission(id: String, submission: u32) -> Result<(), AppError> {
    act(&id, &gate_href(&id), "It is free for others.", Command::Release { submission }).await
}

/// Decides about a submission. A plain HTML form posts it, with the answers to the checklist.
#[server(prefix = "/api/contributions/fn", endpoint = "decide", input = Sent, output = Json)]
pub async fn decide_submission(sent: Vec<(String, String)>) -> Result<(), AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    forms::decide(&here, &caller, &sent).await
}

/// Has a finding keep the gate closed no longer, for some days. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "waive", output = Json)]
pub async fn waive_finding(
    id: String,
    submission: u32,
    finding: String,
    reason: String,
    days: u32,
) -> Result<(), AppError> {
    let here = service::<Contributions>("Contributions")?;
    let expires = here.kit.clock.now() + i64::from(days) * 86_400_000;
    let command = Command::Waive { submission, finding, reason, expires };
    act(&id, &gate_href(&id), "The finding is waived.", command).await
}

/// Has a rejection looked at again. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "appeal", output = Json)]
pub async fn appeal_rejection(id: String, reason: String) -> Result<(), AppError> {
    act(&id, &contribution_href(&id), "The board looks at it again.", Command::Appeal { reason }).await
}

/// Decides about an appeal. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "decide-appeal", output = Json)]
pub async fn decide_appeal(id: String, granted: bool, reason: String) -> Result<(), AppError> {
    act(&id, &gate_href(&id), "The appeal is decided.", Command::DecideAppeal { granted, reason }).await
}

/// Takes a contribution back. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "withdraw", output = Json)]
pub async fn withdraw_contribution(id: String, #[server(default)] reason: String) -> Result<(), AppError> {
    act(&id, &contribution_href(&id), "It is withdrawn.", Command::Withdraw { reason }).await
}

/// Settles what differs between a contribution and its file in the repository. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "settle-conflict", output = Json)]
pub async fn settle_conflict(id: String, take: bool, #[server(default)] seen: String) -> Result<(), AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    here.settle(&caller, &id, take, &seen).await?;
    done("It is settled. The repository hears of it in a moment.");
    lead_to(&contribution_href(&id));
    Ok(())
}

/// Brings a contribution live. A plain HTML form posts it.
#[server(prefix = "/api/contributions/fn", endpoint = "go-live", output = Json)]
pub async fn go_live(id: String) -> Result<(), AppError> {
    act(&id, &contribution_href(&id), "It is live.", Command::GoLive).await
}

//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::{Json, Sent};
use kit::components::SchemaSaved;
use kit::error::AppError;
use kit::page::Drawn;
#[cfg(feature = "ssr")]
use kit::server::context::{caller, lead_to, permit_own, service};
#[cfg(feature = "ssr")]
use kit::server::page::Address;
#[cfg(feature = "ssr")]
use kit::server::said::done;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::info::{CHANGE_JOURNEY, STAR_PATH};
#[cfg(feature = "ssr")]
use crate::pages;
#[cfg(feature = "ssr")]
use crate::server::forms::{act, act_from, evidence};
#[cfg(feature = "ssr")]
use crate::server::service::{VersionChange, journey_href, path_href};
#[cfg(feature = "ssr")]
use crate::server::{GoldenPaths, filling};
#[cfg(feature = "ssr")]
use journey::{Command, Evidence};

/// The page at an address. Each page authorises for itself.
#[server(prefix = "/api/golden-paths/fn", endpoint = "page", input = Json, output = Json)]
pub async fn golden_paths_page(address: String) -> Result<Drawn, AppError> {
    pages::draw(&Address::parse(&address)).await
}

/// Opens a journey along a path and leads to its form. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "begin", output = Json)]
pub async fn begin_journey(path: String, #[server(default)] owner: String) -> Result<(), AppError> {
    let (caller, paths) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let id = paths.begin(&caller, &path, Some(&owner)).await?;
    lead_to(&format!("{}/start", journey_href(&id)));
    Ok(())
}

/// Takes a step. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "claim", output = Json)]
pub async fn claim_step(id: String, step: String) -> Result<(), AppError> {
    act(&id, &step, "You have taken this step.", Command::Claim { step: step.clone() }).await
}

/// Puts a step back. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "release", output = Json)]
pub async fn release_step(id: String, step: String) -> Result<(), AppError> {
    act(&id, &step, "The step is put back.", Command::Release { step: step.clone() }).await
}

/// Gives a step to a group or a person. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "hand-over", output = Json)]
pub async fn hand_over_step(
    id: String,
    step: String,
    to: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    act(&id, &step, "The step is handed over.", Command::HandOver { step: step.clone(), to, reason }).await
}

/// Has somebody decide in the caller's place. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "delegate", output = Json)]
pub async fn delegate_step(id: String, step: String, to: String) -> Result<(), AppError> {
    act(&id, &step, "They decide in your place.", Command::Delegate { step: step.clone(), to }).await
}

/// Agrees to an approval, or to a step being left out. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "approve", output = Json)]
pub async fn approve_step(
    id: String,
    step: String,
    #[server(default)] comment: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    act_from(&back, &id, &step, "You have approved.", Command::Approve { step: step.clone(), comment }).await
}

/// Refuses. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "decline", output = Json)]
pub async fn decline_step(
    id: String,
    step: String,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    act_from(&back, &id, &step, "You have declined.", Command::Decline { step: step.clone(), reason }).await
}

/// Says that a task without a form, or one that undoes something, is done. A plain HTML form posts it; `name` and `href` are a link that shows it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "complete", output = Json)]
pub async fn complete_step(
    id: String,
    step: String,
    #[server(default)] note: String,
    #[server(default)] name: String,
    #[server(default)] href: String,
) -> Result<(), AppError> {
    let note = note.trim();
    let values = (!note.is_empty()).then(|| ("note".to_owned(), note.into()));
    let (values, evidence) = (values.into_iter().collect(), evidence(name, href));
    act(&id, &step, "The task is done.", Command::Complete { step: step.clone(), values, evidence }).await
}

/// Has a step left out, or taken as done elsewhere. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "except", output = Json)]
pub async fn except_step(
    id: String,
    step: String,
    #[server(default)] attest: bool,
    #[server(default)] reason: String,
    #[server(default)] name: String,
    #[server(default)] href: String,
) -> Result<(), AppError> {
    let evidence = evidence(name, href);
    act(&id, &step, "It is written down.", Command::Except { step: step.clone(), attest, reason, evidence }).await
}

/// Tries a step again that failed, or something that could not be undone. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "retry", output = Json)]
pub async fn retry_step(id: String, step: String, #[server(default)] anew: bool) -> Result<(), AppError> {
    act(&id, &step, "It is tried again.", Command::Retry { step: step.clone(), anew }).await
}

/// Says something; `@name` turns to somebody. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "comment", output = Json)]
pub async fn comment_step(id: String, #[server(default)] step: String, text: String) -> Result<(), AppError> {
    let command = Command::Comment { step: step.clone(), text, mentions: Vec::new() };
    act(&id, &step, "Your comment is there.", command).await
}

/// Shows a link for a step. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "add-evidence", output = Json)]
pub async fn add_evidence(
    id: String,
    step: String,
    #[server(default)] name: String,
    href: String,
) -> Result<(), AppError> {
    let evidence = Evidence { name, href };
    act(&id, &step, "It is shown with the step.", Command::AddEvidence { step: step.clone(), evidence }).await
}

/// Gives a journey to a person or a group. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "transfer", output = Json)]
pub async fn transfer_journey(id: String, to: String) -> Result<(), AppError> {
    act(&id, "", "The journey is theirs now.", Command::Transfer { to }).await
}

/// Ends a journey, and has undone what can be. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "cancel", output = Json)]
pub async fn cancel_journey(id: String, #[server(default)] reason: String) -> Result<(), AppError> {
    act(&id, "", "The journey is cancelled.", Command::Cancel { reason }).await
}

/// Gives up a journey that is blocked. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "give-up", output = Json)]
pub async fn give_up_journey(id: String, reason: String) -> Result<(), AppError> {
    act(&id, "", "The journey is given up.", Command::GiveUp { reason }).await
}

/// Opens a new journey in place of one that is over, and leads to it. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "start-over", output = Json)]
pub async fn start_journey_over(id: String) -> Result<(), AppError> {
    let caller = permit_own(&CHANGE_JOURNEY).await?;
    let paths = service::<GoldenPaths>("Golden paths")?;
    let new = paths.start_over(&caller, &id).await.map_err(crate::server::service::Refused::said)?;
    lead_to(&format!("{}/start", journey_href(&new)));
    Ok(())
}

/// Stars a path that the caller may see, or takes its star away. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "star", output = Json)]
pub async fn star_path(item: String, starred: bool) -> Result<(), AppError> {
    let caller = permit_own(&STAR_PATH).await?;
    service::<GoldenPaths>("Golden paths")?.star(&caller, &item, starred).await
}

/// Says whether a version is to be used: `current`, `deprecated` or `withdrawn`. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "change-version", output = Json)]
pub async fn change_version(
    path: String,
    number: String,
    state: String,
    #[server(default)] reason: String,
    #[server(default)] successor: String,
) -> Result<(), AppError> {
    let (caller, paths) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    paths.change_version(&caller, &path, &number, VersionChange { state, reason, successor }).await?;
    done("What is to become of the version is written down");
    lead_to(&format!("{}/versions/{}", path_href(&path), kit::query::segment(&number)));
    Ok(())
}

/// Has a path read again at once. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "check", output = Json)]
pub async fn check_path(path: String) -> Result<(), AppError> {
    let (caller, paths) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    paths.check(&caller, &path).await?;
    done("It is being read again");
    lead_to(&path_href(&path));
    Ok(())
}

/// Saves a page of a form, and leads on as its button says. A plain HTML form posts it, with the pointers of its fields as names.
#[server(prefix = "/api/golden-paths/fn", endpoint = "save-form", input = Sent, output = Json)]
pub async fn save_form(sent: Vec<(String, String)>) -> Result<SchemaSaved, AppError> {
    let (caller, paths) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    filling::save(&paths, &caller, &sent).await
}

/// Begins what a form is for, with the draft and the secrets that come with it. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "start-form", input = Sent, output = Json)]
pub async fn start_form(sent: Vec<(String, String)>) -> Result<(), AppError> {
    let (caller, paths) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    filling::start(&paths, &caller, &sent).await
}

/// Goes on with newer versions that ask for nothing besides. A plain HTML form posts it.
#[server(prefix = "/api/golden-paths/fn", endpoint = "accept-offer", output = Json)]
pub async fn accept_offer(id: String, hash: String) -> Result<(), AppError> {
    let (caller, paths) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    filling::take(&paths, &caller, &id, &hash, Default::default()).await
}

/// Goes on with newer versions and what they ask for besides. A plain HTML form posts it, with the pointers of its fields as names.
#[server(prefix = "/api/golden-paths/fn", endpoint = "accept-form", input = Sent, output = Json)]
pub async fn accept_form(sent: Vec<(String, String)>) -> Result<(), AppError> {
    let (caller, paths) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    filling::accept(&paths, &caller, &sent).await
}

//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::{Json, Sent};
use kit::components::SchemaSaved;
use kit::error::AppError;
use kit::page::Drawn;
#[cfg(feature = "ssr")]
use kit::server::authorise::Resource;
#[cfg(feature = "ssr")]
use kit::server::context::{caller, lead_to, permit, permit_own, service};
#[cfg(feature = "ssr")]
use kit::server::page::Address;
#[cfg(feature = "ssr")]
use kit::server::said::done;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::info::{CHANGE_TASK, READ_TASK, READ_TEMPLATE, STAR_TEMPLATE};
#[cfg(feature = "ssr")]
use crate::pages;
#[cfg(feature = "ssr")]
use crate::server::Templates;
#[cfg(feature = "ssr")]
use crate::server::versions::Change;
#[cfg(feature = "ssr")]
use crate::server::{filling, forms};

/// The page at an address. Each page authorises for itself.
#[server(prefix = "/api/templates/fn", endpoint = "page", input = Json, output = Json)]
pub async fn templates_page(address: String) -> Result<Drawn, AppError> {
    pages::draw(&Address::parse(&address)).await
}

/// A secret that is entered again: nobody keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub struct SecretEntry {
    /// What it is called.
    pub name: String,
    /// The secret itself.
    pub value: String,
}

impl std::fmt::Debug for SecretEntry {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretEntry").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Ends a run. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "cancel-run", output = Json)]
pub async fn cancel_run(id: String) -> Result<(), AppError> {
    let caller = permit_own(&CHANGE_TASK).await?;
    service::<Templates>("Templates")?.tasks.cancel(&caller, &id).await?;
    done("The run is being cancelled.");
    lead_to(&forms::run_path(&id));
    Ok(())
}

/// Has a run go on from the step at which it ended; `values` is JSON, and empty where they stay as they are. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "retry-run", output = Json)]
pub async fn retry_run(
    id: String,
    #[server(default)] values: String,
    #[server(default)] secrets: Vec<SecretEntry>,
) -> Result<(), AppError> {
    let caller = permit_own(&CHANGE_TASK).await?;
    let tasks = service::<Templates>("Templates")?.tasks;
    let values = forms::values(&tasks, &caller, &id, &values).await?;
    tasks.retry(&caller, &id, values, forms::secrets(secrets)).await.map_err(forms::said)?;
    done("The run goes on.");
    lead_to(&forms::run_path(&id));
    Ok(())
}

/// Begins a new run with the values of an old one. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "start-run-over", output = Json)]
pub async fn start_run_over(id: String, #[server(default)] secrets: Vec<SecretEntry>) -> Result<(), AppError> {
    let caller = permit_own(&READ_TASK).await?;
    let tasks = service::<Templates>("Templates")?.tasks;
    let id = tasks.start_over(&caller, &id, None, forms::secrets(secrets)).await.map_err(forms::said)?;
    lead_to(&forms::run_path(&id));
    Ok(())
}

/// Says what became of a step of which nobody could tell: `done` with outputs as JSON, `repeat` or `fail`. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "decide-run", output = Json)]
pub async fn decide_run(id: String, decision: String, #[server(default)] output: String) -> Result<(), AppError> {
    let caller = permit_own(&CHANGE_TASK).await?;
    let decision = forms::decision(&decision, &output)?;
    service::<Templates>("Templates")?.tasks.decide(&caller, &id, decision).await?;
    done("The run has your answer.");
    lead_to(&forms::run_path(&id));
    Ok(())
}

/// Stars a template that the caller may see, or takes its star away. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "star", output = Json)]
pub async fn star_template(item: String, starred: bool) -> Result<(), AppError> {
    let caller = permit_own(&STAR_TEMPLATE).await?;
    service::<Templates>("Templates")?.star(&caller, &item, starred).await
}

/// Says whether a version is to be used: `current`, `deprecated` or `withdrawn`. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "change-version", output = Json)]
pub async fn change_version(
    template: String,
    number: String,
    state: String,
    #[server(default)] reason: String,
    #[server(default)] successor: String,
) -> Result<(), AppError> {
    let caller = permit(&READ_TEMPLATE, Resource::All).await?;
    let templates = service::<Templates>("Templates")?;
    let row = templates.readable(&caller, &template).await?;
    let change = Change { state, reason, successor };
    templates.change_version(&caller, &row, &number, change).await?;
    done("What is to become of the version is written down");
    lead_to(&format!("{}/versions/{}", row.href(), kit::query::segment(&number)));
    Ok(())
}

/// Has a template read again at once. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "check", output = Json)]
pub async fn check_template(template: String) -> Result<(), AppError> {
    let caller = permit(&READ_TEMPLATE, Resource::All).await?;
    let templates = service::<Templates>("Templates")?;
    let row = templates.readable(&caller, &template).await?;
    templates.check(&caller, &row).await?;
    done("It is being read again");
    lead_to(&row.href());
    Ok(())
}

/// Saves a page of a template's form as a draft, and leads on as its button says. A plain HTML form posts it, with the pointers of its fields as names.
#[server(prefix = "/api/templates/fn", endpoint = "save-form", input = Sent, output = Json)]
pub async fn save_form(sent: Vec<(String, String)>) -> Result<SchemaSaved, AppError> {
    let (caller, templates) = (caller().await?, service::<Templates>("Templates")?);
    filling::save(&templates, &caller, &sent).await
}

/// Begins a run with the caller's draft and the secrets that come with it, and leads to the run. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "start-form", input = Sent, output = Json)]
pub async fn start_form(sent: Vec<(String, String)>) -> Result<String, AppError> {
    let (caller, templates) = (caller().await?, service::<Templates>("Templates")?);
    filling::start(&templates, &caller, &sent).await
}

/// Forgets the caller's draft of a template's form. A plain HTML form posts it.
#[server(prefix = "/api/templates/fn", endpoint = "discard-form", output = Json)]
pub async fn discard_form(template: String) -> Result<(), AppError> {
    let (caller, templates) = (caller().await?, service::<Templates>("Templates")?);
    filling::discard(&templates, &caller, &template).await
}

//! Addresses at which an action is called back: each takes one answer, and has the step go on.

use async_trait::async_trait;
use http::HeaderMap;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::audit::{self, Event};
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::{db, jobs};
use scaffold::action::{ActionError, CallbackAnswer, Callbacks};
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::json;
use url::Url;

use super::state::{StepState, TaskState};
use super::store;
use super::tasks::Tasks;

/// The path of an address, before its token.
pub const PATH: &str = "/api/scaffolder/v2/callbacks/";

/// Makes addresses.
pub struct Addresses {
    /// The shared parts.
    pub kit: Kit,
    /// Where people and programs reach the portal.
    pub portal: Url,
}

#[async_trait]
impl Callbacks for Addresses {
    async fn open(&self, key: &str, until: Millis) -> Result<Url, ActionError> {
        let failed = |error: sea_orm::DbErr| ActionError::Transient(format!("no address could be made: {error}"));
        let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let tx = self.kit.db.begin().await.map_err(failed)?;
        // Those of earlier attempts take no answer any more.
        let text = "UPDATE templates_callback SET used_at = ? WHERE step_key = ? AND used_at IS NULL";
        db::execute(&tx, text, [self.kit.clock.now().into(), key.into()]).await.map_err(failed)?;
        let text = "INSERT INTO templates_callback (token_hash, task_id, step_key, until) \
                    SELECT ?, id, ?, CAST(? AS BIGINT) FROM templates_task WHERE uuid = ?";
        let task = key.split('.').next().unwrap_or_default();
        let values = [hash(&token).into(), key.into(), until.into(), task.into()];
        let made = db::execute(&tx, text, values).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        if made == 0 {
            return Err(ActionError::Failed("no run has this step".into()));
        }
        let mut address = self.portal.clone();
        address.set_path(&format!("{}{PATH}{token}", address.path().trim_end_matches('/')));
        Ok(address)
    }
}

/// Takes the answer to an address. The token is what lets it in: whoever knows it was given it, and the action judges the rest.
pub async fn answer(tasks: &Tasks, token: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), AppError> {
    // Whether there was ever such an address is nobody's business.
    let missing = || AppError::not_found("This address");
    let now = tasks.kit.clock.now();
    let tx = tasks.kit.db.begin().await?;
    let lock = if tx.get_database_backend() == DatabaseBackend::Postgres { "FOR UPDATE OF c" } else { "" };
    let text = format!(
        "SELECT c.step_key, c.until, c.used_at, t.uuid FROM templates_callback c JOIN templates_task t ON t.id = c.task_id WHERE c.token_hash = ? {lock}"
    );
    let rows = db::rows(&tx, &text, [hash(token).into()]).await?;
    let row = rows.first().ok_or_else(missing)?;
    let (key, uuid): (String, String) = (row.try_get("", "step_key")?, row.try_get("", "uuid")?);
    if row.try_get::<Option<Millis>>("", "used_at")?.is_some() {
        return Err(AppError::conflict("This address has taken its answer"));
    }
    if row.try_get::<Millis>("", "until")? < now {
        return Err(AppError::conflict("The time for an answer at this address is over"));
    }
    let task = store::task_for_update(&tx, &uuid).await?.ok_or_else(missing)?;
    let mut steps = store::steps(&tx, task.id).await?;
    let step =
        steps.iter_mut().find(|step| key.strip_prefix(&format!("{uuid}.")).is_some_and(|rest| is_of(rest, &step.step)));
    let step = step.filter(|step| !matches!(step.state, StepState::Completed | StepState::Skipped));
    let Some(step) = step.filter(|_| !task.state.is_over()) else {
        return Err(AppError::conflict("The step that waited here has ended"));
    };
    if task.state != TaskState::Waiting || step.state != StepState::Waiting {
        // The action has not said yet what it waits for; whoever calls tries again in a moment.
        return Err(AppError::Unavailable { what: "The step that waits here".into() });
    }
    let action = tasks.registry.get(&step.action).ok_or_else(missing)?;
    let state = action.called_back(&step.waits_with, &CallbackAnswer { headers, body, now });
    step.waits_with = state.map_err(|error| AppError::bad_request(error.to_string()))?;
    store::put_steps(&tx, &[(task.id, step)]).await?;
    let text = "UPDATE templates_callback SET used_at = ? WHERE token_hash = ?";
    db::execute(&tx, text, [now.into(), hash(token).into()]).await?;
    jobs::enqueue(&tx, now, store::job_of(&uuid, now)).await?;
    let detail = json!({ "step": step.step });
    audit::append(
        &tx,
        Event { at: now, actor: &Caller::Anonymous, action: "templates.task.answer", resource: &uuid, detail },
    )
    .await?;
    tx.commit().await?;
    tasks.wake();
    Ok(())
}

/// Whether the rest of a key is that of this step, or of one of its rounds.
fn is_of(rest: &str, step: &str) -> bool {
    rest.strip_prefix(step).is_some_and(|round| {
        round.is_empty() || round.strip_prefix('.').is_some_and(|number| number.parse::<usize>().is_ok())
    })
}

fn hash(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

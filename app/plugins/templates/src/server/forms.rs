//! What the plain forms of a run's page send, read.

use kit::error::AppError;
use kit::identity::Caller;
use kit::query::segment;
use kit::server::runs::Refused;
use serde_json::{Map, Value};

use super::tasks::{Decision, Tasks};
use crate::api::SecretEntry;

/// The page of a run.
pub fn run_path(id: &str) -> String {
    format!("/create/runs/{}", segment(id))
}

/// The values that a form holds, where they are others than those of the run.
pub async fn values(
    tasks: &Tasks,
    caller: &Caller,
    id: &str,
    text: &str,
) -> Result<Option<Map<String, Value>>, AppError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let values = object(text, "The values")?;
    let task = tasks.task(caller, id).await?;
    Ok(Some(values).filter(|values| task.parameters.as_object() != Some(values)))
}

/// The secrets that were entered.
pub fn secrets(entries: Vec<SecretEntry>) -> Map<String, Value> {
    entries.into_iter().filter(|entry| !entry.value.is_empty()).map(|entry| (entry.name, entry.value.into())).collect()
}

/// What a person decided.
pub fn decision(word: &str, output: &str) -> Result<Decision, AppError> {
    match word {
        "done" if output.trim().is_empty() => Ok(Decision::Done(Map::new())),
        "done" => Ok(Decision::Done(object(output, "The outputs")?)),
        "repeat" => Ok(Decision::Repeat),
        "fail" => Ok(Decision::Fail),
        other => Err(AppError::bad_request(format!("{other:?} is none of done, repeat and fail"))),
    }
}

/// Why a run does not begin or go on, in a sentence.
pub fn said(refused: Refused) -> AppError {
    match refused {
        Refused::Error(error) => error,
        Refused::Values(errors) => {
            let errors = errors.iter().map(|error| {
                let field = error.path.trim_start_matches('/').replace('/', ".");
                if field.is_empty() { error.message.clone() } else { format!("{field}: {}", error.message) }
            });
            AppError::bad_request(format!("The values are not right. {}", errors.collect::<Vec<_>>().join("; ")))
        }
    }
}

fn object(text: &str, what: &str) -> Result<Map<String, Value>, AppError> {
    serde_json::from_str(text).map_err(|error| AppError::bad_request(format!("{what} are no object in JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_decision_has_outputs_only_where_it_was_done() {
        assert_eq!(decision("done", " ").ok(), Some(Decision::Done(Map::new())));
        let Ok(Decision::Done(output)) = decision("done", "{\"remoteUrl\": \"x\"}") else { panic!("it was done") };
        assert_eq!(json!(output), json!({ "remoteUrl": "x" }));
        assert_eq!(decision("repeat", "no JSON").ok(), Some(Decision::Repeat));
        assert!(decision("done", "[]").is_err() && decision("later", "").is_err());
    }

    #[test]
    fn an_empty_secret_is_none() {
        let entry = |name: &str, value: &str| SecretEntry { name: name.into(), value: value.into() };
        assert_eq!(json!(secrets(vec![entry("a", "x"), entry("b", "")])), json!({ "a": "x" }));
    }
}

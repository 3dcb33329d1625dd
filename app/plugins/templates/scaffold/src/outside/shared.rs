//! What each of these actions begins with.

use kit::error::AppError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::action::{ActionError, ActionExample, ActionInfo, Reach, Repeat, Step, World};

/// The step's input as the action knows it; what it does not know is left aside.
pub(crate) fn input<T: DeserializeOwned>(step: &Step<'_>) -> Result<T, ActionError> {
    // A field that was rendered to nothing is one that was not given.
    let given = step.input.iter().filter(|(_, value)| !value.is_null());
    let given: Map<String, Value> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    serde_json::from_value(Value::Object(given)).map_err(|error| ActionError::Failed(format!("the input: {error}")))
}

/// The world, which whoever runs an action of this kind provides.
pub(crate) fn world<'a>(step: &Step<'a>) -> Result<&'a World, ActionError> {
    step.world.ok_or_else(|| ActionError::Failed("there is nothing outside in a dry run".into()))
}

/// What the portal's own refusal means to a step.
pub(crate) fn refused(error: &AppError) -> ActionError {
    match error {
        AppError::TooMany { .. } | AppError::Unavailable { .. } | AppError::Internal { .. } => {
            ActionError::Transient(error.to_string())
        }
        _ => ActionError::Failed(error.to_string()),
    }
}

/// The description of an action.
pub(crate) fn info(
    id: &str,
    description: &str,
    (reach, repeat): (Reach, Repeat),
    input: Value,
    output: Value,
) -> ActionInfo {
    ActionInfo {
        id: id.to_owned(),
        description: description.to_owned(),
        input,
        output,
        examples: Vec::new(),
        reach,
        repeat,
    }
}

/// An example of a step.
pub(crate) fn example(description: &str, input: Value) -> ActionExample {
    ActionExample { description: description.to_owned(), input }
}

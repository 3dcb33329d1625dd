//! With which right a code host is asked.

use kit::server::git;
use kit::server::secrets::{MASK, Secret};
use serde_json::{Map, Value};

use crate::action::{ActionError, CodeHost};

/// The secret that a form asks a user's own token into.
const USER_TOKEN: &str = "USER_OAUTH_TOKEN";

/// The token for a host: the one that the step names, else the portal's, else what the run was given.
pub(crate) fn token_for(
    name: &str,
    host: &CodeHost,
    given: Option<&str>,
    secrets: &Map<String, Value>,
) -> Result<Secret, ActionError> {
    let own = given.filter(|token| !token.is_empty()).map(Secret::from);
    let users = || secrets.get(USER_TOKEN).and_then(Value::as_str).filter(|token| !token.is_empty()).map(Secret::from);
    let token = own.or_else(|| host.token.clone()).or_else(users).ok_or_else(|| {
        ActionError::Failed(format!(
            "there is no token for {name}: the operator names one in [[integrations]], or the template asks for the user's own ({USER_TOKEN})"
        ))
    })?;
    if !git::may_carry_a_token(&host.api) || !git::may_carry_a_token(&host.web) {
        return Err(ActionError::Failed(format!("{name} is reached in clear text: no token is sent there")));
    }
    Ok(token)
}

/// The text without the token.
pub(crate) fn masked(text: &str, token: &Secret) -> String {
    if token.expose().is_empty() { text.to_owned() } else { text.replace(token.expose(), MASK) }
}

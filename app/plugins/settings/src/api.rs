//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::Json;
use kit::error::AppError;
use kit::page::Drawn;
#[cfg(feature = "ssr")]
use kit::server::authorise::Resource;
#[cfg(feature = "ssr")]
use kit::server::context::{permit, service};
#[cfg(feature = "ssr")]
use kit::server::page::Address;
#[cfg(feature = "ssr")]
use kit::server::said::{done, done_with_secret};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::info::{CREATE_TOKEN, END_SESSION, REVOKE_TOKEN};
#[cfg(feature = "ssr")]
use crate::pages;
#[cfg(feature = "ssr")]
use crate::server::Settings;

/// A token that was made, with its secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct Made {
    /// Its number.
    pub id: i64,
    /// What a script sends as `Authorization: Bearer`. It is shown this once.
    pub secret: String,
}

/// The page at an address. Each page authorises for itself.
#[server(prefix = "/api/settings/fn", endpoint = "page", input = Json, output = Json)]
pub async fn settings_page(address: String) -> Result<Drawn, AppError> {
    pages::draw(&Address::parse(&address)).await
}

/// Ends one of the caller's own sessions. A plain HTML form posts it.
#[server(prefix = "/api/settings/fn", endpoint = "end-session", output = Json)]
pub async fn end_session(id: i64) -> Result<(), AppError> {
    let caller = permit(&END_SESSION, Resource::One(&format!("session:{id}"))).await?;
    service::<Settings>("The settings")?.end_session(&caller, id).await?;
    done("The session is ended");
    Ok(())
}

/// Ends all sessions of the caller but the one at hand. A plain HTML form posts it.
#[server(prefix = "/api/settings/fn", endpoint = "end-other-sessions", output = Json)]
pub async fn end_other_sessions() -> Result<u64, AppError> {
    let caller = permit(&END_SESSION, Resource::All).await?;
    let ended = service::<Settings>("The settings")?.end_other_sessions(&caller).await?;
    done("All other sessions are ended");
    Ok(ended)
}

/// Makes an API token for the caller; a browser shows its secret on the page that follows. A plain HTML form posts it.
#[server(prefix = "/api/settings/fn", endpoint = "create-token", output = Json)]
pub async fn create_token(name: String, #[server(default)] scopes: Vec<String>, days: u32) -> Result<Made, AppError> {
    let caller = permit(&CREATE_TOKEN, Resource::All).await?;
    let made = service::<Settings>("The settings")?.create_token(&caller, &name, &scopes, days).await?;
    done_with_secret("The token is made. Copy it now: it is not shown again", &made.secret);
    Ok(made)
}

/// Revokes one of the caller's own API tokens. A plain HTML form posts it.
#[server(prefix = "/api/settings/fn", endpoint = "revoke-token", output = Json)]
pub async fn revoke_token(id: i64) -> Result<(), AppError> {
    let caller = permit(&REVOKE_TOKEN, Resource::One(&format!("token:{id}"))).await?;
    service::<Settings>("The settings")?.revoke_token(&caller, id).await?;
    done("The token is revoked");
    Ok(())
}

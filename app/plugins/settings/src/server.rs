//! The settings on the server.

use std::sync::Arc;

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::{Caller, NoSubject, Principal, Subject, Via};
use kit::plugin::{Permission, PluginInfo};
use kit::server::audit;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::directory::{Directory, Membership};
use kit::server::people::{self, Person};
use kit::server::plugin::Plugin;
use kit::server::sessions::{self, SessionRow};
use kit::server::tokens::{self, NewToken, Token};
use serde_json::json;

use crate::api::Made;
use crate::info::END_SESSION;

/// The settings on this instance: cheap to clone.
#[derive(Clone)]
pub struct Settings {
    /// The shared parts.
    pub kit: Kit,
    /// Who is in which group.
    pub directory: Arc<dyn Directory>,
    /// What tokens can be made for: every action of every plugin.
    pub actions: Arc<[&'static Permission]>,
    /// How long a session may go unused, in milliseconds.
    pub idle: Millis,
    /// The id of each way to sign in, and what people call it.
    pub providers: Arc<[(String, String)]>,
}

#[async_trait]
impl Plugin for Settings {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }
}

impl Settings {
    /// What people call a way to sign in; its id, where it is no longer configured.
    pub(crate) fn provider<'a>(&'a self, id: &'a str) -> &'a str {
        let found = self.providers.iter().find(|(each, _)| each == id);
        found.map_or(id, |(_, label)| label)
    }

    /// What the last sign-in said of somebody, and the groups with where they come from.
    pub(crate) async fn profile(&self, caller: &Caller) -> Result<(Option<Person>, Vec<Membership>), AppError> {
        let Some(principal) = caller.principal() else { return Ok((None, Vec::new())) };
        let person = people::of(self.kit.db.read(), &principal.subject).await?;
        let named = person.as_ref().map_or(&[][..], |person| &person.named_groups);
        let user_ref = principal.subject.starts_with("user:").then_some(principal.subject.as_str());
        let groups = self.directory.groups(user_ref, named).await?;
        Ok((person, groups))
    }

    /// The caller's own sessions, the last used first.
    pub(crate) async fn sessions(&self, caller: &Caller) -> Result<Vec<SessionRow>, AppError> {
        let now = self.kit.clock.now();
        Ok(sessions::of(self.kit.db.read(), caller.subject(), now, now - self.idle).await?)
    }

    /// Ends one of the caller's own sessions.
    ///
    /// # Errors
    /// Not found, where the caller has no such session.
    pub(crate) async fn end_session(&self, caller: &Caller, id: i64) -> Result<(), AppError> {
        let tx = self.kit.db.begin().await?;
        if !sessions::end(&tx, caller.subject(), id).await? {
            return Err(AppError::not_found("A session of this number"));
        }
        let resource = format!("session:{id}");
        let event = audit::Event {
            at: self.kit.clock.now(),
            actor: caller,
            action: END_SESSION.action,
            resource: &resource,
            detail: json!({}),
        };
        audit::append(&tx, event).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of the caller but the one that asks.
    pub(crate) async fn end_other_sessions(&self, caller: &Caller) -> Result<u64, AppError> {
        let own = match caller.principal().map(|principal| &principal.via) {
            Some(Via::Session(id)) => *id,
            _ => 0,
        };
        let tx = self.kit.db.begin().await?;
        let ended = sessions::end_others(&tx, caller.subject(), own).await?;
        let event = audit::Event {
            at: self.kit.clock.now(),
            actor: caller,
            action: END_SESSION.action,
            resource: caller.subject(),
            detail: json!({ "others": ended }),
        };
        audit::append(&tx, event).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// The caller's own tokens, the newest first.
    pub(crate) async fn tokens(&self, caller: &Caller) -> Result<Vec<Token>, AppError> {
        tokens::of(&self.kit, caller.subject()).await
    }

    pub(crate) async fn create_token(
        &self,
        caller: &Caller,
        name: &str,
        scopes: &[String],
        days: u32,
    ) -> Result<Made, AppError> {
        let Some(Principal { subject, name: subject_name, .. }) = caller.principal() else {
            return Err(AppError::bad_request("Only a person or a service can have a token"));
        };
        let subject: Subject = subject.parse().map_err(|error: NoSubject| AppError::bad_request(error.to_string()))?;
        let new = NewToken { subject: &subject, subject_name, name, scopes, days };
        let (id, secret) = tokens::make(&self.kit, caller, &self.actions, &new).await?;
        Ok(Made { id, secret })
    }

    pub(crate) async fn revoke_token(&self, caller: &Caller, id: i64) -> Result<(), AppError> {
        tokens::revoke(&self.kit, caller, Some(caller.subject()), id).await
    }
}

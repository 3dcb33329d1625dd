//! Decisions on the server.

use std::sync::Arc;

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::{Caller, NoSubject, Principal, Subject};
use kit::plugin::{Permission, PluginInfo};
use kit::server::authorise::{Attributes, Decision, Describe, Policy, Resource, Thing};
use kit::server::context::Kit;
use kit::server::directory::{Directory, Membership};
use kit::server::people;
use kit::server::plugin::Plugin;

use crate::info::READ_DECISIONS;

/// What decisions are asked of on this instance: cheap to clone.
#[derive(Clone)]
pub struct Access {
    /// The shared parts.
    pub kit: Kit,
    /// The organisation.
    pub directory: Arc<dyn Directory>,
    /// What holds the things that are asked about.
    pub things: Arc<dyn Describe>,
    /// The refs of the people and groups that the configuration names administrators.
    pub administrators: Arc<[String]>,
}

#[async_trait]
impl Plugin for Access {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }
}

/// What somebody asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Question {
    /// The ref of a person or the name of a service; whoever asks, where it is empty.
    pub who: String,
    /// The action.
    pub action: String,
    /// The ref of a thing that the portal knows, or one described by what follows.
    pub thing: Thing,
}

/// What would be decided.
pub(crate) struct Answer {
    pub who: Principal,
    /// Its groups with where each comes from, where the organisation was asked.
    pub groups: Vec<Membership>,
    pub permission: &'static Permission,
    /// The thing, as far as it is known.
    pub thing: Option<Thing>,
    pub decision: Decision,
    /// The policies that decided.
    pub policies: Vec<Arc<Policy>>,
    /// What a refusal says.
    pub refusal: Option<String>,
}

impl Access {
    /// The actions that can be asked about.
    pub(crate) fn permissions(&self) -> &[&'static Permission] {
        self.kit.gate.permissions()
    }

    /// Answers, if `caller` may ask about that person.
    pub(crate) async fn answer(&self, caller: &Caller, asked: &Question) -> Result<Answer, AppError> {
        let itself = asked.who.is_empty() || asked.who == caller.subject();
        let named: Option<Subject> = if itself { None } else { Some(asked.who.parse().map_err(bad_name)?) };
        let subject = named.as_ref().map_or(caller.subject(), Subject::as_str);
        let person = Attributes { id: subject, kind: "person", owner: subject, ..Attributes::default() };
        self.kit.authorise(caller, &READ_DECISIONS, &Resource::Known(&person)).await?;
        let permission = self.permissions().iter().find(|permission| permission.action == asked.action);
        let permission =
            permission.ok_or_else(|| AppError::bad_request(format!("No plugin has an action {:?}", asked.action)))?;
        let (who, groups) = match (&named, caller.principal()) {
            (Some(named), _) => {
                let found = people::find(&self.kit, &*self.directory, &self.administrators, named).await?;
                if !found.is_there {
                    return Err(AppError::not_found(named.as_str()));
                }
                (found.principal, found.memberships)
            }
            (None, Some(principal)) => (Principal { scopes: None, ..principal.clone() }, Vec::new()),
            (None, None) => return Err(AppError::bad_request("Say whose right is asked about")),
        };
        let described = self.described(caller, &asked.thing).await?;
        let known = described.as_ref().map(Thing::attributes);
        let resource = match &known {
            Some(known) => Resource::Known(known),
            None if asked.thing.id.is_empty() => Resource::All,
            None => Resource::One(&asked.thing.id),
        };
        let caller = Caller::Principal(Arc::new(who.clone()));
        let decision = self.kit.gate.decide(&caller, permission, &resource);
        let refusal =
            (!decision.allowed()).then(|| self.kit.gate.refusal(&decision, permission, &resource).to_string());
        let mut policies = self.kit.gate.policies();
        policies.retain(|policy| decision.by.contains(&policy.name));
        Ok(Answer { who, groups, permission, thing: described, decision, policies, refusal })
    }

    /// What the portal knows of a thing, or what was typed of one that it does not know.
    async fn described(&self, caller: &Caller, typed: &Thing) -> Result<Option<Thing>, AppError> {
        if !typed.id.is_empty()
            && let Some(known) = self.things.describe(caller, &typed.id).await?
        {
            return Ok(Some(known));
        }
        let only_named = *typed == Thing { id: typed.id.clone(), ..Thing::default() };
        Ok((!only_named).then(|| typed.clone()))
    }
}

fn bad_name(error: NoSubject) -> AppError {
    AppError::bad_request(error.to_string())
}

//! The actions that are installed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::{Action, ActionInfo};
use crate::actions;
use crate::actions::external::Services;
use crate::names::nearest;

/// Actions by id.
#[derive(Clone, Default)]
pub struct Registry {
    actions: BTreeMap<String, Arc<dyn Action>>,
    /// Actions by others, which come and go while the portal runs.
    services: Option<Arc<Services>>,
}

impl Registry {
    /// The actions that Portico brings.
    pub fn built_in() -> Self {
        let mut registry = Self::default();
        for action in actions::built_in().into_iter().chain(actions::outside()) {
            registry.add(action);
        }
        registry
    }

    /// Adds an action, in place of one of the same id.
    pub fn add(&mut self, action: Arc<dyn Action>) {
        self.actions.insert(action.info().id.clone(), action);
    }

    /// The same with the actions of these services as they are at each moment; an id of the portal's own stays its own.
    pub fn with_services(self, services: Arc<Services>) -> Self {
        Self { services: Some(services), ..self }
    }

    /// The action of this id.
    pub fn get(&self, id: &str) -> Option<Arc<dyn Action>> {
        let external = || self.services.as_ref().and_then(|services| services.find(id));
        self.actions.get(id).cloned().or_else(external)
    }

    /// What the actions are, by id.
    pub fn infos(&self) -> Vec<ActionInfo> {
        let mut all = self.services.as_ref().map(|services| services.actions()).unwrap_or_default();
        all.extend(self.actions.iter().map(|(id, action)| (id.clone(), action.clone())));
        all.into_values().map(|action| action.info().clone()).collect()
    }

    /// The id of the action that somebody who wrote `id` may have meant.
    pub fn nearest(&self, id: &str) -> Option<String> {
        let external = self.services.as_ref().map(|services| services.actions()).unwrap_or_default();
        let all = self.actions.keys().chain(external.keys()).map(String::as_str);
        nearest(id, all).filter(|known| *known != id).map(str::to_owned)
    }
}

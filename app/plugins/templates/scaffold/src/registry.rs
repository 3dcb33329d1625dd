//! The actions that are installed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::{Action, ActionInfo};
use crate::actions;
use crate::names::nearest;

/// Actions by id.
#[derive(Clone, Default)]
pub struct Registry {
    actions: BTreeMap<String, Arc<dyn Action>>,
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

    /// The action of this id.
    pub fn get(&self, id: &str) -> Option<Arc<dyn Action>> {
        self.actions.get(id).cloned()
    }

    /// What the actions are, by id.
    pub fn infos(&self) -> impl Iterator<Item = &ActionInfo> {
        self.actions.values().map(|action| action.info())
    }

    /// The id of the action that somebody who wrote `id` may have meant.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        nearest(id, self.actions.keys().map(String::as_str)).filter(|known| *known != id)
    }
}

//! What somebody starred, visited or is told of, as it is now and as far as it may be seen.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::join_all;
use kit::identity::Caller;
use kit::plugin::Hit;
use kit::server::personal::Item;
use kit::server::plugin::Act;

use super::Inbox;

/// How long a plugin may take.
const PATIENCE: Duration = Duration::from_secs(2);

impl Inbox {
    /// The items in their order, each as its plugin shows it; those that are gone or may not be seen are left out, and so are those of a
    /// plugin that fails or dawdles.
    pub(crate) async fn shown(&self, caller: &Caller, items: &[Item]) -> Vec<Hit> {
        let asked = self.plugins.iter().map(|plugin| {
            let (id, plugin, caller) = (plugin.info().id, plugin.clone(), caller.clone());
            let names: Vec<String> =
                items.iter().filter(|item| item.plugin == id).map(|item| item.item.clone()).collect();
            async move {
                if names.is_empty() {
                    return Vec::new();
                }
                // A task of its own, so that a panic costs this plugin's items alone.
                let found = tokio::spawn(async move { plugin.items(&caller, &names).await });
                let found = tokio::time::timeout(PATIENCE, found).await;
                let Ok(Ok(found)) = found else {
                    tracing::warn!(plugin = id, "a plugin did not say what its items are");
                    return Vec::new();
                };
                found.into_iter().map(|(item, hit)| (Item::new(id, item), hit)).collect()
            }
        });
        let mut found: HashMap<Item, Hit> = join_all(asked.collect::<Vec<_>>()).await.into_iter().flatten().collect();
        items.iter().filter_map(|item| found.remove(item)).collect()
    }

    /// What the caller can do at once about what messages lead to, by the address; nothing where a plugin fails or dawdles.
    pub(crate) async fn acts(&self, caller: &Caller, addresses: &[String]) -> HashMap<String, Vec<Act>> {
        let asked = self.plugins.iter().map(|plugin| {
            let (id, plugin, caller) = (plugin.info().id, plugin.clone(), caller.clone());
            let path = |address: &String| address.split('?').next().unwrap_or_default().to_owned();
            let own: Vec<String> =
                addresses.iter().filter(|address| plugin.info().owns(&path(address))).cloned().collect();
            async move {
                if own.is_empty() {
                    return Vec::new();
                }
                let acts = tokio::spawn(async move { plugin.acts(&caller, &own).await });
                let Ok(Ok(acts)) = tokio::time::timeout(PATIENCE, acts).await else {
                    tracing::warn!(plugin = id, "a plugin did not say what can be done at once");
                    return Vec::new();
                };
                acts
            }
        });
        join_all(asked.collect::<Vec<_>>()).await.into_iter().flatten().collect()
    }
}

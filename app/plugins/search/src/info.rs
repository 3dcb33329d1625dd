//! What the plugin is.

use kit::plugin::{Permission, PluginInfo};

use crate::api::search_page;

/// The search plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "search",
    title: "Search",
    prefixes: &["/search", "/api/search"],
    navigation: &[],
    permissions: &[SEARCH],
    page: |address| Box::pin(search_page(address)),
};

/// Searching; what is found is each plugin's own decision.
pub const SEARCH: Permission =
    Permission { action: "search.everything.read", allows: "search the portal", writes: false };

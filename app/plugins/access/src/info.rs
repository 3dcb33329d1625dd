//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

use crate::api::access_page;

/// The access plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "access",
    title: "Access",
    prefixes: &["/access", "/api/access"],
    // Everybody may ask about themselves, which the settings lead to; the entry is for those who may ask about others.
    navigation: &[NavigationItem {
        label: "Access",
        path: "/access",
        icon: Icon::CircleCheck,
        needs: Some(&READ_DECISIONS),
    }],
    permissions: &[READ_DECISIONS],
    page: |address| Box::pin(access_page(address)),
};

/// Asking what would be decided about a person, who is the owner of the thing that is read.
pub const READ_DECISIONS: Permission =
    Permission { action: "access.decision.read", allows: "see what this person may do", writes: false };

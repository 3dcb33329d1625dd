//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

use crate::api::contributions_page;

/// The contributions plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "contributions",
    title: "Contributions",
    prefixes: &["/contribute", "/api/contributions"],
    navigation: &[NavigationItem { label: "Contribute", path: "/contribute", icon: Icon::GitBranch, needs: None }],
    permissions: &[READ, PITCH, TAKE_PART],
    page: |address| Box::pin(contributions_page(address)),
};

/// Seeing a contribution with all that was said and decided about it.
pub const READ: Permission =
    Permission { action: "contributions.contribution.read", allows: "see this contribution", writes: false };

/// Pitching an idea.
pub const PITCH: Permission =
    Permission { action: "contributions.contribution.pitch", allows: "pitch an idea", writes: true };

/// Taking part in a contribution: supporting it, submitting it, reviewing it. Who may do what, the contribution itself decides.
pub const TAKE_PART: Permission = Permission {
    action: "contributions.contribution.take-part",
    allows: "take part in this contribution",
    writes: true,
};

//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

/// The design plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "design",
    title: "The design system",
    prefixes: &["/design", "/api/design"],
    navigation: &[NavigationItem { label: "Design system", path: "/design", icon: Icon::Palette }],
    permissions: &[READ],
};

/// Seeing the design system.
pub const READ: Permission = Permission { action: "design.page.read", allows: "see the design system", writes: false };

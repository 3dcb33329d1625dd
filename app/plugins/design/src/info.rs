//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

use crate::api::design_page;

/// The design plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "design",
    title: "The design system",
    prefixes: &["/design", "/api/design"],
    navigation: &[NavigationItem { label: "Design system", path: "/design", icon: Icon::Palette, needs: None }],
    permissions: &[READ],
    page: |address| Box::pin(design_page(address)),
};

/// Seeing the design system.
pub const READ: Permission = Permission { action: "design.page.read", allows: "see the design system", writes: false };

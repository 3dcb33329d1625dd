//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

use crate::api::audit_page;

/// The audit plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "audit",
    title: "Audit",
    prefixes: &["/audit", "/api/audit"],
    navigation: &[NavigationItem { label: "Audit", path: "/audit", icon: Icon::Clock, needs: Some(&READ) }],
    permissions: &[READ, EXPORT],
    page: |address| Box::pin(audit_page(address)),
};

/// Reading the trail.
pub const READ: Permission = Permission { action: "audit.event.read", allows: "read the audit trail", writes: false };

/// Taking the trail out of the portal.
pub const EXPORT: Permission =
    Permission { action: "audit.event.export", allows: "export the audit trail", writes: false };

//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

use crate::api::templates_page;

/// The templates plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "templates",
    title: "Create",
    prefixes: &["/create", "/api/scaffolder", "/api/templates"],
    navigation: &[NavigationItem { label: "Create", path: "/create", icon: Icon::Template, needs: None }],
    permissions: &[
        READ_TEMPLATE,
        RUN_TEMPLATE,
        READ_TASK,
        CHANGE_TASK,
        CHANGE_VERSION,
        READ_ACTION,
        READ_REPOSITORY,
        TRY_TEMPLATE,
        STAR_TEMPLATE,
    ],
    page: |address| Box::pin(templates_page(address)),
};

/// Seeing a template: what it asks, what it does, its versions.
pub const READ_TEMPLATE: Permission =
    Permission { action: "templates.template.read", allows: "see this template", writes: false };

/// Running a template.
pub const RUN_TEMPLATE: Permission =
    Permission { action: "templates.template.run", allows: "run this template", writes: true };

/// Seeing a run of somebody else. One's own runs are owned by oneself.
pub const READ_TASK: Permission = Permission { action: "templates.task.read", allows: "see this run", writes: false };

/// Cancelling a run, trying it again, deciding what became of a step.
pub const CHANGE_TASK: Permission =
    Permission { action: "templates.task.change", allows: "cancel or retry this run", writes: true };

/// Deprecating and withdrawing versions.
pub const CHANGE_VERSION: Permission = Permission {
    action: "templates.version.change",
    allows: "deprecate and withdraw versions of this template",
    writes: true,
};

/// Seeing which actions are installed.
pub const READ_ACTION: Permission =
    Permission { action: "templates.action.read", allows: "see the installed actions", writes: false };

/// Reading the repositories that the portal keeps.
pub const READ_REPOSITORY: Permission = Permission {
    action: "templates.repository.read",
    allows: "read the repositories that the portal keeps",
    writes: false,
};

/// Trying a template without effect.
pub const TRY_TEMPLATE: Permission =
    Permission { action: "templates.template.try", allows: "try templates without effect", writes: false };

/// Starring a template that one may see, for oneself.
pub const STAR_TEMPLATE: Permission =
    Permission { action: "templates.template.star", allows: "star a template", writes: true };

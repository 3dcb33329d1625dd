//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

use crate::api::golden_paths_page;

/// The golden paths plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "golden-paths",
    title: "Golden paths",
    prefixes: &["/golden-paths", "/api/golden-paths"],
    navigation: &[NavigationItem { label: "Golden paths", path: "/golden-paths", icon: Icon::Path, needs: None }],
    permissions: &[READ_PATH, START_JOURNEY, READ_JOURNEY, CHANGE_JOURNEY, CHANGE_VERSION, STAR_PATH],
    page: |address| Box::pin(golden_paths_page(address)),
};

/// Seeing a golden path: its steps, its versions.
pub const READ_PATH: Permission =
    Permission { action: "golden-paths.path.read", allows: "see this golden path", writes: false };

/// Starting a journey along a golden path.
pub const START_JOURNEY: Permission =
    Permission { action: "golden-paths.journey.start", allows: "start a journey along this golden path", writes: true };

/// Seeing a journey. To policies it is owned by everybody who has a part in it: its owner, whoever began it, and the teams of its steps.
pub const READ_JOURNEY: Permission =
    Permission { action: "golden-paths.journey.read", allows: "see this journey", writes: false };

/// Taking part in a journey. Who may do what in it, the journey itself decides.
pub const CHANGE_JOURNEY: Permission =
    Permission { action: "golden-paths.journey.change", allows: "take part in this journey", writes: true };

/// Deprecating and withdrawing versions.
pub const CHANGE_VERSION: Permission = Permission {
    action: "golden-paths.version.change",
    allows: "deprecate and withdraw versions of this golden path",
    writes: true,
};

/// Starring a golden path that one may see, for oneself.
pub const STAR_PATH: Permission =
    Permission { action: "golden-paths.path.star", allows: "star a golden path", writes: true };

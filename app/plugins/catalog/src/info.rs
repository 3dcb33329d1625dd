//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

/// The catalog plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "catalog",
    title: "Catalog",
    prefixes: &["/catalog", "/locations", "/api/catalog"],
    navigation: &[
        NavigationItem { label: "Catalog", path: "/catalog", icon: Icon::Books },
        NavigationItem { label: "Locations", path: "/locations", icon: Icon::Folders },
    ],
    permissions: &[READ_ENTITIES, READ_LOCATIONS, REFRESH_LOCATION, REGISTER_LOCATION, SAVE_FILTER],
};

/// Seeing entities, in lists, counts and one by one.
pub const READ_ENTITIES: Permission =
    Permission { action: "catalog.entity.read", allows: "see the catalog's entities", writes: false };

/// Seeing where entities come from and what is wrong there.
pub const READ_LOCATIONS: Permission =
    Permission { action: "catalog.location.read", allows: "see the catalog's locations", writes: false };

/// Having a location read at once.
pub const REFRESH_LOCATION: Permission =
    Permission { action: "catalog.location.refresh", allows: "refresh a location", writes: true };

/// Adding a location.
pub const REGISTER_LOCATION: Permission =
    Permission { action: "catalog.location.register", allows: "register a location", writes: true };

/// Keeping filters under a name, for oneself.
pub const SAVE_FILTER: Permission =
    Permission { action: "catalog.filter.save", allows: "save filters of the catalog", writes: true };

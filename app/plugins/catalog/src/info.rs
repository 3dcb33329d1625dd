//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{NavigationItem, Permission, PluginInfo};

use crate::api::catalog_page;

/// The catalog plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "catalog",
    title: "Catalog",
    prefixes: &["/catalog", "/locations", "/api/catalog"],
    navigation: &[
        NavigationItem { label: "Catalog", path: "/catalog", icon: Icon::Books, needs: None },
        NavigationItem { label: "Locations", path: "/locations", icon: Icon::Folders, needs: None },
    ],
    permissions: &[
        READ_ENTITIES,
        VALIDATE_ENTITIES,
        DELETE_ENTITY,
        READ_LOCATIONS,
        REFRESH_LOCATION,
        REGISTER_LOCATION,
        READ_PATH,
        UNREGISTER_LOCATION,
        TRUST_LOCATION,
        SAVE_FILTER,
        STAR_ENTITY,
    ],
    page: |address| Box::pin(catalog_page(address)),
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

/// Having a descriptor judged that is not in the catalog.
pub const VALIDATE_ENTITIES: Permission =
    Permission { action: "catalog.entity.validate", allows: "validate entities", writes: false };

/// Removing a single entity.
pub const DELETE_ENTITY: Permission =
    Permission { action: "catalog.entity.delete", allows: "delete an entity", writes: true };

/// Removing a location with what it brought.
pub const UNREGISTER_LOCATION: Permission =
    Permission { action: "catalog.location.unregister", allows: "unregister a location", writes: true };

/// Changing what a location may bring.
pub const TRUST_LOCATION: Permission =
    Permission { action: "catalog.location.trust", allows: "change what a location may bring", writes: true };

/// Adding a location, and checking what that would do.
pub const REGISTER_LOCATION: Permission =
    Permission { action: "catalog.location.register", allows: "register a location", writes: true };

/// Starring an entity that one may see, for oneself.
pub const STAR_ENTITY: Permission =
    Permission { action: "catalog.entity.star", allows: "star an entity", writes: true };

/// Naming a path on the server's own disk as a location, and checking what that would bring.
pub const READ_PATH: Permission =
    Permission { action: "catalog.path.read", allows: "read descriptors from the portal's own disk", writes: true };

/// Keeping filters under a name, for oneself.
pub const SAVE_FILTER: Permission =
    Permission { action: "catalog.filter.save", allows: "save filters of the catalog", writes: true };

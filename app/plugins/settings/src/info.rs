//! What the plugin is.

use kit::plugin::{Permission, PluginInfo};

use crate::api::settings_page;

/// The settings plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "settings",
    title: "Settings",
    prefixes: &["/settings", "/api/settings"],
    navigation: &[],
    permissions: &[READ_PROFILE, END_SESSION, CREATE_TOKEN, REVOKE_TOKEN],
    page: |address| Box::pin(settings_page(address)),
};

/// Seeing one's own profile, sessions and tokens.
pub const READ_PROFILE: Permission =
    Permission { action: "settings.profile.read", allows: "see your own settings", writes: false };

/// Ending one's own sessions.
pub const END_SESSION: Permission =
    Permission { action: "settings.session.end", allows: "end your own sessions", writes: true };

/// Making an API token for oneself.
pub const CREATE_TOKEN: Permission =
    Permission { action: "settings.token.create", allows: "make API tokens", writes: true };

/// Revoking one's own API tokens.
pub const REVOKE_TOKEN: Permission =
    Permission { action: "settings.token.revoke", allows: "revoke your own API tokens", writes: true };

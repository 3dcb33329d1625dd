//! What the plugin is.

use kit::components::Icon;
use kit::plugin::{INBOX, NavigationItem, Permission, PluginInfo};

use crate::api::inbox_page;

/// The inbox plugin.
pub static INFO: PluginInfo = PluginInfo {
    id: "inbox",
    title: "Inbox",
    prefixes: &[INBOX, "/starred", "/api/inbox"],
    navigation: &[NavigationItem { label: "Inbox", path: INBOX, icon: Icon::Inbox, needs: None }],
    permissions: &[READ, MARK, CHOOSE],
    page: |address| Box::pin(inbox_page(address)),
};

/// Reading one's own messages, and what one starred and looked at.
pub const READ: Permission =
    Permission { action: "inbox.message.read", allows: "read your inbox and what you starred", writes: false };

/// Marking one's own messages.
pub const MARK: Permission =
    Permission { action: "inbox.message.mark", allows: "mark messages of your inbox", writes: true };

/// Choosing for oneself.
pub const CHOOSE: Permission =
    Permission { action: "inbox.preference.choose", allows: "change your preferences", writes: true };

//! The plugin contract, the part that both sides know. The server's part is `server::plugin::Plugin`.

use serde::{Deserialize, Serialize};

use crate::page::Drawing;

/// The page of the inbox, whose entry in the navigation bears the number of unread messages.
pub const INBOX: &str = "/inbox";

/// The page where people choose what they are told by mail.
pub const INBOX_SETTINGS: &str = "/inbox/settings";

/// What a plugin is: constants only, so that the shell and the gateway know a plugin that is down or lives on another instance.
#[derive(Debug)]
pub struct PluginInfo {
    /// Short, stable and unique, such as `catalog`: the name in configuration, metrics and the audit trail.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The path prefixes that belong to it, pages and API alike; no two plugins may share one. A request under a prefix goes to the plugin, wherever it runs.
    pub prefixes: &'static [&'static str],
    /// Its entries in the main navigation, in order.
    pub navigation: &'static [NavigationItem],
    /// Every action that it asks permission for.
    pub permissions: &'static [Permission],
    /// Draws the page at an address under one of the prefixes: a path, with its query.
    pub page: fn(String) -> Drawing,
}

impl PluginInfo {
    /// Whether `path` lies under one of the plugin's prefixes; a prefix ends at a path segment.
    pub fn owns(&self, path: &str) -> bool {
        self.prefixes.iter().any(|prefix| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
        })
    }
}

/// One entry of the main navigation.
#[derive(Debug)]
pub struct NavigationItem {
    /// What it reads, a noun.
    pub label: &'static str,
    /// Where it leads.
    pub path: &'static str,
    /// The glyph beside the label.
    pub icon: crate::components::Icon,
    /// What one must be allowed to do to what is not one's own to be shown the entry; none where it is for everybody.
    pub needs: Option<&'static Permission>,
}

/// One match of the global search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What is shown first.
    pub title: String,
    /// What tells it from others of its kind: a title, an owner; may be empty.
    pub detail: String,
    /// What kind of thing it is, in a word or two.
    pub kind: String,
    /// Where it is.
    pub path: String,
}

/// An action that needs permission.
#[derive(Debug, PartialEq, Eq)]
pub struct Permission {
    /// `<plugin>.<resource>.<verb>`.
    pub action: &'static str,
    /// What it allows, as a verb phrase that completes "You lack the right to …".
    pub allows: &'static str,
    /// Whether it changes something.
    pub writes: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_at_a_segment() {
        let info = PluginInfo {
            id: "a",
            title: "A",
            prefixes: &["/a", "/api/a/"],
            navigation: &[],
            permissions: &[],
            page: |_| unreachable!("nothing is drawn here"),
        };
        for (path, owned) in [("/a", true), ("/a/b", true), ("/ab", false), ("/api/a/x", true), ("/api/ab", false)] {
            assert_eq!(info.owns(path), owned, "{path}");
        }
    }
}

//! What policies may speak of, in Cedar's own schema language.

use std::fmt::Write;

use crate::plugin::Permission;

/// The group that the administrators of the configuration are in.
pub const ADMINISTRATORS: &str = "portico:administrators";

/// The types of what acts and of what is acted upon; `Attributes` and `Attribute` name the same attributes.
const TYPES: &str = r#"// A group of the organisation, such as Group::"group:default/payments". Whoever owns something in person is a group of
// one: Group::"user:default/jane". Group::"portico:administrators" are those whom the configuration names.
entity Group in [Group];

// A human: the ref of the catalog's user, or person:<provider>/<subject>. In the groups above its own groups as well.
entity Person in [Group];

// A program that acts for a team: service:<name>.
entity Service in [Group];

// What something is done to, by its ref or id. A text is empty where the thing has none, and the owner is Group::"".
entity Thing = {
  kind: String,       // in lower case: component, api, location
  namespace: String,  // in lower case: default
  "type": String,     // service, library
  lifecycle: String,  // production, experimental
  owner: Group,       // whoever owns it
};

// Every action is in one of these groups, and in those named as a token's scope that covers it.
action "read", "write";
"#;

/// The schema for these actions, as text.
pub(super) fn text(permissions: &[&'static Permission]) -> String {
    let mut groups: Vec<&str> = permissions.iter().flat_map(|each| wider(each.action)).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut text = TYPES.to_owned();
    for group in groups {
        let above: Vec<String> = wider(group).take(1).map(|above| format!(" in [\"{above}.*\"]")).collect();
        // Writing to a text cannot fail.
        let _ = writeln!(text, "action \"{group}.*\"{};", above.concat());
    }
    for permission in permissions {
        let groups: Vec<String> = groups_of(permission).iter().map(|group| format!("\"{group}\"")).collect();
        let _ = write!(
            text,
            "\n// {}\naction \"{}\" in [{}] appliesTo {{\n  principal: [Person, Service],\n  resource: Thing,\n}};\n",
            permission.allows,
            permission.action,
            groups.join(", ")
        );
    }
    text
}

/// The groups that an action is in, as `text` declares them.
pub(super) fn groups_of(permission: &Permission) -> Vec<String> {
    let mut groups = vec![if permission.writes { "write".to_owned() } else { "read".to_owned() }];
    groups.extend(wider(permission.action).map(|prefix| format!("{prefix}.*")));
    groups
}

/// The prefixes of a dotted name that end before a dot, the longest first.
fn wider(name: &str) -> impl Iterator<Item = &str> {
    name.rmatch_indices('.').map(|(at, _)| &name[..at])
}

//! What a contribution says of itself to architects: the addresses it has, the rights it asks for, the data it touches, whom it calls.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::material::{Change, NOT_PLAIN, is_plain};

/// The most entries of one list.
const MOST: usize = 200;

/// The longest text, in characters.
const LONGEST: usize = 500;

/// A manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// What the portal knows it as: lower-case letters, digits and hyphens.
    pub id: String,
    /// The group that owns it.
    pub owner: String,
    /// The addresses that it answers.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// The rights that it asks for, such as `catalog.entity.read`.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// The data that it reads or writes.
    #[serde(default)]
    pub data: Vec<DataUse>,
    /// The systems that it calls.
    #[serde(default)]
    pub upstreams: Vec<Upstream>,
}

/// An address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
}

/// Data that is touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataUse {
    /// What.
    pub name: String,
    /// How the bank classifies it.
    pub classification: String,
    /// Whether it is written, and not read alone.
    #[serde(default)]
    pub writes: bool,
}

/// A system that is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Upstream {
    /// Its ref in the catalog, or its address.
    pub target: String,
    /// What for.
    #[serde(default)]
    pub reason: String,
}

impl Manifest {
    /// What is wrong with it, sentence by sentence.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let is_id = |text: &str| {
            !text.is_empty()
                && text.len() <= 63
                && text.starts_with(|c: char| c.is_ascii_lowercase())
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        if !is_id(&self.id) {
            problems
                .push("The id begins with a lower-case letter and has lower-case letters, digits and hyphens".into());
        }
        if self.owner.is_empty() {
            problems.push("The manifest names no owner".into());
        }
        for route in &self.routes {
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&route.method.as_str()) {
                problems.push(format!("{:?} is no method: GET, POST, PUT, PATCH or DELETE", route.method));
            }
            if !route.path.starts_with('/') {
                problems.push(format!("The route {:?} does not begin with a slash", route.path));
            }
        }
        for permission in &self.permissions {
            let parts: Vec<&str> = permission.split('.').collect();
            if parts.len() < 3 || !parts.iter().all(|part| is_id(part)) {
                problems.push(format!("{permission:?} is no right: name one such as catalog.entity.read"));
            }
        }
        for data in &self.data {
            if data.name.is_empty() || data.classification.is_empty() {
                problems.push("Data has a name and a classification".into());
            }
        }
        if self.upstreams.iter().any(|upstream| upstream.target.is_empty()) {
            problems.push("An upstream names its target".into());
        }
        let mut names = BTreeSet::new();
        let named = self.data.iter().map(|data| ("Data", &data.name));
        let called = self.upstreams.iter().map(|upstream| ("An upstream", &upstream.target));
        for (what, name) in named.chain(called).filter(|each| !names.insert(*each)) {
            problems.push(format!("{what} is named twice: {name}"));
        }
        let lists = [self.routes.len(), self.permissions.len(), self.data.len(), self.upstreams.len()];
        if lists.iter().any(|length| *length > MOST) {
            problems.push(format!("A list of the manifest has {MOST} entries at most"));
        }
        if self.texts().any(|text| text.chars().count() > LONGEST) {
            problems.push(format!("A text of the manifest has {LONGEST} characters at most"));
        }
        if self.texts().any(|text| !is_plain(text)) {
            problems.push(NOT_PLAIN.into());
        }
        problems
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let one = [self.owner.as_str()].into_iter();
        let routes = self.routes.iter().flat_map(|route| [route.method.as_str(), route.path.as_str()]);
        let permissions = self.permissions.iter().map(String::as_str);
        let data = self.data.iter().flat_map(|data| [data.name.as_str(), data.classification.as_str()]);
        let upstreams = self.upstreams.iter().flat_map(|up| [up.target.as_str(), up.reason.as_str()]);
        one.chain(routes).chain(permissions).chain(data).chain(upstreams)
    }

    /// What is otherwise than in an earlier one.
    pub fn changes(&self, before: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut put = |what: &str, before: &str, after: &str| {
            if before != after {
                changes.push(Change { what: what.to_owned(), before: before.to_owned(), after: after.to_owned() });
            }
        };
        put("Id", &before.id, &self.id);
        put("Owner", &before.owner, &self.owner);
        let routes = |manifest: &Self| {
            let routes = manifest.routes.iter();
            routes.map(|route| (format!("{} {}", route.method, route.path), String::new())).collect::<BTreeMap<_, _>>()
        };
        let permissions =
            |manifest: &Self| manifest.permissions.iter().map(|name| (name.clone(), String::new())).collect();
        let data = |manifest: &Self| {
            let data = manifest.data.iter();
            data.map(|data| {
                let verb = if data.writes { "writes" } else { "reads" };
                (data.name.clone(), format!("{}, {verb}", data.classification))
            })
            .collect()
        };
        let upstreams =
            |manifest: &Self| manifest.upstreams.iter().map(|up| (up.target.clone(), up.reason.clone())).collect();
        type Named = BTreeMap<String, String>;
        let lists: [(&str, Named, Named); 4] = [
            ("Route", routes(before), routes(self)),
            ("Right", permissions(before), permissions(self)),
            ("Data", data(before), data(self)),
            ("Upstream", upstreams(before), upstreams(self)),
        ];
        for (what, before, after) in lists {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let said = |list: &BTreeMap<String, String>| {
                    let rest = list.get(name)?;
                    Some(if rest.is_empty() { name.clone() } else { format!("{name} ({rest})") })
                };
                put(what, &said(&before).unwrap_or_default(), &said(&after).unwrap_or_default());
            }
        }
        changes
    }
}

//! Fields that choose from the catalog or from a repository host: their options, and what they refuse.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{Object, strings, text};

/// A filter over entities: those that match one of the sets, in which every key must match.
pub type CatalogFilter = Vec<BTreeMap<String, Wanted>>;

/// What a key of a catalog filter must have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wanted {
    /// One of these values.
    OneOf(Vec<String>),
    /// Any value at all.
    Exists,
}

/// How a picker of entities chooses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entities {
    /// Which entities are offered; all where it is empty.
    pub filter: CatalogFilter,
    /// The kind of a reference that names none.
    pub default_kind: Option<String>,
    /// The namespace of a reference that names none.
    pub default_namespace: Option<String>,
    /// Whether what the catalog does not have may be entered.
    pub arbitrary: bool,
}

/// How a repository is chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    /// The hosts to choose from; any where it is empty.
    pub hosts: Vec<String>,
    /// The owners, and groups, to choose from.
    pub owners: Vec<String>,
    /// The organizations to choose from (Azure DevOps).
    pub organizations: Vec<String>,
    /// The projects to choose from (Azure DevOps, Bitbucket).
    pub projects: Vec<String>,
    /// The repositories to choose from.
    pub repositories: Vec<String>,
    /// Where the token of the person who fills the form in is asked for.
    pub credentials: Option<Credentials>,
}

/// A token to ask for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The name under which steps find it in `secrets`.
    pub secrets_key: String,
    /// What it must allow beyond the usual, by kind of host.
    pub additional_scopes: BTreeMap<String, Vec<String>>,
}

/// A field of the kinds that Backstage brings along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "picker")]
pub enum Picker {
    /// Whoever may own an entity: a group or a user.
    Owner(Entities),
    /// An entity.
    Entity(Entities),
    /// Several entities.
    MultiEntity(Entities),
    /// An entity that is owned by the person who fills the form in.
    OwnedEntity(Entities),
    /// A group of the person who fills the form in.
    MyGroups,
    /// The name of an entity that is to be made.
    EntityName,
    /// Tags that entities have, and new ones.
    EntityTags {
        /// The kinds whose tags are offered; all where it is empty.
        kinds: Vec<String>,
        /// Whether it is shown how often each is used.
        counts: bool,
    },
    /// The address of a repository: `host?owner=o&repo=r`.
    RepoUrl(Repository),
    /// A branch of the repository that another field names.
    RepoBranch(Repository),
    /// An owner of repositories.
    RepoOwner {
        /// The host whose owners are offered.
        host: Option<String>,
        /// Owners that are not.
        excluded: Vec<String>,
        /// Where a token is asked for.
        credentials: Option<Credentials>,
    },
}

/// What a repository host runs, which decides what an address must name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HostKind {
    /// GitHub, GitLab, Gitea and the like: an owner and a repository.
    Owned,
    /// Azure DevOps: a project and a repository.
    Azure,
    /// bitbucket.org: a workspace, a project and a repository.
    BitbucketCloud,
    /// Bitbucket on a host of one's own: a project and a repository.
    BitbucketServer,
    /// Gerrit: a repository.
    Gerrit,
}

impl HostKind {
    /// What a host most likely runs.
    pub fn of(host: &str) -> Self {
        match host {
            "bitbucket.org" => Self::BitbucketCloud,
            "dev.azure.com" => Self::Azure,
            _ if host.ends_with(".visualstudio.com") => Self::Azure,
            _ if host.starts_with("bitbucket.") => Self::BitbucketServer,
            _ if host.starts_with("gerrit.") || host.ends_with("-review.googlesource.com") => Self::Gerrit,
            _ => Self::Owned,
        }
    }

    /// The parts that an address must have, besides the host.
    pub fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Owned => &["owner", "repo"],
            Self::Azure | Self::BitbucketServer => &["project", "repo"],
            Self::BitbucketCloud => &["workspace", "project", "repo"],
            Self::Gerrit => &["repo"],
        }
    }
}

impl Picker {
    /// The picker of a field, if it is one.
    pub(crate) fn of(field: &str, options: &Object) -> Option<Self> {
        Some(match field {
            "OwnerPicker" => {
                let mut entities = entities(options);
                if entities.filter.is_empty() {
                    entities.filter = kinds(&["Group".into(), "User".into()]);
                }
                entities.default_kind.get_or_insert("Group".into());
                Self::Owner(entities)
            }
            "EntityPicker" => Self::Entity(entities(options)),
            "MultiEntityPicker" => Self::MultiEntity(entities(options)),
            "OwnedEntityPicker" => Self::OwnedEntity(entities(options)),
            "MyGroupsPicker" => Self::MyGroups,
            "EntityNamePicker" => Self::EntityName,
            "EntityTagsPicker" => {
                Self::EntityTags { kinds: strings(options.get("kinds")), counts: flag(options, "showCounts", false) }
            }
            "RepoUrlPicker" => Self::RepoUrl(repository(options)),
            "RepoBranchPicker" => Self::RepoBranch(repository(options)),
            "RepoOwnerPicker" => Self::RepoOwner {
                host: options.get("host").and_then(Value::as_str).map(Into::into),
                excluded: strings(options.get("excludedOwners")),
                credentials: credentials(options),
            },
            _ => return None,
        })
    }

    /// Whether its value is a list.
    pub fn is_many(&self) -> bool {
        matches!(self, Self::MultiEntity(_) | Self::EntityTags { .. })
    }

    /// What is wrong with a value, beyond what the schema says.
    pub(crate) fn faults(&self, value: &Value, hosts: &BTreeMap<String, HostKind>) -> Vec<String> {
        match self {
            Self::EntityName if !value.as_str().is_some_and(is_entity_name) => vec![
                "Must begin and end with a letter or a digit and hold only letters, digits, “-”, “_” and “.”, at most 63 characters".into(),
            ],
            Self::RepoUrl(repository) => repository_faults(value, repository, hosts),
            Self::MultiEntity(_) => value
                .as_array()
                .into_iter()
                .flatten()
                .filter(|reference| !reference.as_str().is_some_and(|reference| is_reference(reference, false)))
                .map(|reference| format!("“{}” is not a full reference such as component:default/name", text(reference)))
                .collect(),
            Self::Owner(entities) | Self::Entity(entities) | Self::OwnedEntity(entities)
                if !entities.arbitrary && !value.as_str().is_some_and(|value| is_reference(value, true)) =>
            {
                vec!["Must refer to an entity, such as group:default/name".into()]
            }
            _ => Vec::new(),
        }
    }
}

/// The parts of a repository address; keys of the query and the host as `host`.
pub fn repository_parts(address: &str) -> BTreeMap<String, String> {
    let (host, query) = address.split_once('?').unwrap_or((address, ""));
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('#').next().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parts.entry(plain(name)).or_insert_with(|| plain(value));
    }
    parts.insert("host".into(), host.split('/').next().unwrap_or_default().into());
    parts
}

/// A repository address of its parts, as `host?owner=o&repo=r`; nothing without a host.
pub fn repository_address(parts: &BTreeMap<String, String>) -> Option<String> {
    let host = parts.get("host").filter(|host| !host.is_empty())?;
    let named = ["owner", "repo", "organization", "workspace", "project"]
        .iter()
        .filter_map(|name| Some(format!("{name}={}", encoded(parts.get(*name).filter(|value| !value.is_empty())?))));
    Some(format!("{host}?{}", named.collect::<Vec<_>>().join("&")))
}

/// Whether a text may name an entity.
pub fn is_entity_name(name: &str) -> bool {
    let outer = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&name.len())
        && name.starts_with(outer)
        && name.ends_with(outer)
        && name.chars().all(|c| outer(c) || matches!(c, '-' | '_' | '.'))
}

/// The longest name of a repository or of its owner.
const REPOSITORY_NAME: usize = 255;

/// Whether a repository, or a part of its owner's path, can be called so at all.
pub fn is_repository_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=REPOSITORY_NAME).contains(&name.len())
        && name.chars().all(good)
        && !matches!(name, "." | "..")
        && !name.starts_with('-')
}

/// Whether a text is a reference to an entity; the kind may be left out where there is a default.
fn is_reference(text: &str, short: bool) -> bool {
    let text = text.trim();
    let (kind, rest) = text.split_once(':').map_or((None, text), |(kind, rest)| (Some(kind), rest));
    let (namespace, name) = rest.split_once('/').map_or((None, rest), |(namespace, name)| (Some(namespace), name));
    let given = |part: Option<&str>| part.is_none_or(|part| !part.is_empty());
    (short || kind.is_some()) && given(kind) && given(namespace) && !name.is_empty()
}

fn repository_faults(value: &Value, allowed: &Repository, hosts: &BTreeMap<String, HostKind>) -> Vec<String> {
    let Some(address) = value.as_str().filter(|address| !address.contains(char::is_whitespace)) else {
        return vec!["Must be a repository such as github.com?owner=team&repo=service".into()];
    };
    let parts = repository_parts(address);
    let part = |name: &str| parts.get(name).map(String::as_str).filter(|part| !part.is_empty());
    let Some(host) = part("host") else { return vec!["The repository's host is missing".into()] };
    let kind = hosts.get(host).copied().unwrap_or_else(|| HostKind::of(host));
    let mut faults: Vec<String> = kind
        .parts()
        .iter()
        .filter(|name| part(name).is_none())
        .map(|name| format!("The repository's {} is missing", part_name(name)))
        .collect();
    for name in ["owner", "repo"] {
        if let Some(given) = part(name).filter(|given| !given.split('/').all(is_repository_name)) {
            let what = part_name(name);
            faults.push(format!("The {what} “{given}” is no {what}: letters, digits, dots, dashes and underscores"));
        }
    }
    for (name, allowed) in [
        ("host", &allowed.hosts),
        ("owner", &allowed.owners),
        ("organization", &allowed.organizations),
        ("project", &allowed.projects),
        ("repo", &allowed.repositories),
    ] {
        if let Some(given) = part(name).filter(|given| !allowed.is_empty() && !allowed.iter().any(|one| one == given)) {
            faults.push(format!("The {} “{given}” is not one of: {}", part_name(name), allowed.join(", ")));
        }
    }
    faults
}

fn part_name(part: &str) -> &str {
    if part == "repo" { "name" } else { part }
}

/// What stands for a character in a query.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).filter(|_| first == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => char::from(b).to_string(),
            b' ' => "+".into(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

fn entities(options: &Object) -> Entities {
    let mut filter = catalog_filter(options.get("catalogFilter"));
    if filter.is_empty() {
        filter = kinds(&strings(options.get("allowedKinds")));
    }
    Entities {
        filter,
        default_kind: options.get("defaultKind").and_then(Value::as_str).map(Into::into),
        default_namespace: options.get("defaultNamespace").and_then(Value::as_str).map(Into::into),
        arbitrary: flag(options, "allowArbitraryValues", true),
    }
}

fn kinds(kinds: &[String]) -> CatalogFilter {
    if kinds.is_empty() {
        return Vec::new();
    }
    vec![BTreeMap::from([("kind".into(), Wanted::OneOf(kinds.into()))])]
}

fn catalog_filter(filter: Option<&Value>) -> CatalogFilter {
    let sets: Vec<&Object> = match filter {
        Some(Value::Object(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    };
    let wanted = |value: &Value| match value {
        Value::Object(condition) if condition.get("exists") == Some(&Value::Bool(true)) => Some(Wanted::Exists),
        Value::Array(_) => Some(Wanted::OneOf(strings(Some(value)))),
        Value::Null | Value::Object(_) => None,
        one => Some(Wanted::OneOf(vec![text(one)])),
    };
    sets.into_iter()
        .map(|set| set.iter().filter_map(|(key, value)| Some((key.clone(), wanted(value)?))).collect())
        .filter(|set: &BTreeMap<_, _>| !set.is_empty())
        .collect()
}

fn repository(options: &Object) -> Repository {
    let list = |name: &str| strings(options.get(name));
    let mut organizations = list("allowedOrganizations");
    if organizations.is_empty() {
        // Some templates write it with a capital, which Backstage does not read; what they mean is plain.
        organizations = list("AllowedOrganizations");
    }
    Repository {
        hosts: list("allowedHosts"),
        owners: list("allowedOwners"),
        organizations,
        projects: list("allowedProjects"),
        repositories: list("allowedRepos"),
        credentials: credentials(options),
    }
}

fn credentials(options: &Object) -> Option<Credentials> {
    let asked = options.get("requestUserCredentials")?.as_object()?;
    Some(Credentials {
        secrets_key: asked.get("secretsKey").and_then(Value::as_str)?.into(),
        additional_scopes: asked
            .get("additionalScopes")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(host, scopes)| (host.clone(), strings(Some(scopes))))
            .collect(),
    })
}

fn flag(options: &Object, name: &str, otherwise: bool) -> bool {
    options.get(name).and_then(Value::as_bool).unwrap_or(otherwise)
}

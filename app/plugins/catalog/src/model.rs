//! What the pages show.

pub mod docs;
mod graph;
mod organisation;

pub use graph::{Direction, Family, GraphQuery, RelationGraph};
pub use organisation::{GroupRow, Organisation, OwnedKind, Person};

use kit::components::Facet;
use kit::html::Html;
use kit::when::When;
use serde::{Deserialize, Serialize};

/// The state of the catalog page, as it stands in the URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListQuery {
    /// Words that name, title, description, tags, owner or type begin with; all must match.
    pub text: String,
    /// The chosen values by facet, in the order of [`FacetKey::ALL`]; values of one facet are alternatives.
    pub chosen: Vec<(FacetKey, Vec<String>)>,
    /// The order of the rows.
    pub sort: Sort,
    /// Whether the order is reversed.
    pub descending: bool,
    /// The columns beside the name, in order; empty for the usual ones.
    #[serde(default)]
    pub columns: Vec<ColumnKey>,
    /// Where the page begins, as an earlier answer gave it; empty for the first page.
    pub cursor: String,
}

impl ListQuery {
    /// The chosen values of one facet.
    pub fn chosen(&self, key: FacetKey) -> &[String] {
        self.chosen.iter().find(|(chosen, _)| *chosen == key).map_or(&[], |(_, values)| values)
    }

    /// Reads the state from query parameters; `get` gives all values of a parameter.
    pub fn from_params(get: impl Fn(&str) -> Vec<String>) -> Self {
        let one = |name: &str| get(name).into_iter().next().unwrap_or_default();
        let chosen = FacetKey::ALL
            .into_iter()
            .filter_map(|key| {
                let mut values: Vec<String> = get(key.name())
                    .into_iter()
                    .map(|value| value.trim().to_lowercase())
                    .filter(|value| !value.is_empty())
                    .collect();
                values.sort();
                values.dedup();
                (!values.is_empty()).then_some((key, values))
            })
            .collect();
        let sort = one("sort");
        let (name, descending) = match sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (sort.as_str(), false),
        };
        let columns = get("columns").iter().filter_map(|name| ColumnKey::from_name(name)).collect();
        let text = one("q").trim().to_owned();
        Self { text, chosen, sort: Sort::from_name(name), descending, columns, cursor: one("page") }
    }

    /// The columns that are shown.
    pub fn shown_columns(&self) -> &[ColumnKey] {
        if self.columns.is_empty() { &ColumnKey::USUAL } else { &self.columns }
    }

    /// The address of the catalog page in this state.
    pub fn href(&self) -> String {
        self.address("/catalog")
    }

    /// The address of everything that the page lists, as CSV.
    pub fn csv_href(&self) -> String {
        Self { cursor: String::new(), ..self.clone() }.address("/api/catalog/entities.csv")
    }

    fn address(&self, path: &str) -> String {
        let sort = match (self.sort, self.descending) {
            (Sort::Name, false) => String::new(),
            (sort, false) => sort.name().to_owned(),
            (sort, true) => format!("-{}", sort.name()),
        };
        let mut pairs = vec![("q", self.text.as_str())];
        for (key, values) in &self.chosen {
            pairs.extend(values.iter().map(|value| (key.name(), value.as_str())));
        }
        pairs.push(("sort", &sort));
        if self.shown_columns() != ColumnKey::USUAL {
            pairs.extend(self.columns.iter().map(|column| ("columns", column.name())));
        }
        pairs.push(("page", &self.cursor));
        kit::query::href(path, pairs)
    }

    /// The same with each facet and column once, in order, each value once, and no empty ones: a caller may send anything.
    pub fn tidied(self) -> Self {
        let values = |key: FacetKey| -> Vec<String> {
            let all = self.chosen.iter().filter(|(chosen, _)| *chosen == key).flat_map(|(_, values)| values);
            let all: std::collections::BTreeSet<String> = all.filter(|value| !value.is_empty()).cloned().collect();
            all.into_iter().collect()
        };
        let chosen = FacetKey::ALL.into_iter().map(|key| (key, values(key))).filter(|(_, values)| !values.is_empty());
        let chosen = chosen.collect();
        let columns = ColumnKey::ALL.into_iter().filter(|column| self.columns.contains(column)).collect();
        Self { chosen, columns, ..self }
    }

    /// The same list with `value` chosen where it is not, and not where it is; from the first page.
    pub fn toggled(&self, key: FacetKey, value: &str) -> Self {
        let mut next = Self { cursor: String::new(), ..self.clone() };
        let mut values = self.chosen(key).to_vec();
        match values.iter().position(|chosen| chosen == value) {
            Some(at) => drop(values.remove(at)),
            None => values.push(value.to_owned()),
        }
        values.sort();
        next.chosen = FacetKey::ALL
            .into_iter()
            .map(|each| (each, if each == key { values.clone() } else { self.chosen(each).to_vec() }))
            .filter(|(_, values)| !values.is_empty())
            .collect();
        next
    }

    /// The same list ordered by `sort`, reversed where it already is; from the first page.
    pub fn sorted(&self, sort: Sort) -> Self {
        Self { sort, descending: self.sort == sort && !self.descending, cursor: String::new(), ..self.clone() }
    }

    /// The list of all that one facet value covers.
    pub fn only(key: FacetKey, value: impl Into<String>) -> Self {
        Self { chosen: vec![(key, vec![value.into()])], ..Self::default() }
    }
}

/// The dimensions by which the catalog can be narrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FacetKey {
    /// `kind`
    Kind,
    /// `spec.type`
    Type,
    /// `spec.lifecycle`
    Lifecycle,
    /// `spec.owner`, as an entity ref
    Owner,
    /// `metadata.tags`
    Tag,
    /// `spec.system`, as an entity ref
    System,
    /// `metadata.namespace`
    Namespace,
    /// Whether no location brings it any more.
    Orphan,
}

impl FacetKey {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 8] =
        [Self::Kind, Self::Type, Self::Lifecycle, Self::Owner, Self::Tag, Self::System, Self::Namespace, Self::Orphan];

    /// The name in the query string.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Type => "type",
            Self::Lifecycle => "lifecycle",
            Self::Owner => "owner",
            Self::Tag => "tag",
            Self::System => "system",
            Self::Namespace => "namespace",
            Self::Orphan => "orphan",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kind => "Kind",
            Self::Type => "Type",
            Self::Lifecycle => "Lifecycle",
            Self::Owner => "Owner",
            Self::Tag => "Tag",
            Self::System => "System",
            Self::Namespace => "Namespace",
            Self::Orphan => "Orphaned",
        }
    }
}

/// The columns of the catalog besides the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKey {
    /// `kind`
    Kind,
    /// `spec.type`
    Type,
    /// `metadata.description`, one line
    Description,
    /// `spec.lifecycle`
    Lifecycle,
    /// `spec.owner`
    Owner,
    /// `spec.system`
    System,
    /// The time of the last change
    Changed,
}

impl ColumnKey {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Kind, Self::Type, Self::Description, Self::Lifecycle, Self::Owner, Self::System, Self::Changed];

    /// Those that are shown when none are chosen.
    pub const USUAL: [Self; 5] = [Self::Kind, Self::Type, Self::Lifecycle, Self::Owner, Self::System];

    /// The name in the query string.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Type => "type",
            Self::Description => "description",
            Self::Lifecycle => "lifecycle",
            Self::Owner => "owner",
            Self::System => "system",
            Self::Changed => "changed",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kind => "Kind",
            Self::Type => "Type",
            Self::Description => "Description",
            Self::Lifecycle => "Lifecycle",
            Self::Owner => "Owner",
            Self::System => "System",
            Self::Changed => "Changed",
        }
    }

    /// How the rows are ordered by it, where they can be.
    pub fn sort(self) -> Option<Sort> {
        match self {
            Self::Type => Some(Sort::Type),
            Self::Lifecycle => Some(Sort::Lifecycle),
            Self::Owner => Some(Sort::Owner),
            Self::Changed => Some(Sort::Changed),
            Self::Kind | Self::Description | Self::System => None,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

/// A state of the catalog page that somebody keeps under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFilter {
    /// Its number.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// The page in this state.
    pub href: String,
}

/// The orders of the catalog's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// By type, then name.
    Type,
    /// By lifecycle, then name.
    Lifecycle,
    /// By owner, then name.
    Owner,
    /// By the time of the last change.
    Changed,
}

impl Sort {
    /// The name in the query string.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Type => "type",
            Self::Lifecycle => "lifecycle",
            Self::Owner => "owner",
            Self::Changed => "changed",
        }
    }

    fn from_name(name: &str) -> Self {
        [Self::Type, Self::Lifecycle, Self::Owner, Self::Changed]
            .into_iter()
            .find(|sort| sort.name() == name)
            .unwrap_or_default()
    }
}

/// One page of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityList {
    /// The rows.
    pub items: Vec<EntityRow>,
    /// How many match in all.
    pub total: u64,
    /// The facets with counts.
    pub facets: Vec<Facet>,
    /// The address of the page before.
    pub previous: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
}

/// An entity as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityRow {
    /// The entity and its address.
    pub link: EntityLink,
    /// What it is for, one line.
    pub description: String,
    /// `spec.type`
    pub type_name: String,
    /// `spec.lifecycle`
    pub lifecycle: String,
    /// `spec.owner`
    pub owner: Option<EntityLink>,
    /// `spec.system`
    pub system: Option<EntityLink>,
    /// The last change.
    pub changed: When,
    /// Whether no location brings it any more.
    pub orphan: bool,
}

/// The name of an entity, with its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityLink {
    /// `kind:namespace/name`
    pub entity_ref: String,
    /// `Component`, `API`, …
    pub kind: String,
    /// The name, with its namespace where that is not `default`.
    pub name: String,
    /// The title; empty where there is none.
    pub title: String,
    /// The page; the ref may lead nowhere.
    pub href: String,
    /// Whether the catalog has it.
    pub known: bool,
}

impl EntityLink {
    /// The title where it says more than the name with other dashes and capitals.
    pub fn subtitle(&self) -> Option<&str> {
        let letters = |text: &str| -> String {
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let says_more = !self.title.is_empty() && letters(&self.title) != letters(&self.name);
        says_more.then_some(self.title.as_str())
    }
}

/// Everything that the page of an entity shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityDetail {
    /// The entity as a row.
    pub row: EntityRow,
    /// The whole description, from Markdown.
    pub about: Html,
    /// `metadata.tags`
    pub tags: Vec<String>,
    /// `metadata.links`: title and address, only of schemes that are safe to follow.
    pub links: Vec<(String, String)>,
    /// Annotations and labels.
    pub annotations: Vec<(String, String)>,
    /// Display name, e-mail and the like, of a user or group.
    pub profile: Vec<(String, String)>,
    /// The relations by type.
    pub relations: Vec<RelationGroup>,
    /// Whether it names docs.
    pub docs: bool,
    /// What its docs are called, where they were read.
    pub docs_title: String,
    /// What a group or a user is besides.
    pub organisation: Option<Organisation>,
    /// Where it comes from.
    pub origin: Origin,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// `metadata.uid`
    pub uid: String,
    /// `metadata.etag`
    pub etag: String,
}

/// The descriptor of an entity as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// The text, cut after some thousand lines.
    pub source: String,
    /// The line of the file on which it begins.
    pub first_line: u32,
    /// How many lines it has in all.
    pub lines: u32,
    /// The lines with problems.
    pub marked: Vec<u32>,
}

/// The relations of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationGroup {
    /// `ownedBy`, …
    pub relation: String,
    /// As people say it: `Owned by`.
    pub label: String,
    /// The first targets by ref.
    pub targets: Vec<EntityLink>,
    /// How many there are.
    pub total: u64,
    /// A list of all of them, where the catalog page can show it.
    pub all: Option<String>,
}

/// Where an entity comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The location's number.
    pub location_id: i64,
    /// What the location reads.
    pub target: String,
    /// The file within it.
    pub path: String,
    /// When the location was last read.
    pub refreshed: Option<When>,
    /// When the entity was first seen.
    pub created: When,
}

/// Something wrong with a document or a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// The field, as a JSON pointer.
    pub pointer: String,
    /// Whether it keeps something from being loaded or resolved.
    pub is_error: bool,
    /// What is wrong and what to do.
    pub message: String,
}

/// A location as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationRow {
    /// Its number.
    pub id: i64,
    /// `file`, `dir`, `git` or `url`.
    pub kind: String,
    /// What it reads.
    pub target: String,
    /// Whether users and groups may come from it.
    pub trusted_for_org: bool,
    /// The only kinds that it may bring, where that is limited.
    pub allowed_kinds: Option<String>,
    /// How it stands.
    pub state: LocationState,
    /// Why it could not be read.
    pub message: String,
    /// Entities that it brings.
    pub entities: u64,
    /// Errors in what it brings.
    pub errors: u64,
    /// Warnings on what it brings.
    pub warnings: u64,
    /// When it was last read.
    pub last_run: Option<When>,
    /// When it will be read next.
    pub next_run: Option<When>,
    /// Whether the caller may have it read at once.
    pub may_refresh: bool,
}

/// How a location stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocationState {
    /// Registered and not read yet.
    New,
    /// Read, with nothing wrong.
    Ok,
    /// Read, with errors in single documents.
    Errors,
    /// Not readable as a whole.
    Unreadable,
    /// Unregistered; what it brought is being removed.
    Leaving,
}

/// The page of a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationDetail {
    /// The location as a row.
    pub row: LocationRow,
    /// The first problems, errors first.
    pub problems: Vec<Problem>,
    /// The address of further problems.
    pub next: Option<String>,
    /// Files read so far, while it is being read.
    pub reading: Option<u64>,
    /// Whether the caller may unregister it.
    pub may_unregister: bool,
}

/// What somebody is told who wants to register a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checked {
    /// Nothing was asked.
    Nothing,
    /// The page was opened from another site, on whose behalf nothing is read.
    Elsewhere,
    /// The text names no location, for this reason.
    Refused(String),
    /// What registering it would do.
    Preview(Box<Preview>),
}

/// What registering a location would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What it would read.
    pub target: String,
    /// `file`, `dir`, `git` or `url`.
    pub kind: String,
    /// Its number, where it is registered already.
    pub registered: Option<i64>,
    /// Why it cannot be read as a whole.
    pub unreadable: Option<String>,
    /// Why not everything was read.
    pub cut: Option<String>,
    /// Files that were read.
    pub files: u64,
    /// The entities by what would become of them, in the order of [`Change::ALL`].
    pub changes: Vec<ChangeGroup>,
    /// Documents that would not be loaded.
    pub rejected: u64,
    /// Errors in all.
    pub errors: u64,
    /// Warnings in all.
    pub warnings: u64,
    /// The first problems, errors first.
    pub problems: Vec<Problem>,
}

/// What would become of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It would be new.
    Added,
    /// The catalog has it, with another content or from elsewhere.
    Changed,
    /// It would stay as it is.
    Unchanged,
    /// It would have no file any more.
    Gone,
}

impl Change {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Unchanged, Self::Gone];
}

/// The entities of which the same would become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeGroup {
    /// What.
    pub change: Change,
    /// How many there are.
    pub total: u64,
    /// The first of them.
    pub first: Vec<ChangeRow>,
}

/// An entity of which something would become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// The entity.
    pub link: EntityLink,
    /// The file, with the line where it is known.
    pub place: String,
}

/// What unregistering a location takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The location.
    pub row: LocationRow,
    /// How many entities would be removed.
    pub removed: u64,
    /// The first of them.
    pub first: Vec<EntityLink>,
    /// How many would go to another location that also defines them.
    pub handed_over: u64,
}

/// A page of locations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationList {
    /// Whether the caller may register one.
    pub may_register: bool,
    /// The rows in the order of registration.
    pub items: Vec<LocationRow>,
    /// The address of the page after.
    pub next: Option<String>,
}

/// What the home page says of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many entities there are of each kind, with the address of the list, most first.
    pub kinds: Vec<(String, u64, String)>,
    /// All entities.
    pub total: u64,
    /// Entities that no location brings any more.
    pub orphans: u64,
    /// The first locations with errors, worst first.
    pub troubled: Vec<LocationRow>,
    /// How many there are.
    pub troubled_total: u64,
    /// The latest changes.
    pub recent: Vec<EntityRow>,
    /// Whether the caller may register a location.
    pub may_register: bool,
}

/// How a kind is written for people.
pub fn kind_label(kind: &str) -> String {
    match kind {
        "api" => "API".into(),
        "goldenpath" => "GoldenPath".into(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> ListQuery {
        let pairs: Vec<(String, String)> =
            query.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
        ListQuery::from_params(|name| {
            pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
        })
    }

    #[test]
    fn the_url_holds_the_whole_state() {
        let query = parse("q=pay&kind=api&kind=Component&owner=group:default/x&sort=-changed&page=abc");
        assert_eq!(query.href(), "/catalog?q=pay&kind=api&kind=component&owner=group:default/x&sort=-changed&page=abc");
        assert_eq!(parse(query.href().split_once('?').unwrap().1), query);
        assert_eq!(ListQuery::default().href(), "/catalog");
    }

    #[test]
    fn choosing_and_unchoosing_leads_back_and_to_the_first_page() {
        let query = parse("kind=api&page=abc");
        let more = query.toggled(FacetKey::Kind, "component");
        assert_eq!(more.href(), "/catalog?kind=api&kind=component");
        assert_eq!(more.toggled(FacetKey::Kind, "component").toggled(FacetKey::Kind, "api").href(), "/catalog");
    }

    #[test]
    fn choosing_the_same_order_again_reverses_it() {
        let query = parse("").sorted(Sort::Owner);
        assert_eq!(query.href(), "/catalog?sort=owner");
        assert_eq!(query.sorted(Sort::Owner).href(), "/catalog?sort=-owner");
        assert_eq!(query.sorted(Sort::Name).href(), "/catalog");
    }
}

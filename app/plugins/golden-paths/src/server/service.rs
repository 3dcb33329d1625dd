//! What pages, server functions and REST ask for. Every method authorises.

use std::collections::BTreeMap;
use std::sync::Arc;

use form::{FieldError, Form};
use journey::{Change as OfferedChange, GoldenPath, Journey, JourneyState, Millis, Offer, Origin, Step};
use kit::components::Facet;
use kit::error::AppError;
use kit::query::{href, segment};
use kit::server::definitions::Version;
use serde_json::Value;

/// What narrows the list of paths: its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathQuery {
    /// Words that are looked for.
    pub text: String,
    /// Whether only starred ones are shown.
    pub starred: bool,
    /// Types, tags, owners and regions, each one of its values.
    pub chosen: [Vec<String>; 4],
    /// The row that the page comes after.
    pub after: Option<i64>,
}

/// The filters in the order of [`PathQuery::chosen`], with the name in the address and the heading.
pub(super) const FACETS: [(&str, &str); 4] =
    [("type", "Type"), ("tag", "Tag"), ("owner", "Owner"), ("region", "Region")];

impl PathQuery {
    /// From an address.
    pub fn from_params(all: impl Fn(&str) -> Vec<String>) -> Self {
        let one = |name: &str| all(name).into_iter().next().unwrap_or_default();
        Self {
            text: one("q").trim().to_owned(),
            starred: one("show") == "starred",
            chosen: FACETS.map(|(name, _)| {
                let mut values: Vec<String> = all(name).into_iter().filter(|value| !value.is_empty()).collect();
                values.sort_unstable();
                values.dedup();
                values
            }),
            after: one("after").parse().ok(),
        }
    }

    /// The address.
    pub fn href(&self) -> String {
        let after = self.after.map(|after| after.to_string()).unwrap_or_default();
        let mut pairs = vec![("q", self.text.as_str()), ("show", if self.starred { "starred" } else { "" })];
        for ((name, _), values) in FACETS.iter().zip(&self.chosen) {
            pairs.extend(values.iter().map(|value| (*name, value.as_str())));
        }
        pairs.push(("after", after.as_str()));
        href("/golden-paths", pairs)
    }

    /// The same from its first page, with starred ones or all.
    pub fn showing(&self, starred: bool) -> Self {
        Self { starred, after: None, ..self.clone() }
    }

    /// Whether anything is left out by a choice.
    pub fn is_narrowed(&self) -> bool {
        !self.text.is_empty() || self.chosen.iter().any(|values| !values.is_empty())
    }

    pub(super) fn toggled(&self, facet: usize, value: &str) -> Self {
        let mut toggled = Self { after: None, ..self.clone() };
        let values = &mut toggled.chosen[facet];
        match values.iter().position(|each| each == value) {
            Some(at) => drop(values.remove(at)),
            None => values.push(value.to_owned()),
        }
        toggled
    }
}

/// A path, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRow {
    /// Its row.
    pub id: i64,
    /// The canonical ref.
    pub path: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is for, in a few words.
    pub description: String,
    /// Its type.
    pub type_name: String,
    /// The canonical ref of who owns it.
    pub owner: String,
    /// Where it was read from.
    pub source: String,
    /// Why what there is now is no version; empty where it is one.
    pub problem: String,
    /// When it was last read.
    pub checked_at: Millis,
}

impl PathRow {
    /// The address of its page.
    pub fn href(&self) -> String {
        path_href(&self.path)
    }
}

/// The address of a path's page.
pub fn path_href(path: &str) -> String {
    let (_, rest) = path.split_once(':').unwrap_or(("goldenpath", path));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    format!("/golden-paths/paths/{}/{}", segment(namespace), segment(name))
}

/// The address of a journey's page.
pub fn journey_href(id: &str) -> String {
    format!("/golden-paths/journeys/{}", segment(id))
}

/// The address of a journey's page, at a step.
pub fn step_href(id: &str, key: &str) -> String {
    href(&journey_href(id), [("step", key)])
}

/// A path in a list.
#[derive(Debug, Clone)]
pub struct ListedPath {
    /// It.
    pub row: PathRow,
    /// What people call its owner.
    pub owner_title: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The regions that it is for; all where empty.
    pub regions: Vec<String>,
    /// The version that journeys begin with.
    pub version: Option<Version>,
    /// Whether the caller starred it.
    pub starred: bool,
    /// Whether the caller may start a journey along it.
    pub may_start: bool,
    /// How journeys along it went.
    pub statistics: Statistics,
}

/// A page of paths.
#[derive(Debug, Clone)]
pub struct PathsPage {
    /// In their order.
    pub items: Vec<ListedPath>,
    /// How many there are on all pages.
    pub total: u64,
    /// What they can be narrowed by.
    pub facets: Vec<Facet>,
    /// The first page, where this is another.
    pub previous: Option<String>,
    /// The page after this.
    pub next: Option<String>,
    /// Whether there is any path that the caller may see.
    pub any: bool,
}

/// How journeys along a path went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// How many are under way.
    pub under_way: u64,
    /// How many were completed in the last year.
    pub completed: u64,
    /// The time that the middle one of those took.
    pub median: Option<Millis>,
}

/// How a step of a path goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// The step's id.
    pub step: String,
    /// The time that the middle one of the latest journeys took at it.
    pub median: Option<Millis>,
    /// How many journeys are at it.
    pub under_way: u64,
}

/// A path with all that its page shows.
#[derive(Debug, Clone)]
pub struct PathDetail {
    /// As lists show it.
    pub listed: ListedPath,
    /// What the version says that journeys begin with; none where there is no version.
    pub definition: Option<Arc<GoldenPath>>,
    /// How its steps go, in the order of the path.
    pub stations: Vec<Station>,
    /// What people call the owners of its steps, by canonical ref.
    pub titles: BTreeMap<String, String>,
    /// Whether the caller may deprecate and withdraw versions.
    pub may_change: bool,
}

/// A page of versions.
#[derive(Debug, Clone)]
pub struct Versions {
    /// The newest first.
    pub versions: Vec<Version>,
    /// The row that the next page comes after.
    pub next: Option<i64>,
}

/// A version with what it says.
#[derive(Debug, Clone)]
pub struct Opened {
    /// It.
    pub version: Version,
    /// What its descriptor says.
    pub definition: Arc<GoldenPath>,
    /// Its descriptor.
    pub text: String,
}

/// What is to become of a version, as a form says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChange {
    /// `current`, `deprecated` or `withdrawn`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// The number of the version to use instead.
    pub successor: String,
}

/// Whose journeys are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Those that are the caller's, or that it began.
    #[default]
    Mine,
    /// Those in which a group of the caller has a part.
    Teams,
    /// All that the caller may see.
    All,
}

impl Scope {
    /// In the order of the page.
    pub const ALL: [Self; 3] = [Self::Mine, Self::Teams, Self::All];

    /// As the address has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Teams => "teams",
            Self::All => "all",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Mine => "Mine",
            Self::Teams => "My teams’",
            Self::All => "All",
        }
    }

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// Which journeys are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JourneyQuery {
    /// Whose.
    pub scope: Scope,
    /// In any of these states; all where empty.
    pub states: Vec<JourneyState>,
    /// Along this path, by its canonical ref; any where empty.
    pub path: String,
    /// The row that the page comes after, as [`JourneysPage::next`] says it.
    pub after: Option<i64>,
    /// At most so many; 25 where 0.
    pub limit: u32,
}

/// A journey, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyRow {
    /// Its row.
    pub row: i64,
    /// Its public number.
    pub id: String,
    /// The path's canonical ref.
    pub path: String,
    /// What people call the path.
    pub title: String,
    /// The version of the path; empty for a draft.
    pub version: String,
    /// How it stands.
    pub state: JourneyState,
    /// Whom it belongs to.
    pub owner: String,
    /// Who began it.
    pub starter: String,
    /// The journey that it is a part of; may be empty.
    pub parent: String,
    /// How many steps are behind it.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// What is next, in a sentence.
    pub next: String,
    /// Who has the ball: canonical refs of groups and people; nobody where the portal is at it.
    pub whose: Vec<String>,
    /// When it was opened.
    pub created_at: Millis,
    /// When something last happened.
    pub changed_at: Millis,
    /// When it was over.
    pub ended_at: Option<Millis>,
}

/// A page of journeys, the newest first.
#[derive(Debug, Clone)]
pub struct JourneysPage {
    /// The journeys.
    pub items: Vec<JourneyRow>,
    /// What the next page comes after.
    pub next: Option<i64>,
    /// What people call those who have the ball and those whom they belong to, by canonical ref.
    pub titles: BTreeMap<String, String>,
}

/// A journey with what its page shows.
#[derive(Debug, Clone)]
pub struct JourneyDetail {
    /// It.
    pub journey: Arc<Journey>,
    /// What people call everybody in it, by canonical ref.
    pub titles: BTreeMap<String, String>,
    /// Who asks, as the journey sees them.
    pub who: journey::Who,
    /// Whether the caller may take part at all.
    pub may_change: bool,
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Waits {
    /// A task.
    Task,
    /// An approval.
    Approval,
    /// The form of what a step runs.
    Form,
    /// A wish that a step be left out, or taken as done.
    Exception,
    /// A task that undoes something.
    Undo,
    /// A step that failed: somebody has to decide.
    Blocked,
}

impl Waits {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Task, Self::Approval, Self::Form, Self::Exception, Self::Undo, Self::Blocked];

    /// As the table and addresses have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Approval => "approval",
            Self::Form => "form",
            Self::Exception => "exception",
            Self::Undo => "undo",
            Self::Blocked => "blocked",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Approval => "Approval",
            Self::Form => "Form",
            Self::Exception => "Exception",
            Self::Undo => "Undo",
            Self::Blocked => "Blocked",
        }
    }

    /// What this name stands for.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|waits| waits.name() == name)
    }
}

/// Which of what waits is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueueState {
    /// All of it.
    #[default]
    All,
    /// What nobody has taken.
    Free,
    /// What the caller has taken.
    Mine,
    /// What is overdue.
    Overdue,
}

impl QueueState {
    /// In the order of the page.
    pub const ALL: [Self; 4] = [Self::All, Self::Free, Self::Mine, Self::Overdue];

    /// As the address has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Free => "free",
            Self::Mine => "mine",
            Self::Overdue => "overdue",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Free => "Not taken",
            Self::Mine => "Taken by me",
            Self::Overdue => "Overdue",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What is shown of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueQuery {
    /// A group of the caller, or the caller, by its ref; all of them where empty.
    pub team: String,
    /// Of this kind; any where none.
    pub what: Option<Waits>,
    /// Which.
    pub state: QueueState,
    /// What the page comes after, as [`QueuePage::next`] says it.
    pub after: String,
}

/// Something that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueItem {
    /// The journey's public number.
    pub journey: String,
    /// What people call its path.
    pub title: String,
    /// Whom the journey belongs to.
    pub owner: String,
    /// The step, or what is undone.
    pub key: String,
    /// What people call that.
    pub name: String,
    /// What it is.
    pub what: Waits,
    /// For whom it waits: a group or a person.
    pub team: String,
    /// Who has taken it; may be empty.
    pub assignee: String,
    /// Since when.
    pub since: Millis,
    /// When it is due.
    pub due_at: Option<Millis>,
}

/// A page of a queue: what is due first, then what has waited longest.
#[derive(Debug, Clone)]
pub struct QueuePage {
    /// What waits.
    pub items: Vec<QueueItem>,
    /// What the next page comes after.
    pub next: Option<String>,
    /// The caller's groups and the caller, each with what people call it and how much waits there.
    pub teams: Vec<(String, String, u64)>,
    /// What people call everybody on the page, by canonical ref.
    pub titles: BTreeMap<String, String>,
}

/// A form of a journey as far as it is filled in.
#[derive(Clone)]
pub struct StepForm {
    /// The journey.
    pub journey: Arc<Journey>,
    /// The step; none for the path's own form.
    pub step: Option<Step>,
    /// What people call what is asked for.
    pub title: String,
    /// What it is for, in Markdown.
    pub description: String,
    /// The form.
    pub form: Arc<Form>,
    /// What it was read from.
    pub parameters: Value,
    /// What is filled in.
    pub values: Value,
    /// Where values came from that nobody entered here, by the name of the field.
    pub origins: BTreeMap<String, Origin>,
    /// What another window had saved when these values were; null where there is nothing.
    pub replaced: Value,
    /// The page that was filled in last, among all pages.
    pub page: usize,
    /// The number of the last save; 0 where nothing was saved.
    pub revision: i64,
}

/// Which of two windows' values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// What is sent; what another window saved meanwhile is kept beside it.
    #[default]
    Sent,
    /// What is sent alone.
    Mine,
    /// What the other window had saved.
    Other,
}

/// A page of a form that is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Save {
    /// Which, among all pages.
    pub page: usize,
    /// The number of the save that it was drawn from; 0 where it was none.
    pub base: i64,
    /// What becomes of what another window has saved meanwhile.
    pub keep: Keep,
}

/// Newer versions for a journey.
#[derive(Debug, Clone)]
pub struct Offered {
    /// What they come to.
    pub offer: Offer,
    /// Names exactly this offer, for whoever accepts it.
    pub hash: String,
    /// The path's form in the newer version, where it asks for more.
    pub parameters: Value,
}

impl Offered {
    /// What changes, step by step.
    pub fn changes(&self) -> &[OfferedChange] {
        &self.offer.changes
    }
}

/// A file that shows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFile {
    /// What it is called.
    pub name: String,
    /// What it is, told by its content.
    pub media_type: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// Why something was not done.
#[derive(Debug)]
pub enum Refused {
    /// Fields of a form are missing or wrong.
    Fields(Vec<FieldError>),
    /// Something else.
    Error(AppError),
}

impl Refused {
    /// The same in a sentence.
    pub fn said(self) -> AppError {
        match self {
            Self::Error(error) => error,
            Self::Fields(errors) => AppError::bad_request(wrong_fields(&errors)),
        }
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        Self::Error(error)
    }
}

impl From<sea_orm::DbErr> for Refused {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Error(error.into())
    }
}

/// What is wrong with fields, in a sentence.
pub fn wrong_fields(errors: &[FieldError]) -> String {
    let said = errors.iter().map(|error| {
        let field = error.path.trim_start_matches('/').replace('/', ".");
        if field.is_empty() { error.message.clone() } else { format!("{field}: {}", error.message) }
    });
    format!("The values are not right. {}", said.collect::<Vec<_>>().join("; "))
}

//! What is asked of contributions, and answered.

use std::collections::BTreeMap;

use kit::query::{href, segment};
use kit::server::clock::Millis;
use review::{Contribution, Kind, Stage, State, Who};

use super::mirror::Mirrored;

/// The page of a contribution.
pub fn contribution_href(id: &str) -> String {
    format!("/contribute/contributions/{}", segment(id))
}

/// The page of the gate that it is with.
pub fn gate_href(id: &str) -> String {
    format!("{}/gate", contribution_href(id))
}

/// The page where the pages of a submission are looked at.
pub fn workbench_href(id: &str) -> String {
    format!("{}/workbench", contribution_href(id))
}

/// A contribution in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its row, by which lists are paged.
    pub row: i64,
    /// Its public number.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The problem that it solves.
    pub problem: String,
    /// What is contributed.
    pub kind: Kind,
    /// The team that owns it; may be empty.
    pub owner: String,
    /// Who had the idea.
    pub author: String,
    /// Where it is.
    pub stage: Stage,
    /// How it stands there.
    pub state: State,
    /// What is next; may be empty.
    pub next: String,
    /// Whose turn it is.
    pub whose: Vec<String>,
    /// How many support it.
    pub supporters: u64,
    /// How often it was submitted.
    pub submission: u32,
    /// Whether it is live and does not meet the standards.
    pub is_flagged: bool,
    /// Since when it is where it is.
    pub since: Millis,
    /// When the gate should have decided.
    pub due_at: Option<Millis>,
    /// When it was pitched.
    pub created_at: Millis,
    /// When something last happened.
    pub changed_at: Millis,
}

/// Whose contributions are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Everybody's.
    #[default]
    All,
    /// Those in which the caller has had a hand.
    Mine,
    /// Those of the caller's teams.
    Teams,
    /// Those that the caller follows.
    Followed,
}

impl Scope {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::All, Self::Mine, Self::Teams, Self::Followed];

    /// As it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Mine => "mine",
            Self::Teams => "teams",
            Self::Followed => "followed",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Mine => "Mine",
            Self::Teams => "My teams’",
            Self::Followed => "Followed",
        }
    }

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// Which contributions are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Whose.
    pub scope: Scope,
    /// At this stage; any where none.
    pub stage: Option<Stage>,
    /// That stand so; any where none.
    pub state: Option<State>,
    /// Of this kind; any where none.
    pub kind: Option<Kind>,
    /// Of this team, by its canonical ref; any where empty.
    pub owner: String,
    /// With these words.
    pub text: String,
    /// Older than the one in this row.
    pub after: Option<i64>,
    /// At most so many; as many as a page has where 0.
    pub limit: u32,
}

impl Query {
    /// From the parameters of an address; whatever is none of what is offered narrows nothing.
    pub fn from_params(one: impl Fn(&str) -> String) -> Self {
        Self {
            scope: Scope::named(&one("scope")).unwrap_or_default(),
            stage: Stage::named(&one("stage")),
            state: State::named(&one("state")),
            kind: Kind::named(&one("kind")),
            owner: one("owner").trim().to_owned(),
            text: one("q").trim().to_owned(),
            after: one("after").parse().ok(),
            limit: 0,
        }
    }

    /// The address of the list that it narrows.
    pub fn href(&self, page: &str) -> String {
        let after = self.after.map(|after| after.to_string()).unwrap_or_default();
        href(
            page,
            [
                ("q", self.text.as_str()),
                ("scope", self.scope.name()),
                ("stage", self.stage.map_or("", Stage::name)),
                ("state", self.state.map_or("", State::name)),
                ("kind", self.kind.map_or("", Kind::name)),
                ("owner", &self.owner),
                ("after", &after),
            ],
        )
    }

    /// Whether it leaves something out.
    pub fn narrows(&self) -> bool {
        *self != Self { after: self.after, limit: self.limit, ..Self::default() }
    }
}

/// A page of contributions, the newest first.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// Which.
    pub items: Vec<Row>,
    /// What the next page comes after.
    pub next: Option<i64>,
    /// What people call everybody on the page, by canonical ref.
    pub titles: BTreeMap<String, String>,
}

/// A stage of the board.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Which.
    pub stage: Stage,
    /// How many are there.
    pub count: u64,
    /// Those that have been there longest; at the last stage those that came last.
    pub items: Vec<Row>,
    /// The middle time that contributions spend there, of those that left it within a year.
    pub median: Option<Millis>,
    /// How many of the submissions that were decided within a year were the first to this gate, and how many of those passed.
    pub first: (u64, u64),
}

impl Lane {
    /// How many in a hundred pass at the first try; none where nothing was decided.
    pub fn first_pass(&self) -> Option<u64> {
        let (all, passed) = self.first;
        (all > 0).then(|| (passed * 100 + all / 2) / all)
    }
}

/// The board.
#[derive(Debug, Clone)]
pub struct Board {
    /// Its stages, in order.
    pub lanes: Vec<Lane>,
    /// What people call everybody on it, by canonical ref.
    pub titles: BTreeMap<String, String>,
}

/// A contribution with what its page shows.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The contribution.
    pub contribution: Contribution,
    /// Who reads.
    pub who: Who,
    /// Whether they may take part at all.
    pub may_take_part: bool,
    /// What people call everybody in it, by canonical ref.
    pub titles: BTreeMap<String, String>,
    /// Where it is in the repository, where pitches are mirrored.
    pub mirrored: Option<Mirrored>,
}

/// What waits for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits {
    /// A submission, to be decided.
    Review,
    /// An appeal, to be decided.
    Appeal,
    /// A contribution, to be submitted or mended.
    Submission,
    /// Standards, to be met.
    Standards,
    /// A contribution that has passed every gate.
    GoLive,
}

impl Waits {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Review, Self::Appeal, Self::Submission, Self::Standards, Self::GoLive];

    /// As it stands in tables and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Appeal => "appeal",
            Self::Submission => "submission",
            Self::Standards => "standards",
            Self::GoLive => "go-live",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Review => "Review",
            Self::Appeal => "Appeal",
            Self::Submission => "Submission",
            Self::Standards => "Standards",
            Self::GoLive => "Going live",
        }
    }

    /// What waits under this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|waits| waits.name() == name)
    }
}

/// What is shown of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueQuery {
    /// A group of the caller, or the caller, by its ref; all of them where empty.
    pub team: String,
    /// Of this kind; any where none.
    pub what: Option<Waits>,
    /// Only what nobody has taken.
    pub free: bool,
    /// What the page comes after, as [`QueuePage::next`] says it.
    pub after: String,
}

/// Something that waits for the caller or a group of theirs.
#[derive(Debug, Clone)]
pub struct QueueItem {
    /// The contribution.
    pub row: Row,
    /// What waits.
    pub what: Waits,
    /// For whom.
    pub team: String,
    /// Who is at it.
    pub assignees: Vec<String>,
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
    /// The caller and its groups, each with what people call it and how much waits there.
    pub teams: Vec<(String, String, u64)>,
    /// What people call everybody on the page, by canonical ref.
    pub titles: BTreeMap<String, String>,
}

/// Something that is like what somebody is about to pitch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar {
    /// What it is called.
    pub title: String,
    /// What kind of thing it is, in a word or two.
    pub kind: String,
    /// What tells it from others of its kind.
    pub detail: String,
    /// Where it is.
    pub path: String,
    /// The contribution that can be joined, by its public number; empty for whatever is none.
    pub contribution: String,
}

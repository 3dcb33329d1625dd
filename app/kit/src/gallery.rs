//! What the gallery shows of each component: the same examples are its documentation, its recipes and its tests.

use leptos::prelude::AnyView;

include!(concat!(env!("OUT_DIR"), "/gallery.rs"));

/// A component as its folder documents it.
#[derive(Debug)]
pub struct Docs {
    /// The name of the folder, and of the page in the gallery.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Where it stands in the gallery.
    pub group: Group,
    /// What it is for, in a sentence.
    pub summary: &'static str,
    /// What to do, each a sentence.
    pub good: &'static [&'static str],
    /// What not to do, each a sentence.
    pub bad: &'static [&'static str],
    /// What its keys do, as pairs of key and effect; empty where HTML's own hold.
    pub keys: &'static [(&'static str, &'static str)],
    /// In the order of reading.
    pub examples: &'static [Example],
}

/// One use of a component.
#[derive(Debug)]
pub struct Example {
    /// Part of the address of the example: lower case with dashes.
    pub name: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// The example itself.
    pub view: fn() -> AnyView,
}

/// The parts of the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What is pressed.
    Actions,
    /// What is filled in.
    Forms,
    /// What is read.
    Data,
    /// How one gets about.
    Navigation,
    /// What the portal says.
    Messages,
    /// What lies over the page.
    Overlays,
    /// What advances.
    Progress,
}

impl Group {
    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Actions => "Actions",
            Self::Forms => "Forms",
            Self::Data => "Data",
            Self::Navigation => "Navigation",
            Self::Messages => "Messages",
            Self::Overlays => "Overlays",
            Self::Progress => "Progress",
        }
    }
}

/// A Rust component with what it takes.
#[derive(Debug)]
pub struct Component {
    /// Its name in Rust.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// What it takes.
    pub props: &'static [Prop],
}

/// One argument of a component.
#[derive(Debug)]
pub struct Prop {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub takes: &'static str,
    /// What it is when left out, as Rust; empty for the type's own.
    pub default: &'static str,
    /// Whether it can be left out.
    pub optional: bool,
    /// What it means.
    pub meaning: &'static str,
}

/// Every documented component, by group and then by title.
pub fn all() -> Vec<&'static Docs> {
    let mut all: Vec<&'static Docs> = DOCS.to_vec();
    all.sort_by_key(|docs| (docs.group, docs.title));
    all
}

/// The Rust components of a folder.
pub fn components(name: &str) -> &'static [Component] {
    PROPS.iter().find(|(folder, _)| *folder == name).map_or(&[], |(_, components)| components)
}

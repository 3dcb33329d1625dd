//! What is drawn: fields with all that a page needs to know to draw them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Picker;

/// What is shown now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Active {
    /// The pages whose conditions hold, in order.
    pub pages: Vec<ActivePage>,
}

/// A page that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivePage {
    /// Its place among all pages of the form.
    pub index: usize,
    /// Its heading.
    pub title: String,
    /// What it is about, as Markdown.
    pub description: Option<String>,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

/// One field, or a group of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// The JSON pointer of its value.
    pub path: String,
    /// The last part of the path.
    pub name: String,
    /// Its label.
    pub title: String,
    /// What it is for, as Markdown.
    pub description: Option<String>,
    /// A hint on how to fill it in.
    pub help: Option<String>,
    /// How it is drawn.
    pub kind: Kind,
    /// Whether it must be filled in.
    pub required: bool,
    /// What is filled in.
    pub value: Option<Value>,
    /// What is filled in to begin with.
    pub default: Option<Value>,
    /// What is shown in it while it is empty.
    pub placeholder: Option<String>,
    /// What an emptied field holds; where there is none it has no value.
    pub empty_value: Option<Value>,
    /// Whether the page opens with the cursor in it.
    pub autofocus: bool,
    /// Whether it can be neither changed nor reached.
    pub disabled: bool,
    /// Whether it can be read but not changed.
    pub readonly: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether its name may be changed and it may be taken away: an entry of a map.
    pub removable: bool,
    /// What its value must keep to, for controls that can hold a person to it.
    pub limits: Limits,
    /// How it is shown before the run.
    pub review: Review,
    /// Fields whose values its options wait for.
    pub waits_for: Vec<String>,
    /// What could not be read of it, or is drawn otherwise than its author asked for.
    pub notices: Vec<String>,
    /// The fields in it: of an object or a map, or one for each entry of a list.
    pub children: Vec<Field>,
    /// The schema that holds for it now.
    #[serde(skip)]
    pub schema: Value,
}

/// The rules that a control can hold a person to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// The least number.
    pub min: Option<f64>,
    /// The greatest number.
    pub max: Option<f64>,
    /// The distance of numbers.
    pub step: Option<f64>,
    /// The least number of characters.
    pub min_length: Option<u64>,
    /// The greatest number of characters.
    pub max_length: Option<u64>,
    /// What a text must match, in JavaScript's syntax.
    pub pattern: Option<String>,
}

/// How a value is shown before the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Whether it is shown at all.
    pub show: bool,
    /// What is shown in its place.
    pub mask: Option<String>,
    /// What it is called there.
    pub name: Option<String>,
    /// Whether the parts of a group are shown one by one.
    pub explode: bool,
}

impl Default for Review {
    fn default() -> Self {
        Self { show: true, mask: None, name: None, explode: true }
    }
}

/// One of the values to choose from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// What is chosen.
    pub value: Value,
    /// What is read.
    pub label: String,
    /// Whether it cannot be chosen.
    pub disabled: bool,
}

/// What a line of text is, for the keyboard and for what a browser fills in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Input {
    /// Any text.
    #[default]
    Text,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// A telephone number.
    Tel,
}

/// How a yes or no is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BooleanControl {
    /// A box to tick.
    #[default]
    Checkbox,
    /// Two buttons.
    Radio,
    /// A list to choose from.
    Select,
}

/// How a field is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Kind {
    /// A line of text, or several where `rows` says how many.
    Text {
        /// What the line is.
        input: Input,
        /// The height of a text of several lines.
        rows: Option<u32>,
    },
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// A number on a scale from the least to the greatest.
    Range,
    /// Yes or no.
    Boolean {
        /// How it is asked for.
        control: BooleanControl,
        /// What yes and no are called.
        options: Vec<Choice>,
    },
    /// One of a few values, from a list that opens.
    Select {
        /// The values.
        options: Vec<Choice>,
    },
    /// One of a few values, all in sight.
    Radio {
        /// The values.
        options: Vec<Choice>,
    },
    /// Several of a few values, all in sight.
    CheckBoxes {
        /// The values.
        options: Vec<Choice>,
    },
    /// Several of a few values, from a list.
    MultiSelect {
        /// The values.
        options: Vec<Choice>,
    },
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time.
    DateTime,
    /// A color.
    Color,
    /// A file, as a data URL; several where `multiple`.
    File {
        /// Whether there may be several.
        multiple: bool,
        /// The kinds of file that are offered.
        accept: Option<String>,
    },
    /// Entries one below the other.
    List {
        /// An entry that has nothing in it yet.
        item: Box<Field>,
        /// What a new entry holds.
        blank: Value,
        /// Whether one may be added.
        addable: bool,
        /// Whether they may be put in another order.
        orderable: bool,
        /// Whether one may be taken away.
        removable: bool,
        /// The least number of entries.
        min: Option<u64>,
        /// The greatest number of entries.
        max: Option<u64>,
    },
    /// A group of fields.
    Object {
        /// Where the group can be folded: its heading, and whether it is open to begin with.
        accordion: Option<Accordion>,
    },
    /// Fields whose names are filled in too; those that the schema names come first.
    Map {
        /// What a new entry holds.
        blank: Value,
    },
    /// Which of several schemas the value keeps to; the fields of the chosen one are its children.
    Choice {
        /// What they are called.
        options: Vec<String>,
        /// Which one is chosen.
        selected: usize,
    },
    /// A choice from the catalog or from a repository host.
    Picker(Picker),
    /// A text that is seen by nobody and kept nowhere.
    Secret,
    /// Not drawn, but sent.
    Hidden,
    /// Nothing to fill in.
    Null,
}

impl Default for Kind {
    fn default() -> Self {
        Self::Text { input: Input::Text, rows: None }
    }
}

/// A group that can be folded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accordion {
    /// Its heading.
    pub title: String,
    /// Whether it is open to begin with.
    pub expanded: bool,
}

impl Kind {
    /// One word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text { rows: Some(_), .. } => "textarea",
            Self::Text { .. } => "text",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Range => "range",
            Self::Boolean { .. } => "boolean",
            Self::Select { .. } => "select",
            Self::Radio { .. } => "radio",
            Self::CheckBoxes { .. } => "checkboxes",
            Self::MultiSelect { .. } => "multiselect",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "datetime",
            Self::Color => "color",
            Self::File { .. } => "file",
            Self::List { .. } => "list",
            Self::Object { .. } => "object",
            Self::Map { .. } => "map",
            Self::Choice { .. } => "choice",
            Self::Picker(picker) => match picker {
                Picker::Owner(_) => "owner",
                Picker::Entity(_) => "entity",
                Picker::MultiEntity(_) => "entities",
                Picker::OwnedEntity(_) => "ownedentity",
                Picker::MyGroups => "mygroups",
                Picker::EntityName => "entityname",
                Picker::EntityTags { .. } => "entitytags",
                Picker::RepoUrl(_) => "repourl",
                Picker::RepoBranch(_) => "repobranch",
                Picker::RepoOwner { .. } => "repoowner",
            },
            Self::Secret => "secret",
            Self::Hidden => "hidden",
            Self::Null => "null",
        }
    }
}

impl Field {
    /// This field and all in it, from the outside in.
    pub fn walk(&self) -> Vec<&Field> {
        let mut all = vec![self];
        for child in &self.children {
            all.extend(child.walk());
        }
        all
    }
}

impl Active {
    /// All fields of all pages, from the outside in.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.pages.iter().flat_map(|page| &page.fields).flat_map(Field::walk)
    }
}

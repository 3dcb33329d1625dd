//! The components that pages are composed of. They carry published class names; a page never writes a style.
//!
//! A folder a component: `mod.rs` (the component), `style.css`, `behaviour.js` where HTML alone does not do (plain JavaScript in a
//! block of its own, by delegation from the document, so that it works before the page is taken over and on pages of contributors),
//! and `examples.rs` (its documentation, which the gallery shows and the browser tests try).
//!
//! What was typed or chosen before the page is taken over keeps its value and its focus, because a control takes its first value as the
//! attribute `value=` (`checked=`, `selected=`) alone: hydration leaves attributes as they are, but `prop:value` and `bind:value` write
//! over them. So a page gives the first value as a prop, listens with `on:input` or `on:change` (an attribute or a listener on a component
//! goes to its root element, where both events arrive), and reads the form when it is sent: what was typed early was heard by no listener.

pub(crate) mod alike;
pub(crate) mod api_operation;
pub(crate) mod avatar;
pub(crate) mod badge;
pub(crate) mod banner;
pub(crate) mod breadcrumb;
pub(crate) mod button;
pub(crate) mod card;
pub mod chart;
pub(crate) mod checkbox;
pub(crate) mod choice;
pub(crate) mod code;
pub(crate) mod combobox;
pub(crate) mod command;
pub(crate) mod copy;
pub(crate) mod count;
pub(crate) mod date;
pub(crate) mod dialog;
pub(crate) mod diff;
pub(crate) mod drawer;
mod drawn;
pub(crate) mod empty;
pub(crate) mod error;
pub(crate) mod evidence;
pub(crate) mod facets;
pub(crate) mod facts;
pub(crate) mod field;
pub(crate) mod file;
pub(crate) mod form;
pub(crate) mod fragment;
pub mod graph;
pub(crate) mod history;
pub(crate) mod icon;
pub(crate) mod inbox;
pub(crate) mod input;
pub(crate) mod line;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod menu;
pub(crate) mod page;
pub(crate) mod paging;
pub(crate) mod preview;
pub(crate) mod problem;
pub(crate) mod prose;
pub(crate) mod radio;
pub(crate) mod reader;
pub(crate) mod route;
pub(crate) mod run;
pub(crate) mod schema_form;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod series;
pub(crate) mod shell;
pub(crate) mod skeleton;
pub(crate) mod star;
pub(crate) mod switch;
pub(crate) mod table;
pub(crate) mod tabs;
pub(crate) mod textarea;
pub(crate) mod theme;
pub(crate) mod time;
pub(crate) mod toast;
pub(crate) mod tooltip;
pub(crate) mod tree;
pub(crate) mod turn;
pub(crate) mod views;

pub use alike::{Alike, Like};
pub use api_operation::{ApiField, ApiFields, ApiModel, ApiMore, ApiOperation, ApiOperations, ApiPart, Effect};
pub use avatar::{Account, Avatar, AvatarGroup, People, Person};
pub use badge::{Badge, Tone};
pub use banner::Banner;
pub use breadcrumb::Breadcrumb;
pub use button::{Button, Emphasis};
pub use card::{Card, Cards, Panel};
pub use checkbox::{Checkbox, CheckboxGroup};
pub use choice::Choice;
pub use code::{CodeBlock, Piece};
pub use combobox::Combobox;
pub use command::{CommandLink, CommandMenu};
pub use copy::CopyButton;
pub use count::{Count, Counts};
pub use date::{DateInput, DateRange};
pub use dialog::{ConfirmActions, ConfirmDialog, Dialog, DialogActions, DialogButton, DialogClose};
pub use diff::{Diff, DiffBlock, DiffLine, DiffView};
pub use drawer::Drawer;
pub use drawn::DrawnPages;
pub use empty::EmptyState;
pub use error::{ErrorMessage, ErrorView, NotFound};
pub use evidence::{EvidenceList, Shown};
pub use facets::{Facet, FacetList, FacetValue};
pub use facts::{Fact, Facts};
pub use field::{Field, FieldSet, Need};
pub use file::FileInput;
pub use form::{ErrorSummary, FormActions, FormAsk, FormLayout, FormRow, FormSection};
pub use fragment::Fragment;
pub use history::{History, HistoryEntry};
pub use icon::{Icon, IconView};
pub use inbox::UnreadBadge;
pub use input::{ControlSize, Input, InputKind, PasswordInput};
pub use line::{Progress, State, Station, Stepper, Timeline};
pub use link::{LinkTarget, TextLink};
pub use menu::{Menu, MenuItem, MenuLine};
pub use page::{Page, Section};
pub use paging::Paging;
pub use preview::{Preview, PreviewChecks, PreviewWidth};
pub use problem::{Problem, Problems};
pub use prose::Prose;
pub use radio::RadioGroup;
pub use reader::{Reader, ReaderHeading, ReaderLink};
pub use route::{Route, Stop};
pub use run::{Live, LogEntry, LogLevel, LogLines};
pub use schema_form::{
    DataFile, DraftStatus, EntryActions, SchemaAdd, SchemaEntry, SchemaField, SchemaForm, SchemaFormData, SchemaGroup,
    SchemaSaved,
};
pub use select::Select;
pub use series::Series;
pub use shell::Shell;
pub use skeleton::Skeleton;
pub use star::StarButton;
pub use switch::Switch;
pub use table::{Column, RowCheckbox, SelectionBar, SortHeader, Table, TableEmpty, TableLoading};
pub use tabs::{Tab, TabPanels, Tabs};
pub use textarea::TextArea;
pub use theme::{THEME_COOKIE, ThemeSwitch};
pub use time::Time;
pub use toast::{Toast, Toasts};
pub use tooltip::Tooltip;
pub use tree::{Tree, TreeItem};
pub use turn::{Due, Turn};
pub use views::{ViewLink, ViewLinks};

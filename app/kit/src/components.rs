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

pub(crate) mod badge;
pub(crate) mod button;
pub(crate) mod checkbox;
mod choice;
pub(crate) mod code;
pub(crate) mod combobox;
pub(crate) mod date;
pub(crate) mod empty;
pub(crate) mod error;
pub(crate) mod facets;
pub(crate) mod facts;
pub(crate) mod field;
pub(crate) mod file;
pub(crate) mod form;
pub(crate) mod fragment;
pub(crate) mod icon;
pub(crate) mod input;
pub(crate) mod link;
mod loaded;
pub(crate) mod page;
pub(crate) mod paging;
pub(crate) mod radio;
pub(crate) mod select;
pub(crate) mod shell;
pub(crate) mod switch;
pub(crate) mod table;
pub(crate) mod tabs;
pub(crate) mod textarea;
pub(crate) mod time;

pub use badge::{Badge, Tone};
pub use button::{Button, Emphasis};
pub use checkbox::{Checkbox, CheckboxGroup};
pub use choice::Choice;
pub use code::CodeBlock;
pub use combobox::Combobox;
pub use date::{DateInput, DateRange};
pub use empty::EmptyState;
pub use error::{ErrorView, NotFound};
pub use facets::{Facet, FacetList, FacetValue};
pub use facts::{Fact, Facts};
pub use field::{Field, FieldSet, Need};
pub use file::FileInput;
pub use form::{ErrorSummary, FormActions, FormLayout, FormRow, FormSection};
pub use fragment::Fragment;
pub use icon::{Icon, IconView};
pub use input::{ControlSize, Input, InputKind, PasswordInput};
pub use link::{LinkTarget, TextLink};
pub use loaded::loaded;
pub use page::{Page, Section};
pub use paging::Paging;
pub use radio::RadioGroup;
pub use select::Select;
pub use shell::Shell;
pub use switch::Switch;
pub use table::{Column, SortHeader, Table};
pub use tabs::{Tab, Tabs};
pub use textarea::TextArea;
pub use time::Time;

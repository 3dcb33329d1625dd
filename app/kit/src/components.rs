//! The components that pages are composed of. They carry published class names; a page never writes a style.
//!
//! A folder a component: `mod.rs` (the component), `style.css`, `behaviour.js` where HTML alone does not do (plain JavaScript in a
//! block of its own, by delegation from the document, so that it works before the page is taken over and on pages of contributors),
//! and `examples.rs` (its documentation, which the gallery shows and the browser tests try).

pub(crate) mod api_operation;
pub(crate) mod badge;
pub(crate) mod button;
pub mod chart;
pub(crate) mod choices;
pub(crate) mod code;
pub(crate) mod command;
pub(crate) mod empty;
pub(crate) mod error;
pub(crate) mod facets;
pub(crate) mod facts;
pub(crate) mod fragment;
pub mod graph;
pub(crate) mod icon;
pub(crate) mod line;
mod loaded;
pub(crate) mod page;
pub(crate) mod paging;
pub(crate) mod prose;
pub(crate) mod reader;
pub(crate) mod series;
pub(crate) mod shell;
pub(crate) mod table;
pub(crate) mod tabs;
pub(crate) mod theme;
pub(crate) mod time;

pub use api_operation::{ApiField, ApiFields, ApiModel, ApiMore, ApiOperation, ApiOperations, ApiPart, Effect};
pub use badge::{Badge, Tone};
pub use button::{Button, Emphasis};
pub use choices::{Choice, Choices};
pub use code::{CodeBlock, Piece};
pub use command::{CommandLink, CommandMenu};
pub use empty::EmptyState;
pub use error::{ErrorView, NotFound};
pub use facets::{Facet, FacetList, FacetValue};
pub use facts::{Fact, Facts};
pub use fragment::Fragment;
pub use icon::{Icon, IconView};
pub use line::{Progress, State, Station, Stepper, Timeline};
pub use loaded::loaded;
pub use page::{Page, Section};
pub use paging::Paging;
pub use prose::Prose;
pub use reader::{Reader, ReaderHeading, ReaderLink};
pub use series::Series;
pub use shell::Shell;
pub use table::{Column, SortHeader, Table};
pub use tabs::{Tab, Tabs};
pub use theme::{THEME_COOKIE, ThemeSwitch};
pub use time::Time;

//! The components that pages are composed of. They carry the published class names of `style/kit.css`; a page never writes a style.

mod badge;
mod code;
mod empty;
mod error_view;
mod facets;
mod facts;
mod icon;
mod loaded;
mod page;
mod paging;
mod shell;
mod table;
mod tabs;
mod time;

pub use badge::{Badge, Tone};
pub use code::CodeBlock;
pub use empty::EmptyState;
pub use error_view::{ErrorView, NotFound};
pub use facets::{Facet, FacetList, FacetValue};
pub use facts::{Fact, Facts};
pub use icon::{Icon, IconView};
pub use loaded::loaded;
pub use page::{Page, Section};
pub use paging::Paging;
pub use shell::Shell;
pub use table::{Column, SortHeader, Table};
pub use tabs::{Tab, Tabs};
pub use time::Time;

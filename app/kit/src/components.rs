//! The components that pages are composed of. They carry published class names; a page never writes a style.
//!
//! A folder a component: `mod.rs` (the component), `style.css`, `behaviour.js` where HTML alone does not do (plain JavaScript in a
//! block of its own, by delegation from the document, so that it works before the page is taken over and on pages of contributors),
//! and `examples.rs` (its documentation, which the gallery shows and the browser tests try).

pub(crate) mod avatar;
pub(crate) mod badge;
pub(crate) mod banner;
pub(crate) mod breadcrumb;
pub(crate) mod button;
pub(crate) mod card;
pub(crate) mod code;
pub(crate) mod copy;
pub(crate) mod count;
pub(crate) mod dialog;
pub(crate) mod diff;
pub(crate) mod drawer;
pub(crate) mod empty;
pub(crate) mod error;
pub(crate) mod facets;
pub(crate) mod facts;
pub(crate) mod fragment;
pub(crate) mod icon;
pub(crate) mod list;
mod loaded;
pub(crate) mod menu;
pub(crate) mod page;
pub(crate) mod paging;
pub(crate) mod problem;
pub(crate) mod search;
pub(crate) mod shell;
pub(crate) mod skeleton;
pub(crate) mod table;
pub(crate) mod tabs;
pub(crate) mod time;
pub(crate) mod toast;
pub(crate) mod tooltip;
pub(crate) mod tree;

pub use avatar::{Avatar, AvatarGroup};
pub use badge::{Badge, Tone};
pub use banner::Banner;
pub use breadcrumb::Breadcrumb;
pub use button::{Button, Emphasis};
pub use card::{Card, Cards};
pub use code::CodeBlock;
pub use copy::CopyButton;
pub use count::{Count, Counts};
pub use dialog::{ConfirmActions, ConfirmDialog, Dialog, DialogActions, DialogButton, DialogClose};
pub use diff::{Diff, DiffBlock, DiffLine, DiffView};
pub use drawer::Drawer;
pub use empty::EmptyState;
pub use error::{ErrorMessage, ErrorView, NotFound};
pub use facets::{Facet, FacetList, FacetValue};
pub use facts::{Fact, Facts};
pub use fragment::Fragment;
pub use icon::{Icon, IconView};
pub use loaded::loaded;
pub use menu::{Menu, MenuItem, MenuLine};
pub use page::{Page, Section};
pub use paging::Paging;
pub use problem::{Problem, Problems};
pub use shell::Shell;
pub use skeleton::Skeleton;
pub use table::{Column, RowCheckbox, SelectionBar, SortHeader, Table, TableEmpty, TableLoading};
pub use tabs::{Tab, TabPanels, Tabs};
pub use time::Time;
pub use toast::{Toast, Toasts};
pub use tooltip::Tooltip;
pub use tree::{Tree, TreeItem};

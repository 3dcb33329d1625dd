//! The pages, and what the home page shows of them.

mod home;
mod list;
mod settings;
mod starred;

use kit::error::AppError;
use kit::page::Drawn;
use kit::server::inbox::{Mark, Tab};
use kit::server::page::Address;

pub use home::personal_summary;

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["inbox"] => list::inbox_page(at).await,
        ["inbox", "settings"] => settings::settings_page().await,
        ["starred"] => starred::starred_page().await,
        _ => Err(AppError::nowhere()),
    }
}

/// The tab of this name; the first where there is none.
pub(crate) fn tab_named(name: &str) -> Tab {
    match name {
        "news" => Tab::News,
        "all" => Tab::All,
        _ => Tab::Waiting,
    }
}

/// The mark of this name.
pub(crate) fn mark_named(name: &str) -> Result<Mark, AppError> {
    match name {
        "read" => Ok(Mark::Read),
        "unread" => Ok(Mark::Unread),
        "done" => Ok(Mark::Done),
        _ => Err(AppError::bad_request("A message is marked as read, unread or done")),
    }
}

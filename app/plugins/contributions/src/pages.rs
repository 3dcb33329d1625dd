//! The pages.

mod board;
mod contribution;
mod edit;
mod gate;
mod history;
mod list;
mod mirror;
mod parts;
mod pitch;
mod queue;
mod standards;
mod submit;
mod words;
mod workbench;

use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::Address;

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["contribute"] => board::board_page(at).await,
        ["contribute", "contributions"] => list::list_page(at).await,
        ["contribute", "pitch"] => pitch::pitch_page().await,
        ["contribute", "queue"] => queue::queue_page(at).await,
        ["contribute", "standards"] => standards::standards_page().await,
        ["contribute", "contributions", id] => contribution::contribution_page(id).await,
        ["contribute", "contributions", id, "edit"] => edit::edit_page(id).await,
        ["contribute", "contributions", id, "submit"] => submit::submit_page(id, at).await,
        ["contribute", "contributions", id, "gate"] => gate::gate_page(id).await,
        ["contribute", "contributions", id, "workbench"] => workbench::workbench_page(id, at).await,
        ["contribute", "contributions", id, "history"] => history::history_page(id, at).await,
        _ => Err(AppError::nowhere()),
    }
}

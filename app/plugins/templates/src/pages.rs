//! The pages.

mod gallery;
mod run;
mod runs;

use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::Address;

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["create"] => gallery::gallery_page(at).await,
        ["create", "runs"] => runs::runs_page(at).await,
        ["create", "runs", id] => run::run_page(id, at).await,
        _ => Err(AppError::nowhere()),
    }
}

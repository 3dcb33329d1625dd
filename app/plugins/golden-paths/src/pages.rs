//! The pages.

use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::Address;

/// The plugin's pages, one line each.
pub(crate) async fn draw(_: &Address) -> Result<Drawn, AppError> {
    Err(AppError::nowhere())
}

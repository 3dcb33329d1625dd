//! The pages.

mod actions;
mod form;
mod gallery;
mod parts;
mod run;
mod runs;
mod template;
mod try_template;
mod versions;

use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::Address;

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["create"] => gallery::gallery_page(at).await,
        ["create", "templates", namespace, name] => template::template_page(namespace, name).await,
        ["create", "templates", namespace, name, "form"] => form::form_page(namespace, name, at).await,
        ["create", "templates", namespace, name, "versions"] => versions::versions_page(namespace, name, at).await,
        ["create", "templates", namespace, name, "versions", number] => {
            versions::version_page(namespace, name, number, at).await
        }
        ["create", "actions"] => actions::actions_page(at).await,
        ["create", "try"] => try_template::try_page(at).await,
        ["create", "runs"] => runs::runs_page(at).await,
        ["create", "runs", run] => run::run_page(run, at).await,
        _ => Err(AppError::nowhere()),
    }
}

use kit::components::Page;
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::authorise::Resource;
use kit::server::context::permit;
use kit::server::page::{Address, page};
use leptos::prelude::*;

use crate::info::READ_TEMPLATE;

/// The templates that one can run.
pub async fn gallery_page(_at: &Address) -> Result<Drawn, AppError> {
    permit(&READ_TEMPLATE, Resource::All).await?;
    Ok(page(|| view! { <Page title="Create">""</Page> }))
}

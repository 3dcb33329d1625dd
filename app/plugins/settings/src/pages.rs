//! The pages, and their table of contents.

mod profile;
mod sessions;
mod tokens;

use kit::components::{Tab, Tabs};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::Address;
use leptos::prelude::*;

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["settings"] => profile::profile_page().await,
        ["settings", "sessions"] => sessions::sessions_page().await,
        ["settings", "tokens"] => tokens::tokens_page().await,
        _ => Err(AppError::nowhere()),
    }
}

/// The views of the settings.
fn tabs(current: &str) -> impl IntoView {
    let tab = |label: &str, href: &str| Tab {
        label: label.to_owned(),
        href: href.to_owned(),
        current: current == href,
        count: None,
    };
    let tabs = vec![
        tab("About you", "/settings"),
        tab("Sessions", "/settings/sessions"),
        tab("API tokens", "/settings/tokens"),
    ];
    view! { <Tabs label="Settings" tabs=tabs/> }
}

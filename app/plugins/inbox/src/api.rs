//! The typed server functions: authorise, then call the shared parts.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::Json;
use kit::error::AppError;
use kit::page::Drawn;
#[cfg(feature = "ssr")]
use kit::server::context::{permit_own, service};
#[cfg(feature = "ssr")]
use kit::server::page::Address;
#[cfg(feature = "ssr")]
use kit::server::said::done;
#[cfg(feature = "ssr")]
use kit::server::{inbox, preferences};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::info::{CHOOSE, MARK};
#[cfg(feature = "ssr")]
use crate::pages;
#[cfg(feature = "ssr")]
use crate::server::Inbox;

/// The page at an address. Each page authorises for itself.
#[server(prefix = "/api/inbox/fn", endpoint = "page", input = Json, output = Json)]
pub async fn inbox_page(address: String) -> Result<Drawn, AppError> {
    pages::draw(&Address::parse(&address)).await
}

/// Marks one of the caller's messages as `read`, `unread` or `done`. A plain HTML form posts it.
#[server(prefix = "/api/inbox/fn", endpoint = "mark", output = Json)]
pub async fn mark_message(id: i64, mark: String) -> Result<(), AppError> {
    let caller = permit_own(&MARK).await?;
    let mark = pages::mark_named(&mark)?;
    inbox::mark(&service::<Inbox>("The inbox")?.kit, &caller, id, mark).await
}

/// Marks the caller's messages of a tab up to a number as `read` or `done`. A plain HTML form posts it.
#[server(prefix = "/api/inbox/fn", endpoint = "mark-all", output = Json)]
pub async fn mark_messages(tab: String, through: i64, mark: String) -> Result<(), AppError> {
    let caller = permit_own(&MARK).await?;
    let mark = pages::mark_named(&mark)?;
    let kit = service::<Inbox>("The inbox")?.kit;
    inbox::mark_through(&kit, &caller, pages::tab_named(&tab), through, mark).await
}

/// Chooses which messages go out as mail too. A plain HTML form posts it.
#[server(prefix = "/api/inbox/fn", endpoint = "choose-mail", output = Json)]
pub async fn choose_mail(mail: String) -> Result<(), AppError> {
    let caller = permit_own(&CHOOSE).await?;
    let kit = service::<Inbox>("The inbox")?.kit;
    preferences::set(&kit, &caller, CHOOSE.action, &preferences::MAIL, &mail).await?;
    done("Your choice is kept");
    Ok(())
}

/// Keeps the theme that the caller chose in the browser at hand, for its other browsers.
#[server(prefix = "/api/inbox/fn", endpoint = "choose-theme", output = Json)]
pub async fn choose_theme(theme: String) -> Result<(), AppError> {
    let caller = permit_own(&CHOOSE).await?;
    let kit = service::<Inbox>("The inbox")?.kit;
    preferences::set(&kit, &caller, CHOOSE.action, &preferences::THEME, &theme).await
}

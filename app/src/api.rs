//! The typed server functions of the portal itself.

use kit::codec::Json;
use kit::error::AppError;
use kit::page::Drawn;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::home;

/// The home page. What it shows of each plugin authorises for itself.
#[server(prefix = "/api/home/fn", endpoint = "page", input = Json, output = Json)]
pub async fn home_page() -> Result<Drawn, AppError> {
    home::draw().await
}

//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::Json;
use kit::error::AppError;
use kit::page::Drawn;
#[cfg(feature = "ssr")]
use kit::server::page::Address;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::pages;

/// The page at an address. Each page authorises for itself.
#[server(prefix = "/api/templates/fn", endpoint = "page", input = Json, output = Json)]
pub async fn templates_page(address: String) -> Result<Drawn, AppError> {
    pages::draw(&Address::parse(&address)).await
}

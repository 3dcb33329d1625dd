//! The typed server functions: authorise, then draw.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::Json;
use kit::error::AppError;
use kit::page::Drawn;
#[cfg(feature = "ssr")]
use kit::server::authorise::Resource;
#[cfg(feature = "ssr")]
use kit::server::context::{permit, service};
#[cfg(feature = "ssr")]
use kit::server::page::Address;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::info::READ;
#[cfg(feature = "ssr")]
use crate::server::{Served, gallery};

/// The page at an address.
#[server(prefix = "/api/design/fn", endpoint = "page", input = Json, output = Json)]
pub async fn design_page(address: String) -> Result<Drawn, AppError> {
    permit(&READ, Resource::All).await?;
    let Served(tokens) = service("The design system")?;
    gallery::page(&Address::parse(&address), &tokens)
}

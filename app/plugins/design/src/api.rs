//! The typed server functions: authorise, then draw.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::Json;
use kit::error::AppError;
#[cfg(feature = "ssr")]
use kit::server::authorise::Resource;
#[cfg(feature = "ssr")]
use kit::server::context::{permit, service};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::info::READ;
use crate::model::{Ask, Drawn};
#[cfg(feature = "ssr")]
use crate::server::{Served, gallery};

/// A page of the design system.
#[server(prefix = "/api/design/fn", endpoint = "page", input = Json, output = Json)]
pub async fn design_page(ask: Ask) -> Result<Drawn, AppError> {
    permit(&READ, Resource::All).await?;
    let Served(tokens) = service("The design system")?;
    gallery::page(&ask, &tokens)
}

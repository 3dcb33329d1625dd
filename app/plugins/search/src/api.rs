//! The typed server functions: authorise, then call the service.

#![expect(missing_docs, reason = "the macro makes a struct of the arguments, whose fields it leaves undocumented")]

use kit::codec::Json;
use kit::error::AppError;
#[cfg(feature = "ssr")]
use kit::server::authorise::Resource;
#[cfg(feature = "ssr")]
use kit::server::context::{permit, service};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::info::SEARCH;
use crate::model::Found;
#[cfg(feature = "ssr")]
use crate::server::{PAGE, Search};

/// The matches for the search page.
#[server(prefix = "/api/search/fn", endpoint = "everywhere", input = Json, output = Json)]
pub async fn search_everywhere(query: String) -> Result<Found, AppError> {
    let caller = permit(&SEARCH, Resource::All).await?;
    service::<Search>("The search")?.everywhere(&caller, &query, PAGE).await
}

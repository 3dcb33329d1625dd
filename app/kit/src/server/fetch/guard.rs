//! The look-up of names: a connection is made to the very addresses that were checked here, so that no second answer can differ.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address;

/// Where addresses come from.
pub(super) trait Lookup: Send + Sync {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The machine's own look-up.
pub(super) struct System;

impl Lookup for System {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// A look-up that refuses a name with any address that is not allowed.
pub(super) struct Guard {
    pub lookup: Arc<dyn Lookup>,
    pub allow_private: bool,
}

/// The name has an address that is not allowed.
#[derive(Debug, thiserror::Error)]
#[error("an address is not allowed")]
pub(super) struct NotAllowed;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, allow_private) = (self.lookup.lookup(name.as_str().to_owned()), self.allow_private);
        Box::pin(async move {
            let found = found.await?;
            // One bad address among good ones is no accident, so none of them is used.
            if found.iter().any(|address| !address::allowed(*address, allow_private)) {
                return Err(NotAllowed.into());
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

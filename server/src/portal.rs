//! The portal's own HTTP interface, asked from within on behalf of somebody.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, Response};
use kit::identity::Caller;
use scaffold::action::{ActionError, Portal};
use tower::ServiceExt;

/// The largest answer, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// The routes of the plugins that run here, without what finds out who calls: that is said here.
#[derive(Debug, Clone, Default)]
pub struct InnerPortal(Arc<OnceLock<Router>>);

impl InnerPortal {
    /// Has these routes answer from now on.
    pub fn open(&self, routes: Router) {
        // The same routes were made for the router that is there already.
        let _ = self.0.set(routes);
    }
}

#[async_trait]
impl Portal for InnerPortal {
    async fn ask(&self, caller: &Caller, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ActionError> {
        // A command of the operator runs no steps, but an instance that is only starting may.
        let routes = self.0.get().ok_or_else(|| ActionError::Transient("the portal does not answer yet".into()))?;
        let mut request = request.map(Body::from);
        request.extensions_mut().insert(caller.clone());
        let answer = match routes.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, LARGEST).await;
        let body = body.map_err(|_| ActionError::Failed("the portal’s answer is too large, or has no end".into()))?;
        Ok(Response::from_parts(parts, body.into()))
    }
}

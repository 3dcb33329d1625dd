//! What machines ask: is the process alive, can it work, and how is it doing.

use std::sync::Arc;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use kit::server::context::Kit;
use kit::server::jobs;
use kit::server::plugin::{Health, Plugin};

use crate::telemetry;

/// `GET /healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: every plugin can do its work; names those that cannot, and those that somebody has to look after.
pub async fn readyz(Extension(plugins): Extension<Arc<[Arc<dyn Plugin>]>>) -> Response {
    let mut lines = String::new();
    let mut status = StatusCode::OK;
    for plugin in plugins.iter() {
        match plugin.health().await {
            Health::Up => lines.push_str(&format!("{}: up\n", plugin.info().id)),
            Health::Ailing(reason) => lines.push_str(&format!("{}: up, but {reason}\n", plugin.info().id)),
            Health::Down(reason) => {
                status = StatusCode::SERVICE_UNAVAILABLE;
                lines.push_str(&format!("{}: down: {reason}\n", plugin.info().id));
            }
        }
    }
    (status, lines).into_response()
}

/// `GET /metrics`, in Prometheus' text format. What is common to all instances is counted in the database when asked.
pub async fn metrics(Extension(kit): Extension<Kit>) -> impl IntoResponse {
    let jobs = jobs::counts(kit.db.read()).await.unwrap_or_default();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], telemetry::render(&jobs))
}

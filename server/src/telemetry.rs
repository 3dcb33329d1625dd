//! The log, and the figures that `/metrics` gives.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Instant;

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use kit::identity::RequestId;
use kit::server::jobs;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Instrument;
use tracing_subscriber::EnvFilter;

use crate::client::REQUEST_ID;
use crate::config::LogConfig;

/// Upper bounds of the buckets of a request's duration, in seconds.
const BUCKETS: [f64; 10] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// What says too much: of others' work, or the values of statements, which may be personal.
const QUIET: &str = "sea_orm_migration=warn,sqlx=warn,hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn,tower_sessions=warn,tower_sessions_core=warn,portico::statements=off";

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts the log on standard error and the recording of figures; a second call changes nothing.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::new(format!("{},{QUIET}", config.level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let _ = if config.format == "json" { log.json().try_init() } else { log.try_init() };
    RECORDER.get_or_init(|| {
        let matcher = Matcher::Full("http_request_duration_seconds".to_owned());
        PrometheusBuilder::new()
            .set_buckets_for_metric(matcher, &BUCKETS)
            .and_then(|builder| builder.install_recorder())
            .ok()
    });
    metrics::gauge!("portico_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// The figures in Prometheus' text format, with how many jobs there are.
pub fn render(jobs: &[jobs::Count]) -> String {
    let mut text = RECORDER.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default();
    text.push_str("# TYPE portico_jobs gauge\n");
    for count in jobs {
        // A kind that has no job left has no line: a gauge of the recorder would keep its last value.
        let _ = writeln!(text, "portico_jobs{{kind=\"{}\",state=\"{}\"}} {}", count.kind, count.state, count.count);
    }
    text
}

/// Has whatever is logged on behalf of a request say which one it was, and notes each request by its route, so that paths with names in them do not
/// become figures of their own; what stands in its query, headers and body is not noted at all.
pub async fn observe(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| page_of(request.uri().path()));
    let id = request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone()).unwrap_or_default();
    // As an error, so that it is there whatever the level of the log.
    let span = tracing::error_span!("request", id);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let seconds = start.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    metrics::histogram!("http_request_duration_seconds", "method" => method.to_string(), "route" => route.clone())
        .record(seconds);
    metrics::counter!("http_requests_total", "method" => method.to_string(), "route" => route.clone(), "status" => status.to_string()).increment(1);
    let _entered = span.enter();
    tracing::info!(http.method = %method, http.route = route, http.status = status, duration_ms = (seconds * 1000.0) as u64, "request");
    response
}

/// Of a page, the plugin that it belongs to: `catalog pages`.
fn page_of(path: &str) -> String {
    let owner = app::PLUGINS.iter().find(|info| info.owns(path));
    owner.map_or_else(|| "other".to_owned(), |info| format!("{} pages", info.id))
}

/// Has what the framework runs beside a request, such as the drawing of a page, be logged as part of the request; a second call changes nothing.
pub fn keep_requests_together() {
    let _ = Executor::init_custom_executor(Spanned);
}

struct Spanned;

impl CustomExecutor for Spanned {
    fn spawn(&self, future: PinnedFuture<()>) {
        tokio::spawn(future.in_current_span());
    }

    fn spawn_local(&self, future: PinnedLocalFuture<()>) {
        tokio::task::spawn_local(future.in_current_span());
    }

    fn poll_local(&self) {}
}

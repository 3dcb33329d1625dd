//! All routes of the server, and the layers round them.

use std::sync::Arc;
use std::time::Duration;

use app::PLUGINS;
use app::shell::shell;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::header::{
    ALLOW, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};
use kit::error::AppError;
use kit::plugin::PluginInfo;
use kit::server::cookies::Secure;
use kit::server::plugin::{Plugin, Routes};
use kit::server::unread;
use leptos::config::LeptosOptions;
use leptos_axum::LeptosRoutes;
use tower::ServiceBuilder;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::config::{Config, ConfigError};
use crate::guard::{self, Identity, Names};
use crate::instance::Instance;
use crate::limits::{self, Limits};
use crate::preview::Shows;
use crate::{assets, client, error_page, preview, sign_in, status, telemetry};

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// The longest that a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a response may do that says nothing of its own: nothing.
const STRICT_POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The devices of a reader that no page asks for.
const NO_DEVICES: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()";

/// For how long a browser asks for nothing but HTTPS, once it was answered by it.
const A_YEAR: &str = "max-age=31536000; includeSubDomains";

/// The router of an instance, for those who call by `identity`; fails where the configuration names a proxy that is none.
pub fn router(instance: &Instance, config: &Config, identity: Identity) -> Result<Router, ConfigError> {
    telemetry::keep_requests_together();
    let plugins = instance.plugins.as_slice();
    let options = LeptosOptions::builder().output_name("portico").build();
    let assets = instance.assets.clone();
    let names = assets.names().clone();
    let contexts: Vec<Arc<dyn Plugin>> = plugins.to_vec();
    let context = move || contexts.iter().for_each(|plugin| plugin.provide_context());
    let document = {
        let options = options.clone();
        move || shell(options.clone(), names.clone())
    };
    let pages = Router::new()
        .leptos_routes_with_context(&options, Vec::new(), context.clone(), document.clone())
        .fallback_service(
            get::<_, _, ()>(leptos_axum::render_app_async_with_context(context, document)).fallback(no_page),
        )
        .layer(from_fn(error_page::status_of_server_functions))
        .layer(from_fn(error_page::after_forms))
        .layer(from_fn(unread::count))
        .with_state(options);
    let routes: Vec<Routes> = plugins.iter().map(|plugin| plugin.routes()).collect();
    let files = routes.iter().fold(Router::new(), |router, routes| router.merge(routes.files.clone()));
    let rest = routes.into_iter().fold(Router::new(), |router, routes| router.merge(routes.router));
    let here: Arc<[&'static PluginInfo]> = plugins.iter().map(|plugin| plugin.info()).collect();
    instance.portal.open(
        rest.clone()
            .merge(files.clone())
            .layer(Extension(Arc::<[Arc<dyn Plugin>]>::from(plugins)))
            .layer(Extension(instance.kit.clone()))
            .layer(from_fn_with_state(here.clone(), gateway))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(from_fn(error_page::in_our_words)),
    );
    let sessions = match &identity {
        Identity::SignedIn(sign_in) => Some(sign_in.sessions.layer()),
        Identity::Fixed(_) | Identity::Unconfigured => None,
    };
    let header =
        |name: HeaderName, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let is_https = config.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
    let names = Names(config.public_url.clone());
    let limits = Arc::new(Limits::new(&config.limits));
    let shows = Shows::new(instance.contributions.clone(), instance.browser.clone());
    let previews = Router::new()
        .fallback(preview::show)
        .layer(from_fn_with_state(limits.clone(), limits::by_address))
        .with_state(shows.clone());
    let router = pages
        .merge(rest)
        .merge(match &identity {
            Identity::SignedIn(sign_in) => sign_in::routes(sign_in.clone()),
            Identity::Fixed(_) | Identity::Unconfigured => Router::new(),
        })
        .route("/assets/{name}", get(assets::serve))
        .route("/design/v1/{file}", get(assets::published))
        .route("/favicon.svg", get(assets::favicon))
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .route("/metrics", get(status::metrics))
        // Server functions read the body past axum's own limit.
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        .merge(files)
        .layer(Extension(Arc::<[Arc<dyn Plugin>]>::from(plugins)))
        .layer(Extension(instance.kit.clone()))
        .layer(from_fn_with_state(here, gateway))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(error_page::in_our_words))
        .layer(from_fn_with_state(limits.clone(), limits::by_person))
        .layer(from_fn_with_state(identity.clone(), sign_in::first))
        .layer(from_fn_with_state(identity.clone(), guard::identify))
        .layer(option_layer(sessions))
        .layer(from_fn_with_state(limits, limits::by_address))
        .layer(from_fn(guard::steps))
        .layer(from_fn_with_state(names.clone(), guard::origin))
        .layer(from_fn_with_state(names, guard::host))
        .layer(from_fn_with_state((shows, previews), preview::apart))
        .layer(Extension(assets.clone()))
        .layer(Extension(Secure(is_https)))
        .layer(CatchPanicLayer::custom(move |cause| error_page::panicked(&assets, cause)))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(
            ServiceBuilder::new()
                .layer(header(CONTENT_SECURITY_POLICY, STRICT_POLICY))
                .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(header(REFERRER_POLICY, "same-origin"))
                .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
                .layer(header(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
                .layer(header(HeaderName::from_static("permissions-policy"), NO_DEVICES))
                .layer(header(http::header::CACHE_CONTROL, "no-store")),
        )
        .layer(option_layer(is_https.then(|| header(STRICT_TRANSPORT_SECURITY, A_YEAR))))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(NotForContentType::new("font/"))))
        .layer(from_fn(telemetry::observe))
        .layer(from_fn_with_state(config.proxy.networks()?, client::know));
    Ok(router)
}

/// What asks for no page where only pages are: they are read, and take no other method.
async fn no_page(request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return error_page::answer(&request, &AppError::nowhere());
    }
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET,HEAD")]).into_response()
}

/// A path that belongs to a plugin which does not run here costs its own pages and nothing else.
async fn gateway(State(here): State<Arc<[&'static PluginInfo]>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let owner = PLUGINS.iter().find(|info| info.owns(path));
    match owner.filter(|owner| !here.iter().any(|info| info.id == owner.id)) {
        None => next.run(request).await,
        Some(owner) => {
            let error = AppError::Unavailable { what: owner.title.to_owned() };
            error_page::answer(&request, &error).into_response()
        }
    }
}

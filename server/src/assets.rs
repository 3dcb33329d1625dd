//! The browser's side, embedded: served under names that change with their content, so that a browser keeps them for good.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, StatusCode};
use kit::server::published::{KIT_CSS, KIT_JS, SCOPED_CSS};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$PORTICO_EMBEDDED_SITE"]
struct Site;

/// The tokens and the style of bare HTML.
const BASE_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/style.css"));

/// The mark: two columns and a beam.
const FAVICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'><style>path{fill:#0b5c55}@media(prefers-color-scheme:dark){path{fill:#62cabf}}</style><path d='M2 3h16v3H2zM4 8h3v10H4zM13 8h3v10h-3z'/></svg>";

struct Asset {
    content_type: &'static str,
    plain: Cow<'static, [u8]>,
    brotli: Option<Cow<'static, [u8]>>,
}

/// Everything that is served, by name, with the names that the document uses.
struct Assets {
    by_name: HashMap<String, Asset>,
    names: app::shell::Assets,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(load);

/// The addresses of the three files.
pub fn names() -> app::shell::Assets {
    ASSETS.names.clone()
}

/// `GET /assets/{name}`
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.by_name.get(&name) else {
        return (StatusCode::NOT_FOUND, "Nothing has this address\n").into_response();
    };
    let accepts = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let brotli =
        asset.brotli.as_ref().filter(|_| accepts.split(',').any(|each| each.trim().split(';').next() == Some("br")));
    let mut response = Body::from(brotli.unwrap_or(&asset.plain).to_vec()).into_response();
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, http::HeaderValue::from_static(asset.content_type));
    answer.insert(CACHE_CONTROL, http::HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer.insert(VARY, http::HeaderValue::from_static("accept-encoding"));
    if brotli.is_some() {
        answer.insert(CONTENT_ENCODING, http::HeaderValue::from_static("br"));
    }
    response
}

/// `GET /design/v1/{file}`: what pages of contributors are made of, on whatever host they are. The address stays, so it is asked for anew.
pub async fn published(Path(file): Path<String>) -> Response {
    let (content_type, text) = match file.as_str() {
        "tokens.css" => ("text/css; charset=utf-8", BASE_CSS),
        "kit.css" => ("text/css; charset=utf-8", KIT_CSS),
        "kit.js" => ("text/javascript; charset=utf-8", KIT_JS),
        _ => return (StatusCode::NOT_FOUND, "Nothing has this address\n").into_response(),
    };
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "public, max-age=300"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, text).into_response()
}

/// `GET /favicon.svg`
pub async fn favicon() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")], FAVICON)
}

fn load() -> Assets {
    let mut by_name = HashMap::new();
    let mut put =
        |name: &str, content_type: &'static str, plain: Cow<'static, [u8]>, brotli: Option<Cow<'static, [u8]>>| {
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
            let hashed = format!("{stem}.{}.{extension}", short_hash(&plain));
            let address = format!("/assets/{hashed}");
            by_name.insert(hashed, Asset { content_type, plain, brotli });
            address
        };
    let embedded = |name: &str| Site::get(name).map(|file| file.data);
    let mut ours = |name: &str, content_type, text: String| {
        let compressed = compress(text.as_bytes());
        put(name, content_type, text.into_bytes().into(), Some(compressed.into()))
    };
    let css = ours("portico.css", "text/css; charset=utf-8", [BASE_CSS, KIT_CSS, SCOPED_CSS].concat());
    let kit_js = ours("kit.js", "text/javascript; charset=utf-8", KIT_JS.to_owned());
    let wasm = embedded("portico_bg.wasm")
        .map(|plain| put("portico.wasm", "application/wasm", plain, embedded("portico_bg.wasm.br")));
    let js = embedded("portico.js")
        .map(|plain| put("portico.js", "text/javascript; charset=utf-8", plain, embedded("portico.js.br")));
    let names = app::shell::Assets { css, kit_js, js: js.unwrap_or_default(), wasm: wasm.unwrap_or_default() };
    Assets { by_name, names }
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 9, ..Default::default() };
    // Writing into memory does not fail.
    let _ = brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters);
    out
}

fn short_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..16].to_owned()
}

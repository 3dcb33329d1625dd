//! The browser's side, embedded: served under names that change with their content, so that a browser keeps them for good.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, StatusCode};
use kit::server::published::{KIT_CSS, KIT_JS, SCOPED_CSS};
use rust_embed::RustEmbed;
use style::{BASE_CSS, Mode, TokenSet};
use ux::check::Design;
use ux::tokens::Tokens;

#[derive(RustEmbed)]
#[folder = "$PORTICO_EMBEDDED_SITE"]
struct Site;

struct Asset {
    content_type: &'static str,
    plain: Cow<'static, [u8]>,
    /// Made when it is first asked for, where it was not made with the site; none for what is compressed by itself.
    brotli: Option<OnceLock<Cow<'static, [u8]>>>,
}

/// Everything that is served, by name, with the names that the document uses.
pub struct Assets {
    by_name: HashMap<String, Asset>,
    names: app::shell::Assets,
    /// The tokens and the fonts.
    tokens_css: String,
    favicon: String,
}

/// `GET /assets/{name}`
pub async fn serve(
    Extension(assets): Extension<Arc<Assets>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(asset) = assets.by_name.get(&name) else {
        return (StatusCode::NOT_FOUND, "Nothing has this address\n").into_response();
    };
    let accepts = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let brotli =
        asset.brotli.as_ref().filter(|_| accepts.split(',').any(|each| each.trim().split(';').next() == Some("br")));
    let body = brotli.map_or(&asset.plain, |brotli| brotli.get_or_init(|| compress(&asset.plain).into()));
    let mut response = Body::from(body.to_vec()).into_response();
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, http::HeaderValue::from_static(asset.content_type));
    answer.insert(CACHE_CONTROL, http::HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer.insert(VARY, http::HeaderValue::from_static("accept-encoding"));
    if asset.content_type.starts_with("font/") {
        // The published tokens name them, and a page of a contributor is on another host.
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, http::HeaderValue::from_static("*"));
    }
    if brotli.is_some() {
        answer.insert(CONTENT_ENCODING, http::HeaderValue::from_static("br"));
    }
    response
}

/// `GET /design/v1/{file}`: what pages of contributors are made of, on whatever host they are. The address stays, so it is asked for anew.
pub async fn published(Extension(assets): Extension<Arc<Assets>>, Path(file): Path<String>) -> Response {
    let (content_type, text) = match file.as_str() {
        "tokens.css" => ("text/css; charset=utf-8", assets.tokens_css.clone()),
        "kit.css" => ("text/css; charset=utf-8", [BASE_CSS, KIT_CSS].concat()),
        "kit.js" => ("text/javascript; charset=utf-8", KIT_JS.to_owned()),
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
pub async fn favicon(Extension(assets): Extension<Arc<Assets>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")], assets.favicon.clone())
}

/// The mark, in the accent: two columns and a beam.
fn mark(tokens: &TokenSet) -> String {
    let [light, dark] = Mode::ALL
        .map(|mode| tokens.color("functional.accent.$root", mode).map(|color| color.to_string()).unwrap_or_default());
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'><style>path{{fill:{light}}}@media(prefers-color-scheme:dark){{path{{fill:{dark}}}}}</style>\
         <path d='M2 3h16v3H2zM4 8h3v10H4zM13 8h3v10h-3z'/></svg>"
    )
}

impl Assets {
    /// What a portal with these tokens serves.
    pub fn new(tokens: &TokenSet) -> Self {
        let mut by_name = HashMap::new();
        let mut put = |name: &str, content_type, plain: Cow<'static, [u8]>, brotli| {
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
            let hashed = format!("{stem}.{}.{extension}", short_hash(&plain));
            let address = format!("/assets/{hashed}");
            by_name.insert(hashed, Asset { content_type, plain, brotli });
            address
        };
        let fonts: Vec<String> =
            tokens.fonts().map(|font| put(font.file, "font/woff2", font.bytes.into(), None)).collect();
        let faces = tokens.fonts().zip(&fonts).map(|(font, address)| font.face(address));
        let tokens_css = faces.collect::<String>() + &tokens.css();
        let sheet = [&tokens_css, BASE_CSS, KIT_CSS, SCOPED_CSS].concat();
        let later = || Some(OnceLock::new());
        let css = put("portico.css", "text/css; charset=utf-8", sheet.into_bytes().into(), later());
        let kit_js = put("kit.js", "text/javascript; charset=utf-8", KIT_JS.as_bytes().into(), later());
        let embedded = |name: &str| Site::get(name).map(|file| file.data);
        let made = |name: &str| embedded(name).map_or_else(later, |file| Some(OnceLock::from(file)));
        let wasm = embedded("portico_bg.wasm")
            .map(|plain| put("portico.wasm", "application/wasm", plain, made("portico_bg.wasm.br")));
        let js = embedded("portico.js")
            .map(|plain| put("portico.js", "text/javascript; charset=utf-8", plain, made("portico.js.br")));
        let (js, wasm, frames) = (js.unwrap_or_default(), wasm.unwrap_or_default(), String::new());
        let names = app::shell::Assets { css, fonts, kit_js, js, wasm, frames };
        Self { by_name, names, tokens_css, favicon: mark(tokens) }
    }

    /// The same where documents show frames from there.
    #[must_use]
    pub fn with_frames(mut self, frames: String) -> Self {
        self.names.frames = frames;
        self
    }

    /// What is published for pages of contributors, by path: the style sheets, the behaviour, and the fonts that they name.
    pub fn published_files(&self) -> BTreeMap<String, Vec<u8>> {
        let sheets = [
            ("/design/v1/tokens.css".to_owned(), self.tokens_css.clone().into_bytes()),
            ("/design/v1/kit.css".to_owned(), [BASE_CSS, KIT_CSS].concat().into_bytes()),
            ("/design/v1/kit.js".to_owned(), KIT_JS.as_bytes().to_vec()),
        ];
        let fonts = self.by_name.iter().filter(|(_, asset)| asset.content_type.starts_with("font/"));
        sheets.into_iter().chain(fonts.map(|(name, asset)| (format!("/assets/{name}"), asset.plain.to_vec()))).collect()
    }

    /// The addresses that the document uses.
    pub fn names(&self) -> &app::shell::Assets {
        &self.names
    }
}

/// The script of axe-core, which `script/build-web` puts beside the browser's side; a build without it checks without it.
pub fn axe() -> Option<String> {
    Site::get("axe.min.js").map(|file| String::from_utf8_lossy(&file.data).into_owned())
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

/// What the custom properties of the bank's own design system begin with.
const OWN: &str = "--pk-";

/// The design that pages of contributors are compared with: these tokens, or others in their place, and the components that the portal publishes.
pub fn published_design(set: &TokenSet, tokens: Option<Tokens>) -> Design {
    let assets = Assets::new(set);
    let files = assets.published_files();
    let sheets = ["/design/v1/tokens.css", "/design/v1/kit.css"]
        .map(|path| String::from_utf8_lossy(files.get(path).map_or(&[][..], Vec::as_slice)).into_owned());
    let [own, kit] = sheets;
    let components = tokens.as_ref().is_none_or(|tokens| tokens.css().contains(OWN));
    let tokens = tokens.unwrap_or_else(|| Tokens::of_css(own.clone()));
    Design { tokens, published: vec![own, kit], files: Arc::new(files), components }
}

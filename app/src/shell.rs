//! The HTML document round the application, made on the server.

use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use http::request::Parts;
use kit::components::THEME_COOKIE;
use kit::server::cookies::cookie_value;
use leptos::config::LeptosOptions;
use leptos::nonce::{Nonce, use_nonce};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;

use crate::App;

/// Where the files of the browser's side are, under names that change with their content.
#[derive(Debug, Clone)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The fonts, the one of every page first; none where the bank has its own.
    pub fonts: Vec<String>,
    /// The behaviour of components, which needs no WebAssembly.
    pub kit_js: String,
    /// The script that takes the page over; empty where the binary was built without a browser side.
    pub js: String,
    /// The WebAssembly module.
    pub wasm: String,
    /// Where frames may come from, as a policy names it; empty where there are none.
    pub frames: String,
}

/// The document. The page is complete without the script, which takes it over once it has loaded.
pub fn shell(_options: LeptosOptions, assets: Assets) -> impl IntoView {
    let nonce = use_nonce();
    allow_own_scripts(nonce.as_ref(), &assets.frames);
    let kit_nonce = nonce.clone();
    // The page is readable without the bundle, so what paints it comes first.
    let script = (!assets.js.is_empty()).then(|| {
        let start = format!(
            "requestAnimationFrame(() => setTimeout(async () => {{ \
             const bundle = await import('{}'); await bundle.default({{ module_or_path: '{}' }}); bundle.hydrate(); \
             document.dispatchEvent(new CustomEvent('portico-bundle', {{ detail: bundle }})); }}));",
            assets.js, assets.wasm
        );
        view! { <script type="module" nonce=nonce.clone()>{start}</script> }
    });
    // The first is needed at once, the others when a page with code is opened.
    let ahead = std::iter::once("preload").chain(std::iter::repeat("prefetch"));
    let fonts: Vec<_> = std::iter::zip(ahead, assets.fonts)
        .map(|(rel, font)| view! { <link rel=rel href=font r#as="font" r#type="font/woff2" crossorigin="anonymous"/> })
        .collect();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=chosen_theme()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="stylesheet" href=assets.css/>
                {fonts}
                <script src=assets.kit_js defer nonce=kit_nonce></script>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <MetaTags/>
                {script}
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Scripts run by their nonce or from this portal's own address, and WebAssembly may be compiled; frames show pages of contributors, on their
/// own host. Nothing else.
fn allow_own_scripts(nonce: Option<&Nonce>, frames: &str) {
    let (Some(nonce), Some(options)) = (nonce, use_context::<ResponseOptions>()) else { return };
    let frames = if frames.is_empty() { "'none'" } else { frames };
    let policy = format!(
        "default-src 'none'; frame-src {frames}; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        options.insert_header(CONTENT_SECURITY_POLICY, value);
    }
}

/// The theme that this browser was told to keep, if it is not the system's.
fn chosen_theme() -> Option<&'static str> {
    let parts = use_context::<Parts>()?;
    let chosen = cookie_value(&parts.headers, THEME_COOKIE)?;
    ["light", "dark"].into_iter().find(|theme| *theme == chosen)
}

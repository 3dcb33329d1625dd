//! A bank's own tokens, through the real router and the real command.

use std::path::PathBuf;
use std::process::Command;

use http::Method;
use kit::server::testing::databases;
use server::config::{Config, LookConfig};
use tempfile::TempDir;

use crate::support::{TestApp, request, write};

const ORANGE: &str = r##"{ "base": { "color": { "petrol": { "700": { "$value": "#a33c00" } } } } }"##;

const PALE: &str = r##"{ "base": { "color": { "petrol": { "700": { "$value": "#ff6200" } } } } }"##;

fn tokens(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bank.tokens.json");
    write(&path, text);
    (folder, path)
}

#[tokio::test]
async fn a_banks_tokens_change_every_page() {
    let db = databases().await.swap_remove(0);
    let (_folder, path) = tokens(ORANGE);
    let config = Config { look: LookConfig { tokens: path }, ..Config::default() };
    let [ours, theirs] =
        [Config::default(), config].map(|config| TestApp::with(&db, config, &[], kit::identity::Caller::Operator));
    for (app, accent) in [(&ours, "#045a5e"), (&theirs, "#a33c00")] {
        let css = app.instance.assets.names().css.clone();
        let sheet = app.get(&css).await;
        assert!(sheet.body.contains(&format!("--pk-accent:light-dark({accent},#7fcecd)")), "{accent}");
        assert!(sheet.body.contains(".pk-button"), "the rest of the style is there too");
        let foreign = request(Method::GET, "/").header("accept", "text/html").header("sec-fetch-site", "cross-site");
        let refused = app.send(foreign.body(axum::body::Body::empty())).await;
        assert_eq!(refused.status, 400);
        for page in [app.get("/").await, app.get("/nowhere").await, refused] {
            assert!(page.body.contains(&format!("href=\"{css}\"")), "{}", page.body);
        }
        let font = page_font(&app.get("/").await.body);
        assert!(sheet.body.contains(&format!("url({font})")), "the font that is loaded first is the one that is used");
        let file =
            app.send(request(Method::GET, &font).header("accept-encoding", "br").body(axum::body::Body::empty())).await;
        assert_eq!((file.header("content-type"), file.header("content-encoding")), ("font/woff2", ""));
        assert!(file.header("cache-control").contains("immutable"));
        let published = app.get("/design/v1/tokens.css").await;
        assert!(published.body.contains(&format!("--pk-accent:light-dark({accent},")), "contributors' pages follow");
        assert!(app.get("/favicon.svg").await.body.contains(&format!("fill:{accent}")));
    }
    assert_ne!(
        ours.instance.assets.names().css,
        theirs.instance.assets.names().css,
        "a browser would keep the old one"
    );
}

#[test]
fn tokens_that_cannot_be_read_stop_the_start_with_the_pair_and_its_ratio() {
    let start = |text: &str| {
        let (folder, _) = tokens(text);
        let output = Command::new(env!("CARGO_BIN_EXE_portico"))
            .args(["serve", "--addr", "127.0.0.1:0"])
            .current_dir(folder.path())
            .env_clear()
            .env("PORTICO_LOOK_TOKENS", "bank.tokens.json")
            .output()
            .expect("portico runs");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).expect("text")
    };
    let pale = start(PALE);
    let lines: Vec<&str> = pale.lines().collect();
    assert!(lines[0].starts_with("portico: PORTICO_LOOK_TOKENS (look.tokens): bank.tokens.json: "), "{pale}");
    assert_eq!(
        lines[1],
        "  functional.accent.$root (#ff6200) on functional.surface.0 (#fbfaf8) in light: contrast 2.87, needed 4.5 (links; the current entry of the rail)"
    );
    assert_eq!(
        start(r#"{ "functional": { "text": { "loud": { "$value": "{base.color.black}" } } } }"#),
        "portico: PORTICO_LOOK_TOKENS (look.tokens): bank.tokens.json: /functional/text/loud: there is no token functional.text.loud to override\n"
    );
    assert_eq!(
        start(r#"{ "base": { "color": { "petrol": { "700": { "$value": "{base.color.black}" } } } } }"#),
        "portico: PORTICO_LOOK_TOKENS (look.tokens): bank.tokens.json: /base/color/petrol/700: {base.color.black} names no token\n"
    );
}

fn page_font(page: &str) -> String {
    let link = page.split("<link ").find(|link| link.contains("as=\"font\"")).expect("a font is loaded first");
    link.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address").to_owned()
}

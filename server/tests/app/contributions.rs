//! The UX gate with its real machine: a Chromium of this machine looks at the pages that were uploaded.

use std::io::{Cursor, Write};
use std::path::Path;

use contributions::server::evidence::EVIDENCE;
use contributions::server::previews::Preview;
use http::{Method, Request};
use kit::server::testing::databases;
use serde_json::{Value, json};
use server::config::Config;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::remote::git;
use crate::support::{Answer, TestApp, person, request};

const BASE: &str = "/api/contributions/v1/contributions";

const ORGANISATION: &str = "apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: instant-payments}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: amelie}
spec: {memberOf: [instant-payments]}
";

/// The files of one of the example's contributions, in an archive.
fn archive(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/contributions").join(name);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in std::fs::read_dir(folder).expect("an example").map(|file| file.expect("a file").path()) {
        zip.start_file(file.file_name().expect("a name").to_string_lossy(), SimpleFileOptions::default())
            .expect("a file");
        zip.write_all(&std::fs::read(&file).expect("read")).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

/// Uploads an example's pages, submits them, and has the machine look: the contribution as it is then.
async fn looked_at(amelie: &TestApp, example: &str) -> Value {
    let pitch = json!({
        "title": format!("The {example} one"), "problem": "Nobody knows who is on call", "audience": "Every team",
        "kind": "native-plugin", "owner": "group:default/instant-payments",
    });
    let pitched = amelie.post(BASE, "application/json", &pitch.to_string()).await;
    assert_eq!(pitched.status, 201, "{}", pitched.body);
    let id = pitched.json()["id"].as_str().expect("a number").to_owned();
    let sent = request(Method::POST, &format!("{BASE}/{id}/uploads?name=pages.zip"))
        .header("accept", "application/json")
        .header("content-type", "application/zip");
    let sent = amelie.send(sent.body(archive(example).into())).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let submit = json!({ "command": "submit", "stage": "ux", "material": { "ui": sent.json() } });
    let submitted = amelie.post(&format!("{BASE}/{id}/commands"), "application/json", &submit.to_string()).await;
    assert_eq!(submitted.status, 200, "{}", submitted.body);
    amelie.instance.worker().run_due(EVIDENCE, &[]).await.expect("the jobs ran");
    amelie.get_json(&format!("{BASE}/{id}")).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_finds_in_uploaded_pages_keeps_the_gate_closed_and_nothing_else_does() {
    let db = databases().await.swap_remove(0);
    let operator = TestApp::new(&db);
    operator.write("org.yaml", ORGANISATION);
    operator.import_from(&operator.path(""), true).await;
    let amelie =
        TestApp::with(&db, Config::default(), &[], person("user:default/amelie", &["group:default/instant-payments"]));
    let faulty = looked_at(&amelie, "faulty").await;
    let report = &faulty["submissions"][0]["report"];
    assert_eq!(report["verdict"], "fail", "{faulty:#}");
    assert!(report["blocking"].as_array().is_some_and(|found| found.len() >= 20), "{report:#}");
    assert_eq!(
        report["reviewed"], faulty["submissions"][0]["material"]["ui"]["hash"],
        "what was looked at is what was sent"
    );
    let id = faulty["id"].as_str().expect("a number");
    let whole = amelie.get_json(&format!("{BASE}/{id}/submissions/1/report")).await.json();
    let pictures = whole["screenshots"].as_array().expect("pictures").len();
    assert_eq!(pictures, 6, "each width and theme");
    let clean = looked_at(&amelie, "clean").await;
    assert_eq!(clean["submissions"][0]["report"]["blocking"], json!([]), "{clean:#}");
}

/// Asks the host of pages of contributors.
async fn shown(app: &TestApp, address: &str, path: &str) -> Answer {
    let host = address.strip_prefix("http://").expect("an address");
    let request = Request::builder().method(Method::GET).uri(path).header("host", host);
    app.send(request.body(axum::body::Body::empty())).await
}

fn preview(app: &TestApp, id: &str, dark: bool) -> String {
    let preview = Preview { contribution: id.to_owned(), submission: 1, dark, still: true };
    app.instance.contributions.preview_href("127.0.0.1:3000", &preview).expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_commit_are_looked_at_and_shown_on_another_host_with_nothing_of_the_portal() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("org.yaml", ORGANISATION);
        operator.import_from(&operator.path(""), true).await;
        let author = person("user:default/amelie", &["group:default/instant-payments"]);
        let amelie = TestApp::with(&db, Config::default(), &[], author);
        let (url, commit) = repository(&amelie);
        let pitch = json!({ "title": "Rota", "problem": "Nobody knows", "audience": "All", "kind": "native-plugin", "owner": "group:default/instant-payments" });
        let pitched = amelie.post(BASE, "application/json", &pitch.to_string()).await;
        let id = pitched.json()["id"].as_str().expect("a number").to_owned();
        let submit = |commit: &str, url: &str, path: &str| {
            json!({ "command": "submit", "stage": "ux", "material": { "ui": { "from": "git", "url": url, "commit": commit, "path": path } } }).to_string()
        };
        let commands = format!("{BASE}/{id}/commands");
        for (asked, said) in [
            (submit(&"0".repeat(40), &url, "pages"), "0000"),
            (submit(&commit, "https://elsewhere.example/x.git", "pages"), "allowed host"),
            (submit(&commit, &url, "none"), "none"),
            (submit(&commit, &url, ""), "notes.exe"),
        ] {
            let refused = amelie.post(&commands, "application/json", &asked).await;
            assert!(refused.status == 400 && refused.body.contains(said), "{}: {}", refused.status, refused.body);
        }
        let submitted = amelie.post(&commands, "application/json", &submit(&commit, &url, "pages")).await;
        assert_eq!(submitted.status, 200, "{}", submitted.body);
        amelie.instance.worker().run_due(EVIDENCE, &[]).await.expect("the jobs ran");
        let report = amelie.get_json(&format!("{BASE}/{id}/submissions/1/report")).await.json();
        assert_eq!(report["pages"], json!(["index.html"]), "{report:#}");
        let picture = amelie.get(&format!("{BASE}/{id}/submissions/1/pictures/0")).await;
        assert_eq!((picture.status.as_u16(), picture.headers["content-type"].as_bytes()), (200, &b"image/png"[..]));

        let bench =
            amelie.get(&format!("/contribute/contributions/{id}/workbench?theme=dark&motion=reduced&zoom=200")).await;
        let address = preview(&amelie, &id, true);
        assert!(bench.body.contains(&format!("src=\"{address}/\"")), "the frame shows it");
        let policy = bench.headers["content-security-policy"].to_str().expect("a policy");
        assert!(policy.contains("frame-src http://*.localhost:*;"), "{policy}");

        let page = shown(&amelie, &address, "/").await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("/.portico/workbench.js"), "{}", page.body);
        let policy = page.headers["content-security-policy"].to_str().expect("a policy");
        assert!(policy.starts_with("sandbox allow-scripts;") && policy.contains("connect-src 'none'"), "{policy}");
        assert!(policy.ends_with("frame-ancestors http://127.0.0.1:3000 http://localhost:3000"), "{policy}");
        assert!(!page.headers.contains_key("set-cookie"));
        let sheet = shown(&amelie, &address, "/design/v1/tokens.css").await;
        assert!(!sheet.body.contains("prefers-color-scheme: dark"), "the theme is the reviewer's");
        let script = shown(&amelie, &address, "/.portico/workbench.js").await;
        assert!(
            script.body.contains("\"theme\":\"dark\"") && script.body.contains("--pk-space-3"),
            "the tokens are known"
        );

        // Nothing of the portal is there, and nothing of it where the name is not one that was given.
        for path in [
            "/catalog",
            "/api/contributions/v1/contributions",
            "/healthz",
            "/sign-in",
            "/assets/kit.js",
            "/../secret.key",
        ] {
            assert_eq!(shown(&amelie, &address, path).await.status, 404, "{path}");
        }
        let other = address.replacen("http://", "http://0", 1);
        let swapped = preview(&amelie, &id, false).replace(&address[7..20], "0000000000000");
        for address in [other, swapped, "http://x.localhost:3000".to_owned()] {
            let over = shown(&amelie, &address, "/").await;
            assert!(over.status == 404 && over.body.contains("This preview is over"), "{address}: {}", over.body);
        }
        let own = amelie.get("/.portico/workbench.js").await;
        assert_eq!(own.status, 404, "the portal itself shows no page of a contributor");
        amelie.instance.kit.clock.advance(25 * 60 * 60 * 1000);
        assert_eq!(shown(&amelie, &address, "/").await.status, 404, "a name is good for a day");
    }
}

/// A repository of the portal's own with pages of a contributor; its address, and the commit.
fn repository(app: &TestApp) -> (String, String) {
    let kept = app.path("").join("../data/repositories/team");
    let work = app.path("work");
    std::fs::create_dir_all(&kept).expect("a folder");
    std::fs::create_dir_all(work.join("pages")).expect("a folder");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/contributions/clean");
    for file in std::fs::read_dir(example).expect("an example").map(|file| file.expect("a file").path()) {
        std::fs::copy(&file, work.join("pages").join(file.file_name().expect("a name"))).expect("copied");
    }
    std::fs::write(work.join("notes.exe"), "x").expect("written");
    let bare = kept.join("pages.git").display().to_string();
    git(&kept, &["init", "--quiet", "--bare", &bare]);
    git(&work, &["init", "--quiet", "--initial-branch=main"]);
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "--message=Pages"]);
    git(&work, &["push", "--quiet", &bare, "main"]);
    let head = std::fs::read_to_string(work.join(".git/refs/heads/main")).expect("a commit").trim().to_owned();
    ("http://127.0.0.1:3000/api/templates/repositories/team/pages.git".to_owned(), head)
}

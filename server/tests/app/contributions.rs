//! The UX gate with its real machine: a Chromium of this machine looks at the pages that were uploaded.

use std::io::{Cursor, Write};
use std::path::Path;

use contributions::server::evidence::EVIDENCE;
use http::Method;
use kit::server::testing::databases;
use serde_json::{Value, json};
use server::config::Config;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{TestApp, person, request};

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

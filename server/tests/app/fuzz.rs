//! Made-up questions and cookies: whatever is asked, the answer is an answer.

use axum::body::Body;
use http::Method;
use kit::server::testing::databases;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::{TestApp, component_of, request};

/// `brief` of them, or as many as `PROPTEST_CASES` says where that is more.
fn made_up<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, brief: u32) -> impl Iterator<Item = T> {
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() });
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(0);
    // A question goes through the whole server, so a tenth of the cases takes as long as the others do.
    (0..brief.max(asked / 10)).map(move |_| strategy.new_tree(&mut runner).expect("a value").current())
}

fn parameter() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "filter",
        "facet",
        "fields",
        "limit",
        "offset",
        "orderField",
        "fullTextFilterTerm",
        "fullTextFilterFields",
        "cursor",
        "after",
        "q",
        "kind",
        "type",
        "owner",
        "tag",
        "sort",
        "page",
        "columns",
        "lifecycle",
        "__proto__",
        "",
    ]);
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "kind", "=", ",", "component", "metadata.name", "metadata.annotations.x/y", "relations.ownedBy", "relations.", "spec.owner", "group:default/team-a", "asc", "desc", "metadata.uid", "spec.type", "0", "-1", "20", "501",
            "99999999999999999999", "1e9", "e30", "eyJ2YWx1ZSI6bnVsbCwiaWQiOjF9", "eyJ2YWx1ZSI6IngiLCJpZCI6MX0", "'", "\"", "%27", "%00", "%", "_", "*", "?", "(", ")", "--", ";", "OR 1=1", "\\", ".", "..", "[", "]", "{", "}", "$",
            "__proto__", "constructor.prototype", "name", "-name", "changed", "\u{0}", "\u{2028}", "ß", "İ", "\u{10ffff}", "NEAR", "AND", "NOT", "^", ":", "+", "&", "|", "<zq>",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    (name, prop::collection::vec(piece, 0..6)).prop_map(|(name, pieces)| {
        let value: String = url::form_urlencoded::byte_serialize(pieces.concat().as_bytes()).collect();
        format!("{name}={value}")
    })
}

#[tokio::test]
async fn no_question_makes_the_interface_fail() {
    for db in databases().await {
        let app = TestApp::new(&db);
        for number in 0..30 {
            app.write(&format!("{number}.yaml"), &component_of(&format!("c{number}"), "team-a", "  tags: [t]\n"));
        }
        app.import().await;
        let paths = prop::sample::select(vec![
            "/api/catalog/entities/by-query",
            "/api/catalog/entity-facets",
            "/api/catalog/entities.csv",
            "/catalog",
            "/search",
            "/api/catalog/locations",
            "/locations/1",
        ]);
        let questions = (paths, prop::collection::vec(parameter(), 0..5))
            .prop_map(|(path, all)| format!("{path}?{}", all.join("&")));
        for question in made_up(questions, 150) {
            let answer = app.get(&question).await;
            assert!(
                matches!(answer.status.as_u16(), 200 | 302 | 303 | 400 | 404),
                "{}: {question}: {} {}",
                app.name,
                answer.status,
                answer.body
            );
            assert!(
                !answer.body.contains("<zq>")
                    || answer.header("content-type").contains("json")
                    || answer.header("content-type").contains("csv"),
                "{question}"
            );
        }
    }
}

#[tokio::test]
async fn no_cookie_puts_markup_into_a_page() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    let piece = prop::sample::select(vec![
        "portico-said=",
        "portico-said",
        "portico-3000=",
        "portico-device=",
        "__Host-portico=",
        "theme=",
        "+",
        "-",
        "%3Czq%3E",
        "<zq>",
        "%3c%73cript%3e",
        "\"",
        "'",
        ";",
        "; ",
        "=",
        ",",
        "%",
        "%00",
        "%ff",
        "%C3%28",
        "%E2%80%A8",
        "a",
        " ",
        "\\",
    ]);
    for pieces in made_up(prop::collection::vec(piece, 1..8), 150) {
        let cookie = format!("portico-said={}", pieces.concat());
        let asked = request(Method::GET, "/catalog").header("accept", "text/html").header("cookie", &cookie);
        let answer = app.send(asked.body(Body::empty())).await;
        assert_eq!(answer.status, 200, "{cookie}");
        assert!(!answer.body.contains("<zq>"), "{cookie}");
        assert!(!answer.headers.values().any(|value| value.as_bytes().contains(&b'<')), "{cookie}");
    }
}

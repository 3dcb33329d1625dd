//! The definition of an API on its page and from the server function.

use kit::query::href;
use kit::server::testing::{TestDb, databases};
use serde_json::json;

use crate::support::{TestApp, corpus};

const PAGE: &str = "/catalog/default/api/payments";

fn api(type_name: &str, definition: &str) -> String {
    let definition: String = definition.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: payments\nspec:\n  type: {type_name}\n  lifecycle: production\n  owner: team-a\n  definition: |\n{definition}"
    )
}

async fn with(db: &TestDb, type_name: &str, definition: &str) -> TestApp {
    let app = TestApp::new(db);
    app.write("a.yaml", &api(type_name, definition));
    app.import().await;
    app
}

const PAYMENTS: &str = "openapi: 3.0.3
info: { title: Payments, version: 1.0.0 }
paths:
  /payments/{id}:
    get:
      summary: Read a payment
      description: Gives **one** payment.
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses: { '200': { description: Found, content: { application/json: { schema: { $ref: '#/components/schemas/Payment' } } } } }
components:
  schemas:
    Payment: { type: object, required: [state], properties: { state: { type: string, enum: [open, settled] } } }
";

#[tokio::test]
async fn the_page_and_the_server_function_show_the_operations() {
    let db = databases().await.swap_remove(0);
    let app = with(&db, "openapi", PAYMENTS).await;
    let page = app.get(&format!("{PAGE}?tab=definition")).await;
    assert_eq!(page.status, 200);
    let answer = app.page(&format!("{PAGE}?tab=definition")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told = answer.json();
    let html = told["html"].as_str().expect("HTML");
    for shown in [
        "id=\"op-get-payments-id\"",
        "Read a payment",
        "<strong>one</strong>",
        "Path parameters",
        "href=\"#schema-Payment\"",
        "id=\"schema-Payment\"",
        "Example, made from the schema",
    ] {
        assert!(html.contains(shown), "{shown} is not in {html}");
        assert!(page.body.contains(shown), "{shown} is not on the page");
    }
    assert_eq!(page.body.matches("Example, made from the schema").count(), 1, "the page holds the HTML once");
    let source = app.get(&format!("{PAGE}?tab=definition&show=source")).await;
    assert!(source.body.contains("pk-syntax--key") && source.body.contains("id=\"L12\""));
    let other = app.get(&format!("{PAGE}?tab=overview")).await;
    assert!(
        other.body.contains(&format!("href=\"{PAGE}?tab=definition\"")) && !other.body.contains("op-get-payments-id")
    );
}

#[tokio::test]
async fn one_operation_can_be_asked_for() {
    let db = databases().await.swap_remove(0);
    let app = with(&db, "openapi", PAYMENTS).await;
    let open = async |show: &str| {
        let answer = app.page(&href(PAGE, [("tab", "definition"), ("show", show)])).await;
        answer.json()["html"].as_str().expect("HTML").matches("<details open").count()
    };
    assert_eq!((open("").await, open("op-get-payments-id").await, open("schema-Payment").await), (0, 1, 1));
}

#[tokio::test]
async fn nobody_reads_a_definition_without_being_signed_in() {
    let db = databases().await.swap_remove(0);
    let (operator, nobody) = (TestApp::new(&db), TestApp::anonymous(&db));
    operator.write("a.yaml", &api("openapi", PAYMENTS));
    operator.import().await;
    for path in [format!("{PAGE}?tab=definition"), format!("{PAGE}?tab=definition&show=source")] {
        let answer = nobody.get(&path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.body.contains("Read a payment"), "{path}");
    }
    let refused = nobody.page(&format!("{PAGE}?tab=definition")).await;
    assert_eq!(refused.status, 401);
    assert!(!refused.body.contains("Read a payment"));
}

#[tokio::test]
async fn what_cannot_be_read_is_shown_with_the_place_of_the_fault() {
    let db = databases().await.swap_remove(0);
    let app = with(&db, "openapi", "openapi: 3.0.3\npaths:\n  /x: [\n").await;
    let page = app.get(&format!("{PAGE}?tab=definition")).await.body;
    assert!(page.contains("The definition cannot be read at line 4, column 1"), "{page}");
    assert!(page.contains("id=\"L3\""), "its text is below");

    let db = databases().await.swap_remove(0);
    let app = with(&db, "grpc", "syntax = \"proto3\";\nservice Payments {}").await;
    let page = app.get(&format!("{PAGE}?tab=definition")).await.body;
    assert!(page.contains("<span class=\"pk-syntax--word\">service"), "{page}");
    let unknown = app.page("/catalog/default/api/nothing?tab=definition").await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let db = databases().await.swap_remove(0);
    let hostile = r#"</script><script>alert(1)</script><img src=x onerror=alert(1)>"><svg onload=alert(1)>"#;
    let link = "[click](javascript:alert(1)) ![p](https://tracker.example/p.png)";
    let definition = json!({
        "openapi": hostile,
        "info": { "title": hostile, "version": hostile, "description": format!("{hostile} {link}"), "license": { "name": hostile, "url": "javascript:alert(1)" } },
        "servers": [{ "url": "javascript:alert(1)", "description": link }],
        "tags": [{ "name": hostile, "description": link }],
        "paths": { format!("/{hostile}"): { "get": {
            "tags": [hostile], "summary": hostile, "operationId": hostile, "description": link,
            "parameters": [{ "name": hostile, "in": "query", "schema": { "type": hostile, "enum": [hostile], "default": hostile } }],
            "responses": { hostile: { "description": hostile, "content": { hostile: { "schema": { "$ref": hostile }, "example": hostile } } } },
        } } },
        "components": { "schemas": { hostile: { "properties": { hostile: { "title": hostile, "pattern": hostile } } } }, "securitySchemes": { hostile: { "type": hostile } } },
    });
    let app = with(&db, "openapi", &definition.to_string()).await;
    for show in ["", "source", hostile] {
        let answer = app.page(&href(PAGE, [("tab", "definition"), ("show", show)])).await;
        let told = answer.json();
        let html = told["html"].as_str().expect("HTML");
        assert!(html.len() > 3_000, "{show}");
        for forbidden in ["<script", "<img", "<svg onload", "href=\"javascript", "style=\""] {
            assert!(!html.contains(forbidden), "{forbidden} is in {html}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_definition_of_the_corpus_is_drawn() {
    let Some(corpus) = corpus() else { return };
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    app.import_from(&corpus.join("catalog"), true).await;
    let refs =
        app.column("SELECT namespace || '/api/' || name FROM catalog_entity WHERE kind = 'api' ORDER BY ref").await;
    assert!(refs.len() >= 50, "{}", refs.len());
    let mut largest = 0;
    for entity_ref in &refs {
        for show in ["", "source"] {
            let answer =
                app.page(&href(&format!("/catalog/{entity_ref}"), [("tab", "definition"), ("show", show)])).await;
            assert_eq!(answer.status, 200, "{entity_ref}: {}", answer.body);
            largest = largest.max(answer.body.len());
        }
    }
    println!("{} APIs, the largest answer has {largest} bytes", refs.len());
    assert!(largest < 2_500_000, "{largest}");
}

//! The portal's own catalog and interface.

use scaffold::action::{Action, Repeat};
use scaffold::actions::{CatalogFetch, CatalogRegister, HttpBackstageRequest};
use serde_json::{Map, json};

use crate::support::Run;

#[tokio::test]
async fn what_was_published_is_registered() {
    let mut run = Run::alone();
    let action = CatalogRegister::new();
    let input =
        json!({ "repoContentsUrl": "https://github.com/o/r/blob/main", "catalogInfoPath": "/catalog-info.yaml" });
    let outputs = run.done(&action, input).await;
    let url = "https://github.com/o/r/blob/main/catalog-info.yaml";
    assert_eq!(json!(outputs), json!({ "catalogInfoUrl": url, "entityRef": "component:default/ledger" }));
    assert_eq!(run.registered(), [url]);
    let refused = json!({ "catalogInfoUrl": "https://refused.example/x.yaml" });
    assert_eq!(run.fails(&action, refused.clone()).await, "this location may not be registered");
    let mut optional = refused;
    optional["optional"] = true.into();
    let outputs = run.done(&action, optional).await;
    assert_eq!(json!(outputs), json!({ "catalogInfoUrl": "https://refused.example/x.yaml" }));
    assert!(run.log.text().contains("Warn: https://refused.example/x.yaml was not registered"));
}

#[tokio::test]
async fn entities_are_fetched_by_whatever_form_of_ref() {
    let mut run = Run::alone();
    let action = CatalogFetch::new();
    let one = run.done(&action, json!({ "entityRef": "Component:Default/Ledger" })).await;
    assert_eq!(json!(one), json!({ "entity": { "kind": "Component" } }));
    let several = json!({ "entityRefs": ["ledger", "other"], "defaultKind": "Component", "optional": true });
    assert_eq!(json!(run.done(&action, several).await), json!({ "entities": [{ "kind": "Component" }, null] }));
    assert_eq!(json!(run.done(&action, json!({ "entityRef": "api:x", "optional": true })).await), json!({}));
    assert_eq!(run.fails(&action, json!({ "entityRef": "api:x" })).await, "api:default/x is not in the catalog");
    assert!(run.fails(&action, json!({ "entityRef": "ledger" })).await.contains("must say its kind"));
}

#[tokio::test]
async fn the_portal_is_asked_by_whoever_runs_the_template() {
    let mut run = Run::alone();
    let action = HttpBackstageRequest::new();
    let input = json!({
        "method": "POST", "path": "proxy/data/fetch", "params": { "a": 1 }, "headers": { "Content-Type": "application/json" }, "body": "{\"x\":1}"
    });
    let outputs = run.done(&action, input).await;
    assert_eq!(outputs["code"], 200);
    assert_eq!(outputs["body"], json!({ "message": "from the portal", "body": "{\"x\":1}" }));
    assert!(outputs["headers"].get("set-cookie").is_none());
    assert_eq!(run.asked(), ["operator POST /api/proxy/data/fetch?a=1"]);
    let missing = json!({ "method": "GET", "path": "/api/catalog/missing" });
    assert_eq!(run.fails(&action, missing.clone()).await, "the portal answers with status 404: from the portal");
    let mut lenient = missing;
    lenient["continueOnBadResponse"] = true.into();
    assert_eq!(run.done(&action, lenient).await["code"], 404);
    let forged = json!({ "method": "GET", "path": "catalog/x", "headers": { "Authorization": "Bearer x" } });
    assert!(run.fails(&action, forged).await.contains("says who calls"));
}

#[test]
fn what_is_repeatable_depends_on_the_method() {
    let repeat =
        |method: &str| HttpBackstageRequest::new().repeat(&Map::from_iter([("method".to_owned(), json!(method))]));
    assert_eq!((repeat("GET"), repeat("put"), repeat("POST")), (Repeat::Safe, Repeat::Safe, Repeat::Unknown));
}

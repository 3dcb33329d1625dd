//! Finding things: the search over all plugins, saved filters, and the catalog as CSV.

use catalog::info::READ_ENTITIES;
use kit::identity::Caller;
use kit::server::testing::databases;
use serde_json::json;

use crate::support::{TestApp, component};

async fn filled(db: &kit::server::testing::TestDb) -> TestApp {
    let app = TestApp::new(db);
    for name in ["payment-hub", "payment-archive", "ledger-core"] {
        app.write(&format!("{name}.yaml"), &component(name));
    }
    app.import().await;
    app
}

#[tokio::test]
async fn the_search_asks_every_plugin_and_forgives_a_slip() {
    for db in databases().await {
        let app = filled(&db).await;
        let titles = async |query: &str| -> Vec<String> {
            let found = app.get_json(&kit::query::href("/api/search", [("q", query)])).await.json();
            found["hits"]
                .as_array()
                .expect("hits")
                .iter()
                .map(|hit| hit["title"].as_str().expect("a title").into())
                .collect()
        };
        assert_eq!(titles("pay").await, ["payment-archive", "payment-hub"], "{}", app.name);
        assert_eq!(titles("button").await, ["Button", "Copy button"], "the design system answers too");
        assert_eq!(titles("paymnet hub").await, ["payment-hub"], "{}: two letters swapped", app.name);
        assert_eq!(titles("leger").await, ["ledger-core"], "{}: a letter left out", app.name);
        assert_eq!(titles("zzzzzz").await, Vec::<String>::new());
        assert_eq!(titles("").await, Vec::<String>::new());
        let found = app.get_json("/api/search?q=leger").await.json();
        assert_eq!(found["instead"], "ledger", "what was searched for is told");
        let long = app.get_json(&format!("/api/search?q={}", "a".repeat(300))).await;
        assert_eq!(long.status, 400);
        let page = app.get("/search?q=leger").await;
        assert!(page.body.contains("/catalog/default/component/ledger-core"), "{}", page.body);
    }
}

#[tokio::test]
async fn saved_filters_are_each_persons_own_and_lead_to_the_catalog_alone() {
    for db in databases().await {
        let app = filled(&db).await;
        let catalog = &app.instance.catalog.catalog;
        let (me, other) = (Caller::Operator, Caller::System);
        catalog.save_filter(&me, " Mine ", "https://evil.example/?kind=component&page=x").await.expect("saved");
        catalog.save_filter(&me, "Mine", "/catalog?kind=api").await.expect("replaced");
        let saved_by = async |caller: &Caller| {
            let reader = catalog.reader(caller, &READ_ENTITIES).await.expect("a reader");
            reader.saved_filters().await.expect("saved filters")
        };
        let saved = saved_by(&me).await;
        let told: Vec<_> = saved.iter().map(|filter| (filter.name.as_str(), filter.href.as_str())).collect();
        assert_eq!(told, [("Mine", "/catalog?kind=api")], "{}", app.name);
        assert_eq!(saved_by(&other).await, []);
        assert!(catalog.forget_filter(&other, saved[0].id).await.is_err(), "somebody else's stays");
        for name in ["", "   ", &"x".repeat(61)] {
            assert!(catalog.save_filter(&me, name, "/catalog").await.is_err(), "{name:?}");
        }
        for number in 1..50 {
            catalog.save_filter(&me, &format!("No. {number}"), "/catalog?q=a").await.expect("saved");
        }
        assert!(catalog.save_filter(&me, "One too many", "/catalog").await.is_err());
        assert_eq!(saved_by(&me).await.len(), 50);
        catalog.forget_filter(&me, saved[0].id).await.expect("forgotten");
        assert_eq!(saved_by(&me).await.len(), 49);
        let events = app.column("SELECT resource FROM audit_event WHERE action = 'catalog.filter.save'").await;
        assert_eq!(events.len(), 52, "each change that was made, and no other: {events:?}");
    }
}

#[tokio::test]
async fn the_list_can_be_had_as_csv_as_it_is_filtered_and_ordered() {
    for db in databases().await {
        let app = filled(&db).await;
        let answer = app.get("/api/catalog/entities.csv?q=payment&sort=-name").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert!(answer.header("content-disposition").contains("catalog.csv"));
        let refs: Vec<&str> = answer.body.lines().filter_map(|line| line.split(',').next()).collect();
        assert_eq!(refs, ["Ref", "component:default/payment-hub", "component:default/payment-archive"], "{}", app.name);
        let whole = app.get("/api/catalog/entities.csv").await;
        let by_query = app.get_json("/api/catalog/entities/by-query?limit=0").await.json();
        assert_eq!(whole.body.lines().count() as u64 - 1, by_query["totalItems"].as_u64().expect("a total"));
    }
}

#[tokio::test]
async fn what_contributors_build_on_is_public_and_complete() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    for (file, holds) in [("tokens.css", "--pk-accent"), ("kit.css", ".pk-button"), ("kit.js", "ArrowDown")] {
        let answer = app.get(&format!("/design/v1/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(answer.body.contains(holds), "{file}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    assert_eq!(app.get("/design/v1/secrets.css").await.status, 404);
    let recipes = app.get("/design/recipes").await;
    for docs in kit::gallery::all() {
        assert!(recipes.body.contains(&format!("/design/components/{}", docs.name)), "{}", docs.name);
        let page = app.page(&format!("/design/components/{}", docs.name)).await;
        assert_eq!(page.status, 200, "{}", docs.name);
        assert_eq!(
            (&page.json()["title"], &page.json()["status"]),
            (&json!(docs.title), &json!(null)),
            "{}",
            docs.name
        );
        assert!(!docs.summary.is_empty() && docs.summary.ends_with('.') && !docs.examples.is_empty(), "{}", docs.name);
    }
}

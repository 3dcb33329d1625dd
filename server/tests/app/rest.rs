//! `/api/catalog/**` answers in Backstage's shapes.

use std::collections::BTreeSet;

use kit::server::testing::databases;
use serde_json::{Value, json};

use crate::support::{TestApp, component_of};

const QUERY: &str = "/api/catalog/entities/by-query";

async fn app_with_entities(db: &kit::server::testing::TestDb) -> TestApp {
    let app = TestApp::new(db);
    // Names that differ by case and namespace only sort together.
    for number in 0..23 {
        let namespace = ["default", "one", "two"][number % 3];
        let name = format!("{}-{:02}", if number % 2 == 0 { "Svc" } else { "svc" }, number / 3);
        let metadata = format!("  namespace: {namespace}\n  tags: [java, t{}]\n", number % 5);
        let owner = ["team-a", "group:default/team-b", "user:one/ada"][number % 3];
        app.write(&format!("{number}.yaml"), &component_of(&name, owner, &metadata));
    }
    app.write(
        "api.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: pay\n  title: Payments\n  annotations:\n    bank.example/tier: '1'\nspec:\n  type: openapi\n  lifecycle: Production\n  owner: team-a\n  definition: x\n",
    );
    app.import().await;
    assert_eq!(app.errors().await, Vec::<String>::new());
    app
}

fn names(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().expect("items");
    let name = |item: &Value| {
        let metadata = &item["metadata"];
        format!(
            "{}/{}",
            metadata["namespace"].as_str().expect("a namespace"),
            metadata["name"].as_str().expect("a name")
        )
    };
    items.iter().map(name).collect()
}

async fn ask(app: &TestApp, query: &str) -> Value {
    let answer = app.get_json(&format!("{QUERY}?{query}")).await;
    assert_eq!(answer.status, 200, "{} {query}: {}", app.name, answer.body);
    answer.json()
}

async fn count(app: &TestApp, query: &str) -> u64 {
    ask(app, &format!("limit=0&{query}")).await["totalItems"].as_u64().expect("a total")
}

#[tokio::test]
async fn paging_forward_and_back_covers_everything_exactly_once_in_order() {
    for db in databases().await {
        let app = app_with_entities(&db).await;
        for (order, limit) in [
            ("metadata.name,asc", 4),
            ("metadata.name,desc", 5),
            ("kind", 1),
            ("spec.lifecycle,desc", 7),
            ("metadata.namespace", 24),
        ] {
            let whole = ask(&app, &format!("orderField={order}&limit=500")).await;
            assert_eq!(whole["totalItems"], 24);
            assert_eq!(whole["pageInfo"], json!({}), "one page is all there is");
            let whole = names(&whole);
            assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), 24);

            let mut page = ask(&app, &format!("orderField={order}&limit={limit}")).await;
            assert_eq!(page["pageInfo"].get("prevCursor"), None, "{order}: nothing is before the first page");
            let (mut forward, mut last) = (names(&page), page.clone());
            while let Some(cursor) = page["pageInfo"]["nextCursor"].as_str() {
                page = ask(&app, &format!("limit={limit}&cursor={cursor}")).await;
                assert_eq!(page["totalItems"], 24, "{order}");
                forward.extend(names(&page));
                last = page.clone();
            }
            assert_eq!(forward, whole, "{} {order} forward", app.name);

            let mut backward = names(&last);
            while let Some(cursor) = last["pageInfo"]["prevCursor"].as_str() {
                last = ask(&app, &format!("limit={limit}&cursor={cursor}")).await;
                backward.splice(0..0, names(&last));
            }
            assert_eq!(backward, whole, "{} {order} backward", app.name);
        }
    }
}

#[tokio::test]
async fn the_catalog_page_pages_the_same_way() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let documents: Vec<String> = (0..120)
            .map(|number| component_of(&format!("c-{:03}", number / 2 * 2 + number % 2), "team-a", ""))
            .collect();
        app.write("all.yaml", &documents.join("---\n"));
        app.import().await;
        for sort in ["", "sort=-name", "sort=owner", "sort=-changed", "sort=type", "sort=-lifecycle"] {
            let (mut address, mut seen, mut pages) = (format!("/catalog?{sort}"), Vec::new(), 0);
            loop {
                let body = app.get(&address).await.body;
                seen.extend(
                    body.match_indices("href=\"/catalog/default/component/")
                        .map(|(at, text)| body[at + text.len()..].split('"').next().expect("a name").to_owned()),
                );
                pages += 1;
                let Some(next) = body.split("<a ").find(|tag| tag.contains("rel=\"next\"")) else { break };
                let href = next.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
                address = href.replace("&amp;", "&");
                assert!(pages < 10, "{sort}: {address}");
            }
            assert_eq!(pages, 3, "{} {sort}", app.name);
            assert_eq!(seen.len(), 120, "{} {sort}", app.name);
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 120, "{} {sort}", app.name);
        }
    }
}

#[tokio::test]
async fn filters_are_joined_as_backstage_joins_them() {
    for db in databases().await {
        let app = app_with_entities(&db).await;
        for (query, expected) in [
            ("", 24),
            ("filter=kind=api", 1),
            ("filter=KIND=Api", 1),
            ("filter=kind=api&filter=metadata.namespace=one", 9),
            ("filter=kind=component,metadata.namespace=one", 8),
            ("filter=kind=component,kind=api", 24),
            ("filter=metadata.annotations.bank.example/tier", 1),
            ("filter=metadata.annotations.bank.example/tier=1", 1),
            ("filter=metadata.annotations.bank.example/tier=2", 0),
            ("filter=metadata.tags=java", 23),
            ("filter=metadata.tags.java=true", 23),
            ("filter=metadata.tags=t0,metadata.tags=t1", 10),
            ("filter=metadata.title=PAYMENTS", 1),
            ("filter=spec.lifecycle=production", 24),
            ("filter=spec.owner=team-a", 9),
            ("filter=spec.owner=group:default/team-b", 8),
            ("filter=relations.ownedBy=group:default/team-b", 8),
            ("filter=relations.ownedby=user:one/ada", 7),
            ("filter=relations.ownedBy", 24),
            ("filter=relations.dependsOn", 0),
            ("filter=metadata.name=SVC-00", 3),
            ("filter=metadata.namespace=nowhere", 0),
            ("fullTextFilterTerm=paym", 1),
            ("fullTextFilterTerm=svc-00&filter=metadata.namespace=one", 1),
        ] {
            assert_eq!(count(&app, query).await, expected, "{} {query}", app.name);
        }
    }
}

#[tokio::test]
async fn a_cursor_carries_filter_order_and_text() {
    for db in databases().await {
        let app = app_with_entities(&db).await;
        let first =
            ask(&app, "filter=metadata.namespace=one&orderField=metadata.name,desc&fullTextFilterTerm=svc&limit=5")
                .await;
        let cursor = first["pageInfo"]["nextCursor"].as_str().expect("a cursor");
        let second = ask(&app, &format!("limit=5&cursor={cursor}")).await;
        assert_eq!(second["totalItems"], 8);
        let all = [names(&first), names(&second)].concat();
        assert_eq!(all.len(), 8, "{}: {all:?}", app.name);
        assert!(all.iter().all(|name| name.starts_with("one/")), "{all:?}");
    }
}

#[tokio::test]
async fn an_entity_is_served_as_backstage_serves_it() {
    for db in databases().await {
        let app = app_with_entities(&db).await;
        let mut entity = app.get_json("/api/catalog/entities/by-name/API/Default/PAY").await.json();
        for name in ["uid", "etag"] {
            let value = entity["metadata"][name].take();
            assert!(value.as_str().is_some_and(|value| value.len() >= 32), "{name}: {value}");
        }
        let file = format!("file:{}", app.path("api.yaml").display());
        let expected = json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "API",
            "metadata": {
                "name": "pay",
                "title": "Payments",
                "annotations": {
                    "bank.example/tier": "1",
                    "backstage.io/managed-by-location": file,
                    "backstage.io/managed-by-origin-location": format!("file:{}", app.path("").display()),
                },
                "namespace": "default",
                "uid": null,
                "etag": null,
            },
            "spec": { "type": "openapi", "lifecycle": "Production", "owner": "team-a", "definition": "x" },
            "relations": [{ "type": "ownedBy", "targetRef": "group:default/team-a" }],
        });
        assert_eq!(entity, expected, "{}", app.name);
    }
}

#[tokio::test]
async fn fields_choose_what_of_an_entity_is_sent() {
    for db in databases().await {
        let app = app_with_entities(&db).await;
        let answer =
            ask(&app, "filter=kind=api&fields=kind,metadata.name,metadata.annotations.bank.example/tier,none.such")
                .await;
        let expected =
            json!([{ "kind": "API", "metadata": { "name": "pay", "annotations": { "bank.example/tier": "1" } } }]);
        assert_eq!(answer["items"], expected, "{}", app.name);
        assert_eq!(ask(&app, "limit=1&totalItems=exclude").await.get("totalItems"), None);
    }
}

#[tokio::test]
async fn facets_are_counted_under_filters() {
    for db in databases().await {
        let app = app_with_entities(&db).await;
        let facets = async |query: &str| app.get_json(&format!("/api/catalog/entity-facets?{query}")).await.json();
        let expected =
            json!({ "facets": { "kind": [{ "value": "Component", "count": 23 }, { "value": "API", "count": 1 }] } });
        assert_eq!(facets("facet=kind").await, expected, "{}", app.name);
        let answer = facets("facet=spec.type&facet=metadata.namespace&filter=kind=component").await;
        assert_eq!(answer["facets"]["spec.type"], json!([{ "value": "service", "count": 23 }]));
        assert_eq!(answer["facets"]["metadata.namespace"][2], json!({ "value": "two", "count": 7 }));
        let answer = facets("facet=relations.ownedBy").await;
        assert_eq!(answer["facets"]["relations.ownedBy"][0], json!({ "value": "group:default/team-a", "count": 9 }));
        assert_eq!(facets("facet=none.such").await, json!({ "facets": { "none.such": [] } }));
    }
}

#[tokio::test]
async fn an_error_has_backstages_shape() {
    for db in databases().await {
        let app = app_with_entities(&db).await;
        let path = "/api/catalog/entities/by-name/component/default/none";
        let answer = app.get_json(path).await;
        assert_eq!(answer.status, 404);
        let expected = json!({
            "error": { "name": "NotFoundError", "message": "Entity component:default/none was not found" },
            "request": { "method": "GET", "url": path },
            "response": { "statusCode": 404 },
        });
        assert_eq!(answer.json(), expected, "{}", app.name);
        let many = format!("filter={}", vec!["kind=a"; 51].join(","));
        for query in [
            "limit=-1",
            "limit=501",
            "limit=x",
            "cursor=damaged",
            "cursor=e30",
            "filter==x",
            "orderField=spec.none",
            "orderField=kind,up",
            "offset=7",
            &many,
        ] {
            let answer = app.get_json(&format!("{QUERY}?{query}")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()["error"]["name"].clone()),
                (400, json!("InputError")),
                "{query}"
            );
        }
        assert_eq!(app.get_json("/api/catalog/entity-facets").await.status, 400, "a facet must be named");
    }
}

#[tokio::test]
async fn quotes_and_wildcards_in_a_question_are_only_text() {
    for db in databases().await {
        let app = app_with_entities(&db).await;
        for text in [
            "'",
            "%27%3B%20DROP%20TABLE%20catalog_entity--",
            "%25",
            "_",
            "%22*",
            "%00",
            "a%20OR%20b",
            "NEAR(",
            "%5C",
            "%3F%20%241",
            "%F0%9F%92%B6",
        ] {
            for query in
                [format!("filter=kind={text}"), format!("filter={text}=x"), format!("fullTextFilterTerm={text}")]
            {
                let answer = app.get_json(&format!("{QUERY}?{query}")).await;
                assert!(
                    matches!(answer.status.as_u16(), 200 | 400),
                    "{} {query}: {} {}",
                    app.name,
                    answer.status,
                    answer.body
                );
            }
            let status = app.get(&format!("/catalog?q={text}&kind={text}&page=")).await.status;
            assert!(matches!(status.as_u16(), 200 | 400), "{} {text}: {status}", app.name);
        }
        assert_eq!(count(&app, "").await, 24);
    }
}

//! The drawing of an entity's relations.

use std::fmt::Write as _;

use kit::server::testing::{TestDb, databases};

use crate::plans::statements_of;
use crate::support::{TestApp, component_of};

/// A bank with `descriptors` in one file.
async fn bank(db: &TestDb, descriptors: &str) -> TestApp {
    let app = TestApp::new(db);
    app.write("all.yaml", descriptors);
    app.import_from(&app.path(""), true).await;
    app
}

fn group(name: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: {name}\nspec:\n  type: team\n  children: []\n---\n"
    )
}

/// A component of team-a that needs these others.
fn needs(name: &str, needed: &[&str]) -> String {
    format!(
        "{}  dependsOn: [{}]\n---\n",
        component_of(name, "team-a", ""),
        needed.iter().map(|name| format!("component:{name}")).collect::<Vec<_>>().join(", ")
    )
}

/// The entities in the drawing of a page.
fn drawn(page: &str) -> Vec<String> {
    let names = page.split("class=\"pk-graph__name\">").skip(1).filter_map(|rest| rest.split('<').next());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_page_draws_what_is_around_its_entity() {
    for db in databases().await {
        let text = group("team-a")
            + &needs("a", &["b", "gone"])
            + &needs("b", &["c"])
            + &needs("c", &[])
            + &needs("user-of-a", &["a"]);
        let app = bank(&db, &text).await;
        let of = async |query: &str| app.get(&format!("/catalog/default/component/a?tab=relations{query}")).await.body;
        let page = of("").await;
        assert_eq!(drawn(&page), ["a", "b", "gone", "team-a", "user-of-a"], "{}", app.name);
        assert!(page.contains("5 entities, 4 relations."), "{page}");
        assert!(page.contains("aria-label=\"gone Component, not in the catalog: needed by a\""), "{page}");
        assert!(
            page.contains("href=\"/catalog/default/component/b?tab=relations\" aria-label=\"Centre on b\""),
            "{page}"
        );
        assert!(page.contains("class=\"pk-table\""), "the table says the same: {page}");
        for (query, expected) in [
            ("&hops=2", &["a", "b", "c", "gone", "team-a", "user-of-a"][..]),
            ("&hops=3", &["a", "b", "c", "gone", "team-a", "user-of-a"]),
            ("&hops=9&direction=out", &["a", "b", "c", "gone", "team-a"]),
            ("&direction=in", &["a", "user-of-a"]),
            ("&show=dependencies", &["a", "b", "gone", "user-of-a"]),
            ("&show=dependencies&show=ownership&direction=out", &["a", "b", "gone", "team-a"]),
            ("&show=membership", &["a"]),
        ] {
            assert_eq!(drawn(&of(query).await), expected, "{} {query}", app.name);
        }
        assert!(of("&show=membership").await.contains("no relations of the kinds"), "an empty drawing says why");
        let kept = "href=\"/catalog/default/component/b?tab=relations&amp;hops=2&amp;show=dependencies\" aria-label=\"Centre on b\"";
        assert!(of("&hops=2&show=dependencies").await.contains(kept), "the next drawing is looked at in the same way");
    }
}

#[tokio::test]
async fn a_hub_of_five_hundred_is_summarised() {
    for db in databases().await {
        let mut text = group("team-a");
        for number in 0..500 {
            text += &component_of(&format!("service-{number:03}"), "team-a", "");
            text.push_str("---\n");
        }
        let app = bank(&db, &text).await;
        let page = app.get("/catalog/default/group/team-a?tab=relations").await.body;
        assert_eq!(drawn(&page).len(), 10, "{}: {:?}", app.name, drawn(&page));
        assert!(
            page.contains(">and 492 more<") && page.contains("href=\"/catalog?owner=group:default/team-a\""),
            "{page}"
        );
        assert!(page.contains("9 entities, 8 relations. 492 more are summarised."), "{page}");
        // Seen from one of the five hundred it is in the drawing, and the rest is one less.
        let page = app.get("/catalog/default/component/service-499?tab=relations&hops=2").await.body;
        assert!(
            drawn(&page).contains(&"service-499".to_owned()) && page.contains(">and 495 more<"),
            "{:?}",
            drawn(&page)
        );
    }
}

#[tokio::test]
async fn a_thicket_is_cut_and_costs_one_statement_a_hop() {
    for db in databases().await {
        let name = |number: usize| format!("component-{:03}", number % 400);
        let mut text = String::new();
        for number in 0..400 {
            let needed: Vec<String> = (1..=7).map(|step| name(number * 7 + step)).collect();
            text += &needs(&name(number), &needed.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let app = bank(&db, &text).await;
        let path = "/catalog/default/component/component-001?tab=relations&hops=3";
        let page = app.get(path).await.body;
        let entities = drawn(&page).iter().filter(|name| name.starts_with("component-") || *name == "team-a").count();
        assert_eq!(entities, 100, "{}", app.name);
        assert!(page.contains("Only the nearest entities are drawn."), "it says that there are more");
        let statements = statements_of(&app, path).await;
        let hops = statements.iter().filter(|statement| statement.contains("r.source_ref IN")).count();
        assert_eq!(hops, 3, "{}: {statements:#?}", app.name);
    }
}

#[tokio::test]
async fn hostile_names_are_only_text_in_a_drawing() {
    for db in databases().await {
        let title = "  title: '</title></svg><script>alert(1)</script>\"><img src=x onerror=alert(1)> 🏦 مدفوعات'\n";
        let mut text = needs("a", &["evil"]);
        let _ = write!(text, "{}", component_of("evil", "team-a", title));
        let app = bank(&db, &text).await;
        for path in ["/catalog/default/component/a?tab=relations", "/catalog/default/component/evil?tab=relations"] {
            let page = app.get(path).await.body;
            assert!(page.contains("مدفوعات") && page.contains("pk-graph__node--centre"), "{} {path}", app.name);
            assert!(!page.contains("<script>alert") && !page.contains("<img"), "{} {path}: {page}", app.name);
        }
    }
}

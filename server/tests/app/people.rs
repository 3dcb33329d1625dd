//! The pages of groups and users, and the home page.

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

fn group(name: &str, title: &str, parent: &str) -> String {
    let parent = if parent.is_empty() { String::new() } else { format!("  parent: {parent}\n") };
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: {name}\n  title: {title}\nspec:\n  type: team\n{parent}  children: []\n---\n"
    )
}

fn user(name: &str, shown: &str, email: &str, groups: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: {name}\nspec:\n  profile:\n    displayName: {shown}\n    email: {email}\n  memberOf: [{groups}]\n---\n"
    )
}

fn owned(owner: &str, from: usize, until: usize) -> String {
    (from..until).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "{}---", component_of(&format!("service-{number:03}"), owner, ""));
        text
    })
}

/// The bank, its payments with two teams, and who is in them.
fn organisation() -> String {
    group("bank", "Meridian Bank", "")
        + &group("payments", "Payments", "bank")
        + &group("cards", "Cards", "payments")
        + &group("transfers", "Transfers", "payments")
        + &group("instant", "Instant Transfers", "transfers")
        + &user("amina", "Amina El Idrissi", "amina@bank.example", "cards")
        + &user("jan", "Jan de Vries", "'jan@bank.example?bcc=all@bank.example'", "cards, instant")
        + &owned("cards", 0, 12)
        + &owned("payments", 12, 14)
        + &owned("instant", 14, 17)
        + &owned("user:jan", 17, 18)
}

/// A page without leptos' marks.
async fn read(app: &TestApp, path: &str) -> String {
    app.get(path).await.body.replace("<!>", "")
}

/// The words of a page's table, a row a line.
fn table(page: &str, caption: &str) -> Vec<String> {
    let table = page
        .split("<caption")
        .find(|rest| rest.split('>').nth(1).is_some_and(|text| text.starts_with(&format!("{caption}<"))));
    let body = table.and_then(|rest| rest.split("<tbody>").nth(1)).and_then(|rest| rest.split("</tbody>").next());
    let rows = body.unwrap_or_else(|| panic!("no table {caption}: {page}")).split("<tr>").skip(1);
    rows.map(|row| {
        let words = row.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text.trim());
        words.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" | ")
    })
    .collect()
}

#[tokio::test]
async fn a_group_shows_its_place_its_people_and_what_is_owned() {
    for db in databases().await {
        let app = bank(&db, &organisation()).await;
        let page = read(&app, "/catalog/default/group/payments").await;
        assert!(page.contains("<h1>Payments</h1>") && page.contains("<code>group:default/payments</code>"), "{page}");
        let above = page.split("aria-label=\"Groups above\"").nth(1).and_then(|rest| rest.split("</nav>").next());
        assert!(
            above.is_some_and(|above| above.contains("href=\"/catalog/default/group/bank\">Meridian Bank")),
            "{page}"
        );
        // Of the two in cards one is also in the team below the transfers.
        assert_eq!(table(&page, "Groups below"), ["Cards | 12 | 2 | 0", "Transfers | 3 | 1 | 1"], "{}", app.name);
        assert_eq!(table(&page, "Owned by kind"), ["Component | 2 | 15"], "{}", app.name);
        assert_eq!(table(&page, "Owned entities").len(), 2);
        assert!(page.contains("href=\"/catalog?kind=component&amp;owner=group:default/payments\""), "{page}");
        let others = "owner=group:default/cards&amp;owner=group:default/instant&amp;owner=group:default/transfers";
        assert!(
            page.contains(others)
                || page.contains(
                    "owner=group:default/cards&amp;owner=group:default/transfers&amp;owner=group:default/instant"
                ),
            "{page}"
        );

        let page = read(&app, "/catalog/default/group/cards").await;
        assert!(page.contains("href=\"mailto:amina@bank.example\"") && page.contains("Jan de Vries"), "{page}");
        assert!(!page.contains("bcc="), "an address that says more than whom to write to is left out: {page}");
        assert_eq!(table(&page, "Owned entities").len(), 10);
        assert!(page.contains("href=\"/catalog?owner=group:default/cards\">All 12 in the catalog"), "{page}");
        assert!(!page.contains("Groups below"), "{page}");
    }
}

#[tokio::test]
async fn a_user_shows_groups_and_what_they_own() {
    for db in databases().await {
        let app = bank(&db, &organisation()).await;
        let page = read(&app, "/catalog/default/user/jan").await;
        assert!(page.contains("<h1>Jan de Vries</h1>") && page.contains("<code>user:default/jan</code>"), "{page}");
        assert_eq!(table(&page, "Groups"), ["Cards | 12 | 2", "Instant Transfers | 3 | 1"], "{}", app.name);
        assert_eq!(table(&page, "Owned by kind"), ["Component | 1 | 15"], "{}", app.name);
        assert!(page.contains("All 16 in the catalog"), "{page}");
        let page = read(&app, "/catalog/default/group/bank").await;
        assert!(page.contains("href=\"/catalog/default/group/payments\""), "{page}");
    }
}

#[tokio::test]
async fn a_tree_of_groups_costs_one_statement_a_level_and_a_circle_ends() {
    for db in databases().await {
        let mut text = group("a", "A", "b") + &group("b", "B", "a") + &group("top", "Top", "");
        for number in 0..450 {
            text += &group(&format!("team-{number:03}"), &format!("Team {number}"), "top");
        }
        let app = bank(&db, &text).await;
        let page = read(&app, "/catalog/default/group/a").await;
        assert_eq!(table(&page, "Groups below"), ["B | 0 | 0"], "{}", app.name);
        let path = "/catalog/default/group/top";
        let page = read(&app, path).await;
        assert_eq!(table(&page, "Groups below").len(), 50, "{}", app.name);
        assert!(page.contains("more groups"), "{page}");
        let down = statements_of(&app, path).await.iter().filter(|text| text.contains("'parentOf'")).count();
        assert_eq!(down, 1, "{}", app.name);
    }
}

#[tokio::test]
async fn the_home_page_says_what_is_there_what_is_wrong_and_where_to_go() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let page = read(&app, "/").await;
        assert!(
            page.contains("No software is registered yet.") && page.contains("href=\"/locations/register\""),
            "{page}"
        );
        assert!(!page.contains("class=\"pk-search"), "there is nothing to search in: {page}");
        app.write("all.yaml", &organisation());
        app.import_from(&app.path(""), true).await;
        for number in 0..7 {
            app.write(
                &format!("bad-{number}/catalog-info.yaml"),
                "apiVersion: backstage.io/v1alpha1\nkind: Component\n",
            );
            app.import_from(&app.path(&format!("bad-{number}")), false).await;
        }
        let page = read(&app, "/").await;
        let at = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what}: {page}"));
        assert!(
            at("class=\"pk-search") < at("pk-counts") && at("pk-counts") < at("Recent changes"),
            "the search is first"
        );
        assert!(
            page.contains("href=\"/locations\">and 2 more<") || page.contains("href=\"/locations\">and 3 more<"),
            "{page}"
        );
        assert!(
            page.contains("href=\"/design\"") && !page.contains("kind=template"),
            "a way to nothing is not offered"
        );
    }
}

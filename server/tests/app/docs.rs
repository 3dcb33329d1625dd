//! Docs of entities: read by the refresh, kept, and shown.

use std::os::unix::fs::symlink;

use kit::identity::Caller;
use kit::server::plugin::Plugin;
use kit::server::testing::databases;

use crate::remote::{self, Site, git};
use crate::support::{TestApp, assert_counts, component, component_of, parsed, write};

const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";

/// A component's descriptor that names its docs.
fn documented(name: &str, annotation: &str) -> String {
    component_of(name, "team-a", &format!("  annotations:\n    backstage.io/techdocs-ref: '{annotation}'\n"))
}

/// The docs of a service, at a path and with a slash where it is not empty.
fn docs_at(put: impl Fn(&str, &str)) {
    put("catalog-info.yaml", &documented("pay", "dir:."));
    put(
        "mkdocs.yml",
        "site_name: Payments handbook\nmarkdown_extensions:\n  - emoji: !!python/name:x.y\nnav:\n  - Start: index.md\n  - Run:\n      - run/restart.md\n      - Sub:\n          - run/limits.md\n",
    );
    put(
        "docs/index.md",
        "# Welcome\n\nThe [restart](run/restart.md#how-to).\n\n![Map](img/map.svg)\n\n![Far](https://far.example/x.png)\n",
    );
    put("docs/run/restart.md", "# Restart it\n\n## How to\n\nPull the zwiebelfisch lever.\n\n## Then\n\nWait.\n");
    put("docs/run/limits.md", "# Limits\n\n!!! warning\n    Hot\n");
    put("docs/img/map.svg", SVG);
}

async fn pages(app: &TestApp) -> Vec<String> {
    app.column("SELECT path FROM catalog_doc ORDER BY path").await
}

async fn warnings(app: &TestApp) -> Vec<String> {
    app.problems().await.into_iter().filter(|line| line.contains(" docs ")).collect()
}

/// What the global search finds of docs.
async fn hits(app: &TestApp, query: &str) -> Vec<String> {
    let found = app.instance.catalog.search(&Caller::Operator, query, 10).await;
    found.into_iter().filter(|hit| hit.kind == "Docs").map(|hit| format!("{} {}", hit.kind, hit.path)).collect()
}

#[tokio::test]
async fn docs_are_read_kept_and_shown() {
    for db in databases().await {
        let app = TestApp::new(&db);
        docs_at(|path, text| app.write(&format!("svc/{path}"), text));
        let id = app.import().await;
        assert_eq!(pages(&app).await, ["", "run/limits", "run/restart"], "{}: {:?}", app.name, app.problems().await);
        assert_eq!(app.problems().await, Vec::<String>::new());

        let first = app.get("/catalog/default/component/pay/docs").await;
        assert_eq!(first.status, 200);
        for part in [
            "Payments handbook",
            "href=\"/catalog/default/component/pay/docs/run/restart#doc-how-to\"",
            "src=\"/api/catalog/docs/component/default/pay/img/map.svg\"",
            "<title>Welcome · pay · Portico</title>",
            "aria-current=\"page\" class=\"pk-reader__line\">Start",
            "svc/docs/index.md",
            "rel=\"next\"",
        ] {
            assert!(
                first.body.contains(part) || first.body.replace("class=\"pk-reader__line\" ", "").contains(part),
                "{part}\n{}",
                first.body
            );
        }
        assert!(!first.body.contains("src=\"https://far.example"), "nothing is loaded from another host");
        let second = app.get("/catalog/default/component/pay/docs/run/restart").await;
        assert!(
            second.status == 200 && second.body.contains("rel=\"prev\"") && second.body.contains("href=\"#doc-then\"")
        );
        let gone = app.get("/catalog/default/component/pay/docs/run/gone").await;
        assert!(gone.status == 404 && gone.body.contains("Go to the first page") && gone.body.contains("Restart it"));
        let overview = app.get("/catalog/default/component/pay").await;
        assert!(overview.body.contains("href=\"/catalog/default/component/pay/docs\""), "the tab is there");

        let found = hits(&app, "zwiebelfi").await;
        assert_eq!(found, ["Docs /catalog/default/component/pay/docs/run/restart"], "{}", app.name);

        let before = app.everything().await;
        let changed = app.column("SELECT last_change_at FROM catalog_location").await;
        app.refresh(id).await;
        assert_eq!(app.everything().await, before, "{}: the same files change nothing", app.name);
        assert_eq!(app.column("SELECT last_change_at FROM catalog_location").await, changed);

        app.write("svc/docs/img/map.svg", "<svg/>");
        app.refresh(id).await;
        let image = app.get("/api/catalog/docs/component/default/pay/img/map.svg").await;
        assert_eq!(image.body, "<svg/>", "an image that changed is read again");

        let times = "SELECT changed_at FROM catalog_doc WHERE path = ''";
        let time = app.column(times).await;
        app.remove("svc/docs/run/limits.md");
        app.write("svc/docs/run/restart.md", "# Restart it\n\nPush the button.\n");
        app.refresh(id).await;
        assert_eq!(pages(&app).await, ["", "run/restart"]);
        assert_eq!(app.column(times).await, time, "a page that is as it was has not changed");
        assert_eq!(hits(&app, "zwiebelfi").await, Vec::<String>::new());
        assert_eq!(warnings(&app).await.len(), 1, "nav names what is gone: {:?}", warnings(&app).await);
        assert_counts(&app, app.name).await;

        app.write("svc/catalog-info.yaml", &component("pay"));
        app.refresh(id).await;
        assert_eq!((pages(&app).await, warnings(&app).await), (vec![], vec![]), "docs that are not named any more go");
        let none = app.get("/catalog/default/component/pay/docs").await;
        assert!(none.status == 200 && none.body.contains("names no docs"), "{}", none.body);
    }
}

#[tokio::test]
async fn docs_go_with_their_entity_and_change_owner_with_it() {
    for db in databases().await {
        let app = TestApp::new(&db);
        for folder in ["one", "two"] {
            app.write(&format!("{folder}/catalog-info.yaml"), &documented("pay", "dir:."));
            app.write(&format!("{folder}/docs/index.md"), &format!("# From {folder}\n"));
        }
        let first = app.import_from(&app.path("one"), false).await;
        app.import_from(&app.path("two"), false).await;
        let title = "SELECT title FROM catalog_doc";
        assert_eq!(app.column(title).await, ["From one"], "{}", app.name);
        app.remove("one/catalog-info.yaml");
        app.refresh(first).await;
        assert_eq!(app.column(title).await, ["From two"], "{}", app.name);
        app.remove("two/catalog-info.yaml");
        app.refresh(2).await;
        for table in ["catalog_docs", "catalog_doc", "catalog_doc_file"] {
            assert_eq!(app.rows(table).await, Vec::<String>::new(), "{} {table}", app.name);
        }
        assert_eq!(app.query("SELECT * FROM search_document WHERE plugin = 'catalog.docs'").await.len(), 0);
    }
}

#[tokio::test]
async fn cve_2024_46976_an_image_is_served_so_that_nothing_in_it_runs() {
    for db in databases().await {
        let (app, nobody) = (TestApp::new(&db), TestApp::anonymous(&db));
        docs_at(|path, text| app.write(path, text));
        app.import().await;
        let image = "/api/catalog/docs/component/default/pay/img/map.svg";
        let answer = app.get(image).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, SVG), "{}", app.name);
        assert_eq!(answer.header("content-type"), "image/svg+xml");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; style-src 'unsafe-inline'; sandbox");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        for other in ["img/none.svg", "index.md", "../mkdocs.yml", "%2e%2e/mkdocs.yml", "docs/img/map.svg"] {
            let answer = app.get(&format!("/api/catalog/docs/component/default/pay/{other}")).await;
            assert_eq!(answer.status, 404, "{other}");
        }
        assert_eq!(nobody.get(image).await.status, 401);
        let refused = nobody.page("/catalog/default/component/pay/docs").await;
        assert!(refused.status == 401 && !refused.body.contains("Welcome"), "{}", refused.body);
    }
}

#[tokio::test]
async fn cve_2021_32662_cve_2026_25152_nothing_outside_the_folder_of_the_docs_is_read() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    app.write("secret.md", "# geheim\n");
    app.write("secret.png", "geheim");
    let at = |path: &str| app.path(&format!("root/{path}"));
    let put = |path: &str, text: &str| write(&at(path), text);
    let ways = [
        ("a", "dir:..", "docs_dir: docs\n"),
        ("b", "dir:../..", ""),
        ("c", "dir:/etc", ""),
        ("d", "dir:.", "docs_dir: ../..\n"),
        ("e", "dir:.", "docs_dir: /etc\n"),
        ("f", "dir:.", "nav: [../../../secret.md, /etc/passwd, link.md, folder/secret.md]\n"),
        ("g", "dir:./linked", ""),
        ("h", "url:file:///etc", ""),
        ("i", "dir:.git", ""),
        ("j", "url:http://169.254.169.254/latest", ""),
        ("k", "dir:%2e%2e/%2e%2e", ""),
        ("l", "..\\..", ""),
    ];
    for (name, annotation, config) in ways {
        put(&format!("{name}/catalog-info.yaml"), &documented(name, annotation));
        put(&format!("{name}/mkdocs.yml"), config);
        put(&format!("{name}/.git/docs/index.md"), "# geheim\n");
    }
    put(
        "f/docs/index.md",
        "# Fine\n\n![x](../../../secret.png) ![y](link.png) <img src='folder/secret.png'> [z](../../../secret.md)\n",
    );
    symlink(app.path("secret.md"), at("f/docs/link.md")).expect("link");
    symlink(app.path("secret.png"), at("f/docs/link.png")).expect("link");
    symlink(app.path(""), at("f/docs/folder")).expect("link");
    symlink(app.path(""), at("g/linked")).expect("link");
    symlink(app.path(""), at("a/docs")).expect("link");
    app.import_from(&at(""), false).await;
    assert_eq!(pages(&app).await, [""], "only the one page of f: {:#?}", warnings(&app).await);
    let everything = format!("{:?}", app.everything().await);
    assert!(!everything.contains("# geheim") && !everything.contains("root:x:"), "nothing of outside is kept");
    assert_eq!(app.rows("catalog_doc_file").await, Vec::<String>::new());
    let refused = app.column("SELECT e.name FROM catalog_docs d JOIN catalog_entity e ON e.id = d.entity_id WHERE d.error <> '' ORDER BY e.name").await;
    assert_eq!(refused, ["a", "b", "c", "d", "e", "g", "h", "i", "j", "k", "l"]);
    let page = app.get("/catalog/default/component/c/docs").await;
    assert!(
        page.status == 200 && page.body.contains("cannot be read") && page.body.contains("dir:/etc"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn what_is_too_much_is_cut_and_said() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    app.write("a/catalog-info.yaml", &documented("many", "dir:."));
    for number in 0..505 {
        app.write(&format!("a/docs/p{number:03}.md"), "# Page\n");
    }
    app.write("b/catalog-info.yaml", &documented("large", "dir:."));
    app.write("b/docs/index.md", "# Fine\n\n![x](big.png)\n");
    app.write("b/docs/big.md", &"x".repeat(1024 * 1024 + 1));
    app.write("b/docs/big.png", &"x".repeat(2 * 1024 * 1024 + 1));
    app.write("b/mkdocs.yml", "nav: [\n");
    let id = app.import().await;
    assert_eq!(pages(&app).await.len(), 501);
    let warnings = warnings(&app).await;
    for part in
        ["505 pages; the first 500", "the page has 1048577 bytes", "the image has 2097153 bytes", "b/mkdocs.yml:1:1"]
    {
        assert!(warnings.iter().any(|line| line.contains(part)), "{part}: {warnings:#?}");
    }
    let page = app.get("/catalog/default/component/large").await;
    assert!(page.body.contains("the page has 1048577 bytes"), "the entity's page says it");
    let before = app.everything().await;
    app.refresh(id).await;
    assert_eq!(app.everything().await, before);
}

#[tokio::test]
async fn docs_of_a_git_repository_follow_its_commits_and_outlive_it() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let (work, bare) = (app.path("work"), app.path("repo.git"));
        std::fs::create_dir(&work).expect("a folder");
        git(&work, &["init", "--quiet"]);
        docs_at(|path, text| write(&work.join(format!("svc/{path}")), text));
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "-m", "one"]);
        git(&work, &["clone", "--quiet", "--bare", ".", bare.to_str().expect("a path")]);
        let id = app.import_location(&parsed(&bare)).await;
        assert_eq!(pages(&app).await, ["", "run/limits", "run/restart"], "{}: {:?}", app.name, app.problems().await);
        let before = app.everything().await;
        app.refresh(id).await;
        assert_eq!(app.everything().await, before, "the same commit changes nothing");

        write(&work.join("svc/docs/index.md"), "# Second edition\n");
        git(&work, &["commit", "--quiet", "-a", "-m", "two"]);
        git(&work, &["push", "--quiet", bare.to_str().expect("a path"), "HEAD"]);
        app.refresh(id).await;
        let page = app.get("/catalog/default/component/pay/docs").await;
        assert!(page.body.contains("Second edition"), "{}", app.name);

        std::fs::rename(&bare, app.path("moved.git")).expect("moved");
        app.refresh(id).await;
        let page = app.get("/catalog/default/component/pay/docs").await;
        assert!(page.status == 200 && page.body.contains("Second edition"), "a repository that is down costs nothing");
    }
}

#[tokio::test]
async fn docs_at_an_address_are_fetched_by_their_navigation() {
    for db in databases().await {
        let site = Site::default();
        let host = site.start().await;
        let app = remote::app(&db, &host);
        site.put("/repo/catalog-info.yaml", 200, &documented("pay", "dir:."));
        site.put("/repo/mkdocs.yml", 200, "site_name: Far\nnav: [index.md, {More: [a/b.md, ../../secret.md]}]\n");
        site.put("/repo/docs/index.md", 200, "# One\n\n[two](a/b.md) ![i](i.png) [code](../src/main.rs)\n");
        site.put("/repo/docs/a/b.md", 200, "# Two\n");
        site.put("/repo/docs/i.png", 200, "png");
        site.put("/secret.md", 200, "# geheim\n");
        let id = remote::import(&app, &format!("http://{host}/repo/catalog-info.yaml")).await;
        assert_eq!(pages(&app).await, ["", "a/b"], "{}: {:?}", app.name, app.problems().await);
        let page = app.get("/catalog/default/component/pay/docs").await;
        assert!(page.body.contains(&format!("href=\"http://{host}/repo/src/main.rs\"")), "{}", page.body);
        assert_eq!(app.get("/api/catalog/docs/component/default/pay/i.png").await.body, "png");
        let asked = site.asked.lock().expect("asked").clone();
        assert!(!asked.iter().any(|path| path == "/secret.md"), "{asked:?}");
        let before = app.everything().await;
        app.refresh(id).await;
        assert_eq!(app.everything().await, before);

        site.put("/repo/docs/a/b.md", 500, "");
        app.refresh(id).await;
        assert_eq!(pages(&app).await, ["", "a/b"], "what cannot be read at the moment stays");
        let page = app.get("/catalog/default/component/pay/docs/a/b").await;
        assert!(page.body.contains("could not be read the last time") && page.body.contains("500"), "{}", page.body);
        let before = app.everything().await;
        app.refresh(id).await;
        assert_eq!(app.everything().await, before, "the same failure is noted once");
        site.put("/repo/docs/a/b.md", 200, "# Two\n");
        app.refresh(id).await;
        let page = app.get("/catalog/default/component/pay/docs/a/b").await;
        assert!(!page.body.contains("could not be read the last time"), "{}", app.name);
    }
}

#[tokio::test]
async fn a_readme_is_better_than_nothing() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    app.write("a/catalog-info.yaml", &documented("pay", "dir:."));
    app.write("a/README.md", "# Read me\n\n![i](img/i.png)\n");
    app.write("a/img/i.png", "png");
    app.import_location(&parsed(&app.path("a/catalog-info.yaml"))).await;
    assert_eq!(pages(&app).await, [""]);
    assert_eq!(app.get("/api/catalog/docs/component/default/pay/img/i.png").await.body, "png");
}

//! What reading locations brings into the catalog.

use std::os::unix::fs::symlink;

use catalog::server::NewLocation;
use kit::server::testing::databases;

use crate::support::{TestApp, assert_counts, component, component_of, location, parsed};

fn user(kind: &str, name: &str) -> String {
    format!("apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n  memberOf: []\n")
}

fn group(name: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: {name}\nspec:\n  type: team\n  children: []\n"
    )
}

fn api(definition: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: pay\nspec:\n  type: openapi\n  lifecycle: production\n  owner: team-a\n  definition:\n    {definition}\n"
    )
}

async fn definition(app: &TestApp) -> serde_json::Value {
    let entity =
        app.column("SELECT entity FROM catalog_entity WHERE ref = 'api:default/pay'").await.pop().expect("the API");
    serde_json::from_str::<serde_json::Value>(&entity).expect("an entity")["spec"]["definition"].clone()
}

async fn owner_path(app: &TestApp, entity_ref: &str) -> String {
    app.column(&format!("SELECT path FROM catalog_entity WHERE ref = '{entity_ref}'")).await.join(", ")
}

#[tokio::test]
async fn one_bad_document_never_sinks_its_neighbours() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let bad = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: bad\nspec:\n  type: service\n  lifecycle: 7\n  owner: team-a\n";
        app.write(
            "all.yaml",
            &[component("one").as_str(), bad, "", "# nothing\n", "kind: [\n", &component("two")].join("---\n"),
        );
        app.write("broken.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: x\n");
        app.write("chart/values.yaml", "image: {{ .Values.image }}\n");
        app.write("other.yml", &component("three"));
        let id = app.import().await;
        let loaded = app.refs().await;
        assert_eq!(
            loaded,
            ["component:default/one", "component:default/three", "component:default/two"],
            "{}",
            app.name
        );
        let errors = app.errors().await;
        assert!(
            errors.iter().any(|line| line.starts_with("all.yaml:16:14 error invalid /spec/lifecycle")),
            "{}: {errors:#?}",
            app.name
        );
        assert!(errors.iter().any(|line| line.starts_with("broken.yaml:")), "{errors:#?}");
        assert!(!errors.iter().any(|line| line.contains("chart/")), "what is no descriptor is no error: {errors:#?}");
        let page = app.get(&format!("/locations/{id}")).await;
        assert!(
            page.body.contains("all.yaml") && page.body.contains("16:14"),
            "the location's page names line and column"
        );
        assert_counts(&app, app.name).await;
    }
}

#[tokio::test]
async fn of_several_documents_with_one_ref_the_first_by_path_wins() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("b.yaml", &component_of("x", "team-b", ""));
        app.write("c.yaml", &[component_of("X", "team-c", ""), component_of("x", "team-d", "")].join("---\n"));
        let id = app.import().await;
        assert_eq!(owner_path(&app, "component:default/x").await, "b.yaml", "{}", app.name);
        assert_eq!(app.errors().await.len(), 2, "{:#?}", app.errors().await);

        app.write("a.yaml", &component_of("x", "team-a", ""));
        app.refresh(id).await;
        assert_eq!(owner_path(&app, "component:default/x").await, "a.yaml", "an earlier path takes over");
        let errors = app.errors().await;
        assert_eq!(errors.len(), 3, "{errors:#?}");
        assert!(
            errors.iter().all(|line| line.contains("component:default/x is already defined by a.yaml")),
            "{errors:#?}"
        );

        app.remove("a.yaml");
        app.refresh(id).await;
        assert_eq!(owner_path(&app, "component:default/x").await, "b.yaml", "the next one takes over");
        assert_eq!(app.errors().await.len(), 2, "{:#?}", app.errors().await);

        app.write("b.yaml", &component("y"));
        app.refresh(id).await;
        assert_eq!(owner_path(&app, "component:default/x").await, "c.yaml");
        assert_eq!(app.errors().await.len(), 1, "{:#?}", app.errors().await);
        assert_counts(&app, app.name).await;
    }
}

#[tokio::test]
async fn of_two_locations_with_one_ref_the_earlier_registered_wins_and_the_later_takes_over() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("first/z.yaml", &component_of("x", "team-1", ""));
        app.write("second/a.yaml", &component_of("x", "team-2", ""));
        let first = app.import_from(&app.path("first"), false).await;
        app.import_from(&app.path("second"), false).await;
        assert_eq!(owner_path(&app, "component:default/x").await, "z.yaml", "{}", app.name);
        app.remove("first/z.yaml");
        app.refresh(first).await;
        assert_eq!(owner_path(&app, "component:default/x").await, "a.yaml", "{}", app.name);
        assert_eq!(app.errors().await, Vec::<String>::new());
        app.write("first/z.yaml", &component_of("x", "team-1", ""));
        app.refresh(first).await;
        assert_eq!(owner_path(&app, "component:default/x").await, "z.yaml", "{}", app.name);
        assert_eq!(app.errors().await.len(), 1);
    }
}

#[tokio::test]
async fn what_was_removed_is_orphaned_and_adopted_when_it_comes_back() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("a.yaml", &component("a"));
        app.write("b.yaml", &component("b"));
        let id = app.import().await;
        let uid = app.column("SELECT uid FROM catalog_entity WHERE name = 'a'").await;
        app.remove("a.yaml");
        app.refresh(id).await;
        assert_eq!(app.refs().await, ["component:default/b"], "{}", app.name);
        let orphan = app.get_json("/api/catalog/entities/by-name/component/default/a").await.json();
        assert_eq!(orphan["metadata"]["annotations"]["backstage.io/orphan"], "true");
        assert!(app.get("/catalog/default/component/a").await.body.contains("No file describes this entity any more"));
        assert!(app.get("/catalog?orphan=true").await.body.contains("/catalog/default/component/a"));
        assert_counts(&app, app.name).await;

        app.write("again.yaml", &component("a"));
        app.refresh(id).await;
        assert_eq!(app.refs().await, ["component:default/a", "component:default/b"]);
        assert_eq!(app.column("SELECT uid FROM catalog_entity WHERE name = 'a'").await, uid, "it is the same entity");
        let adopted = app.get_json("/api/catalog/entities/by-name/component/default/a").await.json();
        assert_eq!(adopted["metadata"]["annotations"].get("backstage.io/orphan"), None);
        assert_counts(&app, app.name).await;
    }
}

#[tokio::test]
async fn a_second_reading_of_unchanged_files_changes_no_row() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("all.yaml", &location("all", &["./c/*.yaml", "./missing.yaml"]));
        app.write("c/a.yaml", &[component("a"), component("a"), "kind: [".into()].join("---\n"));
        app.write("c/b.yaml", &component("b"));
        app.write("api.yaml", &api("$text: ./spec.txt"));
        app.write("spec.txt", "openapi: 3.1.0\n");
        app.write("gone.yaml", &component("gone"));
        let id = app.import().await;
        app.remove("gone.yaml");
        app.refresh(id).await;
        let before = app.everything().await;
        let events = app.rows("audit_event").await.len();
        for _ in 0..2 {
            app.refresh(id).await;
            assert_eq!(app.everything().await, before, "{}", app.name);
        }
        assert_eq!(
            app.rows("audit_event").await.len(),
            events + 2,
            "two refreshes were asked for, and nothing was ingested"
        );
    }
}

#[tokio::test]
async fn changed_content_is_picked_up_and_nothing_of_the_old_is_left() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("a.yaml", &component_of("a", "team-a", "  tags: [old]\n  title: Before\n"));
        let id = app.import().await;
        app.write("a.yaml", &component_of("a", "team-b", "  tags: [new]\n  title: After\n"));
        app.refresh(id).await;
        let page = app.get("/catalog?q=after").await;
        assert!(page.body.contains("/catalog/default/component/a"), "{}", app.name);
        assert!(!app.get("/catalog?q=before").await.body.contains("/catalog/default/component/a"));
        assert!(!app.get("/catalog?tag=old").await.body.contains("/catalog/default/component/a"));
        assert_eq!(
            app.column("SELECT target_ref FROM catalog_relation WHERE type = 'ownedBy'").await,
            ["group:default/team-b"]
        );
        assert_counts(&app, app.name).await;
    }
}

#[tokio::test]
async fn placeholders_stand_for_text_yaml_and_json_beside_the_descriptor() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("apis/spec.yaml.txt", "openapi: 3.1.0\n");
        app.write("apis/api.yaml", &api("$text: ./spec.yaml.txt"));
        let id = app.import().await;
        assert_eq!(definition(&app).await, "openapi: 3.1.0\n", "{}", app.name);

        app.write("apis/spec.yaml.txt", "openapi: 3.2.0\n");
        app.refresh(id).await;
        assert_eq!(
            definition(&app).await,
            "openapi: 3.2.0\n",
            "a changed target is noticed though the descriptor is the same"
        );

        for (placeholder, content, expected) in [
            ("$yaml: ../shared/page.txt", "a: [1, two]\n", serde_json::json!({"a": [1, "two"]})),
            ("$json: ../shared/page.txt", "{\"a\": [1, \"two\"]}", serde_json::json!({"a": [1, "two"]})),
        ] {
            let of = format!(
                "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: c\nspec:\n  type: service\n  lifecycle: production\n  owner: team-a\n  more:\n    {placeholder}\n"
            );
            app.write("shared/page.txt", content);
            app.write("apis/c.yaml", &of);
            app.refresh(id).await;
            let entity = app.get_json("/api/catalog/entities/by-name/component/default/c").await.json();
            assert_eq!(entity["spec"]["more"], expected, "{} {placeholder}", app.name);
        }
        assert_eq!(app.errors().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_placeholder_without_a_target_leaves_the_entity_loaded_with_an_error_on_its_field() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("api.yaml", &api("$text: ./nowhere.yaml"));
        let id = app.import().await;
        assert_eq!(app.refs().await, ["api:default/pay"], "{}", app.name);
        let errors = app.errors().await;
        assert_eq!(errors.len(), 1);
        assert!(errors[0].starts_with("api.yaml:10:5 error placeholder /spec/definition"), "{errors:?}");
        assert!(app.get("/catalog/default/api/pay").await.body.contains("nowhere.yaml"), "the entity's page shows it");

        app.write("nowhere.yaml", "a: 1\n");
        app.refresh(id).await;
        assert_eq!(app.errors().await, Vec::<String>::new(), "it is put right as soon as the target is there");
        app.remove("nowhere.yaml");
        app.refresh(id).await;
        assert_eq!(app.errors().await.len(), 1, "and wrong again when it goes");
        assert_eq!(app.refs().await, ["api:default/pay"]);
    }
}

#[tokio::test]
async fn a_location_with_a_missing_target_is_loaded_with_an_error_at_line_and_column() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("all.yaml", &location("all", &["./here.yaml", "./nowhere.yaml"]));
        app.write("here.yaml", &component("here"));
        let start = parsed(&app.path("all.yaml"));
        let id = app.import_location(&start).await;
        assert_eq!(app.refs().await, ["component:default/here", "location:default/all"], "{}", app.name);
        let errors = app.errors().await;
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].starts_with("all.yaml:8:7 error target /spec/targets/1 nowhere.yaml does not exist"),
            "{errors:?}"
        );

        app.write("nowhere.yaml", &component("found"));
        app.refresh(id).await;
        assert_eq!(app.errors().await, Vec::<String>::new());
        assert_eq!(app.refs().await.len(), 3);
        app.remove("nowhere.yaml");
        app.refresh(id).await;
        assert_eq!(app.errors().await.len(), 1, "{}: {:?}", app.name, app.problems().await);
        assert_eq!(app.refs().await.len(), 2, "what is gone is orphaned");
    }
}

#[tokio::test]
async fn an_optional_target_may_be_missing() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let optional =
            location("all", &["./maybe.yaml", "./none/*.yaml"]).replace("spec:\n", "spec:\n  presence: optional\n");
        app.write("all.yaml", &optional);
        let id = app.import_location(&parsed(&app.path("all.yaml"))).await;
        assert_eq!(app.errors().await, Vec::<String>::new(), "{}", app.name);
        app.write("maybe.yaml", &component("maybe"));
        app.write("none/one.yaml", &component("one"));
        app.refresh(id).await;
        assert_eq!(app.refs().await, ["component:default/maybe", "component:default/one", "location:default/all"]);
        app.remove("maybe.yaml");
        app.refresh(id).await;
        assert_eq!(app.refs().await, ["component:default/one", "location:default/all"]);
        assert_eq!(app.errors().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_pattern_stands_for_all_files_that_fit_and_for_those_that_come() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("all.yaml", &location("all", &["./*/catalog-info.yaml", "./deep/**/x.yaml", "./nothing/*.yaml"]));
        app.write("a/catalog-info.yaml", &component("a"));
        app.write("a/other.yaml", &component("other"));
        app.write("a/b/catalog-info.yaml", &component("too-deep"));
        app.write("deep/1/2/x.yaml", &component("deep"));
        let id = app.import_location(&parsed(&app.path("all.yaml"))).await;
        assert_eq!(
            app.refs().await,
            ["component:default/a", "component:default/deep", "location:default/all"],
            "{}",
            app.name
        );
        assert_eq!(app.errors().await.len(), 1, "a pattern that fits nothing is an error: {:?}", app.errors().await);
        app.write("b/catalog-info.yaml", &component("b"));
        app.refresh(id).await;
        assert!(app.refs().await.contains(&"component:default/b".to_owned()));
        std::fs::remove_file(app.path("a/catalog-info.yaml")).expect("removed");
        app.refresh(id).await;
        assert!(!app.refs().await.contains(&"component:default/a".to_owned()));
    }
}

/// A secret outside the location, and every way to name it.
fn ways_out(app: &TestApp) -> Vec<String> {
    app.write("secret.yaml", &component("secret"));
    std::fs::create_dir_all(app.path("root/sub")).expect("folders");
    symlink(app.path("secret.yaml"), app.path("root/link.yaml")).expect("a link");
    symlink("../secret.yaml", app.path("root/relative.yaml")).expect("a link");
    symlink("..", app.path("root/up")).expect("a link");
    symlink("link.yaml", app.path("root/chain.yaml")).expect("a link to a link");
    let absolute = app.path("secret.yaml").display().to_string();
    [
        "../secret.yaml",
        "sub/../../secret.yaml",
        "./link.yaml",
        "relative.yaml",
        "up/secret.yaml",
        "chain.yaml",
        absolute.as_str(),
        &format!("file://{absolute}"),
        "..\\secret.yaml",
        "/etc/passwd",
        "file:///etc/passwd",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn cve_2024_26150_cve_2026_24046_targets_and_links_never_lead_out_of_the_location() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let ways = ways_out(&app);
        let targets: Vec<&str> = ways.iter().map(String::as_str).collect();
        app.write("root/all.yaml", &location("all", &targets));
        app.import_from(&app.path("root"), false).await;
        assert_eq!(app.refs().await, ["location:default/all"], "{}", app.name);
        let errors = app.errors().await;
        for (number, target) in targets.iter().enumerate() {
            let pointer = format!("/spec/targets/{number} ");
            assert!(errors.iter().any(|line| line.contains(&pointer)), "{} has no error: {errors:#?}", target);
        }
        assert!(!errors.join("").contains("root:x:0"), "no content of another file is quoted");
    }
}

#[tokio::test]
async fn cve_2026_106498_placeholders_never_read_outside_the_location() {
    for db in databases().await {
        let app = TestApp::new(&db);
        for (number, way) in ways_out(&app).iter().enumerate() {
            app.write(
                &format!("root/api-{number:02}.yaml"),
                &api(&format!("$text: '{way}'")).replace("name: pay", &format!("name: pay-{number:02}")),
            );
        }
        app.import_from(&app.path("root"), false).await;
        let errors = app.errors().await;
        let ways = ways_out_count();
        assert_eq!(
            errors.iter().filter(|line| line.contains(" placeholder ")).count(),
            ways,
            "{}: {errors:#?}",
            app.name
        );
        for entity in app.column("SELECT entity FROM catalog_entity").await {
            assert!(!entity.contains("name: secret") && !entity.contains("root:x:0"), "{entity}");
        }
    }
}

/// How many ways [`ways_out`] knows.
fn ways_out_count() -> usize {
    11
}

#[tokio::test]
async fn a_registered_link_out_of_a_folder_is_listed_by_no_pattern() {
    for db in databases().await {
        let app = TestApp::new(&db);
        ways_out(&app);
        app.write("root/all.yaml", &location("all", &["./**/*.yaml", "./up/*.yaml"]));
        app.write("root/sub/ok.yaml", &component("ok"));
        app.import_location(&parsed(&app.path("root/all.yaml"))).await;
        assert_eq!(app.refs().await, ["component:default/ok", "location:default/all"], "{}", app.name);
    }
}

#[tokio::test]
async fn users_and_groups_come_only_from_locations_trusted_for_organisation_data() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("org.yaml", &[group("team-a"), user("User", "ada"), component("c")].join("---\n"));
        let id = app.import_from(&app.path(""), false).await;
        assert_eq!(app.refs().await, ["component:default/c"], "{}", app.name);
        let errors = app.errors().await;
        assert_eq!(errors.len(), 2);
        assert!(
            errors[0].starts_with("org.yaml:2:7 error kind-not-allowed /kind Group entities are read only from"),
            "{errors:?}"
        );

        assert_eq!(app.import_from(&app.path(""), true).await, id, "registering again with trust is the same location");
        assert_eq!(app.refs().await, ["component:default/c", "group:default/team-a", "user:default/ada"]);
        assert_eq!(app.errors().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn cve_2026_106503_another_letter_case_of_a_kind_does_not_slip_past_the_rule() {
    for db in databases().await {
        let app = TestApp::new(&db);
        for (number, kind) in ["user", "USER", "uSer", "group", "GROUP"].iter().enumerate() {
            app.write(&format!("{number}.yaml"), &user(kind, "mallory"));
            app.write(
                &format!("custom-{number}.yaml"),
                &user(kind, "eve").replace("backstage.io/v1alpha1", "portico.dev/v1"),
            );
        }
        app.import().await;
        assert_eq!(app.refs().await, Vec::<String>::new(), "{}", app.name);
        let mut limited = NewLocation { allowed_kinds: Some(vec!["component".into()]), ..parsed(&app.path("0.yaml")) };
        limited.trust_org = false;
        app.import_location(&limited).await;
        assert_eq!(app.refs().await, Vec::<String>::new(), "{}", app.name);
    }
}

#[tokio::test]
async fn a_location_brings_only_the_kinds_that_its_rule_allows() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let system = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: s\nspec:\n  owner: team-a\n";
        let custom = "apiVersion: bank.example/v1\nkind: Ledger\nmetadata:\n  name: l\n"
            .replace("bank.example/v1", "backstage.io/v1alpha1");
        app.write("all.yaml", &[component("c").as_str(), system, &custom].join("---\n"));
        let limited =
            NewLocation { allowed_kinds: Some(vec!["System".into(), "ledger".into()]), ..parsed(&app.path("")) };
        app.import_location(&limited).await;
        assert_eq!(app.refs().await, ["ledger:default/l", "system:default/s"], "{}", app.name);
        let errors = app.errors().await;
        assert!(
            errors.len() == 1 && errors[0].contains("this location may not bring Component entities"),
            "{errors:?}"
        );
    }
}

#[tokio::test]
async fn a_character_that_a_database_refuses_does_not_sink_the_location() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("a.yaml", &component_of("a", "team-a", "  title: \"A\\0B\"\n  annotations: {\"x/y\": \"\\0\"}\n"));
        app.write("b.yaml", &component("b"));
        app.import().await;
        assert_eq!(app.refs().await, ["component:default/a", "component:default/b"], "{}", app.name);
        assert_eq!(app.get("/catalog/default/component/a").await.status, 200);
    }
}

#[tokio::test]
async fn a_file_that_goes_with_another_does_not_come_back_for_its_name() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("all.yaml", &location("all", &["./a.yaml", "./b.yaml", "./c.yaml"]));
        app.write("a.yaml", &component("x"));
        app.write("b.yaml", &component("x"));
        app.write("c.yaml", &component("x"));
        let id = app.import_location(&parsed(&app.path("all.yaml"))).await;
        app.remove("b.yaml");
        app.write("all.yaml", &location("all", &[]).replace("targets:\n", "targets: []\n"));
        app.refresh(id).await;
        assert_eq!(app.refs().await, ["location:default/all"], "{}", app.name);
        assert_eq!(app.problems().await, Vec::<String>::new(), "{}", app.name);
        assert_eq!(app.rows("catalog_file").await.len(), 1);
    }
}

#[tokio::test]
async fn kinds_without_built_in_rules_are_kept_and_shown() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write(
            "custom.yaml",
            "apiVersion: backstage.io/v1alpha1\nkind: AiResource\nmetadata:\n  name: helper\nspec:\n  type: skill\n",
        );
        app.import().await;
        assert_eq!(app.refs().await, ["airesource:default/helper"], "{}", app.name);
        let page = app.get("/catalog/default/airesource/helper").await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("helper"));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_decoded_is_an_error_of_its_own() {
    for db in databases().await {
        let app = TestApp::new(&db);
        std::fs::write(
            app.path("latin1.yaml"),
            b"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: caf\xe9\n",
        )
        .expect("written");
        app.write("ok.yaml", &format!("\u{feff}{}", component("ok").replace('\n', "\r\n")));
        app.import().await;
        assert_eq!(app.refs().await, ["component:default/ok"], "{}", app.name);
        assert_eq!(app.errors().await.len(), 1, "{:?}", app.errors().await);
    }
}

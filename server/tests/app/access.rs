//! Who may do what: the default policies, the bank's own, and what people are told.

use std::collections::BTreeSet;
use std::sync::Arc;

use catalog::server::Catalog;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::plugin::Permission;
use kit::server::authorise::{Attributes, Because, Gate, Resource, Source};
use kit::server::directory::Directory;
use kit::server::testing::databases;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use server::config::{AccessConfig, Config};
use server::policies::{self, Reloader};

use crate::support::{TestApp, component, component_of};

const FORM: &str = "application/x-www-form-urlencoded";

fn principal(subject: &str, groups: &[&str]) -> Principal {
    Principal {
        kind: if subject.starts_with("service:") { PrincipalKind::Service } else { PrincipalKind::Person },
        subject: subject.into(),
        name: subject.into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: "r".into(),
    }
}

fn person(groups: &[&str]) -> Caller {
    Caller::Principal(Arc::new(principal("user:default/jane", groups)))
}

fn administrator() -> Caller {
    Caller::Principal(Arc::new(Principal { administrator: true, ..principal("user:default/root", &[]) }))
}

fn default_gate() -> Gate {
    policies::gate(&AccessConfig::default()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn permissions() -> impl Iterator<Item = &'static Permission> {
    app::PLUGINS.iter().flat_map(|plugin| plugin.permissions)
}

fn permission(action: &str) -> &'static Permission {
    permissions().find(|each| each.action == action).expect("a plugin has the action")
}

/// An action that is new stands on one of these lists once somebody has decided whose it is, and in the default policies where it is not the administrators' alone.
#[test]
fn by_default_each_right_has_the_holders_that_are_written_down_here() {
    let gate = default_gate();
    let allowed = |caller: &Caller, resource: &Resource<'_>| -> BTreeSet<&str> {
        permissions().filter(|each| gate.decide(caller, each, resource).allowed()).map(|each| each.action).collect()
    };
    let read = [
        "catalog.entity.read",
        "catalog.entity.validate",
        "catalog.location.read",
        "contributions.contribution.read",
        "design.page.read",
        "golden-paths.path.read",
        "search.everything.read",
        "templates.action.read",
        "templates.repository.read",
        "templates.template.read",
    ];
    let service = Caller::Principal(Arc::new(principal("service:bot", &["group:default/payments"])));
    let theirs = Attributes { id: "x", owner: "group:default/payments", ..Attributes::default() };
    let mut of_a_service = BTreeSet::from(read);
    of_a_service.insert("access.decision.read");
    assert_eq!(allowed(&service, &Resource::Known(&theirs)), of_a_service, "a service only reads");
    let contribute = [
        "catalog.location.register",
        "catalog.location.refresh",
        "catalog.filter.save",
        "contributions.contribution.pitch",
        "contributions.contribution.take-part",
        "golden-paths.journey.start",
        "settings.profile.read",
        "settings.session.end",
        "settings.token.create",
        "settings.token.revoke",
        "templates.template.run",
        "templates.template.try",
    ];
    let everybody: BTreeSet<&str> = read.into_iter().chain(contribute).collect();
    assert_eq!(allowed(&person(&[]), &Resource::Known(&theirs)), everybody);
    assert_eq!(allowed(&person(&["group:default/risk"]), &Resource::Known(&theirs)), everybody);
    let own = [
        "access.decision.read",
        "catalog.entity.delete",
        "catalog.entity.star",
        "catalog.location.unregister",
        "golden-paths.journey.change",
        "golden-paths.journey.read",
        "golden-paths.path.star",
        "golden-paths.version.change",
        "inbox.message.mark",
        "inbox.message.read",
        "inbox.preference.choose",
        "templates.task.change",
        "templates.task.read",
        "templates.template.star",
        "templates.version.change",
    ];
    let owners: BTreeSet<&str> = everybody.iter().copied().chain(own).collect();
    assert_eq!(allowed(&person(&["group:default/payments"]), &Resource::Known(&theirs)), owners);
    let all: BTreeSet<&str> = permissions().map(|each| each.action).collect();
    assert_eq!(allowed(&administrator(), &Resource::All), all);
    let administrators_alone: BTreeSet<&str> = all.difference(&owners).copied().collect();
    let expected = ["audit.event.export", "audit.event.read", "catalog.location.trust", "catalog.path.read"];
    assert_eq!(administrators_alone, BTreeSet::from(expected));
}

#[tokio::test]
async fn the_members_of_a_group_below_the_owner_change_what_it_owns() {
    const ORGANISATION: &str = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: payments}\nspec: {type: team, children: []}\n---\n\
        apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: cards}\nspec: {type: team, parent: payments, children: []}\n---\n\
        apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: jane}\nspec: {memberOf: [cards]}\n---\n";
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("org/org.yaml", ORGANISATION);
        app.write("software/a.yaml", &component_of("a", "payments", ""));
        // Whoever registers a descriptor joins no group by it.
        app.write(
            "software/mallory.yaml",
            "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: mallory}\nspec: {memberOf: [payments]}\n",
        );
        app.import_from(&app.path("org"), true).await;
        app.import_from(&app.path("software"), false).await;
        let directory: &Catalog = &app.instance.catalog.catalog;
        let rights_of = async |subject: &str| {
            let groups = directory.groups(Some(subject), &[]).await.expect("groups");
            let groups: Vec<&str> = groups.iter().map(|each| each.group.as_str()).collect();
            let caller = Caller::Principal(Arc::new(principal(subject, &groups)));
            let thing =
                Attributes { id: "component:default/a", owner: "group:default/payments", ..Attributes::default() };
            app.instance.kit.gate.decide(&caller, permission("catalog.entity.delete"), &Resource::Known(&thing))
        };
        let jane = rights_of("user:default/jane").await;
        assert_eq!((jane.because, jane.by), (Because::Permitted, vec!["owners-change".to_owned()]), "{}", app.name);
        assert_eq!(rights_of("user:default/mallory").await.because, Because::NoPolicy, "{}", app.name);
    }
}

#[tokio::test]
async fn a_refusal_names_the_right_and_who_can_grant_it() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("a.yaml", &component("a"));
        let id = operator.import().await;
        let before = operator.rows("catalog_location").await;
        let jane = TestApp::with(&db, Config::default(), &[], person(&["group:default/somebody-else"]));
        let refused = jane.post("/api/catalog/fn/unregister", FORM, &format!("id={id}")).await;
        assert_eq!(refused.status, 403, "{}", refused.body);
        assert!(refused.body.contains("unregister a location"), "{}", refused.body);
        assert!(refused.body.contains("an administrator of the portal"), "{}", refused.body);
        let page = jane.get(&format!("/locations/{id}/unregister")).await;
        assert_eq!(page.status, 403);
        assert!(page.body.contains("You lack the right to unregister a location"), "{}", page.body);
        assert!(!page.body.contains("which owns it"), "the operator owns it, whom nobody can ask: {}", page.body);
        assert_eq!(operator.rows("catalog_location").await, before, "{}", operator.name);
        let root = TestApp::with(&db, Config::default(), &[], administrator());
        assert_eq!(root.get(&format!("/locations/{id}/unregister")).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_is_refused_what_its_scopes_do_not_cover_even_an_administrators() {
    let db = databases().await.swap_remove(0);
    let token = |scopes: &[&str]| {
        let scopes = Some(scopes.iter().map(|scope| (*scope).to_owned()).collect());
        let principal =
            Principal { scopes, via: Via::Token(1), administrator: true, ..principal("user:default/root", &[]) };
        TestApp::with(&db, Config::default(), &[], Caller::Principal(Arc::new(principal)))
    };
    let app = token(&["catalog.entity.read"]);
    assert_eq!(app.get_json("/api/catalog/entities/by-query").await.status, 200);
    let refused = app.get_json("/api/catalog/locations").await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.body.contains("with this token; a token with the scope catalog.location.read can grant it"),
        "{}",
        refused.body
    );
    assert_eq!(token(&["catalog.*"]).get_json("/api/catalog/locations").await.status, 200);
    assert_eq!(token(&[]).get_json("/api/catalog/entities/by-query").await.status, 403);
}

const DEPLOYER: &str = "@id(\"deployer-registers\")\n@description(\"The deployment pipeline registers what it builds.\")\n\
    permit (principal == Service::\"service:deployer\", action == Action::\"catalog.location.register\", resource);\n";

#[tokio::test]
async fn the_banks_own_policies_are_added_changed_and_kept_when_a_change_is_broken() {
    for db in databases().await {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bank.cedar");
        std::fs::write(&file, DEPLOYER).expect("written");
        let access = AccessConfig { policies: vec![file.clone()], ..AccessConfig::default() };
        let config = Config { access: access.clone(), ..Config::default() };
        let app = TestApp::with(&db, config, &[], Caller::Operator);
        let kit = &app.instance.kit;
        let registers = |name: &str| {
            let caller = Caller::Principal(Arc::new(principal(name, &[])));
            kit.gate.decide(&caller, permission("catalog.location.register"), &Resource::All)
        };
        assert_eq!(registers("service:deployer").by, ["deployer-registers"]);
        assert_eq!(registers("service:other").because, Because::NoPolicy);
        assert_eq!(registers("user:default/jane").by, ["people-contribute"], "the default ones hold as well");

        let mut reloader = Reloader::new(kit.clone(), access);
        assert!(!reloader.look(false).await.expect("looked"), "nothing has changed");
        std::fs::write(
            &file,
            "@id(\"broken\")\npermit (principal, action == Action::\"catalog.location.regster\", resource);",
        )
        .expect("written");
        assert!(reloader.look(false).await.expect("looked"));
        assert_eq!(registers("service:deployer").by, ["deployer-registers"], "a broken file keeps the old policies");
        assert!(!reloader.look(false).await.expect("looked"), "and says so once");
        std::fs::remove_file(&file).expect("removed");
        assert!(reloader.look(false).await.expect("looked"));
        assert!(registers("service:deployer").allowed(), "so does one that is gone");

        std::fs::write(&file, DEPLOYER.replace("service:deployer", "service:other")).expect("written");
        assert!(reloader.look(false).await.expect("looked"));
        assert_eq!(registers("service:deployer").because, Because::NoPolicy);
        assert_eq!(registers("service:other").by, ["deployer-registers"]);
        assert!(reloader.look(true).await.expect("looked"), "whoever asks gets an answer");

        let trail =
            app.column("SELECT detail FROM audit_event WHERE action = 'access.policy.reload' ORDER BY id").await;
        let reloaded: Vec<bool> = trail.iter().map(|detail| detail.contains("\"reloaded\":true")).collect();
        assert_eq!(reloaded, [false, false, true, true], "{}: {trail:?}", app.name);
        assert!(trail[0].contains("bank.cedar:2:30: unrecognized action"), "{}", trail[0]);
    }
}

#[test]
fn a_broken_file_stops_the_start_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bank.cedar");
    let gate = |text: &str, replace_default: bool| {
        std::fs::write(&file, text).expect("written");
        policies::gate(&AccessConfig { policies: vec![file.clone()], replace_default, ..AccessConfig::default() })
    };
    let problem = gate("@id(\"x\") permit (principal, action, resorce);", false).expect_err("broken").to_string();
    assert!(problem.contains("bank.cedar:1:37: "), "{problem}");
    let problem =
        gate("@id(\"administrators\") permit (principal, action, resource);", false).expect_err("twice").to_string();
    assert!(problem.contains("another policy is called \"administrators\" as well"), "{problem}");
    let alone =
        gate("@id(\"administrators\") permit (principal is Person, action in Action::\"design.*\", resource);", true);
    assert_eq!(alone.expect("sound").policies().len(), 1, "the default ones are replaced");
}

#[test]
fn the_policies_of_the_documentation_are_sound() {
    let text = include_str!("../../../docs/access.md");
    let policies: String = text.split("```cedar\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("docs.cedar");
    std::fs::write(&file, &policies).expect("written");
    let gate = policies::gate(&AccessConfig { policies: vec![file], ..AccessConfig::default() });
    let gate = gate.unwrap_or_else(|problems| panic!("{problems}"));
    let hidden = Attributes { id: "component:treasury/a", namespace: "treasury", ..Attributes::default() };
    for (groups, allowed) in [(&["group:default/treasury"][..], true), (&["group:default/payments"], false)] {
        let decision = gate.decide(&person(groups), permission("catalog.entity.read"), &Resource::Known(&hidden));
        assert_eq!(decision.allowed(), allowed, "{decision:?}");
    }
}

#[tokio::test]
async fn a_page_offers_what_the_gate_would_allow_and_nothing_else() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("a.yaml", &component_of("a", "payments", ""));
        let catalog = &operator.instance.catalog.catalog;
        let hers =
            catalog.register(&person(&[]), &crate::support::parsed(&operator.path(""))).await.expect("registered");
        operator.work().await;
        let location = format!("/locations/{}", hers.id);
        let joe = || Caller::Principal(Arc::new(principal("user:default/joe", &[])));
        let [jane, other, bare] =
            [person(&[]), joe(), joe()].map(|caller| TestApp::with(&db, Config::default(), &[], caller));
        bare.put_policy("@id(\"readers\") forbid (principal, action in Action::\"write\", resource);\n");
        let filtered = "/catalog?kind=component";
        let entity = "/catalog/default/component/a";
        let offers = [
            ("/", "href=\"/locations/register\""),
            ("/catalog", "href=\"/locations/register\""),
            (filtered, "/api/catalog/fn/save-filter"),
            ("/locations", "href=\"/locations/register\""),
            ("/locations", "/api/catalog/fn/refresh"),
            (&location, "/api/catalog/fn/refresh"),
            (&location, "/unregister\""),
            (entity, "/api/catalog/fn/star"),
            ("/settings/tokens", "/api/settings/fn/create-token"),
        ];
        for (page, offer) in offers {
            let offered = async |app: &TestApp| {
                let answer = app.get(page).await;
                assert_eq!(answer.status, 200, "{page}: {}", answer.body);
                answer.body.contains(offer)
            };
            assert!(offered(&jane).await, "{}: {page} {offer}", jane.name);
            // A location is its owner's to unregister.
            assert_eq!(offered(&other).await, !offer.contains("unregister"), "{}: {page} {offer}", jane.name);
            assert!(!offered(&bare).await, "{}: {page} {offer}", jane.name);
        }
        let refused = bare.get("/locations/register").await;
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("You lack the right to register a location"), "{}", refused.body);
        assert!(!refused.body.contains("name=\"target\""), "{}", refused.body);
    }
}

#[tokio::test]
async fn the_access_page_shows_the_decision_with_the_policy_that_made_it() {
    for db in databases().await {
        let config = || Config {
            access: AccessConfig { administrators: vec!["group:default/platform".into()], ..AccessConfig::default() },
            ..Config::default()
        };
        let root = TestApp::with(&db, config(), &[], administrator());
        root.write("a.yaml", &component_of("a", "payments", ""));
        root.write(
            "org.yaml",
            "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: payments}\nspec: {type: team, children: []}\n---\n\
             apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: amina}\nspec: {memberOf: [payments]}\n",
        );
        root.import_from(&root.path(""), true).await;
        let text =
            async |app: &TestApp, query: &str| app.get(&format!("/access?{query}")).await.body.replace("<!>", "");
        let delete = "action=catalog.entity.delete&thing=component:default/a";
        let amina = text(&root, &format!("who=user:default/amina&{delete}")).await;
        for part in [
            "Allowed",
            "A policy permits it.",
            "owners-change",
            "group:default/payments",
            "owner group:default/payments",
        ] {
            assert!(amina.contains(part), "{}: {part} is missing: {amina}", root.name);
        }
        let jane = TestApp::with(&db, config(), &[], person(&[]));
        let own = text(&jane, delete).await;
        for part in [
            "Refused",
            "No policy permits it.",
            "You lack the right to delete an entity; group:default/payments, which owns it, or an administrator",
        ] {
            assert!(own.contains(part), "{part} is missing: {own}");
        }
        assert!(own.contains("default.cedar, line "), "{own}");
        let source = |name: &str, text: &str| Source { name: name.into(), text: text.into() };
        let bank = "@id(\"bank\") permit (principal, action == Action::\"design.page.read\", resource);";
        let sources = [source("default.cedar", policies::DEFAULT), source("/etc/portico/bank.cedar", bank)];
        jane.instance.kit.gate.replace(&sources).expect("sound");
        let listed = text(&jane, "").await;
        assert!(listed.contains("bank.cedar, line 1") && !listed.contains("/etc/portico"), "{listed}");
        let other = jane.get(&format!("/access?who=user:default/amina&{delete}")).await;
        assert_eq!(other.status, 403, "{}", other.body);
        assert!(other.body.contains("You lack the right to see what this person may do"), "{}", other.body);
        assert_eq!(jane.get("/access?who=user:default/jane&action=nothing").await.status, 400);
        assert_eq!(root.get("/access?who=group:default/payments&action=catalog.entity.read").await.status, 400);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn by_default_a_filtered_list_equals_decisions_item_by_item(
        subject in select(vec!["user:default/jane", "person:bank/7", "service:bot"]),
        groups in subsequence(vec!["group:default/a", "group:default/b", "group:other/a", "portico:administrators"], 0..=4),
        administrator in any::<bool>(),
        scopes in select(vec![None, Some("catalog.*"), Some("catalog.entity.read"), Some("design.page.read")]),
        owners in proptest::collection::vec(select(vec!["group:default/a", "group:other/a", "user:default/jane", ""]), 1..6),
    ) {
        let gate = default_gate();
        let scopes = scopes.map(|scope| vec![scope.to_owned()]);
        let caller = Caller::Principal(Arc::new(Principal { administrator, scopes, ..principal(subject, &groups) }));
        for permission in permissions() {
            let filter = gate.filter(&caller, permission);
            for owner in &owners {
                let thing = Attributes { id: "component:default/x", kind: "component", owner, ..Attributes::default() };
                let decided = gate.decide(&caller, permission, &Resource::Known(&thing)).allowed();
                prop_assert_eq!(filter.allows(&thing), decided, "{} {}", permission.action, owner);
            }
        }
    }
}

//! What the policies hide is as if it were not there: in every list, count, page, answer and search.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use catalog::info::{READ_ENTITIES, READ_LOCATIONS};
use catalog::model::{FacetKey, ListQuery};
use http::Method;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::server::authorise::{Attribute, Attributes, Filter, Resource};
use kit::server::testing::{TestDb, databases};
use serde_json::Value;
use server::config::Config;

use crate::invariants;
use crate::support::{Numbers, TestApp, component_of, request, soak};

/// Somebody who is in no group.
fn person(name: &str, administrator: bool) -> Caller {
    Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: format!("user:default/{name}"),
        name: name.to_owned(),
        groups: Vec::new(),
        administrator,
        via: Via::Session(1),
        scopes: None,
        request: "test".into(),
    }))
}

/// The instance as `caller` has it, who may see of the entities what `filter` says.
fn seen_by(db: &TestDb, caller: Caller, filter: Filter) -> TestApp {
    let app = TestApp::with(db, Config::default(), &[], caller);
    app.restrict(READ_ENTITIES.action, &filter);
    app
}

fn only(attribute: Attribute, values: &[&str]) -> Filter {
    Filter::In(attribute, values.iter().map(|value| (*value).to_owned()).collect())
}

/// An entity as it is written, with what policies may ask of it.
struct Written {
    entity_ref: String,
    kind: &'static str,
    namespace: &'static str,
    type_name: &'static str,
    lifecycle: &'static str,
    owner: String,
    /// Its files by path.
    files: Vec<(String, String)>,
}

impl Written {
    fn attributes(&self) -> Attributes<'_> {
        Attributes {
            id: &self.entity_ref,
            kind: self.kind,
            namespace: self.namespace,
            r#type: self.type_name,
            lifecycle: self.lifecycle,
            owner: &self.owner,
        }
    }

    fn page(&self) -> String {
        let name = self.entity_ref.rsplit('/').next().expect("a name");
        format!("/catalog/{}/{}/{name}", self.namespace, self.kind)
    }
}

const NAMESPACES: [&str; 3] = ["default", "open", "secret"];
const OWNERS: [&str; 3] = ["group:default/g0", "group:secret/g1", "group:open/g2"];
const TYPES: [&str; 3] = ["service", "website", "library"];
const LIFECYCLES: [&str; 3] = ["production", "experimental", "deprecated"];
const WORDS: [&str; 6] = ["payment", "ledger", "archive", "mortgage", "quotation", "settlement"];

/// A catalog in which everything has to do with everything; each entity has a file of its own.
fn bank(numbers: &mut Numbers, size: usize) -> Vec<Written> {
    fn one<T: Copy>(numbers: &mut Numbers, of: &[T]) -> T {
        of[numbers.below(of.len())]
    }
    let kinds: [(&str, &str); 6] = [
        ("component", "Component"),
        ("component", "Component"),
        ("resource", "Resource"),
        ("system", "System"),
        ("group", "Group"),
        ("user", "User"),
    ];
    let names: Vec<(&str, &str, &str)> = (0..size)
        .map(|number| {
            let (kind, kind_name) = match number {
                0..3 => ("group", "Group"),
                _ => one(numbers, &kinds),
            };
            let namespace = if number < 3 { ["default", "secret", "open"][number] } else { one(numbers, &NAMESPACES) };
            (kind, kind_name, namespace)
        })
        .collect();
    let refs: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(number, (kind, _, namespace))| format!("{kind}:{namespace}/{}{number}", &kind[..1]))
        .collect();
    let of_kind = |numbers: &mut Numbers, kind: &str| {
        let all: Vec<&String> = refs.iter().filter(|other| other.starts_with(&format!("{kind}:"))).collect();
        if all.is_empty() || numbers.below(8) == 0 {
            format!("{kind}:default/nobody")
        } else {
            all[numbers.below(all.len())].clone()
        }
    };
    let mut written = Vec::new();
    for (number, (kind, kind_name, namespace)) in names.into_iter().enumerate() {
        let name = format!("{}{number}", &kind[..1]);
        let (type_name, lifecycle) = (one(numbers, &TYPES), one(numbers, &LIFECYCLES));
        let owner = one(numbers, &OWNERS).to_owned();
        let (word, other) = (one(numbers, &WORDS), one(numbers, &WORDS));
        let docs = kind == "component" && numbers.below(3) == 0;
        let annotation = if docs {
            format!("  annotations: {{backstage.io/techdocs-ref: 'dir:./docs-{name}'}}\n")
        } else {
            String::new()
        };
        let spec = match kind {
            "component" => format!(
                "  type: {type_name}\n  lifecycle: {lifecycle}\n  owner: {owner}\n  system: {}\n  dependsOn: ['{}', '{}']\n",
                of_kind(numbers, "system"),
                of_kind(numbers, "component"),
                of_kind(numbers, "resource")
            ),
            "resource" => {
                format!(
                    "  type: {type_name}\n  owner: {owner}\n  dependencyOf: ['{}']\n",
                    of_kind(numbers, "component")
                )
            }
            "system" => format!("  owner: {owner}\n"),
            "group" => format!(
                "  type: {type_name}\n  parent: {}\n  children: ['{}']\n  members: ['{}']\n",
                of_kind(numbers, "group"),
                of_kind(numbers, "group"),
                of_kind(numbers, "user")
            ),
            _ => format!(
                "  profile: {{displayName: Person {number}, email: p{number}@bank.example}}\n  memberOf: ['{}']\n",
                of_kind(numbers, "group")
            ),
        };
        let text = format!(
            "apiVersion: backstage.io/v1alpha1\nkind: {kind_name}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  title: {word} {number}\n\
             \x20 description: about {other}\n  tags: [{}]\n{annotation}spec:\n{spec}",
            one(numbers, &["java", "rust", "kafka"])
        );
        let mut files = vec![(format!("{name}.yaml"), text)];
        if docs {
            files.push((
                format!("docs-{name}/docs/index.md"),
                format!("# Manual {name}\n\nHow to run the {other}.\n\n![plan](plan.svg)\n"),
            ));
            files.push((format!("docs-{name}/docs/plan.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".into()));
        }
        written.push(Written {
            entity_ref: refs[number].clone(),
            kind,
            namespace,
            type_name: if matches!(kind, "system" | "user") { "" } else { type_name },
            lifecycle: if kind == "component" { lifecycle } else { "" },
            owner: if matches!(kind, "component" | "resource" | "system") { owner } else { String::new() },
            files,
        });
    }
    written
}

/// A condition of the depth at most, over what the bank holds.
fn filter(numbers: &mut Numbers, depth: usize, refs: &[String]) -> Filter {
    let some = |numbers: &mut Numbers, values: &[&str]| -> Vec<String> {
        values.iter().filter(|_| numbers.below(2) == 0).map(|value| (*value).to_owned()).collect()
    };
    if depth > 0 {
        match numbers.below(6) {
            0 => return Filter::Every((0..2).map(|_| filter(numbers, depth - 1, refs)).collect()),
            1 | 2 => return Filter::Some((0..2).map(|_| filter(numbers, depth - 1, refs)).collect()),
            3 => return Filter::Not(Box::new(filter(numbers, depth - 1, refs))),
            _ => {}
        }
    }
    match numbers.below(7) {
        0 => Filter::In(Attribute::Kind, some(numbers, &["component", "group", "user", "system"])),
        1 => Filter::In(Attribute::Type, some(numbers, &TYPES)),
        2 => Filter::In(Attribute::Lifecycle, some(numbers, &LIFECYCLES)),
        3 => Filter::In(Attribute::Id, refs.iter().filter(|_| numbers.below(3) > 0).cloned().collect()),
        4 => Filter::In(Attribute::Owner, some(numbers, &OWNERS)),
        _ => Filter::In(Attribute::Namespace, some(numbers, &NAMESPACES)),
    }
}

/// An answer without what may differ: row numbers in cursors.
fn plain(body: &str) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some(at) = ["page=", "Cursor\":\""].iter().filter_map(|mark| Some(rest.find(mark)? + mark.len())).min() {
        out.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    }
    out + rest
}

#[tokio::test]
async fn a_filtered_catalog_is_the_catalog_of_what_may_be_seen() {
    let runs = if soak() { 60 } else { 4 };
    for run in 0..runs {
        for (db, bare_db) in databases().await.into_iter().zip(databases().await) {
            let mut numbers = Numbers(run * 104_729 + 11);
            let bank = bank(&mut numbers, 44);
            let refs: Vec<String> = bank.iter().map(|entity| entity.entity_ref.clone()).collect();
            let depth = numbers.below(3);
            let filter = filter(&mut numbers, depth, &refs);
            let seen = |entity: &&Written| filter.allows(&entity.attributes());
            let (operator, builder) = (TestApp::new(&db), TestApp::new(&bare_db));
            // The same folder, first with what may be seen and then with all of it.
            for (path, text) in bank.iter().filter(seen).flat_map(|entity| &entity.files) {
                operator.write(path, text);
            }
            builder.import_from(&operator.path(""), true).await;
            for (path, text) in bank.iter().flat_map(|entity| &entity.files) {
                operator.write(path, text);
            }
            operator.import_from(&operator.path(""), true).await;
            let restricted = seen_by(&db, person("jane", true), filter.clone());
            let bare = TestApp::with(&bare_db, Config::default(), &[], person("jane", true));
            let what = format!("{}, run {run}, {filter:?}", operator.name);

            let gate = &restricted.instance.kit.gate;
            for entity in &bank {
                let decided =
                    gate.authorise(&person("jane", true), &READ_ENTITIES, &Resource::Known(&entity.attributes()));
                assert_eq!(decided.is_ok(), seen(&entity), "{what}: {}", entity.entity_ref);
            }
            let visible: Vec<&Written> = bank.iter().filter(seen).collect();
            assert_eq!(builder.refs().await.len(), visible.len(), "{what}");

            for address in addresses(&mut numbers, &bank) {
                let (mine, real) = (restricted.page(&address).await, bare.page(&address).await);
                assert_eq!(mine.status, real.status, "{what}: {address}");
                let (mine, real) = (plain(&mine.body), plain(&real.body));
                assert!(mine == real, "{what}: {address}\n{}", difference(&real, &mine));
            }
            for path in calls(&mut numbers, &bank) {
                let (mine, real) = (restricted.get_json(&path).await, bare.get_json(&path).await);
                assert_eq!(mine.status, real.status, "{what}: {path}");
                let (mine, real) = (plain(&mine.body), plain(&real.body));
                let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into());
                assert!(value(&mine) == value(&real), "{what}: {path}\n{}", difference(&real, &mine));
            }
            totals(&restricted, &visible, &what).await;
            every_page(&restricted, &visible, &what).await;
            // Corrections follow one way where all may be seen and another where not; the second is the same for both.
            bare.restrict(READ_ENTITIES.action, &Filter::Not(Box::new(only(Attribute::Namespace, &["nowhere"]))));
            for word in WORDS {
                for typed in [&word[1..], &format!("{word}x"), &word.replacen('e', "a", 1)] {
                    let path = format!("/api/search?q={typed}");
                    let (mine, real) = (restricted.get_json(&path).await, bare.get_json(&path).await);
                    assert_eq!(mine.body, real.body, "{what}: {path}");
                }
            }
        }
    }
}

/// What stands round the first place where two texts part.
fn difference(left: &str, right: &str) -> String {
    let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    let part = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[same.saturating_sub(300)..(same + 300).min(text.len())]).into_owned()
    };
    format!("- {}\n+ {}", part(left), part(right))
}

/// Every sort of page, for entities that may be seen and for ones that may not.
fn addresses(numbers: &mut Numbers, bank: &[Written]) -> Vec<String> {
    let mut all: Vec<String> = [
        "/",
        "/catalog",
        "/catalog?kind=component",
        "/catalog?sort=-changed",
        "/catalog?sort=owner",
        "/catalog?sort=-lifecycle&kind=component&kind=group",
        "/catalog?kind=component&lifecycle=production&type=service",
        "/catalog?tag=java",
        "/catalog?orphan=true",
        "/catalog?namespace=secret",
        "/locations",
        "/locations/1",
        "/locations/1/unregister",
    ]
    .map(String::from)
    .to_vec();
    all.extend(OWNERS.map(|owner| format!("/catalog?owner={owner}")));
    all.extend(WORDS.map(|word| format!("/catalog?q={word}")));
    all.extend(WORDS.map(|word| format!("/search?q={word}")));
    for entity in bank {
        let page = entity.page();
        all.push(page.clone());
        all.push(match numbers.below(4) {
            0 => format!("{page}?tab=descriptor"),
            1 => format!("{page}/docs"),
            _ => format!("{page}?tab=relations&hops={}", 1 + numbers.below(3)),
        });
    }
    all
}

/// Every sort of call.
fn calls(numbers: &mut Numbers, bank: &[Written]) -> Vec<String> {
    let list = "/api/catalog/entities/by-query";
    let facets = "/api/catalog/entity-facets";
    let mut all = vec![
        list.to_owned(),
        format!("{list}?limit=3&orderField=spec.type,desc"),
        format!("{list}?filter=kind=component,spec.lifecycle=production&filter=kind=group&limit=50"),
        format!("{list}?filter=relations.dependencyOf&limit=50"),
        format!("{list}?filter=relations.memberof&limit=50"),
        format!("{list}?filter=metadata.annotations.backstage.io/techdocs-ref&limit=50"),
        format!("{facets}?facet=kind&facet=spec.owner&facet=metadata.tags&facet=spec.system"),
        format!("{facets}?facet=relations.dependencyOf&facet=relations.hasMember&facet=relations.ownerOf"),
        format!("{facets}?facet=metadata.name&filter=kind=component"),
        "/api/catalog/entities.csv".to_owned(),
        "/api/catalog/entities.csv?kind=component&sort=-type".to_owned(),
    ];
    all.extend(WORDS.map(|word| format!("{list}?fullTextFilterTerm={word}")));
    all.extend(WORDS.map(|word| format!("/api/search?q={word}")));
    for entity in bank {
        let name = entity.entity_ref.rsplit('/').next().expect("a name");
        let path = format!("{}/{}/{name}", entity.kind, entity.namespace);
        all.push(format!("/api/catalog/entities/by-name/{path}"));
        all.push(match numbers.below(4) {
            0 => format!("/api/catalog/locations/by-entity/{path}"),
            1 => format!("/api/catalog/docs/{path}/plan.svg"),
            2 => format!("{list}?filter=relations.dependson={}&limit=50", entity.entity_ref),
            _ => format!("{list}?filter=relations.ownedby={0}&filter=relations.dependencyof={0}", entity.entity_ref),
        });
    }
    all
}

/// The list's totals and facets are those of counting one by one.
async fn totals(app: &TestApp, visible: &[&Written], what: &str) {
    let reader = app.instance.catalog.catalog.reader(&person("jane", true), &READ_ENTITIES).await;
    if visible.is_empty() && reader.is_err() {
        return;
    }
    let list = reader.expect("a reader").list(ListQuery::default()).await.expect("a list");
    assert_eq!(list.total as usize, visible.len(), "{what}");
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for entity in visible {
        *kinds.entry(entity.kind).or_default() += 1;
    }
    let facet = list.facets.iter().find(|facet| facet.name == FacetKey::Kind.name()).expect("the facet of kinds");
    let counted: BTreeMap<&str, u64> = facet.values.iter().map(|value| (value.value.as_str(), value.count)).collect();
    assert_eq!(counted, kinds, "{what}");
}

/// Going from page to page there and back meets each entity that may be seen once.
async fn every_page(app: &TestApp, visible: &[&Written], what: &str) {
    let mut names = Vec::new();
    let mut path = "/api/catalog/entities/by-query?limit=3".to_owned();
    loop {
        let answer = app.get_json(&path).await;
        if visible.is_empty() && answer.status == 403 {
            return;
        }
        let answer = answer.json();
        assert_eq!(answer["totalItems"].as_u64(), Some(visible.len() as u64), "{what}");
        let items = answer["items"].as_array().expect("items");
        names.extend(items.iter().map(|item| {
            let text =
                |pointer: &str| item.pointer(pointer).and_then(|value| value.as_str()).expect("text").to_lowercase();
            format!("{}:{}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
        }));
        let Some(next) = answer["pageInfo"]["nextCursor"].as_str() else { break };
        path = format!("/api/catalog/entities/by-query?limit=3&cursor={next}");
    }
    names.sort();
    let mut wanted: Vec<String> = visible.iter().map(|entity| entity.entity_ref.clone()).collect();
    wanted.sort();
    assert_eq!(names, wanted, "{what}");
}

/// A marker that is hidden and has to do with what is not.
fn marker(app: &TestApp) {
    app.write("a.yaml", &component_of("secret", "team-a", "  annotations: {backstage.io/techdocs-ref: 'dir:./d'}\n"));
    app.write("d/docs/index.md", "# Seen\n\nWords.\n");
    app.write(
        "group.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: team-a\nspec: {type: team, children: []}\n",
    );
    let hidden = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: hidden-marker\n  namespace: vault\n  title: Marker of vault\n\
                  \x20 description: marked words\n  tags: [markertag]\n  annotations: {backstage.io/techdocs-ref: 'dir:./m'}\n\
                  spec:\n  type: markertype\n  lifecycle: markerlife\n  owner: team-a\n  system: system:vault/marker-system\n\
                  \x20 dependsOn: ['component:default/secret']\n  providesApis: ['api:default/orders']\n  nonsense: [\n";
    app.write("hidden-marker/broken.yaml", hidden);
    app.write("hidden-marker/x.yaml", &hidden.replace("  nonsense: [\n", ""));
    app.write("hidden-marker/twice.yaml", &hidden.replace("  nonsense: [\n", ""));
    app.write("hidden-marker/m/docs/index.md", "# Marker manual\n\nMarkerword.\n\n![x](a/b.svg)\n");
    app.write("hidden-marker/m/docs/a/b.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><title>marker</title></svg>");
    let group = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: marker-group\n  namespace: vault\nspec: {type: team, parent: 'group:default/team-a', children: []}\n";
    app.write("hidden-marker/group.yaml", group);
    let user = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: marker-user\n  namespace: vault\nspec: {memberOf: ['group:default/team-a']}\n";
    app.write("hidden-marker/user.yaml", user);
}

#[tokio::test]
async fn nothing_tells_of_what_is_hidden() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        marker(&operator);
        operator.import_from(&operator.path(""), true).await;
        let all = operator.get("/catalog/default/component/secret?tab=relations").await;
        assert!(all.body.contains("hidden-marker"), "the marker is there: {}", all.body);
        let filter = Filter::Not(Box::new(only(Attribute::Namespace, &["vault"])));
        let restricted = seen_by(&db, person("jane", false), filter.clone());
        // May delete and refresh, so that what may be done to things does not hide that they cannot be seen.
        let administrator = seen_by(&db, person("joe", true), filter);

        let mut asked: Vec<(Method, String)> = Vec::new();
        let about = [
            "/catalog/vault/component/hidden-marker",
            "/catalog/vault/group/marker-group",
            "/catalog/default/group/team-a",
        ];
        let tabs =
            ["", "?tab=relations&hops=3", "?tab=descriptor", "?tab=origin", "?tab=definition", "/docs", "/docs/index"];
        let pages = invariants::pages().into_iter().chain(["/".to_owned()]);
        let pages =
            pages.chain(["markr", "hiddn", "vaul", "marker", "markerwrd"].map(|word| format!("/search?q={word}")));
        let pages = pages.chain(
            ["/catalog/default/component/secret"]
                .into_iter()
                .chain(about)
                .flat_map(|page| tabs.map(|tab| format!("{page}{tab}"))),
        );
        let pages = pages.chain(
            ["q=secr", "tag=java", "sort=-changed", "sort=owner", "owner=group:default/team-a", "kind=component"]
                .map(|query| format!("/catalog?{query}")),
        );
        asked.extend(pages.map(|page| (Method::GET, page)));
        for (method, path) in invariants::routes(&operator) {
            for named in [
                ("component", "vault", "hidden-marker"),
                ("group", "default", "team-a"),
                ("component", "default", "secret"),
            ] {
                let path = path.replace("{kind}", named.0).replace("{namespace}", named.1).replace("{name}", named.2);
                let uid = uid(&operator, "component:vault/hidden-marker").await;
                let path = path.replace("{id}", "1").replace("{uid}", &uid).replace("{*path}", "a/b.svg");
                let queries = [
                    "",
                    "?facet=kind&facet=spec.owner&facet=spec.type&facet=metadata.tags&facet=relations.dependencyOf&facet=relations.hasMember",
                ];
                // What would change something is asked for below.
                asked.extend(
                    queries
                        .iter()
                        .filter(|_| method == Method::GET)
                        .map(|query| (method.clone(), format!("{path}{query}"))),
                );
            }
        }
        asked.extend(["relations.dependencyof", "relations.ownerof", "relations.hasmember"].map(|filter| {
            (Method::GET, format!("/api/catalog/entities/by-query?filter={filter}=component:default/secret"))
        }));
        asked.push((Method::GET, "/api/search?q=markr".into()));
        assert!(asked.len() > 60, "{}", asked.len());
        for (method, path) in asked {
            let answer =
                restricted.send(request(method.clone(), &path).header("accept", "*/*").body(Body::empty())).await;
            assert!(answer.status.as_u16() < 500, "{}: {path}: {}", operator.name, answer.status);
            tells_nothing(&operator, &path, &answer.body);
            // And as the browser asks when a link is followed.
            if !path.starts_with("/api/") {
                tells_nothing(&operator, &path, &restricted.page(&path).await.body);
            }
        }

        // What is asked for by its ref or uid is what a ref is that nobody has.
        let uid = uid(&operator, "component:vault/hidden-marker").await;
        let body = |name: &str| format!("{{\"entityRef\":\"component:vault/{name}\"}}");
        for (mine, nobodys) in [
            (
                administrator.get("/catalog/vault/component/hidden-marker").await,
                administrator.get("/catalog/vault/component/hidden-nobody").await,
            ),
            (
                administrator.get("/catalog/vault/component/hidden-marker/docs").await,
                administrator.get("/catalog/vault/component/hidden-nobody/docs").await,
            ),
            (
                administrator.post("/api/catalog/refresh", "application/json", &body("hidden-marker")).await,
                administrator.post("/api/catalog/refresh", "application/json", &body("hidden-nobody")).await,
            ),
            (
                administrator.get_json("/api/catalog/locations/by-entity/component/vault/hidden-marker").await,
                administrator.get_json("/api/catalog/locations/by-entity/component/vault/hidden-nobody").await,
            ),
            (delete(&administrator, &uid).await, delete(&administrator, "00000000-0000-0000-0000-000000000000").await),
        ] {
            assert_eq!((mine.status.as_u16(), nobodys.status.as_u16()), (404, 404), "{}", operator.name);
            let mine = mine
                .body
                .replace("hidden-marker", "hidden-nobody")
                .replace(&uid, "00000000-0000-0000-0000-000000000000");
            assert_eq!(without_nonce(&mine), without_nonce(&nobodys.body), "{}", operator.name);
        }
        assert!(operator.refs().await.contains(&"component:vault/hidden-marker".to_owned()), "and is still there");

        // Checking a folder that claims the hidden ref says that it is taken, and not by what.
        let other = operator.path("").parent().expect("a folder").join("other");
        crate::support::write(&other.join("b.yaml"), &component_of("hidden-marker", "team-a", "  namespace: vault\n"));
        let check = format!("/locations/register?target={}", other.display());
        let told = administrator.get(&check).await.body;
        assert!(told.contains("is already defined by another location"), "{told}");
        assert!(!told.contains("x.yaml"), "{told}");
    }
}

/// A page's own random number for its scripts is of no interest.
fn without_nonce(body: &str) -> String {
    let mut parts = body.split("nonce=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('"').map_or(part, |(_, rest)| rest))
}

async fn delete(app: &TestApp, uid: &str) -> crate::support::Answer {
    app.send(request(Method::DELETE, &format!("/api/catalog/entities/by-uid/{uid}")).body(Body::empty())).await
}

async fn uid(app: &TestApp, entity_ref: &str) -> String {
    app.column(&format!("SELECT uid FROM catalog_entity WHERE ref = '{entity_ref}'")).await.swap_remove(0)
}

fn tells_nothing(app: &TestApp, path: &str, body: &str) {
    let mut body = body.to_lowercase();
    // What was asked for is echoed: the address, its words, and the ref that is not found.
    for part in path.to_lowercase().split(['/', '?', '&', '=']).filter(|part| !part.is_empty()) {
        if part.contains("mark") || part.contains("vaul") || part.contains("hidd") {
            body = body.replace(part, "");
        }
    }
    body = body.replace("vault/\"", "\"");
    // The design system speaks of markers of its own.
    let words: &[&str] =
        if path.starts_with("/design") { &["hidden-marker"] } else { &["hidden-marker", "marker", "marked words"] };
    for told in words {
        let at = body.find(*told);
        assert!(
            at.is_none(),
            "{}: {path} tells {told}: …{}…",
            app.name,
            &body[at.unwrap_or(0).saturating_sub(200)..][..400.min(body.len())]
        );
    }
}

#[tokio::test]
async fn locations_are_their_owners_to_unregister_and_hidden_ones_are_not_there() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("a.yaml", &component_of("mine", "team-a", ""));
        let (jane, joe) = (person("jane", false), person("joe", false));
        let catalog = &operator.instance.catalog.catalog;
        let location = crate::support::parsed(&operator.path(""));
        let id = catalog.register(&jane, &location).await.expect("registered").id;
        operator.work().await;
        let [hers, his] = [&jane, &joe].map(|caller| TestApp::with(&db, Config::default(), &[], caller.clone()));
        let form = "application/x-www-form-urlencoded";
        let refresh = format!("id={id}");
        assert_eq!(his.post("/api/catalog/fn/refresh", form, &refresh).await.status, 200, "{}", operator.name);
        assert_eq!(his.get(&format!("/locations/{id}/unregister")).await.status, 403, "{}", operator.name);
        assert_eq!(hers.post("/api/catalog/fn/refresh", form, &refresh).await.status, 200, "{}", operator.name);
        assert_eq!(hers.get(&format!("/locations/{id}/unregister")).await.status, 200, "{}", operator.name);

        his.restrict(READ_LOCATIONS.action, &only(Attribute::Owner, &["user:default/joe"]));
        let (absent, hidden) = (his.get("/locations/4711").await, his.get(&format!("/locations/{id}")).await);
        assert_eq!((absent.status.as_u16(), hidden.status.as_u16()), (404, 404), "{}", operator.name);
        for path in ["/locations", "/", "/api/catalog/locations"] {
            let answer = his.get_json(path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(!answer.body.contains(&operator.path("").display().to_string()), "{}: {path}", operator.name);
        }
        assert_eq!(his.post("/api/catalog/fn/refresh", form, &refresh).await.status, 404, "{}", operator.name);
        assert_eq!(hers.post("/api/catalog/fn/unregister", form, &refresh).await.status, 200, "{}", operator.name);
    }
}

#[tokio::test]
async fn a_path_on_the_portals_disk_needs_a_right_of_its_own() {
    let db = databases().await.swap_remove(0);
    let operator = TestApp::new(&db);
    operator.write("a.yaml", &component_of("mine", "team-a", ""));
    let folder = operator.path("").display().to_string();
    let check = format!("/locations/register?target={folder}");
    let (administrator, developer) = (
        TestApp::with(&db, Config::default(), &[], person("jane", true)),
        TestApp::with(&db, Config::default(), &[], person("joe", false)),
    );
    let refused = developer.get(&check).await.body;
    assert!(
        refused.contains("read descriptors from the portal&#x27;s own disk")
            || refused.contains("read descriptors from the portal's own disk"),
        "{refused}"
    );
    for path in [folder.clone(), "/nowhere/at/all".into()] {
        let body = serde_json::json!({ "type": "file", "target": path }).to_string();
        let answer = developer.post("/api/catalog/locations?dryRun=true", "application/json", &body).await;
        assert_eq!(answer.status, 403, "whether it is there or not: {path}");
    }
    let form = "application/x-www-form-urlencoded";
    assert_eq!(developer.post("/api/catalog/fn/register", form, &format!("target={folder}")).await.status, 403);
    assert_eq!(operator.rows("catalog_location").await.len(), 0, "nothing is registered");
    assert!(administrator.get(&check).await.body.contains("1 would be added"));
    assert_eq!(administrator.post("/api/catalog/fn/register", form, &format!("target={folder}")).await.status, 200);
}

#[tokio::test]
async fn counts_under_a_filter_follow_every_change() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        for name in ["one", "two"] {
            operator.write(&format!("{name}.yaml"), &component_of(name, "team-a", ""));
        }
        operator.write("three.yaml", &component_of("three", "team-b", ""));
        let id = operator.import().await;
        let restricted = seen_by(&db, person("jane", false), only(Attribute::Owner, &["group:default/team-a"]));
        let total = async || {
            let reader = restricted.instance.catalog.catalog.reader(&person("jane", false), &READ_ENTITIES).await;
            let list = reader.expect("a reader").list(ListQuery::only(FacetKey::Tag, "new")).await.expect("a list");
            let tags = list.facets.iter().find(|facet| facet.name == FacetKey::Tag.name()).expect("tags");
            (list.total, tags.values.first().map_or(0, |value| value.count))
        };
        assert_eq!(total().await, (0, 0), "{}", operator.name);
        // Two change places: no total of the whole catalog is another one than before.
        operator.write("one.yaml", &component_of("one", "team-a", "  tags: [new]\n"));
        operator.refresh(id).await;
        assert_eq!(total().await, (1, 1), "{}", operator.name);
        operator.write("one.yaml", &component_of("one", "team-a", ""));
        operator.write("three.yaml", &component_of("three", "team-b", "  tags: [new]\n"));
        operator.refresh(id).await;
        assert_eq!(total().await, (0, 0), "{}", operator.name);
        operator.write("three.yaml", &component_of("three", "team-a", "  tags: [new]\n"));
        operator.write("one.yaml", &component_of("one", "team-b", ""));
        operator.refresh(id).await;
        assert_eq!(total().await, (1, 1), "{}", operator.name);
    }
}

/// What may read the catalog's tables without a reader, and why.
const WITHOUT_READER: [(&str, &str); 6] = [
    ("reader.rs", "it is the reader"),
    ("store.rs", "it writes what locations bring"),
    ("ingest.rs", "it writes what locations bring"),
    ("docs/store.rs", "it writes docs; its search takes a reader"),
    ("docs/refresh.rs", "it looks for the docs to be read"),
    ("directory.rs", "who is in which group is asked by sign-in, before there is a caller"),
];

#[test]
fn what_reads_the_catalog_says_what_may_be_seen() {
    let folder = "app/plugins/catalog/src";
    let (mut seen, mut unbounded) = (0, Vec::new());
    for (path, text) in invariants::files(folder, "rs") {
        let name = path.trim_start_matches(folder).trim_start_matches("/server/");
        if WITHOUT_READER.iter().any(|(file, _)| *file == name) {
            continue;
        }
        for statement in invariants::product(&text).split(';') {
            let tables = [
                "catalog_entity",
                "catalog_relation",
                "catalog_doc",
                "catalog_doc_file",
                "catalog_location",
                "catalog_count",
                "catalog_problem",
            ];
            let reads = tables
                .iter()
                .any(|table| ["FROM", "JOIN"].iter().any(|verb| statement.contains(&format!("{verb} {table} "))));
            // By a ref or number that a `Readable` holds, by what may be seen, or nothing but how a value is written.
            let bounded = [
                " ref = ?",
                "e.ref = ?",
                " id = ?",
                "{seen}",
                "{told}",
                "{asked}",
                "sees_all()",
                "SELECT facet_value, label FROM",
                "(&tx, ",
                "kind = ? AND target = ?",
                "target = ? ORDER BY",
                "WHERE uid = ?",
                "v.ref = p.ref",
                "SELECT c.label FROM",
                // The kept totals, which `known_total` and `reader` ask for whoever sees all.
                "sum(entities)",
                "CLAIMED_ELSEWHERE",
                // What the location that the caller has just registered came to.
                "WHERE location_id = ? AND orphan = FALSE",
                "l.id = ?",
            ];
            seen += usize::from(reads);
            if reads && !bounded.iter().any(|mark| statement.contains(mark)) {
                unbounded.push(format!("{path}: {statement}"));
            }
        }
    }
    assert_eq!(unbounded, Vec::<String>::new(), "reads without a reader's condition");
    assert!(seen > 15, "{seen} statements were looked at");
}

//! The rules that hold everywhere, each with a test that fails when it is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use axum::body::Body;
use http::Method;
use kit::plugin::PluginInfo;
use kit::server::authorise::Source;
use kit::server::testing::databases;
use serde_json::json;

use server::config::Config;

use crate::support::{TestApp, component, parsed, person, request, template};

/// What is public: how machines ask for the state of the process, and the files of the browser's side.
const PUBLIC: [&str; 6] = ["/assets/{name}", "/design/v1/{file}", "/favicon.svg", "/healthz", "/readyz", "/metrics"];

/// What else is public where people sign in: the ways in and out.
const WAYS_IN: [&str; 7] = [
    "/sign-in",
    "/sign-in/local",
    "/sign-in/{provider}",
    "/sign-in/{provider}/back-channel",
    "/sign-in/{provider}/callback",
    "/sign-out",
    "/signed-out",
];

/// Runs that are there, by their public numbers: one that is queued, one that failed, and one on which somebody has to decide.
const RUNS: [&str; 3] = [
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000002",
    "00000000-0000-4000-8000-000000000003",
];

/// Journeys that are there, by their public numbers: one that is a draft, one that somebody has taken a step of, and others that are blocked and wait.
const JOURNEYS: [&str; 11] = [
    "00000000-0000-4000-8000-000000000101",
    "00000000-0000-4000-8000-000000000102",
    "00000000-0000-4000-8000-000000000103",
    "00000000-0000-4000-8000-000000000104",
    "00000000-0000-4000-8000-000000000105",
    "00000000-0000-4000-8000-000000000106",
    "00000000-0000-4000-8000-000000000107",
    "00000000-0000-4000-8000-000000000108",
    "00000000-0000-4000-8000-000000000109",
    "00000000-0000-4000-8000-00000000010a",
    "00000000-0000-4000-8000-00000000010b",
];

/// Contributions that are there, by their public numbers, each for something else that is done to it: the second is with the first gate, and of the last
/// but one the stage is the last, before it goes live.
const CONTRIBUTIONS: [&str; 8] = [
    "00000000-0000-4000-8000-000000000201",
    "00000000-0000-4000-8000-000000000202",
    "00000000-0000-4000-8000-000000000203",
    "00000000-0000-4000-8000-000000000204",
    "00000000-0000-4000-8000-000000000205",
    "00000000-0000-4000-8000-000000000206",
    "00000000-0000-4000-8000-000000000207",
    "00000000-0000-4000-8000-000000000208",
];

/// A path with a step of each sort that waits, and one that cannot be worked out.
const TRAVELLED: &str = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: travellers}\nspec: {type: team, children: []}\n---\n\
    apiVersion: backstage.io/v1beta1\nkind: GoldenPath\nmetadata: {name: secret}\nspec:\n  type: service\n  owner: travellers\n  steps:\n\
    \x20   - {id: ask, kind: task, owner: travellers, task: {instructions: Do it}, allowSkip: true}\n\
    \x20   - {id: form, needs: [], template: runs, ask: always}\n\
    \x20   - {id: broken, kind: wait, needs: [], wait: {until: soon}}\n";

/// A template that can be run as it is.
const RUNNABLE: &str = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: runs}\n\
    spec: {type: service, owner: team-a, steps: [{id: one, name: One, action: 'debug:log', input: {message: hello}}]}\n";

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
        .join("..")
        .canonicalize()
        .expect("the workspace")
}

/// The files below a folder that end in `.ending`, by their path within the workspace.
pub fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let root = root();
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let entry = entry.expect("an entry");
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type().expect("a type").is_dir() {
                if !matches!(name.as_str(), "target" | "node_modules") && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if name.ends_with(&format!(".{ending}")) {
                let text = std::fs::read_to_string(&path).expect("a text");
                found.insert(path.strip_prefix(&root).expect("inside").display().to_string(), text);
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {folder}");
    found
}

/// The part of a source that is no test.
pub fn product(text: &str) -> &str {
    text.split("\nmod tests {").next().unwrap_or(text)
}

fn is_product(path: &str) -> bool {
    !path.contains("/tests/")
        && !path.contains("/examples/")
        && !path.ends_with("/tests.rs")
        && !path.ends_with("/build.rs")
}

fn plugin_folders() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("app/plugins"))
        .expect("plugins")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn id_of(folder: &str) -> String {
    folder.replace('-', "_")
}

#[test]
fn the_browser_bundle_holds_nothing_of_the_server() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments =
        "tree --offline --locked -p frontend --target wasm32-unknown-unknown -e normal --prefix none --format {p}";
    let output = Command::new(cargo).args(arguments.split(' ')).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("text");
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("leptos") && names.contains("catalog"), "{names:?}");
    let forbidden = [
        "axum",
        "tokio",
        "sea-orm",
        "sqlx",
        "hyper",
        "reqwest",
        "rustls",
        "native-tls",
        "openssl",
        "ring",
        "aws-lc-rs",
        "oauth2",
        "openidconnect",
        "api-doc",
        "descriptor",
        "migrations",
        "server",
        "saphyr-parser",
        "leptos_axum",
        "cap-std",
        "tempfile",
    ];
    let found: Vec<&&str> = names
        .iter()
        .filter(|name| forbidden.iter().any(|each| *name == each || name.starts_with(&format!("{each}-"))))
        .collect();
    assert_eq!(found, Vec::<&&str>::new());
}

#[test]
fn cfg_of_a_feature_stands_only_on_mod_and_use_lines() {
    let mut wrong = Vec::new();
    for (path, text) in files("app", "rs").into_iter().chain(files("frontend", "rs")).chain(files("server/src", "rs")) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (number, line) in lines.iter().enumerate() {
            let attribute = line.starts_with("#[cfg(") && line.contains("feature");
            let elsewhere = (line.contains("cfg!(") || line.contains("cfg_attr(")) && line.contains("feature");
            let next = lines[number + 1..]
                .iter()
                .find(|next| !next.starts_with("#[") && !next.starts_with("//"))
                .unwrap_or(&"");
            let next = next.strip_prefix("pub ").or_else(|| next.strip_prefix("pub(crate) ")).unwrap_or(next);
            if elsewhere || attribute && !next.starts_with("mod ") && !next.starts_with("use ") {
                wrong.push(format!("{path}:{}: {line}", number + 1));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn no_plugin_depends_on_another_plugin() {
    let folders = plugin_folders();
    let manifests = files("app/plugins", "toml");
    for folder in &folders {
        let own = format!("app/plugins/{folder}/");
        for (path, manifest) in manifests.iter().filter(|(path, _)| path.starts_with(&own)) {
            let manifest: toml::Table = manifest.parse().expect("a manifest");
            let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
            let names =
                sections.iter().filter_map(|section| manifest.get(*section)?.as_table()).flat_map(|table| table.keys());
            for name in names {
                assert!(!folders.iter().any(|other| other != folder && other == name), "{path} depends on {name}");
                assert!(!matches!(name.as_str(), "app" | "server" | "frontend"), "{path} depends on {name}");
            }
        }
    }
    let kit: toml::Table = files("app/kit", "toml")["app/kit/Cargo.toml"].parse().expect("a manifest");
    for name in kit["dependencies"].as_table().expect("dependencies").keys() {
        assert!(!folders.contains(name) && name != "app" && name != "server", "kit depends on {name}");
    }
}

#[test]
fn only_a_plugins_own_files_name_its_tables() {
    let migrations = files("migrations/src", "rs");
    let tables: BTreeSet<String> = migrations
        .iter()
        // What is shared belongs to kit, whatever its name begins with.
        .filter(|(path, _)| !path.ends_with("_kit.rs"))
        .flat_map(|(_, text)| text.match_indices("CREATE TABLE ").map(|(at, made)| &text[at + made.len()..]))
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect())
        .collect();
    assert!(tables.contains("catalog_entity") && !tables.contains("job"), "{tables:?}");
    let sources: Vec<(String, String)> =
        files("app", "rs").into_iter().chain(files("server/src", "rs")).chain(files("frontend", "rs")).collect();
    for folder in plugin_folders() {
        let prefix = format!("{}_", id_of(&folder));
        for table in tables.iter().filter(|table| table.starts_with(&prefix)) {
            for (path, text) in &sources {
                // A rotation of keys finds the sealed columns of all plugins on one list.
                let sealed = path == "app/kit/src/server/secrets.rs";
                let own = sealed || path.starts_with(&format!("app/plugins/{folder}/"));
                assert!(own || !text.contains(table.as_str()), "{path} names {table}");
            }
        }
    }
    // And a plugin names no table but its own: what is shared it reaches through `kit`.
    let shared = [
        "job",
        "audit_event",
        "audit_checkpoint",
        "audit_sealer",
        "audit_subject",
        "search_document",
        "search_words",
        "inbox_message",
        "inbox_state",
        "mail_reader",
        "mail_reader_group",
        "star",
        "visit",
        "preference",
    ]
    .map(String::from);
    for folder in plugin_folders() {
        let prefix = format!("{}_", id_of(&folder));
        let own = format!("app/plugins/{folder}/src");
        for (path, text) in sources.iter().filter(|(path, _)| path.starts_with(&own) && is_product(path)) {
            for table in tables.iter().filter(|table| !table.starts_with(&prefix)).chain(&shared) {
                for verb in ["FROM", "JOIN", "INTO", "UPDATE"] {
                    assert!(!product(text).contains(&format!("{verb} {table} ")), "{path} names {table}");
                }
            }
        }
    }
}

#[test]
fn styles_are_written_in_kit_and_style_alone() {
    for (path, text) in files("app", "rs").into_iter().chain(files("server/src", "rs")) {
        let in_kit = path.starts_with("app/kit/src/");
        for forbidden in ["style=", "<style", "style:", "inner_html", "stylers"] {
            // The favicon is a picture, which no style sheet of the page reaches.
            let picture = path == "server/src/assets.rs" && forbidden == "<style";
            // Pages of contributors, which the check of them is tried on.
            let contributed = path.starts_with("app/plugins/contributions/ux/tests/");
            let builds = path == "app/kit/build.rs" || path.ends_with("/tests.rs") || contributed;
            // The second is text, escaped there: leptos does not escape the children of a `<textarea>`.
            let places_html =
                ["fragment", "textarea"].map(|name| format!("app/kit/src/components/{name}/mod.rs")).contains(&path)
                    && forbidden == "inner_html";
            assert!(
                picture
                    || builds
                    || places_html
                    || !product(&text).replace("use style::", "").contains(&format!(" {forbidden}"))
                    || in_kit && forbidden == "stylers",
                "{path} has {forbidden}"
            );
        }
        let gathers = path == "app/kit/build.rs";
        assert!(in_kit || gathers || !product(&text).contains("style!"), "{path} writes a scoped style");
    }
    for folder in ["app", "server", "frontend", "migrations", "examples"] {
        let mut found = files_or_none(folder, "css");
        found.extend(files_or_none(folder, "scss"));
        found.extend(files_or_none(folder, "js"));
        found.retain(|path| !path.contains("/app/kit/src/components/"));
        // What looks at pages of contributors, what stands in them in the workbench, and such pages.
        found.retain(|path| !path.ends_with("/contributions/ux/src/validator.js"));
        found.retain(|path| !path.ends_with("/contributions/ux/src/workbench.js"));
        found.retain(|path| !path.contains("/examples/contributions/"));
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn finished_html_is_made_in_few_places() {
    let makers: Vec<String> = files("app", "rs")
        .into_iter()
        .chain(files("server/src", "rs"))
        .filter(|(path, text)| path != "app/kit/src/server/html.rs" && product(text).contains("html::finished("))
        .map(|(path, _)| path)
        .collect();
    // It takes what `server/markdown.rs` sanitised.
    assert_eq!(
        makers,
        ["app/plugins/catalog/src/server/docs/serve.rs"],
        "who else makes Html from text must be shown to sanitise it"
    );
}

fn files_or_none(folder: &str, ending: &str) -> Vec<String> {
    let root = root();
    let (mut found, mut folders) = (Vec::new(), vec![root.join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|found| found == ending) {
                found.push(entry.display().to_string());
            }
        }
    }
    found
}

/// The class names in a text: `pk-` and what follows.
fn classes(text: &str, before: &str) -> BTreeSet<String> {
    let mark = format!("{before}pk-");
    let found = text.match_indices(&mark).filter(|(at, _)| {
        // `--pk-space-1` is a token and `app-pk-x` no class.
        !before.is_empty() || !text[..*at].ends_with(['-', '_']) && !text[..*at].ends_with(char::is_alphanumeric)
    });
    let name = |rest: &str| {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
    };
    found.map(|(at, _)| name(&text[at + before.len()..])).filter(|name| !name.ends_with('-')).collect()
}

#[test]
fn every_class_that_is_used_has_a_style_and_every_style_is_used() {
    let css: String =
        files("style", "css").into_values().chain(files("app/kit/src/components", "css").into_values()).collect();
    let styled = classes(&css, ".");
    let sources: String = files("app", "rs")
        .into_iter()
        .chain(files("server/src", "rs"))
        .map(|(_, text)| product(&text).to_owned())
        .chain(files("app/kit/src/components", "js").into_values())
        .collect();
    let used = classes(&sources, "");
    // Hooks for tests and scripts, or parts that need no look of their own.
    let unstyled_on_purpose = ["pk-split__main", "pk-split__side", "pk-filters", "pk-code__text"];
    let missing: Vec<&String> =
        used.difference(&styled).filter(|class| !unstyled_on_purpose.contains(&class.as_str())).collect();
    assert_eq!(missing, Vec::<&String>::new(), "used in a source and in no style sheet");
    // Published for contributors' own pages, though no page of the portal uses it yet.
    let published: [&str; 0] = [];
    let unused: Vec<&String> = styled.difference(&used).filter(|class| !published.contains(&class.as_str())).collect();
    assert_eq!(unused, Vec::<&String>::new(), "in a style sheet and used in no source");
}

#[test]
fn every_icon_is_shown_somewhere() {
    let sources: String = files("app", "rs").into_values().collect();
    let used: BTreeSet<&str> = sources
        .split("Icon::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default())
        .collect();
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    let unused: Vec<String> = files("style/icons", "svg")
        .into_keys()
        .filter(|path| {
            let name = path.trim_start_matches("style/icons/").trim_end_matches(".svg");
            !used.contains(name.split('-').map(capital).collect::<String>().as_str())
        })
        .collect();
    assert_eq!(unused, Vec::<String>::new(), "each glyph is in the bundle of every page: remove it");
}

#[test]
fn only_the_server_knows_sockets_configuration_and_the_process() {
    // (file, what, why)
    let pinned = [
        ("app/plugins/contributions/review/src/rules.rs", "toml::", "rules of gates, those that come along as well"),
        ("app/kit/src/server/testing.rs", "env::var", "a test's database is named by the environment"),
        ("app/kit/src/server/git.rs", "env::var", "what the git command inherits: PATH, HOME and the SSH agent"),
        ("app/kit/src/server/git.rs", "Command::new", "git itself, without a shell"),
        ("app/plugins/contributions/ux/src/chromium.rs", "env::var", "which browser, and the PATH that it is found on"),
        ("app/plugins/contributions/ux/src/chromium.rs", "Command::new", "the browser, with a profile of its own"),
        ("app/plugins/contributions/ux/src/rules.rs", "toml::", "the rules, which are no configuration"),
    ];
    let forbidden = [
        "env::var",
        "env::args",
        "env::set_var",
        "env::current_dir",
        "TcpListener",
        "TcpStream",
        "UdpSocket",
        "UnixListener",
        "process::exit",
        "process::abort",
        "Command::new",
        "signal::",
        "axum::serve",
        "toml::",
    ];
    let mut used = BTreeSet::new();
    for (path, text) in files("app", "rs").into_iter().filter(|(path, _)| is_product(path)) {
        for what in forbidden.iter().filter(|what| product(&text).contains(**what)) {
            let pin = pinned.iter().position(|(file, allowed, _)| path == *file && allowed == what);
            used.insert(pin.unwrap_or_else(|| panic!("{path} has {what}")));
        }
    }
    assert_eq!(used.len(), pinned.len(), "a pin is no longer needed");
}

/// All plugins that this binary knows.
fn plugins() -> Vec<&'static PluginInfo> {
    app::PLUGINS.iter().copied().chain([&crate::probe::INFO]).collect()
}

#[test]
fn prefixes_do_not_overlap_and_every_path_lies_under_one() {
    let plugins = plugins();
    for plugin in &plugins {
        for prefix in plugin.prefixes {
            assert!(prefix.starts_with('/') && !prefix.ends_with('/'), "{prefix}");
            let owners: Vec<&str> = plugins
                .iter()
                .filter(|other| {
                    other.owns(prefix) || other.prefixes.iter().any(|each| prefix.starts_with(&format!("{each}/")))
                })
                .map(|other| other.id)
                .collect();
            assert_eq!(owners, [plugin.id], "{prefix}");
        }
        for item in plugin.navigation {
            assert!(plugin.owns(item.path), "{} leads out of {}", item.path, plugin.id);
        }
    }
    let mut seen = 0;
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        let owners: Vec<&str> = plugins.iter().filter(|plugin| plugin.owns(path)).map(|plugin| plugin.id).collect();
        // The home page is the portal's own.
        let owner = if path.starts_with("/api/home/") { "home" } else { owners.first().copied().unwrap_or_default() };
        assert_eq!(owners.len(), usize::from(owner != "home"), "{path} belongs to one plugin");
        assert!(path.starts_with(&format!("/api/{owner}/fn/")), "{path} has no stated address");
        assert_eq!(method, Method::POST, "{path}");
        seen += 1;
    }
    assert!(seen >= 9, "{seen} server functions");
}

#[test]
fn every_permission_is_unique_and_begins_with_its_plugin() {
    let mut seen = BTreeSet::new();
    for plugin in plugins() {
        for permission in plugin.permissions {
            assert!(seen.insert(permission.action), "{} is there twice", permission.action);
            assert_eq!(permission.action.split('.').count(), 3, "{}", permission.action);
            assert!(permission.action.starts_with(&format!("{}.", plugin.id)), "{}", permission.action);
            assert!(!permission.allows.is_empty() && !permission.allows.ends_with('.'), "{}", permission.allows);
        }
    }
}

#[tokio::test]
async fn routes_and_jobs_of_a_plugin_bear_its_name() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    for plugin in &app.instance.plugins {
        let info = plugin.info();
        for (method, path) in plugin.routes().listed {
            assert!(info.owns(path), "{method} {path} lies outside {:?}", info.prefixes);
        }
        for (kind, _) in plugin.jobs() {
            assert!(kind.starts_with(&format!("{}.", info.id)), "{kind}");
        }
    }
    for address in pages() {
        assert!(app::PLUGINS.iter().any(|plugin| plugin.owns(&address)), "{address} belongs to no plugin");
    }
}

/// Every page by the plugins' tables of contents, with an example in each variable part.
pub fn pages() -> Vec<String> {
    let sources = app::PLUGINS.map(|plugin| files(&format!("app/plugins/{}/src", plugin.id), "rs"));
    let arms = sources.iter().flat_map(|files| files.values()).flat_map(|source| source.lines());
    let arms = arms.filter_map(|line| line.trim().strip_prefix('[')?.split_once("] =>"));
    let pages: Vec<String> = arms
        .map(|(arm, _)| arm)
        .filter(|arm| arm.starts_with('"'))
        .map(|arm| {
            let parts = arm.split(", ").map(|part| match part {
                "namespace" => "default".to_owned(),
                "kind" => "component".to_owned(),
                "name" if arm.contains("components") => "button".to_owned(),
                "id" if arm.contains("\"start\"") => JOURNEYS[0].to_owned(),
                "id" if arm.contains("golden-paths") => JOURNEYS[2].to_owned(),
                "id" if arm.contains("contribute") => CONTRIBUTIONS[1].to_owned(),
                "key" => "form".to_owned(),
                "name" => "secret".to_owned(),
                "id" => "1".to_owned(),
                "run" => RUNS[0].to_owned(),
                "number" => "1.0.0".to_owned(),
                "path @ .." => "index".to_owned(),
                fixed => fixed
                    .strip_prefix('"')
                    .and_then(|part| part.strip_suffix('"'))
                    .unwrap_or_else(|| panic!("{fixed} in {arm} has no example"))
                    .to_owned(),
            });
            parts.fold(String::new(), |path, part| path + "/" + &part)
        })
        .collect();
    assert!(pages.len() >= 12, "{pages:?}");
    pages
}

/// Every REST route of the plugins.
pub fn routes(app: &TestApp) -> Vec<(Method, &'static str)> {
    app.instance.plugins.iter().flat_map(|plugin| plugin.routes().listed).collect()
}

/// Makes the [`RUNS`], of a template that is in the catalog.
async fn runs(operator: &TestApp) {
    for (id, state) in RUNS.into_iter().zip(["open", "failed", "unknown"]) {
        let body = json!({ "templateRef": "template:default/runs" }).to_string();
        let begun = operator.post("/api/scaffolder/v2/tasks", "application/json", &body).await;
        assert_eq!(begun.status, 201, "{}", begun.body);
        let tx = operator.db().begin().await.expect("begin");
        let made = begun.json()["id"].as_str().expect("a number").to_owned();
        let text = "UPDATE templates_task SET uuid = ?, state = ? WHERE uuid = ?";
        let values = [id.into(), state.into(), made.into()];
        kit::server::db::execute(&tx, text, values).await.expect("renamed");
        let text = "INSERT INTO templates_step (task_id, position, step, name, action, state, attempts, begun, waits_with, parts, output, error) \
                    SELECT id, 0, 'one', 'One', 'debug:log', 'unknown', 1, FALSE, '', '', '', '' FROM templates_task WHERE uuid = ?";
        kit::server::db::execute(&tx, text, [id.into()]).await.expect("a step");
        tx.commit().await.expect("commit");
    }
}

/// Makes the [`JOURNEYS`], along a path that is in the catalog.
async fn journeys(operator: &TestApp) {
    const PATH: &str = "/api/golden-paths/v1/journeys";
    for (at, id) in JOURNEYS.into_iter().enumerate() {
        let body = json!({ "path": "goldenpath:default/secret" }).to_string();
        let begun = operator.post(PATH, "application/json", &body).await;
        assert_eq!(begun.status, 201, "{}", begun.body);
        let made = begun.json()["id"].as_str().expect("a number").to_owned();
        if at > 0 {
            let started = operator.post(&format!("{PATH}/{made}/start"), "application/json", "{\"values\": {}}").await;
            assert_eq!(started.status, 200, "{}", started.body);
        }
        if at == 1 {
            let body = json!({ "command": "claim", "step": "ask" }).to_string();
            let taken = operator.post(&format!("{PATH}/{made}/commands"), "application/json", &body).await;
            assert_eq!(taken.status, 200, "{}", taken.body);
        }
        let tx = operator.db().begin().await.expect("begin");
        let text = "UPDATE golden_paths_journey SET uuid = ?, snapshot = REPLACE(snapshot, ?, ?) WHERE uuid = ?";
        let values = [id.into(), made.as_str().into(), id.into(), made.as_str().into()];
        kit::server::db::execute(&tx, text, values).await.expect("renamed");
        tx.commit().await.expect("commit");
    }
}

/// Makes the [`CONTRIBUTIONS`].
async fn contributions(operator: &TestApp) {
    const PATH: &str = "/api/contributions/v1/contributions";
    let rejected = json!({ "outcome": "rejected", "by": "user:default/max", "at": 0 });
    for (at, id) in CONTRIBUTIONS.into_iter().enumerate() {
        let body = json!({ "title": "A secret rota", "problem": "x", "audience": "x", "kind": "template", "owner": "travellers" });
        let pitched = operator.post(PATH, "application/json", &body.to_string()).await;
        assert_eq!(pitched.status, 201, "{}", pitched.body);
        let made = pitched.json()["id"].as_str().expect("a number").to_owned();
        if at == 1 || at == 5 {
            let body = json!({ "command": "submit", "stage": "ux" }).to_string();
            let submitted = operator.post(&format!("{PATH}/{made}/commands"), "application/json", &body).await;
            assert_eq!(submitted.status, 200, "{}", submitted.body);
        }
        let one = operator.get_json(&format!("{PATH}/{made}")).await;
        let mut snapshot = one.json();
        snapshot["id"] = json!(id);
        if at == 5 {
            snapshot["state"] = json!("rejected");
            snapshot["submissions"][0]["decision"] = rejected.clone();
        }
        if at == 6 {
            snapshot["stage"] = json!("live");
        }
        let tx = operator.db().begin().await.expect("begin");
        let text = "UPDATE contributions_contribution SET uuid = ?, snapshot = ? WHERE uuid = ?";
        let values = [id.into(), snapshot.to_string().into(), made.as_str().into()];
        kit::server::db::execute(&tx, text, values).await.expect("renamed");
        tx.commit().await.expect("commit");
    }
}

/// What nobody does alone: whoever asks does not decide, an offer has a name once there is one, and a conflict takes two sides. Their own tests hold these.
const NOT_ALONE: [&str; 13] = [
    "/api/contributions/fn/claim",
    "/api/contributions/fn/decide",
    "/api/contributions/fn/decide-appeal",
    "/api/contributions/fn/join",
    "/api/contributions/fn/release",
    "/api/contributions/fn/settle-conflict",
    "/api/contributions/fn/support",
    "/api/contributions/fn/waive",
    "/api/golden-paths/fn/approve",
    "/api/golden-paths/fn/decline",
    "/api/golden-paths/fn/delegate",
    "/api/golden-paths/fn/accept-offer",
    "/api/golden-paths/fn/accept-form",
];

/// A well-formed call of each server function, in an order that is always the same; one that has none here fails the test below.
fn calls() -> BTreeMap<&'static str, (&'static str, String)> {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    let page = |address: &str| (JSON, json!({ "address": address }).to_string());
    let at = |journey: usize, more: &str| (FORM, format!("id={}&{more}", JOURNEYS[journey]));
    let of = |contribution: usize, more: &str| (FORM, format!("id={}&{more}", CONTRIBUTIONS[contribution]));
    BTreeMap::from([
        ("/api/home/fn/page", page("/")),
        ("/api/catalog/fn/page", page("/catalog")),
        ("/api/design/fn/page", page("/design/components/button")),
        ("/api/search/fn/page", page("/search?q=secret")),
        ("/api/inbox/fn/page", page("/inbox")),
        ("/api/inbox/fn/mark", (FORM, "id=1&mark=read".to_owned())),
        ("/api/inbox/fn/mark-all", (FORM, "tab=all&through=1&mark=read".to_owned())),
        ("/api/inbox/fn/choose-mail", (FORM, "mail=off".to_owned())),
        ("/api/inbox/fn/choose-theme", (FORM, "theme=dark".to_owned())),
        ("/api/catalog/fn/star", (FORM, "item=component:default/secret&starred=true".to_owned())),
        ("/api/audit/fn/page", page("/audit")),
        ("/api/settings/fn/page", page("/settings")),
        ("/api/settings/fn/end-session", (FORM, "id=1".to_owned())),
        ("/api/settings/fn/end-other-sessions", (FORM, String::new())),
        ("/api/settings/fn/create-token", (FORM, "name=x&scopes[]=catalog.*&days=7".to_owned())),
        ("/api/settings/fn/revoke-token", (FORM, "id=1".to_owned())),
        ("/api/access/fn/page", page("/access?who=service:bot&action=catalog.entity.read")),
        ("/api/catalog/fn/save-filter", (FORM, "name=Mine&href=/catalog?kind=api".to_owned())),
        ("/api/catalog/fn/forget-filter", (FORM, "id=1".to_owned())),
        ("/api/catalog/fn/refresh", (FORM, "id=1".to_owned())),
        (
            "/api/catalog/fn/register",
            (FORM, format!("target={}", std::env::var("CARGO_MANIFEST_DIR").expect("cargo names it"))),
        ),
        ("/api/catalog/fn/unregister", (FORM, "id=1".to_owned())),
        ("/api/contributions/fn/page", page("/contribute")),
        ("/api/contributions/fn/pitch", (FORM, "do=pitch&title=A+rota&problem=x&kind=template".to_owned())),
        ("/api/contributions/fn/edit", of(0, "title=Another+rota&problem=x&kind=template&owner=travellers")),
        ("/api/contributions/fn/join", of(0, "")),
        ("/api/contributions/fn/support", of(0, "wanted=true")),
        ("/api/contributions/fn/follow", of(0, "wanted=false")),
        ("/api/contributions/fn/comment", of(0, "text=hello")),
        ("/api/contributions/fn/merge", of(2, &format!("into={}", CONTRIBUTIONS[0]))),
        ("/api/contributions/fn/submit", of(3, "stage=ux")),
        ("/api/contributions/fn/claim", of(1, "submission=1")),
        ("/api/contributions/fn/release", of(1, "submission=1")),
        ("/api/contributions/fn/decide", of(1, "stage=ux&submission=1&verdict=reject&reason=no")),
        ("/api/contributions/fn/waive", of(1, "submission=1&finding=x&reason=no&days=3")),
        ("/api/contributions/fn/appeal", of(5, "reason=no")),
        ("/api/contributions/fn/decide-appeal", of(5, "granted=true&reason=no")),
        ("/api/contributions/fn/withdraw", of(4, "reason=no")),
        ("/api/contributions/fn/settle-conflict", of(0, "take=true&seen=x")),
        ("/api/contributions/fn/go-live", of(6, "")),
        ("/api/golden-paths/fn/page", page("/golden-paths")),
        ("/api/golden-paths/fn/begin", (FORM, "path=goldenpath:default/secret".to_owned())),
        ("/api/golden-paths/fn/claim", at(2, "step=ask")),
        ("/api/golden-paths/fn/release", at(1, "step=ask")),
        ("/api/golden-paths/fn/hand-over", at(3, "step=ask&to=group:default/travellers")),
        ("/api/golden-paths/fn/delegate", at(3, "step=ask&to=user:default/jane")),
        ("/api/golden-paths/fn/approve", at(3, "step=ask")),
        ("/api/golden-paths/fn/decline", at(3, "step=ask&reason=no")),
        ("/api/golden-paths/fn/complete", at(4, "step=ask")),
        ("/api/golden-paths/fn/except", at(5, "step=ask&reason=done")),
        ("/api/golden-paths/fn/retry", at(6, "step=broken")),
        ("/api/golden-paths/fn/comment", at(3, "text=hello")),
        ("/api/golden-paths/fn/add-evidence", at(3, "step=ask&href=https://example.com")),
        ("/api/golden-paths/fn/transfer", at(7, "to=group:default/travellers")),
        ("/api/golden-paths/fn/cancel", at(8, "reason=enough")),
        ("/api/golden-paths/fn/give-up", at(9, "reason=enough")),
        ("/api/golden-paths/fn/start-over", at(10, "")),
        ("/api/golden-paths/fn/star", (FORM, "item=goldenpath:default/secret&starred=true".to_owned())),
        ("/api/golden-paths/fn/check", (FORM, "path=goldenpath:default/secret".to_owned())),
        (
            "/api/golden-paths/fn/change-version",
            (FORM, "path=goldenpath:default/secret&number=1.0.0&state=deprecated&reason=old".to_owned()),
        ),
        (
            "/api/golden-paths/fn/save-form",
            (FORM, format!("~journey={}&~step=form&~page=0&~revision=0&~do=keep", JOURNEYS[3])),
        ),
        ("/api/golden-paths/fn/start-form", (FORM, format!("~journey={}&~step=form", JOURNEYS[3]))),
        ("/api/golden-paths/fn/accept-offer", at(3, "hash=x")),
        ("/api/golden-paths/fn/accept-form", (FORM, format!("~journey={}&~hash=x", JOURNEYS[3]))),
        ("/api/templates/fn/cancel-run", (FORM, format!("id={}", RUNS[0]))),
        ("/api/templates/fn/start-run-over", (FORM, format!("id={}", RUNS[0]))),
        ("/api/templates/fn/retry-run", (FORM, format!("id={}", RUNS[1]))),
        ("/api/templates/fn/decide-run", (FORM, format!("id={}&decision=repeat", RUNS[2]))),
        ("/api/templates/fn/page", page("/create")),
        ("/api/templates/fn/star", (FORM, "item=template:default/secret&starred=true".to_owned())),
        (
            "/api/templates/fn/save-form",
            (FORM, "~template=template:default/secret&~page=0&~revision=0&~do=keep".to_owned()),
        ),
        ("/api/templates/fn/start-form", (FORM, "~template=template:default/runs".to_owned())),
        ("/api/templates/fn/discard-form", (FORM, "template=template:default/secret".to_owned())),
        ("/api/templates/fn/check", (FORM, "template=template:default/secret".to_owned())),
        (
            "/api/templates/fn/change-version",
            (FORM, "template=template:default/secret&number=1.0.0&state=deprecated&reason=old".to_owned()),
        ),
    ])
}

async fn secret(db: &kit::server::testing::TestDb) -> (TestApp, TestApp) {
    let (operator, nobody) = (TestApp::new(db), TestApp::anonymous(db));
    operator.write("a.yaml", &component("secret"));
    operator.write("template.yaml", &template("secret", "team-a", "").replace("bank:say", "debug:log"));
    operator.write("runs.yaml", RUNNABLE);
    operator.write("path.yaml", TRAVELLED);
    operator.import_from(&operator.path(""), true).await;
    operator.publish().await;
    runs(&operator).await;
    // The first message of all is the operator's, so that it can be marked.
    let message = kit::server::inbox::Message {
        to: kit::server::inbox::Recipient::Person("operator"),
        kind: "test.said",
        key: "",
        title: "A message",
        body: "",
        path: "/",
        waits: true,
    };
    let tx = operator.db().begin().await.expect("begin");
    kit::server::inbox::send(&tx, operator.instance.kit.clock.now(), message).await.expect("sent");
    tx.commit().await.expect("commit");
    journeys(&operator).await;
    contributions(&operator).await;
    (operator, nobody)
}

#[tokio::test]
async fn every_server_function_refuses_whoever_is_not_signed_in() {
    let db = databases().await.swap_remove(0);
    let (operator, nobody) = secret(&db).await;
    let before =
        (operator.rows("catalog_location").await, operator.rows("job").await, operator.rows("audit_event").await);
    let calls = calls();
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        let (content_type, body) =
            calls.get(path).unwrap_or_else(|| panic!("{path} has no call by somebody who is not signed in"));
        let refused = nobody.post(path, content_type, body).await;
        assert_eq!(refused.status, 401, "{path}: {}", refused.body);
        assert!(!refused.body.contains("secret"), "{path}: {}", refused.body);
    }
    let after =
        (operator.rows("catalog_location").await, operator.rows("job").await, operator.rows("audit_event").await);
    assert_eq!(before, after, "a refused call changes nothing");
    // What is forgotten must be there.
    let (form, filter) = &calls["/api/catalog/fn/save-filter"];
    assert_eq!(operator.post("/api/catalog/fn/save-filter", form, filter).await.status, 200);
    // The operator has neither sessions nor tokens of its own.
    let of_a_person =
        ["/api/settings/fn/end-session", "/api/settings/fn/create-token", "/api/settings/fn/revoke-token"];
    let alone = |path: &str| !of_a_person.contains(&path) && !NOT_ALONE.contains(&path);
    for (path, (content_type, body)) in calls.iter().filter(|(path, _)| alone(path)) {
        let allowed = operator.post(path, content_type, body).await;
        assert!(allowed.status.as_u16() < 400, "{path} is well-formed: {} {}", allowed.status, allowed.body);
    }
}

#[tokio::test]
async fn every_server_function_that_writes_leaves_an_event() {
    let calls = calls();
    // What a form sends changes something; what asks for a page does not.
    // What a reader did with its own messages is its own business, and so is what somebody fills in and does not send.
    // Sessions and tokens are nobody's here: their events are held by their own tests.
    let private = [
        "/api/inbox/fn/mark",
        "/api/inbox/fn/mark-all",
        "/api/golden-paths/fn/save-form",
        "/api/templates/fn/save-form",
        "/api/templates/fn/discard-form",
        "/api/settings/fn/end-session",
        "/api/settings/fn/create-token",
        "/api/settings/fn/revoke-token",
    ];
    for (path, (form, body)) in calls.iter().filter(|(_, (kind, _))| kind.ends_with("urlencoded")) {
        if private.contains(path) || NOT_ALONE.contains(path) {
            continue;
        }
        let db = databases().await.swap_remove(0);
        let (operator, _) = secret(&db).await;
        if path.ends_with("/forget-filter") {
            let (form, filter) = &calls["/api/catalog/fn/save-filter"];
            operator.post("/api/catalog/fn/save-filter", form, filter).await;
        }
        let before = operator.rows("audit_event").await.len();
        let answer = operator.post(path, form, body).await;
        assert!(operator.rows("audit_event").await.len() > before, "{path} leaves no event: {}", answer.body);
    }
}

/// The address of a route, with an example for each of its parts.
fn example(route: impl AsRef<str>) -> String {
    let path = route
        .as_ref()
        .replace("{kind}", "component")
        .replace("{namespace}", "default")
        .replace("{name}", "secret")
        .replace("{id}", "1")
        .replace("{uid}", "1")
        .replace("{token}", "secret")
        .replace("{file}", "secret")
        .replace("{key}", "form")
        .replace("{number}", "1")
        .replace("{place}", "0")
        .replace("{owner}", "secret")
        .replace("{*file}", "HEAD")
        .replace("{*path}", "a/b.svg");
    assert!(!path.contains('{'), "{path} has a part without an example");
    path
}

#[tokio::test]
async fn every_rest_route_refuses_whoever_is_not_signed_in() {
    let db = databases().await.swap_remove(0);
    let (operator, nobody) = secret(&db).await;
    let mut asked = 0;
    for (method, path) in routes(&operator) {
        assert!(!PUBLIC.contains(&path), "{path} of a plugin is public");
        let path = example(path);
        for path in [path.clone(), format!("{path}?facet=kind&filter=kind=component")] {
            let answer = nobody.send(request(method.clone(), &path).body(Body::empty())).await;
            assert!(matches!(answer.status.as_u16(), 401 | 403), "{method} {path}: {}", answer.status);
            assert!(!answer.body.contains("team-a"), "{method} {path}: {}", answer.body);
            asked += 1;
        }
    }
    assert!(asked >= 6);
}

#[tokio::test]
async fn every_page_refuses_whoever_is_not_signed_in() {
    let db = databases().await.swap_remove(0);
    let (operator, nobody) = secret(&db).await;
    for path in std::iter::once("/".to_owned()).chain(pages()) {
        assert_eq!(operator.get(&path).await.status, 200, "{path}");
        let answer = nobody.get(&path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(nobody.page(&path).await.status, 401, "{path}");
        assert!(
            !answer.body.contains("team-a") && !answer.body.contains(&operator.path("").display().to_string()),
            "{path}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn every_server_function_and_route_refuses_whoever_is_in_another_group() {
    const POLICY: &str = "@id(\"theirs\") permit (principal in Group::\"group:default/payments\", action, resource);";
    let db = databases().await.swap_remove(0);
    let (operator, _) = secret(&db).await;
    let [inside, outside] = ["group:default/payments", "group:default/payments-team"].map(|group| {
        let app = TestApp::with(&db, Config::default(), &[], person("user:default/jane", &[group]));
        let sources = [Source { name: "test.cedar".into(), text: POLICY.into() }];
        app.instance.kit.gate.replace(&sources).expect("a policy");
        app
    });
    let calls = calls();
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        let (content_type, body) =
            calls.get(path).unwrap_or_else(|| panic!("{path} has no call by somebody of another group"));
        let refused = outside.post(path, content_type, body).await;
        // The home page shows of each plugin what it allows: nothing, here.
        let is_home = path == "/api/home/fn/page";
        assert!(matches!(refused.status.as_u16(), 403 | 404) || is_home, "{path}: {} {}", refused.status, refused.body);
        assert!(!refused.body.contains("secret"), "{path}: {}", refused.body);
    }
    for (method, path) in routes(&operator) {
        let path = example(path);
        let path = format!("{path}?facet=kind&filter=kind=component&q=secret");
        let answer = outside.send(request(method.clone(), &path).body(Body::empty())).await;
        assert!(matches!(answer.status.as_u16(), 403 | 404), "{method} {path}: {}", answer.status);
        assert!(!answer.body.contains("team-a"), "{method} {path}: {}", answer.body);
    }
    // The same policy lets the others in.
    assert_eq!(inside.get("/catalog").await.status, 200);
    assert_eq!(inside.get("/api/catalog/entities/by-query").await.status, 200);
    assert_eq!(outside.get("/catalog").await.status, 403);
}

#[tokio::test]
async fn what_is_public_stands_on_one_short_list() {
    let routes_of = |path: &str| -> Vec<String> {
        let source = files("server/src", "rs")[path].clone();
        let calls = source.match_indices(".route(\"");
        calls.map(|(at, call)| source[at + call.len()..].split('"').next().expect("a path").to_owned()).collect()
    };
    let mut ways: Vec<String> =
        ["server/src/sign_in.rs", "server/src/sso.rs"].into_iter().flat_map(routes_of).collect();
    ways.sort();
    assert_eq!(ways, WAYS_IN);
    let routes = routes_of("server/src/router.rs");
    let (routes, public): (BTreeSet<&str>, BTreeSet<&str>) =
        (routes.iter().map(String::as_str).collect(), PUBLIC.into_iter().collect());
    assert_eq!(routes, public);
    let db = databases().await.swap_remove(0);
    let nobody = TestApp::anonymous(&db);
    for path in PUBLIC {
        let path = path.replace("/assets/{name}", &nobody.instance.assets.names().css).replace("{file}", "kit.css");
        let status = nobody.get(&path).await.status;
        assert_eq!(status, 200, "{path}");
    }
    assert_eq!(nobody.get("/nowhere").await.status, 404);
}

#[tokio::test]
async fn a_state_change_and_its_audit_event_are_one_transaction() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let catalog = &app.instance.catalog.catalog;
        let operator = kit::identity::Caller::Operator;
        let location = parsed(&app.path(""));
        let rename = async |from: &str, to: &str| {
            let tx = app.db().begin().await.expect("begin");
            kit::server::db::execute(&tx, &format!("ALTER TABLE {from} RENAME TO {to}"), []).await.expect("renamed");
            tx.commit().await.expect("commit");
        };

        rename("audit_event", "away").await;
        assert!(catalog.register(&operator, &location).await.is_err(), "{}", app.name);
        assert_eq!(
            (app.rows("catalog_location").await.len(), app.rows("job").await.len()),
            (0, 0),
            "without its event nothing is registered"
        );
        rename("away", "audit_event").await;
        rename("job", "away").await;
        assert!(catalog.register(&operator, &location).await.is_err(), "{}", app.name);
        assert_eq!(
            (app.rows("catalog_location").await.len(), app.rows("audit_event").await.len()),
            (0, 0),
            "and nothing is in the trail that was not done"
        );
        rename("away", "job").await;

        let id = catalog.register(&operator, &location).await.expect("registered").id;
        app.work().await;
        let before = (app.rows("catalog_location").await, app.rows("job").await);
        app.instance.kit.clock.advance(1_000);
        rename("audit_event", "away").await;
        assert!(catalog.refresh(&operator, id).await.is_err());
        assert_eq!((app.rows("catalog_location").await, app.rows("job").await), before, "{}", app.name);
        rename("away", "audit_event").await;
        catalog.refresh(&operator, id).await.expect("asked for a refresh");

        let trail = app.query("SELECT actor, action, resource FROM audit_event ORDER BY id").await;
        let trail: Vec<String> = trail.iter().map(ToString::to_string).collect();
        let resource = format!("location:{id}");
        let line = |action: &str| json!({ "actor": "operator", "action": action, "resource": resource }).to_string();
        assert_eq!(trail, [line("catalog.location.register"), line("catalog.location.refresh")], "{}", app.name);
    }
}

//! `docs/security.md` names a test or a proof for each advisory; here is what keeps it true, and what was missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use kit::server::secrets::SEALED;
use kit::server::testing::{TestDb, databases};

use crate::support::{TestApp, component_of};

/// The advisories, each by the first of its names.
const ADVISORIES: [&str; 68] = [
    // Paths, links and object keys.
    "GHSA-pgf8-28gg-vpr6",
    "GHSA-pvv8-8fx9-h673",
    "GHSA-mg3m-f475-28hv",
    "GHSA-4jqc-jvh2-pxg9",
    "GHSA-2fc9-xpp8-2g9h",
    "GHSA-39v3-f278-vj3g",
    "GHSA-rq6q-wr2q-7pgp",
    "GHSA-2p49-45hj-7mc9",
    "GHSA-w669-jj7h-88m9",
    "CVE-2026-106486",
    "CVE-2026-106490",
    "CVE-2026-106493",
    "CVE-2026-106494",
    "CVE-2026-106500",
    "CVE-2026-106560",
    // Requests to inner systems, credentials that go astray.
    "GHSA-qmc2-jpr5-7rg9",
    "GHSA-q2x5-4xjx-c6p9",
    "CVE-2026-29185",
    "GHSA-qp4c-xg64-7c6x",
    "CVE-2026-106455",
    "CVE-2026-106459",
    "CVE-2026-106491",
    "CVE-2026-106498",
    "CVE-2026-106557",
    // Rights that are missing or differ.
    "GHSA-f8j4-p5cr-p777",
    "GHSA-p7g9-rp3g-mgfg",
    "CVE-2026-106456",
    "CVE-2026-106458",
    "CVE-2026-106461",
    "CVE-2026-106462",
    "CVE-2026-106463",
    "CVE-2026-106487",
    "CVE-2026-106489",
    "CVE-2026-106492",
    "CVE-2026-106495",
    "CVE-2026-106496",
    "CVE-2026-106503",
    "CVE-2026-106561",
    "CVE-2026-106562",
    // Secrets and inner information.
    "GHSA-qc4v-xq2m-65wc",
    "CVE-2025-55285",
    "CVE-2026-29184",
    "GHSA-8wq8-6859-qx77",
    "CVE-2026-106499",
    "CVE-2026-106501",
    "CVE-2026-106506",
    // Scripts in pages.
    "GHSA-pwhf-39xg-4rxw",
    "GHSA-gg96-f8wr-p89f",
    "GHSA-w7fj-336r-vw49",
    "GHSA-7hv8-3fr9-j2hv",
    "GHSA-5j94-f3mf-8685",
    // Sign-in.
    "GHSA-wqvh-63mv-9w92",
    "GHSA-38hq-7x33-php4",
    "CVE-2026-106457",
    "CVE-2026-106460",
    "CVE-2026-106488",
    // Code from templates and configuration.
    "GHSA-2g8g-63j4-9w3r",
    "vm2 escape, 2022",
    "GHSA-wg6p-jmpc-xjmr",
    "GHSA-6jr7-99pf-8vgf",
    "GHSA-928r-fm4v-mvrw",
    "CVE-2026-88064",
    "CVE-2026-106505",
    "CVE-2026-106509",
    "CVE-2026-106510",
    "CVE-2026-106556",
    "CVE-2026-106558",
    // Availability.
    "GHSA-3x3f-jcp3-g22j",
];

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
        .join("..")
        .canonicalize()
        .expect("the workspace")
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/security.md")).expect("docs/security.md")
}

/// The rows of the tables of advisories: names and what is said of them.
fn rows(document: &str) -> BTreeMap<String, String> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.map(|(names, text)| (names.to_owned(), text.to_owned())).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether it has the form of a test's name, which is a sentence.
fn is_test(name: &str) -> bool {
    name.matches('_').count() >= 3
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The text of every Rust file of the workspace.
fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders: Vec<_> = ["app", "server", "migrations", "style", "frontend"].map(|name| root().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).expect("within").to_string_lossy().into_owned();
                found.insert(name, std::fs::read_to_string(&path).expect("text"));
            }
        }
    }
    assert!(found.len() > 100);
    found
}

/// A source without its tests at the end, which may do anything.
fn program(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .split("#[cfg(all(test")
        .next()
        .unwrap_or_default()
}

#[test]
fn every_advisory_has_a_test_or_the_proof_that_its_feature_is_absent() {
    let document = document();
    let rows = rows(&document);
    let marks: BTreeSet<&str> = rows.keys().filter_map(|name| name.strip_prefix("**")?.strip_suffix("**")).collect();
    assert!(marks.len() >= 5, "{marks:?}");
    for advisory in ADVISORIES {
        let found: Vec<_> = rows
            .iter()
            .filter(|(names, _)| names.split(", ").any(|name| name == advisory) || *names == advisory)
            .collect();
        let [(_, text)] = found.as_slice() else { panic!("{advisory} stands in {} rows", found.len()) };
        let marked = text.split(['(', ',', ' ', ')', '.', ';']).any(|word| marks.contains(word));
        assert!(quoted(text).any(is_test) || (text.contains("absent") && marked), "{advisory}: {text}");
    }
}

#[test]
fn every_test_that_the_document_names_exists() {
    let sources = sources();
    let document = document();
    let missing: Vec<&str> = quoted(&document)
        .filter(|name| is_test(name))
        .filter(|name| !sources.values().any(|text| text.contains(&format!("fn {name}("))))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
    let named = quoted(&document).filter(|name| is_test(name)).count();
    assert!(named > 80, "{named}");
}

#[test]
fn what_is_said_to_be_absent_is_absent() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    for (mark, crates) in [
        (
            "A1: scripts, and engines of templates but the one of runs",
            &[
                "askama",
                "boa_engine",
                "deno_core",
                "duktape",
                "handlebars",
                "liquid",
                "mlua",
                "pyo3",
                "rhai",
                "rquickjs",
                "rune",
                "starlark",
                "tera",
                "v8",
                "wasmer",
                "wasmtime",
            ][..],
        ),
        ("A3: object storage", &["aws-sdk-s3", "azure_storage", "object_store", "rusoto_core"]),
        ("A6: clusters", &["kube", "k8s-openapi"]),
    ] {
        for name in crates {
            assert!(!lock.contains(&format!("name = \"{name}\"\n")), "{mark}: {name}");
        }
    }
    for plugin in app::PLUGINS {
        for prefix in plugin.prefixes {
            for word in ["proxy", "kubernetes", "cluster", "webhook"] {
                assert!(!prefix.contains(word), "A6: {prefix}");
            }
        }
    }
    // A8: who writes, makes or moves files at all.
    const WRITE: [&str; 7] =
        ["fs::write(", "fs::create_dir", "fs::rename(", "File::create", "DirBuilder", "create_new(", ".create(true)"];
    let writers: BTreeSet<String> = sources()
        .into_iter()
        .filter(|(name, _)| !name.contains("/tests") && !name.ends_with("tests.rs") && !name.ends_with("build.rs"))
        .filter(|(_, text)| WRITE.iter().any(|call| program(text).contains(call)))
        .map(|(name, _)| name)
        .collect();
    let known = [
        // Folders that are named by a hash or a number.
        "app/plugins/catalog/src/server/git.rs",
        "app/plugins/catalog/src/server/plan.rs",
        "app/plugins/catalog/src/server/tree.rs",
        // One folder of the portal's own, for a bare repository: no name of a file in it is a path here.
        "app/plugins/contributions/src/server/mirror/repository.rs",
        // Through an open directory that no path leaves, and repositories by names that are checked.
        "app/kit/src/server/repositories.rs",
        "app/plugins/templates/scaffold/src/workspace.rs",
        // The operator's own paths and names of ours.
        "server/src/cli/backup.rs",
        "server/src/examples.rs",
        "server/src/instance.rs",
        "server/src/secrets.rs",
    ];
    let of_the_audit = |name: &str| name.starts_with("app/kit/src/server/audit/");
    let unknown: Vec<_> =
        writers.iter().filter(|name| !known.contains(&name.as_str()) && !of_the_audit(name)).collect();
    assert!(unknown.is_empty(), "A8: {unknown:?}");
}

#[test]
fn what_is_sealed_is_sealed_again_by_a_rotation() {
    // Who seals, and what for.
    let sealing = [
        ("app/plugins/golden-paths/src/server/acting.rs", "journey"),
        ("app/plugins/templates/src/server/tasks.rs", "task"),
        ("server/src/session.rs", "session"),
    ];
    let found: Vec<String> = sources()
        .into_iter()
        .filter(|(name, text)| !name.ends_with("kit/src/server/secrets.rs") && program(text).contains("vault.seal("))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(found, sealing.map(|(name, _)| name));
    for (name, purpose) in sealing {
        assert!(
            SEALED.iter().any(|column| column.purpose == purpose),
            "{name} seals for {purpose}, which no column of SEALED is for"
        );
    }
}

async fn one() -> TestDb {
    databases().await.swap_remove(0)
}

fn documented(name: &str) -> String {
    component_of(name, "team-a", "  annotations:\n    backstage.io/techdocs-ref: 'dir:.'\n")
}

#[tokio::test]
async fn cve_2026_25153_cve_2026_29186_cve_2026_88064_cve_2026_106455_what_mkdocs_yml_asks_for_is_not_done() {
    let db = one().await;
    let app = TestApp::new(&db);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let inner = listener.local_addr().expect("an address");
    let ran = app.path("ran");
    let run = ran.display();
    let configs = [
        format!(
            "hooks: [hook.py]\nplugins:\n  - macros: {{module_name: hook}}\n  - exec:\n      command: 'touch {run}'\n"
        ),
        format!(
            "theme:\n  name: null\n  custom_dir: theme\nextra: {{x: !!python/object/apply:os.system ['touch {run}']}}\n"
        ),
        format!(
            "INHERIT: http://{inner}/base.yml\nextra_javascript: [http://{inner}/x.js]\nextra_css: [http://{inner}/x.css]\n"
        ),
        format!(
            "plugins:\n  - redirects: {{a: http://{inner}/}}\n  - git-snippet: {{url: http://{inner}/s}}\nrepo_url: http://{inner}/r\n"
        ),
        "markdown_extensions:\n  - pymdownx.snippets: {base_path: /, url_download: true}\n  - attr_list\n".to_owned(),
        format!("!!python/object/apply:os.system ['touch {run}']\n"),
        format!("site_name: !ENV [X, !!python/object/new:subprocess.Popen [['touch', '{run}']]]\n"),
    ];
    for (number, config) in configs.iter().enumerate() {
        let at = |path: &str| format!("d{number}/{path}");
        app.write(&at("catalog-info.yaml"), &documented(&format!("d{number}")));
        app.write(&at("mkdocs.yml"), config);
        app.write(&at("hook.py"), &format!("open({:?}, 'w')\n", ran.display().to_string()));
        app.write(&at("theme/main.html"), "<script>alert('theme')</script>{% include '/etc/passwd' %}");
        app.write(
            &at("docs/index.md"),
            &format!("# Fine\n\n--8<-- \"/etc/passwd\"\n\n--8<-- \"http://{inner}/s.md\"\n\n{{% include '/etc/passwd' %}} {{{{ 7*191 }}}} ${{{{ 7*191 }}}}\n"),
        );
    }
    app.import().await;
    let asked = tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept()).await;
    assert!(asked.is_err(), "nothing was fetched");
    assert!(!ran.exists(), "nothing was run");
    let mut shown = 0;
    for number in 0..configs.len() {
        let answer = app.get(&format!("/catalog/default/component/d{number}/docs")).await;
        shown += usize::from(answer.status == 200);
        for forbidden in ["root:x:", "1337", "alert('theme')", &format!("src=\"http://{inner}")] {
            assert!(!answer.body.contains(forbidden), "{number}: {forbidden}");
        }
    }
    assert!(shown >= 5, "their pages are there all the same: {shown}");
}

#[tokio::test]
async fn cve_2024_45816_cve_2026_106489_cve_2026_106494_docs_of_another_are_not_reached_by_a_path() {
    for db in databases().await {
        let app = TestApp::new(&db);
        for name in ["open", "closed"] {
            app.write(&format!("{name}/catalog-info.yaml"), &documented(name));
            app.write(&format!("{name}/docs/index.md"), &format!("# Pages of {name}\n\n![x](x.svg)\n"));
            app.write(
                &format!("{name}/docs/x.svg"),
                &format!("<svg xmlns='http://www.w3.org/2000/svg'><!-- {name} --></svg>"),
            );
        }
        app.import().await;
        assert!(
            app.get("/catalog/default/component/closed/docs").await.body.contains("Pages of closed"),
            "{}",
            app.name
        );
        for step in [
            "../../closed/docs",
            "..%2f..%2fclosed%2fdocs",
            "%2e%2e/%2e%2e/closed/docs",
            "..%5c..%5cclosed",
            "/closed",
            "./../closed",
            "..;/closed",
        ] {
            for path in [
                format!("/catalog/default/component/open/docs/{step}"),
                format!("/api/catalog/docs/component/default/open/{step}/x.svg"),
            ] {
                let answer = app.get(&path).await;
                assert!(
                    !answer.body.contains("Pages of closed") && !answer.body.contains("<!-- closed -->"),
                    "{} {path}",
                    app.name
                );
                assert!(matches!(answer.status.as_u16(), 200 | 301..=308 | 400 | 404), "{path}: {}", answer.status);
            }
        }
    }
}

#[tokio::test]
async fn ghsa_2g8g_63j4_9w3r_cve_2023_35926_what_looks_like_a_template_is_text() {
    let db = one().await;
    let app = TestApp::new(&db);
    let tricks = [
        "${{ 7*191 }}",
        "{{ 7*191 }}",
        "{% raw %}",
        "<%= 7*191 %>",
        "#{7*191}",
        "${7*191}",
        "{{ constructor.constructor('return process')() }}",
    ];
    for (number, trick) in tricks.iter().enumerate() {
        let metadata = format!("  title: {0:?}\n  description: {0:?}\n  tags: [t]\n", trick);
        app.write(&format!("{number}.yaml"), &component_of(&format!("c{number}"), "team-a", &metadata));
    }
    app.write("template.yaml", "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec:\n  type: service\n  owner: team-a\n  parameters: []\n  steps:\n    - {id: a, action: 'fetch:template', input: {url: '${{ 7*191 }}', x: '{{ 7*191 }}'}}\n");
    app.import().await;
    let pages = (0..tricks.len()).map(|number| format!("/catalog/default/component/c{number}"));
    for page in pages.chain(["/catalog/default/template/t?tab=descriptor".to_owned(), "/catalog".to_owned()]) {
        let answer = app.get(&page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.body.contains("1337"), "{page}");
    }
}

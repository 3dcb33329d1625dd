//! The command line, with the binary that people run.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{component, write};

const BAD: &str = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: bad\nspec:\n  type: service\n  lifecycle: 7\n  owner: team-a\n";

fn portico(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portico"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(environment.iter().copied())
        .output()
        .expect("portico runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("good/a.yaml"), &component("a"));
    write(
        &folder.path().join("good/.hidden/b.yml"),
        "apiVersion: bank.example/v1\nkind: X\n---\n---\napiVersion: backstage.io/v1alpha1\nkind: Robot\nmetadata: {name: r}\n",
    );
    write(&folder.path().join("bad/c.yaml"), &[component("c").as_str(), BAD, "kind: [\n"].join("---\n"));
    folder
}

#[test]
fn check_fails_only_for_what_is_invalid_or_no_yaml() {
    let folder = folder();
    let check = |arguments: &[&str]| portico(folder.path(), &[&["check"], arguments].concat(), &[]);
    let good = check(&["good"]);
    assert_eq!((code(&good), err(&good)), (0, String::new()), "{}", out(&good));
    let bad = check(&["bad"]);
    assert_eq!(code(&bad), 1);
    assert!(
        out(&bad).contains("c.yaml:16:14: error: ") && out(&bad).contains(" documents, 2 with errors, "),
        "{}",
        out(&bad)
    );
    let file = check(&["good/a.yaml", "--format", "json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&out(&file)).expect("one line")["file"],
        "a.yaml",
        "a file given itself is named by its last part"
    );
    let none = check(&["nowhere"]);
    assert_eq!(code(&none), 2, "1 says that something is invalid, and nothing was read");
    assert!(err(&none).contains("nowhere"), "{}", err(&none));
    assert_eq!(code(&portico(folder.path(), &["check"], &[])), 2, "a path is needed");
}

#[test]
fn check_prints_a_line_of_json_a_document() {
    let folder = folder();
    let lines = |path: &str| out(&portico(folder.path(), &["check", path, "--format", "json"], &[]));
    insta::assert_snapshot!(lines("good"), @r#"
    {"file":".hidden/b.yml","doc":0,"kind":"X","name":null,"verdict":"not-entity","errors":[],"warnings":[]}
    {"file":".hidden/b.yml","doc":1,"kind":null,"name":null,"verdict":"ignored-empty","errors":[],"warnings":[]}
    {"file":".hidden/b.yml","doc":2,"kind":"Robot","name":"r","verdict":"unknown-kind","errors":[],"warnings":[{"line":6,"column":1,"path":"/kind","message":"no rules are built in for `Robot`, so it is kept but not checked"}]}
    {"file":"a.yaml","doc":0,"kind":"Component","name":"a","verdict":"ok","errors":[],"warnings":[{"line":8,"column":10,"path":"/spec/owner","message":"refers to group:default/team-a, which is in none of the checked files"}]}
    "#);
    insta::assert_snapshot!(lines("bad"), @r#"
    {"file":"c.yaml","doc":0,"kind":"Component","name":"c","verdict":"ok","errors":[],"warnings":[{"line":8,"column":10,"path":"/spec/owner","message":"refers to group:default/team-a, which is in none of the checked files"}]}
    {"file":"c.yaml","doc":1,"kind":"Component","name":"bad","verdict":"invalid","errors":[{"line":16,"column":14,"path":"/spec/lifecycle","message":"must be a non-empty string, but is 7"}],"warnings":[{"line":17,"column":10,"path":"/spec/owner","message":"refers to group:default/team-a, which is in none of the checked files"}]}
    {"file":"c.yaml","doc":2,"kind":null,"name":null,"verdict":"yaml-error","errors":[{"line":20,"column":1,"path":"","message":"not valid YAML: while parsing a node, did not find expected node content"}],"warnings":[]}
    "#);
}

const TEMPLATE: &str = "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: service
spec:
  type: service
  owner: team-a
  parameters:
    required: [name]
    properties:
      name: {type: string, pattern: '^[a-z]+$'}
  steps:
    - id: fetch
      action: fetch:template
      input: {url: ./skeleton, values: {name: '${{ parameters.name }}'}}
    - id: publish
      action: publish:github
      input: {repoUrl: 'github.com?owner=acme&repo=${{ parameters.nmae }}'}
    - id: own
      action: acme:thing
";

#[test]
fn a_template_is_tried_without_a_server() {
    let folder = folder();
    write(&folder.path().join("t/template.yaml"), TEMPLATE);
    write(&folder.path().join("t/skeleton/${{ values.name }}.md"), "# ${{ values.name }}");
    write(&folder.path().join("good.yaml"), "name: ledger\n");
    write(&folder.path().join("wrong.json"), "{\"name\": \"Ledger 1\"}");
    let dry_run = |arguments: &[&str]| portico(folder.path(), &[&["template", "dry-run"], arguments].concat(), &[]);
    let json = |output: &Output| serde_json::from_str::<Value>(&out(output)).expect("JSON");
    let ran = dry_run(&["t", "--values", "good.yaml", "--format", "json"]);
    let report = json(&ran);
    assert_eq!((code(&ran), &report["verdict"]), (0, &"completed".into()), "{report} {}", err(&ran));
    assert_eq!(report["files"], serde_json::json!([{"path": "ledger.md", "bytes": 8}]));
    assert_eq!(report["unknown_actions"], serde_json::json!(["acme:thing"]));
    assert!(report["warnings"].to_string().contains("template.yaml:18:"), "{report}");
    let made_up = dry_run(&["t/template.yaml", "--values", "example"]);
    assert_eq!(code(&made_up), 0, "{} {}", out(&made_up), err(&made_up));
    let wrong = dry_run(&["t", "--values", "wrong.json", "--format", "json"]);
    assert_eq!((code(&wrong), &json(&wrong)["verdict"]), (1, &"failed".into()));
    assert!(json(&wrong)["errors"].to_string().contains("/name"), "{}", out(&wrong));
    assert_eq!(code(&dry_run(&["nowhere", "--values", "example"])), 2);
    assert_eq!(code(&dry_run(&["t", "--values", "nowhere.yaml"])), 2);
    assert!(!folder.path().join("data").exists(), "a dry run needs no database");
    let checked = portico(folder.path(), &["check", "t/template.yaml"], &[]);
    assert_eq!(code(&checked), 0, "warnings change no exit code");
    assert!(out(&checked).contains("`parameters.nmae`: the form has no field of that name"), "{}", out(&checked));
}

#[test]
fn import_loads_what_is_good_and_names_what_is_not_by_file_line_and_column() {
    let folder = folder();
    let output = portico(folder.path(), &["import", "bad", "good"], &[]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains("bad/c.yaml:16:14: "), "{}", err(&output));
    assert!(out(&output).starts_with("3 entities, "), "{}", out(&output));
    assert!(folder.path().join("data/portico.db").is_file());
    let again = portico(folder.path(), &["import", "bad", "good"], &[]);
    assert!(out(&again).starts_with("3 entities, "), "{}", out(&again));
    assert_eq!(err(&again), err(&output), "what is wrong is said again");
}

#[test]
fn import_fails_when_a_named_location_cannot_be_read_and_reads_the_others() {
    let folder = folder();
    let output = portico(folder.path(), &["import", "nowhere", "good"], &[]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("nowhere"), "{}", err(&output));
    assert!(out(&output).starts_with("2 entities, "), "{}", out(&output));
    let remote = portico(folder.path(), &["import", "https://stranger.example/x.yaml"], &[]);
    assert_eq!(code(&remote), 1, "{} {}", out(&remote), err(&remote));
    assert!(err(&remote).contains("is not an allowed host"), "{}", err(&remote));
}

#[test]
fn config_shows_every_setting_and_masks_secrets() {
    let folder = folder();
    write(
        &folder.path().join("portico.toml"),
        "database_url = 'postgres://portico:geheim@db.example/portico'\n[[integrations]]\nkind = 'github'\nhost = 'github.com'\ntoken = 'ghp_geheim'\nproxy = 'http://proxy:geheim@proxy.example:3128'\n",
    );
    let output = portico(
        folder.path(),
        &["config", "--config", "portico.toml", "--data-dir", "/srv/portico"],
        &[("PORTICO_LOG_LEVEL", "debug")],
    );
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(!out(&output).contains("geheim"), "{}", out(&output));
    insta::assert_snapshot!(out(&output), @r#"
    addr = "127.0.0.1:3000"
    data_dir = "/srv/portico"
    database_url = "postgres://portico:********@db.example/portico"
    plugins = []
    providers = []
    actions = []

    [catalog]
    refresh_seconds = 120
    max_files = 50000
    max_checkout_mb = 2048
    check_seconds = 20
    max_locations_per_person = 1000

    [templates]
    concurrency = 16
    step_minutes = 15
    run_days = 7
    longest_wait_hours = 24
    workspace_mb = 256
    keep_files_days = 7
    keep_drafts_days = 90
    keep_runs_days = 365

    [contributions]
    rules = ""
    check_minutes = 15
    mirror = ""
    mirror_branch = "main"
    mirror_folder = "pitches"
    mirror_minutes = 1

    [audit]
    file = ""
    key_file = ""
    key_env = ""
    trusted_keys = []
    keep_days = 0

    [look]
    tokens = ""

    [log]
    level = "debug"
    format = "text"

    [fetch]
    max_bytes = 10485760
    timeout_seconds = 30

    [mail]
    host = ""
    port = 587
    tls = "starttls"
    user = ""
    from = ""

    [[integrations]]
    kind = "github"
    host = "github.com"
    token = "********"
    proxy = "http://proxy:********@proxy.example:3128/"
    allow_private = false

    [access]
    administrators = []
    policies = []
    replace_default = false

    [sessions]
    idle_minutes = 15
    absolute_hours = 12

    [proxy]
    trusted = []

    [limits]
    sign_in = 600
    failures = 100
    search = 1200
    api = 12000

    [secrets]
    key_file = ""
    key_env = ""
    "#);
}

#[test]
fn a_bad_setting_stops_the_start_with_its_name() {
    let folder = folder();
    for (arguments, environment, expected) in [
        (
            &["config"][..],
            &[("PORTICO_LOG_LEVEL", "loud")][..],
            "PORTICO_LOG_LEVEL (log.level): \"loud\" is not allowed",
        ),
        (&["config"], &[("PORTICO_PORT", "1")], "PORTICO_PORT: unknown variable"),
        (&["config", "--config", "none.toml"], &[], "none.toml: "),
        (&["migrate", "--database-url", "mysql://x"], &[], "database_url: it must begin with sqlite: or postgres:"),
        (&["serve", "--addr", "0.0.0.0:1"], &[], "0.0.0.0:1 is not a loopback address"),
        (&["serve", "--addr", "[::]:1"], &[], "is not a loopback address"),
        (&["serve", "--addr", "3000"], &[], "--addr: \"3000\" is not an address with a port"),
        (&["serve"], &[("PORTICO_ADDR", "192.168.0.1:3000")], "192.168.0.1:3000 is not a loopback address"),
        (&["serve", "--port", "1"], &[], "unexpected argument '--port'"),
    ] {
        let output = portico(folder.path(), arguments, environment);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains(expected), "{arguments:?}: {}", err(&output));
    }
    assert!(!folder.path().join("data").exists(), "nothing was made");
}

#[test]
fn migrate_brings_a_database_up_to_date_and_may_be_repeated() {
    let folder = folder();
    for _ in 0..2 {
        let output = portico(folder.path(), &["migrate", "--data-dir", "d"], &[]);
        assert_eq!((code(&output), out(&output).as_str()), (0, "The database is up to date\n"), "{}", err(&output));
    }
    let failed =
        portico(folder.path(), &["migrate", "--database-url", "postgres://nobody:geheim@127.0.0.1:9/none"], &[]);
    assert_eq!(code(&failed), 1);
    assert!(!err(&failed).contains("geheim"), "{}", err(&failed));
}

#[test]
fn serve_says_where_it_is_and_stops_when_asked() {
    use std::io::{BufRead, BufReader};
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_portico"))
        .args(["serve", "--addr", "127.0.0.1:0", "--example"])
        .current_dir(folder.path())
        .env_clear()
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("portico runs");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    let status = child.wait().expect("it ends");
    assert!(line.starts_with("Portico is ready at http://127.0.0.1:"), "{line}");
    assert!(stopped.success() && status.success(), "{status}");
}

#[test]
fn a_location_is_unregistered_and_its_rules_are_changed_by_target_or_number() {
    let folder = folder();
    portico(folder.path(), &["import", "good", "bad", "--trust-org"], &[]);
    let rules = portico(folder.path(), &["rules", "good", "--trust-org", "false", "--kind", "Robot"], &[]);
    assert_eq!(code(&rules), 0, "{}", err(&rules));
    assert!(out(&rules).contains("not trusted for organisation data, kinds: Robot; 1 entities"), "{}", out(&rules));
    assert_eq!(code(&portico(folder.path(), &["rules", "good"], &[])), 2, "nothing to change");
    let gone = portico(folder.path(), &["unregister", "good", "2"], &[]);
    assert_eq!(code(&gone), 0, "{}", err(&gone));
    assert!(
        out(&gone).contains("/good: 2 entities removed") && out(&gone).contains("/bad: 1 entities"),
        "{}",
        out(&gone)
    );
    let again = portico(folder.path(), &["unregister", "good"], &[]);
    assert_eq!((code(&again), err(&again).contains("was not found")), (1, true), "{}", err(&again));
}

const PATHS: &str = "apiVersion: backstage.io/v1beta1
kind: GoldenPath
metadata:
  name: sound
spec:
  type: service
  owner: group:default/team-a
  parameters: {properties: {name: {type: string}}}
  steps:
    - id: create-team
      template: template:default/service@^2
      input: {name: 'Not Allowed!'}
    - id: use
      template: unknown
      input: {repo: '${{ outputs.create-team.repo }}', x: '${{ parameters.nmae }}'}
---
apiVersion: backstage.io/v1beta1
kind: GoldenPath
metadata:
  name: broken
spec:
  type: service
  owner: group:default/team-a
  version: one
  steps:
    - id: a
      needs: [b]
      template: template:default/service
      input: {name: '${{ outputs.later.x }}'}
    - id: b
      needs: [a, nowhere]
      task: {instructions: hi}
    - id: b
      task: {instructions: again}
    - id: later
      approval: {group: g, quorum: 0, onDecline: nobody}
      sla: {due: soon}
";

#[test]
fn check_says_what_is_wrong_with_a_golden_path_and_warns_of_what_is_elsewhere() {
    let folder = folder();
    write(&folder.path().join("paths/paths.yaml"), PATHS);
    let template = format!("{TEMPLATE}  version: 1.4.0\n");
    write(&folder.path().join("paths/template.yaml"), &template);
    let output = portico(folder.path(), &["check", "paths"], &[]);
    assert_eq!(code(&output), 1);
    let lines: Vec<String> =
        out(&output).lines().filter(|line| line.contains("paths.yaml:")).map(str::to_owned).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    paths.yaml:7:10: warning: refers to group:default/team-a, which is in none of the checked files (/spec/owner)
    paths.yaml:11:17: warning: no version of template:default/service is in the range ^2: 1.4.0 (/spec/steps/0/template)
    paths.yaml:14:17: warning: refers to template:default/unknown, which is in none of the checked files (/spec/steps/1/template)
    paths.yaml:15:59: warning: the form of the path has no field "nmae" (/spec/steps/1/input/x)
    paths.yaml:24:12: error: "one" is no version such as 1.4.0 (/spec/version)
    paths.yaml:27:14: error: the step "a" needs itself, by the way of what it needs (/spec/steps/0/needs)
    paths.yaml:29:21: error: what the step "later" makes is not there yet: this step does not come after it (/spec/steps/0/input/name)
    paths.yaml:31:14: error: the step "b" needs itself, by the way of what it needs (/spec/steps/1/needs)
    paths.yaml:31:14: error: there is no step "nowhere" (/spec/steps/1/needs)
    paths.yaml:33:11: error: two steps have the id b (/spec/steps/2/id)
    paths.yaml:36:36: error: the quorum is a number from 1 to 50 (/spec/steps/3/approval/quorum)
    paths.yaml:36:50: error: there is no step "nobody" (/spec/steps/3/approval/onDecline)
    paths.yaml:37:18: error: "soon" is no length of time; write 3d, 1d 12h, PT12H or {days: 3}, ten years at most (/spec/steps/3/sla/due)
    paths.yaml:23:10: warning: refers to group:default/team-a, which is in none of the checked files (/spec/owner)
    "#);
}

#[test]
fn check_names_both_places_of_a_ref_that_is_defined_twice() {
    let folder = folder();
    write(&folder.path().join("good/z.yaml"), &component("A"));
    let output = portico(folder.path(), &["check", "good"], &[]);
    assert_eq!(code(&output), 1);
    let line =
        "z.yaml:4:9: error: component:default/a is already defined by a.yaml:1; rename one of the two or remove it";
    assert!(out(&output).contains(line), "{}", out(&output));
}

#[test]
fn commands_seal_what_they_did_and_verify_finds_what_was_changed() {
    let folder = folder();
    let run = |arguments: &[&str]| portico(folder.path(), arguments, &[]);
    let imported = run(&["import", "good"]);
    assert_eq!(code(&imported), 0, "{}", err(&imported));
    let whole = run(&["audit", "verify"]);
    assert_eq!((code(&whole), err(&whole)), (0, String::new()), "{}", out(&whole));
    assert!(
        out(&whole).starts_with("The audit trail is whole: rows 1 to 2, ")
            && out(&whole).contains(", 0 rows not sealed yet; ")
            && out(&whole).trim_end().ends_with("trail.jsonl holds rows 1 to 2"),
        "{}",
        out(&whole)
    );
    let key = out(&run(&["audit", "key"]));
    assert_eq!((key.trim().len(), out(&run(&["audit", "key"]))), (64, key.clone()));
    let secret = std::fs::read_to_string(folder.path().join("data/audit/key")).expect("the key");
    assert_ne!(secret, key);
    let nobody = run(&["audit", "erase", "--person", "user:default/jane"]);
    assert_eq!((code(&nobody), err(&nobody).trim()), (1, "portico: the audit trail does not name user:default/jane"));

    let database = folder.path().join("data/portico.db");
    std::fs::remove_file(&database).expect("the database");
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", database.display()));
    }
    let gone = run(&["audit", "verify"]);
    assert_eq!(code(&gone), 1);
    assert!(err(&gone).contains("there is no database at data/portico.db"), "{}", err(&gone));
    assert_eq!(code(&run(&["migrate"])), 0);
    let gone = run(&["audit", "verify"]);
    assert_eq!(code(&gone), 1);
    assert!(err(&gone).starts_with("portico: row 1 (event 1) is in the file "), "{}", err(&gone));
    assert!(out(&gone).starts_with("The audit trail is NOT whole: no sealed rows"), "{}", out(&gone));
}

#[test]
fn policies_are_checked_shown_and_described() {
    let folder = folder();
    let policy = |arguments: &[&str]| portico(folder.path(), &[&["policy"], arguments].concat(), &[]);
    let shown = out(&policy(&["show"]));
    assert!(shown.contains("@id(\"owners-change\")"), "{shown}");
    write(&folder.path().join("all.cedar"), &shown);
    assert!(out(&policy(&["schema"])).contains("action \"catalog.location.register\" in [\"write\", "));
    let own = policy(&["check"]);
    assert_eq!((code(&own), err(&own)), (0, String::new()), "{}", out(&own));
    let replaced = policy(&["check", "--replace-default", "all.cedar"]);
    assert_eq!(code(&replaced), 0, "what is shown can stand in its own place: {}", out(&replaced));
    write(
        &folder.path().join("bad.cedar"),
        "@id(\"a\")\npermit (principal, action, resource) when { resource.type like \"s*\" };\n",
    );
    let bad = policy(&["check", "bad.cedar"]);
    assert_eq!(code(&bad), 1);
    assert!(out(&bad).starts_with("bad.cedar:1:1: the policy covers reading ("), "{}", out(&bad));
    write(&folder.path().join("portico.toml"), "[access]\npolicies = ['bad.cedar']\n");
    let served = portico(folder.path(), &["serve", "--addr", "127.0.0.1:0", "--config", "portico.toml"], &[]);
    assert_eq!(code(&served), 1, "the portal does not start on broken policies");
    assert!(err(&served).contains("bad.cedar:1:1: the policy covers reading ("), "{}", err(&served));
    let configured = policy(&["check", "--config", "portico.toml"]);
    assert_eq!(code(&configured), 1, "{}", out(&configured));
}

#[test]
fn a_token_is_printed_once_and_nothing_else_is() {
    let folder = folder();
    let create = |more: &[&str]| portico(folder.path(), &[&["token", "create", "--for"], more].concat(), &[]);
    for command in [
        &["token", "list"][..],
        &["token", "create", "--for", "service:a", "--scope", "catalog.*"],
        &["audit", "verify"],
        &["audit", "erase", "--person", "user:default/jane"],
        &["secrets", "rotate"],
        &["unregister", "1"],
    ] {
        let nowhere = portico(folder.path(), command, &[]);
        assert_eq!(code(&nowhere), 1, "{command:?}");
        assert!(err(&nowhere).contains("there is no database at data/portico.db"), "{command:?}: {}", err(&nowhere));
        assert!(!folder.path().join("data").exists(), "{command:?} makes none");
    }
    assert_eq!(code(&portico(folder.path(), &["migrate"], &[])), 0);
    let made = create(&["service:deployer", "--scope", "catalog.entity.read", "--name", "nightly"]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    let secret = out(&made);
    let secret = secret.strip_suffix('\n').expect("a line").strip_prefix("portico_").expect("what begins a token");
    assert!(secret.len() == 64 && secret.bytes().all(|c| c.is_ascii_hexdigit()), "{secret}");
    assert!(err(&made).contains("acts as service:deployer for 90 days"), "{}", err(&made));
    let kept = std::fs::read(folder.path().join("data/portico.db")).expect("the database");
    assert!(!String::from_utf8_lossy(&kept).contains(secret), "the secret is kept nowhere");
    let nothing = create(&["service:deployer", "--scope", "catalog.nothing"]);
    assert_eq!((code(&nothing), out(&nothing)), (1, String::new()));
    assert!(err(&nothing).contains("catalog.nothing"), "{}", err(&nothing));
    for nobody in ["deployer", "component:default/pipeline", "group:default/payments", "service:default/deployer"] {
        assert_eq!(code(&create(&[nobody, "--scope", "catalog.*"])), 2, "{nobody}");
    }
    for unknown in ["user:default/jane", "person:bank/4711"] {
        let refused = create(&[unknown, "--scope", "catalog.*"]);
        assert_eq!((code(&refused), out(&refused)), (1, String::new()), "{unknown}");
        assert!(err(&refused).contains(&format!("nobody is called {unknown}")), "{}", err(&refused));
    }
    let token = |arguments: &[&str]| portico(folder.path(), &[&["token"], arguments].concat(), &[]);
    let listed = out(&token(&["list"]));
    assert!(listed.starts_with("1\tservice:deployer\tnightly\tcatalog.entity.read\tends "), "{listed}");
    assert_eq!(listed.lines().count(), 1);
    assert_eq!(out(&token(&["revoke", "1"])), "Token 1 is revoked\n");
    assert_eq!(out(&token(&["list"])), "");
    let again = token(&["revoke", "1"]);
    assert_eq!(code(&again), 1);
    assert!(err(&again).contains("A token of this number was not found"), "{}", err(&again));
}

/// The folder of an example contribution.
fn contribution(name: &str) -> String {
    format!("{}/../examples/contributions/{name}", std::env::var("CARGO_MANIFEST_DIR").expect("cargo names it"))
}

/// The browser that the machine has, for a command that inherits nothing.
fn with_browser() -> Vec<(&'static str, String)> {
    ["PORTICO_CHROMIUM", "CHROMIUM_PATH"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)))
        .collect()
}

fn ux_check(folder: &Path, arguments: &[&str]) -> Output {
    let browser = with_browser();
    let environment: Vec<(&str, &str)> = browser.iter().map(|(name, path)| (*name, path.as_str())).collect();
    portico(folder, &[&["ux", "check"], arguments].concat(), &environment)
}

#[test]
fn ux_check_passes_the_clean_contribution_and_fails_the_faulty_one() {
    let folder = folder();
    let clean = ux_check(folder.path(), &[&contribution("clean"), "--format", "json"]);
    assert_eq!(
        (code(&clean), out(&clean)),
        (0, "{\"verdict\":\"pass\",\"findings\":[]}\n".to_owned()),
        "{}",
        err(&clean)
    );

    let faulty = ux_check(folder.path(), &[&contribution("faulty"), "--format", "json"]);
    assert_eq!(code(&faulty), 1, "{}", err(&faulty));
    let report: Value = serde_json::from_str(&out(&faulty)).expect("one object");
    assert_eq!(report["verdict"], "fail");
    let findings = report["findings"].as_array().expect("a list");
    let note = findings
        .iter()
        .find(|finding| finding["selector"] == "#note" && finding["width"] == 390 && finding["theme"] == "light");
    assert_eq!(
        note.map(ToString::to_string).as_deref(),
        Some(
            "{\"rule\":\"spacing\",\"verdict\":\"fail\",\"selector\":\"#note\",\"width\":390,\"theme\":\"light\",\
             \"actual\":\"padding: 13px\",\"expected\":\"12px, the token --pk-space-3\",\"token\":\"--pk-space-3\"}"
        )
    );

    let text = out(&ux_check(folder.path(), &[&contribution("faulty")]));
    for part in [
        "fail: spacing: #note\n    found     padding: 13px\n    expected  12px, the token --pk-space-3\n",
        "    at        390 light, 390 dark, 768 light, 768 dark, 1440 light, 1440 dark\n",
        "    mend      Use the space named.\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn ux_check_says_two_when_it_could_not_check() {
    let folder = folder();
    write(&folder.path().join("ui/index.html"), "<!doctype html><html lang=en><title>x</title><main><h1>x</h1></main>");
    write(&folder.path().join("none.css"), "p { color: red }");
    write(&folder.path().join("tied/index.html"), "<p>x");
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("tied/notes.txt")).expect("a link");
    let check = |arguments: &[&str]| ux_check(folder.path(), arguments);
    for (arguments, problem) in [
        (&["nowhere"][..], "nowhere: "),
        (&["good"], "there is no page"),
        (&["tied"], "links are not followed"),
        (&["none.css"], "the archive cannot be read"),
        (&["ui", "--tokens", "none.css"], "declares no custom property"),
        (&["ui", "--tokens", "nowhere.json"], "nowhere.json: "),
        (&["http://127.0.0.1:9/"], "cannot be loaded"),
    ] {
        let checked = check(arguments);
        assert_eq!((code(&checked), out(&checked)), (2, String::new()), "{arguments:?}");
        assert!(err(&checked).contains(problem), "{arguments:?}: {}", err(&checked));
    }
    let none = portico(folder.path(), &["ux", "check", "ui"], &[("PORTICO_CHROMIUM", "/nowhere/chromium")]);
    assert_eq!(code(&none), 2, "no verdict without a browser");
    assert!(err(&none).contains("the browser does not work"), "{}", err(&none));
}

#[test]
fn ux_check_takes_any_banks_tokens() {
    let folder = folder();
    let page = "<!doctype html><html lang=en><title>x</title><style>:root{color-scheme:light dark}body{margin:0;background:#fffdf7;color:#123456;font:16px/1.5 Bank}\
                main{padding:10px}@media(prefers-color-scheme:dark){body{background:#101010;color:#fafafa}}</style><main><h1 style='font-size:30px;font-weight:700;margin:0'>x</h1></main>";
    write(&folder.path().join("ui/index.html"), page);
    write(
        &folder.path().join("bank.css"),
        ":root{--b-space-1:10px;--b-font-size-1:16px;--b-font-size-2:30px;--b-font-weight-1:400;--b-font-weight-2:700;--b-line-height:1.5;--b-font-family:Bank,serif;--b-ink:#123456;--b-paper:#fffdf7}\
         [data-theme=dark]{--b-ink:#fafafa;--b-paper:#101010}",
    );
    write(
        &folder.path().join("bank.json"),
        r##"{"space":{"$type":"dimension","one":{"$value":{"value":10,"unit":"px"}}},
            "font-size":{"$type":"dimension","one":{"$value":{"value":16,"unit":"px"}},"two":{"$value":{"value":30,"unit":"px"}}},
            "weight":{"$type":"fontWeight","one":{"$value":400},"two":{"$value":"bold"}},
            "line-height":{"$type":"number","$value":1.5},
            "family":{"$type":"fontFamily","$value":["Bank","serif"]},
            "ink":{"$type":"color","$value":"#123456","$extensions":{"mode":{"dark":"#fafafa"}}},
            "paper":{"$type":"color","$value":"#fffdf7","$extensions":{"mode":{"dark":"#101010"}}}}"##,
    );
    let check = |tokens: &str| ux_check(folder.path(), &["ui", "--tokens", tokens, "--format", "json"]);
    for tokens in ["bank.css", "bank.json"] {
        let checked = check(tokens);
        assert_eq!(
            (code(&checked), out(&checked)),
            (0, "{\"verdict\":\"pass\",\"findings\":[]}\n".to_owned()),
            "{tokens}: {}",
            err(&checked)
        );
    }
    let ours = ux_check(folder.path(), &["ui", "--format", "json"]);
    assert_eq!(code(&ours), 1, "by the tokens of the portal it is another bank's page");
    assert!(out(&ours).contains("\"--pk-space-2\""), "{}", out(&ours));
}

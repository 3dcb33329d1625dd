//! Templates that mean harm, or were written badly: each ends with a clear error, within limits and soon.

use std::fs;
use std::time::{Duration, Instant};

use kit::identity::Caller;
use scaffold::definition::Template;
use scaffold::dry_run::{DryRun, DryRunLimits, Report, Verdict, dry_run};
use scaffold::folder::Folder;
use scaffold::registry::Registry;
use scaffold::workspace::{Workspace, WorkspaceLimits};
use serde_json::{Map, Value, json};

/// Runs a template with these steps beside these files.
async fn run(steps: Value, files: &[(&str, &[u8])]) -> Report {
    let place = tempfile::tempdir().expect("a directory");
    fs::write(place.path().join("secret"), "top secret").expect("write");
    let root = place.path().join("repository");
    for (path, content) in files {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("mkdir");
        fs::write(file, content).expect("write");
    }
    let entity = json!({
        "apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": {"name": "hostile"},
        "spec": {"type": "service", "owner": "mallory", "steps": steps}
    });
    fs::create_dir_all(&root).expect("mkdir");
    fs::write(root.join("template.yaml"), entity.to_string()).expect("write");
    let tree = Folder::open(&root, "template.yaml").expect("the folder");
    let template = Template::read(&tree, None, None).await.expect("a template");
    let workspace = WorkspaceLimits { bytes: 8 << 20, entries: 500, file_bytes: 4 << 20, depth: 16 };
    let limits = DryRunLimits { time: Duration::from_secs(20), workspace, ..DryRunLimits::default() };
    let runs = place.path().join("runs");
    let workspace = Workspace::create(&runs, "run", limits.workspace).expect("a workspace");
    let began = Instant::now();
    let run = DryRun {
        template: &template,
        tree: &tree,
        registry: &Registry::built_in(),
        values: json!({}),
        made_up: false,
        secrets: Map::new(),
        user: Value::Null,
        caller: &Caller::Operator,
        limits,
    };
    let report = dry_run(run, &workspace).await;
    assert!(began.elapsed() < Duration::from_secs(40), "it took {:?}", began.elapsed());
    let outside: Vec<_> =
        fs::read_dir(place.path()).expect("read").map(|entry| entry.expect("entry").file_name()).collect();
    assert_eq!(outside.len(), 3, "something was written outside: {outside:?}");
    report
}

/// The one error of a run that must not come to its end.
async fn error(step: Value, files: &[(&str, &[u8])]) -> String {
    let report = run(json!([step]), files).await;
    assert_eq!(report.verdict, Verdict::Failed, "{report:?}");
    assert_eq!(report.errors.len(), 1, "{:?}", report.errors);
    report.errors[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn cve_2026_106560_no_path_leads_out() {
    for target in ["../out", "/etc/cron.d", "a/../../out", ".git/hooks", "a\\b"] {
        let step = json!({"id": "x", "action": "fetch:plain", "input": {"url": "./s", "targetPath": target}});
        let error = error(step, &[("s/file", b"x")]).await;
        assert!(error.contains("the path"), "{target}: {error}");
    }
    for url in ["../secret", "./s/../../secret", "./.git/config"] {
        let step = json!({"id": "x", "action": "fetch:plain", "input": {"url": url}});
        let report = run(json!([step]), &[("s/file", b"x")]).await;
        assert_eq!(report.verdict, Verdict::Failed, "{url}");
        assert!(report.files.is_empty() && report.errors[0].contains("leads"), "{url}: {:?}", report.errors);
    }
    let moves = json!({"id": "x", "action": "fs:rename", "input": {"files": [{"from": "a", "to": "../../b"}]}});
    let steps =
        json!([{"id": "w", "action": "catalog:write", "input": {"filePath": "a", "entity": {"kind": "x"}}}, moves]);
    let report = run(steps, &[]).await;
    assert!(report.errors[0].contains("leads out of the workspace"), "{:?}", report.errors);
    for (action, input) in
        [("fs:delete", json!({"files": ["../../secret"]})), ("fs:read", json!({"path": "../../secret"}))]
    {
        let error = error(json!({"id": "x", "action": action, "input": input}), &[]).await;
        assert!(error.contains("leads out"), "{action}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_a_skeleton_do_not_lead_out_either() {
    let step =
        json!({"id": "x", "action": "fetch:template", "input": {"url": "./s", "values": {"name": "../../../out"}}});
    let error = error(step, &[("s/${{ values.name }}/file", b"x")]).await;
    assert!(error.contains("leads out of the workspace"), "{error}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn cve_2026_24046_links_in_a_skeleton_are_not_followed() {
    let place = tempfile::tempdir().expect("a directory");
    fs::write(place.path().join("secret"), "top secret").expect("write");
    let skeleton = place.path().join("repository/s");
    fs::create_dir_all(&skeleton).expect("mkdir");
    fs::write(skeleton.join("file"), "x").expect("write");
    std::os::unix::fs::symlink("../../secret", skeleton.join("link")).expect("link");
    std::os::unix::fs::symlink("../..", skeleton.join("up")).expect("link");
    use kit::server::source::Tree;
    let tree = Folder::open(&place.path().join("repository"), "template.yaml").expect("the folder");
    let files: Vec<_> = tree.files("s").await.expect("files").into_iter().map(|file| file.path).collect();
    assert_eq!(files, ["s/file"]);
    assert!(
        tree.read("s/link").await.is_err()
            && tree.read("s/up/secret").await.is_err()
            && tree.files("s/up").await.is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skeleton_that_explodes_is_stopped() {
    let bomb = b"{% for a in range(0, 100000) %}{% for b in range(0, 100000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}";
    let step = json!({"id": "x", "action": "fetch:template", "input": {"url": "./s", "values": {}}});
    let error = error(step.clone(), &[("s/bomb", bomb)]).await;
    assert!(error.contains("s/bomb"), "{error}");
    let large: Vec<(String, Vec<u8>)> = (0..12).map(|at| (format!("s/{at}"), vec![b'x'; 1 << 20])).collect();
    let large: Vec<(&str, &[u8])> = large.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    let error = self::error(step.clone(), &large).await;
    assert!(error.contains("would hold more than"), "{error}");
    let many: Vec<(String, Vec<u8>)> = (0..600).map(|at| (format!("s/{at}"), Vec::new())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    let error = self::error(step, &many).await;
    assert!(error.contains("would hold more than"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_loops_and_recursion_end() {
    let step = json!({"id": "x", "action": "fetch:template", "input": {"url": "./s", "values": {}}});
    for text in [
        "{% macro f(x) %}{{ '' }}${{ f(x) }}{% endmacro %}${{ f(1) }}",
        "{% for a in range(0, 1000000000) %}{% endfor %}",
        "${{ 'x' * 1000000000 }}{% set s = 'xxxxxxxxxxxxxxxx' %}{% for i in range(0, 40) %}{% set s = s + s %}{% endfor %}${{ s }}",
    ] {
        let report = run(json!([step]), &[("s/file", text.as_bytes())]).await;
        let size: u64 = report.files.iter().map(|file| file.bytes).sum();
        assert!(report.verdict == Verdict::Failed || size < 1024, "{text}: {report:?}");
    }
    let mut nested = "1".to_owned();
    for _ in 0..5000 {
        nested = format!("({nested})");
    }
    let report =
        run(json!([{"id": "x", "action": "debug:log", "input": {"message": format!("${{{{ {nested} }}}}")}}]), &[])
            .await;
    assert!(!report.warnings.is_empty() || !report.errors.is_empty(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_output_is_stopped() {
    let files: Vec<u8> = vec![b'y'; 3 << 20];
    let steps = json!([
        {"id": "a", "action": "fetch:plain", "input": {"url": "./s"}},
        {"id": "b", "action": "debug:log", "input": {"listWorkspace": "with-contents"}},
    ]);
    let report = run(steps, &[("s/large", &files)]).await;
    assert!(report.errors[0].contains("told more than"), "{:?}", report.errors);
    let kept: usize = report.log.iter().map(|line| line.text.len()).sum();
    assert!(kept <= 1 << 20, "{kept}");
    let message = "${{ range(0, 100000) | join('xxxxxxxxxxxxxxxxxxxx') }}";
    let error = error(json!({"id": "x", "action": "debug:log", "input": {"message": message}}), &[]).await;
    assert!(error.contains("more"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_a_year() {
    for input in [json!({"days": 365}), json!({"seconds": 1e300}), json!({"minutes": 525_600})] {
        let error = error(json!({"id": "x", "action": "debug:wait", "input": input}), &[]).await;
        assert!(error.contains("the wait is longer than 24 hours"), "{error}");
    }
    let error = error(
        json!({"id": "x", "action": "debug:wait", "each": "${{ range(0, 5000) }}", "input": {"seconds": 1}}),
        &[],
    )
    .await;
    assert!(error.contains("rounds"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn descriptors_that_include_themselves_end() {
    let steps = json!([{"$yaml": "./steps.yaml"}]);
    let report = run(steps, &[("steps.yaml", b"id: a\naction: debug:log\ninput:\n  $yaml: ./steps.yaml\n")]).await;
    assert!(report.warnings.iter().any(|warning| warning.contains("include each other")), "{:?}", report.warnings);
}

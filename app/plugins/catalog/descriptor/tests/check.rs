//! Checking files and folders.

use std::{fs, path::Path};

use descriptor::check;
use serde_json::json;

const COMPONENT: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: pay}
spec:
  type: service
  lifecycle: production
  owner: team-a
  system: payments
---
# nothing
";

const SYSTEM: &str = "\
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: Payments}
spec: {owner: team-a}
";

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn a_folder_is_searched_in_order() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "b/pay.yaml", COMPONENT);
    write(folder.path(), "a.yml", SYSTEM);
    write(folder.path(), ".hidden/c.yaml", "x: [");
    write(folder.path(), ".git/d.yaml", SYSTEM);
    write(folder.path(), "latin.yaml", b"name: \xe9");
    write(folder.path(), "readme.md", "# no");
    let reports = check::run(&[folder.path().to_owned()]).unwrap();
    let lines: Vec<_> = reports.iter().map(|r| format!("{} {} {:?}", r.file, r.doc, r.verdict)).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    .hidden/c.yaml 0 YamlError
    a.yml 0 Ok
    b/pay.yaml 0 Ok
    b/pay.yaml 1 IgnoredEmpty
    latin.yaml 0 YamlError
    ");
}

#[test]
fn a_report_has_a_fixed_form_and_warns_of_dangling_references() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "pay.yaml", COMPONENT);
    write(folder.path(), "payments.yaml", SYSTEM);
    let paths = [folder.path().join("pay.yaml"), folder.path().join("payments.yaml")];
    let reports = check::run(&paths).unwrap();
    let warning = |line, column| {
        let message = "refers to group:default/team-a, which is in none of the checked files";
        json!({"line": line, "column": column, "path": "/spec/owner", "message": message})
    };
    let expected = json!([
        {"file": "pay.yaml", "doc": 0, "kind": "Component", "name": "pay", "verdict": "ok", "errors": [], "warnings": [warning(7, 10)]},
        {"file": "pay.yaml", "doc": 1, "kind": null, "name": null, "verdict": "ignored-empty", "errors": [], "warnings": []},
        {"file": "payments.yaml", "doc": 0, "kind": "System", "name": "Payments", "verdict": "ok", "errors": [], "warnings": [warning(4, 15)]},
    ]);
    assert_eq!(serde_json::to_value(&reports).unwrap(), expected);
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "files/a.yaml", SYSTEM);
    std::os::unix::fs::symlink("..", folder.path().join("files/loop")).unwrap();
    std::os::unix::fs::symlink("a.yaml", folder.path().join("files/b.yaml")).unwrap();
    assert_eq!(check::run(&[folder.path().to_owned()]).unwrap().len(), 1);
}

#[test]
fn a_missing_path_is_an_error_of_the_check() {
    let error = check::run(&["no/such/folder".into()]).unwrap_err();
    assert_eq!(error.path, Path::new("no/such/folder"));
    assert!(error.to_string().starts_with("cannot read no/such/folder: "));
}

use serde_json::json;

use super::*;

/// The verdict, and each error as its pointer and message.
fn judged(value: &Value) -> String {
    let (verdict, errors) = judge(value);
    let errors = errors.iter().map(|(at, message)| format!("\n{at}: {message}"));
    format!("{verdict:?}{}", errors.collect::<String>())
}

fn component(spec: Value) -> Value {
    json!({"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "pay"}, "spec": spec})
}

fn with_metadata(metadata: Value) -> Value {
    let spec = json!({"type": "service", "lifecycle": "production", "owner": "team-a"});
    json!({"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": metadata, "spec": spec})
}

#[test]
fn what_is_no_entity() {
    assert_eq!(judged(&json!(null)), "IgnoredEmpty");
    for value in [
        json!("text"),
        json!([]),
        json!({}),
        json!({"apiVersion": 1}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment"}),
        json!({"apiVersion": "notbackstage.io/v1", "kind": "Component"}),
    ] {
        assert_eq!(judged(&value), "NotEntity", "{value}");
    }
}

#[test]
fn every_error_is_reported_at_once() {
    let value = json!({"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metdata": {}, "status": {},
        "metadata": {"name": "a b", "title": "", "annotations": null, "tags": ["Java", 7]},
        "spec": {"type": "", "owner": null, "dependsOn": "component:x", "providesApis": ["a", ""]}});
    insta::assert_snapshot!(judged(&value), @r#"
    Invalid
    /metdata: unknown field `metdata`; did you mean `metadata`?
    /status: unknown field `status`; it is written by the catalog, never in a file
    /metadata/name: must be 1 to 63 characters: letters and digits, with `-`, `_` and `.` allowed in between; it is "a b"
    /metadata/title: must be a non-empty string, but is ""
    /metadata/annotations: must be an object, but is null
    /metadata/tags/0: must be 1 to 63 characters: lower-case letters, digits, `+`, `#` and `:`, with single `-` in between; it is "Java"
    /metadata/tags/1: must be a string: 1 to 63 characters: lower-case letters, digits, `+`, `#` and `:`, with single `-` in between; it is 7
    /spec/type: must be a non-empty string, but is ""
    /spec/lifecycle: is missing; it must be a non-empty string
    /spec/owner: must be a non-empty string, but is null
    /spec/providesApis/1: must be a non-empty string, but is ""
    /spec/dependsOn: must be a list of non-empty strings, but is "component:x"
    "#);
}

#[test]
fn metadata_has_its_forms() {
    let value = with_metadata(json!({
        "name": "pay", "namespace": "Payments", "labels": {"a/b/c": "x", "ok": "not ok", "": ""},
        "annotations": {"example.com/a": 1}, "description": null,
        "links": [{"url": "docs"}, {"title": " "}, "https://example.com", {"url": "https://example.com", "type": ""}],
    }));
    insta::assert_snapshot!(judged(&value), @r#"
    Invalid
    /metadata/namespace: must be 1 to 63 characters: lower-case letters and digits, with `-` allowed in between; it is "Payments"
    /metadata/description: must be a string, but is null
    /metadata/labels/a~1b~1c: the key "a/b/c" is not allowed; a key is a name (up to 63 letters and digits with `-`, `_` and `.` in between), with or without a lower-case domain and `/` before it
    /metadata/labels/ok: must be empty, or up to 63 letters and digits with `-`, `_` and `.` allowed in between; it is "not ok"
    /metadata/labels/: the key "" is not allowed; a key is a name (up to 63 letters and digits with `-`, `_` and `.` in between), with or without a lower-case domain and `/` before it
    /metadata/annotations/example.com~1a: must be a string, but is 1
    /metadata/links/0/url: must be a complete URL, such as https://example.com/docs; it is "docs"
    /metadata/links/1/url: is missing; it must be a non-empty string
    /metadata/links/1/title: must be a string that is not blank; it is " "
    /metadata/links/2: must be an object, but is "https://example.com"
    /metadata/links/3/type: must be a non-empty string, but is ""
    "#);
    let fine = with_metadata(json!({
        "name": "Pay_2.0", "namespace": "payments", "labels": {"example.com/a": "", "b": "x"}, "tags": ["c++", "a:b"],
        "annotations": {"example.com/a": ""}, "description": "", "anything": [1],
        "links": [{"url": "mailto:team@example.com", "title": "Mail", "icon": "mail", "other": 1}],
    }));
    assert_eq!(judged(&fine), "Ok");
}

#[test]
fn the_envelope_must_be_there() {
    insta::assert_snapshot!(judged(&json!({"apiVersion": "backstage.io/v1alpha1"})), @"
    Invalid
    /kind: is missing; it must be a non-empty string
    /metadata: is missing; it must be an object
    ");
    let wrong = json!({"apiVersion": "backstage.io/v1/alpha", "kind": "My-Kind", "metadata": [], "spec": "x"});
    insta::assert_snapshot!(judged(&wrong), @r#"
    Invalid
    /apiVersion: must be a version of letters and digits, with or without a lower-case domain and `/` before it, such as backstage.io/v1alpha1; it is "backstage.io/v1/alpha"
    /kind: must be 1 to 63 letters and digits, of which the first is a letter; it is "My-Kind"
    /spec: must be an object, but is "x"
    /metadata: must be an object, but is an empty list
    "#);
}

#[test]
fn each_kind_has_its_required_fields() {
    let kinds = ["Component", "API", "Resource", "System", "Domain", "Group", "User", "Location"];
    let missing = kinds.map(|kind| {
        let entity = |version: &str| {
            json!({"apiVersion": format!("backstage.io/{version}"), "kind": kind, "metadata": {"name": "a"}, "spec": {}})
        };
        assert_eq!(judge(&entity("v1alpha1")), judge(&entity("v1beta1")));
        assert_eq!(judge(&entity("v1beta2")).0, Verdict::UnknownKind);
        let fields: Vec<_> = judge(&entity("v1alpha1")).1.into_iter().map(|(at, _)| at).collect();
        format!("{kind}: {}", fields.join(" "))
    });
    insta::assert_snapshot!(missing.join("\n"), @"
    Component: /spec/type /spec/lifecycle /spec/owner
    API: /spec/type /spec/lifecycle /spec/owner /spec/definition
    Resource: /spec/type /spec/owner
    System: /spec/owner
    Domain: /spec/owner
    Group: /spec/type /spec/children
    User: /spec/memberOf
    Location:
    ");
}

#[test]
fn a_kind_without_rules_is_unknown_when_its_form_is_right() {
    let value =
        |name| json!({"apiVersion": "extensions.backstage.io/v1alpha1", "kind": "Plugin", "metadata": {"name": name}});
    assert_eq!(judged(&value("a")), "UnknownKind");
    assert!(judged(&value("a b")).starts_with("Invalid"));
}

#[test]
fn a_text_placeholder_counts_as_a_string() {
    let api = |definition| {
        json!({"apiVersion": "backstage.io/v1alpha1", "kind": "API", "metadata": {"name": "a"},
            "spec": {"type": "openapi", "lifecycle": "x", "owner": "x", "definition": definition}})
    };
    assert_eq!(judged(&api(json!({"$text": "./api.yaml"}))), "Ok");
    insta::assert_snapshot!(judged(&api(json!({"$openapi": "./api.yaml"}))), @"
    Invalid
    /spec/definition: must be a non-empty string, but is an object ($openapi)
    ");
    insta::assert_snapshot!(judged(&api(json!({"$yaml": "./api.yaml"}))), @"
    Invalid
    /spec/definition: must be a non-empty string, but is an object ($yaml)
    ");
}

#[test]
fn a_data_placeholder_counts_as_an_object_or_a_list() {
    let template = |parameters, steps| {
        json!({"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": {"name": "a"},
            "spec": {"type": "service", "parameters": parameters, "steps": steps}})
    };
    assert_eq!(judged(&template(json!({"$yaml": "p.yaml"}), json!({"$json": "s.json"}))), "Ok");
    assert_eq!(judged(&template(json!([{"$yaml": "p.yaml"}]), json!([{"$yaml": "s.yaml"}]))), "Ok");
    insta::assert_snapshot!(judged(&template(json!("p"), json!({"$text": "s.yaml"}))), @r#"
    Invalid
    /spec/steps: must be a list of objects, but `$text` gives a string
    /spec/parameters: must be an object or a list of objects, but is "p"
    "#);
}

#[test]
fn a_template_is_checked_in_depth() {
    let value = json!({"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": {"name": "a"},
    "spec": {
        "type": "service", "owner": "", "parameters": [{"backstage:permissions": {"tags": "x"}}, 1],
        "steps": [{"id": 1, "if": 2}, {"action": "debug:log", "input": []}],
        "output": {"links": [{"url": ""}], "text": {}, "other": 5},
    }});
    insta::assert_snapshot!(judged(&value), @r#"
    Invalid
    /spec/steps/0/action: is missing; it must be a string
    /spec/steps/0/id: must be a string, but is 1
    /spec/steps/0/if: must be a string or a boolean, but is 2
    /spec/steps/1/input: must be an object, but is an empty list
    /spec/owner: must be a non-empty string, but is ""
    /spec/parameters/0/backstage:permissions/tags: must be a list, but is "x"
    /spec/parameters/1: must be an object, but is 1
    /spec/output/links/0/url: must be a non-empty string, but is ""
    /spec/output/text: must be a list of objects, but is an empty object
    /spec/output/other: must be a string, but is 5
    "#);
}

#[test]
fn a_golden_path_has_steps_of_several_kinds() {
    let path = |steps| {
        json!({"apiVersion": "backstage.io/v1beta1", "kind": "GoldenPath", "metadata": {"name": "a"},
            "spec": {"type": "onboarding", "steps": steps}})
    };
    let fine = json!([{"template": "template:default/a@^1.2"}, {"kind": "task", "id": "t"}, {"kind": "path"}, {"approval": {"group": "risk"}}]);
    assert_eq!(judged(&path(fine)), "Ok");
    insta::assert_snapshot!(judged(&path(json!([{}, {"kind": "template"}, {"kind": "dance"}, {"template": 1}, 5]))), @r#"
    Invalid
    /spec/steps/2/kind: must be one of template, task, approval, wait, path, but is "dance"
    /spec/steps/3/template: must be a non-empty string, but is 1
    /spec/steps/4: must be an object, but is 5
    /spec/steps/0/template: is missing; a step names a template, such as template:default/new-service, or a kind among task, approval, wait, path
    /spec/steps/1/template: is missing; a step names a template, such as template:default/new-service, or a kind among task, approval, wait, path (its kind is "template")
    "#);
}

#[test]
fn long_values_are_cut_short() {
    let long = "x".repeat(100);
    insta::assert_snapshot!(judged(&component(json!({"type": [], "lifecycle": {}, "owner": {"a": 1, "b": 2, "c": 3, "d": 4}}))), @"
    Invalid
    /spec/type: must be a non-empty string, but is an empty list
    /spec/lifecycle: must be a non-empty string, but is an empty object
    /spec/owner: must be a non-empty string, but is an object (a, b, c, …)
    ");
    insta::assert_snapshot!(judged(&with_metadata(json!({"name": long}))), @r#"
    Invalid
    /metadata/name: must be 1 to 63 characters: letters and digits, with `-`, `_` and `.` allowed in between; it is "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…", which has 100 characters
    "#);
}

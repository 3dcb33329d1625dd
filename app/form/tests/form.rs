//! What a form shows, fills in, drops and refuses.

use form::{CHOICES, Field, HostKind, Kind, Picker, Standard, form, form_with};
use proptest::prelude::*;
use serde_json::{Value, json};

fn names(form: &form::Form, values: &Value) -> Vec<String> {
    form.active(values).fields().map(|field| format!("{} {}", field.path, field.kind.name())).collect()
}

fn errors(form: &form::Form, values: &Value) -> Vec<String> {
    form.validate(values, &Standard)
        .into_iter()
        .map(|error| format!("{} {}: {}", error.page, error.path, error.message))
        .collect()
}

fn field(form: &form::Form, values: &Value, path: &str) -> Field {
    form.active(values).fields().find(|field| field.path == path).unwrap().clone()
}

#[test]
fn pages_come_and_go_with_what_is_filled_in() {
    let form = form(&json!([
        {"title": "Where", "properties": {"cloud": {"type": "string", "enum": ["AWS", "GCP"]}}, "required": ["cloud"]},
        {"title": "AWS", "when": "${{ parameters.cloud === 'AWS' }}", "properties": {"region": {"type": "string", "default": "r1"}}, "required": ["region"]},
        {"title": "GCP", "when": "${{ parameters.cloud === 'GCP' }}", "properties": {"project": {"type": "string"}}, "required": ["project"]},
        {"title": "Far", "when": "${{ parameters.region }}", "properties": {"far": {"type": "string"}}}
    ]));
    assert_eq!(names(&form, &json!({})), ["/cloud select"]);
    let aws = form.defaults(&json!({"cloud": "AWS"}));
    assert_eq!(aws, json!({"cloud": "AWS", "region": "r1"}));
    assert_eq!(names(&form, &aws), ["/cloud select", "/region text", "/far text"]);
    // The region of a page that is hidden no longer counts, and is dropped.
    let gcp = json!({"cloud": "GCP", "region": "r1", "project": "p", "far": "x", "unasked": 1});
    assert_eq!(names(&form, &gcp), ["/cloud select", "/project text"]);
    assert_eq!(form.prune(&gcp), json!({"cloud": "GCP", "project": "p", "unasked": 1}));
    assert_eq!(errors(&form, &json!({"cloud": "GCP"})), ["2 /project: This field is required"]);
}

#[test]
fn dependent_fields_are_shown_filled_in_dropped_and_judged() {
    let form = form(&json!({
        "title": "Page",
        "properties": {"deploy": {"type": "boolean", "default": false}},
        "dependencies": {"deploy": {"oneOf": [
            {"properties": {"deploy": {"const": false}}},
            {"properties": {"deploy": {"const": true}, "replicas": {"type": "integer", "minimum": 1, "default": 2}, "zone": {"type": "string"}}, "required": ["zone"]}
        ]}}
    }));
    assert_eq!(form.defaults(&json!({})), json!({"deploy": false}));
    let values = form.defaults(&json!({"deploy": true}));
    assert_eq!(values, json!({"deploy": true, "replicas": 2}));
    assert_eq!(names(&form, &values), ["/deploy boolean", "/replicas integer", "/zone text"]);
    assert_eq!(
        errors(&form, &json!({"deploy": true, "replicas": 0})),
        ["0 /replicas: Must be at least 1", "0 /zone: This field is required"]
    );
    assert_eq!(form.prune(&json!({"deploy": false, "replicas": 2, "zone": "z"})), json!({"deploy": false}));
}

#[test]
fn nested_values_that_are_not_shown_are_dropped() {
    let form = form(&json!({"properties": {"list": {"type": "array", "items": {
        "type": "object",
        "properties": {"on": {"type": "boolean"}},
        "if": {"properties": {"on": {"const": true}}, "required": ["on"]},
        "then": {"properties": {"more": {"type": "string"}}}
    }}}}));
    let values = json!({"list": [{"on": true, "more": "m"}, {"on": false, "more": "m", "else": 1}]});
    assert_eq!(form.prune(&values), json!({"list": [{"on": true, "more": "m"}, {"on": false, "else": 1}]}));
}

#[test]
fn alternatives_are_chosen_by_what_is_filled_in_or_by_hand() {
    let form = form(&json!({"properties": {"source": {"type": "object", "oneOf": [
        {"title": "Image", "properties": {"image": {"type": "string"}}, "required": ["image"]},
        {"title": "Build", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    ]}}}));
    assert_eq!(names(&form, &json!({})), ["/source object", "/source choice", "/source/image text"]);
    assert_eq!(
        names(&form, &json!({"source": {"path": "."}})),
        ["/source object", "/source choice", "/source/path text"]
    );
    let chosen = json!({CHOICES: {"/source": 1}});
    assert_eq!(names(&form, &chosen), ["/source object", "/source choice", "/source/path text"]);
    assert_eq!(form.prune(&chosen), json!({}));
    assert_eq!(
        form.prune(&json!({"source": {"image": "i", "path": "p"}, CHOICES: {"/source": 1}})),
        json!({"source": {"path": "p"}})
    );
}

#[test]
fn options_of_pickers_are_typed_and_take_values_of_other_fields() {
    let form = form(&json!({"properties": {
        "kind": {"type": "string", "default": "API"},
        "owner": {"type": "string", "ui:field": "OwnerPicker", "ui:options": {"allowedKinds": ["Group"], "allowArbitraryValues": false}},
        "part": {"type": "string", "ui:field": "EntityPicker", "ui:options": {"catalogFilter": [{"kind": "${{ kind }}", "spec.type": ["a", "b"]}, {"metadata.tags": {"exists": true}}]}},
        "late": {"type": "string", "ui:field": "EntityPicker", "ui:options": {"catalogFilter": {"kind": "${{ parameters.unset }}"}}},
        "repo": {"type": "string", "ui:field": "RepoUrlPicker", "ui:options": {"allowedHosts": ["git.example.com"], "requestUserCredentials": {"secretsKey": "TOKEN", "additionalScopes": {"github": ["workflow"]}}}},
        "odd": {"type": "string", "ui:field": "TeamColorPicker"}
    }}));
    let values = form.defaults(&json!({}));
    let Kind::Picker(Picker::Owner(owner)) = field(&form, &values, "/owner").kind else { panic!() };
    assert_eq!(serde_json::to_value(&owner.filter).unwrap(), json!([{"kind": {"oneOf": ["Group"]}}]));
    let Kind::Picker(Picker::Entity(part)) = field(&form, &values, "/part").kind else { panic!() };
    assert_eq!(
        serde_json::to_value(&part.filter).unwrap(),
        json!([{"kind": {"oneOf": ["API"]}, "spec.type": {"oneOf": ["a", "b"]}}, {"metadata.tags": "exists"}])
    );
    assert_eq!(field(&form, &values, "/late").waits_for, ["unset"]);
    let Kind::Picker(Picker::RepoUrl(repository)) = field(&form, &values, "/repo").kind else { panic!() };
    assert_eq!(repository.credentials.unwrap().secrets_key, "TOKEN");
    let odd = field(&form, &values, "/odd");
    assert_eq!(
        (odd.kind.name(), &odd.notices[..]),
        ("text", &["The field “TeamColorPicker” is not installed: this is a plain input".to_owned()][..])
    );
    assert_eq!(
        errors(&form, &json!({"owner": ":", "repo": "github.com?owner=o"})),
        [
            "0 /owner: Must refer to an entity, such as group:default/name",
            "0 /repo: The repository's name is missing",
            "0 /repo: The host “github.com” is not one of: git.example.com"
        ]
    );
}

#[test]
fn a_repository_needs_what_its_host_needs() {
    let mut form = form(&json!({"properties": {"repo": {"type": "string", "ui:field": "RepoUrlPicker"}}}));
    form.hosts.insert("code.example.com".into(), HostKind::BitbucketServer);
    for (address, missing) in [
        ("github.com?owner=o&repo=r", vec![]),
        ("dev.azure.com?organization=o&project=p&repo=r", vec![]),
        ("bitbucket.org?project=p&repo=r", vec!["0 /repo: The repository's workspace is missing"]),
        ("code.example.com?owner=o&repo=r", vec!["0 /repo: The repository's project is missing"]),
        ("gerrit.example.com?repo=r", vec![]),
        ("?owner=o&repo=r", vec!["0 /repo: The repository's host is missing"]),
    ] {
        assert_eq!(errors(&form, &json!({"repo": address})), missing, "{address}");
    }
}

#[test]
fn secrets_and_flags_are_known() {
    let parameters = json!([
        {"properties": {
            "token": {"type": "string", "ui:field": "Secret"},
            "deep": {"type": "object", "properties": {"word": {"type": "string", "ui:widget": "password"}}},
            "new": {"type": "string", "backstage:featureFlag": "fresh"}
        }, "required": ["token", "new"]},
        {"title": "Behind", "backstage:featureFlag": "fresh", "properties": {"behind": {"type": "string"}}}
    ]);
    assert_eq!(form(&parameters).secrets(&json!({})), ["/token", "/deep/word"]);
    assert_eq!(errors(&form(&parameters), &json!({"token": "t"})), [""; 0]);
    assert_eq!(form_with(&parameters, &|flag| flag == "fresh").pages.len(), 2);
}

#[test]
fn labels_order_and_words_are_those_of_the_author() {
    let form = form(&json!({
        "ui:order": ["b", "*"],
        "properties": {
            "a": {"type": "string", "enum": ["x", "y"], "enumNames": ["Ex", "Why"], "ui:enumDisabled": ["y"]},
            "b": {"type": "string", "pattern": "^[a-z]+$", "ui:autofocus": true, "ui:help": "h", "ui:placeholder": "p", "ui:options": {"rows": 7}},
            "c": {"type": "string", "ui:backstage": {"review": {"mask": "••", "name": "See"}}}
        },
        "errorMessage": {"properties": {"b": "Small letters only"}}
    }));
    assert_eq!(names(&form, &json!({})), ["/b textarea", "/a select", "/c text"]);
    let Kind::Select { options } = field(&form, &json!({}), "/a").kind else { panic!() };
    assert_eq!(options.iter().map(|o| (&*o.label, o.disabled)).collect::<Vec<_>>(), [("Ex", false), ("Why", true)]);
    let b = field(&form, &json!({}), "/b");
    assert!(b.autofocus && b.help.as_deref() == Some("h") && b.placeholder.as_deref() == Some("p"));
    assert_eq!(field(&form, &json!({}), "/c").review.name.as_deref(), Some("See"));
    assert_eq!(
        errors(&form, &json!({"b": "B", "a": "z"})),
        ["0 /b: Small letters only", "0 /a: Choose one of: Ex, Why"]
    );
}

#[test]
fn odd_definitions_are_made_the_best_of() {
    let form = form(&json!([
        {"title": 7, "properties": {
            "a": {"type": "String", "required": true},
            "b": {"type": "int", "default": "3", "minimum": "1"},
            "c": null,
            "d": {"enum": []},
            "e": {"type": "string", "enum": [1, 2]},
            "f": {"type": "boolean", "default": "yes"},
            "g": {"type": "string", "maxLenght": 3, "ui:widget": "fancy"},
            "h": {"type": "array"},
            "i": {"$ref": "#/definitions/missing"},
            "j": {"$yaml": "./far.yaml"}
        }, "required": "b"},
        "not a page",
        {"properties": null}
    ]));
    assert_eq!(form.pages.len(), 2);
    assert_eq!(form.defaults(&json!({})), json!({"b": 3, "f": true, "h": []}));
    assert_eq!(errors(&form, &json!({"b": 1, "e": 2})), ["0 /a: This field is required"]);
    let said: Vec<&str> = form.notices.iter().map(|notice| notice.path.as_str()).collect();
    for path in ["/0/properties/a/type", "/0/properties/g/maxLenght", "/0/properties/j/$yaml", "/1"] {
        assert!(said.contains(&path), "{path} in {said:?}");
    }
    assert!(!field(&form, &json!({}), "/g").notices.is_empty());
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let form = form(&json!({
        "definitions": {"node": {"type": "object", "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/definitions/node"}}}}, "loop": {"$ref": "#/definitions/loop"}},
        "properties": {"tree": {"$ref": "#/definitions/node"}, "loop": {"$ref": "#/definitions/loop"}}
    }));
    let values = json!({"tree": {"children": [{"name": "a", "children": [{"name": 3}]}]}});
    assert_eq!(errors(&form, &values), ["0 /tree/children/0/children/0/name: Must be text"]);
    assert!(names(&form, &values).contains(&"/tree/children/0/children/0/name text".to_owned()));
}

/// Any JSON, with the words of schemas among its keys.
fn json_like() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..40).prop_map(Value::from),
        prop::sample::select(vec![
            "string",
            "object",
            "array",
            "a",
            "b",
            "#/definitions/a",
            "^[a-z]+$",
            "(",
            "OwnerPicker",
            "RepoUrlPicker",
            "hidden",
            "${{ a }}",
            "*",
            ""
        ])
        .prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "type",
        "properties",
        "required",
        "a",
        "b",
        "items",
        "enum",
        "const",
        "default",
        "if",
        "then",
        "else",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "dependencies",
        "definitions",
        "$ref",
        "pattern",
        "format",
        "minLength",
        "minItems",
        "additionalProperties",
        "ui:field",
        "ui:widget",
        "ui:options",
        "ui:order",
        "when",
        "title",
        "catalogFilter",
        "kind",
        "errorMessage",
        "multipleOf",
        "uniqueItems",
    ]);
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..6).prop_map(|entries| Value::Object(
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_a_form_fail(parameters in json_like(), values in json_like()) {
        let form = form(&parameters);
        form.validate(&values, &Standard);
        let filled = form.defaults(&values);
        let pruned = form.prune(&filled);
        form.tree(&pruned);
        form.secrets(&values);
        prop_assert_eq!(form.prune(&pruned.clone()), pruned);
    }
}

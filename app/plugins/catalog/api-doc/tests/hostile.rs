//! Texts that were made to do harm, and texts that nobody thought of.

use api_doc::{Doc, Language, Limits, Operation, Reading, Schema, highlight, read};
use proptest::prelude::*;
use serde_json::{Value, json};

fn doc(text: &str, type_name: &str) -> Doc {
    match read(text, type_name, "", Limits::default()) {
        Reading::Doc(doc) => *doc,
        other => panic!("{other:?}"),
    }
}

fn rows(schema: &Schema) -> usize {
    let fields: usize = schema.fields.iter().map(|field| 1 + rows(&field.schema)).sum();
    let options = schema.options.iter().flat_map(|options| &options.schemas);
    fields + options.map(|schema| 1 + rows(schema)).sum::<usize>()
}

fn rows_of(operation: &Operation) -> usize {
    let Some(detail) = &operation.detail else { return 0 };
    let parameters: usize = detail.parameters.iter().map(|each| 1 + rows(&each.field.schema)).sum();
    let contents = detail.parts.iter().flat_map(|part| &part.contents);
    parameters + contents.filter_map(|content| content.schema.as_ref()).map(rows).sum::<usize>()
}

fn total(doc: &Doc) -> usize {
    let operations: usize = doc.groups.iter().flat_map(|group| &group.operations).map(rows_of).sum();
    operations + doc.models.iter().filter_map(|model| model.schema.as_ref()).map(rows).sum::<usize>()
}

#[test]
fn references_that_multiply_come_to_an_end() {
    // Each names the next one a hundred times: unfolded they would be 100 to the power of 30.
    for key in ["allOf", "oneOf", "anyOf"] {
        let schemas: serde_json::Map<String, Value> = (0..30)
            .map(|n| {
                let next = json!({ "$ref": format!("#/components/schemas/S{}", n + 1) });
                (format!("S{n}"), json!({ key: vec![next; 100] }))
            })
            .collect();
        let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/S0" } } } });
        let text = json!({ "openapi": "3.1.0", "paths": { "/x": { "post": { "requestBody": body } } }, "components": { "schemas": schemas } });
        let found = doc(&text.to_string(), "openapi");
        assert!(total(&found) <= 3 * Limits::default().rows, "{key}: {}", total(&found));
    }
}

#[test]
fn nesting_comes_to_an_end() {
    let mut schema = json!({ "type": "string" });
    for _ in 0..60 {
        schema = json!({ "properties": { "in": schema } });
    }
    let text = json!({ "openapi": "3.1.0", "paths": {}, "components": { "schemas": { "Deep": schema } } }).to_string();
    assert!(total(&doc(&text, "openapi")) <= 20);

    for (open, type_name) in [
        ("[", "openapi"),
        ("{\"a\":", "openapi"),
        ("a: {", "openapi"),
        ("- ", "openapi"),
        ("type A { b: [", "graphql"),
        ("{a", "graphql"),
    ] {
        assert!(matches!(read(&open.repeat(10_000), type_name, "", Limits::default()), Reading::Broken(_)), "{open}");
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text = String::from("openapi: 3.0.3\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let all = vec![format!("*a{}", n - 1); 9].join(", ");
        text += &format!("a{n}: &a{n} [{all}]\n");
    }
    match read(&text, "openapi", "", Limits::default()) {
        Reading::Broken(fault) => assert!(fault.message.contains("alias"), "{}", fault.message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn long_texts_are_cut() {
    let long = "x".repeat(10_000);
    let text = json!({
        "openapi": "3.1.0",
        "info": { "title": long, "description": long.repeat(10) },
        "paths": { format!("/{long}"): { "get": { "summary": long, "operationId": long, "tags": [long] } } },
        "components": { "schemas": { &long: { "type": long, "properties": { &long: { "enum": [long] } } } } },
    });
    let found = doc(&text.to_string(), "openapi");
    let operation = &found.groups[0].operations[0];
    let model = found.models[0].schema.as_ref().unwrap();
    let told = [
        &found.title,
        &found.groups[0].name,
        &operation.anchor,
        &operation.address,
        &operation.summary,
        &model.kind,
        &model.fields[0].name,
    ];
    for text in told {
        assert!(text.chars().count() <= 301, "{}", text.chars().count());
    }
    assert!(found.description.chars().count() <= 20_001);
    let huge = format!("openapi: 3.0.3\nx: {}", "y".repeat(9_000_000));
    assert!(matches!(read(&huge, "openapi", "", Limits::default()), Reading::Broken(_)));
}

#[test]
fn many_things_of_one_name_have_addresses_of_their_own() {
    let paths: serde_json::Map<String, Value> =
        (0..3_000).map(|n| (format!("/{}", char::from_u32(0x4e00 + n).unwrap()), json!({ "get": {} }))).collect();
    let found = doc(&json!({ "openapi": "3.1.0", "paths": paths }).to_string(), "openapi");
    let anchors: std::collections::HashSet<&str> =
        found.groups.iter().flat_map(|group| &group.operations).map(|each| each.anchor.as_str()).collect();
    assert_eq!((anchors.len(), found.fold.operations), (2_000, 1_000));
}

/// Values with the keys that mean something, in places where they do not belong.
fn odd() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "openapi",
        "asyncapi",
        "swagger",
        "info",
        "paths",
        "/x",
        "get",
        "post",
        "parameters",
        "schema",
        "$ref",
        "allOf",
        "oneOf",
        "anyOf",
        "not",
        "items",
        "properties",
        "additionalProperties",
        "type",
        "enum",
        "required",
        "content",
        "application/json",
        "responses",
        "200",
        "requestBody",
        "components",
        "schemas",
        "channels",
        "operations",
        "messages",
        "message",
        "payload",
        "subscribe",
        "publish",
        "security",
        "servers",
        "tags",
        "examples",
        "example",
        "callbacks",
        "headers",
        "definitions",
        "securitySchemes",
        "reply",
        "channel",
        "traits",
        "minimum",
        "maximum",
        "const",
        "default",
        "description",
        "name",
        "in",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![
            "#",
            "#/",
            "#/components/schemas/A",
            "#/paths",
            "string",
            "array",
            "object",
            "2.0",
            "3.1.0",
            "body",
            "é<script>",
            ""
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 200, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|all| Value::Object(all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_makes_it_panic(mut value in odd(), version in prop::sample::select(vec!["openapi", "swagger", "asyncapi"]), number in prop::sample::select(vec!["2.0", "3.1.0"])) {
        if let Value::Object(fields) = &mut value {
            fields.insert(version.into(), number.into());
        }
        if let Some(Reading::Doc(found)) = api_doc::of_value(&value, "op-get-x", Limits { rows: 50, own_rows: 20, ..Limits::default() }) {
            prop_assert!(total(&found) <= 300);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}", start in prop::sample::select(vec!["", "openapi: 3.0.0\n", "type Query {", "\"\"\"\\u", "asyncapi: '2'\nchannels:\n"]), type_name in prop::sample::select(vec!["openapi", "graphql", "grpc", ""])) {
        let text = format!("{start}{text}");
        let _ = read(&text, type_name, "", Limits::default());
    }

    #[test]
    fn colours_lose_nothing(text in "[a-z\"'#:/*{}\\[\\], \\n\\\\|>é-]{0,200}") {
        for language in [Language::Yaml, Language::Json, Language::GraphQl, Language::Proto, Language::Plain] {
            let lines: Vec<String> = highlight(language, &text).into_iter().map(|line| line.into_iter().map(|(_, piece)| piece).collect()).collect();
            prop_assert_eq!(lines, text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}

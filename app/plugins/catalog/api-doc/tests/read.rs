//! Small documents of every format, and what is made of them.

use api_doc::{Doc, End, Language, Limits, Operation, Reading, Role, Schema, Token, highlight, read};

fn doc(text: &str) -> Doc {
    of(text, "openapi", "", Limits::default())
}

fn of(text: &str, type_name: &str, focus: &str, limits: Limits) -> Doc {
    match read(text, type_name, focus, limits) {
        Reading::Doc(doc) => *doc,
        other => panic!("{other:?}"),
    }
}

fn operations(doc: &Doc) -> Vec<&Operation> {
    doc.groups.iter().flat_map(|group| &group.operations).collect()
}

/// A schema in one line: its type, what holds for it, and its fields in brackets with `!` behind those that must be there.
fn line(schema: &Schema) -> String {
    let name = if schema.name.is_empty() { &schema.kind } else { &schema.name };
    let mut line = format!("{}{name}", schema.prefix);
    if schema.nullable {
        line += "?";
    }
    if !schema.format.is_empty() {
        line += &format!("<{}>", schema.format);
    }
    if !schema.values.is_empty() {
        line += &format!("={}", schema.values.join("|"));
    }
    for (title, code) in &schema.constraints {
        line += &format!(" [{title}{}{code}]", if code.is_empty() { "" } else { " " });
    }
    if !schema.fields.is_empty() {
        let field = |field: &api_doc::Field| {
            format!("{}{}: {}", field.name, if field.required { "!" } else { "" }, self::line(&field.schema))
        };
        line += &format!(" {{{}}}", schema.fields.iter().map(field).collect::<Vec<_>>().join(", "));
    }
    for options in &schema.options {
        line += &format!(" {}({})", options.how, options.schemas.iter().map(self::line).collect::<Vec<_>>().join(", "));
    }
    if let Some(end) = &schema.end {
        line += &format!(" {end:?}");
    }
    line
}

/// The line of a schema in a document of components.
fn schema(schemas: &str, of: &str) -> String {
    let text = format!(
        "openapi: 3.1.0\npaths:\n  /x:\n    get:\n      responses:\n        '200':\n          content:\n            application/json:\n              schema: {of}\ncomponents:\n  schemas:\n{schemas}"
    );
    let found = doc(&text);
    let detail = operations(&found)[0].detail.as_ref().unwrap();
    line(detail.parts[0].contents[0].schema.as_ref().unwrap())
}

const PAYMENTS: &str = r#"
openapi: 3.0.3
info:
  title: Payments
  version: 3.4.0
  description: Pays.
  contact: { email: pay@example.com }
  license: { name: Own, url: 'javascript:alert(1)' }
servers:
  - { url: 'https://{region}.example.com', description: Live, variables: { region: { default: eu, enum: [eu, us] } } }
security:
  - oauth: [pay]
tags:
  - { name: Second, description: Comes first. }
paths:
  /payments/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string, format: uuid } }
      - { name: trace, in: header, schema: { type: string } }
    get:
      tags: [First]
      summary: Read
      parameters:
        - { name: trace, in: header, required: true, description: Now wanted., schema: { type: string } }
      responses:
        '200': { $ref: '#/components/responses/Found' }
    delete:
      tags: [Second]
      deprecated: true
      security: []
      responses: { '204': { description: Gone } }
components:
  responses:
    Found:
      description: Found it
      headers: { X-Left: { schema: { type: integer } } }
      content: { application/json: { schema: { type: object, properties: { id: { type: string, format: uuid } } } } }
  securitySchemes:
    oauth: { type: oauth2, flows: { clientCredentials: { tokenUrl: 'https://t.example', scopes: { pay: Pay } } } }
    key: { type: apiKey, in: header, name: X-Key }
"#;

#[test]
fn an_openapi_document_in_yaml() {
    let found = doc(PAYMENTS);
    assert_eq!(
        (found.format.as_str(), found.title.as_str(), found.version.as_str()),
        ("OpenAPI 3.0.3", "Payments", "3.4.0")
    );
    let links: Vec<_> = found.links.iter().map(|link| (link.title.as_str(), link.href.as_str())).collect();
    assert_eq!(
        links,
        [("pay@example.com", "mailto:pay@example.com"), ("Own", "")],
        "an address of no safe scheme is none"
    );
    assert_eq!(found.servers[0].variables, [("region".to_owned(), "eu (one of eu, us)".to_owned())]);
    let auth: Vec<_> = found.auth.iter().map(|auth| auth.kind.as_str()).collect();
    assert_eq!(auth, ["OAuth 2.0", "API key in the header X-Key"]);
    let groups: Vec<_> = found.groups.iter().map(|group| (group.name.as_str(), group.operations.len())).collect();
    assert_eq!(groups, [("Second", 1), ("First", 1)], "the document's own order of tags");

    let all = operations(&found);
    let (delete, get) = (all[0], all[1]);
    assert_eq!(
        (get.anchor.as_str(), get.verb.word(), get.address.as_str()),
        ("op-get-payments-id", "GET", "/payments/{id}")
    );
    assert!(delete.deprecated && !get.deprecated);
    let detail = get.detail.as_ref().unwrap();
    assert_eq!(detail.auth, ["oauth (pay)"]);
    assert_eq!(delete.detail.as_ref().unwrap().auth, ["none"]);
    let parameters: Vec<_> = detail
        .parameters
        .iter()
        .map(|each| (each.place, each.field.name.as_str(), each.field.required, each.field.schema.description.as_str()))
        .collect();
    assert_eq!(parameters, [("path", "id", true, ""), ("header", "trace", true, "Now wanted.")]);
    let response = &detail.parts[0];
    assert_eq!(
        (response.role, response.label.as_str(), response.description.as_str()),
        (Role::Response, "200", "Found it")
    );
    assert_eq!(response.headers[0].name, "X-Left");
    let example = &response.contents[0].examples[0];
    assert!(example.generated && example.text.contains("\"id\": \"3fa85f64-"), "{}", example.text);
}

#[test]
fn the_same_in_json_and_under_another_type() {
    let json = serde_json::json!({ "openapi": "3.1.0", "paths": { "/a": { "get": {} } } }).to_string();
    assert_eq!(operations(&doc(&json)).len(), 1);
    assert_eq!(operations(&of(&json, "rest", "", Limits::default())).len(), 1);
}

#[test]
fn a_swagger_document() {
    let found = doc(
        "swagger: '2.0'\nhost: api.example.com\nbasePath: /v1\nschemes: [https]\nconsumes: [application/json]\nproduces: [application/json]\n\
         paths:\n  /pets:\n    post:\n      parameters:\n        - { in: body, name: pet, required: true, schema: { $ref: '#/definitions/Pet' } }\n        - { in: query, name: dry, type: boolean }\n      responses:\n        '200': { description: ok, schema: { $ref: '#/definitions/Pet' } }\n\
         definitions:\n  Pet: { type: object, required: [name], properties: { name: { type: string } } }\n\
         securityDefinitions:\n  basic: { type: basic }\n",
    );
    assert_eq!(
        (found.format.as_str(), found.servers[0].address.as_str()),
        ("Swagger 2.0", "https://api.example.com/v1")
    );
    let detail = operations(&found)[0].detail.as_ref().unwrap();
    let parts: Vec<_> = detail
        .parts
        .iter()
        .map(|part| (part.role, part.contents[0].media.as_str(), line(part.contents[0].schema.as_ref().unwrap())))
        .collect();
    let pet = "Pet {name!: string}".to_owned();
    assert_eq!(parts, [(Role::Request, "application/json", pet.clone()), (Role::Response, "application/json", pet)]);
    assert_eq!(line(&detail.parameters[0].field.schema), "boolean");
    assert_eq!(found.models[0].anchor, "schema-Pet");
}

#[test]
fn schemas_are_unfolded() {
    for (schemas, of, expected) in [
        (
            "    A: { type: object, required: [a], properties: { a: { type: string, maxLength: 3, pattern: '^x' }, b: { enum: [1, 2] } } }",
            "{ $ref: '#/components/schemas/A' }",
            "A {a!: string [At most 3 characters] [Matches ^x], b: number=1|2}",
        ),
        (
            "    A: { type: array, items: { type: array, items: { $ref: '#/components/schemas/B' } } }\n    B: { type: string, format: date }",
            "{ $ref: '#/components/schemas/A' }",
            "array of array of B<date>",
        ),
        (
            "    A: { type: object, properties: { a: { type: string } } }",
            "{ allOf: [{ $ref: '#/components/schemas/A' }, { required: [a, b], properties: { b: { type: [integer, 'null'], minimum: 1, exclusiveMaximum: 9 } } }] }",
            "object {a!: string, b!: integer? [At least 1] [Less than 9]}",
        ),
        (
            "    A: { type: string, nullable: true }",
            "{ oneOf: [{ $ref: '#/components/schemas/A' }, { type: integer, minimum: 0, exclusiveMinimum: true }], discriminator: { propertyName: kind } }",
            "any [Told apart by kind] One of(A?, integer [More than 0])",
        ),
        (
            "    A: { type: object, properties: { a: { const: x } } }",
            "{ anyOf: [{ $ref: '#/components/schemas/A' }, { type: 'null' }] }",
            "A? {a: string=x}",
        ),
        ("    A: { additionalProperties: { type: integer } }", "{ $ref: '#/components/schemas/A' }", "map of integer"),
        (
            "    A: { properties: { next: { $ref: '#/components/schemas/A' } } }",
            "{ $ref: '#/components/schemas/A' }",
            "A {next: A Recursive}",
        ),
        (
            "    A: { $ref: '#/components/schemas/B' }\n    B: { $ref: '#/components/schemas/A' }",
            "{ $ref: '#/components/schemas/A' }",
            "A Recursive",
        ),
        ("    A: {}", "{ $ref: '#/components/schemas/B' }", "B Missing(\"#/components/schemas/B\")"),
        ("    A: {}", "{ $ref: 'https://evil.example/x.yaml#/A' }", "A Elsewhere(\"https://evil.example/x.yaml#/A\")"),
        ("    a/b: { type: boolean }", "{ $ref: '#/components/schemas/a~1b' }", "a/b"),
    ] {
        assert_eq!(schema(schemas, of), expected);
    }
}

#[test]
fn references_lie_within_each_other_only_so_deep() {
    let schemas: String = (0..9)
        .map(|n| {
            format!(
                "    S{n}: {{ type: object, properties: {{ next: {{ $ref: '#/components/schemas/S{}' }} }} }}\n",
                n + 1
            )
        })
        .collect();
    let found = schema(&(schemas + "    S9: { type: string }\n"), "{ $ref: '#/components/schemas/S0' }");
    assert_eq!(found, "S0 {next: S1 {next: S2 {next: S3 {next: S4 Deep}}}}");
}

#[test]
fn an_asyncapi_document_of_version_2() {
    let found = doc(
        "asyncapi: 2.6.0\ninfo: { title: Events, version: '1' }\nservers: { live: { url: 'kafka:9092', protocol: kafka } }\n\
         channels:\n  status.{region}:\n    parameters: { region: { schema: { type: string, enum: [eu] } } }\n    subscribe: { summary: Changed, message: { $ref: '#/components/messages/Status' } }\n    publish: { message: { oneOf: [{ name: A, payload: { type: string } }, { name: B, schemaFormat: 'application/vnd.apache.avro', payload: { type: record } }] } }\n\
         components:\n  messages:\n    Status: { traits: [{ contentType: application/json }], payload: { type: object, properties: { id: { type: string } } }, examples: [{ name: one, payload: { id: x } }] }\n",
    );
    let all = operations(&found);
    let rows: Vec<_> =
        all.iter().map(|each| (each.verb.word(), each.address.as_str(), each.summary.as_str())).collect();
    assert_eq!(rows, [("publish", "status.{region}", ""), ("subscribe", "status.{region}", "Changed")]);
    let publish = all[0].detail.as_ref().unwrap();
    assert_eq!(publish.parameters[0].place, "channel");
    assert_eq!(publish.parts.iter().map(|part| part.label.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert!(publish.parts[1].contents[0].schema.is_none(), "a schema in another language is shown as it is");
    let message = &all[1].detail.as_ref().unwrap().parts[0];
    assert_eq!((message.label.as_str(), message.contents[0].media.as_str()), ("Status", "application/json"));
    assert_eq!(line(message.contents[0].schema.as_ref().unwrap()), "object {id: string}");
    assert_eq!(message.contents[0].examples[0].text, "{\n  \"id\": \"x\"\n}");
}

#[test]
fn an_asyncapi_document_of_version_3() {
    let found = doc(
        "asyncapi: 3.0.0\ninfo: { title: Events, version: '1' }\nservers: { live: { host: 'kafka:9092', protocol: kafka } }\n\
         channels:\n  status: { address: status.v1, messages: { changed: { $ref: '#/components/messages/Changed' } } }\n  idle: { address: idle.v1 }\n\
         operations:\n  onStatus: { action: receive, summary: Changed, channel: { $ref: '#/channels/status' }, messages: [{ $ref: '#/channels/status/messages/changed' }], reply: { messages: [{ payload: { type: boolean } }] } }\n\
         components:\n  messages: { Changed: { payload: { schemaFormat: 'application/vnd.aai.asyncapi+json;version=3.0.0', schema: { type: integer } } } }\n",
    );
    let all = operations(&found);
    let rows: Vec<_> = all.iter().map(|each| (each.verb.word(), each.address.as_str())).collect();
    assert_eq!(rows, [("receive", "status.v1"), ("channel", "idle.v1")]);
    let parts = &all[0].detail.as_ref().unwrap().parts;
    let shown: Vec<_> = parts.iter().map(|part| (part.role, line(part.contents[0].schema.as_ref().unwrap()))).collect();
    assert_eq!(shown, [(Role::Message, "integer".to_owned()), (Role::Reply, "boolean".to_owned())]);
}

#[test]
fn a_graphql_schema() {
    let text = "schema { query: Root }\n\"\"\"What is asked.\"\"\"\ntype Root {\n  \"Finds loans\"\n  loans(of: ID!, limit: Int = 10): [Loan!]! @deprecated(reason: \"slow\")\n}\n\
                type Loan implements Node { id: ID! }\nextend type Loan { state: State }\nenum State { OPEN \"All paid\" CLOSED }\nunion Any = Loan | Root\ninterface Node { id: ID! }\n";
    let found = of(text, "graphql", "", Limits::default());
    let all = operations(&found);
    assert_eq!(
        (all[0].verb.word(), all[0].address.as_str(), all[0].summary.as_str()),
        ("query", "loans", "Finds loans")
    );
    assert!(all[0].deprecated);
    let detail = all[0].detail.as_ref().unwrap();
    let arguments: Vec<_> =
        detail.parameters.iter().map(|each| (each.field.name.as_str(), each.field.required)).collect();
    assert_eq!(arguments, [("of", true), ("limit", false)]);
    let result = detail.parts[0].contents[0].schema.as_ref().unwrap();
    assert_eq!((result.name.as_str(), result.model.as_str()), ("[Loan!]!", "schema-Loan"));
    let models: Vec<_> =
        found.models.iter().map(|model| format!("{} {}", model.name, line(model.schema.as_ref().unwrap()))).collect();
    assert_eq!(
        models,
        [
            "Loan type {id: ID!, state: State} Implements(Node)",
            "State enum {OPEN: , CLOSED: }",
            "Any union One of(Loan, Root)",
            "Node interface {id: ID!}",
        ]
    );
}

#[test]
fn what_cannot_be_read_says_where() {
    for (text, type_name, line, column) in [
        ("openapi: 3.0.3\npaths:\n  /x: {\n", "openapi", 4, 1),
        ("{\n  \"openapi\": \"3.0.3\",\n  x\n}", "openapi", 3, 3),
        ("type Query {\n  a: \n}", "graphql", 3, 1),
        ("title: something else", "openapi", 1, 1),
    ] {
        match read(text, type_name, "", Limits::default()) {
            Reading::Broken(fault) => assert_eq!((fault.line, fault.column), (line, column), "{}", fault.message),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(read("syntax = \"proto3\";", "grpc", "", Limits::default()), Reading::Source(Language::Proto)));
    assert!(matches!(read("anything", "wsdl", "", Limits::default()), Reading::Source(Language::Plain)));
}

/// A document of this many operations, each on a schema of this many fields.
fn large(operations: usize, fields: usize) -> String {
    let paths: serde_json::Map<String, serde_json::Value> = (0..operations)
        .map(|n| {
            let schema = serde_json::json!({ "$ref": "#/components/schemas/Wide" });
            let body = serde_json::json!({ "content": { "application/json": { "schema": schema } } });
            (format!("/things/{n}"), serde_json::json!({ "post": { "requestBody": body } }))
        })
        .collect();
    let fields: serde_json::Map<String, serde_json::Value> =
        (0..fields).map(|n| (format!("field{n}"), serde_json::json!({ "type": "string" }))).collect();
    let wide = serde_json::json!({ "type": "object", "properties": fields });
    serde_json::json!({ "openapi": "3.1.0", "paths": paths, "components": { "schemas": { "Wide": wide } } }).to_string()
}

#[test]
fn a_large_document_is_cut_and_says_so() {
    let limits = Limits { rows: 100, own_rows: 30, operations: 40, ..Limits::default() };
    let text = large(50, 1_000);
    let found = of(&text, "openapi", "", limits);
    let (shown, folded): (Vec<_>, Vec<_>) = operations(&found).into_iter().partition(|each| each.detail.is_some());
    assert_eq!((shown.len(), folded.len()), (4, 36));
    assert_eq!((found.fold.folded_operations, found.fold.operations, found.fold.folded_models), (36, 10, 1));
    let schema = shown[0].detail.as_ref().unwrap().parts[0].contents[0].schema.as_ref().unwrap();
    assert!(schema.fields.len() < 30 && schema.end == Some(End::Full), "{}", schema.fields.len());

    // What was asked for is there, wherever it stands.
    for focus in ["op-post-things-39", "schema-Wide"] {
        let found = of(&text, "openapi", focus, limits);
        let operation = operations(&found).into_iter().find(|each| each.anchor == focus && each.focused);
        let model = found.models.iter().find(|model| model.anchor == focus && model.focused);
        assert!(
            operation.is_some_and(|each| each.detail.is_some()) || model.is_some_and(|each| each.schema.is_some()),
            "{focus}"
        );
    }
}

#[test]
fn anchors_are_safe_and_unique() {
    let found =
        doc("openapi: 3.0.3\npaths:\n  /a-b: { get: {} }\n  /a/b: { get: {} }\n  '/<script>\"\u{e9}': { get: {} }\n");
    let anchors: Vec<_> = operations(&found).iter().map(|each| each.anchor.as_str()).collect();
    assert_eq!(anchors, ["op-get-a-b", "op-get-a-b-2", "op-get-script"]);
}

#[test]
fn languages_have_colours() {
    let kinds = |language, text: &str| -> Vec<String> {
        let pieces = highlight(language, text).concat();
        let told = pieces.into_iter().filter(|(token, _)| *token != Token::Plain);
        told.map(|(token, text)| format!("{token:?} {text}")).collect()
    };
    assert_eq!(
        kinds(Language::Yaml, "a: 1 # n\n- b: 'x: y'\n  c: |\n    d: e\nf: [true, g]"),
        [
            "Key a",
            "Literal 1",
            "Comment # n",
            "Key b",
            "Text 'x: y'",
            "Key c",
            "Text     d: e",
            "Key f",
            "Literal true"
        ]
    );
    assert_eq!(
        kinds(Language::Json, r#"{"a": "b\"c", "d": [1, null]}"#),
        ["Key \"a\"", r#"Text "b\"c""#, "Key \"d\"", "Literal 1", "Literal null"]
    );
    assert_eq!(
        kinds(Language::GraphQl, "\"\"\"\nHi\n\"\"\"\ntype A { b: C } # d"),
        ["Text \"\"\"", "Text Hi", "Text \"\"\"", "Word type", "Key b", "Comment # d"]
    );
    assert_eq!(
        kinds(Language::Proto, "rpc A(B); /* c\nd */ // e"),
        ["Word rpc", "Key A", "Comment /* c", "Comment d */", "Comment // e"]
    );
}

//! OpenAPI 3.0 and 3.1, and Swagger 2.

use std::collections::HashMap;

use serde_json::Value;

use crate::example;
use crate::limits::{Limits, NAME, REFERENCES, VALUES};
use crate::model::{
    Auth, Content, Detail, Doc, End, Field, Group, Model, Operation, Parameter, Part, Role, Schema, Server, Verb,
};
use crate::schema::{Followed, Unfolder};
use crate::value::{Anchors, clip, entries, is, items, links, name, names, prose, scalar};

const METHODS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    ("head", "HEAD"),
    ("options", "OPTIONS"),
    ("trace", "TRACE"),
];

/// An operation that is not worked out yet.
struct Raw<'a> {
    anchor: String,
    verb: &'static str,
    path: &'a str,
    /// What its path says for all its operations.
    shared: &'a Value,
    value: &'a Value,
    group: usize,
}

/// What an OpenAPI or Swagger document says.
pub(crate) fn read(doc: &Value, version: &str, focus: &str, limits: Limits) -> Doc {
    let info = doc.get("info").unwrap_or(&Value::Null);
    let swagger = doc.get("swagger").is_some();
    let mut anchors = Anchors::default();
    let (schemas, at) =
        if swagger { (doc, "definitions") } else { (doc.get("components").unwrap_or(&Value::Null), "schemas") };
    let prefix = if swagger { "#/definitions/" } else { "#/components/schemas/" };
    let named = named(schemas, at, prefix, &mut anchors, limits);
    let mut found = Doc {
        format: format!("{} {version}", if swagger { "Swagger" } else { "OpenAPI" }),
        title: name(info, "title"),
        version: name(info, "version"),
        description: prose(info, "description"),
        links: links(doc, info),
        servers: if swagger { swagger_servers(doc) } else { items(doc, "servers").take(VALUES).map(server).collect() },
        auth: auth(doc, swagger),
        ..Doc::default()
    };
    let (raws, mut groups) = operations(doc, &mut anchors);
    found.fold.operations = raws.len().saturating_sub(limits.operations);
    let mut unfolder = Unfolder::new(doc, limits, named.anchors);
    let shown: Vec<Raw> = raws.into_iter().take(limits.operations).collect();
    let mut focused =
        shown.iter().position(|raw| raw.anchor == focus).map(|at| (at, detail(&mut unfolder, &shown[at], swagger)));
    for (place, raw) in shown.iter().enumerate() {
        let is_focus = focused.as_ref().is_some_and(|(at, _)| *at == place);
        let detail = match focused.take_if(|(at, _)| *at == place) {
            Some((_, detail)) => detail,
            None => detail(&mut unfolder, raw, swagger),
        };
        found.fold.folded_operations += usize::from(detail.is_none());
        groups[raw.group].operations.push(Operation {
            anchor: raw.anchor.clone(),
            verb: Verb::Http(raw.verb),
            address: clip(raw.path, NAME),
            summary: name(raw.value, "summary"),
            deprecated: is(raw.value, "deprecated"),
            focused: is_focus,
            detail,
        });
    }
    found.groups = groups.into_iter().filter(|group| !group.operations.is_empty()).collect();
    found.fold.models = named.left_out;
    models(&mut unfolder, named.schemas, focus, &mut found);
    found
}

/// The schemas of a document that have names.
pub(crate) struct Named<'a> {
    pub(crate) schemas: Vec<(String, &'a str, &'a Value)>,
    pub(crate) anchors: HashMap<String, String>,
    pub(crate) left_out: usize,
}

pub(crate) fn named<'a>(
    holder: &'a Value,
    key: &str,
    prefix: &str,
    anchors: &mut Anchors,
    limits: Limits,
) -> Named<'a> {
    let mut named = Named { schemas: Vec::new(), anchors: HashMap::new(), left_out: 0 };
    for (name, value) in entries(holder, key) {
        if named.schemas.len() == limits.models {
            named.left_out += 1;
            continue;
        }
        let anchor = anchors.make("schema-", name);
        named.anchors.insert(format!("{prefix}{}", name.replace('~', "~0").replace('/', "~1")), anchor.clone());
        named.schemas.push((anchor, name, value));
    }
    named
}

/// Works the named schemas out; in each of them the others are links.
pub(crate) fn models<'a>(
    unfolder: &mut Unfolder<'a>,
    schemas: Vec<(String, &'a str, &'a Value)>,
    focus: &str,
    found: &mut Doc,
) {
    let mut wanted = schemas.iter().position(|(anchor, ..)| anchor == focus).map(|at| {
        unfolder.make_room();
        (at, unfolder.within(0, |unfolder| unfolder.schema(schemas[at].2)))
    });
    for (place, (anchor, label, value)) in schemas.into_iter().enumerate() {
        let focused = wanted.as_ref().is_some_and(|(at, _)| *at == place);
        let schema = match wanted.take_if(|(at, _)| *at == place) {
            Some((_, schema)) => schema,
            None => unfolder.within(0, |unfolder| unfolder.schema(value)),
        };
        found.fold.folded_models += usize::from(schema.is_none());
        let kind = schema.as_ref().map_or_else(String::new, |schema| {
            let of = if schema.name.is_empty() { &schema.kind } else { &schema.name };
            format!("{}{of}", schema.prefix)
        });
        found.models.push(Model { anchor, name: clip(label, NAME), kind, focused, schema });
    }
}

/// All operations with their groups: the document's tags in order, then others as they come.
fn operations<'a>(doc: &'a Value, anchors: &mut Anchors) -> (Vec<Raw<'a>>, Vec<Group>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for tag in items(doc, "tags") {
        let label = name(tag, "name");
        places.entry(label.clone()).or_insert_with(|| {
            groups.push(Group { name: label, description: prose(tag, "description"), operations: Vec::new() });
            groups.len() - 1
        });
    }
    let mut raws = Vec::new();
    let all = entries(doc, "paths").map(|entry| (entry, None));
    let all = all.chain(entries(doc, "webhooks").map(|entry| (entry, Some("Webhooks"))));
    for ((path, shared), fallback) in all {
        for (method, verb) in METHODS {
            let Some(value) = shared.get(method).filter(|value| value.is_object()) else { continue };
            let tag = items(value, "tags").map(scalar).find(|tag| !tag.is_empty());
            let tag = tag.unwrap_or_else(|| fallback.unwrap_or("Operations").to_owned());
            let group = *places.entry(tag.clone()).or_insert_with(|| {
                groups.push(Group { name: tag, ..Group::default() });
                groups.len() - 1
            });
            let anchor = anchors.make("op-", &format!("{method}-{}", path.trim_start_matches('/')));
            raws.push(Raw { anchor, verb, path, shared, value, group });
        }
    }
    (raws, groups)
}

fn detail<'a>(unfolder: &mut Unfolder<'a>, raw: &Raw<'a>, swagger: bool) -> Option<Detail> {
    unfolder.within(REFERENCES, |unfolder| {
        let parameters = parameters(unfolder, raw);
        let mut detail = Detail {
            description: prose(raw.value, "description"),
            id: name(raw.value, "operationId"),
            auth: needs(raw.value, unfolder.root),
            ..Detail::default()
        };
        for parameter in &parameters {
            match name(parameter, "in").as_str() {
                "body" => detail.parts.push(swagger_body(unfolder, raw, parameter)),
                place => {
                    if !unfolder.row() {
                        break;
                    }
                    let field = named_field(unfolder, parameter);
                    detail.parameters.push(Parameter { place: known_place(place), field });
                }
            }
        }
        if let Some(body) = raw.value.get("requestBody") {
            detail.parts.push(part(unfolder, Role::Request, String::new(), body));
        }
        for (status, response) in entries(raw.value, "responses") {
            if !unfolder.row() {
                break;
            }
            detail.parts.push(if swagger {
                swagger_response(unfolder, raw, status, response)
            } else {
                part(unfolder, Role::Response, clip(status, NAME), response)
            });
        }
        for (event, callback) in entries(raw.value, "callbacks") {
            let Followed::Here(Value::Object(callback)) = unfolder.follow(callback) else { continue };
            for (expression, path) in callback {
                for (method, verb) in METHODS {
                    let Some(operation) = path.get(method).filter(|_| unfolder.row()) else { continue };
                    let label = format!("{} {verb} {}", clip(event, NAME), clip(expression, NAME));
                    let mut called = match operation.get("requestBody") {
                        Some(body) => part(unfolder, Role::Callback, label, body),
                        None => Part::new(Role::Callback, label),
                    };
                    if called.description.is_empty() {
                        called.description = name(operation, "summary");
                    }
                    detail.parts.push(called);
                }
            }
        }
        detail
    })
}

impl Part {
    pub(crate) fn new(role: Role, label: String) -> Self {
        Self { role, label, required: false, description: String::new(), headers: Vec::new(), contents: Vec::new() }
    }
}

/// The parameters of the path and of the operation, which replaces those of the same name and place.
fn parameters<'a>(unfolder: &Unfolder<'a>, raw: &Raw<'a>) -> Vec<&'a Value> {
    let mut found: Vec<&Value> = Vec::new();
    for parameter in items(raw.shared, "parameters").chain(items(raw.value, "parameters")).take(VALUES) {
        let parameter = match unfolder.follow(parameter) {
            Followed::Here(parameter) => parameter,
            Followed::Nowhere(_) => parameter,
        };
        let key = |parameter: &Value| (name(parameter, "name"), name(parameter, "in"));
        if parameter.get("$ref").is_none() {
            found.retain(|known| key(known) != key(parameter));
        }
        found.push(parameter);
    }
    found
}

fn known_place(place: &str) -> &'static str {
    ["path", "query", "header", "cookie"].into_iter().find(|known| *known == place).unwrap_or(if place == "formData" {
        "form"
    } else {
        "other"
    })
}

/// A parameter or header as a field.
pub(crate) fn named_field<'a>(unfolder: &mut Unfolder<'a>, value: &'a Value) -> Field {
    if let Followed::Nowhere(end) = unfolder.follow(value) {
        return away(end);
    }
    let content = entries(value, "content").next().map(|(_, content)| content);
    // In Swagger 2 a parameter is a schema itself.
    let inner = value.get("schema").or_else(|| content?.get("schema")).unwrap_or(value);
    let mut schema = unfolder.schema(inner);
    let description = prose(value, "description");
    if !description.is_empty() {
        schema.description = description;
    }
    if is(value, "deprecated") && !schema.flags.contains(&"deprecated") {
        schema.flags.push("deprecated");
    }
    let example = value.get("example").filter(|_| !schema.constraints.iter().any(|(title, _)| title == "Example"));
    schema.constraints.extend(example.map(|example| ("Example".to_owned(), crate::value::inline(example))));
    // What a parameter wants is said by a flag of its own.
    schema.demanded.clear();
    Field { name: name(value, "name"), required: is(value, "required"), schema }
}

/// A field that is described somewhere else.
fn away(end: End) -> Field {
    let schema = Schema { kind: "any".into(), end: Some(end), ..Schema::default() };
    Field { name: "reference".into(), required: false, schema }
}

/// A body or a response.
fn part<'a>(unfolder: &mut Unfolder<'a>, role: Role, label: String, value: &'a Value) -> Part {
    let mut part = Part::new(role, label);
    let value = match unfolder.follow(value) {
        Followed::Here(value) => value,
        Followed::Nowhere(end) => {
            let schema = Some(Schema { kind: "any".into(), end: Some(end), ..Schema::default() });
            part.contents.push(Content { media: String::new(), schema, examples: Vec::new() });
            return part;
        }
    };
    part.description = prose(value, "description");
    part.required = is(value, "required");
    for (header, value) in entries(value, "headers") {
        if !unfolder.row() {
            break;
        }
        let value = match unfolder.follow(value) {
            Followed::Here(value) => value,
            Followed::Nowhere(_) => value,
        };
        let field = named_field(unfolder, value);
        part.headers.push(Field { name: clip(header, NAME), ..field });
    }
    for (media, content) in entries(value, "content") {
        if !unfolder.row() {
            break;
        }
        let schema = content.get("schema").map(|schema| unfolder.schema(schema));
        let examples = example::examples(unfolder, content, media, role == Role::Request);
        part.contents.push(Content { media: clip(media, NAME), schema, examples });
    }
    part
}

fn swagger_body<'a>(unfolder: &mut Unfolder<'a>, raw: &Raw<'a>, parameter: &'a Value) -> Part {
    let media = swagger_media(unfolder.root, raw.value, "consumes");
    let schema = parameter.get("schema").map(|schema| unfolder.schema(schema));
    let examples = example::examples(unfolder, parameter, &media, true);
    Part {
        required: is(parameter, "required"),
        description: prose(parameter, "description"),
        contents: vec![Content { media, schema, examples }],
        ..Part::new(Role::Request, String::new())
    }
}

fn swagger_response<'a>(unfolder: &mut Unfolder<'a>, raw: &Raw<'a>, status: &str, value: &'a Value) -> Part {
    let mut part = part(unfolder, Role::Response, clip(status, NAME), value);
    let Followed::Here(value) = unfolder.follow(value) else { return part };
    if let Some(schema) = value.get("schema") {
        let media = swagger_media(unfolder.root, raw.value, "produces");
        let schema = Some(unfolder.schema(schema));
        let given = entries(value, "examples").map(|(media, value)| example::given(media, value)).next();
        let examples = match given {
            Some(given) => vec![given],
            None => example::examples(unfolder, value, &media, false),
        };
        part.contents.push(Content { media, schema, examples });
    }
    part
}

fn swagger_media(doc: &Value, operation: &Value, key: &str) -> String {
    let own = names(operation, key);
    let all = if own.is_empty() { names(doc, key) } else { own };
    clip(&all.join(", "), NAME)
}

/// How callers of an operation must say who they are, each a sentence part.
fn needs(operation: &Value, doc: &Value) -> Vec<String> {
    let wanted = operation.get("security").or_else(|| doc.get("security")).and_then(Value::as_array);
    let Some(wanted) = wanted else { return Vec::new() };
    if wanted.is_empty() {
        return vec!["none".into()];
    }
    let one = |requirement: &Value| -> String {
        let schemes = requirement.as_object().into_iter().flatten();
        let schemes = schemes.take(VALUES).map(|(scheme, scopes)| {
            let scopes: Vec<String> = scopes.as_array().into_iter().flatten().take(VALUES).map(scalar).collect();
            let scheme = clip(scheme, NAME);
            if scopes.is_empty() { scheme } else { format!("{scheme} ({})", scopes.join(", ")) }
        });
        let all: Vec<String> = schemes.collect();
        if all.is_empty() { "none".into() } else { all.join(" and ") }
    };
    wanted.iter().take(VALUES).map(one).collect()
}

fn server(value: &Value) -> Server {
    let variables = entries(value, "variables").take(VALUES).map(|(variable, value)| {
        let values = names(value, "enum");
        let standard = name(value, "default");
        let said = if values.is_empty() { standard } else { format!("{standard} (one of {})", values.join(", ")) };
        (clip(variable, NAME), clip(&said, NAME))
    });
    Server {
        name: name(value, "name"),
        address: name(value, "url"),
        description: prose(value, "description"),
        variables: variables.collect(),
        ..Server::default()
    }
}

fn swagger_servers(doc: &Value) -> Vec<Server> {
    let (host, base) = (name(doc, "host"), name(doc, "basePath"));
    if host.is_empty() && base.is_empty() {
        return Vec::new();
    }
    let schemes = names(doc, "schemes");
    let address = |scheme: &str| match (host.is_empty(), scheme) {
        (true, _) => base.clone(),
        (false, "") => format!("{host}{base}"),
        (false, scheme) => format!("{scheme}://{host}{base}"),
    };
    if schemes.is_empty() {
        return vec![Server { address: address(""), ..Server::default() }];
    }
    schemes.iter().take(VALUES).map(|scheme| Server { address: address(scheme), ..Server::default() }).collect()
}

fn auth(doc: &Value, swagger: bool) -> Vec<Auth> {
    let (holder, key) = if swagger {
        (doc, "securityDefinitions")
    } else {
        (doc.get("components").unwrap_or(&Value::Null), "securitySchemes")
    };
    schemes(holder, key)
}

/// Ways of authentication, as OpenAPI and AsyncAPI describe them.
pub(crate) fn schemes(holder: &Value, key: &str) -> Vec<Auth> {
    entries(holder, key).take(VALUES).map(|(label, scheme)| scheme_of(label, scheme)).collect()
}

fn scheme_of(label: &str, scheme: &Value) -> Auth {
    let mut auth = Auth { name: clip(label, NAME), description: prose(scheme, "description"), ..Auth::default() };
    let kind = name(scheme, "type");
    auth.kind = match kind.as_str() {
        "apiKey" | "httpApiKey" => match name(scheme, "name") {
            key if key.is_empty() => format!("API key in the {}", name(scheme, "in")),
            key => format!("API key in the {} {key}", name(scheme, "in")),
        },
        "http" => match name(scheme, "scheme").to_lowercase().as_str() {
            "basic" => "User name and password (HTTP Basic)".into(),
            "bearer" => match name(scheme, "bearerFormat") {
                format if format.is_empty() => "Bearer token".into(),
                format => format!("Bearer token ({format})"),
            },
            other => format!("HTTP {other}"),
        },
        "basic" | "userPassword" => "User name and password".into(),
        "oauth2" => "OAuth 2.0".into(),
        "openIdConnect" => "OpenID Connect".into(),
        "mutualTLS" | "X509" => "Client certificate (mutual TLS)".into(),
        other => other.to_owned(),
    };
    let mut fact = |title: &str, value: String| {
        if !value.is_empty() {
            auth.facts.push((title.to_owned(), value));
        }
    };
    fact("Discovery", name(scheme, "openIdConnectUrl"));
    // Swagger 2 has one flow, in the scheme itself.
    let flow = name(scheme, "flow");
    let own = (!flow.is_empty()).then_some((flow.as_str(), scheme));
    let flows = entries(scheme, "flows").map(|(flow, value)| (flow.as_str(), value));
    for (flow, value) in own.into_iter().chain(flows).take(8) {
        fact("Flow", spaced(flow));
        fact("Authorization URL", name(value, "authorizationUrl"));
        fact("Token URL", name(value, "tokenUrl"));
        let scopes = entries(value, "scopes").chain(entries(value, "availableScopes"));
        for (scope, allows) in scopes.take(VALUES) {
            let scope = (clip(scope, NAME), scalar(allows));
            if !auth.scopes.contains(&scope) {
                auth.scopes.push(scope);
            }
        }
    }
    auth
}

/// `clientCredentials` as `Client credentials`.
fn spaced(text: &str) -> String {
    let mut spaced = String::new();
    for c in text.chars().take(NAME) {
        if spaced.is_empty() {
            spaced.extend(c.to_uppercase());
        } else if c.is_uppercase() {
            spaced.push(' ');
            spaced.extend(c.to_lowercase());
        } else {
            spaced.push(c);
        }
    }
    spaced
}

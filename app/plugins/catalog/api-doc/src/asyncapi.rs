//! AsyncAPI 2 and 3.

use serde_json::Value;

use crate::example;
use crate::limits::{Limits, NAME, REFERENCES, VALUES};
use crate::model::{Content, Detail, Doc, End, Field, Group, Operation, Parameter, Part, Role, Schema, Server, Verb};
use crate::openapi::{models, named, named_field, schemes};
use crate::schema::{Followed, Unfolder};
use crate::value::{Anchors, clip, entries, is, items, links, name, prose, scalar};

/// An operation that is not worked out yet.
struct Raw<'a> {
    anchor: String,
    verb: Verb,
    address: String,
    channel: &'a Value,
    operation: &'a Value,
    messages: Vec<&'a Value>,
    reply: Vec<&'a Value>,
}

/// What an AsyncAPI document says.
pub(crate) fn read(doc: &Value, version: &str, focus: &str, limits: Limits) -> Doc {
    let info = doc.get("info").unwrap_or(&Value::Null);
    let components = doc.get("components").unwrap_or(&Value::Null);
    let mut anchors = Anchors::default();
    let mut named = named(components, "schemas", "#/components/schemas/", &mut anchors, limits);
    let mut found = Doc {
        format: format!("AsyncAPI {version}"),
        title: name(info, "title"),
        version: name(info, "version"),
        description: prose(info, "description"),
        links: links(doc, info),
        servers: entries(doc, "servers").take(VALUES).map(|(name, server)| self::server(name, server)).collect(),
        auth: schemes(components, "securitySchemes"),
        ..Doc::default()
    };
    let mut unfolder = Unfolder::new(doc, limits, std::mem::take(&mut named.anchors));
    let mut raws = if version.starts_with('2') { of_two(&unfolder, doc) } else { of_three(&unfolder, doc) };
    found.fold.operations = raws.len().saturating_sub(limits.operations);
    raws.truncate(limits.operations);
    for raw in &mut raws {
        raw.anchor = anchors.make("op-", &format!("{}-{}", raw.verb.word(), raw.address));
    }
    let mut focused = raws.iter().position(|raw| raw.anchor == focus).map(|at| (at, detail(&mut unfolder, &raws[at])));
    let mut group = Group { name: "Channels".into(), ..Group::default() };
    for (place, raw) in raws.into_iter().enumerate() {
        let is_focus = focused.as_ref().is_some_and(|(at, _)| *at == place);
        let detail = match focused.take_if(|(at, _)| *at == place) {
            Some((_, detail)) => detail,
            None => detail(&mut unfolder, &raw),
        };
        found.fold.folded_operations += usize::from(detail.is_none());
        let summary = [raw.operation, raw.channel]
            .iter()
            .flat_map(|value| [name(value, "summary"), name(value, "title")])
            .find(|summary| !summary.is_empty());
        group.operations.push(Operation {
            anchor: raw.anchor,
            verb: raw.verb,
            address: raw.address,
            summary: summary.unwrap_or_default(),
            deprecated: is(raw.operation, "deprecated"),
            focused: is_focus,
            detail,
        });
    }
    if !group.operations.is_empty() {
        found.groups.push(group);
    }
    found.fold.models = named.left_out;
    models(&mut unfolder, named.schemas, focus, &mut found);
    found
}

fn server(label: &str, value: &Value) -> Server {
    let (url, host) = (name(value, "url"), name(value, "host"));
    Server {
        name: clip(label, NAME),
        address: if url.is_empty() { format!("{host}{}", name(value, "pathname")) } else { url },
        protocol: [name(value, "protocol"), name(value, "protocolVersion")].join(" ").trim().to_owned(),
        description: prose(value, "description"),
        variables: entries(value, "variables")
            .take(VALUES)
            .map(|(variable, value)| (clip(variable, NAME), name(value, "default")))
            .collect(),
    }
}

/// In version 2 the operations stand in their channels, and say what others do.
fn of_two<'a>(unfolder: &Unfolder<'a>, doc: &'a Value) -> Vec<Raw<'a>> {
    let mut raws = Vec::new();
    for (address, channel) in entries(doc, "channels") {
        let Followed::Here(channel) = unfolder.follow(channel) else { continue };
        let before = raws.len();
        for (key, verb) in [("publish", Verb::Receives("publish")), ("subscribe", Verb::Sends("subscribe"))] {
            let Some(operation) = channel.get(key) else { continue };
            let message = operation.get("message");
            let several = message.and_then(|message| message.get("oneOf")).and_then(Value::as_array);
            let messages = several.map_or_else(|| message.into_iter().collect(), |several| several.iter().collect());
            raws.push(raw(verb, address.clone(), channel, operation, messages));
        }
        if raws.len() == before {
            raws.push(raw(Verb::Channel, address.clone(), channel, &Value::Null, Vec::new()));
        }
    }
    raws
}

/// In version 3 the operations stand beside the channels, and say what the application does.
fn of_three<'a>(unfolder: &Unfolder<'a>, doc: &'a Value) -> Vec<Raw<'a>> {
    let own = |channel: &'a Value| entries(channel, "messages").map(|(_, message)| message).collect::<Vec<_>>();
    let address = |channel: &'a Value, label: &str| match name(channel, "address") {
        address if address.is_empty() => label.to_owned(),
        address => address,
    };
    let mut used: Vec<*const Value> = Vec::new();
    let mut raws = Vec::new();
    for (label, operation) in entries(doc, "operations") {
        let Followed::Here(operation) = unfolder.follow(operation) else { continue };
        let channel = match operation.get("channel").map(|channel| unfolder.follow(channel)) {
            Some(Followed::Here(channel)) => channel,
            _ => &Value::Null,
        };
        used.push(std::ptr::from_ref(channel));
        let verb = if name(operation, "action") == "send" { Verb::Sends("send") } else { Verb::Receives("receive") };
        let messages: Vec<&Value> = items(operation, "messages").collect();
        let messages = if messages.is_empty() { own(channel) } else { messages };
        let mut raw = raw(verb, address(channel, label), channel, operation, messages);
        if let Some(reply) = operation.get("reply")
            && let Followed::Here(reply) = unfolder.follow(reply)
        {
            raw.reply = items(reply, "messages").collect();
            if let (true, Some(channel)) = (raw.reply.is_empty(), reply.get("channel"))
                && let Followed::Here(channel) = unfolder.follow(channel)
            {
                raw.reply = own(channel);
            }
        }
        raws.push(raw);
    }
    for (label, channel) in entries(doc, "channels") {
        let Followed::Here(channel) = unfolder.follow(channel) else { continue };
        if !used.contains(&std::ptr::from_ref(channel)) {
            raws.push(raw(Verb::Channel, address(channel, label), channel, &Value::Null, own(channel)));
        }
    }
    raws
}

fn raw<'a>(verb: Verb, address: String, channel: &'a Value, operation: &'a Value, messages: Vec<&'a Value>) -> Raw<'a> {
    Raw { anchor: String::new(), verb, address: clip(&address, NAME), channel, operation, messages, reply: Vec::new() }
}

fn detail<'a>(unfolder: &mut Unfolder<'a>, raw: &Raw<'a>) -> Option<Detail> {
    unfolder.within(REFERENCES, |unfolder| {
        let told = [prose(raw.operation, "description"), prose(raw.channel, "description")];
        let told: Vec<String> = told.into_iter().filter(|text| !text.is_empty()).collect();
        let mut detail = Detail {
            description: told.join("\n\n"),
            id: name(raw.operation, "operationId"),
            auth: items(raw.operation, "security")
                .filter_map(Value::as_object)
                .flat_map(|wanted| wanted.keys().take(VALUES).map(|scheme| clip(scheme, NAME)))
                .filter(|scheme| scheme != "$ref")
                .collect(),
            ..Detail::default()
        };
        for (parameter, value) in entries(raw.channel, "parameters") {
            if !unfolder.row() {
                break;
            }
            let value = match unfolder.follow(value) {
                Followed::Here(value) => value,
                Followed::Nowhere(_) => value,
            };
            let mut field = named_field(unfolder, value);
            if field.schema.kind == "any" && field.schema.end.is_none() {
                field.schema.kind = "string".into();
            }
            let field = Field { name: clip(parameter, NAME), required: true, ..field };
            detail.parameters.push(Parameter { place: "channel", field });
        }
        for (role, messages) in [(Role::Message, &raw.messages), (Role::Reply, &raw.reply)] {
            for message in messages {
                if !unfolder.row() {
                    break;
                }
                detail.parts.push(part(unfolder, role, message));
            }
        }
        detail
    })
}

/// A message.
fn part<'a>(unfolder: &mut Unfolder<'a>, role: Role, reference: &'a Value) -> Part {
    let message = match unfolder.follow(reference) {
        Followed::Here(message) => message,
        Followed::Nowhere(end) => return lost(role, end),
    };
    let traits: Vec<&Value> = items(message, "traits")
        .filter_map(|each| match unfolder.follow(each) {
            Followed::Here(each) => Some(each),
            Followed::Nowhere(_) => None,
        })
        .collect();
    // What a message does not say itself, its traits say.
    let get = |key: &str| message.get(key).or_else(|| traits.iter().find_map(|each| each.get(key)));
    let text = |key: &str| get(key).map(scalar).unwrap_or_default();
    let of_reference = reference.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next());
    let label = ["name", "messageId", "title"].iter().map(|key| text(key)).find(|label| !label.is_empty());
    let label = label.unwrap_or_else(|| clip(of_reference.unwrap_or_default(), NAME));
    let mut part = Part::new(role, label);
    let told = [text("summary"), get("description").and_then(Value::as_str).unwrap_or_default().trim().to_owned()];
    part.description = clip(told.join("\n\n").trim(), crate::limits::PROSE);
    if let Some(headers) = get("headers") {
        part.headers = unfolder.schema(headers).fields;
    }
    let media = match text("contentType") {
        media if media.is_empty() => name(unfolder.root, "defaultContentType"),
        media => media,
    };
    let payload = get("payload");
    // Version 3 can say beside a schema what it is written in; version 2 says it in the message.
    let format = payload.map(|payload| name(payload, "schemaFormat")).filter(|format| !format.is_empty());
    let (format, payload) = match format {
        Some(format) => (format, payload.and_then(|payload| payload.get("schema"))),
        None => (text("schemaFormat"), payload),
    };
    let foreign = ["avro", "protobuf", "raml", "xml"].iter().find(|word| format.to_lowercase().contains(**word));
    let mut examples = Vec::new();
    for given in items(message, "examples").take(4) {
        let title = [name(given, "summary"), name(given, "name")].into_iter().find(|title| !title.is_empty());
        let value = given.get("payload").cloned().unwrap_or_else(|| given.clone());
        examples.push(example::given(&title.unwrap_or_default(), &value));
    }
    let schema = match (foreign, payload) {
        (Some(word), Some(payload)) => {
            examples.insert(0, example::given(&format!("The schema, written for {word}"), payload));
            None
        }
        (None, Some(payload)) => {
            if examples.is_empty() && (media.is_empty() || media.contains("json")) {
                examples.extend(example::made(unfolder, payload, false));
            }
            Some(unfolder.schema(payload))
        }
        (_, None) => None,
    };
    examples.retain(|_| unfolder.row());
    if schema.is_some() || !examples.is_empty() {
        part.contents.push(Content { media, schema, examples });
    }
    part
}

fn lost(role: Role, end: End) -> Part {
    let schema = Some(Schema { kind: "any".into(), end: Some(end), ..Schema::default() });
    let contents = vec![Content { media: String::new(), schema, examples: Vec::new() }];
    Part { contents, ..Part::new(role, String::new()) }
}

//! GraphQL schemas.

use std::collections::HashMap;

use apollo_parser::Parser;
use apollo_parser::cst::{self, CstNode, Definition};

use crate::Fault;
use crate::limits::{Limits, NAME, PROSE, VALUES};
use crate::model::{Detail, Doc, Field, Group, Model, Operation, Parameter, Part, Role, Schema, Verb};
use crate::value::{Anchors, clip};

/// Nesting of types and values beyond this is refused.
const DEPTH: usize = 64;

/// Tokens beyond this are refused.
const TOKENS: usize = 400_000;

/// A type with what its extensions add.
#[derive(Default)]
struct Type {
    word: &'static str,
    name: String,
    description: String,
    fields: Vec<Member>,
    /// Values of an enumeration, each with what it means.
    values: Vec<Member>,
    /// The types of a union, or the interfaces of an object.
    types: Vec<String>,
}

/// A field, an argument or a value.
#[derive(Default)]
struct Member {
    name: String,
    description: String,
    /// As it is written: `[Product!]!`.
    type_text: String,
    default: String,
    deprecated: Option<String>,
    arguments: Vec<Member>,
}

/// What a schema says.
pub(crate) fn read(text: &str, focus: &str, limits: Limits) -> Result<Doc, Fault> {
    let tree = Parser::new(text).recursion_limit(DEPTH).token_limit(TOKENS).parse();
    if let Some(error) = tree.errors().next() {
        return Err(fault(text, error.index(), error.message()));
    }
    let mut types: Vec<Type> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut roots = [("Query", "query"), ("Mutation", "mutation"), ("Subscription", "subscription")]
        .map(|(name, verb)| (name.to_owned(), verb));
    let mut found = Doc { format: "GraphQL schema".into(), ..Doc::default() };
    for definition in tree.document().definitions() {
        if let Definition::SchemaDefinition(schema) = &definition {
            found.description = description(schema.description());
        }
        for root in root_types(&definition) {
            if let (Some(operation), Some(name)) =
                (root.operation_type(), root.named_type().and_then(|named| named.name()))
            {
                let place = usize::from(operation.mutation_token().is_some())
                    + 2 * usize::from(operation.subscription_token().is_some());
                roots[place].0 = name.text().to_string();
            }
        }
        let Some(read) = of_definition(definition) else { continue };
        match by_name.get(&read.name) {
            Some(place) => types[*place].add(read),
            None => {
                by_name.insert(read.name.clone(), types.len());
                types.push(read);
            }
        }
    }
    let mut writer = Writer { anchors: HashMap::new(), left: limits.rows, own: limits.own_rows };
    let mut anchors = Anchors::default();
    let is_root = |name: &str| roots.iter().any(|(root, _)| root == name);
    let models: Vec<&Type> = types.iter().filter(|each| !is_root(&each.name)).collect();
    for each in models.iter().take(limits.models) {
        let anchor = anchors.make("schema-", &each.name);
        writer.anchors.insert(each.name.clone(), anchor);
    }
    let mut room = limits.operations;
    for (root, verb) in &roots {
        let Some(root) = by_name.get(root).map(|place| &types[*place]) else { continue };
        let mut group = Group { name: plural(verb), description: root.description.clone(), operations: Vec::new() };
        for field in &root.fields {
            if room == 0 {
                found.fold.operations += 1;
                continue;
            }
            room -= 1;
            let anchor = anchors.make("op-", &format!("{verb}-{}", field.name));
            let focused = anchor == focus;
            let operation = writer.operation(anchor, verb, field, focused);
            found.fold.folded_operations += usize::from(operation.detail.is_none());
            group.operations.push(operation);
        }
        if !group.operations.is_empty() {
            found.groups.push(group);
        }
    }
    found.fold.models = models.len().saturating_sub(limits.models);
    for each in models.into_iter().take(limits.models) {
        let anchor = writer.anchors.get(&each.name).cloned().unwrap_or_default();
        let focused = anchor == focus;
        let schema = writer.within(focused, |writer| writer.model(each));
        found.fold.folded_models += usize::from(schema.is_none());
        found.models.push(Model { anchor, name: each.name.clone(), kind: each.word.to_owned(), focused, schema });
    }
    Ok(found)
}

impl Type {
    fn add(&mut self, more: Self) {
        self.fields.extend(more.fields);
        self.values.extend(more.values);
        self.types.extend(more.types);
        if self.description.is_empty() {
            self.description = more.description;
        }
    }
}

/// Makes rows, as long as there is room for them.
struct Writer {
    anchors: HashMap<String, String>,
    left: usize,
    own: usize,
}

impl Writer {
    /// What `work` makes, with at most `own` rows of those that are left; what was asked for always has room.
    fn within<T>(&mut self, focused: bool, work: impl FnOnce(&mut RowWriter<'_>) -> T) -> Option<T> {
        if self.left == 0 && !focused {
            return None;
        }
        let room = if focused { self.own } else { self.own.min(self.left) };
        let mut writer = RowWriter { anchors: &self.anchors, left: room };
        let made = work(&mut writer);
        self.left = self.left.saturating_sub((room - writer.left).max(1));
        Some(made)
    }

    fn operation(&mut self, anchor: String, verb: &'static str, field: &Member, focused: bool) -> Operation {
        let detail = self.within(focused, |writer| {
            let arguments = field.arguments.iter().map_while(|each| writer.row(|writer| writer.field(each, true)));
            let mut schema = arguments.collect::<Vec<_>>();
            let parameters = schema.drain(..).map(|field| Parameter { place: "argument", field }).collect();
            let mut result = Part::new(Role::Result, field.type_text.clone());
            let shape = writer.typed(field);
            result.contents.push(crate::Content { media: String::new(), schema: Some(shape), examples: Vec::new() });
            Detail { description: field.description.clone(), parameters, parts: vec![result], ..Detail::default() }
        });
        Operation {
            anchor,
            verb: Verb::Field(verb),
            address: field.name.clone(),
            summary: clip(field.description.lines().next().unwrap_or_default(), NAME),
            deprecated: field.deprecated.is_some(),
            focused,
            detail,
        }
    }
}

struct RowWriter<'w> {
    anchors: &'w HashMap<String, String>,
    left: usize,
}

impl RowWriter<'_> {
    fn row<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        Some(make(self))
    }

    fn model(&mut self, each: &Type) -> Schema {
        let input = each.word == "input";
        let mut schema =
            Schema { kind: each.word.to_owned(), description: each.description.clone(), ..Schema::default() };
        for field in each.fields.iter().chain(&each.values) {
            match self.row(|writer| writer.field(field, input)) {
                Some(field) => schema.fields.push(field),
                None => {
                    schema.end = Some(crate::End::Full);
                    break;
                }
            }
        }
        if !each.types.is_empty() {
            let how = if each.word == "union" { "One of" } else { "Implements" };
            let types = each.types.iter().take(VALUES).map(|name| self.named(name, name)).collect();
            schema.options.push(crate::Options { how, schemas: types });
        }
        schema
    }

    /// A field, argument or value; what is not null must be given, where it is given at all.
    fn field(&mut self, member: &Member, input: bool) -> Field {
        let mut schema = self.typed(member);
        schema.description = member.description.clone();
        if let Some(reason) = &member.deprecated {
            schema.flags.push("deprecated");
            if !reason.is_empty() {
                schema.constraints.push(("Deprecated".into(), reason.clone()));
            }
        }
        if !member.default.is_empty() {
            schema.constraints.push(("Default".into(), member.default.clone()));
        }
        let arguments: Vec<Field> = if input {
            Vec::new()
        } else {
            member.arguments.iter().map_while(|each| self.row(|writer| writer.field(each, true))).collect()
        };
        if !arguments.is_empty() {
            let holder = Schema { kind: "arguments".into(), fields: arguments, ..Schema::default() };
            schema.options.push(crate::Options { how: "Takes", schemas: vec![holder] });
        }
        let required = input && member.type_text.ends_with('!') && member.default.is_empty();
        Field { name: member.name.clone(), required, schema }
    }

    fn typed(&self, member: &Member) -> Schema {
        self.named(&member.type_text, member.type_text.trim_matches(['[', ']', '!']))
    }

    fn named(&self, text: &str, base: &str) -> Schema {
        match self.anchors.get(base) {
            Some(anchor) => Schema { name: text.to_owned(), model: anchor.clone(), ..Schema::default() },
            None => Schema { kind: text.to_owned(), ..Schema::default() },
        }
    }
}

fn plural(verb: &str) -> String {
    match verb {
        "query" => "Queries",
        "mutation" => "Mutations",
        _ => "Subscriptions",
    }
    .to_owned()
}

fn root_types(definition: &Definition) -> Vec<cst::RootOperationTypeDefinition> {
    match definition {
        Definition::SchemaDefinition(schema) => schema.root_operation_type_definitions().collect(),
        Definition::SchemaExtension(schema) => schema.root_operation_type_definitions().collect(),
        _ => Vec::new(),
    }
}

fn of_definition(definition: Definition) -> Option<Type> {
    let text = definition.name().map(|name| clip(&name.text(), NAME))?;
    let mut found = Type { name: text, ..Type::default() };
    let interfaces = |implements: Option<cst::ImplementsInterfaces>| -> Vec<String> {
        implements.into_iter().flat_map(|all| all.named_types()).filter_map(type_name).collect()
    };
    match definition {
        Definition::ObjectTypeDefinition(it) => {
            (found.word, found.description) = ("type", description(it.description()));
            found.fields = fields(it.fields_definition());
            found.types = interfaces(it.implements_interfaces());
        }
        Definition::ObjectTypeExtension(it) => {
            found.word = "type";
            found.fields = fields(it.fields_definition());
            found.types = interfaces(it.implements_interfaces());
        }
        Definition::InterfaceTypeDefinition(it) => {
            (found.word, found.description) = ("interface", description(it.description()));
            found.fields = fields(it.fields_definition());
            found.types = interfaces(it.implements_interfaces());
        }
        Definition::InterfaceTypeExtension(it) => {
            found.word = "interface";
            found.fields = fields(it.fields_definition());
        }
        Definition::InputObjectTypeDefinition(it) => {
            (found.word, found.description) = ("input", description(it.description()));
            found.fields = inputs(it.input_fields_definition());
        }
        Definition::InputObjectTypeExtension(it) => {
            found.word = "input";
            found.fields = inputs(it.input_fields_definition());
        }
        Definition::EnumTypeDefinition(it) => {
            (found.word, found.description) = ("enum", description(it.description()));
            found.values = values(it.enum_values_definition());
        }
        Definition::EnumTypeExtension(it) => {
            found.word = "enum";
            found.values = values(it.enum_values_definition());
        }
        Definition::UnionTypeDefinition(it) => {
            (found.word, found.description) = ("union", description(it.description()));
            found.types = members(it.union_member_types());
        }
        Definition::UnionTypeExtension(it) => {
            found.word = "union";
            found.types = members(it.union_member_types());
        }
        Definition::ScalarTypeDefinition(it) => {
            (found.word, found.description) = ("scalar", description(it.description()));
        }
        _ => return None,
    }
    Some(found)
}

fn fields(all: Option<cst::FieldsDefinition>) -> Vec<Member> {
    let all = all.into_iter().flat_map(|all| all.field_definitions());
    all.map(|field| Member {
        name: name(field.name()),
        description: description(field.description()),
        type_text: type_text(field.ty()),
        deprecated: deprecated(field.directives()),
        arguments: field
            .arguments_definition()
            .into_iter()
            .flat_map(|all| all.input_value_definitions())
            .take(VALUES)
            .map(input)
            .collect(),
        ..Member::default()
    })
    .collect()
}

fn inputs(all: Option<cst::InputFieldsDefinition>) -> Vec<Member> {
    all.into_iter().flat_map(|all| all.input_value_definitions()).map(input).collect()
}

fn input(value: cst::InputValueDefinition) -> Member {
    let default = value.default_value().and_then(|default| default.value());
    Member {
        name: name(value.name()),
        description: description(value.description()),
        type_text: type_text(value.ty()),
        default: default.map(|value| clip(&value.syntax().text().to_string(), NAME)).unwrap_or_default(),
        deprecated: deprecated(value.directives()),
        arguments: Vec::new(),
    }
}

fn values(all: Option<cst::EnumValuesDefinition>) -> Vec<Member> {
    let all = all.into_iter().flat_map(|all| all.enum_value_definitions());
    all.map(|value| Member {
        name: name(value.enum_value().and_then(|value| value.name())),
        description: description(value.description()),
        deprecated: deprecated(value.directives()),
        ..Member::default()
    })
    .collect()
}

fn members(all: Option<cst::UnionMemberTypes>) -> Vec<String> {
    all.into_iter().flat_map(|all| all.named_types()).filter_map(type_name).collect()
}

fn type_name(named: cst::NamedType) -> Option<String> {
    named.name().map(|name| clip(&name.text(), NAME))
}

fn name(name: Option<cst::Name>) -> String {
    name.map(|name| clip(&name.text(), NAME)).unwrap_or_default()
}

/// A type as it is written, without blanks.
fn type_text(found: Option<cst::Type>) -> String {
    let text = found.map(|found| found.syntax().text().to_string()).unwrap_or_default();
    clip(&text.split_whitespace().collect::<String>(), NAME)
}

fn description(found: Option<cst::Description>) -> String {
    let text = found.and_then(|found| found.string_value()).map(String::from).unwrap_or_default();
    clip(text.trim(), PROSE)
}

fn deprecated(directives: Option<cst::Directives>) -> Option<String> {
    let mut all = directives.into_iter().flat_map(|all| all.directives());
    let found = all.find(|each| each.name().is_some_and(|name| name.text() == "deprecated"))?;
    let reason =
        found.arguments().into_iter().flat_map(|all| all.arguments()).find_map(|argument| match argument.value() {
            Some(cst::Value::StringValue(text)) => Some(String::from(text)),
            _ => None,
        });
    Some(clip(&reason.unwrap_or_default(), NAME))
}

fn fault(text: &str, index: usize, message: &str) -> Fault {
    let before = text.get(..index).unwrap_or(text);
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let line = number(before.matches('\n').count() + 1);
    let column = number(before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
    Fault { line, column, message: format!("not a GraphQL schema: {message}") }
}

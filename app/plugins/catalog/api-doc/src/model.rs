//! What a definition says, in the words of all formats at once.

use crate::Language;

/// A definition, ready to be shown.
#[derive(Debug, Default)]
pub struct Doc {
    /// What it is written in, such as `OpenAPI 3.0.3`.
    pub format: String,
    /// Its name.
    pub title: String,
    /// Its own version.
    pub version: String,
    /// Markdown.
    pub description: String,
    /// Contact, licence and further reading.
    pub links: Vec<Link>,
    /// Where it is served.
    pub servers: Vec<Server>,
    /// How callers say who they are.
    pub auth: Vec<Auth>,
    /// The operations, grouped.
    pub groups: Vec<Group>,
    /// The named schemas.
    pub models: Vec<Model>,
    /// What was not worked out.
    pub fold: Fold,
}

/// What was left out because there is too much of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// Operations that are not even listed.
    pub operations: usize,
    /// Operations that are listed without their details.
    pub folded_operations: usize,
    /// Models that are not even listed.
    pub models: usize,
    /// Models that are listed without their details.
    pub folded_models: usize,
}

/// An address with its title; only of schemes that are safe to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it reads.
    pub title: String,
    /// Where it leads; empty where that is not known or not safe.
    pub href: String,
}

/// A place where the API is served.
#[derive(Debug, Default)]
pub struct Server {
    /// Its name, where servers have names.
    pub name: String,
    /// Its address, maybe with variables in braces.
    pub address: String,
    /// What it speaks, where that is said.
    pub protocol: String,
    /// Markdown.
    pub description: String,
    /// Variables of the address: name and values.
    pub variables: Vec<(String, String)>,
}

/// A way of authentication.
#[derive(Debug, Default)]
pub struct Auth {
    /// The name by which operations ask for it.
    pub name: String,
    /// What it is: `API key in the header X-Key`.
    pub kind: String,
    /// Markdown.
    pub description: String,
    /// Addresses and the like: what and value.
    pub facts: Vec<(String, String)>,
    /// Scopes with what they allow.
    pub scopes: Vec<(String, String)>,
}

/// Operations that belong together.
#[derive(Debug, Default)]
pub struct Group {
    /// A tag, or what the operations are.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// In the order of the text.
    pub operations: Vec<Operation>,
}

/// What can be done with the API.
#[derive(Debug)]
pub struct Operation {
    /// Its address in the page, unique and of safe characters.
    pub anchor: String,
    /// What it does.
    pub verb: Verb,
    /// A path, a channel or a field.
    pub address: String,
    /// One line.
    pub summary: String,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// Whether it is the one that was asked for.
    pub focused: bool,
    /// The rest, where there was room for it.
    pub detail: Option<Detail>,
}

/// What an operation takes and gives.
#[derive(Debug, Default)]
pub struct Detail {
    /// Markdown.
    pub description: String,
    /// `operationId`
    pub id: String,
    /// How callers must say who they are: alternatives.
    pub auth: Vec<String>,
    /// In the order of the text.
    pub parameters: Vec<Parameter>,
    /// Bodies, responses and messages.
    pub parts: Vec<Part>,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// An HTTP method, in capitals.
    Http(&'static str),
    /// The application sends, and others receive.
    Sends(&'static str),
    /// The application receives, and others send.
    Receives(&'static str),
    /// A field of a GraphQL root type.
    Field(&'static str),
    /// A channel without an operation.
    Channel,
}

impl Verb {
    /// As people read it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Http(word) | Self::Sends(word) | Self::Receives(word) | Self::Field(word) => word,
            Self::Channel => "channel",
        }
    }
}

/// Something given to an operation by name.
#[derive(Debug)]
pub struct Parameter {
    /// `path`, `query`, `header`, `cookie`, `form`, `channel` or `argument`.
    pub place: &'static str,
    /// Name, type and description.
    pub field: Field,
}

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What is sent to an HTTP operation.
    Request,
    /// What comes back.
    Response,
    /// What is called back later.
    Callback,
    /// What goes through a channel.
    Message,
    /// What answers a message.
    Reply,
    /// What a field gives.
    Result,
}

/// A body, a response or a message.
#[derive(Debug)]
pub struct Part {
    /// What it is for.
    pub role: Role,
    /// A status, a name or a type; may be empty.
    pub label: String,
    /// Whether it must be there; for a body.
    pub required: bool,
    /// Markdown.
    pub description: String,
    /// Headers.
    pub headers: Vec<Field>,
    /// The content by media type.
    pub contents: Vec<Content>,
}

/// Content of one media type.
#[derive(Debug)]
pub struct Content {
    /// `application/json`; may be empty.
    pub media: String,
    /// Its shape.
    pub schema: Option<Schema>,
    /// Given ones, or one made from the schema.
    pub examples: Vec<Example>,
}

/// An example.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// What it shows; may be empty.
    pub title: String,
    /// The text, maybe cut.
    pub text: String,
    /// What it is written in.
    pub language: Language,
    /// Whether it was made from the schema.
    pub generated: bool,
    /// Whether it goes on.
    pub cut: bool,
}

/// A named schema.
#[derive(Debug)]
pub struct Model {
    /// Its address in the page.
    pub anchor: String,
    /// Its name.
    pub name: String,
    /// What kind of thing it is, such as `object` or `enum`.
    pub kind: String,
    /// Whether it is the one that was asked for.
    pub focused: bool,
    /// Its shape, where there was room for it.
    pub schema: Option<Schema>,
}

/// The shape of a value.
#[derive(Debug, Default)]
pub struct Schema {
    /// What stands before the type: `array of `.
    pub prefix: String,
    /// `string`, `object`, …
    pub kind: String,
    /// The name of the schema, where it has one.
    pub name: String,
    /// The anchor of the named schema.
    pub model: String,
    /// `date-time`, …
    pub format: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// `deprecated`, `read-only`, `write-only`
    pub flags: Vec<&'static str>,
    /// Markdown.
    pub description: String,
    /// The values that are allowed.
    pub values: Vec<String>,
    /// How many more values there are.
    pub more_values: usize,
    /// What else holds: name and code, or a sentence and nothing.
    pub constraints: Vec<(String, String)>,
    /// The fields of an object, or of the objects in an array.
    pub fields: Vec<Field>,
    /// What it may be instead, or must be besides.
    pub options: Vec<Options>,
    /// Why there is nothing more of it.
    pub end: Option<End>,
    /// The names that a part of it wants to be there.
    pub(crate) demanded: Vec<String>,
}

/// A named part of a schema.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
    /// Its shape.
    pub schema: Schema,
}

/// Schemas of which one, some or all hold.
#[derive(Debug)]
pub struct Options {
    /// `One of`, `Any of`, `All of` or `Not`.
    pub how: &'static str,
    /// In the order of the text.
    pub schemas: Vec<Schema>,
}

/// Why a schema goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It holds itself.
    Recursive,
    /// It lies too deep; the model says more.
    Deep,
    /// There was no room for more rows.
    Full,
    /// It stands in another document, which is not read.
    Elsewhere(String),
    /// Nothing has this address.
    Missing(String),
}

//! How a definition looks.

use api_doc::{
    Auth, Content, Detail, Doc, End, Example, Fault, Field, Group, Language, Link, Model, Operation, Options,
    Parameter, Part, Role, Schema, Server, Token, Verb, highlight,
};
use kit::components::{
    ApiField, ApiFields, ApiModel, ApiMore, ApiOperation, ApiOperations, ApiPart, Badge, CodeBlock, Effect, EmptyState,
    Fact, Facts, Fragment, Piece, Tone,
};
use kit::query::href;
use kit::server::html;
use leptos::prelude::*;

use super::{Place, SOURCE};

/// Lines of a source that are shown.
const SOURCE_LINES: usize = 3_000;

/// Characters of a source that are shown.
const SOURCE_CHARS: usize = 400_000;

/// Groups from which on there is a list of them.
const MANY_GROUPS: usize = 3;

/// A body of no more fields than this shows what they are made of at once.
const FEW_FIELDS: usize = 3;

/// For an entity without a definition.
pub fn nothing() -> AnyView {
    view! {
        <EmptyState sentence="The descriptor gives no definition: spec.definition is empty or not there.">
            <a class="pk-button" href="?tab=descriptor">"See the descriptor"</a>
        </EmptyState>
    }
    .into_any()
}

/// A definition that cannot be read, with its text below.
pub fn broken(fault: &Fault, text: &str, language: Language, place: &Place) -> AnyView {
    let at = match fault.line {
        0 => String::new(),
        line => format!(" at line {line}, column {}", fault.column),
    };
    let marked = if fault.line > 0 { vec![fault.line] } else { Vec::new() };
    view! {
        <div class="pk-banner pk-banner--wrong" role="note">
            <p>{format!("The definition cannot be read{at}: {}. Its text is below as it is.", fault.message)}</p>
        </div>
        {code(text, language, marked, place)}
    }
    .into_any()
}

/// A definition as it is written. `other` tells that it can be read as a reference too.
pub fn source(text: &str, language: Language, place: &Place, other: bool) -> AnyView {
    view! {
        {other.then(|| switch(place, true))}
        {code(text, language, Vec::new(), place)}
    }
    .into_any()
}

/// A definition as a reference.
pub fn doc(doc: Doc, place: &Place) -> AnyView {
    let version = if doc.version.is_empty() { String::new() } else { format!(" · version {}", doc.version) };
    let about = format!("{}{version}", doc.format);
    let titled = (!doc.title.is_empty()).then(|| view! { <h2>{doc.title.clone()}</h2> });
    let links: Vec<_> = doc.links.into_iter().map(outward).collect();
    let links = (!links.is_empty()).then(|| view! { <Fact name="Links"><ul class="pk-list">{links}</ul></Fact> });
    let servers: Vec<_> = doc.servers.into_iter().map(server).collect();
    let servers =
        (!servers.is_empty()).then(|| view! { <Fact name="Servers"><ul class="pk-list">{servers}</ul></Fact> });
    let auth: Vec<_> = doc.auth.into_iter().map(auth).collect();
    let auth = (!auth.is_empty()).then(|| view! { <Fact name="Authentication"><ul class="pk-list">{auth}</ul></Fact> });
    let has_facts = links.is_some() || servers.is_some() || auth.is_some();
    let count: usize = doc.groups.iter().map(|group| group.operations.len()).sum();
    let contents = (doc.groups.len() >= MANY_GROUPS).then(|| contents(&doc.groups, doc.models.len()));
    let none = (count == 0 && doc.models.is_empty())
        .then(|| view! { <EmptyState sentence="This definition describes no operations and no schemas."/> });
    let groups: Vec<_> = doc.groups.into_iter().enumerate().map(|(number, each)| group(number, each, place)).collect();
    let has_models = !doc.models.is_empty();
    let models: Vec<_> = doc.models.into_iter().map(|each| model(each, place)).collect();
    let fold = doc.fold;
    let mut cut = Vec::new();
    if fold.folded_operations > 0 {
        cut.push(format!(
            "This definition is large: {} of {count} operations are rows that open with details on a page of their own.",
            fold.folded_operations
        ));
    }
    if fold.operations > 0 {
        cut.push(format!("{} further operations are not listed.", fold.operations));
    }
    let cut = (!cut.is_empty()).then(|| told(&cut.join(" "), place));
    let mut cut_models = Vec::new();
    if fold.folded_models > 0 {
        cut_models.push(format!("{} schemas are rows that open on a page of their own.", fold.folded_models));
    }
    if fold.models > 0 {
        cut_models.push(format!("{} further schemas are not listed.", fold.models));
    }
    let cut_models = (!cut_models.is_empty()).then(|| told(&cut_models.join(" "), place));
    view! {
        {switch(place, false)}
        <div>
            <div class="pk-api__intro pk-columns">
                <div>
                    {titled}
                    <p class="pk-quiet">{about}</p>
                    {prose(&doc.description)}
                </div>
                {has_facts.then(|| view! { <Facts>{servers}{auth}{links}</Facts> })}
            </div>
            {contents}
            {cut}
            {none}
            {groups}
            {has_models.then(|| view! {
                <section class="pk-section" id="schemas">
                    <h2>"Schemas"</h2>
                    {cut_models}
                    <ApiOperations>{models}</ApiOperations>
                </section>
            })}
        </div>
    }
    .into_any()
}

/// The two ways to look at a definition.
fn switch(place: &Place, is_source: bool) -> AnyView {
    let reference = href(&place.page, [("tab", "definition")]);
    let source = href(&place.page, [("tab", "definition"), ("show", SOURCE)]);
    let one = |label: &'static str, href: String, current: bool| {
        view! { <li><a class="pk-api__view" href=href aria-current=current.then_some("true")>{label}</a></li> }
    };
    view! {
        <ul class="pk-api__views" aria-label="Ways to look at the definition">
            {one("Reference", reference, !is_source)}
            {one("Source", source, is_source)}
        </ul>
    }
    .into_any()
}

/// What was cut, and where all of it is.
fn told(text: &str, place: &Place) -> AnyView {
    view! {
        <p class="pk-quiet pk-api__cut">{text.to_owned()}" "<a href=place.raw.clone() rel="external">"Raw definition in the entity's JSON"</a></p>
    }
    .into_any()
}

fn contents(groups: &[Group], models: usize) -> AnyView {
    let items: Vec<_> = groups
        .iter()
        .enumerate()
        .map(|(number, group)| (format!("#group-{}", number + 1), group.name.clone(), group.operations.len()))
        .chain((models > 0).then(|| ("#schemas".to_owned(), "Schemas".to_owned(), models)))
        .map(|(href, name, count)| {
            view! { <li><a href=href rel="external">{name}</a>" "<span class="pk-quiet pk-number">{count}</span></li> }
        })
        .collect();
    view! { <nav class="pk-api__contents" aria-label="Parts of the definition"><ul>{items}</ul></nav> }.into_any()
}

fn outward(link: Link) -> AnyView {
    if link.href.is_empty() {
        return view! { <li>{link.title}</li> }.into_any();
    }
    view! { <li><a href=link.href rel="noopener noreferrer external" target="_blank">{link.title}</a></li> }.into_any()
}

fn server(server: Server) -> AnyView {
    let name = (!server.name.is_empty()).then(|| view! { <span class="pk-name">{server.name}</span>" " });
    let protocol = (!server.protocol.is_empty()).then(|| view! { " "<span class="pk-quiet">{server.protocol}</span> });
    let variables: Vec<_> = server
        .variables
        .into_iter()
        .map(|(name, value)| view! { <p class="pk-quiet"><code>{format!("{{{name}}}")}</code>" "{value}</p> })
        .collect();
    view! { <li>{name}<code>{server.address}</code>{protocol}{prose(&server.description)}{variables}</li> }.into_any()
}

fn auth(auth: Auth) -> AnyView {
    let facts: Vec<_> = auth
        .facts
        .into_iter()
        .map(|(name, value)| view! { <p><span class="pk-quiet">{name}</span>" "{value}</p> })
        .collect();
    let scopes: Vec<_> = auth
        .scopes
        .into_iter()
        .map(|(scope, allows)| view! { <li><code>{scope}</code>" "<span class="pk-quiet">{allows}</span></li> })
        .collect();
    let scopes = (!scopes.is_empty()).then(|| {
        let title = format!("{} {}", scopes.len(), if scopes.len() == 1 { "scope" } else { "scopes" });
        view! { <ApiMore title=title.into_any()><ul class="pk-list">{scopes}</ul></ApiMore> }
    });
    view! {
        <li><span class="pk-name">{auth.name}</span>" "{auth.kind}{prose(&auth.description)}{facts}{scopes}</li>
    }
    .into_any()
}

fn group(number: usize, group: Group, place: &Place) -> AnyView {
    let operations: Vec<_> = group.operations.into_iter().map(|each| operation(each, place)).collect();
    view! {
        <section class="pk-section" id=format!("group-{}", number + 1)>
            <h2>{group.name}</h2>
            {prose(&group.description)}
            <ApiOperations>{operations}</ApiOperations>
        </section>
    }
    .into_any()
}

fn operation(operation: Operation, place: &Place) -> AnyView {
    let (anchor, method, effect) = (operation.anchor, operation.verb.word(), effect(&operation.verb));
    let Some(found) = operation.detail else {
        let elsewhere = elsewhere(place, &anchor);
        return view! {
            <ApiOperation anchor=anchor method=method effect=effect address=operation.address summary=operation.summary deprecated=operation.deprecated elsewhere=elsewhere/>
        }
        .into_any();
    };
    let permalink = format!("#{anchor}");
    let content = detail(found, &operation.summary, permalink, place);
    view! {
        <ApiOperation anchor=anchor method=method effect=effect address=operation.address summary=operation.summary deprecated=operation.deprecated open=operation.focused>
            {content}
        </ApiOperation>
    }
    .into_any()
}

/// The page on which this operation or model is unfolded.
fn elsewhere(place: &Place, anchor: &str) -> String {
    format!("{}#{anchor}", href(&place.page, [("tab", "definition"), ("show", anchor)]))
}

fn effect(verb: &Verb) -> Effect {
    match verb {
        Verb::Http("POST") | Verb::Field("mutation") => Effect::Creates,
        Verb::Http("PUT" | "PATCH") => Effect::Changes,
        Verb::Http("DELETE") => Effect::Removes,
        Verb::Http(_) | Verb::Field("query") | Verb::Channel => Effect::Reads,
        Verb::Sends(_) | Verb::Field(_) => Effect::Sends,
        Verb::Receives(_) => Effect::Receives,
    }
}

fn detail(detail: Detail, summary: &str, permalink: String, place: &Place) -> AnyView {
    let description = (detail.description != summary).then(|| prose(&detail.description));
    let auth = (!detail.auth.is_empty()).then(|| {
        let text = detail.auth.join(" or ");
        view! { <p class="pk-quiet">"Authentication: "{text}</p> }
    });
    let id = (!detail.id.is_empty()).then(|| view! { <code>{detail.id}</code>" · " });
    let parameters = parameters(detail.parameters, place);
    let mut parts = Vec::new();
    let mut last = None;
    for each in detail.parts {
        let role = each.role;
        let heading = (last != Some(role)).then(|| heading(role, each.required));
        last = Some(role);
        parts.push(view! { {heading}{part(each, place)} }.into_any());
    }
    view! {
        {description}
        {auth}
        {parameters}
        {parts}
        <p class="pk-quiet pk-api__permalink">{id}<a href=permalink rel="external">"Link to this operation"</a></p>
    }
    .into_any()
}

fn parameters(all: Vec<Parameter>, place: &Place) -> Vec<AnyView> {
    let mut groups: Vec<(&'static str, Vec<Field>)> = Vec::new();
    for Parameter { place, field } in all {
        match groups.iter_mut().find(|(known, _)| *known == place) {
            Some((_, fields)) => fields.push(field),
            None => groups.push((place, vec![field])),
        }
    }
    let shown = groups.into_iter().map(|(name, fields)| {
        let title = match name {
            "path" => "Path parameters",
            "query" => "Query parameters",
            "header" => "Headers",
            "cookie" => "Cookies",
            "form" => "Form fields",
            "channel" => "Channel parameters",
            "argument" => "Arguments",
            _ => "Parameters",
        };
        view! { <h3>{title}</h3>{fields_view(fields, false, place)} }.into_any()
    });
    shown.collect()
}

fn heading(role: Role, required: bool) -> AnyView {
    let title = match role {
        Role::Request => "Request body",
        Role::Response => "Responses",
        Role::Callback => "Callbacks",
        Role::Message => "Messages",
        Role::Reply => "Replies",
        Role::Result => "Returns",
    };
    let required = (role == Role::Request && required)
        .then(|| view! { " "<span class="pk-api-field__required">"required"</span> });
    view! { <h3>{title}{required}</h3> }.into_any()
}

fn part(part: Part, place: &Place) -> AnyView {
    let label = label(part.role, &part.label);
    let description = prose(&part.description);
    let headers = (!part.headers.is_empty()).then(|| {
        view! { <div class="pk-api__headers"><p class="pk-quiet">"Headers"</p>{fields_view(part.headers, false, place)}</div> }
    });
    let empty = headers.is_none() && part.contents.is_empty();
    let contents: Vec<_> = part.contents.into_iter().map(|each| content(each, place)).collect();
    // What everything is about stands open; answers that tell of an error are all alike and stay folded.
    let folds = part.role == Role::Response && !part.label.starts_with('2') || part.role == Role::Callback;
    match (empty, folds) {
        (true, _) => view! { <div class="pk-api__part"><div class="pk-api__label">{label}{description}</div></div> }.into_any(),
        (false, true) => view! {
            <div class="pk-api__part">
                <ApiMore title=view! { <span class="pk-api__label">{label}{description}</span> }.into_any()>{headers}{contents}</ApiMore>
            </div>
        }
        .into_any(),
        (false, false) => view! {
            <div class="pk-api__part"><div class="pk-api__label">{label}{description}</div>{headers}{contents}</div>
        }
        .into_any(),
    }
}

fn label(role: Role, label: &str) -> Option<AnyView> {
    if label.is_empty() {
        return None;
    }
    let shown = match role {
        Role::Response => {
            let tone = match label.as_bytes().first() {
                Some(b'2') => Tone::Fine,
                Some(b'4') => Tone::Attention,
                Some(b'5') => Tone::Wrong,
                Some(b'1' | b'3') => Tone::Waiting,
                _ => Tone::Neutral,
            };
            view! { <Badge text=label.to_owned() tone=tone/> }.into_any()
        }
        // The type says it.
        Role::Result => return None,
        _ => view! { <code class="pk-api-field__name">{label.to_owned()}</code> }.into_any(),
    };
    Some(shown)
}

fn content(content: Content, place: &Place) -> AnyView {
    let media = (!content.media.is_empty()).then(|| view! { <code class="pk-quiet">{content.media}</code>" " });
    let examples: Vec<_> = content.examples.into_iter().map(example).collect();
    let shape = content.schema.map(|schema| top(schema, media.map(IntoAny::into_any), place));
    if examples.is_empty() {
        view! { <ApiPart>{shape}</ApiPart> }.into_any()
    } else {
        view! { <ApiPart example=examples.into_any()>{shape}</ApiPart> }.into_any()
    }
}

fn example(example: Example) -> AnyView {
    let title = match (example.title.is_empty(), example.generated) {
        (false, _) => example.title,
        (true, true) => "Example, made from the schema".into(),
        (true, false) => "Example".into(),
    };
    let cut = example.cut.then(|| view! { <p class="pk-quiet">"The rest of this example is not shown."</p> });
    let lines: Vec<_> =
        pieces(&example.text, example.language).into_iter().map(|line| view! { {painted(line)}"\n" }).collect();
    view! {
        <figure class="pk-example">
            <figcaption>{title}</figcaption>
            <pre><code>{lines}</code></pre>
            {cut}
        </figure>
    }
    .into_any()
}

/// The shape of a body: what it is in a line, then its fields.
fn top(schema: Schema, media: Option<AnyView>, place: &Place) -> AnyView {
    let kind = kind(&schema);
    let facts = facts(&schema);
    let description = prose(&schema.description);
    let end = schema.end.as_ref().map(|end| ended(end, &schema, place));
    view! {
        <p>{media}{kind}</p>
        {description}
        {facts}
        {(!schema.fields.is_empty()).then(|| { let open = schema.fields.len() <= FEW_FIELDS; fields_view(schema.fields, open, place) })}
        {options(schema.options, place)}
        {end}
    }
    .into_any()
}

/// Fields in rows; `open` unfolds what they are made of.
fn fields_view(fields: Vec<Field>, open: bool, place: &Place) -> AnyView {
    let rows: Vec<_> = fields.into_iter().map(|each| field(each, open, place)).collect();
    view! { <ApiFields>{rows}</ApiFields> }.into_any()
}

fn field(field: Field, open: bool, place: &Place) -> AnyView {
    let Field { name, required, mut schema } = field;
    let kind = kind(&schema);
    let flags = std::mem::take(&mut schema.flags);
    let description = prose(&schema.description);
    let facts = facts(&schema);
    let end = schema.end.as_ref().map(|end| ended(end, &schema, place));
    let count = schema.fields.len();
    let fields = (count > 0).then(|| {
        let title = if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
        let fields = fields_view(schema.fields, false, place);
        view! { <ApiMore title=title.into_any() open=open>{fields}</ApiMore> }
    });
    let options = options(schema.options, place);
    let content = view! { {description}{facts}{end} };
    if fields.is_none() && options.is_empty() {
        return view! { <ApiField name=name kind=kind required=required flags=flags>{content}</ApiField> }.into_any();
    }
    let inner = view! { {fields}{options} }.into_any();
    view! { <ApiField name=name kind=kind required=required flags=flags inner=inner>{content}</ApiField> }.into_any()
}

fn options(all: Vec<Options>, place: &Place) -> Vec<AnyView> {
    let one = |options: Options| {
        let takes = options.how == "Takes";
        let schemas: Vec<_> = options
            .schemas
            .into_iter()
            .map(|schema| {
                if takes {
                    return fields_view(schema.fields, false, place);
                }
                let plain = schema.fields.is_empty() && schema.options.is_empty();
                let (kind, facts, description) = (kind(&schema), facts(&schema), prose(&schema.description));
                if plain {
                    let end = schema.end.as_ref().map(|end| ended(end, &schema, place));
                    return view! { <div class="pk-api__option">{kind}{description}{facts}{end}</div> }.into_any();
                }
                let title = view! { {label_of(&schema)} }.into_any();
                let body = top(schema, None, place);
                view! { <div class="pk-api__option"><ApiMore title=title>{body}</ApiMore></div> }.into_any()
            })
            .collect();
        view! { <div class="pk-api__options"><p class="pk-quiet">{options.how}</p>{schemas}</div> }.into_any()
    };
    all.into_iter().map(one).collect()
}

/// A schema in a word or two, without a link: it is the title of what unfolds.
fn label_of(schema: &Schema) -> String {
    let name = if schema.name.is_empty() { &schema.kind } else { &schema.name };
    format!("{}{name}", schema.prefix)
}

/// The type of a value: `array of Payment`, `string (uuid)`.
fn kind(schema: &Schema) -> AnyView {
    // What may be several things is of no type of its own.
    let choice = schema.options.first().filter(|_| schema.kind == "any" && schema.name.is_empty());
    let name = match (schema.name.is_empty(), schema.model.is_empty()) {
        (true, _) if choice.is_some() => choice.map(|options| options.how.to_lowercase()).into_any(),
        (true, _) => schema.kind.clone().into_any(),
        (false, true) => schema.name.clone().into_any(),
        (false, false) => {
            view! { <a href=format!("#{}", schema.model) rel="external">{schema.name.clone()}</a> }.into_any()
        }
    };
    let format = (!schema.format.is_empty()).then(|| format!(" ({})", schema.format));
    let null = schema.nullable.then_some(" or null");
    view! { {schema.prefix.clone()}{name}{format}{null} }.into_any()
}

/// What holds for a value: what it may be, how long, how much.
fn facts(schema: &Schema) -> Option<AnyView> {
    let values: Vec<_> =
        schema.values.iter().map(|value| view! { " "<code class="pk-api__value">{value.clone()}</code> }).collect();
    let more = (schema.more_values > 0).then(|| format!(" and {} more", schema.more_values));
    let values = (!values.is_empty()).then(|| {
        let title = if values.len() == 1 { "Always" } else { "One of" };
        view! { <p class="pk-api__fact">{title}{values}{more}</p> }
    });
    let constraints: Vec<_> = schema
        .constraints
        .iter()
        .map(|(title, code)| {
            let code = (!code.is_empty()).then(|| view! { " "<code class="pk-api__value">{code.clone()}</code> });
            view! { <p class="pk-api__fact">{title.clone()}{code}</p> }
        })
        .collect();
    if values.is_none() && constraints.is_empty() {
        return None;
    }
    Some(view! { <div class="pk-api__facts">{values}{constraints}</div> }.into_any())
}

fn ended(end: &End, schema: &Schema, place: &Place) -> AnyView {
    let model = (!schema.model.is_empty())
        .then(|| view! { <a href=format!("#{}", schema.model) rel="external">{schema.name.clone()}</a> });
    let text = match end {
        End::Recursive if model.is_some() => view! { "Holds itself: see "{model} }.into_any(),
        End::Recursive => "Holds itself".into_any(),
        End::Deep if model.is_some() => view! { "Its fields: see "{model} }.into_any(),
        End::Deep => "Nested deeper than is shown".into_any(),
        End::Full => view! { "There are more fields than are shown. "<a href=place.raw.clone() rel="external">"Raw definition"</a> }.into_any(),
        End::Elsewhere(to) => view! { "Described in another document, which is not read: "<code>{to.clone()}</code> }.into_any(),
        End::Missing(to) => view! { "Nothing in this document has the address "<code>{to.clone()}</code> }.into_any(),
    };
    view! { <p class="pk-quiet pk-api__end">{text}</p> }.into_any()
}

fn model(model: Model, place: &Place) -> AnyView {
    let (anchor, name) = (model.anchor, model.name);
    let Some(schema) = model.schema else {
        let elsewhere = elsewhere(place, &anchor);
        return view! { <ApiModel anchor=anchor name=name summary="" elsewhere=elsewhere/> }.into_any();
    };
    let summary = format!("{}{}", model.kind, first_line(&schema.description));
    let shape = top(schema, None, place);
    view! { <ApiModel anchor=anchor name=name summary=summary open=model.focused>{shape}</ApiModel> }.into_any()
}

/// The first line of a description, for a row.
fn first_line(description: &str) -> String {
    let line = description.lines().next().unwrap_or_default();
    let line: String = line.chars().filter(|c| !matches!(c, '`' | '*' | '#')).take(120).collect();
    if line.trim().is_empty() { String::new() } else { format!(" · {}", line.trim()) }
}

fn prose(text: &str) -> Option<AnyView> {
    if text.is_empty() {
        return None;
    }
    // Most descriptions are a plain sentence, which needs neither Markdown nor its cleaning.
    let plain = text.chars().all(|c| {
        c.is_alphanumeric() || matches!(c, ' ' | ',' | ';' | '(' | ')' | '\'' | '"' | '/' | '%' | '-' | '.' | ':' | '?')
    }) && !text.contains("://")
        && !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '-'));
    Some(if plain {
        view! { <div class="pk-api__text"><p>{text.to_owned()}</p></div> }.into_any()
    } else {
        view! { <Fragment class="pk-api__text" html=html::markdown(text)/> }.into_any()
    })
}

/// Source with line numbers, cut where it is long.
fn code(text: &str, language: Language, marked: Vec<u32>, place: &Place) -> AnyView {
    let kept: String = text.chars().take(SOURCE_CHARS).collect();
    let kept = kept.lines().take(SOURCE_LINES).collect::<Vec<_>>().join("\n");
    let (shown, lines) = (kept.lines().count(), text.lines().count());
    let cut = (kept.trim_end().len() < text.trim_end().len())
        .then(|| told(&format!("The first {shown} of {lines} lines are shown."), place));
    let pieces = pieces(&kept, language);
    let label = match language.label() {
        "" => "Definition".to_owned(),
        name => format!("Definition, {name}"),
    };
    view! { <CodeBlock text="" label=label marked=marked pieces=pieces/>{cut} }.into_any()
}

fn pieces(text: &str, language: Language) -> Vec<Vec<Piece>> {
    let class = |token| match token {
        Token::Plain => "",
        Token::Key => "pk-syntax--key",
        Token::Text => "pk-syntax--text",
        Token::Literal => "pk-syntax--literal",
        Token::Word => "pk-syntax--word",
        Token::Comment => "pk-syntax--comment",
    };
    let line =
        |line: Vec<(Token, &str)>| line.into_iter().map(|(token, text)| (class(token), text.to_owned())).collect();
    highlight(language, text).into_iter().map(line).collect()
}

fn painted(line: Vec<Piece>) -> Vec<AnyView> {
    line.into_iter().map(|(class, text)| view! { <span class=class>{text}</span> }.into_any()).collect()
}

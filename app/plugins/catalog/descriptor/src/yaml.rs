//! One YAML document to a JSON value, with the position of every node.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use crate::{Finding, Position, judge::shown, pointer, scalar};

/// Nesting beyond this is refused, so that no reader of the value can overflow its stack.
const MAX_DEPTH: usize = 100;

/// Nodes beyond this, with aliases expanded, are refused.
const MAX_NODES: usize = 1_000_000;

/// How often aliases may multiply, which is where npm `yaml` draws the line.
const MAX_ALIASES: usize = 100;

const TAB: &str = "a tab stands where only spaces may indent";

/// What a document holds.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub value: Value,
    pub places: HashMap<String, Place>,
    pub warnings: Vec<Finding>,
}

/// Where a node stands; an item of a list has no key, so both are the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub key: Position,
    pub value: Position,
}

/// Parses the text of one document, which starts at the given line of its file.
pub(crate) fn parse(text: &str, line: u32) -> Result<Parsed, Finding> {
    let (text, lone_return) = hide_lone_returns(text);
    let mut builder = Builder { line, lines: text.lines().collect(), lone_return, ..Builder::default() };
    for event in Parser::new_from_str(&text) {
        match event {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => return Err(builder.refuse(error.marker(), explain(error.info()))),
        }
    }
    Ok(Parsed { value: builder.root, places: builder.places, warnings: builder.warnings })
}

#[derive(Default)]
struct Builder<'a> {
    line: u32,
    lines: Vec<&'a str>,
    lone_return: Option<char>,
    root: Value,
    documents: usize,
    frames: Vec<Frame>,
    /// The pointer of the newest node.
    path: String,
    /// How many of the open collections are (in) a key, where nodes have no pointer.
    key_frames: usize,
    places: HashMap<String, Place>,
    warnings: Vec<Finding>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
}

/// An open collection.
struct Frame {
    content: Content,
    anchor: usize,
    /// Whether it is written in brackets, or is inside one that is.
    flow: bool,
    /// How much of the path is the collection's own pointer.
    path_len: usize,
    height: usize,
    nodes: usize,
    aliases: Vec<usize>,
}

enum Content {
    List(Vec<Value>),
    Map { entries: Map<String, Value>, keys: HashSet<Key>, pending: Option<PendingKey> },
}

/// A key whose value has not come yet.
struct PendingKey {
    text: String,
    at: Position,
}

/// A scalar key as YAML compares it: `1` and `"1"` differ.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
}

/// A finished node, on its way into its parent.
struct Node {
    value: Value,
    kind: NodeKind,
    height: usize,
    nodes: usize,
    aliases: Vec<usize>,
}

#[derive(PartialEq, Eq)]
enum NodeKind {
    Scalar,
    Collection,
    Alias(usize),
}

/// A node with an anchor, kept for its aliases.
struct Anchored {
    value: Value,
    height: usize,
    nodes: usize,
    aliases: Vec<usize>,
    uses: usize,
    weight: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Finding> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self.refuse(&span.start, "text after the end of the document".to_owned()));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if plain && text.starts_with(['|', '>']) {
                    return Err(
                        self.refuse(&span.start, format!("{text:?} cannot start like a block; put it in quotes"))
                    );
                }
                // What follows a block and is indented with a tab is no part of it, nor of anything else.
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
                    && self.after(&span.end).starts_with('\t')
                {
                    return Err(self.refuse(&span.end, TAB.to_owned()));
                }
                self.enter(&span, plain && text.is_empty());
                let text = match self.lone_return {
                    Some(stand_in) => Cow::Owned(text.replace(stand_in, "\r")),
                    None => text,
                };
                let value = self.scalar(&text, plain, tag.as_deref(), &span);
                // A long text weighs as much as many values, where an alias repeats it.
                let nodes = 1 + text.len() / 16;
                let node = Node { value, kind: NodeKind::Scalar, height: 0, nodes, aliases: Vec::new() };
                self.complete(node, anchor, &span)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.note_tag(tag.as_deref(), &["seq", "omap", "pairs"], &span);
                self.open(Content::List(Vec::new()), anchor, &span)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.note_tag(tag.as_deref(), &["map", "set"], &span);
                self.open(Content::Map { entries: Map::new(), keys: HashSet::new(), pending: None }, anchor, &span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&span)?,
            Event::Alias(anchor) => {
                self.enter(&span, false);
                let node = self.alias(anchor, &span)?;
                self.complete(node, 0, &span)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    /// Notes where a node stands; an empty value has no place of its own, so it takes that of its key.
    fn enter(&mut self, span: &Span, empty: bool) {
        if self.at_key() {
            return;
        }
        let at = self.position(&span.start);
        let mut place = Place { key: at, value: at };
        if let Some(frame) = self.frames.last() {
            self.path.truncate(frame.path_len);
            match &frame.content {
                Content::List(items) => pointer::push(&mut self.path, &items.len().to_string()),
                Content::Map { pending: Some(key), .. } => {
                    pointer::push(&mut self.path, &key.text);
                    place = Place { key: key.at, value: if empty { key.at } else { at } };
                }
                Content::Map { .. } => {}
            }
        }
        self.places.insert(self.path.clone(), place);
    }

    /// Whether the next node is a key or a part of one.
    fn at_key(&self) -> bool {
        self.key_frames > 0
            || matches!(self.frames.last(), Some(Frame { content: Content::Map { pending: None, .. }, .. }))
    }

    fn open(&mut self, content: Content, anchor: usize, span: &Span) -> Result<(), Finding> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        // Only a bracket has a length of its own.
        let flow = !span.is_empty() || self.frames.last().is_some_and(|frame| frame.flow);
        if !flow {
            self.check_block_start(span)?;
        }
        self.enter(span, false);
        self.key_frames += usize::from(self.at_key());
        let path_len = self.path.len();
        self.frames.push(Frame { content, anchor, flow, path_len, height: 0, nodes: 1, aliases: Vec::new() });
        Ok(())
    }

    /// Refuses what npm `yaml` refuses and the parser lets through.
    fn check_block_start(&self, span: &Span) -> Result<(), Finding> {
        let line = self.line_of(&span.start);
        let before = &line[..line.len() - self.after(&span.start).len()];
        let space = &before[before.trim_end_matches([' ', '\t']).len()..];
        if space.contains('\t') {
            return Err(self.refuse(&span.start, TAB.to_owned()));
        }
        let at = self.position(&span.start);
        match self.frames.last().map(|frame| &frame.content) {
            Some(Content::Map { pending: Some(key), .. }) if key.text.is_empty() && key.at.line == at.line => {
                Err(self.refuse(&span.start, "a nested mapping or list must start on a line of its own".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn close(&mut self, span: &Span) -> Result<(), Finding> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.key_frames = self.key_frames.saturating_sub(1);
        let value = match frame.content {
            Content::List(items) => Value::Array(items),
            Content::Map { entries, .. } => Value::Object(entries),
        };
        let Frame { anchor, height, nodes, aliases, .. } = frame;
        self.complete(Node { value, kind: NodeKind::Collection, height: height + 1, nodes, aliases }, anchor, span)
    }

    /// Puts a finished node into its parent.
    fn complete(&mut self, node: Node, anchor: usize, span: &Span) -> Result<(), Finding> {
        // A copy is made of what an alias repeats and of what an anchor keeps.
        let copied = anchor > 0 || matches!(node.kind, NodeKind::Alias(_));
        self.nodes += if copied { node.nodes } else { 1 };
        if self.nodes > MAX_NODES {
            return Err(self.refuse(&span.start, format!("more than {MAX_NODES} values once aliases are expanded")));
        }
        if self.frames.len() + node.height > MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        if anchor > 0 {
            let (value, aliases) = (node.value.clone(), node.aliases.clone());
            let anchored = Anchored { value, height: node.height, nodes: node.nodes, aliases, uses: 1, weight: 0 };
            self.anchors.insert(anchor, anchored);
        }
        let at = self.position(&span.start);
        let Some(frame) = self.frames.last_mut() else {
            self.root = node.value;
            return Ok(());
        };
        frame.height = frame.height.max(node.height);
        frame.nodes += node.nodes;
        frame.aliases.extend(node.aliases);
        if let NodeKind::Alias(id) = node.kind {
            frame.aliases.push(id);
        }
        match &mut frame.content {
            Content::List(items) => items.push(node.value),
            Content::Map { entries, pending, keys } => match pending.take() {
                Some(key) => {
                    entries.insert(key.text, node.value);
                }
                None if node.kind == NodeKind::Scalar && !keys.insert(Key::of(&node.value)) => {
                    let path = pointer::child(&self.path[..frame.path_len], &key_text(&node.value));
                    let message = format!("the key {} stands here twice; keys must be unique", shown(&node.value));
                    return Err(Finding { line: at.line, column: at.column, path, message });
                }
                None => *pending = Some(PendingKey { text: key_text(&node.value), at }),
            },
        }
        Ok(())
    }

    /// The node that an alias repeats, unless it is still open or was repeated too often.
    fn alias(&mut self, id: usize, span: &Span) -> Result<Node, Finding> {
        let nested = self.anchors.get(&id).map_or(0, |anchored| {
            let inner = anchored.aliases.iter().filter_map(|inner| self.anchors.get(inner));
            inner.map(|inner| inner.uses.saturating_mul(inner.weight)).max().unwrap_or(0)
        });
        let Some(anchored) = self.anchors.get_mut(&id) else {
            return Err(self.refuse(&span.start, "an alias stands inside the value that it repeats".to_owned()));
        };
        anchored.uses += 1;
        if anchored.weight == 0 {
            anchored.weight = nested.max(1);
        }
        if anchored.uses.saturating_mul(anchored.weight) > MAX_ALIASES {
            let message = format!("aliases repeat values more than {MAX_ALIASES} times");
            return Err(self.refuse(&span.start, message));
        }
        let (value, height, nodes) = (anchored.value.clone(), anchored.height, anchored.nodes);
        Ok(Node { value, kind: NodeKind::Alias(id), height, nodes, aliases: Vec::new() })
    }

    /// The value of a scalar; a tag that does not fit leaves it a string, with a warning.
    fn scalar(&mut self, text: &str, plain: bool, tag: Option<&Tag>, span: &Span) -> Value {
        match tag {
            Some(tag) => scalar::tagged(text, tag).unwrap_or_else(|| {
                self.warn_tag(tag, span);
                text.into()
            }),
            None if plain => scalar::plain(text),
            None => text.into(),
        }
    }

    fn note_tag(&mut self, tag: Option<&Tag>, known: &[&str], span: &Span) {
        let fits = |tag| scalar::core_tag(tag).is_some_and(|name| known.contains(&name)) || scalar::is_bare(tag);
        if let Some(tag) = tag.filter(|tag| !fits(tag)) {
            self.warn_tag(tag, span);
        }
    }

    fn warn_tag(&mut self, tag: &Tag, span: &Span) {
        let message = format!("the tag `{tag}` means nothing here; the value is taken as if it were not there");
        let warning = self.refuse(&span.start, message);
        self.warnings.push(warning);
    }

    fn line_of(&self, marker: &Marker) -> &str {
        self.lines.get(marker.line().saturating_sub(1)).copied().unwrap_or_default()
    }

    /// What stands in the line from a place on.
    fn after(&self, marker: &Marker) -> &str {
        let line = self.line_of(marker);
        line.char_indices().nth(marker.col()).map_or("", |(start, _)| &line[start..])
    }

    fn too_deep(&self, span: &Span) -> Finding {
        self.refuse(&span.start, format!("nested more than {MAX_DEPTH} levels deep"))
    }

    fn refuse(&self, marker: &Marker, message: String) -> Finding {
        let Position { line, column } = self.position(marker);
        Finding { line, column, path: String::new(), message }
    }

    fn position(&self, marker: &Marker) -> Position {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position {
            line: self.line.saturating_add(number(marker.line().saturating_sub(1))),
            column: number(marker.col().saturating_add(1)),
        }
    }
}

impl Key {
    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(value) => Self::Number(value.to_string()),
            Value::String(value) => Self::Text(value.clone()),
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Null,
        }
    }
}

/// A key as the string that JSON needs.
fn key_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(key_text).collect();
            if items.is_empty() { "[]".to_owned() } else { format!("[ {} ]", items.join(", ")) }
        }
        Value::Object(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| if value.is_null() { key.clone() } else { format!("{key}: {}", key_text(value)) })
                .collect();
            if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
        }
        value => value.to_string(),
    }
}

/// A carriage return without a line feed ends no line for npm `yaml`, but would for the parser: another character, which
/// the text does not hold, stands in for it.
fn hide_lone_returns(text: &str) -> (Cow<'_, str>, Option<char>) {
    let is_lone = |(at, _): (usize, &str)| !text[at + 1..].starts_with('\n');
    if !text.match_indices('\r').any(is_lone) {
        return (Cow::Borrowed(text), None);
    }
    let Some(stand_in) = ('\u{e000}'..='\u{f8ff}').find(|c| !text.contains(*c)) else {
        return (Cow::Borrowed(text), None);
    };
    let hidden = text.replace("\r\n", "\n").replace('\r', stand_in.encode_utf8(&mut [0; 4]));
    (Cow::Owned(hidden), Some(stand_in))
}

/// The parser's error in plain words, where it is one that people meet.
fn explain(info: &str) -> String {
    let plain = match info {
        "mapping values are not allowed in this context" => {
            "a second `: ` in one line, or a line indented too far; put text that holds `: ` in quotes"
        }
        "simple key expect ':'" => "the line before is no `key: value`; a text of several lines must be indented",
        "while parsing a block mapping, did not find expected key" => {
            "the line fits none of the levels above it; check its indentation, and the quotes before it"
        }
        "block sequence entries are not allowed in this context" => "a list must start on a line of its own",
        "invalid trailing content after double-quoted scalar" => "text after the closing quote; quote the whole value",
        "while parsing node, found unknown anchor" => "an alias repeats an anchor that is not there before it",
        "while scanning a quoted scalar, found unexpected end of stream" => "the closing quote is missing",
        info if info.starts_with("unexpected character") => {
            return format!("not valid YAML: {info}; put text that starts with it in quotes");
        }
        info => info,
    };
    format!("not valid YAML: {plain}")
}

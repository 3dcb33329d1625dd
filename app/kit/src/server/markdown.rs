//! Markdown that others wrote, as HTML that is safe to place in a page: what its text or its raw HTML could do to the page is
//! left out, nothing is loaded from another host, and no id of the page can be taken over.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd,
    TextMergeStream, html,
};
use url::Url;

mod containers;
#[cfg(test)]
mod tests;

/// What stands before every id of a text.
const ID: &str = "doc-";

/// The deepest nesting of elements; the time to read HTML grows with the square of it.
const MAX_DEPTH: usize = 400;

/// The relation of every link.
const REL: &str = "noopener noreferrer nofollow";

/// Where the links and images of a text lead; both are given what was written, without the fragment.
pub trait Links: Send + Sync {
    /// The address for a link that names neither host nor scheme; `None` makes it plain text.
    fn page(&self, target: &str) -> Option<String>;
    /// The address in the portal for an image; `None` shows its alternative text.
    fn image(&self, target: &str) -> Option<String>;
}

/// A text as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Safe to be placed in a page.
    pub html: String,
    /// In order.
    pub headings: Vec<Heading>,
    /// The title in the front matter, else the first heading of the first level.
    pub title: Option<String>,
    /// The words, for the search.
    pub words: String,
}

/// A heading of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// As it was written: 1 is the highest.
    pub level: u8,
    /// Its id in the page.
    pub id: String,
    /// Without markup.
    pub text: String,
}

/// A short text, such as a description, which may stand several times on a page: its headings become bold lines, it has no ids,
/// and it links only to what is elsewhere.
pub fn to_html(text: &str) -> String {
    struct Nowhere;
    impl Links for Nowhere {
        fn page(&self, _: &str) -> Option<String> {
            None
        }
        fn image(&self, _: &str) -> Option<String> {
            None
        }
    }
    walk(text, Arc::new(Nowhere), false).html
}

/// A page of its own, under the page's first heading.
pub fn render(text: &str, links: Arc<dyn Links>) -> Rendered {
    walk(text, links, true)
}

/// The fragment by which a heading is reached: as MkDocs makes it, and the same for one that GitHub made.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.trim().chars() {
        if c.is_alphanumeric() || c == '_' {
            slug.extend(c.to_lowercase());
        } else if (c.is_whitespace() || c == '-') && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

fn walk(text: &str, links: Arc<dyn Links>, is_page: bool) -> Rendered {
    let footnotes = if is_page { Options::ENABLE_FOOTNOTES } else { Options::empty() };
    let options = Options::ENABLE_TABLES
        | footnotes
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let text = containers::unfold(text.trim_start_matches('\u{feff}'));
    let mut walk = Walk {
        links: links.clone(),
        is_page,
        out: Vec::new(),
        ids: HashSet::new(),
        rendered: Rendered { html: String::new(), headings: Vec::new(), title: None, words: String::new() },
        links_open: 0,
        in_heading: false,
    };
    let mut events = TextMergeStream::new(Parser::new_ext(&text, options));
    while let Some(event) = events.next() {
        walk.take(event, &mut events);
    }
    let mut raw = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut raw, walk.out.into_iter());
    let mut rendered = walk.rendered;
    rendered.html = if is_too_deep(&raw) {
        format!(
            "<p>This page is nested more than {MAX_DEPTH} levels deep, so it is shown as it was written.</p><pre tabindex=\"0\">{}</pre>",
            escape(&text)
        )
    } else {
        clean(&raw, links, is_page)
    };
    rendered
}

struct Walk<'a> {
    links: Arc<dyn Links>,
    is_page: bool,
    out: Vec<Event<'a>>,
    ids: HashSet<String>,
    rendered: Rendered,
    /// How many links are open: a link or an image's link inside another one is none.
    links_open: usize,
    /// A heading's attributes hold its id.
    in_heading: bool,
}

impl<'a> Walk<'a> {
    fn take(&mut self, event: Event<'a>, rest: &mut impl Iterator<Item = Event<'a>>) {
        match event {
            Event::Start(Tag::MetadataBlock(_)) => {
                let front = text_until(rest, |end| matches!(end, TagEnd::MetadataBlock(_)));
                let title = front.lines().find_map(|line| line.strip_prefix("title:"));
                self.rendered.title = title.map(|title| title.trim().trim_matches(['"', '\'']).to_owned());
            }
            Event::Start(Tag::Heading { level, .. }) => self.heading(level, rest),
            Event::Start(Tag::CodeBlock(kind)) => {
                let code = text_until(rest, |end| matches!(end, TagEnd::CodeBlock));
                self.words(&code);
                self.html(code_block(&kind, &code, self.is_page));
            }
            Event::Start(Tag::Table(alignments)) => self.table(&alignments, rest),
            Event::Start(Tag::Image { dest_url, title, .. }) => {
                let alt = text_until(rest, |end| matches!(end, TagEnd::Image));
                self.words(&alt);
                self.image(&dest_url, &title, &alt);
            }
            Event::Start(Tag::BlockQuote(Some(kind))) => {
                let (name, title) = match kind {
                    BlockQuoteKind::Note => ("note", "Note"),
                    BlockQuoteKind::Tip => ("tip", "Tip"),
                    BlockQuoteKind::Important => ("important", "Important"),
                    BlockQuoteKind::Warning => ("warning", "Warning"),
                    BlockQuoteKind::Caution => ("danger", "Caution"),
                };
                self.html(containers::banner(name, title));
            }
            Event::End(TagEnd::BlockQuote(Some(_))) => self.html("</div>\n".into()),
            Event::Start(Tag::Link { .. }) => {
                self.links_open += 1;
                self.out.push(event);
            }
            Event::End(TagEnd::Link) => {
                self.links_open -= 1;
                self.out.push(event);
            }
            Event::TaskListMarker(done) => {
                let (mark, word) = if done { ("☑", "Done") } else { ("☐", "To do") };
                let html = format!("<span class=\"pk-prose__task\" role=\"img\" aria-label=\"{word}\">{mark}</span> ");
                self.out.push(Event::InlineHtml(html.into()));
            }
            Event::Text(text) => {
                let text = self.without_attributes(text);
                self.words(&text);
                self.text(text);
            }
            Event::Code(ref code) => {
                self.words(code);
                self.out.push(event);
            }
            Event::End(end) => {
                if !matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) {
                    self.words(" ");
                }
                self.out.push(Event::End(end));
            }
            Event::SoftBreak | Event::HardBreak => {
                self.words(" ");
                self.out.push(event);
            }
            other => self.out.push(other),
        }
    }

    fn html(&mut self, html: String) {
        self.out.push(Event::Html(html.into()));
    }

    fn words(&mut self, text: &str) {
        self.rendered.words.push_str(text);
    }

    /// What stands before the end that `is_end` knows, taken as usual but kept apart.
    fn inner(
        &mut self,
        rest: &mut impl Iterator<Item = Event<'a>>,
        is_end: impl Fn(&TagEnd) -> bool,
    ) -> Vec<Event<'a>> {
        let before = std::mem::take(&mut self.out);
        while let Some(event) = rest.next() {
            if matches!(&event, Event::End(end) if is_end(end)) {
                break;
            }
            self.take(event, rest);
        }
        std::mem::replace(&mut self.out, before)
    }

    fn heading(&mut self, level: HeadingLevel, rest: &mut impl Iterator<Item = Event<'a>>) {
        self.in_heading = true;
        let mut inner = self.inner(rest, |end| matches!(end, TagEnd::Heading(_)));
        self.in_heading = false;
        let mut own_id = None;
        if let Some(Event::Text(last)) = inner.last_mut()
            && let Some((start, id)) = last.rfind('{').and_then(|at| Some((at, attributes(&last[at..])?.1)))
        {
            own_id = id;
            *last = last[..start].trim_end().to_owned().into();
        }
        let text: String = inner
            .iter()
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        let shown = level as u8;
        if shown == 1 && self.rendered.title.is_none() {
            self.rendered.title = Some(text.clone());
        }
        self.words(" ");
        if !self.is_page {
            self.html("<p><strong>".into());
            self.out.extend(inner);
            return self.html("</strong></p>\n".into());
        }
        let tag = (shown + 1).min(6);
        let slug = self.free_id(slug(own_id.as_deref().unwrap_or(&text)));
        self.html(format!("<h{tag} id=\"{slug}\">"));
        self.out.extend(inner);
        let label = escape(&text);
        self.html(format!(
            "<a class=\"pk-prose__anchor\" href=\"#{slug}\" aria-label=\"Link to {label}\">#</a></h{tag}>\n"
        ));
        self.rendered.headings.push(Heading { level: shown, id: format!("{ID}{slug}"), text });
    }

    /// An id that no heading has yet, counted on as MkDocs does.
    fn free_id(&mut self, wanted: String) -> String {
        let wanted = if wanted.is_empty() { "section".to_owned() } else { wanted };
        let mut id = wanted.clone();
        let mut number = 0;
        while !self.ids.insert(id.clone()) {
            number += 1;
            id = format!("{wanted}_{number}");
        }
        id
    }

    fn table(&mut self, alignments: &[Alignment], rest: &mut impl Iterator<Item = Event<'a>>) {
        self.html(
            "<div class=\"pk-prose__scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">\n<table>\n".into(),
        );
        let (mut column, mut cell) = (0, "td");
        while let Some(event) = rest.next() {
            match event {
                Event::Start(Tag::TableHead) => {
                    (column, cell) = (0, "th");
                    self.html("<thead><tr>".into());
                }
                Event::End(TagEnd::TableHead) => {
                    cell = "td";
                    self.html("</tr></thead>\n<tbody>\n".into());
                }
                Event::Start(Tag::TableRow) => {
                    column = 0;
                    self.html("<tr>".into());
                }
                Event::End(TagEnd::TableRow) => self.html("</tr>\n".into()),
                Event::Start(Tag::TableCell) => {
                    let align = match alignments.get(column) {
                        Some(Alignment::Right) => " align=\"right\"",
                        Some(Alignment::Center) => " align=\"center\"",
                        _ => "",
                    };
                    column += 1;
                    self.html(format!("<{cell}{align}>"));
                }
                Event::End(TagEnd::TableCell) => {
                    self.words(" ");
                    self.html(format!("</{cell}>"));
                }
                Event::End(TagEnd::Table) => break,
                other => self.take(other, rest),
            }
        }
        self.html("</tbody></table>\n</div>\n".into());
    }

    /// An image of the portal's own, or a link to one that is elsewhere.
    fn image(&mut self, target: &str, title: &str, alt: &str) {
        let (alt, title) = (escape(alt), escape(title));
        let (path, _) = split_fragment(target);
        let html = if is_relative(target) && self.links.image(path).is_some() {
            format!("<img src=\"{}\" alt=\"{alt}\" title=\"{title}\">", escape(target))
        } else if elsewhere(target).is_some() && self.links_open == 0 {
            let shown = if alt.is_empty() { escape(target) } else { alt };
            format!("<a href=\"{}\">{shown}</a>", escape(target))
        } else {
            alt
        };
        self.out.push(Event::InlineHtml(html.into()));
    }

    /// Text with the addresses in it as links.
    fn text(&mut self, text: CowStr<'a>) {
        if self.links_open > 0 || !text.contains("://") {
            return self.out.push(Event::Text(text));
        }
        let mut rest: &str = &text;
        while let Some((start, end)) = address(rest) {
            let link = escape(&rest[start..end]);
            self.out.push(Event::Text(rest[..start].to_owned().into()));
            self.out.push(Event::InlineHtml(format!("<a href=\"{link}\">{link}</a>").into()));
            rest = &rest[end..];
        }
        self.out.push(Event::Text(rest.to_owned().into()));
    }

    /// Text without the attribute lists of Python's Markdown: `{: .x }` anywhere, `{ .x }` behind what it is of.
    fn without_attributes(&self, text: CowStr<'a>) -> CowStr<'a> {
        let behind = matches!(
            self.out.last(),
            Some(Event::End(TagEnd::Link | TagEnd::Emphasis | TagEnd::Strong) | Event::Code(_) | Event::InlineHtml(_))
        );
        let is_of = |at: usize| text[at..].starts_with("{:") || (behind && at == 0);
        if self.in_heading || !text.match_indices('{').any(|(at, _)| is_of(at) && attributes(&text[at..]).is_some()) {
            return text;
        }
        let (mut kept, mut from) = (String::new(), 0);
        for (at, _) in text.match_indices('{') {
            if at >= from
                && is_of(at)
                && let Some((length, _)) = attributes(&text[at..])
            {
                kept.push_str(&text[from..at]);
                from = at + length;
            }
        }
        kept.push_str(&text[from..]);
        kept.into()
    }
}

/// The length of the attribute list that `text` begins with, and the id in it.
fn attributes(text: &str) -> Option<(usize, Option<String>)> {
    let end = text.find('}')?;
    let list = text[1..end].strip_prefix(':').unwrap_or(&text[1..end]);
    let mut id = None;
    let mut quoted = false;
    let parts: Vec<&str> = list
        .split(|c: char| {
            quoted ^= c == '"';
            c.is_whitespace() && !quoted
        })
        .filter(|part| !part.is_empty())
        .collect();
    for part in &parts {
        match part.chars().next() {
            Some('#') => id = Some(part[1..].to_owned()),
            Some('.') => {}
            _ if part.contains('=') => {}
            _ => return None,
        }
    }
    (!parts.is_empty()).then_some((end + 1, id))
}

/// Where the first address in a text stands, without the punctuation that follows it.
fn address(text: &str) -> Option<(usize, usize)> {
    let at = |scheme: &str| {
        text.match_indices(scheme).map(|(at, _)| at).find(|at| !text[..*at].ends_with(|c: char| c.is_alphanumeric()))
    };
    let start = [at("https://"), at("http://")].into_iter().flatten().min()?;
    let rest = &text[start..];
    let found = &rest[..rest.find(|c: char| c.is_whitespace() || "<>\"`".contains(c)).unwrap_or(rest.len())];
    let mut found = found.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '*', '_', '~']);
    // A bracket that was opened before the address is not part of it.
    while found.ends_with(')') && found.matches(')').count() > found.matches('(').count() {
        found = found[..found.len() - 1].trim_end_matches(['.', ',']);
    }
    Url::parse(found).ok().filter(|url| url.host().is_some()).map(|_| (start, start + found.len()))
}

fn code_block(kind: &CodeBlockKind<'_>, code: &str, is_page: bool) -> String {
    let pre = format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape(code));
    if !is_page {
        return pre;
    }
    let info = match kind {
        CodeBlockKind::Fenced(info) => info.trim(),
        CodeBlockKind::Indented => "",
    };
    let language = info.split([' ', ',', '{']).next().unwrap_or_default().trim_start_matches('.');
    let title = info.split_once("title=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(title, _)| title);
    let label = title.unwrap_or(language);
    let caption = if label.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>", escape(label)) };
    format!("<figure class=\"pk-prose__code\">{caption}{}</figure>\n", pre.trim_end())
}

/// The text up to an end, without markup.
fn text_until<'a>(rest: &mut impl Iterator<Item = Event<'a>>, is_end: impl Fn(&TagEnd) -> bool) -> String {
    let mut text = String::new();
    for event in rest {
        match event {
            Event::Text(more) | Event::Code(more) => text.push_str(&more),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(end) if is_end(&end) => break,
            _ => {}
        }
    }
    text
}

/// Text as it stands in HTML, also within quotes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn split_fragment(target: &str) -> (&str, Option<&str>) {
    target.split_once('#').map_or((target, None), |(path, fragment)| (path, Some(fragment)))
}

/// An address on another host, as a browser reads it; `None` for every other scheme and for what has none.
fn elsewhere(target: &str) -> Option<Url> {
    let url = Url::parse(target).ok()?;
    let has_host = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    (has_host || url.scheme() == "mailto").then_some(url)
}

/// Whether a browser would stay on the same host: an address needs no scheme to lead to another one.
fn is_relative(target: &str) -> bool {
    const HERE: &str = "https://portico.invalid";
    let joined = Url::parse(HERE).and_then(|here| here.join(target));
    Url::parse(target).is_err() && joined.is_ok_and(|url| url.origin().ascii_serialization() == HERE)
}

/// Whether elements are nested deeper than a page has reason to, by a count that closes nothing by itself.
fn is_too_deep(html: &str) -> bool {
    const ALONE: [&str; 6] = ["br", "hr", "img", "input", "col", "wbr"];
    let mut depth = 0_usize;
    for (at, _) in html.match_indices('<') {
        let rest = &html[at + 1..];
        if let Some(closed) = rest.strip_prefix('/') {
            depth = depth.saturating_sub(usize::from(closed.starts_with(|c: char| c.is_ascii_alphabetic())));
            continue;
        }
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        if name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !ALONE.iter().any(|alone| name.eq_ignore_ascii_case(alone))
        {
            depth += 1;
            if depth > MAX_DEPTH {
                return true;
            }
        }
    }
    false
}

/// What of the HTML is on the list, with every link and image led where it may lead.
fn clean(html: &str, links: Arc<dyn Links>, is_page: bool) -> String {
    let align = HashMap::from([("align", HashSet::from(["left", "center", "right"]))]);
    let focus = HashMap::from([("tabindex", HashSet::from(["0"]))]);
    let scroll = HashMap::from([
        ("tabindex", HashSet::from(["0"])),
        ("role", HashSet::from(["region"])),
        ("align", HashSet::from(["left", "center", "right"])),
    ]);
    let mut values = HashMap::from([("pre", focus), ("div", scroll)]);
    values.insert("span", HashMap::from([("role", HashSet::from(["img"]))]));
    for tag in ["p", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"] {
        values.insert(tag, align.clone());
    }
    let spans = HashSet::from(["colspan", "rowspan"]);
    let tags = [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
    ];
    let images = if is_page { HashSet::from(["img"]) } else { HashSet::new() };
    Builder::empty()
        .tags(&HashSet::from(tags) | &images)
        .clean_content_tags(HashSet::from([
            "script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "textarea", "select",
        ]))
        .generic_attributes(HashSet::from(["class", "id", "title"]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "aria-label"])),
            ("img", HashSet::from(["src", "alt", "width", "height"])),
            ("ol", HashSet::from(["start"])),
            ("td", spans.clone()),
            ("th", spans),
            ("details", HashSet::from(["open"])),
            ("div", HashSet::from(["aria-label"])),
            ("span", HashSet::from(["aria-label"])),
        ]))
        .tag_attribute_values(values)
        .set_tag_attribute_values(HashMap::from([("img", HashMap::from([("loading", "lazy")]))]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some(REL))
        .strip_comments(true)
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            (_, "id") if !is_page => None,
            (_, "id") => Some(format!("{ID}{}", slug(value)).into()),
            (_, "class") => class(element, value).map(Cow::Owned),
            ("a", "href") if !is_page && value.starts_with('#') => None,
            ("a", "href") => link(value, &*links).map(Cow::Owned),
            ("img", "src") if is_relative(value) => links.image(split_fragment(value).0).map(Cow::Owned),
            ("img", "src") => None,
            (_, "title") if value.is_empty() => None,
            _ => Some(value.into()),
        })
        .clean(html)
        .to_string()
}

/// Those of the classes that an element may have.
fn class(element: &str, value: &str) -> Option<String> {
    let allowed: &[&str] = match element {
        "a" => &["pk-prose__anchor"],
        "div" | "details" => &containers::CLASSES,
        "p" => &["pk-banner__title", "pk-prose__tab-title"],
        "figure" => &["pk-prose__code"],
        "span" => &["pk-prose__task"],
        _ => &[],
    };
    let kept: Vec<&str> = value.split_ascii_whitespace().filter(|class| allowed.contains(class)).collect();
    (!kept.is_empty()).then(|| kept.join(" "))
}

/// Where a link leads; `None` when it may lead nowhere.
fn link(target: &str, links: &dyn Links) -> Option<String> {
    if let Some(url) = elsewhere(target) {
        return Some(url.into());
    }
    if !is_relative(target) {
        return None;
    }
    let (path, fragment) = split_fragment(target);
    let fragment = fragment.map(slug).filter(|fragment| !fragment.is_empty());
    let page = if path.is_empty() { String::new() } else { links.page(path)? };
    match fragment {
        Some(fragment) => Some(format!("{page}#{ID}{fragment}")),
        None if page.is_empty() => None,
        None => Some(page),
    }
}

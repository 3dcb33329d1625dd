//! What is drawn holds what is filled in: a page that is sent as it was drawn changes nothing, with scripts and without.

#[path = "../../form/tests/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use form::example::example;
use form::{Form, form};
use kit::server::html::drawn;
use serde_json::{Value, json};

use super::fields::{Drawing, Offered, Source};

/// A tag of HTML as leptos writes it.
struct Tag<'a> {
    name: &'a str,
    attributes: BTreeMap<&'a str, String>,
    /// What follows, up to the next tag.
    text: &'a str,
}

fn plain(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name_end = rest.find([' ', '>', '/']).filter(|end| *end > 0).unwrap_or(1);
        let name_end = if rest.starts_with('/') { rest.find('>').unwrap_or(rest.len()) } else { name_end };
        let name = &rest[..name_end];
        rest = &rest[name_end..];
        let mut attributes = BTreeMap::new();
        loop {
            rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('>') {
                rest = rest.strip_prefix('>').unwrap_or(rest);
                break;
            }
            if let Some(after) = rest.strip_prefix('/') {
                rest = after;
                continue;
            }
            let end = rest.find(['=', ' ', '>']).unwrap_or(rest.len());
            let key = &rest[..end];
            rest = &rest[end..];
            let mut value = String::new();
            if let Some(quoted) = rest.strip_prefix("=\"") {
                let end = quoted.find('"').expect("an end");
                value = plain(&quoted[..end]);
                rest = &quoted[end + 1..];
            }
            attributes.insert(key, value);
        }
        let text = &rest[..rest.find('<').unwrap_or(rest.len())];
        tags.push(Tag { name, attributes, text });
    }
    tags
}

/// A select that is being read: its name, whether several can be chosen, and its options with whether each is.
type Selecting = (Option<String>, bool, Vec<(String, bool)>);

/// What a browser sends of a form.
fn sent(html: &str, scripts: bool) -> Vec<(String, String)> {
    let mut sent = Vec::new();
    let mut in_noscript = false;
    // The select that is open: its name where it is sent, whether several can be chosen, its options.
    let mut select: Option<Selecting> = None;
    for tag in tags(html) {
        let has = |name: &str| tag.attributes.contains_key(name);
        match tag.name {
            "noscript" => in_noscript = true,
            "/noscript" => in_noscript = false,
            _ if in_noscript && scripts => {}
            "input" => {
                let kind = tag.attributes.get("type").map_or("text", String::as_str);
                let is_off = matches!(kind, "checkbox" | "radio") && !has("checked") || kind == "file";
                if let Some(name) = tag.attributes.get("name").filter(|_| !has("disabled") && !is_off) {
                    let value = tag.attributes.get("value").cloned().unwrap_or_default();
                    // A line has no breaks, and some controls hold nothing but what they understand.
                    let value = if kind == "hidden" { value } else { value.replace(['\n', '\r'], "") };
                    sent.push((name.clone(), value));
                }
            }
            "textarea" if !has("disabled") => {
                let text = plain(tag.text.strip_prefix('\n').unwrap_or(tag.text));
                sent.push((tag.attributes["name"].clone(), text.replace('\n', "\r\n")));
            }
            "select" => {
                let is_off = if has("data-pk-value") { !scripts || has("data-pk-off") } else { has("disabled") };
                let name = tag.attributes.get("name").cloned().filter(|_| !is_off);
                select = Some((name, has("multiple"), Vec::new()));
            }
            "option" => {
                if let Some((_, _, options)) = &mut select {
                    let value = tag.attributes.get("value").cloned().unwrap_or_else(|| plain(tag.text));
                    options.push((value, has("selected")));
                }
            }
            "/select" => {
                let Some((Some(name), multiple, options)) = select.take() else { continue };
                let mut chosen: Vec<String> =
                    options.iter().filter(|(_, is)| *is).map(|(value, _)| value.clone()).collect();
                if !multiple {
                    chosen =
                        chosen.pop().or_else(|| options.first().map(|(value, _)| value.clone())).into_iter().collect();
                }
                sent.extend(chosen.into_iter().map(|value| (name.clone(), value)));
            }
            _ => {}
        }
    }
    sent
}

fn page_html(form: &Form, values: &Value, page: usize) -> String {
    noted_html(form, values, page, HashMap::new())
}

fn noted_html(form: &Form, values: &Value, page: usize, notes: HashMap<String, String>) -> String {
    let active = form.active(values);
    let page = active.pages.iter().find(|each| each.index == page).expect("a page").clone();
    let mut offered = Offered::new();
    for field in page.fields.iter().flat_map(form::Field::walk) {
        let chosen = match &field.value {
            Some(Value::Array(_)) => field.chosen(),
            Some(Value::String(text)) => vec![text.clone()],
            _ => Vec::new(),
        };
        let chosen = chosen.into_iter().map(|value| kit::components::Choice::new(&value, &value)).collect();
        offered.insert(field.path.clone(), (Vec::new(), chosen));
    }
    drawn(move || {
        let drawing = Drawing {
            source: Arc::new(Source { address: "/options", about: vec![("template", "a".to_owned())] }),
            errors: Arc::default(),
            offered: Arc::new(offered),
            notes: Arc::new(notes),
            may_focus: true,
        };
        page.fields.iter().map(|field| drawing.field(field)).collect::<Vec<_>>()
    })
    .as_str()
    .to_owned()
}

/// The field tree of the page as its marks tell it.
fn tree(html: &str) -> Vec<(String, String)> {
    tags(html)
        .into_iter()
        .filter_map(|mut tag| Some((tag.attributes.remove("data-pk-path")?, tag.attributes.remove("data-pk-kind")?)))
        .collect()
}

/// What is not the same in two values, by pointer.
fn changes(one: &Value, other: &Value, path: &str) -> Vec<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            let of = |values: &serde_json::Map<String, Value>, name: &String| {
                values.get(name).cloned().unwrap_or(json!("(none)"))
            };
            names
                .into_iter()
                .flat_map(|name| changes(&of(one, name), &of(other, name), &format!("{path}/{name}")))
                .collect()
        }
        _ if one == other => Vec::new(),
        _ => vec![format!("{path}: {one} became {other}")],
    }
}

fn same_again(form: &Form, values: &Value, name: &str) -> Result<(usize, usize), String> {
    let (mut pages, mut fields) = (0, 0);
    let mut marks = Vec::new();
    for page in form.active(values).pages {
        let html = page_html(form, values, page.index);
        marks.extend(tree(&html));
        for scripts in [true, false] {
            let again = form.entered(values, page.index, &sent(&html, scripts));
            let changed = changes(values, &again, "");
            if !changed.is_empty() {
                return Err(format!("{name}, page {}, scripts: {scripts}\n  {}", page.index, changed.join("\n  ")));
            }
        }
        pages += 1;
    }
    let wanted: Vec<(String, String)> =
        form.tree(values).into_iter().map(|(path, kind)| (path, kind.to_owned())).collect();
    if marks != wanted {
        return Err(format!("{name}: {marks:?} is not {wanted:?}"));
    }
    fields += marks.len();
    Ok((pages, fields))
}

#[test]
fn every_template_of_the_corpus_is_drawn_and_read_back() {
    let Some(templates) = support::templates() else { return };
    let (mut forms, mut pages, mut fields) = (0, 0, 0);
    let mut wrong = Vec::new();
    for template in &templates {
        let form = form(&template.parameters);
        let begun = form.filled(&json!({}), form.defaults(&json!({})));
        for values in
            std::iter::once(begun).chain((0..3).map(|seed| form.without_secrets(&form.defaults(&example(&form, seed)))))
        {
            match same_again(&form, &values, &template.name) {
                Ok((more_pages, more_fields)) => {
                    pages += more_pages;
                    fields += more_fields;
                }
                Err(why) => wrong.push(why),
            }
        }
        forms += 1;
    }
    println!(
        "{forms} of {} forms drawn and read back, {pages} pages, {fields} fields, each tree equal to the schema's",
        templates.len()
    );
    assert!(wrong.is_empty(), "{} are not as they were:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_hostile_stays_within_its_control() {
    let schema = json!({"properties": {
        "a\" onfocus=\"x": {"type": "string", "title": "<script>", "description": "<img src=x onerror=alert(1)> [a](javascript:alert(1))"},
        "list": {"type": "array", "items": {"type": "string"}},
        "more": {"type": "string", "ui:widget": "textarea"}
    }});
    let form = form(&schema);
    let values = json!({"a\" onfocus=\"x": "\"><script>", "list": ["</textarea>"], "more": "</textarea><script>\n\nx"});
    let html = page_html(&form, &values, 0);
    assert!(!html.contains("<script") && !html.contains("javascript:"), "{html}");
    assert!(tags(&html).iter().all(|tag| !tag.attributes.contains_key("onfocus") && tag.name != "script"), "{html}");
    same_again(&form, &values, "hostile").expect("the same");
}

#[test]
fn where_a_value_came_from_is_said_with_its_help() {
    let form = form(&json!({"properties": {
        "name": {"type": "string", "ui:help": "As in the directory."},
        "list": {"type": "array", "items": {"type": "string"}},
        "yes": {"type": "boolean"}
    }}));
    let note = |path: &str| (path.to_owned(), format!("Filled in from {path}."));
    let notes = HashMap::from(["/name", "/list", "/yes"].map(note));
    let html = noted_html(&form, &json!({"name": "a", "list": ["b"], "yes": true}), 0, notes);
    assert!(html.contains("As in the directory. Filled in from /name."), "{html}");
    assert!(html.contains("Filled in from /list.") && html.contains("Filled in from /yes."), "{html}");
}

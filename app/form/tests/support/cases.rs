//! Forms with values and what is made of them, a line each, as `script/oracle-form` reads them.

use form::{Field, Form, Kind, Standard, example::example, form, mutate::mutations};
use serde_json::{Value, json};

/// A form, its verdicts on some values, and, where the form `agrees` with itself, what it fills in and what it draws.
pub fn lines(name: &str, parameters: &Value, given: &[Value], seeds: u64, broken: usize, agrees: bool) -> Value {
    let form = form(parameters);
    let written: Vec<Value> = match parameters {
        Value::Array(pages) => pages.clone(),
        Value::Null => Vec::new(),
        page => vec![page.clone()],
    };
    let aligned = written.len() == form.pages.len() && written.iter().all(Value::is_object);
    let pages: Vec<Value> = form
        .pages
        .iter()
        .enumerate()
        .map(|(at, page)| json!({"written": if aligned { &written[at] } else { &page.schema }, "read": page.schema}))
        .collect();
    let mut values: Vec<Value> = given.to_vec();
    values.push(json!({}));
    values.push(form.defaults(&json!({})));
    let examples: Vec<Value> = (0..seeds).map(|seed| example(&form, seed)).collect();
    for (seed, example) in examples.iter().enumerate() {
        values.extend(mutations(&form, example, broken, seed as u64).into_iter().map(|mutation| mutation.values));
    }
    values.extend(examples.iter().cloned());
    let cases: Vec<Value> = values.iter().map(|values| verdict(&form, values)).collect();
    let fillings: Vec<Value> = given
        .iter()
        .chain([&json!({})])
        .chain(examples.first())
        .filter(|_| agrees)
        .map(|given| {
            let filled = form.defaults(given);
            json!({"given": given, "shown": shown(&form, &filled), "filled": without_nulls(&form, &filled)})
        })
        .collect();
    let drawn: Vec<Value> = [form.defaults(&json!({}))]
        .iter()
        .chain(examples.first())
        .filter(|_| agrees)
        .flat_map(|values| {
            let active = form.active(values);
            active
                .pages
                .iter()
                .map(|page| {
                    let mut controls = vec!["root".to_owned()];
                    page.fields.iter().for_each(|field| self::controls(field, &mut controls));
                    json!({"values": values, "page": page.index, "controls": controls})
                })
                .collect::<Vec<_>>()
        })
        .collect();
    json!({"name": name, "pages": pages, "cases": cases, "defaults": fillings, "trees": drawn, "lenient": given.is_empty()})
}

/// Which pages are shown and which of them accept the values, by the schema alone.
fn verdict(form: &Form, values: &Value) -> Value {
    let shown = shown(form, values);
    let errors = form.validate(values, &Standard);
    let accepted: Vec<bool> =
        shown.iter().map(|page| !errors.iter().any(|error| error.page == *page && error.rule != "field")).collect();
    json!({"values": values, "shown": shown, "accepted": accepted})
}

fn shown(form: &Form, values: &Value) -> Vec<usize> {
    form.active(values).pages.iter().map(|page| page.index).collect()
}

/// A field of type `null` gets its value from being drawn there, not from a default.
fn without_nulls(form: &Form, values: &Value) -> Value {
    let mut values = values.clone();
    for field in form.active(&values.clone()).fields().filter(|field| matches!(field.kind, Kind::Null)) {
        let (parent, name) = field.path.rsplit_once('/').unwrap();
        if let Some(Value::Object(entries)) = values.pointer_mut(parent) {
            entries.shift_remove(name);
        }
    }
    values
}

/// The identifiers that react-jsonschema-form gives to the controls of a field.
fn controls(field: &Field, all: &mut Vec<String>) {
    let id = format!("root{}", field.path.replace('/', "_"));
    match &field.kind {
        Kind::Null => {}
        Kind::CheckBoxes { options } if options.is_empty() => {}
        Kind::Choice { .. } => all.push(format!("{id}__select")),
        _ => all.push(id),
    }
    field.children.iter().for_each(|child| controls(child, all));
}

//! Lists what the templates of the corpus ask for, a line of JSON each: where the template is, values that satisfy its form, the fields of each
//! page for them, and values that break it. What a browser shows and refuses is held against it.

#[path = "../tests/support/mod.rs"]
mod support;

use form::example::example;
use form::form;
use form::mutate::mutations;
use serde_json::json;

/// Broken values a template.
const BROKEN: usize = 20;

fn main() {
    for template in support::templates().unwrap_or_default() {
        let form = form(&template.parameters);
        let values = form.without_secrets(&form.defaults(&example(&form, 0)));
        let pages: Vec<_> = form
            .active(&values)
            .pages
            .iter()
            .map(|page| {
                let fields = page.fields.iter().flat_map(form::Field::walk);
                json!({ "page": page.index, "fields": fields.map(|field| (field.path.as_str(), field.kind.name())).collect::<Vec<_>>() })
            })
            .collect();
        let broken: Vec<_> = mutations(&form, &example(&form, 0), BROKEN, 1)
            .into_iter()
            .map(|broken| json!({ "path": broken.path, "why": broken.why, "enterable": broken.enterable, "values": broken.values }))
            .collect();
        println!("{}", json!({ "name": template.name, "values": values, "pages": pages, "broken": broken }));
    }
}

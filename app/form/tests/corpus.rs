//! Every template of a corpus of real ones has a form that can be filled in, and that refuses what is broken.

mod support;

use form::{Standard, example::example, form, mutate::mutations};
use serde_json::json;

#[test]
fn every_template_has_a_form_that_can_be_filled_in() {
    let Some(templates) = support::templates() else { return };
    let (mut forms, mut fields, mut notices) = (0, 0, 0);
    let mut unfilled = Vec::new();
    let mut accepted = 0;
    for template in &templates {
        let form = form(&template.parameters);
        if template.parameters.is_null() {
            println!("no parameters: {}", template.name);
        }
        forms += 1;
        notices += form.notices.len();
        for notice in &form.notices {
            println!("{}: {} {}", template.name, notice.path, notice.message);
        }
        for seed in 0..5 {
            let values = example(&form, seed);
            if seed == 0 {
                fields += form.tree(&values).len();
            }
            let errors = form.validate(&values, &Standard);
            if errors.is_empty() {
                accepted += 1;
            } else {
                unfilled.push(format!("{} {seed}: {errors:?}\n  {values}", template.name));
            }
            assert_eq!(form.prune(&values), values, "{}: what is not shown is not in an example", template.name);
        }
    }
    println!(
        "{forms} of {} forms, {fields} fields, {notices} notices, {accepted} of {} examples accepted",
        templates.len(),
        forms * 5
    );
    assert!(unfilled.is_empty(), "{}", unfilled.join("\n"));
}

#[test]
fn what_is_broken_is_refused() {
    let Some(templates) = support::templates() else { return };
    let (mut broken, mut enterable) = (0, 0);
    let mut taken = Vec::new();
    let mut few = Vec::new();
    for template in &templates {
        let form = form(&template.parameters);
        let values = example(&form, 0);
        let mutations = mutations(&form, &values, 20, 1);
        if mutations.len() < 20 && !form.is_empty() {
            few.push(format!("{}: {}", template.name, mutations.len()));
        }
        for mutation in mutations {
            broken += 1;
            enterable += usize::from(mutation.enterable);
            if form.validate(&mutation.values, &Standard).is_empty() {
                taken.push(format!(
                    "{}: {} {} {:?}",
                    template.name,
                    mutation.path,
                    mutation.why,
                    mutation.values.pointer(&mutation.path)
                ));
            }
        }
    }
    println!("{} of {broken} broken inputs refused, {enterable} that a control can enter", broken - taken.len());
    assert!(taken.is_empty(), "{}", taken.join("\n"));
    assert!(few.is_empty(), "{}", few.join("\n"));
}

#[test]
fn a_form_goes_to_a_browser_and_comes_back() {
    let Some(templates) = support::templates() else { return };
    for template in &templates {
        let form = form(&template.parameters);
        let values = example(&form, 1);
        let sent = serde_json::to_string(&form).unwrap();
        let back: form::Form = serde_json::from_str(&sent).unwrap();
        assert_eq!(back.tree(&values), form.tree(&values));
        let active = form.active(&values);
        let sent = serde_json::to_string(&active).unwrap();
        let back: form::Active = serde_json::from_str(&sent).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), serde_json::to_value(&active).unwrap(), "{}", template.name);
        assert_eq!(form.defaults(&form.defaults(&json!({}))), form.defaults(&json!({})), "{}", template.name);
    }
}

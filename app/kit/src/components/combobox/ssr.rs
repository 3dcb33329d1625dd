use leptos::prelude::*;

use super::{Plain, entries};
use crate::components::choice::Choice;

/// The browser's own control, for where there are no scripts: a list of what is known, or with a source an `<input>` for the value itself.
pub(super) fn plain(plain: Plain) -> AnyView {
    let Plain { id, name, open, options, chosen, multiple, required, disabled } = plain;
    // The label names both: this one has an id of its own.
    let label = format!("{id}-label");
    let id = format!("{id}-plain");
    if !open {
        let empty = (!multiple).then(|| view! { <option value=""></option> });
        return view! {
            <select class="pk-input pk-select" id=id aria-labelledby=label name=name multiple=multiple required=required disabled=disabled>
                {empty}
                {entries(options, chosen)}
            </select>
        }
        .into_any();
    }
    let list = format!("{id}-known");
    let known = entries(options, Vec::new());
    let value = chosen.first().filter(|_| !multiple).map(|choice| choice.value.clone());
    let kept: Vec<_> = chosen.into_iter().filter(|_| multiple).map(|choice| kept(&name, choice)).collect();
    let required = required && kept.is_empty();
    view! {
        {kept}
        <input
            class="pk-input"
            id=id
            aria-labelledby=label
            name=name
            value=value
            list=list.clone()
            required=required
            disabled=disabled
            autocomplete="off"
        />
        <datalist id=list>{known}</datalist>
    }
    .into_any()
}

fn kept(name: &str, choice: Choice) -> AnyView {
    view! {
        <label class="pk-combobox__kept">
            <input type="checkbox" name=name.to_owned() value=choice.value checked/>
            {choice.label}
        </label>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::html::drawn;

    #[test]
    fn what_stands_for_the_list_without_scripts_cannot_be_left_by_a_value() {
        let hostile = Choice::new("</noscript><b>", "</noscript><i>").with("</noscript>");
        for (open, multiple) in [(false, false), (false, true), (true, false), (true, true)] {
            let plain = Plain {
                id: "owner".to_owned(),
                name: "owner".to_owned(),
                open,
                options: vec![Choice::new("a", "A"), hostile.clone()],
                chosen: vec![hostile.clone()],
                multiple,
                required: true,
                disabled: false,
            };
            let html = drawn(|| view! { <noscript>{super::plain(plain)}</noscript> });
            let html = html.as_str();
            assert_eq!(html.matches("</noscript").count(), 1, "{html}");
            assert!(!html.contains("<i>"), "{html}");
            assert!(html.contains("name=\"owner\""), "{html}");
            assert!(html.contains("value=\"&lt;/noscript&gt;&lt;b&gt;\""), "{html}");
        }
    }
}

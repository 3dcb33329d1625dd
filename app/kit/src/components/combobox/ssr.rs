use leptos::prelude::*;

use super::entries;
use crate::components::choice::Choice;

/// The browser's own control, for where there are no scripts: a list of what is known, or where there is more (`open`) an `<input>` for the
/// value itself.
pub(super) fn plain(
    id: &str,
    name: &str,
    known: &[(Choice, bool)],
    open: bool,
    multiple: bool,
    required: bool,
    disabled: bool,
) -> AnyView {
    // The label names both: this one has an id of its own.
    let label = format!("{id}-label");
    let list = format!("{id}-known");
    let id = format!("{id}-plain");
    let name = name.to_owned();
    if !open {
        let empty = (!multiple).then(|| view! { <option value=""></option> });
        return view! {
            <select
                class="pk-input pk-select"
                id=id
                aria-labelledby=label
                name=name
                multiple=multiple
                required=required
                disabled=disabled
            >
                {empty}
                {entries(known)}
            </select>
        }
        .into_any();
    }
    let (chosen, others): (Vec<_>, Vec<_>) = known.iter().cloned().partition(|(_, chosen)| *chosen);
    let value = chosen.first().filter(|_| !multiple).map(|(choice, _)| choice.value.clone());
    let kept: Vec<_> = chosen.into_iter().filter(|_| multiple).map(|(choice, _)| kept(&name, choice)).collect();
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
        <datalist id=list>{entries(&others)}</datalist>
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
            let known = crate::components::combobox::known(vec![Choice::new("a", "A")], vec![hostile.clone()]);
            let html = drawn(
                move || view! { <noscript>{plain("owner", "owner", &known, open, multiple, true, false)}</noscript> },
            );
            let html = html.as_str();
            assert_eq!(html.matches("</noscript").count(), 1, "{html}");
            assert!(!html.contains("<i>"), "{html}");
            assert!(html.contains("name=\"owner\""), "{html}");
            assert!(html.contains("value=\"&lt;/noscript&gt;&lt;b&gt;\""), "{html}");
        }
    }
}

use leptos::prelude::*;

use super::{DateInput, DateRange};
use crate::components::field::{Field, Need};
use crate::gallery::{Docs, Example, Group};

/// The date in the gallery.
pub const DOCS: Docs = Docs {
    name: "date",
    title: "Date",
    group: Group::Forms,
    summary: "A day, or a span of days.",
    good: &["Set the first and the last day that make sense.", "Say in the help what happens on that day."],
    bad: &["Do not ask for a day that can be worked out."],
    keys: &[],
    examples: &[
        Example {
            name: "one",
            title: "One day",
            view: || {
                view! { <Field label="Move off the old portal by" id="date-one" help="At the latest 30 June 2027." need=Need::Required><DateInput name="by" value="2027-03-31" min="2027-01-01" max="2027-06-30"/></Field> }.into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Wrong",
            view: || {
                view! { <Field label="Move off the old portal by" id="date-wrong" error="31 March 2026 is over. Choose a day from today on."><DateInput name="by-wrong" value="2026-03-31"/></Field> }.into_any()
            },
        },
        Example {
            name: "range",
            title: "A span",
            view: || {
                view! { <DateRange label="Freeze" id="date-range" names=("from", "to") value=("2026-12-18".to_owned(), "2027-01-04".to_owned()) help="Nothing is rolled out in between."/> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <DateRange label="Freeze" id="date-disabled" names=("from-fixed", "to-fixed") value=("2026-12-18".to_owned(), "2027-01-04".to_owned()) disabled=true/> }.into_any()
            },
        },
    ],
};

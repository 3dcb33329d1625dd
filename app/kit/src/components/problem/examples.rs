use leptos::prelude::*;

use super::{Problem, Problems};
use crate::gallery::{Docs, Example, Group};

/// The problem in the gallery.
pub const DOCS: Docs = Docs {
    name: "problem",
    title: "Problem",
    group: Group::Messages,
    summary: "What is wrong in a file, and where.",
    good: &["Say what would be right.", "Put errors before warnings."],
    bad: &["Do not repeat the same problem for every line: say how many there are."],
    keys: &[],
    examples: &[Example {
        name: "problems",
        title: "An error and a warning",
        view: || {
            view! {
                    <Problems>
                        <Problem error=true message="`spec.owner` names no group or user: `group:default/reportin` is not in the catalog. Did you mean `reporting`?" place="catalog-info.yaml:12:10  /spec/owner"/>
                        <Problem error=false message="`anotations` is not a field of metadata; did you mean `annotations`?" place="settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region/catalog-info.yaml:4:3"/>
                    </Problems>
                }
                .into_any()
        },
    }],
};

use leptos::prelude::*;

use super::CodeBlock;
use crate::gallery::{Docs, Example, Group};

/// The code block in the gallery.
pub const DOCS: Docs = Docs {
    name: "code",
    title: "Code block",
    group: Group::Data,
    summary: "Source text with line numbers, marked lines and a button that copies it.",
    good: &["Name the file or what the text is.", "Mark the lines that the page talks about."],
    bad: &["Do not show more than people will read: show the part, and link to the whole."],
    keys: &[("Tab", "Reaches the button, and then the text, which the arrow keys scroll")],
    examples: &[
        Example {
            name: "marked",
            title: "With a marked line",
            view: || {
                view! {
                    <CodeBlock label="catalog-info.yaml" anchor="code-a-L" first_line=14 marked=vec![17] text="apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  anotations: { team: reporting }\n  name: trade-reporting\nspec:\n  type: service\n  owner: group:default/regulatory-reporting"/>
                }
                .into_any()
            },
        },
        Example {
            name: "long",
            title: "A long line, and another script",
            view: || {
                view! {
                    <CodeBlock label="values.yaml" anchor="code-b-L" text="name: settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region-settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region\ntitle: خدمة تسوية المدفوعات\n\n\tindented: true"/>
                }
                .into_any()
            },
        },
    ],
};

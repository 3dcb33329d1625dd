use leptos::prelude::*;

use super::Breadcrumb;
use crate::gallery::{Docs, Example, Group};

/// The breadcrumb in the gallery.
pub const DOCS: Docs = Docs {
    name: "breadcrumb",
    title: "Breadcrumb",
    group: Group::Navigation,
    summary: "Where a page lies, above its heading.",
    good: &["Begin with the outermost thing.", "Leave out the page itself: it is the heading below."],
    bad: &["Do not show where the reader came from: that is what Back is for."],
    keys: &[],
    examples: &[
        Example {
            name: "trail",
            title: "A trail",
            view: || {
                view! {
                    <Breadcrumb trail=[("Catalog", "#breadcrumb"), ("instant-payments", "#breadcrumb"), ("settlement-engine", "#breadcrumb")].map(|(name, href)| (name.to_owned(), href.to_owned())).to_vec()/>
                }
                .into_any()
            },
        },
        Example {
            name: "long",
            title: "Long names",
            view: || {
                view! {
                    <Breadcrumb trail=[("Catalog", "#breadcrumb"), ("settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region", "#breadcrumb"), ("Zahlungsverkehrsabwicklung für Auslandsüberweisungen", "#breadcrumb"), ("خدمة تسوية المدفوعات", "#breadcrumb")].map(|(name, href)| (name.to_owned(), href.to_owned())).to_vec() label="Breadcrumb with long names"/>
                }
                .into_any()
            },
        },
    ],
};

use leptos::prelude::*;

use super::DiffView;
use crate::gallery::{Docs, Example, Group};
use crate::server::diff::compared;

/// The diff in the gallery.
pub const DOCS: Docs = Docs {
    name: "diff",
    title: "Diff",
    group: Group::Data,
    summary: "How one text became another.",
    good: &[
        "Say what is compared: the two versions, with the older one first.",
        "Draw it on the server: a page takes it as finished HTML.",
    ],
    bad: &["Do not rely on red and green: each line has its sign and its word."],
    keys: &[],
    examples: &[
        Example {
            name: "split",
            title: "Side by side where there is room",
            view: || {
                view! {
                    <DiffView label="Changes from 1.3.0 to 1.4.0" diff=compared(OLD, NEW, 2)/>
                }
                .into_any()
            },
        },
        Example {
            name: "unified",
            title: "One below the other",
            view: || {
                view! {
                    <DiffView label="Changes from 1.3.0 to 1.4.0, unified" diff=compared(OLD, NEW, 1) unified=true/>
                }
                .into_any()
            },
        },
        Example {
            name: "same",
            title: "Nothing differs",
            view: || {
                view! {
                    <DiffView label="Changes from 1.4.0 to 1.4.1" diff=compared(NEW, NEW, 3)/>
                }
                .into_any()
            },
        },
    ],
};

const OLD: &str = "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: payment-service
  title: Payment service
spec:
  owner: group:default/cloud-foundations
  type: service
  parameters:
    - title: Zahlungsverkehrsabwicklung
      required: [name]
  steps:
    - id: fetch
      action: fetch:template
    - id: publish
      action: publish:git
";

const NEW: &str = "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: payment-service
  title: Payment service with monitoring
spec:
  owner: group:default/instant-payments
  type: service
  parameters:
    - title: Zahlungsverkehrsabwicklung
      required: [name, owner]
      properties:
        name: { type: string, maxLength: 63 }
  steps:
    - id: fetch
      action: fetch:template
    - id: publish
      action: publish:git
    - id: register
      action: catalog:register
";

use leptos::prelude::*;

use super::ErrorMessage;
use crate::error::AppError;
use crate::gallery::{Docs, Example, Group};

/// The error in the gallery.
pub const DOCS: Docs = Docs {
    name: "error",
    title: "Error",
    group: Group::Messages,
    summary: "What failed, why, and what to do.",
    good: &["Keep the rest of the page where only a part failed.", "Quote the reference of a failure on our side."],
    bad: &["Do not show what a program says to another program."],
    keys: &[],
    examples: &[
        Example {
            name: "unavailable",
            title: "A part does not answer",
            view: || {
                view! {
                    <ErrorMessage error=AppError::Unavailable { what: "The catalog".into() }/>
                }
                .into_any()
            },
        },
        Example {
            name: "forbidden",
            title: "A right is missing",
            view: || {
                view! {
                    <ErrorMessage error=AppError::Forbidden { right: "refresh a location".into(), granted_by: "a platform operator".into() }><a class="pk-button" href="#error">"Ask for the right"</a></ErrorMessage>
                }
                .into_any()
            },
        },
        Example {
            name: "internal",
            title: "Our own fault",
            view: || {
                view! {
                    <ErrorMessage error=AppError::Internal { reference: "3f9c2a7e".into() }/>
                }
                .into_any()
            },
        },
    ],
};

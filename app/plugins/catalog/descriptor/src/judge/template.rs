//! The shape of a software template.

use super::shape::{Field, OBJECT, Shape, optional, required};

/// The only version that is read.
pub(crate) const API_VERSION: &str = "scaffolder.backstage.io/v1beta3";

/// The fields of a template's `spec`.
pub(crate) static FIELDS: [Field; 11] = [
    required("type", Shape::Text),
    required("steps", Shape::List(&STEP)),
    optional("owner", Shape::Text),
    optional("lifecycle", Shape::Text),
    optional("parameters", PAGES),
    optional("secrets", Shape::Object(&[optional("schema", OBJECT)], None)),
    optional("presentation", PRESENTATION),
    optional("EXPERIMENTAL_recovery", Shape::Object(&[optional("EXPERIMENTAL_strategy", Shape::AnyText)], None)),
    optional("formDecorators", DECORATORS),
    optional("EXPERIMENTAL_formDecorators", DECORATORS),
    optional("output", OUTPUT),
];

/// The pages of a form, one or several.
pub(crate) const PAGES: Shape = Shape::Pages(&[PERMISSIONS]);

/// Who may see a page or a step.
pub(crate) const PERMISSIONS: Field =
    optional("backstage:permissions", Shape::Object(&[optional("tags", Shape::List(&Shape::AnyText))], None));

static STEP: Shape = Shape::Object(
    &[
        required("action", Shape::AnyText),
        optional("id", Shape::AnyText),
        optional("name", Shape::AnyText),
        optional("input", OBJECT),
        optional("if", Shape::Condition),
        PERMISSIONS,
    ],
    None,
);

const DECORATORS: Shape =
    Shape::List(&Shape::Object(&[optional("id", Shape::AnyText), optional("input", OBJECT)], None));

const PRESENTATION: Shape = Shape::Object(
    &[optional(
        "buttonLabels",
        Shape::Object(
            &[
                optional("backButtonText", Shape::AnyText),
                optional("createButtonText", Shape::AnyText),
                optional("reviewButtonText", Shape::AnyText),
            ],
            None,
        ),
    )],
    None,
);

const OUTPUT: Shape = Shape::Object(
    &[
        optional(
            "links",
            Shape::List(&Shape::Object(
                &[
                    optional("if", Shape::Condition),
                    optional("url", Shape::Text),
                    optional("entityRef", Shape::Text),
                    optional("title", Shape::Text),
                    optional("icon", Shape::Text),
                ],
                None,
            )),
        ),
        optional(
            "text",
            Shape::List(&Shape::Object(
                &[
                    optional("if", Shape::Condition),
                    optional("title", Shape::Text),
                    optional("icon", Shape::Text),
                    optional("content", Shape::AnyText),
                ],
                None,
            )),
        ),
    ],
    Some(&Shape::AnyText),
);

//! The rules of each kind that is built in.

use serde_json::Value;

use super::{
    Errors, golden_path,
    shape::{Field, OBJECT, Shape, TEXTS, missing, optional, required},
    template,
};

/// The rules of one kind.
pub(crate) struct Rules {
    pub fields: &'static [Field],
    /// Fields of `spec` that are known but have no rule of their own.
    pub also_known: &'static [&'static str],
    further: Option<fn(&Value, &mut Errors)>,
}

/// The rules for a kind at a version.
pub(crate) fn rules(api_version: &str, kind: &str) -> Option<&'static Rules> {
    match (api_version, kind) {
        (template::API_VERSION, "Template") => Some(&TEMPLATE),
        ("backstage.io/v1beta1", "GoldenPath") => Some(&GOLDEN_PATH),
        ("backstage.io/v1alpha1" | "backstage.io/v1beta1", kind) => {
            CORE.iter().find(|(name, _)| *name == kind).map(|(_, rules)| rules)
        }
        _ => None,
    }
}

/// Whether rules are built in for some version of the kind.
pub(crate) fn is_built_in(kind: &str) -> bool {
    matches!(kind, "Template" | "GoldenPath") || CORE.iter().any(|(name, _)| *name == kind)
}

impl Rules {
    /// Notes every error in an entity's `spec`.
    pub fn check(&self, spec: Option<&Value>, errors: &mut Errors) {
        static SPEC: Field = required("spec", OBJECT);
        match spec {
            // That it is an object was checked with the envelope.
            Some(spec) if spec.is_object() => {
                Shape::Object(self.fields, None).check(spec, "/spec", errors);
                if let Some(further) = self.further {
                    further(spec, errors);
                }
            }
            Some(_) => {}
            None => missing("", &SPEC, errors),
        }
    }
}

const fn core(fields: &'static [Field], also_known: &'static [&'static str]) -> Rules {
    Rules { fields, also_known, further: None }
}

static TEMPLATE: Rules = core(&template::FIELDS, &["system", "version"]);

static GOLDEN_PATH: Rules = Rules {
    fields: &golden_path::FIELDS,
    also_known: &["version", "lifecycle", "system"],
    further: Some(golden_path::check_steps),
};

const PROFILE: Shape = Shape::Object(
    &[optional("displayName", Shape::Text), optional("email", Shape::Text), optional("picture", Shape::Text)],
    None,
);

static CORE: [(&str, Rules); 8] = [
    (
        "Component",
        core(
            &[
                required("type", Shape::Text),
                required("lifecycle", Shape::Text),
                required("owner", Shape::Text),
                optional("system", Shape::Text),
                optional("subcomponentOf", Shape::Text),
                optional("providesApis", TEXTS),
                optional("consumesApis", TEXTS),
                optional("dependsOn", TEXTS),
            ],
            &["dependencyOf"],
        ),
    ),
    (
        "API",
        core(
            &[
                required("type", Shape::Text),
                required("lifecycle", Shape::Text),
                required("owner", Shape::Text),
                required("definition", Shape::Text),
                optional("system", Shape::Text),
            ],
            &[],
        ),
    ),
    (
        "Resource",
        core(
            &[
                required("type", Shape::Text),
                required("owner", Shape::Text),
                optional("system", Shape::Text),
                optional("dependsOn", TEXTS),
            ],
            &["dependencyOf", "lifecycle"],
        ),
    ),
    (
        "System",
        core(
            &[required("owner", Shape::Text), optional("domain", Shape::Text), optional("type", Shape::Text)],
            &["lifecycle"],
        ),
    ),
    (
        "Domain",
        core(
            &[required("owner", Shape::Text), optional("subdomainOf", Shape::Text), optional("type", Shape::Text)],
            &["lifecycle"],
        ),
    ),
    (
        "Group",
        core(
            &[
                required("type", Shape::Text),
                required("children", TEXTS),
                optional("parent", Shape::Text),
                optional("members", TEXTS),
                optional("profile", PROFILE),
            ],
            &[],
        ),
    ),
    ("User", core(&[required("memberOf", TEXTS), optional("profile", PROFILE)], &[])),
    (
        "Location",
        core(
            &[
                optional("type", Shape::Text),
                optional("target", Shape::Text),
                optional("targets", TEXTS),
                optional("presence", Shape::OneOf(&["required", "optional"])),
            ],
            &[],
        ),
    ),
];

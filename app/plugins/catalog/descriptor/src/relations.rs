//! The relations that an entity's fields declare.

use serde_json::Value;

use crate::{EntityRef, RefError, entity_ref::DEFAULT_NAMESPACE, pointer};

/// A relation from the entity to another, with the name of its reverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// What the entity is to the target, such as `ownedBy`.
    pub kind: &'static str,
    /// What the target is to the entity, such as `ownerOf`.
    pub inverse: &'static str,
    /// The other entity.
    pub target: EntityRef,
    /// The JSON pointer of the field that says so.
    pub pointer: String,
}

/// The relations that an entity declares; references that cannot be read are left out.
pub fn relations(value: &Value) -> Vec<Relation> {
    let written = references(value).into_iter();
    written
        .filter_map(|reference| {
            let Field { kind, inverse, .. } = *reference.field;
            Some(Relation { kind, inverse, target: reference.target.ok()?, pointer: reference.pointer })
        })
        .collect()
}

/// A reference as it is written, readable or not.
pub(crate) struct Reference {
    pub field: &'static Field,
    pub target: Result<EntityRef, RefError>,
    pub pointer: String,
}

/// A field of `spec` that holds references.
pub(crate) struct Field {
    pub name: &'static str,
    default_kind: Option<&'static str>,
    kind: &'static str,
    inverse: &'static str,
}

/// Every reference in an entity's relation fields.
pub(crate) fn references(value: &Value) -> Vec<Reference> {
    let Some(kind) = value.get("kind").and_then(Value::as_str) else { return Vec::new() };
    let namespace = value.pointer("/metadata/namespace").and_then(Value::as_str).filter(|text| !text.is_empty());
    let namespace = namespace.unwrap_or(DEFAULT_NAMESPACE);
    let Some(spec) = value.get("spec") else { return Vec::new() };
    let mut found = Vec::new();
    for field in fields(kind) {
        let Some(content) = spec.get(field.name) else { continue };
        let pointer = pointer::child("/spec", field.name);
        match content {
            Value::String(text) => found.extend(reference(field, text, namespace, pointer)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Value::String(text) = item {
                        let pointer = pointer::child(&pointer, &index.to_string());
                        found.extend(reference(field, text, namespace, pointer));
                    }
                }
            }
            _ => {}
        }
    }
    if kind == "GoldenPath" {
        let steps = spec.get("steps").and_then(Value::as_array).into_iter().flatten();
        for (index, step) in steps.enumerate() {
            if let Some(Value::String(template)) = step.get("template") {
                let pointer = format!("/spec/steps/{index}/template");
                found.extend(reference(&STEP_TEMPLATE, without_range(template), namespace, pointer));
            }
        }
    }
    found
}

const OWNER: Field = field("owner", Some("Group"), "ownedBy", "ownerOf");
const SYSTEM: Field = field("system", Some("System"), "partOf", "hasPart");
const DEPENDS_ON: Field = field("dependsOn", None, "dependsOn", "dependencyOf");
const DEPENDENCY_OF: Field = field("dependencyOf", None, "dependencyOf", "dependsOn");

static COMPONENT: [Field; 7] = [
    OWNER,
    field("subcomponentOf", Some("Component"), "partOf", "hasPart"),
    field("providesApis", Some("API"), "providesApi", "apiProvidedBy"),
    field("consumesApis", Some("API"), "consumesApi", "apiConsumedBy"),
    DEPENDS_ON,
    DEPENDENCY_OF,
    SYSTEM,
];
static RESOURCE: [Field; 4] = [OWNER, DEPENDS_ON, DEPENDENCY_OF, SYSTEM];
static SYSTEM_FIELDS: [Field; 2] = [OWNER, field("domain", Some("Domain"), "partOf", "hasPart")];
static DOMAIN: [Field; 2] = [OWNER, field("subdomainOf", Some("Domain"), "partOf", "hasPart")];
static USER: [Field; 1] = [field("memberOf", Some("Group"), "memberOf", "hasMember")];
static GROUP: [Field; 3] = [
    field("parent", Some("Group"), "childOf", "parentOf"),
    field("children", Some("Group"), "parentOf", "childOf"),
    field("members", Some("User"), "hasMember", "memberOf"),
];
static OTHER: [Field; 2] = [OWNER, SYSTEM];
static STEP_TEMPLATE: Field = field("template", Some("Template"), "dependsOn", "dependencyOf");

const fn field(
    name: &'static str,
    default_kind: Option<&'static str>,
    kind: &'static str,
    inverse: &'static str,
) -> Field {
    Field { name, default_kind, kind, inverse }
}

/// The relation fields of a kind; a kind without rules of its own has an owner and a system.
fn fields(kind: &str) -> &'static [Field] {
    match kind {
        "Component" => &COMPONENT,
        "Resource" => &RESOURCE,
        "System" => &SYSTEM_FIELDS,
        "Domain" => &DOMAIN,
        "User" => &USER,
        "Group" => &GROUP,
        "Location" => &[],
        _ => &OTHER,
    }
}

fn reference(field: &'static Field, text: &str, namespace: &str, pointer: String) -> Option<Reference> {
    // An empty text is an error of its own, and an expression is no reference yet.
    if text.is_empty() || text.contains("${{") {
        return None;
    }
    Some(Reference { field, target: EntityRef::parse(text, field.default_kind, namespace), pointer })
}

/// A golden path's step may name a range of versions after its template: `template:default/team-creation@^1.2`.
fn without_range(template: &str) -> &str {
    template.split_once('@').map_or(template, |(template, _)| template)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: &Value) -> Vec<String> {
        let line = |r: Relation| format!("{} {} {} {}", r.pointer, r.kind, r.inverse, r.target);
        relations(value).into_iter().map(line).collect()
    }

    #[test]
    fn a_component() {
        let component = json!({"kind": "Component", "metadata": {"name": "pay", "namespace": "Acme"}, "spec": {
            "owner": "team-a", "system": "default/payments", "subcomponentOf": "core", "providesApis": ["pay-api"],
            "consumesApis": ["api:x/y"], "dependsOn": ["resource:db", "bare"], "dependencyOf": ["component:web"],
        }});
        insta::assert_snapshot!(written(&component).join("\n"), @"
        /spec/owner ownedBy ownerOf group:acme/team-a
        /spec/subcomponentOf partOf hasPart component:acme/core
        /spec/providesApis/0 providesApi apiProvidedBy api:acme/pay-api
        /spec/consumesApis/0 consumesApi apiConsumedBy api:x/y
        /spec/dependsOn/0 dependsOn dependencyOf resource:acme/db
        /spec/dependencyOf/0 dependencyOf dependsOn component:acme/web
        /spec/system partOf hasPart system:default/payments
        ");
    }

    #[test]
    fn groups_and_users() {
        let group = json!({"kind": "Group", "metadata": {"name": "a"}, "spec": {
            "type": "team", "parent": "root", "children": ["b"], "members": ["ann"]}});
        insta::assert_snapshot!(written(&group).join("\n"), @"
        /spec/parent childOf parentOf group:default/root
        /spec/children/0 parentOf childOf group:default/b
        /spec/members/0 hasMember memberOf user:default/ann
        ");
        let user = json!({"kind": "User", "metadata": {"name": "ann"}, "spec": {"memberOf": ["a"]}});
        assert_eq!(written(&user), ["/spec/memberOf/0 memberOf hasMember group:default/a"]);
    }

    #[test]
    fn a_golden_path_depends_on_its_templates() {
        let path = json!({"kind": "GoldenPath", "metadata": {"name": "p"}, "spec": {
            "owner": "user:ann", "steps": [{"template": "template:default/team@^1.2"}, {"kind": "task"}]}});
        insta::assert_snapshot!(written(&path).join("\n"), @"
        /spec/owner ownedBy ownerOf user:default/ann
        /spec/steps/0/template dependsOn dependencyOf template:default/team
        ");
    }

    #[test]
    fn a_kind_without_rules_has_an_owner_and_a_system() {
        let other = json!({"kind": "Robot", "metadata": {"name": "r"}, "spec": {"owner": "a", "system": {"x": 1}}});
        assert_eq!(written(&other), ["/spec/owner ownedBy ownerOf group:default/a"]);
        assert!(written(&json!("text")).is_empty());
    }
}

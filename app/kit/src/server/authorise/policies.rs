//! Policies: read from text, checked, and laid out so that a decision looks only at those that can concern it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use cedar_policy::pst::{
    self, ActionConstraint, Clause, EntityOrSlot, EntityUID, Expr, Literal, PrincipalConstraint, Template, Var,
};
use cedar_policy::{
    Effect, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId, PolicySet, Schema, ValidationMode,
    Validator,
};
use miette::Diagnostic;

use super::schema::{self, ADMINISTRATORS};
use super::{Who, subset};
use crate::plugin::Permission;

/// A file with policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is called where something is wrong with it.
    pub name: String,
    /// What is in it, in Cedar's language.
    pub text: String,
}

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// The name of the file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// One policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its `@id`.
    pub name: String,
    /// Its `@description`; may be empty.
    pub description: String,
    /// Its `@granted_by`: who can see to it that it covers somebody; may be empty.
    pub granted_by: String,
    /// Whether it forbids; else it permits.
    pub forbids: bool,
    /// The file that it stands in.
    pub file: String,
    /// The line that it begins at, from 1.
    pub line: usize,
    /// As it was written.
    pub text: String,
}

/// All policies in force.
#[derive(Debug, Default)]
pub(super) struct Policies {
    pub list: Vec<Arc<Policy>>,
    by_action: HashMap<&'static str, Rules>,
    undeclared: Rules,
}

/// The policies that can concern one action.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// The action with the groups that it is in.
    pub action: Vec<String>,
    /// The same, as policies see it.
    pub entities: Entities,
    /// By the one person, service or group that a policy is about; those about several or all are under `None`.
    sets: HashMap<Option<EntityUid>, PolicySet>,
    /// The groups that the policies name: whether somebody is in any other plays no part, but for the owner of the thing at hand.
    pub groups: HashSet<String>,
    /// Each of them, to be compiled into conditions.
    pub compiled: Vec<(Arc<Policy>, Arc<Template>)>,
}

impl Policies {
    /// Those of the texts, if nothing is wrong with any of them.
    pub fn new(permissions: &[&'static Permission], sources: &[Source]) -> Result<Self, Vec<PolicyProblem>> {
        let schema = compile_schema(permissions)?;
        let mut problems = Vec::new();
        let mut read = Vec::new();
        for source in sources {
            match statements(source) {
                Ok(found) => read.extend(found),
                Err(found) => problems.extend(found),
            }
        }
        let mut names = HashSet::new();
        problems.extend(read.iter().filter_map(|each| each.misnamed(&mut names)));
        // A mistake that the schema shows would look like something else to the checks after it.
        if problems.is_empty() {
            problems = validate(schema, &read);
        }
        if problems.is_empty() {
            problems = read.iter().flat_map(|each| each.problems(permissions)).collect();
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            by_action: permissions.iter().map(|each| (each.action, Rules::of(Some(each), &read))).collect(),
            undeclared: Rules::of(None, &read),
            list: read.into_iter().map(|each| each.policy).collect(),
        })
    }

    /// What concerns an action; for one that no plugin declares, what is said of every action.
    pub fn about(&self, action: &str) -> &Rules {
        self.by_action.get(action).unwrap_or(&self.undeclared)
    }

    pub fn named(&self, name: &str) -> Option<&Arc<Policy>> {
        self.list.iter().find(|policy| policy.name == name)
    }
}

impl Rules {
    fn of(permission: Option<&Permission>, all: &[Statement]) -> Self {
        let mut action = Vec::new();
        if let Some(permission) = permission {
            action.push(permission.action.to_owned());
            action.extend(schema::groups_of(permission));
        }
        let mut rules = Self { action, ..Self::default() };
        if let Some((name, groups)) = rules.action.split_first() {
            let groups = groups.iter().map(|group| uid(Type::Action, group)).collect();
            let entity = Entity::new_no_attrs(uid(Type::Action, name), groups);
            rules.entities = Entities::from_entities([entity], None).unwrap_or_default();
        }
        for each in all.iter().filter(|each| each.covers(&rules.action)) {
            let set = rules.sets.entry(each.about()).or_default();
            // Names are unique, or the check would have said so.
            let added = set.add(each.cedar.clone());
            debug_assert!(added.is_ok(), "{added:?}");
            let literals = each.cedar.entity_literals().into_iter();
            let groups = literals.filter(|uid| uid.type_name().basename() == Type::Group.name());
            rules.groups.extend(groups.map(|uid| uid.id().unescaped().to_owned()));
            rules.compiled.push((each.policy.clone(), each.template.clone()));
        }
        rules
    }

    /// The policies that can concern somebody.
    pub fn sets(&self, who: &Who<'_>) -> impl Iterator<Item = &PolicySet> {
        let named = who.groups.iter().filter(|group| self.groups.contains(**group));
        let about = std::iter::once((who.kind, who.subject)).chain(named.map(|group| (Type::Group, *group)));
        // Most portals name few principals, so most actions need no look-up beyond the first.
        let named = (self.sets.len() > usize::from(self.sets.contains_key(&None))).then_some(about);
        let keys = std::iter::once(None).chain(named.into_iter().flatten().map(|(kind, id)| Some(uid(kind, id))));
        keys.filter_map(|key| self.sets.get(&key))
    }
}

/// The types of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Person,
    Service,
    Group,
    Thing,
    Action,
}

impl Type {
    const ALL: [Self; 5] = [Self::Person, Self::Service, Self::Group, Self::Thing, Self::Action];

    /// Its name in policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "Person",
            Self::Service => "Service",
            Self::Group => "Group",
            Self::Thing => "Thing",
            Self::Action => "Action",
        }
    }
}

/// An entity's name as Cedar has it.
pub(super) fn uid(kind: Type, id: &str) -> EntityUid {
    static NAMES: LazyLock<[EntityTypeName; 5]> =
        LazyLock::new(|| Type::ALL.map(|each| each.name().parse().expect("a type of the schema")));
    EntityUid::from_type_name_and_id(NAMES[kind as usize].clone(), EntityId::new(id))
}

/// A policy as it was read.
struct Statement {
    policy: Arc<Policy>,
    cedar: cedar_policy::Policy,
    template: Arc<Template>,
    /// Where it begins in its file, in bytes.
    start: usize,
    source: Source,
}

impl Statement {
    /// Whether it covers an action with these names: its own and its groups'.
    fn covers(&self, action: &[String]) -> bool {
        match &self.template.action {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(uid) => action.first().is_some_and(|name| uid.eid == name),
            ActionConstraint::In(uids) => uids.iter().any(|uid| action.iter().any(|name| uid.eid == name)),
        }
    }

    /// The one that it is about.
    fn about(&self) -> Option<EntityUid> {
        match self.cedar.principal_constraint() {
            cedar_policy::PrincipalConstraint::Eq(uid)
            | cedar_policy::PrincipalConstraint::In(uid)
            | cedar_policy::PrincipalConstraint::IsIn(_, uid) => Some(uid),
            cedar_policy::PrincipalConstraint::Any | cedar_policy::PrincipalConstraint::Is(_) => None,
        }
    }

    /// What is wrong with its name, if anything.
    fn misnamed(&self, names: &mut HashSet<String>) -> Option<PolicyProblem> {
        let name = &self.policy.name;
        let message = if name.is_empty() {
            "the policy has no name; begin it with @id(\"…\"), by which decisions and refusals quote it".to_owned()
        } else if names.insert(name.clone()) {
            return None;
        } else {
            format!("another policy is called {name:?} as well")
        };
        Some(self.source.problem(self.start, message))
    }

    /// What is wrong beyond what the schema says.
    fn problems(&self, permissions: &[&'static Permission]) -> Vec<PolicyProblem> {
        let mut found = Vec::new();
        if let PrincipalConstraint::Eq(EntityOrSlot::Entity(uid))
        | PrincipalConstraint::In(EntityOrSlot::Entity(uid))
        | PrincipalConstraint::IsIn(_, EntityOrSlot::Entity(uid)) = &self.template.principal
        {
            found.extend(misnamed(uid));
        }
        for clause in self.template.clauses() {
            let (Clause::When(expr) | Clause::Unless(expr)) = clause;
            pitfalls(expr, &mut found);
        }
        let nobody = Who { kind: Type::Person, subject: "", groups: Vec::new() };
        let reading = permissions.iter().filter(|each| !each.writes).find_map(|each| {
            let mut action = vec![each.action.to_owned()];
            action.extend(schema::groups_of(each));
            self.covers(&action).then_some((each.action, action))
        });
        if let Some((name, action)) = reading
            && let Err(reason) = subset::condition(&self.template, &nobody, &action)
        {
            found.push(format!(
                "the policy covers reading ({name}), where lists are filtered by the database: {reason}"
            ));
        }
        found.into_iter().map(|message| self.source.problem(self.start, message)).collect()
    }
}

impl Source {
    /// A problem at a place, in bytes.
    fn problem(&self, at: usize, message: String) -> PolicyProblem {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        PolicyProblem {
            file: self.name.clone(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1,
            message,
        }
    }
}

/// What an expression asks for that would never hold, or always, without anybody noticing.
fn pitfalls(expr: &Expr, found: &mut Vec<String>) {
    match expr {
        Expr::Literal(Literal::EntityUID(uid)) => found.extend(misnamed(uid)),
        Expr::HasAttr { .. } => {
            found.push(format!(
                "`{expr}` says nothing: every attribute is there, and empty where the thing has none; compare with \"\""
            ));
        }
        Expr::BinaryOp { op: pst::BinaryOp::In, left, .. }
            if !matches!(**left, Expr::Var(Var::Principal | Var::Action | Var::Resource)) =>
        {
            found.push(format!(
                "`{expr}` cannot be answered: a decision knows the groups of the principal alone; compare with =="
            ));
        }
        _ => {}
    }
    let inner: Vec<&Arc<Expr>> = match expr {
        Expr::UnaryOp { expr, .. }
        | Expr::GetAttr { expr, .. }
        | Expr::HasAttr { expr, .. }
        | Expr::Like { expr, .. } => {
            vec![expr]
        }
        Expr::BinaryOp { left, right, .. } => vec![left, right],
        Expr::Is { expr, in_expr, .. } => std::iter::once(expr).chain(in_expr).collect(),
        Expr::IfThenElse { cond, then_expr, else_expr } => vec![cond, then_expr, else_expr],
        Expr::Set(all) => all.iter().collect(),
        Expr::Record(fields) => fields.values().collect(),
        _ => Vec::new(),
    };
    inner.into_iter().for_each(|expr| pitfalls(expr, found));
}

/// Why nobody and nothing can have this name, if that is so: names are compared to the letter.
fn misnamed(uid: &EntityUID) -> Option<String> {
    let name = uid.eid.as_str();
    let (fits, like) = match uid.ty.to_string().as_str() {
        "Group" => {
            (name.is_empty() || name == ADMINISTRATORS || is_ref(name, &["group", "user"]), "group:default/payments")
        }
        "Person" => (is_ref(name, &["user"]) || name.starts_with("person:"), "user:default/jane"),
        "Service" => (name.starts_with("service:"), "service:deployer"),
        _ => return None,
    };
    (!fits).then(|| {
        format!("{uid} is nobody's name: it must be a full name in lower case, such as {}::\"{like}\"", uid.ty)
    })
}

/// Whether a text is a full ref in lower case, of one of the kinds.
fn is_ref(text: &str, kinds: &[&str]) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.'));
    let Some((kind, rest)) = text.split_once(':') else { return false };
    kinds.contains(&kind) && rest.split_once('/').is_some_and(|(namespace, name)| part(namespace) && part(name))
}

fn compile_schema(permissions: &[&'static Permission]) -> Result<Schema, Vec<PolicyProblem>> {
    let text = schema::text(permissions);
    match Schema::from_cedarschema_str(&text) {
        Ok((schema, _)) => Ok(schema),
        Err(error) => Err(vec![Source { name: "the schema".into(), text }.problem(0, error.to_string())]),
    }
}

/// The policies of a file.
fn statements(source: &Source) -> Result<Vec<Statement>, Vec<PolicyProblem>> {
    let whole = PolicySet::from_str(&source.text).map_err(|errors| {
        errors.iter().map(|error| source.problem(place(error).unwrap_or_default(), said(error))).collect::<Vec<_>>()
    })?;
    let texts = split(&source.text);
    let read: Result<Vec<Statement>, Vec<PolicyProblem>> = texts
        .iter()
        .map(|(start, text)| {
            let cedar = cedar_policy::Policy::parse(None, text)
                .map_err(|errors| errors.iter().map(|error| source.problem(*start, said(error))).collect::<Vec<_>>())?;
            let template = cedar.to_pst().map_err(|error| vec![source.problem(*start, error.to_string())])?;
            let annotation = |key: &str| cedar.annotation(key).unwrap_or_default().to_owned();
            let policy = Policy {
                name: annotation("id"),
                description: annotation("description"),
                granted_by: annotation("granted_by"),
                forbids: cedar.effect() == Effect::Forbid,
                file: source.name.clone(),
                line: source.problem(*start, String::new()).line,
                text: (*text).to_owned(),
            };
            Ok(Statement {
                cedar: cedar.new_id(PolicyId::new(&policy.name)),
                template: Arc::new(template.body().clone()),
                policy: Arc::new(policy),
                start: *start,
                source: source.clone(),
            })
        })
        .collect();
    let read = read?;
    // Nothing that Cedar reads may be lost in the cutting.
    if read.len() != whole.num_of_policies() + whole.num_of_templates() {
        return Err(vec![source.problem(0, "the policies of this file cannot be told apart".into())]);
    }
    Ok(read)
}

/// The policies of a text and where each begins: a policy ends at a semicolon that stands in no string and no comment.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '/' if chars.peek().is_some_and(|(_, next)| *next == '/') => {
                let _comment = chars.by_ref().find(|(_, c)| matches!(c, '\n' | '\r'));
            }
            '"' => {
                start.get_or_insert(at);
                while let Some((_, c)) = chars.next()
                    && c != '"'
                {
                    if c == '\\' {
                        chars.next();
                    }
                }
            }
            ';' => {
                let start = start.take().unwrap_or(at);
                found.push((start, &text[start..=at]));
            }
            c if c.is_whitespace() => {}
            _ => {
                start.get_or_insert(at);
            }
        }
    }
    found.extend(start.map(|start| (start, text[start..].trim_end())));
    found
}

/// What Cedar says against policies by the schema, warnings included: a policy that can never hold, or a name in two scripts, is a mistake.
fn validate(schema: Schema, read: &[Statement]) -> Vec<PolicyProblem> {
    let Ok(set) = PolicySet::from_policies(read.iter().map(|each| each.cedar.clone())) else { return Vec::new() };
    let result = Validator::new(schema).validate(&set, ValidationMode::Strict);
    let problem = |id: &PolicyId, problem: &dyn Diagnostic| {
        let name: &str = id.as_ref();
        let at = read.iter().find(|each| each.policy.name == name)?;
        Some(at.source.problem(at.start + place(problem).unwrap_or_default(), said(problem)))
    };
    let errors: Vec<_> = result.validation_errors().filter_map(|error| problem(error.policy_id(), error)).collect();
    let warnings = result.validation_warnings().filter_map(|warning| problem(warning.policy_id(), warning));
    // That a policy with an error can never hold is no news.
    let mut found = if errors.is_empty() { warnings.collect() } else { errors };
    found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    found.dedup();
    found
}

/// Where the first thing that a diagnostic points at begins, in bytes.
fn place(problem: &dyn Diagnostic) -> Option<usize> {
    problem.labels()?.next().map(|label| label.offset())
}

fn said(problem: &dyn Diagnostic) -> String {
    let label = problem.labels().and_then(|mut labels| labels.next()?.label().map(str::to_owned));
    let help = problem.help().map(|help| help.to_string());
    let message = problem.to_string();
    // The place says which policy.
    let message = match message.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, ")) {
        Some((_, message)) => message.to_owned(),
        None => message,
    };
    std::iter::once(message).chain(label).chain(help).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_told_apart_as_cedar_does() {
        let text = "// a; b\n@id(\"x;\\\"\") permit (principal, action, resource); // c\n\n  forbid (principal,\n action, resource);";
        let found = split(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(&text[found[0].0..][..4], "@id(");
        assert!(found[1].1.starts_with("forbid") && found[1].1.ends_with(';'));
    }

    #[test]
    fn a_name_is_a_full_ref_in_lower_case() {
        for good in ["group:default/payments", "group:a.b/c_d-1"] {
            assert!(is_ref(good, &["group"]), "{good}");
        }
        for bad in [
            "group:default/Payments",
            "Group:default/payments",
            "group:payments",
            "payments",
            "group:default/pаyments",
            "group:a/b/c",
        ] {
            assert!(!is_ref(bad, &["group"]), "{bad}");
        }
    }
}

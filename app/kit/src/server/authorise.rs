//! The one gate: may this caller do this to that?
//!
//! Decisions are made by policies in Cedar's language: a permit that holds allows, a forbid that holds wins, and what no policy allows is refused.
//! What a token's scopes do not cover is refused before any policy is asked. `docs/access.md` explains it to those who write policies.

mod policies;
mod schema;
mod subset;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use cedar_policy::pst::EntityUID;
use cedar_policy::{AuthorizationError, Authorizer, Context, Entity, Request, RestrictedExpression};

use crate::error::AppError;
use crate::identity::{Caller, Principal, PrincipalKind};
use crate::plugin::Permission;

pub use policies::{Policy, PolicyProblem, Source};
pub use schema::ADMINISTRATORS;

use policies::{Policies, Rules, Type, uid};

/// Who can grant a right where no policy says so.
const GRANTED_BY: &str = "an administrator of the portal";

/// Decides by the policies in force. The one by `default` knows no policy and no action, and lets the operator and the portal itself pass alone.
#[derive(Debug, Default)]
pub struct Gate {
    permissions: Vec<&'static Permission>,
    policies: ArcSwap<Policies>,
}

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Why it is allowed or refused.
    pub because: Because,
    /// The names of the policies that decided, in order.
    pub by: Vec<String>,
    /// What could not be evaluated: such a policy allows nothing, and forbids.
    pub errors: Vec<String>,
}

/// Why something is allowed or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Whoever runs the portal's commands, and the portal itself, are not subject to policies.
    Operator,
    /// A policy permits it.
    Permitted,
    /// Nobody is signed in.
    SignedOut,
    /// No scope of the token covers the action.
    Scope,
    /// A policy forbids it.
    Forbidden,
    /// No policy permits it.
    NoPolicy,
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// No thing in particular. For an action that reads: is there anything that the caller might see? The list is then filtered. For one
    /// that writes: a thing without attributes.
    All,
    /// One thing, by its ref or id. A policy that asks for anything else of it does not permit, and forbids.
    One(&'a str),
    /// One thing with what policies may ask of it.
    Known(&'a Attributes<'a>),
}

/// What policies may ask of a thing; empty where the thing has no such attribute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// Its ref or id.
    pub id: &'a str,
    /// Its kind, in lower case, such as `component`.
    pub kind: &'a str,
    /// Its namespace, in lower case.
    pub namespace: &'a str,
    /// Its type, such as `service`.
    pub r#type: &'a str,
    /// Where it is in its life, such as `production`.
    pub lifecycle: &'a str,
    /// The canonical ref of the group or person that owns it.
    pub owner: &'a str,
}

/// A thing as policies see it, where somebody asks what would be decided about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thing {
    /// Its ref or id.
    pub id: String,
    /// As in [`Attributes`].
    pub kind: String,
    /// As in [`Attributes`].
    pub namespace: String,
    /// As in [`Attributes`].
    pub r#type: String,
    /// As in [`Attributes`].
    pub lifecycle: String,
    /// As in [`Attributes`].
    pub owner: String,
}

/// Knows things by their ref: answered by whatever plugin holds them.
#[async_trait]
pub trait Describe: Send + Sync + 'static {
    /// The thing with this ref or id, if there is one that `caller` may see.
    async fn describe(&self, caller: &Caller, id: &str) -> Result<Option<Thing>, AppError>;
}

/// Which things of a kind a caller may see: a condition on their attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Every one.
    All,
    /// None.
    None,
    /// Those whose attribute has one of the values.
    In(Attribute, Vec<String>),
    /// Those that meet each.
    Every(Vec<Filter>),
    /// Those that meet at least one.
    Some(Vec<Filter>),
    /// Those that do not meet it.
    Not(Box<Filter>),
}

/// An attribute that a condition may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// `Attributes::id`
    Id,
    /// `Attributes::kind`
    Kind,
    /// `Attributes::namespace`
    Namespace,
    /// `Attributes::type`
    Type,
    /// `Attributes::lifecycle`
    Lifecycle,
    /// `Attributes::owner`
    Owner,
}

impl Gate {
    /// Decides by the policies of `sources` on the actions of `permissions`. Fails with everything that is wrong with a policy.
    pub fn new(
        permissions: impl IntoIterator<Item = &'static Permission>,
        sources: &[Source],
    ) -> Result<Self, Vec<PolicyProblem>> {
        let permissions: Vec<_> = permissions.into_iter().collect();
        let policies = ArcSwap::from_pointee(Policies::new(&permissions, sources)?);
        Ok(Self { permissions, policies })
    }

    /// Puts other policies in force; where anything is wrong with one, those that are stay.
    pub fn replace(&self, sources: &[Source]) -> Result<(), Vec<PolicyProblem>> {
        self.policies.store(Arc::new(Policies::new(&self.permissions, sources)?));
        Ok(())
    }

    /// The policies in force, in order.
    pub fn policies(&self) -> Vec<Arc<Policy>> {
        self.policies.load().list.clone()
    }

    /// The actions that plugins declare, in order.
    pub fn permissions(&self) -> &[&'static Permission] {
        &self.permissions
    }

    /// What policies may speak of, in Cedar's schema language.
    pub fn schema(&self) -> String {
        schema::text(&self.permissions)
    }

    /// Lets `caller` pass or says which right is missing and who can grant it.
    pub fn authorise(&self, caller: &Caller, permission: &Permission, resource: &Resource<'_>) -> Result<(), AppError> {
        let decision = self.decide(caller, permission, resource);
        if decision.allowed() {
            return Ok(());
        }
        tracing::info!(
            action = permission.action,
            caller = caller.subject(),
            because = ?decision.because,
            policies = ?decision.by,
            errors = ?decision.errors,
            "refused"
        );
        Err(self.refusal(&decision, permission, resource))
    }

    /// Whether `caller` may do `permission` to `resource`, with the policies that decide it.
    pub fn decide(&self, caller: &Caller, permission: &Permission, resource: &Resource<'_>) -> Decision {
        let principal = match caller {
            Caller::Operator | Caller::System => return Decision::because(Because::Operator),
            Caller::Anonymous => return Decision::because(Because::SignedOut),
            Caller::Principal(principal) => principal,
        };
        if !in_scope(principal, permission) {
            return Decision::because(Because::Scope);
        }
        let policies = self.policies.load();
        let who = Who::new(principal);
        match resource {
            Resource::All if !permission.writes => anything(policies.about(permission.action), &who),
            _ => one(&policies, permission, &who, resource),
        }
    }

    /// Which things `caller` may do `permission` to, as a condition for a query: the same decision as `authorise` gives for each of them, if the
    /// action reads. For one that writes, things may be missing whose policies cannot be a condition.
    pub fn filter(&self, caller: &Caller, permission: &Permission) -> Filter {
        match caller {
            Caller::Operator | Caller::System => Filter::All,
            Caller::Anonymous => Filter::None,
            Caller::Principal(principal) if !in_scope(principal, permission) => Filter::None,
            Caller::Principal(principal) => {
                let policies = self.policies.load();
                let rules = policies.about(permission.action);
                let who = Who::new(principal);
                let (mut permits, mut forbids) = (Vec::new(), Vec::new());
                for (policy, template) in &rules.compiled {
                    let condition = subset::condition(template, &who, &rules.action);
                    if policy.forbids {
                        forbids.push(condition.unwrap_or(Filter::All));
                    } else {
                        permits.push(condition.unwrap_or(Filter::None));
                    }
                }
                Filter::every(vec![Filter::some(permits), Filter::some(forbids).not()])
            }
        }
    }

    /// What whoever is refused by `decision` is told.
    pub fn refusal(&self, decision: &Decision, permission: &Permission, resource: &Resource<'_>) -> AppError {
        if decision.because == Because::SignedOut {
            return AppError::Unauthenticated;
        }
        if decision.because == Because::Scope {
            return AppError::Forbidden {
                right: format!("{} with this token", permission.allows),
                granted_by: format!("a token with the scope {}", permission.action),
            };
        }
        let granted_by = match decision.because {
            Because::Forbidden => {
                format!("{GRANTED_BY}, by changing the policy “{}”,", decision.by.join("”, “"))
            }
            _ => self.granted_by(permission, resource),
        };
        AppError::Forbidden { right: permission.allows.to_owned(), granted_by }
    }

    /// Whoever the policies that permit an action name, with the owner of the thing in place of `{owner}`.
    fn granted_by(&self, permission: &Permission, resource: &Resource<'_>) -> String {
        let owner = match resource {
            // The command line, say, owns what it registered, and can be asked for nothing.
            Resource::Known(known) if known.owner.starts_with("user:") || known.owner.starts_with("group:") => {
                known.owner
            }
            _ => "",
        };
        let policies = self.policies.load();
        let permits = policies.about(permission.action).compiled.iter().filter(|(policy, _)| !policy.forbids);
        let texts = permits
            .map(|(policy, _)| policy.granted_by.as_str())
            .filter(|text| !text.is_empty() && (!owner.is_empty() || !text.contains("{owner}")));
        let mut named: Vec<String> = Vec::new();
        for text in texts.map(|text| text.replace("{owner}", owner)) {
            if !named.contains(&text) {
                named.push(text);
            }
        }
        if named.is_empty() { GRANTED_BY.to_owned() } else { named.join(" or ") }
    }
}

impl Decision {
    /// Whether it is allowed.
    pub fn allowed(&self) -> bool {
        matches!(self.because, Because::Operator | Because::Permitted)
    }

    fn because(because: Because) -> Self {
        Self { because, by: Vec::new(), errors: Vec::new() }
    }

    /// A forbid goes before a permit, and without a permit nothing is allowed.
    fn of(permits: BTreeSet<String>, forbids: BTreeSet<String>, errors: Vec<String>) -> Self {
        let (because, by) = match (forbids.is_empty(), permits.is_empty()) {
            (false, _) => (Because::Forbidden, forbids),
            (true, false) => (Because::Permitted, permits),
            (true, true) => (Because::NoPolicy, permits),
        };
        Self { because, by: by.into_iter().collect(), errors }
    }
}

impl Thing {
    /// What policies may ask of it.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes {
            id: &self.id,
            kind: &self.kind,
            namespace: &self.namespace,
            r#type: &self.r#type,
            lifecycle: &self.lifecycle,
            owner: &self.owner,
        }
    }
}

impl Filter {
    fn constant(holds: bool) -> Self {
        if holds { Self::All } else { Self::None }
    }

    fn within(attribute: Attribute, values: Vec<String>) -> Self {
        if values.is_empty() { Self::None } else { Self::In(attribute, values) }
    }

    fn every(mut all: Vec<Self>) -> Self {
        all.retain(|each| *each != Self::All);
        if all.contains(&Self::None) {
            return Self::None;
        }
        if all.len() > 1 { Self::Every(all) } else { all.pop().unwrap_or(Self::All) }
    }

    fn some(mut any: Vec<Self>) -> Self {
        any.retain(|each| *each != Self::None);
        if any.contains(&Self::All) {
            return Self::All;
        }
        if any.len() > 1 { Self::Some(any) } else { any.pop().unwrap_or(Self::None) }
    }

    fn not(self) -> Self {
        match self {
            Self::All => Self::None,
            Self::None => Self::All,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

impl Attribute {
    const ALL: [(&'static str, Self); 5] = [
        ("kind", Self::Kind),
        ("namespace", Self::Namespace),
        ("type", Self::Type),
        ("lifecycle", Self::Lifecycle),
        ("owner", Self::Owner),
    ];

    /// The one that policies call `resource.<name>`.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(each, _)| *each == name).map(|(_, attribute)| *attribute)
    }
}

/// Whether a token's scope covers an action.
pub fn covers(scope: &str, action: &str) -> bool {
    match scope.strip_suffix('*') {
        Some(prefix) => action.starts_with(prefix),
        None => scope == action,
    }
}

/// A principal as policies see it.
struct Who<'a> {
    kind: Type,
    subject: &'a str,
    /// Itself as a group of one, the groups of the organisation that it is in, and the administrators where it is one of them.
    groups: Vec<&'a str>,
}

impl<'a> Who<'a> {
    fn new(principal: &'a Principal) -> Self {
        let kind = match principal.kind {
            PrincipalKind::Person => Type::Person,
            PrincipalKind::Service => Type::Service,
        };
        // Whatever a token or a descriptor calls a group, only a ref of a group is one: none can pass for a person or for the administrators.
        let groups = principal.groups.iter().map(String::as_str).filter(|group| group.starts_with("group:"));
        let itself = Some(principal.subject.as_str()).filter(|subject| !subject.is_empty());
        let groups =
            itself.into_iter().chain(groups).chain(principal.administrator.then_some(ADMINISTRATORS)).collect();
        Self { kind, subject: &principal.subject, groups }
    }

    fn is(&self, uid: &EntityUID) -> bool {
        uid.eid == self.subject && uid.ty.to_string() == self.kind.name()
    }

    fn is_in(&self, uid: &EntityUID) -> bool {
        self.is(uid) || self.groups.iter().any(|group| uid.eid == *group) && uid.ty.to_string() == Type::Group.name()
    }
}

fn in_scope(principal: &Principal, permission: &Permission) -> bool {
    principal.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| covers(scope, permission.action)))
}

/// Whether there may be anything that somebody sees.
fn anything(rules: &Rules, who: &Who<'_>) -> Decision {
    let (mut permits, mut forbids, mut errors) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (policy, template) in &rules.compiled {
        match subset::condition(template, who, &rules.action) {
            Ok(condition) if policy.forbids && condition == Filter::All => drop(forbids.insert(policy.name.clone())),
            Ok(condition) if !policy.forbids && condition != Filter::None => drop(permits.insert(policy.name.clone())),
            Ok(_) => {}
            // The check lets no such policy in.
            Err(reason) => errors.push(reason),
        }
    }
    Decision::of(permits, forbids, errors)
}

/// What the policies say of one thing.
fn one(policies: &Policies, permission: &Permission, who: &Who<'_>, resource: &Resource<'_>) -> Decision {
    let rules = policies.about(permission.action);
    let (mut permits, mut forbids, mut errors) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let nothing = Attributes::default();
    let (id, known) = match resource {
        Resource::All => ("", Some(&nothing)),
        Resource::One(id) => (*id, None),
        Resource::Known(known) => (known.id, Some(*known)),
    };
    let principal = uid(who.kind, who.subject);
    let thing = uid(Type::Thing, id);
    let owner = known.map_or("", |known| known.owner);
    let parents = who.groups.iter().filter(|group| **group == owner || rules.groups.contains(**group));
    let parents = parents.map(|group| uid(Type::Group, group)).collect();
    let attributes = known.map(attributes_of).unwrap_or_default();
    let asked = Entity::new(thing.clone(), attributes, [].into())
        .map_err(|error| error.to_string())
        .and_then(|thing| {
            let entities = [Entity::new_no_attrs(principal.clone(), parents), thing];
            rules.entities.clone().add_entities(entities, None).map_err(|error| error.to_string())
        })
        .and_then(|entities| {
            let action = uid(Type::Action, permission.action);
            let request = Request::new(principal, action, thing, Context::empty(), None);
            Ok((request.map_err(|error| error.to_string())?, entities))
        });
    let (request, entities) = match asked {
        Ok(asked) => asked,
        Err(error) => return Decision { errors: vec![error], ..Decision::because(Because::NoPolicy) },
    };
    let authorizer = Authorizer::new();
    for set in rules.sets(who) {
        let response = authorizer.is_authorized(&request, set, &entities);
        for name in response.diagnostics().reason() {
            let decided = match response.decision() {
                cedar_policy::Decision::Allow => &mut permits,
                cedar_policy::Decision::Deny => &mut forbids,
            };
            decided.insert(AsRef::<str>::as_ref(name).to_owned());
        }
        for AuthorizationError::PolicyEvaluationError(error) in response.diagnostics().errors() {
            let name: &str = error.policy_id().as_ref();
            if policies.named(name).is_none_or(|policy| policy.forbids) {
                forbids.insert(name.to_owned());
            }
            errors.push(error.to_string());
        }
    }
    Decision::of(permits, forbids, errors)
}

fn attributes_of(thing: &Attributes<'_>) -> HashMap<String, RestrictedExpression> {
    let all = Attribute::ALL.iter().map(|(name, attribute)| {
        let value = attribute.of(thing);
        let value = match attribute {
            Attribute::Owner => RestrictedExpression::new_entity_uid(uid(Type::Group, value)),
            _ => RestrictedExpression::new_string(value.to_owned()),
        };
        ((*name).to_owned(), value)
    });
    all.collect()
}

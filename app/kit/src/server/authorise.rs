//! The one gate: may this caller do this to that?

use super::filter::Fixed;
use crate::error::AppError;
use crate::identity::Caller;
use crate::plugin::Permission;

/// Who can grant a right, as refusals say it.
const GRANTED_BY: &str = "an administrator of the portal";

/// Decides by the policies in force.
#[derive(Debug, Default)]
pub struct Gate {
    /// What decides in place of the policies.
    pub fixed: Fixed,
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// All things of the kind that the action names.
    All,
    /// One thing, by its ref or id.
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
    /// Lets `caller` pass or says which right is missing and who can grant it.
    pub fn authorise(&self, caller: &Caller, permission: &Permission, resource: &Resource<'_>) -> Result<(), AppError> {
        let principal = match caller {
            Caller::Operator | Caller::System => return Ok(()),
            Caller::Anonymous => return Err(AppError::Unauthenticated),
            Caller::Principal(principal) => principal,
        };
        let in_scope =
            principal.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| covers(scope, permission.action)));
        let owns = matches!(resource, Resource::Known(known) if principal.subject == known.owner || principal.is_in(known.owner));
        let decided = self.fixed.decides(permission.action, resource);
        if in_scope && decided.unwrap_or(!permission.writes || principal.administrator || owns) {
            return Ok(());
        }
        tracing::info!(action = permission.action, caller = caller.subject(), "refused");
        Err(AppError::Forbidden { right: permission.allows.to_owned(), granted_by: GRANTED_BY.to_owned() })
    }

    /// Which things `caller` may do `permission` to, as a condition for a query: the same decision as `authorise` gives for each of them.
    pub fn filter(&self, caller: &Caller, permission: &Permission) -> Filter {
        if self.authorise(caller, permission, &Resource::All).is_err() {
            return Filter::None;
        }
        match caller {
            Caller::Principal(_) => self.fixed.of(permission.action).unwrap_or(Filter::All),
            _ => Filter::All,
        }
    }
}

/// Whether a token's scope covers an action.
pub fn covers(scope: &str, action: &str) -> bool {
    match scope.strip_suffix('*') {
        Some(prefix) => action.starts_with(prefix),
        None => scope == action,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Permission = Permission { action: "a.b.read", allows: "read", writes: false };

    #[test]
    fn nobody_signed_in_means_nothing_allowed() {
        let gate = Gate::default();
        assert_eq!(gate.authorise(&Caller::Anonymous, &READ, &Resource::All), Err(AppError::Unauthenticated));
        assert_eq!(gate.authorise(&Caller::Operator, &READ, &Resource::One("x")), Ok(()));
    }
}

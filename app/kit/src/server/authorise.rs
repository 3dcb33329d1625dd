//! The one gate: may this caller do this to that?

use crate::error::AppError;
use crate::identity::Caller;
use crate::plugin::Permission;

/// Lets `caller` pass or says which right is missing and who can grant it.
///
/// Until sign-in exists there are two callers that may do everything (the local operator, who owns the machine, and the
/// portal itself) and one that may do nothing.
pub fn authorise(caller: &Caller, permission: &Permission, _resource: &Resource<'_>) -> Result<(), AppError> {
    match caller {
        Caller::LocalOperator | Caller::System => Ok(()),
        Caller::Anonymous => Err(AppError::Unauthenticated),
    }
    .inspect_err(|_| tracing::info!(action = permission.action, caller = caller.subject(), "refused"))
}

/// What an action is done to.
#[derive(Debug)]
pub enum Resource<'a> {
    /// All things of the kind that the action names.
    All,
    /// One thing, by its ref or id.
    One(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Permission = Permission { action: "a.b.read", allows: "read", writes: false };

    #[test]
    fn nobody_signed_in_means_nothing_allowed() {
        assert_eq!(authorise(&Caller::Anonymous, &READ, &Resource::All), Err(AppError::Unauthenticated));
        assert_eq!(authorise(&Caller::LocalOperator, &READ, &Resource::One("x")), Ok(()));
    }
}

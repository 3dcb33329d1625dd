//! Policies for reading as conditions on attributes: with principal and action known, what is left of a policy asks for the resource alone.

use cedar_policy::pst::{
    BinaryOp, Clause, EntityOrSlot, EntityUID, Expr, Literal, PrincipalConstraint, ResourceConstraint, Template,
    UnaryOp, Var,
};

use super::{Attribute, Filter, Who};

/// What a condition on a text or an owner is written as.
const HINT: &str = "write it with resource.kind, .namespace, .type, .lifecycle and .owner, principal, action, resource == Thing::\"…\", \
     ==, !=, [\"…\"].contains(…), in, is, &&, || and !";

/// For which things `policy` speaks when `who` does an action with these names (its own and its groups'); an error says which expression
/// lies outside the subset.
pub(super) fn condition(policy: &Template, who: &Who<'_>, action: &[String]) -> Result<Filter, String> {
    let at = At { who, action };
    let mut all = vec![at.principal(&policy.principal)?, resource(&policy.resource)?];
    for clause in policy.clauses() {
        all.push(match clause {
            Clause::When(expr) => at.boolean(expr)?,
            Clause::Unless(expr) => at.boolean(expr)?.not(),
        });
    }
    Ok(Filter::every(all))
}

struct At<'a> {
    who: &'a Who<'a>,
    action: &'a [String],
}

impl At<'_> {
    fn principal(&self, constraint: &PrincipalConstraint) -> Result<Filter, String> {
        let holds = match constraint {
            PrincipalConstraint::Any => true,
            PrincipalConstraint::Eq(uid) => self.who.is(entity(uid)?),
            PrincipalConstraint::In(uid) => self.who.is_in(entity(uid)?),
            PrincipalConstraint::Is(kind) => kind.to_string() == self.who.kind.name(),
            PrincipalConstraint::IsIn(kind, uid) => {
                kind.to_string() == self.who.kind.name() && self.who.is_in(entity(uid)?)
            }
        };
        Ok(Filter::constant(holds))
    }

    fn boolean(&self, expr: &Expr) -> Result<Filter, String> {
        match expr {
            Expr::Literal(Literal::Bool(value)) => Ok(Filter::constant(*value)),
            Expr::UnaryOp { op: UnaryOp::Not, expr } => Ok(self.boolean(expr)?.not()),
            Expr::BinaryOp { op: BinaryOp::And, left, right } => {
                Ok(Filter::every(vec![self.boolean(left)?, self.boolean(right)?]))
            }
            Expr::BinaryOp { op: BinaryOp::Or, left, right } => {
                Ok(Filter::some(vec![self.boolean(left)?, self.boolean(right)?]))
            }
            Expr::BinaryOp { op: BinaryOp::Eq, left, right } => self.equal(expr, left, right),
            Expr::BinaryOp { op: BinaryOp::NotEq, left, right } => Ok(self.equal(expr, left, right)?.not()),
            Expr::BinaryOp { op: BinaryOp::Contains, left, right } => {
                let (Expr::Set(values), Some(attribute)) = (&**left, attribute(right)) else {
                    return Err(outside(expr));
                };
                let values: Option<Vec<String>> = values.iter().map(|value| value_of(attribute, value)).collect();
                Ok(Filter::within(attribute, values.ok_or_else(|| outside(expr))?))
            }
            Expr::BinaryOp { op: BinaryOp::In, left, right } => self.within(expr, left, right),
            Expr::Is { expr: what, entity_type, in_expr } => {
                let kind = entity_type.to_string();
                let is = match &**what {
                    Expr::Var(Var::Principal) => kind == self.who.kind.name(),
                    Expr::Var(Var::Resource) => kind == "Thing",
                    _ => return Err(outside(expr)),
                };
                let within = in_expr.as_ref().map_or(Ok(Filter::All), |right| self.within(expr, what, right))?;
                Ok(Filter::every(vec![Filter::constant(is), within]))
            }
            _ => Err(outside(expr)),
        }
    }

    fn equal(&self, whole: &Expr, left: &Expr, right: &Expr) -> Result<Filter, String> {
        for (left, right) in [(left, right), (right, left)] {
            if let Some(attribute) = attribute(left)
                && let Some(value) = value_of(attribute, right)
            {
                return Ok(Filter::within(attribute, vec![value]));
            }
            if let (Expr::Var(var), Some(uid)) = (left, literal(right)) {
                return self.one_of(whole, var, &[uid]);
            }
        }
        Err(outside(whole))
    }

    fn within(&self, whole: &Expr, left: &Expr, right: &Expr) -> Result<Filter, String> {
        let Expr::Var(var) = left else { return Err(outside(whole)) };
        if let (Var::Principal, Some(Attribute::Owner)) = (var, attribute(right)) {
            return Ok(Filter::within(
                Attribute::Owner,
                self.who.groups.iter().map(|group| (*group).to_owned()).collect(),
            ));
        }
        let uids: Option<Vec<&EntityUID>> = match right {
            Expr::Set(values) => values.iter().map(|value| literal(value)).collect(),
            one => literal(one).map(|uid| vec![uid]),
        };
        let uids = uids.ok_or_else(|| outside(whole))?;
        match var {
            Var::Principal => Ok(Filter::constant(uids.iter().any(|uid| self.who.is_in(uid)))),
            Var::Action => Ok(Filter::constant(
                uids.iter().any(|uid| is_action(uid) && self.action.iter().any(|name| uid.eid == name)),
            )),
            Var::Resource | Var::Context => self.one_of(whole, var, &uids),
        }
    }

    /// Whether a variable is one of the entities.
    fn one_of(&self, whole: &Expr, var: &Var, uids: &[&EntityUID]) -> Result<Filter, String> {
        match var {
            Var::Principal => Ok(Filter::constant(uids.iter().any(|uid| self.who.is(uid)))),
            Var::Action => Ok(Filter::constant(
                uids.iter().any(|uid| is_action(uid) && self.action.first().is_some_and(|name| uid.eid == name)),
            )),
            Var::Resource => Ok(Filter::within(Attribute::Id, uids.iter().filter_map(|uid| thing(uid)).collect())),
            Var::Context => Err(outside(whole)),
        }
    }
}

fn resource(constraint: &ResourceConstraint) -> Result<Filter, String> {
    let one = |uid| Ok(Filter::within(Attribute::Id, thing(entity(uid)?).into_iter().collect()));
    match constraint {
        ResourceConstraint::Any => Ok(Filter::All),
        ResourceConstraint::Is(kind) => Ok(Filter::constant(kind.to_string() == "Thing")),
        ResourceConstraint::Eq(uid) | ResourceConstraint::In(uid) => one(uid),
        ResourceConstraint::IsIn(kind, uid) => {
            Ok(Filter::every(vec![Filter::constant(kind.to_string() == "Thing"), one(uid)?]))
        }
    }
}

fn entity(uid: &EntityOrSlot) -> Result<&EntityUID, String> {
    match uid {
        EntityOrSlot::Entity(uid) => Ok(uid),
        EntityOrSlot::Slot(slot) => Err(format!("{slot} stands for nothing here")),
    }
}

fn attribute(expr: &Expr) -> Option<Attribute> {
    match expr {
        Expr::GetAttr { expr, attr } if matches!(**expr, Expr::Var(Var::Resource)) => Attribute::named(attr),
        _ => None,
    }
}

/// What a literal is compared as with an attribute.
fn value_of(attribute: Attribute, expr: &Expr) -> Option<String> {
    match (attribute, expr) {
        (Attribute::Owner, Expr::Literal(Literal::EntityUID(uid))) => {
            (uid.ty.to_string() == "Group").then(|| uid.eid.to_string())
        }
        (Attribute::Owner, _) => None,
        (_, Expr::Literal(Literal::String(value))) => Some(value.to_string()),
        _ => None,
    }
}

fn literal(expr: &Expr) -> Option<&EntityUID> {
    match expr {
        Expr::Literal(Literal::EntityUID(uid)) => Some(uid),
        _ => None,
    }
}

fn thing(uid: &EntityUID) -> Option<String> {
    (uid.ty.to_string() == "Thing").then(|| uid.eid.to_string())
}

fn is_action(uid: &EntityUID) -> bool {
    uid.ty.to_string() == "Action"
}

fn outside(expr: &Expr) -> String {
    format!("`{expr}` cannot be a condition of a query; {HINT}")
}

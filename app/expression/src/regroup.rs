//! Groups operators as JavaScript does.
//!
//! Nunjucks writes its tree out as JavaScript without brackets, so that in the end JavaScript's precedence counts:
//! `not a == b` becomes `!a == b`, which compares `!a` with `b`.

use crate::{
    ast::{Ex, Kind},
    error::Fail,
};

enum Item {
    Operand(Ex),
    Prefix(&'static str, usize),
    Infix(&'static str),
}

/// The expression as JavaScript reads what Nunjucks writes. Only the operators on its surface: what stands in brackets or
/// between commas is grouped when it is reached.
pub(crate) fn regroup(ex: Ex) -> Result<Ex, Fail> {
    if !is_open(&ex.kind) {
        return Ok(ex);
    }
    let mut items = Vec::new();
    flatten(ex, &mut items)?;
    let mut items = items.into_iter().peekable();
    climb(&mut items, 0)
}

fn is_open(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Or(..) | Kind::And(..) | Kind::Prefix(..) | Kind::Binary(..) | Kind::Concatenate(..) | Kind::Is(..)
    ) || matches!(kind, Kind::FloorDivide(..))
}

fn flatten(ex: Ex, items: &mut Vec<Item>) -> Result<(), Fail> {
    let at = ex.at;
    let depth = ex.depth;
    let infix = |sign, a: Box<Ex>, b: Box<Ex>, items: &mut Vec<Item>| {
        flatten(*a, items)?;
        items.push(Item::Infix(sign));
        flatten(*b, items)
    };
    match ex.kind {
        Kind::Or(a, b) => infix("||", a, b, items),
        Kind::And(a, b) => infix("&&", a, b, items),
        Kind::Binary(sign, a, b) => infix(sign, a, b, items),
        Kind::Concatenate(a, b) => {
            flatten(*a, items)?;
            items.push(Item::Infix("+"));
            items.push(Item::Operand(Ex { at, depth: 1, kind: Kind::Str(String::new()) }));
            items.push(Item::Infix("+"));
            flatten(*b, items)
        }
        Kind::Prefix(sign, target) => {
            // `--x` is another operator there, which fails when it is reached.
            if sign != "!"
                && let Some(Item::Prefix(before, _)) = items.last_mut()
                && *before == sign
            {
                *before = if sign == "-" { "--" } else { "++" };
                return flatten(*target, items);
            }
            items.push(Item::Prefix(sign, at));
            flatten(*target, items)
        }
        Kind::Is(left, name, arguments) => {
            let test = Ex { at, depth, kind: Kind::Is(left, name, arguments) };
            items.push(Item::Operand(test));
            items.push(Item::Infix("==="));
            items.push(Item::Operand(Ex { at, depth: 1, kind: Kind::Bool(true) }));
            Ok(())
        }
        Kind::FloorDivide(a, b) => {
            let quotient = regroup(Ex { at, depth, kind: Kind::Binary("/", a, b) })?;
            let one = Box::new(Ex { at, depth: 1, kind: Kind::Null });
            items.push(Item::Operand(Ex { at, depth, kind: Kind::FloorDivide(Box::new(quotient), one) }));
            Ok(())
        }
        kind => {
            items.push(Item::Operand(Ex { at, depth, kind }));
            Ok(())
        }
    }
}

fn strength(sign: &str) -> u8 {
    match sign {
        "||" => 1,
        "&&" => 2,
        "==" | "!=" | "===" | "!==" => 3,
        "<" | ">" | "<=" | ">=" => 4,
        "+" | "-" => 5,
        _ => 6,
    }
}

type Items = std::iter::Peekable<std::vec::IntoIter<Item>>;

fn climb(items: &mut Items, least: u8) -> Result<Ex, Fail> {
    let mut left = operand(items)?;
    while let Some(Item::Infix(sign)) = items.peek() {
        let sign = *sign;
        if strength(sign) <= least {
            break;
        }
        items.next();
        let right = climb(items, strength(sign))?;
        let (at, depth) = (left.at, 1 + left.depth.max(right.depth));
        let (a, b) = (Box::new(left), Box::new(right));
        let kind = match sign {
            "||" => Kind::Or(a, b),
            "&&" => Kind::And(a, b),
            _ => Kind::Binary(sign, a, b),
        };
        left = Ex { at, depth, kind };
    }
    Ok(left)
}

fn operand(items: &mut Items) -> Result<Ex, Fail> {
    match items.next() {
        Some(Item::Operand(ex)) => Ok(ex),
        Some(Item::Prefix(sign, at)) => {
            let target = operand(items)?;
            let is_called = matches!(
                target.kind,
                Kind::Name(_)
                    | Kind::Member(..)
                    | Kind::Slice(..)
                    | Kind::Call(..)
                    | Kind::Filter(..)
                    | Kind::Is(..)
                    | Kind::In(..)
                    | Kind::FloorDivide(..)
                    | Kind::Power(..)
            );
            if sign.len() == 2 && !is_called {
                return Err(Fail::syntax(format!("`{sign}` is no operator of templates")).at(at));
            }
            Ok(Ex { at, depth: 1 + target.depth, kind: Kind::Prefix(sign, Box::new(target)) })
        }
        _ => Err(Fail::syntax("an operator without a value")),
    }
}

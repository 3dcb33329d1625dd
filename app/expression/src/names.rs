//! What a template refers to, without running it.

use std::collections::HashSet;

use crate::{
    ast::{Ex, Kind, Node, Parameters},
    error::{Fail, line_and_column},
    filters::{FILTERS, TESTS, nearest},
    parser::Tree,
    regroup::regroup,
    translate::path_of,
};

/// What kind of thing a [`Name`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A value of the context, with its members as far as they are known: `parameters.name`.
    Variable,
    /// A function of the context, or one that every template has.
    Function,
    /// What follows a `|`.
    Filter,
    /// What follows `is`.
    Test,
    /// An operator of JavaScript's that Backstage's Nunjucks does not read, so that it leaves the text as it stands.
    Operator,
}

/// A name that a template uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What it names.
    pub kind: NameKind,
    /// The name and its members, `steps['id'].output` as `["steps", "id", "output"]`.
    pub path: Vec<String>,
    /// The line, from 1.
    pub line: u32,
    /// The column, in characters from 1.
    pub column: u32,
    /// Whether the template asks first whether it is there, by a condition, `or` or `default`.
    pub asked: bool,
    /// For a filter or test: whether there is one. What a variable names, only its context knows.
    pub known: bool,
    /// For a filter or test that is not there: the one that was probably meant.
    pub nearest: Option<String>,
}

impl Name {
    /// The path as one writes it: `parameters.name`.
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}

pub(crate) fn collect(source: &str, tree: Tree) -> Result<Vec<Name>, Fail> {
    let mut collector = Collector { source, names: Vec::new(), scopes: vec![HashSet::new()] };
    collector.nodes(tree.nodes)?;
    for (sign, at) in tree.foreign {
        collector.push(NameKind::Operator, vec![sign.to_owned()], at, false);
    }
    Ok(collector.names)
}

struct Collector<'s> {
    source: &'s str,
    names: Vec<Name>,
    /// The names that the template itself makes, outermost first.
    scopes: Vec<HashSet<String>>,
}

type Walked = Result<(), Fail>;

impl Collector<'_> {
    fn push(&mut self, kind: NameKind, path: Vec<String>, at: usize, asked: bool) {
        let (line, column) = line_and_column(self.source, at);
        let of = match kind {
            NameKind::Filter => Some(FILTERS),
            NameKind::Test => Some(TESTS),
            _ => None,
        };
        let known = of.is_none_or(|of| of.contains(&path[0].as_str()));
        let nearest =
            if known { None } else { of.and_then(|of| nearest(&path[0], of.iter().copied())).map(str::to_owned) };
        self.names.push(Name { kind, path, line, column, asked, known, nearest });
    }

    fn is_own(&self, name: &str) -> bool {
        matches!(name, "loop" | "caller") || self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn own(&mut self, names: impl IntoIterator<Item = String>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(names);
        }
    }

    fn nodes(&mut self, nodes: Vec<Node>) -> Walked {
        nodes.into_iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: Node) -> Walked {
        match node {
            Node::Text(_) | Node::Refused { .. } => Ok(()),
            Node::Output(ex) => self.ex(ex, false),
            Node::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.ex(condition, true)?;
                    self.nodes(body)?;
                }
                self.nodes(otherwise)
            }
            Node::For { names, list, body, otherwise } => {
                self.ex(list, false)?;
                self.scopes.push(names.into_iter().collect());
                self.nodes(body)?;
                self.nodes(otherwise)?;
                self.scopes.pop();
                Ok(())
            }
            Node::Set { names, value } => {
                self.ex(value, true)?;
                self.own(names);
                Ok(())
            }
            Node::Macro { name, parameters, body, .. } => {
                self.own([name]);
                self.macro_body(parameters, body)
            }
            Node::Switch { value, cases, default } => {
                self.ex(value, true)?;
                for (case, body) in cases {
                    self.ex(case, true)?;
                    self.nodes(body)?;
                }
                self.nodes(default)
            }
            Node::Block { body, .. } => self.nodes(body),
        }
    }

    fn macro_body(&mut self, parameters: Parameters, body: Vec<Node>) -> Walked {
        let (names, defaults): (Vec<String>, Vec<Ex>) = parameters.defaults.into_iter().unzip();
        self.all(defaults, true)?;
        self.scopes.push(parameters.names.into_iter().chain(names).collect());
        self.nodes(body)?;
        self.scopes.pop();
        Ok(())
    }

    fn all(&mut self, list: Vec<Ex>, asked: bool) -> Walked {
        list.into_iter().try_for_each(|ex| self.ex(ex, asked))
    }

    fn ex(&mut self, ex: Ex, asked: bool) -> Walked {
        // Only what can be grouped is walked: what cannot does not render either.
        regroup(ex.clone())?;
        let at = ex.at;
        if let Some(path) = path_of(&ex) {
            if !self.is_own(&path[0]) {
                self.push(NameKind::Variable, path, at, asked);
            }
            return Ok(());
        }
        match ex.kind {
            Kind::Group(list) | Kind::Array(list) => self.all(list, asked),
            Kind::Dict(pairs) | Kind::Named(pairs) => self.all(pairs.into_iter().map(|(_, ex)| ex).collect(), asked),
            Kind::Caller(caller) => self.macro_body(caller.parameters, caller.body),
            Kind::Capture(body) => self.nodes(body),
            Kind::Member(target, key) => {
                self.ex(*target, asked)?;
                self.ex(*key, false)
            }
            Kind::Slice(target, parts) => {
                self.ex(*target, asked)?;
                self.all(parts.into_iter().flatten().collect(), false)
            }
            Kind::Call(callee, arguments) => {
                match (path_of(&callee), callee.kind) {
                    // A method of something.
                    (_, Kind::Member(target, key)) => {
                        self.ex(*target, asked)?;
                        self.ex(*key, false)?;
                    }
                    (Some(path), _) if !self.is_own(&path[0]) => self.push(NameKind::Function, path, at, asked),
                    _ => {}
                }
                self.all(arguments, false)
            }
            Kind::Filter(name, mut list) => {
                let rest = list.split_off(1);
                let default = ["default", "d"].contains(&name.as_str());
                self.all(list, asked || default)?;
                self.push(NameKind::Filter, vec![name], at, false);
                self.all(rest, false)
            }
            Kind::Is(target, name, arguments) => {
                self.ex(*target, true)?;
                self.push(NameKind::Test, vec![name], at, false);
                self.all(arguments, false)
            }
            Kind::If { then, condition, otherwise } => {
                self.ex(*condition, true)?;
                self.ex(*then, asked)?;
                otherwise.map_or(Ok(()), |otherwise| self.ex(*otherwise, asked))
            }
            Kind::Or(a, b) => {
                self.ex(*a, true)?;
                self.ex(*b, asked)
            }
            Kind::And(a, b) => {
                self.ex(*a, true)?;
                self.ex(*b, asked)
            }
            Kind::Prefix(sign, target) => self.ex(*target, asked || sign == "!"),
            Kind::Binary(sign, a, b) => {
                let asked = asked || sign.starts_with("==") || sign.starts_with("!=");
                self.ex(*a, asked)?;
                self.ex(*b, asked)
            }
            Kind::In(a, b) | Kind::FloorDivide(a, b) | Kind::Power(a, b) | Kind::Concatenate(a, b) => {
                self.ex(*a, asked)?;
                self.ex(*b, asked)
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Str(_) | Kind::Regex { .. } | Kind::Name(_) => Ok(()),
        }
    }
}

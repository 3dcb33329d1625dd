//! Writes a template as one that `minijinja` runs.
//!
//! `minijinja` does what makes a program: blocks, loops, macros, output, fuel. What JavaScript does differently with values
//! (lookup, operators, calls, filters) becomes a filter of [`crate::runtime`], so `a.b + 1` is written `f0|_n(0,"a")|_g(1,"b")|_op(0,"+",1)`.
//! The number that each of them takes first is where in the source it stands.
//!
//! Variables live in Nunjucks' frames, which are values here (`f0`, `f1`, …), because its `{% set %}` reaches further than Jinja's.

use std::{collections::HashSet, fmt::Write as _};

use crate::{
    ast::{Ex, Kind, Node, Parameters},
    error::Fail,
    regroup::regroup,
};

/// A template for `minijinja`, and what its marks stand for.
#[derive(Debug, Default)]
pub(crate) struct Translation {
    pub source: String,
    /// The names that must be there where they are used: what `_u` counts.
    pub uses: Vec<Use>,
}

/// A name with its path, as `parameters.name`.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub path: Vec<String>,
    pub at: usize,
}

pub(crate) fn translate(nodes: Vec<Node>) -> Result<Translation, Fail> {
    let mut writer = Writer {
        out: Translation::default(),
        counter: 0,
        scopes: vec![Scope::new("f0".to_owned())],
        blocks: HashSet::new(),
        in_set: false,
    };
    writer.nodes(nodes)?;
    Ok(writer.out)
}

/// What Nunjucks' compiler knows of a frame: the names that it binds to variables of their own.
struct Scope {
    frame: String,
    names: HashSet<String>,
    /// A macro does not see the compiler's names outside of it.
    closed: bool,
}

impl Scope {
    fn new(frame: String) -> Self {
        Self { frame, names: HashSet::new(), closed: true }
    }
}

/// What is made of a value, and so whether it must be there.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// It is shown or worked with.
    Value,
    /// It is only asked about.
    Answer,
}

struct Writer {
    out: Translation,
    counter: usize,
    scopes: Vec<Scope>,
    blocks: HashSet<String>,
    /// What is written stands in a `{% set %}` block, where Nunjucks finds no blocks.
    in_set: bool,
}

type Written = Result<(), Fail>;

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.source.push_str(text);
    }

    fn fresh(&mut self, letter: char) -> String {
        self.counter += 1;
        format!("{letter}{}", self.counter)
    }

    fn frame(&self) -> String {
        self.scopes.last().map_or_else(|| "f0".to_owned(), |scope| scope.frame.clone())
    }

    /// A string as `minijinja` reads it.
    fn string(&mut self, text: &str) {
        self.put("\"");
        for c in text.chars() {
            match c {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                '\n' => self.put("\\n"),
                '\r' => self.put("\\r"),
                c => self.out.source.push(c),
            }
        }
        self.put("\"");
    }

    fn nodes(&mut self, nodes: Vec<Node>) -> Written {
        nodes.into_iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: Node) -> Written {
        match node {
            Node::Text(text) => {
                if !text.is_empty() {
                    self.put("{{");
                    self.string(&text);
                    self.put("}}");
                }
                Ok(())
            }
            Node::Output(ex) => {
                let prepared = self.prepare(ex)?;
                self.put("{{");
                self.ex(prepared, Wanted::Value)?;
                self.put("}}");
                Ok(())
            }
            Node::If { branches, otherwise } => self.if_node(branches, otherwise),
            Node::For { names, list, body, otherwise } => self.for_node(names, list, body, otherwise),
            Node::Set { names, value } => {
                let at = value.at;
                let outer = self.in_set;
                self.in_set |= matches!(value.kind, Kind::Capture(_));
                let value = self.prepare(value)?;
                self.in_set = outer;
                let variable = self.fresh('v');
                let _ = write!(self.out.source, "{{% set {variable} = ");
                self.ex(value, Wanted::Answer)?;
                self.put(" %}");
                let frame = self.frame();
                for name in names {
                    let _ = write!(self.out.source, "{{% set _ = {frame}|_set({at},");
                    self.string(&name);
                    let _ = write!(self.out.source, ",{variable}) %}}");
                }
                Ok(())
            }
            Node::Macro { at, name, parameters, body } => {
                let id = self.macro_body(at, &parameters, body, Scope::new(String::new()))?;
                let frame = self.frame();
                let _ = write!(self.out.source, "{{% set _ = {frame}|_def({at},");
                self.string(&name);
                self.put(",");
                self.function(at, &id, &parameters, false);
                let local = self.scopes.last().is_some_and(|scope| !scope.closed);
                let _ = write!(self.out.source, ",{local}) %}}");
                if let Some(scope) = self.scopes.last_mut() {
                    scope.names.insert(name);
                }
                Ok(())
            }
            Node::Switch { value, cases, default } => self.switch(value, cases, default),
            Node::Block { at, name, body } => {
                if self.in_set {
                    let _ = write!(self.out.source, "{{{{0|_refuse({at},\"block\")}}}}");
                    return Ok(());
                }
                if !self.blocks.insert(name.clone()) {
                    return Err(Fail::syntax(format!("there are two blocks of the name `{name}`")).at(at));
                }
                let outer = self.frame();
                let frame = self.fresh('f');
                let _ = write!(self.out.source, "{{% set {frame} = {outer}|_push(0,true) %}}");
                self.scopes.push(Scope::new(frame));
                self.nodes(body)?;
                self.scopes.pop();
                Ok(())
            }
            Node::Refused { at, name } => {
                let _ = write!(self.out.source, "{{{{0|_refuse({at},\"{name}\")}}}}");
                Ok(())
            }
        }
    }

    fn if_node(&mut self, branches: Vec<(Ex, Vec<Node>)>, otherwise: Vec<Node>) -> Written {
        let mut open = 0;
        for (i, (condition, body)) in branches.into_iter().enumerate() {
            // What a condition needs beforehand must not run unless the ones before it have failed.
            let condition_at = self.out.source.len();
            let condition = self.prepare(condition)?;
            let prepared = self.out.source.split_off(condition_at);
            if i == 0 {
                self.put(&prepared);
                self.put("{% if ");
                open += 1;
            } else if prepared.is_empty() {
                self.put("{% elif ");
            } else {
                self.put("{% else %}");
                self.put(&prepared);
                self.put("{% if ");
                open += 1;
            }
            self.ex(condition, Wanted::Answer)?;
            self.put(" %}");
            self.nodes(body)?;
        }
        if !otherwise.is_empty() {
            self.put("{% else %}");
            self.nodes(otherwise)?;
        }
        for _ in 0..open {
            self.put("{% endif %}");
        }
        Ok(())
    }

    fn for_node(&mut self, names: Vec<String>, list: Ex, body: Vec<Node>, otherwise: Vec<Node>) -> Written {
        let at = list.at;
        let list = self.prepare(list)?;
        let outer = self.frame();
        let frame = self.fresh('f');
        let row = self.fresh('r');
        let _ = write!(self.out.source, "{{% set {frame} = {outer}|_push({at},false) %}}");
        self.scopes.push(Scope { frame: frame.clone(), names: HashSet::new(), closed: false });
        let _ = write!(self.out.source, "{{% for {row} in ");
        self.ex(list, Wanted::Value)?;
        let _ = write!(self.out.source, "|_rows({at},{}) %}}", names.len());
        let _ = write!(self.out.source, "{{% set _ = {frame}|_bind({at},{row},loop.index0,loop.length");
        for name in &names {
            self.put(",");
            self.string(name);
        }
        self.put(") %}");
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.extend(names);
        }
        self.nodes(body)?;
        if !otherwise.is_empty() {
            self.put("{% else %}");
            self.nodes(otherwise)?;
        }
        self.put("{% endfor %}");
        self.scopes.pop();
        Ok(())
    }

    fn switch(&mut self, value: Ex, cases: Vec<(Ex, Vec<Node>)>, default: Vec<Node>) -> Written {
        let at = value.at;
        let value = self.prepare(value)?;
        let variable = self.fresh('v');
        let _ = write!(self.out.source, "{{% set {variable} = ");
        self.ex(value, Wanted::Answer)?;
        self.put(" %}");
        let mut open = 0;
        let mut waiting = Vec::new();
        for (case, body) in cases {
            waiting.push(case);
            // A case without a body shares that of the next.
            if body.is_empty() {
                continue;
            }
            if open > 0 {
                self.put("{% else %}");
            }
            open += 1;
            let mut prepared = Vec::new();
            for case in waiting.drain(..) {
                prepared.push(self.prepare(case)?);
            }
            self.put("{% if ");
            for (i, case) in prepared.into_iter().enumerate() {
                if i > 0 {
                    self.put(" or ");
                }
                let _ = write!(self.out.source, "{variable}|_op({at},\"===\",");
                self.ex(case, Wanted::Answer)?;
                self.put(")");
            }
            self.put(" %}");
            self.nodes(body)?;
        }
        if open > 0 && !default.is_empty() {
            self.put("{% else %}");
        }
        self.nodes(default)?;
        for _ in 0..open {
            self.put("{% endif %}");
        }
        Ok(())
    }

    /// Writes a macro for `minijinja` and gives its name. Its one argument is the frame that the call has made.
    fn macro_body(
        &mut self,
        at: usize,
        parameters: &Parameters,
        body: Vec<Node>,
        mut scope: Scope,
    ) -> Result<String, Fail> {
        let id = self.fresh('m');
        let frame = self.fresh('f');
        scope.frame.clone_from(&frame);
        scope.names.extend(parameters.names.iter().cloned());
        let _ = write!(self.out.source, "{{% macro {id}({frame}) %}}");
        self.scopes.push(scope);
        for (name, default) in &parameters.defaults {
            let _ = write!(self.out.source, "{{% if not {frame}|_take({at},");
            self.string(name);
            self.put(") %}");
            let default = self.prepare(default.clone())?;
            let _ = write!(self.out.source, "{{% set _ = {frame}|_put({at},");
            self.string(name);
            self.put(",");
            self.ex(default, Wanted::Answer)?;
            self.put(") %}{% endif %}");
        }
        self.nodes(body)?;
        self.scopes.pop();
        self.put("{% endmacro %}");
        Ok(id)
    }

    /// A macro as a value that can be called.
    fn function(&mut self, at: usize, id: &str, parameters: &Parameters, keeps_frame: bool) {
        let _ = write!(self.out.source, "{id}|_fn({at},{keeps_frame},{}", parameters.names.len());
        for name in parameters.names.iter().chain(parameters.defaults.iter().map(|(name, _)| name)) {
            self.put(",");
            self.string(name);
        }
        self.put(")");
    }

    /// Writes the blocks that an expression holds in front of it, since `minijinja` has none inside of expressions.
    fn prepare(&mut self, mut ex: Ex) -> Result<Ex, Fail> {
        self.prepare_in(&mut ex)?;
        Ok(ex)
    }

    fn prepare_in(&mut self, ex: &mut Ex) -> Written {
        let at = ex.at;
        match &mut ex.kind {
            Kind::Capture(body) => {
                let body = std::mem::take(body);
                let variable = self.fresh('v');
                let _ = write!(self.out.source, "{{% set {variable} %}}");
                self.nodes(body)?;
                self.put("{% endset %}");
                ex.kind = Kind::Name(format!("%{variable}"));
                Ok(())
            }
            Kind::Caller(caller) => {
                let caller = std::mem::replace(
                    &mut **caller,
                    crate::ast::Caller { parameters: Parameters::default(), body: Vec::new() },
                );
                let scope = Scope { frame: String::new(), names: HashSet::new(), closed: false };
                let id = self.macro_body(at, &caller.parameters, caller.body, scope)?;
                let variable = self.fresh('v');
                let _ = write!(self.out.source, "{{% set {variable} = ");
                self.function(at, &id, &caller.parameters, true);
                self.put(" %}");
                ex.kind = Kind::Name(format!("%{variable}"));
                Ok(())
            }
            Kind::Filter(_, list) => list.iter_mut().try_for_each(|ex| self.prepare_in(ex)),
            Kind::Call(_, list) => list.iter_mut().try_for_each(|ex| self.prepare_in(ex)),
            Kind::Named(pairs) => pairs.iter_mut().try_for_each(|(_, ex)| self.prepare_in(ex)),
            _ => Ok(()),
        }
    }

    fn ex(&mut self, ex: Ex, wanted: Wanted) -> Written {
        let ex = regroup(ex)?;
        self.grouped(ex, wanted)
    }

    /// An expression whose operators are grouped already.
    fn grouped(&mut self, ex: Ex, wanted: Wanted) -> Written {
        let at = ex.at;
        if wanted == Wanted::Value
            && let Some(path) = path_of(&ex)
            && !path[0].starts_with('%')
        {
            let id = self.out.uses.len();
            self.out.uses.push(Use { path, at });
            self.grouped(ex, Wanted::Answer)?;
            let _ = write!(self.out.source, "|_u({at},{id})");
            return Ok(());
        }
        match ex.kind {
            Kind::Null => self.put("none"),
            Kind::Bool(value) => self.put(if value { "true" } else { "false" }),
            Kind::Number(number) => self.number(number),
            Kind::Str(text) => self.string(&text),
            Kind::Regex { body, flags } => {
                let _ = write!(self.out.source, "0|_re({at},");
                self.string(&body);
                let _ = write!(self.out.source, ",\"{flags}\")");
            }
            Kind::Name(name) => self.name(at, &name),
            Kind::Group(mut list) => {
                let last = list.pop();
                if list.is_empty() {
                    if let Some(last) = last {
                        self.put("(");
                        self.ex(last, wanted)?;
                        self.put(")");
                    }
                } else {
                    let _ = write!(self.out.source, "0|_last({at}");
                    list.extend(last);
                    self.rest(list)?;
                }
            }
            Kind::Array(list) => {
                let _ = write!(self.out.source, "0|_arr({at}");
                self.rest(list)?;
            }
            Kind::Dict(pairs) => self.pairs(at, "_obj", pairs)?,
            Kind::Named(pairs) => self.pairs(at, "_named", pairs)?,
            Kind::Member(target, key) => {
                self.ex(*target, Wanted::Answer)?;
                let _ = write!(self.out.source, "|_g({at},");
                self.ex(*key, Wanted::Value)?;
                self.put(")");
            }
            Kind::Slice(target, parts) => {
                self.ex(*target, Wanted::Value)?;
                let _ = write!(self.out.source, "|_slice({at}");
                let null = Ex { at, depth: 1, kind: Kind::Null };
                self.rest(parts.into_iter().map(|part| part.unwrap_or_else(|| null.clone())).collect())?;
            }
            Kind::Call(callee, arguments) => {
                let said = said(&callee);
                let frame = self.frame();
                self.ex(*callee, Wanted::Answer)?;
                let _ = write!(self.out.source, "|_c({at},{frame},");
                self.string(&said);
                self.rest(arguments)?;
            }
            Kind::Filter(name, mut list) => {
                let rest = list.split_off(1);
                let asked = ["default", "d"].contains(&name.as_str());
                if let Some(first) = list.pop() {
                    self.ex(first, if asked { Wanted::Answer } else { Wanted::Value })?;
                }
                let _ = write!(self.out.source, "|_f({at},");
                self.string(&name);
                self.rest(rest)?;
            }
            Kind::Is(target, name, arguments) => {
                self.ex(*target, Wanted::Answer)?;
                let _ = write!(self.out.source, "|_is({at},");
                self.string(&name);
                self.rest(arguments)?;
            }
            Kind::In(key, list) => {
                self.ex(*key, Wanted::Value)?;
                let _ = write!(self.out.source, "|_in({at},");
                self.ex(*list, Wanted::Value)?;
                self.put(")");
            }
            Kind::If { then, condition, otherwise } => {
                self.put("(");
                self.ex(*then, wanted)?;
                self.put(" if ");
                self.ex(*condition, Wanted::Answer)?;
                self.put(" else ");
                match otherwise {
                    Some(otherwise) => self.ex(*otherwise, wanted)?,
                    None => self.put("\"\""),
                }
                self.put(")");
            }
            Kind::Or(a, b) => self.either(" or ", *a, *b, wanted)?,
            Kind::And(a, b) => self.either(" and ", *a, *b, wanted)?,
            Kind::Prefix("!", target) => {
                self.put("(not ");
                self.grouped(*target, Wanted::Answer)?;
                self.put(")");
            }
            Kind::Prefix(sign, target) => {
                self.grouped(*target, Wanted::Value)?;
                let _ = write!(self.out.source, "|_un({at},\"{sign}\")");
            }
            Kind::Binary(sign, a, b) => {
                let wanted = if ["==", "===", "!=", "!=="].contains(&sign) { Wanted::Answer } else { Wanted::Value };
                self.grouped(*a, wanted)?;
                let _ = write!(self.out.source, "|_op({at},\"{sign}\",");
                self.grouped(*b, wanted)?;
                self.put(")");
            }
            Kind::FloorDivide(quotient, _) => {
                self.grouped(*quotient, Wanted::Value)?;
                let _ = write!(self.out.source, "|_un({at},\"floor\")");
            }
            Kind::Power(a, b) => {
                self.ex(*a, Wanted::Value)?;
                let _ = write!(self.out.source, "|_op({at},\"**\",");
                self.ex(*b, Wanted::Value)?;
                self.put(")");
            }
            Kind::Concatenate(..) | Kind::Capture(_) | Kind::Caller(_) => {
                return Err(Fail::syntax("a block stands where a value is expected").at(at));
            }
        }
        Ok(())
    }

    fn either(&mut self, word: &str, a: Ex, b: Ex, wanted: Wanted) -> Written {
        self.put("(");
        let folds = matches!(
            a.kind,
            Kind::Null
                | Kind::Bool(_)
                | Kind::Number(_)
                | Kind::Str(_)
                | Kind::Group(_)
                | Kind::Prefix("!", _)
                | Kind::If { .. }
        );
        self.grouped(a, Wanted::Answer)?;
        if folds {
            // Of two literals `minijinja` would make true or false beforehand.
            self.put("|_same(0)");
        }
        self.put(word);
        self.grouped(b, wanted)?;
        self.put(")");
        Ok(())
    }

    /// The rest of a call's arguments and its closing bracket.
    fn rest(&mut self, list: Vec<Ex>) -> Written {
        for ex in list {
            self.put(",");
            self.ex(ex, Wanted::Value)?;
        }
        self.put(")");
        Ok(())
    }

    fn pairs(&mut self, at: usize, filter: &str, pairs: Vec<(String, Ex)>) -> Written {
        let _ = write!(self.out.source, "0|{filter}({at}");
        for (name, ex) in pairs {
            self.put(",");
            self.string(&name);
            self.put(",");
            self.ex(ex, Wanted::Value)?;
        }
        self.put(")");
        Ok(())
    }

    fn number(&mut self, number: f64) {
        if number.fract() == 0.0 && number.abs() < 9e15 {
            let _ = write!(self.out.source, "{number}");
        } else {
            let _ = write!(self.out.source, "\"{number:e}\"|_un(0,\"+\")");
        }
    }

    fn name(&mut self, at: usize, name: &str) {
        if let Some(variable) = name.strip_prefix('%') {
            self.put(variable);
            return;
        }
        let (frame, filter) = match self.binding(name) {
            Some(frame) => (frame, "_l"),
            None => (self.frame(), "_n"),
        };
        let _ = write!(self.out.source, "{frame}|{filter}({at},");
        self.string(name);
        self.put(")");
    }

    /// The frame in which the compiler knows a name.
    fn binding(&self, name: &str) -> Option<String> {
        for scope in self.scopes.iter().rev() {
            if scope.names.contains(name) {
                return Some(scope.frame.clone());
            }
            if scope.closed {
                break;
            }
        }
        None
    }
}

/// A name with members that are known as they stand: `steps['id'].output` is `steps`, `id`, `output`.
pub(crate) fn path_of(ex: &Ex) -> Option<Vec<String>> {
    match &ex.kind {
        Kind::Name(name) => Some(vec![name.clone()]),
        Kind::Member(target, key) => {
            let mut path = path_of(target)?;
            match &key.kind {
                Kind::Str(key) => path.push(key.clone()),
                Kind::Number(index) if index.fract() == 0.0 => path.push(index.to_string()),
                _ => return None,
            }
            Some(path)
        }
        _ => None,
    }
}

/// What is called, for an error.
fn said(ex: &Ex) -> String {
    match &ex.kind {
        Kind::Member(target, key) => match (&path_of(ex), &key.kind) {
            (Some(path), _) => path.join("."),
            (None, Kind::Str(key)) => format!("{}.{key}", said(target)),
            _ => format!("{}[…]", said(target)),
        },
        Kind::Name(name) => name.clone(),
        Kind::Call(callee, _) => format!("{}(…)", said(callee)),
        Kind::Filter(name, _) => format!("…|{name}"),
        _ => "…".to_owned(),
    }
}

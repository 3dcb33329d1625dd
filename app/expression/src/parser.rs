//! Reads a template into its tree, with the precedence and the white space rules of Nunjucks.

use crate::{
    ast::{Caller, Ex, Kind, Node, Parameters, Sub},
    error::Fail,
    lexer::{Lexer, Syntax, Tok, Token, is_js_space},
};

/// Deeper trees would exhaust the stack of whoever walks them.
const MAX_DEPTH: u16 = 200;
/// How deep brackets, arguments and blocks may stand in each other.
const MAX_NESTING: usize = 40;

/// A template as it was read.
pub(crate) struct Tree {
    pub nodes: Vec<Node>,
    /// JavaScript's operators, which Nunjucks does not read, and where they stand.
    pub foreign: Vec<(&'static str, usize)>,
}

pub(crate) fn parse(source: &str, syntax: Syntax, slices: bool) -> Result<Tree, Fail> {
    let mut parser = Parser {
        lexer: Lexer::new(source, syntax),
        end: source.len(),
        peeked: None,
        until: &[],
        trim_next: false,
        nesting: 0,
        slices,
        foreign: Vec::new(),
    };
    let nodes = parser.nodes()?;
    Ok(Tree { nodes, foreign: parser.foreign })
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    end: usize,
    peeked: Option<Token>,
    /// The statements that end what is being read.
    until: &'static [&'static str],
    /// The delimiter before had a dash, so white space after it goes.
    trim_next: bool,
    nesting: usize,
    slices: bool,
    foreign: Vec<(&'static str, usize)>,
}

type Parsed<T> = Result<T, Fail>;

impl Parser<'_> {
    fn next(&mut self) -> Parsed<Option<Token>> {
        match self.peeked.take() {
            Some(token) => Ok(Some(token)),
            None => self.lexer.next(),
        }
    }

    fn peek(&mut self) -> Parsed<Option<&Token>> {
        if self.peeked.is_none() {
            self.peeked = self.lexer.next()?;
        }
        Ok(self.peeked.as_ref())
    }

    fn place(&mut self) -> Parsed<usize> {
        let end = self.end;
        Ok(self.peek()?.map_or(end, |token| token.at))
    }

    fn skip(&mut self, tok: &Tok) -> Parsed<bool> {
        let found = self.peek()?.is_some_and(|token| token.tok == *tok);
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    fn skip_sign(&mut self, sign: &'static str) -> Parsed<bool> {
        self.skip(&Tok::Sign(sign))
    }

    /// Skips an operator of JavaScript's that Nunjucks does not have.
    fn skip_foreign(&mut self, sign: &'static str) -> Parsed<bool> {
        let at = self.place()?;
        let found = self.skip_sign(sign)?;
        if found {
            self.foreign.push((sign, at));
        }
        Ok(found)
    }

    fn peek_sign(&mut self, sign: &str) -> Parsed<bool> {
        Ok(matches!(self.peek()?, Some(Token { tok: Tok::Sign(found), .. }) if *found == sign))
    }

    fn peek_word(&mut self, word: &str) -> Parsed<bool> {
        Ok(matches!(self.peek()?, Some(Token { tok: Tok::Symbol(found), .. }) if found == word))
    }

    fn skip_word(&mut self, word: &str) -> Parsed<bool> {
        let found = self.peek_word(word)?;
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    /// The error that something else stands here than what was expected.
    fn unexpected(&mut self, expected: &str) -> Fail {
        let (found, at) = match self.peek() {
            Ok(Some(token)) => (says(&token.tok), token.at),
            Ok(None) => ("the end of the text".to_owned(), self.end),
            Err(error) => return error,
        };
        Fail::syntax(format!("expected {expected}, found {found}")).at(at)
    }

    fn expect_sign(&mut self, sign: &'static str, expected: &str) -> Parsed<()> {
        if self.skip_sign(sign)? { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn word(&mut self, expected: &str) -> Parsed<(String, usize)> {
        match self.peek()? {
            Some(Token { tok: Tok::Symbol(word), at }) => {
                let found = (word.clone(), *at);
                self.peeked = None;
                Ok(found)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn block_end(&mut self, statement: &str) -> Parsed<()> {
        match self.peek()? {
            Some(Token { tok: Tok::BlockEnd { trim }, .. }) => {
                if *trim {
                    self.trim_next = true;
                }
                self.peeked = None;
                Ok(())
            }
            _ => Err(self.unexpected(&format!("`%}}` at the end of `{{% {statement} %}}`"))),
        }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let at = self.place()?;
            return Err(Fail::limit(format!("more than {MAX_NESTING} levels stand in each other here")).at(at));
        }
        let read = read(self);
        self.nesting -= 1;
        read
    }

    fn nodes(&mut self) -> Parsed<Vec<Node>> {
        let mut nodes = Vec::new();
        while let Some(token) = self.next()? {
            match token.tok {
                Tok::Data(text) => {
                    let mut text = text.as_str();
                    if self.trim_next {
                        text = text.trim_start_matches(is_js_space);
                        self.trim_next = false;
                    }
                    if let Some(
                        Tok::BlockStart { trim: true }
                        | Tok::VariableStart { trim: true }
                        | Tok::Comment { trim_before: true, .. },
                    ) = self.peek()?.map(|next| &next.tok)
                    {
                        text = text.trim_end_matches(is_js_space);
                    }
                    nodes.push(Node::Text(text.to_owned()));
                }
                Tok::Comment { trim_after, .. } => self.trim_next = trim_after,
                Tok::BlockStart { .. } => {
                    self.trim_next = false;
                    match self.nested(Self::statement)? {
                        Some(node) => nodes.push(node),
                        None => break,
                    }
                }
                Tok::VariableStart { .. } => {
                    let ex = self.expression()?;
                    self.trim_next = false;
                    match self.peek()? {
                        Some(Token { tok: Tok::VariableEnd { trim }, .. }) => self.trim_next = *trim,
                        _ => return Err(self.unexpected("`}}` at the end of the expression")),
                    }
                    self.peeked = None;
                    nodes.push(Node::Output(ex));
                }
                other => return Err(Fail::syntax(format!("{} stands in the text", says(&other))).at(token.at)),
            }
        }
        Ok(nodes)
    }

    fn nodes_until(&mut self, until: &'static [&'static str]) -> Parsed<Vec<Node>> {
        let outer = std::mem::replace(&mut self.until, until);
        let nodes = self.nodes();
        self.until = outer;
        nodes
    }

    /// The word that ended a body, and past its `%}`.
    fn ended_by(&mut self, opened: usize, statement: &str, ends: &[&str]) -> Parsed<String> {
        match self.peek()? {
            Some(Token { tok: Tok::Symbol(word), .. }) if ends.contains(&word.as_str()) => {
                let word = word.clone();
                self.peeked = None;
                Ok(word)
            }
            _ => {
                Err(Fail::syntax(format!("`{{% {statement} %}}` is never closed with `{{% end{statement} %}}`"))
                    .at(opened))
            }
        }
    }

    /// A statement past its `{%`. Nothing at one that ends what is being read.
    fn statement(&mut self) -> Parsed<Option<Node>> {
        let at = self.place()?;
        let Some(Token { tok: Tok::Symbol(word), .. }) = self.peek()? else {
            return Err(self.unexpected("the name of a statement"));
        };
        let word = word.clone();
        if self.until.contains(&word.as_str()) {
            return Ok(None);
        }
        self.peeked = None;
        Ok(Some(match word.as_str() {
            "raw" | "verbatim" => {
                self.block_end(&word)?;
                Node::Text(self.lexer.raw(&word))
            }
            "if" | "ifAsync" => self.if_statement(at)?,
            "for" => self.for_statement(at, "for", &["endfor", "else"])?,
            "asyncEach" => self.for_statement(at, "each", &["endeach", "else"])?,
            "asyncAll" => self.for_statement(at, "all", &["endall", "else"])?,
            "set" => self.set(at)?,
            "macro" => self.macro_statement(at)?,
            "call" => self.call_statement(at)?,
            "filter" => self.filter_statement(at)?,
            "switch" => self.switch(at)?,
            "block" => {
                let (name, _) = self.word("the block's name")?;
                self.block_end("block")?;
                let body = self.nodes_until(&["endblock"])?;
                self.ended_by(at, "block", &["endblock"])?;
                self.skip_word(&name)?;
                self.block_end("endblock")?;
                Node::Block { at, name, body }
            }
            "include" | "extends" | "import" | "from" => self.other_file(at, word)?,
            _ => return Err(Fail::syntax(format!("`{{% {word} %}}` is no statement{}", closes(&word))).at(at)),
        }))
    }

    /// A statement that reads another file is read as far as it must be to be told from one that is wrong.
    fn other_file(&mut self, at: usize, name: String) -> Parsed<Node> {
        while !matches!(self.peek()?, None | Some(Token { tok: Tok::BlockEnd { .. }, .. })) {
            self.peeked = None;
        }
        self.block_end(&name)?;
        Ok(Node::Refused { at, name })
    }

    fn if_statement(&mut self, at: usize) -> Parsed<Node> {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let condition = self.expression()?;
            self.block_end("if")?;
            let body = self.nodes_until(&["elif", "elseif", "else", "endif"])?;
            branches.push((condition, body));
            match self.ended_by(at, "if", &["elif", "elseif", "else", "endif"])?.as_str() {
                "elif" | "elseif" => continue,
                "else" => {
                    self.block_end("else")?;
                    otherwise = self.nodes_until(&["endif"])?;
                    self.ended_by(at, "if", &["endif"])?;
                }
                _ => {}
            }
            self.block_end("endif")?;
            return Ok(Node::If { branches, otherwise });
        }
    }

    fn for_statement(&mut self, at: usize, name: &str, ends: &'static [&'static str]) -> Parsed<Node> {
        let mut names = vec![self.word("the name of the loop's variable")?.0];
        while self.skip_sign(",")? {
            names.push(self.word("the name of another variable of the loop")?.0);
        }
        if !self.skip_word("in")? {
            return Err(self.unexpected("`in` after the loop's variables"));
        }
        let list = self.expression()?;
        self.block_end(name)?;
        let body = self.nodes_until(ends)?;
        let mut otherwise = Vec::new();
        if self.ended_by(at, name, ends)? == "else" {
            self.block_end("else")?;
            otherwise = self.nodes_until(&ends[..1])?;
            self.ended_by(at, name, &ends[..1])?;
        }
        self.block_end(ends[0])?;
        Ok(Node::For { names, list, body, otherwise })
    }

    fn set(&mut self, at: usize) -> Parsed<Node> {
        let mut names = vec![self.word("the name of a variable")?.0];
        while self.skip_sign(",")? {
            names.push(self.word("the name of another variable")?.0);
        }
        if self.skip_sign("=")? {
            let value = self.expression()?;
            self.block_end("set")?;
            return Ok(Node::Set { names, value });
        }
        // Nunjucks forgets a dash here.
        match self.peek()? {
            Some(Token { tok: Tok::BlockEnd { .. }, .. }) => self.peeked = None,
            _ => return Err(self.unexpected("`=` or `%}` in `{% set %}`")),
        }
        let body = self.nodes_until(&["endset"])?;
        self.ended_by(at, "set", &["endset"])?;
        self.block_end("endset")?;
        Ok(Node::Set { names, value: self.ex(at, Kind::Capture(body))? })
    }

    fn macro_statement(&mut self, at: usize) -> Parsed<Node> {
        let (name, _) = self.word("the macro's name")?;
        let parameters = self.parameters()?;
        self.block_end("macro")?;
        let body = self.nodes_until(&["endmacro"])?;
        self.ended_by(at, "macro", &["endmacro"])?;
        self.block_end("endmacro")?;
        Ok(Node::Macro { at, name, parameters, body })
    }

    fn parameters(&mut self) -> Parsed<Parameters> {
        let mut parameters = Parameters::default();
        for argument in self.arguments()? {
            match argument.kind {
                Kind::Name(name) => parameters.names.push(name),
                Kind::Named(defaults) => parameters.defaults = defaults,
                _ => return Err(Fail::syntax("a parameter is a name, or a name with a default").at(argument.at)),
            }
        }
        Ok(parameters)
    }

    fn call_statement(&mut self, at: usize) -> Parsed<Node> {
        let parameters = if self.peek_sign("(")? { self.parameters()? } else { Parameters::default() };
        let call = self.primary()?;
        self.block_end("call")?;
        let body = self.nodes_until(&["endcall"])?;
        self.ended_by(at, "call", &["endcall"])?;
        self.block_end("endcall")?;
        let (call_at, Kind::Call(callee, mut arguments)) = (call.at, call.kind) else {
            return Err(Fail::syntax("`{% call %}` needs a call of a macro").at(call.at));
        };
        let caller = ("caller".to_owned(), self.ex(at, Kind::Caller(Box::new(Caller { parameters, body })))?);
        match arguments.last_mut() {
            Some(Ex { kind: Kind::Named(named), .. }) => named.push(caller),
            _ => arguments.push(self.ex(at, Kind::Named(vec![caller]))?),
        }
        Ok(Node::Output(self.ex(call_at, Kind::Call(callee, arguments))?))
    }

    fn filter_statement(&mut self, at: usize) -> Parsed<Node> {
        let (name, name_at) = self.filter_name()?;
        let arguments = if self.peek_sign("(")? { self.arguments()? } else { Vec::new() };
        self.block_end("filter")?;
        let body = self.nodes_until(&["endfilter"])?;
        self.ended_by(at, "filter", &["endfilter"])?;
        self.block_end("endfilter")?;
        let mut all = vec![self.ex(at, Kind::Capture(body))?];
        all.extend(arguments);
        Ok(Node::Output(self.ex(name_at, Kind::Filter(name, all))?))
    }

    fn switch(&mut self, at: usize) -> Parsed<Node> {
        const ENDS: &[&str] = &["case", "default", "endswitch"];
        let value = self.expression()?;
        self.block_end("switch")?;
        // What stands before the first case is dropped.
        self.nodes_until(ENDS)?;
        let mut cases = Vec::new();
        let mut default = Vec::new();
        // The first is a case whatever it says, so that `{% default %}` is compared with a variable of that name.
        self.skip_word("case")?;
        loop {
            let case = self.expression()?;
            self.block_end("case")?;
            cases.push((case, self.nodes_until(ENDS)?));
            match self.ended_by(at, "switch", ENDS)?.as_str() {
                "case" => {}
                "default" => {
                    self.block_end("default")?;
                    default = self.nodes_until(&["endswitch"])?;
                    self.ended_by(at, "switch", &["endswitch"])?;
                    break;
                }
                _ => break,
            }
        }
        self.block_end("endswitch")?;
        Ok(Node::Switch { value, cases, default })
    }

    /// An expression with what it is made of counted, so that no tree is too deep to walk.
    fn ex(&self, at: usize, kind: Kind) -> Parsed<Ex> {
        let depth = 1 + match &kind {
            Kind::Group(list) | Kind::Array(list) | Kind::Filter(_, list) => deepest(list.iter()),
            Kind::Dict(pairs) | Kind::Named(pairs) => deepest(pairs.iter().map(|(_, ex)| ex)),
            Kind::Call(callee, list) | Kind::Is(callee, _, list) => deepest(list.iter().chain([&**callee])),
            Kind::Slice(target, list) => deepest(list.iter().flatten().chain([&**target])),
            Kind::If { then, condition, otherwise } => {
                deepest([&**then, &**condition].into_iter().chain(otherwise.as_deref()))
            }
            Kind::Prefix(_, a) => a.depth,
            Kind::Member(a, b)
            | Kind::In(a, b)
            | Kind::Or(a, b)
            | Kind::And(a, b)
            | Kind::Binary(_, a, b)
            | Kind::FloorDivide(a, b)
            | Kind::Power(a, b)
            | Kind::Concatenate(a, b) => a.depth.max(b.depth),
            _ => 0,
        };
        if depth > MAX_DEPTH {
            return Err(Fail::limit(format!("an expression of more than {MAX_DEPTH} operations on each other")).at(at));
        }
        Ok(Ex { at, depth, kind })
    }

    fn pair(&self, at: usize, make: fn(Sub, Sub) -> Kind, left: Ex, right: Ex) -> Parsed<Ex> {
        self.ex(at, make(Box::new(left), Box::new(right)))
    }

    fn expression(&mut self) -> Parsed<Ex> {
        self.nested(|parser| {
            let then = parser.or()?;
            let at = then.at;
            if parser.skip_word("if")? {
                let condition = Box::new(parser.or()?);
                let otherwise = if parser.skip_word("else")? { Some(Box::new(parser.or()?)) } else { None };
                return parser.ex(at, Kind::If { then: Box::new(then), condition, otherwise });
            }
            if parser.skip_foreign("?")? {
                let condition = Box::new(then);
                let then = Box::new(parser.expression()?);
                parser.expect_sign(":", "`:` between the two values of `?`")?;
                let otherwise = Some(Box::new(parser.expression()?));
                return parser.ex(at, Kind::If { then, condition, otherwise });
            }
            Ok(then)
        })
    }

    fn or(&mut self) -> Parsed<Ex> {
        let mut left = self.and()?;
        // The two strokes of `||` are a filter's to Nunjucks: `filters` leaves them.
        while self.skip_word("or")? || self.skip_foreign("||")? {
            let right = self.and()?;
            left = self.pair(left.at, Kind::Or, left, right)?;
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Ex> {
        let mut left = self.not()?;
        while self.skip_word("and")? || self.skip_foreign("&&")? {
            let right = self.not()?;
            left = self.pair(left.at, Kind::And, left, right)?;
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Ex> {
        let at = self.place()?;
        if self.skip_word("not")? {
            let target = self.nested(Self::not)?;
            return self.ex(at, Kind::Prefix("!", Box::new(target)));
        }
        self.is_in()
    }

    fn is_in(&mut self) -> Parsed<Ex> {
        let mut left = self.is()?;
        loop {
            let at = left.at;
            let inverted = self.peek_word("not")?;
            let not = if inverted { self.next()? } else { None };
            if !self.skip_word("in")? {
                // A `not` without an `in` is somebody else's.
                if let Some(not) = not {
                    return Err(Fail::syntax("expected `in` after `not`").at(not.at));
                }
                return Ok(left);
            }
            let right = self.is()?;
            left = self.pair(at, Kind::In, left, right)?;
            if inverted {
                left = self.ex(at, Kind::Prefix("!", Box::new(left)))?;
            }
        }
    }

    fn is(&mut self) -> Parsed<Ex> {
        let left = self.compare()?;
        if !self.skip_word("is")? {
            return Ok(left);
        }
        let at = left.at;
        let inverted = self.skip_word("not")?;
        let test = self.compare()?;
        let (name, arguments) = match test.kind {
            Kind::Name(name) | Kind::Str(name) => (name, Vec::new()),
            Kind::Null => ("null".to_owned(), Vec::new()),
            Kind::Bool(value) => (value.to_string(), Vec::new()),
            Kind::Number(value) => (value.to_string(), Vec::new()),
            Kind::Call(callee, arguments) => match callee.kind {
                Kind::Name(name) => (name, arguments),
                _ => ("undefined".to_owned(), arguments),
            },
            Kind::Filter(name, arguments) => (name, arguments),
            // What has no name gives `undefined`, which happens to be the name of a test.
            _ => ("undefined".to_owned(), Vec::new()),
        };
        if arguments.len() > 1 {
            return Err(Fail::syntax("a test takes one argument at most").at(test.at));
        }
        let test = self.ex(at, Kind::Is(Box::new(left), name, arguments))?;
        if inverted { self.ex(at, Kind::Prefix("!", Box::new(test))) } else { Ok(test) }
    }

    fn compare(&mut self) -> Parsed<Ex> {
        let mut left = self.concatenate()?;
        loop {
            let Some(&sign) = ["==", "===", "!=", "!==", "<", ">", "<=", ">="]
                .iter()
                .find(|sign| matches!(self.peek(), Ok(Some(Token { tok: Tok::Sign(found), .. })) if found == *sign))
            else {
                return Ok(left);
            };
            self.peeked = None;
            let right = self.concatenate()?;
            left = self.ex(left.at, Kind::Binary(sign, Box::new(left), Box::new(right)))?;
        }
    }

    fn concatenate(&mut self) -> Parsed<Ex> {
        let mut left = self.arithmetic(0)?;
        while self.skip_sign("~")? {
            let right = self.arithmetic(0)?;
            left = self.pair(left.at, Kind::Concatenate, left, right)?;
        }
        Ok(left)
    }

    /// Each operator has a level of its own, as in Nunjucks; what JavaScript makes of it is decided later.
    fn arithmetic(&mut self, level: usize) -> Parsed<Ex> {
        const LEVELS: [&str; 7] = ["+", "-", "*", "/", "//", "%", "**"];
        let Some(&sign) = LEVELS.get(level) else { return self.unary(true) };
        let mut left = self.arithmetic(level + 1)?;
        while self.skip_sign(sign)? {
            let right = Box::new(self.arithmetic(level + 1)?);
            let at = left.at;
            let left_side = Box::new(left);
            left = self.ex(
                at,
                match sign {
                    "//" => Kind::FloorDivide(left_side, right),
                    "**" => Kind::Power(left_side, right),
                    _ => Kind::Binary(sign, left_side, right),
                },
            )?;
        }
        Ok(left)
    }

    fn unary(&mut self, filters: bool) -> Parsed<Ex> {
        let at = self.place()?;
        for sign in ["-", "+", "!"] {
            if if sign == "!" { self.skip_foreign(sign)? } else { self.skip_sign(sign)? } {
                let target = self.nested(|parser| parser.unary(sign == "!"))?;
                let ex = self.ex(at, Kind::Prefix(sign, Box::new(target)))?;
                return if filters { self.filters(ex) } else { Ok(ex) };
            }
        }
        let ex = self.primary()?;
        if filters { self.filters(ex) } else { Ok(ex) }
    }

    fn filters(&mut self, mut ex: Ex) -> Parsed<Ex> {
        while self.peek_sign("|")? {
            let stroke = self.next()?;
            if self.skip_sign("|")? {
                self.peeked = stroke.map(|token| Token { tok: Tok::Sign("||"), at: token.at });
                return Ok(ex);
            }
            let (name, at) = self.filter_name()?;
            let mut all = vec![ex];
            if self.peek_sign("(")? {
                all.extend(self.arguments()?);
            }
            // Nunjucks goes on with the call, so that what follows it is dropped; nobody writes that.
            ex = self.ex(at, Kind::Filter(name, all))?;
        }
        Ok(ex)
    }

    fn filter_name(&mut self) -> Parsed<(String, usize)> {
        let (mut name, at) = self.word("the name of a filter")?;
        while self.skip_sign(".")? {
            name.push('.');
            name.push_str(&self.word("the rest of a filter's name")?.0);
        }
        Ok((name, at))
    }

    fn primary(&mut self) -> Parsed<Ex> {
        let Some(token) = self.next()? else { return Err(self.unexpected("an expression")) };
        let at = token.at;
        let kind = match token.tok {
            Tok::Str(text) => Kind::Str(text),
            Tok::Number(number) => Kind::Number(number),
            Tok::Bool(value) => Kind::Bool(value),
            Tok::None => Kind::Null,
            Tok::Regex { body, flags } => Kind::Regex { body, flags },
            Tok::Symbol(name) => Kind::Name(name),
            Tok::Sign("(") => match self.list()? {
                list if list.is_empty() => return Err(Fail::syntax("nothing stands in the brackets").at(at)),
                list => Kind::Group(list),
            },
            Tok::Sign("[") => Kind::Array(self.list()?),
            Tok::Sign("{") => Kind::Dict(self.nested(Self::dict)?),
            _ => {
                self.peeked = Some(token);
                return Err(self.unexpected("a value"));
            }
        };
        let ex = self.ex(at, kind)?;
        self.postfix(ex)
    }

    fn postfix(&mut self, mut ex: Ex) -> Parsed<Ex> {
        loop {
            let at = ex.at;
            if self.peek_sign("(")? {
                let arguments = self.arguments()?;
                ex = self.ex(at, Kind::Call(Box::new(ex), arguments))?;
            } else if self.skip_sign("[")? {
                ex = self.index(ex)?;
            } else if self.skip_sign(".")? {
                let (name, name_at) = self.word("a name after the dot")?;
                let key = self.ex(name_at, Kind::Str(name))?;
                ex = self.pair(at, Kind::Member, ex, key)?;
            } else {
                return Ok(ex);
            }
        }
    }

    fn index(&mut self, target: Ex) -> Parsed<Ex> {
        let at = target.at;
        let mut parts = Vec::new();
        let mut colons = 0;
        let mut part = None;
        loop {
            if self.skip_sign("]")? || self.skip_sign(")")? || self.skip_sign("}")? {
                break;
            }
            if self.slices && self.skip_sign(":")? {
                colons += 1;
                parts.push(part.take());
            } else if part.is_none() {
                part = Some(self.expression()?);
            } else {
                return Err(self.unexpected("`]`"));
            }
        }
        match (colons, part) {
            (0, Some(key)) => self.pair(at, Kind::Member, target, key),
            (0, None) => Err(Fail::syntax("nothing stands between `[` and `]`").at(at)),
            (1 | 2, part) => {
                parts.push(part);
                self.ex(at, Kind::Slice(Box::new(target), parts))
            }
            _ => Err(Fail::syntax("a slice has three parts at most").at(at)),
        }
    }

    fn closed(&mut self) -> Parsed<bool> {
        // Nunjucks takes any closing bracket for any opening one.
        Ok(self.skip_sign(")")? || self.skip_sign("]")? || self.skip_sign("}")?)
    }

    fn list(&mut self) -> Parsed<Vec<Ex>> {
        let mut list = Vec::new();
        loop {
            if self.closed()? {
                return Ok(list);
            }
            if !list.is_empty() {
                self.expect_sign(",", "a comma or a closing bracket")?;
            }
            list.push(self.expression()?);
        }
    }

    fn dict(&mut self) -> Parsed<Vec<(String, Ex)>> {
        let mut pairs = Vec::new();
        loop {
            if self.closed()? {
                return Ok(pairs);
            }
            if !pairs.is_empty() {
                self.expect_sign(",", "a comma or `}`")?;
            }
            let key = self.primary()?;
            self.expect_sign(":", "`:` after the key")?;
            pairs.push((key_of(key)?, self.expression()?));
        }
    }

    fn arguments(&mut self) -> Parsed<Vec<Ex>> {
        let at = self.place()?;
        self.expect_sign("(", "`(` before the arguments")?;
        let mut arguments = Vec::new();
        let mut named = Vec::new();
        let mut first = true;
        while !self.skip_sign(")")? {
            if !first {
                self.expect_sign(",", "a comma or `)` after an argument")?;
            }
            first = false;
            let argument = self.expression()?;
            if self.skip_sign("=")? {
                named.push((key_of(argument)?, self.expression()?));
            } else {
                arguments.push(argument);
            }
        }
        if !named.is_empty() {
            arguments.push(self.ex(at, Kind::Named(named))?);
        }
        Ok(arguments)
    }
}

fn deepest<'e>(list: impl Iterator<Item = &'e Ex>) -> u16 {
    list.map(|ex| ex.depth).max().unwrap_or_default()
}

fn key_of(key: Ex) -> Parsed<String> {
    match key.kind {
        Kind::Name(name) | Kind::Str(name) => Ok(name),
        _ => Err(Fail::syntax("a key is a name or a text").at(key.at)),
    }
}

/// A word on what a statement closes, where nothing is open.
fn closes(word: &str) -> &'static str {
    if word.starts_with("end") || ["else", "elif", "elseif", "case", "default"].contains(&word) {
        " by itself: what it belongs to is not open"
    } else {
        ""
    }
}

fn says(tok: &Tok) -> String {
    match tok {
        Tok::Data(_) => "text".to_owned(),
        Tok::Comment { .. } => "a comment".to_owned(),
        Tok::BlockStart { .. } => "`{%`".to_owned(),
        Tok::BlockEnd { .. } => "`%}`".to_owned(),
        Tok::VariableStart { .. } => "the start of an expression".to_owned(),
        Tok::VariableEnd { .. } => "`}}`".to_owned(),
        Tok::Str(text) => format!("the text {text:?}"),
        Tok::Number(number) => format!("the number {number}"),
        Tok::Bool(value) => format!("`{value}`"),
        Tok::None => "`null`".to_owned(),
        Tok::Regex { .. } => "a regular expression".to_owned(),
        Tok::Symbol(word) => format!("`{word}`"),
        Tok::Sign(sign) => format!("`{sign}`"),
    }
}

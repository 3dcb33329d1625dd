//! The tree of a template: statements with their expressions, as Nunjucks' parser sees them.

/// An expression and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ex {
    pub at: usize,
    /// How deep the tree below it is.
    pub depth: u16,
    pub kind: Kind,
}

pub(crate) type Sub = Box<Ex>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(f64),
    Str(String),
    Regex {
        body: String,
        flags: String,
    },
    Name(String),
    /// In brackets: the last one counts.
    Group(Vec<Ex>),
    Array(Vec<Ex>),
    Dict(Vec<(String, Ex)>),
    /// The named arguments of a call, always the last.
    Named(Vec<(String, Ex)>),
    /// The body of a `{% call %}`: its parameters, and its place in [`Template::callers`].
    Caller(Box<Caller>),
    Member(Sub, Sub),
    /// `a[1:2]`, which Nunjucks reads for cookiecutter.
    Slice(Sub, Vec<Option<Ex>>),
    Call(Sub, Vec<Ex>),
    Filter(String, Vec<Ex>),
    Is(Sub, String, Vec<Ex>),
    In(Sub, Sub),
    If {
        then: Sub,
        condition: Sub,
        otherwise: Option<Sub>,
    },
    Or(Sub, Sub),
    And(Sub, Sub),
    /// `!`, `-` or `+`.
    Prefix(&'static str, Sub),
    Binary(&'static str, Sub, Sub),
    FloorDivide(Sub, Sub),
    Power(Sub, Sub),
    Concatenate(Sub, Sub),
    /// What a `{% filter %}` or `{% set %}` block holds.
    Capture(Vec<Node>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Caller {
    pub parameters: Parameters,
    pub body: Vec<Node>,
}

/// The parameters of a macro.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parameters {
    pub names: Vec<String>,
    pub defaults: Vec<(String, Ex)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Text(String),
    Output(Ex),
    If {
        branches: Vec<(Ex, Vec<Node>)>,
        otherwise: Vec<Node>,
    },
    For {
        names: Vec<String>,
        list: Ex,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Set {
        names: Vec<String>,
        value: Ex,
    },
    Macro {
        at: usize,
        name: String,
        parameters: Parameters,
        body: Vec<Node>,
    },
    Switch {
        value: Ex,
        cases: Vec<(Ex, Vec<Node>)>,
        default: Vec<Node>,
    },
    Block {
        at: usize,
        name: String,
        body: Vec<Node>,
    },
    /// A statement that would read another file.
    Refused {
        at: usize,
        name: String,
    },
}

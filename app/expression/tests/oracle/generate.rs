//! Templates made up from Nunjucks' grammar, the same ones for the same seed.

use serde_json::{Map, Value, json};

use crate::cases::{Case, Kind};

/// Numbers that look random and are not.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % most.max(1) as u64) as usize
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A value as a context may hold it.
    pub fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 12 } else { 16 }) {
            0..5 => json!(self.one(&[
                "my-app",
                "My App",
                "",
                "a/b",
                "github.com?owner=acme&repo=svc",
                "component:default/x",
                "true",
                "42",
                "0",
                " x ",
                "Ünï-ç ⚙",
                "a,b,c",
                "line\nbreak",
                "<b>\"q\" & 'r'</b>",
                "{{ x }}",
                "x_y-z.q",
                "\\d+",
                "ÅΣς",
            ])),
            5..7 => json!(self.below(2) == 0),
            7 => Value::Null,
            8 => json!(self.below(100)),
            9 => json!(-(self.below(10) as i64)),
            10 => json!([0.5, 1.25, -2.5, 1e21, 1e-7, 123_456_789.125][self.below(6)]),
            11 => json!(0),
            12 | 13 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let mut map = Map::new();
                for _ in 0..self.below(4) {
                    let key = self.one(&["name", "id", "b", "a", "10", "9", "x-y", "length", "title"]).to_owned();
                    map.insert(key, self.value(depth - 1));
                }
                Value::Object(map)
            }
        }
    }
}

fn context(dice: &mut Dice) -> Value {
    json!({
        "values": {
            "name": "my-app", "title": "My Great App", "empty": "", "zero": 0, "n": 7, "f": 2.5, "neg": -3, "on": true, "off": false,
            "nil": null, "uni": "Größe ⚙ ÄÖ", "csv": "b,a,,c", "text": "one two\n three\r\nfour", "html": "<a href=\"x\">T & 't'</a>",
            "list": ["b", "a", "C", "a"], "nums": [3, 1, 2.5, 10, -1], "mixed": [1, "1", null, true, [2, 3], {"k": "v"}],
            "pairs": [["k", 1], ["l", 2, 3], "xy"], "none": [], "void": {},
            "people": [{"name": "Zoe", "age": 30, "tags": ["x"]}, {"name": "adam", "age": 4}, {"name": "Bo", "age": 30, "on": true}],
            "map": {"b": 1, "a": {"c": [1, 2]}, "10": "ten", "2": "two", "x-y": false},
            "repo": "github.com?owner=acme&repo=svc", "ref": "group:team/a", "any": dice.value(2),
        },
        "parameters": { "name": "svc", "x": dice.value(2), "y": dice.value(1) },
        "steps": { "a-b": { "output": { "url": "https://x/y?z=1" } } },
        "top": "T", "item": "outer",
    })
}

const NAMES: &[&str] = &[
    "values.name",
    "values.title",
    "values.empty",
    "values.zero",
    "values.n",
    "values.f",
    "values.neg",
    "values.on",
    "values.off",
    "values.nil",
    "values.uni",
    "values.csv",
    "values.text",
    "values.html",
    "values.list",
    "values.nums",
    "values.mixed",
    "values.pairs",
    "values.none",
    "values.void",
    "values.people",
    "values.map",
    "values.map.a.c",
    "values.map['x-y']",
    "values.repo",
    "values.ref",
    "values.any",
    "values.missing",
    "values.missing.deeper",
    "parameters.x",
    "parameters.y",
    "steps['a-b'].output.url",
    "top",
    "item",
    "nowhere",
    "values['na' + 'me']",
    "values.list[0]",
    "values.people[1].name",
    "values.map[10]",
    "values.list.length",
    "values.name.length",
    "loop",
    "loop.index",
    "x",
    "y",
];
const TEXTS: &[&str] = &[
    "'a'",
    "\"b\"",
    "''",
    "'-'",
    "','",
    "' '",
    "'1'",
    "'a-b'",
    "'É'",
    "'x\\ny'",
    "'\\'q\\''",
    "'name'",
    "'k'",
    "'10'",
];
const NUMBERS: &[&str] = &["0", "1", "2", "3", "10", "2.5", "0.1", "100", "007"];

fn expression(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 || dice.chance(22) {
        return match dice.below(10) {
            0..6 => dice.one(NAMES).to_owned(),
            6 | 7 => dice.one(TEXTS).to_owned(),
            8 => dice.one(NUMBERS).to_owned(),
            _ => dice
                .one(&["true", "false", "none", "null", "[]", "{}", "range(3)", "undefined", "[1, 'a']", "{a: 1}"])
                .to_owned(),
        };
    }
    let sub = |dice: &mut Dice| expression(dice, depth - 1);
    match dice.below(24) {
        0..4 => filtered(dice, depth),
        4..7 => method(dice, depth),
        7..10 => {
            let sign = dice.one(&["+", "-", "*", "/", "%", "//", "**", "~", "+", "~"]);
            format!("{} {sign} {}", sub(dice), sub(dice))
        }
        10..12 => {
            let sign = dice.one(&["==", "===", "!=", "!==", "<", ">", "<=", ">="]);
            format!("{} {sign} {}", sub(dice), sub(dice))
        }
        12..14 => format!("{} {} {}", sub(dice), dice.one(&["and", "or"]), sub(dice)),
        14 => format!("not {}", sub(dice)),
        15 => format!("({})", sub(dice)),
        16 => format!("{} if {} else {}", sub(dice), sub(dice), sub(dice)),
        17 => format!("{} if {}", sub(dice), sub(dice)),
        18 => format!("{} {} {}", sub(dice), dice.one(&["in", "not in"]), sub(dice)),
        19 => {
            let test = dice.one(&[
                "defined",
                "undefined",
                "none",
                "string",
                "number",
                "even",
                "odd",
                "truthy",
                "falsy",
                "iterable",
                "mapping",
                "divisibleby(3)",
                "eq('a')",
                "gt(2)",
                "lower",
                "upper",
                "callable",
                "escaped",
                "sameas(1)",
                "null",
                "ne(1)",
                "nosuch",
            ]);
            format!("{} is {}{test}", sub(dice), dice.one(&["", "", "not "]))
        }
        20 => format!("[{}, {}]", sub(dice), sub(dice)),
        21 => format!("{{{}: {}, 'z': {}}}", dice.one(&["a", "'b c'", "name"]), sub(dice), sub(dice)),
        22 => format!("{}{}", dice.one(&["-", "+"]), sub(dice)),
        _ => format!("({})[{}]", sub(dice), sub(dice)),
    }
}

fn filtered(dice: &mut Dice, depth: usize) -> String {
    let target = expression(dice, depth - 1);
    let target = if target.contains(' ') { format!("({target})") } else { target };
    let a = expression(dice, 0);
    let b = expression(dice, 0);
    let number = dice.one(NUMBERS);
    let filter = match dice.below(66) {
        0 => "abs".to_owned(),
        1 => format!("batch({number})"),
        2 => format!("batch({number}, {a})"),
        3 => "capitalize".to_owned(),
        4 => format!("center({number})"),
        5..8 => format!("default({a})"),
        8 => format!("default({a}, true)"),
        9 => "dictsort".to_owned(),
        10 => format!("dictsort({a}, 'value')"),
        11..15 => "dump".to_owned(),
        15 => format!("dump({number})"),
        16 => "escape".to_owned(),
        17 => "first".to_owned(),
        18 => "last".to_owned(),
        19 => "float".to_owned(),
        20 => format!("float({a})"),
        21 => "int".to_owned(),
        22 => format!("int({a})"),
        23 => "int(base=16)".to_owned(),
        24 => "forceescape".to_owned(),
        25 => format!("groupby({})", dice.one(&["'name'", "'age'", "'tags.0'", "''"])),
        26 => "indent".to_owned(),
        27 => format!("indent({number}, true)"),
        28 => format!("join({a})"),
        29 => "join(',', 'name')".to_owned(),
        30 => "length".to_owned(),
        31 => "list".to_owned(),
        32 | 33 => "lower".to_owned(),
        34 | 35 => "upper".to_owned(),
        36 => "nl2br".to_owned(),
        37 => format!("reject({})", dice.one(&["", "'odd'", "'string'", "'eq', 'a'"])),
        38 => format!("select({})", dice.one(&["", "'odd'", "'string'", "'gt', 2"])),
        39 => "rejectattr('on')".to_owned(),
        40 => "selectattr('tags')".to_owned(),
        41 | 42 => format!("replace({a}, {b})"),
        43 => format!("replace({a}, {b}, {number})"),
        44 => format!(
            "replace(r/{}/{}, {b})",
            dice.one(&["[a-m]+", "\\s", "(\\w)-(\\w)", "^.", "$", "\\d*", "A|b"]),
            dice.one(&["", "g", "gi"])
        ),
        45 => "reverse".to_owned(),
        46 => "round".to_owned(),
        47 => format!("round({number}, '{}')", dice.one(&["ceil", "floor", "common"])),
        48 => "safe".to_owned(),
        49 => format!("slice({number})"),
        50 => format!("slice({number}, {a})"),
        51 => "sort".to_owned(),
        52 => format!("sort({}, {})", dice.one(&["true", "false"]), dice.one(&["true", "false"])),
        53 => format!("sort(attribute='{}', reverse={})", dice.one(&["name", "age"]), dice.one(&["true", "false"])),
        54 => "string".to_owned(),
        55 => format!("striptags{}", dice.one(&["", "(true)"])),
        56 => format!("sum{}", dice.one(&["", "('age')", "('age', 5)"])),
        57 => "title".to_owned(),
        58 => "trim".to_owned(),
        59 => format!("truncate({number})"),
        60 => format!("truncate({number}, true, {a})"),
        61 => "urlencode".to_owned(),
        62 => format!("urlize{}", dice.one(&["", "(5)", "(5, true)"])),
        63 => "wordcount".to_owned(),
        64 => dice
            .one(&["parseRepoUrl", "projectSlug", "parseEntityRef", "parseEntityRef({defaultKind: 'x'})"])
            .to_owned(),
        _ => format!("pick({})", dice.one(&["'name'", "'a.c[1]'", "'a.c.0'", "'nope'"])),
    };
    format!("{target} | {filter}")
}

fn method(dice: &mut Dice, depth: usize) -> String {
    let target = if dice.chance(70) {
        dice.one(&[
            "values.name",
            "values.title",
            "values.csv",
            "values.text",
            "values.uni",
            "values.list",
            "values.mixed",
            "values.nums",
        ])
        .to_owned()
    } else {
        format!("({})", expression(dice, depth - 1))
    };
    let a = expression(dice, 0);
    let b = dice.one(&["'a'", "'-'", "' '", "','", "'X'", "'$&$1'", "1", "2", "-1", "'My'"]);
    let n = dice.one(&["0", "1", "2", "3", "-1", "-2", "10"]);
    let m = dice.one(&["1", "2", "4", "-1"]);
    let call = match dice.below(40) {
        0 => format!("split({b})"),
        1 => format!("split({b}, {m})"),
        2 => "split('')".to_owned(),
        3 => "trim()".to_owned(),
        4 | 5 => format!("replace({b}, {a})"),
        6 | 7 => format!("replaceAll({b}, {a})"),
        8 => format!(
            "replace(r/{}/{}, {b})",
            dice.one(&["[^a-z]", "(a)(p*)", "\\W+", "^\\w", "o\\b"]),
            dice.one(&["", "g"])
        ),
        9 => format!("join({b})"),
        10 => "join()".to_owned(),
        11 => format!("startsWith({b})"),
        12 => format!("endsWith({b})"),
        13 => "toLowerCase()".to_owned(),
        14 => "toUpperCase()".to_owned(),
        15 => format!("includes({b})"),
        16 => format!("slice({n})"),
        17 => format!("slice({n}, {m})"),
        18 => format!("indexOf({b})"),
        19 => format!("lastIndexOf({b})"),
        20 => format!("concat({a})"),
        21 => format!("substring({n}, {m})"),
        22 => format!("substr({n}, {m})"),
        23 => format!("padStart(12, {b})"),
        24 => format!("padEnd(12, {b})"),
        25 => format!("repeat({m})"),
        26 => format!("charAt({n})"),
        27 => format!("at({n})"),
        28 => "toString()".to_owned(),
        29 => "reverse()".to_owned(),
        30 => format!("push({a})"),
        31 => "pop()".to_owned(),
        32 => "shift()".to_owned(),
        33 => "sort()".to_owned(),
        34 => "flat()".to_owned(),
        35 => format!("match(r/{}/{})", dice.one(&["a", "(\\w)(\\w)", "z"]), dice.one(&["", "g"])),
        36 => format!("toFixed({})", dice.one(&["", "1", "2"])),
        37 => format!("splice({n}, {m})"),
        38 => format!("charCodeAt({n})"),
        _ => "nosuch()".to_owned(),
    };
    format!("{target}.{call}")
}

fn template(dice: &mut Dice, depth: usize) -> String {
    (0..1 + dice.below(4)).map(|_| piece(dice, depth)).collect()
}

fn open(dice: &mut Dice, inside: &str) -> String {
    format!("{{%{}{inside} {}%}}", dice.one(&[" ", " ", "- "]), dice.one(&["", "", "-"]))
}

/// A block whose inside is written with the same dice.
macro_rules! tag {
    ($dice:expr, $($inside:tt)*) => {{
        let inside = format!($($inside)*);
        open($dice, &inside)
    }};
}

fn piece(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 || dice.chance(30) {
        return match dice.below(4) {
            0 | 1 => dice
                .one(&[
                    "text",
                    " \n",
                    "  line\n",
                    "{{ helm }}",
                    "$x {",
                    "#",
                    "}} %}",
                    "\"q\" \\n",
                    "\t\r\n",
                    "a\u{a0}b ",
                    "${ x }",
                    "é\n  ",
                ])
                .to_owned(),
            2 => format!(
                "${{{{{}{}{}}}}}",
                dice.one(&[" ", " ", "- "]),
                expression(dice, 2),
                dice.one(&[" ", " ", " -"])
            ),
            _ => dice
                .one(&["{# c #}", "{#- c -#}", "{# ${{ x }} #}", "{% raw %}${{ x }} {% if %}{% endraw %}"])
                .to_owned(),
        };
    }
    let body = template(dice, depth - 1);
    let ex = expression(dice, 2);
    match dice.below(16) {
        0..3 => {
            let middle = match dice.below(4) {
                0 => String::new(),
                1 => open(dice, "else") + &template(dice, depth - 1),
                2 => tag!(dice, "elif {}", expression(dice, 1)) + &template(dice, depth - 1),
                _ => {
                    tag!(dice, "elseif {}", expression(dice, 1))
                        + &template(dice, depth - 1)
                        + &open(dice, "else")
                        + &template(dice, depth - 1)
                }
            };
            tag!(dice, "if {ex}") + &body + &middle + &open(dice, "endif")
        }
        3..7 => {
            let names = dice.one(&["x", "item", "x, y", "k, v", "x, y, z"]);
            let list = dice.one(NAMES);
            let list = if dice.chance(50) { list.to_owned() } else { ex };
            let inside = dice.one(&[
                "${{ x }}",
                "${{ loop.index }}/${{ loop.length }}",
                "${{ y }}",
                "${{ item }}",
                "${{ k }}=${{ v }}",
                "${{ loop.last }}",
            ]);
            let other = if dice.chance(25) { open(dice, "else") + &template(dice, 0) } else { String::new() };
            tag!(dice, "for {names} in {list}") + inside + &body + &other + &open(dice, "endfor")
        }
        7..10 => {
            let names = dice.one(&["x", "y", "top", "item", "x, y", "values", "_p"]);
            let block = tag!(dice, "set {names} = {ex}");
            block + &format!("${{{{ {} }}}}", dice.one(&["x", "y", "top", "item", "_p"]))
        }
        10 => open(dice, "set x") + &body + &open(dice, "endset") + "${{ x }}",
        11 | 12 => {
            let parameters = dice.one(&["", "x", "x, y", "x, y='d'", "x=1, y=2", "x, item=top"]);
            let arguments = dice.one(&["", "1", "1, 2", "y=3", "x=4, y=5", "'s', y='t'", "1, 2, 3"]);
            let inside = dice.one(&[
                "[${{ x }}|${{ y }}]",
                "${{ item }}",
                "${{ top }}",
                "${{ caller() if caller }}",
                "${{ x | dump }}",
            ]);
            let define = tag!(dice, "macro m({parameters})") + inside + &body + &open(dice, "endmacro");
            let call = match dice.below(3) {
                0 => {
                    tag!(dice, "call{} m({arguments})", dice.one(&["", "(q)"]))
                        + "${{ x }}"
                        + &body
                        + &open(dice, "endcall")
                }
                _ => format!(
                    "${{{{ m({arguments}){} }}}}",
                    dice.one(&["", "", " | upper", " | length", " + 1", " | dump"])
                ),
            };
            define + &call
        }
        13 => {
            let cases: String = (0..dice.below(3))
                .map(|_| tag!(dice, "case {}", expression(dice, 0)) + dice.one(&["", "c", "${{ x }}"]))
                .collect();
            let default = if dice.chance(50) { open(dice, "default") + &body } else { String::new() };
            tag!(dice, "switch {ex}") + &cases + &default + &open(dice, "endswitch")
        }
        14 => {
            tag!(dice, "filter {}", dice.one(&["upper", "trim", "replace('e', 'E')", "indent(2)", "length", "title"]))
                + &body
                + &open(dice, "endfilter")
        }
        _ => open(dice, "block b") + &body + &open(dice, "endblock"),
    }
}

/// Words and signs at random, most of which are no template.
fn noise(dice: &mut Dice) -> String {
    const PARTS: &[&str] = &[
        "${{", "}}", "{%", "%}", "{#", "#}", "-", " ", "\n", "if ", "endif", "else", "for ", " in ", "endfor", "set ",
        "=", "x", "y", "1", "'a'", "\"", "(", ")", "[", "]", "{", "}", ",", ".", "|", ":", "~", "+", "*", "/", "//",
        "==", "!=", "<", "not ", "is ", "and ", "or ", "values", ".name", "| upper", "raw", "endraw", "none", "true",
        "r/a/", "$", "%", "#", "text",
    ];
    (0..2 + dice.below(14)).map(|_| dice.one(PARTS)).collect()
}

/// So many cases.
pub fn cases(seed: u64, many: usize) -> Vec<Case> {
    let mut dice = Dice::new(seed);
    (0..many)
        .map(|i| {
            let context = context(&mut dice);
            let (kind, source) = match i % 10 {
                0..4 => (Kind::Text, template(&mut dice, 2)),
                4..6 => (Kind::Text, format!("${{{{ {} }}}}", expression(&mut dice, 3))),
                6..8 => {
                    let before = dice.one(&["", "", "", "a ", "\n"]);
                    (Kind::Value, format!("{before}${{{{ {} }}}}", expression(&mut dice, 2)))
                }
                8 => match dice.below(3) {
                    0 => (Kind::Trimmed, template(&mut dice, 2)),
                    1 => (Kind::Cookiecutter, template(&mut dice, 1).replace("${{", "{{")),
                    _ => (Kind::Value, template(&mut dice, 1)),
                },
                _ => (if dice.chance(50) { Kind::Text } else { Kind::Value }, noise(&mut dice)),
            };
            Case { name: format!("generated {i}"), kind, input: Value::String(source), context }
        })
        .collect()
}

//! What a template renders as, case by case.

use expression::{Engine, ErrorKind, Limits, NameKind, Options};
use proptest::prelude::*;
use serde_json::{Value, json};

fn context() -> Value {
    json!({
        "values": { "name": "my-app", "list": [1, "a", null, [2, 3]], "empty": "", "zero": 0, "on": true, "map": { "b": 1, "a": 2 } },
        "parameters": { "name": "svc", "count": 3, "repoUrl": "github.com?owner=acme&repo=svc", "tags": ["x", "y"] },
        "steps": { "publish": { "output": { "remoteUrl": "https://git/x" } }, "with-dash": { "output": { "n": 1 } } },
    })
}

fn text(source: &str) -> String {
    match Engine::default().text(source, &context()) {
        Ok(rendered) => rendered.value,
        Err(error) => format!("{:?} {error}", error.kind),
    }
}

#[test]
fn texts_render_as_nunjucks_renders_them() {
    for (source, expected) in [
        ("plain {{ x }} ${x} $x", "plain {{ x }} ${x} $x"),
        ("${{ values.name }}!", "my-app!"),
        ("${{ values.list }}", "1,a,,2,3"),
        ("${{ values.map }}", "[object Object]"),
        ("${{ values.on }} ${{ values.zero }} ${{ null }} ${{ values.nope }}", "true 0  "),
        ("${{ '${{' }}", "${{"),
        ("${{ steps['with-dash'].output.n + 1 }}", "2"),
        ("${{ 1 + '1' }} ${{ 7 // 2 }} ${{ 2 ** 3 }} ${{ 7 % 4 }} ${{ 1 / 3 }}", "11 3 8 3 0.3333333333333333"),
        ("${{ values.name.split('-')[1] | upper }}", "APP"),
        ("${{ values.name | replace('-', '_') }}", "my_app"),
        ("${{ values.name.replace(r/[a-m]/g, '<$&>') }}", "<m>y-<a>pp"),
        ("{% if values.list.length > 3 and not values.empty %}yes{% else %}no{% endif %}", "yes"),
        ("{% for x in values.list %}${{ loop.index }}:${{ x }},{% endfor %}", "1:1,2:a,3:,4:2,3,"),
        ("{% for k, v in values.map %}${{ k }}=${{ v }};{% endfor %}", "b=1;a=2;"),
        ("{% for x in [] %}a{% else %}none{% endfor %}", "none"),
        ("{% set x = 1 %}{% for i in [1,2] %}{% set x = x + i %}{% endfor %}${{ x }}", "4"),
        (
            "{% macro m(a, b='z') %}[${{ a }}${{ b }}]{% endmacro %}${{ m(1) }}${{ m(1, 2) }}${{ m(b=3, a=4) }}",
            "[1z][12][43]",
        ),
        ("{% macro w() %}<${{ caller() }}>{% endmacro %}{% call w() %}hi{% endcall %}", "<hi>"),
        ("{% raw %}${{ x }}{% if %}{% endraw %}!", "${{ x }}{% if %}!"),
        ("a  {%- if true -%}  b  {%- endif -%}  c", "abc"),
        ("{# gone #}x", "x"),
        ("{% switch 2 %}{% case 1 %}one{% case 2 %}two{% default %}d{% endswitch %}", "two"),
        ("${{ 'a' if values.on }}${{ 'b' if values.empty }}", "a"),
        ("${{ values.on ? 'a' : 'b' }}${{ !values.on || values.zero }}${{ values.on && 5 }}", "a05"),
        ("${{ parameters.repoUrl | parseRepoUrl | dump }}", r#"{"host":"github.com","owner":"acme","repo":"svc"}"#),
        ("${{ parameters.repoUrl | projectSlug }}", "acme/svc"),
        ("${{ 'group:a/b' | parseEntityRef | pick('name') }}", "b"),
        ("{% set f %}a${{ 1 }}{% endset %}${{ f }}{% filter upper %}x${{ f }}{% endfilter %}", "a1XA1"),
        ("${{ values.list.constructor }}|${{ ''.constructor.constructor }}", "|"),
        ("${{ not values.on == false }}", "true"),
        ("${{ not false and null }}|${{ null and 0 }}|${{ 0 or '' }}|${{ (1 if true) and 'x' }}", "|||x"),
        ("${{ 'x' is defined }} ${{ values.q is undefined }} ${{ null is none }}", "true true true"),
        ("${{ range(1, 4) }} ${{ 'b' in ['a','b'] }} ${{ 'k' not in {k: 1} }}", "1,2,3 true false"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}

#[test]
fn a_single_expression_keeps_its_type() {
    let input = json!({
        "n": "${{ parameters.count }}", "l": "${{ parameters.tags }}", "t": "a${{ parameters.count }}", "gone": "${{ parameters.no }}",
        "e": "", "list": ["${{ parameters.no }}", 1], "if": "{% if true %}true{% endif %}", "bad": "${{ 1 + }}", "sh": "${#x}",
    });
    let rendered = Engine::default().value(&input, &context()).unwrap();
    assert_eq!(
        rendered.value,
        json!({ "n": 3, "l": ["x", "y"], "t": "a3", "list": [null, 1], "if": true, "bad": "${{ 1 + }}", "sh": "${#x}" })
    );
    assert_eq!(rendered.undefined.len(), 2);
    assert_eq!(rendered.kept.len(), 2);
    assert_eq!(rendered.kept[0].pointer, "/bad");
}

#[test]
fn what_never_ends_ends() {
    let engine = Engine::new(Options {
        limits: Limits { fuel: 200_000, output_bytes: 100_000, recursion: 250 },
        ..Options::default()
    });
    for source in [
        "{% for i in range(100000000) %}x{% endfor %}",
        "{% macro m() %}${{ m() }}{% endmacro %}${{ m() }}",
        "{% set x = 'aaaaaaaaaa' %}{% for i in range(100) %}{% set x = x + x %}{% endfor %}${{ x }}",
        "${{ 'x'.repeat(1000000000) }}",
        "{% set x = [] %}{% for i in range(10000) %}{% set x = [x] %}{% endfor %}${{ x | dump }}",
        "${{ 'x' | center(1000000000) }}",
    ] {
        let error = engine.text(source, &json!({})).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit, "{source}: {error}");
    }
    let deep = format!("${{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(engine.text(&deep, &json!({})).unwrap_err().kind, ErrorKind::Limit);
    let long = format!("${{{{ 1{} }}}}", " + 1".repeat(100_000));
    assert_eq!(engine.text(&long, &json!({})).unwrap_err().kind, ErrorKind::Limit);
}

#[test]
fn an_undefined_name_is_told_with_its_place_and_the_nearest() {
    let engine = Engine::default();
    let rendered = engine
        .text("a\n  ${{ values.nmae }}${{ parameters.x or 'y' }}${{ values.q | default('z') }}", &context())
        .unwrap();
    assert_eq!(rendered.value, "a\n  yz");
    let [undefined] = rendered.undefined.as_slice() else { panic!("{:?}", rendered.undefined) };
    assert_eq!((undefined.name.as_str(), undefined.line, undefined.column), ("values.nmae", 2, 7));
    assert_eq!(undefined.nearest.as_deref(), Some("values.name"));
    let strict = Engine::new(Options { strict: true, ..Options::default() });
    let error = strict.text("ok ${{ paramaters.name }}", &context()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Undefined);
    assert_eq!(error.message, "`paramaters.name` is not defined; did you mean `parameters.name`?");
    assert_eq!((error.line, error.column), (1, 8));
    assert_eq!(strict.text("${{ 'x' if values.q }}", &context()).unwrap().value, "");
    let input = json!({ "a": ["${{ steps.publsh.output.remoteUrl }}"] });
    let rendered = engine.value(&input, &context()).unwrap();
    assert_eq!(rendered.undefined[0].pointer, "/a/0");
    assert_eq!(rendered.undefined[0].column, 5);
    assert_eq!(rendered.undefined[0].nearest.as_deref(), Some("steps.publish.output.remoteUrl"));
    assert_eq!(strict.value(&input, &context()).unwrap_err().pointer, "/a/0");
}

#[test]
fn errors_say_what_and_where() {
    for (source, kind, line, column, message) in [
        ("a\n${{ values. }}", ErrorKind::Syntax, 2, 13, "expected a name after the dot, found `}}`"),
        ("{% if x %}a", ErrorKind::Syntax, 1, 4, "`{% if %}` is never closed with `{% endif %}`"),
        (
            "{% endif %}",
            ErrorKind::Syntax,
            1,
            4,
            "`{% endif %}` is no statement by itself: what it belongs to is not open",
        ),
        ("\n{# x", ErrorKind::Syntax, 2, 1, "a comment is opened with `{#` and never closed with `#}`"),
        (
            "${{ values.nope.split('-') }}",
            ErrorKind::Runtime,
            1,
            5,
            "`values.nope.split` is not defined, so it cannot be called",
        ),
        (
            "${{ values.list | upper }}",
            ErrorKind::Runtime,
            1,
            19,
            "the filter `upper` needs a text, and this is a list",
        ),
        ("${{ 1 | uper }}", ErrorKind::Runtime, 1, 9, "there is no filter `uper`; did you mean `upper`?"),
        (
            "{% include 'x' %}",
            ErrorKind::Runtime,
            1,
            4,
            "`{% include %}` would read another file, which a template cannot",
        ),
        (
            "${{ 'a'.replace(r/(?=a)/, '') }}",
            ErrorKind::Runtime,
            1,
            17,
            "/(?=a)/ looks ahead or behind, which cannot be done in bounded time",
        ),
    ] {
        let error = Engine::default().text(source, &context()).unwrap_err();
        assert_eq!(
            (error.kind, error.line, error.column, error.message.as_str()),
            (kind, line, column, message),
            "{source}"
        );
    }
}

#[test]
fn a_condition_holds_as_it_does_for_a_step() {
    let engine = Engine::default();
    for (value, holds) in [
        (json!(true), true),
        (json!(false), false),
        (json!(null), true),
        (json!("${{ parameters.name }}"), true),
        (json!("${{ parameters.nope }}"), false),
        (json!("${{ parameters.name === 'other' }}"), false),
        (json!("${{ [] }}"), false),
        (json!("${{ {} }}"), true),
        (json!("${{ values.zero }}"), false),
        (json!("${{ false }} and more"), true),
        (json!("false"), true),
        (json!(""), false),
    ] {
        assert_eq!(engine.condition(&value, &context()).unwrap(), holds, "{value}");
    }
}

#[test]
fn names_are_found_without_running() {
    let source = "${{ parameters.a }}{% for x in steps['b'].output.list %}${{ x.y }}${{ loop.index }}{% endfor %}\n\
        {% if user.entity is defind %}${{ values.n.split('-') | uper }}{% endif %}${{ parameters.d | default(1) && other() }}";
    let names = Engine::default().names(source).unwrap();
    let short: Vec<_> = names.iter().map(|name| (name.kind, name.name(), name.asked, name.known)).collect();
    assert_eq!(
        short,
        [
            (NameKind::Variable, "parameters.a".to_owned(), false, true),
            (NameKind::Variable, "steps.b.output.list".to_owned(), false, true),
            (NameKind::Variable, "user.entity".to_owned(), true, true),
            (NameKind::Test, "defind".to_owned(), false, false),
            (NameKind::Variable, "values.n".to_owned(), false, true),
            (NameKind::Filter, "uper".to_owned(), false, false),
            (NameKind::Variable, "parameters.d".to_owned(), true, true),
            (NameKind::Filter, "default".to_owned(), false, true),
            (NameKind::Function, "other".to_owned(), false, true),
            (NameKind::Operator, "&&".to_owned(), false, true),
        ]
    );
    assert_eq!((names[3].line, names[3].column), (2, 7));
    assert_eq!(names[3].nearest.as_deref(), Some("defined"));
    assert!(Engine::default().names("${{ ").is_err());
}

#[test]
fn cookiecutter_templates_have_braces_and_python() {
    let engine = Engine::new(Options { cookiecutter_compat: true, ..Options::default() });
    let context = json!({ "cookiecutter": { "name": "x", "list": [1, 2, 3], "map": { "a": 1 } } });
    for (source, expected) in [
        ("{{ cookiecutter.name }} ${{ cookiecutter.name }}", "x $x"),
        ("{{ cookiecutter.map | jsonify }}", r#"{"a":1}"#),
        ("{% if True and not None %}{{ cookiecutter.list[1:] }}{% endif %}", "2,3"),
        ("{% for k, v in cookiecutter.map.items() %}{{ k }}{{ v }}{% endfor %}", "a1"),
    ] {
        assert_eq!(engine.text(source, &context).unwrap().value, expected, "{source}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is in it: no panic, and what has nothing to render stays as it is.
    #[test]
    fn any_text_is_rendered_or_refused(source in r"([a-z .\n\u{e9}😀]|\$\{\{|\}\}|\{%|%\}|\{#|#\}|-| |if|endif|for x in|endfor|'|\||\(|\)|\[|x|1|&&|\?|:|r/|\\){0,40}") {
        let engine = Engine::default();
        let rendered = engine.text(&source, &context());
        if !Engine::is_template(&source) {
            prop_assert_eq!(rendered.unwrap().value, source.clone());
        }
        let _ = engine.names(&source);
        let _ = engine.value(&json!([source]), &context());
    }

    /// A regular expression of any kind is used or refused, and never panics.
    #[test]
    fn any_pattern_is_used_or_refused(pattern in r"[a-c\[\]\\(){}*+?|^$.,dwsbBDWS0-9&~\-]{0,12}") {
        let context = json!({ "t": "abc-ab 12é" });
        if !pattern.contains('/') {
            let _ = Engine::default().text(&format!("${{{{ t.replace(r/{pattern}/g, '<$&>') }}}}"), &context);
        }
    }

    /// What JSON can hold comes through a single expression unchanged.
    #[test]
    fn a_value_keeps_its_type(number in -1_000_000i64..1_000_000, text in "\\PC{0,20}", flag: bool) {
        let value = json!({ "n": number, "t": text, "list": [flag, null, [number]] });
        let rendered = Engine::default().value(&json!("${{ v }}"), &json!({ "v": value })).unwrap();
        prop_assert_eq!(rendered.value, value);
    }
}

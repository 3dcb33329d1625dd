//! What a template renders as, case by case.

use expression::{Engine, ErrorKind, Limits, Options};
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

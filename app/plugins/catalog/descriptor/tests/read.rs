//! Reading texts: documents, positions and what no text may do.

use descriptor::{Document, Position, Verdict, read};
use proptest::prelude::*;
use serde_json::json;

/// Verdict and findings, a line each.
fn told(documents: &[Document]) -> String {
    let lines = documents.iter().flat_map(|document| {
        let findings = |name, findings: &[descriptor::Finding]| -> Vec<String> {
            let line = |f: &descriptor::Finding| format!("  {name} {}:{} {} {}", f.line, f.column, f.path, f.message);
            findings.iter().map(line).collect()
        };
        let head = format!("{} line {} {:?}", document.doc, document.line, document.verdict);
        [vec![head], findings("error", &document.errors), findings("warning", &document.warnings)].concat()
    });
    lines.collect::<Vec<_>>().join("\n")
}

const FILE: &str = "\
# The payments service
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: pay
  annotations:
  tags: [java, \"Not ok\"]
spec:
  type: service
  lifecycle: production
  dependsOff:
    - resource:db
---
a: b: c
---
apiVersion: apps/v1
---
# nothing
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: payments}
spec: {owner: 'group:'}
";

#[test]
fn findings_name_line_and_column_in_the_whole_file() {
    insta::assert_snapshot!(told(&read(FILE)), @r#"
    0 line 1 Invalid
      error 6:3 /metadata/annotations must be an object, but is null
      error 7:16 /metadata/tags/1 must be 1 to 63 characters: lower-case letters, digits, `+`, `#` and `:`, with single `-` in between; it is "Not ok"
      error 9:3 /spec/owner is missing; it must be a non-empty string
      warning 11:3 /spec/dependsOff unknown field `dependsOff`, which has no effect; did you mean `dependsOn`?
    1 line 13 YamlError
      error 14:5  not valid YAML: a second `: ` in one line, or a line indented too far; put text that holds `: ` in quotes
    2 line 15 NotEntity
    3 line 17 IgnoredEmpty
    4 line 19 Ok
      warning 23:8 /spec/owner `group:` is no entity reference; write `[kind:][namespace/]name`
    "#);
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let plain = told(&read(FILE));
    assert_eq!(told(&read(&FILE.replace('\n', "\r\n"))), plain);
    assert_eq!(told(&read(&format!("\u{feff}{FILE}"))), plain);
}

#[test]
fn positions_fall_back_to_the_nearest_parent() {
    let documents = read(FILE);
    let at = |pointer| documents[0].position(pointer);
    assert_eq!(at("/spec/type"), Position { line: 9, column: 9 });
    assert_eq!(at("/spec/dependsOff/0"), Position { line: 12, column: 7 });
    assert_eq!(at("/spec/owner/x"), Position { line: 9, column: 3 });
    assert_eq!(at("/metadata/annotations"), Position { line: 6, column: 3 });
    assert_eq!(at(""), Position { line: 2, column: 1 });
    assert_eq!(documents[0].key_position("/spec/type"), Position { line: 9, column: 3 });
    assert_eq!(documents[1].position("/a"), Position { line: 13, column: 1 });
}

#[test]
fn the_text_of_a_document_is_kept() {
    let documents = read(FILE);
    assert_eq!(documents.iter().map(|document| document.text.as_str()).collect::<String>(), FILE);
    assert_eq!((documents[0].kind(), documents[0].name()), (Some("Component"), Some("pay")));
}

#[test]
fn values_are_those_of_yaml_1_2() {
    let value = |text: &str| read(text)[0].value.clone();
    assert_eq!(
        value("{a: 2024-01-31, b: yes, c: 0o17, d: !!str 1, e: ~, 1: x}"),
        Some(json!(
        {"a": "2024-01-31", "b": "yes", "c": 15, "d": "1", "e": null, "1": "x"}))
    );
    assert_eq!(value("a: &x {b: 1}\nc:\n  <<: *x\n"), Some(json!({"a": {"b": 1}, "c": {"<<": {"b": 1}}})));
    assert_eq!(value("{x}: 1\n[a, 1]: 2"), Some(json!({"{ x }": 1, "[ a, 1 ]": 2})));
    assert_eq!(value("a: b\rc\r\nd: e\r\n"), Some(json!({"a": "b\rc", "d": "e"})));
    assert_eq!(value("1: a\n'1': b"), Some(json!({"1": "b"})));
}

#[test]
fn what_yaml_forbids() {
    for text in [
        "a: 1\na: 2",
        "a: *unknown",
        "a: &x [*x]",
        "a: b: c",
        "a: 'b' c",
        "- \ta: b",
        ": a: b",
        "a: |\n  b\n\t\nc: d",
        "[|x]",
        "a: b\n  c: d",
        &"[".repeat(100_000),
        &"{a: ".repeat(300),
        &"- ".repeat(300),
    ] {
        let documents = read(text);
        assert_eq!(documents[0].verdict, Verdict::YamlError, "{text:.40}");
        assert_eq!(documents[0].value, None);
        assert_eq!(documents[0].errors.len(), 1);
    }
}

#[test]
fn aliases_cannot_grow_without_end() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert_eq!(read(&bomb)[0].verdict, Verdict::YamlError);
    let mut ladder = "a0: &a0 [x]\n".to_owned();
    for level in 1..250 {
        ladder.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert_eq!(read(&ladder)[0].verdict, Verdict::YamlError);
}

/// Pieces that YAML gives a meaning to.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "\"b",
        "'c'",
        "1",
        ": ",
        ":",
        "- ",
        "? ",
        "\n",
        "\n  ",
        "\n    ",
        "---\n",
        "...\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        "|\n",
        ">-\n",
        "&x ",
        "*x ",
        "!!int ",
        "!t!",
        "#",
        "\t",
        "\r\n",
        "%YAML 1.2\n",
        "é",
        "\u{feff}",
        "\\u",
        "\r",
        "apiVersion: backstage.io/v1alpha1\n",
        "kind: Component\n",
        "metadata:\n",
        "  name: x\n",
        "spec:\n",
        "$text: y\n",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A real descriptor with one span of it replaced.
fn mutated() -> impl Strategy<Value = String> {
    (0..FILE.len(), 0..12_usize, yaml_like()).prop_map(|(from, length, insert)| {
        let to = (from + length).min(FILE.len());
        format!("{}{insert}{}", &FILE[..from], &FILE[to..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(ProptestConfig::default().cases.max(512)) })]

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![any::<String>(), yaml_like(), mutated()]) {
        for document in read(&text) {
            prop_assert_eq!(document.errors.is_empty(), !matches!(document.verdict, Verdict::Invalid | Verdict::YamlError));
            let end = u32::try_from(text.lines().count() + 1).unwrap();
            for finding in document.errors.iter().chain(&document.warnings) {
                prop_assert!(finding.line >= 1 && finding.line <= end && finding.column >= 1);
            }
        }
    }
}

//! What the actions on files do, as a whole run shows it.

use std::collections::BTreeMap;

use kit::identity::Caller;
use scaffold::check::check;
use scaffold::definition::Template;
use scaffold::dry_run::{DryRun, DryRunLimits, Report, Verdict, dry_run};
use scaffold::folder::Files;
use scaffold::registry::Registry;
use scaffold::workspace::Workspace;
use serde_json::{Map, Value, json};

struct Ran {
    report: Report,
    files: BTreeMap<String, Vec<u8>>,
}

impl Ran {
    fn text(&self, path: &str) -> &str {
        let content = self.files.get(path).unwrap_or_else(|| panic!("{path} is not among {:?}", self.files.keys()));
        std::str::from_utf8(content).expect("text")
    }
}

fn tree(spec: &str, files: &[(&str, &[u8])]) -> Files {
    let descriptor = format!(
        "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: tried\nspec:\n  owner: team-a\n  type: service\n{spec}"
    );
    let all = files.iter().map(|(path, content)| ((*path).to_owned(), content.to_vec()));
    Files::new("t/template.yaml", all.chain([("t/template.yaml".to_owned(), descriptor.into_bytes())]).collect())
}

async fn run(spec: &str, files: &[(&str, &[u8])], values: Value) -> Ran {
    let tree = tree(spec, files);
    let template = Template::read(&tree, None, None).await.expect("a template");
    let place = tempfile::tempdir().expect("a directory");
    let limits = DryRunLimits::default();
    let workspace = Workspace::create(place.path(), "run", limits.workspace).expect("a workspace");
    let run = DryRun {
        template: &template,
        tree: &tree,
        registry: &Registry::built_in(),
        values,
        made_up: false,
        secrets: Map::new(),
        user: Value::Null,
        caller: &Caller::Operator,
        limits,
    };
    let report = dry_run(run, &workspace).await;
    let files =
        report.files.iter().map(|file| (file.path.clone(), workspace.read(&file.path).expect("read"))).collect();
    Ran { report, files }
}

const STEPS: &str = "  parameters:
    properties:
      name: {type: string}
  steps:
    - id: fetch
      action: fetch:template
      input:
        url: ../skeleton
        targetPath: ./out
        copyWithoutTemplating: [raw/**]
        values:
          name: ${{ parameters.name }}
          docs: false
";

#[tokio::test(flavor = "multi_thread")]
async fn a_skeleton_is_rendered_with_its_names() {
    let image: &[u8] = b"\x89PNG\r\n\x1a\n\0${{ values.name }}";
    let ran = run(
        STEPS,
        &[
            ("skeleton/${{ values.name }}/README.md", b"# ${{ values.name }} {{ kept }}\n"),
            ("skeleton/${{ 'docs' if values.docs }}/index.md", b"left out"),
            ("skeleton/raw/${{ values.name }}.yaml", b"a: ${{ values.name }}"),
            ("skeleton/logo.png", image),
            ("skeleton/empty", b""),
            ("skeleton/latin1.txt", b"gr\xfc\xdfe ${{ values.name }}"),
        ],
        json!({"name": "ledger"}),
    )
    .await;
    assert_eq!(ran.report.verdict, Verdict::Completed, "{:?}", ran.report);
    let paths: Vec<_> = ran.files.keys().map(String::as_str).collect();
    assert_eq!(paths, ["out/empty", "out/latin1.txt", "out/ledger/README.md", "out/logo.png", "out/raw/ledger.yaml"]);
    assert_eq!(ran.text("out/ledger/README.md"), "# ledger {{ kept }}\n");
    assert_eq!(ran.text("out/raw/ledger.yaml"), "a: ${{ values.name }}");
    assert_eq!(ran.files["out/logo.png"], image);
    assert!(
        ran.report.warnings.iter().any(|warning| warning.contains("latin1.txt is not UTF-8")),
        "{:?}",
        ran.report.warnings
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_files_of_the_extension_are_rendered_and_lose_it() {
    let steps = "  steps:\n    - action: fetch:template\n      input: {url: ./s, templateFileExtension: true, values: {x: 1}}\n";
    let ran = run(steps, &[("t/s/a.txt.njk", b"${{ values.x }}"), ("t/s/b.txt", b"${{ values.x }}")], json!({})).await;
    assert_eq!((ran.text("a.txt"), ran.text("b.txt")), ("1", "${{ values.x }}"));
    assert_eq!(ran.report.steps[0].id, "step-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_kept_unless_it_is_to_be_replaced() {
    let step = |replace: bool| {
        format!("    - action: fetch:template\n      input: {{url: ./b, replace: {replace}, values: {{}}}}\n")
    };
    let first = "  steps:\n    - action: fetch:plain\n      input: {url: ./a}\n";
    let files: [(&str, &[u8]); 2] = [("t/a/x", b"a"), ("t/b/x", b"b")];
    assert_eq!(run(&format!("{first}{}", step(false)), &files, json!({})).await.text("x"), "a");
    assert_eq!(run(&format!("{first}{}", step(true)), &files, json!({})).await.text("x"), "b");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_and_if_and_what_reaches_outside() {
    let steps = "  steps:
    - id: write
      each: ${{ ['a', 'b'] }}
      action: catalog:write
      input: {filePath: '${{ each.key }}-${{ each.value }}.yaml', entity: {kind: Component, metadata: {name: '${{ each.value }}'}}}
    - id: never
      if: ${{ false }}
      action: debug:log
      input: {message: no}
    - id: publish
      action: publish:github
      input: {repoUrl: 'github.com?owner=acme&repo=ledger'}
    - id: own
      action: acme:thing
      input: {url: '${{ steps.publish.output.remoteUrl }}'}
    - id: log
      action: debug:log
      input: {message: '${{ steps.own.output.deep.thing.url }}'}
  output:
    links:
      - {title: Repository, url: '${{ steps.publish.output.remoteUrl }}'}
      - {title: Hidden, if: '${{ steps.never.output.x }}', url: nowhere}
";
    let ran = run(steps, &[], json!({})).await;
    assert_eq!(ran.report.verdict, Verdict::Completed, "{:?}", ran.report);
    assert_eq!(ran.text("0-a.yaml"), "kind: Component\nmetadata:\n  name: a\n");
    assert_eq!(ran.report.unknown_actions, ["acme:thing"]);
    assert_eq!(ran.report.output, json!({"links": [{"title": "Repository", "url": "https://github.com/acme/ledger"}]}));
    assert!(ran.report.log.iter().any(|line| line.text == "https://example.com/dry-run/url"), "{:?}", ran.report.log);
    assert!(ran.report.warnings.iter().any(|warning| warning.contains("team-a")), "{:?}", ran.report.warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undefined_name_warns_or_fails_with_its_place() {
    let steps = STEPS.replace("parameters.name", "parameters.nmae");
    let files: [(&str, &[u8]); 1] = [("skeleton/x", b"x")];
    let ran = run(&steps, &files, json!({"name": "ledger"})).await;
    assert_eq!(ran.report.verdict, Verdict::Completed);
    let warning = ran.report.warnings.first().expect("a warning");
    assert!(
        warning.starts_with("t/template.yaml:19:") && warning.contains("did you mean `parameters.name`"),
        "{warning}"
    );
    let strict = run(&format!("  strict: true\n{steps}"), &files, json!({"name": "ledger"})).await;
    assert_eq!(strict.report.verdict, Verdict::Failed);
    assert!(strict.report.errors[0].contains("parameters.nmae"), "{:?}", strict.report.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_names_what_is_doubtful() {
    let spec = "  parameters:
    properties:
      name: {type: string}
      unused: {type: string}
  steps:
    - id: one
      action: fetch:templte
      input: {url: ./missing, x: '${{ steps.two.output.y }}'}
    - id: two
      action: fetch:template
      input: {url: ./s, values: {name: '${{ parameters.nam }}'}}
    - id: three
      action: fs:rename
      input: {files: nothing, y: '${{ 1 + }}'}
    - id: four
      action: debug:log
      input: {message: '${{ steps.five.output.x }} ${{ secrets.x }} ${{ each.value }}'}
";
    let tree = tree(spec, &[("t/s/ci.yaml", b"run: ${{ github.sha }}\n${{ values.nme }}\n")]);
    let template = Template::read(&tree, None, None).await.expect("a template");
    let found = check(&template, &tree, &Registry::built_in()).await;
    let lines: Vec<String> = found
        .iter()
        .map(|problem| format!("{}:{}: {}", problem.place.file, problem.place.line, problem.message))
        .collect();
    let all = lines.join("\n");
    for wanted in [
        "t/s/ci.yaml:1: `github.sha` renders as nothing",
        "t/s/ci.yaml:2: `values.nme` is not among the step's values and renders as nothing; did you mean `values.name`?",
        "t/template.yaml:14: the action fetch:templte is not built in; the template is owned by team-a; did you mean fetch:template?",
        "t/template.yaml:15: there are no files at ./missing (t/missing)",
        "t/template.yaml:15: `steps.two.output.y`: the step \"two\" has not run by then",
        "t/template.yaml:18: `parameters.nam`: the form has no field of that name; did you mean `parameters.name`?",
        "t/template.yaml:21: fs:rename refuses this input:",
        "t/template.yaml:21: the expression cannot be read",
        "t/template.yaml:24: `steps.five.output.x`: there is no step of that id",
        "t/template.yaml:24: `each.value` is known to the input of a step with `each` alone",
    ] {
        assert!(all.contains(wanted), "{wanted}\nis not in\n{all}");
    }
}

//! `publish:git` to repositories that the portal keeps.

use scaffold::action::ActionError;
use scaffold::actions::PublishGit;
use serde_json::json;

use crate::support::{NOW, Run, git};

const REPO: &str = "portico?owner=payments&repo=ledger";

#[tokio::test]
async fn the_workspace_is_one_commit_byte_for_byte_with_its_modes() {
    let mut run = Run::alone();
    run.workspace.write(".gitattributes", b"* text=auto eol=lf\n", false).unwrap();
    run.workspace.write(".gitignore", b"*.log\n/target/\n", false).unwrap();
    run.workspace.write("debug.log", b"x", false).unwrap();
    run.workspace.write("target/x", b"x", false).unwrap();
    run.workspace.write("docs/a \"quoted\" \u{fc}.md", b"\x00\xff", false).unwrap();
    let outputs = run.done(&PublishGit::new(), json!({ "repoUrl": REPO, "gitCommitMessage": "Begin", "gitAuthorName": "Jane <x>\n", "gitAuthorEmail": "jane@bank.example" })).await;
    let address = "https://portico.bank.example/api/templates/repositories/payments/ledger.git";
    assert_eq!((&outputs["remoteUrl"], &outputs["repoContentsUrl"]), (&json!(address), &json!(address)));
    let path = run.world.repositories.locate(address).unwrap();
    assert_eq!(
        git(&path, &["log", "--format=%an <%ae> %at%n%s%n%b", "HEAD"]),
        format!("Jane x <jane@bank.example> {}\nBegin\nPortico-Run: run-1/publish", NOW / 1000)
    );
    assert_eq!(outputs["commitHash"], git(&path, &["rev-parse", "HEAD"]));
    let clone = run.dir.path().join("clone");
    git(
        run.dir.path(),
        &["-c", "core.autocrlf=false", "clone", "--quiet", "--no-checkout", path.to_str().unwrap(), "clone"],
    );
    let list = git(&clone, &["-c", "core.quotePath=false", "ls-tree", "-r", "--format=%(objectmode) %(path)", "HEAD"]);
    assert_eq!(
        list.lines().collect::<Vec<_>>(),
        [
            "100644 .gitattributes",
            "100644 .gitignore",
            "100644 README.md",
            "100755 bin/run",
            "100644 catalog-info.yaml",
            "100644 \"docs/a \\\"quoted\\\" \u{fc}.md\""
        ]
    );
    assert_eq!(git(&clone, &["cat-file", "-s", "HEAD:README.md"]), "10", "the carriage return is kept");
}

#[tokio::test]
async fn a_second_attempt_finds_the_first_and_another_run_finds_it_taken() {
    let mut run = Run::alone();
    let action = PublishGit::new();
    let first = run.done(&action, json!({ "repoUrl": REPO })).await;
    run.now += 60_000;
    assert_eq!(run.done(&action, json!({ "repoUrl": REPO })).await, first, "the same commit, though it is later");
    let path = run.world.repositories.locate(first["remoteUrl"].as_str().unwrap()).unwrap();
    assert_eq!(git(&path, &["rev-list", "--count", "--all"]), "1");
    // Work goes on in it: the step still knows its own commit.
    git(run.dir.path(), &["clone", "--quiet", path.to_str().unwrap(), "work"]);
    let work = run.dir.path().join("work");
    git(&work, &["-c", "user.name=x", "-c", "user.email=x", "commit", "--quiet", "--allow-empty", "-m", "more"]);
    git(&work, &["push", "--quiet"]);
    assert_eq!(run.done(&action, json!({ "repoUrl": REPO })).await["commitHash"], first["commitHash"]);

    run.key = "run-2/publish".into();
    let error = run.fails(&action, json!({ "repoUrl": REPO })).await;
    assert!(error.contains("is not empty: it was made by another run (run-1/publish)"), "{error}");
    assert!(!error.contains(run.dir.path().to_str().unwrap()), "no path of the server: {error}");
    run.key = "run-1/publish".into();
    run.workspace.write("README.md", b"other", false).unwrap();
    let error = run.fails(&action, json!({ "repoUrl": REPO })).await;
    assert!(error.contains("an earlier attempt of this step has pushed other files"), "{error}");
}

#[tokio::test]
async fn of_two_runs_at_once_one_has_the_repository() {
    let (mut one, mut two) = (Run::alone(), Run::alone());
    two.key = "run-2/publish".into();
    two.world.repositories = one.world.repositories.clone();
    let action = PublishGit::new();
    let (first, second) = tokio::join!(
        one.attempt(&action, json!({ "repoUrl": REPO })),
        two.attempt(&action, json!({ "repoUrl": REPO }))
    );
    assert_eq!(first.is_ok() as u8 + second.is_ok() as u8, 1, "{first:?} {second:?}");
    assert!(matches!(first.err().or(second.err()), Some(ActionError::Failed(text)) if text.contains("another run")));
    let path = one.world.repositories.path_of("payments", "ledger").unwrap();
    assert_eq!(git(&path, &["rev-list", "--count", "--all"]), "1");
}

#[tokio::test]
async fn nothing_goes_where_the_configuration_does_not_say() {
    let mut run = Run::alone();
    let action = PublishGit::new();
    for input in [
        json!({ "remoteUrl": "/srv/git/x.git" }),
        json!({ "remoteUrl": "file:///srv/git/x.git" }),
        json!({ "remoteUrl": "ext::sh -c touch% /tmp/x" }),
        json!({ "remoteUrl": "--upload-pack=touch /tmp/x" }),
        json!({ "remoteUrl": "https://evil.example/x.git" }),
        json!({ "remoteUrl": "http://169.254.169.254/x.git" }),
        json!({ "remoteUrl": "https://user:geheim@evil.example/x.git" }),
        json!({ "repoUrl": "evil.example?owner=a&repo=b" }),
        json!({ "repoUrl": "portico?owner=..&repo=b" }),
        json!({ "repoUrl": "portico?owner=a&repo=b", "defaultBranch": "--force" }),
        json!({ "repoUrl": "portico?owner=a&repo=b", "sourcePath": "../.." }),
        json!({ "repoUrl": "portico?owner=a&repo=b", "allowedHosts": ["github.com"] }),
    ] {
        let error = run.fails(&action, input.clone()).await;
        assert!(!error.contains("geheim"), "{input}: {error}");
    }
    let error = run.fails(&action, json!({ "repoUrl": "portico?owner=a&repo=b", "sourcePath": "missing" })).await;
    assert!(error.contains("missing"), "{error}");
}

#[tokio::test]
async fn an_empty_workspace_is_an_empty_commit_and_a_folder_can_be_published() {
    let mut run = Run::alone();
    let action = PublishGit::new();
    let outputs = run.done(&action, json!({ "repoUrl": REPO, "sourcePath": "./bin/", "defaultBranch": "trunk" })).await;
    let path = run.world.repositories.locate(outputs["remoteUrl"].as_str().unwrap()).unwrap();
    assert_eq!(git(&path, &["ls-tree", "-r", "--name-only", "trunk"]), "run");
    run.workspace.clear().unwrap();
    let outputs = run.done(&action, json!({ "repoUrl": "portico?owner=payments&repo=empty" })).await;
    assert!(outputs["commitHash"].as_str().is_some_and(|hash| hash.len() == 40));
}

//! `publish:gitlab` against the stand-in, which knows the operations of GitLab's API that are used.

use scaffold::action::{ActionError, CodeHostKind};
use scaffold::actions::PublishGitlab;
use serde_json::json;

use crate::support::StandIn;

macro_rules! gitlab {
    () => {
        match StandIn::start(CodeHostKind::GitLab) {
            Some(gitlab) => gitlab,
            None => return,
        }
    };
}

#[tokio::test]
async fn a_project_is_made_in_a_subgroup_with_everything_that_was_asked_for() {
    let gitlab = gitlab!();
    let mut run = gitlab.run("run-1/publish", Some("good-token"));
    let action = PublishGitlab::new();
    let input = json!({
        "repoUrl": gitlab.repo_url("payments/core", "ledger"), "repoVisibility": "internal", "defaultBranch": "main", "description": "Keeps the books", "title": "Ledger",
        "settings": { "merge_method": "ff", "squash_option": "always", "only_allow_merge_if_pipeline_succeeds": true }, "topics": ["java"],
        "branches": [{ "name": "main", "protect": true }, { "name": "staging", "protect": true }, { "name": "dev", "ref": "staging" }],
        "projectVariables": [{ "key": "STAGE", "value": "prod", "masked": true, "environment_scope": "*" }], "token": "good-token", "setUserAsOwner": true
    });
    let outputs = run.done(&action, input.clone()).await;
    let web = format!("http://{}/payments/core/ledger", gitlab.name);
    assert_eq!(outputs["remoteUrl"], format!("{web}.git"));
    assert_eq!(outputs["repoContentsUrl"], format!("{web}/-/blob/main"));
    assert_eq!((&outputs["projectId"], &outputs["created"]), (&json!(100), &json!(true)));
    assert_eq!(outputs["commitHash"], gitlab.git("payments/core/ledger", &["rev-parse", "main"]));
    let there = gitlab.repository("ledger").await;
    assert_eq!(
        (&there["visibility"], &there["merge_method"], &there["namespace_id"]),
        (&json!("internal"), &json!("ff"), &json!(11))
    );
    assert_eq!(there["name"], "Ledger");
    assert_eq!(there["protectedBranches"], json!(["main", "staging"]));
    assert_eq!(there["branches"], json!(["dev", "main", "staging"]));
    assert_eq!(there["variables"]["STAGE"]["masked"], true);
    assert_eq!(there["members"], json!({ "1": 50 }));
    // All of it again changes nothing.
    let again = run.done(&action, input).await;
    assert_eq!((&again["commitHash"], &again["created"]), (&outputs["commitHash"], &json!(false)));
    assert_eq!(gitlab.git("payments/core/ledger", &["rev-list", "--count", "--all"]), "1");
    gitlab.seen().await;
}

#[tokio::test]
async fn an_attempt_that_was_cut_off_anywhere_leaves_one_project_with_one_commit() {
    let gitlab = gitlab!();
    let action = PublishGitlab::new();
    for (number, (method, path)) in
        [("POST", "/projects$"), ("POST", "git-receive-pack$"), ("POST", "/branches$"), ("POST", "/variables$")]
            .iter()
            .enumerate()
    {
        let name = format!("cut-{number}");
        let mut run = gitlab.run(&format!("run-{number}/publish"), Some("good-token"));
        let input = json!({
            "repoUrl": gitlab.repo_url("payments", &name), "branches": [{ "name": "dev" }], "projectVariables": [{ "key": "A", "value": "1" }]
        });
        gitlab.fault(json!({ "method": method, "path": path, "times": 1, "lose": true })).await;
        let cut = run.attempt(&action, input.clone()).await;
        assert!(matches!(&cut, Err(ActionError::Transient(_)) | Ok(_)), "{path}: {cut:?}");
        run.done(&action, input).await;
        assert_eq!(gitlab.git(&format!("payments/{name}"), &["rev-list", "--count", "--all"]), "1", "{path}");
        let there = gitlab.repository(&name).await;
        assert_eq!((&there["branches"], &there["variables"]["A"]["value"]), (&json!(["dev", "master"]), &json!("1")));
    }
}

#[tokio::test]
async fn what_somebody_else_has_is_left_alone() {
    let gitlab = gitlab!();
    let action = PublishGitlab::new();
    let input = json!({ "repoUrl": gitlab.repo_url("payments", "both") });
    let (mut one, mut two) =
        (gitlab.run("run-1/publish", Some("good-token")), gitlab.run("run-2/publish", Some("good-token")));
    let (first, second) = tokio::join!(one.attempt(&action, input.clone()), two.attempt(&action, input.clone()));
    assert_eq!(first.is_ok() as u8 + second.is_ok() as u8, 1, "{first:?} {second:?}");
    assert!(matches!(first.err().or(second.err()), Some(ActionError::Failed(text)) if text.contains("is not empty")));
    assert_eq!(gitlab.git("payments/both", &["rev-list", "--count", "--all"]), "1");
    let mut skipping = input.clone();
    skipping["skipExisting"] = true.into();
    let mut third = gitlab.run("run-3/publish", Some("good-token"));
    let outputs = third.done(&action, skipping).await;
    assert!(outputs.get("commitHash").is_none() && outputs["created"] == false);
    let mut fourth = gitlab.run("run-4/publish", Some("jane-token"));
    assert!(fourth.fails(&action, input).await.contains("taken by a project that the token may not see"));
    // Left empty by request, and then not filled with what should be private.
    let empty =
        json!({ "repoUrl": gitlab.repo_url("payments", "open"), "repoVisibility": "public", "sourcePath": false });
    let mut fifth = gitlab.run("run-5/publish", Some("good-token"));
    fifth.done(&action, empty).await;
    let error = fifth.fails(&action, json!({ "repoUrl": gitlab.repo_url("payments", "open") })).await;
    assert!(error.contains("is public instead of private"), "{error}");
    let mut sixth = gitlab.run("run-6/publish", Some("s3cret-token"));
    let error = sixth.fails(&action, json!({ "repoUrl": gitlab.repo_url("payments", "x") })).await;
    assert!(error.contains("refuses the token") && !error.contains("s3cret-token"), "{error}");
    let mut seventh = gitlab.run("run-7/publish", Some("good-token"));
    let error = seventh.fails(&action, json!({ "repoUrl": gitlab.repo_url("unknown", "x") })).await;
    assert!(error.contains("has no group or user \"unknown\""), "{error}");
    gitlab.seen().await;
}

//! `publish:github` and `publish:github:pull-request` against the stand-in, which knows GitHub's own description of its API.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use scaffold::action::{Action, ActionError, CodeHostKind, Outcome};
use scaffold::actions::{PublishGit, PublishGithub, PublishGithubPullRequest};
use serde_json::{Value, json};

use crate::support::{NOW, StandIn, seal_secret};

macro_rules! github {
    () => {
        match StandIn::start(CodeHostKind::GitHub) {
            Some(github) => github,
            None => return,
        }
    };
}

#[tokio::test]
async fn a_repository_is_made_with_everything_that_was_asked_for() {
    let github = github!();
    let mut run = github.run("run-1/publish", Some("good-token"));
    let outputs = run
        .done(
            &PublishGithub::new(),
            json!({
                "repoUrl": github.repo_url("bank", "ledger"), "description": "Keeps the books", "homepage": "https://bank.example",
                "access": "bank/ledger-team", "collaborators": [{ "user": "jane", "access": "write" }, { "user": "nobody", "access": "admin" }, { "team": "ops", "access": "maintain" }],
                "repoVisibility": "internal", "defaultBranch": "main", "requiredApprovingReviewCount": 2, "requireCodeOwnerReviews": true,
                "requiredStatusCheckContexts": ["build"], "bypassPullRequestAllowances": { "users": ["jane"] }, "restrictions": { "users": ["jane"], "teams": [] },
                "requiredCommitSigning": true, "requiredLinearHistory": true, "requiredConversationResolution": true, "deleteBranchOnMerge": true,
                "allowAutoMerge": true, "allowUpdateBranch": true, "allowRebaseMerge": false, "squashMergeCommitTitle": "PR_TITLE", "squashMergeCommitMessage": "BLANK",
                "hasWiki": false, "hasIssues": true, "hasProjects": false, "topics": ["Java", "ledger"], "repoVariables": { "STAGE": "prod" }, "secrets": { "DEPLOY_KEY": "geheim" },
                "oidcCustomization": { "useDefault": false, "includeClaimKeys": ["repo", "context"] }, "subscribe": true, "customProperties": { "tier": "1" },
                "gitCommitMessage": "Begin", "gitAuthorName": "Jane", "gitAuthorEmail": "jane@bank.example"
            }),
        )
        .await;
    let web = format!("http://{}/bank/ledger", github.name);
    assert_eq!(outputs["remoteUrl"], format!("{web}.git"));
    assert_eq!(outputs["repoContentsUrl"], format!("{web}/blob/main"));
    assert_eq!(outputs["commitHash"], github.git("bank/ledger", &["rev-parse", "main"]));
    assert_eq!(
        github.git("bank/ledger", &["log", "--format=%an|%s|%b", "main"]),
        "Jane|Begin|Portico-Run: run-1/publish"
    );
    assert_eq!(
        github.git("bank/ledger", &["ls-tree", "-r", "--name-only", "main"]),
        "README.md\nbin/run\ncatalog-info.yaml"
    );
    let there = github.repository("ledger").await;
    assert_eq!(there["visibility"], "internal");
    assert_eq!(there["topics"], json!(["java", "ledger"]));
    assert_eq!(there["shares"], json!({ "team:ledger-team": "admin", "jane": "push", "team:ops": "maintain" }));
    assert_eq!(there["variables"], json!({ "STAGE": "prod" }));
    assert_eq!(there["settings"]["delete_branch_on_merge"], true);
    assert_eq!(there["settings"]["default_branch"], "main");
    assert_eq!(there["protection"]["required_pull_request_reviews"]["required_approving_review_count"], 2);
    let sealed = STANDARD.decode(there["secrets"]["DEPLOY_KEY"].as_str().unwrap()).unwrap();
    assert_eq!(seal_secret().unseal(&sealed).unwrap(), b"geheim");
    assert!(run.log.text().contains("Warn: nobody was not given admin access"), "{}", run.log.text());
}

#[tokio::test]
async fn an_attempt_that_was_cut_off_anywhere_leaves_one_repository_with_one_commit() {
    let github = github!();
    let action = PublishGithub::new();
    // What was done, and nobody heard: the making, the first look, the push, a setting, the protection.
    for (number, path) in
        ["/orgs/bank/repos", "info/refs", "git-receive-pack$", "/topics", "/protection"].iter().enumerate()
    {
        let name = format!("cut-{number}");
        let mut run = github.run(&format!("run-{number}/publish"), Some("good-token"));
        let input = json!({ "repoUrl": github.repo_url("bank", &name), "topics": ["x"] });
        github.fault(json!({ "path": path, "times": 1, "lose": true })).await;
        let cut = run.attempt(&action, input.clone()).await;
        assert!(matches!(&cut, Err(ActionError::Transient(_)) | Ok(_)), "{path}: {cut:?}");
        run.now += 60_000;
        let outputs = run.done(&action, input).await;
        assert_eq!(github.git(&format!("bank/{name}"), &["rev-list", "--count", "--all"]), "1", "{path}");
        assert_eq!(outputs["commitHash"], github.git(&format!("bank/{name}"), &["rev-parse", "master"]));
        let there = github.repository(&name).await;
        assert!(there["protection"].is_object() && there["visibility"] == "private", "{there}");
    }
    // Cut off by the process itself, between the making and the push.
    let mut run = github.run("run-9/publish", Some("good-token"));
    let input = json!({ "repoUrl": github.repo_url("bank", "killed") });
    github.fault(json!({ "path": "git-receive-pack", "times": 1, "status": 503 })).await;
    assert!(matches!(run.attempt(&action, input.clone()).await, Err(ActionError::Transient(_))));
    assert_eq!(github.repository("killed").await["branches"], json!([]));
    run.done(&action, input).await;
    assert_eq!(github.git("bank/killed", &["rev-list", "--count", "--all"]), "1");
}

#[tokio::test]
async fn of_two_runs_at_once_one_has_the_name() {
    let github = github!();
    let action = PublishGithub::new();
    let input = json!({ "repoUrl": github.repo_url("bank", "both") });
    let (mut one, mut two) =
        (github.run("run-1/publish", Some("good-token")), github.run("run-2/publish", Some("good-token")));
    let (first, second) = tokio::join!(one.attempt(&action, input.clone()), two.attempt(&action, input.clone()));
    assert_eq!(first.is_ok() as u8 + second.is_ok() as u8, 1, "{first:?} {second:?}");
    assert!(matches!(first.err().or(second.err()), Some(ActionError::Failed(text)) if text.contains("is not empty")));
    assert_eq!(github.git("bank/both", &["rev-list", "--count", "--all"]), "1");
}

#[tokio::test]
async fn what_somebody_else_has_is_left_alone() {
    let github = github!();
    let action = PublishGithub::new();
    let mut first = github.run("run-1/publish", Some("good-token"));
    first.done(&action, json!({ "repoUrl": github.repo_url("bank", "taken") })).await;
    let mut second = github.run("run-2/publish", Some("good-token"));
    second.workspace.write("other", b"x", false).unwrap();
    let input = json!({ "repoUrl": github.repo_url("bank", "taken"), "description": "mine now" });
    let error = second.fails(&action, input).await;
    assert!(error.contains("is not empty: it was made by another run (run-1/publish)"), "{error}");
    assert!(github.repository("taken").await["settings"].get("description").is_none(), "its settings are as they were");
    // One that the token may not see.
    let mut third = github.run("run-3/publish", Some("jane-token"));
    let error = third.fails(&action, json!({ "repoUrl": github.repo_url("bank", "taken") })).await;
    assert!(error.contains("taken by a repository that the token may not see"), "{error}");
    // An empty one that others can read is not filled with what should be private.
    let mut fourth = github.run("run-4/publish", Some("good-token"));
    github.fault(json!({ "path": "git-receive-pack", "times": 1, "status": 503 })).await;
    let _ = fourth
        .attempt(&action, json!({ "repoUrl": github.repo_url("bank", "open"), "repoVisibility": "public" }))
        .await;
    let mut fifth = github.run("run-5/publish", Some("good-token"));
    let error = fifth.fails(&action, json!({ "repoUrl": github.repo_url("bank", "open") })).await;
    assert!(error.contains("is public instead of private"), "{error}");
    assert_eq!(github.repository("open").await["branches"], json!([]));
}

#[tokio::test]
async fn a_refused_token_ends_the_step_and_is_told_to_nobody() {
    let github = github!();
    for action in [&PublishGithub::new() as &dyn Action, &PublishGit::new()] {
        let mut run = github.run("run-1/publish", Some("s3cret-token"));
        let error = run.fails(action, json!({ "repoUrl": github.repo_url("bank", "x") })).await;
        assert!(!error.contains("s3cret-token"), "{error}");
        // Of a second attempt nobody can tell any more whether the first got further.
        let again = run.attempt(action, json!({ "repoUrl": github.repo_url("bank", "x") })).await;
        assert!(matches!(again, Err(ActionError::Failed(_) | ActionError::OutcomeUnknown(_))), "{again:?}");
    }
    let mut run = github.run("run-1/publish", None);
    let error = run.fails(&PublishGithub::new(), json!({ "repoUrl": github.repo_url("bank", "x") })).await;
    assert!(error.contains("there is no token for"), "{error}");
    // The run's own.
    run.secrets.insert("USER_OAUTH_TOKEN".into(), "good-token".into());
    run.done(&PublishGithub::new(), json!({ "repoUrl": github.repo_url("portal", "mine"), "defaultBranch": "main" }))
        .await;
    assert!(run.log.text().contains("Warn: main is not protected"), "{}", run.log.text());
    assert!(!run.log.text().contains("good-token"));
    let other = json!({ "repoUrl": github.repo_url("jane", "hers") });
    assert!(run.fails(&PublishGithub::new(), other).await.contains("the token is somebody else’s"));
    let nobody = json!({ "repoUrl": github.repo_url("unknown", "x") });
    assert!(run.fails(&PublishGithub::new(), nobody).await.contains("is called \"unknown\""));
}

#[tokio::test]
async fn a_limit_is_waited_for_without_a_worker() {
    let github = github!();
    let mut run = github.run("run-1/publish", Some("good-token"));
    let action = PublishGithub::new();
    let input = json!({ "repoUrl": github.repo_url("bank", "limited") });
    let reset = (NOW / 1000 + 120).to_string();
    github
        .fault(json!({ "path": "/orgs/bank/repos", "times": 1, "status": 403, "body": { "message": "API rate limit exceeded" }, "headers": { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } }))
        .await;
    match run.attempt(&action, input.clone()).await {
        Ok(Outcome::Wait { until, .. }) => assert_eq!(until, NOW + 120_000),
        other => panic!("{other:?}"),
    }
    run.now += 120_000;
    run.done(&action, input).await;
    // Not without end.
    github.fault(json!({ "path": "/api/", "times": 99, "status": 429, "headers": { "retry-after": "1" } })).await;
    let input = json!({ "repoUrl": github.repo_url("bank", "limited-2") });
    let mut run = github.run("run-2/publish", Some("good-token"));
    for _ in 0..8 {
        assert!(matches!(run.attempt(&action, input.clone()).await, Ok(Outcome::Wait { .. })));
    }
    assert!(matches!(run.attempt(&action, input).await, Err(ActionError::Transient(_))));
}

#[tokio::test]
async fn ghsa_pvv8_8fx9_h673_cve_2026_106486_names_that_would_lead_elsewhere_are_refused_before_anything_is_asked() {
    let github = github!();
    let mut run = github.run("run-1/publish", Some("good-token"));
    let action = PublishGithub::new();
    for input in [
        json!({ "repoUrl": github.repo_url("bank/x", "r") }),
        json!({ "repoUrl": github.repo_url("..", "r") }),
        json!({ "repoUrl": "evil.example?owner=bank&repo=r" }),
        json!({ "repoUrl": github.repo_url("bank", "r"), "defaultBranch": "a..b" }),
        json!({ "repoUrl": github.repo_url("bank", "r"), "repoVisibility": "secret" }),
        json!({ "repoUrl": github.repo_url("bank", "r"), "sourcePath": "nowhere" }),
        json!({ "repoUrl": github.repo_url("bank", "r"), "sourcePath": "../.." }),
        json!({ "repoUrl": github.repo_url("bank", "r"), "sourcePath": "/etc" }),
        json!({ "repoUrl": github.repo_url("bank", "r"), "allowedHosts": ["github.com"] }),
    ] {
        run.fails(&action, input).await;
    }
    assert_eq!(github.seen().await["repositories"], json!([]));
    // Whom somebody shares with cannot lead to another operation.
    let input = json!({ "repoUrl": github.repo_url("bank", "r"), "collaborators": [{ "user": "../../other", "access": "admin" }] });
    assert!(run.fails(&action, input).await.contains("cannot be part of an address"));
}

/// A repository with one commit on `main`.
async fn with_content(github: &StandIn) {
    let mut run = github.run("before/publish", Some("good-token"));
    let input =
        json!({ "repoUrl": github.repo_url("bank", "ledger"), "defaultBranch": "main", "protectDefaultBranch": false });
    run.done(&PublishGithub::new(), input).await;
}

fn pull(github: &StandIn) -> Value {
    json!({
        "repoUrl": github.repo_url("bank", "ledger"), "branchName": "feature/add-docs", "title": "Add docs", "description": "Long ago", "targetPath": "docs/new",
        "filesToDelete": ["../../README.md", "gone.md"], "reviewers": ["jane"], "teamReviewers": ["ops"], "assignees": ["jane"], "labels": ["docs"], "draft": true
    })
}

#[tokio::test]
async fn files_become_a_pull_request() {
    let github = github!();
    with_content(&github).await;
    let mut run = github.run("run-1/propose", Some("good-token"));
    run.workspace.write("image.png", b"\x89PNG\x00\xff", false).unwrap();
    run.workspace.write("large.txt", &[b'x'; 100_000], false).unwrap();
    let mut input = pull(&github);
    input["filesToDelete"] = json!(["gone.md"]);
    let outputs = run.done(&PublishGithubPullRequest::new(), input).await;
    assert_eq!(outputs["remoteUrl"], format!("http://{}/bank/ledger/pull/1", github.name));
    assert_eq!((&outputs["targetBranchName"], &outputs["pullRequestNumber"]), (&json!("main"), &json!(1)));
    let list = github
        .git("bank/ledger", &["ls-tree", "-r", "--format=%(objectmode) %(objectsize) %(path)", "feature/add-docs"]);
    assert!(
        list.contains("100755 10 docs/new/bin/run")
            && list.contains("100644 6 docs/new/image.png")
            && list.contains("100644 100000 docs/new/large.txt"),
        "{list}"
    );
    assert!(list.contains(" README.md"), "what was there is there: {list}");
    assert_eq!(
        github.git("bank/ledger", &["log", "-1", "--format=%s|%b", "feature/add-docs"]),
        "Add docs|Portico-Run: run-1/propose"
    );
    let there = github.repository("ledger").await;
    assert_eq!(there["pulls"][0]["draft"], true);
    assert_eq!(there["pulls"][0]["reviewers"], json!(["jane"]));
    assert_eq!(there["pulls"][0]["labels"], json!(["docs"]));
    assert!(run.log.text().contains("docs/new/gone.md is not in the repository"), "{}", run.log.text());
    assert_eq!(github.git("bank/ledger", &["rev-list", "--count", "main"]), "1");
}

#[tokio::test]
async fn a_pull_request_that_was_cut_off_is_found_again() {
    let github = github!();
    with_content(&github).await;
    let action = PublishGithubPullRequest::new();
    for (number, path) in ["/git/commits$", "/git/refs$", "/pulls$", "/requested_reviewers"].iter().enumerate() {
        let mut run = github.run(&format!("run-{number}/propose"), Some("good-token"));
        let mut input = pull(&github);
        input["branchName"] = json!(format!("cut-{number}"));
        input["filesToDelete"] = json!([]);
        github.fault(json!({ "method": "POST", "path": path, "times": 1, "lose": true })).await;
        let cut = run.attempt(&action, input.clone()).await;
        assert!(matches!(cut, Err(ActionError::Transient(_))), "{path}: {cut:?}");
        run.done(&action, input.clone()).await;
        run.done(&action, input).await;
        assert_eq!(github.git("bank/ledger", &["rev-list", "--count", &format!("main..cut-{number}")]), "1", "{path}");
        assert_eq!(github.repository("ledger").await["pulls"].as_array().unwrap().len(), number + 1, "{path}");
    }
}

#[tokio::test]
async fn a_branch_of_somebody_else_is_added_to_only_when_asked() {
    let github = github!();
    with_content(&github).await;
    let action = PublishGithubPullRequest::new();
    let mut input = pull(&github);
    input["filesToDelete"] = json!([]);
    let mut first = github.run("run-1/propose", Some("good-token"));
    first.done(&action, input.clone()).await;
    let mut second = github.run("run-2/propose", Some("good-token"));
    second.workspace.write("more.md", b"x", false).unwrap();
    let error = second.fails(&action, input.clone()).await;
    assert!(error.contains("has a branch feature/add-docs already"), "{error}");
    input["update"] = true.into();
    let outputs = second.done(&action, input.clone()).await;
    assert_eq!(outputs["pullRequestNumber"], 1, "the one that is open");
    second.done(&action, input).await;
    assert_eq!(github.git("bank/ledger", &["rev-list", "--count", "main..feature/add-docs"]), "2");
    let mut third = github.run("run-3/propose", Some("good-token"));
    let missing =
        json!({ "repoUrl": github.repo_url("bank", "nothing"), "branchName": "x", "title": "x", "description": "" });
    assert!(third.fails(&action, missing).await.contains("there is no bank/nothing for this token"));
    github.seen().await;
}

//! `publish:github`: a repository on GitHub with the workspace as its one commit.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::publish_git::published;
use crate::action::{Action, ActionError, ActionInfo, CodeHostKind, Log, Outcome, Reach, Repeat, Step, World};
use crate::outside::api::{Api, Reply, Stop, ended};
use crate::outside::beginnings::{CommitInput, Hosted, HostedInput};
use crate::outside::commit::{Commit, Found};
use crate::outside::repo_url::RepoUrl;
use crate::outside::shared::{example, info, input, world};

/// The branch of a repository whose template names none, as templates in this format expect it.
pub(super) const BRANCH: &str = "master";

/// The action.
#[derive(Debug)]
pub struct PublishGithub(ActionInfo);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    #[serde(flatten)]
    hosted: HostedInput,
    #[serde(flatten)]
    commit: CommitInput,
    description: Option<String>,
    homepage: Option<String>,
    access: Option<String>,
    #[serde(default)]
    collaborators: Vec<Collaborator>,
    repo_visibility: Option<String>,
    protect_default_branch: Option<bool>,
    protect_enforce_admins: Option<bool>,
    bypass_pull_request_allowances: Option<Value>,
    required_approving_review_count: Option<u64>,
    restrictions: Option<Value>,
    #[serde(default)]
    require_code_owner_reviews: bool,
    #[serde(default)]
    dismiss_stale_reviews: bool,
    #[serde(default)]
    required_status_check_contexts: Vec<String>,
    require_branches_to_be_up_to_date: Option<bool>,
    #[serde(default)]
    required_conversation_resolution: bool,
    #[serde(default)]
    require_last_push_approval: bool,
    #[serde(default)]
    required_commit_signing: bool,
    #[serde(default)]
    required_linear_history: bool,
    delete_branch_on_merge: Option<bool>,
    allow_merge_commit: Option<bool>,
    allow_squash_merge: Option<bool>,
    allow_rebase_merge: Option<bool>,
    allow_auto_merge: Option<bool>,
    allow_update_branch: Option<bool>,
    squash_merge_commit_title: Option<String>,
    squash_merge_commit_message: Option<String>,
    has_projects: Option<bool>,
    has_wiki: Option<bool>,
    has_issues: Option<bool>,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    repo_variables: Map<String, Value>,
    #[serde(default)]
    secrets: Map<String, Value>,
    oidc_customization: Option<OidcCustomization>,
    custom_properties: Option<Map<String, Value>>,
    #[serde(default)]
    subscribe: bool,
    source_path: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Collaborator {
    user: Option<String>,
    team: Option<String>,
    /// Older templates name either so.
    username: Option<String>,
    access: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OidcCustomization {
    use_default: bool,
    include_claim_keys: Option<Vec<String>>,
}

impl PublishGithub {
    /// The action.
    pub fn new() -> Self {
        let mut info = info(
            "publish:github",
            "Makes a repository on GitHub and pushes the workspace to it as one commit. An empty repository of that name and visibility is used; one with other content is left alone. A step that was cut off finds what it has made.",
            (Reach::Outside, Repeat::Checked),
            schema(),
            published(),
        );
        info.examples = vec![
            example(
                "A private repository",
                json!({ "repoUrl": "github.com?owner=payments&repo=ledger", "description": "Keeps the books" }),
            ),
            example(
                "Open to all, with a team that maintains it and no protected branch",
                json!({
                    "repoUrl": "github.com?owner=payments&repo=ledger", "repoVisibility": "public", "defaultBranch": "main",
                    "protectDefaultBranch": false, "collaborators": [{ "team": "ledger-team", "access": "maintain" }], "topics": ["java"]
                }),
            ),
        ];
        Self(info)
    }
}

impl Default for PublishGithub {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for PublishGithub {
    fn info(&self) -> &ActionInfo {
        &self.0
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let world = world(step)?;
        let given: Input = input(step)?;
        let result = publish(step, world, &given).await;
        ended(step, result)
    }
}

async fn publish(step: &Step<'_>, world: &World, given: &Input) -> Result<Map<String, Value>, Stop> {
    let at = Hosted::find(world, CodeHostKind::GitHub, &given.hosted, step.secrets)?;
    let (api, repo) = (at.api(world, step.now), &at.repo);
    let about = given.commit.about(step, BRANCH)?;
    let branch = about.branch;
    let folder = given.source_path.as_deref().unwrap_or_default();
    // Before anything is made: a wrong path should leave no repository behind.
    let commit = Commit::make(step.workspace, folder, &about).await?;
    let (address, remote) = (at.address(), at.remote());
    let made = repository(&api, repo, given).await?;
    if let Made::Found(found) = &made {
        // What is in a repository that others can read cannot be taken back; what an earlier attempt has pushed is no news.
        if visibility_of(found) != visibility(given)? && !matches!(commit.look(&remote).await, Ok(Found::Ours(_))) {
            let text = format!(
                "{} exists already, and is {} instead of {}",
                repo.path(),
                visibility_of(found),
                visibility(given)?
            );
            return Err(ActionError::Failed(text).into());
        }
    }
    let hash = commit.publish(&remote, matches!(made, Made::Now)).await?;
    step.log.info(&format!("{address} holds commit {hash}"));
    settle(&api, repo, given, branch, step.log).await?;
    Ok(Map::from_iter([
        ("remoteUrl".to_owned(), Value::String(format!("{address}.git"))),
        ("repoContentsUrl".to_owned(), Value::String(format!("{address}/blob/{branch}"))),
        ("commitHash".to_owned(), Value::String(hash)),
    ]))
}

/// A repository that is there.
enum Made {
    /// It was made just now.
    Now,
    /// It was there.
    Found(Value),
}

async fn repository(api: &Api<'_>, repo: &RepoUrl, given: &Input) -> Result<Made, Stop> {
    if let Some(found) = find(api, repo).await? {
        return Ok(Made::Found(found));
    }
    let what = format!("making {}", repo.path());
    let owner = api.call(Method::GET, &["users", &repo.owner], None).await?;
    let is_organization = match owner.status {
        404 => {
            return Err(
                ActionError::Failed(format!("repoUrl: nobody on {} is called {:?}", api.name, repo.owner)).into()
            );
        }
        _ => api.expect(owner, &what)?["type"] == "Organization",
    };
    let mut body = settings(given);
    body.insert("name".into(), repo.repo.as_str().into());
    body.insert("private".into(), (visibility(given)? != "public").into());
    let reply = if is_organization {
        body.insert("visibility".into(), visibility(given)?.into());
        if let Some(properties) = &given.custom_properties {
            body.insert("custom_properties".into(), Value::Object(properties.clone()));
        }
        api.call(Method::POST, &["orgs", &repo.owner, "repos"], Some(&Value::Object(body))).await?
    } else {
        let me = api.call(Method::GET, &["user"], None).await?;
        let me = api.expect(me, &what)?;
        if !me["login"].as_str().unwrap_or_default().eq_ignore_ascii_case(&repo.owner) {
            let text = format!("repoUrl: {} is a person, and the token is somebody else’s", repo.owner);
            return Err(ActionError::Failed(text).into());
        }
        if visibility(given)? == "internal" {
            return Err(ActionError::Failed("repoVisibility: a person’s repository is private or public".into()).into());
        }
        api.call(Method::POST, &["user", "repos"], Some(&Value::Object(body))).await?
    };
    if reply.status == 422 && api.said(&reply).contains("already exists") {
        // Another run was faster, or it is one that the token may not see.
        return match find(api, repo).await? {
            Some(found) => Ok(Made::Found(found)),
            None => {
                Err(ActionError::Failed(format!("{} is taken by a repository that the token may not see", repo.path()))
                    .into())
            }
        };
    }
    api.expect(reply, &what).map(|_| Made::Now)
}

/// The repository, where it is there for the token.
async fn find(api: &Api<'_>, repo: &RepoUrl) -> Result<Option<Value>, Stop> {
    let reply = api.call(Method::GET, &["repos", &repo.owner, &repo.repo], None).await?;
    match reply.status {
        404 => Ok(None),
        301 | 302 | 307 => {
            Err(ActionError::Failed(format!("{} was moved elsewhere: choose another name", repo.path())).into())
        }
        _ => api.expect(reply, &format!("reading {}", repo.path())).map(Some),
    }
}

fn visibility(given: &Input) -> Result<&str, ActionError> {
    match given.repo_visibility.as_deref().filter(|text| !text.is_empty()) {
        None => Ok("private"),
        Some(known @ ("private" | "public" | "internal")) => Ok(known),
        Some(other) => {
            Err(ActionError::Failed(format!("repoVisibility: {other:?} is not one of private, public, internal")))
        }
    }
}

fn visibility_of(found: &Value) -> &str {
    let by_flag = if found["private"] == true { "private" } else { "public" };
    found["visibility"].as_str().unwrap_or(by_flag)
}

/// What a repository is made with and brought to.
fn settings(given: &Input) -> Map<String, Value> {
    let text = |value: &Option<String>| value.as_deref().filter(|text| !text.is_empty()).map(Value::from);
    let flag = |value: Option<bool>, usual: bool| Some(Value::Bool(value.unwrap_or(usual)));
    let squashes = given.allow_squash_merge.unwrap_or(true);
    [
        ("description", text(&given.description)),
        ("homepage", text(&given.homepage)),
        ("delete_branch_on_merge", flag(given.delete_branch_on_merge, false)),
        ("allow_merge_commit", flag(given.allow_merge_commit, true)),
        ("allow_squash_merge", Some(squashes.into())),
        ("allow_rebase_merge", flag(given.allow_rebase_merge, true)),
        ("allow_auto_merge", flag(given.allow_auto_merge, false)),
        ("squash_merge_commit_title", text(&given.squash_merge_commit_title).filter(|_| squashes)),
        ("squash_merge_commit_message", text(&given.squash_merge_commit_message).filter(|_| squashes)),
        ("has_projects", given.has_projects.map(Value::Bool)),
        ("has_wiki", given.has_wiki.map(Value::Bool)),
        ("has_issues", given.has_issues.map(Value::Bool)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// Everything about a repository that can be done any number of times.
async fn settle(api: &Api<'_>, repo: &RepoUrl, given: &Input, branch: &str, log: &dyn Log) -> Result<(), Stop> {
    let at = |rest: &[&str]| -> Vec<String> {
        ["repos", repo.owner.as_str(), repo.repo.as_str()].iter().chain(rest).map(|step| (*step).to_owned()).collect()
    };
    let put = async |method: Method, rest: &[&str], body: &Value| -> Result<Reply, Stop> {
        let steps = at(rest);
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        api.call(method, &steps, (!body.is_null()).then_some(body)).await
    };
    let mut body = settings(given);
    body.insert("default_branch".into(), branch.into());
    body.extend(given.allow_update_branch.map(|value| ("allow_update_branch".to_owned(), value.into())));
    api.expect(put(Method::PATCH, &[], &Value::Object(body)).await?, "the settings of the repository")?;
    if !given.topics.is_empty() {
        let names: Vec<String> = given.topics.iter().map(|topic| topic.to_lowercase()).collect();
        api.expect(put(Method::PUT, &["topics"], &json!({ "names": names })).await?, "topics")?;
    }
    share(api, repo, given, log).await?;
    for (name, value) in &given.repo_variables {
        let body = json!({ "name": name, "value": plain(value) });
        let reply = put(Method::POST, &["actions", "variables"], &body).await?;
        let reply = match reply.status {
            409 => put(Method::PATCH, &["actions", "variables", name], &body).await?,
            _ => reply,
        };
        api.expect(reply, &format!("repoVariables: {name}"))?;
    }
    if !given.secrets.is_empty() {
        let key = put(Method::GET, &["actions", "secrets", "public-key"], &Value::Null).await?;
        let key = api.expect(key, "secrets")?;
        for (name, value) in &given.secrets {
            let sealed = sealed(&key, &plain(value))?;
            let body = json!({ "encrypted_value": sealed, "key_id": key["key_id"] });
            let reply = put(Method::PUT, &["actions", "secrets", name], &body).await?;
            api.expect(reply, &format!("secrets: {name}"))?;
        }
    }
    if let Some(oidc) = &given.oidc_customization {
        let mut body = json!({ "use_default": oidc.use_default });
        if let Some(keys) = &oidc.include_claim_keys {
            body["include_claim_keys"] = json!(keys);
        }
        let reply = put(Method::PUT, &["actions", "oidc", "customization", "sub"], &body).await?;
        api.expect(reply, "oidcCustomization")?;
    }
    if given.subscribe {
        let reply = put(Method::PUT, &["subscription"], &json!({ "subscribed": true, "ignored": false })).await?;
        api.expect(reply, "subscribe")?;
    }
    if given.protect_default_branch.unwrap_or(true) {
        let reply = put(Method::PUT, &["branches", branch, "protection"], &protection(given)).await?;
        // A plan without protection of private repositories is no reason to fail where the repository is all that was asked for.
        if reply.status == 403 && api.said(&reply).contains("Upgrade to GitHub") {
            log.warn(&format!("{branch} is not protected: {}", api.said(&reply)));
            return Ok(());
        }
        api.expect(reply, "protectDefaultBranch")?;
        if given.required_commit_signing {
            let reply =
                put(Method::POST, &["branches", branch, "protection", "required_signatures"], &Value::Null).await?;
            api.expect(reply, "requiredCommitSigning")?;
        }
    }
    Ok(())
}

/// Gives people and teams their access. One who cannot be given it does not cost the others theirs.
async fn share(api: &Api<'_>, repo: &RepoUrl, given: &Input, log: &dyn Log) -> Result<(), Stop> {
    let mut shares: Vec<(bool, String, String)> = Vec::new();
    if let Some(access) = given.access.as_deref().filter(|access| !access.is_empty() && *access != repo.owner) {
        match access.split_once('/') {
            Some((owner, team)) if owner.eq_ignore_ascii_case(&repo.owner) => {
                shares.push((true, team.to_owned(), "admin".into()));
            }
            Some(_) => {
                return Err(ActionError::Failed(format!("access: {access:?} is no team of {}", repo.owner)).into());
            }
            None => shares.push((false, access.to_owned(), "admin".into())),
        }
    }
    for each in &given.collaborators {
        let permission = match each.access.as_deref().unwrap_or("push") {
            "read" => "pull",
            "write" => "push",
            other => other,
        };
        let user = each.user.as_ref().or(each.username.as_ref());
        match (user, &each.team) {
            (Some(user), _) => shares.push((false, user.clone(), permission.to_owned())),
            (None, Some(team)) => shares.push((true, team.clone(), permission.to_owned())),
            (None, None) => {
                return Err(ActionError::Failed("collaborators: one names neither user nor team".into()).into());
            }
        }
    }
    for (is_team, name, permission) in shares {
        let body = json!({ "permission": permission });
        let steps: Vec<&str> = if is_team {
            vec!["orgs", &repo.owner, "teams", &name, "repos", &repo.owner, &repo.repo]
        } else {
            vec!["repos", &repo.owner, &repo.repo, "collaborators", &name]
        };
        let reply = api.call(Method::PUT, &steps, Some(&body)).await?;
        if !(200..300).contains(&reply.status) {
            log.warn(&format!("{name} was not given {permission} access: {}", api.said(&reply)));
        }
    }
    Ok(())
}

/// The rules of the default branch.
fn protection(given: &Input) -> Value {
    let mut reviews = json!({
        "required_approving_review_count": given.required_approving_review_count.unwrap_or(1),
        "require_code_owner_reviews": given.require_code_owner_reviews,
        "dismiss_stale_reviews": given.dismiss_stale_reviews,
        "require_last_push_approval": given.require_last_push_approval,
    });
    if let Some(allowances) = &given.bypass_pull_request_allowances {
        reviews["bypass_pull_request_allowances"] = allowances.clone();
    }
    json!({
        "required_status_checks": {
            "strict": given.require_branches_to_be_up_to_date.unwrap_or(true),
            "contexts": given.required_status_check_contexts,
        },
        "enforce_admins": given.protect_enforce_admins.unwrap_or(true),
        "required_pull_request_reviews": reviews,
        "restrictions": given.restrictions,
        "required_conversation_resolution": given.required_conversation_resolution,
        "required_linear_history": given.required_linear_history,
    })
}

/// A secret for the repository alone: only GitHub can open it.
fn sealed(key: &Value, secret: &str) -> Result<String, ActionError> {
    let wrong = || ActionError::Failed("secrets: GitHub gave no key to seal them with".to_owned());
    let bytes = key["key"].as_str().and_then(|key| STANDARD.decode(key).ok()).ok_or_else(wrong)?;
    let key: [u8; 32] = bytes.try_into().map_err(|_| wrong())?;
    let sealed = crypto_box::PublicKey::from(key).seal(&mut crypto_box::aead::OsRng, secret.as_bytes());
    sealed.map(|sealed| STANDARD.encode(sealed)).map_err(|_| wrong())
}

/// A value of a template as the text that it stands for.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn schema() -> Value {
    let people = json!({
        "type": "object",
        "properties": {
            "apps": { "type": "array", "items": { "type": "string" } },
            "users": { "type": "array", "items": { "type": "string" } },
            "teams": { "type": "array", "items": { "type": "string" } }
        }
    });
    let flag = |title: &str, usual: bool| json!({ "type": "boolean", "title": title, "default": usual });
    let text = |title: &str| json!({ "type": "string", "title": title });
    let repository = json!({
            "repoUrl": { "type": "string", "title": "Repository", "description": "As RepoUrlPicker gives it: `github.com?owner=payments&repo=ledger`." },
            "allowedHosts": { "type": "array", "items": { "type": "string" }, "title": "Allowed hosts" },
            "description": text("Description"),
            "homepage": text("Home page"),
            "access": { "type": "string", "title": "Administrator", "description": "A user, or `organization/team`, who is made an administrator of the repository." },
            "collaborators": {
                "type": "array",
                "title": "Who has access",
                "items": {
                    "type": "object",
                    "required": ["access"],
                    "properties": {
                        "access": { "type": "string", "title": "Access", "description": "`pull`, `triage`, `push`, `maintain`, `admin` or the name of a role" },
                        "user": text("User"),
                        "team": text("Team")
                    }
                }
            },
            "repoVisibility": { "type": "string", "title": "Visibility", "enum": ["private", "public", "internal"], "default": "private" },
            "defaultBranch": { "type": "string", "title": "Branch", "default": BRANCH },
            "protectDefaultBranch": flag("Protect the branch", true),
            "protectEnforceAdmins": flag("Protect it from administrators as well", true),
            "bypassPullRequestAllowances": people,
            "requiredApprovingReviewCount": { "type": "integer", "title": "Reviews that are needed", "minimum": 0, "maximum": 6, "default": 1 },
            "restrictions": people,
            "requireCodeOwnerReviews": flag("Need reviews of code owners", false),
            "dismissStaleReviews": flag("Dismiss reviews of earlier commits", false),
            "requiredStatusCheckContexts": { "type": "array", "items": { "type": "string" }, "title": "Checks that must pass" },
            "requireBranchesToBeUpToDate": flag("Need branches to be up to date", true),
            "requiredConversationResolution": flag("Need conversations to be resolved", false),
            "requireLastPushApproval": flag("Need the last push to be approved", false),
            "requiredCommitSigning": flag("Need signed commits", false),
            "requiredLinearHistory": flag("Need a linear history", false)
    });
    let rest = json!({
            "deleteBranchOnMerge": flag("Delete merged branches", false),
            "allowMergeCommit": flag("Allow merge commits", true),
            "allowSquashMerge": flag("Allow squashing", true),
            "allowRebaseMerge": flag("Allow rebasing", true),
            "allowAutoMerge": flag("Allow merging by itself", false),
            "allowUpdateBranch": flag("Suggest to update branches", false),
            "squashMergeCommitTitle": { "type": "string", "title": "Title of squashed commits", "enum": ["PR_TITLE", "COMMIT_OR_PR_TITLE"] },
            "squashMergeCommitMessage": { "type": "string", "title": "Message of squashed commits", "enum": ["PR_BODY", "COMMIT_MESSAGES", "BLANK"] },
            "hasProjects": { "type": "boolean", "title": "Projects" },
            "hasWiki": { "type": "boolean", "title": "Wiki" },
            "hasIssues": { "type": "boolean", "title": "Issues" },
            "topics": { "type": "array", "items": { "type": "string" }, "title": "Topics" },
            "repoVariables": { "type": "object", "title": "Variables for workflows" },
            "secrets": { "type": "object", "title": "Secrets for workflows" },
            "oidcCustomization": {
                "type": "object",
                "title": "Subject of OpenID Connect tokens",
                "required": ["useDefault"],
                "properties": { "useDefault": { "type": "boolean" }, "includeClaimKeys": { "type": "array", "items": { "type": "string" } } }
            },
            "customProperties": { "type": "object", "title": "Custom properties of the organization" },
            "subscribe": flag("Watch the repository", false),
            "sourcePath": { "type": "string", "title": "Folder of the workspace", "description": "All of it when left out." },
            "gitCommitMessage": { "type": "string", "title": "Message of the commit", "default": "initial commit" },
            "gitAuthorName": text("Author"),
            "gitAuthorEmail": text("Author’s address"),
            "token": { "type": "string", "title": "Token", "description": "The portal’s own for the host when left out." }
    });
    // Two parts, since one would be too deep for the macro.
    let properties = [repository, rest].into_iter().filter_map(|part| part.as_object().cloned()).flatten();
    json!({ "type": "object", "required": ["repoUrl"], "properties": Map::from_iter(properties) })
}

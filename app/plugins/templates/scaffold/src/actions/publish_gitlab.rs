//! `publish:gitlab`: a project on GitLab with the workspace as its one commit.

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::publish_github::{BRANCH, plain};
use crate::action::{Action, ActionError, ActionInfo, CodeHostKind, Log, Outcome, Reach, Repeat, Step, World};
use crate::outside::api::{Api, Stop, ended};
use crate::outside::beginnings::{CommitInput, Hosted, HostedInput};
use crate::outside::commit::{Commit, Found};
use crate::outside::repo_url::{self, RepoUrl};
use crate::outside::shared::{example, info, input, world};

/// What GitLab calls an owner of a project.
const OWNER: u64 = 50;

/// The action.
#[derive(Debug)]
pub struct PublishGitlab(ActionInfo);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    #[serde(flatten)]
    hosted: HostedInput,
    #[serde(flatten)]
    commit: CommitInput,
    repo_visibility: Option<String>,
    description: Option<String>,
    title: Option<String>,
    /// `false` leaves the project empty.
    source_path: Option<Value>,
    #[serde(default)]
    skip_existing: bool,
    #[serde(default)]
    set_user_as_owner: bool,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    settings: Map<String, Value>,
    #[serde(default)]
    branches: Vec<Branch>,
    #[serde(default)]
    project_variables: Vec<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
struct Branch {
    name: String,
    #[serde(default)]
    protect: bool,
    create: Option<bool>,
    #[serde(rename = "ref")]
    from: Option<String>,
}

impl PublishGitlab {
    /// The action.
    pub fn new() -> Self {
        let mut output = super::publish_git::published();
        output["properties"]["projectId"] = json!({ "type": "number", "title": "The number of the project" });
        output["properties"]["created"] =
            json!({ "type": "boolean", "title": "Whether the project was made by this step" });
        let mut info = info(
            "publish:gitlab",
            "Makes a project on GitLab and pushes the workspace to it as one commit. An empty project of that name and visibility is used; one with other content is left alone. A step that was cut off finds what it has made.",
            (Reach::Outside, Repeat::Checked),
            schema(),
            output,
        );
        info.examples = vec![
            example("A private project", json!({ "repoUrl": "gitlab.com?owner=payments&repo=ledger" })),
            example(
                "An internal project in a subgroup, with a second branch",
                json!({
                    "repoUrl": "gitlab.bank.example?owner=payments/core&repo=ledger", "repoVisibility": "internal", "defaultBranch": "main",
                    "settings": { "merge_method": "ff", "topics": ["java"] }, "branches": [{ "name": "staging", "protect": true }]
                }),
            ),
        ];
        Self(info)
    }
}

impl Default for PublishGitlab {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for PublishGitlab {
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
    let at = Hosted::find(world, CodeHostKind::GitLab, &given.hosted, step.secrets)?;
    let (api, repo) = (at.api(world, step.now), &at.repo);
    let about = given.commit.about(step, BRANCH)?;
    let branch = about.branch;
    let commit = match &given.source_path {
        Some(Value::Bool(false)) => None,
        folder => {
            let folder = folder.as_ref().and_then(Value::as_str).unwrap_or_default();
            Some(Commit::make(step.workspace, folder, &about).await?)
        }
    };
    let (address, remote) = (at.address(), at.remote());
    let (project, is_new) = project(&api, repo, given, branch).await?;
    let id = project["id"].as_u64().ok_or_else(|| ActionError::Failed("GitLab gave the project no number".into()))?;
    let mut outputs = Map::from_iter([
        ("remoteUrl".to_owned(), Value::String(format!("{address}.git"))),
        ("repoContentsUrl".to_owned(), Value::String(format!("{address}/-/blob/{branch}"))),
        ("projectId".to_owned(), id.into()),
        ("created".to_owned(), is_new.into()),
    ]);
    if let Some(commit) = &commit {
        if !is_new {
            let found = commit.look(&remote).await;
            if given.skip_existing && matches!(found, Ok(Found::Other(_))) {
                step.log.warn(&format!("{address} has content already and is left as it is"));
                return Ok(outputs);
            }
            // What is in a project that others can read cannot be taken back; what an earlier attempt has pushed is no news.
            let (is, wanted) = (project["visibility"].as_str().unwrap_or_default(), visibility(given)?);
            if is != wanted && !matches!(found, Ok(Found::Ours(_))) {
                let text = format!("{} exists already, and is {is} instead of {wanted}", repo.path());
                return Err(ActionError::Failed(text).into());
            }
        }
        let hash = commit.publish(&remote, is_new).await?;
        step.log.info(&format!("{address} holds commit {hash}"));
        outputs.insert("commitHash".into(), Value::String(hash));
    }
    settle(&api, &id.to_string(), given, branch, step.log).await?;
    if given.set_user_as_owner {
        own(world, &at, given, &id.to_string(), step).await?;
    }
    Ok(outputs)
}

/// The project, made where it is missing, and whether it is new.
async fn project(api: &Api<'_>, repo: &RepoUrl, given: &Input, branch: &str) -> Result<(Value, bool), Stop> {
    if let Some(found) = find(api, repo).await? {
        return Ok((found, false));
    }
    let what = format!("making {}", repo.path());
    let owner = api.call(Method::GET, &["namespaces", &repo.owner], None).await?;
    if owner.status == 404 {
        return Err(ActionError::Failed(format!(
            "repoUrl: {} has no group or user {:?} for this token",
            api.name, repo.owner
        ))
        .into());
    }
    let namespace = api.expect(owner, &what)?["id"].clone();
    let mut body = given.settings.clone();
    let text = |value: &Option<String>| value.clone().filter(|text| !text.is_empty()).map(Value::from);
    for (name, value) in [("name", text(&given.title)), ("description", text(&given.description))] {
        if let (Some(value), false) = (value, body.contains_key(name)) {
            body.insert(name.into(), value);
        }
    }
    body.entry("name").or_insert_with(|| repo.repo.as_str().into());
    body.insert("path".into(), repo.repo.as_str().into());
    body.insert("namespace_id".into(), namespace);
    body.insert("visibility".into(), visibility(given)?.into());
    body.insert("default_branch".into(), branch.into());
    if !given.topics.is_empty() {
        body.entry("topics").or_insert_with(|| json!(given.topics));
    }
    let reply = api.call(Method::POST, &["projects"], Some(&Value::Object(body))).await?;
    if matches!(reply.status, 400 | 409) && api.said(&reply).contains("has already been taken") {
        // Another run was faster, or it is one that the token may not see.
        return match find(api, repo).await? {
            Some(found) => Ok((found, false)),
            None => {
                Err(ActionError::Failed(format!("{} is taken by a project that the token may not see", repo.path()))
                    .into())
            }
        };
    }
    api.expect(reply, &what).map(|made| (made, true))
}

async fn find(api: &Api<'_>, repo: &RepoUrl) -> Result<Option<Value>, Stop> {
    let reply = api.call(Method::GET, &["projects", &repo.path()], None).await?;
    match reply.status {
        404 => Ok(None),
        301 | 302 => {
            Err(ActionError::Failed(format!("{} was moved elsewhere: choose another name", repo.path())).into())
        }
        _ => api.expect(reply, &format!("reading {}", repo.path())).map(Some),
    }
}

fn visibility(given: &Input) -> Result<&str, ActionError> {
    let stated = given.settings.get("visibility").and_then(Value::as_str);
    match given.repo_visibility.as_deref().filter(|text| !text.is_empty()).or(stated) {
        None => Ok("private"),
        Some(known @ ("private" | "internal" | "public")) => Ok(known),
        Some(other) => {
            Err(ActionError::Failed(format!("repoVisibility: {other:?} is not one of private, internal, public")))
        }
    }
}

/// Everything about a project that can be done any number of times.
async fn settle(api: &Api<'_>, id: &str, given: &Input, branch: &str, log: &dyn Log) -> Result<(), Stop> {
    for each in &given.branches {
        repo_url::branch("branches", &each.name)?;
        if each.name != branch && each.create.unwrap_or(true) {
            let from = each.from.as_deref().unwrap_or(branch);
            let body = json!({ "branch": each.name, "ref": from });
            let reply = api.call(Method::POST, &["projects", id, "repository", "branches"], Some(&body)).await?;
            if !(reply.status == 400 && api.said(&reply).contains("already exists")) {
                api.expect(reply, &format!("branches: {}", each.name))?;
            }
        }
        if each.protect {
            let reply = api
                .call(Method::POST, &["projects", id, "protected_branches"], Some(&json!({ "name": each.name })))
                .await?;
            // The default branch of a new project often is by itself.
            if reply.status != 409 {
                api.expect(reply, &format!("branches: protecting {}", each.name))?;
            }
        }
    }
    for variable in &given.project_variables {
        let key = variable.get("key").map(plain).unwrap_or_default();
        let mut body = variable.clone();
        body.insert("value".into(), variable.get("value").map(plain).unwrap_or_default().into());
        let body = Value::Object(body);
        let reply = api.call(Method::POST, &["projects", id, "variables"], Some(&body)).await?;
        let reply = if reply.status == 400 && api.said(&reply).contains("has already been taken") {
            api.call(Method::PUT, &["projects", id, "variables", &key], Some(&body)).await?
        } else {
            reply
        };
        api.expect(reply, &format!("projectVariables: {key}"))?;
        log.info(&format!("The variable {key} is set"));
    }
    Ok(())
}

/// Makes whoever brought a token an owner, with the portal's own right.
async fn own(world: &World, at: &Hosted, given: &Input, id: &str, step: &Step<'_>) -> Result<(), Stop> {
    let (true, Some(portals)) = (given.hosted.brings_a_token(), &at.host.token) else {
        step.log.warn("setUserAsOwner: the step brings no token of a user, or the portal has none of its own");
        return Ok(());
    };
    let users = at.api(world, step.now);
    let me = users.call(Method::GET, &["user"], None).await?;
    let me = users.expect(me, "setUserAsOwner")?;
    let api = Api::new(&world.fetcher, &at.repo.host, &at.host, portals, step.now);
    let body = json!({ "user_id": me["id"], "access_level": OWNER });
    let reply = api.call(Method::POST, &["projects", id, "members"], Some(&body)).await?;
    if reply.status != 409 {
        api.expect(reply, "setUserAsOwner")?;
    }
    Ok(())
}

fn schema() -> Value {
    let text = |title: &str| json!({ "type": "string", "title": title });
    json!({
        "type": "object",
        "required": ["repoUrl"],
        "properties": {
            "repoUrl": { "type": "string", "title": "Project", "description": "As RepoUrlPicker gives it: `gitlab.com?owner=payments&repo=ledger`; the owner may be a path of groups." },
            "allowedHosts": { "type": "array", "items": { "type": "string" }, "title": "Allowed hosts" },
            "repoVisibility": { "type": "string", "title": "Visibility", "enum": ["private", "internal", "public"], "default": "private" },
            "defaultBranch": { "type": "string", "title": "Branch", "default": BRANCH },
            "description": text("Description"),
            "title": text("Name"),
            "sourcePath": { "type": ["string", "boolean"], "title": "Folder of the workspace", "description": "All of it when left out; `false` leaves the project empty." },
            "skipExisting": { "type": "boolean", "title": "Leave a project with content as it is", "default": false },
            "setUserAsOwner": { "type": "boolean", "title": "Make the owner of the token an owner of the project", "default": false },
            "topics": { "type": "array", "items": { "type": "string" }, "title": "Topics" },
            "settings": {
                "type": "object",
                "title": "Further settings, as GitLab’s API takes them",
                "properties": {
                    "name": text("Name"),
                    "description": text("Description"),
                    "auto_devops_enabled": { "type": "boolean" },
                    "ci_config_path": { "type": "string" },
                    "merge_method": { "type": "string", "enum": ["merge", "rebase_merge", "ff"] },
                    "squash_option": { "type": "string", "enum": ["default_off", "default_on", "never", "always"] },
                    "topics": { "type": "array", "items": { "type": "string" } },
                    "visibility": { "type": "string", "enum": ["private", "internal", "public"] },
                    "only_allow_merge_if_all_discussions_are_resolved": { "type": "boolean" },
                    "only_allow_merge_if_pipeline_succeeds": { "type": "boolean" },
                    "allow_merge_on_skipped_pipeline": { "type": "boolean" }
                }
            },
            "branches": {
                "type": "array",
                "title": "Further branches",
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": text("Name"),
                        "protect": { "type": "boolean", "default": false },
                        "create": { "type": "boolean", "default": true },
                        "ref": { "type": "string", "title": "From which branch" }
                    }
                }
            },
            "projectVariables": {
                "type": "array",
                "title": "Variables for pipelines",
                "items": {
                    "type": "object",
                    "required": ["key", "value"],
                    "properties": {
                        "key": text("Name"),
                        "value": text("Value"),
                        "description": text("Description"),
                        "variable_type": { "type": "string", "enum": ["env_var", "file"] },
                        "protected": { "type": "boolean" },
                        "masked": { "type": "boolean" },
                        "raw": { "type": "boolean" },
                        "environment_scope": { "type": "string" }
                    }
                }
            },
            "gitCommitMessage": { "type": "string", "title": "Message of the commit", "default": "initial commit" },
            "gitAuthorName": text("Author"),
            "gitAuthorEmail": text("Author’s address"),
            "token": { "type": "string", "title": "Token", "description": "The portal’s own for the host when left out." }
        }
    })
}

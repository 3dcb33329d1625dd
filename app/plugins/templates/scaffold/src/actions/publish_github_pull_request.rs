//! `publish:github:pull-request`: files of the workspace as a pull request to a repository that is there.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::action::{Action, ActionError, ActionInfo, CodeHostKind, Outcome, Reach, Repeat, Step, World};
use crate::outside::api::{Api, Reply, Stop, ended};
use crate::outside::beginnings::{Hosted, HostedInput};
use crate::outside::commit::{content, is_ours, message, normal};
use crate::outside::repo_url::{self, RepoUrl};
use crate::outside::shared::{example, info, input, world};

/// A file up to this length goes with the tree, a longer one by itself.
const INLINE: usize = 64 * 1024;

/// The most files of one request.
const FILES: usize = 400;

/// The action.
#[derive(Debug)]
pub struct PublishGithubPullRequest(ActionInfo);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    #[serde(flatten)]
    hosted: HostedInput,
    branch_name: String,
    target_branch_name: Option<String>,
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    draft: bool,
    source_path: Option<String>,
    target_path: Option<String>,
    commit_message: Option<String>,
    #[serde(default)]
    update: bool,
    #[serde(default)]
    force_fork: bool,
    create_when_empty: Option<bool>,
    #[serde(default)]
    files_to_delete: Vec<String>,
    #[serde(default)]
    reviewers: Vec<String>,
    #[serde(default)]
    team_reviewers: Vec<String>,
    #[serde(default)]
    assignees: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
    git_author_name: Option<String>,
    git_author_email: Option<String>,
}

impl PublishGithubPullRequest {
    /// The action.
    pub fn new() -> Self {
        let text = |title: &str| json!({ "type": "string", "title": title });
        let names = |title: &str| json!({ "type": "array", "items": { "type": "string" }, "title": title });
        let flag = |title: &str, usual: bool| json!({ "type": "boolean", "title": title, "default": usual });
        let mut info = info(
            "publish:github:pull-request",
            "Opens a pull request on GitHub with the files of the workspace. A branch of that name is left alone unless `update` is set. A step that was cut off finds its branch and its pull request again.",
            (Reach::Outside, Repeat::Checked),
            json!({
                "type": "object",
                "required": ["repoUrl", "branchName", "title", "description"],
                "properties": {
                    "repoUrl": { "type": "string", "title": "Repository", "description": "As RepoUrlPicker gives it: `github.com?owner=payments&repo=ledger`." },
                    "allowedHosts": names("Allowed hosts"),
                    "branchName": text("Branch"),
                    "targetBranchName": { "type": "string", "title": "Branch to merge into", "description": "The repository’s default branch when left out." },
                    "title": text("Title"),
                    "description": text("Description"),
                    "draft": flag("As a draft", false),
                    "sourcePath": { "type": "string", "title": "Folder of the workspace", "description": "All of it when left out." },
                    "targetPath": { "type": "string", "title": "Folder of the repository", "description": "Its root when left out." },
                    "commitMessage": { "type": "string", "title": "Message of the commit", "description": "The title when left out." },
                    "update": flag("Add to a branch that is there", false),
                    "forceFork": flag("From a fork", false),
                    "createWhenEmpty": flag("Also where nothing changes", true),
                    "filesToDelete": names("Files to delete"),
                    "reviewers": names("Reviewers"),
                    "teamReviewers": names("Teams that review"),
                    "assignees": names("Assignees"),
                    "labels": names("Labels"),
                    "gitAuthorName": text("Author"),
                    "gitAuthorEmail": text("Author’s address"),
                    "token": { "type": "string", "title": "Token", "description": "The portal’s own for the host when left out." }
                }
            }),
            json!({
                "type": "object",
                "required": ["remoteUrl"],
                "properties": {
                    "targetBranchName": { "type": "string", "title": "The branch that it merges into" },
                    "remoteUrl": { "type": "string", "title": "The pull request" },
                    "pullRequestNumber": { "type": "number", "title": "Its number" }
                }
            }),
        );
        info.examples = vec![example(
            "Add a descriptor to a repository",
            json!({
                "repoUrl": "github.com?owner=payments&repo=ledger", "branchName": "add-catalog-info",
                "title": "Add a descriptor", "description": "So that the catalog knows it.", "sourcePath": "descriptor"
            }),
        )];
        Self(info)
    }
}

impl Default for PublishGithubPullRequest {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for PublishGithubPullRequest {
    fn info(&self) -> &ActionInfo {
        &self.0
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let world = world(step)?;
        let given: Input = input(step)?;
        let result = propose(step, world, &given).await;
        ended(step, result)
    }
}

async fn propose(step: &Step<'_>, world: &World, given: &Input) -> Result<Map<String, Value>, Stop> {
    let at = Hosted::find(world, CodeHostKind::GitHub, &given.hosted, step.secrets)?;
    let (api, repo) = (at.api(world, step.now), &at.repo);
    repo_url::branch("branchName", &given.branch_name)?;
    if given.force_fork {
        return Err(ActionError::Failed(
            "forceFork: pull requests are opened from branches of the repository itself".into(),
        )
        .into());
    }
    let request = Request { api: &api, repo, given, step };
    let found = request.ask(Method::GET, &[], Value::Null).await?;
    if found.status == 404 {
        return Err(ActionError::Failed(format!("repoUrl: there is no {} for this token", repo.path())).into());
    }
    let found = api.expect(found, "reading the repository")?;
    let usual = found["default_branch"].as_str().unwrap_or("main");
    let target = given.target_branch_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(usual);
    repo_url::branch("targetBranchName", target)?;
    let earlier = request.earlier_pull().await?;
    let (pull, is_new) = match earlier {
        Some(pull) => (pull, false),
        None => {
            if !request.branch(target).await? {
                step.log.info("Nothing changes, so there is no pull request.");
                return Ok(Map::new());
            }
            request.pull(target).await?
        }
    };
    let number =
        pull["number"].as_u64().ok_or_else(|| ActionError::Failed("GitHub gave the pull request no number".into()))?;
    request.invite(number).await?;
    let address = format!("{}/pull/{number}", at.address());
    step.log.info(&format!("{address} {}", if is_new { "is open" } else { "was there already" }));
    Ok(Map::from_iter([
        ("targetBranchName".to_owned(), Value::String(target.to_owned())),
        ("remoteUrl".to_owned(), Value::String(address)),
        ("pullRequestNumber".to_owned(), number.into()),
    ]))
}

/// One pull request.
struct Request<'a> {
    api: &'a Api<'a>,
    repo: &'a RepoUrl,
    given: &'a Input,
    step: &'a Step<'a>,
}

impl Request<'_> {
    /// Asks for something of the repository.
    async fn ask(&self, method: Method, rest: &[&str], body: Value) -> Result<Reply, Stop> {
        let steps: Vec<&str> =
            ["repos", &self.repo.owner, &self.repo.repo].into_iter().chain(rest.iter().copied()).collect();
        self.api.call(method, &steps, (!body.is_null()).then_some(&body)).await
    }

    /// The pull request that an earlier attempt of this step has opened, in whatever state it is.
    async fn earlier_pull(&self) -> Result<Option<Value>, Stop> {
        for pull in self.pulls("all").await? {
            if let Some(sha) = pull["head"]["sha"].as_str()
                && self.is_ours(sha).await?
            {
                return Ok(Some(pull));
            }
        }
        Ok(None)
    }

    async fn pulls(&self, state: &str) -> Result<Vec<Value>, Stop> {
        let head = format!("{}:{}", self.repo.owner, self.given.branch_name);
        let steps = ["repos", &self.repo.owner, &self.repo.repo, "pulls"];
        let query = [("head", head.as_str()), ("state", state), ("per_page", "20")];
        let reply = self.api.call_with(Method::GET, &steps, &query, None).await?;
        let pulls = self.api.expect(reply, "looking for pull requests")?;
        let is_here = |pull: &Value| pull["head"]["ref"] == self.given.branch_name.as_str();
        Ok(pulls.as_array().into_iter().flatten().filter(|pull| is_here(pull)).cloned().collect())
    }

    async fn commit(&self, sha: &str) -> Result<Value, Stop> {
        let reply = self.ask(Method::GET, &["git", "commits", sha], Value::Null).await?;
        self.api.expect(reply, "reading a commit")
    }

    async fn is_ours(&self, sha: &str) -> Result<bool, Stop> {
        let commit = self.commit(sha).await?;
        Ok(is_ours(commit["message"].as_str().unwrap_or_default(), self.step.key))
    }

    /// The commit of a branch; none where there is no such branch.
    async fn head(&self, branch: &str) -> Result<Option<String>, Stop> {
        let steps: Vec<&str> = ["git", "ref", "heads"].into_iter().chain(branch.split('/')).collect();
        let reply = self.ask(Method::GET, &steps, Value::Null).await?;
        if reply.status == 404 {
            return Ok(None);
        }
        if reply.status == 409 {
            return Err(
                ActionError::Failed(format!("{} is empty: there is nothing to merge into", self.repo.path())).into()
            );
        }
        let found = self.api.expect(reply, &format!("reading the branch {branch}"))?;
        Ok(found["object"]["sha"].as_str().map(str::to_owned))
    }

    /// Sees to it that the branch has the commit of this step; says whether there is anything to merge.
    async fn branch(&self, target: &str) -> Result<bool, Stop> {
        let given = self.given;
        let there = self.head(&given.branch_name).await?;
        let parent = match &there {
            Some(sha) if self.is_ours(sha).await? => return Ok(true),
            Some(sha) if given.update => sha.clone(),
            Some(_) => return Err(self.taken()),
            None => self.head(target).await?.ok_or_else(|| {
                ActionError::Failed(format!("targetBranchName: {} has no branch {target}", self.repo.path()))
            })?,
        };
        let base = self.commit(&parent).await?["tree"]["sha"].as_str().unwrap_or_default().to_owned();
        let tree = self.tree(&parent, &base).await?;
        if tree == base && !given.create_when_empty.unwrap_or(true) {
            return Ok(false);
        }
        let text = given.commit_message.as_deref().filter(|text| !text.is_empty()).unwrap_or(&given.title);
        let mut body = json!({ "message": message(text, self.step.key), "tree": tree, "parents": [parent] });
        if let (Some(name), Some(email)) = (&given.git_author_name, &given.git_author_email) {
            body["author"] = json!({ "name": name, "email": email });
        }
        let made = self.ask(Method::POST, &["git", "commits"], body).await?;
        let made = self.api.expect(made, "the commit")?;
        let sha = made["sha"].as_str().unwrap_or_default();
        // The one moment at which it counts: of two runs one comes first, and what was made before nobody sees.
        let reply = if there.is_some() {
            let steps: Vec<&str> = ["git", "refs", "heads"].into_iter().chain(given.branch_name.split('/')).collect();
            self.ask(Method::PATCH, &steps, json!({ "sha": sha, "force": false })).await?
        } else {
            let body = json!({ "ref": format!("refs/heads/{}", given.branch_name), "sha": sha });
            self.ask(Method::POST, &["git", "refs"], body).await?
        };
        if matches!(reply.status, 409 | 422)
            && self.head(&given.branch_name).await?.is_some_and(|now| Some(&now) != there.as_ref())
        {
            return Err(if there.is_some() {
                ActionError::Transient(format!("the branch {} was changed at the same time", given.branch_name)).into()
            } else {
                self.taken()
            });
        }
        self.api.expect(reply, &format!("the branch {}", given.branch_name))?;
        Ok(true)
    }

    fn taken(&self) -> Stop {
        ActionError::Failed(format!(
            "branchName: {} has a branch {} already: choose another name, or set `update` to add to it",
            self.repo.path(),
            self.given.branch_name
        ))
        .into()
    }

    /// The tree of `base` with the files of the workspace in it.
    async fn tree(&self, parent: &str, base: &str) -> Result<String, Stop> {
        let given = self.given;
        let folder = normal(given.target_path.as_deref().unwrap_or_default())?;
        let within = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        let mut entries = Vec::new();
        for (path, file) in content(self.step.workspace, given.source_path.as_deref().unwrap_or_default()).await? {
            let bytes = self.step.workspace.read(&file.path).map_err(|error| ActionError::Failed(error.to_string()))?;
            let mode = if file.executable { "100755" } else { "100644" };
            let mut entry = json!({ "path": within(&path), "mode": mode, "type": "blob" });
            match String::from_utf8(bytes) {
                Ok(text) if text.len() <= INLINE => entry["content"] = text.into(),
                Ok(text) => entry["sha"] = self.blob(text.as_bytes()).await?,
                Err(bytes) => entry["sha"] = self.blob(bytes.as_bytes()).await?,
            }
            entries.push(entry);
        }
        for path in &given.files_to_delete {
            let path = within(&normal(path)?);
            let steps: Vec<&str> =
                ["repos", &self.repo.owner, &self.repo.repo, "contents"].into_iter().chain(path.split('/')).collect();
            let found = self.api.call_with(Method::GET, &steps, &[("ref", parent)], None).await?;
            if found.status == 404 {
                self.step.log.warn(&format!("filesToDelete: {path} is not in the repository"));
                continue;
            }
            entries.push(json!({ "path": path, "mode": "100644", "type": "blob", "sha": null }));
        }
        let mut tree = base.to_owned();
        for part in entries.chunks(FILES) {
            let body = json!({ "base_tree": tree, "tree": part });
            let made = self.ask(Method::POST, &["git", "trees"], body).await?;
            tree = self.api.expect(made, "the files")?["sha"].as_str().unwrap_or_default().to_owned();
        }
        Ok(tree)
    }

    async fn blob(&self, bytes: &[u8]) -> Result<Value, Stop> {
        let body = json!({ "content": STANDARD.encode(bytes), "encoding": "base64" });
        let made = self.ask(Method::POST, &["git", "blobs"], body).await?;
        Ok(self.api.expect(made, "a file")?["sha"].clone())
    }

    /// The open pull request of the branch, made where there is none, and whether it is new.
    async fn pull(&self, target: &str) -> Result<(Value, bool), Stop> {
        let given = self.given;
        if let Some(pull) = self.pulls("open").await?.into_iter().next() {
            return Ok((pull, false));
        }
        let body = json!({
            "title": given.title, "body": given.description, "head": given.branch_name, "base": target, "draft": given.draft
        });
        let reply = self.ask(Method::POST, &["pulls"], body).await?;
        if reply.status == 422
            && self.api.said(&reply).contains("already exists")
            && let Some(pull) = self.pulls("open").await?.into_iter().next()
        {
            return Ok((pull, false));
        }
        Ok((self.api.expect(reply, "the pull request")?, true))
    }

    /// Asks people to look at it. One who cannot be asked does not cost the pull request.
    async fn invite(&self, number: u64) -> Result<(), Stop> {
        let given = self.given;
        let number = number.to_string();
        let asks = [
            (
                !given.reviewers.is_empty() || !given.team_reviewers.is_empty(),
                ["pulls", &number, "requested_reviewers"],
                json!({ "reviewers": given.reviewers, "team_reviewers": given.team_reviewers }),
            ),
            (!given.assignees.is_empty(), ["issues", &number, "assignees"], json!({ "assignees": given.assignees })),
            (!given.labels.is_empty(), ["issues", &number, "labels"], json!({ "labels": given.labels })),
        ];
        for (_, steps, body) in asks.into_iter().filter(|(is_wanted, ..)| *is_wanted) {
            let reply = self.ask(Method::POST, &steps, body).await?;
            if !(200..300).contains(&reply.status) {
                self.step.log.warn(&format!("{} of the pull request: {}", steps[2], self.api.said(&reply)));
            }
        }
        Ok(())
    }
}

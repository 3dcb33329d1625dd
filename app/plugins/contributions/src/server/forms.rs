//! What the plain forms of the pages send.

use std::collections::BTreeMap;

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::context::{caller, lead_to, service};
use kit::server::said::done;
use review::{
    Answer, Answers, CodeChange, Command, DataUse, Evidence, Kind, Link, Manifest, Material, Pitch, Route, Stage, Ui,
    Upstream, Verdict,
};

use super::Contributions;
use super::service::{contribution_href, gate_href};

/// Where an idea is written.
pub const PITCH: &str = "/contribute/pitch";

/// Does something about a contribution, says so and leads on.
pub async fn act(id: &str, to: &str, said: &'static str, command: Command) -> Result<(), AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    here.act(&caller, id, command).await?;
    done(said);
    lead_to(to);
    Ok(())
}

/// Keeps what somebody is writing; with `do=pitch` it is pitched.
pub async fn pitch(here: &Contributions, caller: &Caller, sent: &[(String, String)]) -> Result<(), AppError> {
    let sent = Fields(sent);
    let pitch = sent.pitch();
    here.save_draft(caller, &pitch).await?;
    if sent.one("do") != "pitch" {
        done("Your draft is kept.");
        lead_to(&format!("{PITCH}?look=1"));
        return Ok(());
    }
    let id = here.pitch(caller, pitch).await?;
    done("It is pitched: everybody can see it, comment and support it.");
    lead_to(&contribution_href(&id));
    Ok(())
}

/// Words a contribution otherwise.
pub async fn edit(here: &Contributions, caller: &Caller, sent: &[(String, String)]) -> Result<(), AppError> {
    let sent = Fields(sent);
    let id = sent.one("id");
    here.act(caller, id, Command::Edit(sent.pitch())).await?;
    done("It is worded otherwise now.");
    lead_to(&contribution_href(id));
    Ok(())
}

/// Submits a contribution to a gate.
pub async fn submit(here: &Contributions, caller: &Caller, sent: &[(String, String)]) -> Result<(), AppError> {
    let sent = Fields(sent);
    let (id, stage) = (sent.one("id"), sent.stage("stage")?);
    let ui = match (sent.one("upload"), sent.one("repository")) {
        ("", "") => None,
        ("", url) => Some(Ui::Git {
            url: url.to_owned(),
            commit: sent.one("commit").to_owned(),
            path: sent.one("folder").to_owned(),
        }),
        (hash, _) => Some(Ui::Upload { name: sent.one("upload-name").to_owned(), hash: hash.to_owned() }),
    };
    let manifest = if stage == Stage::Architecture { Some(sent.manifest()?) } else { None };
    let change = (stage == Stage::Code)
        .then(|| CodeChange { url: sent.one("change").to_owned(), commit: sent.one("commit").to_owned() });
    let mut evidence = BTreeMap::new();
    for (item, url) in sent.after("evidence.") {
        let note = sent.one(&format!("evidence-note.{item}")).to_owned();
        if !url.is_empty() || !note.is_empty() {
            evidence.insert(item.to_owned(), Evidence { url: url.to_owned(), note });
        }
    }
    let entity = sent.one("entity").to_owned();
    let material = Material { ui, manifest, change, entity, evidence, note: sent.one("note").to_owned() };
    here.act(caller, id, Command::Submit { stage, material }).await?;
    done("It is submitted.");
    lead_to(&contribution_href(id));
    Ok(())
}

/// Decides about a submission.
pub async fn decide(here: &Contributions, caller: &Caller, sent: &[(String, String)]) -> Result<(), AppError> {
    let sent = Fields(sent);
    let (id, stage) = (sent.one("id"), sent.stage("stage")?);
    let submission = sent.one("submission").parse();
    let submission = submission.map_err(|_| AppError::bad_request("submission is not a number"))?;
    let (said, verdict) = match sent.one("verdict") {
        "accept" => {
            let answers = sent.after("answer.").filter_map(|(item, answer)| {
                let note = sent.one(&format!("answer-note.{item}")).to_owned();
                let answer = match answer {
                    "met" => Answer::Met,
                    "unmet" => Answer::Unmet,
                    "not-applicable" => Answer::NotApplicable(note),
                    _ => return None,
                };
                Some((item.to_owned(), answer))
            });
            let answers: Answers = answers.collect();
            ("You have accepted it.", Verdict::Accept { answers, comment: sent.one("comment").to_owned() })
        }
        "send-back" => {
            let changes = sent.one("changes").lines().map(str::to_owned).collect();
            let to = match sent.one("to") {
                "" => None,
                _ => Some(sent.stage("to")?),
            };
            ("It is sent back.", Verdict::SendBack { changes, to })
        }
        "reject" => ("It is rejected.", Verdict::Reject { reason: sent.one("reason").to_owned() }),
        _ => return Err(AppError::bad_request("Accept it, send it back or reject it")),
    };
    let commit = sent.one("commit").to_owned();
    here.act(caller, id, Command::Decide { stage, submission, commit, verdict }).await?;
    done(said);
    lead_to(&gate_href(id));
    Ok(())
}

/// The names and texts of a form.
struct Fields<'a>(&'a [(String, String)]);

impl<'a> Fields<'a> {
    fn one(&self, name: &str) -> &'a str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// What the names have behind a prefix, with the texts.
    fn after(&self, prefix: &'static str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.trim())))
    }

    fn stage(&self, name: &str) -> Result<Stage, AppError> {
        let text = self.one(name);
        Stage::named(text).ok_or_else(|| AppError::bad_request(format!("There is no stage {text:?}")))
    }

    /// The lines of a field, each in the parts between bars.
    fn rows(&self, name: &str) -> Vec<Vec<&'a str>> {
        let lines = self.one(name).lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| line.split('|').map(str::trim).collect()).collect()
    }

    fn pitch(&self) -> Pitch {
        let links = self.rows("links").into_iter().map(|parts| match parts.as_slice() {
            [title, url, ..] => Link { title: (*title).to_owned(), url: (*url).to_owned() },
            [url] => Link { title: String::new(), url: (*url).to_owned() },
            [] => Link::default(),
        });
        Pitch {
            title: self.one("title").to_owned(),
            problem: self.one("problem").to_owned(),
            audience: self.one("audience").to_owned(),
            sketch: self.one("sketch").to_owned(),
            kind: Kind::named(self.one("kind")).unwrap_or_default(),
            owner: self.one("owner").to_owned(),
            links: links.collect(),
        }
        .trimmed()
    }

    fn manifest(&self) -> Result<Manifest, AppError> {
        let routes = self.one("routes").lines().map(str::trim).filter(|line| !line.is_empty());
        let routes = routes.map(|line| match line.split_once(char::is_whitespace) {
            Some((method, path)) => Ok(Route { method: method.to_uppercase(), path: path.trim().to_owned() }),
            None => Err(AppError::bad_request(format!("{line:?} is no route: write GET /path"))),
        });
        let permissions = self.one("permissions").lines().map(str::trim).filter(|line| !line.is_empty());
        let data = self.rows("data").into_iter().map(|parts| match parts.as_slice() {
            [name, classification, rest @ ..] => Ok(DataUse {
                name: (*name).to_owned(),
                classification: (*classification).to_owned(),
                writes: rest.first().is_some_and(|verb| *verb == "writes"),
            }),
            _ => Err(AppError::bad_request("Write what it is, a bar, and how it is classified: Rotas | internal")),
        });
        let upstreams = self.rows("upstreams").into_iter().map(|parts| Upstream {
            target: parts.first().copied().unwrap_or_default().to_owned(),
            reason: parts.get(1).copied().unwrap_or_default().to_owned(),
        });
        Ok(Manifest {
            id: self.one("manifest-id").to_owned(),
            owner: self.one("manifest-owner").to_owned(),
            routes: routes.collect::<Result<_, _>>()?,
            permissions: permissions.map(str::to_owned).collect(),
            data: data.collect::<Result<_, _>>()?,
            upstreams: upstreams.collect(),
        })
    }
}

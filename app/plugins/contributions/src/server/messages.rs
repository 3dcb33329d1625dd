//! What people and groups are told of contributions, through the inbox: once each, and taken back when it is no longer the case.

use std::collections::BTreeMap;

use kit::server::inbox::{Message, Recipient, retract, send};
use review::{Contribution, Entry, Event, Millis, REPOSITORY, Rules, State};
use sea_orm::{DatabaseTransaction, DbErr};

use super::service::{Waits, contribution_href, gate_href};
use super::view;

/// A message that is to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    kind: &'static str,
    title: String,
    body: String,
    path: String,
    waits: bool,
}

/// Whom something is told, and under which key.
type Address = (String, String);

/// Sends what is new since a contribution was otherwise, and takes back what is no longer the case.
pub async fn tell(
    tx: &DatabaseTransaction,
    now: Millis,
    rules: &Rules,
    before: Option<&Contribution>,
    after: &Contribution,
    entries: &[Entry],
) -> Result<(), DbErr> {
    let was = before.map(|before| waiting(before, rules)).unwrap_or_default();
    let mut is = waiting(after, rules);
    for address in was.keys().filter(|address| !is.contains_key(*address)) {
        retract(tx, recipient(&address.0), &address.1).await?;
    }
    is.retain(|address, _| !was.contains_key(address));
    for entry in entries {
        news(after, rules, entry, &mut is);
    }
    // In the order of recipients and keys, as two transactions must have them.
    for ((to, key), told) in &is {
        let Told { kind, title, body, path, waits } = told;
        send(tx, now, Message { to: recipient(to), kind, key, title, body, path, waits: *waits }).await?;
    }
    Ok(())
}

/// Tells whoever can settle it that a contribution is otherwise in the repository, once for each `blob` that it holds there.
pub async fn differs(
    tx: &DatabaseTransaction,
    now: Millis,
    rules: &Rules,
    contribution: &Contribution,
    blob: &str,
) -> Result<(), DbErr> {
    let Contribution { id, author, pitch, .. } = contribution;
    let mut makers = [pitch.owner.as_str(), author].into_iter().filter(|to| !to.is_empty() && *to != REPOSITORY);
    let to = recipient(makers.next().unwrap_or(&rules.curators.group));
    let (key, title) = (format!("{id}/mirror/{blob}"), format!("Otherwise in the repository: {}", pitch.title));
    let (body, path) = ("See both versions, and choose which one holds", contribution_href(id));
    let kind = "contributions.differs";
    send(tx, now, Message { to, kind, key: &key, title: &title, body, path: &path, waits: false }).await
}

fn recipient(whom: &str) -> Recipient<'_> {
    if whom.starts_with("group:") { Recipient::Group(whom) } else { Recipient::Person(whom) }
}

/// What waits for whom at a contribution as it stands.
fn waiting(contribution: &Contribution, rules: &Rules) -> BTreeMap<Address, Told> {
    let title = &contribution.pitch.title;
    let stage = contribution.stage.label();
    view::waits(contribution, rules)
        .into_iter()
        .map(|wait| {
            let (kind, said, path) = match wait.what {
                Waits::Review => {
                    ("contributions.review", format!("{stage} waits: {title}"), gate_href(&contribution.id))
                }
                Waits::Appeal => {
                    ("contributions.appeal", format!("An appeal waits: {title}"), gate_href(&contribution.id))
                }
                Waits::Submission => {
                    let path = contribution_href(&contribution.id);
                    ("contributions.submission", format!("To be submitted to {stage}: {title}"), path)
                }
                Waits::Standards => {
                    let path = contribution_href(&contribution.id);
                    ("contributions.standards", format!("Standards to be met: {title}"), path)
                }
                Waits::GoLive => {
                    ("contributions.go-live", format!("Ready to go live: {title}"), contribution_href(&contribution.id))
                }
            };
            let count = contribution.submissions.len();
            let key = format!("{}/{}/{}/{count}", contribution.id, wait.what.name(), contribution.stage);
            ((wait.team, key), Told { kind, title: said, body: String::new(), path, waits: true })
        })
        .collect()
}

/// What is told of an event once, whatever follows.
fn news(contribution: &Contribution, rules: &Rules, entry: &Entry, into: &mut BTreeMap<Address, Told>) {
    let (id, title) = (&contribution.id, &contribution.pitch.title);
    let actor = entry.actor.name();
    let mut put = |to: &str, what: &str, kind: &'static str, title: String, body: &str| {
        // Nobody is told of what they did themselves.
        if to.is_empty() || to == actor {
            return;
        }
        let key = format!("{id}/{}/{what}", entry.seq);
        let path = contribution_href(id);
        into.insert((to.to_owned(), key), Told { kind, title, body: body.to_owned(), path, waits: false });
    };
    let mut followers = |kind: &'static str, said: String, body: &str| {
        for to in &contribution.followers {
            put(to, "news", kind, said.clone(), body);
        }
    };
    match &entry.event {
        Event::Commented { text, mentions } => {
            followers("contributions.comment", format!("A comment on {title}"), text);
            for to in mentions {
                put(to, "news", "contributions.mention", format!("You are mentioned: {title}"), text);
            }
        }
        Event::Merged { .. } => followers("contributions.merged", format!("Merged into another one: {title}"), ""),
        Event::Absorbed { title: other, .. } => {
            followers("contributions.merged", format!("{other} was merged into {title}"), "");
        }
        Event::Submitted { stage, .. } => {
            followers("contributions.submitted", format!("Submitted to {}: {title}", stage.label()), "");
        }
        Event::NotReported { why, .. } => {
            let said = format!("The pages of {title} could not be looked at");
            for group in rules.stage(contribution.stage).iter().flat_map(|gate| &gate.groups) {
                put(group, "no-report", "contributions.no-report", said.clone(), why);
            }
        }
        Event::Passed { stage, .. } => {
            followers("contributions.passed", format!("{} passed: {title}", stage.label()), "");
        }
        Event::SentBack { changes, .. } => {
            followers("contributions.sent-back", format!("Sent back: {title}"), &changes.join("\n"));
        }
        Event::Rejected { reason, .. } => {
            followers("contributions.rejected", format!("Rejected: {title}"), reason);
        }
        Event::AppealDecided { granted, reason } => {
            let said = if *granted { "It is reviewed again" } else { "The rejection stands" };
            followers("contributions.appeal-decided", format!("{said}: {title}"), reason);
        }
        Event::Withdrawn { reason } => followers("contributions.withdrawn", format!("Withdrawn: {title}"), reason),
        Event::WentLive {} => {
            let said = format!("Live: {title}");
            for to in contribution.followers.iter().chain(&contribution.supporters) {
                put(to, "live", "contributions.live", said.clone(), "It is there for everybody now");
            }
        }
        Event::Flagged { standards } if contribution.state == State::Live => {
            let body = format!("It does not meet: {}", standards.join(", "));
            put(
                &rules.operators.group,
                "flagged",
                "contributions.flagged",
                format!("No longer meets the standards: {title}"),
                &body,
            );
        }
        Event::Overdue { .. } => {
            let said = format!("Overdue: {} of {title}", contribution.stage.label());
            for group in rules.stage(contribution.stage).iter().flat_map(|gate| &gate.groups) {
                put(group, "overdue", "contributions.overdue", said.clone(), "");
            }
        }
        _ => {}
    }
}

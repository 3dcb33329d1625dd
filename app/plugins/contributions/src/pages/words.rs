//! What happened to a contribution, in sentences.

use kit::components::HistoryEntry;
use kit::when::When;
use review::{Actor, Entry, Event, Millis, Origin};
use std::collections::BTreeSet;

use super::parts::{Titles, name_of};

/// What happened, for whoever reads it.
pub(super) fn told(entry: &Entry, titles: &Titles, now: Millis) -> HistoryEntry {
    let (what, said, matters) = sentence(&entry.event, titles);
    let who = match &entry.actor {
        Actor::Person(subject) => name_of(titles, subject),
        Actor::Portal => "The portal".to_owned(),
    };
    HistoryEntry { number: entry.seq, when: When::new(entry.at, now), who, what, said, matters }
}

/// Everybody whom these events name, for their names to be found.
pub(super) fn people(entries: &[Entry]) -> BTreeSet<String> {
    let mut people = BTreeSet::new();
    for entry in entries {
        if let Actor::Person(who) = &entry.actor {
            people.insert(who.clone());
        }
        match &entry.event {
            Event::Pitched { pitch, .. } | Event::Edited { pitch, .. } => {
                people.insert(pitch.owner.clone());
            }
            _ => {}
        }
    }
    people
}

/// By which commit something came. Who that says it is from, nobody has checked.
pub(super) fn by_commit(from: &Origin) -> String {
    let commit = from.commit.get(..12).unwrap_or(&from.commit);
    match (commit.is_empty(), from.by.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("Commit {commit}."),
        (false, false) => format!("Commit {commit}, which says that it is by {}.", from.by),
    }
}

fn sentence(event: &Event, titles: &Titles) -> (String, String, bool) {
    let plain = |what: &str| (what.to_owned(), String::new(), false);
    match event {
        Event::Pitched { pitch, from: Some(from) } => {
            (format!("took up {} from the repository", pitch.title), by_commit(from), true)
        }
        Event::Pitched { pitch, .. } => (format!("pitched {}", pitch.title), String::new(), true),
        Event::Edited { from: Some(from), .. } => {
            ("worded it as it is in the repository".into(), by_commit(from), false)
        }
        Event::Edited { pitch, .. } if pitch.owner.is_empty() => plain("worded it otherwise"),
        Event::Edited { pitch, .. } => {
            (format!("worded it otherwise; it belongs to {}", name_of(titles, &pitch.owner)), String::new(), false)
        }
        Event::Supported {} => plain("supports it"),
        Event::Unsupported {} => plain("no longer supports it"),
        Event::Followed {} => plain("follows it"),
        Event::Unfollowed {} => plain("no longer follows it"),
        Event::Commented { text, .. } => ("said".into(), text.clone(), false),
        Event::Merged { .. } => ("merged it into another one".into(), String::new(), true),
        Event::Absorbed { title, supporters, .. } => {
            let brought = match supporters.len() {
                1 => "with 1 supporter".to_owned(),
                count => format!("with {count} supporters"),
            };
            (format!("merged {title} into it, {brought}"), String::new(), true)
        }
        Event::Submitted { stage, submission, material, .. } => {
            (format!("submitted it to {}, submission {submission}", stage.label()), material.note.clone(), true)
        }
        Event::Reported { report, .. } => {
            let what = match (report.blocking.len(), report.to_look_at) {
                (0, 0) => "looked at the pages and found nothing".to_owned(),
                (0, more) => format!("looked at the pages: nothing blocks, {more} to look at"),
                (blocking, more) => format!("looked at the pages: {blocking} block, {more} to look at"),
            };
            (what, String::new(), false)
        }
        Event::NotReported { why, .. } => ("could not look at the pages".into(), why.clone(), true),
        Event::Waived { finding, reason, .. } => (format!("waived the finding {finding}"), reason.clone(), true),
        Event::Claimed { .. } => plain("reviews it"),
        Event::Released { .. } => plain("does not review it after all"),
        Event::Approved { comment, commit, .. } if commit.is_empty() => ("accepted it".into(), comment.clone(), true),
        Event::Approved { comment, commit, .. } => {
            let commit = commit.get(..12).unwrap_or(commit);
            (format!("accepted the commit {commit}"), comment.clone(), true)
        }
        Event::Passed { stage, next, .. } => {
            (format!("passed {}; next is {}", stage.label(), next.label()), String::new(), true)
        }
        Event::SentBack { changes, to, .. } => (format!("sent it back to {}", to.label()), changes.join("\n"), true),
        Event::Rejected { reason, .. } => ("rejected it".into(), reason.clone(), true),
        Event::Appealed { reason } => ("appealed".into(), reason.clone(), true),
        Event::AppealDecided { granted: true, reason } => {
            ("granted the appeal: it is reviewed again".into(), reason.clone(), true)
        }
        Event::AppealDecided { reason, .. } => ("let the rejection stand".into(), reason.clone(), true),
        Event::Withdrawn { reason } => ("withdrew it".into(), reason.clone(), true),
        Event::Checked { found } => {
            let unmet = found.iter().filter(|found| !found.met).count();
            let what = match unmet {
                0 => "found every standard met".to_owned(),
                1 => "found 1 standard not met".to_owned(),
                count => format!("found {count} standards not met"),
            };
            (what, String::new(), false)
        }
        Event::WentLive {} => ("brought it live".into(), String::new(), true),
        Event::Flagged { standards } => {
            ("flagged it: it no longer meets the standards".into(), standards.join(", "), true)
        }
        Event::Cleared {} => ("took the flag away: it meets the standards again".into(), String::new(), true),
        Event::Overdue { .. } => ("reminded the reviewers: the decision is overdue".into(), String::new(), true),
    }
}

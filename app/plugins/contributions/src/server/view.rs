//! What is read off a contribution: what waits for whom, what is next, who is meant by it.

use review::{Contribution, Millis, Rules, Stage, State};

use super::service::Waits;

/// What is due comes before all that is not, which is told by since when it waits.
const FAR: Millis = 1 << 50;

/// Something that waits for a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// For whom.
    pub team: String,
    /// What it is.
    pub what: Waits,
    /// The submission that it is about; 0 where it is about none.
    pub submission: u32,
    /// Who is at it.
    pub assignees: Vec<String>,
    /// Since when.
    pub since: Millis,
    /// When it is due.
    pub due_at: Option<Millis>,
}

impl Wait {
    /// Where it stands in a queue.
    pub fn order_at(&self) -> Millis {
        self.due_at.unwrap_or(FAR + self.since)
    }
}

/// Everything that waits for a group. What waits for contributors waits for their team, or for whoever pitched where no team is named.
pub fn waits(contribution: &Contribution, rules: &Rules) -> Vec<Wait> {
    let wait = |team: &str, what: Waits| Wait {
        team: team.to_owned(),
        what,
        submission: 0,
        assignees: Vec::new(),
        since: contribution.since,
        due_at: None,
    };
    let makers = if contribution.pitch.owner.is_empty() { &contribution.author } else { &contribution.pitch.owner };
    match (contribution.state, contribution.in_review()) {
        (State::InReview, Some(open)) => match rules.stage(open.stage) {
            Some(gate) => gate
                .groups
                .iter()
                .map(|group| Wait {
                    submission: open.number,
                    assignees: open.at_it().into_iter().map(str::to_owned).collect(),
                    since: open.at,
                    due_at: open.due_at,
                    ..wait(group, Waits::Review)
                })
                .collect(),
            // Nobody decides about readiness: it waits for whoever can come to meet the standards.
            None if contribution.unmet().is_empty() => Vec::new(),
            None => vec![Wait { submission: open.number, ..wait(makers, Waits::Standards) }],
        },
        (State::Appealed, _) => vec![wait(&rules.board.group, Waits::Appeal)],
        (State::Open, _) if contribution.stage == Stage::Pitch => Vec::new(),
        (State::Open, _) if contribution.stage == Stage::Live => vec![wait(makers, Waits::GoLive)],
        (State::Open, _) => vec![wait(makers, Waits::Submission)],
        (State::Live, _) if contribution.flag.is_some() => vec![wait(makers, Waits::Standards)],
        _ => Vec::new(),
    }
}

/// What is next, in a sentence, and who has the ball.
pub fn next(contribution: &Contribution, rules: &Rules, waits: &[Wait]) -> (String, Vec<String>) {
    let stage = contribution.stage;
    let makers = if contribution.pitch.owner.is_empty() { &contribution.author } else { &contribution.pitch.owner };
    let what = match contribution.state {
        State::Open if stage == Stage::Pitch => {
            return ("Gather support, and submit it to UX validation".into(), vec![makers.clone()]);
        }
        State::Open if stage == Stage::Live => "Go live".to_owned(),
        State::Open => {
            let came_back = contribution.last_to(stage).is_some();
            let verb = if came_back { "Mend what came back, and submit it again to" } else { "Submit it to" };
            format!("{verb} {}", stage.label())
        }
        State::InReview if rules.stage(stage).is_none() => {
            let unmet = contribution.unmet();
            match (unmet.len(), contribution.checked_at) {
                (_, None) => "The portal looks whether the standards are met".to_owned(),
                (0, _) => "The portal opens the gate".to_owned(),
                (1, _) => "Meet 1 standard".to_owned(),
                (count, _) => format!("Meet {count} standards"),
            }
        }
        State::InReview => format!("Decide about {}", stage.label()),
        State::Appealed => "Decide about the appeal".to_owned(),
        State::Live if contribution.flag.is_some() => "Meet the standards again".to_owned(),
        State::Live | State::Rejected | State::Withdrawn | State::Merged => return (String::new(), Vec::new()),
    };
    let assignees: Vec<String> = waits.iter().flat_map(|wait| wait.assignees.clone()).collect();
    let mut whose: Vec<String> = if assignees.is_empty() || contribution.in_review().is_some_and(|o| o.places() > 0) {
        waits.iter().map(|wait| wait.team.clone()).collect()
    } else {
        assignees
    };
    whose.sort();
    whose.dedup();
    (what, whose)
}

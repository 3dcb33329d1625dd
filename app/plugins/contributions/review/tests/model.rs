//! Random commands by several people against a contribution and against a model of a few lines: they agree after each.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use review::{
    Answer, CodeChange, Command, Contribution, Entry, Evidence, Finding, Found, Kind, Manifest, Material, Millis,
    Pitch, Refused, Report, ReportVerdict, Rules, Stage, Ui, Verdict, Who,
};

/// Sequences in a test run, and in a soak.
const SEQUENCES: [u64; 2] = [400, 20_000];

/// Commands of a sequence.
const COMMANDS: usize = 90;

const STAGES: [Stage; 6] = Stage::ALL;

/// Who takes part: a name, and the groups that they are in.
const PEOPLE: [(&str, &[&str]); 9] = [
    ("amelie", &["instant-payments"]),
    ("jonas", &["instant-payments", "web-banking"]),
    ("mikko", &["web-banking"]),
    ("ines", &["web-banking"]),
    ("layla", &["technology-standards-board"]),
    ("thabo", &["technology-standards-board"]),
    ("elena", &["security-engineering", "developer-experience"]),
    ("ng", &["cloud-platform"]),
    ("priya", &[]),
];

/// The groups that decide at stages 1, 2 and 3, and how many it takes.
const GATES: [(&[&str], usize); 3] = [
    (&["web-banking"], 1),
    (&["technology-standards-board"], 2),
    (&["security-engineering", "developer-experience"], 1),
];

#[test]
fn random_commands_lead_to_what_a_simple_model_says() {
    let soak = std::env::var("PORTICO_SOAK").is_ok_and(|soak| soak == "full");
    let (mut ends, mut done, mut refused): (BTreeMap<String, u64>, u64, u64) = Default::default();
    for seed in 0..SEQUENCES[usize::from(soak)] {
        let mut walk = Walk::new(seed);
        for _ in 0..COMMANDS {
            walk.step();
        }
        *ends.entry(format!("{} {}", walk.contribution.stage, walk.contribution.state)).or_default() += 1;
        (done, refused) = (done + walk.done, refused + walk.refused);
    }
    println!("{done} commands done, {refused} refused; they ended {ends:?}");
    let is_met = |word: &str| ends.keys().any(|end| end.split(' ').any(|part| part == word));
    assert!(STAGES.iter().skip(1).all(|stage| is_met(stage.name())), "{ends:?}");
    assert!(review::State::ALL.iter().all(|state| is_met(state.name())), "{ends:?}");
}

/// The model: where it is, and one letter for how it stands there. It knows nothing of events.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    has_ui: bool,
    stage: usize,
    /// Open, reviewed, rejected, appealed, withdrawn, merged, live.
    state: char,
    number: u32,
    submitted_to: Vec<usize>,
    commit: usize,
    makers: BTreeSet<usize>,
    claims: BTreeSet<usize>,
    votes: BTreeSet<usize>,
    overruled: BTreeSet<usize>,
    rejected_by: usize,
    appealed: bool,
    report: Option<bool>,
    waived: bool,
    /// The submission that passed stage 1, and whether something was found on it.
    passed: Option<(u32, bool)>,
    met: bool,
}

/// What is asked, in the words of the model.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Submit { to: usize, commit: usize },
    Report { number: u32, finds: bool },
    Waive { number: u32 },
    Claim { number: u32 },
    Release { number: u32 },
    Accept { stage: usize, number: u32, commit: usize },
    SendBack { number: u32, stage: usize, commit: usize, to: usize },
    Reject { number: u32, stage: usize, commit: usize },
    Appeal,
    DecideAppeal(bool),
    Withdraw,
    Merge,
    Check { met: bool },
    GoLive,
}

impl Model {
    fn is_in(who: usize, groups: &[&str]) -> bool {
        PEOPLE[who].1.iter().any(|group| groups.contains(group))
    }

    fn contributes(&self, who: usize) -> bool {
        self.makers.contains(&who) || Self::is_in(who, &["instant-payments"])
    }

    fn may_decide(&self, who: usize, number: u32) -> bool {
        self.state == 'r'
            && number == self.number
            && (1..=3).contains(&self.stage)
            && Self::is_in(who, GATES[self.stage - 1].0)
            && !self.makers.contains(&who)
            && !self.overruled.contains(&who)
    }

    fn has_place(&self, who: usize) -> bool {
        let at_it: BTreeSet<_> = self.claims.union(&self.votes).collect();
        at_it.contains(&who) || at_it.len() < GATES[self.stage - 1].1
    }

    /// Whether it is done.
    fn ask(&mut self, who: usize, ask: Ask) -> bool {
        let commit_of = |stage: usize, commit: usize| if stage == 3 { commit } else { 0 };
        match ask {
            Ask::Submit { to, commit } => {
                let turn = self.state == 'o' || (self.state == 'r' && self.stage == 4);
                let good = turn && self.contributes(who) && to == self.stage.max(1) && to <= 4;
                if good {
                    self.makers.insert(who);
                    (self.stage, self.state, self.number) = (to, 'r', self.number + 1);
                    self.submitted_to.push(to);
                    self.commit = commit_of(to, commit);
                    self.claims.clear();
                    self.votes.clear();
                    self.overruled.clear();
                    self.report = None;
                }
                good
            }
            Ask::Report { number, finds } => {
                if self.state == 'r' && number == self.number && self.stage == 1 && self.has_ui {
                    self.report = Some(finds);
                }
                true
            }
            Ask::Waive { number } => {
                let open = self.state == 'r' && number == self.number && self.report == Some(true);
                let passed = self.passed == Some((number, true)) && !matches!(self.state, 'x' | 'w' | 'm');
                let good = Self::is_in(who, &["web-banking"]) && !self.makers.contains(&who) && (open || passed);
                self.waived |= good;
                good
            }
            Ask::Claim { number } => {
                let good = self.may_decide(who, number) && self.has_place(who);
                if good && !self.votes.contains(&who) {
                    self.claims.insert(who);
                }
                good
            }
            Ask::Release { number } => self.state == 'r' && number == self.number && self.claims.remove(&who),
            Ask::Accept { stage, number, commit } => {
                let clean = !(self.stage == 1 && self.has_ui) || self.report.is_some_and(|finds| !finds || self.waived);
                let good = self.decides(who, stage, number, commit) && clean;
                if good {
                    self.claims.remove(&who);
                    self.votes.insert(who);
                    if self.votes.len() == GATES[self.stage - 1].1 {
                        if self.stage == 1 {
                            self.passed = Some((number, self.report == Some(true)));
                        }
                        (self.stage, self.state) = (self.stage + 1, 'o');
                    }
                }
                good
            }
            Ask::SendBack { number, stage, commit, to } => {
                let good = self.decides(who, stage, number, commit) && (1..=self.stage).contains(&to);
                if good {
                    (self.stage, self.state) = (to, 'o');
                }
                good
            }
            Ask::Reject { number, stage, commit } => {
                let good = self.decides(who, stage, number, commit);
                if good {
                    (self.state, self.rejected_by) = ('x', who);
                }
                good
            }
            Ask::Appeal => {
                let good = self.state == 'x' && !self.appealed && self.contributes(who);
                if good {
                    (self.state, self.appealed) = ('a', true);
                }
                good
            }
            Ask::DecideAppeal(granted) => {
                let good = self.state == 'a'
                    && Self::is_in(who, &["technology-standards-board"])
                    && !self.makers.contains(&who)
                    && self.rejected_by != who;
                if good {
                    self.state = if granted { 'r' } else { 'x' };
                    if granted {
                        self.overruled.insert(self.rejected_by);
                        self.claims.clear();
                        self.votes.clear();
                    }
                }
                good
            }
            Ask::Withdraw => {
                let good = matches!(self.state, 'o' | 'r' | 'x' | 'a') && self.contributes(who);
                if good {
                    self.state = 'w';
                }
                good
            }
            Ask::Merge => {
                let may = who == 0 || Self::is_in(who, &["developer-experience"]);
                let good = may && (self.state == 'r' || self.state == 'o' && self.stage < 5);
                if good {
                    self.state = 'm';
                }
                good
            }
            Ask::Check { met } => {
                if self.stage == 4 && self.state == 'r' {
                    self.met = met;
                    if met {
                        (self.stage, self.state) = (5, 'o');
                    }
                } else if self.stage == 5 {
                    self.met = met;
                }
                true
            }
            Ask::GoLive => {
                let may = self.contributes(who) || Self::is_in(who, &["cloud-platform"]);
                let good = may && self.stage == 5 && self.state == 'o' && self.met;
                if good {
                    self.state = 'l';
                }
                good
            }
        }
    }

    fn decides(&self, who: usize, stage: usize, number: u32, commit: usize) -> bool {
        self.may_decide(who, number)
            && stage == self.stage
            && commit == self.commit
            && !self.votes.contains(&who)
            && self.has_place(who)
    }
}

struct Walk {
    random: StdRng,
    rules: Rules,
    kind: Kind,
    contribution: Contribution,
    history: Vec<Entry>,
    model: Model,
    now: Millis,
    done: u64,
    refused: u64,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let kind = Kind::ALL[random.random_range(0..Kind::ALL.len())];
        let rules = Rules::default();
        let pitch = Pitch {
            title: "Rota".into(),
            problem: "Nobody knows".into(),
            audience: "Everybody".into(),
            kind,
            owner: "group:default/instant-payments".into(),
            ..Pitch::default()
        };
        let new = Contribution::new("1");
        let (contribution, history) =
            new.handle(1, &rules, Some(&person(0)), Command::Pitch(pitch)).expect("a pitch is taken");
        let model = Model {
            has_ui: kind.has_ui(),
            stage: 0,
            state: 'o',
            number: 0,
            submitted_to: Vec::new(),
            commit: 0,
            makers: [0].into(),
            claims: BTreeSet::new(),
            votes: BTreeSet::new(),
            overruled: BTreeSet::new(),
            rejected_by: usize::MAX,
            appealed: false,
            report: None,
            waived: false,
            passed: None,
            met: false,
        };
        Self { random, rules, kind, contribution, history, model, now: 1, done: 0, refused: 0 }
    }

    fn step(&mut self) {
        let ask = self.choose();
        let who = self.somebody(ask);
        let is_portal = matches!(ask, Ask::Report { .. } | Ask::Check { .. });
        let by = (!is_portal).then(|| person(who));
        self.now += self.random.random_range(1..1_000);
        let command = self.command(ask);
        let before = self.model.clone();
        let should = self.model.ask(who, ask);
        let answer = self.contribution.handle(self.now, &self.rules, by.as_ref(), command);
        assert_eq!(answer.is_ok(), should, "{} asked {ask:?} of {before:?}: {answer:?}", PEOPLE[who].0);
        match answer {
            Ok((after, entries)) => {
                self.done += 1;
                self.history.extend(entries);
                self.contribution = after;
            }
            Err(Refused::Invalid(_) | Refused::Conflict(_) | Refused::Forbidden(_) | Refused::Unknown(_)) => {
                assert_eq!(self.model, before, "what is refused changes nothing");
                self.refused += 1;
            }
        }
        assert_eq!(self.told(), (self.model.stage, self.model.state), "after {ask:?} by {}", PEOPLE[who].0);
        assert_eq!(Contribution::replay("1", &self.history), self.contribution);
        let makers: BTreeSet<String> = self.model.makers.iter().map(|who| person(*who).subject).collect();
        assert_eq!(self.contribution.makers, makers);
        // Whatever happens, nobody who has had a hand in it has decided anything.
        let votes = self.contribution.submissions.iter().flat_map(|submission| &submission.votes);
        assert!(votes.into_iter().all(|vote| vote.who != self.contribution.author));
    }

    fn told(&self) -> (usize, char) {
        let stage = STAGES.iter().position(|stage| *stage == self.contribution.stage).expect("a stage");
        let state = match self.contribution.state {
            review::State::Open => 'o',
            review::State::InReview => 'r',
            review::State::Rejected => 'x',
            review::State::Appealed => 'a',
            review::State::Withdrawn => 'w',
            review::State::Merged => 'm',
            review::State::Live => 'l',
        };
        (stage, state)
    }

    /// Anybody, and more often somebody who may, so that sequences get far.
    fn somebody(&mut self, ask: Ask) -> usize {
        let anybody = self.random.random_range(0..PEOPLE.len());
        if self.random.random_bool(0.3) {
            return anybody;
        }
        match ask {
            Ask::Accept { .. } | Ask::Claim { .. } if (1..=3).contains(&self.model.stage) => {
                let groups = GATES[self.model.stage - 1].0;
                let members: Vec<usize> = (0..PEOPLE.len()).filter(|who| Model::is_in(*who, groups)).collect();
                members[self.random.random_range(0..members.len())]
            }
            Ask::DecideAppeal(_) => self.random.random_range(4..6),
            Ask::Waive { .. } => 2,
            Ask::Submit { .. } | Ask::GoLive | Ask::Appeal => 0,
            _ => anybody,
        }
    }

    /// Something that may or may not make sense: most of it is what would lead on, so that sequences get far.
    fn choose(&mut self) -> Ask {
        let model = self.model.clone();
        let random = &mut self.random;
        let off = random.random_bool(0.2);
        let number = if off { random.random_range(0..=model.number + 1) } else { model.number };
        let stage = if off { random.random_range(0..6) } else { model.stage };
        let commit = if off { random.random_range(0..3) } else { model.commit };
        match random.random_range(0..100) {
            0..28 => Ask::Submit {
                to: if off { random.random_range(0..6) } else { model.stage.max(1) },
                commit: random.random_range(1..3),
            },
            28..36 => Ask::Report { number, finds: random.random_bool(0.5) },
            36..40 => Ask::Waive { number },
            40..46 => Ask::Claim { number },
            46..49 => Ask::Release { number },
            49..72 => Ask::Accept { stage, number, commit },
            72..76 => Ask::SendBack { number, stage, commit, to: random.random_range(0..6) },
            76 => Ask::Reject { number, stage, commit },
            80 => Ask::Appeal,
            81..84 => Ask::DecideAppeal(random.random_bool(0.7)),
            84 if random.random_bool(0.1) => Ask::Withdraw,
            85 if random.random_bool(0.1) => Ask::Merge,
            77..80 | 86..94 => Ask::Check { met: random.random_bool(0.6) },
            _ => Ask::GoLive,
        }
    }

    fn command(&self, ask: Ask) -> Command {
        let decide = |stage: usize, submission, commit, verdict| Command::Decide {
            stage: STAGES[stage],
            submission,
            commit: commit_of(commit),
            verdict,
        };
        match ask {
            Ask::Submit { to, commit } => {
                Command::Submit { stage: STAGES[to], material: self.material(STAGES[to], commit) }
            }
            Ask::Report { number, finds } => {
                let finding = Finding { key: "contrast".into(), ..Finding::default() };
                let report = Report {
                    id: "r".into(),
                    reviewed: "h".into(),
                    rules: "1".into(),
                    browser: "1".into(),
                    verdict: if finds { ReportVerdict::Fail } else { ReportVerdict::Pass },
                    blocking: if finds { vec![finding] } else { Vec::new() },
                    to_look_at: 0,
                };
                Command::Report { submission: number, report: Ok(report) }
            }
            Ask::Waive { number } => Command::Waive {
                submission: number,
                finding: "contrast".into(),
                reason: "The brand".into(),
                expires: self.now + 86_400_000 * 100,
            },
            Ask::Claim { number } => Command::Claim { submission: number },
            Ask::Release { number } => Command::Release { submission: number },
            Ask::Accept { stage, number, commit } => {
                let checklist = self.contribution.submission(number).map(|open| open.checklist.clone());
                let items = checklist.map(|list| list.items).unwrap_or_default();
                let answers = items.into_iter().map(|item| (item.id, Answer::Met)).collect();
                decide(stage, number, commit, Verdict::Accept { answers, comment: String::new() })
            }
            Ask::SendBack { number, stage, commit, to } => {
                decide(stage, number, commit, Verdict::SendBack { changes: vec!["Mend".into()], to: Some(STAGES[to]) })
            }
            Ask::Reject { number, stage, commit } => {
                decide(stage, number, commit, Verdict::Reject { reason: "No".into() })
            }
            Ask::Appeal => Command::Appeal { reason: "Yes".into() },
            Ask::DecideAppeal(granted) => Command::DecideAppeal { granted, reason: "So".into() },
            Ask::Withdraw => Command::Withdraw { reason: String::new() },
            Ask::Merge => Command::Merge { into: "2".into() },
            Ask::Check { met } => {
                let found = vec![Found { standard: "owner".into(), met, said: String::new() }];
                let submission = (self.model.stage == 4 && self.model.state == 'r').then_some(self.model.number);
                Command::Check { submission, found }
            }
            Ask::GoLive => Command::GoLive,
        }
    }

    fn material(&self, stage: Stage, commit: usize) -> Material {
        let list = self.rules.checklist(stage, self.kind);
        let shown = Evidence { url: "https://docs.bank.example/1".into(), note: String::new() };
        let items = list.into_iter().flat_map(|list| &list.items).filter(|item| item.evidence);
        Material {
            ui: (stage == Stage::Ux && self.kind.has_ui()).then(|| Ui::Upload { name: "a".into(), hash: "h".into() }),
            manifest: (stage == Stage::Architecture).then(|| Manifest {
                id: "rota".into(),
                owner: "group:default/instant-payments".into(),
                ..Manifest::default()
            }),
            change: (stage == Stage::Code)
                .then(|| CodeChange { url: "https://git.bank.example/1".into(), commit: commit_of(commit) }),
            entity: if stage == Stage::Readiness { "component:default/rota".into() } else { String::new() },
            evidence: items.map(|item| (item.id.clone(), shown.clone())).collect(),
            note: String::new(),
        }
    }
}

fn commit_of(commit: usize) -> String {
    if commit == 0 { String::new() } else { commit.to_string().repeat(40) }
}

fn person(who: usize) -> Who {
    let (name, groups) = PEOPLE[who];
    Who {
        subject: format!("user:default/{name}"),
        groups: groups.iter().map(|group| format!("group:default/{group}")).collect(),
        administrator: false,
    }
}

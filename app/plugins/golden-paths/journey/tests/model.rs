//! Random commands by several people, with crashes in between, against the journey and against a model of a few lines: they agree after each.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use form::Form;
use journey::{Command, Effect, Entry, Forms, GoldenPath, Journey, Millis, Outcome, Pin, Pins, Who};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

/// Sequences in a test run, and in a soak.
const SEQUENCES: [u64; 2] = [300, 10_000];

/// Commands of a sequence.
const COMMANDS: usize = 60;

#[test]
fn random_commands_with_crashes_lead_to_what_a_simple_model_says() {
    let soak = std::env::var("PORTICO_SOAK").is_ok_and(|soak| soak == "full");
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    let (mut refused, mut done, mut crashes) = (0, 0, 0);
    for seed in 0..SEQUENCES[usize::from(soak)] {
        let mut walk = Walk::new(seed);
        for _ in 0..COMMANDS {
            walk.step();
        }
        walk.finish();
        *ends.entry(walk.journey.state.to_string()).or_default() += 1;
        (refused, done, crashes) = (refused + walk.refused, done + walk.done, crashes + walk.crashes);
    }
    println!("{done} commands done, {refused} refused, {crashes} crashes; the journeys ended {ends:?}");
    assert!(
        refused > 0 && crashes > 0 && ["completed", "cancelled"].iter().all(|end| ends.contains_key(*end)),
        "{ends:?}"
    );
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Template,
    Task,
    Approval { quorum: usize, back_to: Option<usize> },
    Time,
    Hook,
}

/// A step as the model sees it: one letter for how it stands.
#[derive(Debug, Clone)]
struct Simple {
    what: What,
    needs: Vec<usize>,
    may_skip: bool,
    undoes: bool,
    state: char,
    round: u32,
    /// How many have agreed, and who.
    votes: BTreeSet<&'static str>,
    until: Millis,
    begun: bool,
    resume: bool,
    sent_back: bool,
}

/// The model: it knows nothing of events.
#[derive(Debug, Clone)]
struct Model {
    steps: Vec<Simple>,
    over: Option<&'static str>,
    done: Vec<(usize, u32)>,
    /// What is undone, and how it stands: not yet, under way, done, failed.
    undo: Vec<(usize, u32, char)>,
}

impl Model {
    fn behind(&self, at: usize) -> bool {
        matches!(self.steps[at].state, 'c' | 's')
    }

    fn settle(&mut self, now: Millis) {
        if self.over.is_some() {
            let running = self.steps.iter().any(|step| step.state == 'r');
            let is_busy = running || self.undo.iter().any(|undo| undo.2 == 'r');
            if !is_busy && let Some(next) = self.undo.iter_mut().find(|undo| undo.2 == 'p') {
                next.2 = 'r';
            }
            return;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..self.steps.len() {
                let ready = self.steps[at].state == 'p'
                    && self.steps[at].needs.clone().into_iter().all(|need| self.behind(need));
                if ready {
                    let step = &mut self.steps[at];
                    step.round += 1;
                    self.enter(at, now);
                    changed = true;
                }
                if self.steps[at].what == What::Time && self.steps[at].state == 'w' && self.steps[at].until <= now {
                    self.end(at);
                    changed = true;
                }
            }
        }
        if (0..self.steps.len()).all(|at| self.behind(at)) {
            self.over = Some("completed");
        }
    }

    /// What becomes of a step whose turn it is.
    fn enter(&mut self, at: usize, now: Millis) {
        let step = &mut self.steps[at];
        step.state = if step.what == What::Template && !step.sent_back { 'r' } else { 'w' };
        step.until = now + 100;
        step.votes.clear();
        step.begun = false;
    }

    fn end(&mut self, at: usize) {
        self.steps[at].state = 'c';
        if self.steps[at].undoes {
            self.done.push((at, self.steps[at].round));
        }
    }

    fn again(&mut self, from: usize) {
        let mut all = vec![from];
        for at in 0..self.steps.len() {
            if self.steps[at].needs.iter().any(|need| all.contains(need)) {
                all.push(at);
            }
        }
        for at in all {
            let step = &mut self.steps[at];
            step.sent_back = step.round > 0;
            (step.state, step.begun, step.resume) = ('p', false, false);
            step.votes.clear();
        }
    }

    fn state(&self) -> &'static str {
        if let Some(over) = self.over {
            return over;
        }
        let any = |state: char| self.steps.iter().any(|step| step.state == state);
        if any('f') {
            "blocked"
        } else if any('r') {
            "running"
        } else {
            "waiting"
        }
    }
}

struct Versions(HashMap<i64, Form>);

impl Forms for Versions {
    fn form(&self, pin: &Pin) -> Option<&Form> {
        self.0.get(&pin.id)
    }
}

struct Walk {
    seed: u64,
    random: StdRng,
    journey: Journey,
    history: Vec<Entry>,
    model: Model,
    now: Millis,
    /// What was begun outside, by key: once each.
    world: BTreeMap<String, usize>,
    forms: Versions,
    refused: u64,
    done: u64,
    crashes: u64,
    /// What was asked last, and by whom.
    last: String,
}

fn who(name: &str) -> Who {
    let groups = match name {
        "ann" | "bob" => vec!["group:default/risk".into()],
        "xen" => vec!["group:default/x".into()],
        _ => Vec::new(),
    };
    Who { subject: format!("user:default/{name}"), groups, administrator: false }
}

fn is_team(step: &Simple, person: &str) -> bool {
    if matches!(step.what, What::Approval { .. }) { matches!(person, "ann" | "bob") } else { person == "xen" }
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let count = random.random_range(1..7);
        let mut steps: Vec<Simple> = Vec::new();
        for at in 0..count {
            let back_to = (at > 0 && random.random_bool(0.6)).then(|| random.random_range(0..at));
            let what = match random.random_range(0..6) {
                0 | 1 => What::Template,
                2 => What::Task,
                3 => What::Approval { quorum: random.random_range(1..3), back_to: None },
                4 => What::Time,
                _ => What::Hook,
            };
            let needs: Vec<usize> = match back_to {
                _ if at == 0 => Vec::new(),
                Some(back) => vec![back, at - 1],
                None => (0..at).filter(|_| random.random_bool(0.5)).collect(),
            };
            let what = match what {
                What::Approval { quorum, .. } => What::Approval { quorum, back_to },
                what => what,
            };
            steps.push(Simple {
                what,
                needs,
                may_skip: random.random_bool(0.3),
                undoes: random.random_bool(0.5),
                state: 'p',
                round: 0,
                votes: BTreeSet::new(),
                until: 0,
                begun: false,
                resume: false,
                sent_back: false,
            });
        }
        let written: Vec<Value> = steps.iter().enumerate().map(|(at, step)| document(at, step)).collect();
        let path = GoldenPath::read(&json!({
            "kind": "GoldenPath", "metadata": {"name": "p"},
            "spec": {"type": "t", "owner": "x", "steps": written},
        }));
        assert_eq!(path.problems, []);
        let pin = Pin { id: 1, number: "1.0.0".into(), ..Pin::default() };
        let keys = path.steps.iter().flat_map(|step| [step.id.clone(), format!("{}/undo/0", step.id)]);
        let pins: Pins = keys.map(|key| (key, pin.clone())).collect();
        let model = Model { steps, over: None, done: Vec::new(), undo: Vec::new() };
        let forms = Versions(HashMap::from([(1, form::form(&json!({"properties": {"n": {"type": "string"}}})))]));
        let mut walk = Self {
            seed,
            random,
            journey: Journey::new("j"),
            history: Vec::new(),
            model,
            now: 0,
            world: BTreeMap::new(),
            forms,
            refused: 0,
            done: 0,
            crashes: 0,
            last: String::new(),
        };
        let dev = who("dev");
        let (path_ref, title, owner) = (path.entity_ref(), path.title.clone(), dev.subject.clone());
        walk.go(Some(&dev), Command::Draft { path: path_ref, title, owner, parent: None, over: String::new() });
        walk.go(
            Some(&dev),
            Command::Start { pin, parameters: Map::new(), steps: path.steps, output: Map::new(), pins },
        );
        walk.model.settle(0);
        walk.compare();
        walk
    }

    /// Whether it was done. What is not done changes nothing.
    fn go(&mut self, who: Option<&Who>, command: Command) -> bool {
        self.last = format!("{:?} {command:?}", who.map(|who| &who.subject));
        match self.journey.handle(self.now, &self.forms, who, command) {
            Ok((journey, entries)) => {
                self.history.extend(entries);
                // What is written down is read again by whoever comes next, who may be of another process.
                let text = serde_json::to_string(&journey).expect("a journey is written");
                self.journey = serde_json::from_str(&text).expect("and read");
                assert_eq!(self.journey, journey, "seed {}", self.seed);
                self.done += 1;
                true
            }
            Err(_) => {
                self.refused += 1;
                false
            }
        }
    }

    fn step(&mut self) {
        let at = self.random.random_range(0..self.model.steps.len());
        let name = format!("s{at}");
        let person = ["dev", "ann", "bob", "xen", "eve"][self.random.random_range(0..5)];
        let someone = who(person);
        let step = self.model.steps[at].clone();
        let underway = self.model.over.is_none();
        let what = self.random.random_range(0..13);
        let (is_done, expected) = match what {
            0 => {
                let expected = underway && step.what == What::Task && step.state == 'w' && person == "xen";
                let command = Command::Complete { step: name, values: Map::new(), evidence: Vec::new() };
                if expected {
                    self.model.end(at);
                }
                (self.go(Some(&someone), command), expected)
            }
            1..=3 => {
                let can = matches!(step.what, What::Approval { .. })
                    && underway
                    && step.state == 'w'
                    && matches!(person, "ann" | "bob")
                    && !step.votes.contains(person);
                let What::Approval { quorum, back_to } = step.what else {
                    let is_done = self.go_approval(what, &name, &someone);
                    return self.agree((is_done, false));
                };
                if can && what == 3 {
                    match back_to {
                        Some(back) => self.model.again(back),
                        None => self.model.steps[at].state = 'f',
                    }
                } else if can {
                    let person = if person == "ann" { "ann" } else { "bob" };
                    self.model.steps[at].votes.insert(person);
                    if self.model.steps[at].votes.len() >= quorum {
                        self.model.end(at);
                    }
                }
                (self.go_approval(what, &name, &someone), can)
            }
            4 => {
                let expected = underway
                    && step.may_skip
                    && matches!(step.state, 'p' | 'w' | 'f')
                    && (person == "dev" || is_team(&step, person));
                if expected {
                    self.model.steps[at].state = 's';
                }
                let command = Command::Except { step: name, attest: false, reason: "r".into(), evidence: Vec::new() };
                (self.go(Some(&someone), command), expected)
            }
            5 => {
                let anew = self.random.random_bool(0.5);
                let expected = underway && step.state == 'f' && (person == "dev" || is_team(&step, person));
                if expected {
                    if step.what == What::Template && !anew {
                        (self.model.steps[at].state, self.model.steps[at].resume) = ('r', true);
                    } else {
                        self.model.steps[at].round += 1;
                        self.model.enter(at, self.now);
                    }
                }
                (self.go(Some(&someone), Command::Retry { step: name, anew }), expected)
            }
            6 => {
                let expected =
                    underway && step.what == What::Template && step.state == 'w' && matches!(person, "dev" | "xen");
                if expected {
                    (self.model.steps[at].state, self.model.steps[at].sent_back) = ('r', false);
                }
                (self.go(Some(&someone), Command::Fill { step: name, values: Map::new() }), expected)
            }
            7 => {
                let round = if self.random.random_bool(0.8) { step.round } else { step.round + 1 };
                let expected = underway && step.what == What::Hook && step.state == 'w' && round == step.round;
                if expected {
                    self.model.end(at);
                }
                (self.go(None, Command::Signal { step: name, round, body: Map::new() }), expected)
            }
            8 if self.random.random_bool(0.15) => {
                let expected = underway && person == "dev";
                if expected {
                    self.model.over = Some("cancelled");
                    self.model.undo = self.model.done.iter().rev().map(|(at, round)| (*at, *round, 'p')).collect();
                    for step in &mut self.model.steps {
                        step.resume = false;
                    }
                }
                (self.go(Some(&someone), Command::Cancel { reason: String::new() }), expected)
            }
            9 => {
                self.now += self.random.random_range(0..120);
                (self.go(None, Command::Look), true)
            }
            10 | 11 => return self.pump(),
            _ => return self.run_ends(),
        };
        self.agree((is_done, expected));
    }

    fn go_approval(&mut self, what: i32, name: &str, someone: &Who) -> bool {
        let step = name.to_owned();
        let command = if what == 3 {
            Command::Decline { step, reason: "no".into() }
        } else {
            Command::Approve { step, comment: String::new() }
        };
        self.go(Some(someone), command)
    }

    fn agree(&mut self, (is_done, expected): (bool, bool)) {
        assert_eq!(is_done, expected, "seed {}: {}: {:?}", self.seed, self.last, self.model.steps);
        self.model.settle(self.now);
        self.compare();
    }

    /// Does what is to be done outside; now and then the process ends between doing it and writing it down.
    fn pump(&mut self) {
        for effect in self.journey.effects(self.now) {
            let crash = self.random.random_bool(0.25);
            match effect {
                Effect::Begin { step, key, undoes, .. } => {
                    // What is begun again under the same key is the same.
                    *self.world.entry(key.clone()).or_default() = 1;
                    if crash {
                        self.crashes += 1;
                        return;
                    }
                    self.go(None, Command::RunBegun { step: step.clone(), key: key.clone(), run: key });
                    if !undoes {
                        let at: usize = step[1..].parse().expect("a step");
                        self.model.steps[at].begun = true;
                    }
                }
                Effect::Resume { step, run, .. } => {
                    if crash {
                        self.crashes += 1;
                        return;
                    }
                    self.go(None, Command::RunEnded { run, outcome: Outcome::Resumed });
                    let at: usize = step[1..].parse().expect("a step");
                    self.model.steps[at].resume = false;
                }
                Effect::Find { step, key, .. } => {
                    let at: usize = step[1..].parse().expect("a step");
                    if self.world.contains_key(&key) {
                        self.go(None, Command::RunBegun { step, key: key.clone(), run: key });
                        self.model.steps[at].begun = true;
                    } else {
                        let why = "it never began".into();
                        self.go(None, Command::RunRefused { step, key, why, missing: false });
                        self.model.steps[at].state = 'w';
                    }
                }
                Effect::Stop { run, .. } => {
                    if crash {
                        self.crashes += 1;
                        return;
                    }
                    self.go(None, Command::RunStopped { run });
                }
                Effect::Probe { .. } => {}
            }
            self.model.settle(self.now);
            self.compare();
        }
    }

    /// Any run that was ever begun ends, one way or the other.
    fn run_ends(&mut self) {
        if self.world.is_empty() {
            return;
        }
        let at = self.random.random_range(0..self.world.len());
        let key = self.world.keys().nth(at).cloned().expect("a run");
        self.run_ends_as(&key, !self.history.len().is_multiple_of(3));
    }

    fn run_ends_as(&mut self, key: &str, good: bool) {
        let parts: Vec<&str> = key.split('/').collect();
        let outcome = if good { Outcome::Completed(Map::new()) } else { Outcome::Failed("f".into()) };
        if parts[1] == "undo" {
            let (at, round): (usize, u32) =
                (parts[2][1..].parse().expect("a step"), parts[3].parse().expect("a round"));
            let known = self.journey.undo.iter().any(|undo| undo.run == key);
            if let Some(undo) =
                self.model.undo.iter_mut().find(|undo| (undo.0, undo.1) == (at, round) && undo.2 == 'r' && known)
            {
                undo.2 = if good { 'd' } else { 'f' };
            }
        } else {
            let (at, round): (usize, u32) =
                (parts[1][1..].parse().expect("a step"), parts[2].parse().expect("a round"));
            let step = &self.model.steps[at];
            let is_over = self.model.over.is_some();
            let is_this = step.begun && step.round == round && !step.resume;
            // A run that failed and is done after all was tried again where it runs.
            if is_this && (step.state == 'r' || step.state == 'f' && good && !is_over) {
                if good {
                    self.model.end(at);
                    if is_over && self.model.over == Some("cancelled") && self.model.steps[at].undoes {
                        let next =
                            self.model.undo.iter().position(|undo| undo.2 == 'p').unwrap_or(self.model.undo.len());
                        self.model.undo.insert(next, (at, round, 'p'));
                    }
                } else {
                    self.model.steps[at].state = 'f';
                }
            }
        }
        self.go(None, Command::RunEnded { run: key.to_owned(), outcome });
        self.model.settle(self.now);
        self.compare();
    }

    /// What was cancelled is undone to the end, whatever crashes.
    fn finish(&mut self) {
        for _ in 0..60 {
            self.pump();
            if self.journey.state.is_over() {
                let running: Vec<String> = self
                    .journey
                    .steps
                    .iter()
                    .map(|step| step.run.clone())
                    .chain(self.journey.undo.iter().map(|undo| undo.run.clone()))
                    .filter(|run| !run.is_empty())
                    .collect();
                running.iter().for_each(|run| self.run_ends_as(run, true));
            }
        }
        if self.journey.state.is_over() {
            assert!(
                self.journey
                    .undo
                    .iter()
                    .all(|undo| undo.state == journey::UndoState::Done || undo.state == journey::UndoState::Failed),
                "seed {}: {:?}",
                self.seed,
                self.journey.undo
            );
            assert_eq!(self.journey.effects(self.now), [], "seed {}", self.seed);
        }
        assert_eq!(
            Journey::replay("j", &self.history),
            self.journey,
            "seed {}: the history tells the journey",
            self.seed
        );
    }

    fn compare(&self) {
        let steps: String = self
            .journey
            .steps
            .iter()
            .map(|step| match step.state.name() {
                "pending" => 'p',
                "running" => 'r',
                "waiting" => 'w',
                "completed" => 'c',
                "failed" => 'f',
                "skipped" => 's',
                _ => '?',
            })
            .collect();
        let expected: String = self.model.steps.iter().map(|step| step.state).collect();
        assert_eq!(steps, expected, "seed {} after {}", self.seed, self.last);
        assert_eq!(self.journey.state.name(), self.model.state(), "seed {} after {}", self.seed, self.last);
        let undo: Vec<(String, char)> = self
            .journey
            .undo
            .iter()
            .map(|undo| {
                (
                    undo.key.clone(),
                    match undo.state {
                        journey::UndoState::Pending => 'p',
                        journey::UndoState::Running => 'r',
                        journey::UndoState::Done => 'd',
                        journey::UndoState::Failed => 'f',
                    },
                )
            })
            .collect();
        let expected: Vec<(String, char)> =
            self.model.undo.iter().map(|(at, round, state)| (format!("undo/s{at}/{round}/0"), *state)).collect();
        assert_eq!(undo, expected, "seed {} after {}", self.seed, self.last);
    }
}

fn document(at: usize, step: &Simple) -> Value {
    let needs: Vec<String> = step.needs.iter().map(|need| format!("s{need}")).collect();
    let mut written = json!({"id": format!("s{at}"), "needs": needs, "owner": "x"});
    match step.what {
        What::Template => written["template"] = json!("t"),
        What::Task => written["task"] = json!({"group": "x"}),
        What::Approval { quorum, back_to } => {
            written["approval"] = json!({"group": "risk", "quorum": quorum});
            if let Some(back) = back_to {
                written["approval"]["onDecline"] = json!(format!("s{back}"));
            }
        }
        What::Time => written["wait"] = json!({"for": "100ms"}),
        What::Hook => written["wait"] = json!({"webhook": true}),
    }
    if step.may_skip {
        written["allowSkip"] = json!({"reason": true});
    }
    if step.undoes {
        written["onCancel"] = json!({"template": "u"});
    }
    written
}

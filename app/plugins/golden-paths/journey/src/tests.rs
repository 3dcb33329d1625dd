//! Journeys, from command to command.

use std::collections::HashMap;

use form::Form;
use serde_json::{Map, Value, json};

use crate::*;

const DAY: Millis = 86_400_000;

/// Versions by number, each with its form.
#[derive(Default)]
struct Versions(HashMap<i64, Form>);

impl Forms for Versions {
    fn form(&self, pin: &Pin) -> Option<&Form> {
        self.0.get(&pin.id)
    }
}

fn who(name: &str, groups: &[&str]) -> Who {
    let groups = groups.iter().map(|group| format!("group:default/{group}")).collect();
    Who { subject: format!("user:default/{name}"), groups, administrator: false }
}

fn path(steps: Value) -> GoldenPath {
    GoldenPath::read(&json!({
        "apiVersion": "backstage.io/v1beta1", "kind": "GoldenPath",
        "metadata": {"name": "p", "title": "P"},
        "spec": {"type": "service", "owner": "developer-experience", "steps": steps,
                 "parameters": {"properties": {"name": {"type": "string"}}},
                 "output": {"repo": "${{ outputs.make.repo }}"}},
    }))
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// A journey under test, with everything that happened to it.
struct Walk {
    journey: Journey,
    history: Vec<Entry>,
    versions: Versions,
    now: Millis,
}

impl Walk {
    fn start(steps: Value) -> Self {
        Self::begin(&path(steps), json!({"name": "x"}))
    }

    fn begin(path: &GoldenPath, parameters: Value) -> Self {
        assert_eq!(path.problems, [], "the path is sound");
        let mut walk =
            Self { journey: Journey::new("j"), history: Vec::new(), versions: Versions::default(), now: 1000 };
        let (mut pins, mut id) = (Pins::new(), 0);
        let mut pin = |key: String, name: &str, versions: &mut Versions| {
            id += 1;
            versions.0.insert(id, form::form(&json!({"required": ["name"], "properties": {"name": {"type": "string"}, "owner": {"type": "string", "default": "me"}}})));
            pins.insert(key, Pin { name: name.into(), number: "1.0.0".into(), id, ..Pin::default() });
        };
        for step in &path.steps {
            if let Some((name, _)) = step.kind.runs() {
                pin(step.id.clone(), name, &mut walk.versions);
            }
            for (index, undo) in step.undo.iter().enumerate() {
                if let UndoKind::Template { template, .. } = &undo.kind {
                    pin(format!("{}/undo/{index}", step.id), template, &mut walk.versions);
                }
            }
        }
        let dev = who("dev", &["payments"]);
        let draft = Command::Draft {
            path: path.entity_ref(),
            title: path.title.clone(),
            owner: dev.subject.clone(),
            parent: None,
            over: String::new(),
        };
        walk.go(Some(&dev), draft).expect("drafted");
        let start = Command::Start {
            pin: Pin { name: path.entity_ref(), number: "1.0.0".into(), id: 1000, ..Pin::default() },
            parameters: object(parameters),
            steps: path.steps.clone(),
            output: path.output.clone(),
            pins,
        };
        walk.go(Some(&dev), start).expect("started");
        walk
    }

    fn go(&mut self, who: Option<&Who>, command: Command) -> Result<(), Refused> {
        let (journey, entries) = self.journey.handle(self.now, &self.versions, who, command)?;
        self.history.extend(entries);
        self.journey = journey;
        assert_eq!(Journey::replay("j", &self.history), self.journey, "the history tells the journey");
        let seqs: Vec<u64> = self.history.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, (1..=self.history.len() as u64).collect::<Vec<_>>(), "the history has no gaps");
        Ok(())
    }

    fn by(&mut self, name: &str, groups: &[&str], command: Command) -> Result<(), Refused> {
        self.go(Some(&who(name, groups)), command)
    }

    fn portal(&mut self, command: Command) {
        self.go(None, command).expect("the portal is not refused");
    }

    fn later(&mut self, by: Millis) {
        self.now += by;
        self.portal(Command::Look);
    }

    /// Does what is to be begun outside and gives the keys of it.
    fn begins(&mut self) -> Vec<String> {
        let mut keys = Vec::new();
        for effect in self.journey.effects(self.now) {
            if let Effect::Begin { step, key, .. } = effect {
                self.portal(Command::RunBegun { step, key: key.clone(), run: format!("run:{key}") });
                keys.push(key);
            }
        }
        keys
    }

    fn ends(&mut self, key: &str, outputs: Value) {
        self.portal(Command::RunEnded { run: format!("run:{key}"), outcome: Outcome::Completed(object(outputs)) });
    }

    /// Writes its history down where `PORTICO_RECORD` is set, once for each version of the engine that records otherwise.
    fn recorded(&self, name: &str) {
        if std::env::var_os("PORTICO_RECORD").is_none() {
            return;
        }
        let file = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
            .join("histories")
            .join(format!("{name}.json"));
        let text = serde_json::to_string_pretty(&json!({ "history": self.history, "journey": self.journey }));
        std::fs::write(file, text.expect("it is JSON") + "\n").expect("it is written");
    }

    fn stands(&self) -> String {
        let steps: Vec<String> = self.journey.steps.iter().map(|step| format!("{}={}", step.key, step.state)).collect();
        format!("{}: {}", self.journey.state, steps.join(" "))
    }

    fn events(&self) -> Vec<String> {
        self.history.iter().map(|entry| entry.event.name()).collect()
    }
}

fn complete(step: &str) -> Command {
    Command::Complete { step: step.into(), values: Map::new(), evidence: Vec::new() }
}

fn approve(step: &str) -> Command {
    Command::Approve { step: step.into(), comment: String::new() }
}

fn decline(step: &str) -> Command {
    Command::Decline { step: step.into(), reason: "no".into() }
}

#[test]
fn templates_whose_inputs_are_there_begin_of_themselves_and_hand_on_what_they_made() {
    let mut walk = Walk::start(json!([
        {"id": "make", "template": "template:default/a@^1", "output": ["repo"]},
        {"id": "use-it", "template": "b", "input": {"name": "${{ outputs.make.repo }}"}},
    ]));
    assert_eq!(walk.stands(), "running: make=running use-it=pending");
    assert_eq!(walk.begins(), ["j/make/1"]);
    assert_eq!(walk.begins(), [""; 0], "it begins once");
    walk.ends("j/make/1", json!({"repo": "r", "secret": "s"}));
    let step = walk.journey.step("use-it").expect("a step");
    assert_eq!(Value::Object(step.input.clone()), json!({"name": "r", "owner": "me"}));
    assert_eq!(step.origins["name"], Origin::Step("make".into()));
    assert_eq!(step.origins["owner"], Origin::Default);
    walk.begins();
    walk.ends("j/use-it/1", json!({}));
    assert_eq!(walk.stands(), "completed: make=completed use-it=completed");
    assert_eq!(Value::Object(walk.journey.outputs.clone()), json!({"repo": "r"}));
    walk.recorded("1-handed-on");
}

#[test]
fn a_template_that_lacks_an_input_waits_for_its_form() {
    let mut walk = Walk::begin(&path(json!([{"id": "make", "template": "a"}])), json!({}));
    assert_eq!(walk.stands(), "waiting: make=waiting");
    let fill = |values: Value| Command::Fill { step: "make".into(), values: object(values) };
    assert!(matches!(walk.by("dev", &[], fill(json!({}))), Err(Refused::Fields(_))));
    assert!(matches!(walk.by("eve", &[], fill(json!({"name": "n"}))), Err(Refused::Forbidden(_))));
    walk.by("dev", &[], fill(json!({"name": "n"}))).expect("filled in");
    let step = walk.journey.step("make").expect("a step");
    assert_eq!(step.origins["name"], Origin::Entered);
    assert_eq!(step.origins["owner"], Origin::Default);
    let again = walk.by("dev", &[], fill(json!({"name": "n"})));
    assert!(matches!(again, Err(Refused::Conflict(_))), "it has begun: {again:?}");
}

#[test]
fn what_runs_is_retried_by_its_own_run_or_anew() {
    let mut walk = Walk::start(json!([{"id": "make", "template": "a"}]));
    walk.begins();
    let failed = Outcome::Failed("boom".into());
    walk.portal(Command::RunEnded { run: "run:j/make/1".into(), outcome: failed.clone() });
    assert_eq!(walk.stands(), "blocked: make=failed");
    walk.by("dev", &[], Command::Retry { step: "make".into(), anew: false }).expect("retried");
    assert!(matches!(&walk.journey.effects(walk.now)[..], [Effect::Resume { run, .. }] if run == "run:j/make/1"));
    // What is late to tell of the failure changes nothing.
    walk.portal(Command::RunEnded { run: "run:j/make/1".into(), outcome: failed.clone() });
    assert_eq!(walk.stands(), "running: make=running");
    walk.portal(Command::RunEnded { run: "run:j/make/1".into(), outcome: Outcome::Resumed });
    walk.portal(Command::RunEnded { run: "run:j/make/1".into(), outcome: failed });
    walk.by("dev", &[], Command::Retry { step: "make".into(), anew: true }).expect("retried");
    assert_eq!(walk.begins(), ["j/make/2"]);
    // A run of before is nobody's.
    walk.ends("j/make/1", json!({}));
    assert_eq!(walk.stands(), "running: make=running");
    walk.portal(Command::RunEnded { run: "run:j/make/2".into(), outcome: Outcome::Unknown("?".into()) });
    assert_eq!(walk.stands(), "blocked: make=running");
    walk.ends("j/make/2", json!({}));
    assert_eq!(walk.stands(), "completed: make=completed");
    walk.recorded("1-retried");
}

#[test]
fn conditions_and_repetitions_are_worked_out_on_the_way() {
    let mut walk = Walk::begin(
        &path(json!([
            {"id": "never", "if": "${{ parameters.worker }}", "task": {"instructions": "x"}},
            {"id": "each-one", "each": ["a", "b"], "template": "t", "input": {"name": "${{ each.value }}"}},
            {"id": "none", "each": "${{ parameters.nothing }}", "task": {}},
            {"id": "wrong", "each": 3, "task": {}, "allowSkip": true},
            {"id": "last", "task": {"instructions": "${{ outputs['each-one'][1].url }}"}},
        ])),
        json!({"worker": false}),
    );
    assert_eq!(
        walk.stands(),
        "running: never=skipped each-one[0]=running each-one[1]=running none=pending wrong=pending last=pending"
    );
    walk.begins();
    walk.ends("j/each-one[0]/1", json!({"url": "u0"}));
    walk.ends("j/each-one[1]/1", json!({"url": "u1"}));
    assert_eq!(
        walk.stands(),
        "blocked: never=skipped each-one[0]=completed each-one[1]=completed none=skipped wrong=failed last=pending"
    );
    let skip = Command::Except { step: "wrong".into(), attest: false, reason: String::new(), evidence: Vec::new() };
    assert!(walk.by("dev", &[], skip).is_err(), "what is repeated is not left out before it is known for what");
    walk.recorded("1-repeated");
}

#[test]
fn steps_that_need_the_same_run_side_by_side() {
    let mut walk = Walk::start(json!([
        {"id": "one", "task": {}, "needs": []},
        {"id": "two", "task": {}, "needs": []},
        {"id": "three", "task": {}, "needs": ["one", "two"]},
    ]));
    assert_eq!(walk.stands(), "waiting: one=waiting two=waiting three=pending");
    walk.by("x", &["developer-experience"], complete("two")).expect("done");
    assert_eq!(walk.stands(), "waiting: one=waiting two=completed three=pending");
    assert!(
        matches!(walk.by("x", &["developer-experience"], complete("three")), Err(Refused::Conflict(_))),
        "the order holds"
    );
}

#[test]
fn tasks_belong_to_their_group_and_to_whoever_took_them() {
    let mut walk = Walk::start(json!([{"id": "t", "task": {
        "group": "security", "evidence": true,
        "form": {"required": ["risk"], "properties": {"risk": {"enum": ["low", "high"]}}},
    }}]));
    let done = |values: Value, evidence: bool| Command::Complete {
        step: "t".into(),
        values: object(values),
        evidence: if evidence { vec![Evidence { name: "scan".into(), href: "https://x".into() }] } else { Vec::new() },
    };
    assert!(matches!(walk.by("dev", &[], done(json!({"risk": "low"}), true)), Err(Refused::Forbidden(_))));
    let claim = || Command::Claim { step: "t".into() };
    walk.by("ann", &["security"], claim()).expect("claimed");
    assert!(matches!(walk.by("bob", &["security"], claim()), Err(Refused::Conflict(_))));
    assert!(matches!(walk.by("bob", &["security"], done(json!({"risk": "low"}), true)), Err(Refused::Conflict(_))));
    assert!(matches!(walk.by("ann", &["security"], done(json!({"risk": "low"}), false)), Err(Refused::Invalid(_))));
    assert!(matches!(walk.by("ann", &["security"], done(json!({"risk": "odd"}), true)), Err(Refused::Fields(_))));
    let to = |to: &str| Command::HandOver { step: "t".into(), to: to.into(), reason: "away".into() };
    walk.by("ann", &["security"], to("user:default/cat")).expect("handed over");
    assert!(matches!(walk.by("ann", &["security"], done(json!({"risk": "low"}), true)), Err(Refused::Forbidden(_))));
    walk.by("cat", &[], done(json!({"risk": "low"}), true)).expect("done");
    assert_eq!(Value::Object(walk.journey.steps[0].outputs.clone()), json!({"risk": "low"}));
    assert_eq!(walk.journey.state, JourneyState::Completed);
    walk.recorded("1-handed-over");
}

#[test]
fn whoever_did_a_task_that_is_sent_back_finds_what_they_filled_in() {
    let mut walk = Walk::start(json!([
        {"id": "t", "task": {"form": {"properties": {"risk": {"type": "string"}}}}},
        {"id": "ok", "approval": {"group": "risk", "onDecline": "t"}},
    ]));
    let values = object(json!({"risk": "low"}));
    let done = Command::Complete { step: "t".into(), values: values.clone(), evidence: Vec::new() };
    walk.by("x", &["developer-experience"], done).expect("done");
    let declined = Command::Decline { step: "ok".into(), reason: "Not all of it".into() };
    walk.by("r", &["risk"], declined).expect("declined");
    let step = walk.journey.step("t").expect("it is there");
    assert_eq!((&step.entered, step.outputs.is_empty()), (&values, true));
}

#[test]
fn what_a_person_is_to_undo_names_what_was_made() {
    let mut walk = Walk::start(json!([
        {"id": "make", "template": "a", "onCancel": {"task": "Archive ${{ output.repo }} of ${{ parameters.name }}"}},
        {"id": "t", "task": {}},
    ]));
    walk.begins();
    walk.ends("j/make/1", json!({"repo": "r1"}));
    walk.by("dev", &[], Command::Cancel { reason: String::new() }).expect("cancelled");
    let UndoKind::Task { instructions, .. } = &walk.journey.undo[0].kind else { panic!("a task undoes it") };
    assert_eq!(instructions, "Archive r1 of x");
}

#[test]
fn approvals_take_a_quorum_of_other_eyes_and_are_decided_once() {
    let mut walk = Walk::start(json!([{"id": "a", "approval": {"group": "risk", "quorum": 2}}]));
    assert!(matches!(walk.by("dev", &["risk"], approve("a")), Err(Refused::Forbidden(_))), "never whoever asks");
    assert!(matches!(walk.by("eve", &[], approve("a")), Err(Refused::Forbidden(_))));
    walk.by("ann", &["risk"], approve("a")).expect("agreed");
    assert!(matches!(walk.by("ann", &["risk"], approve("a")), Err(Refused::Conflict(_))), "once each");
    assert_eq!(walk.journey.steps[0].state, StepState::Waiting);
    let delegate = |to: &str| Command::Delegate { step: "a".into(), to: to.into() };
    assert!(matches!(walk.by("bob", &["risk"], delegate("user:default/dev")), Err(Refused::Forbidden(_))));
    walk.by("bob", &["risk"], delegate("user:default/cat")).expect("delegated");
    assert!(matches!(walk.by("bob", &["risk"], approve("a")), Err(Refused::Conflict(_))), "another decides for bob");
    walk.by("cat", &[], approve("a")).expect("agreed");
    assert_eq!(walk.journey.steps[0].votes[1].instead_of, "user:default/bob");
    assert!(matches!(walk.by("dan", &["risk"], approve("a")), Err(Refused::Conflict(_))), "it is decided");
    assert!(matches!(walk.by("dan", &["risk"], decline("a")), Err(Refused::Conflict(_))), "it is decided");
    assert_eq!(walk.journey.state, JourneyState::Completed);
    walk.recorded("1-approved");
}

#[test]
fn an_administrator_does_not_decide() {
    let mut walk = Walk::start(json!([{"id": "a", "approval": {"group": "risk"}}]));
    let root = Who { subject: "user:default/root".into(), groups: Vec::new(), administrator: true };
    assert!(matches!(walk.go(Some(&root), approve("a")), Err(Refused::Forbidden(_))));
}

#[test]
fn a_refusal_sends_back_to_the_named_step_and_all_after_it_begins_again() {
    let mut walk = Walk::start(json!([
        {"id": "make", "template": "a"},
        {"id": "look", "task": {}},
        {"id": "ok", "approval": {"group": "risk", "onDecline": "make"}},
        {"id": "end", "task": {}},
    ]));
    walk.begins();
    walk.ends("j/make/1", json!({"repo": "r"}));
    walk.by("x", &["developer-experience"], complete("look")).expect("done");
    assert!(matches!(
        walk.by("ann", &["risk"], Command::Decline { step: "ok".into(), reason: " ".into() }),
        Err(Refused::Invalid(_))
    ));
    walk.by("ann", &["risk"], decline("ok")).expect("declined");
    assert_eq!(walk.stands(), "waiting: make=waiting look=pending ok=pending end=pending");
    assert!(walk.journey.steps[0].note.contains("ann: no"), "whoever reads it knows why");
    let fill = Command::Fill { step: "make".into(), values: object(json!({"name": "y"})) };
    walk.by("dev", &[], fill).expect("filled in again");
    assert_eq!(walk.begins(), ["j/make/2"], "it is another run");
    walk.ends("j/make/2", json!({}));
    walk.by("x", &["developer-experience"], complete("look")).expect("done");
    walk.by("ann", &["risk"], approve("ok")).expect("agreed");
    walk.by("x", &["developer-experience"], complete("end")).expect("done");
    assert_eq!(walk.journey.state, JourneyState::Completed);
    walk.recorded("1-sent-back");
}

#[test]
fn a_refusal_that_leads_nowhere_blocks_and_can_be_asked_again_or_given_up() {
    let steps = json!([{"id": "ok", "approval": {"group": "risk"}}]);
    let mut walk = Walk::start(steps.clone());
    walk.by("ann", &["risk"], decline("ok")).expect("declined");
    assert_eq!(walk.stands(), "blocked: ok=failed");
    walk.by("dev", &[], Command::Retry { step: "ok".into(), anew: false }).expect("asked again");
    walk.by("ann", &["risk"], approve("ok")).expect("agreed");
    assert_eq!(walk.journey.state, JourneyState::Completed);
    let mut walk = Walk::start(steps);
    assert!(matches!(walk.by("dev", &[], Command::GiveUp { reason: "x".into() }), Err(Refused::Conflict(_))));
    walk.by("ann", &["risk"], decline("ok")).expect("declined");
    walk.by("dev", &[], Command::StartOver { journey: "k".into() }).expect("started over");
    assert_eq!((walk.journey.state, walk.journey.successor.as_str()), (JourneyState::Failed, "k"));
    assert!(walk.by("dev", &[], Command::StartOver { journey: "l".into() }).is_err());
    walk.recorded("1-given-up");
}

#[test]
fn leaving_a_step_out_takes_what_the_path_says() {
    let mut walk = Walk::start(json!([
        {"id": "must", "task": {}},
        {"id": "may", "task": {}, "allowSkip": {"reason": true, "approval": "risk"}, "allowAttest": {"evidence": true}},
        {"id": "free", "task": {}, "allowSkip": true},
    ]));
    let except = |step: &str, attest: bool, reason: &str, shows: bool| Command::Except {
        step: step.into(),
        attest,
        reason: reason.into(),
        evidence: if shows { vec![Evidence { name: "e".into(), href: "https://e".into() }] } else { Vec::new() },
    };
    assert!(matches!(walk.by("dev", &[], except("must", false, "x", false)), Err(Refused::Forbidden(_))));
    assert!(matches!(walk.by("dev", &[], except("may", false, "", false)), Err(Refused::Invalid(_))));
    assert!(matches!(walk.by("dev", &[], except("may", true, "", false)), Err(Refused::Invalid(_))));
    assert!(matches!(walk.by("eve", &[], except("may", false, "x", false)), Err(Refused::Forbidden(_))));
    walk.by("dev", &[], except("may", false, "late", false)).expect("asked");
    assert_eq!(walk.journey.steps[1].state, StepState::Pending, "it is asked, not done");
    assert!(matches!(walk.by("dev", &["risk"], approve("may")), Err(Refused::Forbidden(_))));
    walk.by("ann", &["risk"], decline("may")).expect("refused");
    walk.by("dev", &[], except("may", false, "late", false)).expect("asked");
    walk.by("ann", &["risk"], approve("may")).expect("agreed");
    assert_eq!(walk.journey.steps[1].state, StepState::Skipped);
    walk.by("dev", &[], except("free", false, "", false)).expect("skipped");
    walk.by("x", &["developer-experience"], complete("must")).expect("done");
    assert_eq!(walk.stands(), "completed: must=completed may=skipped free=skipped");
    walk.recorded("1-left-out");
}

#[test]
fn times_come_once_however_late_they_are_looked_at() {
    let mut walk = Walk::start(json!([
        {"id": "pause", "wait": {"for": "2d"}},
        {"id": "work", "task": {}, "sla": {"due": "3d", "remind": "1d", "escalate": "bosses"}},
        {"id": "day", "wait": {"until": "1970-02-01"}},
        {"id": "hook", "wait": {"webhook": true, "timeout": "1d"}},
    ]));
    assert_eq!(walk.journey.wake_at(), Some(1000 + 2 * DAY));
    walk.later(10 * DAY);
    walk.later(0);
    assert_eq!(
        walk.journey.step("work").and_then(|step| step.due_at),
        Some(walk.now + 3 * DAY),
        "from when it is reached"
    );
    walk.later(10 * DAY);
    walk.later(DAY);
    let count = |walk: &Walk, name: &str| walk.events().iter().filter(|event| *event == name).count();
    assert_eq!((count(&walk, "timeCame"), count(&walk, "reminded"), count(&walk, "overdue")), (1, 1, 1));
    assert_eq!(walk.journey.wake_at(), None, "it waits for somebody alone");
    walk.by("x", &["developer-experience"], complete("work")).expect("done");
    assert_eq!(walk.journey.wake_at(), Some(31 * DAY));
    walk.later(20 * DAY);
    assert_eq!(walk.journey.step("hook").map(|step| step.state), Some(StepState::Waiting));
    walk.later(2 * DAY);
    assert_eq!(walk.stands(), "blocked: pause=completed work=completed day=completed hook=failed");
    walk.recorded("1-times");
}

#[test]
fn a_signal_counts_once_and_a_probe_until_it_is_good() {
    let mut walk = Walk::start(json!([
        {"id": "hook", "wait": {"webhook": true}},
        {"id": "up", "wait": {"probe": {"url": "https://${{ outputs.hook.host }}/", "every": "10s"}}},
    ]));
    let signal = |round: u32| Command::Signal { step: "hook".into(), round, body: object(json!({"host": "h"})) };
    assert!(matches!(walk.go(None, signal(2)), Err(Refused::Conflict(_))));
    walk.portal(signal(1));
    assert!(matches!(walk.go(None, signal(1)), Err(Refused::Conflict(_))), "a second call is told");
    assert!(
        matches!(&walk.journey.effects(walk.now)[..], [Effect::Probe { url, status: 200, .. }] if url == "https://h/")
    );
    let probed = |good: bool| Command::Probed { step: "up".into(), good, said: "503".into(), again: true };
    walk.portal(probed(false));
    assert_eq!(walk.journey.effects(walk.now), [], "not before its time");
    assert_eq!(walk.journey.wake_at(), Some(walk.now + 10_000));
    walk.later(10_000);
    walk.portal(probed(true));
    assert_eq!(walk.journey.state, JourneyState::Completed);
    walk.recorded("1-signalled");
}

#[test]
fn what_was_done_is_undone_last_first_and_nothing_is_forgotten() {
    let mut walk = Walk::start(json!([
        {"id": "make", "template": "a", "onCancel": {"template": "remove", "input": {"name": "${{ output.repo }}"}}},
        {"id": "dns", "task": {}, "onCancel": {"task": "Take the record out", "owner": "network"}},
        {"id": "more", "template": "a", "onCancel": [{"template": "remove", "input": {"name": "${{ output.repo }}"}}]},
    ]));
    walk.begins();
    walk.ends("j/make/1", json!({"repo": "r1"}));
    walk.by("x", &["developer-experience"], complete("dns")).expect("done");
    walk.begins();
    assert!(matches!(walk.by("eve", &[], Command::Cancel { reason: String::new() }), Err(Refused::Forbidden(_))));
    walk.by("dev", &[], Command::Cancel { reason: "plans changed".into() }).expect("cancelled");
    assert_eq!(walk.journey.state, JourneyState::Cancelled);
    // The run is told to stop, and is done before it hears it.
    assert_eq!(walk.journey.effects(walk.now), [Effect::Stop { run: "run:j/more/1".into(), is_path: false }]);
    walk.portal(Command::RunStopped { run: "run:j/more/1".into() });
    walk.ends("j/more/1", json!({"repo": "r3"}));
    let undo = |walk: &Walk| -> Vec<String> {
        walk.journey.undo.iter().map(|undo| format!("{} {}", undo.key, undo.state.label())).collect()
    };
    assert_eq!(undo(&walk), ["undo/more/1/0 Under way", "undo/dns/1/0 Not yet", "undo/make/1/0 Not yet"]);
    assert_eq!(walk.begins(), ["j/undo/more/1/0/1"]);
    // Somebody decides about the run itself; nothing is undone by another one.
    walk.portal(Command::RunEnded { run: "run:j/undo/more/1/0/1".into(), outcome: Outcome::Unknown("cut off".into()) });
    assert_eq!(undo(&walk)[0], "undo/more/1/0 Under way");
    assert_eq!(walk.begins(), Vec::<String>::new());
    walk.portal(Command::RunEnded { run: "run:j/undo/more/1/0/1".into(), outcome: Outcome::Failed("locked".into()) });
    assert_eq!(undo(&walk), ["undo/more/1/0 Could not be undone", "undo/dns/1/0 Under way", "undo/make/1/0 Not yet"]);
    assert!(matches!(walk.by("eve", &[], complete("undo/dns/1/0")), Err(Refused::Forbidden(_))));
    walk.by("net", &["network"], complete("undo/dns/1/0")).expect("undone");
    let begins = walk.journey.effects(walk.now);
    assert!(
        matches!(&begins[..], [Effect::Begin { values, undoes: true, .. }] if values["name"] == "r1"),
        "{begins:?}"
    );
    walk.begins();
    walk.ends("j/undo/make/1/0/1", json!({}));
    walk.by("dev", &[], Command::Retry { step: "undo/more/1/0".into(), anew: false }).expect("tried again");
    assert_eq!(walk.begins(), ["j/undo/more/1/0/2"], "by another run");
    walk.ends("j/undo/more/1/0/2", json!({}));
    assert!(walk.journey.undo.iter().all(|undo| undo.state == UndoState::Done));
    assert_eq!(walk.journey.effects(walk.now), []);
    walk.recorded("1-undone");
}

#[test]
fn a_run_that_nobody_knows_of_yet_is_looked_for_when_the_journey_ends() {
    let mut walk = Walk::start(json!([{"id": "make", "template": "a", "onCancel": {"template": "remove"}}]));
    walk.by("dev", &[], Command::Cancel { reason: String::new() }).expect("cancelled");
    let key = "j/make/1".to_owned();
    assert_eq!(
        walk.journey.effects(walk.now),
        [Effect::Find { step: "make".into(), key: key.clone(), is_path: false }]
    );
    walk.portal(Command::RunBegun { step: "make".into(), key, run: "r".into() });
    assert_eq!(walk.journey.effects(walk.now), [Effect::Stop { run: "r".into(), is_path: false }]);
    walk.portal(Command::RunEnded { run: "r".into(), outcome: Outcome::Failed("cancelled".into()) });
    assert_eq!(walk.journey.effects(walk.now), []);
}

#[test]
fn newer_versions_are_taken_for_steps_that_have_not_begun() {
    let before = path(json!([
        {"id": "one", "task": {}},
        {"id": "two", "template": "a"},
        {"id": "three", "task": {}},
    ]));
    let mut walk = Walk::begin(&before, json!({"name": "x"}));
    let after = path(json!([
        {"id": "one", "task": {"evidence": true}},
        {"id": "two", "template": "a", "input": {"name": "${{ parameters.name }}-2"}},
        {"id": "four", "task": {}},
    ]));
    let pin = Pin { name: after.entity_ref(), number: "2.0.0".into(), id: 2000, ..Pin::default() };
    walk.versions.0.insert(
        7,
        form::form(&json!({"required": ["name", "tier"], "properties": {"name": {}, "tier": {"type": "string"}}})),
    );
    let pins = Pins::from([(
        "two".into(),
        Pin { name: "template:default/a".into(), number: "1.1.0".into(), id: 7, ..Pin::default() },
    )]);
    let offer = walk.journey.offer(&after, &pin, &pins, &walk.versions).expect("there is something newer");
    let changes: Vec<String> =
        offer.changes.iter().map(|change| format!("{} {:?} {:?}", change.step, change.kind, change.missing)).collect();
    assert_eq!(
        changes,
        [
            "two Changed [\"tier\"]",
            "two Version { from: \"1.0.0\", to: \"1.1.0\" } [\"tier\"]",
            "four Added []",
            "three Removed []",
        ]
    );
    assert!(matches!(walk.by("eve", &[], offer.clone().accept(Map::new())), Err(Refused::Forbidden(_))));
    walk.by("dev", &[], offer.clone().accept(Map::new())).expect("accepted");
    assert_eq!(walk.stands(), "waiting: one=waiting two=pending four=pending");
    walk.by("x", &["developer-experience"], complete("one")).expect("the step that began asks for no evidence");
    assert_eq!(walk.stands(), "waiting: one=completed two=waiting four=pending");
    assert_eq!(walk.journey.pin.number, "2.0.0");
    assert!(walk.journey.offer(&after, &pin, &pins, &walk.versions).is_none(), "there is nothing newer");
    assert!(
        matches!(walk.by("dev", &[], offer.accept(Map::new())), Err(Refused::Conflict(_))),
        "the step has begun meanwhile"
    );
    walk.recorded("1-upgraded");
}

#[test]
fn a_journey_goes_to_others_and_back() {
    let mut walk = Walk::begin(
        &path(json!([{"id": "make", "template": "a"}, {"id": "ok", "approval": {"group": "risk"}}])),
        json!({}),
    );
    let to = |to: &str| Command::Transfer { to: to.into() };
    assert!(matches!(walk.by("eve", &[], to("user:default/eve")), Err(Refused::Forbidden(_))));
    assert!(matches!(walk.by("dev", &[], to("nobody")), Err(Refused::Invalid(_))));
    walk.by("dev", &[], to("group:default/payments")).expect("given");
    let fill = Command::Fill { step: "make".into(), values: object(json!({"name": "n"})) };
    walk.by("pam", &["payments"], fill).expect("any of the team goes on");
    assert_eq!(walk.journey.answerable(), "user:default/pam");
    walk.begins();
    walk.ends("j/make/1", json!({}));
    assert!(
        matches!(walk.by("pam", &["risk"], approve("ok")), Err(Refused::Forbidden(_))),
        "whoever acted for it last"
    );
    assert!(matches!(walk.by("dev", &["risk"], approve("ok")), Err(Refused::Forbidden(_))), "whoever started it");
    walk.recorded("1-transferred");
}

#[test]
fn every_transition_is_in_the_table() {
    let journeys: Vec<String> = JourneyState::ALL
        .into_iter()
        .map(|from| {
            let next: Vec<&str> =
                JourneyState::ALL.into_iter().filter(|to| from.may_become(*to)).map(JourneyState::name).collect();
            format!("{from}: {}", next.join(" "))
        })
        .collect();
    assert_eq!(
        journeys,
        [
            "draft: running waiting blocked completed cancelled",
            "running: waiting blocked completed cancelled",
            "waiting: running blocked completed cancelled",
            "blocked: running waiting completed cancelled failed",
            "completed: ",
            "cancelled: ",
            "failed: ",
        ]
    );
    let steps: Vec<String> = StepState::ALL
        .into_iter()
        .map(|from| {
            let next: Vec<&str> =
                StepState::ALL.into_iter().filter(|to| from.may_become(*to)).map(StepState::name).collect();
            format!("{from}: {}", next.join(" "))
        })
        .collect();
    assert_eq!(
        steps,
        [
            "pending: ready skipped attested",
            "ready: pending running waiting failed skipped attested missing",
            "running: pending waiting completed failed missing",
            "waiting: pending running completed failed skipped attested",
            "completed: pending",
            "failed: pending ready running completed skipped attested",
            "skipped: pending",
            "attested: pending",
            "missing: pending ready skipped attested",
        ]
    );
    for state in StepState::ALL {
        assert!(StepState::from_ing(state.ing()).is_some());
        assert_eq!(StepState::named(state.name()), Some(state));
    }
}

#[test]
fn what_was_ever_recorded_leads_to_the_same_journey_for_ever_after() {
    let folder =
        std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("histories");
    let mut count = 0;
    for file in std::fs::read_dir(folder).expect("the histories are there") {
        let file = file.expect("a file").path();
        let text = std::fs::read_to_string(&file).expect("it is read");
        let recorded: Value = serde_json::from_str(&text).expect("it is JSON");
        let history: Vec<Entry> = serde_json::from_value(recorded["history"].clone()).expect("every event is known");
        let journey: Journey = serde_json::from_value(recorded["journey"].clone()).expect("it is a journey");
        let mut replayed = Journey::replay("j", &history);
        // What is kept only since then follows from the history and is not in what was recorded.
        if journey.askers.is_empty() {
            replayed.askers.clear();
        }
        assert_eq!(replayed, journey, "{}", file.display());
        count += 1;
    }
    assert!(count >= 13, "{count}");
}

#[test]
fn a_document_is_read_in_both_forms_and_what_is_odd_is_said_where_it_stands() {
    let path = GoldenPath::read(&json!({
        "kind": "GoldenPath",
        "metadata": {"name": "onboarding", "availability": ["nl", "global"]},
        "spec": {"type": "onboarding", "owner": "Team-A", "steps": [
            {"template": "Template:default/Team", "parameters": {"a": 1}, "output": [{"name": "repo"}, "url"]},
            {"id": "x", "kind": "approval", "group": "risk", "quorum": 2, "sla": "3d"},
            {"id": "y", "path": "golden-path:other/p@^1.2", "owner": "b"},
            {"id": "z", "kind": "dance"},
            {"id": "w", "wait": {}},
            {"id": "v", "template": "api:default/x"},
            {"id": "u", "template": "t@not-a-range"},
        ]},
    }));
    assert_eq!((path.owner.as_str(), path.regions.as_slice()), ("group:default/team-a", &["nl".to_owned()][..]));
    let first = &path.steps[0];
    assert_eq!(
        (first.id.as_str(), first.input_key.as_str(), first.output.as_slice()),
        ("step-1", "parameters", &["repo".to_owned(), "url".into()][..])
    );
    assert_eq!(first.kind, Kind::Template { template: "template:default/team".into(), range: String::new() });
    assert!(
        matches!(&path.steps[1].kind, Kind::Approval(approval) if approval.quorum == 2 && approval.groups == ["group:default/risk"])
    );
    assert_eq!(path.steps[1].needs, ["step-1"]);
    assert_eq!(path.steps[1].sla.as_ref().map(|sla| sla.due), Some(3 * DAY));
    assert_eq!(path.steps[2].kind, Kind::Path { path: "goldenpath:other/p".into(), range: "^1.2".into() });
    let said: Vec<&str> = path.problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(said, ["/spec/steps/3/kind", "/spec/steps/4/wait", "/spec/steps/5/template", "/spec/steps/6/template"]);
}

proptest::proptest! {
    #[test]
    fn no_document_makes_reading_or_checking_fail(text in "[a-z{}\\[\\]\":,$. -]{0,200}", word in "[a-z@^:/.${} -]{0,40}") {
        struct Nothing;
        impl Outside for Nothing {
            fn look(&self, _: &str, _: &str) -> Known {
                Known::Unknown
            }
        }
        let any: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        for step in [any.clone(), json!({"template": word, "input": any, "if": word, "needs": [word], "wait": any}),
                     json!({"wait": {"for": word, "until": word}, "sla": any, "onCancel": any}),
                     json!({"approval": any, "allowSkip": any, "each": word})] {
            let path = GoldenPath::read(&json!({"metadata": {"name": word}, "spec": {"steps": [step], "owner": word, "parameters": any}}));
            check(&path, &Nothing);
        }
    }
}

#[test]
fn whoever_ever_asked_for_it_decides_on_nothing_however_it_changes_hands() {
    let mut walk = Walk::start(json!([{"id": "a", "approval": {"group": "risk"}}]));
    let transfer = |to: &str| Command::Transfer { to: format!("user:default/{to}") };
    walk.by("dev", &[], transfer("ann")).expect("handed on");
    walk.by("ann", &["risk"], transfer("dev")).expect("handed back");
    assert!(matches!(walk.by("ann", &["risk"], approve("a")), Err(Refused::Forbidden(_))), "she had it");
    walk.by("bob", &["risk"], approve("a")).expect("he never had it");
}

#[test]
fn who_decides_in_whose_place_never_leads_round_in_a_circle_and_is_taken_back() {
    let mut walk = Walk::start(json!([{"id": "a", "approval": {"group": "risk", "quorum": 2}}]));
    let to = |name: &str| Command::Delegate { step: "a".into(), to: format!("user:default/{name}") };
    assert!(walk.by("ann", &["risk"], to("ann")).is_err(), "oneself");
    walk.by("ann", &["risk"], to("bob")).expect("in her place");
    assert!(walk.by("bob", &["risk"], to("ann")).is_err(), "she has given it away");
    assert!(walk.by("cat", &["risk"], to("bob")).is_err(), "he decides for somebody already");
    assert!(walk.by("ann", &["risk"], approve("a")).is_err(), "he decides in her place");
    walk.by("ann", &["risk"], Command::Release { step: "a".into() }).expect("taken back");
    walk.by("ann", &["risk"], approve("a")).expect("she decides again");
    assert!(walk.by("cat", &["risk"], to("ann")).is_err(), "she has decided");
    walk.by("bob", &["risk"], approve("a")).expect("and he for himself");
    assert_eq!(walk.stands(), "completed: a=completed");
}

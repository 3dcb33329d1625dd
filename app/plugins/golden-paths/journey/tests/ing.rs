//! Documents in the form that ING published are followed unchanged, from start to end, without anybody's help.

use std::collections::BTreeMap;
use std::path::PathBuf;

use descriptor::Verdict;
use form::Form;
use journey::{
    Command, Effect, Forms, GoldenPath, Journey, JourneyState, Outcome, Pin, Pins, Severity, StepState, Who,
};
use serde_json::{Map, Value, json};

/// Templates whose forms take anything.
struct Open(Form);

impl Forms for Open {
    fn form(&self, _: &Pin) -> Option<&Form> {
        Some(&self.0)
    }
}

#[test]
fn twenty_one_documents_in_that_form_are_followed_to_the_end() {
    let mut followed: BTreeMap<String, String> = BTreeMap::new();
    for file in std::fs::read_dir(
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("tests/ing"),
    )
    .expect("documents")
    {
        let file = file.expect("a file").path();
        let text = std::fs::read_to_string(&file).expect("a document");
        let documents = descriptor::read(&text);
        assert_eq!(documents.len(), 1, "{}", file.display());
        let document = &documents[0];
        assert_eq!((document.verdict, &document.errors[..]), (Verdict::Ok, &[][..]), "{}", file.display());
        let path = GoldenPath::read(document.value.as_ref().expect("a value"));
        let problems = path.problems.iter().filter(|problem| problem.severity == Severity::Error).collect::<Vec<_>>();
        assert!(problems.is_empty(), "{}: {problems:?}", file.display());
        followed.insert(path.name.clone(), follow(&path));
    }
    insta::assert_snapshot!(
        followed.iter().map(|(name, steps)| format!("{name}: {steps}")).collect::<Vec<_>>().join("\n")
    );
}

/// What each step was given, or that it was left out.
fn follow(path: &GoldenPath) -> String {
    let forms = Open(form::form(&json!({"properties": {}})));
    let dev = Who { subject: "user:default/dev".into(), ..Who::default() };
    let asked = form::form(&path.parameters);
    let given = asked.defaults(&json!({"team": "payments", "name": "ledger"}));
    let given = asked.prune(&given);
    assert_eq!(asked.validate(&given, &form::Standard), [], "{}", path.name);
    let pins: Pins = path
        .steps
        .iter()
        .map(|step| {
            let name = step.kind.runs().map(|(name, _)| name.to_owned()).unwrap_or_default();
            (step.id.clone(), Pin { name, id: 1, number: "1.0.0".into(), ..Pin::default() })
        })
        .collect();
    let draft = Command::Draft {
        path: path.entity_ref(),
        title: path.title.clone(),
        owner: dev.subject.clone(),
        parent: None,
        over: String::new(),
    };
    let start = Command::Start {
        pin: Pin::default(),
        parameters: given.as_object().cloned().unwrap_or_default(),
        steps: path.steps.clone(),
        output: Map::new(),
        pins,
    };
    let mut journey = Journey::new("j");
    for command in [draft, start] {
        journey = journey.handle(0, &forms, Some(&dev), command).expect("it starts").0;
    }
    for _ in 0..100 {
        for effect in journey.effects(0) {
            let Effect::Begin { step, key, .. } = effect else { panic!("{}: {effect:?}", path.name) };
            journey = journey
                .handle(0, &forms, None, Command::RunBegun { step: step.clone(), key: key.clone(), run: key.clone() })
                .expect("begun")
                .0;
            let kept = &journey.step(&step).expect("a step").definition.output;
            let outputs = kept.iter().map(|name| (name.clone(), json!(format!("{step}/{name}")))).collect();
            journey = journey
                .handle(0, &forms, None, Command::RunEnded { run: key, outcome: Outcome::Completed(outputs) })
                .expect("ended")
                .0;
        }
    }
    assert_eq!(journey.state, JourneyState::Completed, "{}: {:?}", path.name, journey.steps);
    let said = |step: &journey::Step| match step.state {
        StepState::Skipped => format!("{} left out", step.key),
        _ => format!("{} {}", step.key, Value::Object(step.input.clone())),
    };
    journey.steps.iter().map(said).collect::<Vec<_>>().join(", ")
}

//! The crash matrix: whatever kind of step, whatever breaks at whatever moment, the journey ends as it would have, and nothing is done twice.

use std::collections::BTreeSet;

use journey::{Command, Kind, StepState};
use kit::server::testing::databases;

use super::super::faults::Point;
use super::super::waits_for_signal;
use super::*;

/// Breaks once, at the moment of this number, and notes all moments there are.
#[derive(Debug, Default)]
struct Once {
    at: Option<usize>,
    met: Mutex<Vec<(Point, String)>>,
}

impl Faults for Once {
    fn strikes(&self, point: Point, _: &str, what: &str) -> bool {
        let mut met = self.met.lock().expect("lock");
        met.push((point, what.to_owned()));
        self.at == Some(met.len() - 1)
    }
}

/// Steps of one kind, and what becomes of a journey through them.
struct Scenario {
    name: &'static str,
    steps: Value,
    cancels: bool,
    ends: &'static str,
}

fn scenarios(probe: &str) -> Vec<Scenario> {
    let of = |name, steps, ends| Scenario { name, steps, cancels: false, ends };
    vec![
        of("template", json!([{ "id": "a", "template": "ok", "input": { "name": "x" } }]), "completed: a=completed"),
        of("failing template", json!([{ "id": "a", "template": "fails" }]), "completed: a=completed"),
        of(
            "task",
            json!([{ "id": "a", "owner": "security", "task": { "instructions": "Do it" } }]),
            "completed: a=completed",
        ),
        of("approval", json!([{ "id": "a", "owner": "data", "approval": { "quorum": 2 } }]), "completed: a=completed"),
        of("time", json!([{ "id": "a", "wait": { "for": "1h" } }]), "completed: a=completed"),
        of("webhook", json!([{ "id": "a", "wait": { "webhook": true } }]), "completed: a=completed"),
        of("probe", json!([{ "id": "a", "wait": { "probe": { "url": probe } } }]), "completed: a=completed"),
        of("path", json!([{ "id": "a", "path": "inner", "input": { "name": "x" } }]), "completed: a=completed"),
        of(
            "each",
            json!([{ "id": "a", "template": "ok", "each": ["x", "y"], "input": { "name": "${{ each.value }}" } }]),
            "completed: a[0]=completed a[1]=completed",
        ),
        Scenario {
            name: "undo",
            steps: json!([
                { "id": "a", "template": "ok", "onCancel": { "template": "undo", "input": { "name": "a" } } },
                { "id": "b", "template": "ok", "onCancel": [{ "template": "undo" }, { "task": "Call them", "group": "security" }] },
                { "id": "c", "template": "hangs" },
            ]),
            cancels: true,
            ends: "cancelled: a=completed b=completed c=failed",
        },
        Scenario {
            name: "undo of a path",
            steps: json!([{ "id": "a", "path": "long" }]),
            cancels: true,
            ends: "cancelled: a=failed",
        },
    ]
}

/// Does whatever people and the outside do for this journey, until it is over. What fails is tried again, as people do.
async fn travel(world: &World, id: &str, cancels: bool) {
    for _ in 0..60 {
        world.drive().await;
        let journey = world.load(id).await;
        let undo_task = journey.undo.iter().find(|undo| {
            undo.state == journey::UndoState::Running && matches!(undo.kind, journey::UndoKind::Task { .. })
        });
        if let Some(undo) = undo_task {
            let (step, values) = (undo.key.clone(), Map::new());
            let _ = world.paths.act(&person("sam"), id, Command::Complete { step, values, evidence: vec![] }).await;
            continue;
        }
        if journey.state.is_over() {
            if super::super::view::is_settled(&journey) {
                return;
            }
            continue;
        }
        if cancels {
            let is_far = journey.steps.iter().any(|step| step.state == StepState::Running);
            if is_far {
                let _ = world.paths.act(&person("jane"), id, Command::Cancel { reason: "Enough".into() }).await;
            }
            continue;
        }
        for step in &journey.steps {
            let key = step.key.clone();
            match (step.state, &step.definition.kind) {
                (StepState::Failed, _) => {
                    let _ = world.paths.act(&person("jane"), id, Command::Retry { step: key, anew: false }).await;
                }
                (StepState::Waiting, Kind::Task(_)) => {
                    let sam = person("sam");
                    let _ = world.paths.act(&sam, id, Command::Claim { step: key.clone() }).await;
                    let done = Command::Complete { step: key, values: Map::new(), evidence: vec![] };
                    let _ = world.paths.act(&sam, id, done).await;
                }
                (StepState::Waiting, Kind::Approval(_)) => {
                    for name in ["ada", "bob"] {
                        let agreed = Command::Approve { step: key.clone(), comment: String::new() };
                        let _ = world.paths.act(&person(name), id, agreed).await;
                    }
                }
                (StepState::Waiting, _) if waits_for_signal(step) => {
                    let path = world.paths.signal_path(&journey, step);
                    let token = path.rsplit('/').next().expect("a token");
                    let _ = world.paths.signal(token, b"{\"number\": 7}").await;
                }
                (StepState::Waiting, _) | (StepState::Running, Kind::Path { .. }) => world.clock.advance(HOUR),
                _ => {}
            }
        }
    }
    panic!("{id} does not end: {} {:?}", world.stands(id).await, world.load(id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_at_whatever_moment_every_kind_of_step_ends_as_it_would_have_and_nothing_is_done_twice() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let mut read = [0; 1024];
            let _ = stream.read(&mut read).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nup").await;
        }
    });
    let host = Host { name: address.to_string(), allow_private: true, ..Host::default() };
    for db in databases().await {
        let world = World::reaching(&db, vec![host.clone()]).await;
        world.path("inner", json!([{ "id": "i", "template": "ok" }, { "id": "t", "wait": { "for": "1m" } }])).await;
        world.path("long", json!([{ "id": "l", "template": "hangs" }])).await;
        let (mut points, mut kinds) = (0, BTreeSet::new());
        for Scenario { name, steps, cancels, ends } in scenarios(&format!("http://{address}/health")) {
            let path = world.path(&name.replace(' ', "-"), steps).await;
            // Once without, which tells which moments there are.
            let calm = Arc::new(Once::default());
            let quiet = world.breaking(calm.clone());
            let id = quiet.started(&path).await;
            travel(&quiet, &id, cancels).await;
            assert_eq!(world.stands(&id).await, ends, "{}: {name}", db.name());
            world.is_sound(&id).await;
            let undone = undone(&world, &id).await;
            let began = runs_of(&world, &id).await;
            let moments = calm.met.lock().expect("lock").clone();
            for (at, moment) in moments.iter().enumerate() {
                let once = Arc::new(Once { at: Some(at), met: Mutex::default() });
                let struck = world.breaking(once);
                let Some(id) = opened(&struck, &path).await else { continue };
                struck.start(&id).await;
                travel(&struck, &id, cancels).await;
                let case = format!("{}: {name}, struck at {at}: {moment:?}", db.name());
                assert_eq!(world.stands(&id).await, ends, "{case}");
                world.is_sound(&id).await;
                assert_eq!(self::undone(&world, &id).await, undone, "{case}");
                assert_eq!(runs_of(&world, &id).await, began, "{case}");
                // A step that is run once more changes nothing.
                let before = world.history(&id).await.len();
                let tx = world.db.begin().await.expect("begin");
                jobs::enqueue(&tx, world.clock.now(), advance_job(world.clock.now(), &id)).await.expect("again");
                tx.commit().await.expect("commit");
                world.drive().await;
                assert_eq!(world.history(&id).await.len(), before, "{case}");
                points += 1;
                kinds.insert((name, moment.0 as u8));
            }
        }
        let keys = world.scripted.keys();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "one run a key");
        assert_eq!(world.column("SELECT last_error FROM job WHERE state = 'dead'").await, Vec::<String>::new());
        eprintln!("{}: {points} moments of {} kinds", db.name(), kinds.len());
        // Every kind of step was struck before, in and after what is written down.
        for name in ["template", "task", "approval", "time", "webhook", "probe", "path", "each", "undo"] {
            for point in [Point::BeforeCommit, Point::AfterCommit] {
                assert!(kinds.contains(&(name, point as u8)), "{name} {point:?}");
            }
        }
        for name in ["template", "probe", "path", "each", "undo"] {
            for point in [Point::BeforeEffect, Point::AfterEffect, Point::AfterRecord] {
                assert!(kinds.contains(&(name, point as u8)), "{name} {point:?}");
            }
        }
    }
}

/// Opens a journey; one whose opening was struck is found by nobody, or by its number.
async fn opened(world: &World, path: &str) -> Option<String> {
    for _ in 0..2 {
        if let Ok(id) = world.paths.begin(&person("jane"), path, None).await {
            return Some(id);
        }
    }
    None
}

/// What was undone, in order.
async fn undone(world: &World, id: &str) -> Vec<String> {
    let history = world.history(id).await;
    let undone = history.iter().filter_map(|entry| match &entry.event {
        journey::Event::Undone { key, .. } => Some(key.clone()),
        _ => None,
    });
    undone.collect()
}

/// How many runs there are for a journey and those that are parts of it, by what they are for.
async fn runs_of(world: &World, id: &str) -> Vec<(String, RunState)> {
    let parts = world.column(&format!("SELECT uuid FROM golden_paths_journey WHERE parent = '{id}'")).await;
    let mut runs = Vec::new();
    for id in std::iter::once(id.to_owned()).chain(parts) {
        for (key, state) in world.scripted.states(&id) {
            runs.push((key.trim_start_matches(&id).to_owned(), state));
        }
    }
    runs.sort_by(|one, other| one.0.cmp(&other.0));
    runs
}

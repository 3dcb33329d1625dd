//! What a journey is held to, one promise a test.

use journey::{Command, Event, StepState};
use kit::server::definitions::State;
use kit::server::testing::databases;

use super::super::service::{JourneyQuery, QueueQuery, Scope, Waits};
use super::*;

fn complete(step: &str) -> Command {
    Command::Complete { step: step.into(), values: Map::new(), evidence: Vec::new() }
}

fn approve(step: &str) -> Command {
    Command::Approve { step: step.into(), comment: String::new() }
}

fn status<T>(result: &Result<T, super::super::service::Refused>) -> u16 {
    match result {
        Ok(_) => 200,
        Err(super::super::service::Refused::Fields(_)) => 400,
        Err(super::super::service::Refused::Error(error)) => error.status().as_u16(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_in_the_middle_is_followed_by_another_and_no_browser_is_open() {
    for db in databases().await {
        let world = World::new(&db).await;
        let path = world.path("long", json!([{ "id": "a", "template": "ok" }, { "id": "b", "template": "ok" }])).await;
        let id = world.paths.begin(&person("jane"), &path, None).await.expect("begun");
        world.start(&id).await;
        // The first server hangs while it begins the run, and is gone without a word.
        world.scripted.inner.lock().expect("lock").hangs = true;
        let worker = world.worker();
        let dies = tokio::spawn(async move { worker.run_due(ADVANCE, &[]).await });
        while world.scripted.inner.lock().expect("lock").hangs {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        dies.abort();
        let _ = dies.await;
        let other = world.again(&db).await;
        world.clock.advance(60_000);
        other.drive().await;
        assert_eq!(other.stands(&id).await, "completed: a=completed b=completed", "{}", db.name());
        assert_eq!(world.scripted.keys().len(), 2, "{}", db.name());
        other.is_sound(&id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_journeys_that_wait_take_little_memory_and_no_task_each() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
        status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("pages") * 4096
    };
    for db in databases().await {
        let world = World::new(&db).await;
        let steps = json!([
            { "id": "ask", "owner": "security", "task": { "instructions": "Look" }, "sla": { "due": "30d", "remind": "1d" } },
            { "id": "wait", "needs": [], "wait": { "for": "20d" } },
        ]);
        let path = world.path("waits", steps).await;
        let id = world.started(&path).await;
        world.drive().await;
        copies(&world, &id, 10_000).await;
        let lane = world.paths.lane();
        let worker = Worker::new(world.db.clone(), world.clock.clone(), lane.handlers, WorkerConfig::default());
        let stop = CancellationToken::new();
        let before = (resident(), tasks());
        let works = tokio::spawn({
            let stop = stop.clone();
            async move { worker.run(stop).await }
        });
        tokio::time::sleep(Duration::from_secs(2)).await;
        let after = (resident(), tasks());
        stop.cancel();
        works.await.expect("it stops");
        let grown = after.0.saturating_sub(before.0);
        eprintln!("{}: {} KB more, {} tasks more", db.name(), grown >> 10, after.1 - before.1.min(after.1));
        assert!(grown <= 20 << 20, "{}: {grown} bytes", db.name());
        assert!(after.1 <= before.1 + 4, "{}: {after:?} {before:?}", db.name());
        assert_eq!(world.column("SELECT uuid FROM golden_paths_journey WHERE state = 'waiting'").await.len(), 10_001);
    }
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// The same journey so many times, each with its job.
async fn copies(world: &World, id: &str, count: usize) {
    let tx = world.db.begin().await.expect("begin");
    let columns = "path, title, version, version_id, state, owner, starter, parent, steps_done, steps_total, next_action, whose, snapshot, seq, wake_at, \
                   created_at, started_at, changed_at, ended_at";
    // Both databases take a WITH behind the INTO.
    let text = format!(
        "INSERT INTO golden_paths_journey (uuid, {columns}) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         SELECT 'copy-' || n.i, {columns} FROM golden_paths_journey, n WHERE uuid = ?"
    );
    let values = [id.into()];
    db::execute(&tx, &text, values).await.expect("copied");
    let text = "INSERT INTO job (kind, job_key, payload, state, run_at, max_attempts, created_at, updated_at) \
                SELECT ?, uuid, '{}', 'waiting', wake_at, 1000, created_at, created_at FROM golden_paths_journey WHERE uuid LIKE 'copy-%'";
    db::execute(&tx, text, [ADVANCE.into()]).await.expect("copied");
    tx.commit().await.expect("commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_finishes_on_the_versions_that_it_began_with_until_its_owner_takes_others() {
    for db in databases().await {
        let world = World::new(&db).await;
        let form = |title: &str| json!({ "title": title, "properties": { "name": { "type": "string" } } });
        let first = world.scripted.publish("template:default/ok", form("first")).await;
        let steps =
            |id: &str| json!([{ "id": "ask", "owner": "security", "task": {} }, { "id": id, "template": "ok" }]);
        let path = world.path("live", steps("make")).await;
        let (stays, moves) = (world.started(&path).await, world.started(&path).await);
        // What it keeps to is withdrawn, is no longer the newest, and its files are gone.
        let second = world.scripted.publish("template:default/ok", form("second")).await;
        world.path("live", steps("create")).await;
        for name in ["template:default/ok", path.as_str()] {
            let plugin = if name == path { "golden-paths" } else { "templates" };
            let old = definitions::list(world.db.read(), Definition { plugin, name }, None, 10).await.expect("read");
            let tx = world.db.begin().await.expect("begin");
            for version in &old[1..] {
                let state = State::Withdrawn { reason: "It is old".into() };
                definitions::set_state(&tx, NOW, &Caller::System, version, &state).await.expect("withdrawn");
            }
            definitions::retire(&tx, plugin, NOW + 1, &Default::default()).await.expect("retired");
            tx.commit().await.expect("commit");
        }
        world.catalog.0.lock().expect("lock").clear();
        let jane = person("jane");
        let offered = world.paths.offer(&jane, &moves).await.expect("asked").expect("there is something newer");
        assert!(offered.offer.pin.is_some(), "{}", db.name());
        assert_eq!(status(&world.paths.accept_offer(&jane, &moves, "another", Map::new()).await), 409);
        let by_others = world.paths.accept_offer(&person("sam"), &moves, &offered.hash, Map::new()).await;
        assert_eq!(status(&by_others), 403, "{}", db.name());
        let other = Map::from_iter([("name".to_owned(), json!("another"))]);
        let changed = world.paths.accept_offer(&jane, &moves, &offered.hash, other).await;
        assert_eq!(status(&changed), 400, "{}: what was filled in before stays", db.name());
        world.paths.accept_offer(&jane, &moves, &offered.hash, Map::new()).await.expect("accepted");
        for id in [&stays, &moves] {
            world.paths.act(&person("sam"), id, complete("ask")).await.expect("done");
        }
        world.drive().await;
        assert_eq!(world.stands(&stays).await, "completed: ask=completed make=completed", "{}", db.name());
        assert_eq!(world.stands(&moves).await, "completed: ask=completed create=completed", "{}", db.name());
        let version = |journey: &Journey| journey.steps[1].pin.as_ref().map(|pin| pin.id);
        assert_eq!(version(&world.load(&stays).await), Some(first), "{}", db.name());
        assert_eq!(version(&world.load(&moves).await), Some(second), "{}", db.name());
        assert_eq!(world.column("SELECT holder FROM definition_hold").await, Vec::<String>::new(), "nothing is held");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_once_one_decides_and_the_other_is_told() {
    for db in databases().await {
        let world = World::new(&db).await;
        let path = world.path("decide", json!([{ "id": "yes", "owner": "data", "approval": {} }])).await;
        for _ in 0..5 {
            let id = world.started(&path).await;
            let (ada, bob) = (person("ada"), person("bob"));
            let (one, other) =
                tokio::join!(world.paths.act(&ada, &id, approve("yes")), world.paths.act(&bob, &id, approve("yes")));
            let mut answers = [status(&one), status(&other)];
            answers.sort_unstable();
            assert_eq!(answers, [200, 409], "{}", db.name());
            let decisions = world.history(&id).await.into_iter();
            assert_eq!(decisions.filter(|entry| matches!(entry.event, Event::Approved { .. })).count(), 1);
            assert_eq!(world.stands(&id).await, "completed: yes=completed");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fell_due_while_no_server_ran_happens_once() {
    for db in databases().await {
        let world = World::new(&db).await;
        let sla = json!({ "due": "2d", "remind": "1d", "escalate": "group:default/data" });
        let steps = json!([
            { "id": "ask", "owner": "security", "task": {}, "sla": sla },
            { "id": "wait", "needs": [], "wait": { "for": "1d" } },
        ]);
        let path = world.path("due", steps).await;
        let id = world.started(&path).await;
        world.drive().await;
        world.clock.advance(10 * 24 * HOUR);
        let (one, other) = (world.again(&db).await, world.again(&db).await);
        tokio::join!(one.drive(), other.drive());
        one.drive().await;
        let names: Vec<String> = world.history(&id).await.iter().map(|entry| entry.event.name()).collect();
        let times = |name: &str| names.iter().filter(|each| *each == name).count();
        assert_eq!((times("timeCame"), times("overdue")), (1, 1), "{}: {names:?}", db.name());
        assert!(times("reminded") <= 1, "{}: {names:?}", db.name());
        let told = world.column("SELECT recipient FROM inbox_message WHERE kind = 'golden-paths.escalation'").await;
        assert_eq!(told, ["g:group:default/data"], "{}", db.name());
        let told = world.column("SELECT recipient FROM inbox_message WHERE kind = 'golden-paths.task'").await;
        assert_eq!(told, ["g:group:default/security"], "{}", db.name());
        world.paths.act(&person("sam"), &id, complete("ask")).await.expect("done");
        let told = world.column("SELECT recipient FROM inbox_message WHERE waits = TRUE").await;
        assert_eq!(told, Vec::<String>::new(), "{}: what is done waits for nobody", db.name());
        assert_eq!(world.stands(&id).await, "completed: ask=completed wait=completed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quorum_four_eyes_hand_over_and_delegation() {
    for db in databases().await {
        let world = World::new(&db).await;
        let steps = json!([
            { "id": "ask", "owner": "security", "task": {} },
            { "id": "agree", "owner": "payments", "approval": { "groups": ["payments", "data"], "quorum": 2 } },
        ]);
        let path = world.path("eyes", steps).await;
        let id = world.started(&path).await;
        let (jane, joe, sam, sue, ada) = (person("jane"), person("joe"), person("sam"), person("sue"), person("ada"));
        let act = async |who: &Caller, command| status(&world.paths.act(who, &id, command).await);
        let to = |to: &str| Command::HandOver { step: "ask".into(), to: to.into(), reason: String::new() };
        assert_eq!(act(&ada, to("user:default/ada")).await, 403, "{}", db.name());
        assert_eq!(act(&sam, to("user:default/nobody")).await, 400, "{}", db.name());
        assert_eq!(act(&sam, to("user:default/sue")).await, 200, "{}", db.name());
        assert_eq!(act(&sam, complete("ask")).await, 403, "{}", db.name());
        assert_eq!(act(&sue, complete("ask")).await, 200, "{}", db.name());
        assert_eq!(act(&jane, approve("agree")).await, 403, "whoever asks does not decide");
        assert_eq!(act(&joe, approve("agree")).await, 200, "{}", db.name());
        assert_eq!(act(&joe, approve("agree")).await, 409, "nobody decides twice");
        assert_eq!(world.stands(&id).await, "waiting: ask=completed agree=waiting");
        let to = |to: &str| Command::Delegate { step: "agree".into(), to: to.into() };
        assert_eq!(act(&ada, to("user:default/jane")).await, 403, "{}", db.name());
        assert_eq!(act(&ada, to("user:default/sue")).await, 200, "{}", db.name());
        assert_eq!(act(&ada, approve("agree")).await, 409, "{}", db.name());
        assert_eq!(act(&sue, approve("agree")).await, 200, "{}", db.name());
        assert_eq!(world.stands(&id).await, "completed: ask=completed agree=completed");
        world.is_sound(&id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_not_left_out_without_what_the_path_asks_for() {
    for db in databases().await {
        let world = World::new(&db).await;
        let steps = json!([
            { "id": "must", "owner": "security", "task": {} },
            { "id": "may", "owner": "security", "needs": [], "task": {},
              "allowSkip": { "reason": true, "evidence": true, "approval": "group:default/data" } },
        ]);
        let path = world.path("skips", steps).await;
        let id = world.started(&path).await;
        let jane = person("jane");
        let skip = |step: &str, reason: &str, shows: bool| Command::Except {
            step: step.into(),
            attest: false,
            reason: reason.into(),
            evidence: shows
                .then(|| journey::Evidence { name: "It".into(), href: "https://example.com".into() })
                .into_iter()
                .collect(),
        };
        let act = async |who: &Caller, command| status(&world.paths.act(who, &id, command).await);
        assert_eq!(act(&jane, skip("must", "I want to", true)).await, 403, "{}", db.name());
        assert_eq!(act(&jane, skip("may", "", true)).await, 400, "{}", db.name());
        assert_eq!(act(&jane, skip("may", "It was done", false)).await, 400, "{}", db.name());
        assert_eq!(act(&person("max"), skip("may", "It was done", true)).await, 404, "{}", db.name());
        assert_eq!(act(&jane, skip("may", "It was done", true)).await, 200, "{}", db.name());
        assert_eq!(act(&jane, approve("may")).await, 403, "{}", db.name());
        let queue = world.paths.queue(&person("ada"), &QueueQuery::default()).await.expect("a queue");
        assert_eq!(queue.items.iter().map(|item| item.what).collect::<Vec<_>>(), [Waits::Exception], "{}", db.name());
        assert_eq!(world.load(&id).await.steps[1].state, StepState::Waiting);
        assert_eq!(act(&person("ada"), approve("may")).await, 200, "{}", db.name());
        assert_eq!(world.load(&id).await.steps[1].state, StepState::Skipped, "{}", db.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changes_a_history() {
    for db in databases().await {
        let world = World::new(&db).await;
        let path = world.path("live", json!([{ "id": "a", "template": "ok" }])).await;
        let id = world.started(&path).await;
        world.drive().await;
        let before = world.history(&id).await;
        for text in [
            "UPDATE golden_paths_event SET data = ''",
            "DELETE FROM golden_paths_event",
            "UPDATE golden_paths_event SET seq = seq + 100",
            "DELETE FROM golden_paths_journey",
        ] {
            let tx = world.db.begin().await.expect("begin");
            assert!(db::execute(&tx, text, []).await.is_err(), "{}: {text}", db.name());
            let _ = tx.rollback().await;
        }
        assert_eq!(world.history(&id).await, before, "{}", db.name());
        world.is_sound(&id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_kept_once_what_it_is_for_has_begun() {
    const SECRET: &str = "hunter2-in-the-clear";
    for db in databases().await {
        let world = World::new(&db).await;
        let form = json!({ "required": ["token"], "properties": {
            "name": { "type": "string" }, "token": { "type": "string", "ui:field": "Secret" },
        } });
        world.scripted.publish("template:default/secret", form).await;
        let path = world.path("secret", json!([{ "id": "a", "template": "secret" }])).await;
        let id = world.started(&path).await;
        let values = Map::from_iter([("name".to_owned(), json!("x")), ("token".to_owned(), json!(SECRET))]);
        let secrets = Map::from_iter([("token".to_owned(), json!(SECRET))]);
        let jane = person("jane");
        world
            .paths
            .fill(&jane, &id, "a", Some(values), secrets)
            .await
            .map_err(|refused| refused.said())
            .expect("filled");
        assert_eq!(world.column("SELECT begins FROM golden_paths_secret").await.len(), 1, "{}", db.name());
        let everywhere = async || {
            let mut found = Vec::new();
            for (table, column) in [
                ("golden_paths_journey", "snapshot"),
                ("golden_paths_event", "data"),
                ("golden_paths_draft", "filled"),
                ("golden_paths_secret", "sealed"),
                ("job", "payload"),
                ("audit_event", "detail"),
                ("inbox_message", "body"),
            ] {
                let text = format!("SELECT {column} FROM {table} WHERE {column} LIKE '%{SECRET}%'");
                found.extend(world.column(&text).await.into_iter().map(|_| table));
            }
            found
        };
        assert_eq!(everywhere().await, Vec::<&str>::new(), "{}", db.name());
        world.drive().await;
        assert_eq!(world.stands(&id).await, "completed: a=completed", "{}", db.name());
        assert_eq!(world.column("SELECT begins FROM golden_paths_secret").await, Vec::<String>::new(), "{}", db.name());
        assert_eq!(everywhere().await, Vec::<&str>::new(), "{}", db.name());
        let given = world.scripted.inner.lock().expect("lock").given["run-1"].clone();
        assert_eq!((given.0["token"].clone(), given.1["token"].clone()), (json!(SECRET), json!(SECRET)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_counts_once_and_one_that_was_made_up_not_at_all() {
    for db in databases().await {
        let world = World::new(&db).await;
        let path = world.path("signal", json!([{ "id": "a", "wait": { "webhook": true } }])).await;
        let id = world.started(&path).await;
        let journey = world.load(&id).await;
        let path = world.paths.signal_path(&journey, &journey.steps[0]);
        let token = path.rsplit('/').next().expect("a token").to_owned();
        let code = async |token: &str, body: &[u8]| match world.paths.signal(token, body).await {
            Ok(()) => 204,
            Err(error) => error.status().as_u16(),
        };
        assert_eq!(code("AAAA.00000000.AAAA", b"{}").await, 404, "{}", db.name());
        assert_eq!(code(&token[..token.len() - 2], b"{}").await, 404, "{}", db.name());
        assert_eq!(code(&token, b"[1]").await, 400, "{}", db.name());
        let (one, other) = tokio::join!(code(&token, b"{\"build\": 7}"), code(&token, b"{\"build\": 8}"));
        assert_eq!(one.min(other), 204, "{}", db.name());
        assert_eq!(one.max(other), 409, "{}", db.name());
        assert_eq!(world.stands(&id).await, "completed: a=completed", "{}", db.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_that_was_cancelled_is_started_over_and_both_lead_to_each_other() {
    for db in databases().await {
        let world = World::new(&db).await;
        let path = world.path("live", json!([{ "id": "ask", "owner": "security", "task": {} }])).await;
        let id = world.started(&path).await;
        let jane = person("jane");
        assert_eq!(status(&world.paths.start_over(&jane, &id).await), 409, "{}", db.name());
        world.paths.act(&jane, &id, Command::Cancel { reason: "Wrong".into() }).await.expect("cancelled");
        let new = world.paths.start_over(&jane, &id).await.map_err(|refused| refused.said()).expect("started over");
        assert_eq!(world.load(&id).await.successor, new, "{}", db.name());
        assert_eq!(world.load(&new).await.over, id, "{}", db.name());
        world.start(&new).await;
        let query = JourneyQuery { scope: Scope::Mine, ..JourneyQuery::default() };
        let mine = world.paths.journeys(&jane, &query).await.expect("a list");
        assert_eq!(mine.items.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), [new, id], "{}", db.name());
    }
}

//! The inbox, its stream and its mail, stars, visits, preferences, and the home page of somebody who is signed in.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures::StreamExt;
use http::Method;
use kit::identity::{Caller, Principal, Via};
use kit::server::inbox::{self, Message, Recipient};
use kit::server::testing::{TestDb, databases};
use kit::server::{preferences, stars};
use server::config::{AccessConfig, Config, MailConfig};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::support::{Answer, START, TestApp, component, component_of, person, request};

const JANE: &str = "user:default/jane";
const EVE: &str = "user:default/eve";
const FORM: &str = "application/x-www-form-urlencoded";

fn app_of(db: &TestDb, caller: Caller) -> TestApp {
    TestApp::with(db, Config::default(), &[], caller)
}

fn jane(db: &TestDb) -> TestApp {
    app_of(db, person(JANE, &["group:default/team-a"]))
}

fn to_jane<'a>(key: &'a str, title: &'a str) -> Message<'a> {
    Message {
        to: Recipient::Person(JANE),
        kind: "test.said",
        key,
        title,
        body: "Because of it",
        path: "/catalog",
        waits: true,
    }
}

async fn say(app: &TestApp, message: Message<'_>) {
    let tx = app.db().begin().await.expect("begin");
    inbox::send(&tx, app.instance.kit.clock.now(), message).await.expect("sent");
    tx.commit().await.expect("commit");
}

/// The row of a session.
fn session(id: i64) -> String {
    format!(
        "INSERT INTO session (id, session_key, data, created_at, seen_at, expires_at) VALUES ({id}, 'key-{id}', '', {START}, {START}, {})",
        START + 12 * 3_600_000
    )
}

async fn write(app: &TestApp, text: &str) {
    let tx = app.db().begin().await.expect("begin");
    kit::server::db::execute(&tx, text, []).await.expect("written");
    tx.commit().await.expect("commit");
}

async fn first_id(app: &TestApp) -> String {
    app.column("SELECT id FROM inbox_message ORDER BY id DESC LIMIT 1").await.remove(0)
}

async fn form(app: &TestApp, path: &str, body: &str) -> Answer {
    app.post(path, FORM, body).await
}

#[tokio::test]
async fn the_inbox_shows_what_is_mine_and_marks_it() {
    for db in databases().await {
        let (jane, eve) = (jane(&db), app_of(&db, person("user:default/eve", &[])));
        assert!(jane.get("/inbox").await.body.contains("Nothing waits for you"), "{}", jane.name);
        say(&jane, to_jane("", "A <matter>")).await;
        say(
            &jane,
            Message { to: Recipient::Group("group:default/team-a"), waits: false, ..to_jane("", "News of the team") },
        )
        .await;
        let waiting = jane.get("/inbox").await.body;
        assert!(waiting.contains("A &lt;matter&gt;") && !waiting.contains("News of the team"), "{waiting}");
        let news = jane.get("/inbox?tab=news").await.body;
        assert!(news.contains("News of the team") && news.contains("To team-a"), "{news}");
        assert!(waiting.contains(r#"<span class="pk-unread__number">2</span>"#), "the badge: {waiting}");
        // Nobody else sees or marks it, by number neither.
        let others = eve.get("/inbox?tab=all").await.body;
        assert!(!others.contains("matter") && !others.contains("News of the team"), "{others}");
        assert!(others.contains(r#"<span class="pk-unread__number">0</span>"#), "{others}");
        let id = first_id(&jane).await;
        for mark in ["read", "unread", "done"] {
            assert_eq!(form(&eve, "/api/inbox/fn/mark", &format!("id={id}&mark={mark}")).await.status, 404);
        }
        assert_eq!(form(&jane, "/api/inbox/fn/mark", &format!("id={id}&mark=eaten")).await.status, 400);
        assert_eq!(form(&jane, "/api/inbox/fn/mark", &format!("id={id}&mark=done")).await.status, 200);
        assert!(!jane.get("/inbox?tab=news").await.body.contains("News of the team"));
        assert!(jane.get("/inbox?tab=all").await.body.contains("News of the team"));
        let all = form(&jane, "/api/inbox/fn/mark-all", &format!("tab=&through={id}&mark=read")).await;
        assert_eq!(all.status, 200, "{}", all.body);
        let read = jane.get("/inbox").await.body;
        assert!(
            read.contains("A &lt;matter&gt;") && read.contains(r#"<span class="pk-unread__number">0</span>"#),
            "{read}"
        );
        // A token for something else does not open it.
        let Caller::Principal(principal) = person(JANE, &[]) else { unreachable!("a person") };
        let narrow = Principal { scopes: Some(vec!["catalog.*".into()]), ..(*principal).clone() };
        let narrow = app_of(&db, Caller::Principal(Arc::new(narrow)));
        assert_eq!(narrow.page("/inbox").await.status, 403);
        assert_eq!(narrow.get_json("/api/inbox/events").await.status, 403);
    }
}

/// The next event of a stream, without signs of life.
async fn next_event(body: &mut BodyDataStream) -> Option<String> {
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(20), body.next()).await.expect("an event in time")?;
        let text = String::from_utf8(frame.expect("data").to_vec()).expect("text");
        if !text.starts_with(':') {
            return Some(text);
        }
    }
}

async fn stream(app: &TestApp) -> BodyDataStream {
    let request = request(Method::GET, "/api/inbox/events").header("accept-encoding", "gzip, br").body(Body::empty());
    let response = app.open(request).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(!response.headers().contains_key("content-encoding"), "an event that is compressed comes late");
    response.into_body().into_data_stream()
}

#[tokio::test]
async fn a_window_hears_of_messages_as_they_come() {
    for db in databases().await {
        let Caller::Principal(eve) = person(EVE, &[]) else { unreachable!("a person") };
        let eve = Caller::Principal(Arc::new(Principal { via: Via::Session(2), ..(*eve).clone() }));
        let (jane, eve) = (jane(&db), app_of(&db, eve));
        write(&jane, &session(1)).await;
        write(&jane, &session(2)).await;
        let (mut hers, mut other) = (stream(&jane).await, stream(&eve).await);
        assert_eq!(next_event(&mut hers).await.expect("an event"), "event: unread\ndata: 0\n\n", "{}", jane.name);
        assert_eq!(next_event(&mut other).await.expect("an event"), "event: unread\ndata: 0\n\n");
        say(&jane, to_jane("", "One")).await;
        assert_eq!(next_event(&mut hers).await.expect("an event"), "event: unread\ndata: 1\n\n");
        say(&jane, Message { to: Recipient::Group("group:default/team-a"), ..to_jane("", "Two") }).await;
        assert_eq!(next_event(&mut hers).await.expect("an event"), "event: unread\ndata: 2\n\n");
        let id = first_id(&jane).await;
        form(&jane, "/api/inbox/fn/mark", &format!("id={id}&mark=read")).await;
        assert_eq!(
            next_event(&mut hers).await.expect("an event"),
            "event: unread\ndata: 1\n\n",
            "marked in another window"
        );
        let silent = tokio::time::timeout(Duration::from_millis(1_500), other.next()).await;
        assert!(silent.is_err(), "nothing of it concerns anybody else");
        // The oldest of too many ends.
        let mut more = Vec::new();
        for _ in 0..6 {
            more.push(stream(&jane).await);
        }
        assert_eq!(next_event(&mut hers).await, None, "six are open at most");
        assert_eq!(TestApp::anonymous(&db).get_json("/api/inbox/events").await.status, 401);
        // A session that is over ends its streams, and no others.
        write(&jane, "DELETE FROM session WHERE id = 1").await;
        for mut each in more {
            assert!(next_event(&mut each).await.is_some());
            assert_eq!(next_event(&mut each).await, None, "{}", jane.name);
        }
        say(&eve, Message { to: Recipient::Person(EVE), ..to_jane("", "For Eve") }).await;
        assert_eq!(next_event(&mut other).await.expect("an event"), "event: unread\ndata: 1\n\n");
        eve.instance.kit.clock.advance(16 * 60_000);
        assert_eq!(next_event(&mut other).await, None, "an open stream is no use of a session");
        // And all end with the process.
        write(&jane, &session(1)).await;
        let mut last = stream(&jane).await;
        assert!(next_event(&mut last).await.is_some());
        jane.instance.stop.cancel();
        assert_eq!(next_event(&mut last).await, None);
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it() {
    for db in databases().await {
        let Caller::Principal(principal) = person(JANE, &[]) else { unreachable!("a person") };
        let by = |id| Caller::Principal(Arc::new(Principal { via: Via::Token(id), ..(*principal).clone() }));
        let (first, second) = (app_of(&db, by(1)), app_of(&db, by(2)));
        for (id, days) in [(1, 90), (2, 1)] {
            let end = START + days * 24 * 60 * 60_000;
            let text = format!(
                "INSERT INTO api_token (id, token_hash, subject, subject_name, name, scopes, created_at, created_by, expires_at) \
                 VALUES ({id}, 'hash-{id}', '{JANE}', 'Jane', 'one', '[\"*\"]', {START}, '{JANE}', {end})"
            );
            write(&first, &text).await;
        }
        let (mut revoked, mut expired) = (stream(&first).await, stream(&second).await);
        assert!(next_event(&mut revoked).await.is_some() && next_event(&mut expired).await.is_some());
        let silent = tokio::time::timeout(Duration::from_secs(7), revoked.next()).await;
        assert!(silent.is_err(), "{}: it lasts as long as the token is good", db.name());
        write(&first, &format!("UPDATE api_token SET revoked_at = {START} WHERE id = 1")).await;
        assert_eq!(next_event(&mut revoked).await, None, "{}", db.name());
        second.instance.kit.clock.advance(25 * 60 * 60_000);
        assert_eq!(next_event(&mut expired).await, None, "{}", db.name());
    }
}

#[tokio::test]
async fn what_is_starred_and_visited_is_shown_while_it_may_be_seen() {
    for db in databases().await {
        let jane = jane(&db);
        for name in ["ledger", "routing", "gateway"] {
            jane.write(&format!("{name}.yaml"), &component_of(name, "team-a", "  title: The one\n"));
        }
        let id = jane.import().await;
        let entity = "/catalog/default/component/ledger";
        let before = jane.get(entity).await.body;
        assert!(before.contains(r#"aria-pressed="false""#), "{before}");
        let star = "item=component:default/ledger&starred=true";
        assert_eq!(form(&jane, "/api/catalog/fn/star", star).await.status, 200, "{}", jane.name);
        assert_eq!(form(&jane, "/api/catalog/fn/star", star).await.status, 200, "twice is once");
        assert!(jane.get(entity).await.body.contains(r#"aria-pressed="true""#));
        assert_eq!(
            form(&jane, "/api/catalog/fn/star", "item=component:default/nothing&starred=true").await.status,
            404
        );
        let starred = jane.get("/starred").await.body;
        assert!(starred.contains(entity), "{starred}");
        // Another person has none of it, and the trail has one event of it.
        let eve = app_of(&db, person("user:default/eve", &["group:default/team-b"]));
        assert!(!eve.get("/starred").await.body.contains(entity));
        assert!(eve.get(entity).await.body.contains(r#"aria-pressed="false""#));
        assert_eq!(
            jane.column("SELECT resource FROM audit_event WHERE action = 'catalog.entity.star'").await,
            ["component:default/ledger"]
        );

        jane.instance.kit.clock.advance(1);
        jane.get("/catalog/default/component/routing").await;
        let visits = "SELECT item FROM visit WHERE subject = 'user:default/jane' ORDER BY item";
        for _ in 0..100 {
            if jane.column(visits).await.len() == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(jane.column(visits).await, ["component:default/ledger", "component:default/routing"]);
        let home = jane.get("/").await.body;
        let part = |title: &str| {
            home.split(&format!("<h2>{title}</h2>"))
                .nth(1)
                .and_then(|rest| rest.split("</section>").next())
                .unwrap_or_default()
                .to_owned()
        };
        assert!(part("Starred").contains(entity) && !part("Starred").contains("routing"), "{home}");
        let visited = part("Recently visited");
        assert!(
            visited.find("routing") < visited.find("ledger") && visited.contains("routing"),
            "the latest first: {visited}"
        );
        assert!(part("What you own").contains("gateway"), "{home}");
        assert!(part("Waiting for you").contains("Nothing waits"), "{home}");
        // The search comes first.
        assert!(home.find("role=\"search\"") < home.find("Waiting for you"), "{home}");
        let others = eve.get("/").await.body;
        assert!(others.contains("names you or one of your teams") && others.contains("Press the star"), "{others}");

        jane.instance.catalog.catalog.unregister(&Caller::Operator, id).await.expect("unregistered");
        jane.work().await;
        assert!(!jane.get("/starred").await.body.contains(entity), "what is gone is not shown");
        assert_eq!(
            form(&jane, "/api/catalog/fn/star", "item=component:default/ledger&starred=false").await.status,
            200
        );
        assert_eq!(jane.rows("star").await.len(), 0);
    }
}

#[tokio::test]
async fn stars_and_visits_are_bounded() {
    for db in databases().await {
        let jane = jane(&db);
        let (kit, caller) = (&jane.instance.kit, person(JANE, &[]));
        for number in 0..stars::MOST {
            let item = kit::server::personal::Item::new("catalog", number.to_string());
            stars::set(kit, &caller, "catalog.entity.star", &item, true).await.expect("starred");
        }
        let one_more = kit::server::personal::Item::new("catalog", "more");
        assert!(stars::set(kit, &caller, "catalog.entity.star", &one_more, true).await.is_err(), "{}", jane.name);
        assert_eq!(jane.rows("star").await.len(), stars::MOST as usize, "what is refused is not kept");
        for number in 0..30 {
            kit.clock.advance(1);
            jane.write(&format!("{number}.yaml"), &component(&format!("c{number}")));
        }
        jane.import().await;
        for number in 0..30 {
            kit.clock.advance(1);
            jane.get(&format!("/catalog/default/component/c{number}")).await;
            let text = format!("SELECT 1 FROM visit WHERE item = 'component:default/c{number}'");
            for _ in 0..100 {
                if !jane.query(&text).await.is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let kept = jane.column("SELECT item FROM visit ORDER BY visited_at DESC").await;
        assert_eq!((kept.len(), kept[0].as_str()), (20, "component:default/c29"), "{}", jane.name);
    }
}

#[tokio::test]
async fn preferences_are_each_ones_own() {
    for db in databases().await {
        let (jane, eve) = (jane(&db), app_of(&db, person("user:default/eve", &[])));
        assert_eq!(form(&jane, "/api/inbox/fn/choose-theme", "theme=dark").await.status, 200, "{}", jane.name);
        assert_eq!(form(&jane, "/api/inbox/fn/choose-theme", "theme=pink").await.status, 400);
        assert_eq!(form(&jane, "/api/inbox/fn/choose-mail", "mail=all").await.status, 200);
        let read = jane.db().read();
        assert_eq!(preferences::of(read, JANE, &preferences::THEME).await.expect("read"), "dark");
        assert_eq!(preferences::of(read, "user:default/eve", &preferences::THEME).await.expect("read"), "system");
        let chosen =
            |page: &str| page.split("<input").find(|input| input.contains("checked")).unwrap_or_default().to_owned();
        assert!(chosen(&jane.page("/inbox/settings").await.json()["html"].to_string()).contains("all"));
        assert!(chosen(&eve.page("/inbox/settings").await.json()["html"].to_string()).contains("waiting"));
    }
}

#[tokio::test]
async fn whoever_registered_a_location_hears_of_its_errors_once() {
    for db in databases().await {
        let jane = jane(&db);
        jane.write("a.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {}\n");
        let (hers, location) = (person(JANE, &[]), crate::support::parsed(&jane.path("")));
        let id = jane.instance.catalog.catalog.register(&hers, &location).await.expect("registered").id;
        jane.work().await;
        let inbox = jane.get("/inbox").await.body;
        assert!(
            inbox.contains("A location of yours has errors") && inbox.contains(&format!("/locations/{id}")),
            "{}: {inbox}",
            jane.name
        );
        let sent = jane.column("SELECT id FROM inbox_message").await;
        jane.refresh(id).await;
        assert_eq!(jane.column("SELECT id FROM inbox_message").await, sent, "errors that are known are not told again");
        jane.write("a.yaml", &component("a"));
        jane.refresh(id).await;
        assert_eq!(jane.rows("inbox_message").await.len(), 0, "what is mended no longer waits");
    }
}

#[tokio::test]
async fn who_starred_an_entity_hears_of_its_changes() {
    for db in databases().await {
        let jane = jane(&db);
        jane.write("jane.yaml", &user("jane", "team-a"));
        for name in ["ledger", "routing", "calm"] {
            jane.write(&format!("{name}.yaml"), &component(name));
        }
        let id = jane.import_from(&jane.path(""), true).await;
        for name in ["ledger", "routing", "calm"] {
            let star = format!("item=component:default/{name}&starred=true");
            assert_eq!(form(&jane, "/api/catalog/fn/star", &star).await.status, 200);
        }
        jane.refresh(id).await;
        assert_eq!(jane.rows("inbox_message").await.len(), 0, "{}: nothing changed", jane.name);
        jane.write("ledger.yaml", &component_of("ledger", "team-b", ""));
        jane.remove("routing.yaml");
        jane.refresh(id).await;
        let news = jane.get("/inbox?tab=news").await.body;
        assert!(news.contains("ledger changed") && news.contains("routing is no longer in any file"), "{news}");
        assert!(!news.contains("component/calm"), "{news}");
    }
}

/// A user of the organisation who is in one group.
fn user(name: &str, group: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {{name: {name}}}\nspec: {{memberOf: [{group}]}}\n"
    )
}

#[tokio::test]
async fn whoever_may_no_longer_see_what_they_starred_hears_nothing_of_it() {
    for db in databases().await {
        let people = ["jane", "eve", "gone"];
        let apps = people.map(|name| app_of(&db, person(&format!("user:default/{name}"), &[])));
        let [jane, eve, gone] = &apps;
        // What the gate of the instance says that reads the location counts.
        let worker = TestApp::new(&db);
        for name in people {
            worker.write(&format!("org/{name}.yaml"), &user(name, "team-a"));
        }
        worker.write("software/ledger.yaml", &component_of("ledger", "team-a", ""));
        worker.write("software/calm.yaml", &component_of("calm", "team-a", ""));
        let org = worker.import_from(&worker.path("org"), true).await;
        let software = worker.import_from(&worker.path("software"), false).await;
        for app in [jane, eve, gone] {
            for name in ["ledger", "calm"] {
                let star = format!("item=component:default/{name}&starred=true");
                assert_eq!(form(app, "/api/catalog/fn/star", &star).await.status, 200);
            }
        }
        // Eve goes to another team, and somebody leaves the bank.
        worker.write("org/eve.yaml", &user("eve", "team-b"));
        worker.remove("org/gone.yaml");
        worker.refresh(org).await;
        for app in [&worker, jane, eve, gone] {
            app.put_policy(
                "@id(\"treasury\") forbid (principal, action == Action::\"catalog.entity.read\", resource) \
                 when { resource.lifecycle == \"secret\" } unless { principal in Group::\"group:default/team-a\" };",
            );
        }
        let secret = component_of("ledger", "team-a", "").replace("lifecycle: production", "lifecycle: secret");
        assert!(secret.contains("lifecycle: secret"), "{secret}");
        worker.write("software/ledger.yaml", &secret);
        worker.write("software/calm.yaml", &component_of("calm", "team-b", ""));
        worker.refresh(software).await;
        let told = worker.column("SELECT recipient || ' ' || title FROM inbox_message ORDER BY recipient, title").await;
        let expected = [
            "p:user:default/eve calm changed",
            "p:user:default/jane calm changed",
            "p:user:default/jane ledger changed",
        ];
        assert_eq!(told, expected, "{}", worker.name);
    }
}

/// A server that takes mail and keeps it. It refuses the first `refusals` mails.
async fn smtp_sink(refusals: usize) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = taken.clone();
    tokio::spawn(async move {
        let mut refused = 0;
        while let Ok((socket, _)) = listener.accept().await {
            let (read, mut write) = socket.into_split();
            let mut lines = BufReader::new(read).lines();
            let (mut envelope, mut data) = (String::new(), None::<String>);
            write.write_all(b"220 sink\r\n").await.expect("a greeting");
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match &mut data {
                    Some(text) if line == "." => {
                        kept.lock().expect("kept").push(format!("{envelope}{text}"));
                        (envelope, data) = (String::new(), None);
                        "250 taken"
                    }
                    Some(text) => {
                        text.push_str(&line);
                        text.push('\n');
                        continue;
                    }
                    None if line.starts_with("MAIL") && refused < refusals => {
                        refused += 1;
                        "451 later"
                    }
                    None if line.starts_with("DATA") => {
                        data = Some(String::new());
                        "354 go on"
                    }
                    None if line.starts_with("QUIT") => break,
                    None => {
                        if line.starts_with("RCPT") {
                            envelope.push_str(&line);
                            envelope.push('\n');
                        }
                        "250 well"
                    }
                };
                if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (port, taken)
}

#[tokio::test]
async fn what_waits_goes_out_as_mail_to_whom_it_is_wanted_by() {
    for db in databases().await {
        let (port, taken) = smtp_sink(1).await;
        let mail = MailConfig {
            host: "127.0.0.1".into(),
            port,
            tls: "none".into(),
            from: "Portico <portico@bank.example>".into(),
            ..MailConfig::default()
        };
        let app =
            TestApp::with(&db, Config { mail, ..Config::default() }, &[], person(JANE, &["group:default/team-a"]));
        let now = || app.instance.kit.clock.now();
        let meet = async |subject: &str, groups: &[&str], address: &str| {
            let caller = person(subject, groups);
            let tx = app.db().begin().await.expect("begin");
            inbox::met(&tx, now(), caller.principal().expect("a person"), address).await.expect("met");
            tx.commit().await.expect("commit");
        };
        // Nobody has signed in, so there is nobody to send mail to.
        say(&app, to_jane("", "Too early")).await;
        meet(JANE, &["group:default/team-a"], "jane@bank.example").await;
        meet("user:default/sam", &["group:default/team-a"], "sam@bank.example").await;
        meet("user:default/eve", &["group:default/team-b"], "eve@bank.example").await;
        say(&app, to_jane("", "For Jane\r\nBcc: all@evil.example")).await;
        say(&app, Message { to: Recipient::Group("group:default/team-a"), ..to_jane("", "For team A") }).await;
        say(&app, Message { waits: false, ..to_jane("", "News for Jane") }).await;
        let read = Message { key: "read", ..to_jane("", "Read before it is sent") };
        say(&app, read).await;
        form(&app, "/api/inbox/fn/mark", &format!("id={}&mark=read", first_id(&app).await)).await;
        let worker = app.instance.worker();
        for _ in 0..5 {
            worker.run_due(inbox::MAIL, &[]).await.expect("the jobs ran");
            app.instance.kit.clock.advance(10_000);
        }
        let mut mails = std::mem::take(&mut *taken.lock().expect("taken"));
        mails.sort();
        let to: Vec<&str> = mails.iter().filter_map(|mail| mail.lines().next()).collect();
        assert_eq!(
            to,
            ["RCPT TO:<jane@bank.example>", "RCPT TO:<jane@bank.example>", "RCPT TO:<sam@bank.example>"],
            "{}: {mails:?}",
            app.name
        );
        assert!(
            mails.iter().all(|mail| mail.contains("Message-ID: <") && mail.contains("http://127.0.0.1:3000/catalog")),
            "{mails:?}"
        );
        assert!(!mails.concat().contains("\nBcc:"), "{mails:?}");
        assert_eq!(app.query("SELECT 1 AS one FROM job WHERE kind = 'inbox.mail'").await.len(), 0, "all is done");

        form(&app, "/api/inbox/fn/choose-mail", "mail=all").await;
        say(&app, Message { waits: false, ..to_jane("", "More news") }).await;
        form(&app, "/api/inbox/fn/choose-mail", "mail=off").await;
        worker.run_due(inbox::MAIL, &[]).await.expect("the jobs ran");
        assert_eq!(taken.lock().expect("taken").len(), 0, "what is no longer wanted is not sent");
        form(&app, "/api/inbox/fn/choose-mail", "mail=all").await;
        say(&app, Message { waits: false, ..to_jane("", "Still more news") }).await;
        worker.run_due(inbox::MAIL, &[]).await.expect("the jobs ran");
        assert_eq!(taken.lock().expect("taken").len(), 1);
        let shown = app.get("/inbox/settings").await.body;
        assert!(shown.contains("Mail goes to jane@bank.example"), "{shown}");
    }
}

#[tokio::test]
async fn a_token_that_is_about_to_expire_is_told_of_once() {
    for db in databases().await {
        let access = AccessConfig { administrators: vec![EVE.to_owned()], ..AccessConfig::default() };
        let config = Config { access, ..Config::default() };
        let jane = TestApp::with(&db, config, &[], person(JANE, &["group:default/team-a"]));
        let worker = jane.instance.worker();
        for (id, of, days, revoked) in
            [(1, JANE, 3, "NULL"), (2, JANE, 30, "NULL"), (3, JANE, 3, "1"), (4, "service:deployer", 3, "NULL")]
        {
            let ends = START + days * 86_400_000;
            write(
                &jane,
                &format!(
                    "INSERT INTO api_token (id, token_hash, subject, subject_name, name, scopes, created_at, created_by, expires_at, revoked_at) \
                     VALUES ({id}, 'hash-{id}', '{of}', 'Jane', 'Deploys {id}', '[]', 1, '{JANE}', {ends}, {revoked})"
                ),
            )
            .await;
        }
        for _ in 0..2 {
            let tx = jane.db().begin().await.expect("begin");
            let now = jane.instance.kit.clock.now();
            kit::server::jobs::enqueue(&tx, now, ::inbox::server::remind_job(now)).await.expect("asked");
            tx.commit().await.expect("commit");
            worker.run_due(::inbox::server::REMIND, &[]).await.expect("the jobs ran");
            jane.instance.kit.clock.advance(3_600_001);
        }
        let told = jane.column("SELECT recipient || ' ' || title FROM inbox_message ORDER BY title DESC").await;
        let expected = [
            format!("p:{JANE} Your API token “Deploys 1” expires in 3 days"),
            format!("p:{EVE} The API token “Deploys 4” of service:deployer expires in 3 days"),
        ];
        assert_eq!(told, expected, "{}", jane.name);
    }
}

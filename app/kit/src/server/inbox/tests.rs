use std::sync::Arc;

use super::*;
use crate::identity::{Caller, Principal, PrincipalKind, Via};
use crate::server::clock::Clock;
use crate::server::context::Kit;
use crate::server::testing::{TestDb, databases};

fn kit(db: &TestDb) -> Kit {
    crate::server::testing::kit(db, Clock::fixed(1_000_000_000_000))
}

fn person(subject: &str, groups: &[&str]) -> Caller {
    Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: subject.into(),
        name: subject.into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: String::new(),
    }))
}

fn message<'a>(to: Recipient<'a>, key: &'a str, title: &'a str) -> Message<'a> {
    Message { to, kind: "test.said", key, title, body: "", path: "/catalog", waits: true }
}

async fn say(kit: &Kit, message: Message<'_>) {
    let tx = kit.db.begin().await.unwrap();
    send(&tx, kit.clock.now(), message).await.unwrap();
    tx.commit().await.unwrap();
}

async fn titles(kit: &Kit, caller: &Caller, tab: Tab) -> Vec<String> {
    let page = list(kit, caller, tab, Place::Newest, 25).await.unwrap();
    page.entries.into_iter().map(|entry| entry.title).collect()
}

#[tokio::test]
async fn a_message_is_read_by_those_it_is_for_and_nobody_else() {
    for db in databases().await {
        let kit = kit(&db);
        let (jane, sam) =
            (person("user:default/jane", &["group:default/a"]), person("user:default/sam", &["group:default/a"]));
        let eve = person("user:default/eve", &["group:default/b", "user:default/jane"]);
        say(&kit, message(Recipient::Person("user:default/jane"), "", "For Jane")).await;
        say(&kit, message(Recipient::Group("group:default/a"), "", "For team A")).await;
        say(&kit, message(Recipient::Person("system"), "", "For nobody")).await;
        assert_eq!(titles(&kit, &jane, Tab::All).await, ["For team A", "For Jane"], "{}", db.name());
        assert_eq!(titles(&kit, &sam, Tab::All).await, ["For team A"]);
        // A group that bears the name of a person is a group all the same.
        assert_eq!(titles(&kit, &eve, Tab::All).await, Vec::<String>::new());
        assert!(list(&kit, &Caller::Anonymous, Tab::All, Place::Newest, 25).await.is_err());
        let ids = list(&kit, &jane, Tab::All, Place::Newest, 25).await.unwrap();
        for entry in &ids.entries {
            assert!(mark(&kit, &eve, entry.id, Mark::Done).await.is_err(), "not by number either");
        }
        mark_through(&kit, &eve, Tab::All, i64::MAX, Mark::Done).await.unwrap();
        assert_eq!(unread(&kit, &jane, Tab::All).await.unwrap(), 2);
        // Reading is each one's own.
        mark(&kit, &jane, ids.entries[0].id, Mark::Read).await.unwrap();
        assert_eq!((unread(&kit, &jane, Tab::All).await.unwrap(), unread(&kit, &sam, Tab::All).await.unwrap()), (1, 1));
    }
}

#[tokio::test]
async fn a_matter_is_one_message_and_new_when_it_is_sent_again() {
    for db in databases().await {
        let kit = kit(&db);
        let jane = person("user:default/jane", &[]);
        let to = Recipient::Person("user:default/jane");
        say(&kit, message(to, "matter", "One error")).await;
        say(&kit, message(to, "other", "Another matter")).await;
        say(&kit, message(to, "matter", "Two errors")).await;
        assert_eq!(titles(&kit, &jane, Tab::Waiting).await, ["Two errors", "Another matter"], "{}", db.name());
        mark_through(&kit, &jane, Tab::Waiting, i64::MAX, Mark::Done).await.unwrap();
        assert_eq!(
            (titles(&kit, &jane, Tab::Waiting).await.len(), unread(&kit, &jane, Tab::All).await.unwrap()),
            (0, 0)
        );
        say(&kit, message(to, "matter", "Three errors")).await;
        assert_eq!(titles(&kit, &jane, Tab::Waiting).await, ["Three errors"]);
        assert_eq!(unread(&kit, &jane, Tab::All).await.unwrap(), 1);
        let tx = kit.db.begin().await.unwrap();
        assert!(is_sent(&tx, to, "matter").await.unwrap());
        retract(&tx, to, "matter").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(titles(&kit, &jane, Tab::All).await, ["Another matter"]);
    }
}

#[tokio::test]
async fn what_is_marked_together_ends_with_what_was_shown() {
    for db in databases().await {
        let kit = kit(&db);
        let jane = person("user:default/jane", &[]);
        let to = Recipient::Person("user:default/jane");
        say(&kit, message(to, "", "Shown")).await;
        let shown = list(&kit, &jane, Tab::All, Place::Newest, 25).await.unwrap().entries[0].id;
        say(&kit, message(to, "", "Later")).await;
        mark_through(&kit, &jane, Tab::Waiting, shown, Mark::Read).await.unwrap();
        assert_eq!(unread(&kit, &jane, Tab::All).await.unwrap(), 1, "{}", db.name());
        mark(&kit, &jane, shown, Mark::Done).await.unwrap();
        assert_eq!(titles(&kit, &jane, Tab::Waiting).await, ["Later"]);
        mark(&kit, &jane, shown, Mark::Unread).await.unwrap();
        assert_eq!(unread(&kit, &jane, Tab::Waiting).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn pages_follow_each_other_both_ways_and_old_messages_go() {
    for db in databases().await {
        let kit = kit(&db);
        let jane = person("user:default/jane", &[]);
        let to = Recipient::Person("user:default/jane");
        for number in 0..5 {
            say(&kit, message(to, "", &format!("{number}"))).await;
        }
        let page = async |place| {
            let page = list(&kit, &jane, Tab::All, place, 2).await.unwrap();
            let titles: Vec<_> = page.entries.iter().map(|entry| entry.title.clone()).collect();
            (
                titles.concat(),
                page.newer,
                page.older,
                page.entries.first().map(|e| e.id),
                page.entries.last().map(|e| e.id),
            )
        };
        let (first, newer, older, _, last) = page(Place::Newest).await;
        assert_eq!((first.as_str(), newer, older), ("43", false, true), "{}", db.name());
        let (second, newer, older, begin, last) = page(Place::Before(last.unwrap())).await;
        assert_eq!((second.as_str(), newer, older), ("21", true, true));
        let (third, newer, older, ..) = page(Place::Before(last.unwrap())).await;
        assert_eq!((third.as_str(), newer, older), ("0", true, false));
        let (back, newer, older, ..) = page(Place::After(begin.unwrap())).await;
        assert_eq!((back.as_str(), newer, older), ("43", false, true));
        kit.clock.advance(KEPT_FOR + 1);
        say(&kit, message(to, "", "New")).await;
        assert_eq!(titles(&kit, &jane, Tab::All).await, ["New"]);
        for number in 0..=MOST {
            say(&kit, message(to, "", &format!("{number}"))).await;
        }
        let kept = db::rows(kit.db.read(), "SELECT count(*) AS n FROM inbox_message", []).await.unwrap();
        assert_eq!(kept[0].try_get::<i64>("", "n").unwrap(), i64::from(MOST));
    }
}

#[tokio::test]
async fn a_change_is_seen_by_those_it_concerns() {
    for db in databases().await {
        let kit = kit(&db);
        let (jane, sam) = (person("user:default/jane", &["group:default/a"]), person("user:default/sam", &[]));
        say(&kit, message(Recipient::Group("group:default/a"), "", "For team A")).await;
        let changed = changed_since(kit.db.read(), kit.clock.now() - 10).await.unwrap();
        assert!(Listening::of(&jane).unwrap().concerns(&changed), "{}", db.name());
        assert!(!Listening::of(&sam).unwrap().concerns(&changed));
        kit.clock.advance(100);
        assert!(changed_since(kit.db.read(), kit.clock.now()).await.unwrap().is_empty());
        mark_through(&kit, &jane, Tab::All, i64::MAX, Mark::Read).await.unwrap();
        let changed = changed_since(kit.db.read(), kit.clock.now()).await.unwrap();
        assert!(Listening::of(&jane).unwrap().concerns(&changed), "another window of hers hears of it");
        assert!(!Listening::of(&sam).unwrap().concerns(&changed));
    }
}

#[test]
fn a_path_leads_to_this_portal() {
    for (path, kept) in [
        ("/locations/7", "/locations/7"),
        ("//evil.example", PATH),
        ("https://evil.example", PATH),
        ("/\\evil.example", PATH),
        ("/\t/evil.example", PATH),
        ("", PATH),
    ] {
        assert_eq!(own_path(path), kept, "{path:?}");
    }
}

#[tokio::test]
async fn two_that_send_to_the_same_groups_in_another_order_wait_for_nothing() {
    // SQLite has one writer at a time.
    for db in databases().await.into_iter().filter(|db| db.backend() == sea_orm::DatabaseBackend::Postgres) {
        let kit = kit(&db);
        let groups = ["group:default/a", "group:default/b"];
        let now = kit.clock.now();
        let tx = kit.db.begin().await.unwrap();
        for group in groups {
            let old = Message { waits: false, ..message(Recipient::Group(group), "", "Old") };
            send(&tx, now - KEPT_FOR - 1, old).await.unwrap();
        }
        tx.commit().await.unwrap();
        let (one, other) = (kit.db.begin().await.unwrap(), kit.db.begin().await.unwrap());
        send(&one, now, message(Recipient::Group(groups[0]), "", "One")).await.unwrap();
        send(&other, now, message(Recipient::Group(groups[1]), "", "Other")).await.unwrap();
        let both = tokio::join!(
            send(&one, now, message(Recipient::Group(groups[1]), "", "One")),
            send(&other, now, message(Recipient::Group(groups[0]), "", "Other")),
        );
        assert_eq!(both, (Ok(()), Ok(())));
        one.commit().await.unwrap();
        other.commit().await.unwrap();
    }
}

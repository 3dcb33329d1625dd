//! The UX gate with its real machine: a Chromium of this machine looks at the pages that were uploaded. And pitches that are mirrored with a real repository.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;

use contributions::server::evidence::EVIDENCE;
use contributions::server::mirror::{MIRROR, mirror_job};
use contributions::server::previews::Preview;
use http::{Method, Request};
use kit::identity::Caller;
use kit::server::testing::{TestDb, databases};
use kit::server::{db, jobs};
use serde_json::{Value, json};
use server::config::{Config, ContributionsConfig};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::remote::git;
use crate::support::{Answer, TestApp, person, request};

const BASE: &str = "/api/contributions/v1/contributions";

const ORGANISATION: &str = "apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: instant-payments}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: amelie}
spec: {memberOf: [instant-payments]}
";

/// The files of one of the example's contributions, in an archive.
fn archive(name: &str) -> Vec<u8> {
    let folder = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
        .join("../examples/contributions")
        .join(name);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in std::fs::read_dir(folder).expect("an example").map(|file| file.expect("a file").path()) {
        zip.start_file(file.file_name().expect("a name").to_string_lossy(), SimpleFileOptions::default())
            .expect("a file");
        zip.write_all(&std::fs::read(&file).expect("read")).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

/// Uploads an example's pages, submits them, and has the machine look: the contribution as it is then.
async fn looked_at(amelie: &TestApp, example: &str) -> Value {
    let pitch = json!({
        "title": format!("The {example} one"), "problem": "Nobody knows who is on call", "audience": "Every team",
        "kind": "native-plugin", "owner": "group:default/instant-payments",
    });
    let pitched = amelie.post(BASE, "application/json", &pitch.to_string()).await;
    assert_eq!(pitched.status, 201, "{}", pitched.body);
    let id = pitched.json()["id"].as_str().expect("a number").to_owned();
    let sent = request(Method::POST, &format!("{BASE}/{id}/uploads?name=pages.zip"))
        .header("accept", "application/json")
        .header("content-type", "application/zip");
    let sent = amelie.send(sent.body(archive(example).into())).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let submit = json!({ "command": "submit", "stage": "ux", "material": { "ui": sent.json() } });
    let submitted = amelie.post(&format!("{BASE}/{id}/commands"), "application/json", &submit.to_string()).await;
    assert_eq!(submitted.status, 200, "{}", submitted.body);
    amelie.instance.worker().run_due(EVIDENCE, &[]).await.expect("the jobs ran");
    amelie.get_json(&format!("{BASE}/{id}")).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_finds_in_uploaded_pages_keeps_the_gate_closed_and_nothing_else_does() {
    let db = databases().await.swap_remove(0);
    let operator = TestApp::new(&db);
    operator.write("org.yaml", ORGANISATION);
    operator.import_from(&operator.path(""), true).await;
    let amelie =
        TestApp::with(&db, Config::default(), &[], person("user:default/amelie", &["group:default/instant-payments"]));
    let faulty = looked_at(&amelie, "faulty").await;
    let report = &faulty["submissions"][0]["report"];
    assert_eq!(report["verdict"], "fail", "{faulty:#}");
    assert!(report["blocking"].as_array().is_some_and(|found| found.len() >= 20), "{report:#}");
    assert_eq!(
        report["reviewed"], faulty["submissions"][0]["material"]["ui"]["hash"],
        "what was looked at is what was sent"
    );
    let id = faulty["id"].as_str().expect("a number");
    let whole = amelie.get_json(&format!("{BASE}/{id}/submissions/1/report")).await.json();
    let pictures = whole["screenshots"].as_array().expect("pictures").len();
    assert_eq!(pictures, 6, "each width and theme");
    let clean = looked_at(&amelie, "clean").await;
    assert_eq!(clean["submissions"][0]["report"]["blocking"], json!([]), "{clean:#}");
}

/// Asks the host of pages of contributors.
async fn shown(app: &TestApp, address: &str, path: &str) -> Answer {
    let host = address.strip_prefix("http://").expect("an address");
    let request = Request::builder().method(Method::GET).uri(path).header("host", host);
    app.send(request.body(axum::body::Body::empty())).await
}

fn preview(app: &TestApp, id: &str, dark: bool) -> String {
    let preview = Preview { contribution: id.to_owned(), submission: 1, dark, still: true };
    app.instance.contributions.preview_href("127.0.0.1:3000", &preview).expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_commit_are_looked_at_and_shown_on_another_host_with_nothing_of_the_portal() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("org.yaml", ORGANISATION);
        operator.import_from(&operator.path(""), true).await;
        let author = person("user:default/amelie", &["group:default/instant-payments"]);
        let amelie = TestApp::with(&db, Config::default(), &[], author);
        let (url, commit) = repository(&amelie);
        let pitch = json!({ "title": "Rota", "problem": "Nobody knows", "audience": "All", "kind": "native-plugin", "owner": "group:default/instant-payments" });
        for (field, value) in [("title", "Ro\0ta"), ("problem", "Who\u{202e}?"), ("audiance", "All")] {
            let mut odd = pitch.clone();
            odd[field] = json!(value);
            let refused = amelie.post(BASE, "application/json", &odd.to_string()).await;
            assert_eq!(refused.status, 400, "{field}: {}", refused.body);
        }
        let pitched = amelie.post(BASE, "application/json", &pitch.to_string()).await;
        let id = pitched.json()["id"].as_str().expect("a number").to_owned();
        let submit = |commit: &str, url: &str, path: &str| {
            json!({ "command": "submit", "stage": "ux", "material": { "ui": { "from": "git", "url": url, "commit": commit, "path": path } } }).to_string()
        };
        let commands = format!("{BASE}/{id}/commands");
        for (asked, said) in [
            (submit(&"0".repeat(40), &url, "pages"), "0000"),
            (submit(&commit, "https://elsewhere.example/x.git", "pages"), "allowed host"),
            (submit(&commit, &url, "none"), "none"),
            (submit(&commit, &url, ""), "notes.exe"),
        ] {
            let refused = amelie.post(&commands, "application/json", &asked).await;
            assert!(refused.status == 400 && refused.body.contains(said), "{}: {}", refused.status, refused.body);
        }
        let submitted = amelie.post(&commands, "application/json", &submit(&commit, &url, "pages")).await;
        assert_eq!(submitted.status, 200, "{}", submitted.body);
        amelie.instance.worker().run_due(EVIDENCE, &[]).await.expect("the jobs ran");
        let report = amelie.get_json(&format!("{BASE}/{id}/submissions/1/report")).await.json();
        assert_eq!(report["pages"], json!(["index.html"]), "{report:#}");
        let picture = amelie.get(&format!("{BASE}/{id}/submissions/1/pictures/0")).await;
        assert_eq!((picture.status.as_u16(), picture.headers["content-type"].as_bytes()), (200, &b"image/png"[..]));

        let bench =
            amelie.get(&format!("/contribute/contributions/{id}/workbench?theme=dark&motion=reduced&zoom=200")).await;
        let address = preview(&amelie, &id, true);
        assert!(bench.body.contains(&format!("src=\"{address}/\"")), "the frame shows it");
        let policy = bench.headers["content-security-policy"].to_str().expect("a policy");
        assert!(policy.contains("frame-src http://*.localhost:*;"), "{policy}");

        let page = shown(&amelie, &address, "/").await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("/.portico/workbench.js"), "{}", page.body);
        let policy = page.headers["content-security-policy"].to_str().expect("a policy");
        assert!(policy.starts_with("sandbox allow-scripts;") && policy.contains("connect-src 'none'"), "{policy}");
        assert!(policy.ends_with("frame-ancestors http://127.0.0.1:3000 http://localhost:3000"), "{policy}");
        assert!(!page.headers.contains_key("set-cookie"));
        let sheet = shown(&amelie, &address, "/design/v1/tokens.css").await;
        assert!(!sheet.body.contains("prefers-color-scheme: dark"), "the theme is the reviewer's");
        let script = shown(&amelie, &address, "/.portico/workbench.js").await;
        assert!(
            script.body.contains("\"theme\":\"dark\"") && script.body.contains("--pk-space-3"),
            "the tokens are known"
        );

        // Nothing of the portal is there, and nothing of it where the name is not one that was given.
        for path in [
            "/catalog",
            "/api/contributions/v1/contributions",
            "/healthz",
            "/sign-in",
            "/assets/kit.js",
            "/../secret.key",
        ] {
            assert_eq!(shown(&amelie, &address, path).await.status, 404, "{path}");
        }
        let other = address.replacen("http://", "http://0", 1);
        let swapped = preview(&amelie, &id, false).replace(&address[7..20], "0000000000000");
        for address in [other, swapped, "http://x.localhost:3000".to_owned()] {
            let over = shown(&amelie, &address, "/").await;
            assert!(over.status == 404 && over.body.contains("This preview is over"), "{address}: {}", over.body);
        }
        let own = amelie.get("/.portico/workbench.js").await;
        assert_eq!(own.status, 404, "the portal itself shows no page of a contributor");
        amelie.instance.kit.clock.advance(25 * 60 * 60 * 1000);
        assert_eq!(shown(&amelie, &address, "/").await.status, 404, "a name is good for a day");
    }
}

/// A repository of the portal's own with pages of a contributor; its address, and the commit.
fn repository(app: &TestApp) -> (String, String) {
    let kept = app.path("").join("../data/repositories/team");
    let work = app.path("work");
    std::fs::create_dir_all(&kept).expect("a folder");
    std::fs::create_dir_all(work.join("pages")).expect("a folder");
    let example = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
        .join("../examples/contributions/clean");
    for file in std::fs::read_dir(example).expect("an example").map(|file| file.expect("a file").path()) {
        std::fs::copy(&file, work.join("pages").join(file.file_name().expect("a name"))).expect("copied");
    }
    std::fs::write(work.join("notes.exe"), "x").expect("written");
    let bare = kept.join("pages.git").display().to_string();
    git(&kept, &["init", "--quiet", "--bare", &bare]);
    git(&work, &["init", "--quiet", "--initial-branch=main"]);
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "--message=Pages"]);
    git(&work, &["push", "--quiet", &bare, "main"]);
    let head = std::fs::read_to_string(work.join(".git/refs/heads/main")).expect("a commit").trim().to_owned();
    ("http://127.0.0.1:3000/api/templates/repositories/team/pages.git".to_owned(), head)
}

/// A bare repository of a bank, and somebody who works in it.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a folder") };
        repository.git(&["init", "--quiet", "--bare", "--initial-branch=main", "bare.git"]);
        repository.git(&["init", "--quiet", "--initial-branch=main", "work"]);
        repository
    }

    fn url(&self) -> String {
        self.folder.path().canonicalize().expect("the folder").join("bare.git").display().to_string()
    }

    fn run(&self, within: &str, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(args)
            .current_dir(self.folder.path().join(within))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", "Jane <b>Doe</b>"), ("GIT_AUTHOR_EMAIL", "jane@bank.example")])
            .envs([("GIT_COMMITTER_NAME", "Jane"), ("GIT_COMMITTER_EMAIL", "jane@bank.example")])
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn git(&self, args: &[&str]) -> String {
        self.run("", args)
    }

    /// The files in the folder of pitches, by name.
    fn files(&self) -> BTreeMap<String, String> {
        let names = self.run("bare.git", &["ls-tree", "--name-only", "-r", "main"]);
        let names = names.lines().filter_map(|line| line.strip_prefix("pitches/"));
        names.map(|name| (name.to_owned(), self.run("bare.git", &["show", &format!("main:pitches/{name}")]))).collect()
    }

    /// Somebody's commit on top of what is there; nothing stands for removing a file.
    fn commit(&self, files: &[(&str, Option<&str>)]) {
        self.update();
        let folder = self.folder.path().join("work/pitches");
        std::fs::create_dir_all(&folder).expect("a folder");
        for (name, text) in files {
            match text {
                Some(text) => std::fs::write(folder.join(name), text).expect("written"),
                None => std::fs::remove_file(folder.join(name)).expect("it was there"),
            }
        }
        self.push("changed");
    }

    fn update(&self) {
        if !self.run("bare.git", &["for-each-ref"]).is_empty() {
            self.run("work", &["fetch", "--quiet", &self.url(), "main"]);
            self.run("work", &["reset", "--quiet", "--hard", "FETCH_HEAD"]);
        }
    }

    fn push(&self, message: &str) {
        self.run("work", &["add", "--all"]);
        self.run("work", &["commit", "--quiet", "--allow-empty", "-m", message]);
        self.run("work", &["push", "--quiet", &self.url(), "HEAD:main"]);
    }
}

/// A portal whose pitches are mirrored with a repository.
struct Mirrored {
    repository: Repository,
    operator: TestApp,
    config: Config,
}

impl Mirrored {
    async fn open(db: &TestDb) -> Self {
        let repository = Repository::new();
        let contributions = ContributionsConfig { mirror: repository.url(), ..ContributionsConfig::default() };
        let config = Config { contributions, ..Config::default() };
        let operator = TestApp::with(db, config.clone(), &[], Caller::Operator);
        operator.write("org.yaml", ORGANISATION);
        operator.import_from(&operator.path(""), true).await;
        Self { repository, operator, config }
    }

    fn as_(&self, db: &TestDb, subject: &str, groups: &[&str]) -> TestApp {
        TestApp::with(db, self.config.clone(), &[], person(subject, groups))
    }

    async fn round(&self) {
        self.operator.instance.kit.clock.advance(60_000);
        let tx = self.operator.db().begin().await.expect("begin");
        let now = self.operator.instance.kit.clock.now();
        jobs::enqueue(&tx, now, mirror_job(now)).await.expect("a job");
        tx.commit().await.expect("commit");
        self.operator.instance.worker().run_due(MIRROR, &[]).await.expect("the job ran");
    }

    /// The one contribution with this title.
    async fn titled(&self, title: &str) -> Value {
        let listed = self.operator.get_json(BASE).await.json();
        let found: Vec<&Value> =
            listed["items"].as_array().into_iter().flatten().filter(|each| each["title"] == title).collect();
        assert_eq!(found.len(), 1, "{title}: {listed:#}");
        self.operator.get_json(&format!("{BASE}/{}", found[0]["id"].as_str().expect("a number"))).await.json()
    }

    async fn edit(&self, one: &Value, change: impl FnOnce(&mut Value)) {
        let mut pitch = one["pitch"].clone();
        change(&mut pitch);
        let path = format!("{BASE}/{}/commands", one["id"].as_str().expect("a number"));
        let edit = json!({ "command": "edit", "pitch": pitch });
        let edited = self.operator.post(&path, "application/json", &edit.to_string()).await;
        assert_eq!(edited.status, 200, "{}", edited.body);
    }

    async fn pitch(&self, title: &str) -> Value {
        let pitch = json!({ "title": title, "problem": "Nobody knows", "audience": "Every team", "kind": "template", "owner": "instant-payments" });
        let pitched = self.operator.post(BASE, "application/json", &pitch.to_string()).await;
        assert_eq!(pitched.status, 201, "{}", pitched.body);
        self.titled(title).await
    }

    async fn page(&self, by: &TestApp, one: &Value) -> String {
        by.get(&format!("/contribute/contributions/{}", one["id"].as_str().expect("a number"))).await.body
    }

    /// Settles what differs, as the page of the contribution offers it.
    async fn settle(&self, by: &TestApp, one: &Value, take: bool) -> u16 {
        let page = self.page(&self.operator, one).await;
        let seen =
            page.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let body = format!("id={}&take={take}&seen={seen}", one["id"].as_str().expect("a number"));
        let form = "application/x-www-form-urlencoded";
        by.post("/api/contributions/fn/settle-conflict", form, &body).await.status.as_u16()
    }

    async fn board(&self) -> String {
        self.operator.get("/contribute").await.body
    }
}

fn file(title: &str, problem: &str) -> String {
    format!(
        "---\ntitle: {title}\nkind: template\nowner: instant-payments\nstage: live\n---\n\n## Problem\n\n{problem}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn pitches_and_files_of_a_repository_become_each_other() {
    for db in databases().await {
        let bank = Mirrored::open(&db).await;
        // An empty repository, into which nobody has pushed.
        bank.round().await;
        let one = bank.pitch("Rota of the night").await;
        bank.round().await;
        let files = bank.repository.files();
        let (name, text) = files.first_key_value().expect("a file");
        assert_eq!(
            name,
            &format!("rota-of-the-night-{}.md", &one["id"].as_str().expect("a number")[..8]),
            "{}",
            db.name()
        );
        assert!(
            text.contains("title: \"Rota of the night\"") && text.contains("## Problem\n\nNobody knows\n"),
            "{text}"
        );
        assert!(bank.page(&bank.operator, &one).await.contains(&format!("pitches/{name}")));
        let heads = || bank.repository.run("bare.git", &["rev-list", "--count", "main"]);
        bank.round().await;
        assert_eq!(heads().trim(), "1", "what is agreed to is not told again");

        // A pull request that was merged.
        bank.repository.commit(&[("idea.md", Some(&file("An idea", "Too many meetings")))]);
        bank.round().await;
        let idea = bank.titled("An idea").await;
        assert_eq!(
            (&idea["stage"], &idea["makers"], &idea["author"]),
            (&json!("pitch"), &json!([]), &json!("repository"))
        );
        assert_eq!(idea["pitch"]["owner"], "group:default/instant-payments");
        let written = bank.repository.files()["idea.md"].clone();
        assert!(
            written.contains(idea["id"].as_str().expect("a number")) && written.contains("stage: pitch"),
            "{written}"
        );
        let page = bank.page(&bank.operator, &idea).await;
        assert!(page.contains("says that it is by Jane b") && !page.contains("<b>Doe"), "{page}");

        // A change on either side, and on both of them in other fields.
        bank.repository.commit(&[("idea.md", Some(&written.replace("Too many meetings", "Far too many meetings")))]);
        bank.edit(&idea, |pitch| pitch["title"] = json!("A good idea")).await;
        bank.round().await;
        let idea = bank.titled("A good idea").await;
        assert_eq!(idea["pitch"]["problem"], "Far too many meetings");
        let written = bank.repository.files()["idea.md"].clone();
        assert!(written.contains("A good idea") && written.contains("Far too many"), "{written}");

        // Moved there, and worded otherwise at once.
        bank.repository.commit(&[("idea.md", None), ("moved.md", Some(&written.replace("Far too", "Much too")))]);
        bank.round().await;
        assert_eq!(bank.titled("A good idea").await["pitch"]["problem"], "Much too many meetings");
        assert_eq!(
            bank.repository.files().keys().filter(|name| !name.starts_with("rota")).collect::<Vec<_>>(),
            ["moved.md"]
        );

        // The folder is a cache.
        std::fs::remove_dir_all(bank.operator.data().join("mirror")).expect("it was there");
        bank.edit(&bank.titled("Rota of the night").await, |pitch| pitch["sketch"] = json!("## Problem\nnone")).await;
        bank.round().await;
        assert!(bank.repository.files()[name].contains("## Sketch\n\n\\## Problem\nnone\n"));
        let audited =
            "SELECT action FROM audit_event WHERE actor = 'system' AND action LIKE 'contributions.%' ORDER BY id";
        let edit = "contributions.contribution.edit";
        assert_eq!(bank.operator.column(audited).await, ["contributions.contribution.pitch", edit, edit]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_both_sides_have_changed_is_shown_and_settled_either_way() {
    for db in databases().await {
        let bank = Mirrored::open(&db).await;
        let stranger = bank.as_(&db, "user:default/priya", &[]);
        let maker = bank.as_(&db, "user:default/amelie", &["group:default/instant-payments"]);
        for take in [false, true] {
            let title = format!("Rota {take}");
            let one = bank.pitch(&title).await;
            bank.round().await;
            let (name, text) =
                bank.repository.files().into_iter().find(|(_, text)| text.contains(&title)).expect("a file");
            let theirs = text.replace("Nobody knows", "Nobody there knows").replace("Every team", "Each team");
            bank.repository.commit(&[(&name, Some(&theirs))]);
            bank.edit(&one, |pitch| pitch["problem"] = json!("Nobody here knows")).await;
            for _ in 0..2 {
                bank.round().await;
                let now = bank.titled(&title).await;
                assert_eq!(
                    (&now["pitch"]["problem"], &now["pitch"]["audience"]),
                    (&json!("Nobody here knows"), &json!("Each team"))
                );
                assert_eq!(bank.repository.files()[&name], theirs, "{}", db.name());
            }
            let page = bank.page(&maker, &one).await;
            assert!(
                page.contains("Nobody there knows")
                    && page.contains("Nobody here knows")
                    && page.contains("Keep the portal"),
                "{page}"
            );
            assert!(!bank.page(&stranger, &one).await.contains("Keep the portal"));
            assert!(bank.board().await.contains("is otherwise in the repository"));
            assert_eq!(bank.settle(&stranger, &one, take).await, 403);
            let unseen = format!("id={}&take=true&seen=x", one["id"].as_str().expect("a number"));
            let form = "application/x-www-form-urlencoded";
            assert_eq!(maker.post("/api/contributions/fn/settle-conflict", form, &unseen).await.status, 409);
            assert!(bank.settle(&maker, &one, take).await < 400);
            assert_eq!(bank.settle(&maker, &one, take).await, 409, "once");
            bank.round().await;
            let expected = if take { "Nobody there knows" } else { "Nobody here knows" };
            let now = bank.titled(&title).await;
            assert_eq!((&now["pitch"]["problem"], &now["pitch"]["audience"]), (&json!(expected), &json!("Each team")));
            assert!(bank.repository.files()[&name].contains(expected));
            assert!(!bank.page(&maker, &one).await.contains("It is otherwise in the repository"));
        }

        // Removed there: put back, or withdrawn.
        for take in [false, true] {
            let title = format!("Removed {take}");
            let one = bank.pitch(&title).await;
            bank.round().await;
            let name = bank.repository.files().into_iter().find(|(_, text)| text.contains(&title)).expect("a file").0;
            bank.repository.commit(&[(&name, None)]);
            bank.round().await;
            assert_eq!(bank.titled(&title).await["state"], "open", "nothing is removed by removing its file");
            assert!(bank.page(&maker, &one).await.contains("was removed from the repository"));
            assert!(bank.settle(&maker, &one, take).await < 400);
            bank.round().await;
            bank.round().await;
            assert_eq!(bank.titled(&title).await["state"], if take { "withdrawn" } else { "open" });
            assert_eq!(bank.repository.files().contains_key(&name), !take, "{}", db.name());
        }

        // What may no longer be changed stays as it is, and so does the file.
        let one = bank.titled("Rota true").await;
        let withdraw = json!({ "command": "withdraw", "reason": "enough" }).to_string();
        let path = format!("{BASE}/{}/commands", one["id"].as_str().expect("a number"));
        assert_eq!(maker.post(&path, "application/json", &withdraw).await.status, 200);
        bank.round().await;
        let (name, text) =
            bank.repository.files().into_iter().find(|(_, text)| text.contains("Rota true")).expect("a file");
        assert!(text.contains("state: withdrawn"), "{text}");
        bank.repository.commit(&[(&name, Some(&text.replace("Each team", "Nobody")))]);
        bank.round().await;
        assert!(bank.page(&maker, &one).await.contains("It is over, and stays as it is"));
        assert!(bank.settle(&maker, &one, false).await < 400);
        bank.round().await;
        assert_eq!(bank.repository.files()[&name], text);
        bank.repository.commit(&[(&name, None)]);
        bank.round().await;
        assert!(!bank.board().await.contains("Rota true is otherwise"), "what is over may go there");
        assert!(!bank.repository.files().contains_key(&name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_shown_and_what_is_hostile_does_nothing() {
    for db in databases().await {
        let bank = Mirrored::open(&db).await;
        let bomb = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, at| {
            text + &format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 9].join(", "))
        });
        let long = "x".repeat(600_000);
        std::os::unix::fs::symlink("/etc/passwd", bank.repository.folder.path().join("work/link.md")).expect("a link");
        let folder = bank.repository.folder.path().join("work/pitches");
        std::fs::create_dir_all(folder.join("deep.md")).expect("a folder");
        std::fs::write(folder.join("deep.md/x.md"), file("Deep", "x")).expect("written");
        std::os::unix::fs::symlink("/etc/passwd", folder.join("link.md")).expect("a link");
        bank.repository.commit(&[
            ("README.md", Some("# Pitches")),
            ("kind.md", Some(&file("x", "y").replace("kind: template", "kind: rota"))),
            ("owner.md", Some(&file("x", "y").replace("instant-payments", "nobody"))),
            ("bomb.md", Some(&format!("---\n{bomb}---\n"))),
            ("long.md", Some(&file("x", &long))),
            ("stranger.md", Some(&file("x", "y").replace("kind:", "id: 00000000-0000-4000-8000-000000000000\nkind:"))),
            ("co:lon.md", Some(&file("x", "y"))),
            ("fine one.md", Some(&file("Fine", "y"))),
        ]);
        bank.round().await;
        let fine = bank.titled("Fine").await;
        let listed = bank.operator.get_json(BASE).await.json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{}: {listed:#}", db.name());
        let board = bank.board().await;
        for said in [
            "pitches/kind.md:3 kind",
            "pitches/owner.md:4 owner",
            "pitches/bomb.md:",
            "512 KB at most",
            "There is no such contribution",
            "Give it a plain name",
        ] {
            assert!(board.contains(said), "{said}: {board}");
        }
        assert!(!bank.as_(&db, "user:default/priya", &[]).get("/contribute").await.body.contains("kind.md"));
        let rows = bank.operator.rows("contributions_mirror_problem").await;
        bank.round().await;
        assert_eq!(bank.operator.rows("contributions_mirror_problem").await, rows, "the same is said once");

        // A known file that becomes unreadable is left alone until it is mended.
        let text = bank.repository.files()["fine one.md"].clone();
        bank.repository.commit(&[("fine one.md", Some(&text.replace("## Problem", "## Problems"))), ("kind.md", None)]);
        bank.edit(&fine, |pitch| pitch["audience"] = json!("Us")).await;
        bank.round().await;
        assert!(bank.page(&bank.operator, &fine).await.contains("cannot be read"));
        assert!(
            bank.repository.files()["fine one.md"].contains("## Problems") && !bank.board().await.contains("kind.md")
        );
        bank.repository.commit(&[("fine one.md", Some(&text.replace("\n\ny\n", "\n\nz\n")))]);
        bank.round().await;
        let fine = bank.titled("Fine").await;
        assert_eq!((&fine["pitch"]["problem"], &fine["pitch"]["audience"]), (&json!("z"), &json!("Us")));
        assert!(bank.repository.files()["fine one.md"].contains("\n\nUs\n"));

        // Whoever loses the branch loses no pitch, and is told.
        bank.repository.run("bare.git", &["update-ref", "-d", "refs/heads/main"]);
        bank.round().await;
        assert!(bank.board().await.contains("the branch main is no longer there"));
        assert_eq!(bank.titled("Fine").await["state"], "open");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_is_cut_off_goes_on_where_it_was() {
    for db in databases().await {
        let bank = Mirrored::open(&db).await;
        bank.repository.commit(&[("idea.md", Some(&file("An idea", "x")))]);
        // It pitches what is new, and nobody takes its push.
        let hook = Path::new(&bank.repository.url()).join("hooks/pre-receive");
        std::fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
        std::fs::write(&hook, "#!/bin/sh\necho no >&2\nexit 1\n").expect("a hook");
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
        for _ in 0..2 {
            bank.round().await;
            let idea = bank.titled("An idea").await;
            assert!(!bank.repository.files()["idea.md"].contains(idea["id"].as_str().expect("a number")));
            assert!(bank.board().await.contains("rejected"), "{}: {}", db.name(), bank.board().await);
        }
        std::fs::remove_file(&hook).expect("it was there");
        bank.round().await;
        let idea = bank.titled("An idea").await;
        assert!(bank.repository.files()["idea.md"].contains(idea["id"].as_str().expect("a number")));
        assert!(!bank.board().await.contains("rejected"));

        // Its push is taken, and it is killed before it hears of that; both sides go on meanwhile.
        bank.edit(&idea, |pitch| pitch["title"] = json!("A second idea")).await;
        let before = bank.operator.query("SELECT base, blob, seq FROM contributions_mirror").await.swap_remove(0);
        bank.round().await;
        let tx = bank.operator.db().begin().await.expect("begin");
        let text = "UPDATE contributions_mirror SET sent_base = base, sent_blob = blob, sent_seq = seq, sent_commit = ?, base = ?, blob = ?, seq = ?";
        let head = bank.repository.run("bare.git", &["rev-parse", "main"]);
        let of = |name: &str| before[name].as_str().expect("a text").to_owned();
        let values = [head.trim().into(), of("base").into(), of("blob").into(), before["seq"].as_i64().into()];
        db::execute(&tx, text, values).await.expect("as it was");
        tx.commit().await.expect("commit");
        bank.edit(&bank.titled("A second idea").await, |pitch| pitch["title"] = json!("A third idea")).await;
        let written = bank.repository.files()["idea.md"].clone();
        bank.repository.commit(&[("idea.md", Some(&written.replace("\n\nx\n", "\n\ny\n")))]);
        bank.round().await;
        let idea = bank.titled("A third idea").await;
        assert_eq!(idea["pitch"]["problem"], "y");
        assert!(!bank.page(&bank.operator, &idea).await.contains("otherwise in the repository"));
        assert!(bank.repository.files()["idea.md"].contains("A third idea"));
        assert_eq!(bank.operator.rows("contributions_contribution").await.len(), 1, "nothing is there twice");

        // Another repository begins anew, and takes back nothing.
        let other = Repository::new();
        let contributions = ContributionsConfig { mirror: other.url(), ..ContributionsConfig::default() };
        let config = Config { contributions, ..Config::default() };
        let moved =
            Mirrored { operator: TestApp::with(&db, config.clone(), &[], Caller::Operator), repository: other, config };
        moved.operator.instance.kit.clock.advance(3_600_000);
        moved.round().await;
        assert!(moved.repository.files()["idea.md"].contains("A third idea"));
        assert_eq!(moved.titled("A third idea").await["state"], "open");
    }
}

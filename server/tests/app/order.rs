//! Whatever order files come, change and go in: the end is that of a fresh import of the files that are there.

use kit::server::testing::databases;

use crate::support::{Numbers, TestApp, assert_counts, assert_same, component_of, location, picture, soak};

/// Fewer names than documents, so that they contend for them.
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

const FILES: [&str; 6] = ["1.yaml", "2.yaml", "3.yaml", "sub/4.yaml", "sub/5.yaml", "z.yaml"];

fn content(numbers: &mut Numbers) -> String {
    let document = |numbers: &mut Numbers| match numbers.below(8) {
        0 => "kind: [\n".to_owned(),
        1 => location("all", &["./1.yaml", "./sub/*.yaml", "./nowhere.yaml"]),
        2 => {
            "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: s\nspec:\n  owner: team-1\n".to_owned()
        }
        _ => {
            let name = NAMES[numbers.below(NAMES.len())];
            let tags = ["", "  tags: [one, two]\n", "  tags: [two]\n  title: Two\n"][numbers.below(3)];
            component_of(name, ["team-1", "team-2"][numbers.below(2)], tags)
        }
    };
    let documents: Vec<String> = (0..1 + numbers.below(4)).map(|_| document(numbers)).collect();
    documents.join("---\n")
}

/// What must be the same: all but what remembers the past on purpose, which is orphans.
fn present(picture: Vec<String>, orphans: &[String]) -> Vec<String> {
    let of_orphan = |line: &String| orphans.iter().any(|orphan| line.contains(&format!("\"ref\":\"{orphan}\"")));
    picture.into_iter().filter(|line| !line.starts_with("count ") && !of_orphan(line)).collect()
}

async fn orphans(app: &TestApp) -> Vec<String> {
    app.column("SELECT ref FROM catalog_entity WHERE orphan = TRUE").await
}

#[tokio::test]
async fn any_sequence_of_changes_ends_where_a_fresh_import_begins() {
    let runs = if soak() { 200 } else { 5 };
    for run in 0..runs {
        for (db, fresh) in databases().await.into_iter().zip(databases().await) {
            let mut numbers = Numbers(run * 7919 + 17);
            let app = TestApp::new(&db);
            let id = app.import().await;
            for step in 0..8 {
                for _ in 0..1 + numbers.below(3) {
                    let file = FILES[numbers.below(FILES.len())];
                    if numbers.below(4) == 0 && app.path(file).exists() {
                        app.remove(file);
                    } else {
                        app.write(file, &content(&mut numbers));
                    }
                }
                app.refresh(id).await;
                assert_counts(&app, &format!("{}, run {run}, step {step}", app.name)).await;
            }
            let gone = orphans(&app).await;
            let again = TestApp::new(&fresh);
            let target = app.path("");
            again.import_from(&target, false).await;
            assert_eq!(orphans(&again).await, Vec::<String>::new());
            let (left, right) = (present(picture(app.db()).await, &gone), present(picture(again.db()).await, &gone));
            assert_same(&left, &right, &format!("{}, run {run}: after changes (-) and fresh (+)", app.name));
        }
    }
}

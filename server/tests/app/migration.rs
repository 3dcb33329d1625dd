//! The tables.

use kit::server::testing::databases;
use migrations::{Migrator, MigratorTrait};

use crate::support::{TestApp, component};

#[tokio::test]
async fn migrations_go_up_down_and_up_again() {
    for db in databases().await {
        let connection = db.for_migration().await.expect("a connection");
        Migrator::down(&connection, None).await.unwrap_or_else(|error| panic!("{}: {error}", db.name()));
        Migrator::up(&connection, None).await.unwrap_or_else(|error| panic!("{}: {error}", db.name()));
        Migrator::up(&connection, None).await.expect("a second time changes nothing");
        drop(connection);
        let app = TestApp::new(&db);
        app.write("a.yaml", &component("a"));
        app.import().await;
        assert_eq!(app.refs().await, ["component:default/a"], "{}", db.name());
    }
}

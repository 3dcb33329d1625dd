//! Databases for tests, where every test of a store runs on each of them, and stand-ins for what a test does not need.

mod stand_ins;

use std::ops::Deref;
use std::time::Duration;

pub use stand_ins::{HeldCatalog, NoFiles, NoPeople, kit};

use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbErr};
use tempfile::TempDir;
use uuid::Uuid;

use super::db::Db;

/// The variable that names a PostgreSQL server for tests.
const POSTGRES: &str = "PORTICO_TEST_POSTGRES_URL";

/// A fresh and migrated database, gone when this is dropped.
#[derive(Debug)]
pub struct TestDb {
    db: Db,
    url: String,
    place: Place,
}

/// What has to be cleared away.
#[derive(Debug)]
enum Place {
    Sqlite { _dir: TempDir },
    Postgres { server: String, schema: String },
}

/// A fresh SQLite database and, when `PORTICO_TEST_POSTGRES_URL` is set, a fresh schema on that PostgreSQL server; it must be set in CI.
///
/// # Panics
/// When a database cannot be made: a test has nothing to run on then.
pub async fn databases() -> Vec<TestDb> {
    let mut databases = vec![sqlite().await.expect("a fresh SQLite database")];
    match std::env::var(POSTGRES) {
        Ok(server) => {
            databases.push(postgres(server).await.expect("a fresh schema on the PostgreSQL server for tests"))
        }
        Err(_) => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{POSTGRES} must be set in CI");
            eprintln!("skipped: PostgreSQL ({POSTGRES} is not set)");
        }
    }
    databases
}

impl TestDb {
    /// Which database it is, for the message of a failing assertion.
    pub fn name(&self) -> &'static str {
        match self.place {
            Place::Sqlite { .. } => "SQLite",
            Place::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Where it is, for a process that the test starts.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connections of their own to the same database, as another process has them.
    ///
    /// # Panics
    /// When the database is gone.
    pub async fn again(&self) -> Db {
        Db::connect(&self.url).await.expect("the test database answers")
    }
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Place::Postgres { server, schema } = &self.place else { return };
        let (server, schema) = (server.clone(), schema.clone());
        // A drop cannot wait for a future, and the test's own runtime may be single-threaded: so a thread with its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(drop_schema(&server, &schema)).ok()
        });
        if !matches!(dropped.join(), Ok(Some(()))) {
            eprintln!("a schema was left behind on the PostgreSQL server for tests");
        }
    }
}

async fn sqlite() -> Result<TestDb, DbErr> {
    let dir = tempfile::tempdir().map_err(|error| DbErr::Custom(error.to_string()))?;
    let url = format!("sqlite://{}", dir.path().join("test.db").display());
    let db = Db::connect(&url).await?;
    migrate(&db).await?;
    Ok(TestDb { db, url, place: Place::Sqlite { _dir: dir } })
}

async fn postgres(server: String) -> Result<TestDb, DbErr> {
    let schema = format!("test_{}", Uuid::new_v4().simple());
    alone(&server).await?.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await?;
    let separator = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{separator}options=-csearch_path%3D{schema}&application_name={schema}");
    let test = TestDb { db: Db::connect(&url).await?, url, place: Place::Postgres { server, schema } };
    migrate(&test).await?;
    Ok(test)
}

async fn migrate(db: &Db) -> Result<(), DbErr> {
    Migrator::up(&db.for_migration().await?, None).await
}

async fn drop_schema(server: &str, schema: &str) -> Result<(), DbErr> {
    let connection = alone(server).await?;
    // A transaction that the test left open would hold the tables; its connections bear the schema's name.
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{schema}'");
    connection.execute_unprepared(&end).await?;
    // Better a schema too many than a test that hangs.
    connection.execute_unprepared("SET lock_timeout = '3s'").await?;
    connection.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await?;
    connection.close().await
}

/// One connection outside any schema of a test.
async fn alone(server: &str) -> Result<sea_orm::DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(server);
    options.max_connections(1).connect_timeout(Duration::from_secs(10)).sqlx_logging(false);
    Database::connect(options).await
}

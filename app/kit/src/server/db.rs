//! The database: SQLite embedded in a data directory, or PostgreSQL.

use std::time::Duration;

use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction,
    DbErr, IsolationLevel, QueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};

/// The target of the trace that tells every statement with its values; for tests of query plans, as values may be personal.
pub const STATEMENTS: &str = "portico::statements";

/// How long a writer waits for another process that holds SQLite's write lock.
const SQLITE_BUSY: Duration = Duration::from_secs(30);

/// How long a writer waits for the one connection that writes to SQLite.
const SQLITE_WAIT: Duration = Duration::from_secs(60);

/// How long to wait for a connection to PostgreSQL; also how soon a server that is not there is given up.
const POSTGRES_WAIT: Duration = Duration::from_secs(10);

/// Connections for reading, per process.
const READERS: u32 = 8;

/// One database with a pool for reading and one for writing. SQLite has one writer at a time, so its write pool has one
/// connection and writers queue in the process instead of failing with "busy"; on PostgreSQL the two are the same pool.
#[derive(Clone)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    url: String,
}

impl std::fmt::Debug for Db {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("backend", &self.backend()).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens `url` (`sqlite:///path/file.db` or `postgres://…`), making the SQLite file where it is missing.
    pub async fn connect(url: &str) -> Result<Self, DbErr> {
        if !url.starts_with("sqlite:") {
            let pool = Database::connect(options(url, READERS + 2)).await?;
            return Ok(Self { read: pool.clone(), write: pool, url: url.to_owned() });
        }
        let sqlite = |connections| {
            let mut options = options(url, connections);
            options.map_sqlx_sqlite_opts(|options| {
                options
                    .create_if_missing(true)
                    .busy_timeout(SQLITE_BUSY)
                    .foreign_keys(true)
                    .pragma("journal_mode", "WAL")
                    // FULL makes a commit survive a power cut, not only the end of the process.
                    .pragma("synchronous", "FULL")
                    .pragma("cache_size", "-65536")
                    .pragma("mmap_size", "268435456")
                    .pragma("temp_store", "MEMORY")
            });
            options
        };
        let write = Database::connect(sqlite(1)).await?;
        Ok(Self { read: Database::connect(sqlite(READERS)).await?, write, url: url.to_owned() })
    }

    /// For queries outside a transaction.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Begins a transaction that will write; on SQLite it takes the write lock at once, so a later statement cannot fail as "busy".
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let mode = (self.backend() == DatabaseBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
        self.write.begin_with_options(TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() }).await
    }

    /// Begins a transaction that reads everything as of one moment, that of its first statement.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        if self.backend() == DatabaseBackend::Postgres {
            let (isolation, access) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
            return self.read.begin_with_config(Some(isolation), Some(access)).await;
        }
        self.read.begin().await
    }

    /// Which of the two databases this is.
    pub fn backend(&self) -> DatabaseBackend {
        self.read.get_database_backend()
    }

    /// A connection of its own for migrations; on PostgreSQL it waits for any other instance that is migrating.
    pub async fn for_migration(&self) -> Result<DatabaseConnection, DbErr> {
        if self.backend() != DatabaseBackend::Postgres {
            return Ok(self.write.clone());
        }
        let connection = Database::connect(options(&self.url, 1)).await?;
        // The number only has to be the same for every instance of Portico; the lock ends with the connection.
        connection.execute_unprepared("SELECT pg_advisory_lock(7076797267)").await?;
        Ok(connection)
    }

    /// Closes both pools.
    pub async fn close(self) -> Result<(), DbErr> {
        self.read.close().await?;
        self.write.close().await
    }
}

/// A statement of SQL for this connection's database. `sql` uses `?`; for PostgreSQL they become `$1`, `$2`, ….
pub fn sql(connection: &impl ConnectionTrait, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    let backend = connection.get_database_backend();
    let text = if backend == DatabaseBackend::Postgres { numbered(sql) } else { sql.to_owned() };
    let statement = Statement::from_sql_and_values(backend, text, values.into_iter().map(without_nul));
    tracing::trace!(target: STATEMENTS, %statement);
    statement
}

/// Runs `text` (see [`sql`]) and returns its rows.
pub async fn rows(
    connection: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    connection.query_all_raw(sql(connection, text, values)).await
}

/// Runs `text` (see [`sql`]) and returns how many rows it changed.
pub async fn execute(
    connection: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    Ok(connection.execute_raw(sql(connection, text, values)).await?.rows_affected())
}

/// What a statement ends with that reads rows in order to change them. SQLite has one writer at a time, and nothing to lock.
pub fn for_update(connection: &impl ConnectionTrait) -> &'static str {
    if is_postgres(connection) { "FOR UPDATE" } else { "" }
}

/// The same where rows that somebody else holds are not waited for.
pub fn skip_locked(connection: &impl ConnectionTrait) -> &'static str {
    if is_postgres(connection) { "FOR UPDATE SKIP LOCKED" } else { "" }
}

fn is_postgres(connection: &impl ConnectionTrait) -> bool {
    connection.get_database_backend() == DatabaseBackend::Postgres
}

/// `?, ?, ?` for `count` values.
pub fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// A text as both databases can hold it: PostgreSQL refuses the character NUL.
fn without_nul(value: Value) -> Value {
    match value {
        Value::String(Some(text)) if text.contains('\0') => text.replace('\0', "\u{fffd}").into(),
        other => other,
    }
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(if url.starts_with("sqlite:") { SQLITE_WAIT } else { POSTGRES_WAIT })
        .connect_timeout(Duration::from_secs(10))
        .sqlx_logging(false);
    options
}

/// `?` to `$1`, `$2`, …; our statements hold no question mark in a literal.
fn numbered(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 8);
    let mut number = 0;
    for c in sql.chars() {
        if c == '?' {
            number += 1;
            out.push('$');
            out.push_str(&number.to_string());
        } else {
            out.push(c);
        }
    }
    out
}

//! Who is signed in: sessions in the database, so that any instance answers any request and a restart signs nobody out.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use kit::error::AppError;
use kit::identity::{Caller, Principal, PrincipalKind, RequestId, Via};
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::cookies::Secure;
use kit::server::directory::{Directory, Membership};
use kit::server::people::{self, Person};
use kit::server::{audit, db, inbox, preferences, sessions, tokens};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, SessionStore};
use tower_sessions::{Expiry, Session, SessionManagerLayer};
use uuid::Uuid;

use crate::config::Config;

/// The key of a session's data under which its person stands.
const WHO: &str = "who";

/// The key under which the store says which row a session is.
const ROW: &str = "row";

/// What the data of a session is sealed for: it may hold an ID token.
const SEALED_FOR: &str = "session";

/// How long a visitor who is not signed in is remembered: long enough for a sign-in.
const VISIT: time::Duration = time::Duration::minutes(15);

/// A session's last use is noted to this precision.
const NOTED_FOR: Millis = 30_000;

/// How long the groups of somebody are taken as they were.
const GROUPS_FOR: Duration = Duration::from_secs(5);

/// The most people whose groups are remembered.
const REMEMBERED: usize = 20_000;

/// The cookie that tells a device from others, and how long it lasts.
const DEVICE: &str = "portico-device";
const DEVICE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// The longest text of a browser about itself that is kept, in characters.
const MAX_AGENT: usize = 200;

/// What a provider, or the local sign-in, says of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// The provider's id in the configuration; `local` for the example bank's people.
    pub provider: String,
    /// The person's name there, which never changes.
    pub subject: String,
    /// The canonical ref of the catalog's user that the person is bound to.
    pub user_ref: Option<String>,
    /// What people call it.
    pub name: String,
    /// Where mail reaches it, as far as the provider has verified that.
    pub email: Option<String>,
    /// The canonical refs of the groups that the token names.
    pub groups: Vec<String>,
    /// The ID token, to sign out at the provider with.
    pub id_token: Option<String>,
}

impl Assertion {
    /// The name that the portal knows the person by.
    pub fn principal(&self) -> String {
        self.user_ref.clone().unwrap_or_else(|| format!("person:{}/{}", self.provider, self.subject))
    }
}

impl fmt::Debug for Assertion {
    /// Without the ID token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("provider", &self.provider)
            .field("principal", &self.principal())
            .finish_non_exhaustive()
    }
}

/// What the store keeps of somebody who is signed in.
#[derive(Clone, Serialize, Deserialize)]
struct SignedIn {
    assertion: Assertion,
    agent: String,
    address: String,
}

/// Which row a session is, and when it was last used.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Row {
    id: i64,
    seen_at: Millis,
}

/// All sessions.
#[derive(Clone)]
pub struct Sessions {
    kit: Kit,
    directory: Arc<dyn Directory>,
    administrators: Arc<[String]>,
    idle: Millis,
    absolute: Millis,
    cookie: Arc<str>,
    secure: bool,
    /// Whether mail is configured.
    mails: bool,
    groups: Arc<Mutex<HashMap<Member, Remembered>>>,
}

/// Whose groups: of a user of the catalog, and of the groups that a token names.
type Member = (Option<String>, Vec<String>);

/// Somebody's groups, and when they were asked for. None: the organisation knows no such person any more.
#[derive(Clone)]
struct Remembered {
    at: Instant,
    groups: Option<Arc<[String]>>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    /// With the configured limits and administrators.
    pub fn new(kit: Kit, directory: Arc<dyn Directory>, config: &Config) -> anyhow::Result<Self> {
        let secure = config.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
        // A host's cookies are shared by all its ports, and a developer runs more than one portal.
        let cookie = if secure { "__Host-portico".to_owned() } else { format!("portico-{}", config.addr.port()) };
        Ok(Self {
            kit,
            directory,
            administrators: config.administrators()?.into(),
            idle: Millis::from(config.sessions.idle_minutes) * 60_000,
            absolute: Millis::from(config.sessions.absolute_hours) * 3_600_000,
            cookie: cookie.into(),
            secure,
            mails: !config.mail.host.is_empty(),
            groups: Arc::default(),
        })
    }

    /// The layer that reads and writes the cookie.
    pub fn layer(&self) -> SessionManagerLayer<Self> {
        SessionManagerLayer::new(self.clone())
            .with_name(self.cookie.to_string())
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_secure(self.secure)
            .with_path("/")
            .with_expiry(Expiry::OnInactivity(VISIT))
    }

    /// Who makes a request: by its API token, by its session, or nobody.
    ///
    /// # Errors
    /// Unauthenticated for a token that is not good: whoever brings one does not want to be nobody.
    pub async fn caller(&self, request: &Parts) -> Result<Caller, AppError> {
        let number = request.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        if let Some(secret) = bearer(&request.headers) {
            let token = tokens::used(&self.kit, secret).await?.ok_or(AppError::BadToken)?;
            return self.by_token(token, number).await;
        }
        let Some(session) = request.extensions.get::<Session>() else { return Ok(Caller::Anonymous) };
        let Some((who, row)) = signed_in(session).await? else { return Ok(Caller::Anonymous) };
        let now = self.kit.clock.now();
        let groups = self.groups(who.assertion.user_ref.as_deref(), &who.assertion.groups).await?;
        let Some(groups) = groups.filter(|_| row.seen_at + self.idle > now) else {
            session.flush().await.map_err(AppError::internal)?;
            return Ok(Caller::Anonymous);
        };
        let in_the_background = request.uri.path().ends_with("/events");
        if row.seen_at + NOTED_FOR <= now && !in_the_background {
            let tx = self.kit.db.begin().await?;
            db::execute(&tx, "UPDATE session SET seen_at = ? WHERE id = ?", [now.into(), row.id.into()]).await?;
            tx.commit().await?;
        }
        Ok(self.principal(who.assertion.principal(), who.assertion.name, groups, Via::Session(row.id), number))
    }

    /// Signs a person in: the session gets a new id, so that one which was there before is worth nothing. Gives the cookies to set besides the session's own.
    pub async fn begin(
        &self,
        session: &Session,
        assertion: Assertion,
        headers: &HeaderMap,
        address: &str,
    ) -> Result<Vec<String>, AppError> {
        let now = self.kit.clock.now();
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let agent: String = agent.chars().take(MAX_AGENT).collect();
        session.clear().await;
        session.cycle_id().await.map_err(AppError::internal)?;
        let until = OffsetDateTime::from_unix_timestamp((now + self.absolute) / 1000).map_err(AppError::internal)?;
        session.set_expiry(Some(Expiry::AtDateTime(until)));
        let who = SignedIn { assertion, agent, address: address.to_owned() };
        session.insert(WHO, &who).await.map_err(AppError::internal)?;
        session.save().await.map_err(AppError::internal)?;
        let row: Row = session
            .get(ROW)
            .await
            .map_err(AppError::internal)?
            .ok_or_else(|| AppError::internal("a session without a row"))?;
        let assertion = &who.assertion;
        let subject = assertion.principal();
        let secure = Secure(self.secure);
        let known = secure.read(headers, DEVICE).filter(|device| device.len() == 32);
        let device = known.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned);
        let groups = self.groups(assertion.user_ref.as_deref(), &assertion.groups).await?.unwrap_or_default();
        let actor =
            self.principal(subject.clone(), assertion.name.clone(), groups, Via::Session(row.id), String::new());
        let tx = self.kit.db.begin().await?;
        let person = Person {
            subject: subject.clone(),
            name: assertion.name.clone(),
            email: assertion.email.clone().unwrap_or_default(),
            provider: assertion.provider.clone(),
            named_groups: assertion.groups.clone(),
            last_at: now,
        };
        people::keep(&tx, &person).await?;
        let device_key = blake3::hash(device.as_bytes()).to_hex().to_string();
        let new_device = people::is_new_device(&tx, &subject, &device_key, now).await?;
        let event = audit::Event {
            at: now,
            actor: &actor,
            action: "session.sign-in",
            resource: &subject,
            detail: json!({ "provider": assertion.provider, "address": who.address, "new_device": new_device }),
        };
        audit::append(&tx, event).await?;
        if new_device {
            let body = format!(
                "{} from {}. If that was not you, end the session there and tell the security team.",
                sessions::browser(&who.agent),
                who.address
            );
            let message = inbox::Message {
                to: inbox::Recipient::Person(&subject),
                kind: "session.new-device",
                key: &format!("session:{}", row.id),
                title: "You signed in from a browser that is new to the portal",
                body: &body,
                path: "/settings/sessions",
                waits: false,
            };
            inbox::send(&tx, now, message).await?;
        }
        if let (true, Some(principal)) = (self.mails, actor.principal()) {
            inbox::met(&tx, now, principal, assertion.email.as_deref().unwrap_or_default()).await?;
        }
        let theme = preferences::theme_cookie(&tx, &subject, self.secure).await?;
        tx.commit().await?;
        let cookie = secure.write(DEVICE, &device, DEVICE_SECONDS, "Lax");
        Ok(known.is_none().then_some(cookie).into_iter().chain(theme).collect())
    }

    /// Signs out; gives what was known of the person, to sign out at the provider as well.
    pub async fn end(&self, session: &Session, caller: &Caller) -> Result<Option<Assertion>, AppError> {
        let who = signed_in(session).await?;
        session.flush().await.map_err(AppError::internal)?;
        let Some((who, _)) = who else { return Ok(None) };
        let subject = who.assertion.principal();
        let tx = self.kit.db.begin().await?;
        let event = audit::Event {
            at: self.kit.clock.now(),
            actor: caller,
            action: "session.sign-out",
            resource: &subject,
            detail: json!({ "provider": who.assertion.provider }),
        };
        audit::append(&tx, event).await?;
        tx.commit().await?;
        Ok(Some(who.assertion))
    }

    /// Everybody who may be chosen where the example bank's people sign in.
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// Whether one is an administrator who is called `subject` and is in `groups`.
    pub fn is_administrator(&self, subject: &str, groups: &[String]) -> bool {
        self.administrators.iter().any(|each| each == subject || groups.contains(each))
    }

    /// Forgets the sessions that are over.
    pub async fn sweep(&self) -> Result<u64, AppError> {
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        let text = "DELETE FROM session WHERE expires_at <= ? OR (subject IS NOT NULL AND seen_at <= ?)";
        let gone = db::execute(&tx, text, [now.into(), (now - self.idle).into()]).await?;
        tx.commit().await?;
        Ok(gone)
    }

    async fn by_token(&self, token: tokens::Token, number: String) -> Result<Caller, AppError> {
        let subject = token.subject.as_str();
        let named = match token.subject.kind {
            PrincipalKind::Service => Vec::new(),
            PrincipalKind::Person => people::of(self.kit.db.read(), subject)
                .await?
                .map(|person| person.groups_at(self.kit.clock.now()).to_vec())
                .unwrap_or_default(),
        };
        let groups = self.groups(token.subject.user_ref(), &named).await?.ok_or(AppError::BadToken)?;
        Ok(Caller::Principal(Arc::new(Principal {
            kind: token.subject.kind,
            administrator: self.is_administrator(subject, &groups),
            subject: subject.to_owned(),
            name: token.subject_name,
            groups: groups.to_vec(),
            via: Via::Token(token.id),
            scopes: Some(token.scopes),
            request: number,
        })))
    }

    fn principal(&self, subject: String, name: String, groups: Arc<[String]>, via: Via, request: String) -> Caller {
        Caller::Principal(Arc::new(Principal {
            kind: PrincipalKind::Person,
            administrator: self.is_administrator(&subject, &groups),
            subject,
            name,
            groups: groups.to_vec(),
            via,
            scopes: None,
            request,
        }))
    }

    /// The groups of a person with all above them, in order; none where the organisation does not know the person any more.
    async fn groups(&self, user_ref: Option<&str>, named: &[String]) -> Result<Option<Arc<[String]>>, AppError> {
        let key = (user_ref.map(str::to_owned), named.to_vec());
        let known = self.groups.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known.filter(|known| known.at.elapsed() < GROUPS_FOR) {
            return Ok(known.groups);
        }
        let there = match user_ref {
            Some(user_ref) => self.directory.person(user_ref).await?.is_some(),
            None => true,
        };
        let groups = if there {
            let memberships = self.directory.groups(user_ref, named).await?;
            Some(memberships.into_iter().map(|Membership { group, .. }| group).collect())
        } else {
            None
        };
        let mut remembered = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(key, Remembered { at: Instant::now(), groups: Clone::clone(&groups) });
        Ok(groups)
    }
}

/// The secret of an `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

async fn signed_in(session: &Session) -> Result<Option<(SignedIn, Row)>, AppError> {
    let who: Option<SignedIn> = session.get(WHO).await.map_err(AppError::internal)?;
    let row: Option<Row> = session.get(ROW).await.map_err(AppError::internal)?;
    Ok(who.zip(row))
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let now = self.kit.clock.now();
        let who = who_of(record);
        let text = "INSERT INTO session (session_key, data, subject, provider, provider_subject, agent, address, created_at, seen_at, expires_at) \
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id";
        let tx = self.kit.db.begin().await.map_err(backend)?;
        let values = [
            key(&record.id).into(),
            self.seal(record)?.into(),
            who.as_ref().map(|who| who.assertion.principal()).into(),
            who.as_ref().map_or("", |who| who.assertion.provider.as_str()).into(),
            who.as_ref().map_or("", |who| who.assertion.subject.as_str()).into(),
            who.as_ref().map_or("", |who| who.agent.as_str()).into(),
            who.as_ref().map_or("", |who| who.address.as_str()).into(),
            now.into(),
            now.into(),
            millis(record.expiry_date).into(),
        ];
        let rows = db::rows(&tx, text, values).await.map_err(backend)?;
        let id = rows.first().map_or(Ok(0), |row| row.try_get("", "id")).map_err(backend)?;
        tx.commit().await.map_err(backend)?;
        record.data.insert(ROW.to_owned(), json!(Row { id, seen_at: now }));
        Ok(())
    }

    /// A session that was ended meanwhile stays ended.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let text = "UPDATE session SET data = ?, expires_at = ? WHERE session_key = ?";
        let tx = self.kit.db.begin().await.map_err(backend)?;
        let values = [self.seal(record)?.into(), millis(record.expiry_date).into(), key(&record.id).into()];
        db::execute(&tx, text, values).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let text = "SELECT id, data, seen_at, expires_at FROM session WHERE session_key = ? AND expires_at > ?";
        let rows =
            db::rows(self.kit.db.read(), text, [key(id).into(), self.kit.clock.now().into()]).await.map_err(backend)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let data: String = row.try_get("", "data").map_err(backend)?;
        // What cannot be opened was changed or is of a lost key: whoever brings it is nobody.
        let Ok(data) = self.kit.vault.open(SEALED_FOR, &data) else { return Ok(None) };
        let mut data: HashMap<String, serde_json::Value> =
            serde_json::from_slice(&data).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let at =
            Row { id: row.try_get("", "id").map_err(backend)?, seen_at: row.try_get("", "seen_at").map_err(backend)? };
        data.insert(ROW.to_owned(), json!(at));
        let expires_at: Millis = row.try_get("", "expires_at").map_err(backend)?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_at) * 1_000_000).map_err(backend)?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let tx = self.kit.db.begin().await.map_err(backend)?;
        db::execute(&tx, "DELETE FROM session WHERE session_key = ?", [key(id).into()]).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

impl Sessions {
    fn seal(&self, record: &Record) -> session_store::Result<String> {
        let mut data = record.data.clone();
        data.remove(ROW);
        let text = serde_json::to_vec(&data).map_err(|error| session_store::Error::Encode(error.to_string()))?;
        Ok(self.kit.vault.seal(SEALED_FOR, &text))
    }
}

fn who_of(record: &Record) -> Option<SignedIn> {
    record.data.get(WHO).and_then(|who| serde_json::from_value(who.clone()).ok())
}

fn key(id: &Id) -> String {
    blake3::hash(&id.0.to_le_bytes()).to_hex().to_string()
}

fn millis(at: OffsetDateTime) -> Millis {
    (at.unix_timestamp_nanos() / 1_000_000) as Millis
}

fn backend(error: impl fmt::Display) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

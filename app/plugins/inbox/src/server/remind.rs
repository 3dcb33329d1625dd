//! Reminds people of API tokens that are about to expire.

use std::sync::Arc;

use async_trait::async_trait;
use kit::identity::PrincipalKind;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::inbox::{Message, Recipient, is_sent, send};
use kit::server::jobs::{Handler, JobError, Lease, NewJob, Next};
use kit::server::tokens::{self, Token};
use kit::when::When;

/// The kind of job that looks for tokens about to expire; there is one, which comes again.
pub const REMIND: &str = "inbox.remind";

/// How long before its end a token is told of: 7 days.
const AHEAD: Millis = 7 * 24 * 60 * 60 * 1000;

/// The time between two looks: an hour.
const EVERY: Millis = 60 * 60 * 1000;

/// Tokens that are told of at once; the others are told of at the next look.
const AT_ONCE: u32 = 500;

/// The job, for the start of an instance: adding it again changes nothing.
pub fn remind_job(now: Millis) -> NewJob {
    NewJob { kind: REMIND, key: "tokens".into(), payload: serde_json::json!({}), run_at: now, max_attempts: u32::MAX }
}

/// Does it.
pub(super) struct Remind {
    pub kit: Kit,
    /// Who is told of a service's token, since a service reads no inbox: refs of people and groups.
    pub administrators: Arc<[String]>,
}

#[async_trait]
impl Handler for Remind {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let now = self.kit.clock.now();
        let mut ending = Vec::new();
        for token in tokens::ending(self.kit.db.read(), now, now + AHEAD, AT_ONCE).await? {
            let key = format!("token:{}:expires", token.id);
            for to in self.told(&token) {
                if !is_sent(self.kit.db.read(), recipient(&to), &key).await? {
                    ending.push((to, key.clone(), token.clone()));
                }
            }
        }
        ending.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        let tx = self.kit.db.begin().await?;
        lease.fence(&tx).await?;
        for (to, key, token) in &ending {
            let ends = When::new(token.expires_at, now).relative;
            let (title, body, path) = match token.subject.kind {
                PrincipalKind::Person => (
                    format!("Your API token “{}” expires {ends}", token.name),
                    "What uses it stops working then. Make a new token, put it in place of this one, and revoke this one.",
                    "/settings/tokens",
                ),
                PrincipalKind::Service => (
                    format!("The API token “{}” of {} expires {ends}", token.name, token.subject),
                    "The service stops working then. The operator makes a new one with portico token create.",
                    "/inbox",
                ),
            };
            let message =
                Message { to: recipient(to), kind: "inbox.token-expires", key, title: &title, body, path, waits: true };
            send(&tx, now, message).await?;
        }
        tx.commit().await?;
        Ok(Next::At(now + EVERY))
    }
}

impl Remind {
    fn told(&self, token: &Token) -> Vec<String> {
        match token.subject.kind {
            PrincipalKind::Person => vec![token.subject.to_string()],
            PrincipalKind::Service => self.administrators.to_vec(),
        }
    }
}

fn recipient(entity_ref: &str) -> Recipient<'_> {
    if entity_ref.starts_with("group:") { Recipient::Group(entity_ref) } else { Recipient::Person(entity_ref) }
}

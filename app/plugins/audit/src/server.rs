//! The trail on the server: what its page asks, and its export.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Extension;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::PluginInfo;
use kit::server::audit::{self, Cursor, Event, Filter, Order, Outcome, Record, Sealer};
use kit::server::authorise::Resource;
use kit::server::context::Kit;
use kit::server::page::Address;
use kit::server::plugin::{Health, Plugin, Routes};
use kit::when;
use sea_orm::DbErr;
use serde_json::json;

use crate::info::EXPORT;

/// Events read at a time for an export.
const BATCH: u32 = 500;

/// The longest filter, in bytes; a longer one matches nothing that is in the trail.
const MAX_FILTER: usize = 300;

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The audit trail on this instance: cheap to clone.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The shared parts.
    pub kit: Kit,
    /// Seals the trail.
    pub sealer: Arc<Sealer>,
}

#[async_trait]
impl Plugin for Audit {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    async fn health(&self) -> Health {
        match self.sealer.disagrees() {
            true => Health::Ailing("the trail is not as it was sealed, and nothing is sealed".into()),
            false => Health::Up,
        }
    }

    fn routes(&self) -> Routes {
        let audit = self.clone();
        Routes::new().get("/api/audit/events.jsonl", move |caller, query| export(audit.clone(), caller, query))
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }
}

/// The names of the filters in an address.
const FILTERS: [&str; 6] = ["who", "action", "resource", "outcome", "from", "to"];

/// The filters as they stand in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub who: String,
    pub action: String,
    pub resource: String,
    pub outcome: String,
    /// The first day, `2026-05-31`.
    pub from: String,
    /// The last day.
    pub to: String,
}

impl Asked {
    /// Reads the filters.
    ///
    /// # Errors
    /// Bad request for a filter that says nothing: what was left out unnoticed would show more than was asked for.
    pub(crate) fn of(at: &Address) -> Result<Self, AppError> {
        let one = |name: &str| {
            let text = at.one(name).trim().to_owned();
            match text.len() > MAX_FILTER {
                true => Err(AppError::bad_request(format!("{name} is longer than {MAX_FILTER} characters"))),
                false => Ok(text),
            }
        };
        let day = |name: &str| match one(name)? {
            text if text.is_empty() || when::day(&text).is_some() => Ok(text),
            text => Err(AppError::bad_request(format!("{name}={text} is no day such as 2026-05-31"))),
        };
        let outcome = one("outcome")?;
        if !outcome.is_empty() && Outcome::parse(&outcome).is_none() {
            return Err(AppError::bad_request(format!("outcome={outcome} is none of done and refused")));
        }
        Ok(Self {
            who: one("who")?,
            action: one("action")?,
            resource: one("resource")?,
            outcome,
            from: day("from")?,
            to: day("to")?,
        })
    }

    /// The address of `path` with these filters and one thing more.
    pub(crate) fn href(&self, path: &str, more: (&str, &str)) -> String {
        let pairs = [
            ("who", self.who.as_str()),
            ("action", &self.action),
            ("resource", &self.resource),
            ("outcome", &self.outcome),
            ("from", &self.from),
            ("to", &self.to),
            more,
        ];
        kit::query::href(path, pairs)
    }

    pub(crate) fn filter(&self) -> Filter {
        Filter {
            who: self.who.clone(),
            action: self.action.clone(),
            resource: self.resource.clone(),
            outcome: Outcome::parse(&self.outcome),
            from: when::day(&self.from),
            before: when::day(&self.to).map(|last| last + DAY),
        }
    }
}

/// `GET /api/audit/events.jsonl`: the events that meet the filters, a JSON object a line, oldest first.
async fn export(
    audit: Audit,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    audit.kit.authorise(&caller, &EXPORT, &Resource::All).await?;
    let query = query.unwrap_or_default();
    let address = Address::parse(&format!("/audit?{query}"));
    if let Some(name) = address.names().find(|name| !FILTERS.contains(name)) {
        return Err(AppError::bad_request(format!("{name} is no filter; there are {}", FILTERS.join(", "))));
    }
    let asked = Asked::of(&address)?;
    let now = audit.kit.clock.now();
    // What somebody is called is kept out of the trail; a ref gets its pseudonym there.
    let who = if asked.who.contains(':') || asked.who.is_empty() { asked.who.as_str() } else { "by name" };
    let detail = json!({
        "who": who, "action": asked.action, "resource": asked.resource, "outcome": asked.outcome,
        "from": asked.from, "to": asked.to,
    });
    let tx = audit.kit.db.begin().await?;
    let event = Event { at: now, actor: &caller, action: EXPORT.action, resource: "audit", detail };
    audit::append(&tx, event).await?;
    tx.commit().await?;
    let filter = asked.filter();
    // An export ends with what was there when it was asked for, however fast the trail grows.
    let filter = Filter { before: Some(filter.before.map_or(now, |before| before.min(now))), ..filter };
    let lines = stream::try_unfold(Some(None), move |place: Option<Option<Cursor>>| {
        let (audit, filter) = (audit.clone(), filter.clone());
        async move {
            let Some(after) = place else { return Ok(None) };
            let records = audit::page(audit.kit.db.read(), &filter, Order::Rising, after, BATCH).await;
            let records =
                records.inspect_err(|error| tracing::error!(%error, "an export of the audit trail broke off"))?;
            let next =
                if records.len() as u32 == BATCH { records.last().map(|last| Some(last.cursor())) } else { None };
            let text: String = records.iter().map(|record| format!("{}\n", line(record))).collect();
            Ok::<_, DbErr>(Some((Bytes::from(text), next)))
        }
    });
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

fn line(record: &Record) -> serde_json::Value {
    json!({
        "event": record.id,
        "at": when::to_the_millisecond(record.at),
        "who": { "subject": record.subject, "name": record.name },
        "via": record.via,
        "action": record.action,
        "resource": record.resource,
        "outcome": record.outcome.word(),
        "detail": record.detail,
        "request": record.request,
        "row": record.seq,
        "hash": record.hash,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_the_filters_and_gives_them_back() {
        let address = "/audit?who=user%3Adefault%2Fjane&action=catalog.*&outcome=refused&from=2026-11-22&to=2026-11-22";
        let asked = Asked::of(&Address::parse(address)).expect("filters");
        assert_eq!(Asked::of(&Address::parse(&asked.href("/audit", ("older", "1.2")))), Ok(asked.clone()));
        let filter = asked.filter();
        assert_eq!((filter.who.as_str(), filter.action.as_str()), ("user:default/jane", "catalog.*"));
        assert_eq!(filter.outcome, Some(Outcome::Refused));
        let day = filter.from.expect("a day");
        assert_eq!(filter.before, Some(day + DAY), "the last day is included");
        assert_eq!(Asked::of(&Address::parse("/audit?from=&outcome=")), Ok(Asked::default()));
        let long = format!("who={}", "x".repeat(MAX_FILTER + 1));
        for wrong in ["from=yesterday", "from=2026-11-1", "to=2026-11-31", "outcome=Refused", &long] {
            let refused = Asked::of(&Address::parse(&format!("/audit?{wrong}"))).expect_err(wrong).to_string();
            assert!(refused.starts_with(wrong.split('=').next().expect("a name")), "{refused}");
        }
    }
}

//! How often somebody may ask. The limits are there for programs that run wild; people do not meet them. Each instance counts for itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::StatusCode;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use kit::error::AppError;
use kit::identity::{Caller, ClientAddress};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::error_page;

/// Callers after which those that have been quiet are forgotten.
const REMEMBERED: usize = 10_000;

/// `[limits]`: how often within a minute; 0 for no limit.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Requests for signing in, from one address.
    pub sign_in: u32,
    /// Requests with a token that is none, from one address; after that, requests with tokens are refused for a while.
    pub failures: u32,
    /// Searches of one person.
    pub search: u32,
    /// Requests of one person or service for `/api`, those of the portal's own pages left out.
    pub api: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { sign_in: 600, failures: 100, search: 1_200, api: 12_000 }
    }
}

/// What was asked of late, by whom.
#[derive(Debug)]
pub struct Limits {
    sign_in: Bucket,
    failures: Bucket,
    /// Until when an address is refused.
    refused: Mutex<HashMap<String, Instant>>,
    search: Bucket,
    api: Bucket,
}

#[derive(Debug)]
struct Bucket(Option<DefaultKeyedRateLimiter<String>>);

impl Limits {
    /// With nothing asked so far.
    pub fn new(config: &LimitsConfig) -> Self {
        Self {
            sign_in: Bucket::new(config.sign_in),
            failures: Bucket::new(config.failures),
            refused: Mutex::default(),
            search: Bucket::new(config.search),
            api: Bucket::new(config.api),
        }
    }

    /// How much longer requests with tokens are refused from there.
    fn refused(&self, key: &str) -> Option<Duration> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(key)?.checked_duration_since(Instant::now())
    }

    fn failed(&self, key: String) {
        if let Err(wait) = self.failures.take(&key) {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            refused.retain(|_, until| *until > now);
            refused.insert(key, now + wait);
        }
    }
}

/// By address, before anybody knows who is calling: signing in, and tokens that are none.
pub async fn by_address(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let key = address(&request);
    if is_sign_in(request.uri().path())
        && let Err(wait) = limits.sign_in.take(&key)
    {
        return refuse(&request, wait);
    }
    if !request.headers().contains_key(AUTHORIZATION) {
        return next.run(request).await;
    }
    if let Some(wait) = limits.refused(&key) {
        return refuse(&request, wait);
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        limits.failed(key);
    }
    response
}

/// By person, or by address where nobody is signed in: searches and the interface for programs.
pub async fn by_person(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let bucket = match what(request.uri().path()) {
        What::Search => &limits.search,
        What::Api => &limits.api,
        What::Page => return next.run(request).await,
    };
    let key = match request.extensions().get::<Caller>() {
        Some(Caller::Principal(principal)) => principal.subject.clone(),
        _ => address(&request),
    };
    match bucket.take(&key) {
        Ok(()) => next.run(request).await,
        Err(wait) => refuse(&request, wait),
    }
}

impl Bucket {
    /// Full again after a minute of rest.
    fn new(a_minute: u32) -> Self {
        Self(NonZeroU32::new(a_minute).map(|most| RateLimiter::keyed(Quota::per_minute(most))))
    }

    /// Takes one, or says how long to wait for the next.
    fn take(&self, key: &String) -> Result<(), Duration> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        limiter.check_key(key).map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

/// Whether it is a way in. What a provider says of those who signed out there all comes from one address and must not be lost.
fn is_sign_in(path: &str) -> bool {
    path == "/sign-in" || path.starts_with("/sign-in/") && !path.ends_with("/back-channel")
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Search,
    Api,
    Page,
}

/// What a path asks for, read as routers read it: a `/` more or less and an escaped letter make no other path of it.
fn what(path: &str) -> What {
    let path = percent_decode_str(path).decode_utf8_lossy();
    let mut names = path.split('/').filter(|name| !name.is_empty());
    match (names.next(), names.next(), names.next()) {
        (Some("search"), ..) | (Some("api"), Some("search"), _) => What::Search,
        (Some("api"), Some(_), Some("fn")) => What::Page,
        (Some("api"), ..) => What::Api,
        _ => What::Page,
    }
}

/// An address, or of IPv6 the network that one customer has.
fn address(request: &Request) -> String {
    match request.extensions().get::<ClientAddress>() {
        Some(ClientAddress(IpAddr::V6(address))) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(ClientAddress(IpAddr::V4(address))) => address.to_string(),
        None => String::new(),
    }
}

fn refuse(request: &Request, wait: Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let mut response = error_page::answer(request, &AppError::TooMany { seconds });
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_emptied_by_one_and_full_for_the_next() {
        let bucket = Bucket::new(3);
        let (one, other) = ("one".to_owned(), "other".to_owned());
        for _ in 0..3 {
            bucket.take(&one).expect("within the limit");
        }
        let wait = bucket.take(&one).expect_err("empty");
        assert!(wait <= Duration::from_secs(20) && wait > Duration::from_secs(10), "{wait:?}");
        bucket.take(&other).expect("another's is full");
        for _ in 0..1000 {
            Bucket::new(0).take(&one).expect("0 is no limit");
        }
    }

    #[test]
    fn no_spelling_of_a_path_avoids_a_limit() {
        for path in
            ["/search", "/search/", "//search", "/%73earch", "/api/search", "/api/search/fn/find", "/api//search/"]
        {
            assert_eq!(what(path), What::Search, "{path}");
        }
        for path in
            ["/api/catalog/entities", "/api/catalog/entities/by-name/a/fn/b", "/api/catalog", "/%61pi/catalog/x"]
        {
            assert_eq!(what(path), What::Api, "{path}");
        }
        for path in ["/", "/catalog", "/api/catalog/fn/star", "/searching"] {
            assert_eq!(what(path), What::Page, "{path}");
        }
    }

    #[test]
    fn whoever_guesses_tokens_is_refused_for_a_while() {
        let limits = Limits::new(&LimitsConfig { failures: 2, ..LimitsConfig::default() });
        for _ in 0..2 {
            limits.failed("there".into());
            assert_eq!(limits.refused("there"), None);
        }
        limits.failed("there".into());
        assert!(limits.refused("there").is_some_and(|wait| wait <= Duration::from_secs(30)));
        assert_eq!(limits.refused("here"), None);
    }
}

//! The guarded client, as the protocols' crates ask for one.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use kit::server::fetch::{FetchError, Fetcher, Host, Policy};
use oauth2::{AccessToken, AsyncHttpClient, HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use url::Url;

use super::refusal::Refusal;
use crate::config::{Provider, is_protected};

/// The largest answer of a provider, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// The longest that one answer may take.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Asks one provider, at the hosts that its settings allow, and nobody else.
#[derive(Debug)]
pub struct Http {
    fetcher: Fetcher,
}

impl Http {
    /// A client for the provider's hosts.
    pub fn new(provider: &Provider) -> Result<Self, FetchError> {
        let hosts = provider.hosts.iter().map(|name| Host {
            name: name.clone(),
            allow_private: provider.allow_private,
            authorization: None,
            ca_file: provider.ca_file.clone(),
            proxy: provider.proxy.clone(),
        });
        let policy = Policy { hosts: hosts.collect(), max_bytes: MAX_BYTES, timeout: TIMEOUT };
        Ok(Self { fetcher: Fetcher::new(policy)? })
    }

    /// The claims that `url` gives for a token.
    pub async fn user_info(
        &self,
        provider: &str,
        url: &Url,
        token: &AccessToken,
    ) -> Result<Map<String, Value>, Refusal> {
        let request = http::Request::builder()
            .uri(url.as_str())
            .header(http::header::ACCEPT, "application/json")
            .header(http::header::AUTHORIZATION, format!("Bearer {}", token.secret()))
            .body(Vec::new())
            .map_err(|_| Refusal::Unreadable("user-info"))?;
        let answer = self.send(request).await.map_err(|problem| down(provider, &problem))?;
        if answer.status() != http::StatusCode::OK {
            tracing::warn!(provider, status = answer.status().as_u16(), "the user-info endpoint refuses");
            return Err(Refusal::Unreadable("user-info"));
        }
        serde_json::from_slice(answer.body()).map_err(|_| Refusal::Unreadable("user-info"))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let url = Url::parse(&request.uri().to_string()).ok();
        if !url.as_ref().is_some_and(is_protected) {
            let named = url.as_ref().and_then(Url::host_str).unwrap_or("the address").to_owned();
            return Err(FetchError::BadUrl(format!("{named} is not asked without https")));
        }
        self.fetcher.send(request).await
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Logs why a provider could not be asked. The texts hold neither queries nor credentials.
pub fn down(provider: &str, problem: &FetchError) -> Refusal {
    tracing::warn!(provider, %problem, "the provider cannot be asked");
    Refusal::Down
}

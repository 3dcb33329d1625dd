//! Plain OAuth 2: a token, and an address that tells whose it is.

use kit::server::fetch::FetchError;
use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenType};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointNotSet,
    EndpointSet, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use url::Url;

use super::http::{Http, down};
use super::refusal::{Refusal, words};
use super::{Asked, Proven};
use crate::config::{ClientAuth, Provider};

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// A provider of plain OAuth 2.
pub struct OAuth {
    provider: String,
    client: Client,
    scopes: Vec<String>,
    user_info: Url,
    http: Http,
}

impl OAuth {
    /// The provider at these addresses.
    pub fn new(provider: &Provider, authorize: &Url, token: &Url, user_info: &Url, http: Http) -> Self {
        let mut client = BasicClient::new(ClientId::new(provider.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(authorize.clone()))
            .set_token_uri(TokenUrl::from_url(token.clone()));
        if let Some(secret) = &provider.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.clone()));
        }
        if provider.client_auth == ClientAuth::Post {
            client = client.set_auth_type(AuthType::RequestBody);
        }
        Self {
            provider: provider.id.clone(),
            client,
            scopes: provider.scopes.clone(),
            user_info: user_info.clone(),
            http,
        }
    }

    /// Where the browser is sent.
    pub fn begin(&self, redirect: &Url) -> Asked {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client.clone().set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
        let (url, state) = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(self.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        Asked { url, state: state.into_secret(), nonce: String::new(), verifier: verifier.into_secret() }
    }

    /// Exchanges the code, and asks whose token it is.
    pub async fn finish(&self, code: String, verifier: String, redirect: &Url) -> Result<Proven, Refusal> {
        let client = self.client.clone().set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
        let request =
            client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let token: StandardTokenResponse<EmptyExtraTokenFields, BasicTokenType> =
            request.request_async(&self.http).await.map_err(|problem| refused(&self.provider, problem))?;
        let claims = self.http.user_info(&self.provider, &self.user_info, token.access_token()).await?;
        Ok(Proven { claims, id_token: None })
    }
}

/// Why a provider gave no token. A text of the provider that could not be read is not logged: there may be a token in it.
pub fn refused(
    provider: &str,
    problem: RequestTokenError<FetchError, StandardErrorResponse<BasicErrorResponseType>>,
) -> Refusal {
    match problem {
        RequestTokenError::ServerResponse(answer) => {
            tracing::warn!(provider, error = answer.error().as_ref(), "the provider gives no token");
            match answer.error() {
                BasicErrorResponseType::InvalidGrant => Refusal::Code,
                BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => {
                    Refusal::Registration
                }
                other => {
                    let text = answer.error_description().map_or_else(|| other.as_ref().to_owned(), Clone::clone);
                    Refusal::Reported(words(&text))
                }
            }
        }
        RequestTokenError::Request(problem) => down(provider, &problem),
        RequestTokenError::Parse(problem, _) => {
            tracing::warn!(provider, part = %problem.path(), "the answer of the token endpoint cannot be read");
            Refusal::Unreadable("token")
        }
        RequestTokenError::Other(_) => {
            tracing::warn!(provider, "the answer of the token endpoint is empty");
            Refusal::Unreadable("token")
        }
    }
}

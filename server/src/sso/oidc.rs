//! OpenID Connect: what a provider says of itself, and the checks of its tokens.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kit::server::clock::{Clock, Millis};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AdditionalProviderMetadata, AuthType, AuthenticationFlow,
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, DiscoveryError,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenFields, IdTokenVerifier,
    IssuerUrl, JsonWebKeySet, JsonWebTokenType, JwsSigningAlgorithm, Nonce, NonceVerifier, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

use super::claims::{self, Claims};
use super::http::{Http, down};
use super::oauth::refused;
use super::refusal::Refusal;
use super::{Asked, Flow, Proven};
use crate::config::{ClientAuth, Provider, is_protected};

/// How long what a provider says of itself is taken as it was: so short that nobody is sent to one that went down a while ago.
const FRESH: Millis = 60 * 1000;

/// How long it may serve a sign-in that is under way.
const STALE: Millis = 60 * 60 * 1000;

/// The least time between two fetches of the keys.
const KEYS: Millis = 5_000;

/// The longest wait after a failed discovery; it begins with a second and doubles.
const BACK_OFF: Millis = 30_000;

/// The types of token that an ID token may say it is.
const ID_TOKEN: [&str; 1] = ["JWT"];

/// The event that a logout token is about.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A provider of OpenID Connect.
pub struct Oidc {
    provider: Provider,
    issuer: IssuerUrl,
    http: Http,
    clock: Clock,
    cache: Mutex<Cache>,
}

/// What a provider says of itself, with its keys.
type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Token = IdToken<Rest, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type Fields = IdTokenFields<
    Rest,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Client = openidconnect::Client<
    Rest,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The claims that the standard does not name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Rest(Map<String, Value>);

impl AdditionalClaims for Rest {}

/// What the standard of discovery leaves to others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Extra {
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

#[derive(Default)]
struct Cache {
    known: Option<Arc<Metadata>>,
    discovered: Millis,
    keys_fetched: Millis,
    failures: u32,
    retry: Millis,
}

impl Oidc {
    /// The provider with this issuer; nothing is asked yet.
    pub fn new(provider: Provider, issuer: String, http: Http, clock: Clock) -> Result<Self, url::ParseError> {
        Ok(Self { provider, issuer: IssuerUrl::new(issuer)?, http, clock, cache: Mutex::default() })
    }

    /// Where the browser is sent.
    pub async fn begin(&self, redirect: &Url) -> Result<Asked, Refusal> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(&*self.current().await?, redirect);
        let scopes = self.provider.scopes.iter().filter(|scope| *scope != "openid");
        let code = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(code, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes.cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        if !is_protected(&url) {
            tracing::warn!(provider = self.provider.id, "the provider's authorization endpoint is not https");
            return Err(Refusal::Unreadable("authorization-endpoint"));
        }
        let (state, nonce) = (state.into_secret(), nonce.secret().clone());
        Ok(Asked { url, state, nonce, verifier: verifier.into_secret() })
    }

    /// Checks the `iss` of an answer; a provider that announces it must send it.
    pub async fn check_issuer(&self, named: Option<&str>) -> Result<(), Refusal> {
        match named {
            Some(named) if named == self.issuer.as_str() => Ok(()),
            Some(_) => Err(Refusal::MixedUp),
            None if self.known().await?.additional_metadata().authorization_response_iss_parameter_supported => {
                Err(Refusal::MixedUp)
            }
            None => Ok(()),
        }
    }

    /// Exchanges the code, checks the token, and asks for the claims that are not in it.
    pub async fn finish(&self, code: String, flow: &Flow) -> Result<Proven, Refusal> {
        let known = self.known().await?;
        let client = self.client(&known, &flow.redirect);
        let request =
            client.exchange_code(AuthorizationCode::new(code)).map_err(|_| Refusal::Unreadable("token-endpoint"))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.clone()));
        let answer = request.request_async(&self.http).await.map_err(|problem| refused(&self.provider.id, problem))?;
        let token = answer.extra_fields().id_token().ok_or(Refusal::Untrusted("no-id-token"))?;
        let mut claims =
            self.verified(known.clone(), token, answer.access_token(), &Nonce::new(flow.nonce.clone())).await?;
        let endpoint = known.userinfo_endpoint().filter(|_| claims::are_incomplete(&self.provider, &claims));
        if let Some(endpoint) = endpoint {
            let more = self.http.user_info(&self.provider.id, endpoint.url(), answer.access_token()).await?;
            if more.get("sub") != claims.get("sub") {
                return Err(Refusal::Untrusted("user-info-subject"));
            }
            for (name, value) in more {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(Proven { claims, id_token: Some(token.to_string()) })
    }

    /// Where the browser is sent to be signed out there as well.
    pub async fn end(&self, id_token: Option<&str>, back: &Url) -> Option<Url> {
        let known = self.known().await.ok()?;
        let mut url = known.additional_metadata().end_session_endpoint.clone().filter(is_protected)?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.provider.client_id)
            .append_pair("post_logout_redirect_uri", back.as_str())
            .extend_pairs(id_token.map(|token| ("id_token_hint", token)));
        Some(url)
    }

    /// The person that a logout token is about, once it is checked.
    pub async fn ended(&self, token: &str) -> Result<Claims, Refusal> {
        let token: Token = token.parse().map_err(|_| Refusal::Unreadable("logout-token"))?;
        let without = |nonce: Option<&Nonce>| nonce.map_or(Ok(()), |_| Err("a logout token has no nonce".to_owned()));
        let known = self.known().await?;
        let claims = self.checked(known, &token, &["JWT", "logout+jwt"], without).await?;
        let is_logout = claims.get("events").and_then(|events| events.get(LOGOUT)).is_some_and(Value::is_object);
        let is_named = claims.get("jti").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
        if is_logout && is_named { Ok(claims) } else { Err(Refusal::Untrusted("logout-token")) }
    }

    async fn verified(
        &self,
        known: Arc<Metadata>,
        token: &Token,
        access_token: &AccessToken,
        nonce: &Nonce,
    ) -> Result<Claims, Refusal> {
        let nonce = |named: Option<&Nonce>| nonce.verify(named);
        let claims = self.checked(known, token, &ID_TOKEN, nonce).await?;
        // An answer to a logout is no answer to a sign-in, whatever else it holds.
        if claims.contains_key("events") {
            return Err(Refusal::Untrusted("token"));
        }
        let Some(expected) = claims.get("at_hash") else { return Ok(claims) };
        let verifier = self.verifier(&*self.known().await?, &ID_TOKEN);
        let hash = token.signing_alg().and_then(|alg| Ok((alg, token.signing_key(&verifier)?)));
        let hash = hash.ok().and_then(|(alg, key)| AccessTokenHash::from_token(access_token, alg, key).ok());
        let agrees = hash.is_some_and(|hash| expected.as_str() == Some(hash.as_str()));
        if agrees { Ok(claims) } else { Err(Refusal::Untrusted("access-token-hash")) }
    }

    /// The claims of a token that passes every check; when its key is not known, the keys are fetched once more.
    async fn checked<N>(&self, known: Arc<Metadata>, token: &Token, types: &[&str], nonce: N) -> Result<Claims, Refusal>
    where
        N: Fn(Option<&Nonce>) -> Result<(), String>,
    {
        let mut checked = token.claims(&self.verifier(&known, types), &nonce);
        if let Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
        )) = checked
            && let Some(newer) = self.newer_keys(&known).await
        {
            checked = token.claims(&self.verifier(&newer, types), &nonce);
        }
        let claims = checked.map_err(|problem| {
            let reason = reason(&problem);
            tracing::warn!(provider = self.provider.id, reason, "a token is refused");
            Refusal::Untrusted(reason)
        })?;
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.provider.client_id) {
            return Err(Refusal::Untrusted("authorized-party"));
        }
        let Ok(Value::Object(claims)) = serde_json::to_value(claims) else { return Err(Refusal::Unreadable("token")) };
        let not_before = claims.get("nbf").and_then(Value::as_f64).unwrap_or_default();
        if not_before > (self.clock.now() / 1000 + self.provider.skew) as f64 {
            return Err(Refusal::Untrusted("too-early"));
        }
        Ok(claims)
    }

    fn verifier<'a>(&self, known: &Metadata, types: &[&str]) -> IdTokenVerifier<'a, CoreJsonWebKey> {
        let (now, skew) = (self.clock.now(), self.provider.skew * 1000);
        let at = |millis: Millis| DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or_default();
        // What is signed with a shared secret or not at all is never taken, whatever the provider announces.
        let announced = known.id_token_signing_alg_values_supported().iter().cloned();
        let algorithms = announced.filter(|each| !each.uses_shared_secret() && *each != CoreJwsSigningAlgorithm::None);
        let types = types.iter().map(|name| JsonWebTokenType::new((*name).to_owned()).normalize());
        // A public client's verifier knows no secret with which a signature could be checked.
        IdTokenVerifier::new_public_client(
            ClientId::new(self.provider.client_id.clone()),
            self.issuer.clone(),
            known.jwks().clone(),
        )
        .set_allowed_algs(algorithms)
        .set_allowed_jose_types(types.flatten())
        .set_time_fn(move || at(now - skew))
        .set_issue_time_verifier_fn(move |issued| {
            if issued <= at(now + skew) { Ok(()) } else { Err(FROM_THE_FUTURE.to_owned()) }
        })
    }

    fn client(&self, known: &Metadata, redirect: &Url) -> Client {
        let secret = self.provider.client_secret.clone().map(ClientSecret::new);
        let methods = known.token_endpoint_auth_methods_supported();
        let takes_basic = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let basic = match self.provider.client_auth {
            ClientAuth::Announced => takes_basic,
            ClientAuth::Basic => true,
            ClientAuth::Post => false,
        };
        Client::from_provider_metadata(known.clone(), ClientId::new(self.provider.client_id.clone()), secret)
            .set_redirect_uri(RedirectUrl::from_url(redirect.clone()))
            .set_auth_type(if basic { AuthType::BasicAuth } else { AuthType::RequestBody })
    }

    /// What the provider says of itself now: asked at the first use, kept for a minute, and asked again with growing pauses when it fails.
    async fn current(&self) -> Result<Arc<Metadata>, Refusal> {
        let mut cache = self.cache.lock().await;
        let now = self.clock.now();
        if let Some(known) = cache.known.clone().filter(|_| now < cache.discovered + FRESH) {
            return Ok(known);
        }
        if now < cache.retry {
            return Err(Refusal::Down);
        }
        match Metadata::discover_async(self.issuer.clone(), &self.http).await {
            Ok(metadata) => {
                let known = Arc::new(metadata);
                *cache =
                    Cache { known: Some(known.clone()), discovered: now, keys_fetched: now, failures: 0, retry: 0 };
                Ok(known)
            }
            Err(problem) => {
                self.log(&problem);
                cache.retry = now + BACK_OFF.min(1_000 << cache.failures.min(10));
                cache.failures += 1;
                Err(Refusal::Down)
            }
        }
    }

    /// The same, or what it was, for a sign-in that is under way while the provider does not say it again.
    async fn known(&self) -> Result<Arc<Metadata>, Refusal> {
        match self.current().await {
            Ok(known) => Ok(known),
            Err(refusal) => {
                let cache = self.cache.lock().await;
                cache.known.clone().filter(|_| self.clock.now() < cache.discovered + STALE).ok_or(refusal)
            }
        }
    }

    /// The same with keys that are newer than those of `old`, where there are any to be had now.
    async fn newer_keys(&self, old: &Arc<Metadata>) -> Option<Arc<Metadata>> {
        let mut cache = self.cache.lock().await;
        let now = self.clock.now();
        let known = cache.known.clone()?;
        if !Arc::ptr_eq(&known, old) {
            return Some(known);
        }
        if now < cache.keys_fetched + KEYS {
            return None;
        }
        cache.keys_fetched = now;
        let keys: Result<CoreJsonWebKeySet, _> = JsonWebKeySet::fetch_async(known.jwks_uri(), &self.http).await;
        let keys = keys.map_err(|problem| self.log(&problem)).ok()?;
        let newer = Arc::new(Metadata::clone(&known).set_jwks(keys));
        cache.known = Some(newer.clone());
        Some(newer)
    }

    /// Logs why discovery failed; of an answer only what is wrong with it, not the answer itself.
    fn log(&self, problem: &DiscoveryError<kit::server::fetch::FetchError>) {
        let provider = self.provider.id.as_str();
        match problem {
            DiscoveryError::Request(problem) => drop(down(provider, problem)),
            DiscoveryError::Parse(problem) => {
                tracing::warn!(provider, part = %problem.path(), "what the provider says of itself cannot be read");
            }
            DiscoveryError::Response(status, _, _) => {
                tracing::warn!(provider, status = status.as_u16(), "the provider does not say what it is");
            }
            other => tracing::warn!(provider, problem = %other, "what the provider says of itself is wrong"),
        }
    }
}

const FROM_THE_FUTURE: &str = "issued in the future";

fn reason(problem: &ClaimsVerificationError) -> &'static str {
    match problem {
        ClaimsVerificationError::Expired(why) if why == FROM_THE_FUTURE => "too-early",
        ClaimsVerificationError::Expired(_) => "expired",
        ClaimsVerificationError::InvalidAudience(_) => "audience",
        ClaimsVerificationError::InvalidIssuer(_) => "issuer",
        ClaimsVerificationError::InvalidNonce(_) => "nonce",
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => "unknown-key",
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::DisallowedAlg(_)) => "algorithm",
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoSignature) => "algorithm",
        ClaimsVerificationError::SignatureVerification(_) => "signature",
        _ => "token",
    }
}

//! From claims to a person: who it is, whom the catalog knows it as, and which groups the token names.

use std::collections::BTreeSet;

use kit::server::directory::Directory;
use serde_json::{Map, Value};

use super::refusal::{Refusal, is_hidden};
use crate::config::{Binding, ClaimNames, Provider};
use crate::session::Assertion;

/// The longest name of a person, in characters.
const NAME: usize = 100;

/// The longest subject, in bytes, as OpenID Connect has it.
const SUBJECT: usize = 255;

/// The longest e-mail address, in bytes.
const EMAIL: usize = 254;

/// The most groups that a token may name.
const GROUPS: usize = 2_000;

/// Claims by name.
pub type Claims = Map<String, Value>;

/// The person that the claims are of.
pub async fn assertion(
    provider: &Provider,
    claims: &Claims,
    id_token: Option<String>,
    directory: &dyn Directory,
) -> Result<Assertion, Refusal> {
    let names = &provider.claims;
    let subject = subject(find(claims, &names.subject)).ok_or(Refusal::Unreadable("subject"))?;
    let email = find(claims, &names.email).and_then(Value::as_str).filter(|email| is_email(email)).map(str::to_owned);
    let user_ref = user(provider, claims, email.as_deref(), directory).await?;
    let email = email.filter(|_| is_verified(provider, claims));
    let name = find(claims, &names.name).and_then(Value::as_str).map(shown).filter(|name| !name.is_empty());
    Ok(Assertion {
        provider: provider.id.clone(),
        name: name.or_else(|| email.clone()).unwrap_or_else(|| subject.clone()),
        subject,
        user_ref,
        email,
        groups: groups(provider, claims),
        id_token,
    })
}

/// Whether a claim that the settings name is not there, so that the provider has to be asked for it.
pub fn are_incomplete(provider: &Provider, claims: &Claims) -> bool {
    let ClaimNames { subject, email, email_verified, name, groups } = &provider.claims;
    let bound = match &provider.bind {
        Binding::Claim(name) => name,
        Binding::Email => email_verified,
        Binding::None => "",
    };
    [subject, email, name, groups, bound].iter().any(|name| !name.is_empty() && find(claims, name).is_none())
}

/// The claim of that name: as it stands, or along its dots into objects.
pub fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if name.is_empty() {
        return None;
    }
    // The names of some claims are URLs, which have dots of their own: the whole name goes first.
    claims.get(name).or_else(|| {
        name.match_indices('.').find_map(|(dot, _)| find(claims.get(&name[..dot])?.as_object()?, &name[dot + 1..]))
    })
}

/// Whether `text` can be the name of an entity or a namespace in its canonical form.
pub fn is_entity_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| plain(b) || b"-_.".contains(&b))
        && text.bytes().next().is_some_and(plain)
        && text.bytes().last().is_some_and(plain)
}

/// The canonical ref of the catalog's User, where the rule finds exactly one.
async fn user(
    provider: &Provider,
    claims: &Claims,
    email: Option<&str>,
    directory: &dyn Directory,
) -> Result<Option<String>, Refusal> {
    let internal = |error: kit::error::AppError| Refusal::Internal(error.to_string());
    match &provider.bind {
        Binding::None => Ok(None),
        Binding::Claim(name) => {
            let value = find(claims, name).and_then(Value::as_str);
            let Some(entity_ref) = value.and_then(|value| canonical("user", &provider.namespace, value)) else {
                return Ok(None);
            };
            Ok(directory.person(&entity_ref).await.map_err(internal)?.map(|person| person.entity_ref))
        }
        Binding::Email => {
            let Some(email) = email else { return Ok(None) };
            if !is_verified(provider, claims) {
                return Err(Refusal::Unverified);
            }
            let mut found = directory.with_email(email).await.map_err(internal)?;
            if found.len() > 1 {
                tracing::warn!(
                    provider = provider.id,
                    "several people have the e-mail address that somebody signs in with"
                );
            }
            Ok(if found.len() == 1 { found.pop().map(|person| person.entity_ref) } else { None })
        }
    }
}

/// Whether the provider has checked the e-mail address. Only JSON's `true` says so: "false" is a text like any other.
fn is_verified(provider: &Provider, claims: &Claims) -> bool {
    find(claims, &provider.claims.email_verified) == Some(&Value::Bool(true))
}

/// The canonical refs of the groups that the claims name.
fn groups(provider: &Provider, claims: &Claims) -> Vec<String> {
    let one = std::slice::from_ref;
    let named = match find(claims, &provider.claims.groups) {
        Some(Value::Array(all)) => all.as_slice(),
        Some(value) => one(value),
        None => &[],
    };
    let canonical = |value: &Value| canonical("group", &provider.namespace, value.as_str()?);
    let groups: BTreeSet<String> = named.iter().take(GROUPS).filter_map(canonical).collect();
    let dropped = named.len().min(GROUPS) - named.iter().take(GROUPS).filter_map(canonical).count()
        + named.len().saturating_sub(GROUPS);
    if dropped > 0 {
        tracing::warn!(provider = provider.id, dropped, "the token names groups that cannot be the name of a group");
    }
    groups.into_iter().collect()
}

/// `kind:namespace/name` of a name or a full ref of that kind. Letters of ASCII alone change their case: others have look-alikes.
fn canonical(kind: &str, namespace: &str, value: &str) -> Option<String> {
    let value = value.to_ascii_lowercase();
    let (namespace, name) = match value.split_once(':') {
        Some((named, rest)) => rest.split_once('/').filter(|_| named == kind)?,
        None => (namespace, value.as_str()),
    };
    (is_entity_name(namespace) && is_entity_name(name)).then(|| format!("{kind}:{namespace}/{name}"))
}

fn subject(value: Option<&Value>) -> Option<String> {
    let subject = match value? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_i64()?.to_string(),
        _ => return None,
    };
    let fits = (1..=SUBJECT).contains(&subject.len()) && subject.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(subject)
}

/// An address in ASCII, so that no letter of it can be another's look-alike.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= EMAIL
        && text.bytes().all(|b| b.is_ascii_graphic())
        && parts.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
}

fn shown(name: &str) -> String {
    let name: String = name.chars().filter(|c| c.is_whitespace() || !is_hidden(*c)).collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(NAME).collect()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use kit::error::AppError;
    use kit::server::directory::{Known, Membership};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::config::{Config, Endpoints};

    /// Jane alone, and two who share an address.
    struct People;

    #[async_trait]
    impl Directory for People {
        async fn person(&self, entity_ref: &str) -> Result<Option<Known>, AppError> {
            Ok((entity_ref == "user:default/jane").then(|| known("jane")))
        }

        async fn with_email(&self, email: &str) -> Result<Vec<Known>, AppError> {
            Ok(match email.to_lowercase().as_str() {
                "jane@bank.example" => vec![known("jane")],
                "both@bank.example" => vec![known("one"), known("two")],
                _ => Vec::new(),
            })
        }

        async fn people(&self, _: u32) -> Result<Vec<Known>, AppError> {
            Ok(Vec::new())
        }

        async fn groups(&self, _: Option<&str>, _: &[String]) -> Result<Vec<Membership>, AppError> {
            Ok(Vec::new())
        }
    }

    fn known(name: &str) -> Known {
        Known { entity_ref: format!("user:default/{name}"), name: name.into(), email: String::new(), teams: Vec::new() }
    }

    fn provider(more: &str) -> Provider {
        let text = format!(
            "[[providers]]\nid = 'bank'\nkind = 'oidc'\nissuer = 'https://login.bank.example'\nclient_id = 'portico'\n{more}"
        );
        let config: Config = toml::from_str(&text).unwrap();
        let provider = config.providers().unwrap().remove(0);
        assert!(matches!(provider.endpoints, Endpoints::Oidc { .. }));
        provider
    }

    async fn of(more: &str, claims: Value) -> Result<Assertion, Refusal> {
        assertion(&provider(more), claims.as_object().unwrap(), None, &People).await
    }

    #[tokio::test]
    async fn a_person_is_bound_by_a_claim_that_names_a_user() {
        for (value, bound) in [
            (json!("jane"), true),
            (json!("JANE"), true),
            (json!("user:default/Jane"), true),
            (json!("group:default/jane"), false),
            (json!("user:other/jane"), false),
            (json!("jane/"), false),
            (json!(" jane"), false),
            (json!("ｊane"), false),
            (json!(["jane"]), false),
            (json!("nobody"), false),
        ] {
            let person = of("bind = 'claim:login'", json!({ "sub": "1", "login": value })).await.unwrap();
            assert_eq!(person.user_ref.is_some(), bound, "{value}");
            assert_eq!(person.subject, "1");
        }
        let nested = of("bind = 'claim:ids.login'", json!({ "sub": "1", "ids": { "login": "jane" } })).await.unwrap();
        assert_eq!(nested.user_ref.as_deref(), Some("user:default/jane"));
        let none = of("bind = 'none'", json!({ "sub": "jane", "email": "jane@bank.example" })).await.unwrap();
        assert_eq!(none.user_ref, None, "without a rule nobody is bound");
    }

    #[tokio::test]
    async fn an_address_binds_when_the_provider_has_checked_it_and_one_person_has_it() {
        let by = async |claims: Value| of("bind = 'email'", claims).await.map(|person| person.user_ref);
        let jane = Ok(Some("user:default/jane".to_owned()));
        assert_eq!(by(json!({ "sub": "1", "email": "Jane@bank.example", "email_verified": true })).await, jane);
        for verified in [json!(false), json!("true"), json!("false"), json!(1), json!(null), json!([true])] {
            let claims = json!({ "sub": "1", "email": "jane@bank.example", "email_verified": verified });
            assert_eq!(by(claims).await, Err(Refusal::Unverified), "{verified}");
        }
        assert_eq!(by(json!({ "sub": "1", "email": "jane@bank.example" })).await, Err(Refusal::Unverified));
        assert_eq!(by(json!({ "sub": "1", "email": "both@bank.example", "email_verified": true })).await, Ok(None));
        // The Kelvin sign becomes a k in lower case, the dotless i an i in upper case.
        for look_alike in ["jane@ban\u{212a}.example", "jane@bank.examp\u{131}e", "jane@bank.example\u{200b}"] {
            assert_eq!(by(json!({ "sub": "1", "email": look_alike, "email_verified": true })).await, Ok(None));
        }
    }

    #[tokio::test]
    async fn groups_become_refs_or_nothing() {
        let named = json!([
            "Payments-Team",
            "group:default/risk",
            "GROUP:Treasury/Desk",
            "payments-team",
            "user:default/jane",
            "a b",
            "/top/sub",
            "ad\u{443}min",
            "adm\u{131}n",
            "\u{212a}yc",
            "",
            "-x",
            "x-",
            "group:default/",
            "group:a/b/c",
            "group:risk",
            7,
            null,
            ["nested"],
            "role:admins"
        ]);
        let person = of("", json!({ "sub": "1", "groups": named })).await.unwrap();
        assert_eq!(person.groups, ["group:default/payments-team", "group:default/risk", "group:treasury/desk"]);
        let one = of("namespace = 'bank'", json!({ "sub": "1", "groups": "Risk" })).await.unwrap();
        assert_eq!(one.groups, ["group:bank/risk"]);
        let url = of(
            "[providers.claims]\ngroups = 'https://bank.example/groups'",
            json!({ "sub": "1", "https://bank.example/groups": ["risk"] }),
        );
        assert_eq!(url.await.unwrap().groups, ["group:default/risk"]);
    }

    #[tokio::test]
    async fn without_a_subject_there_is_nobody() {
        for subject in [json!(null), json!(""), json!("a b"), json!("ü"), json!({}), json!(1.5), json!("x".repeat(256))]
        {
            let refused = of("", json!({ "sub": subject })).await.err();
            assert_eq!(refused, Some(Refusal::Unreadable("subject")), "{subject}");
        }
        let person = of("[providers.claims]\nsubject = 'id'", json!({ "id": 4711 })).await.unwrap();
        assert_eq!((person.subject.as_str(), person.name.as_str()), ("4711", "4711"));
    }

    #[tokio::test]
    async fn a_name_is_one_line_without_tricks() {
        let person = of("", json!({ "sub": "1", "name": " Jane\n\u{202e}Doe \u{200b}" })).await.unwrap();
        assert_eq!(person.name, "Jane Doe");
        let person = of("", json!({ "sub": "1", "name": " ", "email": "jane@bank.example", "email_verified": true }))
            .await
            .unwrap();
        assert_eq!(person.name, "jane@bank.example");
    }

    proptest! {
        #[test]
        fn a_group_is_canonical_ascii_or_nothing(value in "\\PC{0,20}|(group:|user:|GROUP:)?[a-zA-Z0-9/._:-]{0,20}") {
            if let Some(group) = canonical("group", "default", &value) {
                let (namespace, name) = group.strip_prefix("group:").unwrap().split_once('/').unwrap();
                prop_assert!(is_entity_name(namespace) && is_entity_name(name));
                prop_assert_eq!(canonical("group", "other", &group), Some(group.clone()));
                prop_assert!(value.is_ascii());
            }
        }
    }
}

//! `portico token`

use std::process::ExitCode;

use kit::identity::{Caller, Subject};
use kit::plugin::Permission;
use kit::server::clock::Millis;
use kit::server::directory::Directory;
use kit::server::people;
use kit::server::tokens::{self, NewToken};
use kit::when::When;

use crate::config::Config;
use crate::instance::Instance;

/// Tokens that are read at once.
const AT_ONCE: u32 = 500;

/// A token for a script or a service.
pub struct Request {
    /// Whom it acts as.
    pub subject: Subject,
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// For how many days it is good.
    pub days: u32,
}

/// Makes a token and prints its secret, and nothing else, on standard output.
pub async fn create(config: Config, request: Request) -> anyhow::Result<ExitCode> {
    let instance = Instance::open_existing(&config).await?;
    let subject = &request.subject;
    let subject_name = match name_of(&instance, subject).await? {
        Some(name) => name,
        None => {
            instance.close().await?;
            anyhow::bail!("nobody is called {subject}: a person is in the catalog or has signed in");
        }
    };
    let actions: Vec<&'static Permission> = app::PLUGINS.iter().flat_map(|plugin| plugin.permissions).collect();
    let new = NewToken {
        subject,
        subject_name: &subject_name,
        name: &request.name,
        scopes: &request.scopes,
        days: request.days,
    };
    let (id, secret) = tokens::make(&instance.kit, &Caller::Operator, &actions, &new).await?;
    eprintln!("Token {id} acts as {subject} for {} days. It is shown this once.", request.days);
    println!("{secret}");
    instance.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the tokens that are good at the moment, a line each with tabs between.
pub async fn list(config: Config) -> anyhow::Result<ExitCode> {
    let instance = Instance::open_existing(&config).await?;
    let now = instance.kit.clock.now();
    let at = |at: Millis| When::new(at, now).exact;
    let mut after = 0;
    loop {
        let page = tokens::all(&instance.kit, after, AT_ONCE).await?;
        for token in &page {
            let used = token.used_at.map_or_else(|| "never used".to_owned(), |used| format!("used {}", at(used)));
            let (scopes, ends) = (token.scopes.join(" "), at(token.expires_at));
            println!("{}\t{}\t{}\t{scopes}\tends {ends}\t{used}", token.id, token.subject, token.name);
        }
        match page.last() {
            Some(last) => after = last.id,
            None => break,
        }
    }
    instance.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Revokes a token of whomever.
pub async fn revoke(config: Config, id: i64) -> anyhow::Result<ExitCode> {
    let instance = Instance::open_existing(&config).await?;
    let revoked = tokens::revoke(&instance.kit, &Caller::Operator, None, id).await;
    instance.close().await?;
    revoked?;
    println!("Token {id} is revoked");
    Ok(ExitCode::SUCCESS)
}

/// What people call somebody; none for a person that neither the organisation nor any sign-in knows.
async fn name_of(instance: &Instance, subject: &Subject) -> anyhow::Result<Option<String>> {
    if let Some(name) = subject.as_str().strip_prefix("service:") {
        return Ok(Some(name.to_owned()));
    }
    if let Some(user_ref) = subject.user_ref() {
        return Ok(instance.catalog.catalog.person(user_ref).await?.map(|known| known.name));
    }
    Ok(people::of(instance.kit.db.read(), subject.as_str()).await?.map(|person| person.name))
}

//! `portico token`

use std::process::ExitCode;

use descriptor::EntityRef;
use kit::identity::Caller;
use kit::plugin::Permission;
use kit::server::tokens::{self, NewToken};

use crate::config::Config;
use crate::instance::Instance;

/// A token for a script or a service.
pub struct Request {
    /// Whom it acts as.
    pub subject: EntityRef,
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// For how many days it is good.
    pub days: u32,
}

/// Makes a token and prints its secret, and nothing else, on standard output.
pub async fn create(config: Config, request: Request) -> anyhow::Result<ExitCode> {
    let instance = Instance::open(&config).await?;
    let subject = request.subject.to_string();
    let actions: Vec<&'static Permission> = app::PLUGINS.iter().flat_map(|plugin| plugin.permissions).collect();
    let new = NewToken {
        subject: &subject,
        subject_name: &request.subject.name,
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

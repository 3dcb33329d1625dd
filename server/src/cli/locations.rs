//! `portico unregister` and `portico rules`

use std::process::ExitCode;

use catalog::info::READ_LOCATIONS;
use catalog::server::{NewRules, REFRESH};
use kit::identity::Caller;

use super::import::harmless;
use crate::config::Config;
use crate::instance::Instance;

/// Unregisters locations and removes what only they brought.
pub async fn unregister(config: Config, locations: Vec<String>) -> anyhow::Result<ExitCode> {
    let instance = Instance::open_existing(&config).await?;
    let catalog = &instance.catalog.catalog;
    let mut failed = false;
    for text in &locations {
        let done = async {
            let id = catalog.location_id(text).await?;
            let reader = catalog.reader(&Caller::Operator, &READ_LOCATIONS).await?;
            let departure = reader.departure(&reader.readable_location(id).await?).await?;
            catalog.unregister(&Caller::Operator, id).await?;
            Ok::<_, kit::error::AppError>((id, departure))
        };
        match done.await {
            Ok((id, departure)) => {
                instance.worker().run_due(REFRESH, &[id.to_string()]).await?;
                println!("{}", harmless(&format!("{}: {} entities removed", departure.row.target, departure.removed)));
            }
            Err(error) => {
                eprintln!("portico: {}", harmless(&error.to_string()));
                failed = true;
            }
        }
    }
    instance.close().await?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Changes what a location may bring, and reads it again under the new rules.
pub async fn rules(config: Config, location: &str, rules: &NewRules) -> anyhow::Result<ExitCode> {
    let instance = Instance::open_existing(&config).await?;
    let catalog = &instance.catalog.catalog;
    let id = catalog.location_id(location).await?;
    catalog.set_rules(&Caller::Operator, id, rules).await?;
    instance.worker().run_due(REFRESH, &[id.to_string()]).await?;
    let reader = catalog.reader(&Caller::Operator, &READ_LOCATIONS).await?;
    if let Some(row) = reader.location_row(&reader.readable_location(id).await?).await? {
        let trust = if row.trusted_for_org { "trusted" } else { "not trusted" };
        let kinds = row.allowed_kinds.unwrap_or_else(|| "any".into());
        let text = format!("{}: {trust} for organisation data, kinds: {kinds}; {} entities", row.target, row.entities);
        println!("{}", harmless(&text));
    }
    instance.close().await?;
    Ok(ExitCode::SUCCESS)
}

//! The definition of an API as finished HTML: parsed and drawn here, so that the browser bundle knows nothing of it.

mod view;

use api_doc::{Language, Limits, Reading};
use descriptor::EntityRef;
use kit::error::AppError;
use kit::html::Html;
use kit::query::segment;
use kit::server::{db, html};
use serde_json::Value;

use super::read::link;
use super::reader::{Readable, Reader};

/// What `show` is for the text itself.
const SOURCE: &str = "source";

/// What the page around a definition is.
struct Place {
    /// The page of the entity.
    page: String,
    /// The entity as JSON, with the whole text.
    raw: String,
    /// What is wanted: an operation or model by its anchor, [`SOURCE`], or nothing in particular.
    show: String,
}

impl Reader {
    /// What an API entity says of its interface. `show` names the operation or model that is wanted first, or `source` for
    /// the text as it is.
    pub async fn definition(&self, entity: &Readable, show: String) -> Result<Html, AppError> {
        let canonical = &entity.entity_ref;
        let unknown = || AppError::not_found(canonical.clone());
        let parsed = EntityRef::parse(canonical, None, "default").map_err(|_| unknown())?;
        let text = "SELECT entity, type FROM catalog_entity WHERE ref = ?";
        let row = db::rows(self.db(), text, [canonical.as_str().into()]).await?.pop().ok_or_else(unknown)?;
        let (entity, type_name): (String, String) = (row.try_get("", "entity")?, row.try_get("", "type")?);
        let parts = [&parsed.kind, &parsed.namespace, &parsed.name].map(|part| segment(part).to_string());
        let place = Place {
            page: link(canonical, None).href,
            raw: format!("/api/catalog/entities/by-name/{}", parts.join("/")),
            show,
        };
        // A large definition takes a while, which must not hold up what else this thread serves.
        let html = tokio::task::spawn_blocking(move || draw(&entity, &type_name, &place)).await;
        html.map_err(AppError::internal)?
    }
}

fn draw(entity: &str, type_name: &str, place: &Place) -> Result<Html, AppError> {
    let entity: Value = serde_json::from_str(entity).map_err(AppError::internal)?;
    let limits = Limits::default();
    let (text, reading) = match entity.pointer("/spec/definition") {
        None | Some(Value::Null) => return Ok(html::drawn(view::nothing)),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(html::drawn(view::nothing)),
        Some(Value::String(text)) => (text.clone(), api_doc::read(text, type_name, &place.show, limits)),
        Some(value) => {
            let reading = api_doc::of_value(value, &place.show, limits);
            (
                serde_json::to_string_pretty(value).unwrap_or_default(),
                reading.unwrap_or(Reading::Source(Language::Json)),
            )
        }
    };
    Ok(html::drawn(|| match reading {
        Reading::Doc(_) if place.show == SOURCE => view::source(&text, Language::of(&text, type_name), place, true),
        Reading::Doc(doc) => view::doc(*doc, place),
        Reading::Broken(fault) => view::broken(&fault, &text, Language::of(&text, type_name), place),
        Reading::Source(language) => view::source(&text, language, place, false),
    }))
}

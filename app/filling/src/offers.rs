//! What a field of a form offers to choose from: at most so many, and only what the caller may see.

use form::{Active, CatalogFilter, Field, Kind, Picker, Wanted};
use kit::components::Choice;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::entities::{Entities, EntityQuery, Found};
use serde_json::{Map, Value, json};

/// The most that are offered at once.
pub const MOST: u32 = 50;

/// Entities that are looked through for their tags.
const LOOKED_THROUGH: u32 = 500;

/// Tags of one entity that are looked at.
const TAGS: usize = 12;

/// What the field at `path` offers for what was typed so far, where it is among those that are shown.
pub async fn offers(
    entities: &dyn Entities,
    caller: &Caller,
    active: &Active,
    path: &str,
    typed: &str,
) -> Result<Vec<Choice>, AppError> {
    let field = active.fields().find(|field| field.path == path && matches!(field.kind, Kind::Picker(_)));
    let field = field.ok_or_else(|| AppError::not_found(format!("A field {path} to choose in")))?;
    of_field(entities, caller, field, typed).await
}

/// What a field offers.
pub async fn of_field(
    entities: &dyn Entities,
    caller: &Caller,
    field: &Field,
    typed: &str,
) -> Result<Vec<Choice>, AppError> {
    let typed = typed.trim();
    let Kind::Picker(picker) = &field.kind else { return Ok(Vec::new()) };
    match picker {
        Picker::Owner(wanted) | Picker::Entity(wanted) | Picker::MultiEntity(wanted) => {
            let mut choices = found(entities, caller, conditions(&wanted.filter), typed).await?;
            if wanted.arbitrary {
                as_typed(&mut choices, typed);
            }
            Ok(choices)
        }
        Picker::OwnedEntity(wanted) => {
            let owners: Vec<Value> = owners(caller).into_iter().map(Value::from).collect();
            let mut filter = conditions(&wanted.filter);
            if filter.is_empty() {
                filter.push(Map::new());
            }
            for condition in &mut filter {
                condition.insert("relations.ownedBy".into(), Value::Array(owners.clone()));
            }
            found(entities, caller, filter, typed).await
        }
        Picker::MyGroups => my_groups(entities, caller, typed).await,
        Picker::EntityTags { kinds, .. } => tags(entities, caller, kinds, typed).await,
        _ => Ok(Vec::new()),
    }
}

/// The choice for a value that is chosen already.
pub async fn chosen(entities: &dyn Entities, caller: &Caller, refs: &[String]) -> Result<Vec<Choice>, AppError> {
    let titles = entities.titles(caller, refs).await?;
    let choice = |entity_ref: &String| match titles.get(entity_ref) {
        Some(title) => Choice::new(entity_ref, title).with(entity_ref.clone()),
        None => Choice::new(entity_ref, entity_ref),
    };
    Ok(refs.iter().map(choice).collect())
}

async fn found(
    entities: &dyn Entities,
    caller: &Caller,
    filter: Vec<Map<String, Value>>,
    typed: &str,
) -> Result<Vec<Choice>, AppError> {
    let query = EntityQuery { filter, text: typed.to_owned(), limit: MOST, ..EntityQuery::default() };
    let found = entities.find(caller, &query).await?;
    Ok(found
        .into_iter()
        .map(|Found { entity_ref, title, .. }| Choice::new(&entity_ref, title).with(entity_ref))
        .collect())
}

/// What was typed is a choice of its own where nothing has that very name.
fn as_typed(choices: &mut Vec<Choice>, typed: &str) {
    let is_there =
        |choice: &Choice| choice.label.eq_ignore_ascii_case(typed) || choice.value.eq_ignore_ascii_case(typed);
    if !typed.is_empty() && !choices.iter().any(is_there) {
        choices.push(Choice::new(typed, typed).with("as typed"));
    }
}

async fn my_groups(entities: &dyn Entities, caller: &Caller, typed: &str) -> Result<Vec<Choice>, AppError> {
    let groups = caller.principal().map(|principal| principal.groups.clone()).unwrap_or_default();
    let mut choices = chosen(entities, caller, &groups).await?;
    let typed = typed.to_lowercase();
    choices.retain(|choice| choice.label.to_lowercase().contains(&typed) || choice.value.contains(&typed));
    choices.truncate(MOST as usize);
    Ok(choices)
}

async fn tags(
    entities: &dyn Entities,
    caller: &Caller,
    kinds: &[String],
    typed: &str,
) -> Result<Vec<Choice>, AppError> {
    let mut condition = Map::from_iter([("metadata.tags".to_owned(), json!({"exists": true}))]);
    if !kinds.is_empty() {
        condition.insert("kind".into(), json!(kinds));
    }
    let fields = (0..TAGS).map(|place| format!("/metadata/tags/{place}")).collect();
    let query = EntityQuery { filter: vec![condition], limit: LOOKED_THROUGH, fields, ..EntityQuery::default() };
    let mut counted: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for Found { fields, .. } in entities.find(caller, &query).await? {
        for tag in fields.into_iter().filter(|tag| !tag.is_empty()) {
            *counted.entry(tag).or_default() += 1;
        }
    }
    let typed = typed.to_lowercase();
    let mut choices: Vec<(usize, Choice)> = counted
        .into_iter()
        .filter(|(tag, _)| tag.contains(&typed))
        .map(|(tag, count)| (count, Choice::new(&tag, &tag)))
        .collect();
    choices.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.value.cmp(&other.1.value)));
    let mut choices: Vec<Choice> = choices.into_iter().map(|(_, choice)| choice).take(MOST as usize).collect();
    as_typed(&mut choices, &typed);
    Ok(choices)
}

/// The refs that own what is the caller's: itself and its groups.
fn owners(caller: &Caller) -> Vec<String> {
    let groups = caller.principal().map(|principal| principal.groups.clone()).unwrap_or_default();
    std::iter::once(caller.subject().to_owned()).chain(groups).collect()
}

fn conditions(filter: &CatalogFilter) -> Vec<Map<String, Value>> {
    let wanted = |wanted: &Wanted| match wanted {
        Wanted::OneOf(values) => json!(values),
        Wanted::Exists => json!({"exists": true}),
    };
    filter.iter().map(|set| set.iter().map(|(key, value)| (key.clone(), wanted(value))).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_offered_once() {
        let mut choices = vec![Choice::new("group:default/a", "A team")];
        as_typed(&mut choices, "a TEAM");
        assert_eq!(choices.len(), 1);
        as_typed(&mut choices, "other");
        assert_eq!(choices[1].value, "other");
    }
}

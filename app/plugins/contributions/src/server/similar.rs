//! What is like an idea: contributions, entities and plugins that share its rarest words.

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::{db, search};

use super::Contributions;
use super::service::{Query, Similar, contribution_href};
use super::store::{self, SEARCHED};

/// The most that is shown of each kind.
const MOST: usize = 5;

impl Contributions {
    /// What is like an idea with this title and problem, of what the caller may see, the best of each kind first.
    pub async fn similar(&self, caller: &Caller, text: &str) -> Result<Vec<Similar>, AppError> {
        self.reads(caller).await?;
        let words = self.kit.vocabulary.rarest(&self.kit, text).await?;
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let entities = self.entities.like(caller, &words, MOST as u32);
        let (mut found, entities) = tokio::try_join!(self.like(caller, &words), entities)?;
        let named = |title: &str| {
            let title = title.to_lowercase();
            words.iter().any(|word| title.split(|c: char| !c.is_alphanumeric()).any(|part| part == word))
        };
        let plugins = self.plugins.iter().filter(|plugin| named(plugin.title));
        found.extend(plugins.take(MOST).filter_map(|plugin| {
            let path = plugin.navigation.first().map(|item| item.path)?;
            Some(Similar {
                title: plugin.title.into(),
                kind: "Plugin".into(),
                detail: "Part of the portal".into(),
                path: path.into(),
                contribution: String::new(),
            })
        }));
        found.extend(entities.into_iter().map(|hit| Similar {
            title: hit.title,
            kind: hit.kind,
            detail: hit.detail,
            path: hit.path,
            contribution: String::new(),
        }));
        Ok(found)
    }

    async fn like(&self, caller: &Caller, words: &[String]) -> Result<Vec<Similar>, AppError> {
        let mut conditions = self.conditions(caller, &Query::default());
        conditions.add("c.state NOT IN ('merged', 'withdrawn')", []);
        let (matching, mut values) = search::like(self.kit.db.backend(), SEARCHED, words);
        values.extend(conditions.values.iter().cloned());
        let text = format!(
            "SELECT {} FROM ({matching}) m JOIN contributions_contribution c ON c.id = m.item_id WHERE {} ORDER BY m.score DESC, c.id LIMIT {MOST}",
            store::COLUMNS,
            conditions.text(),
        );
        let rows = db::rows(self.kit.db.read(), &text, values).await?;
        rows.iter()
            .map(|row| {
                let row = store::read_row(row)?;
                let detail = if row.state.is_over() { row.state.label() } else { row.stage.label() };
                Ok(Similar {
                    kind: "Contribution".into(),
                    detail: detail.into(),
                    path: contribution_href(&row.id),
                    contribution: if row.state.is_over() { String::new() } else { row.id },
                    title: row.title,
                })
            })
            .collect()
    }
}

//! States of the catalog page that people keep under a name, each for oneself.

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::{audit, db};
use sea_orm::DbErr;
use serde_json::json;
use url::form_urlencoded;

use super::reader::Reader;
use super::service::Catalog;
use crate::info::SAVE_FILTER;
use crate::model::{ListQuery, SavedFilter};

/// The most that one person keeps.
const MOST: i64 = 50;

/// The longest name, in characters.
const MAX_NAME: usize = 60;

/// The longest address, in bytes.
const MAX_ADDRESS: usize = 4_000;

impl Reader {
    /// The caller's own saved filters, by name.
    pub async fn saved_filters(&self) -> Result<Vec<SavedFilter>, AppError> {
        let text = "SELECT id, name, href FROM catalog_saved_filter WHERE subject = ? ORDER BY name LIMIT ?";
        let rows = db::rows(self.db(), text, [self.caller.subject().into(), MOST.into()]).await?;
        let saved = rows.iter().map(|row| {
            Ok(SavedFilter {
                id: row.try_get("", "id")?,
                name: row.try_get("", "name")?,
                href: row.try_get("", "href")?,
            })
        });
        Ok(saved.collect::<Result<_, DbErr>>()?)
    }
}

impl Catalog {
    /// Keeps the state that `href`, an address of the catalog page, stands for; the same name again replaces it.
    pub async fn save_filter(&self, caller: &Caller, name: &str, href: &str) -> Result<(), AppError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME {
            return Err(AppError::bad_request(format!("The name of a saved filter has 1 to {MAX_NAME} characters")));
        }
        if href.len() > MAX_ADDRESS {
            return Err(AppError::bad_request("This state of the catalog page has too many filters to be saved"));
        }
        let href = tidied(href);
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        let values = [caller.subject().into(), name.into(), href.as_str().into(), now.into()];
        let text = "INSERT INTO catalog_saved_filter (subject, name, href, created_at) VALUES (?, ?, ?, ?) \
                    ON CONFLICT (subject, name) DO UPDATE SET href = excluded.href";
        db::execute(&tx, text, values).await?;
        let text = "SELECT count(*) AS n FROM catalog_saved_filter WHERE subject = ?";
        let kept = db::rows(&tx, text, [caller.subject().into()]).await?;
        if kept.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n"))? > MOST {
            return Err(AppError::bad_request(format!("At most {MOST} filters can be saved; forget one first")));
        }
        let detail = json!({ "href": href });
        let event = audit::Event { at: now, actor: caller, action: SAVE_FILTER.action, resource: name, detail };
        audit::append(&tx, event).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets one of the caller's own.
    pub async fn forget_filter(&self, caller: &Caller, id: i64) -> Result<(), AppError> {
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        let text = "DELETE FROM catalog_saved_filter WHERE id = ? AND subject = ?";
        if db::execute(&tx, text, [id.into(), caller.subject().into()]).await? == 0 {
            return Err(AppError::not_found(format!("Saved filter {id}")));
        }
        let detail = json!({ "forgotten": id });
        let event = audit::Event { at: now, actor: caller, action: SAVE_FILTER.action, resource: "forget", detail };
        audit::append(&tx, event).await?;
        Ok(tx.commit().await?)
    }
}

/// The address of the first page of the state, made anew: whatever was sent, it leads to the catalog page.
fn tidied(href: &str) -> String {
    let query = href.split_once('?').map_or("", |(_, query)| query);
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let of = |name: &str| pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect();
    ListQuery { cursor: String::new(), ..ListQuery::from_params(of) }.tidied().href()
}

#[cfg(test)]
mod tests {
    use super::tidied;

    #[test]
    fn whatever_is_sent_leads_to_the_catalog_page() {
        let cases = [
            ("/catalog?q=pay&kind=api&page=abc", "/catalog?q=pay&kind=api"),
            ("https://evil.example/?q=pay", "/catalog?q=pay"),
            ("javascript:alert(1)", "/catalog"),
            ("/catalog?columns=owner&columns=kind&columns=nonsense", "/catalog?columns=kind&columns=owner"),
        ];
        for (sent, kept) in cases {
            assert_eq!(tidied(sent), kept, "{sent}");
        }
    }
}

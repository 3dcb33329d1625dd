//! What a reviewer works with: what the machine found in the pages of a submission, put together by element, and the pictures that it took.

use std::collections::BTreeMap;

use kit::error::AppError;
use kit::identity::Caller;
use review::finding_key;
use serde::Deserialize;
use serde_json::Value;

use super::Contributions;
use super::evidence::Rule;
use super::service::Detail;

/// The most different findings that are shown.
const MOST: usize = 500;

/// A finding, wherever it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The rule.
    pub rule: String,
    /// Whether it blocks; else it is to be looked at.
    pub blocks: bool,
    /// The page on which it is; empty for the first.
    pub page: String,
    /// The element on its page.
    pub selector: String,
    /// What is there.
    pub actual: String,
    /// What should be.
    pub expected: String,
    /// The token or class to use instead; may be empty.
    pub token: String,
    /// The widths at which and themes in which it holds, as `(390, "dark")`.
    pub holds: Vec<(u32, String)>,
    /// By what a waiver names it.
    pub key: String,
}

/// A picture that the machine took.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Picture {
    /// The page.
    pub page: String,
    /// The width of its window.
    pub width: u32,
    /// Its theme.
    pub theme: String,
}

/// What the workbench shows of a submission.
#[derive(Debug, Clone)]
pub struct Workbench {
    /// The submission.
    pub number: u32,
    /// The submission to the same gate before it, where there is one with pages.
    pub before: Option<u32>,
    /// Its pages, the first one first; none where nobody has looked yet.
    pub pages: Vec<String>,
    /// What was found, what blocks first.
    pub found: Vec<Found>,
    /// The pictures, in order.
    pub pictures: Vec<Picture>,
    /// What the rules say that have departures, by their names.
    pub rules: BTreeMap<String, Rule>,
}

/// A finding as the report has it.
#[derive(Deserialize)]
struct Told {
    rule: String,
    verdict: String,
    selector: String,
    width: u32,
    theme: String,
    actual: String,
    expected: String,
    token: Option<String>,
}

impl Contributions {
    /// The contribution and the workbench of a submission; of the one that is in review, or the last with pages, where none is named. No
    /// workbench where no submission has pages.
    pub async fn workbench(
        &self,
        caller: &Caller,
        id: &str,
        submission: Option<u32>,
    ) -> Result<(Detail, Option<Workbench>), AppError> {
        let detail = self.detail(caller, id).await?;
        let mut with_pages = detail.contribution.submissions.iter().rev().filter(|each| each.material.ui.is_some());
        let Some(shown) = with_pages.find(|each| submission.is_none_or(|number| each.number == number)) else {
            return match submission {
                Some(_) => Err(AppError::not_found("A submission with pages")),
                None => Ok((detail, None)),
            };
        };
        let (number, before) = (shown.number, with_pages.next().map(|before| before.number));
        let whole = match &shown.report {
            Some(_) => self.report(caller, id, number).await?,
            None => Value::Null,
        };
        let pages: Vec<String> = of(&whole, "pages")?;
        let pictures: Vec<Picture> = of(&whole, "screenshots")?;
        let found = together(of(&whole, "findings")?, &pages);
        let names = found.iter().filter_map(|found| Some((found.rule.clone(), self.evidence.rule(&found.rule)?)));
        let rules = names.collect();
        Ok((detail, Some(Workbench { number, before, pages, found, pictures, rules })))
    }
}

fn of<T: for<'a> Deserialize<'a> + Default>(whole: &Value, name: &str) -> Result<T, AppError> {
    whole.get(name).map_or_else(|| Ok(T::default()), |value| T::deserialize(value).map_err(AppError::internal))
}

/// One finding for each rule and element, in the order in which the report has them.
fn together(told: Vec<Told>, pages: &[String]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut values: Vec<(String, Vec<String>)> = Vec::new();
    let mut places: BTreeMap<(String, String, bool), usize> = BTreeMap::new();
    for Told { rule, verdict, selector, width, theme, actual, expected, token } in told {
        let blocks = verdict == "fail";
        let place = *places.entry((rule.clone(), selector.clone(), blocks)).or_insert_with(|| {
            let page = pages.iter().skip(1).find(|page| selector.starts_with(&format!("{page}: ")));
            let element = page.and_then(|page| selector.strip_prefix(&format!("{page}: "))).unwrap_or(&selector);
            values.push((selector.clone(), Vec::new()));
            let (page, selector) = (page.cloned().unwrap_or_default(), element.to_owned());
            let token = token.unwrap_or_default();
            let (actual, key) = (actual.clone(), String::new());
            found.push(Found { rule, blocks, page, selector, actual, expected, token, holds: Vec::new(), key });
            found.len() - 1
        });
        found[place].holds.push((width, theme));
        values[place].1.push(actual);
    }
    for (found, (selector, values)) in found.iter_mut().zip(&values) {
        found.key = finding_key(&found.rule, selector, values.iter().map(String::as_str));
    }
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_finding_is_shown_once_with_all_places_where_it_holds() {
        let told = |rule: &str, verdict: &str, selector: &str, width: u32| {
            json!({ "rule": rule, "verdict": verdict, "selector": selector, "width": width,
            "theme": "light", "actual": "13px", "expected": "12px", "token": null })
        };
        let whole = json!({ "findings": [
            told("spacing", "fail", "#a", 390), told("spacing", "fail", "#a", 768), told("spacing", "look", "#a", 1440),
            told("contrast", "fail", "more/two.html: p:nth-of-type(1)", 390),
        ]});
        let pages = ["index.html".to_owned(), "more/two.html".to_owned()];
        let found = together(of(&whole, "findings").expect("findings"), &pages);
        let short: Vec<_> =
            found.iter().map(|f| (f.page.as_str(), f.selector.as_str(), f.blocks, f.holds.len())).collect();
        assert_eq!(short, [("", "#a", true, 2), ("", "#a", false, 1), ("more/two.html", "p:nth-of-type(1)", true, 1)]);
        assert_eq!(found[2].key, "contrast more/two.html: p:nth-of-type(1): 13px", "as the gate names it");
    }
}

//! What a page is checked for, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::report::Verdict;

/// The rules of the design system, as their file has them.
pub const TEXT: &str = include_str!("../rules.toml");

/// All rules, with their version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Changes with every change of a rule.
    pub version: String,
    /// What a page is checked for.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// Which published class a control takes.
    #[serde(rename = "component", default)]
    pub components: Vec<Component>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name in findings.
    pub id: String,
    /// What a departure is; a finding that is less certain is *look* whatever stands here.
    pub severity: Verdict,
    /// What is wrong.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// How to mend it.
    pub mend: String,
    /// The type of token to use instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Whether it is about colours.
    #[serde(default)]
    pub theme: bool,
}

/// A control, and the class that the design system publishes for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Which elements it is.
    pub selector: String,
    /// What they should be.
    pub expected: String,
    /// The class, as findings name it.
    pub token: String,
}

/// A file of rules that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesError(String);

impl Rules {
    /// The rules of the design system.
    pub fn ours() -> Result<Self, RulesError> {
        toml::from_str(TEXT).map_err(|error| RulesError(error.to_string()))
    }

    /// These rules with those of a bank's file in their place. The file has the same form: its rules replace ours by their ids, its components
    /// all of ours where it has any, and its version stands behind ours.
    pub fn with(&self, text: &str) -> Result<Self, RulesError> {
        let over: Self = toml::from_str(text).map_err(|error| RulesError(error.to_string()))?;
        let mut rules = self.clone();
        rules.version = format!("{}+{}", self.version, over.version);
        for rule in over.rules {
            let Some(own) = rules.rules.iter_mut().find(|own| own.id == rule.id) else {
                return Err(RulesError(format!("there is no rule {:?} to change", rule.id)));
            };
            *own = rule;
        }
        if !over.components.is_empty() {
            rules.components = over.components;
        }
        Ok(rules)
    }

    /// The rule with this id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rules cannot be read: {}", self.0)
    }
}

impl std::error::Error for RulesError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_says_what_why_and_how_to_mend_it() {
        let rules = Rules::ours().expect("our rules");
        for rule in &rules.rules {
            for text in [&rule.what, &rule.why, &rule.mend] {
                assert!(text.ends_with('.') && text.len() > 12, "{}: {text:?} is no sentence", rule.id);
            }
        }
    }

    #[test]
    fn the_validator_reports_rules_that_exist_and_no_others() {
        let rules = Rules::ours().expect("our rules");
        let told: Vec<&str> =
            crate::VALIDATOR.split("this.add('").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
        assert!(told.len() > 20, "{told:?}");
        for id in told {
            assert!(rules.get(id).is_some(), "{id} is reported and is no rule");
        }
    }

    #[test]
    fn a_bank_changes_a_rule_and_the_version_shows_it() {
        let rules = Rules::ours().expect("our rules");
        let over = "version = \"bank 3\"\n[[rule]]\nid = \"radius\"\nseverity = \"look\"\nwhat = \"A.\"\nwhy = \"B.\"\nmend = \"C.\"\n";
        let changed = rules.with(over).expect("a change");
        assert_eq!(changed.version, format!("{}+bank 3", rules.version));
        assert_eq!(changed.get("radius").map(|rule| rule.severity), Some(Verdict::Look));
        assert_eq!(changed.components, rules.components);
        assert!(rules.with(&over.replace("radius", "radios")).is_err(), "a rule that does not exist cannot be changed");
    }
}

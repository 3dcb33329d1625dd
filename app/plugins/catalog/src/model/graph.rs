//! The drawing of an entity's relations.

use kit::components::Series;
use kit::html::Html;
use serde::{Deserialize, Serialize};

/// What is drawn, as it stands in the URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GraphQuery {
    /// How many relations away from the entity, from 1 to [`Self::MAX_HOPS`].
    pub hops: u8,
    /// Only relations of these families, in the order of [`Family::ALL`]; all when it is empty.
    pub families: Vec<Family>,
    /// Which way relations are followed.
    pub direction: Direction,
}

impl Default for GraphQuery {
    fn default() -> Self {
        Self { hops: 1, families: Vec::new(), direction: Direction::Both }
    }
}

impl GraphQuery {
    /// The farthest that is drawn.
    pub const MAX_HOPS: u8 = 3;

    /// Reads the state from query parameters; `get` gives all values of a parameter.
    pub fn from_params(get: impl Fn(&str) -> Vec<String>) -> Self {
        let one = |name: &str| get(name).into_iter().next().unwrap_or_default();
        let shown = get("show");
        Self {
            hops: one("hops").parse().unwrap_or(1),
            families: Family::ALL.into_iter().filter(|family| shown.iter().any(|name| name == family.name())).collect(),
            direction: Direction::ALL
                .into_iter()
                .find(|direction| direction.name() == one("direction"))
                .unwrap_or(Direction::Both),
        }
        .tidied()
    }

    /// The same within what can be drawn: a caller may send anything.
    pub fn tidied(self) -> Self {
        let families: Vec<Family> = Family::ALL.into_iter().filter(|family| self.families.contains(family)).collect();
        let all = families.len() == Family::ALL.len();
        Self { hops: self.hops.clamp(1, Self::MAX_HOPS), families: if all { Vec::new() } else { families }, ..self }
    }

    /// The address of the drawing around the entity whose page is `page`.
    pub fn href(&self, page: &str) -> String {
        let hops = if self.hops > 1 { self.hops.to_string() } else { String::new() };
        let mut pairs = vec![("tab", "relations"), ("hops", &*hops)];
        pairs.extend(self.families.iter().map(|family| ("show", family.name())));
        pairs.push(("direction", self.direction.name()));
        kit::query::href(page, pairs)
    }

    /// Whether relations of this family are drawn.
    pub fn shows(&self, family: Family) -> bool {
        self.families.is_empty() || self.families.contains(&family)
    }

    /// The same with a family more, or less when it is drawn; without any left all are.
    pub fn toggled(&self, family: Family) -> Self {
        let families = Family::ALL.into_iter().filter(|each| self.shows(*each) != (*each == family)).collect();
        Self { families, ..self.clone() }.tidied()
    }
}

/// Relations that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Who owns what.
    Ownership,
    /// Domains, systems and what is in them.
    Parts,
    /// APIs that are provided and consumed.
    Apis,
    /// What needs what to work.
    Dependencies,
    /// People and groups.
    Membership,
}

impl Family {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Ownership, Self::Parts, Self::Apis, Self::Dependencies, Self::Membership];

    /// The name in the query string.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ownership => "ownership",
            Self::Parts => "parts",
            Self::Apis => "apis",
            Self::Dependencies => "dependencies",
            Self::Membership => "membership",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ownership => "Ownership",
            Self::Parts => "Parts",
            Self::Apis => "APIs",
            Self::Dependencies => "Dependencies",
            Self::Membership => "Membership",
        }
    }

    /// Its colour.
    pub fn series(self) -> Series {
        Series::nth(self as usize)
    }
}

/// Which way relations are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Both ways.
    Both,
    /// From an entity to what it names: owner, system, what it needs.
    Out,
    /// To an entity from what names it.
    In,
}

impl Direction {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Both, Self::Out, Self::In];

    /// The name in the query string; empty for what goes without saying.
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "",
            Self::Out => "out",
            Self::In => "in",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Both => "Both ways",
            Self::Out => "Outgoing",
            Self::In => "Incoming",
        }
    }
}

/// An entity with its surroundings, drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationGraph {
    /// The figure.
    pub drawing: Html,
    /// How many relations are in it; with none the entity stands alone.
    pub relations: u64,
    /// Whether more entities were within reach than are drawn.
    pub cut: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> GraphQuery {
        GraphQuery::from_params(|name| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).collect()
        })
    }

    #[test]
    fn the_url_holds_the_whole_state() {
        let query = parse("hops=2&show=apis&show=ownership&direction=in");
        assert_eq!(query.href("/x"), "/x?tab=relations&hops=2&show=ownership&show=apis&direction=in");
        assert_eq!(parse(query.href("").split_once('?').unwrap().1), query);
        assert_eq!(GraphQuery::default().href("/x"), "/x?tab=relations");
    }

    #[test]
    fn what_cannot_be_drawn_becomes_what_can() {
        assert_eq!(parse("hops=200&direction=up&show=everything"), GraphQuery { hops: 3, ..GraphQuery::default() });
        assert_eq!(parse("hops=-1"), GraphQuery::default());
        assert_eq!(GraphQuery { hops: 0, ..GraphQuery::default() }.tidied().hops, 1);
    }

    #[test]
    fn families_are_taken_away_one_by_one_until_all_are_back() {
        let without = GraphQuery::default().toggled(Family::Apis);
        assert!(!without.shows(Family::Apis) && without.shows(Family::Parts));
        assert_eq!(without.toggled(Family::Apis), GraphQuery::default());
        let mut query = GraphQuery::default();
        for family in Family::ALL {
            query = query.toggled(family);
        }
        assert_eq!(query, GraphQuery::default());
    }
}

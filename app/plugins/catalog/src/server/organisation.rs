//! The place of a group or a user in the organisation, and what is owned there.

use std::collections::HashMap;

use kit::server::db;
use sea_orm::{DbErr, QueryResult, Value as Sql};
use serde_json::Value;

use super::filter::{self, Conditions, Order};
use super::read::{ROW, entity_rows, target};
use super::reader::Reader;
use super::service::MAX_CHOSEN;
use crate::model::{EntityLink, EntityRow, FacetKey, GroupRow, ListQuery, Organisation, OwnedKind, Person};

/// Levels of groups that are followed up and down.
const LEVELS: usize = 8;

/// Groups that are looked at on the way down.
const GROUPS: usize = 400;

/// Groups right below a group, or of a user, that are shown.
const GROUPS_SHOWN: usize = 50;

/// Members shown.
const PEOPLE: usize = 60;

/// Owned entities shown.
const ROWS: u64 = 10;

/// What a link to the entity of `r.target_ref` is made of.
const TARGET: &str = "r.target_ref, t.title, t.kind_name, t.name, t.namespace";

/// A group below another one.
struct Below {
    link: EntityLink,
    /// The place of the group on the first level that it is or is below.
    first: usize,
}

impl Reader {
    /// What the page of a group or a user says besides what that of every entity does; `None` for any other kind.
    pub(super) async fn organisation(&self, entity_ref: &str) -> Result<Option<Organisation>, DbErr> {
        match entity_ref.split(':').next() {
            Some("group") => self.group(entity_ref).await.map(Some),
            Some("user") => self.user(entity_ref).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn group(&self, entity_ref: &str) -> Result<Organisation, DbErr> {
        let (above, (below, cut), (people, people_total)) =
            tokio::try_join!(self.above(entity_ref), self.below(entity_ref), self.people(entity_ref))?;
        let others: Vec<&str> = below.iter().map(|group| group.link.entity_ref.as_str()).collect();
        let own = [entity_ref];
        let (members, (owned, totals), (rows, rows_total)) =
            tokio::try_join!(self.members(&others), self.owned(entity_ref, &others, cut), self.owned_rows(&own))?;
        let mut groups: Vec<GroupRow> = Vec::new();
        for group in below {
            let of = |counts: &HashMap<String, u64>| counts.get(&group.link.entity_ref).copied().unwrap_or_default();
            let (members, owns) = (of(&members), of(&totals));
            match groups.get_mut(group.first) {
                Some(first) => {
                    first.members += members;
                    first.owns += owns;
                    first.below += 1;
                }
                None => groups.push(GroupRow { link: group.link, members, owns, below: 0 }),
            }
        }
        let groups_total = groups.len() as u64;
        groups.truncate(GROUPS_SHOWN);
        Ok(Organisation {
            is_user: false,
            above,
            groups,
            groups_total,
            cut,
            people,
            people_total,
            owned,
            rows,
            rows_total,
            all: owners_href(None, &own),
        })
    }

    async fn user(&self, entity_ref: &str) -> Result<Organisation, DbErr> {
        let rows = self.targets(&[entity_ref.to_owned()], "memberOf", GROUPS_SHOWN + 1).await?;
        let cut = rows.len() > GROUPS_SHOWN;
        let links = rows.iter().take(GROUPS_SHOWN).map(target).collect::<Result<Vec<_>, _>>()?;
        let others: Vec<&str> = links.iter().map(|link| link.entity_ref.as_str()).collect();
        let owners: Vec<&str> = std::iter::once(entity_ref).chain(others.iter().copied()).collect();
        let (members, (owned, totals), (rows, rows_total)) =
            tokio::try_join!(self.members(&others), self.owned(entity_ref, &others, cut), self.owned_rows(&owners))?;
        let all = if cut { None } else { owners_href(None, &owners) };
        let of = |counts: &HashMap<String, u64>, link: &EntityLink| {
            counts.get(&link.entity_ref).copied().unwrap_or_default()
        };
        let groups: Vec<GroupRow> = links
            .iter()
            .map(|link| GroupRow { link: link.clone(), members: of(&members, link), owns: of(&totals, link), below: 0 })
            .collect();
        Ok(Organisation {
            is_user: true,
            above: Vec::new(),
            groups_total: groups.len() as u64,
            groups,
            cut,
            people: Vec::new(),
            people_total: 0,
            owned,
            rows,
            rows_total,
            all,
        })
    }

    /// The groups above a group, from the outermost on: one statement a level.
    async fn above(&self, entity_ref: &str) -> Result<Vec<EntityLink>, DbErr> {
        let mut above: Vec<EntityLink> = Vec::new();
        let mut at = entity_ref.to_owned();
        for _ in 0..LEVELS {
            let rows = self.targets(&[at], "childOf", 1).await?;
            let Some(parent) = rows.first().map(target).transpose()? else { break };
            // Two groups that name each other as their parent are nobody's tree.
            if parent.entity_ref == entity_ref || above.iter().any(|known| known.entity_ref == parent.entity_ref) {
                break;
            }
            at = parent.entity_ref.clone();
            above.push(parent);
        }
        above.reverse();
        Ok(above)
    }

    /// The groups below a group, those right below it first: one statement a level. Says whether there are more.
    async fn below(&self, entity_ref: &str) -> Result<(Vec<Below>, bool), DbErr> {
        let mut below: Vec<Below> = Vec::new();
        let mut first_of: HashMap<String, Option<usize>> = HashMap::from([(entity_ref.to_owned(), None)]);
        let mut level = vec![entity_ref.to_owned()];
        for _ in 0..LEVELS {
            let room = GROUPS - below.len();
            let rows = self.targets(&std::mem::take(&mut level), "parentOf", room + 1).await?;
            for row in rows.iter().take(room) {
                let link = target(row)?;
                if first_of.contains_key(&link.entity_ref) {
                    continue;
                }
                let parent: String = row.try_get("", "source_ref")?;
                let first = first_of.get(&parent).copied().flatten().unwrap_or(below.len());
                first_of.insert(link.entity_ref.clone(), Some(first));
                level.push(link.entity_ref.clone());
                below.push(Below { link, first });
            }
            if rows.len() > room {
                return Ok((below, true));
            }
            if level.is_empty() {
                return Ok((below, false));
            }
        }
        Ok((below, true))
    }

    /// What a relation leads to from `sources`, as far as the caller may be told.
    async fn targets(&self, sources: &[String], relation: &str, most: usize) -> Result<Vec<QueryResult>, DbErr> {
        let (seen, seen_values) = self.seen("t");
        let (told, told_values) = self.told("r");
        let text = format!(
            "SELECT DISTINCT r.source_ref, {TARGET} FROM catalog_relation r LEFT JOIN catalog_entity t ON t.ref = r.target_ref AND {seen} \
             WHERE r.source_ref IN ({}) AND r.type = ? AND {told} ORDER BY r.source_ref, r.target_ref LIMIT {most}",
            db::marks(sources.len()),
        );
        let sources = sources.iter().map(|source| source.as_str().into());
        let values = seen_values.into_iter().chain(sources).chain([relation.into()]).chain(told_values);
        db::rows(self.db(), &text, values).await
    }

    /// The first members of a group, with how many there are.
    async fn people(&self, entity_ref: &str) -> Result<(Vec<Person>, u64), DbErr> {
        let (told, told_values) = self.told("r");
        let (seen, seen_values) = self.seen("t");
        let text = format!(
            "SELECT n.target_ref, n.total, t.title, t.kind_name, t.name, t.namespace, t.entity FROM \
             (SELECT d.target_ref, count(*) OVER () AS total FROM \
              (SELECT DISTINCT r.target_ref FROM catalog_relation r WHERE r.source_ref = ? AND r.type = 'hasMember' AND {told}) d ORDER BY d.target_ref LIMIT {PEOPLE}) n \
             LEFT JOIN catalog_entity t ON t.ref = n.target_ref AND {seen} ORDER BY n.target_ref"
        );
        let values = std::iter::once(entity_ref.into()).chain(told_values).chain(seen_values);
        let rows = db::rows(self.db(), &text, values).await?;
        let total = rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", "total"))?;
        let people = rows.iter().map(|row| {
            let entity: Option<String> = row.try_get("", "entity")?;
            Ok(Person { link: target(row)?, email: entity.map(|entity| email(&entity)).unwrap_or_default() })
        });
        Ok((people.collect::<Result<_, DbErr>>()?, total.max(0) as u64))
    }

    /// How many members each of these groups has.
    async fn members(&self, groups: &[&str]) -> Result<HashMap<String, u64>, DbErr> {
        if groups.is_empty() {
            return Ok(HashMap::new());
        }
        let (told, told_values) = self.told("r");
        let text = format!(
            "SELECT r.source_ref, count(DISTINCT r.target_ref) AS n FROM catalog_relation r \
             WHERE r.source_ref IN ({}) AND r.type = 'hasMember' AND {told} GROUP BY r.source_ref",
            db::marks(groups.len())
        );
        let values = groups.iter().map(|group| (*group).into()).chain(told_values);
        let rows = db::rows(self.db(), &text, values).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("", "source_ref")?, row.try_get::<i64>("", "n")?.max(0) as u64)))
            .collect()
    }

    /// What `own` and the `others` own by kind, most first, and how much each of the others does: from the totals that are kept, where all may be seen.
    async fn owned(
        &self,
        own: &str,
        others: &[&str],
        cut: bool,
    ) -> Result<(Vec<OwnedKind>, HashMap<String, u64>), DbErr> {
        let read = self.db();
        let text =
            "SELECT facet_value, label FROM catalog_count WHERE kind = '' AND facet_key = 'kind' AND entities > 0";
        let mut labels: HashMap<String, String> = HashMap::new();
        for row in db::rows(read, text, []).await? {
            labels.insert(row.try_get("", "facet_value")?, row.try_get("", "label")?);
        }
        let mut totals: HashMap<String, u64> = HashMap::new();
        if labels.is_empty() {
            return Ok((Vec::new(), totals));
        }
        let owners = std::iter::once(own).chain(others.iter().copied()).map(Sql::from);
        let marks = db::marks(others.len() + 1);
        let (text, values) = if self.sees_all() {
            let text = format!(
                "SELECT kind AS label, facet_value AS value, entities AS n FROM catalog_count \
                 WHERE kind IN ({}) AND facet_key = 'spec.owner' AND facet_value IN ({marks}) AND entities > 0",
                db::marks(labels.len()),
            );
            (text, labels.keys().map(|kind| kind.as_str().into()).chain(owners).collect())
        } else {
            let (seen, values) = self.seen("e");
            let text = format!(
                "SELECT e.kind AS label, e.owner AS value, count(*) AS n FROM catalog_entity e \
                 WHERE e.owner IN ({marks}) AND {seen} GROUP BY e.kind, e.owner"
            );
            (text, owners.chain(values).collect())
        };
        let mut kinds: HashMap<String, (u64, u64)> = HashMap::new();
        for (owner, kind, count) in self.counted(&text, values).await? {
            let counts = kinds.entry(kind).or_default();
            if owner == own {
                counts.0 += count;
            } else {
                counts.1 += count;
                *totals.entry(owner).or_default() += count;
            }
        }
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(kind, (own, others))| (std::cmp::Reverse(own + others), kind.clone()));
        let owned = kinds.into_iter().map(|(kind, counts)| OwnedKind {
            own: (counts.0, owners_href(Some(&kind), &[own]).unwrap_or_default()),
            others: (counts.1, if cut { None } else { owners_href(Some(&kind), others) }),
            kind: labels.get(&kind).cloned().unwrap_or(kind),
        });
        Ok((owned.collect(), totals))
    }

    /// The first entities of these owners by name, and how many there are.
    async fn owned_rows(&self, owners: &[&str]) -> Result<(Vec<EntityRow>, u64), DbErr> {
        let mut conditions = Conditions::default();
        conditions.column("owner", &owners.iter().map(|owner| (*owner).to_owned()).collect::<Vec<_>>());
        let order = Order { column: "sort_name", descending: false };
        let page = filter::page(self, ROW, &conditions, &order, None, ROWS).await?;
        Ok((entity_rows(self, &page.rows).await?, self.count(&conditions).await?))
    }
}

/// The catalog page with what these own, where so many owners can be chosen at once.
fn owners_href(kind: Option<&str>, owners: &[&str]) -> Option<String> {
    let chosen = usize::from(kind.is_some()) + owners.len();
    if owners.is_empty() || chosen > MAX_CHOSEN {
        return None;
    }
    let owners = (FacetKey::Owner, owners.iter().map(|owner| (*owner).to_owned()).collect());
    let kind = kind.map(|kind| (FacetKey::Kind, vec![kind.to_owned()]));
    Some(ListQuery { chosen: kind.into_iter().chain([owners]).collect(), ..ListQuery::default() }.href())
}

/// The address in a stored user's profile, unless it holds what would mean something else in a `mailto:` address.
fn email(entity: &str) -> String {
    let value: Value = serde_json::from_str(entity).unwrap_or_default();
    let email = value.pointer("/spec/profile/email").and_then(Value::as_str).unwrap_or_default();
    let plain =
        email.contains('@') && !email.contains(|c: char| c.is_whitespace() || c.is_control() || "?&%#".contains(c));
    if plain { email.to_owned() } else { String::new() }
}

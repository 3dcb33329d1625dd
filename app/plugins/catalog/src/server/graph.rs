//! The surroundings of an entity, hop by hop, and what is drawn of them.

use std::collections::{BTreeSet, HashMap};

use kit::components::graph::{self, Edge, EdgeKind, Graph, Node, Role};
use kit::error::AppError;
use kit::server::db;
use sea_orm::DbErr;

use super::read::target;
use super::reader::{Readable, Reader};
use super::service::all_targets;
use crate::model::{Direction, EntityLink, Family, GraphQuery, RelationGraph};

/// Neighbours drawn of one entity by one relation, by the number of hops that it is away; the rest become one node.
const NEIGHBOURS: [u64; GraphQuery::MAX_HOPS as usize] = [8, 4, 3];

/// A node that stands for so few is not worth it: they are drawn themselves.
const SPARED: u64 = 2;

/// Entities in a drawing; beyond that nobody finds anything in it.
const ENTITIES: usize = 100;

/// Nodes in a drawing, with those that stand for several.
const NODES: usize = 120;

/// A relation, which the catalog holds in both directions and the drawing has once.
struct Relation {
    family: Family,
    name: &'static str,
    inverse: &'static str,
    word: &'static str,
    back: &'static str,
    /// What those at its end are called when there are many.
    targets: &'static str,
    /// What those at its beginning are called.
    sources: &'static str,
}

#[rustfmt::skip]
const RELATIONS: [Relation; 8] = [
    Relation { family: Family::Ownership, name: "ownedBy", inverse: "ownerOf", word: "owned by", back: "owns", targets: "owners", sources: "owned entities" },
    Relation { family: Family::Ownership, name: "managedBy", inverse: "manages", word: "managed by", back: "manages", targets: "managers", sources: "managed entities" },
    Relation { family: Family::Parts, name: "partOf", inverse: "hasPart", word: "part of", back: "has part", targets: "wholes", sources: "parts" },
    Relation { family: Family::Apis, name: "providesApi", inverse: "apiProvidedBy", word: "provides", back: "provided by", targets: "APIs", sources: "providers" },
    Relation { family: Family::Apis, name: "consumesApi", inverse: "apiConsumedBy", word: "consumes", back: "consumed by", targets: "APIs", sources: "consumers" },
    Relation { family: Family::Dependencies, name: "dependsOn", inverse: "dependencyOf", word: "depends on", back: "needed by", targets: "dependencies", sources: "dependents" },
    Relation { family: Family::Membership, name: "memberOf", inverse: "hasMember", word: "member of", back: "has member", targets: "groups", sources: "members" },
    Relation { family: Family::Membership, name: "childOf", inverse: "parentOf", word: "child of", back: "parent of", targets: "parents", sources: "child groups" },
];

impl Reader {
    /// The entity with what is around it, drawn.
    pub async fn graph(&self, entity: &Readable, query: GraphQuery) -> Result<RelationGraph, AppError> {
        let query = query.tidied();
        let canonical = entity.entity_ref.as_str();
        let unknown = || AppError::not_found(canonical.to_owned());
        let text = "SELECT ref AS target_ref, title, kind_name, name, namespace FROM catalog_entity WHERE ref = ?";
        let row = db::rows(self.db(), text, [canonical.into()]).await?.pop().ok_or_else(unknown)?;
        let mut around = Surroundings::default();
        around.put(target(&row)?);
        let mut from = 0;
        for most in &NEIGHBOURS[..usize::from(query.hops)] {
            let until = around.entities.len();
            self.hop(&mut around, from..until, *most, &query).await?;
            from = until;
        }
        Ok(around.drawn(&query))
    }

    /// Goes one hop further from the entities `from`, with one statement.
    async fn hop(
        &self,
        around: &mut Surroundings,
        from: std::ops::Range<usize>,
        most: u64,
        query: &GraphQuery,
    ) -> Result<(), DbErr> {
        let refs: Vec<String> = around.entities[from].iter().map(|entity| entity.entity_ref.clone()).collect();
        let types: Vec<&str> = RELATIONS
            .iter()
            .filter(|relation| query.shows(relation.family))
            .flat_map(|relation| match query.direction {
                Direction::Both => vec![relation.name, relation.inverse],
                Direction::Out => vec![relation.name],
                Direction::In => vec![relation.inverse],
            })
            .collect();
        if refs.is_empty() {
            return Ok(());
        }
        let (told, told_values) = self.told("r");
        let (seen, seen_values) = self.seen("t");
        let text = format!(
            "SELECT n.source_ref, n.type, n.target_ref, n.total, t.title, t.kind_name, t.name, t.namespace FROM \
             (SELECT d.source_ref, d.type, d.target_ref, row_number() OVER (PARTITION BY d.source_ref, d.type ORDER BY d.target_ref) AS place, \
                count(*) OVER (PARTITION BY d.source_ref, d.type) AS total \
              FROM (SELECT DISTINCT r.source_ref, r.type, r.target_ref FROM catalog_relation r WHERE r.source_ref IN ({}) AND r.type IN ({}) AND {told}) d) n \
             LEFT JOIN catalog_entity t ON t.ref = n.target_ref AND {seen} WHERE n.place <= {most} OR n.total <= {} ORDER BY n.source_ref, n.type, n.target_ref",
            db::marks(refs.len()),
            db::marks(types.len()),
            most + SPARED,
        );
        let asked = refs.into_iter().map(Into::into).chain(types.into_iter().map(Into::into));
        let values = asked.chain(told_values).chain(seen_values);
        for row in db::rows(self.db(), &text, values).await? {
            let relation: String = row.try_get("", "type")?;
            let total: i64 = row.try_get("", "total")?;
            around.join(&row.try_get::<String>("", "source_ref")?, &relation, target(&row)?, total.max(0) as usize);
        }
        Ok(())
    }
}

/// What was found; the first entity is the one that it is about.
#[derive(Default)]
struct Surroundings {
    entities: Vec<EntityLink>,
    numbers: HashMap<String, usize>,
    edges: BTreeSet<Edge>,
    /// How many neighbours an entity has by a relation, and whether the relation leaves it.
    totals: Vec<(usize, usize, bool, usize)>,
    cut: bool,
}

impl Surroundings {
    fn put(&mut self, entity: EntityLink) -> Option<usize> {
        if let Some(number) = self.numbers.get(&entity.entity_ref) {
            return Some(*number);
        }
        if self.entities.len() >= ENTITIES {
            self.cut = true;
            return None;
        }
        self.numbers.insert(entity.entity_ref.clone(), self.entities.len());
        self.entities.push(entity);
        Some(self.entities.len() - 1)
    }

    fn join(&mut self, source: &str, relation: &str, target: EntityLink, total: usize) {
        let found = RELATIONS.iter().position(|each| each.name == relation || each.inverse == relation);
        let (Some(kind), Some(&near)) = (found, self.numbers.get(source)) else { return };
        let leaves = RELATIONS[kind].name == relation;
        if self.totals.last().is_none_or(|last| (last.0, last.1, last.2) != (near, kind, leaves)) {
            self.totals.push((near, kind, leaves, total));
        }
        if let Some(far) = self.put(target) {
            let (from, to) = if leaves { (near, far) } else { (far, near) };
            self.edges.insert(Edge { from, to, kind });
        }
    }

    fn drawn(&self, query: &GraphQuery) -> RelationGraph {
        let mut nodes: Vec<Node> = self
            .entities
            .iter()
            .enumerate()
            .map(|(number, entity)| Node {
                name: entity.name.clone(),
                kind: entity.kind.clone(),
                note: entity.subtitle().unwrap_or_default().to_owned(),
                href: if entity.known { entity.href.clone() } else { String::new() },
                around: if entity.known && number > 0 { query.href(&entity.href) } else { String::new() },
                role: match (number, entity.known) {
                    (0, _) => Role::Centre,
                    (_, true) => Role::Plain,
                    (_, false) => Role::Missing,
                },
            })
            .collect();
        let mut edges: Vec<Edge> = self.edges.iter().copied().collect();
        let mut cut = self.cut;
        let mut summarised = 0;
        for &(number, kind, leaves, total) in &self.totals {
            let end = |edge: &&Edge| edge.kind == kind && number == if leaves { edge.from } else { edge.to };
            let more = total.saturating_sub(self.edges.iter().filter(end).count());
            if more == 0 {
                continue;
            }
            if nodes.len() >= NODES {
                cut = true;
                break;
            }
            summarised += more;
            let relation = &RELATIONS[kind];
            let (name, what) =
                if leaves { (relation.name, relation.targets) } else { (relation.inverse, relation.sources) };
            let entity = &self.entities[number];
            let table = format!("{}?tab=relations#all-relations", entity.href);
            nodes.push(Node {
                name: format!("and {more} more"),
                kind: what.to_owned(),
                href: all_targets(name, &entity.entity_ref).unwrap_or(table),
                role: Role::Summary,
                ..Node::default()
            });
            let summary = nodes.len() - 1;
            edges.push(if leaves {
                Edge { from: number, to: summary, kind }
            } else {
                Edge { from: summary, to: number, kind }
            });
        }
        let relations = self.edges.len();
        let counted = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let mut description = format!(
            "{}, {}.",
            counted(self.entities.len(), "entity", "entities"),
            counted(relations, "relation", "relations")
        );
        if summarised > 0 {
            description.push_str(&format!(" {summarised} more are summarised."));
        }
        let drawing = graph::draw(&Graph {
            id: "relations".into(),
            label: format!("Relations of {}", self.entities[0].name),
            description,
            nodes,
            edges,
            kinds: RELATIONS
                .iter()
                .map(|relation| EdgeKind { word: relation.word, back: relation.back, series: relation.family.series() })
                .collect(),
        });
        RelationGraph { drawing, relations: relations as u64, cut }
    }
}

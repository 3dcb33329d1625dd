//! The ink of a graph: SVG lines, and nodes as HTML links within, whose names the browser can clip and read in both directions.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use leptos::prelude::*;

use super::layout::{Label, Layout, Link, NODE_WIDTH, Place, layout};
use crate::components::Series;
use crate::html::Html;
use crate::server::html;

/// How round the bends of a line are.
const BEND: i32 = 8;

/// The width of a letter of a line's word, rather too wide.
const LETTER: i32 = 7;

/// Relations that a node's accessible name tells; the table tells all.
const TOLD: usize = 4;

/// What is to be drawn.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The beginning of the ids in it, so that two drawings can be on one page.
    pub id: String,
    /// What it shows: `Relations of payments`.
    pub label: String,
    /// How many there are of what, as a sentence.
    pub description: String,
    /// The nodes; where the edges leave a choice they stand in this order.
    pub nodes: Vec<Node>,
    /// The lines.
    pub edges: Vec<Edge>,
    /// What the lines mean.
    pub kinds: Vec<EdgeKind>,
}

/// A thing in the drawing.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The strongest text.
    pub name: String,
    /// What kind of thing it is.
    pub kind: String,
    /// What else there is to say, quieter.
    pub note: String,
    /// Where it leads; nowhere when empty.
    pub href: String,
    /// The address of the drawing with this node in the middle; empty where there is none.
    pub around: String,
    /// What it is here.
    pub role: Role,
}

impl Node {
    /// The quieter text.
    fn about(&self) -> String {
        let parts = [&*self.kind, &*self.note].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" · ")
    }
}

/// What a node is in the drawing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// One of many.
    #[default]
    Plain,
    /// The one that the drawing is about.
    Centre,
    /// Named by others but not known itself.
    Missing,
    /// Stands for several.
    Summary,
}

/// A line from one node to another; the same line twice is drawn once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Index of the node that it leaves.
    pub from: usize,
    /// Index of the node that it enters.
    pub to: usize,
    /// Index of its kind.
    pub kind: usize,
}

/// What a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeKind {
    /// Read along the line: `depends on`.
    pub word: &'static str,
    /// Read against it: `needed by`.
    pub back: &'static str,
    /// Its colour.
    pub series: Series,
}

/// Draws a graph.
pub fn draw(graph: &Graph) -> Html {
    let edges: BTreeSet<Edge> = graph.edges.iter().copied().collect();
    let edges: Vec<Edge> = edges.into_iter().collect();
    let links: Vec<Link> = edges.iter().map(|edge| Link { from: edge.from, to: edge.to, kind: edge.kind }).collect();
    let plan = layout(graph.nodes.len(), &links, |kind| graph.kinds[kind].word.len() as i32 * LETTER);
    let figure = Figure { graph, edges: &edges, plan: &plan };
    html::drawn(|| figure.view())
}

struct Figure<'a> {
    graph: &'a Graph,
    edges: &'a [Edge],
    plan: &'a Layout,
}

impl Figure<'_> {
    fn view(&self) -> AnyView {
        let Layout { width, height, .. } = *self.plan;
        let about = format!("{}-about", self.graph.id);
        let mut reading: Vec<usize> = (0..self.graph.nodes.len()).collect();
        reading.sort_by_key(|&node| (self.plan.places[node].layer, self.plan.places[node].row));
        let nodes: Vec<_> = reading.into_iter().map(|number| self.node(number)).collect();
        view! {
            <figure class="pk-graph">
                <div class="pk-graph__scroll">
                    <svg
                        class="pk-graph__drawing"
                        role="group"
                        aria-label=self.graph.label.clone()
                        aria-describedby=about.clone()
                        viewBox=format!("0 0 {width} {height}")
                        width=width
                        height=height
                    >
                        // The lines are told by the names of the nodes.
                        <g aria-hidden="true">{self.lines()} {self.arrows()} {self.words()} {self.here()}</g>
                        {nodes}
                    </svg>
                </div>
                <figcaption class="pk-graph__about" id=about>
                    {self.graph.description.clone()}
                    <span class="pk-graph__keys">" Arrow keys move between neighbours, Home and End to the first and the last, Enter opens."</span>
                </figcaption>
            </figure>
        }
        .into_any()
    }

    fn lines(&self) -> Vec<AnyView> {
        let line = |(edge, points): (&Edge, &Vec<(i32, i32)>)| {
            let kind = self.graph.kinds[edge.kind];
            let class = format!("pk-graph__line {}", kind.series.class());
            let (from, to) = (&self.graph.nodes[edge.from].name, &self.graph.nodes[edge.to].name);
            let title = format!("{from} {} {to}", kind.word);
            view! { <path class=class d=path(points)><title>{title}</title></path> }.into_any()
        };
        self.edges.iter().zip(&self.plan.routes).map(line).collect()
    }

    fn arrows(&self) -> Vec<AnyView> {
        let arrows: BTreeSet<Arrow> =
            self.edges.iter().zip(&self.plan.routes).filter_map(|(edge, points)| arrow(edge, points)).collect();
        arrows
            .into_iter()
            .map(|Arrow { kind, point: (x, y), towards: (dx, dy) }| {
                // A triangle with its point at the node.
                let (bx, by) = (x - 9 * dx, y - 9 * dy);
                let (ax, ay, cx, cy) = (bx + 4 * dy, by + 4 * dx, bx - 4 * dy, by - 4 * dx);
                let class = format!("pk-graph__arrow {}", self.graph.kinds[kind].series.class());
                view! { <path class=class d=format!("M{x} {y}L{ax} {ay}L{cx} {cy}Z")></path> }.into_any()
            })
            .collect()
    }

    fn words(&self) -> Vec<AnyView> {
        let word = |label: &Label| {
            let kind = self.graph.kinds[label.kind];
            let end = if label.at_end { " pk-graph__word--end" } else { "" };
            view! { <text class=format!("pk-graph__word{end}") x=label.x y=label.y>{kind.word}</text> }.into_any()
        };
        self.plan.labels.iter().map(word).collect()
    }

    /// The marker where the reader is.
    fn here(&self) -> Vec<AnyView> {
        let centres = self.graph.nodes.iter().zip(&self.plan.places).filter(|(node, _)| node.role == Role::Centre);
        centres
            .map(|(_, place)| {
                let (x, y) = (place.x + NODE_WIDTH / 2 - 44, place.y);
                view! {
                    <path class="pk-graph__here" d=format!("M{x} {}h12l-6 7z", y - 12)></path>
                    <text class="pk-graph__here-word" x=x + 18 y=y - 5>"You are here"</text>
                }
                .into_any()
            })
            .collect()
    }

    fn node(&self, number: usize) -> AnyView {
        let (node, place) = (&self.graph.nodes[number], &self.plan.places[number]);
        let class = match node.role {
            Role::Plain => "pk-graph__node",
            Role::Centre => "pk-graph__node pk-graph__node--centre",
            Role::Missing => "pk-graph__node pk-graph__node--missing",
            Role::Summary => "pk-graph__node pk-graph__node--summary",
        };
        let id = |number: usize| format!("{}-{number}", self.graph.id);
        let beside = self.neighbours(number).map(|other| other.map(id));
        let [up, down, left, right] = beside;
        // Without an address it is no link to follow, but the arrow keys can reach and read it all the same.
        let leads = !node.href.is_empty();
        let around = (!node.around.is_empty()).then(|| {
            view! {
                <a class="pk-graph__around" href=node.around.clone() aria-label=format!("Centre on {}", node.name) title="Centre here" data-noscroll="true">
                    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                        <path d="M8 3.75a4.25 4.25 0 1 0 0 8.5a4.25 4.25 0 0 0 0 -8.5M8 1v3M8 12v3M1 8h3M12 8h3"></path>
                    </svg>
                </a>
            }
        });
        view! {
            <foreignObject class="pk-graph__place" x=place.x y=place.y width=NODE_WIDTH height=place.height>
                <div class=class>
                    <a
                        class="pk-graph__link"
                        id=id(number)
                        href=leads.then(|| node.href.clone())
                        role=(!leads).then_some("group")
                        tabindex=(!leads).then_some("0")
                        aria-label=self.told(number)
                        title=node.name.clone()
                        data-up=up
                        data-down=down
                        data-left=left
                        data-right=right
                    >
                        <span class="pk-graph__name" dir="auto">{node.name.clone()}</span>
                        // Between the words of the name as it is read; it takes no place.
                        " "
                        <span class="pk-graph__note" dir="auto">{node.about()}</span>
                    </a>
                    {around}
                </div>
            </foreignObject>
        }
        .into_any()
    }

    /// The accessible name of a node: what it is and what it has to do with its neighbours.
    fn told(&self, number: usize) -> String {
        let nodes = &self.graph.nodes;
        let node = &nodes[number];
        let state = match node.role {
            Role::Plain | Role::Summary => "",
            Role::Centre => ", you are here",
            Role::Missing => ", not in the catalog",
        };
        let relations: Vec<String> = self
            .edges
            .iter()
            .filter_map(|edge| {
                let kind = self.graph.kinds[edge.kind];
                if edge.from == number {
                    return Some(format!("{} {}", kind.word, nodes[edge.to].name));
                }
                (edge.to == number).then(|| format!("{} {}", kind.back, nodes[edge.from].name))
            })
            .collect();
        let first = relations[..relations.len().min(TOLD)].join(", ");
        let more = match relations.len().saturating_sub(TOLD) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let relations = if first.is_empty() { first } else { format!(": {first}{more}") };
        format!("{} {}{state}{relations}", node.name, node.about())
    }

    /// Where the arrow keys lead from a node: up, down, left and right.
    fn neighbours(&self, node: usize) -> [Option<usize>; 4] {
        let places = &self.plan.places;
        let here = places[node];
        let joined: BTreeSet<usize> = self
            .edges
            .iter()
            .filter(|edge| edge.from == node || edge.to == node)
            .flat_map(|edge| [edge.from, edge.to])
            .collect();
        // To the side along a line where there is one, to the nearest layer and height.
        let beside = |to_right: bool| {
            let there = |place: &Place| if to_right { place.layer > here.layer } else { place.layer < here.layer };
            (0..places.len()).filter(|&other| there(&places[other])).min_by_key(|&other| {
                let place = places[other];
                let far = (place.y + place.height / 2 - here.y - here.height / 2).abs();
                (!joined.contains(&other), place.layer.abs_diff(here.layer), far, place.y)
            })
        };
        let in_layer =
            |row: Option<usize>| places.iter().position(|place| place.layer == here.layer && Some(place.row) == row);
        [in_layer(here.row.checked_sub(1)), in_layer(Some(here.row + 1)), beside(false), beside(true)]
    }
}

/// A line with round bends.
fn path(points: &[(i32, i32)]) -> String {
    let mut out = String::new();
    for (at, &(x, y)) in points.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| points.get(at));
        let written = match (before, points.get(at + 1)) {
            (None, _) => write!(out, "M{x} {y}"),
            (_, None) => write!(out, "L{x} {y}"),
            (Some(&before), Some(&after)) => {
                let from = towards((x, y), before);
                let to = towards((x, y), after);
                write!(out, "L{} {}Q{x} {y} {} {}", from.0, from.1, to.0, to.1)
            }
        };
        // To memory, which cannot fail.
        let _ = written;
    }
    out
}

/// The point where a bend at `corner` meets the piece that leads to `other`.
fn towards(corner: (i32, i32), other: (i32, i32)) -> (i32, i32) {
    let (dx, dy) = (other.0 - corner.0, other.1 - corner.1);
    let bend = BEND.min(dx.abs().max(dy.abs()) / 2);
    (corner.0 + dx.signum() * bend, corner.1 + dy.signum() * bend)
}

/// The head of a line.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    kind: usize,
    point: (i32, i32),
    towards: (i32, i32),
}

fn arrow(edge: &Edge, points: &[(i32, i32)]) -> Option<Arrow> {
    let [.., before, end] = *points else { return None };
    Some(Arrow { kind: edge.kind, point: end, towards: ((end.0 - before.0).signum(), (end.1 - before.1).signum()) })
}

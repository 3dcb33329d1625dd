//! The ink of a graph: SVG lines, and nodes as HTML links within, whose names the browser can clip and read in both directions.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::layout::{Layout, Link, NODE_WIDTH, layout};
use crate::components::Drawing;
use crate::components::drawing_html::Escaped;

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
    /// The number of its colour among those of charts, from 1.
    pub series: u8,
}

/// Draws a graph.
pub fn draw(graph: &Graph) -> Drawing {
    let edges: BTreeSet<Edge> = graph.edges.iter().copied().collect();
    let edges: Vec<Edge> = edges.into_iter().collect();
    let links: Vec<Link> = edges.iter().map(|edge| Link { from: edge.from, to: edge.to, kind: edge.kind }).collect();
    let plan = layout(graph.nodes.len(), &links, |kind| graph.kinds[kind].word.len() as i32 * LETTER);
    Drawing { html: html(graph, &edges, &plan).unwrap_or_default() }
}

/// The writing cannot fail: it goes to memory.
fn html(graph: &Graph, edges: &[Edge], plan: &Layout) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let id = Escaped(&graph.id);
    write!(
        out,
        "<figure class=\"pk-graph\"><div class=\"pk-graph__scroll\">\
         <svg class=\"pk-graph__drawing\" role=\"group\" aria-label=\"{}\" aria-describedby=\"{id}-about\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\">\
         <g aria-hidden=\"true\">",
        Escaped(&graph.label),
        plan.width,
        plan.height,
        plan.width,
        plan.height
    )?;
    for (edge, points) in edges.iter().zip(&plan.routes) {
        let EdgeKind { word, series, .. } = graph.kinds[edge.kind];
        let (from, to) = (&graph.nodes[edge.from].name, &graph.nodes[edge.to].name);
        write!(
            out,
            "<path class=\"pk-graph__line pk-series-{series}\" d=\"{}\"><title>{} {word} {}</title></path>",
            path(points),
            Escaped(from),
            Escaped(to)
        )?;
    }
    let arrows: BTreeSet<_> = edges.iter().zip(&plan.routes).filter_map(|(edge, points)| arrow(edge, points)).collect();
    for (kind, (x, y), (dx, dy)) in arrows {
        // A triangle with its point at the node.
        let (back_x, back_y) = (x - 9 * dx, y - 9 * dy);
        write!(
            out,
            "<path class=\"pk-graph__arrow pk-series-{}\" d=\"M{x} {y}L{} {}L{} {}Z\"/>",
            graph.kinds[kind].series,
            back_x + 4 * dy,
            back_y + 4 * dx,
            back_x - 4 * dy,
            back_y - 4 * dx
        )?;
    }
    for label in &plan.labels {
        let kind = graph.kinds[label.kind];
        let (class, word) = if label.at_end { (" pk-graph__word--end", kind.word) } else { ("", kind.word) };
        write!(
            out,
            "<text class=\"pk-graph__word{class} pk-series-{}\" x=\"{}\" y=\"{}\">{word}</text>",
            kind.series, label.x, label.y
        )?;
    }
    for (node, place) in graph.nodes.iter().zip(&plan.places).filter(|(node, _)| node.role == Role::Centre) {
        debug_assert!(!node.name.is_empty());
        let (x, y) = (place.x + NODE_WIDTH / 2, place.y);
        write!(
            out,
            "<path class=\"pk-graph__here\" d=\"M{} {}h12l-6 6z\"/><text class=\"pk-graph__here-word\" x=\"{}\" y=\"{}\">You are here</text>",
            x - 44,
            y - 11,
            x - 26,
            y - 5
        )?;
    }
    out.push_str("</g>");
    let neighbours = Neighbours { edges, plan };
    let mut reading: Vec<usize> = (0..graph.nodes.len()).collect();
    reading.sort_by_key(|&node| (plan.places[node].layer, plan.places[node].row));
    for number in reading {
        write_node(&mut out, graph, edges, &neighbours, number)?;
    }
    write!(
        out,
        "</svg></div><figcaption class=\"pk-graph__about\" id=\"{id}-about\">{} \
         <span class=\"pk-graph__keys\">Arrow keys move between neighbours, Home and End to the first and the last, Enter opens.</span></figcaption></figure>",
        Escaped(&graph.description)
    )?;
    Ok(out)
}

fn write_node(
    out: &mut String,
    graph: &Graph,
    edges: &[Edge],
    neighbours: &Neighbours<'_>,
    number: usize,
) -> std::fmt::Result {
    let (node, place) = (&graph.nodes[number], &neighbours.plan.places[number]);
    let class = match node.role {
        Role::Plain => "",
        Role::Centre => " pk-graph__node--centre",
        Role::Missing => " pk-graph__node--missing",
        Role::Summary => " pk-graph__node--summary",
    };
    write!(
        out,
        "<foreignObject class=\"pk-graph__place\" x=\"{}\" y=\"{}\" width=\"{NODE_WIDTH}\" height=\"{}\"><div class=\"pk-graph__node{class}\">",
        place.x, place.y, place.height
    )?;
    let id = Escaped(&graph.id);
    let name = Escaped(&node.name);
    // An anchor without an address is a text that the arrow keys can reach all the same.
    let leads = if node.href.is_empty() {
        " role=\"link\" aria-disabled=\"true\" tabindex=\"0\"".to_owned()
    } else {
        format!(" href=\"{}\"", Escaped(&node.href))
    };
    write!(
        out,
        "<a class=\"pk-graph__link\" id=\"{id}-{number}\"{leads} aria-label=\"{}\" title=\"{name}\"",
        Escaped(&told(graph, edges, number))
    )?;
    for (key, other) in neighbours.of(number) {
        write!(out, " data-{key}=\"{id}-{other}\"")?;
    }
    let note: Vec<&str> = [&*node.kind, &*node.note].into_iter().filter(|part| !part.is_empty()).collect();
    write!(
        out,
        "><span class=\"pk-graph__name\" dir=\"auto\">{name}</span><span class=\"pk-graph__note\" dir=\"auto\">{}</span></a>",
        Escaped(&note.join(" · "))
    )?;
    if !node.around.is_empty() {
        write!(
            out,
            "<a class=\"pk-graph__around\" href=\"{}\" aria-label=\"Centre on {name}\" title=\"Centre here\" data-noscroll=\"true\">\
             <svg viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\"><circle cx=\"8\" cy=\"8\" r=\"4.25\"/><path d=\"M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3\"/></svg></a>",
            Escaped(&node.around)
        )?;
    }
    out.push_str("</div></foreignObject>");
    Ok(())
}

/// The accessible name of a node: what it is and what it has to do with its neighbours.
fn told(graph: &Graph, edges: &[Edge], number: usize) -> String {
    let node = &graph.nodes[number];
    let mut name = match node.role {
        Role::Summary => node.name.clone(),
        _ => format!("{}, {}", node.name, node.kind),
    };
    match node.role {
        Role::Centre => name.push_str(", you are here"),
        Role::Missing => name.push_str(", not in the catalog"),
        Role::Plain | Role::Summary => {}
    }
    let relations: Vec<String> = edges
        .iter()
        .filter_map(|edge| {
            let kind = graph.kinds[edge.kind];
            if edge.from == number {
                Some(format!("{} {}", kind.word, graph.nodes[edge.to].name))
            } else {
                (edge.to == number).then(|| format!("{} {}", kind.back, graph.nodes[edge.from].name))
            }
        })
        .collect();
    if !relations.is_empty() {
        let _ = write!(name, ": {}", relations[..relations.len().min(TOLD)].join(", "));
    }
    if relations.len() > TOLD {
        let _ = write!(name, " and {} more", relations.len() - TOLD);
    }
    name
}

/// Where the arrow keys lead from a node.
struct Neighbours<'a> {
    edges: &'a [Edge],
    plan: &'a Layout,
}

impl Neighbours<'_> {
    fn of(&self, node: usize) -> Vec<(&'static str, usize)> {
        let here = &self.plan.places[node];
        let joined = |other: usize| {
            self.edges.iter().any(|edge| (edge.from, edge.to) == (node, other) || (edge.to, edge.from) == (node, other))
        };
        // To the side: along a line where there is one, to the nearest layer and height.
        let beside = |to_right: bool| {
            let side = self.plan.places.iter().enumerate().filter(move |(_, place)| {
                if to_right { place.layer > here.layer } else { place.layer < here.layer }
            });
            side.min_by_key(|&(other, place)| {
                let far = (place.y + place.height / 2 - here.y - here.height / 2).abs();
                (!joined(other), place.layer.abs_diff(here.layer), far, place.y)
            })
        };
        let in_layer = |row: Option<usize>| {
            let row = row?;
            self.plan.places.iter().enumerate().find(|(_, place)| place.layer == here.layer && place.row == row)
        };
        [
            ("up", in_layer(here.row.checked_sub(1))),
            ("down", in_layer(Some(here.row + 1))),
            ("left", beside(false)),
            ("right", beside(true)),
        ]
        .into_iter()
        .filter_map(|(key, found)| Some((key, found?.0)))
        .collect()
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

/// Kind, point and direction of the arrowhead of a line.
fn arrow(edge: &Edge, points: &[(i32, i32)]) -> Option<(usize, (i32, i32), (i32, i32))> {
    let [.., before, end] = *points else { return None };
    Some((edge.kind, end, ((end.0 - before.0).signum(), (end.1 - before.1).signum())))
}

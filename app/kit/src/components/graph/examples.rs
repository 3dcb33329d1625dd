use leptos::prelude::*;

use super::draw::{Edge, EdgeKind, Graph, Node, Role, draw};
use crate::components::{Fragment, Series};
use crate::gallery::{Docs, Example, Group};

/// The graph in the gallery.
pub const DOCS: Docs = Docs {
    name: "graph",
    title: "Graph",
    group: Group::Data,
    summary: "Shows how things hang together: nodes that are links, and lines that run as those of a transit map.",
    good: &[
        "Put the same facts beside it as a table or a list: the drawing is never the only way to them.",
        "Mark the one that the page is about.",
        "Draw a few dozen nodes at most and let one node stand for the rest.",
    ],
    bad: &["Do not tell what a line means by its colour alone: give it a word."],
    keys: &[
        ("Tab", "Goes to the node in the middle, then to the link beside it, then on"),
        ("Arrow keys", "Go along a line to the left and right, and to the node above and below"),
        ("Home, End", "Go to the first and the last node"),
        ("Enter", "Opens what the node stands for"),
    ],
    examples: &[
        Example { name: "small", title: "A service with its surroundings", view: || shown(&service()) },
        Example { name: "hub", title: "A hub, with the rest as one node", view: || shown(&hub()) },
        Example { name: "alone", title: "Nothing around it", view: || shown(&alone()) },
        Example { name: "cycle", title: "A cycle, a loop and long names", view: || shown(&cycle()) },
    ],
};

const KINDS: [EdgeKind; 3] = [
    EdgeKind { word: "owned by", back: "owns", series: Series::nth(0) },
    EdgeKind { word: "depends on", back: "needed by", series: Series::nth(3) },
    EdgeKind { word: "provides", back: "provided by", series: Series::nth(2) },
];

fn shown(graph: &Graph) -> AnyView {
    view! { <Fragment html=draw(graph)/> }.into_any()
}

fn graph(id: &str, nodes: Vec<Node>, edges: &[(usize, usize, usize)]) -> Graph {
    let edges: Vec<Edge> = edges.iter().map(|&(from, to, kind)| Edge { from, to, kind }).collect();
    Graph {
        id: id.into(),
        label: format!("Relations of {}", nodes[0].name),
        description: format!("Entities: {}. Relations: {}.", nodes.len(), edges.len()),
        nodes,
        edges,
        kinds: KINDS.into(),
    }
}

fn node(name: &str, kind: &str, role: Role) -> Node {
    Node { name: name.into(), kind: kind.into(), href: "#".into(), role, ..Node::default() }
}

fn service() -> Graph {
    let nodes = vec![
        Node { note: "Payment initiation".into(), ..node("payment-initiation", "Component", Role::Centre) },
        node("payments", "Group", Role::Plain),
        node("payment-api", "API", Role::Plain),
        Node { around: "#".into(), ..node("ledger", "Component", Role::Plain) },
        node("fraud-scores", "Resource", Role::Missing),
        node("mobile-app", "Component", Role::Plain),
    ];
    graph("graph-small", nodes, &[(0, 1, 0), (0, 2, 2), (0, 3, 1), (0, 4, 1), (5, 0, 1), (3, 1, 0)])
}

fn hub() -> Graph {
    let mut nodes = vec![node("payments", "Group", Role::Centre)];
    nodes.extend((1..=8).map(|number| node(&format!("service-{number}"), "Component", Role::Plain)));
    nodes.push(node("and 37 more", "owned entities", Role::Summary));
    let edges: Vec<_> = (1..nodes.len()).map(|number| (number, 0, 0)).collect();
    graph("graph-hub", nodes, &edges)
}

fn alone() -> Graph {
    graph("graph-alone", vec![node("lonely-service", "Component", Role::Centre)], &[])
}

fn cycle() -> Graph {
    let long = "an-extraordinarily-long-name-that-somebody-generated-from-the-path-of-a-file-and-never-looked-at-again-after-that-day";
    let nodes = vec![
        node(long, "Component", Role::Centre),
        node("نظام المدفوعات الفورية بين البنوك", "System", Role::Plain),
        node("Überweisungsträger 🏦", "Component", Role::Plain),
    ];
    graph("graph-cycle", nodes, &[(0, 1, 1), (1, 2, 1), (2, 0, 1), (2, 2, 1)])
}

use proptest::prelude::*;

use super::draw::{Edge, EdgeKind, Graph, Node, Role, draw};
use crate::components::Series;

use super::layout::{Layout, Link, NODE_WIDTH, layout};

fn plan(nodes: usize, links: &[Link]) -> Layout {
    layout(nodes, links, |_| 80)
}

fn link(from: usize, to: usize) -> Link {
    Link { from, to, kind: 0 }
}

/// What holds of every drawing.
fn check(nodes: usize, links: &[Link]) -> Result<(), TestCaseError> {
    let plan = plan(nodes, links);
    prop_assert_eq!(&plan, &self::plan(nodes, links), "the same each time");
    prop_assert_eq!(plan.places.len(), nodes);
    prop_assert_eq!(plan.routes.len(), links.len());
    for (number, place) in plan.places.iter().enumerate() {
        prop_assert!(place.x >= 0 && place.y >= 0, "{place:?} is inside");
        prop_assert!(
            place.x + NODE_WIDTH <= plan.width && place.y + place.height <= plan.height,
            "{place:?} is inside"
        );
        for other in &plan.places[..number] {
            let apart = place.x + NODE_WIDTH <= other.x
                || other.x + NODE_WIDTH <= place.x
                || place.y + place.height <= other.y
                || other.y + other.height <= place.y;
            prop_assert!(apart, "{place:?} and {other:?} overlap");
        }
    }
    for (link, points) in links.iter().zip(&plan.routes) {
        prop_assert!(points.len() >= 2);
        prop_assert!(on_edge(&plan, link.from, points[0]), "{link:?} leaves its node: {points:?}");
        prop_assert!(on_edge(&plan, link.to, points[points.len() - 1]), "{link:?} enters its node: {points:?}");
        for pair in points.windows(2) {
            prop_assert!(pair[0].0 == pair[1].0 || pair[0].1 == pair[1].1, "{points:?} has right angles only");
            prop_assert!(pair.iter().all(|p| (0..=plan.width).contains(&p.0) && (0..=plan.height).contains(&p.1)));
            for (node, place) in plan.places.iter().enumerate() {
                prop_assert!(
                    !through(pair, place.x, place.y, place.height),
                    "{link:?} runs through {node}: {points:?}"
                );
            }
        }
    }
    Ok(())
}

fn on_edge(plan: &Layout, node: usize, (x, y): (i32, i32)) -> bool {
    let place = &plan.places[node];
    let beside = (x == place.x || x == place.x + NODE_WIDTH) && (place.y..=place.y + place.height).contains(&y);
    let below = y == place.y + place.height && (place.x..=place.x + NODE_WIDTH).contains(&x);
    beside || below
}

/// Whether a piece of a line runs through the inside of a node.
fn through(pair: &[(i32, i32)], x: i32, y: i32, height: i32) -> bool {
    let (left, right) = (pair[0].0.min(pair[1].0), pair[0].0.max(pair[1].0));
    let (top, bottom) = (pair[0].1.min(pair[1].1), pair[0].1.max(pair[1].1));
    left < x + NODE_WIDTH && right > x && top < y + height && bottom > y
}

fn links(nodes: usize, most: usize) -> impl Strategy<Value = Vec<Link>> {
    prop::collection::vec((0..nodes, 0..nodes, 0..3_usize), 0..most)
        .prop_map(|all| all.into_iter().map(|(from, to, kind)| Link { from, to, kind }).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_graph_is_drawn_whole((nodes, links) in (1..24_usize).prop_flat_map(|nodes| (Just(nodes), links(nodes, 60)))) {
        check(nodes, &links)?;
    }

    #[test]
    fn without_cycles_every_edge_leads_to_the_right((nodes, links) in (2..40_usize).prop_flat_map(|nodes| (Just(nodes), links(nodes, 80)))) {
        let links: Vec<Link> = links.into_iter().filter(|link| link.from < link.to).collect();
        check(nodes, &links)?;
        let plan = plan(nodes, &links);
        for link in &links {
            prop_assert!(plan.places[link.from].layer < plan.places[link.to].layer);
        }
    }
}

#[test]
fn a_tree_of_four_hundred_and_a_ring_are_drawn() {
    let tree: Vec<Link> = (1..400).map(|node| link(node / 7, node)).collect();
    check(400, &tree).unwrap();
    let ring: Vec<Link> = (0..60).map(|node| link(node, (node + 1) % 60)).collect();
    check(60, &ring).unwrap();
    check(1, &[]).unwrap();
    check(1, &[link(0, 0)]).unwrap();
    assert_eq!(plan(0, &[]).places, []);
}

#[test]
fn lines_of_one_kind_share_one_vertical() {
    let hub: Vec<Link> = (1..9).map(|node| link(node, 0)).collect();
    let plan = plan(9, &hub);
    let bends: std::collections::BTreeSet<i32> = plan.routes.iter().flatten().map(|point| point.0).collect();
    // The right side of the leaves, the trunk, the left side of the hub.
    assert_eq!(bends.len(), 3, "{bends:?}");
    assert_eq!(plan.labels.len(), 1);
}

const KINDS: [EdgeKind; 2] = [
    EdgeKind { word: "owned by", back: "owns", series: Series::nth(0) },
    EdgeKind { word: "depends on", back: "needed by", series: Series::nth(1) },
];

fn graph(nodes: Vec<Node>, edges: Vec<Edge>) -> Graph {
    Graph {
        id: "g".into(),
        label: "Relations of it".into(),
        description: "Some entities.".into(),
        nodes,
        edges,
        kinds: KINDS.into(),
    }
}

fn node(name: &str, role: Role) -> Node {
    Node { name: name.into(), kind: "Component".into(), href: format!("/{name}"), role, ..Node::default() }
}

#[test]
fn a_node_says_what_it_has_to_do_with_its_neighbours() {
    let nodes = vec![node("pay", Role::Centre), node("team", Role::Plain), node("web", Role::Missing)];
    let edges =
        vec![Edge { from: 0, to: 1, kind: 0 }, Edge { from: 2, to: 0, kind: 1 }, Edge { from: 2, to: 0, kind: 1 }];
    let html = draw(&graph(nodes, edges)).0;
    assert!(html.contains("aria-label=\"pay Component, you are here: owned by team, needed by web\""), "{html}");
    assert!(html.contains("aria-label=\"team Component: owns pay\""), "{html}");
    assert!(html.contains("aria-label=\"web Component, not in the catalog: depends on pay\""), "{html}");
    assert!(html.contains("<title>web depends on pay</title>"), "{html}");
    assert_eq!(html.matches("<title>").count(), 2, "the same line twice is drawn once: {html}");
    assert!(html.contains("You are here"), "the centre is told by a word as well");
}

#[test]
fn the_arrow_keys_lead_along_the_lines_and_back() {
    let nodes = ["a", "b", "c", "d"].map(|name| node(name, Role::Plain)).into();
    let edges =
        vec![Edge { from: 0, to: 1, kind: 0 }, Edge { from: 0, to: 2, kind: 0 }, Edge { from: 2, to: 3, kind: 1 }];
    let html = draw(&graph(nodes, edges)).0;
    let of = |id: &str| html.split(&format!("id=\"g-{id}\"")).nth(1).unwrap().split('>').next().unwrap().to_owned();
    assert!(of("3").contains("data-left=\"g-2\"") && !of("3").contains("data-right"));
    assert!(of("2").contains("data-right=\"g-3\"") && of("2").contains("data-left=\"g-0\""));
    assert!(of("1").contains("data-down=\"g-2\"") || of("1").contains("data-up=\"g-2\""));
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "\"><script>alert(1)</script><a href='javascript:x'>\u{202e}🏦 مدفوعات";
    let mut nodes = vec![node(hostile, Role::Centre), node(hostile, Role::Summary)];
    nodes[0].around = hostile.into();
    nodes[1].note = hostile.into();
    let mut graph = graph(nodes, vec![Edge { from: 0, to: 1, kind: 0 }]);
    graph.description = hostile.into();
    graph.label = hostile.into();
    let html = draw(&graph).0;
    assert!(!html.contains("<script") && !html.contains("=\"\">"), "{html}");
    assert_eq!(html.matches("<a ").count(), 3, "two nodes, one of them with a drawing of its own: {html}");
    assert!(html.contains("مدفوعات"));
}

//! Where the nodes and lines of a layered drawing go. Pure and deterministic: the same graph is always drawn the same.
//!
//! Layers run from left to right along the edges (Sugiyama: break cycles, choose layers, order each layer by the medians of its
//! neighbours, choose heights). Lines run as those of a transit map: a stub, one vertical in the space between two layers, a
//! stub. Lines of one kind that meet in a node share their vertical, so a hub is one trunk with branches.
//!
//! The crates that were looked at (`rust-sugiyama`, `layout-rs`, `dagre`) place nodes but route no orthogonal lines.

use std::collections::{BTreeMap, BTreeSet};

/// The width of a node.
pub const NODE_WIDTH: i32 = 224;

/// The height of a node where few lines end.
const NODE_HEIGHT: i32 = 48;

/// The space between two nodes of a layer; a loop of a node to itself fits in.
const ROW_GAP: i32 = 20;

/// The space around a line that passes through a layer.
const LINE_GAP: i32 = 14;

/// Between two lines that end in one side of a node.
const PORT_GAP: i32 = 18;

/// Between two verticals side by side.
const LANE_GAP: i32 = 10;

/// From a node to the first vertical; an arrowhead and a bend fit in.
const STUB: i32 = 20;

/// The space around the drawing.
const MARGIN: i32 = 28;

/// How often the order and then the heights are improved.
const SWEEPS: usize = 12;

/// An edge to be drawn: edges of one `kind` may share a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The node that it leaves.
    pub from: usize,
    /// The node that it enters.
    pub to: usize,
    /// Its kind.
    pub kind: usize,
}

/// A drawing without its ink.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The width of all.
    pub width: i32,
    /// The height of all.
    pub height: i32,
    /// The nodes as they were given.
    pub places: Vec<Place>,
    /// The lines of the links as they were given, from `from` to `to`.
    pub routes: Vec<Vec<(i32, i32)>>,
    /// Where the words of the lines stand.
    pub labels: Vec<Label>,
}

/// Where a node is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    /// The height; the width is [`NODE_WIDTH`].
    pub height: i32,
    /// The layer, from the left.
    pub layer: usize,
    /// The place in its layer, from the top.
    pub row: usize,
}

/// The word of the lines that share an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Where the text ends when `at_end`, else where it begins.
    pub x: i32,
    /// The line that it stands on.
    pub y: i32,
    /// What it is the word of.
    pub kind: usize,
    /// Whether it stands where the lines end, else where they begin.
    pub at_end: bool,
}

/// A node or, where a line passes through a layer, a point of it.
struct Slot {
    layer: usize,
    height: i32,
    /// The middle.
    y: i32,
}

/// A piece of a line between two neighbouring layers, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    left: usize,
    right: usize,
    line: Line,
}

/// What may share a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    kind: usize,
    /// Whether the edge runs against the layers, which happens in a cycle.
    backwards: bool,
}

/// The pieces in one gap that meet in one slot: they share their vertical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Net {
    hub: usize,
    hub_is_left: bool,
    line: Line,
}

/// Lays out `nodes` nodes; `label_width` says how wide the word of a kind is.
pub fn layout(nodes: usize, links: &[Link], label_width: impl Fn(usize) -> i32) -> Layout {
    let backwards = backward_links(nodes, links);
    let mut work = Work::new(nodes, links, &backwards);
    work.order();
    let nets = work.nets();
    work.grow_for_ports(nodes, &nets);
    work.heights();
    let ports = work.ports(nodes, &nets);
    let lanes = work.lanes(&nets, &ports);
    work.draw(nodes, links, &nets, &ports, &lanes, label_width)
}

/// Which links have to be turned round so that no cycle is left; loops of a node to itself count as none.
fn backward_links(nodes: usize, links: &[Link]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut leaving = vec![Vec::new(); nodes];
    for (number, link) in links.iter().enumerate() {
        leaving[link.from].push(number);
    }
    let mut state = vec![State::New; nodes];
    let mut backwards = vec![false; links.len()];
    for root in 0..nodes {
        let mut path = if state[root] == State::New { vec![(root, 0)] } else { Vec::new() };
        while let Some((node, next)) = path.pop() {
            state[node] = State::Open;
            let Some(&link) = leaving[node].get(next) else {
                state[node] = State::Done;
                continue;
            };
            path.push((node, next + 1));
            let to = links[link].to;
            match state[to] {
                State::Open if to != node => backwards[link] = true,
                State::New => path.push((to, 0)),
                _ => {}
            }
        }
    }
    backwards
}

/// The layer of each node: edges lead to the right, and each node stands close to those that it has to do with.
fn layers(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0_usize; nodes];
    // A longest path has at most `nodes` edges, and without cycles this comes to rest.
    for _ in 0..nodes {
        let mut rests = true;
        for &(from, to) in edges {
            if layer[to] <= layer[from] {
                layer[to] = layer[from] + 1;
                rests = false;
            }
        }
        if rests {
            break;
        }
    }
    for _ in 0..SWEEPS {
        for node in 0..nodes {
            let before = edges.iter().filter(|edge| edge.1 == node).map(|edge| layer[edge.0] + 1);
            let after = edges.iter().filter(|edge| edge.0 == node).map(|edge| layer[edge.1] - 1);
            let (entering, leaving) = (before.clone().count(), after.clone().count());
            if let (true, Some(last)) = (leaving > entering, after.min()) {
                layer[node] = last;
            } else if let (true, Some(first)) = (entering > leaving, before.max()) {
                layer[node] = first;
            }
        }
    }
    let used: BTreeSet<usize> = layer.iter().copied().collect();
    let place: BTreeMap<usize, usize> = used.into_iter().enumerate().map(|(place, layer)| (layer, place)).collect();
    layer.into_iter().map(|layer| place[&layer]).collect()
}

struct Work {
    slots: Vec<Slot>,
    /// The slots of each layer from top to bottom.
    rows: Vec<Vec<usize>>,
    /// In order, each once.
    pieces: Vec<Piece>,
    /// The slots that each link passes, from left to right; one alone for a loop.
    chains: Vec<Vec<usize>>,
    /// Those of `pieces` that end or begin in a slot, by their other end.
    left_of: Vec<Vec<usize>>,
    right_of: Vec<Vec<usize>>,
}

impl Work {
    fn new(nodes: usize, links: &[Link], backwards: &[bool]) -> Self {
        let turned = |link: &Link, backwards: bool| if backwards { (link.to, link.from) } else { (link.from, link.to) };
        let edges: Vec<(usize, usize)> = links
            .iter()
            .zip(backwards)
            .filter(|(link, _)| link.from != link.to)
            .map(|(link, backwards)| turned(link, *backwards))
            .collect();
        let layer = layers(nodes, &edges);
        let mut slots: Vec<Slot> = layer.iter().map(|&layer| Slot { layer, height: NODE_HEIGHT, y: 0 }).collect();
        let mut pieces = BTreeSet::new();
        let mut chains = Vec::with_capacity(links.len());
        // Long lines of one kind to one node meet in the first layer that they share.
        let mut passed: BTreeMap<(usize, Line, usize), usize> = BTreeMap::new();
        for (link, &backwards) in links.iter().zip(backwards) {
            let (from, to) = turned(link, backwards);
            let line = Line { kind: link.kind, backwards };
            let mut chain = vec![from];
            for through in layer[from] + 1..layer[to].max(layer[from] + 1) {
                chain.push(*passed.entry((to, line, through)).or_insert_with(|| {
                    slots.push(Slot { layer: through, height: 0, y: 0 });
                    slots.len() - 1
                }));
            }
            if from != to {
                chain.push(to);
            }
            pieces.extend(chain.windows(2).map(|pair| Piece { left: pair[0], right: pair[1], line }));
            chains.push(chain);
        }
        let mut rows = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
        let (mut left_of, mut right_of) = (vec![Vec::new(); slots.len()], vec![Vec::new(); slots.len()]);
        for piece in &pieces {
            left_of[piece.right].push(piece.left);
            right_of[piece.left].push(piece.right);
        }
        // The first order follows the lines from node to node, so that what belongs together begins together.
        let mut seen = vec![false; slots.len()];
        for root in 0..slots.len() {
            let mut path = vec![root];
            while let Some(slot) = path.pop() {
                if !std::mem::replace(&mut seen[slot], true) {
                    rows[slots[slot].layer].push(slot);
                    path.extend(left_of[slot].iter().chain(&right_of[slot]).rev());
                }
            }
        }
        Self { slots, rows, pieces: pieces.into_iter().collect(), chains, left_of, right_of }
    }

    /// Orders each layer by the medians of its neighbours, to and fro, and keeps the order with the fewest crossings.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.rows.clone());
        for sweep in 0..SWEEPS {
            let to_right = sweep % 2 == 0;
            let layers = self.rows.len();
            for step in 1..layers {
                let layer = if to_right { step } else { layers - 1 - step };
                let place = self.places();
                let mut row = std::mem::take(&mut self.rows[layer]);
                let weight = |slot: usize| {
                    let near = if to_right { &self.left_of[slot] } else { &self.right_of[slot] };
                    let mut at: Vec<usize> = near.iter().map(|&other| place[other]).collect();
                    at.sort_unstable();
                    // Twice the median, so that it stays whole; without neighbours a slot stays where it is.
                    if at.is_empty() { 2 * place[slot] } else { at[at.len() / 2] + at[(at.len() - 1) / 2] }
                };
                row.sort_by_key(|&slot| weight(slot));
                self.rows[layer] = row;
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    /// The place of each slot in its layer.
    fn places(&self) -> Vec<usize> {
        let mut place = vec![0; self.slots.len()];
        for row in &self.rows {
            for (at, &slot) in row.iter().enumerate() {
                place[slot] = at;
            }
        }
        place
    }

    fn crossings(&self) -> usize {
        let place = self.places();
        let mut by_layer = vec![Vec::new(); self.rows.len()];
        for piece in &self.pieces {
            by_layer[self.slots[piece.left].layer].push((place[piece.left], place[piece.right]));
        }
        let mut crossings = 0;
        for pieces in &mut by_layer {
            pieces.sort_unstable();
            for (at, &(_, right)) in pieces.iter().enumerate() {
                crossings += pieces[..at].iter().filter(|before| before.1 > right).count();
            }
        }
        crossings
    }

    /// Which net each piece belongs to: that of the end where more of its kind meet.
    fn nets(&self) -> Vec<Net> {
        let mut met: BTreeMap<(usize, bool, Line), usize> = BTreeMap::new();
        for piece in &self.pieces {
            *met.entry((piece.left, true, piece.line)).or_default() += 1;
            *met.entry((piece.right, false, piece.line)).or_default() += 1;
        }
        self.pieces
            .iter()
            .map(|&Piece { left, right, line }| {
                let hub_is_left = met[&(left, true, line)] > met[&(right, false, line)];
                Net { hub: if hub_is_left { left } else { right }, hub_is_left, line }
            })
            .collect()
    }

    /// The nets that end in each side of each slot.
    fn sides(&self, nets: &[Net]) -> BTreeMap<(usize, bool), BTreeSet<Net>> {
        let mut sides: BTreeMap<(usize, bool), BTreeSet<Net>> = BTreeMap::new();
        for (piece, net) in self.pieces.iter().zip(nets) {
            sides.entry((piece.left, true)).or_default().insert(*net);
            sides.entry((piece.right, false)).or_default().insert(*net);
        }
        sides
    }

    fn grow_for_ports(&mut self, nodes: usize, nets: &[Net]) {
        for ((slot, _), nets) in self.sides(nets) {
            if slot < nodes {
                let slot = &mut self.slots[slot];
                slot.height = slot.height.max(PORT_GAP * (nets.len() as i32 + 1));
            }
        }
    }

    /// Gives each slot the height that its neighbours pull it to, without letting two of a layer come too close.
    fn heights(&mut self) {
        for layer in 0..self.rows.len() {
            self.settle(layer, |_, _| 0);
        }
        for sweep in 0..=SWEEPS {
            let to_right = sweep % 2 == 0;
            for step in 0..self.rows.len() {
                let layer = if to_right { step } else { self.rows.len() - 1 - step };
                self.settle(layer, |work, slot| {
                    let near = if to_right { &work.left_of[slot] } else { &work.right_of[slot] };
                    let other = if to_right { &work.right_of[slot] } else { &work.left_of[slot] };
                    // The last sweeps listen to both sides.
                    let both = near.is_empty() || sweep + 2 >= SWEEPS;
                    let heard: Vec<i32> =
                        near.iter().chain(other.iter().filter(|_| both)).map(|&slot| work.slots[slot].y).collect();
                    if heard.is_empty() { work.slots[slot].y } else { heard.iter().sum::<i32>() / heard.len() as i32 }
                });
            }
        }
        let top = self.slots.iter().map(|slot| slot.y - slot.height / 2).min().unwrap_or(0);
        for slot in &mut self.slots {
            slot.y += MARGIN - top;
        }
    }

    /// Moves the slots of a layer as near to where they are wanted as their distances allow (least squares: neighbours that would
    /// overlap form a block, which moves as one).
    fn settle(&mut self, layer: usize, wanted: impl Fn(&Self, usize) -> i32) {
        let row = &self.rows[layer];
        let mut offsets = Vec::with_capacity(row.len());
        let mut offset = 0;
        for (at, &slot) in row.iter().enumerate() {
            if at > 0 {
                let (above, here) = (&self.slots[row[at - 1]], &self.slots[slot]);
                let gap = if above.height == 0 || here.height == 0 { LINE_GAP } else { ROW_GAP };
                offset += above.height / 2 + gap + here.height - here.height / 2;
            }
            offsets.push(offset);
        }
        // Blocks as (sum of what is wanted, how many).
        let mut blocks: Vec<(i64, i64)> = Vec::new();
        for (at, &slot) in row.iter().enumerate() {
            let mut block = (i64::from(wanted(self, slot) - offsets[at]), 1);
            while let Some(last) = blocks.last().copied().filter(|last| last.0 * block.1 > block.0 * last.1) {
                block = (block.0 + last.0, block.1 + last.1);
                blocks.pop();
            }
            blocks.push(block);
        }
        let mut at = 0;
        for (sum, count) in blocks {
            for _ in 0..count {
                let slot = self.rows[layer][at];
                self.slots[slot].y = sum.div_euclid(count) as i32 + offsets[at];
                at += 1;
            }
        }
    }

    /// Where each net ends in each side of its slots.
    fn ports(&mut self, nodes: usize, nets: &[Net]) -> BTreeMap<(usize, bool, Net), i32> {
        let mut far: BTreeMap<(usize, bool, Net), Vec<i32>> = BTreeMap::new();
        for (piece, net) in self.pieces.iter().zip(nets) {
            far.entry((piece.left, true, *net)).or_default().push(self.slots[piece.right].y);
            far.entry((piece.right, false, *net)).or_default().push(self.slots[piece.left].y);
        }
        let mut ports = BTreeMap::new();
        for ((slot, is_left), nets) in self.sides(nets) {
            let mut nets: Vec<Net> = nets.into_iter().collect();
            nets.sort_by_key(|net| {
                let ends = &far[&(slot, is_left, *net)];
                ends.iter().sum::<i32>() / ends.len() as i32
            });
            let spread = if slot < nodes { PORT_GAP } else { 0 };
            let first = self.slots[slot].y - spread * (nets.len() as i32 - 1) / 2;
            for (at, net) in nets.into_iter().enumerate() {
                ports.insert((slot, is_left, net), first + spread * at as i32);
            }
        }
        self.straighten(nodes, nets, &mut ports);
        ports
    }

    /// A line with one end alone in its side of a node runs straight where the node is high enough.
    fn straighten(&self, nodes: usize, nets: &[Net], ports: &mut BTreeMap<(usize, bool, Net), i32>) {
        let sides = self.sides(nets);
        for (piece, net) in self.pieces.iter().zip(nets) {
            let (leaf, leaf_is_left) = if net.hub_is_left { (piece.right, false) } else { (piece.left, true) };
            let hub = ports[&(net.hub, net.hub_is_left, *net)];
            let slot = &self.slots[leaf];
            let reach = slot.height / 2 - 10;
            if leaf < nodes && sides[&(leaf, leaf_is_left)].len() == 1 && (hub - slot.y).abs() <= reach {
                ports.insert((leaf, leaf_is_left, *net), hub);
            }
        }
    }

    /// The lane of each net's vertical within its gap, and how many lanes each gap has. No two verticals touch, and a stub does not
    /// run into one that comes from the other side at the same height where that can be helped.
    fn lanes(&self, nets: &[Net], ports: &BTreeMap<(usize, bool, Net), i32>) -> (BTreeMap<Net, i32>, Vec<i32>) {
        let mut ends: BTreeMap<Net, (BTreeSet<i32>, BTreeSet<i32>)> = BTreeMap::new();
        for (piece, net) in self.pieces.iter().zip(nets) {
            let (left, right) = ends.entry(*net).or_default();
            left.insert(ports[&(piece.left, true, *net)]);
            right.insert(ports[&(piece.right, false, *net)]);
        }
        let span = |net: &Net| {
            let all = || ends[net].0.iter().chain(&ends[net].1);
            (all().min().copied().unwrap_or(0), all().max().copied().unwrap_or(0))
        };
        let gap_of = |net: &Net| self.slots[net.hub].layer - usize::from(!net.hub_is_left);
        let mut lanes = BTreeMap::new();
        let mut counts = vec![0; self.rows.len().saturating_sub(1)];
        for (gap, count) in counts.iter_mut().enumerate() {
            let mut waiting: Vec<Net> = ends.keys().filter(|net| gap_of(net) == gap).copied().collect();
            waiting.sort_by_key(|net| (span(net), *net));
            let near = |a: &BTreeSet<i32>, b: &BTreeSet<i32>| a.iter().any(|y| b.range(y - 7..=y + 7).next().is_some());
            // `a` must have its vertical left of `b`'s.
            let before = |a: &Net, b: &Net| a != b && near(&ends[a].0, &ends[b].1);
            let mut placed: Vec<(Net, i32)> = Vec::new();
            while !waiting.is_empty() {
                let free = waiting.iter().position(|net| !waiting.iter().any(|other| before(other, net)));
                let net = waiting.remove(free.unwrap_or(0));
                let mut lane =
                    placed.iter().filter(|(other, _)| before(other, &net)).map(|(_, lane)| lane + 1).max().unwrap_or(0);
                let (top, bottom) = span(&net);
                let touches = |other: &Net| {
                    let (first, last) = span(other);
                    top <= last + LANE_GAP && first <= bottom + LANE_GAP
                };
                while placed.iter().any(|(other, taken)| *taken == lane && touches(other)) {
                    lane += 1;
                }
                placed.push((net, lane));
                *count = (*count).max(lane + 1);
            }
            lanes.extend(placed);
        }
        (lanes, counts)
    }

    fn draw(
        &self,
        nodes: usize,
        links: &[Link],
        nets: &[Net],
        ports: &BTreeMap<(usize, bool, Net), i32>,
        (lanes, lane_counts): &(BTreeMap<Net, i32>, Vec<i32>),
        label_width: impl Fn(usize) -> i32,
    ) -> Layout {
        // Room for words: where lines begin and where they end.
        let mut begin = vec![0; lane_counts.len()];
        let mut end = vec![0; lane_counts.len()];
        let labelled: BTreeMap<Net, bool> = self.labelled(nodes, nets);
        for (net, _) in labelled.iter().filter(|(_, shown)| **shown) {
            let gap = self.slots[net.hub].layer - usize::from(!net.hub_is_left);
            let room = if net.hub_is_left { &mut begin[gap] } else { &mut end[gap] };
            *room = (*room).max(label_width(net.line.kind));
        }
        let mut left = vec![MARGIN];
        for gap in 0..lane_counts.len() {
            let lanes = (lane_counts[gap] - 1).max(0) * LANE_GAP;
            left.push(left[gap] + NODE_WIDTH + 2 * STUB + begin[gap] + lanes + end[gap]);
        }
        let place = self.node_rows(nodes);
        let places: Vec<Place> = (0..nodes)
            .map(|node| {
                let Slot { layer, height, y } = self.slots[node];
                Place { x: left[layer], y: y - height / 2, height, layer, row: place[node] }
            })
            .collect();
        let net_of: BTreeMap<Piece, Net> = self.pieces.iter().copied().zip(nets.iter().copied()).collect();
        let routes = links
            .iter()
            .zip(&self.chains)
            .map(|(link, chain)| {
                if link.from == link.to {
                    return loop_route(&places[link.from]);
                }
                let backwards = chain[0] != link.from;
                let line = Line { kind: link.kind, backwards };
                let mut points = Vec::new();
                for pair in chain.windows(2) {
                    let net = net_of[&Piece { left: pair[0], right: pair[1], line }];
                    let gap = self.slots[pair[0]].layer;
                    let x = left[gap] + NODE_WIDTH + STUB + begin[gap] + lanes[&net] * LANE_GAP;
                    let (from, to) = (ports[&(pair[0], true, net)], ports[&(pair[1], false, net)]);
                    points.extend([(left[gap] + NODE_WIDTH, from), (x, from), (x, to), (left[gap + 1], to)]);
                }
                if backwards {
                    points.reverse();
                }
                tidy(points)
            })
            .collect();
        let labels = labelled
            .into_iter()
            .filter(|(_, shown)| *shown)
            .map(|(net, _)| Label {
                x: left[self.slots[net.hub].layer] + if net.hub_is_left { NODE_WIDTH + 8 } else { -12 },
                y: ports[&(net.hub, net.hub_is_left, net)] - 5,
                kind: net.line.kind,
                at_end: !net.hub_is_left,
            })
            .collect();
        let bottom = self.slots.iter().map(|slot| slot.y + (slot.height + 1) / 2).max().unwrap_or(0);
        let right = left.last().copied().filter(|_| nodes > 0).map_or(0, |x| x + NODE_WIDTH);
        Layout { width: right + MARGIN, height: bottom + MARGIN, places, routes, labels }
    }

    /// Which nets bear their word: those that meet in a node; but a line that goes on beyond the gap bears it at its end alone.
    fn labelled(&self, nodes: usize, nets: &[Net]) -> BTreeMap<Net, bool> {
        let mut labelled = BTreeMap::new();
        for (piece, net) in self.pieces.iter().zip(nets) {
            let far = if net.hub_is_left { piece.right } else { piece.left };
            let ends_here = net.hub < nodes && (!net.hub_is_left || far < nodes);
            *labelled.entry(*net).or_insert(false) |= ends_here;
        }
        labelled
    }

    /// The place of each node among the nodes of its layer.
    fn node_rows(&self, nodes: usize) -> Vec<usize> {
        let mut place = vec![0; nodes];
        for row in &self.rows {
            for (at, &node) in row.iter().filter(|slot| **slot < nodes).enumerate() {
                place[node] = at;
            }
        }
        place
    }
}

/// Out of the lower half of the right side and back into the bottom.
fn loop_route(place: &Place) -> Vec<(i32, i32)> {
    let (right, bottom) = (place.x + NODE_WIDTH, place.y + place.height);
    vec![
        (right, bottom - 8),
        (right + 12, bottom - 8),
        (right + 12, bottom + 12),
        (right - 24, bottom + 12),
        (right - 24, bottom),
    ]
}

/// Without points that change nothing.
fn tidy(points: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    let mut out: Vec<(i32, i32)> = Vec::with_capacity(points.len());
    for point in points {
        if out.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = out[..]
            && ((a.0 == b.0 && b.0 == point.0) || (a.1 == b.1 && b.1 == point.1))
        {
            out.pop();
        }
        out.push(point);
    }
    out
}

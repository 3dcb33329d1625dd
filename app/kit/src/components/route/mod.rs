//! A way with branches: stations down one line, with lanes beside it for those that are passed side by side, as on the map of an underground.

use leptos::prelude::*;

use super::line::State;

#[cfg(feature = "ssr")]
pub(crate) mod examples;

/// The most lanes that are drawn; what would need more shares the last.
const MOST: usize = 5;

/// How far apart lanes are, and how far the first is from the edge.
const LANE: usize = 20;
const EDGE: usize = 12;

/// How far below its top a station's mark is.
const MARK: usize = 22;

/// A station of a [`Route`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stop {
    /// What it stays the same by when the page is drawn again.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it leads; nowhere when empty.
    pub href: String,
    /// How it stands; nothing where nobody travels yet.
    pub state: Option<State>,
    /// How it stands, in a word or two of its own.
    pub word: String,
    /// What kind of station it is.
    pub kind: String,
    /// Whose it is.
    pub owner: String,
    /// What there is to say of it besides, each in a few words.
    pub facts: Vec<String>,
    /// The places in the list of the stations that it comes after.
    pub after: Vec<usize>,
    /// Whether the page shows it.
    pub shown: bool,
}

/// Where a station and the lines round it are drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lanes {
    /// The lane of the station.
    at: usize,
    /// The lanes from which a line comes, and the station that it comes from.
    from: Vec<(usize, usize)>,
    /// The lanes that pass above the station's mark, and the stations they come from.
    above: Vec<(usize, usize)>,
    /// The same below it.
    below: Vec<(usize, usize)>,
}

/// A way from top to bottom, in which stations that do not wait for each other stand on lanes of their own.
#[component]
pub fn Route(
    /// What it is the way of.
    #[prop(into)]
    label: String,
    /// In order: none comes before one that it comes after.
    stops: Vec<Stop>,
) -> impl IntoView {
    let after: Vec<Vec<usize>> = stops.iter().map(|stop| stop.after.clone()).collect();
    let lanes = lanes(&after);
    let widest = lanes.iter().flat_map(|row| row.above.iter().chain(&row.below).map(|(lane, _)| *lane).chain([row.at]));
    let count = widest.max().unwrap_or(0) + 1;
    let passed: Vec<bool> = stops.iter().map(|stop| matches!(stop.state, Some(State::Done | State::Skipped))).collect();
    let names: Vec<String> = stops.iter().map(|stop| stop.name.clone()).collect();
    let rows: Vec<_> = stops
        .into_iter()
        .zip(lanes)
        .enumerate()
        .map(|(place, (stop, row))| {
            let straight = stop.after == [place.wrapping_sub(1)] || stop.after.is_empty() && place == 0;
            let waits: Vec<String> = if straight {
                Vec::new()
            } else {
                stop.after.iter().filter_map(|other| names.get(*other).cloned()).collect()
            };
            drawn(stop, &row, count, &passed, &waits)
        })
        .collect();
    view! { <ol class="pk-route" aria-label=label>{rows}</ol> }.into_any()
}

fn x(lane: usize) -> usize {
    EDGE + lane * LANE
}

fn drawn(stop: Stop, row: &Lanes, count: usize, passed: &[bool], waits: &[String]) -> AnyView {
    let Stop { id, name, href, state, word, kind, owner, facts, after: _, shown } = stop;
    let class = |from: usize| {
        if passed.get(from).copied().unwrap_or_default() {
            "pk-route__rail pk-route__rail--passed"
        } else {
            "pk-route__rail"
        }
    };
    let at = x(row.at);
    let into: Vec<_> = row
        .from
        .iter()
        .map(|(lane, from)| {
            let path = if *lane == row.at {
                format!("M{at} 0V{MARK}")
            } else {
                format!("M{0} 0C{0} 14 {at} 6 {at} {MARK}", x(*lane))
            };
            view! { <path class=class(*from) d=path></path> }
        })
        .collect();
    let above: Vec<_> = row
        .above
        .iter()
        .map(|(lane, from)| view! { <path class=class(*from) d=format!("M{} 0V{MARK}", x(*lane))></path> })
        .collect();
    let below: Vec<_> = row
        .below
        .iter()
        .map(|(lane, from)| {
            let lane = x(*lane);
            view! { <line class=class(*from) x1=lane y1=MARK x2=lane y2="100%"></line> }
        })
        .collect();
    let mark = state.map_or("", State::mark);
    let modifier = match state {
        None | Some(State::Ahead | State::Planned) => "",
        Some(State::Done) => " pk-stop--done",
        Some(State::Here) => " pk-stop--here",
        Some(State::Waiting) => " pk-stop--waiting",
        Some(State::Failed) => " pk-stop--failed",
        Some(State::Skipped) => " pk-stop--skipped",
    };
    let class = if shown { format!("pk-stop pk-stop--shown{modifier}") } else { format!("pk-stop{modifier}") };
    let title = if href.is_empty() {
        view! { <span class="pk-stop__name">{name}</span> }.into_any()
    } else {
        view! { <a class="pk-stop__name" href=href aria-current=shown.then_some("true")>{name}</a> }.into_any()
    };
    let word = if word.is_empty() { state.map(State::word).unwrap_or_default().to_owned() } else { word };
    let after = (!waits.is_empty())
        .then(|| view! { <span class="pk-visually-hidden">{format!("After {}. ", waits.join(" and "))}</span> });
    let whose: Vec<String> = [kind, owner].into_iter().filter(|text| !text.is_empty()).collect();
    let wide = EDGE * 2 + (count - 1) * LANE;
    let current = matches!(state, Some(State::Here | State::Waiting | State::Failed)).then_some("step");
    view! {
        <li class=class aria-current=current data-pk-key=format!("stop-{id}")>
            <svg class="pk-route__room" width=wide height="1" aria-hidden="true" focusable="false"></svg>
            <svg class="pk-route__rails" width=wide height="100%" aria-hidden="true" focusable="false">
                {above}
                {into}
                {below}
                <g class="pk-route__mark" transform=format!("translate({} {})", at - 12, MARK - 12)>
                    <circle cx="12" cy="12" r="8"></circle>
                    <path d=mark></path>
                </g>
            </svg>
            <div class="pk-stop__text">
                {title}
                {after}
                {(!word.is_empty()).then(|| view! { <span class="pk-stop__word">{word}</span> })}
                {(!whose.is_empty()).then(|| view! { <span class="pk-stop__whose">{whose.join(" · ")}</span> })}
                {(!facts.is_empty()).then(|| view! { <span>{facts.join(" · ")}</span> })}
            </div>
        </li>
    }
    .into_any()
}

/// Which lanes lines run on: a station takes the lane of one that it comes after and that nobody else waits for, or the first that is free.
fn lanes(after: &[Vec<usize>]) -> Vec<Lanes> {
    let mut open: Vec<Option<usize>> = Vec::new();
    let waits_later = |of: usize, place: usize| after.iter().skip(place + 1).any(|others| others.contains(&of));
    let mut rows = Vec::with_capacity(after.len());
    for (place, others) in after.iter().enumerate() {
        let before = open.clone();
        let lane_of = |station: usize| before.iter().position(|lane| *lane == Some(station));
        let from: Vec<(usize, usize)> = others
            .iter()
            .filter_map(|other| Some((lane_of(*other)?, *other)))
            .filter(|(_, other)| *other < place)
            .collect();
        for (lane, other) in &from {
            if !waits_later(*other, place) {
                open[*lane] = None;
            }
        }
        let taken = from.iter().map(|(lane, _)| *lane).filter(|lane| open[*lane].is_none()).min();
        let at = taken.or_else(|| open.iter().position(Option::is_none)).unwrap_or(open.len());
        let above = open.iter().enumerate().filter_map(|(lane, station)| Some((lane, (*station)?))).collect::<Vec<_>>();
        if at == open.len() {
            open.push(None);
        }
        open[at] = waits_later(place, place).then_some(place);
        while open.last() == Some(&None) {
            open.pop();
        }
        let below = open.iter().enumerate().filter_map(|(lane, station)| Some((lane, (*station)?))).collect();
        rows.push(Lanes { at, from, above, below });
    }
    for row in &mut rows {
        row.at = row.at.min(MOST - 1);
        for (lane, _) in row.from.iter_mut().chain(&mut row.above).chain(&mut row.below) {
            *lane = (*lane).min(MOST - 1);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_after_the_other_is_one_line() {
        let rows = lanes(&[vec![], vec![0], vec![1]]);
        assert!(rows.iter().all(|row| row.at == 0));
        assert_eq!(rows[1], Lanes { at: 0, from: vec![(0, 0)], above: vec![], below: vec![(0, 1)] });
        assert!(rows[2].below.is_empty());
    }

    #[test]
    fn what_is_passed_side_by_side_has_lanes_that_meet_again() {
        // 1 and 2 come after 0, 3 after 2, 4 after 1 and 3.
        let rows = lanes(&[vec![], vec![0], vec![0], vec![2], vec![1, 3]]);
        let at: Vec<usize> = rows.iter().map(|row| row.at).collect();
        assert_eq!(at, [0, 1, 0, 0, 0]);
        assert_eq!(rows[1].above, [(0, 0)]);
        assert_eq!(rows[2].above, [(1, 1)]);
        assert_eq!(rows[4].from, [(1, 1), (0, 3)]);
        assert!(rows[4].below.is_empty());
    }

    #[test]
    fn what_begins_of_itself_has_a_lane_and_odd_needs_break_nothing() {
        let rows = lanes(&[vec![], vec![], vec![0, 1]]);
        assert_eq!(rows.iter().map(|row| row.at).collect::<Vec<_>>(), [0, 1, 0]);
        let odd = lanes(&[vec![3], vec![1], vec![9]]);
        assert_eq!(odd.len(), 3);
        let many: Vec<Vec<usize>> = (0..9).map(|_| Vec::new()).chain([(0..9).collect()]).collect();
        assert!(lanes(&many).iter().all(|row| row.at < MOST));
    }
}

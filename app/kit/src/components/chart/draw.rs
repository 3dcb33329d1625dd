//! The ink of the charts.

use leptos::prelude::*;

use super::scale::{Axis, short, thinned, whole};
use crate::components::Series;
use crate::html::Html;
use crate::server::html;

/// The width of a chart, in the units of its own picture.
const WIDTH: f64 = 560.0;

/// Its height.
const HEIGHT: f64 = 240.0;

/// Above what is plotted.
const TOP: f64 = 12.0;

/// The lower edge of what is plotted.
const BOTTOM: f64 = HEIGHT - 28.0;

/// The left edge of what is plotted.
const LEFT: f64 = 60.0;

/// Letters of a name in the picture; the table has it whole.
const NAME: usize = 16;

/// The height of a line of text.
const TEXT: f64 = 15.0;

/// Points of a line that can be told apart.
const POINTS: usize = 500;

/// Groups of bars that can be told apart.
const GROUPS: usize = 60;

/// Rows of the table.
const ROWS: usize = 200;

/// Dashes of lines by their place among the series.
const DASHES: [&str; 4] = ["", "6 4", "2 4", "10 4 2 4"];

/// Textures of bars by their place among the series, as lines in a square of 6 over a lighter ground.
const TEXTURES: [&str; 4] = ["M0 3h6", "M-1 1l2-2M0 6l6-6M5 7l2-2", "M3 0v6", "M3 2.5v1"];

/// How wide these lines are; the first fill the square.
const TEXTURE_LINES: [&str; 4] = ["6", "1.5", "1.5", "2.5"];

/// Values in rows over the same points.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The beginning of the ids in it.
    pub id: String,
    /// What it shows, with the unit: `Journeys finished per week`.
    pub title: String,
    /// How it is drawn.
    pub shape: Shape,
    /// What the points are called, from left to right.
    pub points: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Points in time, joined.
    Line,
    /// Things beside each other, from zero.
    Bar,
}

/// A row of values.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// A value for each point; what is no finite number is a gap.
    pub values: Vec<f64>,
}

/// The parts of a whole.
#[derive(Debug, Clone)]
pub struct Ring {
    /// What it shows.
    pub title: String,
    /// What is counted: `services`.
    pub unit: String,
    /// The parts; what is not above zero is none.
    pub parts: Vec<(String, f64)>,
}

/// Draws lines or bars.
pub fn draw(chart: &Chart) -> Html {
    html::drawn(|| chart.view())
}

/// Draws a ring of parts. Beyond seven the smallest are one.
pub fn ring(ring: &Ring) -> Html {
    html::drawn(|| ring.view())
}

/// Draws a line as small as a word: how it went, not how much it was.
pub fn spark(label: &str, values: &[f64]) -> Html {
    html::drawn(|| spark_view(label, values))
}

impl Chart {
    fn view(&self) -> AnyView {
        let points = self.finite();
        let values = || points.iter().flatten().map(|point| point.1);
        let figure = if values().next().is_none() {
            view! { <p class="pk-chart__empty">"There are no values yet."</p> }.into_any()
        } else {
            let zero = if self.shape == Shape::Bar { 0.0 } else { f64::NAN };
            let axis = Axis::over(values().fold(zero, f64::min), values().fold(zero, f64::max), 4);
            let right = match self.shape {
                Shape::Line if self.rows.len() > 1 => {
                    let longest = self.rows.iter().map(|row| row.name.chars().count().min(NAME)).max().unwrap_or(0);
                    WIDTH - 16.0 - 7.0 * longest as f64
                }
                _ => WIDTH - 16.0,
            };
            let plot = match self.shape {
                Shape::Line => self.lines(&points, &axis, right),
                Shape::Bar => self.bars(&axis, right),
            };
            let label = format!("{}. {}", self.title, self.told(&points));
            view! {
                <div class="pk-chart__scroll" tabindex="0" role="group" aria-label=self.title.clone()>
                    <svg class="pk-chart__picture" role="img" aria-label=label viewBox=format!("0 0 {WIDTH} {HEIGHT}")>
                        {grid(&axis, right)}
                        {self.names_of_points(right)}
                        {plot}
                    </svg>
                </div>
                {(self.shape == Shape::Bar && self.rows.len() > 1).then(|| self.legend())}
                {self.table()}
            }
            .into_any()
        };
        view! {
            <figure class="pk-chart">
                <figcaption class="pk-chart__title">{self.title.clone()}</figcaption>
                {figure}
            </figure>
        }
        .into_any()
    }

    /// The values of each row that can be drawn, with the number of their point.
    fn finite(&self) -> Vec<Vec<(usize, f64)>> {
        let shown = if self.shape == Shape::Bar { GROUPS } else { usize::MAX };
        let row = |row: &Row| {
            let values = row.values.iter().copied().enumerate().take(self.points.len().min(shown));
            values.filter(|(_, value)| value.is_finite()).collect()
        };
        self.rows.iter().map(row).collect()
    }

    /// The picture in words: where each row begins and ends and between what it lies.
    fn told(&self, points: &[Vec<(usize, f64)>]) -> String {
        let rows = self.rows.iter().zip(points).filter_map(|(row, points)| {
            let (low, high) = (lowest(points)?, highest(points)?);
            Some(format!("{}: {} values from {} to {}", row.name, points.len(), whole(low), whole(high)))
        });
        rows.collect::<Vec<_>>().join("; ") + ". The table below has the numbers."
    }

    fn x(&self, point: usize, right: f64) -> f64 {
        match self.points.len() {
            0 | 1 => (LEFT + right) / 2.0,
            many => LEFT + (right - LEFT) * point as f64 / (many - 1) as f64,
        }
    }

    fn lines(&self, points: &[Vec<(usize, f64)>], axis: &Axis, right: f64) -> Vec<AnyView> {
        let mut names: Vec<(f64, usize)> = Vec::new();
        let mut out = Vec::new();
        for (number, points) in points.iter().enumerate() {
            let place = |&(point, value): &(usize, f64)| (self.x(point, right), y(axis, value));
            let Some(&last) = points.last() else { continue };
            let marked = points.len() <= 24;
            let mut path = String::new();
            let mut before = None;
            for point in thinned(points, POINTS) {
                let (x, y) = place(&point);
                // A gap in what was measured is a gap in the line; thinned points are no gaps.
                let joined = before.is_some_and(|before| points.len() > POINTS || before + 1 == point.0);
                path += &format!("{}{x:.1} {y:.1}", if joined { "L" } else { "M" });
                before = Some(point.0);
            }
            let dots: Vec<_> = points
                .iter()
                .filter(|_| marked)
                .map(place)
                .map(|(x, y)| view! { <circle class="pk-chart__dot" cx=format!("{x:.1}") cy=format!("{y:.1}") r="3"></circle> })
                .collect();
            names.push((place(&last).1, number));
            out.push(
                view! {
                    <g class=Series::nth(number).class()>
                        <path class="pk-chart__line" d=path stroke-dasharray=DASHES[number % DASHES.len()]></path>
                        {dots}
                    </g>
                }
                .into_any(),
            );
        }
        if self.rows.len() > 1 {
            out.extend(self.names_of_lines(names, right));
        }
        out
    }

    /// The names stand where the lines end, none upon another.
    fn names_of_lines(&self, mut names: Vec<(f64, usize)>, right: f64) -> Vec<AnyView> {
        names.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut lowest = TOP;
        for (y, _) in &mut names {
            *y = y.max(lowest);
            lowest = *y + TEXT;
        }
        let mut highest = HEIGHT - 4.0;
        for (y, _) in names.iter_mut().rev() {
            *y = y.min(highest);
            highest = *y - TEXT;
        }
        let name = |(y, number): (f64, usize)| {
            view! { <text class="pk-chart__text pk-chart__text--name" x=right + 8.0 y=format!("{:.1}", y + 4.0)>{clipped(&self.rows[number].name)}</text> }.into_any()
        };
        names.into_iter().map(name).collect()
    }

    fn bars(&self, axis: &Axis, right: f64) -> Vec<AnyView> {
        let groups = self.points.len().clamp(1, GROUPS);
        let group = (right - LEFT) / groups as f64;
        let bar = (group * 0.8 / self.rows.len() as f64).min(48.0);
        let zero = y(axis, 0.0);
        let mut out = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let texture = format!("{}-texture-{number}", self.id);
            let class = Series::nth(number).class();
            out.push(
                view! {
                    <pattern class=class id=texture.clone() patternUnits="userSpaceOnUse" width="6" height="6">
                        <path class="pk-chart__ground" d="M0 0h6v6H0z"></path>
                        <path
                            class="pk-chart__texture"
                            stroke-width=TEXTURE_LINES[number % TEXTURES.len()]
                            d=TEXTURES[number % TEXTURES.len()]
                        ></path>
                    </pattern>
                }
                .into_any(),
            );
            for (point, value) in
                row.values.iter().copied().enumerate().take(groups).filter(|(_, value)| value.is_finite())
            {
                let middle = LEFT + group * (point as f64 + 0.5);
                let x = middle + bar * (number as f64 - self.rows.len() as f64 / 2.0);
                let end = y(axis, value);
                let class = format!("pk-chart__bar {class}");
                let (top, height) = (end.min(zero), (end - zero).abs());
                out.push(
                    view! {
                        <rect
                            class=class
                            x=format!("{x:.1}")
                            y=format!("{top:.1}")
                            width=format!("{:.1}", (bar - 1.0).max(0.5))
                            height=format!("{height:.1}")
                            fill=format!("url(#{texture})")
                        ></rect>
                    }
                    .into_any(),
                );
            }
        }
        out.push(view! { <path class="pk-chart__zero" d=format!("M{LEFT} {zero:.1}H{right:.1}")></path> }.into_any());
        out
    }

    fn names_of_points(&self, right: f64) -> Vec<AnyView> {
        let shown = if self.shape == Shape::Bar { self.points.len().min(GROUPS) } else { self.points.len() };
        let longest = self.points.iter().take(shown).map(|name| name.chars().count().min(NAME)).max().unwrap_or(1);
        let most = ((right - LEFT) / (7.0 * longest as f64 + 16.0)).max(1.0) as usize;
        let every = shown.div_ceil(most.max(1)).max(1);
        let middle = |point: usize| match self.shape {
            Shape::Line => self.x(point, right),
            Shape::Bar => LEFT + (right - LEFT) * (point as f64 + 0.5) / shown as f64,
        };
        let name = |point: usize| {
            view! { <text class="pk-chart__text pk-chart__text--middle" x=format!("{:.1}", middle(point)) y=HEIGHT - 8.0>{clipped(&self.points[point])}</text> }.into_any()
        };
        (0..shown).step_by(every).map(name).collect()
    }

    fn legend(&self) -> AnyView {
        let items: Vec<_> = self
            .rows
            .iter()
            .enumerate()
            .map(|(number, row)| {
                let class = format!("pk-chart__key {}", Series::nth(number).class());
                let fill = format!("url(#{}-texture-{number})", self.id);
                view! {
                    <li>
                        <svg class=class viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><rect class="pk-chart__bar" width="12" height="12" fill=fill></rect></svg>
                        {row.name.clone()}
                    </li>
                }
            })
            .collect();
        view! { <ul class="pk-chart__legend">{items}</ul> }.into_any()
    }

    fn table(&self) -> AnyView {
        let heads: Vec<_> =
            self.rows.iter().map(|row| view! { <th scope="col" class="pk-number">{row.name.clone()}</th> }).collect();
        let rows: Vec<_> = self
            .points
            .iter()
            .enumerate()
            .take(ROWS)
            .map(|(point, name)| {
                let cells: Vec<_> = self
                    .rows
                    .iter()
                    .map(|row| {
                        let value = row.values.get(point).copied().filter(|value| value.is_finite());
                        view! { <td class="pk-number">{value.map_or_else(|| "–".to_owned(), whole)}</td> }
                    })
                    .collect();
                view! { <tr><th scope="row">{name.clone()}</th>{cells}</tr> }
            })
            .collect();
        let all = self.points.len();
        let drawn = if self.shape == Shape::Bar { GROUPS } else { usize::MAX };
        view! {
            {(all > drawn).then(|| view! { <p class="pk-quiet">{format!("The first {drawn} of {all} are drawn.")}</p> })}
            <details class="pk-chart__numbers">
                <summary>"The numbers"</summary>
                <div class="pk-table__scroll" tabindex="0" role="region" aria-label=self.title.clone()>
                    <table class="pk-table">
                        <thead><tr><td></td>{heads}</tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                {(all > ROWS).then(|| view! { <p class="pk-quiet">{format!("The first {ROWS} of {all} are listed.")}</p> })}
            </details>
        }
        .into_any()
    }
}

impl Ring {
    fn view(&self) -> AnyView {
        const MOST: usize = Series::COUNT - 1;
        let mut parts: Vec<(String, f64)> =
            self.parts.iter().filter(|(_, value)| value.is_finite() && *value > 0.0).cloned().collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        if parts.len() > MOST + 1 {
            let others = parts.split_off(MOST);
            parts.push((format!("{} others", others.len()), others.iter().map(|part| part.1).sum()));
        }
        // Of the largest numbers the sum is none; the shares are right all the same.
        let unit = parts.first().map_or(1.0, |part| part.1);
        let sum: f64 = parts.iter().map(|part| part.1 / unit).sum();
        let mut begin = 0.0;
        let mut arcs = Vec::new();
        let mut rows = Vec::new();
        for (number, (name, value)) in parts.iter().enumerate() {
            let share = 100.0 * (value / unit) / sum;
            let class = Series::nth(number).class();
            // The gap keeps neighbours apart without their colours.
            let gap = if parts.len() > 1 { share.min(0.6) } else { 0.0 };
            arcs.push(
                view! {
                    <circle
                        class=format!("pk-chart__arc {class}")
                        cx="90"
                        cy="90"
                        r="60"
                        pathLength="100"
                        stroke-dasharray=format!("{:.2} 100", share - gap)
                        stroke-dashoffset=format!("{:.2}", -begin)
                        transform="rotate(-90 90 90)"
                    ></circle>
                }
                .into_any(),
            );
            if share >= 8.0 {
                let turn = (begin + share / 2.0) / 50.0 * std::f64::consts::PI;
                let (x, y) = (90.0 + 82.0 * turn.sin(), 94.0 - 82.0 * turn.cos());
                arcs.push(
                    view! { <text class="pk-chart__share" x=format!("{x:.1}") y=format!("{y:.1}")>{number + 1}</text> }
                        .into_any(),
                );
            }
            begin += share;
            rows.push(view! {
                <tr>
                    <th scope="row">
                        <span class=format!("pk-chart__number {class}")>{number + 1}</span>
                        {name.clone()}
                    </th>
                    <td class="pk-number">{whole(*value)}</td>
                    <td class="pk-number">{format!("{share:.1} %")}</td>
                </tr>
            });
        }
        let figure = if rows.is_empty() {
            view! { <p class="pk-chart__empty">"There are no values yet."</p> }.into_any()
        } else {
            let total = short(sum * unit);
            view! {
                <div class="pk-chart__ring">
                    // The table beside it says the same.
                    <svg viewBox="0 0 180 180" width="180" height="180" aria-hidden="true">
                        {arcs}
                        <text class="pk-chart__total" x="90" y="90">{total}</text>
                        <text class="pk-chart__text pk-chart__text--middle" x="90" y="108">{clipped(&self.unit)}</text>
                    </svg>
                    <table class="pk-table">
                        <caption class="pk-visually-hidden">{self.title.clone()}</caption>
                        <thead>
                            <tr>
                                <td></td>
                                <th scope="col" class="pk-number">{self.unit.clone()}</th>
                                <th scope="col" class="pk-number">"Share"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
            .into_any()
        };
        view! {
            <figure class="pk-chart">
                <figcaption class="pk-chart__title">{self.title.clone()}</figcaption>
                {figure}
            </figure>
        }
        .into_any()
    }
}

fn spark_view(label: &str, values: &[f64]) -> AnyView {
    let points: Vec<(usize, f64)> = values.iter().copied().enumerate().filter(|(_, value)| value.is_finite()).collect();
    let (Some(low), Some(high), Some(&last)) = (lowest(&points), highest(&points), points.last()) else {
        return view! { <span class="pk-quiet">"No values yet"</span> }.into_any();
    };
    let axis = Axis { ticks: if low < high { vec![low, high] } else { vec![low - 1.0, high + 1.0] } };
    let place = |&(point, value): &(usize, f64)| {
        (4.0 + 86.0 * point as f64 / (values.len().max(2) - 1) as f64, 20.0 - 16.0 * axis.place(value))
    };
    let line: Vec<String> = thinned(&points, 90).iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let (x, y) = place(&last);
    let told = format!("{label}: now {}, lowest {}, highest {}", whole(last.1), whole(low), whole(high));
    view! {
        <svg class=format!("pk-spark {}", Series::nth(0).class()) role="img" aria-label=told viewBox="0 0 96 24" width="96" height="24">
            <polyline class="pk-spark__line" points=line.join(" ")></polyline>
            <circle class="pk-spark__now" cx=format!("{x:.1}") cy=format!("{y:.1}") r="3"></circle>
        </svg>
    }
    .into_any()
}

fn y(axis: &Axis, value: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * axis.place(value)
}

fn grid(axis: &Axis, right: f64) -> Vec<AnyView> {
    let tick = |value: &f64| {
        let y = y(axis, *value);
        view! {
            <path class="pk-chart__grid" d=format!("M{LEFT} {y:.1}H{right:.1}")></path>
            <text class="pk-chart__text pk-chart__text--end" x=LEFT - 8.0 y=format!("{:.1}", y + 4.0)>{short(*value)}</text>
        }
        .into_any()
    };
    axis.ticks.iter().map(tick).collect()
}

fn lowest(points: &[(usize, f64)]) -> Option<f64> {
    points.iter().map(|point| point.1).min_by(f64::total_cmp)
}

fn highest(points: &[(usize, f64)]) -> Option<f64> {
    points.iter().map(|point| point.1).max_by(f64::total_cmp)
}

/// A name as it fits into the picture.
fn clipped(name: &str) -> String {
    if name.chars().count() <= NAME { name.to_owned() } else { name.chars().take(NAME - 1).chain(['…']).collect() }
}

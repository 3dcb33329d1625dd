use leptos::prelude::*;

use super::draw::{Chart, Ring, Row, Shape, draw, ring, spark};
use crate::components::Fragment;
use crate::gallery::{Docs, Example, Group};

/// The charts in the gallery.
pub const DOCS: Docs = Docs {
    name: "chart",
    title: "Chart",
    group: Group::Data,
    summary: "Shows numbers as lines, bars, a ring, or a line as small as a word; the numbers themselves are below it.",
    good: &[
        "Say in the title what is counted, with its unit.",
        "Use a line for what goes on in time and bars for things beside each other.",
    ],
    bad: &[
        "Do not draw two numbers: write them.",
        "Do not use a ring where parts have to be compared: bars do that better.",
    ],
    keys: &[],
    examples: &[
        Example { name: "line", title: "Lines", view: || shown(Shape::Line, "chart-line", 12, &[3.0, 5.0, 4.0]) },
        Example { name: "bar", title: "Bars", view: || shown(Shape::Bar, "chart-bar", 6, &[3.0, 5.0]) },
        Example {
            name: "negative",
            title: "Above and below zero",
            view: || shown(Shape::Bar, "chart-negative", 8, &[-2.0]),
        },
        Example {
            name: "many",
            title: "Ten thousand points",
            view: || shown(Shape::Line, "chart-many", 10_000, &[4.0]),
        },
        Example { name: "one", title: "One value", view: || shown(Shape::Line, "chart-one", 1, &[4.0]) },
        Example { name: "none", title: "No values yet", view: || shown(Shape::Line, "chart-none", 0, &[]) },
        Example {
            name: "ring",
            title: "The parts of a whole",
            view: || {
                let parts = [("In production", 212.0), ("Experimental", 64.0), ("Deprecated", 31.0), ("Unknown", 7.0)];
                let parts = parts.map(|(name, value)| (name.to_owned(), value)).into();
                view! { <Fragment html=ring(&Ring { title: "Services by lifecycle".into(), unit: "services".into(), parts })/> }.into_any()
            },
        },
        Example {
            name: "spark",
            title: "A line as small as a word",
            view: || {
                view! { <Fragment html=spark("Journeys a week", &[4.0, 6.0, 5.0, 9.0, 8.0, 12.0, 11.0])/> }.into_any()
            },
        },
    ],
};

/// Waves of different heights; a negative height begins above zero and falls below.
fn shown(shape: Shape, id: &str, points: usize, heights: &[f64]) -> AnyView {
    const NAMES: [&str; 3] = ["Started", "Finished", "Given up"];
    let rows = heights.iter().zip(NAMES).map(|(height, name)| Row {
        name: name.into(),
        values: (0..points).map(|point| wave(*height, point as f64 * 10.0 / points as f64)).collect(),
    });
    let chart = Chart {
        id: id.into(),
        title: "Journeys a week".into(),
        shape,
        points: (1..=points).map(|point| format!("W{point}")).collect(),
        rows: rows.collect(),
    };
    view! { <Fragment html=draw(&chart)/> }.into_any()
}

fn wave(height: f64, at: f64) -> f64 {
    let base = if height < 0.0 { 0.0 } else { height * 12.0 };
    (base + height * (at + height).sin() * 4.0 + (at * 97.0).sin() / 2.0).round()
}

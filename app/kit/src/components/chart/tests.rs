use proptest::prelude::*;

use super::draw::{Chart, Ring, Row, Shape, draw, ring, spark};
use super::scale::{Axis, short, thinned, whole};

#[test]
fn axes_begin_and_end_at_round_numbers() {
    assert_eq!(Axis::over(0.0, 97.0, 4).ticks, [0.0, 50.0, 100.0]);
    assert_eq!(Axis::over(0.0, 4.0, 4).ticks, [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(Axis::over(-3.0, 12.0, 4).ticks, [-5.0, 0.0, 5.0, 10.0, 15.0]);
    assert_eq!(Axis::over(7.0, 7.0, 4).ticks, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0], "all equal: the line is inside");
}

#[test]
fn numbers_are_written_for_people() {
    let written = [0.0, 1500.0, 2_500_000.0, -3e9, 0.25, 1e18, -0.0001].map(short);
    assert_eq!(written, ["0", "1,500", "2.5 M", "-3 bn", "0.25", "1.0e18", "-1.00e-4"]);
    assert_eq!([1_234_567.891, -0.0, 999.9996].map(whole), ["1,234,567.891", "0", "1,000"]);
}

proptest! {
    #[test]
    fn every_axis_holds_its_values(low in prop::num::f64::NORMAL | prop::num::f64::ZERO, high in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
        // Beyond this nothing in a portal is counted.
        prop_assume!(low.abs() < 1e200 && high.abs() < 1e200);
        let (low, high) = (low.min(high), low.max(high));
        let axis = Axis::over(low, high, 4);
        prop_assert!((2..=8).contains(&axis.ticks.len()), "{axis:?}");
        prop_assert!(axis.ticks.iter().all(|tick| tick.is_finite()));
        prop_assert!((0.0..=1.0).contains(&axis.place(low)) && axis.place(low) <= axis.place(high));
    }

    #[test]
    fn thinning_keeps_the_extremes(values in prop::collection::vec(-1e6..1e6_f64, 1..5_000)) {
        let points: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
        let fewer = thinned(&points, 100);
        prop_assert!(fewer.len() <= 102);
        prop_assert!(fewer.is_sorted_by_key(|point| point.0));
        let extremes = |points: &[(usize, f64)]| {
            let values = points.iter().map(|point| point.1);
            (values.clone().fold(f64::NAN, f64::min), values.fold(f64::NAN, f64::max))
        };
        prop_assert_eq!(extremes(&fewer), extremes(&points));
    }
}

fn chart(shape: Shape, rows: &[(&str, &[f64])]) -> String {
    let points = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
    let rows = rows.iter().map(|(name, values)| Row { name: (*name).into(), values: values.to_vec() }).collect();
    let points = (1..=points).map(|point| format!("W{point}")).collect();
    draw(&Chart { id: "c".into(), title: "Journeys".into(), shape, points, rows }).0
}

#[test]
fn odd_values_are_drawn() {
    for shape in [Shape::Line, Shape::Bar] {
        assert!(chart(shape, &[]).contains("There are no values yet."));
        assert!(chart(shape, &[("a", &[f64::NAN, f64::INFINITY])]).contains("There are no values yet."));
        let many: Vec<f64> = (0..10_000).map(f64::from).collect();
        for values in [&[5.0][..], &[0.0, 0.0], &[-3.0, -9.0], &[1e300, -1e300], &[1e-300, 2e-300], &many] {
            let html = chart(shape, &[("a", values)]);
            assert!(html.contains("<svg") && !html.contains("NaN") && !html.contains("inf"), "{values:?}: {html}");
            assert!(html.len() < 80_000, "{} bytes for {} values", html.len(), values.len());
        }
    }
}

#[test]
fn a_gap_in_the_values_is_a_gap_in_the_line() {
    let html = chart(Shape::Line, &[("a", &[1.0, 2.0, f64::NAN, 3.0])]);
    let line = html.split(" class=\"pk-chart__line\"").next().and_then(|start| start.rsplit(" d=\"").next()).unwrap();
    assert_eq!((line.matches('M').count(), line.matches('L').count()), (2, 1), "{line}");
    assert!(html.contains("<td class=\"pk-number\">–</td>"), "{html}");
}

#[test]
fn rows_are_told_apart_without_colour() {
    let html = chart(Shape::Line, &[("Started", &[1.0, 2.0]), ("Finished", &[1.0, 2.0])]);
    assert!(html.contains("stroke-dasharray=\"6 4\"") && html.contains(">Finished</text>"), "{html}");
    let html = chart(Shape::Bar, &[("Started", &[1.0, 2.0]), ("Finished", &[1.0, 2.0])]);
    assert!(html.contains("url(#c-texture-1)") && html.contains("pk-chart__legend"), "{html}");
}

#[test]
fn the_smallest_parts_of_a_ring_are_one() {
    let parts =
        (1..=12).map(|n| (format!("part {n}"), f64::from(n))).chain([("none".into(), 0.0), ("less".into(), -1.0)]);
    let html = ring(&Ring { title: "Parts".into(), unit: "services".into(), parts: parts.collect() }).0;
    assert!(html.contains("5 others") && !html.contains("less"), "{html}");
    assert_eq!(html.matches("<circle").count(), 8);
    assert!(ring(&Ring { title: "Parts".into(), unit: String::new(), parts: Vec::new() }).0.contains("no values yet"));
    let huge = vec![("a".into(), 1e308), ("b".into(), 1e308)];
    let html = ring(&Ring { title: "Parts".into(), unit: String::new(), parts: huge }).0;
    assert!(html.contains("50.0 %"), "{html}");
}

#[test]
fn a_small_line_says_its_values() {
    let html = spark("Journeys", &[1.0, 5.0, 3.0]).0;
    assert!(html.contains("aria-label=\"Journeys: now 3, lowest 1, highest 5\""), "{html}");
    assert!(spark("Journeys", &[]).0.contains("No values yet"));
    assert!(!spark("Journeys", &[7.0]).0.contains("NaN"));
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "\"><script>alert(1)</script>";
    let rows = vec![Row { name: hostile.into(), values: vec![1.0] }; 2];
    for shape in [Shape::Line, Shape::Bar] {
        let chart =
            Chart { id: "c".into(), title: hostile.into(), shape, points: vec![hostile.into()], rows: rows.clone() };
        assert!(!draw(&chart).0.contains("<script"));
    }
    let parts = vec![(hostile.into(), 1.0)];
    assert!(!ring(&Ring { title: hostile.into(), unit: hostile.into(), parts }).0.contains("<script"));
    assert!(!spark(hostile, &[1.0]).0.contains("<script"));
}

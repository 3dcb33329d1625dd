use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::color::Color;
use crate::{Kind, Mode, Need, TokenSet};

fn ours() -> TokenSet {
    TokenSet::ours().expect("our own tokens are sound")
}

fn refused(text: &str) -> String {
    ours().with("bank.json", text).expect_err("refused").to_string()
}

fn color(hex: &str) -> Color {
    Color::read(&hex.into()).expect("a colour")
}

#[test]
fn our_own_tokens_have_the_contrast_they_need() {
    let failures: Vec<String> = ours().contrast().iter().map(ToString::to_string).collect();
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn contrast_is_that_of_wcag() {
    for (a, b, ratio) in [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.478), ("#0000ff", "#ffffff", 8.592)] {
        let found = color(a).ratio(color(b));
        assert!((found - ratio).abs() < 0.001 && found == color(b).ratio(color(a)), "{a} on {b}: {found}");
    }
    assert_eq!((Need::Text.ratio(), Need::Large.ratio(), Need::NonText.ratio()), (4.5, 3.0, 3.0));
}

#[test]
fn an_override_changes_what_follows_it_and_nothing_else() {
    let set = ours()
        .with(
            "bank.json",
            r##"{ "base": { "color": { "petrol": { "700": { "$value": "#7a2e00" } } } },
                 "functional": { "text": { "quiet": { "$value": "#444444", "$extensions": { "portico.dark": "{base.color.neutral.200}" } } } } }"##,
        )
        .expect("a sound override");
    let (before, after) = (ours().css(), set.css());
    assert!(before.contains("--pk-text-quiet:light-dark(#5e6564,#c0beb8);"), "{before}");
    assert!(after.contains("--pk-text-quiet:light-dark(#444444,#dad7d2);"), "{after}");
    assert!(after.contains("--pk-accent:light-dark(#7a2e00,#7fcecd);"), "{after}");
    let declarations = |css: &str| css.split(';').map(str::to_owned).collect::<BTreeSet<_>>();
    let changed: Vec<String> = declarations(&after).difference(&declarations(&before)).cloned().collect();
    let names: Vec<&str> = changed.iter().filter_map(|each| each.split(':').next()).collect();
    assert_eq!(names, ["--pk-accent", "--pk-text-quiet"]);
    assert_eq!(set.tokens().len(), ours().tokens().len());
}

#[test]
fn a_failing_pair_is_named_with_values_mode_ratio_and_need() {
    let set = ours()
        .with(
            "bank.json",
            r##"{ "functional": { "on-accent": { "$root": { "$value": "#0e9294", "$extensions": { "portico.dark": "{base.color.petrol.950}" } } } } }"##,
        )
        .expect("a sound override");
    let failures: Vec<String> = set.contrast().iter().map(ToString::to_string).collect();
    assert_eq!(
        failures[0],
        "functional.on-accent.$root (#0e9294) on functional.accent.$root (#045a5e) in light: contrast 2.11, needed 4.5 (the primary button, the skip link)"
    );
    assert!(failures.iter().all(|failure| failure.contains(" in light")), "{failures:?}");
}

#[test]
fn a_translucent_colour_passes_no_pair() {
    let set = ours()
        .with(
            "bank.json",
            r#"{ "base": { "color": { "neutral": { "900": { "$value": { "colorSpace": "srgb", "components": [0, 0, 0], "alpha": 0.9 } } } } } }"#,
        )
        .expect("a sound override");
    assert!(set.contrast().iter().any(|failure| failure.foreground.1 == "#000000e6"));
}

#[test]
fn a_wrong_file_is_refused_with_file_place_and_reason() {
    for (text, message) in [
        ("{", "bank.json: EOF while parsing an object at line 1 column 1"),
        ("[]", "bank.json: a token file is a JSON object"),
        (r#"{"brand":{}}"#, "bank.json: /brand: the groups of a file are base, functional and component"),
        (
            r##"{"base":{"color":{"brand":{"$value":"#ffffff"}}}}"##,
            "bank.json: /base/color/brand: there is no token base.color.brand to override",
        ),
        (
            r#"{"component":{"button":{"text":{"$value":"{functional.accent.$root}"}}}}"#,
            "bank.json: /component/button/text: component.button.text is a component token, which follows the functional ones and cannot be overridden",
        ),
        (
            r#"{"base":{"color":{"petrol":{"700":{"$value":"{base.color.orange}"}}}}}"#,
            "bank.json: /base/color/petrol/700: {base.color.orange} names no token",
        ),
        (
            r#"{"base":{"color":{"petrol":{"700":{"$value":"{base.color.petrol.800}"},"800":{"$value":"{base.color.petrol.700}"}}}}}"#,
            "bank.json: /base/color/petrol/700: the alias leads back to itself: base.color.petrol.700 → base.color.petrol.800 → base.color.petrol.700",
        ),
        (
            r#"{"base":{"color":{"petrol":{"700":{"$value":"{base.size.4}"}}}}}"#,
            "bank.json: /base/color/petrol/700: {base.size.4} is a dimension, and a color is needed",
        ),
        (
            r#"{"base":{"color":{"petrol":{"700":{"$value":"{functional.text.$root}"}}}}}"#,
            "bank.json: /base/color/petrol/700: {functional.text.$root} is of a higher tier: base follows base, functional follows base and functional",
        ),
        (
            r#"{"base":{"color":{"petrol":{"700":{"$value":"12px"}}}}}"#,
            "bank.json: /base/color/petrol/700/$value: not a color: \"12px\" is not #rrggbb",
        ),
        (
            r##"{"base":{"color":{"petrol":{"700":{"$value":{"colorSpace":"srgb","components":[1,0,0],"hex":"#fe0000"}}}}}}"##,
            "bank.json: /base/color/petrol/700/$value: not a color: hex says #fe0000 and components say #ff0000",
        ),
        (
            r#"{"base":{"size":{"4":{"$value":{"value":4,"unit":"em"}}}}}"#,
            "bank.json: /base/size/4/$value: not a dimension: the unit \"em\" is not one of px, rem",
        ),
        (
            r#"{"base":{"size":{"4":{"$type":"number","$value":4}}}}"#,
            "bank.json: /base/size/4: base.size.4 is a dimension, not a number",
        ),
        (
            r#"{"base":{"font":{"sans":{"$value":"x\";}body{display:none"}}}}"#,
            "bank.json: /base/font/sans/$value: not a fontFamily: \"x\\\";}body{display:none\" is not the name of a font",
        ),
        (
            r##"{"functional":{"focus":{"$root":{"$value":"#ff6200"}}}}"##,
            "bank.json: /functional/focus/$root: a functional colour needs both: $value for light and $extensions[\"portico.dark\"] for dark",
        ),
        (
            r##"{"base":{"size":{"4":{"$value":{"value":4,"unit":"px"},"$extensions":{"portico.dark":0}}}}}"##,
            "bank.json: /base/size/4/$extensions/portico.dark: not a dimension: invalid type: integer `0`, expected struct Measure",
        ),
        (
            r##"{"base":{"color":{"petrol":{"700":{"$valeu":"#ffffff"}}}}}"##,
            "bank.json: /base/color/petrol/700/$valeu: no such property here; names of tokens and groups have lower-case letters, digits and hyphens",
        ),
        (
            r##"{"base":{"color":{"$type":"colour"}}}"##,
            "bank.json: /base/color/$type: $type \"colour\" is not known; those that are: color, dimension, duration, number, fontFamily, fontWeight, cubicBezier, shadow",
        ),
    ] {
        assert_eq!(refused(text), message);
    }
}

#[test]
fn every_property_has_one_token() {
    let set = ours();
    let names: Vec<String> = set.tokens().iter().filter_map(|token| token.property()).collect();
    let once: BTreeSet<&String> = names.iter().collect();
    assert_eq!(names.len(), once.len());
    assert!(set.css().starts_with(":root{color-scheme:light dark;--pk-surface-0:light-dark(#fbfaf8,#161b1e);"));
    assert!(set.css().contains("--pk-shadow-overlay:0 8px 24px -4px var(--pk-shadow-color);"));
    assert!(set.css().contains("--pk-button-primary:var(--pk-accent);"));
    assert!(!set.css().contains("--pk-color"), "base tokens are in no style sheet");
}

#[test]
fn the_tones_are_the_groups_that_say_so() {
    let rust = ours().rust();
    assert!(rust.contains(
        "pub enum Tone {\n    /// Says nothing about good or bad.\n    Neutral,\n    /// As it should be.\n    Fine,"
    ));
    assert!(rust.ends_with("    /// Not there yet.\n    Waiting,\n}\n"), "{rust}");
}

/// Style sheets, and sources with scoped ones, below the given folders of the repository.
fn style_sheets() -> Vec<(PathBuf, String)> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("..");
    let (mut found, mut folders) = (Vec::new(), vec![root.join("style"), root.join("app/kit/src/components")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "css" || ending == "rs")
                && !path.ends_with("tests.rs")
            {
                let text = std::fs::read_to_string(&path).expect("a text");
                found.push((path, text));
            }
        }
    }
    found
}

#[test]
fn every_custom_property_that_is_used_exists() {
    let known: BTreeSet<String> = ours().tokens().iter().filter_map(|token| token.property()).collect();
    let mut used = 0;
    for (path, text) in style_sheets() {
        for rest in text.split("var(").skip(1) {
            let name = rest.split([')', ',']).next().unwrap_or_default().trim();
            // What a component sets for itself is its own.
            if name.starts_with("--pk-") && !name.contains('{') && !text.contains(&format!("{name}:")) {
                assert!(known.contains(name), "{}: {name} is no token", path.display());
                used += 1;
            }
        }
    }
    assert!(used > 100, "{used} uses");
}

#[test]
fn every_token_is_used() {
    let set = ours();
    let css: String = style_sheets().into_iter().map(|(_, text)| text).chain([set.css()]).collect();
    let unused: Vec<String> = set
        .tokens()
        .iter()
        .filter_map(|token| token.property())
        // What a media query cannot read the next test compares.
        .filter(|name| !name.starts_with("--pk-break-") && !css.contains(&format!("var({name})")))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn layouts_change_where_the_tokens_say() {
    let css = ours().css();
    let width = |name: &str| {
        css.split(&format!("--pk-break-{name}:"))
            .nth(1)
            .and_then(|rest| rest.split("px").next())
            .expect("a breakpoint")
            .parse::<u32>()
            .expect("pixels")
    };
    // What begins beyond a breakpoint begins one pixel after it.
    let allowed: Vec<u32> =
        ["narrow", "wide", "broad"].map(width).into_iter().flat_map(|each| [each, each + 1]).collect();
    for (path, text) in style_sheets() {
        for query in text.split("@media").skip(1).filter_map(|rest| rest.split('{').next()) {
            let widths = query.split("-width:").skip(1).filter_map(|rest| rest.split("px").next()?.trim().parse().ok());
            for number in widths {
                assert!(allowed.contains(&number), "{}: {number}px is no breakpoint", path.display());
            }
        }
    }
}

#[test]
fn series_of_a_chart_stay_apart_for_every_eye() {
    // Machado, Oliveira and Fernandes 2009, severity 1, on linear light.
    let eyes: [(&str, [[f64; 3]; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        ),
        (
            "deuteranopia",
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        ),
        (
            "tritanopia",
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
        ),
    ];
    let set = ours();
    for mode in Mode::ALL {
        let series: Vec<Color> =
            (1..=8).filter_map(|number| set.color(&format!("functional.chart.{number}"), mode)).collect();
        assert_eq!(series.len(), 8);
        for (eye, matrix) in &eyes {
            let seen: Vec<[f64; 3]> = series.iter().map(|color| oklab(times(matrix, color.linear()))).collect();
            for (i, a) in seen.iter().enumerate() {
                for (j, b) in seen.iter().enumerate().skip(i + 1) {
                    let distance = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(distance > 0.085, "{mode:?}, {eye}: {} and {} are {distance:.3} apart", i + 1, j + 1);
                }
            }
        }
    }
}

fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0))
}

fn oklab(linear: [f64; 3]) -> [f64; 3] {
    let cones = times(
        &[
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ],
        linear,
    )
    .map(f64::cbrt);
    let row = |a: f64, b: f64, c: f64| a * cones[0] + b * cones[1] + c * cones[2];
    [
        row(0.2104542553, 0.793617785, -0.0040720468),
        row(1.9779984951, -2.428592205, 0.4505937099),
        row(0.0259040371, 0.7827717662, -0.808675766),
    ]
}

#[test]
fn the_fonts_are_small_and_come_along_only_where_they_are_named() {
    let families = |set: &TokenSet| set.fonts().map(|font| font.family).collect::<Vec<_>>();
    assert_eq!(families(&ours()), ["Geist", "Geist Mono"]);
    assert!(ours().fonts().map(|font| font.bytes.len()).sum::<usize>() < 70_000);
    assert!(ours().css().contains("--pk-font:\"Geist\",system-ui,"));
    let own = ours().with("bank.json", r#"{"base":{"font":{"sans":{"$value":["Bank Sans","sans-serif"]}}}}"#);
    assert_eq!(families(&own.expect("a sound override")), ["Geist Mono"]);
}

#[test]
fn the_file_that_the_manual_shows_is_sound() {
    let manual = include_str!("../README.md");
    let shown = manual.split("```json\n{\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let set = ours().with("README.md", &format!("{{{shown}")).expect("a sound override");
    assert_eq!(set.contrast(), []);
    assert!(set.css().contains("--pk-focus:light-dark(#0047bb,#9cc0ff);"));
}

#[test]
fn our_colours_are_written_as_the_standard_says() {
    for (file, text) in
        [("base", include_str!("../tokens/base.json")), ("functional", include_str!("../tokens/functional.json"))]
    {
        assert!(!text.contains("\"$value\": \"#"), "{file}: the short form is for a bank's own file");
    }
    assert!(ours().tokens().iter().filter(|token| token.kind == Kind::Color).count() > 100);
}

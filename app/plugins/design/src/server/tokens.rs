//! The page of the tokens: names, values in both modes, and the contrast of every pair that meets.

use kit::components::{Badge, Column, Section, Table, Tone};
use leptos::prelude::*;
use style::{Kind, Meeting, Mode, Tier, Token, TokenSet};

/// The page.
pub fn page(tokens: &TokenSet) -> impl IntoView {
    let named: Vec<&Token> = tokens.tokens().iter().filter(|token| token.tier != Tier::Base).collect();
    let sections: Vec<_> = named
        .chunk_by(|one, next| group(one) == group(next))
        .map(|group_of| {
            let title = capitalised(group(group_of[0]));
            let rows: Vec<_> = group_of.iter().map(|token| row(tokens, token)).collect();
            let columns = vec![
                Column::text("Custom property"),
                Column::text("Light"),
                Column::text("Dark"),
                Column::text("What it is for"),
            ];
            view! { <Section title=title.clone()><Table caption=title columns=columns>{rows}</Table></Section> }
        })
        .collect();
    view! { {sections} {contrast(tokens)} }
}

fn row(tokens: &TokenSet, token: &Token) -> impl IntoView + use<> {
    let property = token.property().unwrap_or_default();
    let shown = |mode: Mode, theme: &'static str| {
        let sample = (token.kind == Kind::Color).then(|| {
            // A presentation attribute, which the policy on styles leaves alone.
            view! { <svg class="pk-swatch" data-theme=theme viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"><rect width="16" height="16" fill=format!("var({property})")></rect></svg> }
        });
        view! { <span class="pk-inline">{sample} <code>{tokens.shown(token, mode)}</code></span> }
    };
    view! {
        <tr>
            <th scope="row"><code>{property.clone()}</code></th>
            <td>{shown(Mode::Light, "light")}</td>
            <td>{shown(Mode::Dark, "dark")}</td>
            <td class="pk-wrap">{token.description.clone()}</td>
        </tr>
    }
}

fn contrast(tokens: &TokenSet) -> impl IntoView + use<> {
    let rows: Vec<_> = tokens.meetings().into_iter().map(|meeting| meeting_row(&meeting)).collect();
    let columns = vec![
        Column::text("In front"),
        Column::text("Behind"),
        Column::text("Mode"),
        Column::number("Contrast"),
        Column::number("Needed"),
        Column::text("Verdict"),
        Column::text("Where"),
    ];
    view! { <Section title="Contrast"><Table caption="Contrast" columns=columns>{rows}</Table></Section> }
}

fn meeting_row(meeting: &Meeting) -> impl IntoView + use<> {
    let mode = match meeting.mode {
        Mode::Light => "light",
        Mode::Dark => "dark",
    };
    let (text, tone) = if meeting.is_enough() { ("Enough", Tone::Fine) } else { ("Too little", Tone::Wrong) };
    view! {
        <tr>
            <th scope="row"><code>{short(&meeting.foreground.0)}</code></th>
            <td><code>{short(&meeting.background.0)}</code></td>
            <td>{mode}</td>
            <td class="pk-number">{format!("{:.2}", meeting.ratio)}</td>
            <td class="pk-number">{meeting.needed.to_string()}</td>
            <td><Badge text=text tone=tone/></td>
            <td class="pk-wrap pk-quiet">{meeting.place.clone()}</td>
        </tr>
    }
}

/// `functional.text.quiet` as `text.quiet`.
fn short(path: &str) -> String {
    path.split('.').skip(1).filter(|name| *name != "$root").collect::<Vec<_>>().join(".")
}

fn group(token: &Token) -> &str {
    token.path.split('.').nth(1).unwrap_or_default()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + &letters.as_str().replace('-', " ")
}

//! The reviewer's workbench: the pages of a submission as people see them, beside what the machine found in them.

use kit::components::{
    Badge, Banner, Breadcrumb, Button, Emphasis, EmptyState, Fact, Facts, Page, Panel, Preview, PreviewChecks,
    PreviewWidth, Tone, ViewLink, ViewLinks,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::href;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use leptos::prelude::*;
use review::{Contribution, Report, State};

use super::parts::trail;
use crate::server::Contributions;
use crate::server::evidence::Rule;
use crate::server::previews::{Preview as Shown, Previews};
use crate::server::rest::picture_href;
use crate::server::service::{contribution_href, gate_href, workbench_href};
use crate::server::workbench::{Found, Workbench};

/// Light and dark, as addresses have them and as people read them.
const THEMES: [(&str, &str); 2] = [("light", "Light"), ("dark", "Dark")];

/// How the pages are looked at; all of it stands in the address.
#[derive(Debug, Clone, Default)]
struct View {
    submission: String,
    page: String,
    width: u32,
    theme: String,
    zoom: String,
    motion: String,
    keys: String,
    beside: String,
    show: String,
    finding: String,
}

impl View {
    fn of(at: &Address) -> Self {
        let width = PreviewWidth::ALL.map(PreviewWidth::pixels);
        let width = at.one("width").parse().ok().filter(|asked| width.contains(asked)).unwrap_or(1440);
        let theme = if at.one("theme") == "dark" { "dark" } else { "light" };
        Self {
            submission: at.one("submission"),
            page: at.one("page"),
            width,
            theme: theme.to_owned(),
            zoom: at.one("zoom"),
            motion: at.one("motion"),
            keys: at.one("keys"),
            beside: at.one("beside"),
            show: at.one("show"),
            finding: at.one("finding"),
        }
    }

    fn href(&self, id: &str) -> String {
        let width = self.width.to_string();
        let parameters = [
            ("submission", self.submission.as_str()),
            ("page", &self.page),
            ("width", &width),
            ("theme", &self.theme),
            ("zoom", &self.zoom),
            ("motion", &self.motion),
            ("keys", &self.keys),
            ("beside", &self.beside),
            ("show", &self.show),
            ("finding", &self.finding),
        ];
        href(&workbench_href(id), parameters)
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = self.clone();
        change(&mut other);
        other
    }

    fn width(&self) -> PreviewWidth {
        PreviewWidth::ALL.into_iter().find(|width| width.pixels() == self.width).unwrap_or(PreviewWidth::Desk)
    }
}

/// The workbench of a submission.
pub async fn workbench_page(id: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let view = View::of(at);
    let (detail, bench) = here.workbench(&caller, id, view.submission.parse().ok()).await?;
    let contribution = detail.contribution;
    let Some(bench) = bench else {
        return Ok(page(|| view! { <NoPages contribution=contribution/> }));
    };
    let host = use_context::<http::request::Parts>()
        .and_then(|parts| parts.headers.get("host").and_then(|host| host.to_str().ok()).map(str::to_owned));
    let address = |submission: u32| {
        let shown = Shown {
            contribution: id.to_owned(),
            submission,
            dark: view.theme == "dark",
            still: !view.motion.is_empty(),
        };
        let below = here.preview_href(host.as_deref().unwrap_or_default(), &shown)?;
        Some(format!("{below}/{}", encoded(&view.page)))
    };
    let beside = bench.before.filter(|_| !view.beside.is_empty());
    let frames = Frames {
        this: address(bench.number),
        beside: beside.and_then(|before| Some((before, address(before)?))),
        nowhere: here.previews == Previews::Nowhere,
    };
    let now = here.kit.clock.now();
    Ok(page(|| view! { <WorkbenchView contribution=contribution bench=bench view=view frames=frames now=now/> }))
}

/// Where the pages are shown.
struct Frames {
    this: Option<String>,
    beside: Option<(u32, String)>,
    nowhere: bool,
}

fn trail_of(contribution: &Contribution) -> Vec<(String, String)> {
    let mut trail = trail();
    trail.push((contribution.pitch.title.clone(), contribution_href(&contribution.id)));
    trail
}

/// A contribution that has shown no pages yet.
#[component]
fn NoPages(contribution: Contribution) -> impl IntoView {
    let back = contribution_href(&contribution.id);
    view! {
        <Breadcrumb trail=trail_of(&contribution)/>
        <Page title="Workbench" kind=contribution.pitch.title>
            <EmptyState sentence="No pages have been submitted yet. They come with a submission to UX validation, as an archive or as a folder in git.">
                <Button text="Back to the contribution" href=back/>
            </EmptyState>
        </Page>
    }
}

#[component]
fn WorkbenchView(
    contribution: Contribution,
    bench: Workbench,
    view: View,
    frames: Frames,
    now: Millis,
) -> impl IntoView {
    let Workbench { number, before, pages, found, pictures, rules } = bench;
    let id = contribution.id.clone();
    let title = contribution.pitch.title.clone();
    let mut trail = trail_of(&contribution);
    let is_open = contribution.state == State::InReview;
    if is_open {
        trail.push((contribution.stage.label().to_owned(), gate_href(&id)));
    }
    let report = contribution.submission(number).and_then(|submission| submission.report.clone());
    let is_current = is_open && contribution.in_review().is_some_and(|open| open.number == number);
    let decide =
        is_current.then(|| view! { <Button text="Decide" href=gate_href(&id) emphasis=Emphasis::Primary/> }.into_any());
    let aside = decide.unwrap_or_else(|| ().into_any());
    let picture = pictures.iter().position(|picture| {
        let page = if view.page.is_empty() { pages.first().map_or("", String::as_str) } else { &view.page };
        picture.page == page && picture.width == view.width && picture.theme == view.theme
    });
    let chosen = view.finding.parse::<usize>().ok().and_then(|place| found.get(place)).cloned();
    let shown =
        chosen.as_ref().filter(|found| found.page == view.page).map(|found| found.selector.clone()).unwrap_or_default();
    let switches =
        view! { <Switches id=id.clone() view=view.clone() pages=pages before=before any_picture=picture.is_some()/> };
    let is_picture = view.show == "picture";
    let is_frame = !is_picture && frames.this.is_some();
    let class = if frames.beside.is_some() { "pk-bench" } else { "pk-bench pk-bench--beside" };
    let stage = match (is_picture, picture, frames.this) {
        (true, Some(place), _) => {
            let src = picture_href(&id, number, place);
            let alt = format!("What the portal saw at {} px, {}", view.width, view.theme);
            view! { <img class="pk-picture" src=src alt=alt/> }.into_any()
        }
        (true, None, _) => view! { <EmptyState sentence="The portal has taken no picture of this view."/> }.into_any(),
        (false, _, Some(src)) => {
            let (width, zoomed, keyboard) = (view.width(), !view.zoom.is_empty(), !view.keys.is_empty());
            let beside = frames.beside.map(|(number, src)| {
                let title = format!("Submission {number}");
                view! { <Preview title=title src=src width=width zoomed=zoomed keyboard=keyboard shown=shown.clone()/> }
            });
            let title = format!("Submission {number}");
            view! {
                <div class="pk-previews">
                    <Preview title=title src=src width=width zoomed=zoomed keyboard=keyboard shown=shown/>
                    {beside}
                </div>
            }
            .into_any()
        }
        (false, _, None) => {
            let why = if frames.nowhere {
                "The portal shows pages of contributors on another host than its own, and none is configured: `contributions.previews`. The pictures show what the portal saw."
            } else {
                "The pages cannot be shown at this address of the portal. The pictures show what the portal saw."
            };
            view! { <Banner title="There is no preview" tone=Tone::Attention><p>{why}</p></Banner> }.into_any()
        }
    };
    let findings = view! { <Findings contribution=contribution.clone() id=id view=view found=found rules=rules report=report now=now/> };
    view! {
        <Breadcrumb trail=trail/>
        <Page title="Workbench" kind=title lead=format!("Submission {number}, as people see it, beside what the portal found in it.") aside=aside>
            <div class="pk-panels">
                {switches}
                <div class=class>
                    <div class="pk-bench__stage">
                        {stage}
                        {is_frame.then(|| view! { <PreviewChecks can_check=true/> })}
                    </div>
                    {findings}
                </div>
            </div>
        </Page>
    }
}

/// In which view the pages are shown; each is a link.
#[component]
fn Switches(id: String, view: View, pages: Vec<String>, before: Option<u32>, any_picture: bool) -> impl IntoView {
    let link = |label: &str, chosen: bool, other: View| ViewLink {
        label: label.to_owned(),
        href: other.href(&id),
        chosen,
        series: None,
    };
    let widths = PreviewWidth::ALL.map(|width| {
        link(&format!("{} px", width.pixels()), width == view.width(), view.with(|v| v.width = width.pixels()))
    });
    let themes =
        THEMES.map(|(theme, label)| link(label, view.theme == theme, view.with(|v| theme.clone_into(&mut v.theme))));
    let switch = |label: &str, is: &str, on: &str, set: fn(&mut View, String)| {
        let is_on = !is.is_empty();
        link(label, is_on, view.with(|v| set(v, if is_on { String::new() } else { on.to_owned() })))
    };
    let mut ways = vec![
        switch("Zoom 200 %", &view.zoom, "200", |v, on| v.zoom = on),
        switch("Keyboard only", &view.keys, "only", |v, on| v.keys = on),
        switch("Reduced motion", &view.motion, "reduced", |v, on| v.motion = on),
    ];
    if let Some(before) = before {
        ways.push(switch(&format!("Beside submission {before}"), &view.beside, "before", |v, on| v.beside = on));
    }
    let shows = [("", "The pages"), ("picture", "What the portal saw")]
        .map(|(show, label)| link(label, view.show == show, view.with(|v| show.clone_into(&mut v.show))));
    let several = (pages.len() > 1).then(|| {
        let links = pages.iter().enumerate().map(|(place, name)| {
            let page = if place == 0 { "" } else { name.as_str() };
            link(name, view.page == page, view.with(|v| page.clone_into(&mut v.page)))
        });
        view! { <ViewLinks label="Page" links=links.collect()/> }
    });
    let shows = (any_picture || !view.show.is_empty()).then(|| view! { <ViewLinks label="Show" links=shows.into()/> });
    view! {
        <div class="pk-inline">
            <ViewLinks label="Width" links=widths.into()/>
            <ViewLinks label="Theme" links=themes.into()/>
            <ViewLinks label="Ways to use it" links=ways many=true/>
            {shows}
            {several}
        </div>
    }
}

/// What the machine found; choosing one outlines its element.
#[component]
fn Findings(
    contribution: Contribution,
    id: String,
    view: View,
    found: Vec<Found>,
    rules: std::collections::BTreeMap<String, Rule>,
    report: Option<Report>,
    now: Millis,
) -> impl IntoView {
    let Some(report) = report else {
        return view! {
            <Banner title="There is no report yet" tone=Tone::Waiting><p>"The portal looks at the pages by itself; until then the gate stays closed."</p></Banner>
        }
        .into_any();
    };
    let count = found.len();
    let items: Vec<_> = found
        .into_iter()
        .enumerate()
        .map(|(place, found)| {
            let waived = contribution.is_waived(&found.key, now);
            let rule = rules.get(&found.rule).cloned();
            view! { <FindingView id=id.clone() view=view.clone() place=place found=found rule=rule waived=waived/> }
        })
        .collect();
    let blocking = report.blocking.len();
    let title = match (blocking, report.to_look_at) {
        (0, 0) => "What the portal found".to_owned(),
        (blocking, look) => format!("What the portal found: {blocking} that block, {look} to look at"),
    };
    let list = if count == 0 {
        view! { <EmptyState sentence="Nothing was found."/> }.into_any()
    } else {
        view! { <ul class="pk-list">{items}</ul> }.into_any()
    };
    view! {
        <Panel title=title>
            {list}
            <Facts>
                <Fact name="Rules">{report.rules}</Fact>
                <Fact name="Browser">{report.browser}</Fact>
                <Fact name="Looked at"><code class="pk-mono pk-wrap">{report.reviewed}</code></Fact>
            </Facts>
        </Panel>
    }
    .into_any()
}

#[component]
fn FindingView(id: String, view: View, place: usize, found: Found, rule: Option<Rule>, waived: bool) -> impl IntoView {
    let Found { rule: name, blocks, page, selector, actual, expected, token, holds, .. } = found;
    let is_here = page == view.page
        && view.show.is_empty()
        && holds.iter().any(|(width, theme)| *width == view.width && *theme == view.theme);
    // What does not hold in this view is shown in the first in which it does.
    let other = view.with(|v| {
        if !is_here && let Some((width, theme)) = holds.first() {
            (v.width, v.theme, v.page, v.show) = (*width, theme.clone(), page.clone(), String::new());
        }
        v.finding = place.to_string();
    });
    let state = match (blocks, waived) {
        (true, true) => view! { <Badge text="Waived" tone=Tone::Neutral/> },
        (true, false) => view! { <Badge text="Blocks" tone=Tone::Wrong/> },
        (false, _) => view! { <Badge text="Look" tone=Tone::Attention/> },
    };
    let is_chosen = view.finding == place.to_string();
    let finds = if is_here { selector.clone() } else { String::new() };
    let title = rule.as_ref().map_or_else(|| name.clone(), |rule| rule.what.clone());
    let everywhere = holds.len() == PreviewWidth::ALL.len() * THEMES.len();
    let places: Vec<String> = holds.iter().map(|(width, theme)| format!("{width} px {theme}")).collect();
    let places = if everywhere { "in every width and theme".to_owned() } else { places.join(", ") };
    let on = if page.is_empty() { String::new() } else { format!("{page}, ") };
    let instead = (!token.is_empty()).then(|| view! { " Use " <code class="pk-mono pk-wrap">{token}</code> "." });
    let more = rule.map(|rule| {
        view! {
            <details class="pk-disclosure">
                <summary>"Why, and how to mend it"</summary>
                <p>{rule.why}</p>
                <p>{rule.mend}</p>
            </details>
        }
    });
    view! {
        <li>
            <p>{state} " " <a class="pk-name" href=other.href(&id) data-noscroll="true" data-pk-finding=finds aria-current=is_chosen.then_some("true")>{title}</a> " " <span class="pk-quiet">{name}</span></p>
            <p><code class="pk-mono pk-wrap">{selector}</code></p>
            <p>{actual} ": " {expected} " is expected." {instead}</p>
            <p class="pk-quiet">{on} {places}</p>
            {more}
        </li>
    }
}

/// A path as an address has it.
fn encoded(path: &str) -> String {
    path.split('/').map(kit::query::segment).collect::<Vec<_>>().join("/")
}

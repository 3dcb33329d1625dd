//! A contribution: where it is, whose turn it is, what can be done now, what was submitted, and what happened.

use kit::components::{
    Badge, Banner, Breadcrumb, Button, Emphasis, Fact, Facts, Field, FormActions, FormLayout, History, HistoryEntry,
    Input, Need, Page, Panel, Prose, Section, Stepper, TextArea, Time, Tone, Turn,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::html;
use kit::server::page::page;
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use review::{Contribution, Decision, Found, Rules, Stage, State, Submission, WAIVERS, Who};
use std::sync::Arc;

use super::mirror::MirrorBanner;
use super::parts::{
    Changes, OutcomeBadge, StateBadge, Titles, entity_href, name_of, names_of, stations, trail, who_link,
};
use super::words::{people, told};
use crate::api::{
    AppealRejection, CommentContribution, FollowContribution, GoLive, MergeContribution, SupportContribution,
    WithdrawContribution,
};
use crate::server::Contributions;
use crate::server::checks::ENTRY;
use crate::server::service::{Detail, contribution_href, gate_href};
use crate::server::view;

/// The most supporters that are named.
const SUPPORTERS: usize = 30;

/// The latest events that the page tells.
const LATEST: u64 = 15;

/// One contribution.
pub async fn contribution_page(id: &str) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let mut detail = here.detail(&caller, id).await?;
    let seq = detail.contribution.seq;
    let entries = here.history(&caller, id, seq.saturating_sub(LATEST), LATEST).await?;
    let more = here.titles(&caller, people(&entries)).await?;
    detail.titles.extend(more);
    let now = here.kit.clock.now();
    let history: Vec<HistoryEntry> = entries.iter().rev().map(|entry| told(entry, &detail.titles, now)).collect();
    let shown = Shown { detail, history, rules: here.rules.clone(), now };
    Ok(page(|| view! { <ContributionView shown=shown/> }))
}

struct Shown {
    detail: Detail,
    history: Vec<HistoryEntry>,
    rules: Arc<Rules>,
    now: Millis,
}

#[component]
fn ContributionView(shown: Shown) -> impl IntoView {
    let Shown { detail, history, rules, now } = shown;
    let Detail { contribution, who, may_take_part, titles, mirrored } = detail;
    let id = contribution.id.clone();
    let pitch = contribution.pitch.clone();
    let stops = stations(&contribution, &titles, |stage| {
        rules.stage(stage).map(|gate| gate.groups.clone()).unwrap_or_default()
    });
    let file = mirrored.as_ref().map(|mirrored| (mirrored.path.clone(), mirrored.href.clone()));
    let differs =
        mirrored.map(|mirrored| view! { <MirrorBanner id=id.clone() mirrored=mirrored may=may_take_part now=now/> });
    let lead = format!("{} by {}.", pitch.kind.label(), name_of(&titles, &contribution.author));
    let aside = view! { <StateBadge state=contribution.state/> }.into_any();
    let whole = format!("{}/history", contribution_href(&id));
    let has_more = u64::try_from(history.len()).unwrap_or_default() < contribution.seq;
    let problem = html::markdown(&pitch.problem);
    let audience = (!pitch.audience.is_empty()).then(|| {
        let audience = html::markdown(&pitch.audience);
        view! { <Section title="Who has it"><Prose html=audience/></Section> }
    });
    let sketch = (!pitch.sketch.is_empty()).then(|| {
        let sketch = html::markdown(&pitch.sketch);
        view! { <Section title="The solution in a sketch"><Prose html=sketch/></Section> }
    });
    let links: Vec<_> = pitch
        .links
        .iter()
        .map(|link| {
            let title = if link.title.is_empty() { link.url.clone() } else { link.title.clone() };
            view! { <li><a class="pk-wrap" href=link.url.clone() rel="external noopener noreferrer">{title}</a></li> }
        })
        .collect();
    let links = (!links.is_empty()).then(|| view! { <Section title="Links"><ul>{links}</ul></Section> });
    let submissions: Vec<_> = contribution
        .submissions
        .iter()
        .rev()
        .map(|submission| {
            let changes = contribution.changes(submission.number);
            view! { <SubmissionView submission=submission.clone() changes=changes titles=titles.clone() now=now/> }
        })
        .collect();
    let submissions = (!submissions.is_empty()).then(|| view! { <Section title="Submissions">{submissions}</Section> });
    let acts =
        may_take_part.then(|| view! { <Acts contribution=contribution.clone() who=who.clone() rules=rules.clone()/> });
    view! {
        <Breadcrumb trail=trail()/>
        <Page title=pitch.title.clone() kind="Contribution" reference=id.clone() lead=lead aside=aside>
            <div class="pk-panels">
                <Stepper label="Stages of this contribution" stations=stops/>
                {differs}
                <Situation contribution=contribution.clone() who=who.clone() rules=rules.clone() titles=titles.clone() may_take_part=may_take_part/>
                <div class="pk-columns">
                    <div class="pk-panels">
                        <Section title="The problem"><Prose html=problem/></Section>
                        {audience}
                        {sketch}
                        {links}
                        <Standards contribution=contribution.clone() rules=rules.clone()/>
                        {submissions}
                        <Comments contribution=contribution.clone() titles=titles.clone() may=may_take_part now=now/>
                        <Section title="What happened">
                            <History label="The latest of this contribution, the newest first" entries=history/>
                            {has_more.then(|| view! { <p><a href=whole>"See the whole history"</a></p> })}
                        </Section>
                    </div>
                    <div class="pk-panels">
                        <About contribution=contribution.clone() titles=titles.clone() file=file now=now/>
                        <Supporters contribution=contribution titles=titles who=who may=may_take_part/>
                        {acts}
                    </div>
                </div>
            </div>
        </Page>
    }
}

/// How it stands, whose turn it is, and the one thing to do.
#[component]
fn Situation(
    contribution: Contribution,
    who: Who,
    rules: Arc<Rules>,
    titles: Titles,
    may_take_part: bool,
) -> impl IntoView {
    let id = contribution.id.clone();
    let makes = may_take_part && contribution.is_made_by(&who);
    let decision = contribution.submissions.last().and_then(|last| last.decision.clone());
    let banner = match contribution.state {
        State::Merged => {
            let href = contribution_href(&contribution.merged_into);
            Some(view! { <Banner title="It was merged into another one"><p><a href=href>"See the one that goes on"</a></p></Banner> }.into_any())
        }
        State::Withdrawn => Some(view! { <Banner title="It was withdrawn"><p>"Nothing follows. Whoever wants it again pitches it anew."</p></Banner> }.into_any()),
        State::Rejected => {
            let reason = decision.map(|decision| decision.reason).unwrap_or_default();
            let appeal = (makes && !contribution.appealed).then(|| view! { <Appeal id=id.clone()/> });
            Some(view! { <Banner title="It was rejected" tone=Tone::Wrong><p>{reason}</p>{appeal}</Banner> }.into_any())
        }
        State::Open => {
            decision.filter(|decision| !decision.changes.is_empty() && contribution.stage != Stage::Live).map(|Decision { changes, by, .. }| {
                let changes: Vec<_> = changes.into_iter().map(|change| view! { <li>{change}</li> }).collect();
                let title = format!("{} sent it back", name_of(&titles, &by));
                view! { <Banner title=title tone=Tone::Attention><ul>{changes}</ul></Banner> }.into_any()
            })
        }
        State::Live => contribution.flag.as_ref().map(|flag| {
            let standards = flag.standards.join(", ");
            view! { <Banner title="It no longer meets the standards" tone=Tone::Attention><p>{standards}</p></Banner> }.into_any()
        }),
        State::InReview | State::Appealed => None,
    };
    let waits = view::waits(&contribution, &rules);
    let (what, whose) = view::next(&contribution, &rules, &waits);
    let yours = whose.iter().any(|each| who.is(each));
    let turn = (!what.is_empty()).then(|| {
        let names = if whose.is_empty() { "The portal".to_owned() } else { names_of(&titles, &whose) };
        view! { <Turn who=names what=what yours=yours/> }
    });
    let action = match contribution.state {
        State::Open if makes && contribution.stage == Stage::Live => Some(
            view! {
                <form method="post" action=GoLive::PATH class="pk-inline">
                    <input type="hidden" name="id" value=id.clone()/>
                    <Button text="Go live" emphasis=Emphasis::Primary/>
                </form>
            }
            .into_any(),
        ),
        State::Open if makes => {
            let to = if contribution.stage == Stage::Pitch { Stage::Ux } else { contribution.stage };
            let href = format!("{}/submit", contribution_href(&id));
            Some(
                view! { <Button text=format!("Submit it to {}", to.label()) emphasis=Emphasis::Primary href=href/> }
                    .into_any(),
            )
        }
        State::InReview if contribution.stage != Stage::Readiness => {
            let emphasis = if may_take_part && contribution.may_review(&rules, &who) {
                Emphasis::Primary
            } else {
                Emphasis::Normal
            };
            Some(view! { <Button text="See the gate" emphasis=emphasis href=gate_href(&id)/> }.into_any())
        }
        State::Appealed => Some(view! { <Button text="See the appeal" href=gate_href(&id)/> }.into_any()),
        _ => None,
    };
    view! {
        {banner}
        <div class="pk-standing">{turn}</div>
        {action.map(|action| view! { <div class="pk-inline">{action}</div> })}
    }
}

#[component]
fn Appeal(id: String) -> impl IntoView {
    view! {
        <details class="pk-disclosure">
            <summary>"Appeal, which is done once"</summary>
            <form method="post" action=AppealRejection::PATH>
                <input type="hidden" name="id" value=id/>
                <FormLayout>
                    <Field label="Why it should be looked at again" id="appeal-reason" need=Need::Required><TextArea name="reason" rows=3/></Field>
                    <FormActions><Button text="Appeal"/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

/// What the portal found about the standards.
#[component]
fn Standards(contribution: Contribution, rules: Arc<Rules>) -> impl IntoView {
    let items: Vec<_> = contribution
        .standards
        .iter()
        .map(|Found { standard, met, said }| {
            let known = rules.standards.iter().find(|known| known.id == *standard);
            let name = match (known, standard.as_str()) {
                (Some(known), _) => {
                    let href = format!("/contribute/standards#standard-{standard}");
                    view! { <a href=href>{known.title.clone()}</a> }.into_any()
                }
                (None, ENTRY) => view! { "An entry in the catalog" }.into_any(),
                (None, WAIVERS) => view! { "Findings that were waived" }.into_any(),
                (None, other) => view! { {other.to_owned()} }.into_any(),
            };
            let (word, tone) = if *met { ("Met", Tone::Fine) } else { ("Not met", Tone::Attention) };
            view! { <li><Badge text=word tone=tone/> " " {name} " " <span class="pk-quiet pk-wrap">{said.clone()}</span></li> }
        })
        .collect();
    (!items.is_empty())
        .then(|| view! { <Section title="Operational standards"><ul class="pk-list">{items}</ul></Section> })
}

#[component]
fn SubmissionView(submission: Submission, changes: Vec<review::Change>, titles: Titles, now: Millis) -> impl IntoView {
    let title = format!("{}, submission {}", submission.stage.label(), submission.number);
    let outcome = submission.decision.as_ref().map(|decision| decision.outcome);
    let by = who_link(&titles, &submission.by);
    let decided = submission.decision.clone().map(|decision| {
        let by = who_link(&titles, &decision.by);
        view! { <p>{decision.outcome.label()} " by " {by} " " <Time when=Some(When::new(decision.at, now))/></p> }
    });
    let reason = submission.decision.clone().map(|decision| decision.reason).filter(|reason| !reason.is_empty());
    let wanted: Vec<_> = submission.decision.iter().flat_map(|decision| decision.changes.clone()).collect();
    let wanted = (!wanted.is_empty()).then(|| {
        let items: Vec<_> = wanted.into_iter().map(|change| view! { <li>{change}</li> }).collect();
        view! { <p>"What had to change:"</p> <ul>{items}</ul> }
    });
    let any_changes = !changes.is_empty();
    view! {
        <details class="pk-disclosure" open=submission.decision.is_none()>
            <summary>{title} " " <OutcomeBadge outcome=outcome/></summary>
            <p>"Submitted by " {by} " " <Time when=Some(When::new(submission.at, now))/></p>
            <MaterialView submission=submission.clone()/>
            {any_changes.then(|| view! { <p>"What is otherwise than in the submission before:"</p> <Changes changes=changes/> })}
            {decided}
            {reason.map(|reason| view! { <p>{reason}</p> })}
            {wanted}
        </details>
    }
}

/// What was submitted.
#[component]
pub(super) fn MaterialView(submission: Submission) -> impl IntoView {
    let material = submission.material;
    let ui = material.ui.map(|ui| view! { <Fact name="Pages"><span class="pk-wrap">{ui.label()}</span></Fact> });
    let change = material.change.map(|change| {
        let (href, url, commit) = (change.url.clone(), change.url, change.commit);
        view! {
            <Fact name="Change"><a class="pk-wrap" href=href rel="external noopener noreferrer">{url}</a></Fact>
            <Fact name="Commit"><code class="pk-mono pk-wrap">{commit}</code></Fact>
        }
    });
    let entity = (!material.entity.is_empty()).then(|| {
        let href = entity_href(&material.entity);
        view! { <Fact name="Entry in the catalog"><a class="pk-mono" href=href>{material.entity.clone()}</a></Fact> }
    });
    let manifest = material.manifest.map(|manifest| {
        let list = |items: Vec<String>| if items.is_empty() { "None".to_owned() } else { items.join(", ") };
        let routes = list(manifest.routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect());
        let data = manifest.data.iter().map(|data| {
            format!("{} ({}, {})", data.name, data.classification, if data.writes { "writes" } else { "reads" })
        });
        let data = list(data.collect());
        let rights = list(manifest.permissions.clone());
        let upstreams = list(manifest.upstreams.iter().map(|up| up.target.clone()).collect());
        view! {
            <Fact name="Id"><code class="pk-mono">{manifest.id}</code></Fact>
            <Fact name="Owner">{manifest.owner}</Fact>
            <Fact name="Routes">{routes}</Fact>
            <Fact name="Rights">{rights}</Fact>
            <Fact name="Data">{data}</Fact>
            <Fact name="Upstreams">{upstreams}</Fact>
        }
    });
    let note = (!material.note.is_empty()).then(|| view! { <Fact name="Note">{material.note.clone()}</Fact> });
    let any = ui.is_some() || manifest.is_some() || change.is_some() || entity.is_some() || note.is_some();
    if !any {
        return view! { <p class="pk-quiet">"Nothing but what shows that the checklist is met."</p> }.into_any();
    }
    view! { <Facts>{ui}{manifest}{change}{entity}{note}</Facts> }.into_any()
}

#[component]
fn Comments(contribution: Contribution, titles: Titles, may: bool, now: Millis) -> impl IntoView {
    let items: Vec<_> = contribution
        .comments
        .iter()
        .map(|comment| {
            let who = who_link(&titles, &comment.who);
            let text = html::markdown(&comment.text);
            view! { <li><p>{who} " " <span class="pk-quiet"><Time when=Some(When::new(comment.at, now))/></span></p> <Prose html=text/></li> }
        })
        .collect();
    let any = !items.is_empty();
    let id = contribution.id.clone();
    let form = may.then(|| {
        view! {
            <form method="post" action=CommentContribution::PATH>
                <input type="hidden" name="id" value=id/>
                <FormLayout>
                    <Field label="What you have to say" id="comment" help="Markdown; whoever you name as @first.last hears of it" need=Need::Required><TextArea name="text" rows=3/></Field>
                    <FormActions><Button text="Comment"/></FormActions>
                </FormLayout>
            </form>
        }
    });
    view! {
        <Section title="Comments">
            {any.then(|| view! { <ul class="pk-list">{items}</ul> })}
            {form}
        </Section>
    }
}

#[component]
fn About(contribution: Contribution, titles: Titles, file: Option<(String, String)>, now: Millis) -> impl IntoView {
    let owner = who_link(&titles, &contribution.pitch.owner);
    let author = who_link(&titles, &contribution.author);
    let live =
        contribution.live_at.map(|at| view! { <Fact name="Live since"><Time when=Some(When::new(at, now))/></Fact> });
    let entity = contribution.last_to(Stage::Readiness).map(|last| last.material.entity.clone());
    let entity = entity.map(|entity| {
        let href = entity_href(&entity);
        view! { <Fact name="In the catalog"><a class="pk-mono" href=href>{entity}</a></Fact> }
    });
    let file = file.map(|(path, href)| {
        let shown = if href.is_empty() {
            view! { <span class="pk-mono pk-wrap">{path}</span> }.into_any()
        } else {
            view! { <a class="pk-mono pk-wrap" href=href rel="external noopener noreferrer">{path}</a> }.into_any()
        };
        view! { <Fact name="Also at">{shown}</Fact> }
    });
    view! {
        <Panel title="About">
            <Facts>
                <Fact name="Kind">{contribution.pitch.kind.label()}</Fact>
                <Fact name="Team">{owner}</Fact>
                <Fact name="Pitched by">{author}</Fact>
                <Fact name="Pitched"><Time when=Some(When::new(contribution.created_at, now))/></Fact>
                <Fact name="At this stage"><Time when=Some(When::new(contribution.since, now))/></Fact>
                {live}
                {entity}
                {file}
            </Facts>
        </Panel>
    }
}

#[component]
fn Supporters(contribution: Contribution, titles: Titles, who: Who, may: bool) -> impl IntoView {
    let count = contribution.supporters.len();
    let shown = contribution.supporters.iter().take(SUPPORTERS);
    let items: Vec<_> = shown.map(|who| view! { <li>{who_link(&titles, who)}</li> }).collect();
    let more = count.checked_sub(SUPPORTERS).filter(|more| *more > 0).map(|more| format!("And {more} more"));
    let count = count as u64;
    let supports = contribution.supporters.contains(&who.subject);
    let follows = contribution.followers.contains(&who.subject);
    let may_support = may && !contribution.makers.contains(&who.subject) && (supports || !contribution.state.is_over());
    let id = contribution.id.clone();
    let support = may_support.then(|| {
        let text = if supports { "No longer support it" } else { "Support it" };
        view! {
            <form method="post" action=SupportContribution::PATH class="pk-inline">
                <input type="hidden" name="id" value=id.clone()/>
                <input type="hidden" name="wanted" value=(!supports).to_string()/>
                <Button text=text/>
            </form>
        }
    });
    let follow = may.then(|| {
        let text = if follows { "No longer follow it" } else { "Follow it" };
        view! {
            <form method="post" action=FollowContribution::PATH class="pk-inline">
                <input type="hidden" name="id" value=id.clone()/>
                <input type="hidden" name="wanted" value=(!follows).to_string()/>
                <Button text=text/>
            </form>
        }
    });
    let content = if count == 0 {
        view! { <p class="pk-quiet">"Nobody supports it yet."</p> }.into_any()
    } else {
        view! { <ul class="pk-list">{items}</ul> {more.map(|more| view! { <p class="pk-quiet">{more}</p> })} }
            .into_any()
    };
    view! { <Panel title="Supporters" count=count>{content} <div class="pk-inline">{support} {follow}</div></Panel> }
}

/// What can be done besides.
#[component]
fn Acts(contribution: Contribution, who: Who, rules: Arc<Rules>) -> impl IntoView {
    let id = contribution.id.clone();
    let makes = contribution.is_made_by(&who);
    let goes_on = matches!(contribution.state, State::Open | State::InReview);
    let edits = makes && (goes_on || contribution.state == State::Live);
    let edit = edits.then(|| {
        let href = format!("{}/edit", contribution_href(&id));
        view! { <p><a class="pk-button" href=href>"Word it otherwise"</a></p> }
    });
    let merges = goes_on
        && contribution.stage != Stage::Live
        && (contribution.author == who.subject || who.is(&rules.curators.group) || who.administrator);
    let merge = merges.then(|| {
        view! {
            <details class="pk-disclosure">
                <summary>"Merge it into another one"</summary>
                <form method="post" action=MergeContribution::PATH>
                    <input type="hidden" name="id" value=id.clone()/>
                    <FormLayout>
                        <Field label="The one that goes on" id="merge-into" help="The address of its page, or its number. Its page lists the supporters of both from then on." need=Need::Required><Input name="into"/></Field>
                        <FormActions><Button text="Merge" emphasis=Emphasis::Danger/></FormActions>
                    </FormLayout>
                </form>
            </details>
        }
    });
    let withdraws = makes && !matches!(contribution.state, State::Live | State::Merged | State::Withdrawn);
    let withdraw = withdraws.then(|| {
        view! {
            <details class="pk-disclosure">
                <summary>"Withdraw it"</summary>
                <form method="post" action=WithdrawContribution::PATH>
                    <input type="hidden" name="id" value=id.clone()/>
                    <FormLayout>
                        <Field label="Why" id="withdraw-reason" help="Everybody who follows it reads this" need=Need::Optional><TextArea name="reason" rows=2/></Field>
                        <FormActions><Button text="Withdraw" emphasis=Emphasis::Danger/></FormActions>
                    </FormLayout>
                </form>
            </details>
        }
    });
    let any = edit.is_some() || merge.is_some() || withdraw.is_some();
    any.then(|| view! { <Panel title="Change it">{edit} <div class="pk-disclosures">{merge} {withdraw}</div></Panel> })
}

//! The gate that a contribution is with: what was submitted, what the machine found, and the decision.

use kit::components::{
    Badge, Banner, Breadcrumb, Button, Choice, Emphasis, Fact, Facts, Field, FormActions, FormAsk, FormLayout, FormRow,
    Input, InputKind, Need, Page, Panel, Prose, RadioGroup, Section, Select, TextArea, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::html;
use kit::server::page::page;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use review::{Contribution, Rules, Stage, State, Submission, Who};
use std::sync::Arc;

use super::contribution::MaterialView;
use super::parts::{Changes, DueBadge, StateBadge, Titles, name_of, names_of, trail, who_link};
use crate::api::{ClaimSubmission, DecideAppeal, DecideSubmission, ReleaseSubmission, WaiveFinding};
use crate::server::Contributions;
use crate::server::service::{Detail, contribution_href, workbench_href};

/// The gate of one contribution.
pub async fn gate_page(id: &str) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let detail = here.detail(&caller, id).await?;
    let (rules, now) = (here.rules.clone(), here.kit.clock.now());
    Ok(page(|| view! { <GateView detail=detail rules=rules now=now/> }))
}

#[component]
fn GateView(detail: Detail, rules: Arc<Rules>, now: Millis) -> impl IntoView {
    let Detail { contribution, who, may_take_part, titles, .. } = detail;
    let id = contribution.id.clone();
    let state = contribution.state;
    let title = contribution.pitch.title.clone();
    let mut trail = trail();
    trail.push((title.clone(), contribution_href(&id)));
    let heading = contribution.stage.label();
    let aside = view! { <StateBadge state=state/> }.into_any();
    if contribution.state == State::Appealed {
        let decides = may_take_part && who.is(&rules.board.group) && !contribution.makers.contains(&who.subject);
        return view! {
            <Breadcrumb trail=trail/>
            <Page title="Appeal" kind=title aside=aside><AppealView contribution=contribution titles=titles rules=rules decides=decides/></Page>
        }
        .into_any();
    }
    // Waivers that are past are waived again here, however far it has come.
    let is_past = contribution.waived(now).is_some_and(|found| !found.met);
    let past = contribution.passed_ux().filter(|_| is_past).cloned().map(|passed| {
        view! { <ReportView contribution=contribution.clone() open=passed rules=rules.clone() who=who.clone() may=may_take_part now=now/> }
    });
    let Some(open) = contribution.in_review().cloned() else {
        let back = contribution_href(&id);
        return view! {
            <Breadcrumb trail=trail/>
            <Page title=heading kind=title aside=aside>
                <Banner title="Nothing is with this gate" tone=Tone::Neutral><p><a href=back>"See how the contribution stands"</a></p></Banner>
                {past}
            </Page>
        }
        .into_any();
    };
    let reviews = may_take_part && contribution.may_review(&rules, &who);
    let changes = contribution.changes(open.number);
    let any_changes = !changes.is_empty();
    let problem = html::markdown(&contribution.pitch.problem);
    let groups = rules.stage(open.stage).map(|gate| gate.groups.clone()).unwrap_or_default();
    let lead = match groups.is_empty() {
        true => format!("The portal decides; submission {}.", open.number),
        false => format!("{} decide; submission {}.", names_of(&titles, &groups), open.number),
    };
    let reviewed = !groups.is_empty();
    let material = view! { <MaterialView submission=open.clone()/> };
    let report = view! { <ReportView contribution=contribution.clone() open=open.clone() rules=rules who=who.clone() may=may_take_part now=now/> };
    let evidence = view! { <Evidences open=open.clone()/> };
    let decide = view! { <Decide contribution=contribution open=open.clone() who=who.clone() reviews=reviews titles=titles.clone() groups=groups now=now/> };
    view! {
        <Breadcrumb trail=trail/>
        <Page title=heading kind=title lead=lead aside=aside>
            <div class="pk-columns">
                <div class="pk-panels">
                    <Panel title="What was submitted">
                        {material}
                        {any_changes.then(|| view! { <p>"What is otherwise than in the submission before:"</p> <Changes changes=changes/> })}
                    </Panel>
                    {report}
                    {past}
                    {evidence}
                    {decide}
                </div>
                <div class="pk-panels">
                    {reviewed.then(|| view! { <Reviewers open=open who=who reviews=reviews titles=titles id=id now=now/> })}
                    <Section title="The problem"><Prose html=problem/></Section>
                </div>
            </div>
        </Page>
    }
    .into_any()
}

/// Who reviews, how many it takes and until when.
#[component]
fn Reviewers(open: Submission, who: Who, reviews: bool, titles: Titles, id: String, now: Millis) -> impl IntoView {
    let claims: Vec<_> = open
        .claims
        .iter()
        .map(|claim| view! { <li>{who_link(&titles, &claim.who)} " " <span class="pk-quiet">"reviews it"</span></li> })
        .collect();
    let votes: Vec<_> = open
        .votes
        .iter()
        .map(|vote| {
            let comment = vote.comment.clone();
            view! { <li>{who_link(&titles, &vote.who)} " " <Badge text="Accepted" tone=Tone::Fine/> " " <span class="pk-quiet">{comment}</span></li> }
        })
        .collect();
    let nobody = claims.is_empty() && votes.is_empty();
    let has = open.claims.iter().any(|claim| claim.who == who.subject);
    let voted = open.votes.iter().any(|vote| vote.who == who.subject);
    let number = open.number.to_string();
    let claim = (reviews && !has && !voted && open.places() > 0).then(|| {
        view! {
            <form method="post" action=ClaimSubmission::PATH class="pk-inline">
                <input type="hidden" name="id" value=id.clone()/>
                <input type="hidden" name="submission" value=number.clone()/>
                <Button text="Review it"/>
            </form>
        }
    });
    let release = has.then(|| {
        view! {
            <form method="post" action=ReleaseSubmission::PATH class="pk-inline">
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="submission" value=number/>
                <Button text="Leave it to others"/>
            </form>
        }
    });
    let takes = format!("{} of {}", open.votes.len(), open.quorum);
    view! {
        <Panel title="Reviewers">
            <Facts>
                <Fact name="Accepted">{takes}</Fact>
                {open.due_at.map(|due| view! { <Fact name="Due"><DueBadge due=Some(due) now=now/></Fact> })}
            </Facts>
            {nobody.then(|| view! { <p class="pk-quiet">"Nobody reviews it yet."</p> })}
            {(!nobody).then(|| view! { <ul class="pk-list">{votes}{claims}</ul> })}
            {claim}
            {release}
        </Panel>
    }
}

/// What the machine found, or why the gate is closed.
#[component]
fn ReportView(
    contribution: Contribution,
    open: Submission,
    rules: Arc<Rules>,
    who: Who,
    may: bool,
    now: Millis,
) -> impl IntoView {
    if !open.needs_report() {
        return None;
    }
    let Some(report) = open.report.clone() else {
        let why = if open.no_report.is_empty() {
            "The portal is about to look at the pages.".to_owned()
        } else {
            format!("The portal could not look at the pages: {}. It tries again.", open.no_report)
        };
        let bench = workbench_href(&contribution.id);
        let action = view! { <Button text="See the pages in the workbench" href=bench/> }.into_any();
        return Some(
            view! { <Banner title="The gate is closed: there is no report" tone=Tone::Waiting action=action><p>{why}</p></Banner> }
                .into_any(),
        );
    };
    let waives = may && who.is(&rules.design.group) && !contribution.makers.contains(&who.subject);
    let findings: Vec<_> = report
        .blocking
        .iter()
        .enumerate()
        .map(|(place, finding)| {
            let waiver = contribution.waivers.get(&finding.key).filter(|_| contribution.is_waived(&finding.key, now));
            let state = match waiver {
                Some(waiver) => {
                    let said = format!("Waived: {}", waiver.reason);
                    view! { <Badge text="Waived" tone=Tone::Neutral/> " " <span class="pk-quiet">{said}</span> }.into_any()
                }
                None => view! { <Badge text="Blocks" tone=Tone::Wrong/> }.into_any(),
            };
            let waive = (waives && waiver.is_none()).then(|| {
                view! { <Waive id=contribution.id.clone() open=open.number finding=finding.key.clone() place=place most=rules.waiver_days/> }
            });
            view! {
                <li>
                    <p>{state} " " <strong>{finding.rule.clone()}</strong> " " <code class="pk-mono pk-wrap">{finding.selector.clone()}</code></p>
                    <p>{finding.said.clone()}</p>
                    {waive}
                </li>
            }
        })
        .collect();
    let counted = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let blocks = report.blocking.iter().filter(|finding| !contribution.is_waived(&finding.key, now)).count();
    let said = match (blocks, usize::try_from(report.to_look_at).unwrap_or(usize::MAX)) {
        (0, 0) => "Nothing was found.".to_owned(),
        (0, more) => format!("Nothing blocks; {} to look at.", counted(more, "thing is", "things are")),
        (blocking, 0) => format!("{}.", counted(blocking, "finding blocks", "findings block")),
        (blocking, more) => format!(
            "{} and {} to look at.",
            counted(blocking, "finding blocks", "findings block"),
            counted(more, "thing is", "things are")
        ),
    };
    let any = !findings.is_empty();
    let href = format!("/api/contributions/v1/contributions/{}/submissions/{}/report", contribution.id, open.number);
    let bench = workbench_href(&contribution.id);
    Some(
        view! {
            <Panel title="What the machine found">
                <p>{said}</p>
                <p><Button text="See the pages in the workbench" href=bench/></p>
                {any.then(|| view! { <ul class="pk-list">{findings}</ul> })}
                <Facts>
                    <Fact name="Rules">{report.rules.clone()}</Fact>
                    <Fact name="Browser">{report.browser.clone()}</Fact>
                    <Fact name="Looked at"><code class="pk-mono pk-wrap">{report.reviewed.clone()}</code></Fact>
                </Facts>
                <p><a href=href rel="external">"The whole report"</a></p>
            </Panel>
        }
        .into_any(),
    )
}

#[component]
fn Waive(id: String, open: u32, finding: String, place: usize, most: u32) -> impl IntoView {
    let (reason, days) = (format!("waive-reason-{place}"), format!("waive-days-{place}"));
    let help = format!("At most {most}");
    view! {
        <details class="pk-disclosure">
            <summary>"Waive it"</summary>
            <form method="post" action=WaiveFinding::PATH>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="submission" value=open.to_string()/>
                <input type="hidden" name="finding" value=finding/>
                <FormLayout>
                    <FormRow>
                        <Field label="Why" id=reason need=Need::Required><Input name="reason"/></Field>
                        <Field label="For how many days" id=days help=help need=Need::Required><Input name="days" kind=InputKind::Number value="30"/></Field>
                    </FormRow>
                    <FormActions><Button text="Waive the finding"/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

/// What contributors show for the items of the checklist.
#[component]
fn Evidences(open: Submission) -> impl IntoView {
    let items: Vec<_> = open
        .checklist
        .items
        .iter()
        .map(|item| {
            let evidence = open.material.evidence.get(&item.id).cloned().unwrap_or_default();
            let link = (!evidence.url.is_empty()).then(|| {
                view! { <a class="pk-wrap" href=evidence.url.clone() rel="external noopener noreferrer">{evidence.url.clone()}</a> }
            });
            view! { <li><p>{item.text.clone()}</p> <p>{link} " " <span class="pk-quiet">{evidence.note}</span></p></li> }
        })
        .collect();
    let title = format!("Checklist, version {}", open.checklist.version);
    (!items.is_empty()).then(|| view! { <Panel title=title><ul class="pk-list">{items}</ul></Panel> })
}

/// The decision, for whoever may make it; for others, who may.
#[component]
fn Decide(
    contribution: Contribution,
    open: Submission,
    who: Who,
    reviews: bool,
    titles: Titles,
    groups: Vec<String>,
    now: Millis,
) -> impl IntoView {
    if groups.is_empty() {
        let anew = contribution.is_made_by(&who).then(|| {
            let href = format!("{}/submit", contribution_href(&contribution.id));
            view! { <p><a href=href>"Submit another entry of the catalog"</a></p> }
        });
        return view! { <Banner title="The portal itself opens this gate" tone=Tone::Neutral><p>"It does so once every standard is met."</p> {anew}</Banner> }.into_any();
    }
    if contribution.makers.contains(&who.subject) {
        return view! { <Banner title="Others decide" tone=Tone::Neutral><p>"You have had a hand in it, and nobody decides about that."</p></Banner> }.into_any();
    }
    if !reviews {
        let said = format!("{} decide here.", names_of(&titles, &groups));
        return view! { <Banner title="Others decide" tone=Tone::Neutral><p>{said}</p></Banner> }.into_any();
    }
    if open.votes.iter().any(|vote| vote.who == who.subject) {
        return view! { <Banner title="You have accepted it" tone=Tone::Fine><p>"It takes others besides."</p></Banner> }.into_any();
    }
    if open.places() == 0 && !open.at_it().contains(who.subject.as_str()) {
        return view! { <Banner title="Others review it" tone=Tone::Neutral><p>"As many as it takes are at it."</p></Banner> }.into_any();
    }
    let hidden = || {
        let (id, stage) = (contribution.id.clone(), open.stage.name());
        let (submission, commit) = (open.number.to_string(), open.commit().to_owned());
        view! {
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="stage" value=stage/>
            <input type="hidden" name="submission" value=submission/>
            <input type="hidden" name="commit" value=commit/>
        }
        .into_any()
    };
    let questions: Vec<_> = open
        .checklist
        .items
        .iter()
        .map(|item| {
            let options = vec![
                Choice::new("met", "It is so"),
                Choice::new("unmet", "It is not so"),
                Choice::new("not-applicable", "It does not apply"),
            ];
            let (name, note) = (format!("answer.{}", item.id), format!("answer-note.{}", item.id));
            let (group, field) = (format!("answer-{}", item.id), format!("answer-note-{}", item.id));
            let (question, label) = (item.text.clone(), format!("Why it does not apply: {}", item.text));
            view! {
                <FormAsk>
                    <RadioGroup label=question name=name options=options id=group need=Need::Required/>
                    <Field label=label id=field><Input name=note/></Field>
                </FormAsk>
            }
        })
        .collect();
    let gates: Vec<Choice> = Stage::GATES
        .into_iter()
        .filter(|stage| *stage <= open.stage)
        .map(|stage| Choice::new(stage.name(), stage.label()))
        .collect();
    let commit = (!open.commit().is_empty()).then(|| {
        let said = format!("What you accept is the commit {}.", open.commit());
        view! { <p class="pk-wrap">{said}</p> }
    });
    let (accepts, sends_back, rejects) = (hidden(), hidden(), hidden());
    let stage = open.stage.name();
    let blocked = match contribution.open_findings(now).len() {
        _ if open.needs_report() && open.report.is_none() => Some("The portal has not looked at its pages yet."),
        0 => None,
        _ => Some("What blocks is mended and submitted again, or waived by the design team."),
    };
    let accept = match blocked {
        Some(why) => view! { <Banner title="It cannot be accepted yet" tone=Tone::Waiting><p>{why}</p></Banner> }.into_any(),
        None => view! {
            <details class="pk-disclosure" open=true>
                <summary>"Accept"</summary>
                <form method="post" action=DecideSubmission::PATH>
                    {accepts}
                    <FormLayout>
                        {questions}
                        {commit}
                        <Field label="What you say with it" id="accept-comment" need=Need::Optional><TextArea name="comment" rows=2/></Field>
                        <FormActions><Button text="Accept" emphasis=Emphasis::Primary sends=("verdict", "accept".to_owned())/></FormActions>
                    </FormLayout>
                </form>
            </details>
        }
        .into_any(),
    };
    view! {
        <Section title="Your decision">
            {accept}
            <details class="pk-disclosure" open=blocked.is_some()>
                <summary>"Send back"</summary>
                <form method="post" action=DecideSubmission::PATH>
                    {sends_back}
                    <FormLayout>
                        <Field label="What has to change" id="changes" help="One change a line" need=Need::Required><TextArea name="changes" rows=4/></Field>
                        <Field label="To which gate" id="to" help="What is sent back further passes the gates between again" need=Need::Required><Select name="to" options=gates value=stage/></Field>
                        <FormActions><Button text="Send back" sends=("verdict", "send-back".to_owned())/></FormActions>
                    </FormLayout>
                </form>
            </details>
            <details class="pk-disclosure">
                <summary>"Reject"</summary>
                <form method="post" action=DecideSubmission::PATH>
                    {rejects}
                    <FormLayout>
                        <Field label="Why it is not to be" id="reject-reason" help="Its contributors can appeal once" need=Need::Required><TextArea name="reason" rows=3/></Field>
                        <FormActions><Button text="Reject" emphasis=Emphasis::Danger sends=("verdict", "reject".to_owned())/></FormActions>
                    </FormLayout>
                </form>
            </details>
        </Section>
    }
    .into_any()
}

#[component]
fn AppealView(contribution: Contribution, titles: Titles, rules: Arc<Rules>, decides: bool) -> impl IntoView {
    let decision = contribution.submissions.last().and_then(|last| last.decision.clone());
    let rejected = decision.map(|decision| {
        let title = format!("{} rejected it", name_of(&titles, &decision.by));
        view! { <Banner title=title tone=Tone::Wrong><p>{decision.reason}</p></Banner> }
    });
    let reason = html::markdown(&contribution.appeal);
    let id = contribution.id.clone();
    let form = if decides {
        view! {
            <Section title="Your decision">
                <form method="post" action=DecideAppeal::PATH>
                    <input type="hidden" name="id" value=id/>
                    <FormLayout>
                        <Field label="Why" id="appeal-decision" need=Need::Required><TextArea name="reason" rows=3/></Field>
                        <FormActions>
                            <Button text="Have it reviewed again" emphasis=Emphasis::Primary sends=("granted", "true".to_owned())/>
                            <Button text="Let the rejection stand" sends=("granted", "false".to_owned())/>
                        </FormActions>
                    </FormLayout>
                </form>
            </Section>
        }
        .into_any()
    } else {
        let said = format!("{} decides.", name_of(&titles, &rules.board.group));
        view! { <Banner title="Others decide" tone=Tone::Neutral><p>{said}</p></Banner> }.into_any()
    };
    view! { {rejected} <Section title="What its contributors say"><Prose html=reason/></Section> {form} }
}

//! The page that says who may do what.

use kit::components::{
    Badge, Button, Choice, CodeBlock, Emphasis, Fact, Facts, Field, FormActions, FormLayout, FormRow, Input, Page,
    Section, Select, Tone,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::server::authorise::{Because, Policy, Resource, Thing};
use kit::server::context::{permit, service};
use kit::server::directory::{Membership, Origin};
use kit::server::page::{Address, page};
use leptos::prelude::*;

use crate::info::READ_DECISIONS;
use crate::server::{Access, Answer, Question};

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["access"] => decisions(at).await,
        _ => Err(AppError::nowhere()),
    }
}

async fn decisions(at: &Address) -> Result<Drawn, AppError> {
    let caller = permit(&READ_DECISIONS, Resource::All).await?;
    let access = service::<Access>("Access")?;
    let one = |name: &str| at.one(name).trim().to_owned();
    let asked = Question {
        who: one("who").to_lowercase(),
        action: one("action"),
        thing: Thing {
            id: one("thing"),
            kind: one("kind"),
            namespace: one("namespace"),
            r#type: one("type"),
            lifecycle: one("lifecycle"),
            owner: one("owner"),
        },
    };
    let answer = match asked.action.is_empty() {
        true => None,
        false => Some(access.answer(&caller, &asked).await?),
    };
    let actions =
        access.permissions().iter().map(|each| Choice::new(each.action, format!("{}: {}", each.action, each.allows)));
    let (actions, policies) = (actions.collect(), access.kit.gate.policies());
    Ok(page(|| {
        view! {
            <Page title="Access" lead="Who may do what, and which policy decides it.">
                <AskForm asked=asked caller=caller actions=actions/>
                {answer.map(|answer| view! { <AnswerView answer=answer/> })}
                <Section title="Policies in force">
                    <p class="pk-note">"What no policy permits is refused, and a policy that forbids goes before every one that permits."</p>
                    <div class="pk-disclosures">{policies.into_iter().map(|policy| view! { <PolicyView policy=policy place="in-force"/> }).collect::<Vec<_>>()}</div>
                </Section>
            </Page>
        }
    }))
}

#[component]
fn AskForm(asked: Question, caller: Caller, actions: Vec<Choice>) -> impl IntoView {
    let Question { who, action, thing } = asked;
    let who = if who.is_empty() { caller.subject().to_owned() } else { who };
    view! {
        <Section title="Ask for a decision">
            <form method="get" action="/access">
                <FormLayout>
                    <FormRow>
                        <Field label="Who" id="who" help="A person’s ref, such as user:default/jane, or service: and a name.">
                            <Input name="who" value=who/>
                        </Field>
                        <Field label="Action" id="action">
                            <Select name="action" options=actions value=action empty="Choose an action" required=true/>
                        </Field>
                    </FormRow>
                    <Field label="Thing" id="thing" help="The ref of an entity, such as component:default/payments, or an id. Leave it empty for none in particular.">
                        <Input name="thing" value=thing.id/>
                    </Field>
                    <details class="pk-disclosure">
                        <summary>"A thing that the catalog does not know"</summary>
                        <FormRow>
                            <Field label="Kind" id="kind"><Input name="kind" value=thing.kind/></Field>
                            <Field label="Namespace" id="namespace"><Input name="namespace" value=thing.namespace/></Field>
                            <Field label="Owner" id="owner"><Input name="owner" value=thing.owner/></Field>
                        </FormRow>
                        <FormRow>
                            <Field label="Type" id="type"><Input name="type" value=thing.r#type/></Field>
                            <Field label="Lifecycle" id="lifecycle"><Input name="lifecycle" value=thing.lifecycle/></Field>
                        </FormRow>
                    </details>
                    <FormActions><Button text="Decide" emphasis=Emphasis::Primary/></FormActions>
                </FormLayout>
            </form>
        </Section>
    }
}

#[component]
fn AnswerView(answer: Answer) -> impl IntoView {
    let Answer { who, groups, permission, thing, decision, policies, refusal } = answer;
    let (word, tone) = if decision.allowed() { ("Allowed", Tone::Fine) } else { ("Refused", Tone::Wrong) };
    let why = match decision.because {
        Because::Operator => "The operator is not subject to policies.",
        Because::Permitted => "A policy permits it.",
        Because::SignedOut => "Nobody is signed in.",
        Because::Scope => "No scope of the token covers it.",
        Because::Forbidden => "A policy forbids it.",
        Because::NoPolicy => "No policy permits it.",
    };
    let who_text =
        if who.name == who.subject { who.subject.clone() } else { format!("{} ({})", who.name, who.subject) };
    let from: Vec<String> = match groups.is_empty() {
        true => who.groups.clone(),
        false => groups.iter().map(membership).collect(),
    };
    let from: Vec<_> = from.into_iter().map(|group| view! { <li>{group}</li> }).collect();
    let none = from.is_empty();
    let administrator = who.administrator.then(|| view! { " "<Badge text="Administrator" tone=Tone::Attention/> });
    let errors: Vec<_> = decision.errors.iter().map(|error| view! { <li>{error.clone()}</li> }).collect();
    let policies: Vec<_> =
        policies.into_iter().map(|policy| view! { <PolicyView policy=policy place="decided"/> }).collect();
    view! {
        <Section title="The decision">
            <Facts>
                <Fact name="Decision"><Badge text=word tone=tone/> " " {why}</Fact>
                {refusal.map(|refusal| view! { <Fact name="What they are told">{refusal}"."</Fact> })}
                <Fact name="Who">{who_text}{administrator}</Fact>
                <Fact name="Groups">{if none { "None".into_any() } else { view! { <ul>{from}</ul> }.into_any() }}</Fact>
                <Fact name="Action"><code>{permission.action}</code>": "{permission.allows}</Fact>
                <Fact name="Thing">{thing.map_or_else(|| "None in particular, or not known".to_owned(), described)}</Fact>
                {(!errors.is_empty()).then(|| view! { <Fact name="Could not be evaluated"><ul>{errors}</ul></Fact> })}
            </Facts>
            {policies}
        </Section>
    }
}

#[component]
fn PolicyView(policy: std::sync::Arc<Policy>, place: &'static str) -> impl IntoView {
    let (word, tone) = if policy.forbids { ("forbids", Tone::Wrong) } else { ("permits", Tone::Neutral) };
    let line = u32::try_from(policy.line).unwrap_or(1);
    view! {
        <details class="pk-disclosure" open=place == "decided">
            <summary><strong>{policy.name.clone()}</strong>" "<Badge text=word tone=tone/>" "{policy.description.clone()}</summary>
            <p class="pk-quiet">{format!("{}, line {}", file_name(&policy.file), policy.line)}</p>
            <CodeBlock text=policy.text.clone() label=format!("Policy {}", policy.name) first_line=line anchor=format!("{place}-{}-", policy.name)/>
        </details>
    }
}

/// The name of a file alone: where it lies on the server is nobody's business but the operator's.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn membership(of: &Membership) -> String {
    match &of.origin {
        Origin::Token => format!("{}, from the sign-in", of.group),
        Origin::Location(location) => format!("{}, from {location}", of.group),
        Origin::Below(group) => format!("{}, above {group}", of.group),
    }
}

fn described(thing: Thing) -> String {
    let Thing { id, kind, namespace, r#type, lifecycle, owner } = thing;
    let parts =
        [("kind", kind), ("namespace", namespace), ("type", r#type), ("lifecycle", lifecycle), ("owner", owner)];
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name} {value}"));
    let id = Some(id).filter(|id| !id.is_empty());
    id.into_iter().chain(parts).collect::<Vec<_>>().join(", ")
}

use leptos::prelude::*;

use super::{ErrorSummary, FormActions, FormAsk, FormLayout, FormRow, FormSection};
use crate::components::button::{Button, Emphasis};
use crate::components::choice::Choice;
use crate::components::combobox::Combobox;
use crate::components::date::DateInput;
use crate::components::field::{Field, Need};
use crate::components::input::Input;
use crate::components::radio::RadioGroup;
use crate::components::select::Select;
use crate::components::textarea::TextArea;
use crate::gallery::{Docs, Example, Group};

/// The form in the gallery.
pub const DOCS: Docs = Docs {
    name: "form",
    title: "Form",
    group: Group::Forms,
    summary: "Fields under each other, and what can be done with them.",
    good: &[
        "Ask for one thing after the other, in one column.",
        "Keep everything that was typed when something is refused.",
    ],
    bad: &["Do not disable the button until all is right: let the form say what is missing."],
    keys: &[],
    examples: &[
        Example {
            name: "whole",
            title: "A whole form",
            view: || {
                view! { <form method="get" action="/design/components/form">
    <FormLayout>
      <FormSection title="The service" lead="What the catalog will show.">
        <Field label="Name" id="form-name" need=Need::Required><Input name="name"/></Field>
        <FormRow>
          <Field label="Lifecycle" id="form-lifecycle"><Select name="lifecycle" options=vec![Choice::new("experimental", "Experimental"), Choice::new("production", "Production")]/></Field>
          <Field label="Live from" id="form-live" need=Need::Optional><DateInput name="live"/></Field>
        </FormRow>
        <Field label="Owner" id="form-owner" need=Need::Required><Combobox name="owner" options=vec![Choice::new("group:default/instant-payments", "Instant payments"), Choice::new("group:default/card-disputes", "Card disputes")]/></Field>
      </FormSection>
      <FormSection title="Who it is for">
        <RadioGroup label="Who may see it" id="form-audience" name="audience" options=vec![Choice::new("team", "The team"), Choice::new("bank", "The bank")] need=Need::Required/>
        <FormAsk>
          <RadioGroup label="Is it tested" id="form-tested" name="tested" options=vec![Choice::new("yes", "It is tested"), Choice::new("no", "It is not")]/>
          <Field label="Why it is not" id="form-untested"><Input name="untested"/></Field>
        </FormAsk>
        <Field label="Summary" id="form-summary" limit=120><TextArea name="summary"/></Field>
      </FormSection>
      <FormActions><Button text="Register software" emphasis=Emphasis::Primary/><Button text="Save draft"/></FormActions>
    </FormLayout>
  </form> }.into_any()
            },
        },
        Example {
            name: "errors",
            title: "Sent back by the server",
            view: || {
                view! { <div>
    <ErrorSummary errors=vec![("form-taken".to_owned(), "Name: payment-initiation is registered already.".to_owned()), ("form-gone".to_owned(), "Owner: the group branch-desk was closed.".to_owned())]/>
    <FormLayout>
      <Field label="Name" id="form-taken" error="payment-initiation is registered already. Choose another name."><Input name="taken" value="payment-initiation"/></Field>
      <Field label="Owner" id="form-gone" error="The group branch-desk was closed. Choose the team that took the service over."><Input name="gone" value="group:default/branch-desk"/></Field>
    </FormLayout></div> }.into_any()
            },
        },
    ],
};

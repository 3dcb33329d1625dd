use leptos::prelude::*;

use super::{ApiField, ApiFields, ApiMore, ApiOperation, ApiOperations, Effect};
use crate::gallery::{Docs, Example, Group};

/// The operation of an API in the gallery.
pub const DOCS: Docs = Docs {
    name: "api_operation",
    title: "API operation",
    group: Group::Data,
    summary: "What an API can do, a row an operation, with what each takes and gives inside.",
    good: &["Begin the summary with a verb.", "Unfold the one operation that somebody asked for, and no other."],
    bad: &["Do not put an operation into another one.", "Do not tell methods apart by colour alone."],
    keys: &[],
    examples: &[
        Example {
            name: "rows",
            title: "Operations",
            view: || {
                view! {
                    <ApiOperations>
                        <ApiOperation anchor="op-get-payment" method="GET" effect=Effect::Reads address="/payments/{paymentId}" summary="Read a payment">
                            <p>"Gives the payment and its state."</p>
                        </ApiOperation>
                        <ApiOperation anchor="op-post-payments" method="POST" effect=Effect::Creates address="/payments" summary="Create a payment">
                            <p>"Takes a payment order."</p>
                        </ApiOperation>
                        <ApiOperation anchor="op-delete-payment" method="DELETE" effect=Effect::Removes address="/payments/{paymentId}" summary="Cancel a pending payment" deprecated=true>
                            <p>"Only as long as it is pending."</p>
                        </ApiOperation>
                        <ApiOperation anchor="op-payment-status" method="subscribe" effect=Effect::Sends address="payments.status.v2" summary="A payment changed state">
                            <p>"One message for each state."</p>
                        </ApiOperation>
                    </ApiOperations>
                }
                .into_any()
            },
        },
        Example {
            name: "fields",
            title: "Fields",
            view: || {
                view! {
                    <ApiFields>
                        <ApiField name="debtor" kind=view! { "string" }.into_any() required=true><p>"IBAN of the payer"</p></ApiField>
                        <ApiField name="amount" kind=view! { "object" }.into_any() required=true inner=amount()><p>"What is paid"</p></ApiField>
                        <ApiField name="reference" kind=view! { "string" }.into_any() flags=vec!["deprecated"]><p>"Use remittance"</p></ApiField>
                    </ApiFields>
                }
                .into_any()
            },
        },
    ],
};

fn amount() -> AnyView {
    view! {
        <ApiMore title=view! { "2 fields" }.into_any()>
            <ApiFields>
                <ApiField name="value" kind=view! { "string" }.into_any() required=true><p>"With two decimals"</p></ApiField>
                <ApiField name="currency" kind=view! { "string" }.into_any()><p>"Three letters"</p></ApiField>
            </ApiFields>
        </ApiMore>
    }
    .into_any()
}

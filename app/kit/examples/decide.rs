//! Microseconds for one decision: `cargo run --release -p kit --example decide --features ssr`

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::plugin::Permission;
use kit::server::authorise::{Attributes, Gate, Resource, Source};

static ACTIONS: [Permission; 4] = [
    Permission { action: "shop.thing.read", allows: "see things", writes: false },
    Permission { action: "shop.thing.change", allows: "change a thing", writes: true },
    Permission { action: "shop.order.read", allows: "see orders", writes: false },
    Permission { action: "shop.order.change", allows: "change an order", writes: true },
];

const ROUNDS: usize = 20_000;

fn main() {
    println!("policies  groups  about            median µs  99 % µs  filter µs");
    for policies in [5, 50, 500] {
        for groups in [3, 30] {
            for about in ["one group each", "everybody"] {
                measure(policies, groups, about);
            }
        }
    }
}

fn measure(policies: usize, groups: usize, about: &str) {
    let gate = Gate::new(&ACTIONS, &[Source { name: "bench".into(), text: text(policies, about) }]).expect("policies");
    let caller = Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: "user:default/jane".into(),
        name: "Jane".into(),
        groups: (0..groups).map(|number| format!("group:default/team-{number:03}")).collect(),
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: "r".into(),
    }));
    let thing = Attributes {
        id: "component:default/payments",
        kind: "component",
        namespace: "default",
        r#type: "service",
        lifecycle: "production",
        owner: "group:default/team-002",
    };
    let time = |work: &dyn Fn()| {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                work();
                start.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        (times[ROUNDS / 2], times[ROUNDS * 99 / 100])
    };
    let (median, slow) =
        time(&|| assert!(gate.decide(&caller, &ACTIONS[1], &Resource::Known(&thing)).allowed(), "owned"));
    let (filter, _) = time(&|| assert!(gate.filter(&caller, &ACTIONS[0]).allows(&thing), "read by all"));
    println!("{policies:>8}  {groups:>6}  {about:<15}  {median:>9.1}  {slow:>7.1}  {filter:>9.1}");
}

/// The rules of the default policy, and as many more as asked for, half of them on the action that is measured.
fn text(policies: usize, about: &str) -> String {
    let mut text = String::from(
        r#"
        @id("read") permit (principal, action in Action::"read", resource);
        @id("own") permit (principal is Person, action in Action::"write", resource) when { principal in resource.owner };
        @id("all") permit (principal in Group::"portico:administrators", action, resource);
        "#,
    );
    for number in 0..policies - 3 {
        let action = if number % 2 == 0 { "shop.thing.change" } else { "shop.order.change" };
        let (scope, condition) = match about {
            "everybody" => ("principal".to_owned(), "&& principal in resource.owner"),
            _ => (format!("principal in Group::\"group:default/other-{number}\""), ""),
        };
        let _ = writeln!(
            text,
            "@id(\"p{number}\") permit ({scope}, action == Action::\"{action}\", resource) when {{ resource.kind == \"kind-{number}\" {condition} }};"
        );
    }
    text
}

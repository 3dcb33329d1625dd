use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::identity::Via;

static READ: Permission = Permission { action: "shop.thing.read", allows: "see things", writes: false };
static LIST: Permission = Permission { action: "shop.order.read", allows: "see orders", writes: false };
static CHANGE: Permission = Permission { action: "shop.thing.change", allows: "change a thing", writes: true };

fn gate(text: &str) -> Result<Gate, Vec<String>> {
    let source = Source { name: "test.cedar".into(), text: text.into() };
    Gate::new([&READ, &LIST, &CHANGE], &[source]).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn problem(text: &str) -> String {
    gate(text).expect_err("a problem").join("\n")
}

fn principal(kind: PrincipalKind, subject: &str, groups: &[&str]) -> Principal {
    Principal {
        kind,
        subject: subject.into(),
        name: subject.into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: "r".into(),
    }
}

fn jane(groups: &[&str]) -> Caller {
    Caller::Principal(Arc::new(principal(PrincipalKind::Person, "user:default/jane", groups)))
}

const OWNERS: &str = r#"
@id("see") permit (principal, action in Action::"read", resource);
@id("own") @granted_by("{owner}, which owns it,")
permit (principal is Person, action in Action::"shop.thing.*", resource) when { principal in resource.owner };
@id("admins") @granted_by("an administrator of the portal")
permit (principal in Group::"portico:administrators", action, resource);
"#;

fn owned_by(owner: &str) -> Attributes<'_> {
    Attributes { id: "component:default/a", kind: "component", owner, ..Attributes::default() }
}

#[test]
fn nobody_signed_in_means_nothing_allowed() {
    let gate = gate(OWNERS).unwrap();
    assert_eq!(gate.authorise(&Caller::Anonymous, &READ, &Resource::All), Err(AppError::Unauthenticated));
    assert_eq!(gate.filter(&Caller::Anonymous, &READ), Filter::None);
    for caller in [Caller::Operator, Caller::System] {
        assert_eq!(gate.authorise(&caller, &CHANGE, &Resource::One("x")), Ok(()));
        assert_eq!(gate.filter(&caller, &READ), Filter::All);
    }
}

#[test]
fn a_gate_without_policies_refuses() {
    let nothing = Gate::default();
    assert_eq!(nothing.decide(&jane(&[]), &READ, &Resource::All).because, Because::NoPolicy);
    assert!(nothing.decide(&Caller::Operator, &READ, &Resource::All).allowed());
}

#[test]
fn owners_change_what_they_own_and_others_learn_who_can_grant_it() {
    let gate = gate(OWNERS).unwrap();
    let payments = owned_by("group:default/payments");
    let resource = Resource::Known(&payments);
    for groups in [&["group:default/payments"][..], &["group:default/cards", "group:default/payments"]] {
        let decision = gate.decide(&jane(groups), &CHANGE, &resource);
        assert_eq!((decision.because, decision.by), (Because::Permitted, vec!["own".to_owned()]));
    }
    // None of these is the owning group, however much it looks like it.
    for group in [
        "group:default/Payments",
        "Group:default/payments",
        "group:other/payments",
        "group:default/payments ",
        "group:default/pаyments",
        "payments",
        "",
    ] {
        let refused = gate.authorise(&jane(&[group]), &CHANGE, &resource).expect_err(group);
        assert_eq!(
            refused.to_string(),
            "You lack the right to change a thing; group:default/payments, which owns it, or an administrator of the portal can grant it"
        );
    }
    assert!(gate.authorise(&jane(&[]), &CHANGE, &Resource::Known(&owned_by("user:default/jane"))).is_ok());
    assert!(
        gate.authorise(&jane(&["user:default/joe"]), &CHANGE, &Resource::Known(&owned_by("user:default/joe"))).is_err()
    );
    assert!(
        gate.authorise(&jane(&[""]), &CHANGE, &Resource::Known(&owned_by(""))).is_err(),
        "nobody owns what has no owner"
    );
    let of_the_operator = owned_by("operator");
    let refused = gate.authorise(&jane(&[]), &CHANGE, &Resource::Known(&of_the_operator)).expect_err("the operator's");
    assert_eq!(
        refused.to_string(),
        "You lack the right to change a thing; an administrator of the portal can grant it",
        "the operator is nobody whom one can ask"
    );
    let refused =
        gate.authorise(&jane(&[]), &CHANGE, &Resource::One("component:default/a")).expect_err("unknown owner");
    assert_eq!(
        refused.to_string(),
        "You lack the right to change a thing; an administrator of the portal can grant it"
    );
}

#[test]
fn no_group_makes_an_administrator_but_the_configuration() {
    let gate = gate(OWNERS).unwrap();
    assert!(gate.authorise(&jane(&[ADMINISTRATORS]), &CHANGE, &Resource::All).is_err());
    let mut admin = principal(PrincipalKind::Person, "user:default/jane", &[]);
    admin.administrator = true;
    let admin = Caller::Principal(Arc::new(admin));
    assert_eq!(gate.decide(&admin, &CHANGE, &Resource::All).by, ["admins"]);
    let undeclared = Permission { action: "other.thing.change", allows: "x", writes: true };
    assert!(gate.authorise(&admin, &undeclared, &Resource::All).is_ok(), "a policy speaks of every action");
    assert!(gate.authorise(&jane(&[]), &undeclared, &Resource::All).is_err());
}

#[test]
fn a_token_does_what_its_scopes_and_its_makers_rights_both_cover() {
    let gate = gate(OWNERS).unwrap();
    let with = |scopes: &[&str]| {
        let mut token = principal(PrincipalKind::Person, "user:default/jane", &["group:default/payments"]);
        token.scopes = Some(scopes.iter().map(|scope| (*scope).to_owned()).collect());
        Caller::Principal(Arc::new(token))
    };
    let mine = owned_by("group:default/payments");
    let theirs = owned_by("group:default/risk");
    assert!(gate.authorise(&with(&["shop.thing.change"]), &CHANGE, &Resource::Known(&mine)).is_ok());
    assert!(gate.authorise(&with(&["shop.*"]), &CHANGE, &Resource::Known(&mine)).is_ok());
    assert!(
        gate.authorise(&with(&["shop.*"]), &CHANGE, &Resource::Known(&theirs)).is_err(),
        "no more than the maker's rights"
    );
    for scopes in [&[][..], &["shop.thing.read"], &["shop.thing"], &["shopping.*"], &[""]] {
        let refused = gate.authorise(&with(scopes), &CHANGE, &Resource::Known(&mine)).expect_err("out of scope");
        assert_eq!(
            refused.to_string(),
            "You lack the right to change a thing with this token; a token with the scope shop.thing.change can grant it"
        );
        assert_eq!(gate.filter(&with(scopes), &CHANGE), Filter::None);
    }
}

#[test]
fn a_forbid_goes_before_every_permit_and_is_named() {
    let frozen = format!(
        "{OWNERS} @id(\"freeze\") forbid (principal, action == Action::\"shop.thing.change\", resource) when {{ resource.lifecycle == \"production\" }};"
    );
    let gate = gate(&frozen).unwrap();
    let live = Attributes { lifecycle: "production", ..owned_by("user:default/jane") };
    let refused = gate.authorise(&jane(&[]), &CHANGE, &Resource::Known(&live)).expect_err("frozen");
    assert_eq!(
        refused.to_string(),
        "You lack the right to change a thing; an administrator of the portal, by changing the policy “freeze”, can grant it"
    );
    assert!(gate.authorise(&jane(&[]), &CHANGE, &Resource::Known(&owned_by("user:default/jane"))).is_ok());
    let mut admin = principal(PrincipalKind::Person, "user:default/root", &[]);
    admin.administrator = true;
    let decision = gate.decide(&Caller::Principal(Arc::new(admin)), &CHANGE, &Resource::One("x"));
    assert_eq!(decision.because, Because::Forbidden, "what is not known of a thing does not open a way round a forbid");
    assert!(!decision.errors.is_empty());
}

#[test]
fn other_policies_take_over_only_when_nothing_is_wrong_with_them() {
    let gate = gate(OWNERS).unwrap();
    let source = |text: &str| [Source { name: "b.cedar".into(), text: text.into() }];
    assert!(gate.replace(&source("@id(\"x\") permit (principal, action, resource")).is_err());
    assert_eq!(gate.policies().len(), 3);
    gate.replace(&source("@id(\"x\") permit (principal, action, resource);")).unwrap();
    assert!(gate.authorise(&jane(&[]), &CHANGE, &Resource::All).is_ok());
    assert_eq!(gate.policies()[0].line, 1);
}

#[test]
fn what_is_wrong_with_a_policy_is_said_with_its_place() {
    insta::assert_snapshot!(problem("@id(\"a\")\npermit (principal, action, resource)\nwhen { resource.knd == \"x\" };"), @r##"test.cedar:3:8: attribute `knd` on entity type `Thing` not found; did you mean `kind`?"##);
    insta::assert_snapshot!(problem("@id(\"a\")\npermit (principal, action == Action::\"shop.thing.chnge\", resource);"), @r##"test.cedar:2:30: unrecognized action `Action::"shop.thing.chnge"`; did you mean `Action::"shop.thing.change"`?"##);
    insta::assert_snapshot!(problem("permit (principal, action, resource);"), @r##"test.cedar:1:1: the policy has no name; begin it with @id("…"), by which decisions and refusals quote it"##);
    insta::assert_snapshot!(problem("// ok\n@id(\"a\") permit (principal, action, resource);\n  @id(\"b\") permit (principal action, resource);"), @r##"test.cedar:3:30: unexpected token `action`; expected `!=`, `)`, `,`, `:`, `<`, `<=`, `==`, `>`, `>=`, `in`, or `is`"##);
    insta::assert_snapshot!(problem("@id(\"a\") permit (principal, action, resource);\n@id(\"a\") permit (principal, action, resource);"), @r##"test.cedar:2:1: another policy is called "a" as well"##);
    insta::assert_snapshot!(problem("@id(\"a\") permit (principal in Group::\"group:default/Payments\", action, resource);"), @r##"test.cedar:1:1: Group::"group:default/Payments" is nobody's name: it must be a full name in lower case, such as Group::"group:default/payments""##);
    insta::assert_snapshot!(problem("@id(\"a\") permit (principal, action == Action::\"shop.thing.change\", resource) when { resource.owner in Group::\"group:default/a\" };"), @r##"test.cedar:1:1: `resource.owner in Group::"group:default/a"` cannot be answered: a decision knows the groups of the principal alone; compare with =="##);
    insta::assert_snapshot!(problem("@id(\"a\") permit (principal == ?principal, action, resource);"), @r##"test.cedar:1:1: expected a static policy, got a template containing the slot ?principal; try removing the template slot(s) from this policy"##);
    insta::assert_snapshot!(problem("@id(\"a\") permit (principal is Person, action, resource) when { principal is Service };"), @r##"test.cedar:1:1: policy is impossible: the policy expression evaluates to false for all valid requests"##);
}

#[test]
fn a_policy_for_reading_outside_the_subset_is_refused_and_one_for_writing_is_not() {
    for condition in [
        "resource.type like \"serv*\"",
        "resource.kind == resource.type",
        "if principal is Person then true else false",
        "resource.owner == Group::\"group:default/a\" && resource.kind like \"*\"",
        "[resource.kind, \"x\"].contains(\"api\")",
        "[\"a\", \"b\"].containsAll([resource.kind])",
        "1 + 1 == 2 || resource.kind == \"a\"",
    ] {
        let policy = |action: &str| {
            format!("@id(\"a\")\npermit (principal, action == Action::\"{action}\", resource) when {{ {condition} }};")
        };
        let refused = problem(&policy("shop.order.read"));
        assert!(refused.starts_with("test.cedar:1:1: the policy covers reading (shop.order.read)"), "{refused}");
        assert!(
            gate(&policy("shop.thing.change")).is_ok(),
            "{condition}: {:?}",
            gate(&policy("shop.thing.change")).err()
        );
    }
    insta::assert_snapshot!(problem("@id(\"a\") permit (principal, action, resource) when { resource.type like \"serv*\" };"), @r##"test.cedar:1:1: the policy covers reading (shop.thing.read), where lists are filtered by the database: `resource.type like "serv*"` cannot be a condition of a query; write it with resource.kind, .namespace, .type, .lifecycle and .owner, principal, action, resource == Thing::"…", ==, !=, ["…"].contains(…), in, is, &&, || and !"##);
}

#[test]
fn the_schema_says_what_policies_may_speak_of() {
    insta::assert_snapshot!(gate("").unwrap().schema().split("covers it.\n").nth(1).unwrap(), @r#"
    action "read", "write";
    action "shop.*";
    action "shop.order.*" in ["shop.*"];
    action "shop.thing.*" in ["shop.*"];

    // see things
    action "shop.thing.read" in ["read", "shop.thing.*", "shop.*"] appliesTo {
      principal: [Person, Service],
      resource: Thing,
    };

    // see orders
    action "shop.order.read" in ["read", "shop.order.*", "shop.*"] appliesTo {
      principal: [Person, Service],
      resource: Thing,
    };

    // change a thing
    action "shop.thing.change" in ["write", "shop.thing.*", "shop.*"] appliesTo {
      principal: [Person, Service],
      resource: Thing,
    };
    "#);
}

const GROUPS: [&str; 4] = ["group:default/a", "group:default/b", "group:other/a", ADMINISTRATORS];
const OWNERS_OF_THINGS: [&str; 5] = ["group:default/a", "group:default/b", "group:other/a", "user:default/jane", ""];
const IDS: [&str; 3] = ["component:default/x", "api:other/y", "location:1"];
const KINDS: [&str; 3] = ["component", "api", ""];
const NAMESPACES: [&str; 2] = ["default", "other"];
const TYPES: [&str; 3] = ["service", "library", ""];
const LIFECYCLES: [&str; 3] = ["production", "experimental", ""];

fn any_principal() -> impl Strategy<Value = Principal> {
    let subjects = [
        (PrincipalKind::Person, "user:default/jane"),
        (PrincipalKind::Person, "person:bank/7"),
        (PrincipalKind::Service, "service:bot"),
    ];
    (select(subjects.to_vec()), subsequence(GROUPS.to_vec(), 0..=GROUPS.len()), any::<bool>()).prop_map(
        |((kind, subject), groups, administrator)| Principal { administrator, ..principal(kind, subject, &groups) },
    )
}

fn any_thing() -> impl Strategy<Value = Attributes<'static>> {
    let of = |values: &[&'static str]| select(values.to_vec());
    (of(&IDS), of(&KINDS), of(&NAMESPACES), of(&TYPES), of(&LIFECYCLES), of(&OWNERS_OF_THINGS)).prop_map(
        |(id, kind, namespace, r#type, lifecycle, owner)| Attributes { id, kind, namespace, r#type, lifecycle, owner },
    )
}

fn any_text() -> impl Strategy<Value = (&'static str, &'static str)> {
    let of = |name: &'static str, values: &[&'static str]| select(values.to_vec()).prop_map(move |value| (name, value));
    prop_oneof![of("kind", &KINDS), of("namespace", &NAMESPACES), of("type", &TYPES), of("lifecycle", &LIFECYCLES)]
}

fn any_group() -> impl Strategy<Value = String> {
    select(GROUPS.to_vec()).prop_map(|group| format!("Group::\"{group}\""))
}

fn any_condition() -> impl Strategy<Value = String> {
    let things = || select(IDS.to_vec()).prop_map(|id| format!("Thing::\"{id}\""));
    let leaf = prop_oneof![
        4 => (any_text(), any::<bool>()).prop_map(|((name, value), same)| format!("resource.{name} {} \"{value}\"", if same { "==" } else { "!=" })),
        1 => any_text().prop_map(|(name, value)| format!("\"{value}\" == resource.{name}")),
        2 => (any_text(), select(TYPES.to_vec())).prop_map(|((name, a), b)| format!("[\"{a}\", \"{b}\"].contains(resource.{name})")),
        3 => Just("principal in resource.owner".to_owned()),
        2 => select(OWNERS_OF_THINGS.to_vec()).prop_map(|owner| format!("resource.owner == Group::\"{owner}\"")),
        1 => (any_group(), any_group()).prop_map(|(a, b)| format!("[{a}, {b}].contains(resource.owner)")),
        2 => any_group().prop_map(|group| format!("principal in {group}")),
        1 => (any_group(), any_group()).prop_map(|(a, b)| format!("principal in [{a}, {b}]")),
        1 => any_group().prop_map(|group| format!("principal is Person in {group}")),
        1 => Just("principal == Person::\"user:default/jane\"".to_owned()),
        1 => Just("principal is Service".to_owned()),
        1 => Just("action == Action::\"shop.order.read\"".to_owned()),
        1 => Just("action in [Action::\"shop.thing.*\", Action::\"write\"]".to_owned()),
        1 => things().prop_map(|thing| format!("resource == {thing}")),
        1 => (things(), things()).prop_map(|(a, b)| format!("resource in [{a}, {b}]")),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

fn any_policy() -> impl Strategy<Value = String> {
    let principals = prop_oneof![
        3 => Just("principal".to_owned()),
        1 => Just("principal is Person".to_owned()),
        1 => Just("principal == Service::\"service:bot\"".to_owned()),
        2 => any_group().prop_map(|group| format!("principal in {group}")),
        1 => any_group().prop_map(|group| format!("principal is Service in {group}")),
    ];
    let actions = select(vec![
        "action",
        "action in Action::\"read\"",
        "action in Action::\"shop.thing.*\"",
        "action == Action::\"shop.thing.read\"",
        "action in [Action::\"shop.order.read\", Action::\"write\"]",
    ]);
    let resources = select(vec!["resource", "resource", "resource == Thing::\"api:other/y\"", "resource is Thing"]);
    let clause = (any::<bool>(), any_condition())
        .prop_map(|(when, condition)| format!("{} {{ {condition} }}", if when { "when" } else { "unless" }));
    let clauses = proptest::collection::vec(clause, 0..3);
    (any::<bool>(), principals, actions, resources, clauses).prop_map(
        |(forbids, principal, action, resource, clauses)| {
            let effect = if forbids { "forbid" } else { "permit" };
            format!("{effect} ({principal}, {action}, {resource}) {};", clauses.join(" "))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_filtered_list_equals_decisions_item_by_item(
        policies in proptest::collection::vec(any_policy(), 0..6),
        principals in proptest::collection::vec(any_principal(), 1..4),
        things in proptest::collection::vec(any_thing(), 1..12),
    ) {
        // A policy that can never hold is refused, as it should be.
        let sound = policies.iter().enumerate().map(|(number, policy)| format!("@id(\"p{number}\") {policy}\n")).filter(|policy| {
            gate(policy).map_err(|problems| assert!(problems[0].contains("impossible"), "{problems:?} {policy}")).is_ok()
        });
        let gate = gate(&sound.collect::<String>()).expect("sound policies");
        for principal in principals {
            let caller = Caller::Principal(Arc::new(principal));
            for permission in [&READ, &LIST, &CHANGE] {
                let filter = gate.filter(&caller, permission);
                for thing in &things {
                    let decision = gate.decide(&caller, permission, &Resource::Known(thing));
                    prop_assert_eq!(filter.allows(thing), decision.allowed(), "{:?} {:?} {:?}", permission, thing, decision);
                    prop_assert!(decision.errors.is_empty());
                    if decision.allowed() && !permission.writes {
                        prop_assert!(gate.decide(&caller, permission, &Resource::All).allowed(), "whoever sees something may open the list");
                    }
                    let hidden = gate.decide(&caller, permission, &Resource::One(thing.id));
                    prop_assert!(decision.allowed() || !hidden.allowed(), "knowing less of a thing allows no more");
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ -~\\n]{0,60}", more in "(permit|forbid|//|;|\"|@id\\(\"a\"\\)|\\(principal, action, resource\\)|\\n| ){0,12}") {
        let _ = gate(&text);
        let _ = gate(&more);
    }
}

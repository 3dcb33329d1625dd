//! What a contribution does and refuses, case by case.

use std::collections::BTreeMap;

use crate::{
    Answer, Answers, CodeChange, Command, Contribution, Entry, Evidence, Finding, Found, Kind, Link, Manifest,
    Material, Millis, Origin, Outcome, Pitch, REPOSITORY, Refused, Report, ReportVerdict, Rules, Stage, State, Ui,
    Verdict, Who,
};

const DAY: Millis = 86_400_000;
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffff";

fn rules() -> Rules {
    Rules::default()
}

fn who(name: &str, groups: &[&str]) -> Who {
    Who {
        subject: format!("user:default/{name}"),
        groups: groups.iter().map(|group| format!("group:default/{group}")).collect(),
        administrator: false,
    }
}

fn author() -> Who {
    who("amelie", &["instant-payments"])
}

fn designer() -> Who {
    who("mikko", &["web-banking"])
}

fn architect(name: &str) -> Who {
    who(name, &["technology-standards-board"])
}

fn engineer() -> Who {
    who("matthias", &["security-engineering"])
}

fn pitch(kind: Kind) -> Pitch {
    Pitch {
        title: "Rota".into(),
        problem: "Nobody knows who is on call".into(),
        audience: "Every team".into(),
        kind,
        owner: "group:default/instant-payments".into(),
        ..Pitch::default()
    }
}

/// A contribution with what has happened to it.
#[derive(Clone)]
struct Walk {
    contribution: Contribution,
    history: Vec<Entry>,
    now: Millis,
}

impl Walk {
    fn new(kind: Kind) -> Self {
        let mut walk = Self { contribution: Contribution::new("1"), history: Vec::new(), now: 1_000 };
        walk.done(&author(), Command::Pitch(pitch(kind)));
        walk
    }

    fn ask(&mut self, by: Option<&Who>, command: Command) -> Result<(), Refused> {
        self.now += 1;
        let (after, entries) = self.contribution.handle(self.now, &rules(), by, command)?;
        self.history.extend(entries);
        assert_eq!(Contribution::replay("1", &self.history), after, "it is its history, folded");
        let text = serde_json::to_string(&self.history).expect("a history is written");
        let read: Vec<Entry> = serde_json::from_str(&text).expect("and read");
        assert_eq!(read, self.history);
        self.contribution = after;
        Ok(())
    }

    fn done(&mut self, by: &Who, command: Command) {
        self.ask(Some(by), command).unwrap_or_else(|refused| panic!("{}: {refused}", by.subject));
    }

    fn portal(&mut self, command: Command) {
        self.ask(None, command).unwrap_or_else(|refused| panic!("the portal: {refused}"));
    }

    #[track_caller]
    fn refused(&mut self, by: &Who, command: Command) -> Refused {
        let before = self.contribution.clone();
        let refused = self.ask(Some(by), command.clone()).expect_err(&format!("{}: {command:?}", by.subject));
        assert_eq!(self.contribution, before);
        refused
    }

    fn at(&self) -> (Stage, State) {
        (self.contribution.stage, self.contribution.state)
    }

    fn accept(&self) -> Command {
        decide(&self.contribution, Verdict::Accept { answers: self.answers(), comment: String::new() })
    }

    fn answers(&self) -> Answers {
        let open = self.contribution.in_review().expect("something is with the gate");
        open.checklist.items.iter().map(|item| (item.id.clone(), Answer::Met)).collect()
    }

    /// Brings it to a gate, where it is submitted.
    fn to(kind: Kind, stage: Stage) -> Self {
        let mut walk = Self::new(kind);
        walk.done(&author(), submit(Stage::Ux, kind));
        if stage == Stage::Ux {
            return walk;
        }
        walk.pass_ux();
        walk.done(&author(), submit(Stage::Architecture, kind));
        if stage == Stage::Architecture {
            return walk;
        }
        for name in ["layla", "thabo"] {
            walk.done(&architect(name), walk.accept());
        }
        walk.done(&author(), submit(Stage::Code, kind));
        if stage == Stage::Code {
            return walk;
        }
        walk.done(&engineer(), walk.accept());
        walk.done(&author(), submit(Stage::Readiness, kind));
        walk
    }

    fn pass_ux(&mut self) {
        if self.contribution.pitch.kind.has_ui() {
            let submission = self.contribution.in_review().expect("it is with the gate").number;
            self.portal(Command::Report { submission, report: Ok(report(&[])) });
        }
        self.done(&designer(), self.accept());
    }
}

fn decide(contribution: &Contribution, verdict: Verdict) -> Command {
    let open = contribution.in_review().or_else(|| contribution.submissions.last()).expect("a submission");
    Command::Decide { stage: open.stage, submission: open.number, commit: open.commit().to_owned(), verdict }
}

fn send_back(to: Option<Stage>) -> Verdict {
    Verdict::SendBack { changes: vec!["Mend the contrast".into()], to }
}

fn reject() -> Verdict {
    Verdict::Reject { reason: "It is there already".into() }
}

fn material(stage: Stage, kind: Kind) -> Material {
    let shown = Evidence { url: "https://docs.bank.example/1".into(), note: String::new() };
    let list = rules();
    let items = list.checklist(stage, kind).map(|list| list.items.clone()).unwrap_or_default();
    let evidence: BTreeMap<String, Evidence> =
        items.into_iter().filter(|item| item.evidence).map(|item| (item.id, shown.clone())).collect();
    let ui = Ui::Upload { name: "rota.zip".into(), hash: "h1".into() };
    let manifest =
        Manifest { id: "rota".into(), owner: "group:default/instant-payments".into(), ..Manifest::default() };
    Material {
        ui: (stage == Stage::Ux && kind.has_ui()).then_some(ui),
        manifest: (stage == Stage::Architecture).then_some(manifest),
        change: (stage == Stage::Code)
            .then(|| CodeChange { url: "https://git.bank.example/p/1".into(), commit: COMMIT.into() }),
        entity: if stage == Stage::Readiness { "component:default/rota".into() } else { String::new() },
        evidence,
        note: String::new(),
    }
}

fn submit(stage: Stage, kind: Kind) -> Command {
    Command::Submit { stage, material: material(stage, kind) }
}

fn report(blocking: &[&str]) -> Report {
    Report {
        id: "r".into(),
        reviewed: "h1".into(),
        rules: "1".into(),
        browser: "1".into(),
        verdict: if blocking.is_empty() { ReportVerdict::Pass } else { ReportVerdict::Fail },
        blocking: blocking.iter().map(|key| Finding { key: (*key).to_owned(), ..Finding::default() }).collect(),
        to_look_at: 0,
    }
}

fn found(met: bool) -> Vec<Found> {
    vec![Found { standard: "runbook".into(), met, said: String::new() }]
}

#[test]
fn every_kind_gets_from_a_pitch_to_live_through_all_gates_in_their_order() {
    for kind in Kind::ALL {
        let mut walk = Walk::to(kind, Stage::Readiness);
        walk.portal(Command::Check { submission: Some(4), found: found(false) });
        assert_eq!(walk.at(), (Stage::Readiness, State::InReview), "{kind:?}");
        walk.portal(Command::Check { submission: Some(4), found: found(true) });
        assert_eq!(walk.at(), (Stage::Live, State::Open));
        walk.done(&author(), Command::GoLive);
        assert_eq!(walk.at(), (Stage::Live, State::Live));
        let passed: Vec<Stage> = walk.contribution.passages.iter().map(|(stage, _)| *stage).collect();
        assert_eq!(passed, Stage::ALL);
        assert!(
            walk.contribution
                .submissions
                .iter()
                .all(|s| { s.decision.as_ref().is_some_and(|decision| decision.outcome == Outcome::Accepted) })
        );
    }
}

#[test]
fn no_stage_is_jumped_over_or_gone_back_to() {
    for kind in [Kind::NativePlugin, Kind::Documentation] {
        for at in [None, Some(Stage::Ux), Some(Stage::Architecture), Some(Stage::Code), Some(Stage::Readiness)] {
            let mut walk = at.map_or_else(|| Walk::new(kind), |stage| Walk::to(kind, stage));
            // While something is with a gate, and when it is its contributors' turn.
            for open in [false, true] {
                if open && at.is_some_and(|stage| stage != Stage::Readiness) {
                    let reviewer = [designer(), architect("layla"), engineer()];
                    let by = &reviewer[Stage::REVIEWED.iter().position(|s| Some(*s) == at).expect("a reviewed gate")];
                    walk.done(by, decide(&walk.contribution.clone(), send_back(None)));
                }
                let allowed = Some(at.unwrap_or(Stage::Ux))
                    .filter(|stage| walk.contribution.state != State::InReview || *stage == Stage::Readiness);
                for stage in Stage::ALL.into_iter().filter(|stage| Some(*stage) != allowed) {
                    let refused = walk.refused(&author(), submit(stage, kind));
                    assert!(matches!(refused, Refused::Conflict(_)), "{at:?} {stage}: {refused}");
                }
                assert!(matches!(walk.refused(&author(), Command::GoLive), Refused::Conflict(_)));
                let found = Command::Check { submission: Some(9), found: found(true) };
                walk.portal(found);
                assert_ne!(walk.contribution.stage, Stage::Live);
            }
        }
    }
}

#[test]
fn what_the_portal_alone_decides_about_is_submitted_anew() {
    let mut walk = Walk::to(Kind::Documentation, Stage::Readiness);
    let first = walk.contribution.in_review().expect("it is with the gate").number;
    assert!(matches!(walk.refused(&engineer(), submit(Stage::Readiness, Kind::Documentation)), Refused::Forbidden(_)));
    walk.done(&author(), submit(Stage::Readiness, Kind::Documentation));
    assert_eq!(walk.contribution.in_review().map(|open| open.number), Some(first + 1));
    // What was found of the one before opens nothing.
    walk.portal(Command::Check { submission: Some(first), found: found(true) });
    assert_eq!(walk.at(), (Stage::Readiness, State::InReview));
    walk.portal(Command::Check { submission: Some(first + 1), found: found(true) });
    assert_eq!(walk.at(), (Stage::Live, State::Open));
}

#[test]
fn another_value_is_another_finding() {
    let key = |values: &[&str]| crate::finding_key("spacing", "#x", values.iter().copied());
    assert_eq!(key(&["padding: 13px", "padding: 14px", "padding: 13px"]), key(&["padding: 14px", "padding: 13px"]));
    assert_ne!(key(&["padding: 13px"]), key(&["padding: 77px"]));
}

#[test]
fn nobody_decides_about_what_they_have_had_a_hand_in() {
    let mut walk = Walk::new(Kind::Documentation);
    // A reviewer who edits, and one who submits, belong to the makers from then on.
    let editor = who("ines", &["web-banking", "instant-payments"]);
    let edited = Pitch { sketch: "A list".into(), ..pitch(Kind::Documentation) };
    walk.done(&editor, Command::Edit(edited));
    let submitter = who("tereza", &["web-banking", "instant-payments"]);
    walk.done(&submitter, submit(Stage::Ux, Kind::Documentation));
    let self_made = Who { groups: vec!["group:default/web-banking".into()], ..author() };
    for maker in [&editor, &submitter, &self_made] {
        for verdict in [send_back(None), reject(), Verdict::Accept { answers: walk.answers(), comment: String::new() }]
        {
            let command = decide(&walk.contribution.clone(), verdict);
            assert!(matches!(walk.refused(maker, command), Refused::Forbidden(_)));
        }
        assert!(matches!(walk.refused(maker, Command::Claim { submission: 1 }), Refused::Forbidden(_)));
    }
    // Administrators act for contributors, and decide nothing.
    let administrator = Who { administrator: true, ..who("root", &[]) };
    let command = walk.accept();
    assert!(matches!(walk.refused(&administrator, command), Refused::Forbidden(_)));
    walk.done(&designer(), walk.accept());
}

#[test]
fn a_quorum_is_that_many_people_and_each_decides_once() {
    let mut walk = Walk::to(Kind::Documentation, Stage::Architecture);
    walk.done(&architect("layla"), walk.accept());
    assert_eq!(walk.at(), (Stage::Architecture, State::InReview));
    let again = walk.accept();
    assert!(matches!(walk.refused(&architect("layla"), again), Refused::Conflict(_)));
    let back = decide(&walk.contribution.clone(), send_back(None));
    assert!(matches!(walk.refused(&architect("layla"), back), Refused::Conflict(_)));
    // One place is left, and whoever takes it keeps others out until it is put back.
    walk.done(&architect("thabo"), Command::Claim { submission: 2 });
    let third = walk.accept();
    assert!(matches!(walk.refused(&architect("maxi"), third.clone()), Refused::Conflict(_)));
    assert!(matches!(walk.refused(&architect("maxi"), Command::Claim { submission: 2 }), Refused::Conflict(_)));
    walk.done(&architect("thabo"), Command::Release { submission: 2 });
    walk.done(&architect("maxi"), third.clone());
    assert_eq!(walk.at(), (Stage::Code, State::Open));
    assert!(matches!(walk.refused(&architect("thabo"), third), Refused::Conflict(_)));
}

#[test]
fn a_decision_about_an_older_submission_or_another_commit_is_refused() {
    let mut walk = Walk::to(Kind::Documentation, Stage::Code);
    let stale = walk.accept();
    walk.done(&engineer(), decide(&walk.contribution.clone(), send_back(None)));
    assert!(matches!(walk.refused(&engineer(), stale.clone()), Refused::Conflict(_)));
    let mut mended = material(Stage::Code, Kind::Documentation);
    mended.change = Some(CodeChange { url: "https://git.bank.example/p/1".into(), commit: OTHER.into() });
    walk.done(&author(), Command::Submit { stage: Stage::Code, material: mended });
    assert!(matches!(walk.refused(&engineer(), stale), Refused::Conflict(_)));
    let Command::Decide { stage, submission, verdict, .. } = walk.accept() else { panic!("it decides") };
    let at =
        |commit: &str, stage| Command::Decide { stage, submission, commit: commit.into(), verdict: verdict.clone() };
    assert!(matches!(walk.refused(&engineer(), at(COMMIT, stage)), Refused::Conflict(_)));
    assert!(matches!(walk.refused(&engineer(), at("", stage)), Refused::Conflict(_)));
    assert!(matches!(walk.refused(&engineer(), at(OTHER, Stage::Ux)), Refused::Conflict(_)));
    walk.done(&engineer(), at(OTHER, stage));
    let passed = walk.contribution.last_to(Stage::Code).expect("it was submitted");
    assert_eq!(passed.votes[0].commit, OTHER);
    let changes = walk.contribution.changes(passed.number);
    assert_eq!((changes.len(), changes[0].what.as_str(), changes[0].before.as_str()), (1, "Commit", COMMIT));
}

#[test]
fn the_ux_gate_stays_closed_without_a_report_and_while_a_finding_is_open() {
    let mut walk = Walk::to(Kind::NativePlugin, Stage::Ux);
    let accept = walk.accept();
    assert!(walk.refused(&designer(), accept.clone()).to_string().contains("not there yet"));
    walk.portal(Command::Report { submission: 1, report: Err("there is no Chromium".into()) });
    assert!(walk.refused(&designer(), accept.clone()).to_string().contains("there is no Chromium"));
    // Nobody but the portal reports, and about these pages alone.
    let forged = Command::Report { submission: 1, report: Ok(report(&[])) };
    assert!(matches!(walk.refused(&author(), forged), Refused::Forbidden(_)));
    walk.portal(Command::Report { submission: 1, report: Ok(Report { reviewed: "h2".into(), ..report(&[]) }) });
    assert!(walk.refused(&designer(), accept.clone()).to_string().contains("other pages"));
    walk.portal(Command::Report { submission: 1, report: Ok(report(&["contrast#1", "focus#2"])) });
    assert!(walk.refused(&designer(), accept.clone()).to_string().contains("2 findings block"));
    let waive = |finding: &str, expires| Command::Waive {
        submission: 1,
        finding: finding.into(),
        reason: "The brand has it so".into(),
        expires,
    };
    let later = walk.now + 30 * DAY;
    assert!(matches!(walk.refused(&architect("layla"), waive("contrast#1", later)), Refused::Forbidden(_)));
    assert!(matches!(walk.refused(&designer(), waive("nothing", later)), Refused::Unknown(_)));
    assert!(matches!(walk.refused(&designer(), waive("contrast#1", 5)), Refused::Invalid(_)));
    assert!(matches!(walk.refused(&designer(), waive("contrast#1", walk.now + 400 * DAY)), Refused::Invalid(_)));
    walk.done(&designer(), waive("contrast#1", later));
    assert!(walk.refused(&designer(), accept.clone()).to_string().contains("1 finding blocks"));
    walk.done(&designer(), waive("focus#2", later));
    let passed = walk.clone();
    walk.done(&designer(), accept.clone());
    assert_eq!(walk.at(), (Stage::Architecture, State::Open));
    assert!(walk.contribution.waived(walk.now).is_some_and(|found| found.met));
    assert!(walk.contribution.waived(later).is_some_and(|found| !found.met));
    // What is past is waived again, though the gate is passed.
    let mut again = walk.clone();
    again.now = later;
    for finding in ["contrast#1", "focus#2"] {
        again.done(&designer(), waive(finding, later + 30 * DAY));
    }
    assert!(again.contribution.waived(again.now).is_some_and(|found| found.met));
    assert!(matches!(again.refused(&designer(), waive("nothing", later + 30 * DAY)), Refused::Unknown(_)));
    // Once the time of a waiver is over, the gate is closed again.
    let mut late = passed;
    late.now = later;
    assert!(late.refused(&designer(), accept).to_string().contains("2 findings block"));
}

#[test]
fn a_checklist_is_gone_through_item_by_item() {
    let mut walk = Walk::to(Kind::Documentation, Stage::Ux);
    let with = |answer: Option<Answer>, walk: &Walk| {
        let mut answers = walk.answers();
        match answer {
            Some(answer) => answers.insert("words".into(), answer),
            None => answers.remove("words"),
        };
        decide(&walk.contribution, Verdict::Accept { answers, comment: String::new() })
    };
    for answer in [None, Some(Answer::Unmet), Some(Answer::NotApplicable(" ".into()))] {
        let command = with(answer, &walk);
        walk.refused(&designer(), command);
    }
    let mut unknown = walk.answers();
    unknown.insert("other".into(), Answer::Met);
    let command = decide(&walk.contribution, Verdict::Accept { answers: unknown, comment: String::new() });
    assert!(matches!(walk.refused(&designer(), command), Refused::Invalid(_)));
    let command = with(Some(Answer::NotApplicable("It has no words".into())), &walk);
    walk.done(&designer(), command);
    // What contributors have to show is asked for when they submit.
    let mut walk = Walk::new(Kind::Documentation);
    let bare = Material { evidence: BTreeMap::new(), ..material(Stage::Ux, Kind::Documentation) };
    assert!(matches!(
        walk.refused(&author(), Command::Submit { stage: Stage::Ux, material: bare }),
        Refused::Invalid(_)
    ));
}

#[test]
fn a_rejection_is_appealed_against_once_and_the_board_decides() {
    let mut walk = Walk::to(Kind::Documentation, Stage::Ux);
    let appeal = || Command::Appeal { reason: "It is not there".into() };
    assert!(matches!(walk.refused(&author(), appeal()), Refused::Conflict(_)));
    walk.done(&designer(), decide(&walk.contribution.clone(), reject()));
    assert_eq!(walk.at(), (Stage::Ux, State::Rejected));
    assert!(matches!(walk.refused(&author(), submit(Stage::Ux, Kind::Documentation)), Refused::Conflict(_)));
    assert!(matches!(walk.refused(&designer(), appeal()), Refused::Forbidden(_)));
    walk.done(&author(), appeal());
    let grant = |granted| Command::DecideAppeal { granted, reason: "It is new".into() };
    assert!(matches!(walk.refused(&designer(), grant(true)), Refused::Forbidden(_)));
    let mut denied = walk.clone();
    denied.done(&architect("layla"), grant(false));
    assert_eq!(denied.at(), (Stage::Ux, State::Rejected));
    assert!(matches!(denied.refused(&author(), appeal()), Refused::Conflict(_)));
    walk.done(&architect("layla"), grant(true));
    assert_eq!(walk.at(), (Stage::Ux, State::InReview));
    assert!(matches!(walk.refused(&architect("thabo"), grant(true)), Refused::Conflict(_)));
    // Whoever was overruled does not decide again.
    let accept = walk.accept();
    assert!(matches!(walk.refused(&designer(), accept.clone()), Refused::Forbidden(_)));
    let other = who("ines", &["web-banking"]);
    walk.done(&other, decide(&walk.contribution.clone(), reject()));
    assert!(matches!(walk.refused(&author(), appeal()), Refused::Conflict(_)));
}

#[test]
fn what_is_sent_back_further_passes_the_gates_between_again() {
    let mut walk = Walk::to(Kind::Documentation, Stage::Code);
    let forward = decide(&walk.contribution.clone(), send_back(Some(Stage::Readiness)));
    assert!(matches!(walk.refused(&engineer(), forward), Refused::Invalid(_)));
    let pitch_again = decide(&walk.contribution.clone(), send_back(Some(Stage::Pitch)));
    assert!(matches!(walk.refused(&engineer(), pitch_again), Refused::Invalid(_)));
    walk.done(&engineer(), decide(&walk.contribution.clone(), send_back(Some(Stage::Ux))));
    assert_eq!(walk.at(), (Stage::Ux, State::Open));
    assert!(matches!(walk.refused(&author(), submit(Stage::Code, Kind::Documentation)), Refused::Conflict(_)));
    walk.done(&author(), submit(Stage::Ux, Kind::Documentation));
    walk.pass_ux();
    assert_eq!(walk.at(), (Stage::Architecture, State::Open));
}

#[test]
fn a_duplicate_gives_its_supporters_to_the_other_one() {
    let mut duplicate = Walk::new(Kind::Template);
    let fan = who("priya", &[]);
    duplicate.done(&fan, Command::Support(true));
    let merge = || Command::Merge { into: "2".into() };
    assert!(matches!(duplicate.refused(&fan, merge()), Refused::Forbidden(_)));
    assert!(matches!(duplicate.refused(&author(), Command::Merge { into: "1".into() }), Refused::Invalid(_)));
    duplicate.done(&who("samuel", &["developer-experience"]), merge());
    assert_eq!(duplicate.at(), (Stage::Pitch, State::Merged));
    assert!(matches!(duplicate.refused(&author(), merge()), Refused::Conflict(_)));

    let mut other = Walk::new(Kind::Template);
    other.contribution.author = "user:default/other".into();
    other.contribution.makers = [other.contribution.author.clone()].into();
    let from = Box::new(duplicate.contribution.clone());
    let (after, _) = other
        .contribution
        .handle(9_999, &rules(), Some(&author()), Command::Absorb { from })
        .expect("it takes them over");
    assert_eq!(after.supporters, [author().subject, fan.subject].into());
}

#[test]
fn what_is_live_is_flagged_once_and_cleared() {
    let mut walk = Walk::to(Kind::Template, Stage::Readiness);
    walk.portal(Command::Check { submission: Some(4), found: found(true) });
    let check = |met| Command::Check { submission: None, found: found(met) };
    // Between the gate and going live, standards are looked at as well.
    walk.portal(check(false));
    assert!(matches!(walk.refused(&author(), Command::GoLive), Refused::Conflict(_)));
    walk.portal(check(true));
    walk.done(&who("ng", &["cloud-platform"]), Command::GoLive);
    let flags = |walk: &Walk| walk.history.iter().filter(|entry| entry.event.name() == "flagged").count();
    for _ in 0..3 {
        walk.portal(check(false));
    }
    assert_eq!((flags(&walk), walk.contribution.flag.is_some()), (1, true));
    walk.portal(check(true));
    assert!(walk.contribution.flag.is_none());
    let forged = check(true);
    assert!(matches!(walk.refused(&author(), forged), Refused::Forbidden(_)));
}

#[test]
fn a_gate_that_takes_too_long_is_overdue_once() {
    let mut walk = Walk::to(Kind::Template, Stage::Ux);
    walk.portal(Command::Look);
    assert!(!walk.contribution.submissions[0].overdue);
    walk.now += 6 * DAY;
    walk.portal(Command::Look);
    walk.portal(Command::Look);
    assert_eq!(walk.history.iter().filter(|entry| entry.event.name() == "overdue").count(), 1);
}

#[test]
fn rules_that_could_never_open_a_gate_are_refused_by_name() {
    let text = include_str!("rules.toml");
    let cases = [
        ("quorum = 2", "quorum = 0", "stages.architecture.quorum"),
        ("days = 14", "days = 0", "stages.architecture.days"),
        ("id = \"rights\"", "id = \"place\"", "stages.architecture.checklists"),
        ("group = \"group:default/cloud-platform\"", "group = \"cloud-platform\"", "operators.group"),
        ("stages.code", "stages.pitch", "stages.pitch"),
        ("id = \"slo\"", "id = \"owner\"", "standards"),
        ("most-ms = 2000", "most-ms = 0", "standards.liveness"),
        ("waiver-days = 180", "waiver-days = 0", "waiver-days"),
        ("supporters = 0", "suporters = 0", "suporters"),
    ];
    for (good, bad, name) in cases {
        assert!(text.contains(good), "{good}");
        let error = Rules::parse(&text.replace(good, bad)).expect_err(bad).to_string();
        assert!(error.contains(name), "{bad}: {error}");
    }
    assert_eq!(Rules::parse(text).expect("these are right"), Rules::default());
}

#[test]
fn the_manifest_says_what_changed() {
    let before = Manifest {
        id: "rota".into(),
        permissions: vec!["catalog.entity.read".into()],
        data: vec![crate::DataUse { name: "Rotas".into(), classification: "internal".into(), writes: false }],
        ..Manifest::default()
    };
    let after = Manifest {
        permissions: vec!["catalog.entity.read".into(), "catalog.entity.delete".into()],
        data: vec![crate::DataUse { name: "Rotas".into(), classification: "internal".into(), writes: true }],
        ..before.clone()
    };
    let said: Vec<String> =
        after.changes(&before).into_iter().map(|c| format!("{}: {} -> {}", c.what, c.before, c.after)).collect();
    assert_eq!(said, ["Right:  -> catalog.entity.delete", "Data: Rotas (internal, reads) -> Rotas (internal, writes)"]);
    assert_eq!(before.problems(), ["The manifest names no owner"]);
    let mut twice = Manifest { owner: "group:default/x".into(), ..after };
    twice.data.push(crate::DataUse { name: "Rotas".into(), classification: "public".into(), writes: false });
    assert_eq!(twice.problems(), ["Data is named twice: Rotas"]);
}

#[test]
fn what_the_mirror_brings_gives_nobody_a_right() {
    let from = || Origin { path: "pitches/rota.md".into(), commit: COMMIT.into(), by: "amelie".into() };
    let mirror = |pitch: Pitch| Command::Mirror { pitch, from: from() };
    let new = Contribution::new("1");
    let by_hand = new.handle(1, &rules(), Some(&author()), mirror(pitch(Kind::Template)));
    assert!(matches!(by_hand, Err(Refused::Forbidden(_))), "{by_hand:?}");
    let mut walk = Walk { contribution: new, history: Vec::new(), now: 1_000 };
    walk.portal(mirror(pitch(Kind::Template)));
    assert_eq!((walk.contribution.author.as_str(), walk.contribution.makers.len()), (REPOSITORY, 0));
    assert!(walk.contribution.followers.is_empty());
    let stranger = who("priya", &[]);
    let edited = Pitch { title: "Rotas".into(), ..pitch(Kind::Template) };
    assert!(matches!(walk.refused(&stranger, mirror(edited.clone())), Refused::Forbidden(_)));
    walk.portal(mirror(edited.clone()));
    assert!(walk.contribution.makers.is_empty());
    // Whoever settles a conflict has had a hand in it.
    let curator = who("elena", &["developer-experience"]);
    walk.done(&curator, mirror(pitch(Kind::Template)));
    assert!(walk.contribution.makers.contains(&curator.subject));
    // Its number of supporters holds no repository once it is merged.
    let mut other = Walk::new(Kind::Template);
    other.portal(Command::Absorb { from: Box::new(walk.contribution.clone()) });
    assert!(other.contribution.supporters.is_empty());
    walk.done(&author(), Command::Withdraw { reason: String::new() });
    assert!(matches!(walk.ask(None, mirror(edited)), Err(Refused::Conflict(_))));
}

#[test]
fn what_nobody_sees_in_a_text_is_refused_wherever_it_is_said() {
    for hidden in ["a\u{200b}b", "a\u{2028}b", "a\0b", "a\u{1b}[1mb", "a\u{202e}b", "a\u{2066}b"] {
        let text = || hidden.to_owned();
        let link = Link { title: text(), url: "https://x.example".into() };
        for pitch in [
            Pitch { title: text(), ..pitch(Kind::Template) },
            Pitch { problem: text(), ..pitch(Kind::Template) },
            Pitch { audience: text(), ..pitch(Kind::Template) },
            Pitch { sketch: text(), ..pitch(Kind::Template) },
            Pitch { links: vec![link], ..pitch(Kind::Template) },
        ] {
            let refused = Walk::new(Kind::Template).refused(&author(), Command::Edit(pitch));
            assert!(refused.to_string().contains("control character"), "{refused}");
        }
        let comment = Command::Comment { text: text(), mentions: Vec::new() };
        assert!(matches!(Walk::new(Kind::Template).refused(&author(), comment), Refused::Invalid(_)));
        let mut walk = Walk::to(Kind::NativePlugin, Stage::Architecture);
        let back = Verdict::SendBack { changes: vec![text()], to: None };
        let back = decide(&walk.contribution, back);
        assert!(matches!(walk.refused(&architect("ines"), back), Refused::Invalid(_)));
        let mut walk = Walk::new(Kind::NativePlugin);
        let noted = Material { note: text(), ..material(Stage::Ux, Kind::NativePlugin) };
        let submitted = Command::Submit { stage: Stage::Ux, material: noted };
        assert!(matches!(walk.refused(&author(), submitted), Refused::Invalid(_)));
    }
    let lines = Pitch { problem: "One line\r\n\tand another\u{200d}".into(), ..pitch(Kind::Template) };
    Walk::new(Kind::Template).done(&author(), Command::Edit(lines));
}

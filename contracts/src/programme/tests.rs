//! This exists to state the rules about programmes, rules, activities and rewards as facts.

use super::*;
use crate::credit::{self, ProgrammeTotals};
use crate::registry;
use crate::testing::{
    Actor, BANK, COMMITTEE, COMMUNITY, DONOR, OFFICE, PARTNER, VOLUNTEERS, World, document, key,
};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::{BlockTime, DAY_MS, HOUR_MS, OrganisationId};

/// A sub-district with a programme, a rule of 10 points per hour, and everybody who acts in it.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) operators: [Actor; 2],
    pub(crate) organiser: Actor,
    pub(crate) publisher: Actor,
    pub(crate) witness: Actor,
    pub(crate) registrar: Actor,
    pub(crate) partner: Actor,
    pub(crate) device: Actor,
    pub(crate) programme: RecordId,
    pub(crate) rule: RecordId,
}

pub(crate) fn rule_terms(from: BlockTime) -> RuleTerms {
    RuleTerms {
        basis: Basis::PerHour { rate: 10 },
        multiplier_bp: 10_000,
        cap_group: "service".into(),
        day_cap: Points(80),
        month_cap: Points(800),
        year_cap: Points(5_000),
        min_minutes: 15,
        valid_from: from,
        valid_to: from.plus(3_000 * DAY_MS),
    }
}

pub(crate) fn activity_terms(rule: RecordId, start: BlockTime, end: BlockTime) -> ActivityTerms {
    ActivityTerms {
        title: "河岸清洁".into(),
        kind: ActivityKind::Service,
        place: format!("{COMMUNITY}/07"),
        start,
        end,
        capacity: 20,
        minimum_age: 0,
        risk_class: 0,
        insurance: None,
        risk_statement: Some(document("risks")),
        participation: Participation::Voluntary,
        rule,
    }
}

pub(crate) fn open(budget: u64) -> Call {
    let reward_budget = Fen(budget);
    Call::ProgrammeOpen { name: "积分计划".into(), scope: "5101/04".into(), reward_budget }
}

pub(crate) fn set(programme: RecordId, rule: Option<RecordId>, terms: RuleTerms) -> Call {
    Call::RuleSet { programme, rule, terms, totals: None }
}

/// A reward of 20 points, worth 10 yuan, for one year.
pub(crate) fn offer(programme: RecordId, partner: OrganisationId, from: BlockTime) -> Call {
    Call::RewardOffer {
        programme,
        partner,
        title: "理发".into(),
        kind: RewardKind::Service,
        price: Points(20),
        fair_value: Fen(1_000),
        stock: 3,
        per_person: 2,
        valid_from: from,
        valid_to: from.plus(1_500 * DAY_MS),
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with_parameters(Vec::new())
    }

    pub(crate) fn with_parameters(parameters: Vec<(u16, u64)>) -> Self {
        let mut world = World::with_parameters(parameters);
        let mut officer = |label, at, role| world.officer(label, at, role);
        let operators = [
            officer("operator 1", OFFICE, Role::PointsOperator),
            officer("operator 2", OFFICE, Role::PointsOperator),
        ];
        let organiser = officer("organiser", VOLUNTEERS, Role::Organiser);
        let publisher = officer("publisher", VOLUNTEERS, Role::Organiser);
        let witness = officer("witness", COMMITTEE, Role::Witness);
        let registrar = officer("registrar", OFFICE, Role::Registrar);
        let partner = officer("partner", PARTNER, Role::PartnerOfficer);
        let device = Actor { key: key("device"), ..world.organisation_actor(VOLUNTEERS) };
        let add = registry::Call::KeyAdd {
            owner: registry::PublicOwner::Organisation(world.organisation(VOLUNTEERS)),
            key: device.key.public(),
            purpose: KeyPurpose::SiteDevice,
        };
        let signer = world.organisation_actor(VOLUNTEERS);
        world.apply(registry::CONTRACT, &[&signer], &add);
        let [one, two] = &operators;
        let programme = RecordId(world.apply(CONTRACT, &[one, two], &open(1_000_000)));
        let from = world.now.plus(HOUR_MS);
        let call = set(programme, None, rule_terms(from));
        let rule = RecordId(world.apply(CONTRACT, &[one, two], &call));
        world.at(from);
        Self {
            world,
            operators,
            organiser,
            publisher,
            witness,
            registrar,
            partner,
            device,
            programme,
            rule,
        }
    }

    pub(crate) fn propose(&mut self, terms: &ActivityTerms) -> RecordId {
        let organisation = self.world.organisation(VOLUNTEERS);
        let call = Call::ActivityPropose { organisation, terms: terms.clone() };
        RecordId(self.world.apply(CONTRACT, &[&self.organiser], &call))
    }

    pub(crate) fn publish(&mut self, terms: &ActivityTerms) -> RecordId {
        let activity = self.propose(terms);
        let call = Call::ActivityPublish { activity, terms_hash: terms_hash(terms) };
        self.world.apply(CONTRACT, &[&self.publisher], &call);
        activity
    }

    /// An activity that starts in two hours and lasts for some.
    pub(crate) fn terms(&self, hours: u64) -> ActivityTerms {
        let start = self.world.now.plus(2 * HOUR_MS);
        activity_terms(self.rule, start, start.plus(hours * HOUR_MS))
    }

    pub(crate) fn offer(&mut self) -> RecordId {
        let call = offer(self.programme, self.world.organisation(PARTNER), self.world.now);
        let signers = [&self.partner, &self.operators[0]];
        RecordId(self.world.apply(CONTRACT, &signers, &call))
    }

    /// Grants the roles of the second year, when those of the first have ended.
    pub(crate) fn renew(&mut self) {
        let world = &mut self.world;
        let mut again =
            |actor: &mut Actor, at, role| *actor = world.grant(actor, at, role, 0, None);
        again(&mut self.organiser, VOLUNTEERS, Role::Organiser);
        again(&mut self.publisher, VOLUNTEERS, Role::Organiser);
        again(&mut self.witness, COMMITTEE, Role::Witness);
        again(&mut self.partner, PARTNER, Role::PartnerOfficer);
        again(&mut self.operators[0], OFFICE, Role::PointsOperator);
    }

    fn reject(&mut self, actors: &[&Actor], call: &Call, code: Code) {
        self.world.reject(CONTRACT, actors, call, code);
    }
}

#[test]
fn a_programme_needs_two_operators_who_are_two_people() {
    let mut stage = Stage::new();
    let [one, two] = stage.operators.clone();
    let witness = stage.witness.clone();
    stage.reject(&[&one], &open(1), Code::Cosign);
    stage.reject(&[&one, &witness], &open(1), Code::Role);
    let second_key = registry::Call::KeyAdd {
        owner: registry::PublicOwner::Person(one.person),
        key: key("second key").public(),
        purpose: KeyPurpose::Business,
    };
    stage.world.apply(registry::CONTRACT, &[&one], &second_key);
    let same = Actor { key: key("second key"), ..one.clone() };
    stage.reject(&[&one, &same], &open(1), Code::DuplicateApprover);
    stage.reject(&[&one, &two], &open(0), Code::AmountZero);
    let elsewhere = Call::ProgrammeOpen {
        name: "elsewhere".into(),
        scope: "5102".into(),
        reward_budget: Fen(1),
    };
    stage.reject(&[&one, &two], &elsewhere, Code::Scope);
    stage.world.check();
}

type RuleEdit = fn(&mut RuleTerms);

#[test]
fn bad_rules_are_refused() {
    let cases: [(RuleEdit, Code); 10] = [
        (|t| t.basis = Basis::PerHour { rate: -1 }, Code::NegativeRule),
        (|t| t.basis = Basis::PerActivity { points: -1 }, Code::NegativeRule),
        (|t| t.basis = Basis::PerUnit { points: i64::MIN }, Code::NegativeRule),
        (|t| t.multiplier_bp = 20_001, Code::Multiplier),
        (|t| t.cap_group = String::new(), Code::Text),
        (|t| t.cap_group = "a b".into(), Code::Text),
        (|t| t.cap_group = "seventeen_letters".into(), Code::Text),
        (|t| t.day_cap = Points(1_000_000_001), Code::AmountRange),
        (|t| t.valid_to = t.valid_from, Code::TimeWindow),
        (|t| t.valid_from = BlockTime(1), Code::Retroactive),
    ];
    let mut stage = Stage::new();
    let (programme, rule) = (stage.programme, stage.rule);
    let good = rule_terms(stage.world.now.plus(DAY_MS));
    let [one, two] = stage.operators.clone();
    for (edit, code) in cases {
        let mut terms = good.clone();
        edit(&mut terms);
        stage.reject(&[&one, &two], &set(programme, None, terms), code);
    }
    stage.reject(&[&one, &two], &set(rule, None, good.clone()), Code::NotFound);
    stage.reject(&[&one, &two], &set(programme, Some(programme), good.clone()), Code::NotFound);
    stage.reject(&[&one], &set(programme, None, good.clone()), Code::Cosign);
    stage.world.apply(CONTRACT, &[&one, &two], &set(programme, Some(rule), good));
    stage.world.check();
}

#[test]
fn a_rule_needs_the_totals_of_its_programme_once_somebody_may_have_earned() {
    let mut stage = Stage::new();
    let [one, two] = stage.operators.clone();
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let resident = stage.world.resident(&stage.registrar.clone(), "resident");
    let sign_up = credit::Call::SignUp { activity };
    stage.world.apply(credit::CONTRACT, &[&resident.actor()], &sign_up);
    stage.world.at(terms.start);
    let next = rule_terms(stage.world.now.plus(DAY_MS));
    let with = |totals| Call::RuleSet {
        programme: stage.programme,
        rule: None,
        terms: next.clone(),
        totals,
    };
    let (none, some) = (with(None), with(Some(ProgrammeTotals::default())));
    let wrong = with(Some(ProgrammeTotals { minted: 1, ..ProgrammeTotals::default() }));
    stage.reject(&[&one, &two], &none, Code::Condition);
    stage.reject(&[&one, &two], &wrong, Code::Condition);
    stage.world.apply(CONTRACT, &[&one, &two], &some);
    stage.world.check();
}

type TermsEdit = fn(&mut ActivityTerms);

#[test]
fn bad_activities_are_refused() {
    let cases: [(TermsEdit, Code); 13] = [
        (|t| t.title = String::new(), Code::Text),
        (|t| t.place = "5101//04".into(), Code::Text),
        (|t| t.participation = Participation::Compulsory, Code::Compulsory),
        (|t| std::mem::swap(&mut t.start, &mut t.end), Code::TimeWindow),
        (|t| t.end = t.start, Code::TimeWindow),
        (|t| t.end = t.start.plus(DAY_MS + 1), Code::TimeWindow),
        (|t| t.start = t.start.minus(3 * HOUR_MS), Code::TimeWindow),
        (|t| t.capacity = 0, Code::Capacity),
        (|t| t.risk_class = 4, Code::AmountRange),
        (|t| t.minimum_age = 15, Code::AmountRange),
        (|t| t.risk_class = 2, Code::Insurance),
        (|t| t.place = "5102/01".into(), Code::Scope),
        (|t| t.rule = RecordId([9; 32]), Code::NotFound),
    ];
    let mut stage = Stage::new();
    let good = stage.terms(2);
    let organiser = stage.organiser.clone();
    let organisation = stage.world.organisation(VOLUNTEERS);
    for (edit, code) in cases {
        let mut terms = good.clone();
        edit(&mut terms);
        stage.reject(&[&organiser], &Call::ActivityPropose { organisation, terms }, code);
    }
    let propose = |organisation| Call::ActivityPropose { organisation, terms: good.clone() };
    stage.reject(&[&stage.witness.clone()], &propose(organisation), Code::Role);
    let other = stage.world.organisation(COMMITTEE);
    stage.reject(&[&organiser], &propose(other), Code::Scope);
    stage.reject(&[&organiser], &propose(OrganisationId([7; 32])), Code::NotFound);
    let insured = ActivityTerms { risk_class: 3, insurance: Some(document("policy")), ..good };
    stage.propose(&insured);
    stage.world.check();
}

#[test]
fn an_activity_is_published_by_somebody_else_who_names_what_was_read() {
    let mut stage = Stage::new();
    let terms = stage.terms(2);
    let activity = stage.propose(&terms);
    let publish = |terms_hash| Call::ActivityPublish { activity, terms_hash };
    let good = publish(terms_hash(&terms));
    let (organiser, publisher) = (stage.organiser.clone(), stage.publisher.clone());
    stage.reject(&[&organiser], &good, Code::SelfApproval);
    stage.reject(&[&publisher], &publish(document("other terms")), Code::ApprovalStale);
    let (witness, stranger) =
        (stage.witness.clone(), stage.world.officer("stranger", DONOR, Role::Organiser));
    stage.reject(&[&witness], &good, Code::Role);
    stage.reject(&[&stranger], &good, Code::Scope);
    let unknown = Call::ActivityPublish { activity: stage.rule, terms_hash: terms_hash(&terms) };
    stage.reject(&[&publisher], &unknown, Code::NotFound);
    stage.world.at(terms.start.minus(HOUR_MS));
    stage.world.apply(CONTRACT, &[&stage.operators[0].clone()], &good);
    stage.reject(&[&publisher], &good, Code::State);
    stage.world.check();
}

#[test]
fn one_resident_with_two_offices_does_not_propose_and_publish() {
    let mut stage = Stage::new();
    let nullifier = Some([9; 32]);
    let double = |stage: &mut Stage, label, at, role| {
        let person = stage.world.person(label, at);
        stage.world.grant(&person, at, role, 0, nullifier)
    };
    stage.organiser = double(&mut stage, "one office", VOLUNTEERS, Role::Organiser);
    let publisher = double(&mut stage, "another", OFFICE, Role::PointsOperator);
    let terms = stage.terms(2);
    let activity = stage.propose(&terms);
    let publish = Call::ActivityPublish { activity, terms_hash: terms_hash(&terms) };
    stage.reject(&[&publisher], &publish, Code::SelfApproval);
    let silent = stage.world.grant(&publisher, OFFICE, Role::PointsOperator, 0, None);
    stage.reject(&[&silent], &publish, Code::SelfApproval);
    let third = double(&mut stage, "a third", COMMITTEE, Role::Auditor);
    let third = stage.world.grant(&third, COMMITTEE, Role::PointsOperator, 0, None);
    stage.reject(&[&silent, &third], &open(1_000), Code::DuplicateApprover);
    stage.world.check();
}

#[test]
fn a_rule_has_so_few_versions_that_all_are_seen() {
    let mut stage = Stage::new();
    let later = rule_terms(stage.world.now.plus(2_000 * DAY_MS));
    let call = set(stage.programme, Some(stage.rule), later);
    let [one, two] = stage.operators.clone();
    for _ in 1..rule::RULE_VERSIONS_MAX {
        stage.world.apply(CONTRACT, &[&one, &two], &call);
    }
    stage.reject(&[&one, &two], &call, Code::PersonLimit);
    stage.reject(&[&one], &call, Code::Cosign);
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let status = reading::activity(&stage.world.view(), activity).unwrap().status;
    assert!(matches!(status, ActivityStatus::Published { rule_version: 1, .. }));
    stage.world.check();
}

#[test]
fn an_activity_is_published_in_time_unless_it_is_an_emergency() {
    let mut stage = Stage::new();
    let terms = stage.terms(2);
    let activity = stage.propose(&terms);
    let urgent = ActivityTerms { kind: ActivityKind::Emergency, ..terms.clone() };
    let emergency = stage.propose(&urgent);
    let publisher = stage.publisher.clone();
    stage.world.at(terms.start.minus(HOUR_MS - 1));
    let publish = Call::ActivityPublish { activity, terms_hash: terms_hash(&terms) };
    stage.reject(&[&publisher], &publish, Code::Deadline);
    let publish = Call::ActivityPublish { activity: emergency, terms_hash: terms_hash(&urgent) };
    stage.world.apply(CONTRACT, &[&publisher], &publish);
    stage.world.check();
}

#[test]
fn an_activity_without_a_statement_of_risks_is_not_published() {
    let mut stage = Stage::new();
    let terms = ActivityTerms { risk_statement: None, ..stage.terms(2) };
    let activity = stage.propose(&terms);
    let publish = Call::ActivityPublish { activity, terms_hash: terms_hash(&terms) };
    let publisher = stage.publisher.clone();
    stage.reject(&[&publisher], &publish, Code::Insurance);
}

#[test]
fn an_activity_keeps_the_rule_version_that_was_in_force_when_it_was_published() {
    let mut stage = Stage::new();
    let [one, two] = stage.operators.clone();
    let terms = stage.terms(2);
    let early = stage.publish(&terms);
    let from = stage.world.now.plus(60_000);
    let richer = RuleTerms { basis: Basis::PerHour { rate: 12 }, ..rule_terms(from) };
    let call = set(stage.programme, Some(stage.rule), richer);
    stage.world.apply(CONTRACT, &[&one, &two], &call);
    let between = stage.publish(&ActivityTerms { title: "between".into(), ..terms.clone() });
    stage.world.at(from);
    let late = stage.publish(&ActivityTerms { title: "late".into(), ..terms });
    let version = |id| {
        let view = stage.world.view();
        let activity = reading::activity(&view, id).unwrap();
        reading::rule_of(&view, &activity).unwrap().0
    };
    assert_eq!((version(early), version(between), version(late)), (1, 1, 2));
    stage.world.check();
}

#[test]
fn an_activity_is_called_off_before_it_starts_only() {
    let mut stage = Stage::new();
    let terms = stage.terms(2);
    let (first, second) = (stage.publish(&terms), stage.propose(&terms));
    let (organiser, witness) = (stage.organiser.clone(), stage.witness.clone());
    let cancel = |activity| Call::ActivityCancel { activity };
    stage.reject(&[&witness], &cancel(first), Code::Role);
    stage.world.apply(CONTRACT, &[&organiser], &cancel(first));
    stage.reject(&[&organiser], &cancel(first), Code::State);
    stage.world.at(terms.start);
    stage.reject(&[&organiser], &cancel(second), Code::TimeWindow);
    stage.world.check();
}

#[test]
fn activities_and_rewards_leave_the_state_after_their_time() {
    let mut stage = Stage::new();
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let reward = stage.offer();
    assert!(stage.world.view().has::<Activity>(&activity));
    stage.world.at(terms.end.plus(RECORD_KEPT_MS));
    assert_eq!(reading::activity(&stage.world.view(), activity), Err(Code::NotFound.into()));
    stage.world.sweep();
    assert!(!stage.world.view().has::<Activity>(&activity));
    stage.world.advance(1_500 * DAY_MS);
    stage.world.sweep();
    assert!(!stage.world.view().has::<Reward>(&reward));
    stage.world.check();
}

type RewardEdit = fn(&mut RewardTerms);

#[test]
fn bad_rewards_are_refused() {
    let cases: [(RewardEdit, Code); 11] = [
        (|r| r.title = " x".into(), Code::Text),
        (|r| r.kind = RewardKind::Cash, Code::RewardKind),
        (|r| r.kind = RewardKind::StoredValue, Code::RewardKind),
        (|r| r.kind = RewardKind::Lottery, Code::RewardKind),
        (|r| r.kind = RewardKind::AlcoholOrTobacco, Code::RewardKind),
        (|r| r.price = Points(0), Code::AmountZero),
        (|r| r.stock = 0, Code::AmountZero),
        (|r| r.per_person = 0, Code::AmountZero),
        (|r| r.valid_to = r.valid_from, Code::TimeWindow),
        (|r| r.valid_to = BlockTime(9), Code::TimeWindow),
        (|r| r.fair_value = Fen(20 * 50 + 1), Code::RewardValue),
    ];
    let mut stage = Stage::new();
    let (from, programme) = (stage.world.now, stage.programme);
    let partner = stage.world.organisation(PARTNER);
    let signers = [stage.partner.clone(), stage.operators[0].clone()];
    for (edit, code) in cases {
        let mut r = RewardTerms {
            title: "理发".into(),
            kind: RewardKind::Service,
            price: Points(20),
            fair_value: Fen(1_000),
            stock: 3,
            per_person: 2,
            valid_from: from,
            valid_to: from.plus(DAY_MS),
        };
        edit(&mut r);
        let RewardTerms { title, kind, price, fair_value, stock, per_person, valid_from, valid_to } =
            r;
        let call = Call::RewardOffer {
            programme,
            partner,
            title,
            kind,
            price,
            fair_value,
            stock,
            per_person,
            valid_from,
            valid_to,
        };
        stage.reject(&[&signers[0], &signers[1]], &call, code);
    }
}

#[test]
fn a_reward_is_offered_by_its_partner_and_agreed_by_an_operator() {
    let mut stage = Stage::new();
    let partner = stage.world.organisation(PARTNER);
    let call = offer(stage.programme, partner, stage.world.now);
    let (officer, operator) = (stage.partner.clone(), stage.operators[0].clone());
    stage.reject(&[&officer], &call, Code::Cosign);
    stage.reject(&[&officer, &stage.witness.clone()], &call, Code::Cosign);
    stage.reject(&[&operator, &officer], &call, Code::Role);
    let bank = stage.world.organisation_actor(BANK);
    stage.reject(&[&bank, &operator], &call, Code::Scope);
    let unknown = offer(stage.rule, partner, stage.world.now);
    stage.reject(&[&officer, &operator], &unknown, Code::NotFound);
    let unknown = offer(stage.programme, OrganisationId([7; 32]), stage.world.now);
    stage.reject(&[&officer, &operator], &unknown, Code::NotFound);
    let person = stage.world.grant(&operator, PARTNER, Role::PartnerOfficer, 0, None);
    let second_key = registry::Call::KeyAdd {
        owner: registry::PublicOwner::Person(operator.person),
        key: key("other key").public(),
        purpose: KeyPurpose::Business,
    };
    stage.world.apply(registry::CONTRACT, &[&operator], &second_key);
    let double = Actor { key: key("other key"), ..person };
    stage.reject(&[&double, &operator], &call, Code::SelfApproval);
    let own_key = stage.world.organisation_actor(PARTNER);
    stage.world.apply(CONTRACT, &[&own_key, &operator], &call);
    stage.offer();
    stage.world.check();
}

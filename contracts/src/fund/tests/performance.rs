//! Evaluation by a third party, the part that follows it, the part that is held back.

use super::relations::relate;
use super::story::{Story, elder, free, seg};
use crate::fund::records::{Evaluation, Line};
use crate::fund::{
    CONTRACT, Call, FundAccount, Indicator, PaymentKind, PerformanceTerms, ServiceContract,
    SourceClass, reading,
};
use crate::registry::parameters::Parameter;
use crate::registry::{self, Related, RelationKind, Role};
use crate::testing::{Actor, COMMITTEE, OFFICE, PARTNER, PROVIDER, REGULATOR, document, key};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::genesis::OrganisationKind;
use linli_ledger::types::{DAY_MS, OrganisationId, PersonId, RecordId};

/// Another organisation, which evaluates.
pub(super) fn evaluator(story: &mut Story, label: &str) -> (OrganisationId, Actor) {
    let call = registry::Call::OrganisationRegister {
        name: format!("evaluator {label}"),
        kind: OrganisationKind::Evaluator,
        key: key(label).public(),
    };
    let [one, two] = [OFFICE, REGULATOR].map(|at| story.world.organisation_actor(at));
    let id = OrganisationId(story.world.apply(registry::CONTRACT, &[&one, &two], &call));
    (id, Actor { key: key(label), grant: None, person: PersonId([0; 32]) })
}

/// One milestone of 600 000, 300 000 by the score, 100 000 held back.
fn linked() -> (Story, RecordId) {
    let mut story = Story::new();
    story.issue(1_000_000, SourceClass::Fiscal, free());
    let contract = sign(&mut story, 600_000, 300_000, 100_000);
    (story, contract)
}

fn call(story: &Story, milestone: u64, linked: u64, retention: u64) -> Call {
    let mut terms = story.terms(story.repairs, &[milestone], 0);
    terms.total = Fen(milestone + linked + retention);
    let performance = PerformanceTerms { linked: Fen(linked), retention: Fen(retention) };
    Call::ContractSignLinked { terms, performance }
}

pub(super) fn sign(story: &mut Story, milestone: u64, linked: u64, retention: u64) -> RecordId {
    let call = call(story, milestone, linked, retention);
    let signers = [story.purchaser.clone(), story.provider.clone()];
    RecordId(story.world.apply(CONTRACT, &[&signers[0], &signers[1]], &call))
}

pub(super) fn select(contract: RecordId, evaluator: OrganisationId) -> Call {
    Call::EvaluatorSelect { contract, evaluator }
}

pub(super) fn submit(contract: RecordId, scores: &[(u32, u32)]) -> Call {
    let indicators = scores
        .iter()
        .map(|(weight_bp, score_bp)| Indicator {
            name: "满意度".into(),
            weight_bp: *weight_bp,
            score_bp: *score_bp,
        })
        .collect();
    Call::EvaluationSubmit { contract, indicators, report: document("report") }
}

fn contract_of(story: &Story, id: RecordId) -> ServiceContract {
    story.world.view().get(&id).unwrap()
}

#[test]
fn instalments_linked_part_and_retention_sum_to_the_total() {
    let mut story = Story::new();
    story.issue(1_000_000, SourceClass::Fiscal, free());
    let signers = [story.purchaser.clone(), story.provider.clone()];
    let signers = [&signers[0], &signers[1]];
    let neither = call(&story, 1_000, 0, 0);
    story.world.reject(CONTRACT, &signers, &neither, Code::AmountZero);
    let much = call(&story, 899, 0, 101);
    story.world.reject(CONTRACT, &signers, &much, Code::RetentionLimit);
    let mut short = call(&story, 600, 300, 100);
    if let Call::ContractSignLinked { terms, .. } = &mut short {
        terms.total = Fen(1_001);
    }
    story.world.reject(CONTRACT, &signers, &short, Code::MilestoneSum);
    let contract = sign(&mut story, 600, 300, 100);
    assert_eq!(story.held(FundAccount::Committed(contract)), vec![seg(0, 0, 900)]);
    assert_eq!(story.held(FundAccount::Retained(contract)), vec![seg(0, 900, 1_000)]);
    story.world.check();
}

#[test]
fn the_score_decides_what_of_the_linked_part_is_paid() {
    let (mut story, contract) = linked();
    let (id, third) = evaluator(&mut story, "third");
    let buyer = story.purchaser.clone();
    story.world.apply(CONTRACT, &[&buyer], &select(contract, id));
    let performance = PaymentKind::Performance;
    story.reject_request(contract, performance, 1, "p", Code::NotAccepted);
    let good = submit(contract, &[(6_000, 9_000), (4_000, 8_000)]);
    story.world.reject(CONTRACT, &[&third], &good, Code::NotAccepted);
    story.accept(contract, 0, 10_000);
    story.pay(contract, PaymentKind::Milestone(0), 600_000, "m");
    story.world.apply(CONTRACT, &[&third], &good);
    let verdict = story.world.view().get::<Evaluation>(&contract).unwrap().verdict.unwrap();
    assert_eq!((verdict.score_bp, verdict.factor_bp), (8_600, 9_500));
    assert_eq!(verdict.released, Fen(15_000));
    let fund = FundAccount::Available(story.fund);
    assert_eq!(story.held(fund), vec![seg(0, 885_000, 900_000)]);
    story.reject_request(contract, performance, 285_001, "p", Code::OverAccepted);
    story.pay(contract, performance, 285_000, "p");
    story.world.check();
    story.world.reject(CONTRACT, &[&third], &good, Code::State);
    story.world.reject(CONTRACT, &[&buyer], &select(contract, id), Code::State);
    let line = story.world.view().get::<Line>(&story.repairs).unwrap();
    assert_eq!((line.committed.0, line.paid.0), (100_000, 885_000));
}

#[test]
fn the_evaluator_is_independent_and_rotates() {
    let (mut story, contract) = linked();
    let (id, _) = evaluator(&mut story, "third");
    let buyer = story.purchaser.clone();
    let provider = story.provider.clone();
    story.world.reject(CONTRACT, &[&buyer, &provider], &select(contract, id), Code::Cosign);
    story.world.reject(CONTRACT, &[&buyer], &select(RecordId([7; 32]), id), Code::NotFound);
    let nobody = OrganisationId([7; 32]);
    story.world.reject(CONTRACT, &[&buyer], &select(contract, nobody), Code::NotFound);
    story.world.reject(CONTRACT, &[&provider], &select(contract, id), Code::Role);
    for party in [PROVIDER, OFFICE] {
        let party = story.world.organisation(party);
        let code = Code::EvaluatorNotIndependent;
        story.world.reject(CONTRACT, &[&buyer], &select(contract, party), code);
    }
    let [partner, seller] = [PARTNER, PROVIDER].map(|at| story.world.organisation(at));
    let [one, other] = [partner, seller].map(Related::Organisation);
    relate(&mut story.world, one, other, RelationKind::Control);
    let code = Code::EvaluatorNotIndependent;
    story.world.reject(CONTRACT, &[&buyer], &select(contract, partner), code);
    story.world.apply(CONTRACT, &[&buyer], &select(contract, id));
    story.accept(contract, 0, 10_000);
    // Related since it was named: it may not say anything any more.
    relate(&mut story.world, Related::Organisation(id), other, RelationKind::Control);
    let third = Actor { key: key("third"), grant: None, person: PersonId([0; 32]) };
    let call = submit(contract, &[(10_000, 9_000)]);
    story.world.reject(CONTRACT, &[&third], &call, Code::EvaluatorNotIndependent);
    story.world.check();
}

#[test]
fn an_evaluation_is_refused_for_what_it_says_and_who_says_it() {
    let (mut story, contract) = linked();
    let (id, third) = evaluator(&mut story, "third");
    let (_, fourth) = evaluator(&mut story, "fourth");
    let buyer = story.purchaser.clone();
    story.accept(contract, 0, 10_000);
    let good = submit(contract, &[(10_000, 9_000)]);
    story.world.reject(CONTRACT, &[&third], &good, Code::NotFound);
    story.world.apply(CONTRACT, &[&buyer], &select(contract, id));
    let rows: [(&[(u32, u32)], Code); 5] = [
        (&[], Code::TooManyLines),
        (&[(1, 1); 65], Code::TooManyLines),
        (&[(9_999, 1)], Code::Weights),
        (&[(5_000, 1), (5_001, 1)], Code::Weights),
        (&[(10_000, 10_001)], Code::ScoreRange),
    ];
    for (scores, code) in rows {
        story.world.reject(CONTRACT, &[&third], &submit(contract, scores), code);
    }
    story.world.reject(CONTRACT, &[&third, &buyer], &good, Code::Cosign);
    story.world.reject(CONTRACT, &[&fourth], &good, Code::Role);
    story.world.reject(CONTRACT, &[&buyer], &good, Code::Role);
    story.world.apply(CONTRACT, &[&third], &good);
    story.world.check();
}

#[test]
fn a_failed_evaluation_earns_nothing_and_no_new_contract() {
    let mut story = Story::new();
    story.issue(3_000_000, SourceClass::Fiscal, free());
    let [failed, later] = [(); 2].map(|()| sign(&mut story, 600_000, 300_000, 100_000));
    let (id, third) = evaluator(&mut story, "third");
    let buyer = story.purchaser.clone();
    for contract in [failed, later] {
        story.world.apply(CONTRACT, &[&buyer], &select(contract, id));
        story.accept(contract, 0, 10_000);
    }
    story.world.apply(CONTRACT, &[&third], &submit(failed, &[(10_000, 5_999)]));
    assert_eq!(contract_of(&story, failed).withheld.earned, Some(Fen::ZERO));
    story.reject_request(failed, PaymentKind::Performance, 1, "p", Code::OverAccepted);
    let again = call(&story, 600_000, 300_000, 100_000);
    let signers = [story.purchaser.clone(), story.provider.clone()];
    story.world.reject(CONTRACT, &[&signers[0], &signers[1]], &again, Code::RenewalBlocked);
    story.world.check();
    // A later evaluation of the same service that is good enough opens the way again.
    story.world.apply(CONTRACT, &[&third], &submit(later, &[(10_000, 6_000)]));
    story.world.apply(CONTRACT, &[&signers[0], &signers[1]], &again);
    story.world.check();
}

#[test]
fn nobody_evaluates_the_same_provider_in_a_fourth_year() {
    let years = Parameter::EvaluatorYears.number();
    let mut story = Story::with_parameters(vec![(years, 1)]);
    story.issue(3_000_000, SourceClass::Fiscal, free());
    let [first, second] = [(); 2].map(|()| sign(&mut story, 600_000, 300_000, 100_000));
    let (id, third) = evaluator(&mut story, "third");
    let buyer = story.purchaser.clone();
    story.world.apply(CONTRACT, &[&buyer], &select(first, id));
    story.accept(first, 0, 10_000);
    story.world.apply(CONTRACT, &[&third], &submit(first, &[(10_000, 9_000)]));
    // The same year is not another one.
    story.world.apply(CONTRACT, &[&buyer], &select(second, id));
    story.world.advance(310 * DAY_MS);
    let code = Code::EvaluatorNotIndependent;
    story.world.reject(CONTRACT, &[&buyer], &select(second, id), code);
    story.world.check();
}

#[test]
fn what_is_held_back_is_free_when_no_fault_was_found_for_long_enough() {
    let (mut story, contract) = linked();
    let [buyer, maker] = [story.purchaser.clone(), story.administrator.clone()];
    let release = Call::RetentionRelease { contract };
    story.world.reject(CONTRACT, &[&buyer, &maker], &release, Code::RetentionTime);
    story.accept(contract, 0, 10_000);
    story.reject_request(contract, PaymentKind::Retention, 1, "r", Code::NotAccepted);
    story.world.advance(89 * DAY_MS);
    story.world.reject(CONTRACT, &[&buyer, &maker], &release, Code::RetentionTime);
    let finding = Call::FindingRecord { contract, finding: document("fault") };
    let clerk = story.acceptance_one.clone();
    let seller = story.provider.clone();
    story.world.reject(CONTRACT, &[&buyer], &finding, Code::Role);
    story.world.reject(CONTRACT, &[&clerk, &buyer], &finding, Code::Cosign);
    let both = story.world.grant(&seller, COMMITTEE, Role::Acceptance, 0, None);
    story.world.reject(CONTRACT, &[&both], &finding, Code::RelatedApprover);
    story.world.apply(CONTRACT, &[&clerk], &finding);
    story.world.advance(DAY_MS);
    story.world.reject(CONTRACT, &[&buyer, &maker], &release, Code::RetentionTime);
    story.world.advance(89 * DAY_MS);
    story.world.reject(CONTRACT, &[&buyer], &release, Code::Cosign);
    story.world.reject(CONTRACT, &[&buyer, &seller], &release, Code::Role);
    story.world.apply(CONTRACT, &[&maker, &buyer], &release);
    story.world.check();
    story.world.reject(CONTRACT, &[&buyer, &maker], &release, Code::State);
    story.reject_request(contract, PaymentKind::Retention, 100_001, "r", Code::OverAccepted);
    story.pay(contract, PaymentKind::Retention, 100_000, "r");
    story.world.check();
}

#[test]
fn a_claim_keeps_the_retention_and_the_close_out_does_not_take_it_without_a_fault() {
    let (mut story, contract) = linked();
    story.accept(contract, 0, 10_000);
    story.pay(contract, PaymentKind::Milestone(0), 600_000, "m");
    let [buyer, maker] = [story.purchaser.clone(), story.administrator.clone()];
    let close = Call::CloseOut { contract };
    story.world.reject(CONTRACT, &[&buyer, &maker], &close, Code::CloseBlocked);
    let (amount, finding) = (Fen(1_000), document("finding"));
    let order = Call::ClawbackOrder { contract, amount, finding };
    story.world.apply(CONTRACT, &[&buyer], &order);
    story.world.advance(91 * DAY_MS);
    let release = Call::RetentionRelease { contract };
    story.world.reject(CONTRACT, &[&buyer, &maker], &release, Code::RetentionTime);
    story.world.apply(CONTRACT, &[&buyer, &maker], &close);
    assert_eq!(story.held(FundAccount::Available(story.fund)), vec![seg(0, 600_000, 1_000_000)]);
    story.world.reject(CONTRACT, &[&buyer, &maker], &release, Code::State);
    story.world.check();
}

/// `domain` §4.7 from its first step to its ninth, by calls alone.
#[test]
fn the_worked_example_runs_to_its_ninth_step() {
    let mut story = Story::new();
    story.issue(30_000_000, SourceClass::Fiscal, elder());
    story.issue(10_000_000, SourceClass::UndesignatedDonation, free());
    let mut terms = story.terms(story.meals, &[9_900_000, 13_200_000], 9_900_000);
    terms.total = Fen(33_000_000);
    let performance = PerformanceTerms { linked: Fen(9_900_000), retention: Fen::ZERO };
    let call = Call::ContractSignLinked { terms, performance };
    let [buyer, seller] = [story.purchaser.clone(), story.provider.clone()];
    let first = RecordId(story.world.apply(CONTRACT, &[&buyer, &seller], &call));
    let mut terms = story.terms(story.youth, &[3_000_000, 3_000_000], 3_000_000);
    terms.provider = story.world.organisation(PARTNER);
    let other = story.world.organisation_actor(PARTNER);
    let call = Call::ContractSign { terms };
    let second = RecordId(story.world.apply(CONTRACT, &[&buyer, &other], &call));
    story.pay(first, PaymentKind::Advance, 9_900_000, "3");
    story.pay(second, PaymentKind::Advance, 3_000_000, "4");
    story.accept(first, 0, 10_000);
    story.accept(first, 1, 10_000);
    story.pay(first, PaymentKind::Milestone(1), 13_200_000, "5");
    let (id, third) = evaluator(&mut story, "third");
    story.world.apply(CONTRACT, &[&buyer], &select(first, id));
    let call = submit(first, &[(6_000, 9_000), (4_000, 8_000)]);
    story.world.apply(CONTRACT, &[&third], &call);
    let fund = FundAccount::Available(story.fund);
    let released = vec![seg(1, 2_505_000, 3_000_000), seg(1, 9_000_000, 10_000_000)];
    assert_eq!(story.held(fund), released, "step 7");
    let payment = story.pay(first, PaymentKind::Performance, 9_405_000, "6");
    let segments = vec![seg(0, 23_100_000, 30_000_000), seg(1, 0, 2_505_000)];
    assert_eq!(story.payment(payment).segments, segments, "step 6");
    let auditor = story.world.officer("auditor", REGULATOR, Role::Auditor);
    let (amount, finding) = (Fen(1_200_000), document("finding"));
    let call = Call::ClawbackOrder { contract: first, amount, finding };
    let order = RecordId(story.world.apply(CONTRACT, &[&auditor], &call));
    let call = Call::Refund {
        order,
        amount,
        bank_reference: super::story::bytes("refund"),
        value_date: story.world.now.day(),
        account: super::story::bytes("account of the fund"),
        receipt: document("receipt"),
    };
    let bank = story.bank.clone();
    story.world.apply(CONTRACT, &[&bank], &call);
    let ends = vec![seg(1, 1_305_000, 3_000_000), seg(1, 9_000_000, 10_000_000)];
    assert_eq!(story.held(fund), ends, "step 9");
    let payee = vec![seg(0, 0, 30_000_000), seg(1, 0, 1_305_000)];
    assert_eq!(story.held(story.payee(first)), payee);
    story.world.check();
    // The way of fen 2 000 000 of the donation: in, paid in step 6, back in step 9.
    let (steps, now) =
        reading::path(&story.world.view(), linli_ledger::types::SourceId(1), 2_000_000).unwrap();
    assert_eq!(now, fund);
    let kinds: Vec<_> = steps
        .iter()
        .map(|step| match step {
            reading::Step::Issued { .. } => "in",
            reading::Step::Paid { payment: by, .. } if *by == payment => "paid",
            reading::Step::Refunded { lapsed: false, .. } => "back",
            _ => "?",
        })
        .collect();
    assert_eq!(kinds, ["in", "paid", "back"]);
}

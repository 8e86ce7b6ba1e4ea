//! Tiers, approvals, refusals, lapses.

use super::money_in::second_key;
use super::story::{Story, payment_terms, seg};
use crate::fund::{
    CONTRACT, Call, FundAccount, PaymentKind, PaymentState, SourceClass, Tier, reading,
};
use crate::registry::Role;
use crate::registry::parameters::Parameter;
use crate::testing::{Actor, OFFICE, PARTNER, PROVIDER, document};
use linli_ledger::code::Code;
use linli_ledger::types::{DAY_MS, RecordId};

const ADVANCE: PaymentKind = PaymentKind::Advance;

/// A contract of 200 000 000 on a line with a council's resolution or without one.
fn large(resolved: bool) -> (Story, RecordId) {
    let mut story = Story::new();
    story.issue(100_000_000, SourceClass::Fiscal, super::story::free());
    let line = if resolved { story.meals } else { story.repairs };
    let total = if resolved { 33_000_000 } else { 100_000_000 };
    let terms = story.terms(line, &[total], total / 2);
    let contract = story.sign(&terms);
    (story, contract)
}

fn tier(story: &Story, payment: RecordId) -> Tier {
    story.payment(payment).state.decision().unwrap().tier
}

#[test]
fn each_tier_needs_its_approvals() {
    let (mut story, contract) = large(true);
    let payment = story.request(contract, ADVANCE, 500_000, "0");
    let [one, one_b, two, two_b] =
        [&story.approver_one, &story.approver_one_b, &story.approver_two, &story.approver_two_b]
            .map(Clone::clone);
    story.approve(payment, &one);
    assert_eq!(tier(&story, payment), Tier::Zero);
    story.reject_approve(payment, &two, Code::State);

    let payment = story.request(contract, ADVANCE, 4_500_000, "1");
    story.approve(payment, &one);
    story.reject_approve(payment, &one_b, Code::ApproverLevel);
    story.reject_instruct(payment, "1", Code::ApprovalMissing);
    story.approve(payment, &two);
    assert_eq!(tier(&story, payment), Tier::One);

    let payment = story.request(contract, ADVANCE, 1, "2");
    story.reject_approve(payment, &one, Code::ApproverLevel);
    story.approve(payment, &two);
    assert!(!story.is_approved(payment));
    story.approve(payment, &two_b);
    assert_eq!(tier(&story, payment), Tier::Two);
    let committed = story.held(FundAccount::Reserved(payment));
    assert_eq!(committed, vec![seg(0, 5_000_000, 5_000_001)]);
    story.world.check();
}

#[test]
fn splitting_does_not_lower_the_tier() {
    let (mut story, contract) = large(true);
    let first = story.request(contract, ADVANCE, 3_000_000, "1");
    let (one, two) = (story.approver_one.clone(), story.approver_two.clone());
    let two_b = story.approver_two_b.clone();
    story.approve(first, &one);
    story.approve(first, &two);
    story.instruct(first, "1");
    story.confirm("1", 3_000_000);
    story.world.advance(29 * DAY_MS);
    let second = story.request(contract, ADVANCE, 3_000_000, "2");
    story.reject_approve(second, &one, Code::ApproverLevel);
    story.approve(second, &two);
    assert!(!story.is_approved(second));
    story.approve(second, &two_b);
    assert_eq!(tier(&story, second), Tier::Two);
    story.world.check();
}

#[test]
fn splitting_over_contracts_does_not_lower_the_tier() {
    let mut story = Story::new();
    story.issue(40_000_000, SourceClass::Fiscal, super::story::free());
    let terms = story.terms(story.meals, &[10_000_000], 5_000_000);
    let [paid, waits, last] = [(); 3].map(|()| story.sign(&terms));
    let first = story.request(paid, ADVANCE, 2_000_000, "1");
    story.approve_two(first);
    assert_eq!(tier(&story, first), Tier::One);
    story.instruct(first, "1");
    story.confirm("1", 2_000_000);
    let second = story.request(waits, ADVANCE, 2_000_000, "2");
    let third = story.request(last, ADVANCE, 1_500_000, "3");
    let view = story.world.view();
    let provider = story.world.organisation(PROVIDER);
    assert_eq!(reading::waiting(&view, story.fund, provider).len(), 2);
    assert_eq!(reading::decided(&view, story.fund, provider).len(), 1);
    let one = story.approver_one.clone();
    story.reject_approve(third, &one, Code::ApproverLevel);
    story.approve_two(third);
    assert_eq!(tier(&story, third), Tier::Two);
    story.world.check();

    // Refused, it no longer counts; another provider's payments never did.
    let call = story.refuse_call(second);
    story.world.apply(CONTRACT, &[&one], &call);
    let mut terms = story.terms(story.meals, &[3_000_000], 1_500_000);
    terms.provider = story.world.organisation(PARTNER);
    let (purchaser, other) = (story.purchaser.clone(), story.world.organisation_actor(PARTNER));
    let call = Call::ContractSign { terms };
    let contract = RecordId(story.world.apply(CONTRACT, &[&purchaser, &other], &call));
    let apart = story.request(contract, ADVANCE, 1_500_000, "4");
    story.approve_two(apart);
    assert_eq!(tier(&story, apart), Tier::One);
    story.world.check();
}

#[test]
fn what_lapsed_in_another_contract_does_not_count() {
    let mut story = Story::new();
    story.issue(20_000_000, SourceClass::Fiscal, super::story::free());
    let terms = story.terms(story.meals, &[10_000_000], 5_000_000);
    let [one, other] = [(); 2].map(|()| story.sign(&terms));
    let lapsed = story.request(one, ADVANCE, 4_000_000, "1");
    story.approve_two(lapsed);
    story.world.advance(15 * DAY_MS);
    let payment = story.request(other, ADVANCE, 4_000_000, "2");
    story.approve_two(payment);
    assert_eq!(tier(&story, payment), Tier::One);
    assert_eq!(story.payment(lapsed).state, PaymentState::Lapsed);
    story.world.check();
}

#[test]
fn who_signed_or_delivered_approves_nothing() {
    let (mut story, contract) = large(true);
    let payment = story.request(contract, ADVANCE, 1_000_000, "1");
    let purchaser = story.purchaser.clone();
    let buyer = story.world.grant(&purchaser, OFFICE, Role::Approver, 2, None);
    story.reject_approve(payment, &buyer, Code::SelfApproval);

    let helper = story.world.person("helper", OFFICE);
    let seller = story.world.grant(&helper, PROVIDER, Role::ProviderOfficer, 0, None);
    let approver = story.world.grant(&helper, OFFICE, Role::Approver, 2, None);
    let document = document("deliverable");
    let call = Call::DeliverableSubmit { contract, milestone: 0, document };
    story.world.apply(CONTRACT, &[&seller], &call);
    story.reject_approve(payment, &approver, Code::RelatedApprover);
    // Her delivery is replaced; she has delivered all the same.
    let provider = story.provider.clone();
    story.world.apply(CONTRACT, &[&provider], &call);
    story.reject_approve(payment, &approver, Code::RelatedApprover);

    // The other way round: who approved delivers nothing.
    let two = story.approver_two.clone();
    let seller = story.world.grant(&two, PROVIDER, Role::ProviderOfficer, 0, None);
    story.approve(payment, &two);
    story.world.reject(CONTRACT, &[&seller], &call, Code::SodAcceptance);
    story.world.check();
}

#[test]
fn after_the_window_a_payment_stands_alone() {
    let (mut story, contract) = large(true);
    let first = story.request(contract, ADVANCE, 3_000_000, "1");
    story.approve_two(first);
    story.instruct(first, "1");
    story.world.advance(30 * DAY_MS + 1_000);
    let second = story.request(contract, ADVANCE, 3_000_000, "2");
    let one = story.approver_one.clone();
    story.approve(second, &one);
    let two = story.approver_two.clone();
    story.approve(second, &two);
    assert_eq!(tier(&story, second), Tier::One);
    story.world.check();
}

#[test]
fn requests_that_wait_count_however_old_they_are() {
    let (mut story, contract) = large(true);
    let first = story.request(contract, ADVANCE, 3_000_000, "1");
    let second = story.request(contract, ADVANCE, 3_000_000, "2");
    story.world.advance(40 * DAY_MS);
    let (one, two) = (story.approver_one.clone(), story.approver_two.clone());
    let two_b = story.approver_two_b.clone();
    for payment in [first, second] {
        story.reject_approve(payment, &one, Code::ApproverLevel);
        story.approve(payment, &two);
        story.approve(payment, &two_b);
        assert_eq!(tier(&story, payment), Tier::Two);
    }
    story.world.check();
}

#[test]
fn refused_requests_do_not_count() {
    let (mut story, contract) = large(true);
    let first = story.request(contract, ADVANCE, 3_000_000, "1");
    let (one, two) = (story.approver_one.clone(), story.approver_two.clone());
    let second = story.request(contract, ADVANCE, 3_000_000, "2");
    let call = story.refuse_call(first);
    story.world.apply(CONTRACT, &[&one], &call);
    story.approve(second, &one);
    story.approve(second, &two);
    assert_eq!(tier(&story, second), Tier::One);
    story.world.check();
}

#[test]
fn a_tier_that_falls_meanwhile_needs_one_more_approval_of_any_level() {
    let (mut story, contract) = large(true);
    let first = story.request(contract, ADVANCE, 4_800_000, "1");
    let second = story.request(contract, ADVANCE, 400_000, "2");
    let (one, two) = (story.approver_one.clone(), story.approver_two.clone());
    story.approve(second, &two);
    assert!(!story.is_approved(second), "with the first it is tier 2");
    let call = story.refuse_call(first);
    story.world.apply(CONTRACT, &[&one], &call);
    story.approve(second, &one);
    assert_eq!(tier(&story, second), Tier::Zero);
    story.world.check();
}

#[test]
fn tier_two_needs_the_councils_resolution() {
    let (mut story, contract) = large(false);
    let payment = story.request(contract, ADVANCE, 5_000_001, "1");
    let two = story.approver_two.clone();
    story.reject_approve(payment, &two, Code::CouncilMissing);
    story.world.check();
}

#[test]
fn tier_three_waits_for_the_regulator() {
    let (mut story, contract) = large(false);
    let payment = story.request(contract, ADVANCE, 49_000_000, "0");
    let small = story.request(contract, ADVANCE, 1_000_000, "small");
    let regulator = story.regulator.clone();
    story.reject_approve(payment, &regulator, Code::ApproverLevel);
    let call = story.refuse_call(small);
    story.world.apply(CONTRACT, &[&regulator], &call);
    let call = story.refuse_call(payment);
    story.world.apply(CONTRACT, &[&regulator], &call);
    story.world.check();

    let mut story = Story::with_parameters(vec![(Parameter::TierTwoMax.number(), 20_000_000)]);
    story.issue(60_000_000, SourceClass::Fiscal, super::story::free());
    let terms = story.terms(story.repairs, &[60_000_000], 30_000_000);
    let contract = story.sign(&terms);
    let payment = story.request(contract, ADVANCE, 20_000_001, "1");
    let [two, two_b, three, regulator] =
        [&story.approver_two, &story.approver_two_b, &story.approver_three, &story.regulator]
            .map(Clone::clone);
    let one = story.approver_one.clone();
    story.reject_approve(payment, &one, Code::ApproverLevel);
    story.approve(payment, &two);
    story.approve(payment, &two_b);
    assert!(!story.is_approved(payment));
    story.approve(payment, &three);
    assert_eq!(tier(&story, payment), Tier::Three);
    // Approved on Monday 2 March: Thursday the 5th is the last day of the window.
    story.reject_instruct(payment, "1", Code::ObjectionWindow);
    story.world.advance(3 * DAY_MS);
    story.reject_instruct(payment, "1", Code::ObjectionWindow);
    story.world.advance(DAY_MS);
    story.instruct(payment, "1");

    let second = story.request(contract, ADVANCE, 1, "2");
    for by in [&two, &two_b, &three] {
        story.approve(second, by);
    }
    story.reject_instruct(second, "2", Code::ObjectionWindow);
    story.approve(second, &regulator);
    story.reject_approve(second, &regulator, Code::DuplicateApprover);
    story.instruct(second, "2");
    story.world.check();
}

#[test]
fn the_maker_the_same_person_and_the_payees_people_do_not_approve() {
    let (mut story, contract) = large(true);
    let payment = story.request(contract, ADVANCE, 1_000_000, "1");
    let administrator = story.administrator.clone();
    let maker = story.world.grant(&administrator, OFFICE, Role::Approver, 2, None);
    story.reject_approve(payment, &maker, Code::SelfApproval);
    let twin = second_key(&mut story.world, &maker, "maker's other key");
    story.reject_approve(payment, &twin, Code::SelfApproval);

    let two = story.approver_two.clone();
    story.approve(payment, &two);
    story.reject_approve(payment, &two, Code::DuplicateApprover);
    let twin = second_key(&mut story.world, &two, "approver's other key");
    story.reject_approve(payment, &twin, Code::DuplicateApprover);
    let other_grant = story.world.grant(&two, OFFICE, Role::Approver, 1, None);
    story.reject_approve(payment, &other_grant, Code::DuplicateApprover);

    let provider = story.provider.clone();
    let insider = story.world.grant(&provider, OFFICE, Role::Approver, 1, None);
    story.reject_approve(payment, &insider, Code::RelatedApprover);
    let acting = story.world.person("acting", OFFICE);
    let acting = story.world.grant(&acting, PROVIDER, Role::Approver, 1, None);
    story.reject_approve(payment, &acting, Code::RelatedApprover);
    let treasurer = story.treasurer.clone();
    story.reject_approve(payment, &treasurer, Code::Role);
    let one = story.approver_one.clone();
    let call = story.approve_call(payment);
    story.world.reject(CONTRACT, &[&one, &treasurer], &call, Code::Cosign);
    let request_hash = document("something else");
    let call = Call::Approve { payment, request_hash };
    story.world.reject(CONTRACT, &[&one], &call, Code::ApprovalStale);
    let call = Call::Approve { payment: RecordId([1; 32]), request_hash };
    story.world.reject(CONTRACT, &[&one], &call, Code::NotFound);
    story.approve(payment, &one);
    story.world.check();
}

#[test]
fn approvers_come_from_as_many_organisations_as_the_rules_ask() {
    let parameter = Parameter::ApproverOrganisations.number();
    let mut story = Story::with_parameters(vec![(parameter, 2)]);
    story.issue(10_000_000, SourceClass::Fiscal, super::story::free());
    let terms = story.terms(story.meals, &[10_000_000], 5_000_000);
    let contract = story.sign(&terms);
    let payment = story.request(contract, ADVANCE, 1_000_000, "1");
    let (one, two) = (story.approver_one.clone(), story.approver_two.clone());
    let two_b = story.approver_two_b.clone();
    story.approve(payment, &one);
    story.reject_approve(payment, &two, Code::DuplicateApprover);
    story.approve(payment, &two_b);
    assert!(story.is_approved(payment));
    story.world.check();
}

#[test]
fn a_refused_request_returns_its_fen_and_may_come_again() {
    let (mut story, contract) = large(true);
    let payment = story.request(contract, ADVANCE, 1_000_000, "1");
    story.approve_two(payment);
    let committed = FundAccount::Committed(contract);
    assert_eq!(story.held(committed), vec![seg(0, 1_000_000, 33_000_000)]);
    let call = story.refuse_call(payment);
    let (one, treasurer) = (story.approver_one.clone(), story.treasurer.clone());
    let provider = story.provider.clone();
    let insider = story.world.grant(&provider, OFFICE, Role::Approver, 1, None);
    let request_hash = document("something else");
    let stale = Call::Refuse { payment, request_hash };
    let rows: [(&[&Actor], &Call, Code); 4] = [
        (&[&treasurer], &call, Code::Role),
        (&[&insider], &call, Code::RelatedApprover),
        (&[&one], &stale, Code::ApprovalStale),
        (&[&one, &treasurer], &call, Code::Cosign),
    ];
    for (signers, call, code) in rows {
        story.world.reject(CONTRACT, signers, call, code);
    }
    story.world.apply(CONTRACT, &[&one], &call);
    assert_eq!(story.held(committed), vec![seg(0, 0, 33_000_000)]);
    story.reject_approve(payment, &one, Code::State);
    story.reject_instruct(payment, "1", Code::State);
    let call = story.refuse_call(payment);
    story.world.reject(CONTRACT, &[&one], &call, Code::State);
    story.world.check();

    let terms = payment_terms(contract, ADVANCE, 900_000, "1");
    let edit = Call::PaymentEdit { payment, terms };
    let administrator = story.administrator.clone();
    story.world.apply(CONTRACT, &[&administrator], &edit);
    story.approve_two(payment);
    story.instruct(payment, "1");
    story.confirm("1", 900_000);
    let call = story.refuse_call(payment);
    story.world.reject(CONTRACT, &[&one], &call, Code::State);
    story.world.check();
}

#[test]
fn an_old_approval_does_not_count_and_may_be_given_again() {
    let (mut story, contract) = large(true);
    let payment = story.request(contract, ADVANCE, 1_000_000, "1");
    let (one, two) = (story.approver_one.clone(), story.approver_two.clone());
    story.approve(payment, &one);
    story.world.advance(15 * DAY_MS);
    story.approve(payment, &two);
    assert!(!story.is_approved(payment));
    story.approve(payment, &one);
    assert!(story.is_approved(payment));
    story.world.check();
}

#[test]
fn approvals_lapse_with_the_sweep_and_the_fen_return() {
    let (mut story, contract) = large(true);
    let payment = story.request(contract, ADVANCE, 1_000_000, "1");
    story.approve_two(payment);
    story.world.advance(15 * DAY_MS - 60_000);
    story.world.sweep();
    assert!(story.is_approved(payment), "just below fifteen days");
    story.world.advance(60_000);
    let receipts = story.world.sweep();
    assert!(!receipts.is_empty());
    assert_eq!(story.payment(payment).state, PaymentState::Lapsed);
    let committed = FundAccount::Committed(contract);
    assert_eq!(story.held(committed), vec![seg(0, 0, 33_000_000)]);
    story.reject_instruct(payment, "1", Code::ApprovalStale);
    let one = story.approver_one.clone();
    story.reject_approve(payment, &one, Code::State);
    story.world.check();

    let terms = payment_terms(contract, ADVANCE, 1_000_000, "1");
    let administrator = story.administrator.clone();
    story.world.apply(CONTRACT, &[&administrator], &Call::PaymentEdit { payment, terms });
    story.approve_two(payment);
    story.instruct(payment, "1");
    story.world.advance(30 * DAY_MS);
    story.world.sweep();
    story.confirm("1", 1_000_000);
    story.world.check();
}

//! Requests, their limits, their invoices, their edits.

use super::money_in::second_key;
use super::story::{Story, bytes, payment_terms};
use crate::fund::{CONTRACT, Call, PaymentKind, PaymentState, request_hash};
use crate::registry::Role;
use crate::testing::{OFFICE, PROVIDER};
use linli_ledger::code::Code;
use linli_ledger::types::{DAY_MS, RecordId};

const ADVANCE: PaymentKind = PaymentKind::Advance;
const FIRST: PaymentKind = PaymentKind::Milestone(0);

#[test]
fn a_request_is_made_by_the_funds_own_administrator() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let terms = payment_terms(contract, ADVANCE, 100, "1");
    let call = Call::PaymentRequest { terms };
    let (administrator, treasurer) = (story.administrator.clone(), story.treasurer.clone());
    let provider = story.provider.clone();
    let insider = story.world.grant(&provider, OFFICE, Role::FundAdministrator, 0, None);
    let elsewhere = story.world.officer("elsewhere", PROVIDER, Role::FundAdministrator);
    let rows =
        [(&treasurer, Code::Role), (&elsewhere, Code::Scope), (&insider, Code::RelatedApprover)];
    for (signer, code) in rows {
        story.world.reject(CONTRACT, &[signer], &call, code);
    }
    story.world.reject(CONTRACT, &[&administrator, &treasurer], &call, Code::Cosign);
    story.world.apply(CONTRACT, &[&administrator], &call);
    story.world.check();
}

#[test]
fn who_accepted_something_asks_for_no_payment() {
    let (mut story, contract) = Story::contract(&[1_000], 0);
    story.accept(contract, 0, 10_000);
    let acceptor = story.acceptance_one.clone();
    let maker = story.world.grant(&acceptor, OFFICE, Role::FundAdministrator, 0, None);
    let terms = payment_terms(contract, FIRST, 100, "1");
    let call = Call::PaymentRequest { terms };
    story.world.reject(CONTRACT, &[&maker], &call, Code::SodAcceptance);
}

#[test]
fn who_signed_or_delivered_asks_for_no_payment() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let purchaser = story.purchaser.clone();
    let buyer = story.world.grant(&purchaser, OFFICE, Role::FundAdministrator, 0, None);
    let helper = story.world.person("helper", OFFICE);
    let seller = story.world.grant(&helper, PROVIDER, Role::ProviderOfficer, 0, None);
    let maker = story.world.grant(&helper, OFFICE, Role::FundAdministrator, 0, None);
    let document = crate::testing::document("deliverable");
    let deliver = Call::DeliverableSubmit { contract, milestone: 0, document };
    story.world.apply(CONTRACT, &[&seller], &deliver);
    let call = Call::PaymentRequest { terms: payment_terms(contract, ADVANCE, 100, "1") };
    story.world.reject(CONTRACT, &[&buyer], &call, Code::SodAcceptance);
    story.world.reject(CONTRACT, &[&maker], &call, Code::RelatedApprover);

    // The other way round: who asked delivers nothing.
    let administrator = story.administrator.clone();
    story.world.apply(CONTRACT, &[&administrator], &call);
    let seller = story.world.grant(&administrator, PROVIDER, Role::ProviderOfficer, 0, None);
    story.world.reject(CONTRACT, &[&seller], &deliver, Code::SodAcceptance);
    story.world.check();
}

#[test]
fn a_request_is_refused_for_what_it_says() {
    let (mut story, contract) = Story::contract(&[400, 600], 300);
    story.reject_request(contract, ADVANCE, 0, "1", Code::AmountZero);
    story.reject_request(contract, ADVANCE, 1 << 53, "1", Code::AmountRange);
    story.reject_request(RecordId(bytes("none")), ADVANCE, 1, "1", Code::NotFound);
    story.reject_request(contract, PaymentKind::Milestone(2), 1, "1", Code::NotFound);
    let mut terms = payment_terms(contract, ADVANCE, 1, "1");
    terms.payee_account = bytes("account of somebody else");
    let (administrator, call) = (story.administrator.clone(), Call::PaymentRequest { terms });
    story.world.reject(CONTRACT, &[&administrator], &call, Code::PayeeMismatch);
    story.world.check();
}

#[test]
fn advances_together_stay_below_their_limit() {
    let (mut story, contract) = Story::contract(&[400, 600], 300);
    story.reject_request(contract, ADVANCE, 301, "1", Code::AdvanceLimit);
    story.pay(contract, ADVANCE, 200, "1");
    story.reject_request(contract, ADVANCE, 101, "2", Code::AdvanceLimit);
    story.request(contract, ADVANCE, 100, "2");
    story.reject_request(contract, ADVANCE, 1, "3", Code::AdvanceLimit);
    story.world.check();
}

#[test]
fn nothing_is_paid_before_acceptance_and_no_more_than_was_accepted() {
    let (mut story, contract) = Story::contract(&[400, 600], 0);
    story.reject_request(contract, FIRST, 1, "1", Code::NotAccepted);
    story.accept(contract, 0, 7_500);
    story.reject_request(contract, PaymentKind::Milestone(1), 1, "1", Code::NotAccepted);
    story.reject_request(contract, FIRST, 301, "1", Code::OverAccepted);
    story.pay(contract, FIRST, 200, "1");
    story.request(contract, FIRST, 100, "2");
    story.reject_request(contract, FIRST, 1, "3", Code::OverAccepted);
    story.world.check();
}

#[test]
fn the_advance_counts_against_what_is_accepted_last() {
    let (mut story, contract) = Story::contract(&[400, 600], 300);
    story.pay(contract, ADVANCE, 300, "1");
    story.accept(contract, 0, 10_000);
    story.pay(contract, FIRST, 400, "2");
    story.accept(contract, 1, 9_000);
    // Accepted 400 + 540; 700 is paid.
    story.reject_request(contract, PaymentKind::Milestone(1), 241, "3", Code::OverAccepted);
    story.pay(contract, PaymentKind::Milestone(1), 240, "3");
    story.world.check();
}

#[test]
fn an_invoice_serves_one_live_request() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let first = story.request(contract, ADVANCE, 100, "invoice");
    story.reject_request(contract, ADVANCE, 100, "invoice", Code::InvoiceDuplicate);
    let (call, approver) = (story.refuse_call(first), story.approver_two.clone());
    story.world.apply(CONTRACT, &[&approver], &call);
    let second = story.request(contract, ADVANCE, 100, "invoice");
    let edit = Call::PaymentEdit {
        payment: first,
        terms: payment_terms(contract, ADVANCE, 100, "invoice"),
    };
    let administrator = story.administrator.clone();
    story.world.reject(CONTRACT, &[&administrator], &edit, Code::InvoiceDuplicate);
    story.approve_two(second);
    story.instruct(second, "1");
    story.confirm("1", 100);
    story.reject_request(contract, ADVANCE, 100, "invoice", Code::InvoiceDuplicate);
    story.world.check();
}

#[test]
fn the_invoice_of_a_lapsed_request_is_free_even_before_the_sweep() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let first = story.request(contract, ADVANCE, 400, "invoice");
    story.approve_two(first);
    story.world.check();
    story.world.advance(15 * DAY_MS);
    // The sweep of this block comes first; the rule below holds without it too.
    let second = story.request(contract, ADVANCE, 400, "invoice");
    assert_eq!(story.payment(first).state, PaymentState::Lapsed);
    assert_eq!(story.payment(second).state, PaymentState::Requested);
    story.world.check();
}

#[test]
fn an_edited_request_starts_again_and_old_approvals_do_not_fit() {
    let (mut story, contract) = Story::contract(&[10_000_000], 5_000_000);
    let payment = story.request(contract, ADVANCE, 600_000, "1");
    let (one, two) = (story.approver_one.clone(), story.approver_two.clone());
    story.approve(payment, &one);
    let stale = story.approve_call(payment);
    let edit = |amount: u64| Call::PaymentEdit {
        payment,
        terms: payment_terms(contract, ADVANCE, amount, "1"),
    };
    let administrator = story.administrator.clone();
    let other = story.world.officer("other", OFFICE, Role::FundAdministrator);
    let call = edit(700_000);
    story.world.reject(CONTRACT, &[&other], &call, Code::Role);
    let mut moved = payment_terms(contract, ADVANCE, 1, "1");
    moved.contract = RecordId(bytes("another"));
    let moved = Call::PaymentEdit { payment, terms: moved };
    story.world.reject(CONTRACT, &[&administrator], &moved, Code::State);
    let too_much = edit(5_000_001);
    story.world.reject(CONTRACT, &[&administrator], &too_much, Code::AdvanceLimit);
    let twin = second_key(&mut story.world, &administrator, "twin");
    story.world.apply(CONTRACT, &[&twin], &call);
    assert_eq!(story.payment(payment).approvals, vec![]);
    assert_eq!(story.payment(payment).revision, 1);
    story.world.reject(CONTRACT, &[&two], &stale, Code::ApprovalStale);
    // The same terms again are another revision, so another hash.
    let known = story.payment(payment);
    assert_ne!(request_hash(payment, &known.terms, 0), request_hash(payment, &known.terms, 1));
    story.approve(payment, &one);
    story.approve(payment, &two);
    assert!(story.is_approved(payment));
    story.world.check();

    // An approved request can still be edited: its fen go back.
    story.world.apply(CONTRACT, &[&administrator], &edit(500_000));
    assert!(!story.is_approved(payment));
    story.world.check();
    story.approve_two(payment);
    story.instruct(payment, "1");
    let call = edit(1);
    story.world.reject(CONTRACT, &[&administrator], &call, Code::State);
    story.confirm("1", 500_000);
    let call = edit(2);
    story.world.reject(CONTRACT, &[&administrator], &call, Code::State);
    story.world.check();
}

#[test]
fn a_contract_has_a_bounded_number_of_open_requests() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    for n in 0..64 {
        story.request(contract, ADVANCE, 1, &format!("{n}"));
    }
    story.reject_request(contract, ADVANCE, 1, "64", Code::PersonLimit);
    story.world.check();
}

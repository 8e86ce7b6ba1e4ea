//! What the bank returns, what a provider pays back, what is mirrored.

use super::story::{Story, bytes, free, seg};
use crate::fund::records::{Clawback, Line, Reversal};
use crate::fund::{
    CONTRACT, Call, Entry, FundAccount, PaymentKind, PaymentState, ServiceContract, SourceClass,
    Suspense, reading,
};
use crate::registry::Role;
use crate::testing::{Actor, BANK, COMMITTEE, OFFICE, PROVIDER, REGULATOR, document};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{DAY_MS, Day, RecordId, SourceId};

const ADVANCE: PaymentKind = PaymentKind::Advance;

/// A contract of 1 000 000 with an advance of 300 000 that the bank confirmed.
fn paid() -> (Story, RecordId, RecordId) {
    let (mut story, contract) = Story::contract(&[1_000_000], 500_000);
    let payment = story.pay(contract, ADVANCE, 300_000, "1");
    (story, contract, payment)
}

fn back(story: &Story, amount: u64, reference: &str) -> Call {
    Call::BankReturn {
        instruction: bytes("1"),
        amount: Fen(amount),
        bank_reference: bytes(reference),
        value_date: story.world.now.day(),
        receipt: document("receipt of the return"),
    }
}

fn order(contract: RecordId, amount: u64) -> Call {
    Call::ClawbackOrder { contract, amount: Fen(amount), finding: document("finding") }
}

fn refund(story: &Story, order: RecordId, amount: u64, reference: &str) -> Call {
    Call::Refund {
        order,
        amount: Fen(amount),
        bank_reference: bytes(reference),
        value_date: story.world.now.day(),
        account: bytes("account of the fund"),
        receipt: document("receipt of the refund"),
    }
}

fn on(call: &Call, day: Day) -> Call {
    let mut call = call.clone();
    if let Call::BankReturn { value_date, .. } | Call::Refund { value_date, .. } = &mut call {
        *value_date = day;
    }
    call
}

fn contract_of(story: &Story, id: RecordId) -> ServiceContract {
    story.world.view().get(&id).unwrap()
}

#[test]
fn a_payment_that_comes_back_in_parts_gives_up_its_last_fen_first() {
    let (mut story, contract, payment) = paid();
    let bank = story.bank.clone();
    let call = back(&story, 100_000, "r1");
    story.world.apply(CONTRACT, &[&bank], &call);
    assert_eq!(story.payment(payment).returned, vec![seg(0, 200_000, 300_000)]);
    assert_eq!(story.held(story.payee(contract)), vec![seg(0, 0, 200_000)]);
    assert_eq!(contract_of(&story, contract).paid, Fen(200_000));
    story.world.check();
    // What came back may be asked for again, the rest not twice.
    story.reject_request(contract, ADVANCE, 300_001, "2", Code::AdvanceLimit);
    story.request(contract, ADVANCE, 300_000, "2");
    let too_much = back(&story, 200_001, "r2");
    story.world.reject(CONTRACT, &[&bank], &too_much, Code::BankAmount);
    let call = back(&story, 200_000, "r2");
    story.world.apply(CONTRACT, &[&bank], &call);
    let known = story.payment(payment);
    assert!(matches!(known.state, PaymentState::Returned(_)));
    assert_eq!(
        (known.segments, known.returned),
        (vec![seg(0, 0, 300_000)], vec![seg(0, 0, 300_000)])
    );
    assert_eq!(story.held(FundAccount::Committed(contract)), vec![seg(0, 0, 1_000_000)]);
    let again = back(&story, 1, "r3");
    story.world.reject(CONTRACT, &[&bank], &again, Code::AlreadyResolved);
    let confirm = story.confirm_call("1", 300_000);
    story.world.reject(CONTRACT, &[&bank], &confirm, Code::AlreadyResolved);
    let fail = Call::BankFail { instruction: bytes("1"), code: 1 };
    story.world.reject(CONTRACT, &[&bank], &fail, Code::AlreadyResolved);
    // The invoice is free again, and so is the tier.
    story.request(contract, ADVANCE, 1_000, "1");
    let provider = story.world.organisation(PROVIDER);
    assert_eq!(reading::decided(&story.world.view(), story.fund, provider), vec![]);
    story.world.check();
}

#[test]
fn a_return_is_refused_in_this_order() {
    let (mut story, contract, _) = paid();
    story.world.advance(DAY_MS);
    let (bank, treasurer) = (story.bank.clone(), story.treasurer.clone());
    let good = back(&story, 1_000, "r1");
    let today = story.world.now.day();
    story.world.reject(CONTRACT, &[&bank, &treasurer], &good, Code::Cosign);
    let nothing = back(&story, 0, "r1");
    story.world.reject(CONTRACT, &[&bank], &nothing, Code::AmountZero);
    let mut unknown = good.clone();
    if let Call::BankReturn { instruction, .. } = &mut unknown {
        *instruction = bytes("nobody");
    }
    story.world.reject(CONTRACT, &[&bank], &unknown, Code::NotFound);
    story.world.reject(CONTRACT, &[&treasurer], &good, Code::BankKey);
    let banker = story.world.grant(&treasurer, BANK, Role::BankOfficer, 0, None);
    story.world.reject(CONTRACT, &[&banker], &good, Code::SodTreasury);
    for day in [Day(today.0 - 2), Day(today.0 + 1)] {
        let call = on(&good, day);
        story.world.reject(CONTRACT, &[&bank], &call, Code::TimeWindow);
    }
    let used = back(&story, 1_000, "debit 1");
    story.world.reject(CONTRACT, &[&bank], &used, Code::BankReferenceDuplicate);
    let waits = story.request(contract, ADVANCE, 1_000, "2");
    let one = story.approver_one.clone();
    story.approve(waits, &one);
    story.instruct(waits, "2");
    let mut early = good.clone();
    if let Call::BankReturn { instruction, .. } = &mut early {
        *instruction = bytes("2");
    }
    story.world.reject(CONTRACT, &[&bank], &early, Code::State);
    story.world.apply(CONTRACT, &[&bank], &good);
    story.world.check();
}

#[test]
fn what_comes_back_after_the_close_out_is_the_funds_again() {
    let (mut story, contract, _) = paid();
    let signers = [story.purchaser.clone(), story.administrator.clone()];
    let close = Call::CloseOut { contract };
    story.world.apply(CONTRACT, &[&signers[0], &signers[1]], &close);
    let bank = story.bank.clone();
    let call = back(&story, 50_000, "r1");
    story.world.apply(CONTRACT, &[&bank], &call);
    let fund = FundAccount::Available(story.fund);
    assert_eq!(story.held(fund), vec![seg(0, 250_000, 1_000_000)]);
    assert_eq!(contract_of(&story, contract).released, Fen(750_000));
    story.world.check();
}

#[test]
fn a_clawback_takes_the_last_fen_first_and_not_more_than_there_is() {
    let (mut story, contract, _) = paid();
    let auditor = story.world.officer("auditor", REGULATOR, Role::Auditor);
    let (bank, buyer) = (story.bank.clone(), story.purchaser.clone());
    let first = RecordId(story.world.apply(CONTRACT, &[&auditor], &order(contract, 200_000)));
    story.world.reject(CONTRACT, &[&buyer], &order(contract, 100_001), Code::RefundExceeds);
    let second = RecordId(story.world.apply(CONTRACT, &[&buyer], &order(contract, 100_000)));
    let call = refund(&story, first, 200_001, "b1");
    story.world.reject(CONTRACT, &[&bank], &call, Code::RefundExceeds);
    let call = refund(&story, first, 50_000, "b1");
    story.world.apply(CONTRACT, &[&bank], &call);
    assert_eq!(story.held(story.payee(contract)), vec![seg(0, 0, 250_000)]);
    let call = refund(&story, first, 150_000, "b2");
    story.world.apply(CONTRACT, &[&bank], &call);
    let call = refund(&story, second, 100_000, "b3");
    story.world.apply(CONTRACT, &[&bank], &call);
    assert_eq!(story.held(FundAccount::Available(story.fund)), vec![seg(0, 0, 300_000)]);
    let known = contract_of(&story, contract);
    assert_eq!((known.paid.0, known.refunded.0, known.claimed_back.0), (300_000, 300_000, 0));
    let line = story.world.view().get::<Line>(&story.repairs).unwrap();
    assert_eq!((line.committed.0, line.paid.0), (700_000, 0));
    let known = story.world.view().get::<Clawback>(&first).unwrap();
    assert_eq!(known.refunded, Fen(200_000));
    story.world.check();
}

#[test]
fn a_clawback_is_refused_in_this_order() {
    let (mut story, contract, _) = paid();
    let auditor = story.world.officer("auditor", REGULATOR, Role::Auditor);
    let treasurer = story.treasurer.clone();
    let good = order(contract, 1_000);
    story.world.reject(CONTRACT, &[&auditor, &treasurer], &good, Code::Cosign);
    story.world.reject(CONTRACT, &[&auditor], &order(contract, 0), Code::AmountZero);
    let nowhere = order(RecordId(bytes("nothing")), 1_000);
    story.world.reject(CONTRACT, &[&auditor], &nowhere, Code::NotFound);
    story.world.reject(CONTRACT, &[&treasurer], &good, Code::Role);
    let elsewhere = story.world.officer("elsewhere", COMMITTEE, Role::Purchaser);
    story.world.reject(CONTRACT, &[&elsewhere], &good, Code::Scope);
    let seller = story.provider.clone();
    let both = story.world.grant(&seller, OFFICE, Role::Auditor, 0, None);
    story.world.reject(CONTRACT, &[&both], &good, Code::RelatedApprover);
    let id = RecordId(story.world.apply(CONTRACT, &[&auditor], &good));

    story.world.advance(DAY_MS);
    let bank = story.bank.clone();
    let good = refund(&story, id, 400, "b1");
    let today = story.world.now.day();
    story.world.reject(CONTRACT, &[&bank, &auditor], &good, Code::Cosign);
    let call = refund(&story, id, 0, "b1");
    story.world.reject(CONTRACT, &[&bank], &call, Code::AmountZero);
    let call = refund(&story, contract, 400, "b1");
    story.world.reject(CONTRACT, &[&bank], &call, Code::NotFound);
    story.world.reject(CONTRACT, &[&auditor], &good, Code::BankKey);
    let banker = story.world.grant(&auditor, BANK, Role::BankOfficer, 0, None);
    story.world.reject(CONTRACT, &[&banker], &good, Code::SodTreasury);
    let mut call = good.clone();
    if let Call::Refund { account, .. } = &mut call {
        *account = bytes("account of the provider");
    }
    story.world.reject(CONTRACT, &[&bank], &call, Code::PayeeMismatch);
    for day in [Day(today.0 - 2), Day(today.0 + 1)] {
        let call = on(&good, day);
        story.world.reject(CONTRACT, &[&bank], &call, Code::TimeWindow);
    }
    let call = refund(&story, id, 400, "debit 1");
    story.world.reject(CONTRACT, &[&bank], &call, Code::BankReferenceDuplicate);
    story.world.apply(CONTRACT, &[&bank], &good);
    // The provider has paid these fen back: the bank cannot return them too.
    let call = back(&story, 300_000, "r1");
    story.world.reject(CONTRACT, &[&bank], &call, Code::SegmentMoved);
    story.world.check();
}

fn trio(story: &Story) -> [Actor; 3] {
    [story.administrator.clone(), story.approver_one.clone(), story.bank.clone()]
}

fn reverse(entry: Entry) -> Call {
    Call::Reverse { entry, reason: document("reason") }
}

#[test]
fn a_payment_confirmed_by_mistake_is_in_flight_again() {
    let (mut story, contract, payment) = paid();
    let [maker, approver, bank] = trio(&story);
    let signers = [&maker, &approver, &bank];
    let treasurer = story.treasurer.clone();
    let call = reverse(Entry::Payment(payment));
    for (signers, code) in [
        (vec![&maker], Code::Cosign),
        (vec![&maker, &approver], Code::BankKey),
        (vec![&approver, &maker, &bank], Code::Role),
        (vec![&maker, &approver, &bank, &treasurer], Code::Cosign),
    ] {
        story.world.reject(CONTRACT, &signers, &call, code);
    }
    let unknown = reverse(Entry::Payment(contract));
    story.world.reject(CONTRACT, &signers, &unknown, Code::NotFound);
    let id = RecordId(story.world.apply(CONTRACT, &signers, &call));
    let reversal = story.world.view().get::<Reversal>(&id).unwrap();
    assert_eq!(reversal.segments, vec![seg(0, 0, 300_000)]);
    assert!(!reversal.prior_year);
    assert_eq!(story.held(FundAccount::InFlight(payment)), vec![seg(0, 0, 300_000)]);
    assert_eq!(story.held(story.payee(contract)), vec![]);
    story.world.check();
    story.world.reject(CONTRACT, &signers, &call, Code::AlreadyReversed);
    let twice = reverse(Entry::Reversal(id));
    story.world.reject(CONTRACT, &signers, &twice, Code::ReversalOfReversal);
    let nothing = reverse(Entry::Reversal(payment));
    story.world.reject(CONTRACT, &signers, &nothing, Code::NotFound);
    // What the bank really paid under this reference may be confirmed now.
    let other = story.request(contract, ADVANCE, 300_000 - 100_000, "2");
    let one = story.approver_one.clone();
    story.approve(other, &one);
    story.instruct(other, "2");
    let mut confirm = story.confirm_call("2", 200_000);
    if let Call::BankConfirm { bank_reference, .. } = &mut confirm {
        *bank_reference = bytes("debit 1");
    }
    story.world.apply(CONTRACT, &[&bank], &confirm);
    let fail = Call::BankFail { instruction: bytes("1"), code: 7 };
    story.world.apply(CONTRACT, &[&bank], &fail);
    story.world.check();
}

#[test]
fn fen_that_have_moved_on_are_claimed_back_instead() {
    let (mut story, contract, payment) = paid();
    let [maker, approver, bank] = trio(&story);
    let signers = [&maker, &approver, &bank];
    let source = reverse(Entry::Source(SourceId(0)));
    story.world.reject(CONTRACT, &signers, &source, Code::SegmentMoved);
    let waits = story.request(contract, ADVANCE, 1_000, "2");
    let call = reverse(Entry::Payment(waits));
    story.world.reject(CONTRACT, &signers, &call, Code::State);
    let auditor = story.world.officer("auditor", REGULATOR, Role::Auditor);
    let id = RecordId(story.world.apply(CONTRACT, &[&auditor], &order(contract, 1)));
    let call = refund(&story, id, 1, "b1");
    story.world.apply(CONTRACT, &[&bank], &call);
    let call = reverse(Entry::Payment(payment));
    story.world.reject(CONTRACT, &signers, &call, Code::SegmentMoved);
    story.world.check();
}

#[test]
fn what_was_returned_and_paid_again_is_not_mirrored_with_the_first_payment() {
    let (mut story, contract, first) = paid();
    let [maker, approver, bank] = trio(&story);
    let call = back(&story, 100_000, "r1");
    story.world.apply(CONTRACT, &[&bank], &call);
    story.pay(contract, ADVANCE, 100_000, "2");
    assert_eq!(story.held(story.payee(contract)), vec![seg(0, 0, 300_000)]);
    let call = reverse(Entry::Payment(first));
    story.world.reject(CONTRACT, &[&maker, &approver, &bank], &call, Code::SegmentMoved);
    story.world.check();
}

#[test]
fn a_source_entered_by_mistake_waits_in_suspense_for_its_right_entry() {
    let mut story = Story::new();
    story.issue(1_000, SourceClass::Fiscal, free());
    let [maker, approver, bank] = trio(&story);
    let signers = [&maker, &approver, &bank];
    let call = reverse(Entry::Source(SourceId(0)));
    let unknown = reverse(Entry::Source(SourceId(1)));
    story.world.reject(CONTRACT, &signers, &unknown, Code::NotFound);
    let id = RecordId(story.world.apply(CONTRACT, &signers, &call));
    assert_eq!(story.held(FundAccount::Suspense(story.fund)), vec![seg(0, 0, 1_000)]);
    let known = story.world.view().get::<Suspense>(&SourceId(0)).unwrap();
    assert_eq!(known.reversal, Some(id));
    story.world.check();
    let resolve = super::money_late::resolve(&story, SourceId(0));
    story.world.apply(CONTRACT, &[&maker, &approver], &resolve);
    assert_eq!(story.held(FundAccount::Available(story.fund)), vec![seg(0, 0, 1_000)]);
    story.world.reject(CONTRACT, &signers, &call, Code::AlreadyReversed);
    story.world.check();
}

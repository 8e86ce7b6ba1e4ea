//! Instructions, confirmations, failures.

use super::money_in::second_key;
use super::story::{Story, bytes, free, seg};
use crate::fund::{CONTRACT, Call, FundAccount, PaymentKind, PaymentState, SourceClass};
use crate::registry::Role;
use crate::testing::{BANK, COMMITTEE, OFFICE, PROVIDER};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{DAY_MS, RecordId};

const ADVANCE: PaymentKind = PaymentKind::Advance;

fn approved() -> (Story, RecordId, RecordId) {
    let (mut story, contract) = Story::contract(&[1_000_000], 500_000);
    let payment = story.request(contract, ADVANCE, 300_000, "1");
    let one = story.approver_one.clone();
    story.approve(payment, &one);
    (story, contract, payment)
}

#[test]
fn the_treasurer_made_and_approved_nothing() {
    let (mut story, contract, payment) = approved();
    let (administrator, approver) = (story.administrator.clone(), story.approver_one.clone());
    let call = Call::PaymentInstruct { payment, instruction: bytes("1") };
    for person in [&administrator, &approver] {
        let treasurer = story.world.grant(person, OFFICE, Role::Treasurer, 0, None);
        story.world.reject(CONTRACT, &[&treasurer], &call, Code::SodTreasury);
        let label = format!("other key {}", treasurer.person);
        let twin = second_key(&mut story.world, &treasurer, &label);
        story.world.reject(CONTRACT, &[&twin], &call, Code::SodTreasury);
    }
    let elsewhere = story.world.officer("elsewhere", COMMITTEE, Role::Treasurer);
    story.world.reject(CONTRACT, &[&elsewhere], &call, Code::Scope);
    story.world.reject(CONTRACT, &[&administrator], &call, Code::Role);
    let unknown = Call::PaymentInstruct { payment: contract, instruction: bytes("1") };
    let treasurer = story.treasurer.clone();
    story.world.reject(CONTRACT, &[&treasurer], &unknown, Code::NotFound);
    story.instruct(payment, "1");
    assert_eq!(story.held(FundAccount::InFlight(payment)), vec![seg(0, 0, 300_000)]);
    story.reject_instruct(payment, "2", Code::State);
    story.world.check();
}

#[test]
fn who_delivered_neither_instructs_nor_speaks_for_the_bank() {
    let (mut story, contract, payment) = approved();
    let helper = story.world.person("helper", OFFICE);
    let [seller, treasurer, banker] =
        [(PROVIDER, Role::ProviderOfficer), (OFFICE, Role::Treasurer), (BANK, Role::BankOfficer)]
            .map(|(organisation, role)| story.world.grant(&helper, organisation, role, 0, None));
    let document = crate::testing::document("deliverable");
    let deliver = Call::DeliverableSubmit { contract, milestone: 0, document };
    story.world.apply(CONTRACT, &[&seller], &deliver);
    let call = Call::PaymentInstruct { payment, instruction: bytes("1") };
    story.world.reject(CONTRACT, &[&treasurer], &call, Code::SodTreasury);
    story.instruct(payment, "1");
    let call = story.confirm_call("1", 300_000);
    story.world.reject(CONTRACT, &[&banker], &call, Code::SodTreasury);
    let treasurer = story.treasurer.clone();
    let seller = story.world.grant(&treasurer, PROVIDER, Role::ProviderOfficer, 0, None);
    story.world.reject(CONTRACT, &[&seller], &deliver, Code::SodAcceptance);
    story.world.check();
}

#[test]
fn an_instruction_number_is_used_once() {
    let (mut story, contract, payment) = approved();
    story.instruct(payment, "1");
    let second = story.request(contract, ADVANCE, 100_000, "2");
    story.reject_instruct(second, "2", Code::ApprovalMissing);
    let one = story.approver_one.clone();
    story.approve(second, &one);
    story.reject_instruct(second, "1", Code::Exists);
    story.instruct(second, "2");
    story.world.check();
}

#[test]
fn the_bank_confirms_exactly_what_was_instructed() {
    let (mut story, contract, payment) = approved();
    let (bank, good) = (story.bank.clone(), story.confirm_call("1", 300_000));
    story.world.reject(CONTRACT, &[&bank], &good, Code::NotFound);
    story.instruct(payment, "1");
    let shift = |days: fn(u32) -> u32| {
        let mut call = good.clone();
        if let Call::BankConfirm { value_date, .. } = &mut call {
            value_date.0 = days(value_date.0);
        }
        call
    };
    let mut elsewhere = good.clone();
    if let Call::BankConfirm { payer_account, .. } = &mut elsewhere {
        payer_account[0] ^= 1;
    }
    let change = |change: fn(&mut Fen, &mut [u8; 32], &mut [u8; 32])| {
        let mut call = good.clone();
        if let Call::BankConfirm { amount, payee_account, bank_reference, .. } = &mut call {
            change(amount, payee_account, bank_reference);
        }
        call
    };
    let treasurer = story.treasurer.clone();
    let other = story.world.organisation_actor(OFFICE);
    let also_banker = story.world.grant(&treasurer, BANK, Role::BankOfficer, 0, None);
    let rows = [
        (&treasurer, good.clone(), Code::BankKey),
        (&other, good.clone(), Code::BankKey),
        (&also_banker, good.clone(), Code::SodTreasury),
        (&bank, change(|amount, _, _| amount.0 += 1), Code::BankAmount),
        (&bank, change(|amount, _, _| amount.0 -= 1), Code::BankAmount),
        (&bank, change(|_, payee, _| payee[0] ^= 1), Code::PayeeMismatch),
        (&bank, elsewhere, Code::PayeeMismatch),
        (&bank, shift(|day| day - 1), Code::TimeWindow),
        (&bank, shift(|day| day + 1), Code::TimeWindow),
        (
            &bank,
            change(|_, _, reference| *reference = bytes("credit 1")),
            Code::BankReferenceDuplicate,
        ),
    ];
    for (signer, call, code) in rows {
        story.world.reject(CONTRACT, &[signer], &call, code);
    }
    story.world.reject(CONTRACT, &[&bank, &other], &good, Code::Cosign);
    story.world.apply(CONTRACT, &[&bank], &good);
    assert_eq!(story.held(story.payee(contract)), vec![seg(0, 0, 300_000)]);
    story.world.reject(CONTRACT, &[&bank], &good, Code::AlreadyResolved);
    let fail = Call::BankFail { instruction: bytes("1"), code: 7 };
    story.world.reject(CONTRACT, &[&bank], &fail, Code::AlreadyResolved);
    story.world.check();
}

#[test]
fn a_bank_reference_is_used_once_for_ever() {
    let (mut story, contract, payment) = approved();
    story.instruct(payment, "1");
    story.confirm("1", 300_000);
    let second = story.request(contract, ADVANCE, 200_000, "2");
    let one = story.approver_one.clone();
    story.approve(second, &one);
    story.instruct(second, "2");
    let mut call = story.confirm_call("2", 200_000);
    if let Call::BankConfirm { bank_reference, .. } = &mut call {
        *bank_reference = bytes("debit 1");
    }
    let bank = story.bank.clone();
    story.world.reject(CONTRACT, &[&bank], &call, Code::BankReferenceDuplicate);
    let mut call = story.issue_call(5, free());
    if let Call::SourceIssue { bank_reference, .. } = &mut call {
        *bank_reference = bytes("debit 1");
    }
    let administrator = story.administrator.clone();
    let signers = [&administrator, &one, &bank];
    story.world.reject(CONTRACT, &signers, &call, Code::BankReferenceDuplicate);
    story.confirm("2", 200_000);
    story.world.check();
}

#[test]
fn a_failed_payment_returns_the_same_fen_which_can_be_paid_again() {
    let mut story = Story::new();
    for _ in 0..3 {
        story.issue(100_000, SourceClass::Fiscal, free());
    }
    let terms = story.terms(story.repairs, &[300_000], 150_000);
    let contract = story.sign(&terms);
    let payment = story.request(contract, ADVANCE, 150_000, "1");
    let one = story.approver_one.clone();
    story.approve(payment, &one);
    story.instruct(payment, "1");
    let committed = FundAccount::Committed(contract);
    let chosen = story.payment(payment).segments;
    let before: u64 = story.held(committed).iter().map(|segment| segment.length).sum();
    assert_eq!(before, 150_000);
    let fail = Call::BankFail { instruction: bytes("1"), code: 7 };
    let (bank, treasurer) = (story.bank.clone(), story.treasurer.clone());
    story.world.reject(CONTRACT, &[&treasurer], &fail, Code::BankKey);
    let receipt = story.world.submit(CONTRACT, &[&bank], &fail);
    assert_eq!(receipt.rejection(), None);
    let moved = linli_ledger::posting::Quantity::Fen(chosen.clone());
    assert_eq!(receipt.movements[0].quantity, moved, "exactly the same fen");
    let whole: Vec<_> = (0..3).map(|source| seg(source, 0, 100_000)).collect();
    assert_eq!(story.held(committed), whole);
    assert!(matches!(story.payment(payment).state, PaymentState::Failed { code: 7, .. }));
    story.world.check();

    let confirm = story.confirm_call("1", 150_000);
    story.world.reject(CONTRACT, &[&bank], &confirm, Code::AlreadyResolved);
    story.world.reject(CONTRACT, &[&bank], &fail, Code::AlreadyResolved);
    story.reject_instruct(payment, "2", Code::State);
    let again = story.request(contract, ADVANCE, 150_000, "1");
    story.approve(again, &one);
    assert_eq!(story.payment(again).segments, chosen);
    story.reject_instruct(again, "1", Code::Exists);
    story.instruct(again, "2");
    story.confirm("2", 150_000);
    story.world.check();
}

#[test]
fn an_officer_of_the_bank_speaks_for_it() {
    let (mut story, _, payment) = approved();
    story.instruct(payment, "1");
    let banker = story.world.officer("banker", BANK, Role::BankOfficer);
    let call = story.confirm_call("1", 300_000);
    story.world.apply(CONTRACT, &[&banker], &call);
    story.world.check();
}

#[test]
fn the_bank_may_say_later_that_it_paid_before() {
    let (mut story, _, payment) = approved();
    story.instruct(payment, "1");
    let day = story.world.now.day();
    let call = story.confirm_call("1", 300_000);
    story.world.advance(3 * DAY_MS);
    let bank = story.bank.clone();
    story.world.apply(CONTRACT, &[&bank], &call);
    match story.payment(payment).state {
        PaymentState::Confirmed(confirmation) => assert_eq!(confirmation.value_date, day),
        other => panic!("{other:?}"),
    }
    story.world.check();
}

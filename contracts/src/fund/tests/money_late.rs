//! Batches of donations, money of unknown origin, another purpose, a freeze.

use super::story::{Story, bytes, created, elder, free, seg};
use crate::fund::batch::Batch;
use crate::fund::reading::Step;
use crate::fund::{
    AttestationLevel, CONTRACT, Call, EarmarkTerms, FundAccount, PaymentKind, SourceBatch,
    SourceClass, reading,
};
use crate::registry::Role;
use crate::testing::{BANK, COMMITTEE, DONOR, document};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{DAY_MS, Day, RecordId, SourceId};

const FIRST: SourceId = SourceId(0);

/// 100 donations of 1 to 100 fen.
fn donations() -> Batch {
    let donations: Vec<_> = (1..=100_u64).map(|n| (Fen(n), bytes(&format!("donor {n}")))).collect();
    Batch::new(&donations).unwrap()
}

fn batch_call(story: &mut Story, batch: &Batch, class: SourceClass) -> Call {
    let Call::SourceIssue {
        fund,
        donor,
        earmark,
        bank_reference,
        value_date,
        account,
        document,
        level,
        ..
    } = story.issue_call(1, free())
    else {
        panic!("a source")
    };
    Call::SourceBatchIssue {
        fund,
        amount: batch.total(),
        class,
        donor,
        earmark,
        bank_reference,
        value_date,
        account,
        document,
        level,
        donations: u32::try_from(batch.donations().len()).unwrap(),
        batch_root: batch.root(),
    }
}

#[test]
fn every_donor_of_a_batch_follows_the_own_fen() {
    let mut story = Story::new();
    let batch = donations();
    let call = batch_call(&mut story, &batch, SourceClass::UndesignatedDonation);
    let signers = [&story.administrator, &story.approver_one, &story.bank].map(Clone::clone);
    let signers = [&signers[0], &signers[1], &signers[2]];
    story.world.apply(CONTRACT, &signers, &call);
    let known = story.world.view().get::<SourceBatch>(&FIRST).unwrap();
    assert_eq!((known.donations, known.root), (100, batch.root()));
    let terms = story.terms(story.repairs, &[5_000], 2_500);
    let contract = story.sign(&terms);
    let payment = story.pay(contract, PaymentKind::Advance, 1_000, "1");
    let view = story.world.view();
    let mut covered = 0;
    for place in 0..100_u64 {
        let opening = batch.opening(place).unwrap();
        let (own, now) = reading::donor_view(&view, FIRST, &opening).unwrap();
        assert_eq!((own.start, own.length), (covered, place + 1));
        covered = own.end();
        let sum: u64 = now.iter().map(|(_, segment)| segment.length).sum();
        assert_eq!(sum, own.length, "every fen lies somewhere");
        for (account, segment) in now {
            assert_eq!(reading::locate(&view, FIRST, segment.start), Some(account));
        }
    }
    assert_eq!(covered, 5_050);
    // The 45th donor owns the fen 990 to 1 034: ten were paid, the rest waits in the contract.
    let (_, now) = reading::donor_view(&view, FIRST, &batch.opening(44).unwrap()).unwrap();
    let paid = (story.payee(contract), seg(0, 990, 1_000));
    let waits = (FundAccount::Committed(contract), seg(0, 1_000, 1_035));
    assert_eq!(now, vec![paid, waits]);
    let (steps, _) = reading::path(&view, FIRST, 995).unwrap();
    assert!(matches!(steps[0], Step::Issued { .. }));
    assert!(matches!(steps[1], Step::Paid { payment: by, at: Some(_), .. } if by == payment));
    let mut other = batch.opening(44).unwrap();
    other.donation.amount = Fen(46);
    assert_eq!(reading::donor_view(&view, FIRST, &other), None);
    story.world.check();
}

#[test]
fn only_donations_come_in_batches_and_each_has_a_fen() {
    let mut story = Story::new();
    let batch = donations();
    let signers = [&story.administrator, &story.approver_one, &story.bank].map(Clone::clone);
    let signers = [&signers[0], &signers[1], &signers[2]];
    for class in [SourceClass::Fiscal, SourceClass::Incentive, SourceClass::SocialCapital] {
        let call = batch_call(&mut story, &batch, class);
        story.world.reject(CONTRACT, &signers, &call, Code::Batch);
    }
    for count in [0, 1, 1_000_001, 5_051] {
        let mut call = batch_call(&mut story, &batch, SourceClass::DesignatedDonation);
        if let Call::SourceBatchIssue { donations, .. } = &mut call {
            *donations = count;
        }
        story.world.reject(CONTRACT, &signers, &call, Code::Batch);
    }
    let call = batch_call(&mut story, &batch, SourceClass::DesignatedDonation);
    story.world.reject(CONTRACT, &signers[..2], &call, Code::BankKey);
    story.world.check();
}

pub(super) fn credit(story: &Story, amount: u64, reference: &str) -> Call {
    Call::SuspenseReceive {
        fund: story.fund,
        amount: Fen(amount),
        bank_reference: bytes(reference),
        value_date: story.world.now.day(),
        account: bytes("account of the fund"),
        receipt: document("receipt"),
        level: AttestationLevel::Bank,
    }
}

pub(super) fn resolve(story: &Story, source: SourceId) -> Call {
    Call::SuspenseResolve {
        source,
        class: SourceClass::DesignatedDonation,
        donor: story.world.organisation(DONOR),
        earmark: elder(),
        document: document("agreement"),
    }
}

pub(super) fn send_back(story: &Story, source: SourceId, reference: &str) -> Call {
    Call::SuspenseReturn {
        source,
        bank_reference: bytes(reference),
        value_date: story.world.now.day(),
        receipt: document("receipt of the return"),
    }
}

fn with<T>(
    call: &Call,
    change: impl FnOnce(&mut [u8; 32], &mut Day, &mut AttestationLevel) -> T,
) -> Call {
    let mut call = call.clone();
    if let Call::SuspenseReceive { account, value_date, level, .. } = &mut call {
        change(account, value_date, level);
    }
    call
}

#[test]
fn money_of_unknown_origin_buys_nothing_until_it_is_resolved() {
    let mut story = Story::new();
    let (treasurer, bank) = (story.treasurer.clone(), story.bank.clone());
    let call = credit(&story, 1_000, "credit a");
    story.world.apply(CONTRACT, &[&treasurer, &bank], &call);
    assert_eq!(story.held(FundAccount::Suspense(story.fund)), vec![seg(0, 0, 1_000)]);
    let terms = story.terms(story.meals, &[1_000], 0);
    story.reject_sign(&terms, Code::InsufficientCompatible);
    story.world.check();
    let (maker, approver) = (story.administrator.clone(), story.approver_one.clone());
    let call = resolve(&story, FIRST);
    story.world.apply(CONTRACT, &[&maker, &approver], &call);
    let (_, source, amount) = reading::sources(&story.world.view()).remove(0);
    assert_eq!((source.class, amount.0), (SourceClass::DesignatedDonation, 1_000));
    story.world.check();
    story.sign(&terms);
    story.world.reject(CONTRACT, &[&maker, &approver], &call, Code::State);
    story.world.check();
}

#[test]
fn receiving_and_resolving_are_refused_in_this_order() {
    let mut story = Story::new();
    let (treasurer, bank) = (story.treasurer.clone(), story.bank.clone());
    let (maker, approver) = (story.administrator.clone(), story.approver_one.clone());
    let clerk = story.acceptance_one.clone();
    let good = credit(&story, 1_000, "credit a");
    let today = story.world.now.day();
    let call = credit(&story, 0, "credit a");
    story.world.reject(CONTRACT, &[&treasurer, &bank], &call, Code::AmountZero);
    let call = with(&good, |account, _, _| *account = bytes("another account"));
    story.world.reject(CONTRACT, &[&treasurer, &bank], &call, Code::PayeeMismatch);
    let call = with(&good, |_, day, _| *day = Day(today.0 + 1));
    story.world.reject(CONTRACT, &[&treasurer, &bank], &call, Code::TimeWindow);
    story.world.reject(CONTRACT, &[&treasurer], &good, Code::BankKey);
    story.world.reject(CONTRACT, &[&maker, &bank], &good, Code::Role);
    story.world.reject(CONTRACT, &[&treasurer, &clerk], &good, Code::BankKey);
    story.world.reject(CONTRACT, &[&treasurer, &bank, &clerk], &good, Code::Cosign);
    let banker = story.world.grant(&treasurer, BANK, Role::BankOfficer, 0, None);
    let banker = super::money_in::second_key(&mut story.world, &banker, "second of the treasurer");
    story.world.reject(CONTRACT, &[&treasurer, &banker], &good, Code::SodTreasury);
    let two = with(&good, |_, _, level| *level = AttestationLevel::TwoClerks);
    story.world.apply(CONTRACT, &[&treasurer, &clerk], &two);
    story.world.reject(CONTRACT, &[&treasurer, &bank], &good, Code::BankReferenceDuplicate);

    let call = resolve(&story, FIRST);
    let unknown = resolve(&story, SourceId(7));
    story.world.reject(CONTRACT, &[&maker, &approver], &unknown, Code::NotFound);
    story.world.reject(CONTRACT, &[&maker], &call, Code::Cosign);
    story.world.reject(CONTRACT, &[&approver, &maker], &call, Code::Role);
    let both = story.world.grant(&maker, COMMITTEE, Role::Approver, 1, None);
    let both = super::money_in::second_key(&mut story.world, &both, "second of the maker");
    story.world.reject(CONTRACT, &[&maker, &both], &call, Code::SelfApproval);
    story.world.advance(61 * DAY_MS);
    story.world.reject(CONTRACT, &[&maker, &approver], &call, Code::Deadline);
    let early = send_back(&story, FIRST, "debit a");
    let mut wrong = early.clone();
    if let Call::SuspenseReturn { value_date, .. } = &mut wrong {
        *value_date = Day(today.0 - 1);
    }
    let signers = [&maker, &approver, &bank];
    story.world.reject(CONTRACT, &signers, &wrong, Code::TimeWindow);
    story.world.reject(CONTRACT, &signers[..2], &early, Code::BankKey);
    let used = send_back(&story, FIRST, "credit a");
    story.world.reject(CONTRACT, &signers, &used, Code::BankReferenceDuplicate);
    story.world.apply(CONTRACT, &signers, &early);
    assert_eq!(story.held(FundAccount::Returned(story.fund)), vec![seg(0, 0, 1_000)]);
    story.world.reject(CONTRACT, &signers, &early, Code::State);
    story.world.check();
}

fn reclassify(source: SourceId, start: u64, amount: u64, earmark: EarmarkTerms) -> Call {
    let document = document("agreement and notice");
    Call::Reclassify { source, start, amount: Fen(amount), earmark, document }
}

#[test]
fn a_donation_gets_another_purpose_with_its_donors_word_alone() {
    let mut story = Story::new();
    story.issue(1_000, SourceClass::DesignatedDonation, elder());
    let terms = story.terms(story.youth, &[400], 0);
    story.reject_sign(&terms, Code::InsufficientCompatible);
    let (maker, donor) = (story.administrator.clone(), story.world.organisation_actor(DONOR));
    let (budget, bank) = (story.budget_one.clone(), story.bank.clone());
    let call = reclassify(FIRST, 600, 400, free());
    story.world.reject(CONTRACT, &[&maker], &call, Code::ConsentMissing);
    story.world.reject(CONTRACT, &[&maker, &budget], &call, Code::ConsentMissing);
    story.world.reject(CONTRACT, &[&maker, &bank], &call, Code::ConsentMissing);
    story.world.reject(CONTRACT, &[&donor, &maker], &call, Code::Role);
    story.world.reject(CONTRACT, &[&maker, &donor, &bank], &call, Code::Cosign);
    let past = reclassify(FIRST, 601, 400, free());
    story.world.reject(CONTRACT, &[&maker, &donor], &past, Code::NotFound);
    let nothing = reclassify(FIRST, 0, 0, free());
    story.world.reject(CONTRACT, &[&maker, &donor], &nothing, Code::AmountZero);
    story.world.apply(CONTRACT, &[&maker, &donor], &call);
    story.world.check();
    let contract = story.sign(&terms);
    assert_eq!(story.held(FundAccount::Committed(contract)), vec![seg(0, 600, 1_000)]);
    story.world.reject(CONTRACT, &[&maker, &donor], &call, Code::SegmentMoved);
    let (steps, now) = reading::path(&story.world.view(), FIRST, 700).unwrap();
    assert!(matches!(steps[1], Step::Reclassified { .. }));
    assert_eq!(now, FundAccount::Committed(contract));
    story.world.check();
}

#[test]
fn public_money_gets_another_purpose_by_the_budget_and_lives_no_longer() {
    let mut story = Story::new();
    let last = story.world.now.day();
    let earmark = EarmarkTerms { lapse_on: Some(last), ..elder() };
    story.issue(1_000, SourceClass::Fiscal, earmark);
    let (maker, budget) = (story.administrator.clone(), story.budget_one.clone());
    let donor = story.world.organisation_actor(DONOR);
    let call = reclassify(FIRST, 0, 1_000, free());
    story.world.reject(CONTRACT, &[&maker, &donor], &call, Code::ConsentMissing);
    let both = story.world.grant(&maker, crate::testing::OFFICE, Role::BudgetOfficer, 0, None);
    let both = super::money_in::second_key(&mut story.world, &both, "second of the maker");
    story.world.reject(CONTRACT, &[&maker, &both], &call, Code::SelfApproval);
    story.world.apply(CONTRACT, &[&maker, &budget], &call);
    let terms = story.terms(story.youth, &[1_000], 0);
    story.world.at(Day(last.0 + 1).start());
    story.reject_sign(&terms, Code::InsufficientCompatible);
    story.world.check();
}

#[test]
fn what_is_frozen_does_not_move_but_the_bank_may_tell_what_happened() {
    let (mut story, contract) = Story::contract(&[1_000_000], 500_000);
    let (regulator, maker) = (story.regulator.clone(), story.administrator.clone());
    let sent = story.request(contract, PaymentKind::Advance, 100, "1");
    let one = story.approver_one.clone();
    story.approve(sent, &one);
    story.instruct(sent, "1");
    let ready = story.request(contract, PaymentKind::Advance, 100, "2");
    story.approve(ready, &one);
    let waits = story.request(contract, PaymentKind::Advance, 100, "3");
    let order = document("order");
    let freeze = |record| Call::Freeze { record, order };
    let thaw = |record| Call::Unfreeze { record, order };
    story.world.reject(CONTRACT, &[&maker], &freeze(contract), Code::Role);
    story.world.reject(CONTRACT, &[&regulator, &maker], &freeze(contract), Code::Cosign);
    let nothing = RecordId(bytes("nothing"));
    story.world.reject(CONTRACT, &[&regulator], &freeze(nothing), Code::NotFound);
    story.world.reject(CONTRACT, &[&regulator], &thaw(contract), Code::State);
    for record in [story.fund, contract] {
        story.world.apply(CONTRACT, &[&regulator], &freeze(record));
        story.world.reject(CONTRACT, &[&regulator], &freeze(record), Code::State);
        story.reject_approve(waits, &one, Code::Frozen);
        story.reject_instruct(ready, "2", Code::Frozen);
        let terms = story.terms(story.repairs, &[1], 0);
        let is_fund = record == story.fund;
        story
            .reject_sign(&terms, if is_fund { Code::Frozen } else { Code::InsufficientCompatible });
        story.world.apply(CONTRACT, &[&regulator], &thaw(record));
    }
    story.world.apply(CONTRACT, &[&regulator], &freeze(ready));
    story.reject_instruct(ready, "2", Code::Frozen);
    story.world.apply(CONTRACT, &[&regulator], &freeze(sent));
    story.confirm("1", 100);
    story.approve(waits, &one);
    story.world.check();
    let close = Call::CloseOut { contract };
    story.world.apply(CONTRACT, &[&regulator], &thaw(ready));
    let receipt = story.world.submit(CONTRACT, &[&story.purchaser.clone(), &maker], &close);
    assert_eq!(receipt.rejection().map(|no| no.code), Some(Code::CloseBlocked));
    let _ = created(&receipt, 0);
}

//! The end of a year.

use super::money_late::{credit, send_back};
use super::performance::sign;
use super::story::{Story, bytes, free, seg};
use crate::fund::records::FiscalYear;
use crate::fund::{
    CONTRACT, Call, EarmarkTerms, FundAccount, LineTerms, PaymentKind, ServiceContract,
    SourceClass, is_closed,
};
use crate::registry::Role;
use crate::registry::parameters::Parameter;
use crate::testing::{Actor, REGULATOR, document};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{DAY_MS, Day, RecordId, SourceId};

fn day(year: u32, month: u32, day: u32) -> Day {
    Day::from_civil(year, month, day).unwrap()
}

fn until(last: Day) -> EarmarkTerms {
    EarmarkTerms { lapse_on: Some(last), ..free() }
}

/// Fund administrator, approver of level 3, auditor.
fn closers(story: &mut Story) -> [Actor; 3] {
    let auditor = story.world.officer("auditor", REGULATOR, Role::Auditor);
    [story.administrator.clone(), story.approver_three.clone(), auditor]
}

fn close_call(story: &Story, year: u32) -> Call {
    Call::FiscalClose {
        fund: story.fund,
        year,
        trial_balance: document("trial balance"),
        statements: document("statements"),
    }
}

fn close(story: &mut Story, closers: &[Actor; 3], year: u32) {
    let call = close_call(story, year);
    let [one, two, three] = closers;
    story.world.apply(CONTRACT, &[one, two, three], &call);
    while !known(story, year).done {
        story.world.check();
        story.world.sweep();
    }
    story.world.check();
}

fn known(story: &Story, year: u32) -> FiscalYear {
    story.world.view().get(&(story.fund, year)).unwrap()
}

#[test]
fn at_the_end_of_a_year_free_public_money_lapses_and_bound_money_goes_on() {
    let mut story = Story::new();
    let end = day(2026, 12, 31);
    story.issue(1_000, SourceClass::Fiscal, until(end));
    story.issue(500, SourceClass::DesignatedDonation, until(end));
    story.issue(300, SourceClass::Fiscal, until(day(2027, 12, 31)));
    let line = story.repairs;
    story.issue(200, SourceClass::Incentive, EarmarkTerms { line: Some(line), ..until(end) });
    let terms = story.terms(story.meals, &[600], 300);
    let contract = story.sign(&terms);
    let closers = closers(&mut story);
    story.world.at(day(2027, 1, 4).start());
    close(&mut story, &closers, 2026);
    let year = known(&story, 2026);
    assert_eq!((year.carried.0, year.lapsed.0), (800, 400));
    assert_eq!(story.held(FundAccount::Lapsed(story.fund)), vec![seg(0, 600, 1_000)]);
    // The donation keeps its own last day, the project's money and the contract's go on.
    assert_eq!(
        story.held(FundAccount::Available(story.fund)),
        vec![seg(1, 0, 500), seg(2, 0, 300), seg(3, 0, 200)]
    );
    let held = linli_ledger::posting::money::holdings(
        &story.world.view(),
        &FundAccount::Committed(contract).key(),
        linli_ledger::view::Order::Ascending,
    );
    let [(lot, segment)] = held.as_slice() else { panic!("one segment") };
    assert_eq!((lot.lapse_on, lot.carry_count), (Some(day(2027, 12, 31)), 1));
    assert_eq!(*segment, seg(0, 0, 600));
    story.pay(contract, PaymentKind::Advance, 300, "1");
    story.world.check();
}

#[test]
fn what_is_held_back_may_lapse_and_its_contract_still_ends() {
    let parameters = [Parameter::RetentionTime, Parameter::CarryMax];
    let mut story = Story::with_parameters(parameters.map(|one| (one.number(), 0)).to_vec());
    story.issue(1_000, SourceClass::Fiscal, until(day(2026, 12, 31)));
    let contract = sign(&mut story, 900, 0, 100);
    story.accept(contract, 0, 10_000);
    let closers = closers(&mut story);
    story.world.at(day(2027, 1, 4).start());
    close(&mut story, &closers, 2026);
    assert_eq!(story.held(FundAccount::Lapsed(story.fund)), vec![seg(0, 0, 1_000)]);
    let [buyer, maker] = [story.purchaser.clone(), story.administrator.clone()];
    let end = Call::CloseOut { contract };
    story.world.reject(CONTRACT, &[&buyer, &maker], &end, Code::CloseBlocked);
    story.world.apply(CONTRACT, &[&buyer, &maker], &Call::RetentionRelease { contract });
    story.world.check();
    story.world.apply(CONTRACT, &[&buyer, &maker], &end);
    story.world.check();
}

#[test]
fn money_is_carried_on_so_often_and_then_lapses_in_its_contract() {
    let carry = Parameter::CarryMax.number();
    let mut story = Story::with_parameters(vec![(carry, 0)]);
    story.issue(1_000, SourceClass::Fiscal, until(day(2026, 12, 31)));
    let terms = story.terms(story.meals, &[600], 300);
    let contract = story.sign(&terms);
    let paid = story.pay(contract, PaymentKind::Advance, 100, "1");
    let closers = closers(&mut story);
    story.world.at(day(2027, 1, 4).start());
    close(&mut story, &closers, 2026);
    let known: ServiceContract = story.world.view().get(&contract).unwrap();
    assert_eq!((known.lapsed.0, known.paid.0), (500, 100));
    assert_eq!(story.held(FundAccount::Lapsed(story.fund)), vec![seg(0, 100, 1_000)]);
    // What the provider pays back has lapsed meanwhile too.
    let (amount, finding) = (Fen(100), document("finding"));
    let buyer = story.purchaser.clone();
    let call = Call::ClawbackOrder { contract, amount, finding };
    let order = RecordId(story.world.apply(CONTRACT, &[&buyer], &call));
    let call = Call::Refund {
        order,
        amount,
        bank_reference: bytes("refund"),
        value_date: story.world.now.day(),
        account: bytes("account of the fund"),
        receipt: document("receipt"),
    };
    let bank = story.bank.clone();
    story.world.apply(CONTRACT, &[&bank], &call);
    assert_eq!(story.held(FundAccount::Lapsed(story.fund)), vec![seg(0, 0, 1_000)]);
    assert_eq!(story.payment(paid).terms.amount, amount);
    story.world.check();

    let signers = [story.administrator.clone(), story.approver_one.clone(), bank];
    let signers = [&signers[0], &signers[1], &signers[2]];
    let back = |story: &Story, amount: u64, reference: &str| Call::TreasuryReturn {
        fund: story.fund,
        amount: Fen(amount),
        bank_reference: bytes(reference),
        value_date: story.world.now.day(),
        receipt: document("receipt"),
    };
    let call = back(&story, 1_001, "t1");
    story.world.reject(CONTRACT, &signers, &call, Code::InsufficientCompatible);
    let call = back(&story, 0, "t1");
    story.world.reject(CONTRACT, &signers, &call, Code::AmountZero);
    let call = back(&story, 1_000, "refund");
    story.world.reject(CONTRACT, &signers, &call, Code::BankReferenceDuplicate);
    let call = back(&story, 1_000, "t1");
    story.world.reject(CONTRACT, &signers[..2], &call, Code::BankKey);
    story.world.apply(CONTRACT, &signers, &call);
    assert_eq!(story.held(FundAccount::Returned(story.fund)), vec![seg(0, 0, 1_000)]);
    story.world.check();
}

#[test]
fn a_large_fund_is_closed_block_by_block() {
    let mut story = Story::new();
    let end = day(2026, 12, 31);
    // Every second source stays: nothing coalesces.
    for _ in 0..150 {
        story.issue(10, SourceClass::Fiscal, until(end));
        story.issue(10, SourceClass::UndesignatedDonation, free());
    }
    let terms = story.terms(story.meals, &[5], 0);
    let contract = story.sign(&terms);
    let closers = closers(&mut story);
    story.world.at(day(2027, 1, 4).start());
    let call = close_call(&story, 2026);
    let [one, two, three] = &closers;
    story.world.apply(CONTRACT, &[one, two, three], &call);
    let mut blocks = 0;
    while !known(&story, 2026).done {
        story.world.sweep();
        blocks += 1;
    }
    assert!(blocks >= 2, "300 segments are more than one block looks at");
    let year = known(&story, 2026);
    assert_eq!((year.carried.0, year.lapsed.0), (5, 1_495));
    assert_eq!(story.held(FundAccount::Committed(contract)).len(), 1);
    story.world.check();
}

#[test]
fn a_closing_is_refused_in_this_order() {
    let mut story = Story::new();
    let [one, two, three] = closers(&mut story);
    let low = story.approver_two.clone();
    let call = close_call(&story, 2026);
    let mut nowhere = call.clone();
    if let Call::FiscalClose { fund, .. } = &mut nowhere {
        *fund = RecordId(bytes("nothing"));
    }
    story.world.reject(CONTRACT, &[&one, &two, &three], &nowhere, Code::NotFound);
    story.world.reject(CONTRACT, &[&one, &two, &three], &call, Code::TimeWindow);
    let early = close_call(&story, 2025);
    story.world.reject(CONTRACT, &[&one, &two, &three], &early, Code::TimeWindow);
    let (treasurer, bank) = (story.treasurer.clone(), story.bank.clone());
    let credit = credit(&story, 700, "unknown");
    story.world.apply(CONTRACT, &[&treasurer, &bank], &credit);
    story.issue(1_000, SourceClass::Fiscal, free());
    let terms = story.terms(story.repairs, &[1_000], 500);
    let contract = story.sign(&terms);
    let payment = story.request(contract, PaymentKind::Advance, 100, "1");
    let approver = story.approver_one.clone();
    story.world.at(Day(day(2026, 12, 31).0).start());
    story.approve(payment, &approver);
    story.instruct(payment, "1");
    story.world.at(day(2027, 1, 11).start());
    story.world.reject(CONTRACT, &[&one, &two], &call, Code::Cosign);
    story.world.reject(CONTRACT, &[&two, &one, &three], &call, Code::Role);
    story.world.reject(CONTRACT, &[&one, &low, &three], &call, Code::ApproverLevel);
    story.world.reject(CONTRACT, &[&one, &two, &approver], &call, Code::Role);
    let both = story.world.grant(&two, REGULATOR, Role::Auditor, 0, None);
    let both = super::money_in::second_key(&mut story.world, &both, "second of the approver");
    story.world.reject(CONTRACT, &[&one, &two, &both], &call, Code::DuplicateApprover);
    let signers = [&one, &two, &three];
    story.world.reject(CONTRACT, &signers, &call, Code::CloseBlocked);
    let fail = Call::BankFail { instruction: bytes("1"), code: 1 };
    story.world.apply(CONTRACT, &[&bank], &fail);
    story.world.reject(CONTRACT, &signers, &call, Code::CloseBlocked);
    let back = send_back(&story, SourceId(0), "sent back");
    let trio = [story.administrator.clone(), approver, bank];
    story.world.apply(CONTRACT, &[&trio[0], &trio[1], &trio[2]], &back);
    story.world.apply(CONTRACT, &signers, &call);
    story.world.reject(CONTRACT, &signers, &call, Code::Exists);
    story.world.check();
}

#[test]
fn nothing_is_dated_in_a_closed_year() {
    let mut story = Story::new();
    story.issue(1_000, SourceClass::Fiscal, free());
    let terms = story.terms(story.repairs, &[1_000], 500);
    let contract = story.sign(&terms);
    let approver = story.approver_one.clone();
    let end = day(2026, 12, 31);
    story.world.at(end.start());
    let sent = story.request(contract, PaymentKind::Advance, 100, "1");
    story.approve(sent, &approver);
    story.instruct(sent, "1");
    let closers = closers(&mut story);
    story.world.at(day(2027, 1, 4).start());
    close(&mut story, &closers, 2026);
    assert!(is_closed(&story.world.view(), story.fund, 2026));
    let confirm = super::story::confirm_call("1", 100, end);
    let bank = story.bank.clone();
    story.world.reject(CONTRACT, &[&bank], &confirm, Code::PeriodClosed);
    let mut issue = story.issue_call(1, free());
    if let Call::SourceIssue { value_date, .. } = &mut issue {
        *value_date = end;
    }
    let signers = [story.administrator.clone(), approver, bank.clone()];
    let signers = [&signers[0], &signers[1], &signers[2]];
    story.world.reject(CONTRACT, &signers, &issue, Code::PeriodClosed);
    let lines = vec![LineTerms {
        code: "late".into(),
        name: "late".into(),
        catalogue: "A05".into(),
        approved: Fen(1),
        resolution: None,
    }];
    let budget = Call::BudgetDraft { fund: story.fund, year: 2026, lines };
    let officer = story.budget_one.clone();
    story.world.reject(CONTRACT, &[&officer], &budget, Code::PeriodClosed);
    story.confirm("1", 100);
    story.world.check();
    // A year later the grants are over; the books of 2027 wait for those of 2026 only.
    story.world.advance(DAY_MS);
    story.world.check();
}

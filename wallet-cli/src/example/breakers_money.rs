//! This exists to plant what breaks a rule of money: at least two rows for each code that such a row can
//! bring about.

use super::book::{Book, Line};
use super::contracts::{Contract, confirmed, failed, instructed};
use super::money::{
    self, LINE_OF_BREAKERS, LINE_WITHOUT_RESOLUTION, POOL, PURPOSES, fund, receipt,
};
use super::office::post;
use super::rewards::yuan;
use super::stage::{Stage, day, provider};
use super::when::{Date, When, working};
use super::world::World;
use super::{
    breakers_closing, breakers_grants, breakers_performance, breakers_relations, breakers_returns,
};
use linli_ledger::code::Code;

/// The provider of all scenes whose payments stay in the lowest tier.
const PROVIDER: u32 = 80;
/// The provider of scenes about money that comes back.
const PROVIDER_LATE: u32 = 76;

/// Plants all of it.
pub(super) fn plant(world: &World, book: &mut Book) {
    posts(world, book);
    breakers_grants::plant(world, book);
    let mut stage = Stage::new(world, book, 100, PROVIDER);
    for n in 0..2 {
        breakers_relations::plant(&mut stage, n);
        money_in(&mut stage, n);
        budgets(&mut stage, n);
        contracts(&mut stage, n);
        unpayable(&mut stage, n);
        deliveries(&mut stage, n);
        requests(&mut stage, n);
        approvals(&mut stage, n);
        tiers(&mut stage, n);
        instructions(&mut stage, n);
        bank(&mut stage, n);
    }
    let mut stage = Stage::new(world, book, 300, PROVIDER_LATE);
    for n in 0..2 {
        breakers_returns::plant(&mut stage, n);
        breakers_performance::plant(&mut stage, n);
        breakers_closing::plant(&mut stage, n);
    }
}

/// Second posts of one person, which break nothing until they are used beside the first.
fn posts(world: &World, book: &mut Book) {
    let path = world.path();
    let office = world.office();
    let mut second = |name: &str, role: &str, level: u32, first: String| {
        let line = post(world, world.officer(name, 1), &office, role, &path)
            .with("key_of", first)
            .with("registered_at", When::at(0, 10, 0));
        let line = if level > 0 { line.with("level", level) } else { line };
        book.add("officers", line);
    };
    second("资金兼批", "approver", 1, world.officer("资金", 1));
    second("资金兼收", "acceptance", 0, world.officer("资金", 1));
    second("出纳兼批", "approver", 1, world.officer("出纳", 1));
    second("一级兼二", "approver", 2, world.officer("一级", 1));
    second("出纳兼收", "acceptance", 0, world.officer("出纳", 1));
    second("资金兼预", "budget_officer", 0, world.officer("资金", 1));
    second("三级兼审", "auditor", 0, world.officer("三级", 1));
    for (number, name, role) in
        [(PROVIDER, "供方兼批", "approver"), (PROVIDER_LATE, "供方兼审", "auditor")]
    {
        provider(world, book, number);
        let line = post(world, world.officer(name, 1), &office, role, &path)
            .with("key_of", world.officer("经办", number))
            .with("registered_at", When::at(0, 10, 0));
        let line = if role == "approver" { line.with("level", 1) } else { line };
        book.add("officers", line);
    }
}

fn money_in(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    if n == 0 {
        let row = receipt(
            world,
            &world.code("SH", 9),
            POOL,
            50_000_000,
            super::office::BUREAU,
            When::at(8, 11, 1),
        )
        .with("class", "social_capital")
        .with("line", money::line(world, POOL, LINE_WITHOUT_RESOLUTION));
        stage.book.add("bank_receipts", row);
    }
    let at = When::at(working(70 + 90 * n), 11, 20);
    let wrong = |name: &str| {
        let code = world.code("SH", format!("{name}{n}"));
        receipt(world, &code, POOL, 500_000, &world.donor(1), at)
    };
    let own = world.officer("资金兼批", 1);
    for (line, code, why) in [
        (wrong("a").with("amount", "0.00"), Code::AmountZero, "nothing came in"),
        (wrong("b").with("bank", ""), Code::BankKey, "no bank says so"),
        (wrong("c").with("account", "别的账户"), Code::PayeeMismatch, "into another account"),
        (
            wrong("d").with("value_date", Date(at.day() + 3)),
            Code::TimeWindow,
            "credited in the future",
        ),
        (
            wrong("e").with("administrator", world.officer("资金", 1)).with("approver", own),
            Code::SelfApproval,
            "approved by who entered it",
        ),
        (
            wrong("f").with("bank_reference", format!("来账 {}", world.code("SH", 1))),
            Code::BankReferenceDuplicate,
            "one credit entered twice",
        ),
        (
            wrong("g").with("level", "two_clerks").with("bank", world.officer("出纳", 1)),
            Code::Cosign,
            "one clerk where two must sign",
        ),
        (wrong("h").with("amount", "5,000.00"), Code::JsonNumber, "a thousands separator"),
        (wrong("i").with("value_date", "2026-13-01"), Code::RowTime, "no such month"),
    ] {
        stage.book.add("bank_receipts", line.refused(code, why));
    }
}

fn budgets(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let mut number = 0;
    let mut draft = |catalogue: &str, year: u32, approved: &str, by: u32| {
        number += 1;
        let at = When::at(working(100 + n * 40), 10, number);
        Line::new(at)
            .with("budget", world.code("YS", format!("X{n}{number}")))
            .with("code", world.code("L", format!("X{n}{number}")))
            .with("fund", fund(world, POOL))
            .with("year", year)
            .with("name", "追加")
            .with("catalogue", catalogue)
            .with("approved", approved)
            .with("drafted_by", world.officer("预算", 1))
            .with("drafted_at", at)
            .with("approved_by", world.officer("预算", by))
            .with("approved_at", at.plus(60))
    };
    for (line, code, why) in [
        (draft("A0305", 2030 + n, "100.00", 1), Code::SelfApproval, "approved by its drafter"),
        (draft("A0305", 2026, "100.00", 2), Code::Exists, "a second budget of the year"),
        (draft("A0777", 2030 + n, "100.00", 2), Code::CatalogUnknown, "a code of no catalogue"),
        (draft("A0901", 2030 + n, "100.00", 2), Code::CatalogNegative, "labour in disguise"),
    ] {
        stage.book.add("budget", line.refused(code, why));
    }
    if n == 0 {
        let first = draft("A0305", 2032, "90071992547409.91", 2);
        let second = first.clone().with("code", world.code("L", "X0s"));
        for line in [first, second] {
            let why = "more than any sum that there is";
            stage.book.add("budget", line.refused(Code::AmountOverflow, why));
        }
    }
}

fn contracts(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let many = |contract: &Contract| {
        let one = format!("10.00@{}", Date(contract.signed.day() + 20));
        vec![one; 65].join(";")
    };
    let mut wrong = |change: &dyn Fn(Line, &Contract) -> Line, code: Code, why: &'static str| {
        let contract = stage.contract();
        let line = change(contract.row(world), &contract).refused(code, why);
        stage.book.add("contracts", line);
    };
    wrong(
        &|line, _| line.with("total", yuan(100_001 + u64::from(n))),
        Code::MilestoneSum,
        "the instalments are not the whole",
    );
    wrong(&|line, _| line.with("to", "2030-01-01"), Code::Term, "for more than three years");
    wrong(
        &|line, _| line.with("advance_max", "500.01"),
        Code::AdvanceLimit,
        "more than half in advance",
    );
    wrong(
        &|line, _| line.with("catalogue", "A0301"),
        Code::CatalogUnknown,
        "not what the line buys",
    );
    wrong(
        &|line, _| line.with("provider", world.office()),
        Code::RelatedBeneficiary,
        "the office buys from itself",
    );
    wrong(&|line, _| line.with("place", "5199/01"), Code::Scope, "in another district");
    wrong(&|line, _| line.with("provider_officer", ""), Code::Cosign, "one party signs");
    wrong(
        &|line, _| line.with("purchaser_officer", world.officer("资金", 1)),
        Code::Role,
        "signed by who is no purchaser",
    );
    wrong(
        &|line, contract| {
            line.with("milestones", many(contract))
                .with("total", "650.00")
                .with("advance_max", "1.00")
        },
        Code::TooManyLines,
        "sixty-five instalments",
    );
    wrong(&|line, _| line.with("fund", ""), Code::RowEmpty, "out of no fund");
    wrong(
        &|line, _| line.with("beneficiaries", "everybody"),
        Code::RowChoice,
        "a class that is none",
    );
}

/// Contracts that the money does not allow.
fn unpayable(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let over = |line: Line, amount: &str, contract: &Contract| {
        line.with("total", amount)
            .with("advance_max", "0.00")
            .with("milestones", format!("{amount}@{}", Date(contract.signed.day() + 20)))
    };
    let contract = stage.contract();
    let line = over(contract.row(world), "500000.01", &contract)
        .with("line", money::line(world, POOL, LINE_WITHOUT_RESOLUTION));
    let why = "a fen more than the line holds";
    stage.book.add("contracts", line.refused(Code::BudgetExceeded, why));
    // Money for disabled people, wanted for children, before much else has come in.
    let contract = stage.contract();
    let signed = When::at(working(9), 16, 20 + n);
    let line = over(Contract { signed, ..contract }.row(world), "90000.00", &stage.contract())
        .with("from", Date(signed.day()))
        .with("to", Date(signed.day() + 100))
        .with("fund", fund(world, 3))
        .with("line", money::line(world, 3, 1))
        .with("catalogue", PURPOSES[3].catalogue)
        .with("beneficiaries", "child");
    let why = "enough money, but for another purpose";
    stage.book.add("contracts", line.refused(Code::InsufficientCompatible, why));
}

fn deliveries(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let contract = stage.signed();
    let line = contract.acceptance(world, 1, 100, day(&contract, 1));
    let line = line.with("accepted_by", world.officer("验收", 1 + n));
    stage.book.add("acceptances", line.refused(Code::Cosign, "accepted by one officer"));
    let contract = stage.signed();
    let line = stage.advance(&contract, 1);
    stage.book.add("payments", line);
    let officers = format!("{};{}", world.officer("资金兼收", 1), world.officer("验收", 2));
    let line = contract.acceptance(world, 1, 100, day(&contract, 3)).with("accepted_by", officers);
    stage.book.add(
        "acceptances",
        line.refused(Code::SodAcceptance, "accepted by who asks for the money"),
    );
    let contract = stage.signed();
    stage.accepted(&contract);
    let line = contract.acceptance(world, 1, 100, day(&contract, 4));
    stage.book.add("acceptances", line.refused(Code::State, "delivered again after acceptance"));
    let contract = stage.signed();
    let line = contract.acceptance(world, 3 + n, 100, day(&contract, 1));
    stage.book.add("acceptances", line.refused(Code::NotFound, "an instalment that is not agreed"));
    let line = contract.acceptance(world, 0, 100, day(&contract, 1));
    stage
        .book
        .add("acceptances", line.refused(Code::RowReference, "instalments are counted from one"));
}

fn requests(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let contract = stage.signed();
    let code = stage.payment(&contract, 1);
    let line = contract.request(world, &code, Some(2), 10_000, day(&contract, 3));
    stage.book.add("payments", line.refused(Code::NotAccepted, "nobody has accepted it"));
    let line = stage.advance(&contract, 2).with("amount", yuan(30_001 + u64::from(n)));
    stage.book.add("payments", line.refused(Code::AdvanceLimit, "more in advance than agreed"));
    let line = stage.advance(&contract, 3).with("payee_account", "别的账户");
    stage.book.add("payments", line.refused(Code::PayeeMismatch, "to another account"));
    let line = stage.advance(&contract, 4).with("requested_by", world.officer("采购", 1));
    stage.book.add("payments", line.refused(Code::Role, "asked for by who signed the contract"));
    let line = stage.advance(&contract, 5).with("amount", "１００");
    stage.book.add("payments", line.refused(Code::JsonNumber, "full-width digits"));
    let line = stage.advance(&contract, 6).with("contract", "HT-none");
    stage.book.add("payments", line.refused(Code::RowReference, "an unknown contract"));
    let contract = stage.signed();
    stage.accepted(&contract);
    let code = stage.payment(&contract, 1);
    let line = contract.request(world, &code, Some(1), 60_001 + u64::from(n), day(&contract, 5));
    stage.book.add("payments", line.refused(Code::OverAccepted, "more than was accepted"));
    let contract = stage.signed();
    stage.paid(&contract, 1);
    let invoice = format!("发票 {}", stage.payment(&contract, 1));
    let line = stage.advance(&contract, 2).with("invoice", invoice);
    let line = line.with("requested_at", day(&contract, 8));
    stage.book.add("payments", line.refused(Code::InvoiceDuplicate, "an invoice that was paid"));
    // Closed while a payment waits.
    let contract = stage.contract();
    let line = stage.advance(&contract, 1);
    stage.book.add("payments", line);
    let officers = format!("{};{}", world.officer("采购", 1), world.officer("资金", 2));
    let line = contract.row(world).with("closed_by", officers).with("closed_at", day(&contract, 5));
    stage.book.add("contracts", line.refused(Code::CloseBlocked, "closed while a payment waits"));
}

fn approvals(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let mut wrong = |who: String, code: Code, why: &'static str| {
        let contract = stage.signed();
        let line = stage.advance(&contract, 1);
        let line = line.with("approvals", format!("{who}@{}", day(&contract, 2)));
        stage.book.add("payments", line.refused(code, why));
    };
    wrong(world.officer("资金兼批", 1), Code::SelfApproval, "approved by who asked for it");
    wrong(world.officer("预算", 1 + n), Code::Role, "approved by who is no approver");
    wrong(world.officer("供方兼批", 1), Code::RelatedApprover, "approved by who gets the money");
    let contract = stage.signed();
    let line = stage
        .advance(&contract, 1)
        .with("edited_amount", "120.00")
        .with("edited_at", day(&contract, 2))
        .with("approvals", format!("{}@{}#1", world.officer("一级", 1), day(&contract, 3)));
    stage
        .book
        .add("payments", line.refused(Code::ApprovalStale, "approved as it was before the change"));
    // And one that is sent back in good order.
    let contract = stage.signed();
    let line = stage
        .advance(&contract, 1)
        .with("refused_by", world.officer("一级", 2))
        .with("refused_at", day(&contract, 2));
    stage.book.add("payments", line);
}

fn tiers(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let request =
        |stage: &Stage<'_>, contract: &Contract, which: u32, amount: u64, who: &[(&str, u32)]| {
            let code = stage.payment(contract, which);
            let list: Vec<_> = (2..)
                .zip(who)
                .map(|(days, (post, number))| {
                    format!("{}@{}", world.officer(post, *number), day(contract, days))
                })
                .collect();
            contract
                .request(world, &code, None, amount, day(contract, 1).plus(which))
                .with("approvals", list.join(";"))
        };
    let contract = stage.greater(4_000_000, LINE_OF_BREAKERS);
    let line = request(stage, &contract, 1, 2_000_000, &[("一级", 1), ("一级兼二", 1)]);
    stage.book.add("payments", line.refused(Code::DuplicateApprover, "one person approves twice"));
    let contract = stage.greater(4_000_000, LINE_OF_BREAKERS);
    let line = request(stage, &contract, 1, 2_000_000, &[("一级", 1), ("一级", 2)]);
    stage.book.add("payments", line.refused(Code::ApproverLevel, "nobody of the second level"));
    // Two halves, each of which one officer might approve.
    let contract = stage.greater(4_000_000, LINE_OF_BREAKERS);
    let line = request(stage, &contract, 1, 400_000, &[("一级", 1)]);
    let instruction = stage.payment(&contract, 1);
    let line = instructed(world, line, &instruction, day(&contract, 3));
    stage.book.add("payments", line);
    let line = confirmed(world, &contract, &instruction, 400_000, day(&contract, 4));
    stage.book.add("bank_confirmations", line);
    let code = stage.payment(&contract, 2);
    let line = contract
        .request(world, &code, None, 400_000, day(&contract, 5))
        .with("approvals", format!("{}@{}", world.officer("一级", 1 + n), day(&contract, 6)));
    let line = instructed(world, line, &code, day(&contract, 7));
    stage.book.add("payments", line.refused(Code::ApprovalMissing, "a payment split in two"));
    let contract = stage.greater(20_000_000, LINE_WITHOUT_RESOLUTION);
    let line = request(stage, &contract, 1, 10_000_000, &[("二级", 1)]);
    stage.book.add("payments", line.refused(Code::CouncilMissing, "no council has resolved it"));
    let contract = stage.greater(120_000_000, LINE_OF_BREAKERS);
    let who = [("二级", 1), ("二级", 2), ("三级", 1)];
    let line = request(stage, &contract, 1, 60_000_000, &who);
    let line = instructed(world, line, stage.payment(&contract, 1), day(&contract, 5));
    stage
        .book
        .add("payments", line.refused(Code::ObjectionWindow, "before the regulator could object"));
}

fn instructions(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let contract = stage.signed();
    let line = stage.instructed(&contract, 1);
    let by = format!("{}@{}", world.officer("出纳兼批", 1), day(&contract, 2));
    let line = line.with("approvals", by);
    stage.book.add("payments", line.refused(Code::SodTreasury, "the treasurer approved it"));
    let contract = stage.signed();
    let line = stage.instructed(&contract, 1).with("approvals", "");
    stage.book.add("payments", line.refused(Code::ApprovalMissing, "nobody has approved it"));
    let contract = stage.signed();
    let before = stage.paid(&contract, 1);
    let line = stage.instructed(&contract, 2).with("instruction", before);
    let line = line.with("instructed_at", day(&contract, 4 + n));
    stage.book.add("payments", line.refused(Code::Exists, "an instruction number used before"));
}

fn bank(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let contract = stage.signed();
    let before = stage.paid(&contract, 1);
    let mut wrong = |change: &dyn Fn(Line) -> Line, code: Code, why: &'static str| {
        let contract = stage.signed();
        let instruction = stage.paid(&contract, 1);
        // A day before the bank gets it right.
        let line = confirmed(world, &contract, &instruction, 10_000, day(&contract, 5));
        stage.book.add("bank_confirmations", change(line).refused(code, why));
    };
    wrong(
        &|line| line.with("amount", yuan(9_999 - u64::from(n))),
        Code::BankAmount,
        "another amount than instructed",
    );
    wrong(
        &|line| line.with("payee_account", "别的账户"),
        Code::PayeeMismatch,
        "to another account",
    );
    wrong(&|line| line.with("bank", world.office()), Code::BankKey, "confirmed by who is no bank");
    wrong(
        &|line| line.with("reference", format!("流水 {before}")),
        Code::BankReferenceDuplicate,
        "a reference used before",
    );
    wrong(
        &|line| line.with("value_date", Date(5)),
        Code::TimeWindow,
        "paid before it was instructed",
    );
    wrong(
        &|line| line.with("instruction", format!("支付 X-{n}")),
        Code::NotFound,
        "of no instruction",
    );
    wrong(&|line| line.with("result", "perhaps"), Code::RowChoice, "neither paid nor failed");
    let contract = stage.signed();
    let instruction = stage.paid(&contract, 1);
    let line = confirmed(world, &contract, &instruction, 10_000, day(&contract, 7))
        .with("reference", format!("流水 {instruction} 二"));
    stage.book.add("bank_confirmations", line.refused(Code::AlreadyResolved, "confirmed twice"));
    let line = failed(world, &instruction, day(&contract, 8));
    stage
        .book
        .add("bank_confirmations", line.refused(Code::AlreadyResolved, "failed after it was paid"));
}

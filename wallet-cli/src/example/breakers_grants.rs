//! This exists to plant what breaks a rule of money that comes in another way than as one receipt of one
//! donor: small donations, money of unknown origin, wrong entries, other purposes.

use super::book::Book;
use super::grants::{
    credited, explained, other_purpose, sent_back, small_donation, source_reversal,
};
use super::money::{POOL, receipt};
use super::office::{BUREAU, TREASURY};
use super::when::{Date, When, working};
use super::world::World;
use linli_ledger::code::Code;

/// Plants all of it.
pub(super) fn plant(world: &World, book: &mut Book) {
    for n in 0..2 {
        lists(world, n, book);
        unknown(world, n, book);
        explanations(world, n, book);
        entries(world, n, book);
        purposes(world, n, book);
    }
}

/// A day in the first half of the year for the first round, three months later for the second.
fn day(n: u32, day: u32) -> u32 {
    working(day + 90 * n)
}

/// Lists of small donations share the fate of their receipt.
fn lists(world: &World, n: u32, book: &mut Book) {
    let at = When::at(day(n, 75), 13, 0);
    let mut list =
        |name: &str, donations: u32, amount: u64, why: &'static str, codes: [Code; 2]| {
            let batch = world.code("WJ", format!("{name}{n}"));
            let [of_donation, of_receipt] = codes;
            for number in 1..=donations {
                let row = small_donation(&batch, number, 1_000, at);
                book.add("micro_donations", row.refused(of_donation, why));
            }
            let row = receipt(world, &batch, POOL, amount, &world.foundation(1), at)
                .with("class", if name == "a" { "fiscal" } else { "undesignated_donation" })
                .with("donations", &batch);
            book.add("bank_receipts", row.refused(of_receipt, why));
        };
    let lost = Code::RowReference;
    list("a", 2, 2_000, "an appropriation in small donations", [Code::Batch, Code::Batch]);
    list("b", 2, 2_001, "the donations are not the credit", [lost, Code::RowChoice]);
    list("c", 1, 1_000, "one donation is no list", [lost, Code::Batch]);
    list("d", 0, 1_000, "a list that is not there", [lost, lost]);
    let row = small_donation(&world.code("WJ", format!("a{n}")), 3, 0, at);
    book.add("micro_donations", row.refused(Code::AmountZero, "somebody gave nothing"));
}

/// Money of unknown origin.
fn unknown(world: &World, n: u32, book: &mut Book) {
    let at = When::at(day(n, 80), 13, 5);
    let wrong =
        |name: &str| credited(world, &world.code("DC", format!("{name}{n}")), POOL, 50_000, at);
    let clerk = world.officer("出纳兼收", 1);
    for (line, code, why) in [
        (wrong("a").with("amount", "0.00"), Code::AmountZero, "nothing came in"),
        (wrong("b").with("account", "别的账户"), Code::PayeeMismatch, "into another account"),
        (wrong("c").with("bank", ""), Code::BankKey, "no bank says so"),
        (wrong("d").with("value_date", Date(at.day() + 2)), Code::TimeWindow, "in the future"),
        (
            wrong("e").with("level", "two_clerks").with("bank", clerk),
            Code::DuplicateApprover,
            "both clerks are one person",
        ),
        (
            wrong("f").with("bank_reference", format!("来账 {}", world.code("DC", 1))),
            Code::BankReferenceDuplicate,
            "one credit entered twice",
        ),
        (
            wrong("g").with("level", "two_clerks").with("bank", ""),
            Code::Cosign,
            "one clerk where two must sign",
        ),
        (
            wrong("h").with("treasurer", world.officer("资金", 1)),
            Code::Role,
            "entered by who is no treasurer",
        ),
    ] {
        book.add("suspense", line.refused(code, why));
    }
}

/// What is said of it later.
fn explanations(world: &World, n: u32, book: &mut Book) {
    let code = world.code("DC", format!("x{n}"));
    let from = day(n, 85);
    let at = |days: u32| When::at(from + days, 13, 10);
    book.add("suspense", credited(world, &code, POOL, 60_000, at(0)));
    let both = format!("{};{}", world.officer("资金", 1), world.officer("资金兼批", 1));
    let refused = world.code("DC", format!("a{n}"));
    for (line, code, why) in [
        (
            explained(world, &code, at(1)).with("signed_by", both),
            Code::SelfApproval,
            "explained and approved by one person",
        ),
        (explained(world, &refused, at(2)), Code::NotFound, "money that never came in"),
        (explained(world, "DC-none", at(2)), Code::RowReference, "money that nobody entered"),
        (
            explained(world, &code, at(3)).with("lapse_on", Date(from)),
            Code::TimeOrder,
            "over before it may be used",
        ),
        (explained(world, &code, at(61)), Code::Deadline, "explained too late"),
        (explained(world, &code, at(70)), Code::State, "explained after it went back"),
    ] {
        book.add("suspense_resolutions", line.refused(code, why));
    }
    let back = |days: u32| sent_back(world, &code, at(days));
    let early = back(62).with("value_date", Date(from - 1));
    book.add("suspense_returns", early.refused(Code::TimeWindow, "sent back before it came"));
    book.add("suspense_returns", back(63));
    book.add("suspense_returns", back(64).refused(Code::State, "sent back twice"));
}

/// Mirror images of money that came in.
fn entries(world: &World, n: u32, book: &mut Book) {
    let code = world.code("SH", format!("x{n}"));
    let from = day(n, 90);
    let at = |days: u32| When::at(from + days, 13, 15);
    let row = receipt(world, &code, POOL, 40_000, &world.donor(2), at(0))
        .with("class", "designated_donation")
        .with("purposes", "A0399");
    book.add("bank_receipts", row);
    let mut number = 0;
    let mut reversal = |source: &str, days: u32| {
        number += 1;
        let name = format!("冲正 {source}-{n}-{number}");
        source_reversal(world, source, at(days)).with("code", name)
    };
    let pair = format!("{};{}", world.officer("资金", 2), world.officer("一级", 2));
    let own = [world.officer("资金", 1), world.officer("资金兼批", 1), world.bank()].join(";");
    for (line, code, why) in [
        (reversal(&world.code("SH", 1), 1), Code::SegmentMoved, "some of it is bound in contracts"),
        (reversal(&code, 1).with("signed_by", pair), Code::BankKey, "no bank says so"),
        (reversal(&code, 1).with("signed_by", own), Code::SelfApproval, "by one person"),
        (reversal(&code, 4), Code::AlreadyReversed, "mirrored before"),
        (
            reversal(&code, 4).with("payment", world.code("FK", "00-01")),
            Code::RowChoice,
            "two entries in one row",
        ),
    ] {
        book.add("reversals", line.refused(code, why));
    }
    book.add("reversals", reversal(&code, 2));
    book.add("suspense_resolutions", explained(world, &code, at(6)));
}

/// Other purposes.
fn purposes(world: &World, n: u32, book: &mut Book) {
    let code = world.code("SH", format!("y{n}"));
    let from = day(n, 95);
    let at = |days: u32| When::at(from + days, 13, 20);
    let donor = world.donor(3);
    let row = receipt(world, &code, POOL, 40_000, &donor, at(0))
        .with("class", "designated_donation")
        .with("purposes", "A0399");
    book.add("bank_receipts", row);
    let change = |agrees: &str| other_purpose(world, &code, 10_000, 20_000, agrees, at(1));
    let one = world.officer("资金", 1);
    for (line, code, why) in [
        (change(&world.donor(2)), Code::ConsentMissing, "another donor agrees"),
        (change(&donor).with("signed_by", &one), Code::ConsentMissing, "nobody agrees"),
        (
            change(&format!("{donor};{}", world.officer("预算", 1))),
            Code::Cosign,
            "more sign than are asked",
        ),
        (change(&donor).with("amount", "300.01"), Code::NotFound, "fen that it never had"),
        (change(&donor).with("amount", "0.00"), Code::AmountZero, "no fen at all"),
        (
            change(&donor).with("lapse_on", Date(from - 1)),
            Code::TimeOrder,
            "over before it may be used",
        ),
        (
            change(BUREAU).with("source", world.code("SH", 1)).with("start", "0.00"),
            Code::SegmentMoved,
            "fen that are bound in a contract",
        ),
        (
            change("")
                .with("source", world.code("CZ", POOL))
                .with("signed_by", format!("{one};{}", world.officer("资金兼预", 1))),
            Code::SelfApproval,
            "the budget office is the administrator",
        ),
        (
            change(TREASURY).with("source", world.code("CZ", POOL)),
            Code::ConsentMissing,
            "of public money not who gave it agrees",
        ),
    ] {
        book.add("reclassifications", line.refused(code, why));
    }
}

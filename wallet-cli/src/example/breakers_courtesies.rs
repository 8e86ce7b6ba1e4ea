//! This exists to plant what breaks a rule of returned rewards, claims, gifts, and of rewards that a budget
//! pays or that get more pieces: twice each code that such a row can bring about.

use super::book::{Book, Line};
use super::courtesies::{claim, funded, gift, restocked, returned};
use super::money;
use super::office::post;
use super::people::Resident;
use super::rewards::{Reward, handed_out};
use super::scenes::{SPENDABLE, Scenes, officers};
use super::when::{Date, When};
use super::world::World;
use linli_ledger::code::Code;

/// Everything happens in the first community.
const HERE: u32 = 1;
/// The budget line that pays, and one of a budget that nobody has approved.
const LINE: u32 = 1;
const LINE_OF_DRAFT: u32 = 7;

/// Plants all of it.
pub(super) fn plant(world: &World, book: &mut Book) {
    posts(world, book);
    let draft = money::budget_line(world, money::POOL, LINE_OF_DRAFT, 1_000_000)
        .with("budget", world.code("YS", "draft"))
        .with("approved_by", "")
        .with("approved_at", "");
    book.add("budget", draft);
    for n in 0..2 {
        let mark = if n == 0 { "YA" } else { "YB" };
        let mut scenes = Scenes::new(world, HERE, mark, book);
        let reward = Reward {
            code: scenes.code("DH", "fund"),
            community: HERE,
            shop: 'b',
            price: 20,
            value: 800,
        };
        let line = funded(world, &reward, 50);
        scenes.book.add("rewards", line);
        let day = 100 + 100 * n;
        offers(&mut scenes, &reward);
        updates(&mut scenes, &reward, day);
        let neighbour = returns(&mut scenes, &reward, day);
        claims(&mut scenes, &reward, day);
        gifts(&mut scenes, &neighbour, day + 20);
    }
}

/// Second posts of the shop's clerk, who may not agree with herself.
fn posts(world: &World, book: &mut Book) {
    let clerk = format!("店员{}", world.shop(HERE, 'b'));
    for (name, role) in [("店兼积分", "points_operator"), ("店兼预算", "budget_officer")] {
        let line = post(world, world.officer(name, 1), world.office(), role, world.path())
            .with("key_of", &clerk)
            .with("registered_at", When::at(0, 10, 0));
        book.add("officers", line);
    }
}

fn offers(scenes: &mut Scenes<'_>, reward: &Reward) {
    let world = scenes.world;
    let own = officers(world, &[("积分", 1), ("店兼预算", 1)]);
    let changes: [(&'static str, &'static str, String, Code, &'static str); 5] = [
        (
            "draft",
            "line",
            money::line(world, money::POOL, LINE_OF_DRAFT),
            Code::State,
            "paid by a budget that nobody has approved",
        ),
        (
            "alone",
            "cosigned_by",
            world.officer("积分", 1),
            Code::Cosign,
            "no budget officer agrees",
        ),
        ("self", "cosigned_by", own, Code::SelfApproval, "the budget officer is the shop's clerk"),
        ("none", "line", "no line".into(), Code::RowReference, "paid by an unknown line"),
        ("who", "cosigned_by", "nobody".into(), Code::RowReference, "agreed by nobody"),
    ];
    for (name, column, value, code, why) in changes {
        let wrong = Reward { code: scenes.code("DH", name), ..reward.clone() };
        let line = funded(world, &wrong, 10).with(column, value).refused(code, why);
        scenes.book.add("rewards", line);
    }
}

fn updates(scenes: &mut Scenes<'_>, reward: &Reward, day: u32) {
    let world = scenes.world;
    let at = When::at(day, 10, 40);
    let refused = Reward { code: scenes.code("DH", "cash"), ..reward.clone() };
    let line = funded(world, &refused, 10).with("kind", "cash");
    scenes.book.add("rewards", line.refused(Code::RewardKind, "points are no money"));
    let over = Reward { code: scenes.code("DH", "over"), ..reward.clone() };
    let line = funded(world, &over, 10).with("valid_to", Date(60));
    scenes.book.add("rewards", line);
    let right = || restocked(world, reward, 5, at);
    let other = format!("店员{}", world.shop(HERE, 'a'));
    for (line, code, why) in [
        (right().with("pieces_added", 0), Code::AmountZero, "no piece more"),
        (restocked(world, &refused, 5, at), Code::NotFound, "more of what was refused"),
        (restocked(world, &over, 5, at), Code::ItemExpired, "more of what is over"),
        (right().with("offered_by", other), Code::Scope, "more, says another shop"),
        (right().with("cosigned_by", ""), Code::Cosign, "no operator agrees"),
        (
            right().with("cosigned_by", world.officer("店兼积分", 1)),
            Code::SelfApproval,
            "the operator is the shop's clerk",
        ),
        (right().with("pieces_added", u32::MAX), Code::AmountOverflow, "more than can be counted"),
        (right().with("pieces_added", "几个"), Code::JsonNumber, "no number"),
    ] {
        scenes.book.add("reward_updates", line.refused(code, why));
    }
}

/// A voucher on a day; fetched in the afternoon if `is_fetched`.
fn voucher(
    scenes: &mut Scenes<'_>,
    reward: &Reward,
    resident: &Resident,
    name: &str,
    day: u32,
    is_fetched: bool,
) -> String {
    let code = scenes.code("DQ", name);
    let line = reward.voucher(&code, &resident.code, When::at(day, 12, 20));
    scenes.book.add("redemptions", line);
    if is_fetched {
        let clerk = reward.clerk(scenes.world);
        scenes.book.add("handouts", handed_out(&code, &clerk, When::at(day, 16, 20)));
    }
    code
}

/// Returns somebody who has 24 points at the end.
fn returns(scenes: &mut Scenes<'_>, reward: &Reward, day: u32) -> Resident {
    let world = scenes.world;
    let neighbour = scenes.neighbour();
    for later in 0..4 {
        scenes.awarded(day + later, &neighbour);
    }
    let from = day + 3 + SPENDABLE;
    let refuse = |book: &mut Book, line: Line, code: Code, why: &'static str| {
        book.add("returned_rewards", line.refused(code, why));
    };
    let open = voucher(scenes, reward, &neighbour, "open", from, false);
    let line = returned(world, reward, &open, When::at(from + 1, 11, 35));
    refuse(scenes.book, line, Code::State, "returned before it was handed out");
    let kept = voucher(scenes, reward, &neighbour, "kept", from, true);
    let at = When::at(from + 1, 11, 36);
    let line = returned(world, reward, &kept, at);
    refuse(scenes.book, line.clone().with("officer", ""), Code::Cosign, "no shop agrees");
    let other = format!("店员{}", world.shop(HERE, 'a'));
    refuse(scenes.book, line.with("officer", other), Code::Cosign, "another shop agrees");
    let line = returned(world, reward, &kept, When::at(from + 8, 11, 37));
    refuse(scenes.book, line, Code::Deadline, "returned after eight days");
    let back = voucher(scenes, reward, &neighbour, "back", from, true);
    let line = returned(world, reward, &back, at);
    scenes.book.add("returned_rewards", line);
    let line = returned(world, reward, &back, When::at(from + 2, 11, 38));
    refuse(scenes.book, line, Code::AlreadyResolved, "returned twice");
    let poor = scenes.neighbour();
    let code = scenes.code("DQ", "poor");
    let line = reward.voucher(&code, &poor.code, When::at(from, 12, 30));
    scenes.book.add("redemptions", line.refused(Code::InsufficientPoints, "nothing earned yet"));
    let line = returned(world, reward, &code, at);
    refuse(scenes.book, line, Code::NotFound, "returned without a voucher");
    neighbour
}

/// The one voucher that is kept counts 16 days after the first session: on 27 April, and on 5 August.
fn claims(scenes: &mut Scenes<'_>, reward: &Reward, day: u32) {
    let world = scenes.world;
    let month = if day < 200 { 3 } else { 7 };
    let paid_by = money::line(world, money::POOL, LINE);
    let claim =
        |month: u32, at: When| claim(world, reward, month, at).with("line", paid_by.clone());
    // A block before each: what a claim names is the batch after the block before.
    let counted = day + 3 + SPENDABLE + 8;
    let after = |book: &mut Book, day: u32, line: Line| {
        book.add("reward_updates", restocked(world, reward, 1, When::at(day, 8, 45)));
        book.add("claims", line);
    };
    let line = claim(month, When::at(counted, 9, 45));
    after(scenes.book, counted, line.refused(Code::TimeWindow, "claimed before the month is over"));
    let later = counted + 35;
    let why = "claims for another shop";
    let other = format!("店员{}", world.shop(HERE, 'a'));
    let line = claim(month, When::at(later, 9, 40)).with("claimed_by", other);
    after(scenes.book, later, line.refused(Code::Scope, why));
    scenes.book.add("claims", claim(month, When::at(later, 9, 45)));
    let line = claim(month, When::at(later + 1, 9, 45));
    after(scenes.book, later + 1, line.refused(Code::VoucherClaimed, "claimed twice"));
    let line = claim(0, When::at(later + 2, 9, 45));
    after(scenes.book, later + 2, line.refused(Code::Condition, "nothing to claim"));
    let line = claim(0, When::at(later + 3, 9, 45)).with("month", "2026-13");
    scenes.book.add("claims", line.refused(Code::RowTime, "a thirteenth month"));
}

fn gifts(scenes: &mut Scenes<'_>, neighbour: &Resident, day: u32) {
    let world = scenes.world;
    let other = scenes.neighbour();
    let right = |points: u32| gift(world, &neighbour.code, points, When::at(day, 19, 40));
    for (line, code, why) in [
        (right(60).with("what", "minutes"), Code::AssetSoulbound, "hours are one's own"),
        (right(5).with("to", &other.code), Code::TransferNotAllowed, "points to a neighbour"),
        (right(201), Code::PersonLimit, "more than a month may have"),
        (right(0), Code::AmountZero, "a gift of nothing"),
        (right(200), Code::InsufficientPoints, "more than there is"),
        (right(5).with("what", "money"), Code::RowChoice, "neither points nor hours"),
        (right(5).with("to", "nobody"), Code::RowReference, "to nobody"),
    ] {
        scenes.book.add("gifts", line.refused(code, why));
    }
}

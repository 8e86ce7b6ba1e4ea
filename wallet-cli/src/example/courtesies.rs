//! This exists to tell what becomes of points: spent before they were corrected, returned with a defective
//! reward, forgotten in a voucher, given to the care pool, claimed by the partner.

use super::book::{Book, Line};
use super::money;
use super::people::Resident;
use super::rewards::{Reward, handed_out};
use super::scenes::{SPENDABLE, Scenes, officers};
use super::stories::TOLD;
use super::when::{MONTHS, When};
use super::world::World;
use std::collections::BTreeSet;

/// The budget line that pays for what the fund gives: the first of the fund for everything.
const LINE: u32 = 1;
/// The first and the last day on which a story may begin: the last claim is made in December.
const BEGIN: (u32, u32) = (20, 280);
/// Days for which a reward may be returned; after them it counts.
const RETURNABLE: u32 = 7;

/// What the shop `a` of a community gives for points.
pub(super) struct Shelf {
    /// The shop pays.
    own: Reward,
    /// A budget line pays.
    funded: Reward,
}

/// Months of the year whose vouchers certainly count: of the shop's own rewards, and of funded ones.
type Months = BTreeSet<(bool, u32)>;

/// The row of a reward that a budget line pays.
pub(super) fn funded(world: &World, reward: &Reward, stock: u32) -> Line {
    let agree = officers(world, &[("积分", 1), ("预算", 1)]);
    reward
        .line(world, "图书借阅包", "goods", stock)
        .with("line", money::line(world, money::POOL, LINE))
        .with("cosigned_by", agree)
        .with("offered_at", When::at(7, 10, 0))
}

/// The row of a partner's claim of a month.
pub(super) fn claim(world: &World, reward: &Reward, month: u32, at: When) -> Line {
    Line::new(at)
        .with("partner", world.shop(reward.community, reward.shop))
        .with("programme", world.code("JF", 1))
        .with("month", format!("2026-{:02}", month + 1))
        .with("claimed_by", reward.clerk(world))
        .with("claimed_at", at)
}

/// The row of points for the care pool.
pub(super) fn gift(world: &World, resident: &str, points: u32, at: When) -> Line {
    Line::new(at)
        .with("programme", world.code("JF", 1))
        .with("resident", resident)
        .with("what", "points")
        .with("amount", points)
        .with("to", "care_pool")
        .with("at", at)
}

/// The row of more pieces on a shelf.
pub(super) fn restocked(world: &World, reward: &Reward, pieces: u32, at: When) -> Line {
    Line::new(at)
        .with("reward", &reward.code)
        .with("pieces_added", pieces)
        .with("offered_by", reward.clerk(world))
        .with("cosigned_by", world.officer("积分", 1))
        .with("at", at)
}

/// The row of a defective reward that is given back.
pub(super) fn returned(world: &World, reward: &Reward, voucher: &str, at: When) -> Line {
    Line::new(at)
        .with("voucher", voucher)
        .with("restock", "no")
        .with("officer", reward.clerk(world))
        .with("at", at)
}

/// The month, counted from 0, of a day of the year.
fn month_of(day: u32) -> u32 {
    let ends = MONTHS.iter().scan(0, |end, days| {
        *end += days;
        Some(*end)
    });
    (0..).zip(ends).find(|(_, end)| day < *end).map_or(11, |(month, _)| month)
}

/// The first day of a month, both counted from 0.
fn first_day(month: u32) -> u32 {
    MONTHS.iter().take(month as usize).sum()
}

/// Tells every story of one community.
pub(super) fn tell(world: &World, community: u32, book: &mut Book) {
    let mut random = world.random(&format!("courtesies {community}"));
    let mut scenes = Scenes::new(world, community, "D", book);
    let told = world.local_share(TOLD).max(1);
    let shelf = shelf(&mut scenes, told);
    let mut months = Months::new();
    let mut number = 0;
    for _ in 0..told {
        let day = random.between(BEGIN.0, BEGIN.1);
        let mut counter =
            Counter { shelf: &shelf, scenes: &mut scenes, months: &mut months, number };
        spent_before(&mut counter, day, "volunteer");
        spent_before(&mut counter, day, "organiser");
        defective(&mut counter, day);
        forgotten(&mut counter, day);
        number = counter.number;
        given(&mut scenes, day);
    }
    claims(&mut scenes, &shelf, &months);
}

fn shelf(scenes: &mut Scenes<'_>, told: u32) -> Shelf {
    let reward = |name: &str| Reward {
        code: scenes.code("DH", name),
        community: scenes.community,
        shop: 'a',
        price: 20,
        value: 800,
    };
    let (own, funded) = (reward("own"), reward("fund"));
    let line = own.line(scenes.world, "邻里茶叙", "service", told * 6).with("per_person", 2);
    scenes.book.add("rewards", line);
    let line = self::funded(scenes.world, &funded, told * 2).with("per_person", 2);
    scenes.book.add("rewards", line);
    Shelf { own, funded }
}

/// Where vouchers are reserved and fetched.
struct Counter<'a, 'b> {
    shelf: &'a Shelf,
    scenes: &'a mut Scenes<'b>,
    months: &'a mut Months,
    number: u32,
}

impl Counter<'_, '_> {
    fn reserved(&mut self, reward: &Reward, resident: &Resident, day: u32) -> String {
        self.number += 1;
        let code = self.scenes.code("DQ", self.number);
        let at = When::at(day, 12, self.number % 50);
        self.scenes.book.add("redemptions", reward.voucher(&code, &resident.code, at));
        code
    }

    fn fetched(&mut self, reward: &Reward, resident: &Resident, day: u32) -> String {
        let code = self.reserved(reward, resident, day);
        let at = When::at(day, 16, self.number % 50);
        let clerk = reward.clerk(self.scenes.world);
        self.scenes.book.add("handouts", handed_out(&code, &clerk, at));
        code
    }

    /// It is kept: it counts for the month in which it cannot be returned any more.
    fn kept(&mut self, is_funded: bool, resident: &Resident, day: u32) {
        let shelf = self.shelf;
        let reward = if is_funded { &shelf.funded } else { &shelf.own };
        self.fetched(reward, resident, day);
        self.months.insert((is_funded, month_of(day + RETURNABLE)));
    }
}

/// Somebody spends points of an award that was too high. Where it was the volunteer's own error, a part of
/// the next award makes good what was spent too much; where it was the organiser's, nobody owes it.
fn spent_before(counter: &mut Counter<'_, '_>, day: u32, error_by: &str) {
    let neighbour = counter.scenes.neighbour();
    let activity = counter.scenes.awarded(day, &neighbour);
    counter.kept(false, &neighbour, day + SPENDABLE);
    let at = When::at(day + SPENDABLE + 5, 11, 25);
    let line = counter.scenes.corrected(&activity, &neighbour, 60, at);
    counter.scenes.book.add("corrections", line.with("error_by", error_by));
    counter.scenes.awarded(day + SPENDABLE + 8, &neighbour);
}

/// A reward is defective: it goes back, the points return to their batches, and buy another.
fn defective(counter: &mut Counter<'_, '_>, day: u32) {
    let shelf = counter.shelf;
    for (reward, restock) in [(&shelf.funded, "yes"), (&shelf.own, "no")] {
        let neighbour = counter.scenes.neighbour();
        counter.scenes.awarded(day + 1, &neighbour);
        let fetched = day + 1 + SPENDABLE;
        let voucher = counter.fetched(reward, &neighbour, fetched);
        let at = When::at(fetched + 3, 11, 30);
        let line = returned(counter.scenes.world, reward, &voucher, at);
        counter.scenes.book.add("returned_rewards", line.with("restock", restock));
        counter.kept(restock == "yes", &neighbour, fetched + 4);
    }
}

/// Nobody fetches a reward in time: after a week the points are there again.
fn forgotten(counter: &mut Counter<'_, '_>, day: u32) {
    let neighbour = counter.scenes.neighbour();
    counter.scenes.awarded(day + 2, &neighbour);
    let reward = &counter.shelf.own;
    counter.reserved(reward, &neighbour, day + 2 + SPENDABLE);
    counter.kept(false, &neighbour, day + 2 + SPENDABLE + 8);
}

/// Some of the points go to neighbours in need.
fn given(scenes: &mut Scenes<'_>, day: u32) {
    for points in [5, 24] {
        let neighbour = scenes.neighbour();
        scenes.awarded(day + 3, &neighbour);
        let at = When::at(day + 3 + SPENDABLE, 19, 10);
        let line = gift(scenes.world, &neighbour.code, points, at);
        scenes.book.add("gifts", line);
    }
}

/// On the third of the next month the shop fills its shelf, and an hour later it claims.
fn claims(scenes: &mut Scenes<'_>, shelf: &Shelf, months: &Months) {
    let filled: BTreeSet<_> = months.iter().map(|(_, month)| *month).collect();
    for month in filled {
        let at = When::at(first_day(month + 1) + 2, 8, scenes.community);
        let line = restocked(scenes.world, &shelf.own, 2, at);
        scenes.book.add("reward_updates", line);
    }
    for (is_funded, month) in months {
        let at = When::at(first_day(month + 1) + 2, 9, scenes.community);
        let at = if *is_funded { at.plus(20) } else { at };
        let line = claim(scenes.world, &shelf.own, *month, at);
        let paid_by = money::line(scenes.world, money::POOL, LINE);
        let line = if *is_funded { line.with("line", paid_by) } else { line };
        scenes.book.add("claims", line);
    }
}

//! This exists to invent what shops give for points, and who fetches it.

use super::book::{Book, Line};
use super::people::Resident;
use super::random::Random;
use super::when::{Date, When};
use super::world::World;

/// Vouchers of each community in a year: 44 000 in 12.
const VOUCHERS: u32 = 3_667;
/// The first day on which somebody has points to spend.
const FIRST_DAY: u32 = 20;
/// The day after the last.
const END_DAY: u32 = 360;
/// The most that one person may get in a year, in fen; below the ledger's own limit.
const VALUE_MAX: u32 = 50_000;
/// Rewards: title, kind, price in points, fair value in fen.
const REWARDS: &[(&str, &str, u32, u32)] = &[
    ("小袋大米", "goods", 40, 1_800),
    ("理发一次", "service", 45, 2_000),
    ("洗衣液", "goods", 30, 1_500),
    ("书法课优先报名", "priority", 15, 0),
    ("修鞋半价券", "discount", 20, 900),
];

/// A reward of one shop.
#[derive(Clone, Debug)]
pub(super) struct Reward {
    pub(super) code: String,
    pub(super) community: u32,
    pub(super) shop: char,
    pub(super) price: u32,
    pub(super) value: u32,
}

impl Reward {
    /// Who hands it out.
    pub(super) fn clerk(&self, world: &World) -> String {
        format!("店员{}", world.shop(self.community, self.shop))
    }

    /// The row of its offer.
    pub(super) fn line(&self, world: &World, title: &str, kind: &str, stock: u32) -> Line {
        let at = When::at(5, 10, 0);
        Line::new(at)
            .with("code", &self.code)
            .with("programme", world.code("JF", 1))
            .with("partner", world.shop(self.community, self.shop))
            .with("title", title)
            .with("kind", kind)
            .with("price", self.price)
            .with("fair_value", yuan(u64::from(self.value)))
            .with("stock", stock)
            .with("per_person", 20)
            .with("valid_from", Date(6))
            .with("valid_to", Date(400))
            .with("offered_by", self.clerk(world))
            .with("cosigned_by", world.officer("积分", 1))
            .with("offered_at", at)
    }

    /// The row of somebody who reserves one.
    pub(super) fn voucher(&self, code: &str, resident: &str, at: When) -> Line {
        Line::new(at)
            .with("code", code)
            .with("reward", &self.code)
            .with("resident", resident)
            .with("redeemed_at", at)
    }
}

/// The row of a voucher that is handed out.
pub(super) fn handed_out(voucher: &str, clerk: &str, at: When) -> Line {
    Line::new(at)
        .with("voucher", voucher)
        .with("act", "fulfil")
        .with("officer", clerk)
        .with("secret", "given")
        .with("at", at)
}

/// Fen as yuan with two decimals.
pub(super) fn yuan(fen: u64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// The offers of one community's two shops.
pub(super) fn offers(world: &World, community: u32, book: &mut Book) -> Vec<Reward> {
    let mut rewards = Vec::new();
    for shop in ['a', 'b'] {
        for (which, (title, kind, price, value)) in (1..).zip(REWARDS) {
            let code = world.code("DH", format!("{community:02}{shop}-{which}"));
            let reward = Reward { code, community, shop, price: *price, value: *value };
            book.add("rewards", reward.line(world, title, kind, VOUCHERS));
            rewards.push(reward);
        }
    }
    rewards
}

/// What somebody has, in the course of the year.
#[derive(Clone, Debug, Default)]
struct Purse {
    next: usize,
    points: u32,
    value: u32,
    /// Pieces by reward.
    pieces: Vec<u32>,
}

/// A year of one community's vouchers.
pub(super) fn year(
    world: &World,
    community: u32,
    people: &mut [Resident],
    rewards: &[Reward],
    book: &mut Book,
) {
    let mut random = world.random(&format!("rewards {community}"));
    for resident in &mut *people {
        resident.earned.sort_by_key(|(at, _)| *at);
    }
    let empty = Purse { pieces: vec![0; rewards.len()], ..Purse::default() };
    let mut purses = vec![empty; people.len()];
    let mut number = 0;
    for day in FIRST_DAY..END_DAY {
        let due = world.local_share(VOUCHERS) * (day + 1 - FIRST_DAY) / (END_DAY - FIRST_DAY);
        // Early in the year hardly anybody has enough: what is not taken today is taken later.
        for _ in 0..400 {
            if number >= due {
                break;
            }
            let position = random.below(u32::try_from(people.len()).unwrap_or(1)) as usize;
            let (Some(resident), Some(purse)) = (people.get(position), purses.get_mut(position))
            else {
                continue;
            };
            let at = When::at(day, 12, random.below(58));
            let which = random.below(u32::try_from(rewards.len()).unwrap_or(1)) as usize;
            if reserve(resident, purse, which, &rewards[which], at) {
                number += 1;
                let code = world.code("DQ", format!("{community:02}-{number:05}"));
                book.add("redemptions", rewards[which].voucher(&code, &resident.code, at));
                fetch(world, &code, &rewards[which], at, &mut random, book);
            }
        }
    }
}

/// Takes the price out of a purse, if it holds so much and no limit is near.
fn reserve(
    resident: &Resident,
    purse: &mut Purse,
    which: usize,
    reward: &Reward,
    at: When,
) -> bool {
    while let Some((_, points)) = resident.earned.get(purse.next).filter(|(from, _)| *from <= at) {
        purse.points += points;
        purse.next += 1;
    }
    let is_within = purse.pieces[which] < 20 && purse.value + reward.value <= VALUE_MAX;
    if purse.points < reward.price || !is_within {
        return false;
    }
    purse.points -= reward.price;
    purse.value += reward.value;
    purse.pieces[which] += 1;
    true
}

/// Fetches what was reserved: nearly always.
fn fetch(
    world: &World,
    voucher: &str,
    reward: &Reward,
    at: When,
    random: &mut Random,
    book: &mut Book,
) {
    let later = When::at(at.day() + random.between(0, 3), 16, random.below(58));
    match random.below(100) {
        // Thinks better of it; the points come back, which this purse leaves out.
        0..4 => {
            let line =
                Line::new(later).with("voucher", voucher).with("act", "cancel").with("at", later);
            book.add("handouts", line);
        }
        // Forgets it.
        4..7 => {}
        _ => book.add("handouts", handed_out(voucher, &reward.clerk(world), later)),
    }
}

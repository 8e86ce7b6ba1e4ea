//! This exists to be the one place where value moves. Contracts decide *whether*; this decides *how*.
//!
//! Every movement debits one account and credits another, in the same unit, with the same amount, and
//! appends an entry to the journal of both. Fen move as intervals of their source ([`money`]), points
//! as lots with an expiry ([`points`]), minutes as plain numbers ([`minutes`]).

pub mod minutes;
pub mod money;
pub mod points;

use crate::amount::Fen;
use crate::code::{Code, Rejection};
use crate::codec::encode;
use crate::hash::{Domain, hash, hash_parts};
use crate::record::KERNEL;
use crate::types::{AccountId, Height};
use crate::view::View;
use borsh::{BorshDeserialize, BorshSerialize};
use money::Segment;
use points::PointLot;
use serde::{Deserialize, Serialize};

/// What an account counts. Units never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Unit {
    /// Fen, in the public compartment.
    Fen,
    /// Points, in the restricted compartment.
    Points,
    /// Minutes, in the restricted compartment.
    Minutes,
}

/// How the balance of an account relates to the value in it. Source: LED-6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Side {
    /// Holds value: the balance is what lies in it.
    Holder,
    /// Where value comes from: the balance is what has left it, net.
    Origin,
    /// Where value ends: the balance is what has arrived, without lots.
    Sink,
}

/// Names an account; its identifier is the hash of this. Source: LED-6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct AccountKey {
    /// What it counts.
    pub unit: Unit,
    /// Holder, origin or sink.
    pub side: Side,
    /// What it is for; the numbers belong to the contract of the unit.
    pub kind: u8,
    /// Whose it is: a fund, a contract, an enrolment.
    #[serde(with = "crate::json::bytes")]
    pub owner: [u8; 32],
    /// A part of that: a budget line, a payee; zero if there is none.
    #[serde(with = "crate::json::bytes")]
    pub part: [u8; 32],
}

impl AccountKey {
    /// The identifier. Source: LED-6.3.
    pub fn id(&self) -> AccountId {
        AccountId(hash(Domain::Account, &encode(self)))
    }
}

/// An account of the kernel. Source: LED-6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Account {
    /// What it is called.
    pub key: AccountKey,
    /// In the unit of the key.
    #[serde(with = "crate::json::decimal")]
    pub balance: u64,
    /// How many journal entries it has.
    #[serde(with = "crate::json::decimal")]
    pub entries: u64,
    /// Commits to all of them, in order.
    #[serde(with = "crate::json::bytes")]
    pub journal_head: [u8; 32],
}

/// An account in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct MoneyAccount(pub Account);

/// An account in points or minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct CreditAccount(pub Account);

crate::records! { KERNEL, Public:
    MoneyAccount = 3, AccountId;
}

crate::records! { KERNEL, Restricted:
    CreditAccount = 3, AccountId;
}

/// What moved.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Quantity {
    /// Intervals of sources, sorted, coalesced.
    Fen(Vec<Segment>),
    /// Lots, by expiry and batch.
    Points(Vec<PointLot>),
    /// Minutes.
    Minutes(#[serde(with = "crate::json::decimal")] u64),
}

impl Quantity {
    /// The amount, in its unit; saturates.
    pub fn amount(&self) -> u64 {
        match self {
            Self::Fen(segments) => {
                segments.iter().fold(0, |sum, segment| sum.saturating_add(segment.length))
            }
            Self::Points(lots) => lots.iter().fold(0, |sum, lot| sum.saturating_add(lot.amount)),
            Self::Minutes(minutes) => *minutes,
        }
    }
}

/// A movement of value, recorded whole in the receipt. Source: LED-6.4.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Movement {
    /// The account debited.
    pub from: AccountId,
    /// The account credited.
    pub to: AccountId,
    /// What moved.
    pub quantity: Quantity,
}

/// Which way value went, seen from an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Direction {
    /// Credited.
    In,
    /// Debited.
    Out,
}

/// One line of an account's journal. Source: LED-6.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct JournalEntry {
    /// Whose journal.
    pub account: AccountId,
    /// Credited or debited.
    pub direction: Direction,
    /// By how much.
    #[serde(with = "crate::json::decimal")]
    pub amount: u64,
    /// Balance after.
    #[serde(with = "crate::json::decimal")]
    pub balance: u64,
    /// Position in the journal, from 1.
    #[serde(with = "crate::json::decimal")]
    pub number: u64,
    /// Head of the journal after.
    #[serde(with = "crate::json::bytes")]
    pub head: [u8; 32],
}

/// An account as the view sees it, if anything was ever posted to it.
pub fn account(view: &View<'_>, key: &AccountKey) -> Option<Account> {
    match key.unit {
        Unit::Fen => view.get::<MoneyAccount>(&key.id()).map(|account| account.0),
        Unit::Points | Unit::Minutes => {
            view.get::<CreditAccount>(&key.id()).map(|account| account.0)
        }
    }
}

/// The balance of an account, zero if nothing was ever posted to it.
pub fn balance(view: &View<'_>, key: &AccountKey) -> u64 {
    account(view, key).map_or(0, |account| account.balance)
}

/// The balance of an account in fen.
pub fn fen(view: &View<'_>, key: &AccountKey) -> Fen {
    Fen(balance(view, key))
}

/// Books a movement in both accounts and in the receipt. Source: LED-6.4, LED-6.5.
///
/// # Errors
/// [`Code::AmountZero`] for nothing; [`Code::AmountOverflow`] where a balance would pass 2^63 or
/// fall below zero: the lots were checked before, so the latter is a bug.
///
/// # Panics
/// If the accounts are one, or differ in unit: bugs in the kernel's callers.
fn post(
    view: &mut View<'_>,
    from: &AccountKey,
    to: &AccountKey,
    quantity: Quantity,
) -> Result<(), Rejection> {
    assert!(from.unit == to.unit, "units never meet");
    assert!(from != to, "value moves between two accounts");
    let amount = quantity.amount();
    if amount == 0 {
        return Err(Code::AmountZero.into());
    }
    let lots = lots_hash(&quantity);
    enter(view, from, to.id(), Direction::Out, amount, &lots)?;
    enter(view, to, from.id(), Direction::In, amount, &lots)?;
    view.movements.push(Movement { from: from.id(), to: to.id(), quantity });
    Ok(())
}

fn lots_hash(quantity: &Quantity) -> [u8; 32] {
    hash(Domain::Lots, &encode(quantity))
}

fn head_after(
    before: &[u8; 32],
    place: (Height, u32),
    direction: Direction,
    amount: u64,
    counterparty: AccountId,
    lots: &[u8; 32],
) -> [u8; 32] {
    let entry = encode(&(place.0, place.1, direction, amount, counterparty, lots));
    hash_parts(Domain::Journal, &[before, &entry])
}

/// The head of a journal after an entry: from the head before, where the entry is (height and position
/// of its receipt), and what it says. Whoever has all entries of an account computes its head from 32
/// zero bytes. Source: LED-6.5.
pub fn journal_head(
    before: &[u8; 32],
    place: (Height, u32),
    direction: Direction,
    counterparty: AccountId,
    quantity: &Quantity,
) -> [u8; 32] {
    head_after(before, place, direction, quantity.amount(), counterparty, &lots_hash(quantity))
}

fn enter(
    view: &mut View<'_>,
    key: &AccountKey,
    counterparty: AccountId,
    direction: Direction,
    amount: u64,
    lots: &[u8; 32],
) -> Result<(), Rejection> {
    let id = key.id();
    let mut account = account(view, key).unwrap_or(Account {
        key: *key,
        balance: 0,
        entries: 0,
        journal_head: [0; 32],
    });
    let grows = match (key.side, direction) {
        (Side::Holder | Side::Sink, Direction::In) | (Side::Origin, Direction::Out) => true,
        (Side::Holder | Side::Sink, Direction::Out) | (Side::Origin, Direction::In) => false,
    };
    let balance = if grows {
        account.balance.checked_add(amount).filter(|sum| *sum < u64::MAX / 2)
    } else {
        account.balance.checked_sub(amount)
    };
    account.balance = balance.ok_or(Code::AmountOverflow)?;
    account.entries = account.entries.saturating_add(1);
    let place = (view.height(), view.index());
    account.journal_head =
        head_after(&account.journal_head, place, direction, amount, counterparty, lots);
    view.entries.push(JournalEntry {
        account: id,
        direction,
        amount,
        balance: account.balance,
        number: account.entries,
        head: account.journal_head,
    });
    match key.unit {
        Unit::Fen => view.put_kernel(&id, &MoneyAccount(account)),
        Unit::Points | Unit::Minutes => view.put_kernel(&id, &CreditAccount(account)),
    }
    Ok(())
}

#[cfg(test)]
mod tests;

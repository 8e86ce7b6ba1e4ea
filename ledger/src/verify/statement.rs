//! This exists to prove that a statement is the whole truth: all entries of an account in a period, none
//! left out. The journal's head commits to every entry; one entry before the period shows where it begins.

use super::as_of::{AsOf, Span};
use super::check::{Check, Checks, Failure, Word};
use crate::block::Header;
use crate::codec::decode;
use crate::posting::{
    Account, AccountKey, CreditAccount, Direction, Quantity, Side, Unit, journal_head,
};
use crate::record::{KERNEL, Key, Record, key_bytes};
use crate::types::{AccountId, Compartment, Height};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// All entries of an account in a period. Source: PRF-7.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StatementClaim {
    /// The account.
    pub account: AccountKey,
    /// What was before: the period begins after it.
    pub opening: Opening,
    /// Every entry of the period, in order.
    pub entries: Vec<Entry>,
    /// The account at the end: the period lasts as long as it is proven to have stayed so.
    pub closing: AsOf,
}

/// What was before the first entry of a statement. Source: PRF-7.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Opening {
    /// Nothing: the period begins with the chain.
    Beginning,
    /// The entry before: the period begins after its block.
    After {
        /// The head of the journal before that entry.
        head: [u8; 32],
        /// The entry.
        entry: Entry,
    },
}

/// One line of a journal, with everything that its head commits to. Source: LED-6.5.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Entry {
    /// Its block.
    pub height: Height,
    /// The receipt in that block, from 0.
    pub index: u32,
    /// Credited or debited.
    pub direction: Direction,
    /// The other account.
    pub counterparty: AccountId,
    /// What moved.
    pub quantity: Quantity,
}

/// What was proven: these are all entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownStatement {
    /// The account.
    pub account: AccountKey,
    /// After the block of this height.
    pub from: Height,
    /// Up to the block of this one.
    pub to: Height,
    /// The balance before.
    pub opening: u64,
    /// Every entry, with its number in the journal and the balance after it.
    pub entries: Vec<ShownEntry>,
    /// The balance at the end.
    pub closing: u64,
}

/// An entry of a proven statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEntry {
    /// What the journal says.
    pub entry: Entry,
    /// Its number in the journal, from 1.
    pub number: u64,
    /// What moved, in the unit of the account.
    pub amount: u64,
    /// The balance after it.
    pub balance: u64,
}

/// The leaf of an account. Source: LED-6.3.
pub(super) fn account_leaf(account: &AccountKey) -> (Compartment, Key) {
    let compartment = match account.unit {
        Unit::Fen => Compartment::Public,
        Unit::Points | Unit::Minutes => Compartment::Restricted,
    };
    (compartment, key_bytes(KERNEL, CreditAccount::KIND, &account.id()))
}

/// An exact sum that an amount can be.
fn sum(amounts: impl IntoIterator<Item = u64>) -> Option<u64> {
    amounts.into_iter().try_fold(0_u64, u64::checked_add).filter(|sum| *sum > 0)
}

impl Entry {
    /// The unit, and the exact amount; `None` for a sum that no amount can be.
    fn value(&self) -> (Unit, Option<u64>) {
        match &self.quantity {
            Quantity::Fen(segments) => (Unit::Fen, sum(segments.iter().map(|one| one.length))),
            Quantity::Points(lots) => (Unit::Points, sum(lots.iter().map(|lot| lot.amount))),
            Quantity::Minutes(minutes) => (Unit::Minutes, sum([*minutes])),
        }
    }

    /// The head of the journal after it.
    pub(super) fn head_after(&self, before: &[u8; 32]) -> [u8; 32] {
        let place = (self.height, self.index);
        journal_head(before, place, self.direction, self.counterparty, &self.quantity)
    }

    /// The balance before it, from the balance after it.
    fn undone(&self, side: Side, balance: u64, amount: u64) -> Option<u64> {
        match (side, self.direction) {
            (Side::Holder | Side::Sink, Direction::In) | (Side::Origin, Direction::Out) => {
                balance.checked_sub(amount)
            }
            (Side::Holder | Side::Sink, Direction::Out) | (Side::Origin, Direction::In) => {
                balance.checked_add(amount)
            }
        }
    }
}

impl StatementClaim {
    pub(super) fn open(
        &self,
        checks: &mut Checks,
        anchor: &Header,
    ) -> Result<ShownStatement, Failure> {
        let (closing, to) = self.closing(checks, anchor)?;
        checks.anywhere();
        let (before, from) = self.period(checks, &closing, to)?;
        let head = match &self.opening {
            Opening::Beginning => [0; 32],
            Opening::After { head, entry } => entry.head_after(head),
        };
        let head = self.entries.iter().fold(head, |head, entry| entry.head_after(&head));
        checks.equal(Check::Journal, closing.journal_head, head)?;
        let (opening, entries) = self.balances(checks, before, closing.balance)?;
        let account = self.account;
        Ok(ShownStatement { account, from, to, opening, entries, closing: closing.balance })
    }

    /// The account at the end of the period, and which block that is. One that nothing was ever posted to
    /// is empty.
    fn closing(&self, checks: &mut Checks, anchor: &Header) -> Result<(Account, Height), Failure> {
        let (compartment, key) = account_leaf(&self.account);
        let Span { to, value, .. } = self.closing.open(checks, anchor, compartment, &key)?;
        let Some(bytes) = value else {
            let (key, journal_head) = (self.account, [0; 32]);
            return Ok((Account { key, balance: 0, entries: 0, journal_head }, to));
        };
        let account = decode::<Account>(&bytes, "an account").ok();
        let account = account.filter(|account| account.key == self.account);
        let account = checks.some(Check::Entries, account, Word::Present, Word::Other)?;
        Ok((account, to))
    }

    /// Shows that the entries are of this period, in order; returns how many were before it and the block
    /// after which it begins.
    fn period(
        &self,
        checks: &mut Checks,
        closing: &Account,
        to: Height,
    ) -> Result<(u64, Height), Failure> {
        const ENTRIES: Check = Check::Entries;
        let count = u64::try_from(self.entries.len()).ok();
        let before = count.and_then(|count| closing.entries.checked_sub(count));
        let before = checks.some(ENTRIES, before, closing.entries, count)?;
        let from = match &self.opening {
            Opening::Beginning => {
                checks.equal(ENTRIES, 0, before)?;
                Height(0)
            }
            Opening::After { entry, .. } => {
                checks.hold(ENTRIES, before > 0, 1_u64, before)?;
                entry.height
            }
        };
        let mut last = (from.next(), 0);
        for entry in &self.entries {
            let place = (entry.height, entry.index);
            checks.hold(ENTRIES, place >= last, last.0, entry.height)?;
            last = place;
        }
        checks.hold(ENTRIES, self.entries.is_empty() || last.0 <= to, to, last.0)?;
        Ok((before, from))
    }

    /// The balance before the period and after each entry: computed back from the one at the end.
    fn balances(
        &self,
        checks: &mut Checks,
        before: u64,
        closing: u64,
    ) -> Result<(u64, Vec<ShownEntry>), Failure> {
        const BALANCE: Check = Check::Balance;
        let mut balance = closing;
        let mut number = before.saturating_add(u64::try_from(self.entries.len()).unwrap_or(0));
        let mut shown = Vec::with_capacity(self.entries.len());
        for entry in self.entries.iter().rev() {
            let (unit, amount) = entry.value();
            let amount = amount.filter(|_| unit == self.account.unit);
            let amount = checks.some(BALANCE, amount, Word::Present, Word::Other)?;
            shown.push(ShownEntry { entry: entry.clone(), number, amount, balance });
            let earlier = entry.undone(self.account.side, balance, amount);
            balance = checks.some(BALANCE, earlier, balance, amount)?;
            number = number.saturating_sub(1);
        }
        if self.opening == Opening::Beginning {
            checks.equal(BALANCE, 0, balance)?;
        }
        shown.reverse();
        Ok((balance, shown))
    }
}

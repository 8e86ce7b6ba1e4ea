//! This exists to answer "what moved in this account?" completely: entries are numbered without gaps,
//! each is in a receipt that its header commits to, and the last one's head is the state's. Source:
//! LED-6.5.

use super::super::key::Table;
use super::super::read::List;
use super::super::{At, Cursor, Found, Index, IndexError, Order, Page, Paged};
use super::lists::location;
use linli_ledger::posting::{
    Account, CreditAccount, Direction, JournalEntry, MoneyAccount, Movement, journal_head,
};
use linli_ledger::record::{Key, KeyPart, Record, key_bytes};
use linli_ledger::state::State;
use linli_ledger::types::{AccountId, Compartment, Height};

/// An entry of a journal, with the movement that it is one side of.
#[derive(Clone, Debug)]
pub struct Line {
    /// The entry.
    pub entry: JournalEntry,
    /// The receipt that it is in.
    pub found: Found,
    /// The position of the movement in the receipt.
    pub movement: usize,
}

impl Line {
    /// The movement.
    ///
    /// # Panics
    /// Never: a line is only made where there is a movement.
    pub fn movement(&self) -> &Movement {
        self.found.receipt().movements.get(self.movement).expect("made where there is one")
    }

    /// The account on the other side.
    pub fn counterparty(&self) -> AccountId {
        let Movement { from, to, .. } = self.movement();
        match self.entry.direction {
            Direction::In => *from,
            Direction::Out => *to,
        }
    }

    /// The head of the journal after this entry, computed from the head before. Source: LED-6.5.
    fn head(&self, before: &[u8; 32]) -> [u8; 32] {
        let place = (self.found.at.height, self.found.at.index);
        let quantity = &self.movement().quantity;
        journal_head(before, place, self.entry.direction, self.counterparty(), quantity)
    }
}

/// A page of a journal.
#[derive(Clone, Debug)]
pub struct Journal {
    /// Its entries.
    pub lines: Paged<Line>,
    /// How many entries there are up to the cursor of the index.
    pub total: u64,
    /// The block up to which they were compared with the state: no entry is missing up to here.
    pub complete_to: Height,
}

impl Index {
    /// A page of the journal of an account, oldest or newest first; empty for an account to which
    /// nothing was ever posted.
    ///
    /// `state` is the present one: where the index has reached it, the end of the journal must be what
    /// the state says. Where it lags, the page ends earlier and [`Journal::complete_to`] says where.
    ///
    /// # Errors
    /// [`IndexError::Doubt`] where an entry is missing, is another's, or does not follow from the one
    /// before; [`IndexError::Chain`].
    pub fn journal(
        &self,
        state: &State,
        account: AccountId,
        page: &Page,
    ) -> Result<Journal, IndexError> {
        let reader = self.reader();
        let complete_to = reader.height();
        let list = List::all(Table::Journals.key(&account));
        let last = reader.page(&list, &Page::first(1, Order::Descending))?;
        let total = match last.items.first() {
            Some((key, _)) => number(key)?,
            None => 0,
        };
        let places = reader.page(&list, page)?;
        drop(reader);
        let lines = places.try_map(|(key, value)| {
            let found = self.found(location(&value)?)?;
            line(account, number(&key)?, found)
        })?;
        is_dense(&lines, page, total)?;
        follows(&lines.items)?;
        if state.tip().height == complete_to {
            let known = self::account(state, account);
            if known.map_or(0, |known| known.entries) != total {
                return Err(IndexError::doubt("a journal has another length than the state says"));
            }
            let end = lines.items.iter().find(|line| line.entry.number == total);
            if end.is_some_and(|end| known.is_none_or(|k| k.journal_head != end.entry.head)) {
                return Err(IndexError::doubt("a journal ends otherwise than the state says"));
            }
        }
        Ok(Journal { lines, total, complete_to })
    }

    /// All entries of an account, oldest first: what a statement is made of. At most `limit`.
    ///
    /// # Errors
    /// As [`Index::journal`]; [`IndexError::Question`] where there are more than `limit`.
    pub fn statement(
        &self,
        state: &State,
        account: AccountId,
        limit: usize,
    ) -> Result<Vec<Line>, IndexError> {
        let mut page = Page::first(super::super::PAGE_MAX, Order::Ascending);
        let mut lines: Vec<Line> = Vec::new();
        loop {
            let journal = self.journal(state, account, &page)?;
            if journal.total > limit as u64 {
                return Err(IndexError::Question("a statement that long"));
            }
            let next = journal.lines.next.clone();
            lines.extend(journal.lines.items);
            follows(&lines)?;
            match next {
                Some(cursor) => page = page.at(At::After(cursor)),
                None => return Ok(lines),
            }
        }
    }
}

impl Cursor {
    /// The place of an entry in its journal.
    pub fn of_entry(number: u64) -> Self {
        let mut out = Vec::new();
        number.write(&mut out);
        Self(out)
    }
}

fn number(mut key: &[u8]) -> Result<u64, IndexError> {
    let number = u64::read(&mut key).filter(|_| key.is_empty());
    number.ok_or_else(|| IndexError::doubt("a journal has an entry without number"))
}

/// The entry of this number in a receipt.
fn line(account: AccountId, number: u64, found: Found) -> Result<Line, IndexError> {
    let entries = &found.receipt().entries;
    let is_it = |entry: &JournalEntry| entry.account == account && entry.number == number;
    let position = entries.iter().position(is_it);
    // Two entries for each movement, in order.
    let movement = position.map(|position| position / 2);
    let movement = movement.filter(|movement| found.receipt().movements.len() > *movement);
    match position.and_then(|position| entries.get(position).copied()).zip(movement) {
        Some((entry, movement)) => Ok(Line { entry, found, movement }),
        None => Err(IndexError::doubt("a journal's entry is not where it should be")),
    }
}

/// The page has every number that it should have: neighbours, and as many as were asked for.
fn is_dense(lines: &Paged<Line>, page: &Page, total: u64) -> Result<(), IndexError> {
    let numbers: Vec<u64> = lines.items.iter().map(|line| line.entry.number).collect();
    let follow = numbers.windows(2).all(|pair| match (pair, page.order) {
        ([one, other], Order::Ascending) => one.checked_add(1) == Some(*other),
        ([one, other], Order::Descending) => other.checked_add(1) == Some(*one),
        _ => false,
    });
    let place = |cursor: &Cursor| number(&cursor.0);
    let first = match (&page.at, page.order) {
        (At::Start, Order::Ascending) => Some(1),
        (At::Start, Order::Descending) => Some(total),
        (At::After(cursor), Order::Ascending) => place(cursor)?.checked_add(1),
        (At::After(cursor), Order::Descending) => place(cursor)?.checked_sub(1),
        (At::Before(_), _) => numbers.first().copied(),
    };
    let first = first.filter(|first| (1..=total).contains(first));
    if follow && numbers.first().copied() == first {
        return Ok(());
    }
    Err(IndexError::doubt("a journal has a gap"))
}

/// Each entry's head follows from the one before, oldest first or newest first.
fn follows(lines: &[Line]) -> Result<(), IndexError> {
    let right = lines.windows(2).all(|pair| {
        let [one, other] = pair else { return false };
        let (before, after) =
            if one.entry.number < other.entry.number { (one, other) } else { (other, one) };
        after.head(&before.entry.head) == after.entry.head
    });
    let first = lines.iter().find(|line| line.entry.number == 1);
    if right && first.is_none_or(|first| first.head(&[0; 32]) == first.entry.head) {
        return Ok(());
    }
    Err(IndexError::doubt("the heads of a journal do not follow from each other"))
}

/// An account of the kernel, in either half.
fn account(state: &State, id: AccountId) -> Option<Account> {
    let leaf = |compartment, key: Key| state.leaf(compartment, &key).map(|leaf| leaf.value);
    let money = key_bytes(MoneyAccount::CONTRACT, MoneyAccount::KIND, &id);
    let credit = key_bytes(CreditAccount::CONTRACT, CreditAccount::KIND, &id);
    let value = leaf(Compartment::Public, money).or_else(|| leaf(Compartment::Restricted, credit));
    borsh::from_slice(value?).ok()
}

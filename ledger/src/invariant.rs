//! This exists to check what must hold of the kernel's records in any state.

use crate::contract::Broken;
use crate::posting::money::{HoldingRecord, SegmentRecord, SourceRecord};
use crate::posting::points::PointHolding;
use crate::posting::{Account, CreditAccount, MoneyAccount, Side, Unit};
use crate::record::{KeyPart, Record, key_bytes};
use crate::state::State;
use crate::types::AccountId;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Every record of one kind in a state, in the order of its keys.
///
/// For checks over the whole state: a contract reads through its view, a bounded number at a time.
pub fn records<R: Record>(state: &State) -> impl Iterator<Item = (R::Id, R)> {
    let prefix = key_bytes(R::CONTRACT, R::KIND, &());
    state
        .half(R::COMPARTMENT)
        .leaves
        .range((Bound::Included(prefix.clone()), Bound::Unbounded))
        .map_while(move |(key, leaf)| Some((key.strip_prefix(prefix.as_slice())?, leaf)))
        .filter_map(|(mut id, leaf)| {
            Some((<R::Id as KeyPart>::read(&mut id)?, borsh::from_slice(leaf.value).ok()?))
        })
}

/// INV-M1 partition, INV-M2 conservation, INV-M3 sound segments, INV-P1 conservation of points.
///
/// # Errors
/// The first that does not hold.
pub(crate) fn check(state: &State) -> Result<Vec<&'static str>, Broken> {
    let held = partition(state)?;
    let accounts: BTreeMap<AccountId, Account> = records::<MoneyAccount>(state)
        .map(|(id, account)| (id, account.0))
        .chain(records::<CreditAccount>(state).map(|(id, account)| (id, account.0)))
        .collect();
    holdings(state, &accounts, &held)?;
    conservation(&accounts)?;
    point_lots(state, &accounts)?;
    Ok(vec!["INV-M1", "INV-M2", "INV-M3", "INV-P1"])
}

fn broken(name: &'static str, record: impl std::fmt::Display) -> Broken {
    Broken { name, record: record.to_string() }
}

/// The segments of each source cover it exactly once; returns what each account holds.
fn partition(state: &State) -> Result<BTreeMap<AccountId, u64>, Broken> {
    let mut held: BTreeMap<AccountId, u64> = BTreeMap::new();
    let mut next = records::<SegmentRecord>(state).peekable();
    for (source, issued) in records::<SourceRecord>(state) {
        let mut reached = 0_u64;
        let mut last: Option<SegmentRecord> = None;
        while let Some(((_, start), record)) = next.next_if(|((id, _), _)| *id == source) {
            let joined = last.is_some_and(|l| l.account == record.account && l.lot == record.lot);
            if start != reached || record.length == 0 {
                return Err(broken("INV-M1", source));
            }
            if joined {
                return Err(broken("INV-M3", source));
            }
            reached = reached.saturating_add(record.length);
            let sum = held.entry(record.account).or_default();
            *sum = sum.saturating_add(record.length);
            last = Some(record);
        }
        if reached != issued.amount.0 {
            return Err(broken("INV-M1", source));
        }
    }
    match next.next() {
        Some(((source, _), _)) => Err(broken("INV-M1", source)),
        None => Ok(held),
    }
}

/// The second leaf of each segment says the same, and balances are what the accounts hold.
fn holdings(
    state: &State,
    accounts: &BTreeMap<AccountId, Account>,
    held: &BTreeMap<AccountId, u64>,
) -> Result<(), Broken> {
    let mut indexed: BTreeMap<_, _> = records::<SegmentRecord>(state)
        .map(|((source, start), record)| {
            ((record.account, record.lot.rank(), source, start), record.length)
        })
        .collect();
    for (id, length) in records::<HoldingRecord>(state) {
        if indexed.remove(&id) != Some(length.0) {
            return Err(broken("INV-M3", id.0));
        }
    }
    if let Some((id, _)) = indexed.first_key_value() {
        return Err(broken("INV-M3", id.0));
    }
    for (id, account) in accounts {
        let money = account.key.unit == Unit::Fen && account.key.side == Side::Holder;
        if money && account.balance != held.get(id).copied().unwrap_or(0) {
            return Err(broken("INV-M2", id));
        }
    }
    Ok(())
}

/// In each unit, what has left the origins lies in the other accounts.
fn conservation(accounts: &BTreeMap<AccountId, Account>) -> Result<(), Broken> {
    for (unit, name) in [(Unit::Fen, "INV-M2"), (Unit::Points, "INV-P1"), (Unit::Minutes, "INV-P1")]
    {
        let sum = |origin: bool| {
            accounts
                .values()
                .filter(|account| account.key.unit == unit)
                .filter(|account| (account.key.side == Side::Origin) == origin)
                .fold(0_u128, |sum, account| sum.saturating_add(u128::from(account.balance)))
        };
        if sum(true) != sum(false) {
            return Err(broken(name, format!("{unit:?}")));
        }
    }
    Ok(())
}

/// The lots of each points account sum to its balance.
fn point_lots(state: &State, accounts: &BTreeMap<AccountId, Account>) -> Result<(), Broken> {
    let mut lots: BTreeMap<AccountId, u64> = BTreeMap::new();
    for ((account, ..), holding) in records::<PointHolding>(state) {
        let sum = lots.entry(account).or_default();
        *sum = sum.saturating_add(holding.0);
    }
    for (id, account) in accounts {
        let points = account.key.unit == Unit::Points && account.key.side == Side::Holder;
        if points && account.balance != lots.get(id).copied().unwrap_or(0) {
            return Err(broken("INV-P1", id));
        }
    }
    Ok(())
}

//! This exists to model points as a list of parcels in each account, and minutes as one number.

use super::{No, check_amount};
use std::collections::BTreeMap;

/// Points of one batch with one expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parcel {
    /// The instant from which they are worth nothing.
    pub expires_at: u64,
    /// The batch.
    pub batch: u8,
    /// How many.
    pub amount: u64,
}

/// What each person has, and what has left circulation.
#[derive(Clone, Debug, Default)]
pub struct Points {
    available: BTreeMap<u8, Vec<Parcel>>,
    locked: BTreeMap<u8, Vec<Parcel>>,
    /// Points ever made.
    pub minted: u64,
    /// Points exchanged for something.
    pub redeemed: u64,
    /// Points whose time had come.
    pub expired: u64,
    /// Points that had been given by mistake.
    pub corrected: u64,
    minutes: BTreeMap<u8, u64>,
}

impl Points {
    /// A person's parcels that may be spent, by expiry and batch; lapsed ones that nobody has swept
    /// are still there.
    pub fn available(&self, person: u8) -> Vec<Parcel> {
        listed(&self.available, person)
    }

    /// A person's parcels in a redemption that is under way.
    pub fn locked(&self, person: u8) -> Vec<Parcel> {
        listed(&self.locked, person)
    }

    /// A person's minutes.
    pub fn minutes(&self, person: u8) -> u64 {
        self.minutes.get(&person).copied().unwrap_or(0)
    }

    /// Everybody's minutes.
    pub fn all_minutes(&self) -> u64 {
        self.minutes.values().sum()
    }

    pub(super) fn mint(&mut self, person: u8, parcels: &[Parcel]) -> Result<Vec<Parcel>, No> {
        for parcel in parcels {
            check_amount(parcel.amount)?;
            put(&mut self.available, person, *parcel);
            self.minted += parcel.amount;
        }
        moved(parcels)
    }

    /// Earliest expiry first, then lowest batch; nothing that has expired (`domain` §2.3).
    pub(super) fn spend(&mut self, person: u8, amount: u64, now: u64) -> Result<Vec<Parcel>, No> {
        check_amount(amount)?;
        let living: Vec<Parcel> =
            self.available(person).into_iter().filter(|parcel| parcel.expires_at > now).collect();
        let have = living.iter().map(|parcel| parcel.amount).sum();
        if have < amount {
            return Err(No::lack("E_INSUFFICIENT_POINTS", amount, have));
        }
        // One point at a time.
        let mut spent: Vec<Parcel> = Vec::new();
        let single = living
            .iter()
            .flat_map(|parcel| (0..parcel.amount).map(|_| Parcel { amount: 1, ..*parcel }));
        for point in single.take(usize::try_from(amount).expect("not more than there are")) {
            take(&mut self.available, person, point)?;
            put(&mut self.locked, person, point);
            match spent.last_mut() {
                Some(last) if last.batch == point.batch && last.expires_at == point.expires_at => {
                    last.amount += 1;
                }
                Some(_) | None => spent.push(point),
            }
        }
        Ok(spent)
    }

    pub(super) fn unlock(&mut self, person: u8, parcels: &[Parcel]) -> Result<Vec<Parcel>, No> {
        for parcel in parcels {
            check_amount(parcel.amount)?;
            take(&mut self.locked, person, *parcel)?;
            put(&mut self.available, person, *parcel);
        }
        moved(parcels)
    }

    pub(super) fn consume(&mut self, person: u8, parcels: &[Parcel]) -> Result<Vec<Parcel>, No> {
        for parcel in parcels {
            check_amount(parcel.amount)?;
            take(&mut self.locked, person, *parcel)?;
            self.redeemed += parcel.amount;
        }
        moved(parcels)
    }

    /// What was exchanged comes back; not more than ever was.
    pub(super) fn give_back(&mut self, person: u8, parcels: &[Parcel]) -> Result<Vec<Parcel>, No> {
        let mut sum = 0;
        for parcel in parcels {
            check_amount(parcel.amount)?;
            put(&mut self.available, person, *parcel);
            sum += parcel.amount;
        }
        if sum > self.redeemed {
            return Err(No::plain("E_AMOUNT_OVERFLOW"));
        }
        self.redeemed -= sum;
        moved(parcels)
    }

    pub(super) fn take_back(&mut self, person: u8, parcels: &[Parcel]) -> Result<Vec<Parcel>, No> {
        for parcel in parcels {
            check_amount(parcel.amount)?;
            take(&mut self.available, person, *parcel)?;
            self.corrected += parcel.amount;
        }
        moved(parcels)
    }

    pub(super) fn expire(&mut self, person: u8, now: u64) -> Result<Vec<Parcel>, No> {
        let lapsed: Vec<Parcel> =
            self.available(person).into_iter().filter(|parcel| parcel.expires_at <= now).collect();
        for parcel in &lapsed {
            take(&mut self.available, person, *parcel)?;
            self.expired += parcel.amount;
        }
        moved(&lapsed)
    }

    pub(super) fn serve(&mut self, person: u8, minutes: u64) -> Result<u64, No> {
        if minutes == 0 {
            return Err(No::plain("E_AMOUNT_ZERO"));
        }
        *self.minutes.entry(person).or_default() += minutes;
        Ok(minutes)
    }

    pub(super) fn correct(&mut self, person: u8, minutes: u64) -> Result<u64, No> {
        if minutes == 0 {
            return Err(No::plain("E_AMOUNT_ZERO"));
        }
        if self.minutes(person) < minutes {
            return Err(No::plain("E_AMOUNT_OVERFLOW"));
        }
        *self.minutes.entry(person).or_default() -= minutes;
        Ok(minutes)
    }
}

fn listed(accounts: &BTreeMap<u8, Vec<Parcel>>, person: u8) -> Vec<Parcel> {
    let mut parcels = accounts.get(&person).cloned().unwrap_or_default();
    parcels.sort_unstable();
    parcels
}

fn put(accounts: &mut BTreeMap<u8, Vec<Parcel>>, person: u8, parcel: Parcel) {
    let parcels = accounts.entry(person).or_default();
    let same = parcels
        .iter_mut()
        .find(|other| other.batch == parcel.batch && other.expires_at == parcel.expires_at);
    match same {
        Some(other) => other.amount += parcel.amount,
        None => parcels.push(parcel),
    }
}

fn take(accounts: &mut BTreeMap<u8, Vec<Parcel>>, person: u8, parcel: Parcel) -> Result<(), No> {
    let parcels = accounts.entry(person).or_default();
    let same = parcels
        .iter_mut()
        .find(|other| other.batch == parcel.batch && other.expires_at == parcel.expires_at);
    match same {
        Some(other) if other.amount >= parcel.amount => other.amount -= parcel.amount,
        Some(other) => return Err(No::lack("E_INSUFFICIENT_POINTS", parcel.amount, other.amount)),
        None => return Err(No::lack("E_INSUFFICIENT_POINTS", parcel.amount, 0)),
    }
    parcels.retain(|other| other.amount > 0);
    Ok(())
}

fn moved(parcels: &[Parcel]) -> Result<Vec<Parcel>, No> {
    if parcels.is_empty() {
        return Err(No::plain("E_AMOUNT_ZERO"));
    }
    let mut sorted = parcels.to_vec();
    sorted.sort_unstable();
    Ok(sorted)
}

//! This exists to expose points and minutes: mint, lock, unlock, consume, expire.

use super::{Items, POINTS, account};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::{Minutes, Points};
use linli_ledger::code::Rejection;
use linli_ledger::codec::decode;
use linli_ledger::contract::{Contract, Party};
use linli_ledger::due::{self, DueItem};
use linli_ledger::posting::points::{self, PointHolding, PointLot};
use linli_ledger::posting::{AccountKey, Side, Unit, minutes};
use linli_ledger::types::{BlockTime, Compartment, ContractId};
use linli_ledger::view::View;

/// The kind of due item at which a batch expires.
pub const HOLD_EXPIRES: u8 = 7;

/// Calls of the restricted test contract.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum PointsCall {
    /// New points.
    Mint {
        /// Of this person.
        person: u8,
        /// These.
        lots: Vec<PointLot>,
    },
    /// Available points become locked; the kernel chooses.
    Spend {
        /// Of this person.
        person: u8,
        /// So many.
        amount: Points,
    },
    /// Locked points become available again.
    Unlock {
        /// Of this person.
        person: u8,
        /// These.
        lots: Vec<PointLot>,
    },
    /// Locked points end in a sink.
    Consume {
        /// Of this person.
        person: u8,
        /// These.
        lots: Vec<PointLot>,
    },
    /// What has expired ends in a sink.
    Expire {
        /// Of this person.
        person: u8,
    },
    /// Minutes of service.
    Serve {
        /// Of this person.
        person: u8,
        /// So many.
        minutes: Minutes,
    },
    /// Minutes that were wrong.
    Correct {
        /// Of this person.
        person: u8,
        /// So many.
        minutes: Minutes,
    },
    /// Redeemed points come back: a defective reward.
    Return {
        /// To this person.
        person: u8,
        /// These.
        lots: Vec<PointLot>,
    },
    /// Available points that were given by mistake end in a sink.
    TakeBack {
        /// Of this person.
        person: u8,
        /// These.
        lots: Vec<PointLot>,
    },
    /// Batches of one point each, of person 0, that expire through the due queue.
    MintExpiring(Items),
}

/// The restricted test contract.
#[derive(Clone, Copy, Debug)]
pub struct PointsContract;

impl PointsContract {
    /// Where points come from.
    pub fn mint() -> AccountKey {
        account(Unit::Points, Side::Origin, 0, 0)
    }

    /// What a person may spend.
    pub fn available(person: u8) -> AccountKey {
        account(Unit::Points, Side::Holder, 1, person)
    }

    /// What a person is about to spend.
    pub fn locked(person: u8) -> AccountKey {
        account(Unit::Points, Side::Holder, 2, person)
    }

    /// What was spent.
    pub fn redeemed() -> AccountKey {
        account(Unit::Points, Side::Sink, 3, 0)
    }

    /// What expired.
    pub fn expired() -> AccountKey {
        account(Unit::Points, Side::Sink, 4, 0)
    }

    /// What was given by mistake.
    pub fn corrected() -> AccountKey {
        account(Unit::Points, Side::Sink, 7, 0)
    }

    /// Where minutes come from.
    pub fn service() -> AccountKey {
        account(Unit::Minutes, Side::Origin, 5, 0)
    }

    /// A person's minutes.
    pub fn minutes(person: u8) -> AccountKey {
        account(Unit::Minutes, Side::Holder, 6, person)
    }
}

impl Contract for PointsContract {
    fn id(&self) -> ContractId {
        POINTS
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Restricted
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<PointsCall>(call, "a call").is_ok()
    }

    fn execute(&self, call: &[u8], _: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        let call: PointsCall = decode(call, "a call").expect("accepts says so");
        match call {
            PointsCall::Mint { person, lots } => {
                points::transfer(view, &Self::mint(), &Self::available(person), &lots)
            }
            PointsCall::Spend { person, amount } => {
                let from = Self::available(person);
                let lots = points::select(view, &from, amount, view.now())?;
                points::transfer(view, &from, &Self::locked(person), &lots)
            }
            PointsCall::Unlock { person, lots } => {
                points::transfer(view, &Self::locked(person), &Self::available(person), &lots)
            }
            PointsCall::Consume { person, lots } => {
                points::transfer(view, &Self::locked(person), &Self::redeemed(), &lots)
            }
            PointsCall::Expire { person } => {
                let mut lots = points::lots(view, &Self::available(person));
                lots.retain(|lot| lot.expires_at <= view.now());
                points::transfer(view, &Self::available(person), &Self::expired(), &lots)
            }
            PointsCall::Serve { person, minutes } => {
                minutes::transfer(view, &Self::service(), &Self::minutes(person), minutes)
            }
            PointsCall::Correct { person, minutes } => {
                minutes::transfer(view, &Self::minutes(person), &Self::service(), minutes)
            }
            PointsCall::Return { person, lots } => {
                points::transfer(view, &Self::redeemed(), &Self::available(person), &lots)
            }
            PointsCall::TakeBack { person, lots } => {
                points::transfer(view, &Self::available(person), &Self::corrected(), &lots)
            }
            PointsCall::MintExpiring(items) => mint_expiring(view, items),
        }
    }

    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        let (from, to) = (Self::available(0), Self::expired());
        let id = (from.id(), item.at, item.record);
        if let Some(PointHolding(amount)) = view.get::<PointHolding>(&id) {
            let lot = PointLot { expires_at: item.at, batch: item.record, amount };
            points::transfer(view, &from, &to, &[lot]).expect("the holding is there");
        }
    }
}

fn mint_expiring(view: &mut View<'_>, items: Items) -> Result<(), Rejection> {
    let expires_at: BlockTime = items.at;
    let lots: Vec<_> =
        items.records().map(|batch| PointLot { expires_at, batch, amount: 1 }).collect();
    for lot in &lots {
        due::schedule(view, expires_at, HOLD_EXPIRES, lot.batch);
    }
    points::transfer(view, &PointsContract::mint(), &PointsContract::available(0), &lots)
}

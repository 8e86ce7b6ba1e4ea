//! This exists to name every account in points and minutes. Source: CRE-14.

use linli_ledger::posting::{AccountKey, Side, Unit};
use linli_ledger::types::{EnrolmentId, RecordId};

/// Numbers of the kinds, unique within a unit.
pub(super) mod kinds {
    pub(in super::super) const MINTED: u8 = 1;
    pub(in super::super) const HELD: u8 = 2;
    pub(in super::super) const AVAILABLE: u8 = 3;
    pub(in super::super) const LOCKED: u8 = 4;
    pub(in super::super) const REDEEMED: u8 = 5;
    pub(in super::super) const EXPIRED: u8 = 6;
    pub(in super::super) const CORRECTED: u8 = 7;
    pub(in super::super) const CARE_POOL: u8 = 8;
    pub(in super::super) const SERVICE: u8 = 1;
    pub(in super::super) const TRAINING: u8 = 2;
    pub(in super::super) const SERVICE_ORIGIN: u8 = 3;
    pub(in super::super) const TRAINING_ORIGIN: u8 = 4;
}

const fn of_programme(unit: Unit, side: Side, kind: u8, programme: RecordId) -> AccountKey {
    AccountKey { unit, side, kind, owner: programme.0, part: [0; 32] }
}

const fn of_person(kind: u8, person: EnrolmentId, programme: RecordId) -> AccountKey {
    let (unit, side) = (Unit::Points, Side::Holder);
    AccountKey { unit, side, kind, owner: person.0, part: programme.0 }
}

/// Where the points of a programme come from.
pub const fn minted(programme: RecordId) -> AccountKey {
    of_programme(Unit::Points, Side::Origin, kinds::MINTED, programme)
}

/// Points that wait for the end of the hold.
pub const fn held(person: EnrolmentId, programme: RecordId) -> AccountKey {
    of_person(kinds::HELD, person, programme)
}

/// Points that may be spent.
pub const fn available(person: EnrolmentId, programme: RecordId) -> AccountKey {
    of_person(kinds::AVAILABLE, person, programme)
}

/// Points behind open vouchers.
pub const fn locked(person: EnrolmentId, programme: RecordId) -> AccountKey {
    of_person(kinds::LOCKED, person, programme)
}

/// Where redeemed points of a programme end.
pub const fn redeemed(programme: RecordId) -> AccountKey {
    of_programme(Unit::Points, Side::Sink, kinds::REDEEMED, programme)
}

/// Where expired points of a programme end.
pub const fn expired(programme: RecordId) -> AccountKey {
    of_programme(Unit::Points, Side::Sink, kinds::EXPIRED, programme)
}

/// Where points end that were given by mistake: a correction takes them back from the batch itself, or
/// keeps back a part of later awards. Source: CRE-18.
pub const fn corrected(programme: RecordId) -> AccountKey {
    of_programme(Unit::Points, Side::Sink, kinds::CORRECTED, programme)
}

/// Where points end that their owners gave to neighbours in need. Source: CRE-24.
pub const fn care_pool(programme: RecordId) -> AccountKey {
    of_programme(Unit::Points, Side::Sink, kinds::CARE_POOL, programme)
}

/// A person's minutes of service.
pub const fn service(person: EnrolmentId) -> AccountKey {
    let (unit, side) = (Unit::Minutes, Side::Holder);
    AccountKey { unit, side, kind: kinds::SERVICE, owner: person.0, part: [0; 32] }
}

/// A person's minutes of training.
pub const fn training(person: EnrolmentId) -> AccountKey {
    let (unit, side) = (Unit::Minutes, Side::Holder);
    AccountKey { unit, side, kind: kinds::TRAINING, owner: person.0, part: [0; 32] }
}

/// Where minutes of service of a programme come from.
pub const fn service_origin(programme: RecordId) -> AccountKey {
    of_programme(Unit::Minutes, Side::Origin, kinds::SERVICE_ORIGIN, programme)
}

/// Where minutes of training of a programme come from.
pub const fn training_origin(programme: RecordId) -> AccountKey {
    of_programme(Unit::Minutes, Side::Origin, kinds::TRAINING_ORIGIN, programme)
}

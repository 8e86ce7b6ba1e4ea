//! This exists to give every number and every identifier its own type, so that a height is never
//! taken for a time and an account never for a source.

use crate::hash::{Digest, Domain, hash_parts, to_hex};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty) $(as $text:literal)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
        pub struct $name($(#[serde(with = $text)])? pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

/// Text that is no identifier of the kind expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an identifier that begins with \"{prefix}1\" and has no mistyped letter")]
pub struct IdentifierError {
    /// The prefix of the kind expected.
    pub prefix: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident $prefix:literal) => {
        $(#[$doc])*
        ///
        #[doc = concat!("In text: bech32m, `", $prefix, "1…`. Source: LED-10.3.")]
        #[derive(
            Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            BorshSerialize, BorshDeserialize,
        )]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// What its text begins with.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), to_hex(&self.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let prefix = bech32::Hrp::parse_unchecked($prefix);
                bech32::encode_lower_to_fmt::<bech32::Bech32m, _>(f, prefix, &self.0)
                    .map_err(|_| fmt::Error)
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let error = IdentifierError { prefix: $prefix };
                let checked = bech32::primitives::decode::CheckedHrpstring::new::<bech32::Bech32m>(text)
                    .map_err(|_| error)?;
                let bytes: Vec<u8> = checked.byte_iter().collect();
                let is_kind = checked.hrp() == bech32::Hrp::parse_unchecked($prefix);
                let bytes = <[u8; 32]>::try_from(bytes).ok().filter(|_| is_kind).ok_or(error)?;
                // One value has one spelling but for the case: padding bits are zero.
                let id = Self(bytes);
                if id.to_string().eq_ignore_ascii_case(text) { Ok(id) } else { Err(error) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
                writer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                let text: String = Deserialize::deserialize(reader)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

number!(
    /// Position of a block in the chain; the first block has height 1, genesis is height 0.
    Height(u64) as "crate::json::decimal"
);
number!(
    /// Milliseconds since the Unix epoch, UTC.
    BlockTime(u64) as "crate::json::decimal"
);
number!(
    /// Which contract a call belongs to. 0 is the kernel itself.
    ContractId(u16)
);
number!(
    /// A source of money, numbered densely in the order of issue.
    SourceId(u32)
);
number!(
    /// A civil day in UTC+8, counted from 1970-01-01.
    Day(u32) as "crate::json::civil_day"
);

identifier!(
    /// An account of the posting kernel.
    AccountId "lla"
);
identifier!(
    /// An organisation: a public body, a legal person, a bank.
    OrganisationId "llo"
);
identifier!(
    /// A person who acts in public office. Residents are [`EnrolmentId`]s.
    PersonId "llp"
);
identifier!(
    /// A resident's pseudonymous enrolment in one community.
    EnrolmentId "lle"
);
identifier!(
    /// The grant of a role to a person.
    GrantId "llg"
);
identifier!(
    /// A record created by a transaction, of a kind that its contract knows.
    RecordId "llr"
);
identifier!(
    /// An earmark: what money may be used for.
    EarmarkId "llm"
);

/// Identifies a transaction: the hash of its body, without signatures. Source: LED-3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TransactionId(pub Digest);

/// Identifies a block: the hash of its header. Source: LED-4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct BlockHash(pub Digest);

/// Commits to the whole state after a block. Source: LED-5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct StateRoot(pub Digest);

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for StateRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The `n`-th identifier that a transaction creates. Source: LED-3.6.
///
/// Clients compute it too, to name in one transaction what an earlier one will create.
pub fn derive_identifier(creator: &TransactionId, n: u32) -> [u8; 32] {
    hash_parts(Domain::Identifier, &[creator.0.bytes(), &n.to_le_bytes()])
}

/// Which of the two halves of the state a record lies in. Source: LED-5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compartment {
    /// Organisations, funds, budgets, governance: anybody may read it.
    Public,
    /// People: enrolment, participation, points, vouchers.
    Restricted,
}

impl Compartment {
    /// Both compartments, public first: the order in which what falls due is handled.
    pub const BOTH: [Self; 2] = [Self::Public, Self::Restricted];
}

impl Height {
    /// The height after this one; saturates at the end of `u64`.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Milliseconds in a minute.
pub const MINUTE_MS: u64 = 60_000;
/// Milliseconds in an hour.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
/// Milliseconds in a day.
pub const DAY_MS: u64 = 24 * HOUR_MS;
/// China has one civil time, UTC+8, without summer time. Source: LED-1.4.
pub const UTC_OFFSET_MS: u64 = 8 * HOUR_MS;

impl BlockTime {
    /// The civil day in UTC+8 that holds this instant.
    pub fn day(self) -> Day {
        let days = self.0.saturating_add(UTC_OFFSET_MS).checked_div(DAY_MS).unwrap_or(0);
        Day(u32::try_from(days).unwrap_or(u32::MAX))
    }

    /// This time and `ms` milliseconds; saturates.
    #[must_use]
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This time less `ms` milliseconds; saturates at the epoch.
    #[must_use]
    pub fn minus(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

impl Day {
    /// The first instant of the day in UTC+8; saturates at the epoch.
    pub fn start(self) -> BlockTime {
        BlockTime(u64::from(self.0).saturating_mul(DAY_MS).saturating_sub(UTC_OFFSET_MS))
    }

    /// Year, month (1–12) and day of month of the proleptic Gregorian calendar.
    pub fn civil(self) -> (u32, u32, u32) {
        // Counted from 1 March of year 0, so that a leap day ends its year.
        let days = u64::from(self.0).saturating_add(719_468);
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = of_era
            .saturating_sub(of_era / 1_460)
            .saturating_add(of_era / 36_524)
            .saturating_sub(of_era / 146_096)
            / 365;
        let before = (year_of_era.saturating_mul(365)).saturating_add(year_of_era / 4);
        let of_year = of_era.saturating_sub(before.saturating_sub(year_of_era / 100));
        let shifted = of_year.saturating_mul(5).saturating_add(2) / 153;
        let day = of_year
            .saturating_sub(shifted.saturating_mul(153).saturating_add(2) / 5)
            .saturating_add(1);
        let month =
            if shifted < 10 { shifted.saturating_add(3) } else { shifted.saturating_sub(9) };
        let year = era
            .saturating_mul(400)
            .saturating_add(year_of_era)
            .saturating_add(u64::from(month <= 2));
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        (narrow(year), narrow(month), narrow(day))
    }

    /// `2026-03-05`.
    pub fn iso(self) -> String {
        let (year, month, day) = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Reads what [`Day::iso`] writes; anything else is `None`.
    pub fn from_iso(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-').map(|part| part.parse().ok());
        let day = Self::from_civil(parts.next()??, parts.next()??, parts.next()??)?;
        (day.iso() == text).then_some(day)
    }

    /// The day with this date, or `None` if the calendar has no such date after 1970.
    pub fn from_civil(year: u32, month: u32, day: u32) -> Option<Self> {
        if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let y = u64::from(if month <= 2 { year.checked_sub(1)? } else { year });
        let shifted =
            u64::from(if month > 2 { month.checked_sub(3)? } else { month.checked_add(9)? });
        let of_year = (shifted.checked_mul(153)?.checked_add(2)? / 5)
            .checked_add(u64::from(day))?
            .checked_sub(1)?;
        let year_of_era = y % 400;
        let of_era = year_of_era
            .checked_mul(365)?
            .checked_add(year_of_era / 4)?
            .checked_sub(year_of_era / 100)?
            .checked_add(of_year)?;
        let days = (y / 400).checked_mul(146_097)?.checked_add(of_era)?.checked_sub(719_468)?;
        let found = Self(u32::try_from(days).ok()?);
        (found.civil() == (year, month, day)).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_days_follow_the_gregorian_calendar_in_utc_plus_8() {
        assert_eq!(Day(0).civil(), (1970, 1, 1));
        assert_eq!(BlockTime(0).day(), Day(0));
        assert_eq!(BlockTime(16 * HOUR_MS).day(), Day(1), "midnight in Beijing is 16:00 UTC");
        assert_eq!(Day::from_civil(2024, 2, 29).map(Day::civil), Some((2024, 2, 29)));
        for (y, m, d) in [(2023, 2, 29), (2026, 13, 1), (2026, 4, 31), (1969, 1, 1), (2026, 0, 1)] {
            assert_eq!(Day::from_civil(y, m, d), None, "{y}-{m}-{d}");
        }
    }

    #[test]
    fn every_day_of_three_centuries_round_trips() {
        for n in 0..110_000 {
            let (y, m, d) = Day(n).civil();
            assert_eq!(Day::from_civil(y, m, d), Some(Day(n)));
            assert_eq!(Day(n).start().day(), Day(n));
        }
    }
}

//! This exists to say who may do what with hours, points and funds.
//!
//! Pure, like the ledger: a contract turns a call and a view of the records into changes or into a
//! rejection. One folder for each contract: its calls, its records, its rules, its tests. Nothing here
//! moves value: that is `linli_ledger::posting`.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )
)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod any;
pub mod calendar;
pub mod credit;
pub mod fund;
pub mod governance;
pub mod people;
pub mod programme;
pub mod registry;
pub mod text;

pub use any::AnyCall;

use linli_ledger::contract::Rulebook;

/// Every contract in every version that this program has.
///
/// # Panics
/// Never: each contract is listed once.
pub fn rulebook() -> Rulebook {
    Rulebook::new(vec![
        Box::new(registry::Registry),
        Box::new(people::People),
        Box::new(programme::Programmes),
        Box::new(credit::Credit),
        Box::new(fund::Funds),
        Box::new(governance::Governance),
    ])
    .expect("each contract is listed once")
}

#[cfg(test)]
mod testing;

//! This exists to hold what people do every day, in their own words: residents, organisers, fund
//! administrators and approvers. Each verb fills in one call; how it is done is the same for all
//! ([`crate::online::perform`]).

pub(crate) mod account;
pub(crate) mod activity;
mod attendance;
pub(crate) mod block;
pub(crate) mod config;
pub(crate) mod fund;
mod holdings;
mod members;
mod money;
pub(crate) mod org;
pub(crate) mod points;
mod voucher;
mod watch;

use crate::failure::Failure;
use linli_ledger::code::Code;
use linli_ledger::types::Day;
use std::path::Path;
use std::str::FromStr;

/// An identifier as it is copied: spaces around it fall away, upper case as in a QR code is taken.
///
/// # Errors
/// A sentence for the command line.
fn identifier<T: FromStr>(text: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    text.trim().parse().map_err(|error: T::Err| error.to_string())
}

/// A civil day.
///
/// # Errors
/// A sentence for the command line.
fn day(text: &str) -> Result<Day, String> {
    Day::from_iso(text.trim()).ok_or_else(|| "2026-01-01".to_owned())
}

/// The JSON in a file.
fn json_file<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let detail = crate::reading::clean(&error.to_string());
        Failure::new(Code::CallJson, format!("{}: {detail}", path.display()))
    })
}

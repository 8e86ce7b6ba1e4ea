//! This exists to read one cell: money in yuan, numbers, civil times, public text.

use linli_contracts::text::{check_text, lint};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::limits::TEXT_BYTES_MAX;
use linli_ledger::types::{BlockTime, DAY_MS, Day, HOUR_MS, MINUTE_MS};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::str::FromStr;

/// Yuan with at most two decimals, in fen. No sign, exponent, separator or full-width digit.
pub(crate) fn yuan(text: &str) -> Result<Fen, Code> {
    hundredths(text).map(Fen)
}

/// Per cent with at most two decimals, in basis points.
pub(super) fn percent(text: &str) -> Result<u32, Code> {
    hundredths(text).and_then(|bp| u32::try_from(bp).map_err(|_| Code::JsonNumber))
}

fn hundredths(text: &str) -> Result<u64, Code> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(Code::JsonNumber);
    }
    Decimal::from_str(text)
        .ok()
        .and_then(|decimal| decimal.checked_mul(Decimal::ONE_HUNDRED))
        .and_then(|decimal| decimal.to_u64())
        .ok_or(Code::JsonNumber)
}

/// A whole number, with a minus sign where the type allows one.
pub(super) fn number<T: FromStr>(text: &str) -> Result<T, Code> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Code::JsonNumber);
    }
    text.parse().map_err(|_| Code::JsonNumber)
}

/// A civil date, `2026-01-05`.
pub(super) fn day(text: &str) -> Result<Day, Code> {
    let mut parts = text.split('-');
    let mut part = |digits| fixed(parts.next(), digits);
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    match parts.next() {
        None => Day::from_civil(year, month, day).ok_or(Code::RowTime),
        Some(_) => Err(Code::RowTime),
    }
}

/// A civil month, `2026-01`: year and month.
pub(super) fn month(text: &str) -> Result<(u32, u32), Code> {
    let (year, month) = text.split_once('-').ok_or(Code::RowTime)?;
    let (year, month) = (fixed(Some(year), 4)?, fixed(Some(month), 2)?);
    if (1..=12).contains(&month) { Ok((year, month)) } else { Err(Code::RowTime) }
}

/// A civil time in UTC+8, `2026-01-05 09:30`.
pub(super) fn time(text: &str) -> Result<BlockTime, Code> {
    let (date, clock) = text.split_once(' ').ok_or(Code::RowTime)?;
    let (hour, minute) = clock.split_once(':').ok_or(Code::RowTime)?;
    let (hour, minute) = (fixed(Some(hour), 2)?, fixed(Some(minute), 2)?);
    if hour > 23 || minute > 59 {
        return Err(Code::RowTime);
    }
    let start = day(date)?.start();
    Ok(start.plus(u64::from(hour) * HOUR_MS + u64::from(minute) * MINUTE_MS))
}

fn fixed(text: Option<&str>, digits: usize) -> Result<u32, Code> {
    text.filter(|text| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or(Code::RowTime)
}

/// The first instant after a day.
pub(super) fn end_of(day: Day) -> BlockTime {
    day.start().plus(DAY_MS)
}

/// Text that goes onto the chain or into a report: readable, and nothing in it about a person.
pub(super) fn public_text(text: &str) -> Result<&str, Code> {
    check_text(text, TEXT_BYTES_MAX).map_err(|_| Code::RowText)?;
    if lint(text).is_some() { Err(Code::RowPersonal) } else { Ok(text) }
}

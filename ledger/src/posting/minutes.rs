//! This exists to record minutes of service: a record that grows, and is only ever corrected.

use super::{AccountKey, Quantity, post};
use crate::amount::Minutes;
use crate::code::Rejection;
use crate::view::View;

/// Records minutes: from the origin to the person's account; the other way round for a correction.
///
/// # Errors
/// As the kernel's posting: [`crate::code::Code::AmountZero`], [`crate::code::Code::AmountOverflow`].
///
/// Source: LED-6.4, INV-P5.
pub fn transfer(
    view: &mut View<'_>,
    from: &AccountKey,
    to: &AccountKey,
    minutes: Minutes,
) -> Result<(), Rejection> {
    post(view, from, to, Quantity::Minutes(minutes.0))
}

//! This exists to hold the kernel's own records about who decides: validators, governance, nonces.

use crate::certificate::ValidatorSet;
use crate::code::Code;
use crate::crypto::PublicKey;
use crate::limits::NONCE_WINDOW;
use crate::record::KERNEL;
use crate::state::State;
use crate::types::{Compartment, OrganisationId};
use crate::view::View;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The set that certifies the next block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ValidatorsRecord(pub ValidatorSet);

/// The organisations that govern; their keys are those that they have at the time.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct GovernanceRecord {
    /// How many of them must agree.
    pub threshold: u32,
    /// Who they are.
    pub members: Vec<OrganisationId>,
}

/// Which nonces of a key are used: the highest, and a bit for each of the 256 below. Source: LED-3.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct NonceWindow {
    /// The highest nonce used.
    #[serde(with = "crate::json::decimal")]
    pub highest: u64,
    /// Bit `i` of word `w` says that `highest − 1 − (64·w + i)` is used.
    pub below: [u64; 4],
}

/// Nonces used in public calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PublicNonces(pub NonceWindow);

/// Nonces used in restricted calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct RestrictedNonces(pub NonceWindow);

crate::records! { KERNEL, Public:
    ValidatorsRecord = 9, ();
    GovernanceRecord = 10, ();
    PublicNonces = 11, PublicKey;
}

crate::records! { KERNEL, Restricted:
    RestrictedNonces = 11, PublicKey;
}

impl NonceWindow {
    /// The window after the first nonce of a key.
    pub fn first(nonce: u64) -> Self {
        Self { highest: nonce, below: [0; 4] }
    }

    /// The window after one more nonce.
    ///
    /// # Errors
    /// [`Code::NonceUsed`] for a nonce that was used or has fallen out of the window.
    pub fn use_nonce(self, nonce: u64) -> Result<Self, Code> {
        if nonce > self.highest {
            let step = nonce.saturating_sub(self.highest);
            let mut next = Self { highest: nonce, below: shifted(self.below, step) };
            next.mark(step.saturating_sub(1));
            return Ok(next);
        }
        let distance = self.highest.saturating_sub(nonce);
        let position = distance.checked_sub(1).ok_or(Code::NonceUsed)?;
        if position >= NONCE_WINDOW || self.is_marked(position) {
            return Err(Code::NonceUsed);
        }
        let mut next = self;
        next.mark(position);
        Ok(next)
    }

    fn is_marked(&self, position: u64) -> bool {
        let word = usize::try_from(position / 64).ok().and_then(|word| self.below.get(word));
        word.is_some_and(|word| word & bit(position) != 0)
    }

    fn mark(&mut self, position: u64) {
        let word = usize::try_from(position / 64).ok().and_then(|word| self.below.get_mut(word));
        if let Some(word) = word {
            *word |= bit(position);
        }
    }
}

fn bit(position: u64) -> u64 {
    1_u64.checked_shl(u32::try_from(position % 64).unwrap_or(0)).unwrap_or(0)
}

/// The window moved up by `step`: bit `i` becomes bit `i + step`; what passes 256 is forgotten.
fn shifted(words: [u64; 4], step: u64) -> [u64; 4] {
    let whole = usize::try_from(step / 64).unwrap_or(words.len());
    let bits = u32::try_from(step % 64).unwrap_or(0);
    let mut out = [0_u64; 4];
    let mut carried = 0_u64;
    for (to, word) in out.iter_mut().skip(whole).zip(words) {
        *to = word.wrapping_shl(bits) | carried;
        carried = word.checked_shr(64_u32.saturating_sub(bits)).unwrap_or(0);
    }
    out
}

/// Uses a nonce of a key in the view's compartment.
///
/// # Errors
/// [`Code::NonceUsed`].
///
/// Source: LED-3.8.
pub(crate) fn use_nonce(view: &mut View<'_>, key: &PublicKey, nonce: u64) -> Result<(), Code> {
    let advance = |window: Option<NonceWindow>| match window {
        None => Ok(NonceWindow::first(nonce)),
        Some(window) => window.use_nonce(nonce),
    };
    match view.compartment() {
        Compartment::Public => {
            let window = advance(view.get::<PublicNonces>(key).map(|record| record.0))?;
            view.put_kernel(key, &PublicNonces(window));
        }
        Compartment::Restricted => {
            let window = advance(view.get::<RestrictedNonces>(key).map(|record| record.0))?;
            view.put_kernel(key, &RestrictedNonces(window));
        }
    }
    Ok(())
}

/// Whether a key has used a nonce in a compartment, or one so much greater that it no longer may. What a
/// sender signed with a nonce that is free is in no block.
pub fn has_used_nonce(
    state: &State,
    compartment: Compartment,
    key: &PublicKey,
    nonce: u64,
) -> bool {
    let view = View::read_only(state, compartment, state.tip().time);
    let window = match compartment {
        Compartment::Public => view.get::<PublicNonces>(key).map(|record| record.0),
        Compartment::Restricted => view.get::<RestrictedNonces>(key).map(|record| record.0),
    };
    window.is_some_and(|window| window.use_nonce(nonce).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_nonce_is_used_once_and_only_inside_the_window(
            nonces in prop::collection::vec(0_u64..2_000, 1..300)
        ) {
            let mut used = BTreeSet::from([1_000_u64]);
            let mut window = NonceWindow::first(1_000);
            for nonce in nonces {
                let highest = *used.last().unwrap();
                let allowed = !used.contains(&nonce) && nonce + NONCE_WINDOW >= highest;
                match window.use_nonce(nonce) {
                    Ok(next) => {
                        prop_assert!(allowed);
                        window = next;
                        used.insert(nonce);
                    }
                    Err(code) => {
                        prop_assert!(!allowed);
                        prop_assert_eq!(code, Code::NonceUsed);
                    }
                }
            }
        }
    }
}

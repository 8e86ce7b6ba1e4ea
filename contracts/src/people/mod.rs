//! This exists to say who lives here, by pseudonym: enrolments and the keys of residents.
//!
//! Everything here is restricted, and nothing here is text about a person. What the credit contract
//! reads of it is in [`residents`].

mod calls;
mod enrolment;
mod invariants;
mod keyring;
pub mod residents;
#[cfg(test)]
mod tests;

use crate::text::any_personal_data;
pub use calls::*;
use linli_ledger::code::{Code, Rejection};
use linli_ledger::codec::decode;
use linli_ledger::contract::{Broken, Contract, Party};
use linli_ledger::due::DueItem;
use linli_ledger::types::{Compartment, ContractId, EnrolmentId};
use linli_ledger::view::View;

/// The number of this contract.
pub const CONTRACT: ContractId = ContractId(2);

/// The rules of this contract, version 1.
#[derive(Clone, Copy, Debug)]
pub struct People;

impl Contract for People {
    fn id(&self) -> ContractId {
        CONTRACT
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Restricted
    }

    fn keeps_keys(&self) -> bool {
        true
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok()
    }

    fn holds_personal_data(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok_and(|call| any_personal_data(&call.texts()))
    }

    fn execute(
        &self,
        call: &[u8],
        parties: &[Party],
        view: &mut View<'_>,
    ) -> Result<(), Rejection> {
        // The kernel runs only what `accepts`; a wrong caller gets a no instead of a panic.
        let call = decode::<Call>(call, "a call").map_err(|_| Code::Encoding)?;
        match call {
            Call::Enrol { community, nullifier, age_class, key, guardian, consent } => {
                let state = residents::EnrolmentState::Active;
                let enrolment = residents::Enrolment {
                    community,
                    nullifier,
                    age_class,
                    guardian,
                    consent,
                    state,
                };
                enrolment::enrol(view, parties, &enrolment, key)
            }
            Call::KeyAdd { key } => keyring::add(view, parties, key),
            Call::KeyRevoke { key } => keyring::revoke(view, parties, key),
            Call::KeyRotate { enrolment, key } => keyring::rotate(view, parties, enrolment, key),
            Call::KeyRotateObject => keyring::object(view, parties),
            Call::Close => enrolment::close(view, parties),
        }
    }

    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        if item.kind == keyring::DUE_ROTATION {
            keyring::settle(view, EnrolmentId(item.record.0));
        }
    }

    fn invariants(&self, view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
        invariants::check(view)
    }
}

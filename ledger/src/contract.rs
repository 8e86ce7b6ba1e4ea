//! This exists to say what a contract is to the kernel.

use crate::code::Rejection;
use crate::crypto::PublicKey;
use crate::due::DueItem;
use crate::genesis::{Genesis, GenesisError};
use crate::keys::KeyOwner;
use crate::keys::KeyPurpose;
use crate::receipt::Condition;
use crate::types::{Compartment, ContractId, GrantId};
use crate::view::View;
use std::collections::BTreeMap;
use std::fmt;

/// A signer, as the kernel found it: an active key and whom it speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// The key that signed.
    pub key: PublicKey,
    /// Whom it speaks for.
    pub owner: KeyOwner,
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// The role that the signer claims; the contract checks it.
    pub grant: Option<GrantId>,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant {name} does not hold for {record}")]
pub struct Broken {
    /// Its name, for example `INV-M7`.
    pub name: &'static str,
    /// The record for which it fails, in hexadecimal.
    pub record: String,
}

/// The rules of one contract in one version: a pure function of a call and a view.
///
/// The trait has as many users as there are contracts and versions of them (D16).
pub trait Contract: Send + Sync {
    /// Its number, the same in every version.
    fn id(&self) -> ContractId;

    /// Its version.
    fn version(&self) -> u16;

    /// The half of the state that it writes.
    fn compartment(&self) -> Compartment;

    /// Whether it registers and revokes keys.
    fn keeps_keys(&self) -> bool {
        false
    }

    /// Whether it changes who certifies blocks, whose nodes may connect and which rules are in force.
    /// Source: LED-6.11, LED-6.9.
    fn keeps_members(&self) -> bool {
        false
    }

    /// Whether a site's device may co-sign its calls (never send them).
    fn admits_devices(&self) -> bool {
        false
    }

    /// Whether these are the canonical bytes of one of its calls; checked at the door.
    fn accepts(&self, call: &[u8]) -> bool;

    /// Whether a text of a call that it [`Contract::accepts`] seems to hold personal data. Asked at the
    /// door: a rejection would keep the call in the chain for ever. Source: LED-3.9, D20.
    fn holds_personal_data(&self, call: &[u8]) -> bool {
        let _ = call;
        false
    }

    /// The restricted facts on which a public call depends; the kernel checks them first.
    fn conditions(&self, call: &[u8]) -> Vec<Condition> {
        let _ = call;
        Vec::new()
    }

    /// Writes what this contract has at the beginning.
    ///
    /// # Errors
    /// A genesis that this contract cannot begin with.
    fn begin(&self, genesis: &Genesis, view: &mut View<'_>) -> Result<(), GenesisError> {
        let _ = (genesis, view);
        Ok(())
    }

    /// Runs a call that [`Contract::accepts`].
    ///
    /// # Errors
    /// The first rule that says no; whatever was written before is dropped.
    fn execute(&self, call: &[u8], parties: &[Party], view: &mut View<'_>)
    -> Result<(), Rejection>;

    /// Handles something that this contract scheduled. It never fails: what has become void is
    /// simply dropped.
    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        let _ = (item, view);
    }

    /// Checks the invariants of this contract over a whole state and names them.
    ///
    /// # Errors
    /// The first that does not hold.
    fn invariants(&self, view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
        let _ = view;
        Ok(Vec::new())
    }
}

/// Every contract in every version that this program has.
pub struct Rulebook(BTreeMap<(ContractId, u16), Box<dyn Contract>>);

impl Rulebook {
    /// A rulebook of these contracts; `None` if one comes twice.
    pub fn new(contracts: Vec<Box<dyn Contract>>) -> Option<Self> {
        let count = contracts.len();
        let map: BTreeMap<_, _> = contracts
            .into_iter()
            .map(|contract| ((contract.id(), contract.version()), contract))
            .collect();
        (map.len() == count).then_some(Self(map))
    }

    /// A contract in one version.
    pub fn get(&self, id: ContractId, version: u16) -> Option<&dyn Contract> {
        self.0.get(&(id, version)).map(AsRef::as_ref)
    }

    /// All contracts, by number and version.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Contract> {
        self.0.values().map(AsRef::as_ref)
    }
}

impl fmt::Debug for Rulebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

//! This exists to let organisations that do not trust each other decide together who certifies blocks and
//! whose nodes may connect and which rules are in force: one proposes, enough of them agree, everybody has time to look, then it
//! takes effect. What would end the chain is refused, with the reason.
//!
//! Everything here is public. Which nodes may connect is read by [`nodes::allowed`].

mod calls;
mod invariants;
pub mod nodes;
mod plan;
mod proposals;
pub mod records;
#[cfg(test)]
mod tests;

pub use calls::*;
use linli_ledger::code::{Code, Rejection};
use linli_ledger::codec::decode;
use linli_ledger::contract::{Broken, Contract, Party};
use linli_ledger::due::DueItem;
use linli_ledger::genesis::{Genesis, GenesisError};
use linli_ledger::members;
use linli_ledger::types::{Compartment, ContractId};
use linli_ledger::view::View;
pub use proposals::proposal_hash;

/// The number of this contract.
pub const CONTRACT: ContractId = ContractId(6);

/// The rules of this contract, version 1.
#[derive(Clone, Copy, Debug)]
pub struct Governance;

impl Contract for Governance {
    fn id(&self) -> ContractId {
        CONTRACT
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Public
    }

    fn keeps_members(&self) -> bool {
        true
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok()
    }

    fn begin(&self, genesis: &Genesis, view: &mut View<'_>) -> Result<(), GenesisError> {
        members::begin(view);
        nodes::begin(genesis, view);
        Ok(())
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
            Call::Propose { changes, evidence } => {
                proposals::propose(view, parties, changes, evidence)
            }
            Call::Vote { proposal, proposal_hash, approve } => {
                proposals::vote(view, parties, proposal, proposal_hash, approve)
            }
            Call::Withdraw { proposal } => proposals::withdraw(view, parties, proposal),
            Call::NodeEnd { key } => nodes::end(view, parties, key),
        }
    }

    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        proposals::due(view, item);
    }

    fn invariants(&self, view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
        invariants::check(view)
    }
}

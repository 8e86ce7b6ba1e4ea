//! This exists to hand in what the demonstration signs: to the node in this process, or to one over HTTP.

use super::DevError;
use crate::live::{Answer, Live, Times};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_ledger::genesis::Genesis;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::Height;
use linli_wire::path;
use linli_wire::transaction::{Standing, SubmitMany, SubmittedMany};
use std::time::Duration;

/// Where the demonstration hands in what it signs.
pub trait Door {
    /// How the chain begins.
    fn genesis(&self) -> &Genesis;

    /// Whether the demonstration is still to be set up.
    fn is_new(&self) -> bool;

    /// Commits transactions in order and waits until all are final.
    ///
    /// # Errors
    /// The first code that is in the way.
    fn commit(&self, transactions: Vec<VerifiedTransaction>) -> Result<(), DevError>;

    /// Whether its clock is set by hand.
    fn is_by_hand(&self) -> bool;

    /// Moves a clock that is set by hand on by so many milliseconds.
    ///
    /// # Errors
    /// The code that is in the way.
    fn pass(&self, milliseconds: u64) -> Result<(), DevError>;
}

impl Door for Live {
    fn genesis(&self) -> &Genesis {
        Self::genesis(self)
    }

    fn is_new(&self) -> bool {
        self.heights().borrow().height == Height(0)
    }

    fn commit(&self, transactions: Vec<VerifiedTransaction>) -> Result<(), DevError> {
        for ticket in self.submit(transactions) {
            match ticket.map_err(|error| DevError(error.code()))?.wait() {
                Answer::Final(answer) => {
                    if let Some(rejection) = answer.receipt.rejection() {
                        return Err(DevError(rejection.code));
                    }
                }
                Answer::Refused(code) => return Err(DevError(code)),
                Answer::Unknown(why) => return Err(DevError(why.code())),
            }
        }
        Ok(())
    }

    fn is_by_hand(&self) -> bool {
        self.times() == Times::Hand
    }

    fn pass(&self, milliseconds: u64) -> Result<(), DevError> {
        let moved = self.advance(Duration::from_millis(milliseconds));
        let moved = futures::executor::block_on(moved);
        moved.map(|_| ()).map_err(|error| DevError(error.code()))
    }
}

/// A node of a network that has just begun, over HTTP.
#[derive(Clone, Debug)]
pub struct Remote {
    genesis: Genesis,
    /// What its addresses begin with, such as `http://127.0.0.1:8640`.
    url: String,
}

impl Remote {
    /// The node at an address, which begins the chain of this genesis.
    pub fn new(genesis: Genesis, url: &str) -> Self {
        Self { genesis, url: url.to_owned() }
    }
}

impl Door for Remote {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    fn is_new(&self) -> bool {
        true
    }

    fn commit(&self, transactions: Vec<VerifiedTransaction>) -> Result<(), DevError> {
        let unreachable = |_| DevError(Code::NodeUnreachable);
        let bytes = |one: VerifiedTransaction| STANDARD.encode(encode(one.signed()));
        let body = SubmitMany { transactions: transactions.into_iter().map(bytes).collect() };
        let url = format!("{}{}?wait=final", self.url, path::TRANSACTIONS);
        let answer = ureq::post(&url).send_json(&body);
        let answer = answer.and_then(|mut answer| answer.body_mut().read_json());
        let SubmittedMany { data } = answer.map_err(unreachable)?;
        for one in data {
            if let Some(problem) = one.problem {
                return Err(DevError(problem.code));
            }
            if let Some(rejection) = one.receipt.as_ref().and_then(|receipt| receipt.rejection()) {
                return Err(DevError(rejection.code));
            }
            if one.status != Standing::Final {
                return Err(DevError(Code::NotFinal));
            }
        }
        Ok(())
    }

    fn is_by_hand(&self) -> bool {
        false
    }

    fn pass(&self, _milliseconds: u64) -> Result<(), DevError> {
        Ok(())
    }
}

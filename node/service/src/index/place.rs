//! This exists to say where on the way from source to payee an account of the fund contract stands, so
//! that a year of movements is a diagram of a few edges: what happens inside a contract (reserved, in
//! flight) is no edge.

use linli_contracts::fund::{FundAccount, Payment, ServiceContract};
use linli_ledger::posting::{Movement, Quantity};
use linli_ledger::receipt::Receipt;
use linli_ledger::record::{KeyBytes, KeyPart};
use linli_ledger::state::State;
use linli_ledger::types::{AccountId, Compartment, OrganisationId, RecordId};
use linli_ledger::view::View;
use serde::Serialize;
use std::collections::BTreeMap;

/// A node of a fund's flow diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Outside, before the money came in; the edge says which source.
    Source,
    /// Free in the fund.
    Fund,
    /// Bound by a contract: committed, reserved or in flight.
    Contract(RecordId),
    /// Paid for a contract, by the bank's word.
    Payee {
        /// Who was paid.
        provider: OrganisationId,
        /// For which contract.
        contract: RecordId,
    },
    /// An account that has no place of its own in the diagram.
    Other(AccountId),
}

impl KeyPart for Node {
    fn write(&self, out: &mut impl KeyBytes) {
        match self {
            Self::Source => out.append(&[0]),
            Self::Fund => out.append(&[1]),
            Self::Contract(contract) => (2_u8, *contract).write(out),
            Self::Payee { provider, contract } => (3_u8, *provider, *contract).write(out),
            Self::Other(account) => (4_u8, *account).write(out),
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(match u8::read(bytes)? {
            0 => Self::Source,
            1 => Self::Fund,
            2 => Self::Contract(KeyPart::read(bytes)?),
            3 => Self::Payee { provider: KeyPart::read(bytes)?, contract: KeyPart::read(bytes)? },
            4 => Self::Other(KeyPart::read(bytes)?),
            _ => return None,
        })
    }
}

/// A fund and a node of its diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The fund whose diagram it is.
    pub fund: RecordId,
    /// The node.
    pub node: Node,
}

/// Where the accounts of a block's movements of money stand.
pub type Places = BTreeMap<AccountId, Place>;

/// Looks up the places of all accounts between which a block moved money.
///
/// `state` is the one after the block or any later one: which fund an account belongs to never changes.
pub fn places(state: &State, receipts: &[Receipt]) -> Places {
    let view = View::read_only(state, Compartment::Public, state.tip().time);
    let mut found = Places::new();
    for movement in receipts.iter().flat_map(|receipt| &receipt.movements) {
        let Movement { from, to, quantity: Quantity::Fen(_) } = movement else { continue };
        for account in [from, to] {
            if !found.contains_key(account)
                && let Some(place) = place(&view, *account)
            {
                found.insert(*account, place);
            }
        }
    }
    found
}

/// Where one account stands; `None` for one that is none of the fund contract.
pub fn place(view: &View<'_>, account: AccountId) -> Option<Place> {
    let of_contract = |contract: RecordId, node: Node| {
        let fund = view.get::<ServiceContract>(&contract)?.terms.fund;
        Some(Place { fund, node })
    };
    let of_payment = |payment: RecordId| {
        let contract = view.get::<Payment>(&payment)?.terms.contract;
        of_contract(contract, Node::Contract(contract))
    };
    match FundAccount::find(view, account)? {
        FundAccount::Available(fund) => Some(Place { fund, node: Node::Fund }),
        FundAccount::Origin(fund) => Some(Place { fund, node: Node::Source }),
        FundAccount::Committed(contract) | FundAccount::Retained(contract) => {
            of_contract(contract, Node::Contract(contract))
        }
        FundAccount::Suspense(fund) | FundAccount::Lapsed(fund) | FundAccount::Returned(fund) => {
            Some(Place { fund, node: Node::Other(account) })
        }
        FundAccount::Reserved(payment) | FundAccount::InFlight(payment) => of_payment(payment),
        FundAccount::Payee { provider, contract } => {
            of_contract(contract, Node::Payee { provider, contract })
        }
    }
}

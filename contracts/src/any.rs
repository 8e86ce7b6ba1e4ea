//! This exists to read and write a call of any contract: what an interface shows, what a wallet builds
//! and explains, is the bytes that are signed and nothing else.

use crate::{credit, fund, governance, people, programme, registry};
use linli_ledger::codec::{decode, encode};
use linli_ledger::types::ContractId;
use serde::{Deserialize, Serialize};

/// A call of one of the contracts, version 1. In JSON: LED-10.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnyCall {
    /// Organisations, officers, keys, roles, parameters.
    Registry(registry::Call),
    /// Residents and their keys.
    People(people::Call),
    /// Programmes, rules, activities, rewards.
    Programme(programme::Call),
    /// Participation, points, vouchers.
    Credit(credit::Call),
    /// Money.
    Fund(fund::Call),
    /// Who certifies, whose nodes may connect.
    Governance(governance::Call),
}

impl AnyCall {
    /// Reads a call; `None` for an unknown contract or bytes that are not the canonical ones of a call.
    pub fn decode(contract: ContractId, call: &[u8]) -> Option<Self> {
        match contract {
            registry::CONTRACT => decode(call, "a call").ok().map(Self::Registry),
            people::CONTRACT => decode(call, "a call").ok().map(Self::People),
            programme::CONTRACT => decode(call, "a call").ok().map(Self::Programme),
            credit::CONTRACT => decode(call, "a call").ok().map(Self::Credit),
            fund::CONTRACT => decode(call, "a call").ok().map(Self::Fund),
            governance::CONTRACT => decode(call, "a call").ok().map(Self::Governance),
            _ => None,
        }
    }

    /// The contract that is called.
    pub fn contract(&self) -> ContractId {
        match self {
            Self::Registry(_) => registry::CONTRACT,
            Self::People(_) => people::CONTRACT,
            Self::Programme(_) => programme::CONTRACT,
            Self::Credit(_) => credit::CONTRACT,
            Self::Fund(_) => fund::CONTRACT,
            Self::Governance(_) => governance::CONTRACT,
        }
    }

    /// The canonical bytes that go into a body.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Registry(call) => encode(call),
            Self::People(call) => encode(call),
            Self::Programme(call) => encode(call),
            Self::Credit(call) => encode(call),
            Self::Fund(call) => encode(call),
            Self::Governance(call) => encode(call),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_ledger::types::RecordId;

    #[test]
    fn a_call_survives_bytes_and_json() {
        let call = AnyCall::Credit(credit::Call::SignUp { activity: RecordId([3; 32]) });
        assert_eq!(AnyCall::decode(call.contract(), &call.encode()), Some(call.clone()));
        let json = serde_json::to_string(&call).unwrap();
        assert!(json.starts_with(r#"{"credit":{"sign_up":{"activity":"llr1"#), "{json}");
        assert_eq!(serde_json::from_str::<AnyCall>(&json).unwrap(), call);
    }

    #[test]
    fn other_bytes_and_other_contracts_are_no_call() {
        let bytes = AnyCall::Credit(credit::Call::SignUp { activity: RecordId([3; 32]) }).encode();
        assert_eq!(AnyCall::decode(ContractId(99), &bytes), None);
        assert_eq!(AnyCall::decode(credit::CONTRACT, &[bytes, vec![0]].concat()), None);
    }
}

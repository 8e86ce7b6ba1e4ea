//! This exists to build what the members of a chain change by: the identity of a node and who proves it,
//! the leaf about builders, the calls of governance.

use crate::bytes::{SEED, business, consensus, key_hex};
use crate::hex_of;
use linli_contracts::governance::{Call, Change, NodeRole, proposal_hash};
use linli_ledger::codec::encode;
use linli_ledger::crypto::{ConsensusKey, Signature, peer_identity};
use linli_ledger::hash::{Digest, to_hex};
use linli_ledger::members::BuildersRecord;
use linli_ledger::record::{Record, key_bytes};
use linli_ledger::types::{Height, OrganisationId, RecordId};
use serde_json::{Value, json};

pub(crate) fn members() -> Value {
    let genesis = Digest::Blake3([1; 32]);
    let node = ConsensusKey::demonstration(SEED, "node").public();
    let identity = peer_identity(&node);
    let proof = consensus(0).sign_peer(&genesis, &identity);
    let Signature::Ed25519(proof_bytes) = proof;
    let builders = [(0, 7), (1, 300)].map(|(n, height)| (consensus(n).public(), Height(height)));
    let builders = BuildersRecord(builders.to_vec());
    let leaf = key_bytes(BuildersRecord::CONTRACT, BuildersRecord::KIND, &());
    let organisation = OrganisationId([2; 32]);
    let (key, old) = (consensus(0).public(), business("clerk").public());
    let changes = vec![
        Change::ValidatorAdd { organisation, key, power: 3, node, proof },
        Change::ValidatorRemove { key },
        Change::ValidatorRotate { old, new: key, node, proof },
        Change::ValidatorPower { key, power: 300 },
        Change::NodeAdd { organisation, key: node, node_role: NodeRole::Validator },
        Change::NodeRemove { key: node },
        Change::NodeRole { key: node, node_role: NodeRole::Observer },
    ];
    let (proposal, evidence) = (RecordId([3; 32]), Digest::Blake3([4; 32]));
    let hash = proposal_hash(proposal, &changes, &evidence);
    let vote = Call::Vote { proposal, proposal_hash: hash, approve: true };
    json!({
        "genesis": genesis.to_hex(),
        "node": { "label": "node", "key": key_hex(&node), "identity": to_hex(&identity) },
        "proof": { "label": "validator 0", "signature": to_hex(&proof_bytes) },
        "builders": { "key": to_hex(&leaf), "bytes": hex_of(&builders) },
        "changes": changes.iter().map(|change| to_hex(&encode(change))).collect::<Vec<_>>(),
        "proposal hash": hash.to_hex(),
        "propose": hex_of(&Call::Propose { changes, evidence }),
        "vote": hex_of(&vote),
        "withdraw": hex_of(&Call::Withdraw { proposal }),
        "node end": hex_of(&Call::NodeEnd { key: node }),
    })
}

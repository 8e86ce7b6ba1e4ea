//! This exists to build what is signed and sent: hashes, signatures, transactions, blocks, genesis.

use crate::hex_of;
use linli_ledger::block::{Header, PROTOCOL_VERSION};
use linli_ledger::certificate::{
    Certificate, CommitCertificate, Proposal, Recovery, Validator, ValidatorSet, Vote, VoteKind,
};
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey, Signature, demonstration_secret};
use linli_ledger::frame::Frame;
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisNode, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use linli_ledger::hash::{Digest, Domain, hash, to_hex};
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{
    BlockHash, BlockTime, ContractId, GrantId, Height, OrganisationId, StateRoot, TransactionId,
    derive_identifier,
};
use serde_json::{Value, json};

pub(crate) const SEED: &[u8] = b"vectors";

pub(crate) fn business(label: &str) -> BusinessKey {
    BusinessKey::demonstration(SEED, label)
}

pub(crate) fn consensus(n: u32) -> ConsensusKey {
    ConsensusKey::demonstration(SEED, &format!("validator {n}"))
}

/// A digest for a field, told apart by a number.
fn some(n: u8) -> Digest {
    Digest::Blake3([n; 32])
}

pub(crate) fn key_hex(key: &PublicKey) -> String {
    to_hex(key.bytes())
}

fn signature_hex(signature: &Signature) -> String {
    let Signature::Ed25519(bytes) = signature;
    to_hex(bytes)
}

pub(crate) fn hashes() -> Value {
    let long: Vec<u8> = (0..=255).cycle().take(2_049).collect();
    let domains: Vec<_> = Domain::ALL
        .iter()
        .map(|domain| {
            json!({
                "domain": domain.name(),
                "empty": to_hex(&hash(*domain, b"")),
                "linli": to_hex(&hash(*domain, b"linli")),
                "2049 bytes 0 1 2 .. 255 0 ..": to_hex(&hash(*domain, &long)),
            })
        })
        .collect();
    let digest = some(0xab);
    json!({ "domains": domains, "digest": { "hash": digest.to_hex(), "bytes": hex_of(&digest) } })
}

fn preimage(domain: Domain, genesis: &Digest, message: &[u8]) -> String {
    to_hex(&[&domain.key(), genesis.bytes().as_slice(), message].concat())
}

pub(crate) fn signatures() -> Value {
    let genesis = some(1);
    let key = business("clerk");
    let peer = b"a libp2p peer id";
    let id = TransactionId(some(2));
    let signature = key.sign_transaction(&genesis, &id);
    let of_peer = consensus(0).sign_peer(&genesis, peer);
    let labels = ["clerk", "bank", "validator 0", ""].map(|label| {
        json!({
            "label": label,
            "secret": to_hex(&demonstration_secret(SEED, label)),
            "key": key_hex(&business(label).public()),
            "key bytes": hex_of(&business(label).public()),
        })
    });
    json!({
        "seed": String::from_utf8_lossy(SEED),
        "labels": labels,
        "genesis": genesis.to_hex(),
        "transaction": {
            "id": id.0.to_hex(),
            "label": "clerk",
            "preimage": preimage(Domain::SignTransaction, &genesis, id.0.bytes()),
            "signature": signature_hex(&signature),
            "signature bytes": hex_of(&signature),
        },
        "peer": {
            "peer": to_hex(peer),
            "label": "validator 0",
            "preimage": preimage(Domain::SignPeer, &genesis, peer),
            "signature": signature_hex(&of_peer),
        },
    })
}

pub(crate) fn transactions() -> Value {
    let genesis = some(1);
    let grant = GrantId([3; 32]);
    let labels = ["clerk", "bank"];
    let body = Body {
        version: BODY_VERSION,
        genesis,
        contract: ContractId(5),
        call_version: 1,
        signers: vec![
            Signer { key: business("clerk").public(), grant: Some(grant) },
            Signer { key: business("bank").public(), grant: None },
        ],
        nonce: u64::MAX,
        salt: *b"0123456789abcdef",
        valid_until: BlockTime(1_767_225_600_000),
        call: b"\x00a call".to_vec(),
    };
    let signatures = labels.map(|label| business(label).sign_transaction(&genesis, &body.id()));
    let signed = SignedTransaction::new(&body, signatures.to_vec());
    assert!(signed.clone().verify(&genesis).is_ok());
    let identifiers = [0, 1, u32::MAX]
        .map(|n| json!({ "n": n, "identifier": to_hex(&derive_identifier(&body.id(), n)) }));
    json!({
        "body": {
            "version": body.version, "genesis": genesis.to_hex(), "contract": body.contract.0,
            "call_version": body.call_version,
            "signers": body.signers.iter().map(|signer| json!({
                "key": key_hex(&signer.key),
                "grant": signer.grant.map(|grant| to_hex(&grant.0)),
            })).collect::<Vec<_>>(),
            "nonce": body.nonce, "salt": to_hex(&body.salt),
            "valid_until": body.valid_until.0, "call": to_hex(&body.call),
        },
        "bytes": hex_of(&body),
        "id": body.id().0.to_hex(),
        "labels": labels,
        "signatures": signatures.map(|signature| signature_hex(&signature)),
        "signed bytes": hex_of(&signed),
        "leaf": to_hex(&signed.leaf()),
        "identifiers": identifiers,
    })
}

pub(crate) fn genesis() -> Genesis {
    let organisation = |name: &str, kind, label| GenesisOrganisation {
        name: name.to_owned(),
        kind,
        key: business(label).public(),
    };
    let validator = |n, organisation, power| GenesisValidator {
        key: consensus(n).public(),
        organisation,
        power,
    };
    Genesis {
        version: GENESIS_VERSION,
        name: "vectors".to_owned(),
        time: BlockTime(1_767_225_600_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![
            organisation("邻里街道办事处", OrganisationKind::PublicBody, "office"),
            organisation("Bank", OrganisationKind::Bank, "bank"),
            organisation("Regulator", OrganisationKind::Regulator, "regulator"),
        ],
        governance: vec![0, 2],
        governance_threshold: 2,
        validators: vec![
            validator(0, 0, 1),
            validator(1, 1, 1),
            validator(2, 2, 2),
            validator(3, 0, 1),
        ],
        nodes: vec![GenesisNode { key: business("node").public(), organisation: 2 }],
        contracts: vec![(ContractId(1), 1), (ContractId(2), 1)],
        parameters: Vec::new(),
    }
}

pub(crate) fn genesis_file() -> Value {
    let mut genesis = genesis();
    genesis.parameters = vec![(7, 86_400_000)];
    assert!(genesis.check().is_ok());
    let organisation_ids = [0, 1, 2].map(|n| to_hex(&genesis.organisation(n).0));
    json!({
        "fields": {
            "version": genesis.version, "name": genesis.name, "time": genesis.time.0,
            "clock": "data", "keys": "demonstration",
            "organisations": genesis.organisations.iter().map(|organisation| json!({
                "name": organisation.name,
                "kind": encoded_kind(organisation.kind),
                "key": key_hex(&organisation.key),
            })).collect::<Vec<_>>(),
            "governance": genesis.governance,
            "governance_threshold": genesis.governance_threshold,
            "validators": genesis.validators.iter().map(|validator| json!({
                "key": key_hex(&validator.key),
                "organisation": validator.organisation,
                "power": validator.power,
            })).collect::<Vec<_>>(),
            "nodes": genesis.nodes.iter().map(|node| json!({
                "key": key_hex(&node.key), "organisation": node.organisation,
            })).collect::<Vec<_>>(),
            "contracts": genesis.contracts.iter().map(|(id, version)| json!([id.0, version])).collect::<Vec<_>>(),
            "parameters": genesis.parameters,
        },
        "bytes": hex_of(&genesis),
        "hash": genesis.hash().to_hex(),
        "organisation ids": organisation_ids,
        "frame": to_hex(&Frame::Genesis(linli_ledger::codec::encode(&genesis)).to_bytes()),
    })
}

fn encoded_kind(kind: OrganisationKind) -> u8 {
    linli_ledger::codec::encode(&kind)[0]
}

fn header() -> Header {
    Header {
        version: PROTOCOL_VERSION,
        chain: some(1),
        height: Height(42),
        time: BlockTime(1_767_225_600_001),
        parent: BlockHash(some(2)),
        transactions_root: some(3),
        transaction_count: 9,
        receipts_root: some(4),
        receipt_count: 10,
        state_root: StateRoot(some(5)),
        history_root: some(6),
        validators_hash: some(7),
        next_validators_hash: some(8),
        proposer: consensus(0).public(),
    }
}

fn set() -> ValidatorSet {
    let member = |n: u32, organisation, power| Validator {
        key: consensus(n).public(),
        organisation: OrganisationId([organisation; 32]),
        power,
    };
    ValidatorSet::new(vec![member(0, 10, 1), member(1, 11, 2), member(2, 12, 1 << 40)]).unwrap()
}

fn vote_of(kind: VoteKind, value: Option<BlockHash>) -> Value {
    let vote = Vote { kind, height: Height(42), round: 3, value, validator: consensus(1).public() };
    let signature = consensus(1).sign_vote(&some(1), &vote);
    assert!(vote.verify(&some(1), &signature));
    json!({
        "kind": match kind { VoteKind::Prevote => "prevote", VoteKind::Precommit => "precommit" },
        "height": 42, "round": 3, "value": value.map(|hash| hash.0.to_hex()),
        "label": "validator 1", "bytes": hex_of(&vote), "signature": signature_hex(&signature),
    })
}

fn proposal_of(pol_round: Option<u32>) -> Value {
    let value = header().hash();
    let validator = consensus(0).public();
    let proposal = Proposal { height: Height(42), round: 3, value, pol_round, validator };
    let signature = consensus(0).sign_proposal(&some(1), &proposal);
    assert!(proposal.verify(&some(1), &signature));
    json!({
        "height": 42, "round": 3, "value": value.0.to_hex(), "pol_round": pol_round,
        "label": "validator 0", "bytes": hex_of(&proposal), "signature": signature_hex(&signature),
    })
}

pub(crate) fn blocks() -> Value {
    let (header, set) = (header(), set());
    let fields = json!({
        "version": header.version, "chain": header.chain.to_hex(), "height": header.height.0,
        "time": header.time.0, "parent": header.parent.0.to_hex(),
        "transactions_root": header.transactions_root.to_hex(),
        "transaction_count": header.transaction_count,
        "receipts_root": header.receipts_root.to_hex(),
        "receipt_count": header.receipt_count,
        "state_root": header.state_root.0.to_hex(),
        "history_root": header.history_root.to_hex(),
        "validators_hash": header.validators_hash.to_hex(),
        "next_validators_hash": header.next_validators_hash.to_hex(),
        "proposer": key_hex(&header.proposer),
    });
    let block = header.hash();
    let precommits = [0, 2].map(|n| {
        let (kind, validator) = (VoteKind::Precommit, consensus(n).public());
        let vote = Vote { kind, height: header.height, round: 3, value: Some(block), validator };
        (validator, consensus(n).sign_vote(&some(1), &vote))
    });
    let commit = CommitCertificate { round: 3, signatures: precommits.to_vec() };
    assert!(commit.verify(&some(1), header.height, block, &set).is_ok());
    let recovery = Recovery { block, height: header.height, validators: set.clone() };
    let governing = ["office", "regulator"].map(|label| {
        (business(label).public(), business(label).sign_recovery(&some(1), &recovery))
    });
    let recovered =
        Certificate::Recovery { validators: set.clone(), signatures: governing.to_vec() };
    json!({
        "genesis": some(1).to_hex(),
        "header": { "fields": fields, "bytes": hex_of(&header), "hash": block.0.to_hex() },
        "validators": {
            "members": set.members().iter().map(|member| json!({
                "key": key_hex(&member.key),
                "organisation": to_hex(&member.organisation.0),
                "power": member.power,
            })).collect::<Vec<_>>(),
            "bytes": hex_of(&set),
            "hash": set.hash().to_hex(),
        },
        "votes": [
            vote_of(VoteKind::Prevote, Some(block)), vote_of(VoteKind::Prevote, None),
            vote_of(VoteKind::Precommit, Some(block)), vote_of(VoteKind::Precommit, None),
        ],
        "proposals": [proposal_of(None), proposal_of(Some(1))],
        "quorum": {
            "round": 3, "labels": ["validator 0", "validator 2"],
            "signatures": precommits.map(|(_, signature)| signature_hex(&signature)),
            "bytes": hex_of(&Certificate::Quorum(commit)),
        },
        "recovery": {
            "signed": hex_of(&recovery), "labels": ["office", "regulator"],
            "signatures": governing.map(|(_, signature)| signature_hex(&signature)),
            "bytes": hex_of(&recovered),
        },
    })
}

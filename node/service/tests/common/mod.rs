//! This exists to give the tests of the service one small chain with the real clock.

#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses its part, and is a test")]

pub(crate) mod load;
pub(crate) mod processes;
pub(crate) mod town;

use linli_contracts::registry;
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{BlockTime, ContractId, HOUR_MS, OrganisationId};
use linli_service::{Live, LiveError, LiveOptions};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(b"service", label)
}

pub(crate) fn validator() -> ConsensusKey {
    ConsensusKey::demonstration(b"service", "validator")
}

pub(crate) fn genesis() -> Genesis {
    let kind = OrganisationKind::PublicBody;
    let office = GenesisOrganisation { name: "office".into(), kind, key: key("office").public() };
    Genesis {
        version: GENESIS_VERSION,
        name: "service".into(),
        time: BlockTime(1_000),
        clock: Clock::Real,
        keys: Keys::Demonstration,
        organisations: vec![office],
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![GenesisValidator { key: validator().public(), organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: vec![(ContractId(1), 1)],
        parameters: Vec::new(),
    }
}

pub(crate) fn options(folder: &Path) -> LiveOptions {
    let rulebook = Arc::new(linli_contracts::rulebook());
    LiveOptions {
        validator: Some(validator()),
        heartbeat: None,
        ..LiveOptions::new(folder.to_owned(), genesis(), rulebook)
    }
}

pub(crate) fn open(folder: &Path) -> Result<Live, LiveError> {
    Live::open(options(folder))
}

pub(crate) fn now() -> BlockTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    BlockTime(u64::try_from(since.as_millis()).unwrap())
}

/// The office registers person number `nonce`, valid for an hour from `time`.
pub(crate) fn register_at(nonce: u64, time: BlockTime) -> VerifiedTransaction {
    registered(nonce, nonce, time)
}

/// The office registers somebody with the key of person number `person`.
pub(crate) fn register_key(person: u64, nonce: u64) -> VerifiedTransaction {
    registered(person, nonce, now())
}

fn registered(person: u64, nonce: u64, time: BlockTime) -> VerifiedTransaction {
    let genesis = genesis();
    let person = key(&format!("person {person}")).public();
    registered_by(&genesis, &key("office"), genesis.organisation(0), person, nonce, time)
}

/// The office registers an organisation of this name.
pub(crate) fn named(name: &str, nonce: u64) -> VerifiedTransaction {
    let key = key(&format!("organisation {name}")).public();
    let kind = OrganisationKind::Provider;
    let call = registry::Call::OrganisationRegister { name: name.to_owned(), kind, key };
    signed(&genesis(), &self::key("office"), registry::CONTRACT, encode(&call), nonce, now())
}

/// An organisation registers a person by key, valid for an hour from `time`.
fn registered_by(
    genesis: &Genesis,
    signer: &BusinessKey,
    organisation: OrganisationId,
    person: PublicKey,
    nonce: u64,
    time: BlockTime,
) -> VerifiedTransaction {
    let call = registry::Call::PersonRegister { organisation, key: person };
    signed(genesis, signer, registry::CONTRACT, encode(&call), nonce, time)
}

/// A call with one signature, valid for an hour from `time`.
fn signed(
    genesis: &Genesis,
    signer: &BusinessKey,
    contract: ContractId,
    call: Vec<u8>,
    nonce: u64,
    time: BlockTime,
) -> VerifiedTransaction {
    let body = Body {
        version: BODY_VERSION,
        genesis: genesis.hash(),
        contract,
        call_version: 1,
        signers: vec![Signer { key: signer.public(), grant: None }],
        nonce,
        salt: [7; 16],
        valid_until: time.plus(HOUR_MS),
        call,
    };
    let signature = signer.sign_transaction(&body.genesis, &body.id());
    let signed = SignedTransaction::new(&body, vec![signature]);
    signed.verify(&body.genesis).expect("it is signed")
}

pub(crate) fn register(nonce: u64) -> VerifiedTransaction {
    register_at(nonce, now())
}

//! Who certified which block is proven from the genesis hash on: through every change of the validators a
//! stranger follows their sets by headers and certificates, an audit counts the quorum of the right set,
//! and what the wrong set signs is refused by both.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use linli_contracts::governance::records::{End, Proposal, ProposalState};
use linli_contracts::governance::{self, Call, Change, NodeRole};
use linli_contracts::registry::parameters::Parameter;
use linli_ledger::block::{Block, CommittedBlock, Header};
use linli_ledger::certificate::{
    Certificate, CertificateError, CommitCertificate, Recovery, ValidatorSet, Vote, VoteKind,
};
use linli_ledger::codec::encode;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey, peer_identity};
use linli_ledger::execute::{BlockTemplate, build_block, execute_block};
use linli_ledger::frame::Frame;
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisNode, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::lineage::{Lineage, LineageError};
use linli_ledger::merkle::InclusionProof;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::record::{Record, key_bytes};
use linli_ledger::replay::{AuditError, Check, replay};
use linli_ledger::state::{State, leaf_hash, leaf_path, state_root, value_hash};
use linli_ledger::system::ValidatorsRecord;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::tree::Proof;
use linli_ledger::types::{
    BlockTime, Compartment, ContractId, HOUR_MS, Height, RecordId, TransactionId, derive_identifier,
};
use linli_ledger::view::View;

const LOCK: u64 = HOUR_MS;

fn business(n: usize) -> BusinessKey {
    BusinessKey::demonstration(b"members", &format!("organisation {n}"))
}

fn validator(label: &str) -> ConsensusKey {
    ConsensusKey::demonstration(b"members, consensus", label)
}

fn node(label: &str) -> PublicKey {
    ConsensusKey::demonstration(b"members, network", label).public()
}

/// Every label that a validator ever has.
const LABELS: [&str; 6] = ["0", "1", "2", "3", "4", "1 new"];

fn key_of(public: &PublicKey) -> ConsensusKey {
    LABELS.map(validator).into_iter().find(|key| key.public() == *public).expect("a known key")
}

fn genesis() -> Genesis {
    let organisation = |n: usize| GenesisOrganisation {
        name: format!("organisation {n}"),
        kind: OrganisationKind::PublicBody,
        key: business(n).public(),
    };
    let member = |organisation: u32| GenesisValidator {
        key: validator(&organisation.to_string()).public(),
        organisation,
        power: 1,
    };
    let home =
        |organisation: u32| GenesisNode { key: node(&organisation.to_string()), organisation };
    Genesis {
        version: GENESIS_VERSION,
        name: "members".into(),
        time: BlockTime(1_767_225_600_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: (0..5).map(organisation).collect(),
        governance: (0..4).collect(),
        governance_threshold: 3,
        validators: (0..4).map(member).collect(),
        nodes: (0..4).map(home).collect(),
        contracts: vec![(ContractId(1), 1), (governance::CONTRACT, 1)],
        parameters: vec![(Parameter::TimeLock.number(), LOCK)],
    }
}

/// A leaf that outlives its state.
type OwnedLeaf = (Vec<u8>, u64, TransactionId);

/// What is kept of a block.
struct Kept {
    block: Block,
    certificate: Certificate,
    receipts: Vec<Receipt>,
    /// The validators' leaf after the block, with its proof and the root of the other half.
    leaf: OwnedLeaf,
    proof: Proof,
    roots: ([u8; 32], [u8; 32]),
}

struct Chain {
    genesis: Genesis,
    rulebook: Rulebook,
    state: State,
    kept: Vec<Kept>,
    nonce: u64,
}

fn validators_key() -> Vec<u8> {
    let (contract, kind) = (ValidatorsRecord::CONTRACT, ValidatorsRecord::KIND);
    key_bytes(contract, kind, &()).to_vec()
}

/// The precommits of these keys for a block.
fn signed_by(header: &Header, keys: &[PublicKey]) -> Certificate {
    let signatures = keys
        .iter()
        .map(|public| {
            let vote = Vote {
                kind: VoteKind::Precommit,
                height: header.height,
                round: 0,
                value: Some(header.hash()),
                validator: *public,
            };
            (*public, key_of(public).sign_vote(&header.chain, &vote))
        })
        .collect();
    Certificate::Quorum(CommitCertificate { round: 0, signatures })
}

fn keys(set: &ValidatorSet) -> Vec<PublicKey> {
    set.members().iter().map(|member| member.key).collect()
}

impl Chain {
    fn new() -> Self {
        let (genesis, rulebook) = (genesis(), linli_contracts::rulebook());
        let state = State::from_genesis(&genesis, &rulebook).unwrap();
        Self { genesis, rulebook, state, kept: Vec::new(), nonce: 0 }
    }

    /// One block after `ms`, built by whose turn it is and signed by the smallest quorum.
    fn block(&mut self, ms: u64, call: Option<(usize, &Call)>) -> Vec<Receipt> {
        let time = self.state.tip().time.plus(ms);
        let transactions: Vec<_> = call
            .map(|(by, call)| {
                self.nonce += 1;
                let body = Body {
                    version: BODY_VERSION,
                    genesis: self.genesis.hash(),
                    contract: governance::CONTRACT,
                    call_version: 1,
                    signers: vec![Signer { key: business(by).public(), grant: None }],
                    nonce: self.nonce,
                    salt: [7; 16],
                    valid_until: time.plus(1_000),
                    call: encode(call),
                };
                let signature = business(by).sign_transaction(&body.genesis, &body.id());
                SignedTransaction::new(&body, vec![signature]).verify(&body.genesis).unwrap()
            })
            .into_iter()
            .collect();
        let set = self.state.validators();
        let turn = usize::try_from(self.state.tip().height.0).unwrap() % set.members().len();
        let template = BlockTemplate { time, proposer: set.members()[turn].key };
        let built = build_block(&self.state, &self.rulebook, template, &transactions);
        assert!(built.refused.is_empty());
        let block = built.block.clone();
        let executed =
            execute_block(&self.state, &self.rulebook, &built.block.verify().unwrap()).unwrap();
        let certificate = signed_by(&block.header, &quorum(&set));
        self.state.apply(executed.delta);
        let receipts = executed.receipts;
        let leaf = self.state.leaf(Compartment::Public, &validators_key()).unwrap();
        self.kept.push(Kept {
            block,
            certificate,
            receipts: receipts.clone(),
            leaf: (leaf.value.to_vec(), leaf.version, leaf.writer),
            proof: self.state.prove(Compartment::Public, &validators_key()),
            roots: self.state.compartment_roots(),
        });
        receipts
    }

    /// Organisations 0 to 2 decide; the next block after the lock brings the effect.
    fn decide(&mut self, changes: &[Change]) {
        let evidence = digest(Domain::Document, b"minutes");
        let propose = Call::Propose { changes: changes.to_vec(), evidence };
        let receipts = self.block(1_000, Some((0, &propose)));
        assert_eq!(receipts.last().unwrap().rejection(), None);
        let Subject::Transaction(id) = receipts.last().unwrap().subject else { panic!("a call") };
        let proposal = RecordId(derive_identifier(&id, 0));
        let proposal_hash = governance::proposal_hash(proposal, changes, &evidence);
        let vote = Call::Vote { proposal, proposal_hash, approve: true };
        for by in 1..3 {
            let receipts = self.block(1_000, Some((by, &vote)));
            assert_eq!(receipts.last().unwrap().rejection(), None);
        }
        self.block(LOCK, None);
        let view = View::read_only(&self.state, Compartment::Public, self.state.tip().time);
        let found = view.get::<Proposal>(&proposal).unwrap();
        assert!(matches!(found.state, ProposalState::Ended { end: End::Applied, .. }), "{found:?}");
    }

    fn blocks(&mut self, count: usize) {
        (0..count).for_each(|_| drop(self.block(1_000, None)));
    }

    fn proof(&self, label: &str, on: &str) -> linli_ledger::crypto::Signature {
        validator(label).sign_peer(&self.genesis.hash(), &peer_identity(&node(on)))
    }

    /// A chain with three changes: one joins, one gets a new key, one leaves.
    fn with_three_changes() -> Self {
        let mut chain = Self::new();
        chain.blocks(4);
        let organisation = chain.genesis.organisation(4);
        let node_role = NodeRole::Validator;
        chain.decide(&[
            Change::NodeAdd { organisation, key: node("4"), node_role },
            Change::ValidatorAdd {
                organisation,
                key: validator("4").public(),
                power: 1,
                node: node("4"),
                proof: chain.proof("4", "4"),
            },
        ]);
        chain.blocks(5);
        chain.decide(&[Change::ValidatorRotate {
            old: validator("1").public(),
            new: validator("1 new").public(),
            node: node("1"),
            proof: chain.proof("1 new", "1"),
        }]);
        chain.blocks(5);
        chain.decide(&[Change::ValidatorRemove { key: validator("0").public() }]);
        chain.blocks(3);
        chain
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Frame::Genesis(encode(&self.genesis)).to_bytes();
        for Kept { block, certificate, .. } in &self.kept {
            let (block, certificate) = (block.clone(), certificate.clone());
            bytes.extend(Frame::Block(CommittedBlock { block, certificate }).to_bytes());
        }
        bytes
    }

    fn audit(&self) -> Result<u64, AuditError> {
        let hash = self.genesis.hash();
        replay(&self.bytes(), &self.rulebook, &hash, None).map(|report| report.head.0.0)
    }

    /// Positions of the blocks after which another set certifies.
    fn changes(&self) -> Vec<usize> {
        let differs = |header: &Header| header.validators_hash != header.next_validators_hash;
        (0..self.kept.len()).filter(|n| differs(&self.kept[*n].block.header)).collect()
    }
}

/// The first members that are enough.
fn quorum(set: &ValidatorSet) -> Vec<PublicKey> {
    let mut power = 0;
    let mut signers = Vec::new();
    for member in set.members() {
        if set.is_quorum(power) {
            break;
        }
        power += member.power;
        signers.push(member.key);
    }
    signers
}

/// The set in a leaf, if the proof shows that the leaf is in the state of the header.
fn proven(header: &Header, kept: &Kept) -> Option<ValidatorSet> {
    let (public, restricted) = kept.roots;
    if state_root(public, restricted) != header.state_root {
        return None;
    }
    let key = validators_key();
    let (value, version, writer) = &kept.leaf;
    let expected = leaf_hash(&key, *version, writer, &value_hash(value));
    let found = kept.proof.verify(&public, &leaf_path(&key)).ok()??;
    (found == expected).then(|| borsh::from_slice::<ValidatorsRecord>(value).ok().map(|r| r.0))?
}

/// Follows all headers of a chain, with the sets from proofs under the headers themselves.
fn follow(chain: &Chain) -> Result<Lineage, LineageError> {
    let mut lineage = Lineage::begin(&encode(&chain.genesis), &chain.genesis.hash())?;
    for kept in &chain.kept {
        let header = &kept.block.header;
        lineage.follow(header, &kept.certificate, || proven(header, kept))?;
    }
    Ok(lineage)
}

#[test]
fn a_stranger_follows_the_sets_from_the_genesis_hash_through_three_changes() {
    let chain = Chain::with_three_changes();
    assert_eq!(chain.changes().len(), 3);
    let lineage = follow(&chain).unwrap();
    assert_eq!(lineage.validators(), &chain.state.validators());
    assert_eq!(lineage.tip(), chain.state.tip());
    let labels = ["1 new", "2", "3", "4"].map(|label| validator(label).public());
    assert_eq!(keys(lineage.validators()), labels);
    assert_eq!(chain.audit().unwrap(), chain.state.tip().height.0);
}

#[test]
fn the_set_as_of_any_height_is_in_the_receipt_that_wrote_it() {
    let chain = Chain::with_three_changes();
    let mut lineage = Lineage::begin(&encode(&chain.genesis), &chain.genesis.hash()).unwrap();
    let mut version = 0;
    for kept in &chain.kept {
        let header = &kept.block.header;
        lineage.follow(header, &kept.certificate, || proven(header, kept)).unwrap();
        let set = encode(&ValidatorsRecord(lineage.validators().clone()));
        let leaves: Vec<_> = kept.receipts.iter().map(Receipt::leaf).collect();
        for (index, receipt) in (0_u64..).zip(&kept.receipts) {
            let Some(write) = receipt.writes.iter().find(|write| write.key == validators_key())
            else {
                continue;
            };
            // The change is a due item's; its receipt is under the header; versions have no gap.
            assert!(matches!(receipt.subject, Subject::Due(_)));
            let proof = InclusionProof::prove(&leaves, index).unwrap();
            assert!(proof.verify(&receipt.leaf(), header.receipts_root.bytes()));
            assert_eq!(write.value, Some(value_hash(&set)));
            version += 1;
            assert_eq!(write.version, version);
        }
        assert_eq!(kept.leaf.1, version);
    }
    assert_eq!(version, 3);
}

#[test]
fn what_the_old_set_signs_after_a_change_is_refused() {
    let mut chain = Chain::with_three_changes();
    let sets: Vec<ValidatorSet> = {
        let mut lineage = Lineage::begin(&encode(&chain.genesis), &chain.genesis.hash()).unwrap();
        chain
            .kept
            .iter()
            .map(|kept| {
                let set = lineage.validators().clone();
                let header = &kept.block.header;
                lineage.follow(header, &kept.certificate, || proven(header, kept)).unwrap();
                set
            })
            .collect()
    };
    for position in chain.changes() {
        let next = position + 1;
        let header = chain.kept[next].block.header.clone();
        let good = chain.kept[next].certificate.clone();
        // A quorum of the old set, as if it went on as before; then one short of a quorum of the new one.
        let old = signed_by(&header, &quorum(&sets[position]));
        let mut few = quorum(&sets[next]);
        few.pop();
        for (certificate, too_few) in [(old, false), (signed_by(&header, &few), true)] {
            chain.kept[next].certificate = certificate;
            let audit = chain.audit().unwrap_err();
            let lineage = follow(&chain).unwrap_err();
            let LineageError::Certificate { height, source } = &lineage else {
                panic!("{lineage:?}")
            };
            assert_eq!(*height, header.height);
            assert_eq!(audit.height(), Some(header.height));
            // With a fifth there, three of the old four are too few; where a key was replaced or has
            // left, the old one is a stranger.
            let short = *source == CertificateError::NoQuorum;
            let stranger = matches!(source, CertificateError::Stranger(_));
            assert!(short || (stranger && !too_few), "{source:?}");
            assert_eq!(audit.check(), Check::Certificate);
        }
        chain.kept[next].certificate = good;
    }
    follow(&chain).unwrap();
    chain.audit().unwrap();
}

#[test]
fn another_set_than_the_header_names_is_not_believed() {
    let chain = Chain::with_three_changes();
    let at = chain.changes()[0];
    let begin = || {
        let mut lineage = Lineage::begin(&encode(&chain.genesis), &chain.genesis.hash()).unwrap();
        for kept in &chain.kept[..at] {
            lineage.follow(&kept.block.header, &kept.certificate, || None).unwrap();
        }
        lineage
    };
    let Kept { block, certificate, .. } = &chain.kept[at];
    let header = &block.header;
    let missing = Err(LineageError::NextSet(header.height));
    let mut lineage = begin();
    let old = lineage.validators().clone();
    assert_eq!(lineage.follow(header, certificate, || None), missing);
    assert_eq!(lineage.follow(header, certificate, || Some(old)), missing);
    let last = chain.state.validators();
    assert_eq!(lineage.follow(header, certificate, || Some(last)), missing);
    // After an error it stands where it stood.
    lineage.follow(header, certificate, || proven(header, &chain.kept[at])).unwrap();

    // A header that names a set of the forger's, signed by fewer than a quorum.
    let mut lineage = begin();
    let mut forged = header.clone();
    forged.next_validators_hash = digest(Domain::ValidatorSet, b"mine");
    let found = lineage.follow(&forged, certificate, || None);
    assert!(matches!(found, Err(LineageError::Certificate { .. })), "{found:?}");
    let mut other = header.clone();
    other.parent = linli_ledger::types::BlockHash(Digest::ZERO);
    let found = lineage.follow(&other, certificate, || None);
    assert!(matches!(found, Err(LineageError::Link { .. })), "{found:?}");
    // Another genesis, and a recovery, which only a replay can judge.
    let wrong = Lineage::begin(&encode(&chain.genesis), &Digest::ZERO);
    assert!(matches!(wrong, Err(LineageError::GenesisHash { .. })));
    let set = lineage.validators().clone();
    let named = Recovery { block: header.hash(), height: header.height, validators: set.clone() };
    let signature = business(0).sign_recovery(&header.chain, &named);
    let signatures = vec![(business(0).public(), signature)];
    let recovery = Certificate::Recovery { validators: set, signatures };
    let found = lineage.follow(header, &recovery, || None);
    assert_eq!(found, Err(LineageError::Recovery(header.height)));
}

#[test]
fn a_chain_without_the_contract_is_what_it_was() {
    // No leaf of governance, none about builders: the state root of an empty block is the one before.
    let mut plain = genesis();
    plain.contracts = vec![(ContractId(1), 1)];
    let rulebook = linli_contracts::rulebook();
    let state = State::from_genesis(&plain, &rulebook).unwrap();
    let time = state.tip().time.plus(1);
    let template = BlockTemplate { time, proposer: plain.validators[0].key };
    let built = build_block(&state, &rulebook, template, &[]);
    assert_eq!(built.block.header.state_root, state.root());
    assert_eq!(built.block.header.height, Height(1));
}

//! What a block is and is not: the door, rejections, what falls due, versions, and every commitment
//! of the header. Two small contracts keep notes, one in each compartment.

use super::*;
use crate::code::Rejection;
use crate::codec::{decode, encode};
use crate::contract::{Contract, Party};
use crate::crypto::{BusinessKey, ConsensusKey};
use crate::due::{self, DueItem};
use crate::genesis::{
    Clock, GENESIS_VERSION, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use crate::limits::{DUE_ITEMS_MAX, NONCE_WINDOW, VALIDITY_MS_MAX};
use crate::receipt::{Condition, Outcome, Subject};
use crate::record::{Record, key_bytes};
use crate::state::value_hash;
use crate::system::{PublicNonces, RestrictedNonces};
use crate::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use crate::types::{BlockHash, ContractId, RecordId, StateRoot, TransactionId};
use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::{BTreeMap, BTreeSet};

const PUBLIC: ContractId = ContractId(900);
const RESTRICTED: ContractId = ContractId(901);
const START: BlockTime = BlockTime(1_700_000_000_000);

/// A note in the public half.
#[derive(Debug, PartialEq, BorshSerialize, BorshDeserialize)]
struct Note(u8);

/// A note in the restricted half.
#[derive(Debug, PartialEq, BorshSerialize, BorshDeserialize)]
struct Secret(u8);

impl Record for Note {
    const CONTRACT: ContractId = PUBLIC;
    const KIND: u8 = 1;
    const COMPARTMENT: Compartment = Compartment::Public;
    type Id = u8;
}

impl Record for Secret {
    const CONTRACT: ContractId = RESTRICTED;
    const KIND: u8 = 1;
    const COMPARTMENT: Compartment = Compartment::Restricted;
    type Id = u8;
}

/// What both contracts can be told; each writes its own kind of note.
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
enum Call {
    Write(u8, u8),
    Remove(u8),
    /// Writes all over the place, then says no.
    WriteAndRefuse(u8),
    /// Public: writes note 0 on the condition that the secret of this number has this value.
    If(u8, u8),
    Schedule(BlockTime, u8, u8),
    Key(PublicKey, KeyPurpose, BlockTime, Option<BlockTime>),
    /// Public: a bug, it looks into the restricted half.
    Peek(u8),
    /// A bug: writes the other contract's record.
    Meddle,
}

/// On this kind of item, the one of the next kind is cancelled.
const CANCELS_NEXT: u8 = 1;

struct Notes {
    compartment: Compartment,
    version: u16,
}

impl Notes {
    fn write(&self, view: &mut View<'_>, number: u8, value: u8) {
        match self.compartment {
            Compartment::Public => view.put(&number, &Note(value)),
            Compartment::Restricted => view.put(&number, &Secret(value)),
        }
    }

    fn remove(&self, view: &mut View<'_>, number: u8) {
        match self.compartment {
            Compartment::Public => view.remove::<Note>(&number),
            Compartment::Restricted => view.remove::<Secret>(&number),
        }
    }
}

fn record(number: u8) -> RecordId {
    RecordId([number; 32])
}

impl Contract for Notes {
    fn id(&self) -> ContractId {
        match self.compartment {
            Compartment::Public => PUBLIC,
            Compartment::Restricted => RESTRICTED,
        }
    }

    fn version(&self) -> u16 {
        self.version
    }

    fn compartment(&self) -> Compartment {
        self.compartment
    }

    fn keeps_keys(&self) -> bool {
        self.compartment == Compartment::Public
    }

    fn admits_devices(&self) -> bool {
        self.compartment == Compartment::Public
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok()
    }

    fn conditions(&self, call: &[u8]) -> Vec<Condition> {
        match decode(call, "a call") {
            Ok(Call::If(number, value)) => vec![condition(number, value)],
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    fn execute(&self, call: &[u8], _: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        match decode(call, "a call").unwrap() {
            Call::Write(number, value) => self.write(view, number, value),
            Call::Remove(number) => self.remove(view, number),
            Call::WriteAndRefuse(number) => {
                (0..number).for_each(|n| self.write(view, n, 99));
                due::schedule(view, START, 0, record(number));
                return Err(Code::State.into());
            }
            Call::If(..) => self.write(view, 0, 1),
            Call::Schedule(at, kind, number) => due::schedule(view, at, kind, record(number)),
            Call::Key(key, purpose, from, to) => {
                let owner = KeyOwner::Organisation(crate::types::OrganisationId([1; 32]));
                keys::add(view, &key, KeyRecord { owner, purpose, from, to })?;
            }
            Call::Peek(number) => drop(view.get::<Secret>(&number)),
            Call::Meddle => view.put(&0, &Note(0)),
        }
        Ok(())
    }

    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        let RecordId([number, ..]) = item.record;
        self.write(view, number, item.kind);
        if item.kind == CANCELS_NEXT {
            due::cancel(view, item.at, item.kind + 1, record(number + 1));
        }
    }
}

fn condition(number: u8, value: u8) -> Condition {
    let key = key_bytes(Secret::CONTRACT, Secret::KIND, &number);
    Condition { key: key.into_vec(), value: value_hash(&encode(&Secret(value))) }
}

fn business() -> BusinessKey {
    BusinessKey::demonstration(b"execute", "organisation")
}

/// A chain in memory.
struct Chain {
    state: State,
    rulebook: Rulebook,
    proposer: PublicKey,
    nonce: u64,
}

impl Chain {
    fn new() -> Self {
        let notes = |compartment, version| -> Box<dyn Contract> {
            Box::new(Notes { compartment, version })
        };
        let contracts = vec![
            notes(Compartment::Public, 1),
            notes(Compartment::Public, 2),
            notes(Compartment::Restricted, 1),
        ];
        let rulebook = Rulebook::new(contracts).unwrap();
        let proposer = ConsensusKey::demonstration(b"execute", "validator").public();
        let genesis = Genesis {
            version: GENESIS_VERSION,
            name: "execute".into(),
            time: START,
            clock: Clock::Data,
            keys: Keys::Demonstration,
            organisations: vec![GenesisOrganisation {
                name: "organisation".into(),
                kind: OrganisationKind::PublicBody,
                key: business().public(),
            }],
            governance: vec![0],
            governance_threshold: 1,
            validators: vec![GenesisValidator { key: proposer, organisation: 0, power: 1 }],
            nodes: Vec::new(),
            contracts: vec![(PUBLIC, 1), (RESTRICTED, 1)],
            parameters: Vec::new(),
        };
        let state = State::from_genesis(&genesis, &rulebook).unwrap();
        Self { state, rulebook, proposer, nonce: 0 }
    }

    fn next_time(&self) -> BlockTime {
        self.state.tip().time.plus(1_000)
    }

    fn body(&mut self, contract: ContractId, call: &Call) -> Body {
        self.nonce += 1;
        Body {
            version: BODY_VERSION,
            genesis: *self.state.genesis(),
            contract,
            call_version: 1,
            signers: vec![Signer { key: business().public(), grant: None }],
            nonce: self.nonce,
            salt: [7; 16],
            valid_until: self.next_time().plus(60_000),
            call: encode(call),
        }
    }

    fn sign(&mut self, contract: ContractId, call: &Call) -> VerifiedTransaction {
        signed(&self.body(contract, call), &[business()])
    }

    fn build(&self, transactions: &[VerifiedTransaction]) -> Built {
        let template = BlockTemplate { time: self.next_time(), proposer: self.proposer };
        build_block(&self.state, &self.rulebook, template, transactions)
    }

    fn execute(&self, block: &VerifiedBlock) -> Result<Executed, BlockError> {
        execute_block(&self.state, &self.rulebook, block)
    }

    /// Builds a block, executes it, compares, and takes it.
    fn block(&mut self, transactions: &[VerifiedTransaction]) -> Vec<Receipt> {
        let built = self.build(transactions);
        assert_eq!(built.refused, []);
        let header = built.block.header.clone();
        let executed = self.execute(&built.block.verify().unwrap()).unwrap();
        assert_eq!(executed.receipts, built.executed.receipts);
        assert_eq!(executed.delta.root(), built.executed.delta.root());
        self.state.apply(executed.delta);
        assert_eq!(self.state.root(), header.state_root);
        assert_eq!(self.state.tip().hash, header.hash());
        executed.receipts
    }

    fn call(&mut self, contract: ContractId, call: &Call) -> Receipt {
        let transaction = self.sign(contract, call);
        self.block(&[transaction]).pop().unwrap()
    }

    fn admit(&self, transaction: &VerifiedTransaction) -> Result<Outcome, Code> {
        let receipt = admit(&self.state, &self.rulebook, transaction, self.next_time())?;
        Ok(receipt.outcome)
    }

    fn leaves(&self) -> BTreeMap<(Compartment, Vec<u8>), Vec<u8>> {
        let of = |half| {
            self.state.leaves(half).map(move |(k, l)| ((half, k.to_vec()), l.value.to_vec()))
        };
        Compartment::BOTH.into_iter().flat_map(of).collect()
    }
}

fn signed(body: &Body, keys: &[BusinessKey]) -> VerifiedTransaction {
    let signatures = keys.iter().map(|k| k.sign_transaction(&body.genesis, &body.id())).collect();
    SignedTransaction::new(body, signatures).verify(&body.genesis).unwrap()
}

fn rejected(code: Code) -> Outcome {
    Outcome::Rejected(code.into())
}

#[test]
fn the_door_looks_at_the_call_then_the_time_then_the_keys_then_the_nonce() {
    let mut chain = Chain::new();
    let used = chain.sign(PUBLIC, &Call::Write(1, 1));
    chain.block(std::slice::from_ref(&used));
    // Everything is wrong at once; then one thing after the other is put right.
    let stranger = BusinessKey::demonstration(b"execute", "stranger");
    let mut body = chain.body(PUBLIC, &Call::Write(1, 2));
    let good = body.clone();
    body.call.push(0);
    body.valid_until = BlockTime(0);
    body.signers.push(Signer { key: stranger.public(), grant: None });
    body.nonce = used.body().nonce;
    let both = [business(), stranger];
    assert_eq!(chain.admit(&signed(&body, &both)), Err(Code::Encoding));
    body.call.clone_from(&good.call);
    assert_eq!(chain.admit(&signed(&body, &both)), Err(Code::Expired));
    body.valid_until = good.valid_until;
    assert_eq!(chain.admit(&signed(&body, &both)), Err(Code::KeyInactive));
    body.signers.pop();
    assert_eq!(chain.admit(&signed(&body, &both[..1])), Err(Code::NonceUsed));
    body.nonce = good.nonce;
    assert_eq!(chain.admit(&signed(&body, &both[..1])), Ok(Outcome::Applied));
}

#[test]
fn only_contracts_and_versions_in_force_are_called() {
    let mut chain = Chain::new();
    let good = chain.body(PUBLIC, &Call::Write(1, 1));
    for (contract, call_version, why) in [
        (ContractId(902), 1, "there is no such contract"),
        (ContractId(0), 1, "the kernel is no contract"),
        (PUBLIC, 0, "there is no such version"),
        (PUBLIC, 2, "the program has it, but the chain does not yet"),
    ] {
        let body = Body { contract, call_version, ..good.clone() };
        assert_eq!(chain.admit(&signed(&body, &[business()])), Err(Code::Encoding), "{why}");
    }
}

#[test]
fn a_transaction_is_valid_until_its_time_and_for_at_most_90_days() {
    let mut chain = Chain::new();
    let good = chain.body(PUBLIC, &Call::Write(1, 1));
    let now = chain.next_time();
    for (valid_until, expected) in [
        (now.minus(1), Err(Code::Expired)),
        (now, Ok(Outcome::Applied)),
        (now.plus(VALIDITY_MS_MAX), Ok(Outcome::Applied)),
        (now.plus(VALIDITY_MS_MAX + 1), Err(Code::Expired)),
        (BlockTime(u64::MAX), Err(Code::Expired)),
    ] {
        let body = Body { valid_until, ..good.clone() };
        assert_eq!(chain.admit(&signed(&body, &[business()])), expected, "{valid_until}");
    }
}

#[test]
fn a_key_signs_from_its_first_to_before_its_last_moment() {
    let mut chain = Chain::new();
    let other = BusinessKey::demonstration(b"execute", "other");
    // The transaction under test runs one second after the block that adds the key.
    let later = chain.next_time().plus(1_000);
    for (from, to, active) in [
        (later, None, true),
        (later.plus(1), None, false),
        (BlockTime(0), Some(later), false),
        (BlockTime(0), Some(later.plus(1)), true),
    ] {
        let mut chain = Chain::new();
        let call = Call::Key(other.public(), KeyPurpose::Business, from, to);
        assert_eq!(chain.call(PUBLIC, &call).outcome, Outcome::Applied);
        let mut body = chain.body(PUBLIC, &Call::Write(1, 1));
        body.signers[0].key = other.public();
        let found = chain.admit(&signed(&body, std::slice::from_ref(&other)));
        let expected = if active { Ok(Outcome::Applied) } else { Err(Code::KeyInactive) };
        assert_eq!(found, expected, "{from} {to:?}");
    }
    let twice = Call::Key(business().public(), KeyPurpose::Business, START, None);
    assert_eq!(chain.call(PUBLIC, &twice).outcome, rejected(Code::KeyExists));
}

#[test]
fn keys_refuse_each_others_work() {
    let [vote, device, node] =
        ["vote", "device", "node"].map(|label| BusinessKey::demonstration(b"execute", label));
    let mut chain = Chain::new();
    for (key, purpose) in [
        (&vote, KeyPurpose::Consensus),
        (&device, KeyPurpose::SiteDevice),
        (&node, KeyPurpose::Network),
    ] {
        chain.call(PUBLIC, &Call::Key(key.public(), purpose, START, None));
    }
    let refused = rejected(Code::KeyPurpose);
    for (keys, expected) in [
        (vec![business()], Outcome::Applied),
        (vec![business(), device.clone()], Outcome::Applied),
        (vec![device.clone()], refused.clone()),
        (vec![device, business()], refused.clone()),
        (vec![vote.clone()], refused.clone()),
        (vec![business(), vote], refused.clone()),
        (vec![business(), node], refused),
    ] {
        let mut body = chain.body(PUBLIC, &Call::Write(1, 1));
        body.signers = keys.iter().map(|k| Signer { key: k.public(), grant: None }).collect();
        assert_eq!(chain.admit(&signed(&body, &keys)), Ok(expected), "{keys:?}");
    }
}

#[test]
fn a_rejected_transaction_changes_the_nonce_leaf_only() {
    let mut chain = Chain::new();
    chain.call(PUBLIC, &Call::Write(7, 1));
    let before = chain.leaves();
    let no = chain.sign(PUBLIC, &Call::WriteAndRefuse(5));
    let receipt = chain.block(std::slice::from_ref(&no)).pop().unwrap();
    assert_eq!(receipt.outcome, rejected(Code::State));
    assert_eq!(receipt.subject, Subject::Transaction(no.id()));
    assert_eq!((receipt.movements.len(), receipt.entries.len()), (0, 0));
    let nonce = key_bytes(ContractId(0), PublicNonces::KIND, &business().public()).into_vec();
    let written: Vec<_> = receipt.writes.iter().map(|write| &write.key).collect();
    assert_eq!(written, [&nonce]);
    let after = chain.leaves();
    let changed: Vec<_> = after.iter().filter(|(k, v)| before.get(*k) != Some(*v)).collect();
    assert_eq!((changed.len(), before.len()), (1, after.len()));
    assert_eq!(changed[0].0, &(Compartment::Public, nonce));
    assert_eq!(chain.admit(&no), Err(Code::NonceUsed), "a rejection uses the nonce");
}

#[test]
fn each_compartment_counts_nonces_for_itself() {
    let mut chain = Chain::new();
    let body = chain.body(PUBLIC, &Call::Write(1, 1));
    let other = Body { contract: RESTRICTED, ..body.clone() };
    let transactions = [signed(&body, &[business()]), signed(&other, &[business()])];
    assert_eq!(chain.block(&transactions).len(), 2);
    let leaf = |kind| key_bytes(ContractId(0), kind, &business().public());
    assert!(chain.state.leaf(Compartment::Public, &leaf(PublicNonces::KIND)).is_some());
    assert!(chain.state.leaf(Compartment::Restricted, &leaf(RestrictedNonces::KIND)).is_some());
    let far = Body { nonce: 10 + NONCE_WINDOW, ..chain.body(PUBLIC, &Call::Write(1, 2)) };
    chain.block(&[signed(&far, &[business()])]);
    for (nonce, expected) in [(9, Err(Code::NonceUsed)), (10, Ok(Outcome::Applied))] {
        let body = Body { nonce, ..chain.body(PUBLIC, &Call::Write(1, 3)) };
        assert_eq!(chain.admit(&signed(&body, &[business()])), expected, "nonce {nonce}");
    }
}

#[test]
fn an_empty_block_changes_the_tip_only() {
    let mut chain = Chain::new();
    chain.call(RESTRICTED, &Call::Write(1, 1));
    let (root, leaves, before) = (chain.state.root(), chain.leaves(), chain.state.tip().clone());
    assert_eq!(chain.block(&[]), []);
    assert_eq!((chain.state.root(), chain.leaves()), (root, leaves));
    let tip = chain.state.tip();
    assert_eq!(tip.height, before.height.next());
    assert_ne!((tip.hash, tip.history.root()), (before.hash, before.history.root()));
}

/// Changes one field of a header.
type Forgery = (&'static str, fn(&mut Header), fn(&Header, &Header) -> BlockError);

#[test]
fn every_field_of_a_header_is_checked_and_has_its_own_error() {
    const OTHER: Digest = Digest::Blake3([7; 32]);
    let forgeries: [Forgery; 13] = [
        ("version", |h| h.version = 2, |_, _| BlockError::Version(2)),
        ("chain", |h| h.chain = OTHER, |_, _| BlockError::Chain),
        (
            "height",
            |h| h.height = h.height.next(),
            |good, bad| BlockError::Height { expected: good.height, found: bad.height },
        ),
        ("parent", |h| h.parent = BlockHash(OTHER), |_, _| BlockError::Parent),
        (
            "time",
            |h| h.time = h.time.minus(1_000),
            |_, bad| BlockError::Time { parent: bad.time, found: bad.time },
        ),
        (
            "time after",
            |h| h.time = h.time.plus(100_000_000),
            |_, _| BlockError::Refused { index: 0, code: Code::Expired },
        ),
        ("transactions", |h| h.transactions_root = OTHER, |_, _| BlockError::TransactionsRoot),
        ("receipts", |h| h.receipts_root = OTHER, |_, _| BlockError::ReceiptsRoot),
        ("state", |h| h.state_root = StateRoot(OTHER), |_, _| BlockError::StateRoot),
        ("history", |h| h.history_root = OTHER, |_, _| BlockError::HistoryRoot),
        ("validators", |h| h.validators_hash = OTHER, |_, _| BlockError::Validators),
        ("next", |h| h.next_validators_hash = OTHER, |_, _| BlockError::NextValidators),
        ("proposer", |h| h.proposer = business().public(), |_, _| BlockError::Proposer),
    ];
    let mut chain = Chain::new();
    chain.call(PUBLIC, &Call::Write(1, 1));
    let transaction = chain.sign(PUBLIC, &Call::Write(2, 2));
    let good = chain.build(&[transaction]).block.verify().unwrap();
    assert!(chain.execute(&good).is_ok());
    let mut errors = BTreeSet::new();
    for (field, forge, expected) in forgeries {
        let mut bad = good.clone();
        forge(&mut bad.header);
        let error = expected(&good.header, &bad.header);
        assert_eq!(chain.execute(&bad).unwrap_err(), error, "{field}");
        errors.insert(format!("{error:?}"));
    }
    assert_eq!(errors.len(), forgeries.len(), "no two fields share an error");
}

#[test]
fn the_receipts_and_the_state_of_a_block_depend_on_its_transactions() {
    let mut chain = Chain::new();
    let transactions =
        [chain.sign(PUBLIC, &Call::Write(1, 1)), chain.sign(PUBLIC, &Call::Write(1, 2))];
    let good = chain.build(&transactions).block.verify().unwrap();
    for change in [
        (|list| list.swap(0, 1)) as fn(&mut Vec<VerifiedTransaction>),
        |list| drop(list.pop()),
        |list| drop(list.remove(0)),
        Vec::clear,
    ] {
        let mut bad = good.clone();
        change(&mut bad.transactions);
        assert_eq!(chain.execute(&bad).unwrap_err(), BlockError::TransactionsRoot);
        let leaves: Vec<_> = bad.transactions.iter().map(VerifiedTransaction::leaf).collect();
        bad.header.transactions_root = Digest::Blake3(merkle::root(&leaves));
        bad.header.transaction_count = u32::try_from(leaves.len()).unwrap();
        assert_eq!(chain.execute(&bad).unwrap_err(), BlockError::ReceiptsRoot);
    }
}

#[test]
fn a_block_that_holds_what_the_door_refuses_is_invalid() {
    let mut chain = Chain::new();
    let fine = chain.sign(PUBLIC, &Call::Write(1, 1));
    let mut body = chain.body(PUBLIC, &Call::Write(1, 2));
    body.nonce = fine.body().nonce;
    let again = signed(&body, &[business()]);
    // The builder leaves it out and says so; the rest is a good block.
    let built = chain.build(&[fine.clone(), again.clone()]);
    assert_eq!((built.refused, built.considered), (vec![(1, Code::NonceUsed)], 2));
    let mut bad = built.block.verify().unwrap();
    assert!(chain.execute(&bad).is_ok());
    bad.transactions.push(again.clone());
    bad.header.transactions_root = Digest::Blake3(merkle::root(&[fine.leaf(), again.leaf()]));
    bad.header.transaction_count = 2;
    let error = BlockError::Refused { index: 1, code: Code::NonceUsed };
    assert_eq!(chain.execute(&bad).unwrap_err(), error);
}

#[test]
fn a_block_has_at_most_1000_transactions_and_a_mebibyte() {
    let mut chain = Chain::new();
    let one = chain.sign(PUBLIC, &Call::Write(1, 1));
    let mut block = chain.build(std::slice::from_ref(&one)).block.verify().unwrap();
    block.transactions = vec![one; BLOCK_TRANSACTIONS_MAX + 1];
    assert_eq!(chain.execute(&block).unwrap_err(), BlockError::Size);
    let mut body = chain.body(PUBLIC, &Call::Write(1, 1));
    body.call = vec![0; 65_000];
    let large = signed(&body, &[business()]);
    block.transactions = vec![large.clone(); 16];
    assert_eq!(chain.execute(&block).unwrap_err(), BlockError::TransactionsRoot, "just fits");
    block.transactions.push(large);
    assert_eq!(chain.execute(&block).unwrap_err(), BlockError::Size);
}

#[test]
fn a_builder_takes_what_fits_and_says_how_far_it_came() {
    let mut chain = Chain::new();
    let many: Vec<_> =
        (0..=BLOCK_TRANSACTIONS_MAX).map(|_| chain.sign(PUBLIC, &Call::Write(1, 1))).collect();
    let built = chain.build(&many);
    assert_eq!(built.considered, BLOCK_TRANSACTIONS_MAX);
    assert_eq!(built.block.transactions.len(), BLOCK_TRANSACTIONS_MAX);
    assert!(chain.execute(&built.block.verify().unwrap()).is_ok());
}

#[test]
fn no_version_of_a_leaf_comes_twice() {
    let mut chain = Chain::new();
    let mut seen: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
    let (set, unset) = (|value| Call::Write(1, value), Call::Remove(1));
    // In one block and across blocks: made, changed, removed, made again as it was.
    for calls in [
        vec![set(1), set(2), unset.clone()],
        vec![set(1)],
        vec![unset.clone()],
        vec![],
        vec![set(1), unset.clone(), set(1), unset.clone(), set(1)],
        vec![set(9)],
        vec![unset.clone(), set(9)],
        vec![unset],
    ] {
        let transactions: Vec<_> = calls.iter().map(|call| chain.sign(PUBLIC, call)).collect();
        for write in chain.block(&transactions).into_iter().flat_map(|receipt| receipt.writes) {
            seen.entry(write.key).or_default().push(write.version);
        }
    }
    let note = key_bytes(PUBLIC, Note::KIND, &1_u8).into_vec();
    assert_eq!(seen[&note].len(), 14, "every change is one write");
    for (key, versions) in seen {
        assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{key:?}: {versions:?}");
    }
    assert_eq!(chain.state.leaf(Compartment::Public, &note), None);
}

#[test]
fn what_does_not_change_is_not_written() {
    let mut chain = Chain::new();
    let note = key_bytes(PUBLIC, Note::KIND, &1_u8).into_vec();
    let writes = |receipt: Receipt| receipt.writes.iter().filter(|w| w.key == note).count();
    assert_eq!(writes(chain.call(PUBLIC, &Call::Remove(1))), 0, "it was not there");
    let first = chain.call(PUBLIC, &Call::Write(1, 5));
    let Subject::Transaction(id) = first.subject.clone() else { panic!("a transaction") };
    assert_eq!(writes(first), 1);
    assert_eq!(writes(chain.call(PUBLIC, &Call::Write(1, 5))), 0, "it is already so");
    let leaf = chain.state.leaf(Compartment::Public, &note).unwrap();
    assert_eq!(leaf.writer, id, "the writer is who last changed it");
}

#[test]
fn a_public_call_may_depend_on_a_restricted_fact() {
    let mut chain = Chain::new();
    let outcome = |chain: &mut Chain, value| {
        let receipt = chain.call(PUBLIC, &Call::If(3, value));
        assert_eq!(receipt.conditions, [condition(3, value)], "the receipt says on what");
        assert_eq!(receipt.compartment, Compartment::Public);
        receipt.outcome
    };
    assert_eq!(outcome(&mut chain, 1), rejected(Code::Condition), "there is no such fact");
    chain.call(RESTRICTED, &Call::Write(3, 1));
    assert_eq!(outcome(&mut chain, 2), rejected(Code::Condition), "the fact is another");
    assert_eq!(outcome(&mut chain, 1), Outcome::Applied);
    // In one block, a fact counts from the transaction that makes it to the one that ends it.
    let transactions = [
        chain.sign(PUBLIC, &Call::If(3, 4)),
        chain.sign(RESTRICTED, &Call::Write(3, 4)),
        chain.sign(PUBLIC, &Call::If(3, 4)),
        chain.sign(RESTRICTED, &Call::Remove(3)),
        chain.sign(PUBLIC, &Call::If(3, 4)),
    ];
    let outcomes: Vec<_> = chain.block(&transactions).into_iter().map(|r| r.outcome).collect();
    let (yes, no) = (Outcome::Applied, rejected(Code::Condition));
    assert_eq!(outcomes, [no.clone(), yes.clone(), yes.clone(), yes, no]);
}

#[test]
fn what_is_due_comes_first_and_a_cancelled_item_does_not_come() {
    let mut chain = Chain::new();
    let at = chain.next_time().plus(1_000);
    let transactions = [
        chain.sign(RESTRICTED, &Call::Schedule(at, 5, 50)),
        chain.sign(PUBLIC, &Call::Schedule(at.plus(1), 5, 60)),
        chain.sign(PUBLIC, &Call::Schedule(at, CANCELS_NEXT, 10)),
        // Handled in the same sweep, had the one before not cancelled it.
        chain.sign(PUBLIC, &Call::Schedule(at, CANCELS_NEXT + 1, 11)),
        chain.sign(PUBLIC, &Call::Schedule(at, CANCELS_NEXT + 1, 12)),
    ];
    assert_eq!(chain.block(&transactions).len(), 5);
    let transaction = chain.sign(PUBLIC, &Call::Write(10, 99));
    let receipts = chain.block(std::slice::from_ref(&transaction));
    let due = |contract, kind, number| {
        Subject::Due(DueItem { at, contract, kind, record: record(number) })
    };
    let subjects: Vec<_> = receipts.iter().map(|receipt| receipt.subject.clone()).collect();
    let expected = [
        due(PUBLIC, CANCELS_NEXT, 10),
        due(PUBLIC, CANCELS_NEXT + 1, 12),
        due(RESTRICTED, 5, 50),
        Subject::Transaction(transaction.id()),
    ];
    assert_eq!(subjects, expected);
    let view = View::read_only(&chain.state, Compartment::Restricted, START);
    assert_eq!(view.get::<Note>(&10), Some(Note(99)), "the transaction came after");
    assert_eq!(view.get::<Note>(&11), None, "it was cancelled");
    assert_eq!(view.get::<Secret>(&50), Some(Secret(5)));
    assert_eq!(chain.block(&[]).len(), 1, "and a millisecond later, the last one");
    assert_eq!(chain.block(&[]), []);
}

#[test]
fn what_is_scheduled_for_the_past_waits_for_the_next_block() {
    let mut chain = Chain::new();
    let calls = [Call::Schedule(BlockTime(0), 5, 1), Call::Write(2, 2)];
    let transactions = calls.map(|call| chain.sign(PUBLIC, &call));
    assert_eq!(chain.block(&transactions).len(), 2);
    assert_eq!(chain.block(&[]).len(), 1);
    const { assert!(DUE_ITEMS_MAX <= crate::limits::RANGE_MAX, "one range reads a sweep") };
}

#[test]
fn who_writes_a_due_item_is_known_by_its_height() {
    let item = DueItem { at: START, contract: PUBLIC, kind: 1, record: record(1) };
    assert_ne!(item.writer(Height(1)), item.writer(Height(2)));
    let other = DueItem { kind: 2, ..item };
    assert_ne!(item.writer(Height(1)), other.writer(Height(1)));
    assert_ne!(item.writer(Height(1)), TransactionId(Digest::ZERO));
}

#[test]
#[should_panic(expected = "a public contract never reads restricted state")]
fn a_public_contract_that_looks_at_people_is_a_bug() {
    Chain::new().call(PUBLIC, &Call::Peek(1));
}

#[test]
#[should_panic(expected = "a contract writes its own records only")]
fn a_contract_that_writes_another_ones_records_is_a_bug() {
    Chain::new().call(RESTRICTED, &Call::Meddle);
}

#[test]
#[should_panic(expected = "block time grows")]
fn a_builder_whose_clock_stands_still_is_a_bug() {
    let chain = Chain::new();
    let template = BlockTemplate { time: START, proposer: chain.proposer };
    build_block(&chain.state, &chain.rulebook, template, &[]);
}

#[test]
#[should_panic(expected = "a delta applies to the state it was made from")]
fn a_result_is_not_applied_twice() {
    let mut chain = Chain::new();
    let executed = chain.build(&[]).executed;
    chain.state.apply(executed.delta.clone());
    chain.state.apply(executed.delta);
}

//! This exists to state the door to the members as facts: who counts as heard, which sets are refused,
//! what happens to keys, and that a chain which does not ask for it stays as it was, byte for byte.

use super::*;
use crate::block::Header;
use crate::codec::{decode, encode};
use crate::contract::{Contract, Party, Rulebook};
use crate::crypto::{BusinessKey, ConsensusKey};
use crate::execute::{BlockTemplate, build_block, execute_block};
use crate::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisError, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use crate::receipt::Receipt;
use crate::state::State;
use crate::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use crate::types::{BlockTime, Compartment, ContractId};

const CONTRACT: ContractId = ContractId(902);

/// Does what it is told, if it may.
struct Door {
    keeps_members: bool,
}

/// What the contract of these tests can be told.
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
enum Call {
    Replace(ValidatorSet),
    EnrolNode(PublicKey, OrganisationId),
    EndNode(PublicKey),
}

impl Contract for Door {
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
        self.keeps_members
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok()
    }

    fn begin(&self, _: &Genesis, view: &mut View<'_>) -> Result<(), GenesisError> {
        if self.keeps_members {
            begin(view);
        }
        Ok(())
    }

    fn execute(&self, call: &[u8], _: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        match decode(call, "a call").unwrap() {
            Call::Replace(set) => replace(view, &set),
            Call::EnrolNode(key, organisation) => enrol_node(view, &key, organisation),
            Call::EndNode(key) => end_node(view, &key),
        }
    }
}

fn office() -> BusinessKey {
    BusinessKey::demonstration(b"members", "office")
}

fn validator(n: u64) -> PublicKey {
    ConsensusKey::demonstration(b"members", &n.to_string()).public()
}

/// A chain in memory with validators 0 to n − 1, each with the power of its place.
struct Chain {
    state: State,
    rulebook: Rulebook,
    nonce: u64,
}

impl Chain {
    fn new(powers: &[u64], keeps_members: bool) -> Self {
        let rulebook = Rulebook::new(vec![Box::new(Door { keeps_members })]).unwrap();
        let office = GenesisOrganisation {
            name: "office".into(),
            kind: OrganisationKind::PublicBody,
            key: office().public(),
        };
        let member = |(n, power): (u64, &u64)| GenesisValidator {
            key: validator(n),
            organisation: 0,
            power: *power,
        };
        let genesis = Genesis {
            version: GENESIS_VERSION,
            name: "members".into(),
            time: BlockTime(1_000),
            clock: Clock::Data,
            keys: Keys::Demonstration,
            organisations: vec![office],
            governance: vec![0],
            governance_threshold: 1,
            validators: (0..).zip(powers).map(member).collect(),
            nodes: Vec::new(),
            contracts: vec![(CONTRACT, 1)],
            parameters: Vec::new(),
        };
        let state = State::from_genesis(&genesis, &rulebook).unwrap();
        Self { state, rulebook, nonce: 0 }
    }

    /// One block by this validator, with this call if there is one.
    fn block(&mut self, proposer: u64, call: Option<&Call>) -> (Header, Vec<Receipt>) {
        let time = self.state.tip().time.plus(1_000);
        let transactions: Vec<_> = call
            .map(|call| {
                self.nonce += 1;
                let body = Body {
                    version: BODY_VERSION,
                    genesis: *self.state.genesis(),
                    contract: CONTRACT,
                    call_version: 1,
                    signers: vec![Signer { key: office().public(), grant: None }],
                    nonce: self.nonce,
                    salt: [7; 16],
                    valid_until: time.plus(1_000),
                    call: encode(call),
                };
                let signature = office().sign_transaction(&body.genesis, &body.id());
                SignedTransaction::new(&body, vec![signature]).verify(&body.genesis).unwrap()
            })
            .into_iter()
            .collect();
        let template = BlockTemplate { time, proposer: validator(proposer) };
        let built = build_block(&self.state, &self.rulebook, template, &transactions);
        assert_eq!(built.refused, []);
        let header = built.block.header.clone();
        let executed =
            execute_block(&self.state, &self.rulebook, &built.block.verify().unwrap()).unwrap();
        self.state.apply(executed.delta);
        (header, executed.receipts)
    }

    fn call(&mut self, proposer: u64, call: &Call) -> Option<Rejection> {
        let (_, mut receipts) = self.block(proposer, Some(call));
        receipts.pop().unwrap().rejection().cloned()
    }

    fn blocks(&mut self, proposers: impl IntoIterator<Item = u64>) {
        for proposer in proposers {
            self.block(proposer, None);
        }
    }

    fn organisation(&self) -> OrganisationId {
        self.state.validators().members()[0].organisation
    }

    fn set(&self, members: &[(u64, u64)]) -> ValidatorSet {
        let organisation = self.organisation();
        let member =
            |(n, power): &(u64, u64)| Validator { key: validator(*n), organisation, power: *power };
        ValidatorSet::new(members.iter().map(member).collect()).unwrap()
    }

    fn view(&self) -> View<'_> {
        View::read_only(&self.state, Compartment::Public, self.state.tip().time)
    }

    fn noted(&self) -> Vec<(PublicKey, Height)> {
        self.view().get::<BuildersRecord>(&()).map_or_else(Vec::new, |record| record.0)
    }
}

const EQUAL: [u64; 4] = [1, 1, 1, 1];

#[test]
fn each_block_notes_who_built_it_and_no_receipt_says_so() {
    let mut chain = Chain::new(&EQUAL, true);
    assert_eq!(chain.noted(), []);
    let (header, receipts) = chain.block(2, None);
    assert_eq!((header.receipt_count, receipts.len()), (0, 0));
    chain.blocks([0, 2]);
    assert_eq!(chain.noted(), [(validator(0), Height(2)), (validator(2), Height(3))]);
}

#[test]
fn a_chain_that_does_not_ask_writes_nothing() {
    let mut chain = Chain::new(&EQUAL, false);
    let root = chain.state.root();
    chain.blocks([0, 1, 2, 3]);
    assert_eq!(chain.state.root(), root, "no leaf has come or changed");
}

#[test]
fn who_built_none_of_the_last_four_turns_is_silent() {
    let mut chain = Chain::new(&EQUAL, true);
    chain.blocks([3, 0, 1, 2]);
    let without_two = chain.set(&[(0, 1), (1, 1), (3, 1)]);
    // Validator 3 built block 1. With four members the last sixteen blocks count: up to block 17.
    chain.blocks((5..=16).map(|height| height % 3));
    let mut fork = Chain { state: chain.state.clone(), ..Chain::new(&EQUAL, true) };
    assert_eq!(fork.call(0, &Call::Replace(without_two.clone())), None, "in block 17 it counts");
    assert_eq!(fork.state.validators(), without_two);
    chain.blocks([0]);
    let no = chain.call(0, &Call::Replace(without_two)).unwrap();
    assert_eq!(no, Rejection::new(Code::ValidatorQuorum, &[Detail::Need(3), Detail::Have(2)]));
    assert_eq!(chain.state.validators().members().len(), 4);
}

#[test]
fn a_set_that_could_not_go_on_is_refused() {
    let mut chain = Chain::new(&EQUAL, true);
    let five = [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)];
    let set = |chain: &Chain, members: &[(u64, u64)]| Call::Replace(chain.set(members));
    // Nobody has built a block yet: not even those who are there would be heard.
    let early = chain.call(0, &set(&chain, &five)).unwrap();
    assert_eq!(early.details, [Detail::Need(4), Detail::Have(0)]);
    chain.blocks([1, 2, 3]);
    let six = [five.as_slice(), &[(5, 1)]].concat();
    let no = chain.call(0, &set(&chain, &six)).unwrap();
    assert_eq!(no, Rejection::new(Code::ValidatorQuorum, &[Detail::Need(5), Detail::Have(4)]));
    assert_eq!(chain.call(1, &set(&chain, &five)), None, "four of five were heard");
    // The fifth is there, and silent: a sixth would need it.
    let no = chain.call(2, &set(&chain, &six)).unwrap();
    assert_eq!(no.details, [Detail::Need(5), Detail::Have(4)]);
    chain.blocks([4]);
    assert_eq!(chain.call(3, &set(&chain, &six)), None, "it has spoken");
    // Power counts, not heads.
    let heavy = [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, 3)];
    let no = chain.call(3, &set(&chain, &heavy)).unwrap();
    assert_eq!(no.details, [Detail::Need(6), Detail::Have(5)]);
}

/// Members by number and power, and what is said to them.
type Step = (&'static [(u64, u64)], Option<Code>);

#[test]
fn a_chain_of_one_grows_and_hands_over_by_steps_of_power() {
    let mut chain = Chain::new(&[1], true);
    chain.blocks([0]);
    let steps: [Step; 7] = [
        (&[(1, 1)], Some(Code::ValidatorQuorum)),
        (&[(0, 1), (1, 1)], Some(Code::ValidatorQuorum)),
        (&[(0, 3), (1, 1)], None),
        (&[(0, 1), (1, 3)], Some(Code::ValidatorQuorum)),
        (&[(0, 3), (1, 1)], None),
        (&[(0, 1), (1, 3)], None),
        (&[(1, 3)], None),
    ];
    for (step, (members, expected)) in steps.into_iter().enumerate() {
        if step == 4 {
            chain.blocks([1]);
        }
        let call = Call::Replace(chain.set(members));
        assert_eq!(chain.call(0, &call).map(|no| no.code), expected, "step {step}");
    }
    chain.blocks([1, 1, 1]);
    assert_eq!(chain.noted(), [(validator(1), Height(12))]);
}

#[test]
fn keys_of_those_who_join_begin_and_of_those_who_leave_end() {
    let mut chain = Chain::new(&EQUAL, true);
    chain.blocks([0, 1, 2, 3]);
    let with_four = chain.set(&[(0, 1), (1, 1), (2, 1), (4, 1)]);
    assert_eq!(chain.call(0, &Call::Replace(with_four.clone())), None);
    let now = chain.state.tip().time;
    let key = |n| keys::find(&chain.view(), &validator(n)).unwrap();
    assert_eq!((key(3).to, key(4).from, key(4).to), (Some(now), now, None));
    assert_eq!(key(4).purpose, KeyPurpose::Consensus);
    assert!(!chain.noted().iter().any(|(key, _)| *key == validator(3)), "who left is forgotten");
    // An ended key never comes back; neither does one of another purpose.
    chain.blocks([1, 2, 4]);
    let again = chain.set(&[(0, 1), (1, 1), (2, 1), (4, 1), (3, 1)]);
    assert_eq!(chain.call(0, &Call::Replace(again)).unwrap().code, Code::KeyExists);
    let organisation = chain.organisation();
    let mut members = with_four.members().to_vec();
    members.push(Validator { key: office().public(), organisation, power: 1 });
    let set = ValidatorSet::new(members.clone()).unwrap();
    assert_eq!(chain.call(0, &Call::Replace(set)).unwrap().code, Code::KeyExists);
    members[4].key = PublicKey::Ed25519([0; 32]);
    let set = ValidatorSet::new(members.clone()).unwrap();
    assert_eq!(chain.call(0, &Call::Replace(set)).unwrap().code, Code::Algorithms);
    // A key stays with its organisation.
    members.pop();
    members[0].organisation = OrganisationId([9; 32]);
    let set = ValidatorSet::new(members).unwrap();
    assert_eq!(chain.call(0, &Call::Replace(set)).unwrap().code, Code::KeyExists);
}

#[test]
fn a_set_has_at_most_a_hundred_members() {
    let mut chain = Chain::new(&[1_000], true);
    chain.blocks([0]);
    let members = |count: u64| -> Vec<(u64, u64)> {
        (0..count).map(|n| (n, if n == 0 { 1_000 } else { 1 })).collect()
    };
    let no = chain.call(0, &Call::Replace(chain.set(&members(101)))).unwrap();
    assert_eq!(no, Rejection::new(Code::PersonLimit, &[Detail::Limit(100)]));
    assert_eq!(chain.call(0, &Call::Replace(chain.set(&members(100)))), None);
}

#[test]
fn a_nodes_key_begins_and_ends() {
    let mut chain = Chain::new(&EQUAL, true);
    let node = ConsensusKey::demonstration(b"members", "node").public();
    let organisation = chain.organisation();
    let enrol = |key| Call::EnrolNode(key, organisation);
    assert_eq!(chain.call(0, &enrol(node)), None);
    let known = keys::find(&chain.view(), &node).unwrap();
    assert_eq!((known.purpose, known.to), (KeyPurpose::Network, None));
    assert_eq!(chain.call(0, &enrol(node)).unwrap().code, Code::KeyExists);
    assert_eq!(chain.call(0, &enrol(validator(0))).unwrap().code, Code::KeyExists);
    let weak = PublicKey::Ed25519([0; 32]);
    assert_eq!(chain.call(0, &enrol(weak)).unwrap().code, Code::Algorithms);
    assert_eq!(chain.call(0, &Call::EndNode(weak)).unwrap().code, Code::NotFound);
    assert_eq!(chain.call(0, &Call::EndNode(validator(0))).unwrap().code, Code::KeyPurpose);
    assert_eq!(chain.call(0, &Call::EndNode(node)), None);
    let ended = keys::find(&chain.view(), &node).unwrap();
    assert_eq!(ended.to, Some(chain.state.tip().time));
}

#[test]
#[should_panic(expected = "only a contract that keeps members may change them")]
fn no_other_contract_opens_the_door() {
    let mut chain = Chain::new(&EQUAL, false);
    let set = chain.set(&[(0, 1)]);
    chain.call(0, &Call::Replace(set));
}

#[test]
fn the_identity_of_a_peer_holds_its_key() {
    let identity = crate::crypto::peer_identity(&validator(0));
    assert_eq!(identity.len(), 38);
    assert_eq!(identity[..6], [0, 36, 8, 1, 18, 32]);
    assert_eq!(&identity[6..], validator(0).bytes());
}

//! This exists to be a chain that has everything a proof can meet: money, points and minutes, what falls
//! due and what is refused, changes of the validators, a lost quorum and a recovery. All of it is kept.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::block::{BlockTransaction, Header};
use linli_ledger::certificate::{
    Certificate, CommitCertificate, Recovery, Validator, ValidatorSet, Vote, VoteKind,
};
use linli_ledger::code::{Code, Rejection};
use linli_ledger::codec::{decode, encode};
use linli_ledger::contract::{Contract, Party, Rulebook};
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey};
use linli_ledger::due::{DueItem, schedule};
use linli_ledger::execute::{BlockTemplate, Built, build_block, build_recovery};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisError, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use linli_ledger::members;
use linli_ledger::posting::money::{self, Lot};
use linli_ledger::posting::points::{self, PointLot};
use linli_ledger::posting::{AccountKey, Side, Unit};
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{BlockTime, Compartment, ContractId, EarmarkId, Height, RecordId};
use linli_ledger::verify::produce::Ancestry;
use linli_ledger::verify::{Bundle, Checkpoint, Claim, Place, Trust};
use linli_ledger::view::{Order, View};

#[derive(BorshSerialize, BorshDeserialize)]
pub(crate) enum PublicCall {
    /// So many fen into account 1.
    Issue(u64),
    /// From one account to another.
    Pay(u8, u8, u64),
    /// Fills the state, so that proofs have a way to go.
    Note(u32),
    /// Removes a note.
    Forget(u32),
    /// Pays 7 fen from account 1 to account 9 later.
    Later(BlockTime),
    /// Who certifies from the next block on: numbers of validators.
    Members(Vec<u8>),
    /// Pays and then says no.
    Refuse,
}

#[derive(BorshSerialize, BorshDeserialize)]
pub(crate) enum RestrictedCall {
    Earn(u8, u64),
    Spend(u8, u64),
}

#[derive(BorshSerialize, BorshDeserialize)]
pub(crate) struct Note(u32);

linli_ledger::records! { ContractId(1), Public:
    Note = 1, u32;
}

pub(crate) fn fen(number: u8) -> AccountKey {
    account(Unit::Fen, Side::Holder, number)
}

pub(crate) fn fen_origin() -> AccountKey {
    account(Unit::Fen, Side::Origin, 0)
}

pub(crate) fn points(number: u8) -> AccountKey {
    account(Unit::Points, Side::Holder, number)
}

pub(crate) fn points_origin() -> AccountKey {
    account(Unit::Points, Side::Origin, 0)
}

pub(crate) fn points_sink() -> AccountKey {
    account(Unit::Points, Side::Sink, 9)
}

fn account(unit: Unit, side: Side, number: u8) -> AccountKey {
    AccountKey { unit, side, kind: number, owner: [number; 32], part: [0; 32] }
}

fn pay(view: &mut View<'_>, from: u8, to: u8, amount: u64) -> Result<(), Rejection> {
    let chosen = money::select(view, &fen(from), Fen(amount), Order::Ascending, |_| true)?;
    money::transfer(view, &fen(from), &fen(to), &chosen)
}

struct Public;
struct Restricted;

impl Contract for Public {
    fn id(&self) -> ContractId {
        ContractId(1)
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
        decode::<PublicCall>(call, "a call").is_ok()
    }
    fn begin(&self, _: &Genesis, view: &mut View<'_>) -> Result<(), GenesisError> {
        members::begin(view);
        Ok(())
    }
    fn execute(&self, call: &[u8], _: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        match decode(call, "a call").map_err(|_| Code::Encoding)? {
            PublicCall::Issue(amount) => {
                let earmark = EarmarkId(view.new_identifier());
                let lot =
                    Lot { earmark, specificity: 1, lapse_on: None, priority: 4, carry_count: 0 };
                money::issue(view, &fen_origin(), &fen(1), Fen(amount), lot).map(|_| ())
            }
            PublicCall::Pay(from, to, amount) => pay(view, from, to, amount),
            PublicCall::Note(number) => {
                view.put(&number, &Note(number));
                Ok(())
            }
            PublicCall::Forget(number) => {
                view.remove::<Note>(&number);
                Ok(())
            }
            PublicCall::Later(at) => {
                let record = RecordId(view.new_identifier());
                schedule(view, at, 3, record);
                Ok(())
            }
            PublicCall::Members(numbers) => members::replace(view, &set(&numbers)),
            PublicCall::Refuse => {
                pay(view, 1, 2, 1)?;
                Err(Code::State.into())
            }
        }
    }
    fn due(&self, _: &DueItem, view: &mut View<'_>) {
        pay(view, 1, 9, 7).unwrap();
    }
}

impl Contract for Restricted {
    fn id(&self) -> ContractId {
        ContractId(2)
    }
    fn version(&self) -> u16 {
        1
    }
    fn compartment(&self) -> Compartment {
        Compartment::Restricted
    }
    fn accepts(&self, call: &[u8]) -> bool {
        decode::<RestrictedCall>(call, "a call").is_ok()
    }
    fn execute(&self, call: &[u8], _: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        match decode(call, "a call").map_err(|_| Code::Encoding)? {
            RestrictedCall::Earn(person, amount) => {
                let (batch, expires_at) = (RecordId(view.new_identifier()), BlockTime(u64::MAX));
                let lot = PointLot { expires_at, batch, amount };
                points::transfer(view, &points_origin(), &points(person), &[lot])
            }
            RestrictedCall::Spend(person, amount) => {
                let now = view.now();
                let chosen = points::select(view, &points(person), Points(amount), now)?;
                points::transfer(view, &points(person), &points_sink(), &chosen)
            }
        }
    }
}

const SEED: &[u8] = b"proofs";
const LABELS: u8 = 10;
const START: u64 = 1_767_225_600_000;

fn business(number: usize) -> BusinessKey {
    BusinessKey::demonstration(SEED, &format!("organisation {number}"))
}

pub(crate) fn consensus(number: u8) -> ConsensusKey {
    ConsensusKey::demonstration(SEED, &format!("validator {number}"))
}

/// The secret of a validator, by its public key.
pub(crate) fn secret(public: &PublicKey) -> ConsensusKey {
    (0..LABELS).map(consensus).find(|key| key.public() == *public).expect("a validator")
}

pub(crate) fn genesis() -> Genesis {
    let organisation = |number: usize| GenesisOrganisation {
        name: format!("组织 {number}"),
        kind: OrganisationKind::PublicBody,
        key: business(number).public(),
    };
    let member = |number: u8| GenesisValidator {
        key: consensus(number).public(),
        organisation: u32::from(number) % 4,
        power: 1,
    };
    Genesis {
        version: GENESIS_VERSION,
        name: "proofs".into(),
        time: BlockTime(START),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: (0..4).map(organisation).collect(),
        governance: vec![0, 1, 2],
        governance_threshold: 2,
        validators: (0..4).map(member).collect(),
        nodes: Vec::new(),
        contracts: vec![(ContractId(1), 1), (ContractId(2), 1)],
        parameters: Vec::new(),
    }
}

/// A set of validators, by their numbers, in this order.
pub(crate) fn set(numbers: &[u8]) -> ValidatorSet {
    let genesis = genesis();
    let member = |number: &u8| Validator {
        key: consensus(*number).public(),
        organisation: genesis.organisation(u32::from(*number) % 4),
        power: 1,
    };
    ValidatorSet::new(numbers.iter().map(member).collect()).unwrap()
}

/// The precommits of these keys.
pub(crate) fn commit(header: &Header, round: u32, keys: &[PublicKey]) -> CommitCertificate {
    let signatures = keys.iter().map(|key| {
        let (kind, height) = (VoteKind::Precommit, header.height);
        let value = Some(header.hash());
        let vote = Vote { kind, height, round, value, validator: *key };
        (*key, secret(key).sign_vote(&header.chain, &vote))
    });
    CommitCertificate { round, signatures: signatures.collect() }
}

pub(crate) fn keys(set: &ValidatorSet) -> Vec<PublicKey> {
    set.members().iter().map(|member| member.key).collect()
}

/// Everything about a block.
pub(crate) struct Kept {
    pub(crate) header: Header,
    pub(crate) certificate: Certificate,
    pub(crate) transactions: Vec<BlockTransaction>,
    pub(crate) receipts: Vec<Receipt>,
    /// After it.
    pub(crate) state: State,
}

pub(crate) struct Town {
    pub(crate) genesis: Genesis,
    rulebook: Rulebook,
    pub(crate) state: State,
    pub(crate) ancestry: Ancestry,
    pub(crate) kept: Vec<Kept>,
    nonces: (u64, u64),
}

impl Town {
    pub(crate) fn new() -> Self {
        let genesis = genesis();
        let rulebook = Rulebook::new(vec![Box::new(Public), Box::new(Restricted)]).unwrap();
        let state = State::from_genesis(&genesis, &rulebook).unwrap();
        let ancestry = Ancestry::begin(&encode(&genesis)).unwrap();
        Self { genesis, rulebook, state, ancestry, kept: Vec::new(), nonces: (0, 0) }
    }

    /// A chain of 48 blocks: the validators change after blocks 8, 16, 30 and 38; block 23 is a recovery.
    pub(crate) fn full() -> Self {
        let mut town = Self::new();
        let notes = (0..60).map(PublicCall::Note);
        let mut first = vec![PublicCall::Issue(1_000_000)];
        first.extend(notes);
        town.block(&first, &[RestrictedCall::Earn(1, 500), RestrictedCall::Earn(2, 300)]);
        let soon = town.state.tip().time.plus(3_500);
        town.block(&[PublicCall::Pay(1, 2, 300), PublicCall::Later(soon), PublicCall::Refuse], &[]);
        town.live(5);
        town.block(&[PublicCall::Members(vec![0, 1, 2, 4]), PublicCall::Issue(50_000)], &[]);
        town.live(7);
        town.block(&[PublicCall::Members(vec![5, 1, 2, 4])], &[]);
        town.live(6);
        town.recovery(&[6, 7, 2]);
        town.live(6);
        town.block(&[PublicCall::Members(vec![6, 7, 2, 8])], &[]);
        town.live(7);
        town.block(&[PublicCall::Members(vec![9, 7, 2, 8])], &[]);
        town.live(10);
        town
    }

    /// So many ordinary blocks.
    fn live(&mut self, count: usize) {
        for _ in 0..count {
            let height = self.kept.len() as u64 + 1;
            let mut public = vec![PublicCall::Pay(1, 2, 10 + height), PublicCall::Pay(2, 3, 5)];
            if height.is_multiple_of(3) {
                public.push(PublicCall::Pay(3, 1, 4));
                public.push(PublicCall::Forget(u32::try_from(height).unwrap()));
            }
            if height.is_multiple_of(7) {
                public.push(PublicCall::Note(u32::try_from(height - 1).unwrap()));
            }
            let restricted = if height.is_multiple_of(2) {
                vec![RestrictedCall::Spend(1, 3), RestrictedCall::Earn(1, height)]
            } else {
                Vec::new()
            };
            self.block(&public, &restricted);
        }
    }

    fn sign<C: BorshSerialize>(&self, contract: u16, nonce: u64, call: &C) -> SignedTransaction {
        let genesis = self.genesis.hash();
        let numbers = [0, 1];
        let body = Body {
            version: BODY_VERSION,
            genesis,
            contract: ContractId(contract),
            call_version: 1,
            signers: numbers
                .map(|number| Signer { key: business(number).public(), grant: None })
                .to_vec(),
            nonce,
            salt: [7; 16],
            valid_until: self.state.tip().time.plus(86_400_000),
            call: encode(call),
        };
        let signatures =
            numbers.map(|number| business(number).sign_transaction(&genesis, &body.id()));
        SignedTransaction::new(&body, signatures.to_vec())
    }

    fn block(&mut self, public: &[PublicCall], restricted: &[RestrictedCall]) {
        let mut signed = Vec::new();
        for call in public {
            self.nonces.0 += 1;
            signed.push(self.sign(1, self.nonces.0, call));
        }
        for call in restricted {
            self.nonces.1 += 1;
            signed.push(self.sign(2, self.nonces.1, call));
        }
        let genesis = self.genesis.hash();
        let verified: Vec<_> =
            signed.into_iter().map(|signed| signed.verify(&genesis).unwrap()).collect();
        let set = self.state.validators();
        let built = build_block(&self.state, &self.rulebook, self.template(&set), &verified);
        assert!(built.refused.is_empty());
        let header = &built.block.header;
        let certificate = Certificate::Quorum(commit(header, 1, &keys(&set)));
        self.take(built, certificate);
    }

    fn template(&self, set: &ValidatorSet) -> BlockTemplate {
        let turn = usize::try_from(self.state.tip().height.0).unwrap() % set.members().len();
        BlockTemplate { time: self.state.tip().time.plus(1_000), proposer: set.members()[turn].key }
    }

    /// Two of the three who govern name these validators.
    fn recovery(&mut self, numbers: &[u8]) {
        let set = set(numbers);
        let template = self.template(&set);
        let built = build_recovery(&self.state, &self.rulebook, template, &[], &set).unwrap();
        let certificate = named(&built.block.header, &set, &[0, 2]);
        self.take(built, certificate);
    }

    fn take(&mut self, built: Built, certificate: Certificate) {
        let (before, header) = (self.state.clone(), built.block.header);
        self.state.apply(built.executed.delta);
        let next = self.state.validators();
        self.ancestry.push(&before, &header, &certificate, &next).unwrap();
        self.kept.push(Kept {
            header,
            certificate,
            transactions: built.block.transactions,
            receipts: built.executed.receipts,
            state: self.state.clone(),
        });
    }

    pub(crate) fn at(&self, height: u64) -> &Kept {
        &self.kept[usize::try_from(height).unwrap() - 1]
    }

    pub(crate) fn head(&self) -> &Kept {
        self.kept.last().unwrap()
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::Genesis(self.genesis.hash())
    }

    /// A pinned block.
    pub(crate) fn pin(&self, height: u64) -> Trust {
        let (genesis, height, block) =
            (self.genesis.hash(), Height(height), self.at(height).header.hash());
        Trust::Checkpoint(Checkpoint { genesis, height, block })
    }

    /// Where a block lies under a head.
    pub(crate) fn place(&self, height: u64, head: u64) -> Place {
        self.ancestry.place(&self.at(height).header, &self.at(head).header).unwrap()
    }

    /// A proof from the genesis on, with this head.
    pub(crate) fn bundle(&self, head: u64, claim: Claim) -> Bundle {
        let kept = self.at(head);
        self.ancestry.from_genesis(&kept.header, &kept.certificate, claim).unwrap()
    }
}

/// The signatures of organisations under a recovery.
pub(crate) fn named(header: &Header, set: &ValidatorSet, organisations: &[usize]) -> Certificate {
    let validators = set.clone();
    let (block, height) = (header.hash(), header.height);
    let recovery = Recovery { block, height, validators: validators.clone() };
    let signatures = organisations.iter().map(|number| {
        let key = business(*number);
        (key.public(), key.sign_recovery(&header.chain, &recovery))
    });
    Certificate::Recovery { validators, signatures: signatures.collect() }
}

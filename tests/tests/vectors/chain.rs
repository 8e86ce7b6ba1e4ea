//! This exists to run a small chain through the whole kernel: issue, spend, earn, fall due, refuse.

use crate::bytes::{business, consensus, genesis};
use crate::hex_of;
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::{Fen, Minutes, Points};
use linli_ledger::block::CommittedBlock;
use linli_ledger::certificate::{Certificate, CommitCertificate, Vote, VoteKind};
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::codec::{decode, encode};
use linli_ledger::contract::{Contract, Party, Rulebook};
use linli_ledger::due::{DueItem, schedule};
use linli_ledger::execute::{BlockTemplate, build_block};
use linli_ledger::frame::Frame;
use linli_ledger::hash::{Digest, to_hex};
use linli_ledger::posting::money::{self, Lot};
use linli_ledger::posting::points::{self, PointLot};
use linli_ledger::posting::{AccountKey, CreditAccount, Side, Unit, minutes};
use linli_ledger::receipt::{Condition, Receipt};
use linli_ledger::record::{Record, key_bytes};
use linli_ledger::replay::replay;
use linli_ledger::state::{State, value_hash};
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{BlockTime, Compartment, ContractId, EarmarkId, RecordId};
use linli_ledger::view::{Order, View};
use serde_json::{Value, json};

const START: u64 = 1_767_225_600_000;

#[derive(BorshSerialize, BorshDeserialize)]
enum PublicCall {
    Issue(Fen),
    Spend(Fen),
    Refuse,
    Schedule(BlockTime),
    OnCondition(Vec<u8>, [u8; 32]),
}

#[derive(BorshSerialize, BorshDeserialize)]
enum RestrictedCall {
    Earn(Points, BlockTime),
    Spend(Points),
    Serve(Minutes),
}

struct Public;
struct Restricted;

fn account(unit: Unit, side: Side, kind: u8) -> AccountKey {
    AccountKey { unit, side, kind, owner: [kind; 32], part: [0; 32] }
}

fn spend(view: &mut View<'_>, amount: Fen) -> Result<(), Rejection> {
    let (from, to) = (account(Unit::Fen, Side::Holder, 1), account(Unit::Fen, Side::Holder, 2));
    let chosen = money::select(view, &from, amount, Order::Ascending, |_| true)?;
    money::transfer(view, &from, &to, &chosen)
}

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
    fn accepts(&self, call: &[u8]) -> bool {
        decode::<PublicCall>(call, "a call").is_ok()
    }
    fn conditions(&self, call: &[u8]) -> Vec<Condition> {
        match decode(call, "a call") {
            Ok(PublicCall::OnCondition(key, value)) => vec![Condition { key, value }],
            _ => Vec::new(),
        }
    }
    fn execute(&self, call: &[u8], _: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        match decode(call, "a call").map_err(|_| Code::Encoding)? {
            PublicCall::Issue(amount) => {
                let origin = account(Unit::Fen, Side::Origin, 0);
                let lot = Lot {
                    earmark: EarmarkId(view.new_identifier()),
                    specificity: 1,
                    lapse_on: None,
                    priority: 4,
                    carry_count: 0,
                };
                money::issue(view, &origin, &account(Unit::Fen, Side::Holder, 1), amount, lot)?;
                Ok(())
            }
            PublicCall::Spend(amount) => spend(view, amount),
            PublicCall::Refuse => {
                spend(view, Fen(1))?;
                Err(Rejection::new(Code::State, &[Detail::Index(7)]))
            }
            PublicCall::Schedule(at) => {
                let record = RecordId(view.new_identifier());
                schedule(view, at, 3, record);
                Ok(())
            }
            PublicCall::OnCondition(..) => spend(view, Fen(5)),
        }
    }
    fn due(&self, _: &DueItem, view: &mut View<'_>) {
        spend(view, Fen(40)).unwrap();
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
        let holder = account(Unit::Points, Side::Holder, 1);
        match decode(call, "a call").map_err(|_| Code::Encoding)? {
            RestrictedCall::Earn(amount, expires_at) => {
                let batch = RecordId(view.new_identifier());
                let lot = PointLot { expires_at, batch, amount: amount.0 };
                points::transfer(view, &account(Unit::Points, Side::Origin, 0), &holder, &[lot])
            }
            RestrictedCall::Spend(amount) => {
                let chosen = points::select(view, &holder, amount, view.now())?;
                points::transfer(view, &holder, &account(Unit::Points, Side::Sink, 9), &chosen)
            }
            RestrictedCall::Serve(amount) => {
                let origin = account(Unit::Minutes, Side::Origin, 0);
                minutes::transfer(view, &origin, &account(Unit::Minutes, Side::Holder, 1), amount)
            }
        }
    }
}

fn transaction<C: BorshSerialize>(
    genesis: &Digest,
    contract: u16,
    nonce: u64,
    call: &C,
) -> VerifiedTransaction {
    let labels = ["office", "bank"];
    let body = Body {
        version: BODY_VERSION,
        genesis: *genesis,
        contract: ContractId(contract),
        call_version: 1,
        signers: labels.map(|label| Signer { key: business(label).public(), grant: None }).to_vec(),
        nonce,
        salt: [7; 16],
        valid_until: BlockTime(START + 86_400_000),
        call: encode(call),
    };
    let signatures = labels.map(|label| business(label).sign_transaction(genesis, &body.id()));
    SignedTransaction::new(&body, signatures.to_vec()).verify(genesis).unwrap()
}

fn leaves(state: &State, compartment: Compartment) -> Vec<Value> {
    let row = |(key, leaf): (&[u8], linli_ledger::state::Leaf<'_>)| {
        json!([to_hex(key), to_hex(leaf.value), leaf.version, leaf.writer.0.to_hex()])
    };
    state.leaves(compartment).map(row).collect()
}

fn shown(state: &State, receipts: &[Receipt]) -> Value {
    let (public, restricted) = state.compartment_roots();
    json!({
        "height": state.tip().height.0,
        "hash": state.tip().hash.0.to_hex(),
        "receipts": receipts.iter().map(hex_of).collect::<Vec<_>>(),
        "public": leaves(state, Compartment::Public),
        "restricted": leaves(state, Compartment::Restricted),
        "roots": [to_hex(&public), to_hex(&restricted)],
        "state_root": state.root().0.to_hex(),
    })
}

fn certified(block: linli_ledger::block::Block, round: u32) -> CommittedBlock {
    let (genesis, hash) = (block.header.chain, block.header.hash());
    let signatures = [0, 2, 3].map(|n| {
        let (kind, validator) = (VoteKind::Precommit, consensus(n).public());
        let vote = Vote { kind, height: block.header.height, round, value: Some(hash), validator };
        (validator, consensus(n).sign_vote(&genesis, &vote))
    });
    let commit = CommitCertificate { round, signatures: signatures.to_vec() };
    CommittedBlock { block, certificate: Certificate::Quorum(commit) }
}

pub(crate) fn chain() -> Value {
    let genesis = genesis();
    let hash = genesis.hash();
    let rulebook = Rulebook::new(vec![Box::new(Public), Box::new(Restricted)]).unwrap();
    let mut state = State::from_genesis(&genesis, &rulebook).unwrap();
    let public = |nonce, call: PublicCall| transaction(&hash, 1, nonce, &call);
    let restricted = |nonce, call: RestrictedCall| transaction(&hash, 2, nonce, &call);
    let points = account(Unit::Points, Side::Holder, 1).id();
    let watched = key_bytes(ContractId(0), CreditAccount::KIND, &points).into_vec();
    let mut frames = vec![Frame::Genesis(encode(&genesis)).to_bytes()];
    let mut blocks = vec![shown(&state, &[])];
    for height in 1..=3_u64 {
        let fact = state.leaf(Compartment::Restricted, &watched);
        let fact = fact.map_or([0; 32], |leaf| value_hash(leaf.value));
        let candidates = match height {
            1 => vec![
                public(1, PublicCall::Issue(Fen(1_000))),
                public(2, PublicCall::Schedule(BlockTime(START + 2_000))),
                restricted(1, RestrictedCall::Earn(Points(50), BlockTime(START + 10_000))),
                restricted(2, RestrictedCall::Serve(Minutes(90))),
            ],
            2 => vec![
                public(5, PublicCall::Spend(Fen(300))),
                public(3, PublicCall::Refuse),
                public(4, PublicCall::OnCondition(watched.clone(), fact)),
                restricted(9, RestrictedCall::Spend(Points(20))),
                public(6, PublicCall::OnCondition(watched.clone(), fact)),
            ],
            _ => Vec::new(),
        };
        let template = BlockTemplate {
            time: BlockTime(START + 1_000 * height),
            proposer: consensus(1).public(),
        };
        let built = build_block(&state, &rulebook, template, &candidates);
        assert!(built.refused.is_empty() && built.considered == candidates.len());
        state.apply(built.executed.delta);
        let round = u32::try_from(height).unwrap() - 1;
        let block = certified(built.block, round);
        let bytes = Frame::bytes_of(&block);
        assert_eq!(bytes, Frame::Block(block).to_bytes());
        frames.push(bytes);
        blocks.push(shown(&state, &built.executed.receipts));
    }
    let head = state.tip().hash.0;
    let report = replay(&frames.concat(), &rulebook, &hash, Some(&head)).unwrap();
    assert_eq!((report.transactions, report.due), (9, 1));
    json!({
        "genesis": hash.to_hex(),
        "head": head.to_hex(),
        "frames": frames.iter().map(|frame| to_hex(frame)).collect::<Vec<_>>(),
        "blocks": blocks,
    })
}

//! This exists to build what the state commits to: leaves, trees, lists, records, receipts.

use crate::hex_of;
use borsh::BorshSerialize;
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::crypto::PublicKey;
use linli_ledger::due::{DueItem, PublicDue};
use linli_ledger::hash::{Digest, Domain, hash, to_hex};
use linli_ledger::keys::{KeyOwner, KeyPurpose, KeyRecord, PublicKeyRecord};
use linli_ledger::merkle::{self, ConsistencyProof, Frontier, InclusionProof};
use linli_ledger::posting::money::{HoldingRecord, Lot, Segment, SegmentRecord};
use linli_ledger::posting::points::{PointHolding, PointLot};
use linli_ledger::posting::{AccountKey, Direction, JournalEntry, Movement, Quantity, Side, Unit};
use linli_ledger::receipt::{Condition, Outcome, Receipt, Subject, Write};
use linli_ledger::record::{Record, key_bytes};
use linli_ledger::state::{leaf_hash, leaf_path, state_root, value_hash};
use linli_ledger::system::NonceWindow;
use linli_ledger::tree::Tree;
use linli_ledger::types::{
    AccountId, BlockTime, Compartment, ContractId, Day, EarmarkId, Height, OrganisationId,
    RecordId, SourceId, TransactionId,
};
use serde_json::{Value, json};

fn leaf_of<R: Record + BorshSerialize>(what: &str, id: &R::Id, record: &R, version: u64) -> Value {
    let writer = TransactionId(Digest::Blake3([9; 32]));
    let key = key_bytes(R::CONTRACT, R::KIND, id);
    let value = linli_ledger::codec::encode(record);
    let hashed = value_hash(&value);
    json!({
        "what": what, "key": to_hex(&key), "value": to_hex(&value), "version": version,
        "writer": writer.0.to_hex(),
        "path": to_hex(&leaf_path(&key)), "value hash": to_hex(&hashed),
        "leaf hash": to_hex(&leaf_hash(&key, version, &writer, &hashed)),
    })
}

fn lot(lapse_on: Option<u32>) -> Lot {
    Lot {
        earmark: EarmarkId([0xee; 32]),
        specificity: 3,
        lapse_on: lapse_on.map(Day),
        priority: 2,
        carry_count: 1,
    }
}

fn due() -> DueItem {
    DueItem {
        at: BlockTime(0x0102_0304_0506_0708),
        contract: ContractId(0x0a0b),
        kind: 12,
        record: RecordId([13; 32]),
    }
}

pub(crate) fn leaves() -> Value {
    let owner = KeyOwner::Organisation(OrganisationId([7; 32]));
    let key = KeyRecord {
        owner,
        purpose: KeyPurpose::SiteDevice,
        from: BlockTime(5),
        to: Some(BlockTime(6)),
    };
    let (account, source) = (AccountId([8; 32]), SourceId(0x0102_0304));
    let segment = SegmentRecord { length: 77, account, lot: lot(Some(20_500)) };
    let holding = (account, lot(Some(20_500)).rank(), source, 1_u64 << 40);
    let item = due();
    json!({ "leaves": [
        leaf_of("1 key", &PublicKey::Ed25519([4; 32]), &PublicKeyRecord(key), 1 << 24),
        leaf_of("2 due", &(item.at, item.contract, item.kind, item.record), &PublicDue, 0),
        leaf_of("4 points", &(account, BlockTime(9), RecordId([1; 32])), &PointHolding(5), 3),
        leaf_of("5 segment", &(source, 1 << 40), &segment, u64::MAX),
        leaf_of("6 holding", &holding, &HoldingRecord(77), 1),
    ] })
}

fn numbered(n: u64) -> [u8; 32] {
    hash(Domain::StatePath, &n.to_le_bytes())
}

fn stands(n: u64) -> [u8; 32] {
    hash(Domain::StateLeaf, &n.to_le_bytes())
}

fn tree(size: u64) -> Tree {
    Tree::default().updated((0..size).map(|n| (numbered(n), Some(stands(n)))))
}

fn proof(tree: &Tree, n: u64) -> Value {
    let proof = tree.prove(&numbered(n));
    let found = proof.verify(&tree.root(), &numbered(n)).unwrap();
    json!({
        "leaf": n,
        "siblings": proof.siblings.iter().map(|hash| to_hex(hash)).collect::<Vec<_>>(),
        "bucket": proof.bucket.iter().map(|(path, leaf)| [to_hex(path), to_hex(leaf)]).collect::<Vec<_>>(),
        "bytes": hex_of(&proof),
        "found": found.map(|hash| to_hex(&hash)),
    })
}

/// Leaf `n` stands at `H(state-path, n as u64)` with the leaf hash `H(state-leaf, n as u64)`.
pub(crate) fn trees() -> Value {
    let roots: Vec<_> = [0, 1, 8, 9, 20]
        .map(|size| json!({ "leaves": size, "root": to_hex(&tree(size).root()) }))
        .into();
    let large = tree(20);
    let both = state_root(tree(9).root(), tree(0).root());
    json!({
        "rule": "leaf n: path H(state-path, n as u64), leaf hash H(state-leaf, n as u64)",
        "roots": roots,
        "proofs over 20": [proof(&large, 0), proof(&large, 19), proof(&large, 20), proof(&large, 21)],
        "proof over 0": proof(&tree(0), 0),
        "state root over 9 and 0": both.0.to_hex(),
    })
}

/// Leaf `n` of a list is `H(history-leaf, n as u64)`.
pub(crate) fn lists() -> Value {
    let leaf = |n: u64| hash(Domain::HistoryLeaf, &n.to_le_bytes());
    let list = |size: u64| (0..size).map(leaf).collect::<Vec<_>>();
    let hexes = |path: &[[u8; 32]]| path.iter().map(|hash| to_hex(hash)).collect::<Vec<_>>();
    let root = |size| json!({ "leaves": size, "root": to_hex(&merkle::root(&list(size))) });
    let inclusion = |index, size| {
        let proof = InclusionProof::prove(&list(size), index).unwrap();
        assert!(proof.verify(&leaf(index), &merkle::root(&list(size))));
        json!({ "index": index, "size": size, "path": hexes(&proof.path), "bytes": hex_of(&proof) })
    };
    let consistency = |old, new| {
        let proof = ConsistencyProof::prove(&list(new), old).unwrap();
        assert!(proof.verify(&merkle::root(&list(old)), &merkle::root(&list(new))));
        json!({ "old_size": old, "new_size": new, "path": hexes(&proof.path), "bytes": hex_of(&proof) })
    };
    let mut frontier = Frontier::default();
    for leaf in list(13) {
        frontier.push(leaf);
    }
    let roots = [0, 1, 2, 3, 8, 13].map(root);
    json!({
        "rule": "leaf n: H(history-leaf, n as u64)",
        "roots": roots,
        "inclusion": [inclusion(0, 1), inclusion(2, 3), inclusion(5, 13), inclusion(12, 13)],
        "consistency": [
            consistency(0, 5), consistency(4, 13), consistency(6, 13), consistency(13, 13),
        ],
        "frontier of 13": hex_of(&frontier),
    })
}

fn account(unit: Unit, side: Side) -> AccountKey {
    AccountKey { unit, side, kind: 5, owner: [1; 32], part: [2; 32] }
}

pub(crate) fn records() -> Value {
    let mut window = NonceWindow::first(1_000);
    let steps: Vec<_> = [1_001, 999, 1_100, 900, 1_356, 1_101, 2_000]
        .map(|nonce| {
            window = window.use_nonce(nonce).unwrap();
            json!({ "nonce": nonce, "highest": window.highest, "below": window.below, "bytes": hex_of(&window) })
        })
        .into();
    let refused = [2_000, 1_743, 0].map(|nonce| {
        assert_eq!(window.use_nonce(nonce), Err(Code::NonceUsed));
        nonce
    });
    let accounts =
        [(Unit::Fen, Side::Holder), (Unit::Points, Side::Origin), (Unit::Minutes, Side::Sink)].map(
            |(unit, side)| {
                let key = account(unit, side);
                json!({ "bytes": hex_of(&key), "id": to_hex(&key.id().0) })
            },
        );
    let ranks = [Some(20_500), None].map(|lapse| {
        json!({ "lapse_on": lapse, "lot": hex_of(&lot(lapse)), "rank": to_hex(&lot(lapse).rank()) })
    });
    json!({
        "nonce window": { "first": 1_000, "steps": steps, "then refused": refused },
        "accounts": accounts,
        "lots": ranks,
        "due": { "item": hex_of(&due()), "height": 42, "writer": due().writer(Height(42)).0.to_hex() },
    })
}

fn quantities() -> [Quantity; 3] {
    let segment = |start| Segment { source: SourceId(1), start, length: 10 };
    let points = PointLot { expires_at: BlockTime(9), batch: RecordId([1; 32]), amount: 5 };
    [
        Quantity::Fen(vec![segment(0), segment(20)]),
        Quantity::Points(vec![points]),
        Quantity::Minutes(90),
    ]
}

pub(crate) fn receipts() -> Value {
    let (from, to) = (AccountId([1; 32]), AccountId([2; 32]));
    let [fen, ..] = quantities();
    let entry = |account, direction, balance| JournalEntry {
        account,
        direction,
        amount: 20,
        balance,
        number: 1,
        head: [6; 32],
    };
    let write = |key: &[u8], value| Write { key: key.to_vec(), version: 1 << 24, value };
    let applied = Receipt {
        subject: Subject::Transaction(TransactionId(Digest::Blake3([3; 32]))),
        contract: ContractId(5),
        compartment: Compartment::Public,
        outcome: Outcome::Applied,
        conditions: vec![Condition { key: b"key".to_vec(), value: [4; 32] }],
        movements: vec![Movement { from, to, quantity: fen }],
        entries: vec![entry(from, Direction::Out, 0), entry(to, Direction::In, 20)],
        writes: vec![write(b"a", Some([5; 32])), write(b"b", None)],
    };
    let details = [
        Detail::Need(1),
        Detail::Have(2),
        Detail::Limit(3),
        Detail::Over(4),
        Detail::Index(5),
        Detail::Time(6),
        Detail::Record([7; 32]),
    ];
    let rejected = Receipt {
        compartment: Compartment::Restricted,
        outcome: Outcome::Rejected(Rejection::new(Code::InsufficientPoints, &details)),
        conditions: Vec::new(),
        movements: Vec::new(),
        entries: Vec::new(),
        writes: vec![write(b"nonce", Some([5; 32]))],
        ..applied.clone()
    };
    let fell_due = Receipt { subject: Subject::Due(due()), ..applied.clone() };
    let recovery =
        Receipt { subject: Subject::Recovery(Digest::Blake3([8; 32])), ..applied.clone() };
    let shown =
        |receipt: &Receipt| json!({ "bytes": hex_of(receipt), "leaf": to_hex(&receipt.leaf()) });
    let quantities = quantities().map(|quantity| {
        let bytes = linli_ledger::codec::encode(&quantity);
        json!({ "bytes": to_hex(&bytes), "hash": to_hex(&hash(Domain::Lots, &bytes)) })
    });
    json!({
        "applied": shown(&applied), "rejected": shown(&rejected), "due": shown(&fell_due),
        "recovery": shown(&recovery), "quantities": quantities,
    })
}

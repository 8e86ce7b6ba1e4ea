//! This exists to edit what people signed: the transactions of a block. The header keeps its root, or
//! gets a new one, or the validator signs that one too.

use super::draft::Draft;
use super::{Edit, Group, Kind, Original, below, flip};
use crate::oracle::Random;
use linli_contracts::fund;
use linli_ledger::block::BlockTransaction;
use linli_ledger::codec::{decode, encode};
use linli_ledger::crypto::{BusinessKey, Signature};
use linli_ledger::execute::{BlockTemplate, build_block};
use linli_ledger::replay::Check;
use linli_ledger::transaction::{Body, SignedTransaction, VerifiedTransaction};

/// An edit of the transactions of one block.
struct Row {
    name: &'static str,
    /// What finds it while the header is as it was.
    kept: Check,
    /// What finds it when root and certificate are new.
    resigned: Check,
    /// How many transactions the block needs.
    least: usize,
    /// Which transaction it is for.
    fits: fn(&SignedTransaction) -> bool,
    change: fn(&Original<'_>, &mut Spot<'_>),
}

/// Where an edit takes place.
struct Spot<'a> {
    transactions: &'a mut Vec<BlockTransaction>,
    /// Position of the block in the chain.
    block: usize,
    /// Position of the transaction in the block.
    index: usize,
    random: &'a mut Random,
}

impl Spot<'_> {
    fn signed(&mut self) -> &mut SignedTransaction {
        full(&mut self.transactions[self.index])
    }
}

const ROWS: [Row; 15] = [
    Row {
        name: "dropped",
        kept: Check::TransactionsRoot,
        resigned: Check::Rules,
        least: 1,
        fits: any,
        change: |_, spot| {
            spot.transactions.remove(spot.index);
        },
    },
    Row {
        name: "doubled",
        kept: Check::TransactionsRoot,
        // A nonce is used once: the door refuses the second.
        resigned: Check::Signature,
        least: 1,
        fits: any,
        change: |_, spot| {
            let again = spot.transactions[spot.index].clone();
            spot.transactions.insert(spot.index, again);
        },
    },
    Row {
        name: "one of an earlier block in its place",
        kept: Check::TransactionsRoot,
        resigned: Check::Signature,
        least: 1,
        fits: any,
        change: |original, spot| {
            let earlier = &original.blocks[below(spot.random, spot.block)].block.transactions;
            let old = earlier.first().unwrap_or(&original.blocks[0].block.transactions[0]);
            spot.transactions[spot.index] = old.clone();
        },
    },
    Row {
        name: "signed anew by a stranger in his own name",
        kept: Check::TransactionsRoot,
        // The key is in no register.
        resigned: Check::Signature,
        least: 1,
        fits: any,
        change: |original, spot| {
            let key = BusinessKey::demonstration(b"stranger", "resident");
            let mut body = body(spot.signed());
            body.signers.truncate(1);
            body.signers[0].key = key.public();
            let signature = key.sign_transaction(&original.genesis_hash, &body.id());
            *spot.signed() = SignedTransaction::new(&body, vec![signature]);
        },
    },
    Row {
        name: "a bit of the body",
        change: |_, spot| {
            let mut bytes = spot.signed().body.clone();
            flip(&mut bytes, spot.random);
            spot.signed().body = bytes;
        },
        ..SIGNATURE
    },
    Row {
        name: "a bit of a signature",
        change: |_, spot| {
            let count = spot.signed().signatures.len();
            let one = below(spot.random, count);
            let Signature::Ed25519(mut bytes) = spot.signed().signatures[one];
            flip(&mut bytes, spot.random);
            spot.signed().signatures[one] = Signature::Ed25519(bytes);
        },
        ..SIGNATURE
    },
    Row {
        name: "a bit of the last co-signature",
        fits: |signed| signed.signatures.len() > 1,
        change: |_, spot| {
            if let Some(Signature::Ed25519(mut bytes)) = spot.signed().signatures.pop() {
                flip(&mut bytes, spot.random);
                spot.signed().signatures.push(Signature::Ed25519(bytes));
            }
        },
        ..SIGNATURE
    },
    Row {
        name: "a signature missing",
        change: |_, spot| {
            spot.signed().signatures.pop();
        },
        ..SIGNATURE
    },
    Row {
        name: "a signature too many",
        change: |_, spot| {
            let again = spot.signed().signatures[0];
            spot.signed().signatures.push(again);
        },
        ..SIGNATURE
    },
    Row {
        name: "two signatures swapped",
        fits: |signed| signed.signatures.len() > 1,
        change: |_, spot| spot.signed().signatures.swap(0, 1),
        ..SIGNATURE
    },
    Row {
        name: "a signature of another transaction",
        least: 2,
        change: |_, spot| {
            let other = (spot.index + 1) % spot.transactions.len();
            let taken = full(&mut spot.transactions[other]).signatures[0];
            spot.signed().signatures[0] = taken;
        },
        ..SIGNATURE
    },
    Row {
        name: "the amount of a payment",
        fits: asks_for_payment,
        change: |_, spot| {
            let mut body = body(spot.signed());
            if let Some(fund::Call::PaymentRequest { mut terms }) = fund_call(&body) {
                terms.amount.0 += 1;
                body.call = encode(&fund::Call::PaymentRequest { terms });
            }
            spot.signed().body = encode(&body);
        },
        ..SIGNATURE
    },
    Row {
        name: "signed by the validator in a person's name",
        change: |original, spot| {
            let id = spot.signed().id();
            let signature = original.misused.sign_transaction(&original.genesis_hash, &id);
            spot.signed().signatures.fill(signature);
        },
        ..SIGNATURE
    },
    Row {
        name: "invented by the validator in a person's name",
        change: |original, spot| {
            let mut body = body(spot.signed());
            body.nonce += 1_000;
            let signature = original.misused.sign_transaction(&original.genesis_hash, &body.id());
            let signatures = vec![signature; body.signers.len()];
            let invented = SignedTransaction::new(&body, signatures);
            spot.transactions.push(BlockTransaction::Full(invented));
        },
        ..SIGNATURE
    },
    Row {
        name: "withheld",
        change: |_, spot| {
            let leaf = spot.signed().leaf();
            spot.transactions[spot.index] = BlockTransaction::Withheld(leaf);
        },
        ..SIGNATURE
    },
];

/// What people did not sign is found before anything is executed, whoever certifies it.
const SIGNATURE: Row = Row {
    name: "",
    kept: Check::Signature,
    resigned: Check::Signature,
    least: 1,
    fits: any,
    change: |_, _| {},
};

/// What becomes of the root in the header.
#[derive(Clone, Copy)]
enum Root {
    Kept,
    Recomputed,
}

pub(super) fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for row in &ROWS {
        let kind = |group, check, root, what: &str| {
            let name = format!("transaction: {}{what}", row.name);
            Kind::new(group, check, name, move |original, random| {
                edited(original, random, row, root, group)
            })
        };
        kinds.push(kind(Group::Reframed, row.kept, Root::Kept, ""));
        // The leaf of a withheld transaction is the right one: nothing is to be recomputed.
        if row.name != "withheld" {
            let what = ", new root";
            kinds.push(kind(Group::Reframed, Check::Certificate, Root::Recomputed, what));
        }
        kinds.push(kind(Group::Resigned, row.resigned, Root::Recomputed, ""));
    }
    let check = Check::TransactionsRoot;
    let name = "transaction: two swapped";
    kinds.push(Kind::new(Group::Reframed, check, name, |original, random| {
        edited(original, random, &SWAPPED, Root::Kept, Group::Reframed)
    }));
    let name = "transaction: left out of the results, not of the block";
    kinds.push(Kind::new(Group::Resigned, Check::Rules, name, left_out_of_the_results));
    kinds
}

/// With a new root and the validator's key this may be refused at the door or be another history.
const SWAPPED: Row = Row {
    name: "two swapped",
    kept: Check::TransactionsRoot,
    resigned: Check::Rules,
    least: 2,
    fits: any,
    change: |_, spot| {
        let other = (spot.index + 1) % spot.transactions.len();
        spot.transactions.swap(spot.index, other);
    },
};

fn edited(
    original: &Original<'_>,
    random: &mut Random,
    row: &Row,
    root: Root,
    group: Group,
) -> Edit {
    let fits = |transaction: &BlockTransaction| match transaction {
        BlockTransaction::Full(signed) => (row.fits)(signed),
        BlockTransaction::Withheld(_) => false,
    };
    let block = original.choose(random, |position, committed| {
        let transactions = &committed.block.transactions;
        position > 0 && transactions.len() >= row.least && transactions.iter().any(fits)
    });
    let mut draft = Draft::new(original, group, block);
    let transactions = &mut draft.edited().block.transactions;
    let indices: Vec<_> = (0..transactions.len()).filter(|i| fits(&transactions[*i])).collect();
    let index = indices[below(random, indices.len())];
    (row.change)(original, &mut Spot { transactions, block, index, random });
    match root {
        Root::Kept => {}
        Root::Recomputed => draft.recount(),
    }
    draft.sign();
    draft.finish()
}

/// The header says what would have happened without one of the transactions.
fn left_out_of_the_results(original: &Original<'_>, random: &mut Random) -> Edit {
    let block = original.choose(random, |_, committed| !committed.block.transactions.is_empty());
    let mut draft = Draft::new(original, Group::Resigned, block);
    let chain = original.genesis_hash;
    let edited = draft.edited();
    let mut candidates: Vec<VerifiedTransaction> = edited
        .block
        .transactions
        .iter_mut()
        .map(|one| full(one).clone().verify(&chain).expect("the original holds"))
        .collect();
    candidates.remove(below(random, candidates.len()));
    let header = &edited.block.header;
    let template = BlockTemplate { time: header.time, proposer: header.proposer };
    let state = original.state_before(block);
    let built = build_block(&state, original.rulebook, template, &candidates);
    edited.block.header = built.block.header;
    draft.recount();
    draft.sign();
    draft.finish()
}

fn full(transaction: &mut BlockTransaction) -> &mut SignedTransaction {
    match transaction {
        BlockTransaction::Full(signed) => signed,
        BlockTransaction::Withheld(_) => panic!("the example withholds nothing"),
    }
}

fn any(_: &SignedTransaction) -> bool {
    true
}

fn body(signed: &SignedTransaction) -> Body {
    decode(&signed.body, "a body").expect("the original holds")
}

fn fund_call(body: &Body) -> Option<fund::Call> {
    let call = || decode(&body.call, "a call of the fund contract").ok();
    (body.contract == fund::CONTRACT).then(call).flatten()
}

fn asks_for_payment(signed: &SignedTransaction) -> bool {
    matches!(fund_call(&body(signed)), Some(fund::Call::PaymentRequest { .. }))
}

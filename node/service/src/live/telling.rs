//! This exists to tell everybody of a block that is durable: followers, whoever looks at the head, and
//! those who wait for their transactions; and to refuse what no block can take.

use super::door::has_used_nonce;
use super::queue::Queue;
use super::ticket::{Answer, Final};
use super::{Followed, Head, Inner};
use linli_ledger::block::{Block, BlockTransaction};
use linli_ledger::certificate::Certificate;
use linli_ledger::code::Code;
use linli_ledger::codec::decode;
use linli_ledger::crypto::PublicKey;
use linli_ledger::execute::admit;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::state::State;
use linli_ledger::transaction::{Body, VerifiedTransaction};
use linli_ledger::types::{BlockTime, TransactionId};
use linli_node::Committed;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tracing::info;

pub(super) fn is_due(receipt: &Receipt) -> bool {
    matches!(receipt.subject, Subject::Due(_))
}

impl Inner {
    /// Tells followers, then everybody who looks at the head, then those who wait, and lets nothing wait
    /// that no block can take any more. `state` is that after the block, `ids` are those of the candidates that
    /// `committed` counts.
    pub(super) fn tell(&self, state: &State, ids: &[TransactionId], committed: Committed) {
        let Committed { block, receipts, refused } = committed;
        let header = block.block.header.clone();
        if let Certificate::Quorum(certificate) = &block.certificate {
            self.rounds.fetch_add(u64::from(certificate.round), Ordering::Relaxed);
        }
        let followed = Arc::new(Followed { block, receipts });
        // Nobody may be following.
        let _ = self.followed.send(followed.clone());
        let head = Head { height: header.height, hash: header.hash(), time: header.time };
        self.head.send_replace(head);
        info!(
            height = header.height.0,
            transactions = header.transaction_count,
            refused = refused.len(),
            "block"
        );
        let mut queue = self.queue();
        let transactions = followed.receipts.iter().filter_map(|receipt| match receipt.subject {
            Subject::Transaction(id) => Some((id, receipt)),
            Subject::Due(_) | Subject::Recovery(_) => None,
        });
        for (index, (id, receipt)) in (0..).zip(transactions) {
            queue.answer_with(id, || {
                let receipt = receipt.clone();
                Answer::Final(Box::new(Final { height: header.height, index, receipt }))
            });
        }
        self.let_go(state, &mut queue, &followed.block.block);
        queue.pool.resume();
        for (position, code) in refused {
            if let Some(id) = ids.get(position) {
                queue.refuse(*id, code, Instant::now());
            }
        }
    }

    /// Lets go what is void after a block, and what can be in none any more because its sender has used the
    /// nonce in this one.
    fn let_go(&self, state: &State, queue: &mut Queue, block: &Block) {
        for id in queue.pool.void_after(block.header.time) {
            queue.answer(id, &Answer::Refused(Code::Expired));
        }
        if queue.pool.is_empty() {
            return;
        }
        let senders: BTreeSet<_> = block.transactions.iter().filter_map(sender).collect();
        let rulebook = &self.options.rulebook;
        for sender in senders {
            let waiting = queue.pool.of_key(&sender);
            let used: Vec<_> = waiting
                .filter(|waiting| has_used_nonce(state, rulebook, waiting.body()))
                .map(VerifiedTransaction::id)
                .collect();
            for id in used {
                queue.answer(id, &Answer::Refused(Code::NonceUsed));
            }
        }
    }

    /// Refuses what has waited longest, or puts it off, until something can go into a block of this time: a block of nothing
    /// but refused ones would be made for nothing. Whether something can.
    pub(super) fn refuse_first(&self, state: &State, time: BlockTime) -> bool {
        loop {
            let Some(first) = self.queue().pool.first().cloned() else { return false };
            match admit(state, &self.options.rulebook, &first, time) {
                Ok(_) => return true,
                Err(code) => self.queue().refuse(first.id(), code, Instant::now()),
            }
        }
    }
}

fn sender(transaction: &BlockTransaction) -> Option<PublicKey> {
    match transaction {
        BlockTransaction::Full(signed) => {
            let body = decode::<Body>(&signed.body, "a body").ok()?;
            body.signers.first().map(|sender| sender.key)
        }
        BlockTransaction::Withheld(_) => None,
    }
}

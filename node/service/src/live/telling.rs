//! This exists to tell everybody of a block that is durable: followers, whoever looks at the head, and
//! those who wait for their transactions; and to refuse what no block can take.

use super::ticket::{Answer, Final};
use super::{Followed, Head, Inner};
use linli_ledger::certificate::Certificate;
use linli_ledger::execute::admit;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::state::State;
use linli_ledger::types::{BlockTime, TransactionId};
use linli_node::Committed;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tracing::info;

pub(super) fn is_due(receipt: &Receipt) -> bool {
    matches!(receipt.subject, Subject::Due(_))
}

impl Inner {
    /// Tells followers, then everybody who looks at the head, then those who wait; `ids` are those of the
    /// candidates that `committed` counts.
    pub(super) fn tell(&self, ids: &[TransactionId], committed: Committed) {
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
            let receipt = receipt.clone();
            let answer = Final { height: header.height, index, receipt };
            queue.answer(id, &Answer::Final(Box::new(answer)));
        }
        for (position, code) in refused {
            if let Some(id) = ids.get(position) {
                queue.answer(*id, &Answer::Refused(code));
            }
        }
    }

    /// Refuses what has waited longest until something can go into a block of this time: a block of nothing
    /// but refused ones would be made for nothing. Whether something can.
    pub(super) fn refuse_first(&self, state: &State, time: BlockTime) -> bool {
        loop {
            let Some(first) = self.queue().pool.first().cloned() else { return false };
            match admit(state, &self.options.rulebook, &first, time) {
                Ok(_) => return true,
                Err(code) => self.queue().answer(first.id(), &Answer::Refused(code)),
            }
        }
    }
}

//! This exists to take in what other nodes announce, and to verify each signature once: what waits in the pool
//! is verified, and a block of somebody else is mostly made of it.

use super::door::{has_used_nonce, holds_personal_data};
use super::gossip::unpack;
use super::peers::organisation;
use super::pool::{Home, Origin, size};
use super::{Inner, Queue};
use linli_ledger::block::{Block, BlockTransaction, BlockTransactionError, VerifiedBlock};
use linli_ledger::code::Code;
use linli_ledger::codec::decode;
use linli_ledger::crypto::PublicKey;
use linli_ledger::hash::Digest;
use linli_ledger::transaction::{Body, SignedTransaction, VerifiedTransaction};
use linli_network::Gossip;
use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tracing::{debug, warn};

#[cfg(test)]
pub(super) mod tests;

/// How long nothing is heard of a node that has announced what does not verify: an honest one never does.
const SILENCE: Duration = Duration::from_mins(1);

/// The nodes that are not heard for a while.
#[derive(Debug, Default)]
pub(super) struct Silenced(BTreeMap<PublicKey, Instant>);

impl Silenced {
    fn is_heard(&mut self, publisher: &PublicKey, now: Instant) -> bool {
        self.0.retain(|_, until| *until > now);
        !self.0.contains_key(publisher)
    }
}

impl Inner {
    /// Takes what another node has announced; whether there was anything new. Source: NET-4.5.
    pub(super) fn hear(&self, gossip: &Gossip, silenced: &mut Silenced, now: Instant) -> bool {
        let publisher = gossip.publisher;
        if !silenced.is_heard(&publisher, now) {
            return false;
        }
        let verified = unpack(&gossip.bytes)
            .ok_or(Code::Encoding)
            .and_then(|signed| self.verified_new(signed, publisher));
        let (verified, home) = match verified {
            Ok(verified) => verified,
            Err(code) => {
                warn!(%publisher, %code, "a node announces what does not verify; it is not heard for a while");
                silenced.0.insert(publisher, now + SILENCE);
                return false;
            }
        };
        let mut queue = self.queue();
        for transaction in &verified {
            if let Err(full) = queue.pool.insert(transaction.clone(), home, Origin::Peer, now) {
                debug!(%publisher, %full, "no room; whoever announced it does so again");
            }
        }
        !verified.is_empty()
    }

    /// Verifies what is not known and has room.
    ///
    /// # Errors
    /// As [`SignedTransaction::verify`].
    fn verified_new(
        &self,
        signed: Vec<SignedTransaction>,
        publisher: PublicKey,
    ) -> Result<(Vec<VerifiedTransaction>, Home), Code> {
        let rulebook = &self.options.rulebook;
        let mut new = Vec::new();
        let state = self.state.read();
        // Whoever is not on the list (any more) has no share of its own.
        let home = organisation(&state, &publisher).map_or(Home::Nobody, Home::Organisation);
        {
            let queue = self.queue();
            for signed in signed {
                let body = decode::<Body>(&signed.body, "a body").map_err(|_| Code::Encoding)?;
                let key = body.signers.first().map(|sender| sender.key);
                let bytes = size(&signed.body, signed.signatures.len());
                let wanted = queue.pool.get(&signed.id()).is_none()
                    && queue.pool.has_room(key, home, bytes).is_ok()
                    && !has_used_nonce(&state, rulebook, &body)
                    && !holds_personal_data(rulebook, &body);
                if wanted {
                    new.push(signed);
                }
            }
        }
        drop(state);
        let verified: Result<_, _> =
            new.into_par_iter().map(|signed| self.verify(signed, &self.chain)).collect();
        Ok((verified?, home))
    }

    /// Checks bytes and signatures of a block; what waits here was verified when it came.
    ///
    /// # Errors
    /// As [`Block::verify`].
    pub(super) fn verify_block(
        &self,
        block: &Block,
    ) -> Result<VerifiedBlock, BlockTransactionError> {
        let Block { header, transactions } = block;
        let known: Vec<_> = {
            let queue = self.queue();
            transactions
                .iter()
                .map(|transaction| known(&queue, transaction, &header.chain))
                .collect()
        };
        let verified: Result<Vec<_>, _> = transactions
            .par_iter()
            .zip(known)
            .enumerate()
            .map(|(index, (transaction, known))| match known {
                Some(known) => Ok(known),
                None => self.verify_in_block(transaction, &header.chain, index),
            })
            .collect();
        VerifiedBlock::new(header.clone(), verified?)
    }

    fn verify_in_block(
        &self,
        transaction: &BlockTransaction,
        genesis: &Digest,
        index: usize,
    ) -> Result<VerifiedTransaction, BlockTransactionError> {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        match transaction {
            BlockTransaction::Withheld(_) => Err(BlockTransactionError::Withheld { index }),
            BlockTransaction::Full(signed) => self
                .verify(signed.clone(), genesis)
                .map_err(|code| BlockTransactionError::Refused { index, code }),
        }
    }

    /// Checks bytes and signatures of a transaction, with keys that were met before.
    ///
    /// # Errors
    /// As [`SignedTransaction::verify`].
    pub(super) fn verify(
        &self,
        signed: SignedTransaction,
        genesis: &Digest,
    ) -> Result<VerifiedTransaction, Code> {
        self.keys.with(|known| signed.verify_by(known, genesis))
    }
}

/// The same transaction, if it waits here: all its bytes, not only those that its identifier covers.
fn known(
    queue: &Queue,
    transaction: &BlockTransaction,
    genesis: &Digest,
) -> Option<VerifiedTransaction> {
    let BlockTransaction::Full(signed) = transaction else { return None };
    let known = queue.pool.get(&signed.id())?;
    (known.signed() == signed && known.body().genesis == *genesis).then(|| known.clone())
}

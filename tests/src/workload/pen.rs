//! This exists to write bodies in the order of their nonces and to sign them on all cores.

use super::{BATCH_MAX, Batch};
use borsh::BorshSerialize;
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, PublicKey};
use linli_ledger::hash::Digest;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{BlockTime, ContractId, DAY_MS, GrantId, RecordId, derive_identifier};
use rayon::prelude::*;
use std::collections::{BTreeMap, VecDeque};

/// A key and the role that it uses.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub(super) key: BusinessKey,
    pub(super) grant: Option<GrantId>,
}

#[derive(Debug)]
struct Draft {
    body: Body,
    keys: Vec<BusinessKey>,
}

impl Draft {
    fn sign(self) -> SignedTransaction {
        let id = self.body.id();
        let sign = |key: &BusinessKey| key.sign_transaction(&self.body.genesis, &id);
        let signatures = self.keys.iter().map(sign).collect();
        SignedTransaction::new(&self.body, signatures)
    }
}

/// Writes, signs and hands out.
#[derive(Debug)]
pub(super) struct Pen {
    genesis: Digest,
    now: BlockTime,
    nonces: BTreeMap<PublicKey, u64>,
    drafts: Vec<Draft>,
    ready: VecDeque<Batch>,
}

impl Pen {
    pub(super) fn new(genesis: Digest) -> Self {
        let (drafts, ready) = (Vec::new(), VecDeque::new());
        Self { genesis, now: BlockTime(0), nonces: BTreeMap::new(), drafts, ready }
    }

    /// What is written from now on happens at this time.
    pub(super) fn at(&mut self, time: BlockTime) {
        self.finish();
        self.now = self.now.plus(1).max(time);
    }

    /// Writes a transaction; returns the first identifier that it creates.
    pub(super) fn write<C: BorshSerialize>(
        &mut self,
        contract: ContractId,
        signers: &[&Actor],
        call: &C,
    ) -> RecordId {
        self.write_all(contract, signers, call, 1)[0]
    }

    /// As [`Pen::write`], for a call that creates several records.
    pub(super) fn write_all<C: BorshSerialize>(
        &mut self,
        contract: ContractId,
        signers: &[&Actor],
        call: &C,
        records: u32,
    ) -> Vec<RecordId> {
        let signer = |actor: &&Actor| Signer { key: actor.key.public(), grant: actor.grant };
        let signers_of_body: Vec<Signer> = signers.iter().map(signer).collect();
        let nonce = self.nonces.entry(signers_of_body[0].key).or_default();
        *nonce += 1;
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&nonce.to_le_bytes());
        let body = Body {
            version: BODY_VERSION,
            genesis: self.genesis,
            contract,
            call_version: 1,
            signers: signers_of_body,
            nonce: *nonce,
            salt,
            valid_until: self.now.plus(DAY_MS),
            call: encode(call),
        };
        let id = body.id();
        let keys = signers.iter().map(|actor| actor.key.clone()).collect();
        self.drafts.push(Draft { body, keys });
        (0..records).map(|n| RecordId(derive_identifier(&id, n))).collect()
    }

    /// Signs what was written; one millisecond from block to block.
    pub(super) fn finish(&mut self) {
        let drafts = std::mem::take(&mut self.drafts);
        let mut signed: VecDeque<_> =
            drafts.into_par_iter().map(Draft::sign).collect::<Vec<_>>().into();
        while !signed.is_empty() {
            let transactions = signed.drain(..signed.len().min(BATCH_MAX)).collect();
            self.ready.push_back(Batch { time: self.now, transactions });
            self.now = self.now.plus(1);
        }
    }

    pub(super) fn take(&mut self) -> Option<Batch> {
        self.ready.pop_front()
    }
}

//! This exists to hold what the plan knows of a transaction until it is signed, and to hold back what
//! also needs a fact of the state.

use borsh::BorshSerialize;
use linli_contracts::credit::{ProgrammeTotals, VoucherBatch};
use linli_contracts::fund::{self, BankReference, Entry};
use linli_contracts::programme::{self, BatchOf, voucher_batch_id};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::codec::encode;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::hash::Digest;
use linli_ledger::state::State;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{
    BlockTime, Compartment, ContractId, DAY_MS, GrantId, RecordId, SourceId, TransactionId,
};
use linli_ledger::view::View;
use std::sync::Arc;

/// How long a transaction may wait for its block.
const VALID_MS: u64 = 30 * DAY_MS;
/// What one signature adds to the size of a block.
const SIGNATURE_BYTES: usize = 65;

/// A key that signs, and the role that it uses.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) key: Arc<BusinessKey>,
    pub(super) grant: Option<GrantId>,
}

/// Everything in a body but the call.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub(super) genesis: Digest,
    pub(super) contract: ContractId,
    pub(super) nonce: u64,
    pub(super) salt: [u8; 16],
    pub(super) at: BlockTime,
    pub(super) parties: Vec<Party>,
}

impl Envelope {
    /// Everything but the signatures around a call.
    pub(super) fn close<C: BorshSerialize>(&self, call: &C) -> Unsigned {
        let signer = |party: &Party| Signer { key: party.key.public(), grant: party.grant };
        let body = Body {
            version: BODY_VERSION,
            genesis: self.genesis,
            contract: self.contract,
            call_version: 1,
            signers: self.parties.iter().map(signer).collect(),
            nonce: self.nonce,
            salt: self.salt,
            valid_until: self.at.plus(VALID_MS),
            call: encode(call),
        };
        let keys = self.parties.iter().map(|party| Arc::clone(&party.key)).collect();
        Unsigned { genesis: self.genesis, id: body.id(), body: encode(&body), keys }
    }
}

/// A body and the keys that will sign it: signing is most of the work of a plan, needs nothing else,
/// and so is left to whoever has all cores.
#[derive(Clone, Debug)]
pub(crate) struct Unsigned {
    genesis: Digest,
    id: TransactionId,
    body: Vec<u8>,
    keys: Box<[Arc<BusinessKey>]>,
}

impl Unsigned {
    /// The identifier, which does not depend on signatures.
    pub(super) fn id(&self) -> TransactionId {
        self.id
    }

    fn sign(&self) -> SignedTransaction {
        let sign = |key: &Arc<BusinessKey>| key.sign_transaction(&self.genesis, &self.id);
        SignedTransaction {
            body: self.body.clone(),
            signatures: self.keys.iter().map(sign).collect(),
        }
    }

    fn size(&self) -> usize {
        self.body.len() + self.keys.len() * SIGNATURE_BYTES
    }
}

/// A transaction, as far as the input alone decides it.
#[derive(Clone, Debug)]
pub(crate) enum Prepared {
    /// Ready to be signed.
    Ready(Unsigned),
    /// A new version of an award rule: it names the programme's totals of its time.
    RuleVersion(Box<RuleVersion>),
    /// A claim of a month's vouchers: it names what they come to.
    Claim(Box<Claim>),
    /// A call about money that came in: it names the number that the ledger gave it.
    OfSource(Box<OfSource>),
}

/// A new version of an award rule, not yet signed.
#[derive(Clone, Debug)]
pub(crate) struct RuleVersion {
    pub(super) envelope: Envelope,
    pub(super) programme: RecordId,
    pub(super) rule: RecordId,
    pub(super) terms: programme::RuleTerms,
}

/// A partner's claim, not yet signed.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(super) envelope: Envelope,
    pub(super) of: BatchOf,
}

/// A call about a source, not yet signed. The ledger numbers its sources as they come in, so only the
/// bank's reference tells which one a row means.
#[derive(Clone, Debug)]
pub(crate) struct OfSource {
    pub(super) envelope: Envelope,
    pub(super) bank_reference: [u8; 32],
    /// The call; which source it names does not matter.
    pub(super) call: fund::Call,
}

/// Where nothing came in under a reference, the call names a source that there cannot be.
pub(super) const NO_SOURCE: SourceId = SourceId(u32::MAX);

impl Prepared {
    /// Whether the call names a fact of the state, so that it can be signed only after the block before.
    pub(crate) fn waits(&self) -> bool {
        match self {
            Self::Ready(_) => false,
            Self::RuleVersion(_) | Self::Claim(_) | Self::OfSource(_) => true,
        }
    }

    /// The transaction; `state` is that after the block before, where the call names a fact of it.
    pub(crate) fn sign(&self, state: Option<&State>) -> SignedTransaction {
        let view = |half| state.map(|state| View::read_only(state, half, state.tip().time));
        match self {
            Self::Ready(transaction) => transaction.sign(),
            Self::RuleVersion(version) => {
                let view = view(Compartment::Restricted);
                version.close(view.and_then(|view| view.get(&version.programme))).sign()
            }
            Self::Claim(claim) => {
                let view = view(Compartment::Restricted);
                let batch = view.and_then(|view| view.get(&voucher_batch_id(&claim.of)));
                claim.close(batch).sign()
            }
            Self::OfSource(call) => {
                let view = view(Compartment::Public);
                call.close(view.and_then(|view| view.get(&call.bank_reference))).sign()
            }
        }
    }

    /// Bytes in a block, as the builder counts them.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Ready(transaction) => transaction.size(),
            Self::RuleVersion(version) => version.close(Some(ProgrammeTotals::default())).size(),
            Self::Claim(claim) => claim.close(None).size(),
            Self::OfSource(call) => call.close(None).size(),
        }
    }
}

impl RuleVersion {
    fn close(&self, totals: Option<ProgrammeTotals>) -> Unsigned {
        self.envelope.close(&programme::Call::RuleSet {
            programme: self.programme,
            rule: Some(self.rule),
            terms: self.terms.clone(),
            totals,
        })
    }
}

impl OfSource {
    fn close(&self, known: Option<BankReference>) -> Unsigned {
        use fund::Call::{Reclassify, Reverse, SuspenseResolve, SuspenseReturn};
        let mut call = self.call.clone();
        if let SuspenseResolve { source, .. }
        | SuspenseReturn { source, .. }
        | Reclassify { source, .. }
        | Reverse { entry: Entry::Source(source), .. } = &mut call
        {
            *source = match known {
                Some(BankReference::Receipt(source)) => source,
                Some(_) | None => NO_SOURCE,
            };
        }
        self.envelope.close(&call)
    }
}

impl Claim {
    /// Where there are no vouchers, the claim says so: the ledger knows of no such batch.
    fn close(&self, batch: Option<VoucherBatch>) -> Unsigned {
        let none = VoucherBatch { vouchers: 0, points: Points::ZERO, fair_value: Fen::ZERO };
        let batch = batch.unwrap_or(none);
        self.envelope.close(&programme::Call::SettleClaim { of: self.of, batch })
    }
}

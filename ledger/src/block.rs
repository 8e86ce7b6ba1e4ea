//! This exists to say what a block is: its header, its transactions, and the frame in which it is
//! stored, sent and audited.

use crate::certificate::Certificate;
use crate::code::Code;
use crate::codec::encode;
use crate::crypto::{KnownKeys, PublicKey};
use crate::hash::{Digest, Domain, digest};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX};
use crate::merkle;
use crate::transaction::{SignedTransaction, VerifiedTransaction};
use crate::types::{BlockHash, BlockTime, Height, StateRoot};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The protocol of this code: kernel, selection, tree, receipts. Source: LED-4.1.
pub const PROTOCOL_VERSION: u16 = 1;

/// Commits to everything about a block but its certificate. Source: LED-4.1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Header {
    /// The protocol, raised only by an upgrade on chain.
    pub version: u16,
    /// The chain: hash of its genesis.
    pub chain: Digest,
    /// One more than the parent's.
    pub height: Height,
    /// Strictly later than the parent's.
    pub time: BlockTime,
    /// Hash of the block before; the genesis hash for the first block.
    pub parent: BlockHash,
    /// RFC 9162 root over the transaction leaves.
    pub transactions_root: Digest,
    /// How many transactions: a root alone does not commit to the number of its leaves.
    pub transaction_count: u32,
    /// RFC 9162 root over the receipt leaves: what fell due, then the transactions.
    pub receipts_root: Digest,
    /// How many receipts.
    pub receipt_count: u32,
    /// The state after this block.
    pub state_root: StateRoot,
    /// RFC 9162 root over the header hashes of heights 1 to h − 1.
    pub history_root: Digest,
    /// The set that certifies this block.
    pub validators_hash: Digest,
    /// The set that certifies the next block.
    pub next_validators_hash: Digest,
    /// Who built the block.
    pub proposer: PublicKey,
}

impl Header {
    /// The block hash: covers neither round nor certificate. Source: LED-4.2.
    pub fn hash(&self) -> BlockHash {
        BlockHash(digest(Domain::Header, &encode(self)))
    }
}

/// A transaction in a block, whole or withheld from a public copy. Source: LED-4.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BlockTransaction {
    /// The transaction itself.
    Full(SignedTransaction),
    /// Its leaf only: a restricted transaction in the public chain.
    Withheld(#[serde(with = "crate::json::bytes")] [u8; 32]),
}

/// A block as proposed: what validators vote on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions, in order.
    pub transactions: Vec<BlockTransaction>,
}

/// A block whose transactions all have right bytes and signatures.
#[derive(Clone, Debug)]
pub struct VerifiedBlock {
    pub(crate) header: Header,
    pub(crate) transactions: Vec<VerifiedTransaction>,
}

impl VerifiedBlock {
    /// Puts a block together of transactions that were verified one by one, as [`Block::verify`] does.
    ///
    /// # Errors
    /// [`BlockTransactionError::Refused`] with [`Code::ChainId`] for one of another chain.
    pub fn new(
        header: Header,
        transactions: Vec<VerifiedTransaction>,
    ) -> Result<Self, BlockTransactionError> {
        for (index, transaction) in (0_u32..).zip(&transactions) {
            if transaction.body().genesis != header.chain {
                return Err(BlockTransactionError::Refused { index, code: Code::ChainId });
            }
        }
        Ok(Self { header, transactions })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The transactions, in order.
    pub fn transactions(&self) -> &[VerifiedTransaction] {
        &self.transactions
    }
}

/// Why the transactions of a block cannot be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockTransactionError {
    /// A transaction that should have been refused at the door.
    #[error("transaction {index} is refused at the door: {code}")]
    Refused {
        /// Its position in the block, from 0.
        index: u32,
        /// Why it is refused.
        code: Code,
    },
    /// A withheld transaction in a chain that should be whole.
    #[error("transaction {index} is withheld")]
    Withheld {
        /// Its position in the block, from 0.
        index: u32,
    },
}

impl Block {
    /// Whether its transactions are all there, whole, within the limits of a block, and those of its header;
    /// what they say and who signed them is not looked at.
    ///
    /// Of a block whose header is certified this is what is left to be shown by whoever brings it.
    /// Source: LED-4.10.
    pub fn is_whole(&self) -> bool {
        if self.transactions.len() > BLOCK_TRANSACTIONS_MAX {
            return false;
        }
        let (mut leaves, mut bytes) = (Vec::with_capacity(self.transactions.len()), 0_usize);
        for transaction in &self.transactions {
            let BlockTransaction::Full(signed) = transaction else { return false };
            bytes = bytes.saturating_add(signed.size());
            leaves.push(signed.leaf());
        }
        bytes <= BLOCK_BYTES_MAX
            && u32::try_from(leaves.len()) == Ok(self.header.transaction_count)
            && Digest::Blake3(merkle::root(&leaves)) == self.header.transactions_root
    }

    /// Checks bytes and signatures of every transaction; needs no state.
    ///
    /// # Errors
    /// The first transaction that is refused or withheld.
    pub fn verify(self) -> Result<VerifiedBlock, BlockTransactionError> {
        self.verify_by(&mut KnownKeys::default())
    }

    /// As [`Block::verify`], with keys that were met before.
    ///
    /// # Errors
    /// As [`Block::verify`].
    pub fn verify_by(self, known: &mut KnownKeys) -> Result<VerifiedBlock, BlockTransactionError> {
        let genesis = self.header.chain;
        let mut transactions = Vec::with_capacity(self.transactions.len());
        for (index, transaction) in (0_u32..).zip(self.transactions) {
            match transaction {
                BlockTransaction::Withheld(_) => {
                    return Err(BlockTransactionError::Withheld { index });
                }
                BlockTransaction::Full(signed) => transactions.push(
                    signed
                        .verify_by(known, &genesis)
                        .map_err(|code| BlockTransactionError::Refused { index, code })?,
                ),
            }
        }
        Ok(VerifiedBlock { header: self.header, transactions })
    }
}

/// A block and why it is final: the unit of storage, sync and audit. Source: LED-8.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct CommittedBlock {
    /// The block.
    pub block: Block,
    /// Its certificate; differs between nodes.
    pub certificate: Certificate,
}

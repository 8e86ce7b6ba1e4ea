//! This exists to say what becomes of a transaction that was handed to the node.

use super::pool::Full;
use linli_ledger::code::Code;
use linli_ledger::receipt::Receipt;
use linli_ledger::types::{Height, TransactionId};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// A transaction that is in a durable block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Final {
    /// The block.
    pub height: Height,
    /// Its position among the transactions of the block, from 0.
    pub index: u32,
    /// What it did: applied, or rejected by a rule.
    pub receipt: Receipt,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in a durable block.
    Final(Box<Final>),
    /// Refused at the door: it is in no block because of this submission. [`Code::NonceUsed`] is also
    /// what a transaction that is in an earlier block gets: look it up by its identifier.
    Refused(Code),
    /// The node cannot say: it stopped, its disk is full, or others may take what it would not. It may yet come
    /// to be in a block; submit the same bytes again, which never makes it happen twice.
    Unknown(Unavailable),
}

/// Why a node takes nothing new, or cannot say what becomes of what it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It only shows a chain.
    #[error("this node only shows a chain and writes nothing")]
    ReadOnly,
    /// It is being stopped.
    #[error("this node is being stopped")]
    Draining,
    /// Its disk is full; it goes on by itself when there is room.
    #[error("the disk of this node is full")]
    StorageFull,
    /// It has ended because of an error of this machine.
    #[error("this node has ended because of an error of this machine")]
    Stopped,
    /// As it sees the chain no block takes a transaction, but the others were told of it; it takes new ones.
    #[error("this node sees no block that could take it, but the others were told of it and may")]
    Undecided,
}

impl Unavailable {
    /// The stable code.
    pub const fn code(self) -> Code {
        match self {
            Self::ReadOnly => Code::ReadOnly,
            Self::Draining => Code::Draining,
            Self::StorageFull => Code::StorageFull,
            Self::Stopped => Code::Stopped,
            Self::Undecided => Code::NotFinal,
        }
    }
}

/// Why a transaction was not taken; nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too many or too many bytes wait already.
    #[error("{full}; try again in {} s", retry_after.as_secs())]
    QueueFull {
        /// What is full.
        full: Full,
        /// When there should be room; whole seconds, at least one.
        retry_after: Duration,
    },
    /// The node takes nothing.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl SubmitError {
    /// The stable code.
    pub const fn code(self) -> Code {
        match self {
            Self::QueueFull { .. } => Code::QueueFull,
            Self::Unavailable(why) => why.code(),
        }
    }
}

/// A promise to say what became of a transaction. Dropping it changes nothing.
#[derive(Debug)]
pub struct Ticket {
    id: TransactionId,
    answer: oneshot::Receiver<Answer>,
}

impl Ticket {
    pub(super) fn new(id: TransactionId, answer: oneshot::Receiver<Answer>) -> Self {
        Self { id, answer }
    }

    /// The transaction.
    pub fn id(&self) -> TransactionId {
        self.id
    }

    /// Waits on this thread.
    ///
    /// # Panics
    /// In an asynchronous task: there, await the ticket.
    pub fn wait(self) -> Answer {
        self.answer.blocking_recv().unwrap_or(Answer::Unknown(Unavailable::Stopped))
    }
}

impl Future for Ticket {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        // The writer answers everybody; only its death leaves somebody without an answer.
        Pin::new(&mut self.answer)
            .poll(context)
            .map(|answer| answer.unwrap_or(Answer::Unknown(Unavailable::Stopped)))
    }
}

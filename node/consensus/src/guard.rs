//! This exists to keep one key from saying two things: what it signs is written down first, and what others show
//! of it that was not signed here ends or delays the signing.
//!
//! The engine's own log does the same within one folder that is never copied. This is for when it was.
//! No clock and no network here: messages come in, and one door, [`Memory`], keeps what must last.

use crate::reach::Reached;
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::certificate::{CommitCertificate, Proposal, Vote, VoteKind};
use linli_ledger::code::Code;
use linli_ledger::crypto::{PublicKey, Signature};
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockHash, Height};
use record::{Record, entry_bytes};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;

/// Where a validator keeps what it has signed: bytes that grow, and are made anew now and then.
///
/// They belong to the key as the engine's log does: never copied, never restored from a backup.
pub trait Memory: Send + Debug {
    /// All of them; none at first.
    ///
    /// # Errors
    /// What the disk says.
    fn read(&self) -> io::Result<Vec<u8>>;

    /// Adds some. Durable when it returns; after a crash a first part of them may be there.
    ///
    /// # Errors
    /// What the disk says; then nobody knows how much was written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Puts others in their place, all or nothing. Durable when it returns.
    ///
    /// # Errors
    /// What the disk says.
    fn replace(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Why a validator casts no votes although its node runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// Others hold what this key has signed and this folder does not know of.
    #[error(
        "this folder is older than what its key has signed: it was restored from a copy, or its disk has changed it; \
         the validator votes again after block {until}"
    )]
    Older {
        /// The last height without its votes.
        until: Height,
    },
    /// Somebody else signs with this key, now.
    #[error(
        "another process signs with this validator's key (seen at height {height}, round {round}): \
         this one signs no more; stop the other, and start this one again"
    )]
    SecondSigner {
        /// Where the other's message was.
        height: Height,
        /// In which round.
        round: u32,
    },
    /// What is signed could not be written down.
    #[error("what is signed cannot be written down, so nothing is signed: {what}")]
    Record {
        /// What the disk said.
        what: String,
    },
}

impl Silence {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Older { .. } => Code::OlderCopy,
            Self::SecondSigner { .. } => Code::SecondSigner,
            Self::Record { .. } => Code::Storage,
        }
    }
}

/// What a validator signs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Message {
    Vote(Vote),
    Proposal(Proposal),
}

/// The order in which a validator speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Propose,
    Prevote,
    Precommit,
}

type Position = (Height, u32, Step);

impl Message {
    fn position(&self) -> Position {
        match self {
            Self::Proposal(proposal) => (proposal.height, proposal.round, Step::Propose),
            Self::Vote(vote) => {
                let step = match vote.kind {
                    VoteKind::Prevote => Step::Prevote,
                    VoteKind::Precommit => Step::Precommit,
                };
                (vote.height, vote.round, step)
            }
        }
    }

    fn validator(&self) -> PublicKey {
        match self {
            Self::Vote(vote) => vote.validator,
            Self::Proposal(proposal) => proposal.validator,
        }
    }

    fn verify(&self, genesis: &Digest, signature: &Signature) -> bool {
        match self {
            Self::Vote(vote) => vote.verify(genesis, signature),
            Self::Proposal(proposal) => proposal.verify(genesis, signature),
        }
    }
}

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Entry {
    /// A message that may have been signed.
    Signed(Message),
    /// Nothing is signed up to this height.
    Floor(Height),
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// [`Silence`] says why.
    #[error("this validator is silent")]
    Silent,
    /// The others are past it.
    #[error("nothing is signed up to height {0}")]
    Below(Height),
    /// Something later, or something else, may have been signed.
    #[error("it would contradict what was signed before")]
    Contradiction,
}

/// Heights of which everything that was signed is remembered: what comes back of older ones may have been
/// repeated by anybody.
const HEIGHTS_KEPT: u64 = 4;

/// How far above what was told this key may have signed: a block that was just decided when the others told, and the
/// next one.
pub(crate) const UNTOLD: u64 = 2;

/// When the memory is made anew.
const BYTES_MAX: usize = 64 << 10;

/// The guard of a key, for all who sign with it or see what was signed.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<Guard>>);

impl Shared {
    pub(crate) fn new(guard: Guard) -> Self {
        Self(Arc::new(Mutex::new(guard)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Guard> {
        self.0.lock().expect("nobody panics with the lock")
    }
}

/// Decides what one key signs.
#[derive(Debug)]
pub(crate) struct Guard {
    genesis: Digest,
    key: PublicKey,
    memory: Box<dyn Memory>,
    /// So long it is.
    bytes: usize,
    /// What was signed, by position; of late heights all of it.
    signed: BTreeMap<Position, Message>,
    /// What was signed here before this start is at most here.
    before: Option<Position>,
    floor: Height,
    /// Up to here something that was signed is lost: the disk has changed the record.
    damaged: Option<Height>,
    /// The others have come at least so far.
    ahead: Height,
    /// What was signed before this start is at most here, once the others have told.
    past: Option<Height>,
    silence: watch::Sender<Option<Silence>>,
}

impl Guard {
    /// Reads what was signed. What a crash tore off had not been signed. Where the disk has changed something, all
    /// that was there comes before what still is, and is not signed again.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn open(
        genesis: Digest,
        key: PublicKey,
        mut memory: Box<dyn Memory>,
    ) -> io::Result<Self> {
        let bytes = memory.read()?;
        let (mut signed, mut floor) = (BTreeMap::new(), Height(0));
        let Record { entries, bytes: whole, is_damaged } = record::read(&bytes);
        for entry in entries {
            match entry {
                Entry::Signed(message) => {
                    signed.insert(message.position(), message);
                }
                Entry::Floor(height) => floor = floor.max(height),
            }
        }
        let last = signed.last_key_value().map_or(floor, |((height, ..), _)| *height);
        let damaged = is_damaged.then(|| floor.max(last));
        if is_damaged {
            tracing::error!(code = %Code::Storage, "the disk has changed the record of what was signed; look after it");
        }
        if whole.len() < bytes.len() {
            memory.replace(&whole)?;
        }
        // Another key in this folder has its own past.
        signed.retain(|_, message: &mut Message| message.validator() == key);
        let before = signed.last_key_value().map(|(position, _)| *position);
        let (silence, _) = watch::channel(None);
        let (ahead, past) = (Height(0), None);
        Ok(Self {
            genesis,
            key,
            memory,
            bytes: whole.len(),
            signed,
            before,
            floor,
            damaged,
            ahead,
            past,
            silence,
        })
    }

    /// Why nothing is signed, if so; it changes.
    pub(crate) fn silence(&self) -> watch::Receiver<Option<Silence>> {
        self.silence.subscribe()
    }

    /// What may be signed when this is to be: the same, or what was signed there before. It is durable that
    /// it may have been signed.
    ///
    /// A precommit for a block is not repeated by whoever would not make it again: it would not be bound by it.
    pub(crate) fn admit(&mut self, message: Message) -> Result<Message, Refused> {
        let position = message.position();
        let (height, ..) = position;
        match &*self.silence.borrow() {
            Some(Silence::SecondSigner { .. } | Silence::Record { .. }) => {
                return Err(Refused::Silent);
            }
            Some(Silence::Older { .. }) | None => {}
        }
        if let Some(before) = self.signed.get(&position) {
            return match before {
                same if *same == message => Ok(message),
                Message::Vote(Vote { kind: VoteKind::Prevote, .. } | Vote { value: None, .. }) => {
                    Ok(before.clone())
                }
                Message::Vote(_) | Message::Proposal(_) => Err(Refused::Contradiction),
            };
        }
        if height <= self.floor {
            return Err(Refused::Below(self.floor));
        }
        if self.signed.last_key_value().is_some_and(|(last, _)| *last > position) {
            return Err(Refused::Contradiction);
        }
        self.note(&Entry::Signed(message.clone()))?;
        self.signed.insert(position, message.clone());
        self.signed.retain(|(old, ..), _| old.0.saturating_add(HEIGHTS_KEPT) > height.0);
        self.silence.send_if_modified(|silence| silence.take().is_some());
        Ok(message)
    }

    /// The others' chains reach so far; the first time it says how far they were at the start.
    pub(crate) fn reaches(&mut self, Reached { least, most }: Reached) {
        self.ahead = self.ahead.max(least);
        if self.past.is_none() {
            self.past = Some(above(most));
            self.floor = self.floor.max(least);
            if let Some(until) = self.damaged {
                self.is_older(until.max(least));
            }
        }
    }

    /// Somebody shows a message of this key.
    pub(crate) fn shown(&mut self, message: &Message, signature: &Signature) {
        // Alone there is nobody; and before a start nothing is told from what came before it.
        let Some(past) = self.past else { return };
        let position = message.position();
        let (height, round, _) = position;
        let forgotten = match self.signed.first_key_value() {
            Some(((first, ..), _)) => height < *first,
            None => false,
        };
        let known = self.signed.get(&position);
        let contradicts = known.is_some_and(|known| known != message);
        let old = known.is_none() && self.before.is_some_and(|before| position < before);
        if message.validator() != self.key
            || forgotten
            || old
            || known == Some(message)
            || !message.verify(&self.genesis, signature)
        {
            return;
        }
        if contradicts || height > past {
            self.fall_silent(Silence::SecondSigner { height, round });
            return;
        }
        let until = above(height.max(self.ahead));
        if until > self.floor {
            self.is_older(until);
        }
    }

    /// Signs nothing up to this height, as is written down.
    fn is_older(&mut self, until: Height) {
        if self.note(&Entry::Floor(until)).is_ok() {
            self.floor = until;
            self.fall_silent(Silence::Older { until });
        }
    }

    /// Somebody shows a certificate: whoever holds it may hold a precommit of this key.
    pub(crate) fn shown_in(
        &mut self,
        height: Height,
        block: BlockHash,
        certificate: &CommitCertificate,
    ) {
        for (validator, signature) in &certificate.signatures {
            let (kind, round, value) = (VoteKind::Precommit, certificate.round, Some(block));
            let vote = Vote { kind, height, round, value, validator: *validator };
            self.shown(&Message::Vote(vote), signature);
        }
    }

    /// Writes an entry down.
    fn note(&mut self, entry: &Entry) -> Result<(), Refused> {
        let noted = if self.bytes > BYTES_MAX {
            let mut all = entry_bytes(&Entry::Floor(self.floor));
            for message in self.signed.values() {
                all.extend(entry_bytes(&Entry::Signed(message.clone())));
            }
            all.extend(entry_bytes(entry));
            self.bytes = all.len();
            self.memory.replace(&all)
        } else {
            let bytes = entry_bytes(entry);
            self.bytes = self.bytes.saturating_add(bytes.len());
            self.memory.append(&bytes)
        };
        noted.map_err(|error| {
            // Nobody knows what was written: only a start reads it again.
            self.fall_silent(Silence::Record { what: error.to_string() });
            Refused::Silent
        })
    }

    fn fall_silent(&self, why: Silence) {
        self.silence.send_if_modified(|silence| {
            let worse = match silence {
                Some(Silence::SecondSigner { .. } | Silence::Record { .. }) => false,
                Some(Silence::Older { .. }) | None => true,
            };
            if worse {
                tracing::error!(code = %why.code(), "{why}");
                *silence = Some(why);
            }
            worse
        });
    }
}

fn above(told: Height) -> Height {
    Height(told.0.saturating_add(UNTOLD))
}

mod record;
#[cfg(test)]
pub(crate) mod tests;

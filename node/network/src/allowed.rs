//! This exists to say who may take part, as what, and what each part may publish.

use linli_ledger::crypto::PublicKey;
use linli_ledger::limits::TRANSACTION_BYTES_MAX;
use std::collections::BTreeMap;

/// What a node is to the network. Source: NET-1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Takes part in deciding.
    Validator,
    /// Follows the chain, and may hand in transactions.
    Observer,
}

/// A node that may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it is.
    pub role: Role,
    /// Where it listens, as `host:port`; names are looked up at each attempt. Empty: it dials us.
    pub addresses: Vec<String>,
}

/// The nodes that may connect, by their network keys. Source: NET-1.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(BTreeMap<PublicKey, Member>);

impl FromIterator<(PublicKey, Member)> for Allowed {
    fn from_iter<I: IntoIterator<Item = (PublicKey, Member)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl Allowed {
    /// What this peer is; `None` for one that may not connect.
    pub fn role(&self, peer: &PublicKey) -> Option<Role> {
        self.0.get(peer).map(|member| member.role)
    }

    /// Whether this peer may connect.
    pub fn contains(&self, peer: &PublicKey) -> bool {
        self.0.contains_key(peer)
    }

    /// Every member, in the order of their keys.
    pub fn members(&self) -> impl Iterator<Item = (&PublicKey, &Member)> {
        self.0.iter()
    }

    /// Adds a member or replaces it.
    pub fn insert(&mut self, peer: PublicKey, member: Member) {
        self.0.insert(peer, member);
    }

    /// Takes a member off.
    pub fn remove(&mut self, peer: &PublicKey) {
        self.0.remove(peer);
    }
}

/// What is spread to everybody. Source: NET-2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Votes, proposals, and certificates that move a round on.
    Votes,
    /// Parts of proposed blocks.
    Parts,
    /// Transactions that wait for a block.
    Transactions,
    /// How far a node's chain reaches.
    Status,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 4] = [Self::Votes, Self::Parts, Self::Transactions, Self::Status];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Votes => "votes",
            Self::Parts => "parts",
            Self::Transactions => "transactions",
            Self::Status => "status",
        }
    }

    /// Most bytes of a message. Source: NET-2.2.
    pub const fn bytes_max(self) -> usize {
        match self {
            // A certificate of 300 validators takes 30 KiB.
            Self::Votes => 32 << 10,
            // 64 KiB of a block, and what says which.
            Self::Parts => 65 << 10,
            // The largest one with room for its frame, or hundreds of ordinary ones.
            Self::Transactions => 2 * TRANSACTION_BYTES_MAX,
            Self::Status => 128,
        }
    }

    /// Whether a node of this role may publish here. Source: NET-2.3.
    pub const fn is_open_to(self, role: Role) -> bool {
        match (self, role) {
            (_, Role::Validator) | (Self::Transactions | Self::Status, Role::Observer) => true,
            (Self::Votes | Self::Parts, Role::Observer) => false,
        }
    }
}

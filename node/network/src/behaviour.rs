//! This exists to put the protocols of the swarm together, with their limits.

use crate::allowed::{Allowed, Topic};
use crate::blocks::Framed;
use crate::handshakes::Handshakes;
use crate::key::to_libp2p;
use crate::passing::LARGE;
use crate::seam::Subject;
use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::gossipsub::{
    self, IdentTopic, IdentityTransform, MessageAuthenticity, TopicHash, ValidationMode,
    WhitelistSubscriptionFilter,
};
use libp2p::identity::Keypair;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{StreamProtocol, ping};
use linli_ledger::hash::{Digest, to_hex};
use std::collections::BTreeMap;
use std::time::Duration;

/// Connections that others opened.
const INCOMING_MAX: u32 = 512;

/// Both ends may dial at once, and a peer that has lost its power leaves one that nobody closes.
const EACH_PEER_MAX: u32 = 4;

/// How long a peer may take to answer a request.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Requests and answers under way on one connection.
const STREAMS_MAX: usize = 16;

/// Bytes of a whole gossip frame: the largest message in its envelope, or a list of messages.
const FRAME_BYTES_MAX: usize = 256 << 10;

/// Bytes that gossip wraps around a message: source, sequence number, topic, signature.
const ENVELOPE_BYTES: usize = 512;

/// Messages that wait for one slow peer: 32 MiB if all are parts.
const QUEUE_MAX: usize = 512;

/// Topics and protocols carry the chain in their names. Source: NET-2.1, NET-3.1.
pub(crate) fn name(chain: &Digest, what: &str) -> String {
    format!("/linli/{}/1/{what}", to_hex(chain.bytes()))
}

type Gossipsub = gossipsub::Behaviour<IdentityTransform, WhitelistSubscriptionFilter>;

/// The protocols of the swarm. The list of peers comes first: it refuses before another protocol
/// hears of a connection.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) allowed: allow_block_list::Behaviour<AllowedPeers>,
    pub(crate) handshakes: Handshakes,
    limits: connection_limits::Behaviour,
    ping: ping::Behaviour,
    pub(crate) gossip: Gossipsub,
    pub(crate) blocks: request_response::Behaviour<Framed>,
    pub(crate) history: request_response::Behaviour<Framed>,
}

/// The topics of one chain.
#[derive(Debug)]
pub(crate) struct Topics {
    known: BTreeMap<TopicHash, Topic>,
    names: BTreeMap<Topic, IdentTopic>,
}

impl Topics {
    pub(crate) fn of(chain: &Digest) -> Self {
        let names = Topic::ALL.map(|topic| (topic, IdentTopic::new(name(chain, topic.name()))));
        let known = names.iter().map(|(topic, name)| (name.hash(), *topic)).collect();
        Self { known, names: names.into_iter().collect() }
    }

    pub(crate) fn find(&self, hash: &TopicHash) -> Option<Topic> {
        self.known.get(hash).copied()
    }

    pub(crate) fn hash(&self, topic: Topic) -> TopicHash {
        self.names.get(&topic).expect("every topic has a name").hash()
    }
}

impl Behaviour {
    pub(crate) fn new(
        key: &Keypair,
        chain: &Digest,
        topics: &Topics,
        members: &Allowed,
    ) -> Result<Self, String> {
        let mut allowed = allow_block_list::Behaviour::default();
        for (peer, _) in members.members() {
            allowed.allow_peer(to_libp2p(peer));
        }
        let limits = ConnectionLimits::default()
            .with_max_established_incoming(Some(INCOMING_MAX))
            .with_max_established_per_peer(Some(EACH_PEER_MAX));
        let (blocks, history) = (asking(chain, "blocks")?, asking(chain, "history")?);
        let heartbeat = Duration::from_secs(5);
        Ok(Self {
            allowed,
            handshakes: Handshakes::default(),
            limits: connection_limits::Behaviour::new(limits),
            ping: ping::Behaviour::new(ping::Config::new().with_interval(heartbeat)),
            gossip: gossip(key, topics)?,
            blocks,
            history,
        })
    }

    pub(crate) fn asking(&mut self, subject: Subject) -> &mut request_response::Behaviour<Framed> {
        match subject {
            Subject::Blocks => &mut self.blocks,
            Subject::History => &mut self.history,
        }
    }
}

/// A protocol of questions and answers.
fn asking(chain: &Digest, what: &str) -> Result<request_response::Behaviour<Framed>, String> {
    let protocol = StreamProtocol::try_from_owned(name(chain, what));
    let protocol = protocol.map_err(|error| error.to_string())?;
    let settings = request_response::Config::default()
        .with_request_timeout(ANSWER_TIME)
        .with_max_concurrent_streams(STREAMS_MAX);
    let protocols = [(protocol, ProtocolSupport::Full)];
    Ok(request_response::Behaviour::with_codec(Framed, protocols, settings))
}

fn gossip(key: &Keypair, topics: &Topics) -> Result<Gossipsub, String> {
    let mut settings = gossipsub::ConfigBuilder::default();
    settings
        // Whose words they are is proven, and nothing is passed on before we have judged it.
        .validation_mode(ValidationMode::Strict)
        .validate_messages()
        .max_transmit_size(FRAME_BYTES_MAX)
        .max_ihave_length(1_000)
        // Who has a large message says so at once, and is not sent it again by those who pass it on.
        .idontwant_message_size_threshold(LARGE)
        .history_length(3)
        .history_gossip(2)
        .heartbeat_initial_delay(Duration::from_millis(100))
        .connection_handler_queue_len(QUEUE_MAX);
    for topic in Topic::ALL {
        let most = topic.bytes_max().saturating_add(ENVELOPE_BYTES);
        settings.max_transmit_size_for_topic(most, topics.hash(topic));
    }
    let settings = settings.build().map_err(|error| error.to_string())?;
    let author = MessageAuthenticity::Signed(key.clone());
    let filter = WhitelistSubscriptionFilter(topics.known.keys().cloned().collect());
    let mut gossip =
        Gossipsub::new_with_subscription_filter(author, settings, filter).map_err(str::to_owned)?;
    for name in topics.names.values() {
        gossip.subscribe(name).map_err(|error| error.to_string())?;
    }
    Ok(gossip)
}

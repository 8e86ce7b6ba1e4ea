//! What the tests of the swarm share: honest nodes, and peers that keep to no rule of ours.

#![allow(dead_code, reason = "each test uses a part")]

use async_trait::async_trait;
use bytes::Bytes;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity};
use libp2p::identity::Keypair;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use linli_ledger::crypto::PublicKey;
use linli_ledger::hash::{Digest, to_hex};
use linli_network::{
    Allowed, Config, Event, Gossip, Handle, Member, Network, NetworkKey, Role, Topic, start,
};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// Nothing here waits for a time to pass; this only ends a test that would hang.
pub(crate) const GUARD: Duration = Duration::from_mins(1);

pub(crate) const CHAIN: Digest = Digest::Blake3([9; 32]);

pub(crate) fn key(n: u8) -> NetworkKey {
    NetworkKey::from_seed(&[n; 32])
}

pub(crate) fn public(n: u8) -> PublicKey {
    key(n).public()
}

/// An honest node.
pub(crate) struct Honest {
    pub(crate) n: u8,
    pub(crate) network: Network,
}

impl Honest {
    pub(crate) async fn on(chain: Digest, n: u8, allowed: Allowed) -> Self {
        let listen = Some("127.0.0.1:0".parse().expect("an address"));
        let config = Config { chain, key: key(n), listen, allowed };
        Self { n, network: start(config).await.expect("it starts") }
    }

    pub(crate) async fn start(n: u8) -> Self {
        Self::on(CHAIN, n, Allowed::default()).await
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.network.link.handle
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.network.address.expect("it listens")
    }

    pub(crate) fn public(&self) -> PublicKey {
        public(self.n)
    }

    pub(crate) fn member(&self, role: Role) -> (PublicKey, Member) {
        (self.public(), Member { role, addresses: vec![self.address().to_string()] })
    }

    pub(crate) async fn event(&mut self) -> Event {
        let event = timeout(GUARD, self.network.link.events.recv()).await;
        event.expect("something happens").expect("the network runs")
    }

    /// Skips events until the one that is meant.
    pub(crate) async fn until(&mut self, meant: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.event().await;
            if meant(&event) {
                return event;
            }
        }
    }

    pub(crate) async fn up(&mut self, peer: PublicKey) {
        self.until(|event| *event == Event::Up(peer)).await;
    }

    pub(crate) async fn down(&mut self, peer: PublicKey) {
        self.until(|event| *event == Event::Down(peer)).await;
    }

    pub(crate) async fn publish(&self, topic: Topic, bytes: impl Into<Bytes>) {
        self.handle().publish(topic, bytes.into()).await.expect("it fits");
    }

    /// The next event; a transaction is one, too.
    pub(crate) async fn anything(&mut self) -> Event {
        let next = async {
            tokio::select! {
                Some(gossip) = self.network.transactions.recv() => Event::Gossip(gossip),
                Some(event) = self.network.link.events.recv() => event,
            }
        };
        timeout(GUARD, next).await.expect("something happens")
    }

    /// The next message on any topic.
    pub(crate) async fn gossip(&mut self) -> Gossip {
        loop {
            if let Event::Gossip(gossip) = self.anything().await {
                return gossip;
            }
        }
    }
}

/// A list of these nodes, all validators.
pub(crate) fn validators<'a>(nodes: impl IntoIterator<Item = &'a Honest>) -> Allowed {
    nodes.into_iter().map(|node| node.member(Role::Validator)).collect()
}

/// Honest nodes that are connected, each with each.
pub(crate) async fn connected<const N: usize>(numbers: [u8; N]) -> [Honest; N] {
    let mut nodes = Vec::new();
    for n in numbers {
        nodes.push(Honest::start(n).await);
    }
    let all = validators(&nodes);
    for node in &nodes {
        node.handle().allow(all.clone());
    }
    for node in &mut nodes {
        let mut missing: Vec<_> =
            numbers.iter().filter(|n| **n != node.n).map(|n| public(*n)).collect();
        while !missing.is_empty() {
            if let Event::Up(peer) = node.event().await {
                missing.retain(|key| *key != peer);
            }
        }
    }
    nodes.try_into().unwrap_or_else(|_| panic!("there are {N}"))
}

pub(crate) fn topic_name(chain: &Digest, topic: Topic) -> String {
    format!("/linli/{}/1/{}", to_hex(chain.bytes()), topic.name())
}

/// Writes the very bytes it is told to, as request and as response, and reads anything.
#[derive(Clone, Default)]
pub(crate) struct Raw;

#[async_trait]
impl request_response::Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut length = [0; 4];
        io.read_exact(&mut length).await?;
        let mut bytes = vec![0; usize::try_from(u32::from_be_bytes(length)).expect("it is short")];
        io.read_exact(&mut bytes).await?;
        Ok(bytes)
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut bytes = Vec::new();
        io.read_to_end(&mut bytes).await?;
        if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await?;
        io.close().await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await?;
        io.close().await
    }
}

/// Noise, Yamux, gossip and questions: no Identify, no list, no limit, no validation.
#[derive(NetworkBehaviour)]
pub(crate) struct Rude {
    pub(crate) gossip: gossipsub::Behaviour,
    pub(crate) blocks: request_response::Behaviour<Raw>,
}

/// A peer that keeps to no rule of ours.
pub(crate) struct Hostile {
    pub(crate) swarm: Swarm<Rude>,
    pub(crate) chain: Digest,
}

impl Hostile {
    pub(crate) fn new(seed: u8) -> Self {
        let key = Keypair::ed25519_from_bytes([seed; 32]).expect("a key");
        let settings = gossipsub::ConfigBuilder::default()
            .max_transmit_size(1 << 20)
            .heartbeat_initial_delay(Duration::from_millis(10))
            .heartbeat_interval(Duration::from_millis(100))
            .build()
            .expect("settings");
        let author = MessageAuthenticity::Signed(key.clone());
        let mut gossip = gossipsub::Behaviour::new(author, settings).expect("gossip");
        for topic in Topic::ALL {
            let topic = IdentTopic::new(topic_name(&CHAIN, topic));
            gossip.subscribe(&topic).expect("a topic");
        }
        let protocol = format!("/linli/{}/1/blocks", to_hex(CHAIN.bytes()));
        let protocol = StreamProtocol::try_from_owned(protocol).expect("a protocol");
        let blocks = request_response::Behaviour::with_codec(
            Raw,
            [(protocol, ProtocolSupport::Full)],
            request_response::Config::default(),
        );
        let swarm = SwarmBuilder::with_existing_identity(key)
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .expect("a transport")
            .with_behaviour(|_| Rude { gossip, blocks })
            .expect("a behaviour")
            .with_swarm_config(|config| {
                config.with_idle_connection_timeout(Duration::from_mins(10))
            })
            .build();
        Self { swarm, chain: CHAIN }
    }

    pub(crate) fn dial(&mut self, address: SocketAddr) {
        let address: Multiaddr =
            format!("/ip4/{}/tcp/{}", address.ip(), address.port()).parse().expect("an address");
        // One that is under way already is as good.
        let _ = self.swarm.dial(address);
    }

    /// Publishes, if anybody listens to it.
    pub(crate) fn publish(&mut self, topic: Topic, bytes: Vec<u8>) -> bool {
        let topic = IdentTopic::new(topic_name(&self.chain, topic));
        self.swarm.behaviour_mut().gossip.publish(topic, bytes).is_ok()
    }

    pub(crate) async fn event(&mut self) -> SwarmEvent<RudeEvent> {
        timeout(GUARD, self.swarm.select_next_some()).await.expect("something happens")
    }

    /// Runs until a peer listens to every topic.
    pub(crate) async fn heard(&mut self) {
        let mut topics = 0;
        while topics < Topic::ALL.len() {
            let event = self.event().await;
            let SwarmEvent::Behaviour(RudeEvent::Gossip(event)) = event else { continue };
            topics += usize::from(matches!(event, gossipsub::Event::Subscribed { .. }));
        }
    }
}

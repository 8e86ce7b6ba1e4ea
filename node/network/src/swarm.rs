//! This exists to run the swarm: one task that owns it, follows the list, dials, and carries bytes
//! between it and the seam.

use crate::admission::{Admission, Arrival};
use crate::allowed::{Allowed, Member, Topic};
use crate::behaviour::{Behaviour, BehaviourEvent, Topics};
use crate::dial::Dials;
use crate::handshakes::address_of;
use crate::key::{from_libp2p, to_libp2p};
use crate::passing::{LARGE, Passing};
use crate::seam::{Command, Ends, Event, Failure, Gossip, Network, Subject, seam};
use crate::{Config, StartError};
use bytes::Bytes;
use exchange::Exchange;
use futures::StreamExt;
use libp2p::core::transport::TransportError;
use libp2p::gossipsub::{self, MessageAcceptance, MessageId};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, noise, ping, request_response, tcp, yamux};
use linli_ledger::crypto::PublicKey;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::sleep_until;
use tracing::Instrument;

mod exchange;

/// A handshake that takes longer is broken off.
const HANDSHAKE_TIME: Duration = Duration::from_secs(5);

/// Events that wait for the node; when there are more, the swarm rests and its peers wait.
const OUTBOX_MAX: usize = 1_024;

/// Opens the sockets and starts the task.
pub(crate) async fn start(config: Config) -> Result<Network, StartError> {
    let Config { chain, key, listen, allowed } = config;
    let topics = Topics::of(&chain);
    let behaviour = Behaviour::new(&key.keypair(), &chain, &topics, &allowed);
    let behaviour = behaviour.map_err(StartError::Swarm)?;
    let mut swarm = SwarmBuilder::with_existing_identity(key.keypair())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|error| StartError::Swarm(error.to_string()))?
        .with_behaviour(|_| behaviour)
        .map_err(|error| StartError::Swarm(error.to_string()))?
        // What is idle is still a peer; what is dead is found by ping.
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_hours(24)))
        .with_connection_timeout(HANDSHAKE_TIME)
        .build();
    let address = match listen {
        Some(address) => Some(bind(&mut swarm, address).await?),
        None => None,
    };
    let local = key.public();
    let (network, ends) = seam(local, allowed.clone());
    let (found, lookups) = mpsc::channel(64);
    let mut node = Node {
        swarm,
        topics,
        local,
        ends,
        members: Allowed::default(),
        listening: BTreeMap::new(),
        up: BTreeSet::new(),
        outbox: VecDeque::new(),
        admission: Admission::default(),
        passing: Passing::default(),
        dials: Dials::default(),
        blocks: Exchange::default(),
        history: Exchange::default(),
        found,
        lookups,
    };
    node.follow(&allowed);
    tokio::spawn(node.run().instrument(tracing::info_span!("network", %local)));
    Ok(Network { address, ..network })
}

/// Listens, and waits until it is known where.
async fn bind(swarm: &mut Swarm<Behaviour>, address: SocketAddr) -> Result<SocketAddr, StartError> {
    let failed = |source| StartError::Listen { address, source };
    // libp2p shares a port with whoever else would share it; we want it for ourselves.
    drop(TcpListener::bind(address).map_err(failed)?);
    swarm.listen_on(to_multiaddr(address)).map_err(|error| {
        failed(match error {
            TransportError::MultiaddrNotSupported(_) => io::ErrorKind::Unsupported.into(),
            TransportError::Other(source) => source,
        })
    })?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { address: bound, .. } => {
                return Ok(to_socket(&bound).unwrap_or(address));
            }
            SwarmEvent::ListenerClosed { reason, .. } => {
                return Err(failed(reason.err().unwrap_or(io::ErrorKind::NotConnected.into())));
            }
            _ => {}
        }
    }
}

fn to_multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port()))
}

fn to_socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut protocols = address.iter();
    let ip = match protocols.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match protocols.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

struct Node {
    swarm: Swarm<Behaviour>,
    topics: Topics,
    local: PublicKey,
    ends: Ends,
    /// The list that the swarm has followed; checks read the newest one.
    members: Allowed,
    /// What connected peers listen to.
    listening: BTreeMap<PublicKey, BTreeSet<Topic>>,
    /// Those that listen to everything.
    up: BTreeSet<PublicKey>,
    outbox: VecDeque<Event>,
    admission: Admission,
    passing: Passing,
    dials: Dials,
    blocks: Exchange,
    history: Exchange,
    found: mpsc::Sender<(PublicKey, Vec<SocketAddr>)>,
    lookups: mpsc::Receiver<(PublicKey, Vec<SocketAddr>)>,
}

impl Node {
    async fn run(mut self) {
        loop {
            let (due, passing) = (self.dials.next(), self.passing.next());
            tokio::select! {
                changed = self.ends.allowed.changed() => {
                    // Without a handle nobody can ask any more, but events may still be wanted.
                    if changed.is_err() {
                        return;
                    }
                    let allowed = self.ends.allowed.borrow_and_update().clone();
                    self.follow(&allowed);
                }
                () = room(&self.ends.events), if !self.outbox.is_empty() => {
                    // Nobody else sends, so the room is still there.
                    if let Some(event) = self.outbox.pop_front() {
                        let _ = self.ends.events.try_send(event);
                    }
                }
                () = self.ends.events.closed() => return,
                command = self.ends.commands.recv() => match command {
                    Some(command) => self.command(command),
                    None => return,
                },
                Some((peer, addresses)) = self.lookups.recv() => self.dial(peer, addresses),
                () = until(due), if due.is_some() => self.look_up(),
                () = until(passing), if passing.is_some() => self.pass_on(),
                event = self.swarm.select_next_some(), if self.outbox.len() < OUTBOX_MAX => {
                    self.happened(event);
                }
            }
        }
    }

    /// Makes the swarm follow the list: cuts who is no longer on it, dials who is new.
    fn follow(&mut self, allowed: &Allowed) {
        let now = Instant::now();
        let old = std::mem::replace(&mut self.members, allowed.clone());
        for (peer, _) in old.members().filter(|(peer, _)| !allowed.contains(peer)) {
            let id = to_libp2p(peer);
            self.swarm.behaviour_mut().allowed.disallow_peer(id);
            // The list closes the connection when the swarm runs next; this closes it now.
            let _ = self.swarm.disconnect_peer_id(id);
            self.dials.remove(peer);
            self.down(*peer);
            tracing::info!(%peer, "a peer may no longer connect");
        }
        for (peer, member) in allowed.members().filter(|(peer, _)| **peer != self.local) {
            let id = to_libp2p(peer);
            self.swarm.behaviour_mut().allowed.allow_peer(id);
            if !member.addresses.is_empty() && !self.swarm.is_connected(&id) {
                self.dials.add(*peer, now);
            }
        }
        self.admission.keep(allowed);
        self.swarm.behaviour_mut().handshakes.keep(allowed);
    }

    fn down(&mut self, peer: PublicKey) {
        self.listening.remove(&peer);
        if self.up.remove(&peer) {
            self.ends.up.send_replace(self.up.clone());
            self.outbox.push_back(Event::Down(peer));
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Publish { topic, bytes } => {
                let hash = self.topics.hash(topic);
                let published = self.swarm.behaviour_mut().gossip.publish(hash, Vec::from(bytes));
                if let Err(error) = published {
                    // Nobody is there to hear it, or all of them are slow: gossip may be lost.
                    tracing::debug!(topic = topic.name(), %error, "not published");
                }
            }
            Command::Request { subject, id, to, bytes } => {
                let peer = to_libp2p(&to);
                if self.members.contains(&to) && self.swarm.is_connected(&peer) {
                    let wire = self.swarm.behaviour_mut().asking(subject);
                    exchange(&mut self.blocks, &mut self.history, subject)
                        .request(wire, id, peer, bytes);
                } else {
                    let why = Failure::NotConnected;
                    self.tell(subject, Event::Unanswered { id, by: to, why });
                }
            }
            Command::Respond { subject, id, bytes } => {
                let wire = self.swarm.behaviour_mut().asking(subject);
                exchange(&mut self.blocks, &mut self.history, subject).respond(wire, id, bytes);
            }
            Command::Forget { subject, id } => {
                exchange(&mut self.blocks, &mut self.history, subject).forget(id);
            }
        }
    }

    /// Tells whoever a question or an answer is for. Nobody need listen for questions about history, and who
    /// listens has few of its own under way: what has no room is given up.
    fn tell(&mut self, subject: Subject, event: Event) {
        match subject {
            Subject::Blocks => self.outbox.push_back(event),
            Subject::History => {
                if let Err(TrySendError::Full(event) | TrySendError::Closed(event)) =
                    self.ends.history.try_send(event)
                    && let Event::Asked { id, .. } = event
                {
                    self.history.forget(id);
                }
            }
        }
    }

    fn exchanged(&mut self, subject: Subject, event: request_response::Event<Bytes, Bytes>) {
        let allowed = self.ends.allowed.borrow().clone();
        let told = exchange(&mut self.blocks, &mut self.history, subject).happened(event, &allowed);
        if let Some(event) = told {
            self.tell(subject, event);
        }
    }

    fn happened(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => self.gossip(event),
            SwarmEvent::Behaviour(BehaviourEvent::Blocks(event)) => {
                self.exchanged(Subject::Blocks, event);
            }
            SwarmEvent::Behaviour(BehaviourEvent::History(event)) => {
                self.exchanged(Subject::History, event);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(event)) => self.pinged(&event),
            SwarmEvent::ConnectionEstablished { peer_id, endpoint, num_established, .. } => {
                let Some(peer) = from_libp2p(&peer_id) else { return };
                self.dials.remove(&peer);
                let address = address_of(endpoint.get_remote_address());
                self.swarm.behaviour_mut().handshakes.lives(peer, address);
                if num_established.get() == 1 {
                    self.admission.begins(&peer);
                }
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                let Some(peer) = from_libp2p(&peer_id) else { return };
                self.down(peer);
                let mut members = self.members.members();
                let dialled = |(key, member): (&PublicKey, &Member)| {
                    *key == peer && !member.addresses.is_empty()
                };
                if members.any(dialled) {
                    self.dials.again(peer, Instant::now());
                }
            }
            SwarmEvent::IncomingConnectionError { peer_id, send_back_addr, error, .. } => {
                tracing::debug!(?peer_id, from = %send_back_addr, %error, "turned away");
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                tracing::debug!(?peer_id, %error, "not reached");
            }
            SwarmEvent::ListenerClosed { reason, .. } => {
                tracing::error!(?reason, "the network listens no more");
            }
            _ => {}
        }
    }

    fn gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                self.message(propagation_source, message_id, message);
            }
            gossipsub::Event::Subscribed { peer_id, topic } => {
                let peer = from_libp2p(&peer_id);
                let peer = peer.filter(|peer| self.ends.allowed.borrow().contains(peer));
                let (Some(peer), Some(topic)) = (peer, self.topics.find(&topic)) else { return };
                let topics = self.listening.entry(peer).or_default();
                topics.insert(topic);
                // Each topic comes on its own; before the last of them a message would be lost.
                if topics.len() == Topic::ALL.len() && self.up.insert(peer) {
                    self.ends.up.send_replace(self.up.clone());
                    self.outbox.push_back(Event::Up(peer));
                }
            }
            gossipsub::Event::SlowPeer { peer_id, .. } => {
                tracing::debug!(%peer_id, "a peer is slow");
            }
            gossipsub::Event::Unsubscribed { .. }
            | gossipsub::Event::GossipsubNotSupported { .. } => {}
        }
    }

    fn message(&mut self, from: PeerId, id: MessageId, message: gossipsub::Message) {
        let bytes = message.data.len();
        match self.judged(&from, message) {
            Ok(gossip) => {
                if gossip.topic == Topic::Transactions {
                    // The pool may be slow or absent; others must hear it all the same.
                    let _ = self.ends.transactions.try_send(gossip);
                } else {
                    self.outbox.push_back(Event::Gossip(gossip));
                }
                if bytes > LARGE {
                    self.passing.add(id, from, Instant::now());
                } else {
                    self.report(&id, &from, MessageAcceptance::Accept);
                }
            }
            Err(why) => {
                tracing::debug!(%from, why, "a message does not count");
                self.report(&id, &from, MessageAcceptance::Ignore);
            }
        }
    }

    /// Passes on what has waited long enough.
    fn pass_on(&mut self) {
        while let Some((id, from)) = self.passing.take(Instant::now()) {
            self.report(&id, &from, MessageAcceptance::Accept);
        }
    }

    fn report(&mut self, id: &MessageId, from: &PeerId, acceptance: MessageAcceptance) {
        self.swarm.behaviour_mut().gossip.report_message_validation_result(id, from, acceptance);
    }

    fn judged(&mut self, from: &PeerId, message: gossipsub::Message) -> Result<Gossip, String> {
        let topic = self.topics.find(&message.topic).ok_or("its topic is unknown")?;
        let from = from_libp2p(from).ok_or("its deliverer has no key of ours")?;
        let publisher = message.source.as_ref().and_then(from_libp2p);
        let publisher = publisher.ok_or("its publisher has no key of ours")?;
        let number = message.sequence_number.ok_or("it has no number")?;
        let arrival =
            Arrival { topic, deliverer: from, publisher, number, bytes: message.data.len() };
        self.admission
            .admit(&self.ends.allowed.borrow(), arrival, Instant::now())
            .map_err(|refusal| refusal.to_string())?;
        Ok(Gossip { topic, publisher, from, bytes: Bytes::from(message.data) })
    }

    /// A connection that is silent is closed; a peer that knows no ping is left alone.
    fn pinged(&mut self, event: &ping::Event) {
        if let Err(ping::Failure::Timeout | ping::Failure::Other { .. }) = &event.result {
            tracing::debug!(peer = %event.peer, "a connection is dead");
            self.swarm.close_connection(event.connection);
        }
    }

    /// Looks up the addresses of the peers that are due, off this task.
    fn look_up(&mut self) {
        for peer in self.dials.take_due(Instant::now()) {
            let member = self.members.members().find(|(key, _)| **key == peer);
            let Some((_, member)) = member else { continue };
            let (addresses, found) = (member.addresses.clone(), self.found.clone());
            tokio::spawn(async move {
                let mut all = Vec::new();
                for address in addresses {
                    match tokio::net::lookup_host(&address).await {
                        Ok(addresses) => all.extend(addresses),
                        Err(error) => tracing::debug!(%peer, address, %error, "not found"),
                    }
                }
                let _ = found.send((peer, all)).await;
            });
        }
    }

    fn dial(&mut self, peer: PublicKey, addresses: Vec<SocketAddr>) {
        if addresses.is_empty() || !self.members.contains(&peer) {
            return;
        }
        for address in &addresses {
            self.swarm.behaviour_mut().handshakes.lives(peer, address.ip());
        }
        let addresses = addresses.into_iter().map(to_multiaddr).collect();
        let options = DialOpts::peer_id(to_libp2p(&peer)).addresses(addresses).build();
        if let Err(error) = self.swarm.dial(options) {
            tracing::debug!(%peer, %error, "not dialled");
        }
    }
}

/// The account of a protocol.
fn exchange<'a>(
    blocks: &'a mut Exchange,
    history: &'a mut Exchange,
    subject: Subject,
) -> &'a mut Exchange {
    match subject {
        Subject::Blocks => blocks,
        Subject::History => history,
    }
}

/// Until another event can be sent, or none ever.
async fn room(events: &mpsc::Sender<Event>) {
    drop(events.reserve().await);
}

async fn until(due: Option<Instant>) {
    if let Some(due) = due {
        sleep_until(due.into()).await;
    }
}

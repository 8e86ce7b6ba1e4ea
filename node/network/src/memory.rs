//! This exists to join nodes of one process without a socket, by links that a test can cut, one
//! direction at a time, or make lossy. The rules of admission are those of the swarm.
//!
//! Gossip spreads from link to link as it does on the wire. What is lost is decided by the seed, the
//! link and the number of the message on it, never by the order in which tasks run.

use crate::admission::admit;
use crate::allowed::{Allowed, Topic};
use crate::seam::{
    Asked, Command, Ends, Event, Failure, Gossip, Network, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX,
    RequestId, Subject, seam,
};
use bytes::Bytes;
use linli_ledger::crypto::PublicKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{mpsc, watch};

/// Where nodes meet; cheap to clone. Must be used within a tokio runtime.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Mutex<State>>);

/// A direction between two nodes: from the first to the second.
type Way = (PublicKey, PublicKey);

#[derive(Debug)]
struct State {
    seed: u64,
    nodes: BTreeMap<PublicKey, Port>,
    cut: BTreeSet<Way>,
    /// Messages in a thousand that are lost on each link.
    loss: u64,
    /// How many messages each link has carried or lost.
    carried: BTreeMap<Way, u64>,
    /// Pairs that are up, the smaller key first.
    up: BTreeSet<Way>,
    questions: BTreeMap<Asked, Question>,
    next: u64,
}

#[derive(Debug)]
struct Port {
    events: mpsc::UnboundedSender<Event>,
    history: mpsc::Sender<Event>,
    transactions: mpsc::Sender<Gossip>,
    allowed: watch::Receiver<Allowed>,
    up: watch::Sender<BTreeSet<PublicKey>>,
}

#[derive(Clone, Copy, Debug)]
struct Question {
    subject: Subject,
    id: RequestId,
    by: PublicKey,
    to: PublicKey,
}

impl Hub {
    /// A hub without nodes.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            seed,
            nodes: BTreeMap::new(),
            cut: BTreeSet::new(),
            loss: 0,
            carried: BTreeMap::new(),
            up: BTreeSet::new(),
            questions: BTreeMap::new(),
            next: 0,
        })))
    }

    /// Adds a node, instead of one of the same key if there is one. It leaves when the events of its
    /// link are dropped.
    pub fn join(&self, node: PublicKey, allowed: Allowed) -> Network {
        let (network, ends) = seam(node, allowed);
        let (events, mut queue) = mpsc::unbounded_channel();
        let Ends { commands, allowed, events: to_node, history, transactions, up } = ends;
        {
            let mut state = self.state();
            state.leave(node);
            let (told, list) = (events.clone(), allowed.clone());
            let port = Port { events: told, history, transactions, allowed: list, up };
            state.nodes.insert(node, port);
            state.settle();
        }
        tokio::spawn(async move {
            while let Some(event) = queue.recv().await {
                if to_node.send(event).await.is_err() {
                    return;
                }
            }
        });
        tokio::spawn(self.clone().serve(node, commands, allowed, events));
        network
    }

    /// Loses everything that goes from one node to another. Both directions cut is no connection.
    pub fn cut(&self, from: PublicKey, to: PublicKey) {
        let mut state = self.state();
        state.cut.insert((from, to));
        state.settle();
    }

    /// Undoes [`Hub::cut`].
    pub fn heal(&self, from: PublicKey, to: PublicKey) {
        let mut state = self.state();
        state.cut.remove(&(from, to));
        state.settle();
    }

    /// Cuts every link between a node of the first list and one of the second, both ways.
    pub fn part(&self, one: &[PublicKey], other: &[PublicKey]) {
        let mut state = self.state();
        for &a in one {
            for &b in other {
                state.cut.extend([(a, b), (b, a)]);
            }
        }
        state.settle();
    }

    /// Undoes every cut.
    pub fn heal_all(&self) {
        let mut state = self.state();
        state.cut.clear();
        state.settle();
    }

    /// Loses so many messages in a thousand on each link; requests are not lost.
    pub fn lose(&self, in_a_thousand: u64) {
        self.state().loss = in_a_thousand;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics with the lock")
    }

    async fn serve(
        self,
        node: PublicKey,
        mut commands: mpsc::Receiver<Command>,
        mut allowed: watch::Receiver<Allowed>,
        events: mpsc::UnboundedSender<Event>,
    ) {
        loop {
            tokio::select! {
                changed = allowed.changed() => match changed {
                    Ok(()) => self.state().settle(),
                    Err(_) => break,
                },
                () = events.closed() => break,
                command = commands.recv() => match command {
                    Some(command) => self.state().command(node, command),
                    None => break,
                },
            }
        }
        let mut state = self.state();
        // Unless another of the same key has come.
        if state.nodes.get(&node).is_some_and(|port| port.events.same_channel(&events)) {
            state.leave(node);
        }
    }
}

fn pair(a: PublicKey, b: PublicKey) -> Way {
    if a < b { (a, b) } else { (b, a) }
}

impl State {
    fn tell(&self, node: PublicKey, event: Event) {
        if let Some(port) = self.nodes.get(&node) {
            match event {
                Event::Up(peer) => _ = port.up.send_if_modified(|up| up.insert(peer)),
                Event::Down(peer) => _ = port.up.send_if_modified(|up| up.remove(&peer)),
                _ => {}
            }
            let _ = port.events.send(event);
        }
    }

    fn leave(&mut self, node: PublicKey) {
        if self.nodes.remove(&node).is_some() {
            self.settle();
        }
    }

    fn allows(&self, node: PublicKey, peer: PublicKey) -> bool {
        self.nodes.get(&node).is_some_and(|port| port.allowed.borrow().contains(&peer))
    }

    /// Finds out which pairs are up, and tells both ends of every change.
    fn settle(&mut self) {
        let mut up = BTreeSet::new();
        for &a in self.nodes.keys() {
            for &b in self.nodes.keys().filter(|b| a < **b) {
                let cut = self.cut.contains(&(a, b)) && self.cut.contains(&(b, a));
                if !cut && self.allows(a, b) && self.allows(b, a) {
                    up.insert((a, b));
                }
            }
        }
        let before = std::mem::replace(&mut self.up, up.clone());
        for &(a, b) in before.difference(&up) {
            self.tell(a, Event::Down(b));
            self.tell(b, Event::Down(a));
            self.break_off(a, b);
        }
        for &(a, b) in up.difference(&before) {
            self.tell(a, Event::Up(b));
            self.tell(b, Event::Up(a));
        }
    }

    /// Ends the requests between two nodes.
    fn break_off(&mut self, a: PublicKey, b: PublicKey) {
        let between = |question: &Question| pair(question.by, question.to) == pair(a, b);
        let broken: Vec<_> =
            self.questions.extract_if(.., |_, question| between(question)).collect();
        for (asked, Question { subject, id, by, to }) in broken {
            self.say(by, subject, Event::Unanswered { id, by: to, why: Failure::NotConnected });
            self.say(to, subject, Event::AskedInVain { id: asked, by });
        }
    }

    fn command(&mut self, node: PublicKey, command: Command) {
        match command {
            Command::Publish { topic, bytes } => self.publish(node, topic, &bytes),
            Command::Request { subject, id, to, bytes } => {
                let no = |why| Event::Unanswered { id, by: to, why };
                if bytes.len() > REQUEST_BYTES_MAX {
                    self.say(node, subject, no(Failure::Refused));
                } else if self.leads(node, to) {
                    self.next = self.next.wrapping_add(1);
                    let asked = Asked(self.next);
                    self.questions.insert(asked, Question { subject, id, by: node, to });
                    if !self.say(to, subject, Event::Asked { id: asked, by: node, bytes }) {
                        self.forget(asked);
                    }
                } else {
                    self.say(node, subject, no(Failure::NotConnected));
                }
            }
            Command::Respond { id, bytes, .. } => {
                let Some(question) = self.questions.remove(&id) else { return };
                let Question { subject, id, by, to } = question;
                let event = if self.leads(to, by) && bytes.len() <= RESPONSE_BYTES_MAX {
                    Event::Answered { id, by: to, bytes }
                } else {
                    Event::Unanswered { id, by: to, why: Failure::Timeout }
                };
                self.say(by, subject, event);
            }
            Command::Forget { id, .. } => self.forget(id),
        }
    }

    fn forget(&mut self, asked: Asked) {
        let Some(question) = self.questions.remove(&asked) else { return };
        let Question { subject, id, by, to } = question;
        self.say(by, subject, Event::Unanswered { id, by: to, why: Failure::Refused });
    }

    /// Tells a node of a question or an answer; whether anybody listens.
    fn say(&self, node: PublicKey, subject: Subject, event: Event) -> bool {
        match (subject, self.nodes.get(&node)) {
            (Subject::Blocks, Some(port)) => port.events.send(event).is_ok(),
            (Subject::History, Some(port)) => port.history.try_send(event).is_ok(),
            (_, None) => false,
        }
    }

    /// Whether bytes come through from one node to another.
    fn leads(&self, from: PublicKey, to: PublicKey) -> bool {
        self.up.contains(&pair(from, to)) && !self.cut.contains(&(from, to))
    }

    /// Spreads a message from node to node; each takes it once, and passes on what it admits.
    fn publish(&mut self, publisher: PublicKey, topic: Topic, bytes: &Bytes) {
        let nodes: Vec<_> = self.nodes.keys().copied().collect();
        let mut reached = BTreeSet::from([publisher]);
        let mut edge = vec![publisher];
        while let Some(from) = edge.pop() {
            for &to in &nodes {
                if reached.contains(&to) || !self.leads(from, to) || self.is_lost(from, to) {
                    continue;
                }
                let gossip = Gossip { topic, publisher, from, bytes: bytes.clone() };
                if self.deliver(to, gossip) {
                    reached.insert(to);
                    edge.insert(0, to);
                }
            }
        }
    }

    fn deliver(&self, to: PublicKey, gossip: Gossip) -> bool {
        let Some(port) = self.nodes.get(&to) else { return false };
        let Gossip { topic, publisher, from, ref bytes } = gossip;
        if admit(&port.allowed.borrow(), topic, &from, &publisher, bytes.len()).is_err() {
            return false;
        }
        if topic == Topic::Transactions {
            let _ = port.transactions.try_send(gossip);
        } else {
            let _ = port.events.send(Event::Gossip(gossip));
        }
        true
    }

    fn is_lost(&mut self, from: PublicKey, to: PublicKey) -> bool {
        let carried = self.carried.entry((from, to)).or_default();
        *carried = carried.wrapping_add(1);
        let link = number(&from).rotate_left(32) ^ number(&to);
        mixed(self.seed ^ mixed(link ^ mixed(*carried))) % 1_000 < self.loss
    }
}

/// Eight bytes of a key.
fn number(key: &PublicKey) -> u64 {
    key.bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// One step of `SplitMix64`: every bit of the result depends on every bit of the argument.
fn mixed(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

//! This exists to keep account of the requests of one protocol: ours, and those that we are to answer.

use crate::allowed::Allowed;
use crate::blocks::Framed;
use crate::key::from_libp2p;
use crate::seam::{Asked, Event, Failure, RequestId};
use bytes::Bytes;
use libp2p::PeerId;
use libp2p::request_response::{
    self, InboundRequestId, Message, OutboundFailure, OutboundRequestId, ResponseChannel,
};
use linli_ledger::crypto::PublicKey;
use std::collections::BTreeMap;

/// Questions of one peer that may wait for an answer; the engine asks five at a time.
const ASKED_BY_ONE_MAX: usize = 8;

type Asking = request_response::Behaviour<Framed>;

/// Requests under way.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    ours: BTreeMap<OutboundRequestId, RequestId>,
    theirs: BTreeMap<Asked, Question>,
    next: u64,
}

#[derive(Debug)]
struct Question {
    by: PublicKey,
    on_the_wire: InboundRequestId,
    channel: ResponseChannel<Bytes>,
}

impl Exchange {
    pub(crate) fn request(&mut self, wire: &mut Asking, id: RequestId, to: PeerId, bytes: Bytes) {
        self.ours.insert(wire.send_request(&to, bytes), id);
    }

    pub(crate) fn respond(&mut self, wire: &mut Asking, id: Asked, bytes: Bytes) {
        if let Some(question) = self.theirs.remove(&id) {
            // If nobody waits any more, that has been told or will be.
            let _ = wire.send_response(question.channel, bytes);
        }
    }

    pub(crate) fn forget(&mut self, id: Asked) {
        self.theirs.remove(&id);
    }

    /// What the node is to hear of something that happened on the wire.
    pub(crate) fn happened(
        &mut self,
        event: request_response::Event<Bytes, Bytes>,
        allowed: &Allowed,
    ) -> Option<Event> {
        use request_response::Event as Wire;
        match event {
            Wire::Message { peer, message, .. } => {
                let peer = from_libp2p(&peer).filter(|peer| allowed.contains(peer));
                match message {
                    Message::Request { request_id, request, channel } => {
                        self.asked(peer?, request_id, request, channel)
                    }
                    Message::Response { request_id, response } => {
                        let (id, by) = (self.ours.remove(&request_id)?, peer?);
                        Some(Event::Answered { id, by, bytes: response })
                    }
                }
            }
            Wire::OutboundFailure { peer, request_id, error, .. } => {
                let (id, by) = (self.ours.remove(&request_id)?, from_libp2p(&peer)?);
                let why = match error {
                    OutboundFailure::DialFailure | OutboundFailure::ConnectionClosed => {
                        Failure::NotConnected
                    }
                    OutboundFailure::Timeout => Failure::Timeout,
                    OutboundFailure::UnsupportedProtocols => Failure::Protocol,
                    OutboundFailure::Io(_) => Failure::Refused,
                };
                Some(Event::Unanswered { id, by, why })
            }
            Wire::InboundFailure { request_id, .. } => {
                let gone = |(_, question): &(&Asked, &Question)| question.on_the_wire == request_id;
                let (&id, _) = self.theirs.iter().find(gone)?;
                let by = self.theirs.remove(&id)?.by;
                Some(Event::AskedInVain { id, by })
            }
            Wire::ResponseSent { .. } => None,
        }
    }

    /// A question; one too many is dropped, and whoever asked is told so.
    fn asked(
        &mut self,
        by: PublicKey,
        on_the_wire: InboundRequestId,
        bytes: Bytes,
        channel: ResponseChannel<Bytes>,
    ) -> Option<Event> {
        if self.theirs.values().filter(|question| question.by == by).count() >= ASKED_BY_ONE_MAX {
            tracing::debug!(%by, "a peer asks too much at once");
            return None;
        }
        self.next = self.next.wrapping_add(1);
        let id = Asked(self.next);
        self.theirs.insert(id, Question { by, on_the_wire, channel });
        Some(Event::Asked { id, by, bytes })
    }
}

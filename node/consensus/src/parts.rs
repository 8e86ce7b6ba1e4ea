//! This exists to cut a proposed block into parts and to put parts together again, within bounds
//! that hold whatever a peer sends (NET-4.2). No judgement here: the application reads the bytes.

use crate::context::{Chain, Head, Part};
use bytes::Bytes;
use linli_ledger::types::Height;
use malachitebft_app_channel::app::streaming::{StreamContent, StreamId, StreamMessage};
use malachitebft_app_channel::app::types::PeerId;
use malachitebft_core_types::Context;
use std::collections::BTreeMap;

/// Most bytes of a block on its way: a block and its certificate must fit in one answer of the
/// engine's sync, which is 10 MiB; a block of 1 MiB was measured fine.
pub const BLOCK_BYTES_MAX: usize = 4 << 20;

/// Bytes of a part: well below what gossip carries in one message, large enough to be few.
const PART_BYTES: usize = 64 << 10;

/// Highest sequence number of a stream: head, full parts, end mark; twice that for short parts.
const SEQUENCE_MAX: u64 = 2 * (BLOCK_BYTES_MAX / PART_BYTES) as u64 + 2;

/// Streams kept open for one publisher: a proposer sends one per round, rarely two at once.
/// Source: NET-4.2.
const STREAMS_PER_PUBLISHER_MAX: usize = 4;

/// How far above the last decided height a block may be: what a node that is a little behind hears.
/// One that is further behind asks for blocks. Source: NET-4.2.
const AHEAD_MAX: u64 = 8;

pub(crate) type Message = StreamMessage<<Chain as Context>::ProposalPart>;

/// The messages that carry a block, in order. The id of the stream is its height and rounds, so
/// that sending it twice is the same stream.
pub(crate) fn split(head: Head, bytes: Vec<u8>) -> Vec<Message> {
    let id = Bytes::from(borsh::to_vec(&head).expect("memory takes every byte"));
    let mut rest = Bytes::from(bytes);
    let mut contents = vec![StreamContent::Data(Part::Head(head))];
    while !rest.is_empty() {
        let chunk = rest.split_to(rest.len().min(PART_BYTES));
        contents.push(StreamContent::Data(Part::Chunk(chunk)));
    }
    contents.push(StreamContent::Fin);
    let number = |(sequence, content)| Message::new(StreamId::new(id.clone()), sequence, content);
    (0..).zip(contents).map(number).collect()
}

/// A block that has arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assembled {
    pub(crate) head: Head,
    pub(crate) bytes: Vec<u8>,
}

/// Streams that are not complete yet.
///
/// Bounded for each publisher; the network admits members only, so their number is bounded too.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    /// Oldest first, for each publisher.
    streams: BTreeMap<PeerId, Vec<Stream>>,
    decided: Height,
}

#[derive(Debug)]
struct Stream {
    id: Bytes,
    /// What the id says.
    head: Head,
    parts: BTreeMap<u64, Part>,
    bytes: usize,
    end: Option<u64>,
}

impl Assembler {
    /// Takes a message of a stream, in any order; the block, if it is complete and its turn has come.
    /// What belongs to a decided or a far height leaves no trace.
    pub(crate) fn insert(&mut self, publisher: PeerId, message: Message) -> Option<Assembled> {
        let id = message.stream_id.to_bytes();
        let head: Head = borsh::from_slice(&id).ok()?;
        let ahead = head.height.0.checked_sub(self.decided.0)?;
        if !(1..=AHEAD_MAX).contains(&ahead) {
            return None;
        }
        let streams = self.streams.entry(publisher).or_default();
        let index = streams.iter().position(|stream| stream.id == id).unwrap_or_else(|| {
            if streams.len() >= STREAMS_PER_PUBLISHER_MAX {
                streams.remove(0);
            }
            streams.push(Stream { id, head, parts: BTreeMap::new(), bytes: 0, end: None });
            streams.len() - 1
        });
        let stream = streams.get_mut(index)?;
        if !stream.insert(message) {
            streams.remove(index);
            return None;
        }
        if !stream.is_complete() || ahead > 1 {
            return None;
        }
        streams.remove(index).assemble()
    }

    /// From now on only heights above this one are of interest; forgets the streams of others. Gives
    /// back the ends of streams that were complete before their turn: inserted again, they give the
    /// block.
    pub(crate) fn decided(&mut self, decided: Height) -> Vec<(PeerId, Message)> {
        self.decided = decided;
        for streams in self.streams.values_mut() {
            streams.retain(|stream| stream.head.height > decided);
        }
        self.streams.retain(|_, streams| !streams.is_empty());
        let all = self
            .streams
            .iter()
            .flat_map(|(publisher, streams)| streams.iter().map(move |stream| (publisher, stream)));
        let due = all.filter(|(_, stream)| stream.head.height == decided.next());
        due.filter_map(|(publisher, stream)| Some((*publisher, stream.end_again()?))).collect()
    }
}

impl Stream {
    /// Takes one message; `false` if the stream breaks a bound.
    fn insert(&mut self, message: Message) -> bool {
        let Message { sequence, content, .. } = message;
        if sequence > SEQUENCE_MAX {
            return false;
        }
        match content {
            StreamContent::Fin => self.end = Some(sequence),
            StreamContent::Data(Part::Head(head)) if sequence != 0 || head != self.head => {
                return false;
            }
            StreamContent::Data(Part::Chunk(_)) if sequence == 0 => return false,
            StreamContent::Data(part) => {
                if let Part::Chunk(chunk) = &part {
                    self.bytes = self.bytes.saturating_add(chunk.len());
                }
                self.parts.entry(sequence).or_insert(part);
            }
        }
        self.bytes <= BLOCK_BYTES_MAX
    }

    fn is_complete(&self) -> bool {
        self.end.is_some_and(|end| {
            self.parts.range(..end).count() == usize::try_from(end).unwrap_or(usize::MAX)
        })
    }

    /// The end mark of a complete stream.
    fn end_again(&self) -> Option<Message> {
        let end = self.end.filter(|_| self.is_complete())?;
        Some(Message::new(StreamId::new(self.id.clone()), end, StreamContent::Fin))
    }

    /// The whole: a head, which is checked when it comes, and then chunks.
    fn assemble(self) -> Option<Assembled> {
        let end = self.end.filter(|end| *end > 0)?;
        let mut bytes = Vec::with_capacity(self.bytes);
        for (_, part) in self.parts.range(..end) {
            if let Part::Chunk(chunk) = part {
                bytes.extend_from_slice(chunk);
            }
        }
        Some(Assembled { head: self.head, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_ledger::crypto::PublicKey;

    fn head(height: u64, round: u32) -> Head {
        let proposer = PublicKey::Ed25519([7; 32]);
        Head { height: Height(height), round, pol_round: None, proposer }
    }

    fn peer(n: u8) -> PeerId {
        let id = linli_ledger::crypto::peer_identity(&PublicKey::Ed25519([n; 32]));
        PeerId::from_bytes(&id).expect("a peer id is a peer id")
    }

    fn block(length: usize) -> Vec<u8> {
        (0_u8..=250).cycle().take(length).collect()
    }

    #[test]
    fn parts_in_any_order_give_the_block_once() {
        for length in [0, 1, PART_BYTES, PART_BYTES + 1, 5 * PART_BYTES - 1, BLOCK_BYTES_MAX] {
            let mut messages = split(head(1, 0), block(length));
            messages.reverse();
            let mut assembler = Assembler::default();
            let last = messages.pop().expect("a stream has a head");
            for message in messages {
                assert_eq!(assembler.insert(peer(1), message.clone()), None);
                assert_eq!(assembler.insert(peer(2), message), None, "another publisher");
            }
            let whole = assembler.insert(peer(1), last).expect("all parts are there");
            assert_eq!((whole.head, whole.bytes.len()), (head(1, 0), length));
            assert_eq!(whole.bytes, block(length));
        }
    }

    #[test]
    fn a_stream_beyond_the_bounds_is_dropped() {
        let mut assembler = Assembler::default();
        for message in split(head(1, 0), block(BLOCK_BYTES_MAX + 1)) {
            assert_eq!(assembler.insert(peer(1), message), None);
        }
        let id = StreamId::new(borsh::to_vec(&head(1, 0)).expect("memory").into());
        let far = Message::new(id.clone(), u64::MAX, StreamContent::Fin);
        assert_eq!(assembler.insert(peer(1), far), None);
        let empty = Message::new(id, 0, StreamContent::Fin);
        assert_eq!(assembler.insert(peer(1), empty), None, "a stream without a head");
    }

    #[test]
    fn a_stream_is_what_its_name_says() {
        let named = |name: Vec<u8>, sequence, part| {
            Message::new(StreamId::new(name.into()), sequence, StreamContent::Data(part))
        };
        let name = borsh::to_vec(&head(1, 0)).expect("memory takes every byte");
        for (name, sequence, part) in [
            (Vec::new(), 0, Part::Head(head(1, 0))),
            (vec![7; 1_000], 0, Part::Head(head(1, 0))),
            (name.clone(), 0, Part::Head(head(1, 1))),
            (name.clone(), 1, Part::Head(head(1, 0))),
            (name.clone(), 0, Part::Chunk(Bytes::new())),
        ] {
            let mut assembler = Assembler::default();
            assert_eq!(assembler.insert(peer(1), named(name, sequence, part)), None);
            assert!(assembler.streams.values().all(Vec::is_empty), "it leaves no trace");
        }
    }

    #[test]
    fn only_heights_that_are_near_are_kept() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.decided(Height(10)), []);
        let whole = |assembler: &mut Assembler, height| {
            let messages = split(head(height, 0), block(10));
            messages.into_iter().filter_map(|m| assembler.insert(peer(1), m)).count()
        };
        for height in [0, 1, 10, 11 + AHEAD_MAX, u64::MAX] {
            assert_eq!(whole(&mut assembler, height), 0, "height {height}");
            assert!(assembler.streams.is_empty(), "height {height} leaves no trace");
        }
        assert_eq!(whole(&mut assembler, 11), 1, "it is its turn");
    }

    #[test]
    fn a_block_that_is_whole_too_early_waits_for_its_turn() {
        let mut assembler = Assembler::default();
        for height in [2, 3, 1 + AHEAD_MAX] {
            for message in split(head(height, 0), block(10)) {
                assert_eq!(assembler.insert(peer(1), message), None, "height {height}");
            }
        }
        let [_, cut @ ..] = &split(head(2, 1), block(10))[..] else { panic!("there is a head") };
        for message in cut {
            assert_eq!(assembler.insert(peer(2), message.clone()), None);
        }
        let due = assembler.decided(Height(1));
        let [(publisher, end)] = &due[..] else { panic!("{due:?}") };
        assert_eq!(*publisher, peer(1));
        let whole = assembler.insert(*publisher, end.clone()).expect("its turn has come");
        assert_eq!((whole.head, whole.bytes), (head(2, 0), block(10)));
        assert_eq!(assembler.insert(*publisher, end.clone()), None, "once");
        assert_eq!(assembler.decided(Height(3)), []);
    }

    #[test]
    fn a_publisher_has_few_open_streams_and_the_oldest_goes_first() {
        let mut assembler = Assembler::default();
        let mut lasts = Vec::new();
        for round in 0..=u32::try_from(STREAMS_PER_PUBLISHER_MAX).expect("it is small") {
            let mut messages = split(head(1, round), block(10));
            lasts.push(messages.pop().expect("a stream has an end"));
            for message in messages {
                assert_eq!(assembler.insert(peer(1), message), None);
            }
        }
        let newest = lasts.pop().expect("there are five");
        assert!(assembler.insert(peer(1), newest).is_some());
        assert_eq!(assembler.insert(peer(1), lasts.remove(0)), None, "round 0 was dropped");
    }

    #[test]
    fn decided_heights_are_forgotten() {
        let mut assembler = Assembler::default();
        for height in [1, 2] {
            let [first, ..] = split(head(height, 0), block(10)).try_into().unwrap_or_else(
                |messages: Vec<_>| -> [Message; 3] { panic!("{} messages", messages.len()) },
            );
            assert_eq!(assembler.insert(peer(1), first), None);
        }
        assert_eq!(assembler.decided(Height(1)), []);
        let kept = assembler.streams.values().flatten().map(|stream| stream.head.height);
        assert_eq!(kept.collect::<Vec<_>>(), [Height(2)]);
    }
}

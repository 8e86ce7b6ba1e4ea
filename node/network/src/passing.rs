//! This exists to pass on what is large a little later than it came: whoever has it from its publisher says so
//! meanwhile and is spared it. A publisher sends to all of its peers, so almost everybody does.
//! Pure: time is an argument.

use libp2p::PeerId;
use libp2p::gossipsub::MessageId;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Bytes above which a node says of a message that it has it. Source: NET-2.7.
pub(crate) const LARGE: usize = 1_000;

/// How long a large message waits: many times what the word of a neighbour takes, little for whoever
/// has no connection with the publisher. Source: NET-2.7.
const WAIT: Duration = Duration::from_millis(50);

/// Large messages that count, each with the peer that brought it, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Passing(VecDeque<(Instant, MessageId, PeerId)>);

impl Passing {
    /// Takes one that has come now.
    pub(crate) fn add(&mut self, message: MessageId, from: PeerId, now: Instant) {
        self.0.push_back((now + WAIT, message, from));
    }

    /// When there is something to pass on.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.front().map(|(due, ..)| *due)
    }

    /// The next one that is due.
    pub(crate) fn take(&mut self, now: Instant) -> Option<(MessageId, PeerId)> {
        let is_due = self.next().is_some_and(|due| due <= now);
        if is_due { self.0.pop_front().map(|(_, message, from)| (message, from)) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_waits_as_long_as_the_others_and_none_is_lost() {
        let (mut passing, now, from) = (Passing::default(), Instant::now(), PeerId::random());
        let [first, second] = [1, 2].map(|n| MessageId::new(&[n]));
        assert_eq!((passing.next(), passing.take(now)), (None, None));
        passing.add(first.clone(), from, now);
        passing.add(second.clone(), from, now + WAIT / 2);
        assert_eq!((passing.next(), passing.take(now + WAIT / 2)), (Some(now + WAIT), None));
        assert_eq!(passing.take(now + WAIT), Some((first, from)));
        assert_eq!(passing.take(now + WAIT), None);
        assert_eq!(passing.take(now + WAIT * 2), Some((second, from)));
        assert_eq!(passing.next(), None);
    }
}

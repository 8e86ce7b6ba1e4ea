//! This exists to hear of each block as it becomes final, for as long as somebody listens. The node reads a
//! stream from its store, so a connection that ends is made anew and goes on where it was: no block is
//! missed.

use super::Client;
use crate::failure::Failure;
use crate::texts::word;
use crate::transaction::eprint_text;
use linli_ledger::code::Code;
use linli_ledger::types::Height;
use linli_wire::event::BLOCK;
use linli_wire::path;
use std::io::{BufRead, BufReader, Read as _};
use std::ops::ControlFlow;
use std::time::Duration;
use ureq::Agent;

/// After so long a connection is made anew: one whose other end has vanished would be silent for ever.
const RENEWED: Duration = Duration::from_mins(10);
/// Before a connection is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest line that is read: a block's event is one.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

impl Client<'_> {
    /// Tells of each block after a height until `each` says that it is enough. A node that is away for a
    /// while is waited for.
    ///
    /// # Errors
    /// Those of `each`, but for [`Code::NodeUnreachable`]; [`Code::NodeUnreachable`] if the node is not
    /// there at first; [`Code::ChainId`] for a node that comes back with another ledger; what the node
    /// says no with.
    pub(crate) fn follow(
        &self,
        after: Height,
        each: &mut dyn FnMut(Height) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<(), Failure> {
        let mut last = after;
        let (mut was_there, mut is_away) = (false, false);
        loop {
            match self.hear(&mut last, &mut was_there, each) {
                Ok(ControlFlow::Break(())) => return Ok(()),
                Ok(ControlFlow::Continue(())) => is_away = false,
                Err(failure) if failure.code == Code::NodeUnreachable && was_there => {
                    if !is_away {
                        let lost = word("watch-lost", self.session().language);
                        eprint_text(&format!("{lost}\n"));
                    }
                    is_away = true;
                }
                Err(failure) => return Err(failure),
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// One connection, until it ends.
    fn hear(
        &self,
        last: &mut Height,
        was_there: &mut bool,
        each: &mut dyn FnMut(Height) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<ControlFlow<()>, Failure> {
        self.genesis()?;
        let query = [("since", last.to_string()), ("types", BLOCK.to_owned())];
        let timeout = Some(self.session().timeout);
        let config = Agent::config_builder()
            .timeout_connect(timeout)
            .timeout_recv_response(timeout)
            .timeout_recv_body(Some(RENEWED))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        let request = Agent::from(config).get(self.address(path::EVENTS, &query));
        let answer = self.good(request.header("accept-language", self.tag()).call())?;
        *was_there = true;
        let mut events = Events(BufReader::new(answer.into_body().into_reader()));
        while let Some(height) = events.block() {
            if each(height)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            *last = height;
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Server-sent events.
struct Events<R>(R);

impl<R: BufRead> Events<R> {
    /// The height of the next block; `None` when the stream has ended.
    fn block(&mut self) -> Option<Height> {
        let (mut id, mut is_block) = (None, false);
        loop {
            let mut line = Vec::new();
            let read = self.0.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
            if read == 0 {
                return None;
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            match line.split_once(':') {
                Some(("id", value)) => id = value.trim().parse().ok().map(Height),
                Some(("event", value)) => is_block = value.trim() == BLOCK,
                // An empty line ends an event.
                None if line.is_empty() => {
                    if let Some(height) = id.filter(|_| is_block) {
                        return Some(height);
                    }
                    (id, is_block) = (None, false);
                }
                Some(_) | None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_heard_and_nothing_else_is() {
        let text = ": a comment\nevent: heartbeat\ndata: {}\n\nid: 7-0\nevent: transaction\n\n\
                    event: block\nid: 7\ndata: {\"a\":1}\n\nevent:block\r\nid:8\r\n\r\nevent: block\nid: 9\n";
        let mut events = Events(text.as_bytes());
        assert_eq!(events.block(), Some(Height(7)));
        assert_eq!(events.block(), Some(Height(8)));
        assert_eq!(events.block(), None, "an event that does not end is none");
    }
}

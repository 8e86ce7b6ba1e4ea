//! This exists to tell what becomes final, as server-sent events. A stream is read from the store from
//! the place that the client names: whoever is slow, or comes back after a year, misses nothing and
//! holds up nobody, because the next event is read when the client has taken the last.

use super::Api;
use super::chain::bare;
use super::description::Problems;
use super::extract::Ask;
use super::failure::{Asked, Failure};
use super::transactions::{Reader, block as checked, of_block};
use super::viewer::Viewer;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use linli_ledger::code::Code;
use linli_ledger::types::Height;
use linli_wire::event::{BLOCK, HEARTBEAT, Heartbeat, TRANSACTION};
use linli_wire::path;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::Instant;

/// How long a stream waits for the read model before it looks again.
const INDEX_WAIT: Duration = Duration::from_millis(200);

/// From where, and what.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// What follows this event: `0` for everything, `12` after block 12, `12-3` after transaction 3 of
    /// block 12. From now on if left out. The header `Last-Event-ID` goes first.
    since: Option<String>,
    /// Only these, with commas: `block`, `transaction`.
    types: Option<String>,
}

/// The identifier of an event: all of a block, or a block up to one of its transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Block(u64),
    Transaction(u64, u32),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no event: expected 12 or 12-3");
        match text.split_once('-') {
            None => text.parse().map(Self::Block).map_err(|_| wrong()),
            Some((height, index)) => {
                let both = height.parse().ok().zip(index.parse().ok());
                both.map(|(height, index)| Self::Transaction(height, index)).ok_or_else(wrong)
            }
        }
    }
}

impl Place {
    fn height(self) -> u64 {
        match self {
            Self::Block(height) | Self::Transaction(height, _) => height,
        }
    }

    /// The block to read next, and how many of its transactions were sent.
    fn next(self) -> (u64, u32) {
        match self {
            Self::Block(height) => (height.saturating_add(1), 0),
            Self::Transaction(height, index) => (height, index.saturating_add(1)),
        }
    }
}

/// Which events a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Types {
    block: bool,
    transaction: bool,
}

impl Types {
    fn read(text: Option<&str>) -> Result<Self, Failure> {
        let Some(text) = text else { return Ok(Self { block: true, transaction: true }) };
        let mut types = Self { block: false, transaction: false };
        for name in text.split(',') {
            match name {
                BLOCK => types.block = true,
                TRANSACTION => types.transaction = true,
                _ => return Err(Failure::parameter("types", "expected block or transaction")),
            }
        }
        Ok(types)
    }
}

/// Blocks and transactions as they become final, from any place in the past, for ever.
#[utoipa::path(get, path = path::EVENTS, tag = "chain",
    params(EventQuery, ("last-event-id" = Option<String>, Header, description = "As `since`")),
    responses((status = 200, body = String, content_type = "text/event-stream"), Problems))]
pub(crate) async fn events(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Extension(asked): Extension<Asked>,
    Ask(query): Ask<EventQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let types = Types::read(query.types.as_deref())?;
    let last = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let head = api.live().health().head.height.0;
    let place = match last.or(query.since.as_deref()) {
        None => Place::Block(head),
        Some(text) => text.parse().map_err(|why: String| Failure::parameter("since", why))?,
    };
    if place.height() > head {
        let detail = format!("since: the last block is {head}");
        return Err(Failure::new(Code::UnknownHeight, detail));
    }
    let reader = Reader { viewer, language: asked.language };
    let stream = stream(api, reader, place, types);
    let mut response = Sse::new(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather what they pass on would hold news back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// What a stream has still to say.
struct Following {
    api: Api,
    reader: Reader,
    types: Types,
    /// The block to read next, and how many of its transactions were sent.
    next: (u64, u32),
    ready: VecDeque<Event>,
    quiet_since: Instant,
}

fn stream(
    api: Api,
    reader: Reader,
    place: Place,
    types: Types,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let (ready, quiet_since) = (VecDeque::new(), Instant::now());
    let following = Following { api, reader, types, next: place.next(), ready, quiet_since };
    futures::stream::unfold(following, |mut following| async move {
        let event = following.event().await?;
        Some((Ok(event), following))
    })
}

impl Following {
    /// The next event; `None` when the node is being stopped.
    async fn event(&mut self) -> Option<Event> {
        let mut heads = self.api.live().heights();
        let mut ending = self.api.ending();
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.quiet_since = Instant::now();
                return Some(event);
            }
            if *ending.borrow() {
                return None;
            }
            let head = heads.borrow_and_update().height;
            if self.next.0 <= head.0 {
                if self.read().await.is_ok() {
                    continue;
                }
                // The read model is behind or is being built: the block will come.
                tokio::select! {
                    () = tokio::time::sleep(INDEX_WAIT) => {}
                    _ = ending.changed() => return None,
                }
            }
            let alive = self.quiet_since + self.api.options().heartbeat;
            if Instant::now() >= alive {
                self.quiet_since = Instant::now();
                let data = Heartbeat { height: head };
                return Event::default().event(HEARTBEAT).json_data(data).ok();
            }
            if self.next.0 > head.0 {
                tokio::select! {
                    changed = heads.changed() => changed.ok()?,
                    () = tokio::time::sleep_until(alive) => {}
                    _ = ending.changed() => return None,
                }
            }
        }
    }

    /// Reads one block into `ready`: its transactions, then the block itself.
    async fn read(&mut self) -> Result<(), Failure> {
        let (height, sent) = self.next;
        let (reader, types) = (self.reader, self.types);
        let ready = self
            .api
            .blocking(move |api| {
                let found = api.index(|index| checked(index, Height(height)))?;
                let mut ready = VecDeque::new();
                if types.transaction {
                    let transactions = api.restricted(|view, _| {
                        of_block(view, api.live().rulebook(), reader, &found)
                    });
                    for transaction in transactions.iter().filter(|t| t.index >= sent) {
                        let id = format!("{height}-{}", transaction.index);
                        ready.push_back(event(TRANSACTION, id, transaction)?);
                    }
                }
                if types.block {
                    ready.push_back(event(BLOCK, height.to_string(), &bare(&found.committed))?);
                }
                Ok(ready)
            })
            .await?;
        self.ready = ready;
        self.next = (height.saturating_add(1), 0);
        Ok(())
    }
}

fn event(kind: &str, id: String, data: &impl Serialize) -> Result<Event, Failure> {
    let event = Event::default().event(kind).id(id).json_data(data);
    event.map_err(|error| Failure::internal(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_says_what_comes_next() {
        for (text, next) in [("0", (1, 0)), ("12", (13, 0)), ("12-3", (12, 4)), ("12-0", (12, 1))] {
            assert_eq!(text.parse::<Place>().unwrap().next(), next, "{text}");
        }
        for text in ["", "-", "12-", "-3", "x", "1-2-3", "99999999999999999999"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}

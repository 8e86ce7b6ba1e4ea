//! This exists to ask a node over HTTP, signed where the answer is not for everybody.

use crate::failure::Failure;
use crate::session::{Session, now};
use linli_ledger::code::Code;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::genesis::Clock;
use linli_ledger::hash::{Digest, to_hex};
use linli_ledger::types::BlockTime;
use linli_secrets::private_file;
use linli_verify::Language;
use linli_wire::chain::Status;
use linli_wire::{Found, List, Problem, path, signing};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};
use ureq::Agent;
use ureq::http::Response;

/// The largest answer that is read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Things on a page.
const PAGE: &str = "200";
/// Pages of a list at the most: whoever has more asks with a filter.
const PAGES_MAX: usize = 50;
/// Which ledger a node spoke for when it was first asked.
const KNOWN: &str = "known.json";

/// A connection to the node of a session.
#[derive(Clone, Debug)]
pub(crate) struct Client<'s> {
    agent: Agent,
    session: &'s Session,
}

impl<'s> Client<'s> {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// [`Code::NodeUnreachable`] for an address that is not plain HTTP: put a proxy of your own before it.
    pub(crate) fn new(session: &'s Session) -> Result<Self, Failure> {
        if !session.node.starts_with("http://") {
            return Err(Failure::new(
                Code::NodeUnreachable,
                format!("{} (http://…)", session.node),
            ));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(session.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Ok(Self { agent: config.into(), session })
    }

    /// The surroundings.
    pub(crate) const fn session(&self) -> &'s Session {
        self.session
    }

    pub(super) fn address(&self, path: &str, query: &[(&str, String)]) -> String {
        let mut address = format!("{}{path}", self.session.node);
        for (position, (name, value)) in query.iter().enumerate() {
            address.push(if position == 0 { '?' } else { '&' });
            let _ = write!(address, "{name}={}", escaped(value));
        }
        address
    }

    pub(super) const fn tag(&self) -> &'static str {
        match self.session.language {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }

    /// Asks for one thing; with a key, as its owner.
    ///
    /// # Errors
    /// [`Code::NodeUnreachable`], [`Code::NodeAnswer`], and what the node says no with.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        key: Option<&BusinessKey>,
    ) -> Result<T, Failure> {
        let address = self.address(path, query);
        let mut request = self.agent.get(&address).header("accept-language", self.tag());
        if let Some(key) = key {
            let genesis = self.genesis()?;
            for (name, value) in signature(key, &genesis, "GET", &address, None)? {
                request = request.header(name, value);
            }
        }
        self.read(request.call())
    }

    /// One thing, without what stands around it.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) fn one<T: DeserializeOwned>(
        &self,
        path: &str,
        key: Option<&BusinessKey>,
    ) -> Result<T, Failure> {
        self.get::<Found<T>>(path, &[], key).map(|found| found.data)
    }

    /// All pages of a list.
    ///
    /// # Errors
    /// As [`Client::get`]; [`Code::TooLarge`] for more pages than are read.
    pub(crate) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &[(&str, String)],
        key: Option<&BusinessKey>,
    ) -> Result<Vec<T>, Failure> {
        self.list_while(path, filter, key, &|_| true)
    }

    /// The things of a list up to the first that is not wanted.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub(crate) fn list_while<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &[(&str, String)],
        key: Option<&BusinessKey>,
        wanted: &dyn Fn(&T) -> bool,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let mut query = [filter, &[("limit", PAGE.to_owned())]].concat();
        for _ in 0..PAGES_MAX {
            let page: List<T> = self.get(path, &query, key)?;
            let whole = all.len() + page.data.len();
            all.extend(page.data.into_iter().take_while(|thing| wanted(thing)));
            let is_over = all.len() < whole;
            // A mark carries the filters that it came with.
            match page.page.next {
                Some(next) if !is_over => {
                    query = vec![("limit", PAGE.to_owned()), ("cursor", next)];
                }
                Some(_) | None => return Ok(all),
            }
        }
        Err(Failure::new(Code::TooLarge, path))
    }

    /// Sends JSON; with a key, as its owner.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        body: &[u8],
        key: Option<&BusinessKey>,
    ) -> Result<T, Failure> {
        let address = self.address(path, query);
        let mut request = self
            .agent
            .post(&address)
            .header("accept-language", self.tag())
            .header("content-type", "application/json");
        if let Some(key) = key {
            let genesis = self.genesis()?;
            for (name, value) in signature(key, &genesis, "POST", &address, Some(body))? {
                request = request.header(name, value);
            }
        }
        self.read(request.send(body))
    }

    fn read<T: DeserializeOwned>(
        &self,
        answer: Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, Failure> {
        let node = &self.session.node;
        let bytes = self.bytes(&mut self.good(answer)?)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Failure::new(Code::NodeAnswer, format!("{node}: {error}")))
    }

    /// An answer that says yes; otherwise what the node says no with.
    pub(super) fn good(
        &self,
        answer: Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<Response<ureq::Body>, Failure> {
        let mut answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let problem: Result<Problem, _> = serde_json::from_slice(&self.bytes(&mut answer)?);
        Err(match problem {
            Ok(problem) => Failure::new(problem.code, crate::reading::clean(&problem.detail)),
            Err(_) => {
                Failure::new(Code::NodeAnswer, format!("{}: HTTP {status}", self.session.node))
            }
        })
    }

    fn bytes(&self, answer: &mut Response<ureq::Body>) -> Result<Vec<u8>, Failure> {
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        body.read_to_vec().map_err(|error| self.unreachable(&error))
    }

    pub(super) fn unreachable(&self, error: &dyn std::fmt::Display) -> Failure {
        Failure::new(Code::NodeUnreachable, format!("{}: {error}", self.session.node))
    }

    /// Where the node stands.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) fn status(&self) -> Result<Status, Failure> {
        self.get(path::STATUS, &[], None)
    }

    /// What time it is on the ledger: where its clock is that of its data, the clock of this machine says
    /// nothing.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(crate) fn now(&self) -> Result<BlockTime, Failure> {
        let status = self.status()?;
        Ok(match status.clock {
            Clock::Data => status.time,
            Clock::Real => now(),
        })
    }

    /// The ledger that the node speaks for: the one that it spoke for when it was first asked from this
    /// machine. A node that later speaks for another is not used.
    ///
    /// # Errors
    /// [`Code::ChainId`] for another ledger; as [`Client::get`]; those of the system.
    ///
    /// Source: WAL-9.
    pub(crate) fn genesis(&self) -> Result<Digest, Failure> {
        let said = self.status()?.genesis;
        let path = self.session.home.join(KNOWN);
        let mut known: BTreeMap<String, Digest> = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Failure::new(Code::Storage, format!("{}: {error}", path.display()))
            })?,
            Err(_) => BTreeMap::new(),
        };
        match known.get(&self.session.node) {
            Some(pinned) if *pinned == said => Ok(said),
            Some(pinned) => Err(Failure::new(
                Code::ChainId,
                format!("{}: {said} ≠ {pinned} ({})", self.session.node, path.display()),
            )),
            None => {
                known.insert(self.session.node.clone(), said);
                private_file::folder(&self.session.home)?;
                let text = serde_json::to_string_pretty(&known).unwrap_or_default() + "\n";
                private_file::replace(&path, text.as_bytes())?;
                Ok(said)
            }
        }
    }
}

/// The headers with which a key signs a question, once. Source: LED-2.9.
fn signature(
    key: &BusinessKey,
    genesis: &Digest,
    method: &str,
    target: &str,
    body: Option<&[u8]>,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| Failure::new(Code::Randomness, error))?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(signing::headers(key, genesis, method, target, body, since.as_secs(), &to_hex(&nonce)))
}

/// A value in a query: everything but letters, digits and a few marks in per cent (RFC 3986).
fn escaped(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_holds_any_text() {
        assert_eq!(escaped("a-b_c.d~E9"), "a-b_c.d~E9");
        assert_eq!(escaped("a&b=c 王"), "a%26b%3Dc%20%E7%8E%8B");
    }
}

//! This exists to ask a node that runs on this machine: where it listens lies in its folder, and it answers
//! on the listener for operators.

use super::status::is_locked;
use crate::api::admin::{ADVANCE, Advance, NamedPeer, PEERS, STATUS, Stands};
use crate::config::Settings;
use linli_ledger::code::Code;
use linli_ledger::types::{BlockTime, Height};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A long move makes a block for everything that falls due on the way.
const MOVE_LIMIT: Duration = Duration::from_mins(10);
/// A node that is well answers at once.
const STATUS_LIMIT: Duration = Duration::from_secs(5);

/// Where a running node listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Its interface.
    pub api: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
}

impl Addresses {
    fn path(folder: &Path) -> PathBuf {
        folder.join("node").join("addresses.json")
    }

    /// Leaves them in the node's folder, for commands that are typed beside it.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let path = Self::path(folder);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, serde_json::to_vec(self)?)
    }

    /// Those of the node that uses this folder, if one does.
    pub fn read(folder: &Path) -> Option<Self> {
        if !is_locked(&folder.join("node").join("lock")) {
            return None;
        }
        serde_json::from_slice(&fs::read(Self::path(folder)).ok()?).ok()
    }
}

/// Why a running node did not answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// None runs.
    #[error("no node runs in {}", .0.display())]
    NotRunning(PathBuf),
    /// Nothing answers there.
    #[error("no node answers at {0}: {1}")]
    Unreachable(SocketAddr, Box<ureq::Error>),
    /// It answers with a no.
    #[error("the node at {0} says {1}: {2}")]
    Refused(SocketAddr, Code, String),
    /// Something else answers there.
    #[error("what answers at {0} is no node that can do this: HTTP {1}")]
    Other(SocketAddr, u16),
}

impl AskError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::NotRunning(_) | Self::Unreachable(..) => Code::NodeUnreachable,
            Self::Refused(_, code, _) => *code,
            Self::Other(..) => Code::NodeAnswer,
        }
    }
}

/// Where the chain is after its clock was moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Moved {
    /// Height of the last block.
    pub height: Height,
    /// Its time.
    pub time: BlockTime,
}

/// How a running node says that it stands; `None` if none uses this folder.
///
/// # Errors
/// [`AskError`], in the order of its variants.
pub(crate) fn ask(folder: &Path) -> Result<Option<Stands>, AskError> {
    Addresses::read(folder).map(|addresses| get(addresses, STATUS)).transpose()
}

/// Who the other nodes are, as the running node says; `None` if it is alone.
///
/// # Errors
/// [`AskError`], in the order of its variants.
pub(crate) fn peers(folder: &Path) -> Result<Option<Vec<NamedPeer>>, AskError> {
    let addresses = Addresses::read(folder);
    get(addresses.ok_or_else(|| AskError::NotRunning(folder.to_owned()))?, PEERS)
}

fn get<T: DeserializeOwned>(addresses: Addresses, path: &str) -> Result<T, AskError> {
    let admin = reachable(addresses.admin);
    answer(admin, agent(STATUS_LIMIT).get(format!("http://{admin}{path}")).call())
}

/// Moves the clock of a running demonstration on: of the one at an address, else of the one in the folder,
/// else of the one where the settings say.
///
/// # Errors
/// [`AskError`], in the order of its variants.
pub fn advance(
    settings: &Settings,
    admin: Option<SocketAddr>,
    by: Duration,
) -> Result<Moved, AskError> {
    let known = || Addresses::read(&settings.folder).map(|addresses| addresses.admin);
    let admin = reachable(admin.or_else(known).unwrap_or(settings.admin));
    let milliseconds = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    let sent = agent(MOVE_LIMIT)
        .post(format!("http://{admin}{ADVANCE}"))
        .send_json(Advance { milliseconds });
    answer(admin, sent)
}

fn agent(limit: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    config.into()
}

/// A "no" of the listener for operators.
#[derive(Deserialize)]
struct No {
    code: Code,
    detail: String,
}

fn answer<T: DeserializeOwned>(
    at: SocketAddr,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<T, AskError> {
    let unreachable = |error: ureq::Error| AskError::Unreachable(at, Box::new(error));
    let mut answer = answer.map_err(unreachable)?;
    let status = answer.status();
    let bytes = answer.body_mut().read_to_vec().map_err(unreachable)?;
    let other = || AskError::Other(at, status.as_u16());
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|_| other());
    }
    let No { code, detail } = serde_json::from_slice(&bytes).map_err(|_| other())?;
    Err(AskError::Refused(at, code, detail))
}

/// How a listener on this machine is reached: one on every address, on this machine's own.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}

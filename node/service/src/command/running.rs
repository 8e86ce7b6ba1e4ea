//! This exists to run a node until it is told to stop: the chain, its read model, its interface.

use super::good;
use super::said::{self, failed};
use crate::api::Api;
use crate::config::{Config, Settings};
use crate::dev;
use crate::index::Follower;
use crate::key_file::{KeyFileError, Keyring};
use crate::live::{Live, LiveError, LiveOptions, Times};
use crate::logs;
use crate::operations::running::Addresses;
use linli_ledger::code::Code;
use linli_ledger::genesis::{Clock, Genesis, Keys};
use linli_ledger::types::BlockTime;
use linli_node::Blocks;
use linli_node::storage::Folder;
use linli_verify::{Language, Output, Said};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tracing::{error, info, warn};

/// Why a node does not run: its code and what is wrong.
pub(super) struct Failure(pub(super) Code, pub(super) String);

impl Failure {
    pub(super) fn new(code: Code, detail: &impl ToString) -> Self {
        Self(code, detail.to_string())
    }
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        Self::new(error.code(), &error)
    }
}

/// `linlid start`.
pub(super) fn start(config: &Config, read_only: bool, output: Output, language: Language) -> Said {
    let settings = &config.settings;
    logs::begin(&settings.log, settings.log_format);
    let ran = open(settings, read_only, language).and_then(|live| {
        let genesis = live.genesis().clone();
        serve(&live, settings, |Addresses { api, .. }, _| {
            let warning = said::warning(&genesis, language);
            match output {
                Output::Table => format!("{}  http://{api}\n{warning}", genesis.name),
                Output::Json => said::line(&serde_json::json!({
                    "ok": true, "api": format!("http://{api}"), "chain_id": genesis.name,
                    "genesis_hash": genesis.hash().to_hex(), "keys": said::keys(&genesis),
                })),
            }
        })
    });
    ended(ran, output, language)
}

/// `linlid dev`: in `--dir` to keep it, otherwise in a folder that goes with it.
pub(super) fn dev(
    config: &Config,
    keep: bool,
    clock: Option<Clock>,
    output: Output,
    language: Language,
) -> Said {
    let mut settings = config.settings.clone();
    logs::begin(&settings.log, settings.log_format);
    let temporary = if keep {
        None
    } else {
        match tempfile::Builder::new().prefix("linli-dev-").tempdir() {
            Ok(folder) => {
                folder.path().clone_into(&mut settings.folder);
                Some(folder)
            }
            Err(error) => return failed(Code::Storage, &error.to_string(), output, language),
        }
    };
    let ran = open_dev(&settings, clock).and_then(|(live, accounts)| {
        let (genesis, folder) = (live.genesis().clone(), settings.folder.clone());
        serve(&live, &settings, |addresses, index| {
            // What the demonstration has is there to be looked at from the first word on.
            index.wait_for(live.health().head.height, Duration::from_secs(10));
            said::demonstration(&genesis, &accounts, addresses, &folder, output, language)
        })
    });
    drop(temporary);
    ended(ran, output, language)
}

/// `linlid reindex`.
pub(super) fn reindex(config: &Config, output: Output, language: Language) -> Said {
    let settings = &config.settings;
    logs::begin(&settings.log, settings.log_format);
    let built = options(settings, true, language).and_then(|options| {
        crate::index::rebuild(&options, &mut |_, _| {})
            .map_err(|error| Failure::new(error.code(), &error))
    });
    match (built, output) {
        (Ok(height), Output::Json) => {
            good(said::line(&serde_json::json!({ "ok": true, "height": height.to_string() })))
        }
        (Ok(height), Output::Table) => good(match language {
            Language::Chinese => format!("查询索引已重建到第 {height} 个区块。\n"),
            Language::English => format!("The read model is built anew up to block {height}.\n"),
        }),
        (Err(Failure(code, detail)), _) => failed(code, &detail, output, language),
    }
}

fn ended(ran: Result<(), Failure>, output: Output, language: Language) -> Said {
    match ran {
        Ok(()) => good(String::new()),
        Err(Failure(code, detail)) => failed(code, &detail, output, language),
    }
}

/// The genesis of the chain that is there, or of the one that is to begin.
pub(super) fn genesis(settings: &Settings) -> Result<Genesis, Failure> {
    let stored = stored_genesis(&settings.folder)?;
    let genesis = match (stored, &settings.genesis) {
        (Some(genesis), _) => genesis,
        (None, Some(path)) => {
            let text = std::fs::read(path).map_err(|error| {
                Failure::new(Code::InputMissing, &format!("{}: {error}", path.display()))
            })?;
            serde_json::from_slice::<Genesis>(&text)
                .map_err(|error| error.to_string())
                .and_then(|genesis| match genesis.check() {
                    Ok(()) => Ok(genesis),
                    Err(error) => Err(error.to_string()),
                })
                .map_err(|error| {
                    Failure::new(Code::GenesisInvalid, &format!("{}: {error}", path.display()))
                })?
        }
        (None, None) => {
            let what = format!("there is no chain in {}", settings.folder.display());
            return Err(Failure::new(Code::InputMissing, &what));
        }
    };
    if settings.admits(&genesis) {
        Ok(genesis)
    } else {
        let what = "the chain has demonstration keys and network is real";
        Err(Failure::new(Code::DemonstrationKeys, &what))
    }
}

fn stored_genesis(folder: &Path) -> Result<Option<Genesis>, Failure> {
    let chain = folder.join("chain");
    if !chain.is_dir() {
        return Ok(None);
    }
    let opened = Folder::create(&chain);
    let opened = opened.map_err(|error| Failure::new(Code::Storage, &error))?;
    Blocks::new(Box::new(opened)).genesis().map_err(|error| Failure::new(error.code(), &error))
}

fn open(settings: &Settings, read_only: bool, language: Language) -> Result<Live, Failure> {
    Ok(Live::open(options(settings, read_only, language)?)?)
}

fn options(
    settings: &Settings,
    read_only: bool,
    language: Language,
) -> Result<LiveOptions, Failure> {
    let genesis = genesis(settings)?;
    let shown = read_only || genesis.clock == Clock::Data;
    if genesis.keys == Keys::Demonstration {
        warn!("demonstration keys: nothing here is real");
    }
    let (validator, network) = if shown {
        (None, None)
    } else {
        let mut keys = Keyring::new(settings, language);
        let no = |error: KeyFileError| Failure::new(error.code(), &error);
        (keys.validator().map_err(no)?, keys.network().map_err(no)?)
    };
    let network = network.map(|key| settings.network(key));
    let rulebook = Arc::new(linli_contracts::rulebook());
    Ok(LiveOptions { validator, network, ..settings.live(genesis, rulebook) })
}

fn open_dev(
    settings: &Settings,
    clock: Option<Clock>,
) -> Result<(Live, Vec<dev::Account>), Failure> {
    let stored = stored_genesis(&settings.folder)?;
    let now = BlockTime(linli_node::milliseconds_since_epoch());
    let genesis = match stored {
        Some(genesis) if genesis == dev::genesis(genesis.clock, genesis.time) => {
            if clock.is_some_and(|clock| clock != genesis.clock) {
                let what = "the demonstration in the folder has the other clock, for ever";
                return Err(Failure::new(Code::OtherInput, &what));
            }
            genesis
        }
        Some(_) => {
            let what = "the folder holds a chain that is not a demonstration of this program";
            return Err(Failure::new(Code::OtherInput, &what));
        }
        None => dev::begins(clock.unwrap_or(Clock::Real), now),
    };
    let rulebook = Arc::new(linli_contracts::rulebook());
    let validator = Some(dev::validator());
    let times = match genesis.clock {
        Clock::Real => Times::Machine,
        Clock::Data => Times::Hand,
    };
    let options = LiveOptions { validator, times, ..settings.live(genesis, rulebook) };
    let live = Live::open(options)?;
    match dev::populate(&live) {
        Ok(accounts) => Ok((live, accounts)),
        Err(error) => {
            live.stop();
            Err(Failure::new(error.0, &error))
        }
    }
}

/// Threads that read the disk or verify for requests, one for a core: more would only wait for each other, and
/// each holds memory.
fn blocking_threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8)
}

/// Serves until a signal comes or the node ends by itself.
fn serve(
    live: &Live,
    settings: &Settings,
    greet: impl FnOnce(&Addresses, &Follower) -> String,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(blocking_threads())
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::Stopped, &error))?;
    let index = Follower::start(live).map_err(|error| Failure::new(error.code(), &error))?;
    let served = runtime.block_on(async {
        let listen = |address| async move {
            TcpListener::bind(address)
                .await
                .map_err(|error| Failure::new(Code::Configuration, &format!("{address}: {error}")))
        };
        let listener = listen(settings.api).await?;
        let admin = listen(settings.admin).await?;
        let addresses = Addresses {
            api: listener.local_addr().unwrap_or(settings.api),
            admin: admin.local_addr().unwrap_or(settings.admin),
        };
        if let Some(peers) = live.listens() {
            info!(address = %peers, "listens for other nodes");
        }
        if let Err(error) = addresses.write(&settings.folder) {
            warn!(%error, "commands beside this node will not find it by its folder");
        }
        let signals = Signals::hear()?;
        // Whoever started this waits for the line; a closed pipe is no reason to end.
        let mut out = std::io::stdout();
        let _ = out.write_all(greet(&addresses, &index).as_bytes());
        let _ = out.flush();
        info!(address = %addresses.api, "ready");
        interface(live, settings, Arc::new(index), (listener, admin), signals).await
    });
    // The index ends with the last clone of the interface, then the chain.
    runtime.shutdown_timeout(Duration::from_secs(5));
    live.stop();
    let ended = live.ended().borrow().clone();
    match ended {
        Some(error) => Err(Failure::new(error.code(), &error)),
        None => served,
    }
}

/// The interface, until the node should end.
async fn interface(
    live: &Live,
    settings: &Settings,
    index: Arc<Follower>,
    (listener, admin): (TcpListener, TcpListener),
    signals: Signals,
) -> Result<(), Failure> {
    let api = Api::new(live.clone(), index, settings.interface());
    crate::api::serve(api, listener, Some(admin), stop(live.clone(), signals))
        .await
        .map_err(|error| Failure::new(Code::Stopped, &error))
}

/// Resolves when the node should end.
async fn stop(live: Live, signals: Signals) {
    let mut ended = live.ended();
    tokio::select! {
        () = signals.first() => info!("told to stop"),
        _ = ended.wait_for(Option::is_some) => error!("the chain has ended by itself"),
    }
}

/// The signals that tell a process to end. Heard from the moment this is made: before that, they end
/// it as they find it.
#[cfg(unix)]
pub(super) struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    pub(super) fn hear() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let hear = |kind| signal(kind).map_err(|error| Failure::new(Code::Stopped, &error));
        Ok(Self([hear(SignalKind::interrupt())?, hear(SignalKind::terminate())?]))
    }

    pub(super) async fn first(self) {
        let [mut interrupt, mut terminate] = self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// Where there is only one such signal.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "as where it may fail")]
    pub(super) fn hear() -> Result<Self, Failure> {
        Ok(Self)
    }

    pub(super) async fn first(self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            warn!(%error, "no signal can be heard");
            std::future::pending::<()>().await;
        }
    }
}

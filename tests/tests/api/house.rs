//! This exists to put a chain of the workload into a folder, with an auditor added to it, and to ask
//! its interface as anybody, without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use linli_contracts::registry::{self, Role};
use linli_ledger::codec::encode;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::frame::Frame;
use linli_ledger::genesis::Genesis;
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use linli_ledger::transaction::{BODY_VERSION, Body as TransactionBody, SignedTransaction, Signer};
use linli_ledger::types::{
    BlockTime, Compartment, DAY_MS, HOUR_MS, Height, OrganisationId, PersonId, derive_identifier,
};
use linli_ledger::view::View;
use linli_service::api::{Api, ApiOptions, Share, router};
use linli_service::index::Follower;
use linli_service::{Live, LiveOptions};
use linli_tests::workload::{Batch, Certifier, Workload};
use linli_wire::signing;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tower::ServiceExt as _;

const SEED: &str = "interface";
/// Positions of the workload's organisations.
pub(crate) const OFFICE: u32 = 0;
pub(crate) const REGULATOR: u32 = 1;
pub(crate) const PARTNER: u32 = 4;

pub(crate) struct House {
    pub(crate) genesis: Genesis,
    pub(crate) state: State,
    /// The receipts of each block, from height 1.
    pub(crate) receipts: Vec<(Height, Vec<Receipt>)>,
    pub(crate) router: Router,
    live: Live,
    _folder: TempDir,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn code(&self) -> String {
        self.json::<Value>()["code"].as_str().unwrap_or_default().to_owned()
    }
}

pub(crate) fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(SEED.as_bytes(), label)
}

fn signed(
    genesis: &Genesis,
    signers: &[BusinessKey],
    nonce: u64,
    now: BlockTime,
    call: &registry::Call,
) -> SignedTransaction {
    let body = TransactionBody {
        version: BODY_VERSION,
        genesis: genesis.hash(),
        contract: registry::CONTRACT,
        call_version: 1,
        signers: signers.iter().map(|key| Signer { key: key.public(), grant: None }).collect(),
        nonce,
        salt: [3; 16],
        valid_until: now.plus(HOUR_MS),
        call: encode(call),
    };
    let signatures = signers.iter().map(|key| key.sign_transaction(&body.genesis, &body.id()));
    SignedTransaction::new(&body, signatures.collect())
}

/// An auditor of the regulator, in office for a year.
fn auditor(genesis: &Genesis, now: BlockTime) -> Vec<SignedTransaction> {
    let organisation = genesis.organisation(REGULATOR);
    let [office, regulator] = [OFFICE, REGULATOR].map(|n| key(&format!("organisation {n}")));
    let call = registry::Call::PersonRegister { organisation, key: key("auditor").public() };
    // Far above what the workload has used: the window moves with the highest.
    let person = signed(genesis, std::slice::from_ref(&regulator), 1 << 40, now, &call);
    let call = registry::Call::RoleGrant {
        person: PersonId(derive_identifier(&person.id(), 0)),
        role: Role::Auditor,
        organisation,
        scope: String::new(),
        level: 0,
        nullifier: None,
        from: now,
        to: now.plus(365 * DAY_MS),
    };
    let granted = signed(genesis, &[office, regulator], 1 << 40, now, &call);
    vec![person, granted]
}

impl House {
    pub(crate) fn new(transactions: usize) -> Self {
        let rulebook = Arc::new(linli_contracts::rulebook());
        let workload = Workload::new(SEED, 60);
        let genesis = workload.genesis().clone();
        let mut certifier = Certifier::new(&workload, &rulebook);
        let mut bytes = Frame::Genesis(encode(&genesis)).to_bytes();
        let (mut receipts, mut made) = (Vec::new(), 0);
        let mut write = |certifier: &mut Certifier, batch: Batch| {
            let (block, done) = certifier.block(batch, &rulebook);
            receipts.push((block.block.header.height, done));
            bytes.extend(Frame::Block(block).to_bytes());
        };
        for batch in workload {
            made += batch.transactions.len();
            write(&mut certifier, batch);
            if made >= transactions {
                break;
            }
        }
        let time = certifier.state.tip().time.plus(1);
        write(&mut certifier, Batch { time, transactions: auditor(&genesis, time) });
        let last = receipts.last().unwrap();
        assert!(last.1.iter().all(|receipt| receipt.rejection().is_none()), "{last:?}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("chain")).unwrap();
        std::fs::write(folder.path().join("chain/0000000000.chain"), bytes).unwrap();
        let options = LiveOptions::new(folder.path().to_owned(), genesis.clone(), rulebook);
        let live = Live::open(options).unwrap();
        let follower = Arc::new(Follower::start(&live).unwrap());
        let state = certifier.state;
        assert!(follower.wait_for(state.tip().height, Duration::from_mins(2)));
        let plenty = NonZeroU32::new(1_000_000).unwrap();
        let share = Share { per_second: plenty, burst: plenty };
        let options = ApiOptions { share, ..ApiOptions::default() };
        let router = router(Api::new(live.clone(), follower, options));
        Self { genesis, state, receipts, router, live, _folder: folder }
    }

    pub(crate) fn organisation(&self, position: u32) -> OrganisationId {
        self.genesis.organisation(position)
    }

    /// Both halves of the state, as the chain left it.
    pub(crate) fn view(&self) -> View<'_> {
        View::read_only(&self.state, Compartment::Restricted, self.state.tip().time)
    }

    /// Asks as the public, or with the signature of a key.
    pub(crate) async fn ask(&self, path: &str, who: Option<&BusinessKey>) -> Answer {
        static NONCE: AtomicU64 = AtomicU64::new(0);
        let mut request = Request::get(path).header(header::HOST, "localhost");
        if let Some(key) = who {
            let target = format!("http://localhost{path}");
            let nonce = format!("nonce-{:016}", NONCE.fetch_add(1, Ordering::Relaxed));
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            let genesis = self.genesis.hash();
            for (name, value) in signing::headers(key, &genesis, "GET", &target, None, now, &nonce)
            {
                request = request.header(name, value);
            }
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let text = String::from_utf8(body).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// What the public gets, which must be there.
    pub(crate) async fn read<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.ask(path, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.live.stop();
    }
}

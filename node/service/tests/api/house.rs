//! This exists to open a node with its interface in a folder and to ask it without a socket.

use crate::common::options;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use linli_service::api::{Api, ApiOptions, Share, router};
use linli_service::index::Follower;
use linli_service::{Live, LiveOptions, QueueLimits};
use linli_wire::Problem;
use serde::de::DeserializeOwned;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) struct House {
    pub(crate) live: Live,
    pub(crate) router: Router,
    follower: Arc<Follower>,
    /// Goes with the house.
    folder: Option<TempDir>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The problem; it is one in every respect.
    pub(crate) fn problem(&self) -> Problem {
        let problem: Problem = self.json();
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(problem.status, self.status.as_u16(), "{problem:?}");
        assert_eq!(problem.kind, format!("/problems/{}", problem.code));
        assert!(!problem.title.is_empty() && !problem.hint.is_empty(), "{problem:?}");
        assert!(!problem.detail.is_empty() && !problem.request_id.is_empty(), "{problem:?}");
        problem
    }
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub(crate) fn post(path: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header(header::CONTENT_TYPE, kind).body(body.into()).unwrap()
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(QueueLimits::default())
    }

    pub(crate) fn with(queue: QueueLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let live = Live::open(LiveOptions { queue, ..options(folder.path()) }).unwrap();
        let mut house = Self::over(live);
        house.folder = Some(folder);
        house
    }

    /// Over a node that is there.
    pub(crate) fn over(live: Live) -> Self {
        let follower = Arc::new(Follower::start(&live).unwrap());
        let plenty = NonZeroU32::new(1_000_000).unwrap();
        let options = ApiOptions {
            share: Share { per_second: plenty, burst: plenty },
            ..ApiOptions::default()
        };
        let router = router(Api::new(live.clone(), follower.clone(), options));
        let house = Self { live, router, follower, folder: None };
        house.settle();
        house
    }

    /// Waits until the read model has every block.
    pub(crate) fn settle(&self) {
        let head = self.live.heights().borrow().height;
        assert!(self.follower.wait_for(head, Duration::from_mins(1)));
    }

    pub(crate) async fn open(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.live.stop();
    }
}

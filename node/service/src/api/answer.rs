//! This exists to write every answer with what caches and clients need: a tag of its content, the
//! height it was read at, and how long it may be kept.

use super::failure::Failure;
use super::viewer::Viewer;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use linli_ledger::hash::to_hex;
use linli_ledger::types::Height;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// The header with the height that an answer was read at.
pub(crate) const HEIGHT: HeaderName = HeaderName::from_static("x-linli-height");

/// How long an answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Ask each time whether it has changed.
    Fresh,
    /// It never changes.
    Final,
}

/// An answer in JSON.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    status: StatusCode,
    body: T,
    height: Height,
    cache: &'static str,
}

impl<T> Answer<T> {
    /// An answer that was read at a height, for whoever asked.
    pub(crate) fn new(body: T, height: Height, viewer: &Viewer, keep: Keep) -> Self {
        let cache = match (viewer, keep) {
            (Viewer::Public, Keep::Final) => "public, max-age=31536000, immutable",
            (Viewer::Public, Keep::Fresh) => "no-cache",
            // What somebody may see and others not stays in nobody's shared cache.
            _ => "private, no-store",
        };
        Self { status: StatusCode::OK, body, height, cache }
    }

    /// The same with another status.
    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let Ok(body) = serde_json::to_vec(&self.body) else {
            return Failure::internal("an answer has no JSON form").into_response();
        };
        let json = HeaderValue::from_static("application/json");
        (self.status, headers(&body, json, self.height, self.cache), body).into_response()
    }
}

/// An answer that is text of another type.
pub(crate) fn text(body: String, kind: &'static str, height: Height) -> Response {
    let kind = HeaderValue::from_static(kind);
    (headers(body.as_bytes(), kind, height, "private, no-store"), body).into_response()
}

fn headers(body: &[u8], kind: HeaderValue, height: Height, cache: &'static str) -> HeaderMap {
    let digest = Sha256::digest(body);
    let tag = format!("\"{}\"", to_hex(digest.get(..16).unwrap_or_default()));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language, signature"));
    headers.insert(HEIGHT, HeaderValue::from(height.0));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers
}

/// Answers 304 to whoever has the content already.
pub(crate) async fn conditional(request: Request, next: Next) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let Some((known, tag)) = known.zip(response.headers().get(header::ETAG)) else {
        return response;
    };
    let same = known.to_str().is_ok_and(|known| {
        known.split(',').map(str::trim).any(|known| {
            known == "*" || known.trim_start_matches("W/").as_bytes() == tag.as_bytes()
        })
    });
    if response.status() != StatusCode::OK || !same {
        return response;
    }
    let mut headers = response.headers().clone();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

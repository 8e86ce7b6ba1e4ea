//! This exists to find out who asks: a request without a signature is the public's; one with a
//! signature (RFC 9421, LED-2.9) is its key's, once.

use super::Api;
use super::failure::Failure;
use super::viewer::Viewer;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use linli_ledger::code::Code;
use linli_ledger::crypto::PublicKey;
use linli_wire::signing::{
    AGE_S_MAX, AHEAD_S_MAX, CONTENT_DIGEST, Claimed, SIGNATURE, SIGNATURE_INPUT, content_digest,
};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Nonces that are remembered: at 65 s each this is a thousand signed requests a second.
const NONCES_MAX: usize = 65_536;

/// The key that signed a request, if one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asker(pub(crate) Option<PublicKey>);

/// The nonces of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Nonces(Mutex<BTreeMap<(PublicKey, String), u64>>);

impl Nonces {
    /// Uses a nonce; `false` if it was used before, or if too many are remembered to tell.
    fn take(&self, key: PublicKey, nonce: &str, now: u64) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= NONCES_MAX {
            known.retain(|_, until| *until >= now);
        }
        if known.len() >= NONCES_MAX || known.contains_key(&(key, nonce.to_owned())) {
            return false;
        }
        known.insert((key, nonce.to_owned()), now + AGE_S_MAX + AHEAD_S_MAX);
        true
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Adds the [`Viewer`] to a request, or refuses it.
pub(crate) async fn authenticate(State(api): State<Api>, request: Request, next: Next) -> Response {
    match identify(&api, request).await {
        Ok(request) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

async fn identify(api: &Api, mut request: Request) -> Result<Request, Failure> {
    let headers = request.headers();
    if !headers.contains_key(SIGNATURE) && !headers.contains_key(SIGNATURE_INPUT) {
        request.extensions_mut().insert(Viewer::Public);
        request.extensions_mut().insert(Asker(None));
        return Ok(request);
    }
    let wrong = |why: &str| Failure::new(Code::RequestSignature, why.to_owned());
    let claimed = header(headers, SIGNATURE_INPUT)
        .zip(header(headers, SIGNATURE))
        .and_then(|(input, signature)| Claimed::read(&input, &signature))
        .ok_or_else(|| wrong("signature-input and signature are not written as LED-2.9 says"))?;
    let target = target(api, &request).ok_or_else(|| wrong("the request names no host"))?;
    let method = request.method().to_string();
    let digest = header(headers, CONTENT_DIGEST);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if claimed.created > now + AHEAD_S_MAX || claimed.created + AGE_S_MAX < now {
        let detail = format!("created is {}, the node's clock says {now}", claimed.created);
        return Err(Failure::new(Code::RequestTime, detail));
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, super::BODY_BYTES_MAX)
        .await
        .map_err(|_| Failure::new(Code::TooLarge, "the body is larger than this node takes"))?;
    let expected = (!bytes.is_empty()).then(|| content_digest(&bytes));
    if digest != expected {
        return Err(wrong("content-digest is not the sha-256 of the body"));
    }
    let genesis = api.genesis();
    if !claimed.holds(&genesis, &method, &target, digest) {
        return Err(wrong("the signature is not by keyid over this method, address and ledger"));
    }
    let viewer = api.restricted(|view, _| Viewer::of_key(view, claimed.key))?;
    if !api.nonces().take(claimed.key, &claimed.nonce, now) {
        return Err(Failure::new(Code::RequestReplayed, "the nonce was used before"));
    }
    api.limits().key(claimed.key)?;
    let mut request = Request::from_parts(parts, Body::from(bytes));
    request.extensions_mut().insert(viewer);
    request.extensions_mut().insert(Asker(Some(claimed.key)));
    Ok(request)
}

/// The address as the client wrote it: before a proxy, the operator says what it begins with.
fn target(api: &Api, request: &Request) -> Option<String> {
    let path = request.uri().path_and_query()?.as_str();
    if let Some(base) = &api.options().public_address {
        return Some(format!("{}{path}", base.trim_end_matches('/')));
    }
    let host = request.uri().authority().map(ToString::to_string);
    let host = host.or_else(|| header(request.headers(), header::HOST.as_str()))?;
    Some(format!("http://{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_used_once_by_each_key() {
        let nonces = Nonces::default();
        let (one, other) = (PublicKey::Ed25519([1; 32]), PublicKey::Ed25519([2; 32]));
        assert!(nonces.take(one, "n", 100));
        assert!(!nonces.take(one, "n", 100));
        assert!(nonces.take(other, "n", 100) && nonces.take(one, "m", 100));
    }

    #[test]
    fn a_full_memory_refuses_and_old_nonces_make_room() {
        let nonces = Nonces::default();
        let key = PublicKey::Ed25519([1; 32]);
        for n in 0..NONCES_MAX {
            assert!(nonces.take(key, &n.to_string(), 100));
        }
        assert!(!nonces.take(key, "another", 100));
        assert!(nonces.take(key, "another", 100 + AGE_S_MAX + AHEAD_S_MAX + 1));
    }
}

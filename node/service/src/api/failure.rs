//! This exists to turn every no into one form: handlers say a code and what is wrong with which value,
//! and one place writes the problem in the language that was asked for.

use crate::index::IndexError;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use linli_ledger::code::{Class, Code};
use linli_node::NodeError;
use linli_wire::problem::CONTENT_TYPE;
use linli_wire::{Explanation, FieldProblem, Language, Problem};
use std::time::Duration;

/// The header with the number of the request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The stable code.
    pub(crate) code: Code,
    /// What is wrong with which value, in English.
    pub(crate) detail: String,
    /// Each part that is wrong.
    pub(crate) errors: Vec<FieldProblem>,
    /// When it is worth trying again.
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    /// A no with what is wrong.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// A parameter that is wrong.
    pub(crate) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let errors = vec![FieldProblem { pointer: name.to_owned(), detail: detail.clone() }];
        Self { errors, ..Self::new(Code::RequestQuery, format!("{name}: {detail}")) }
    }

    /// Something that is not there.
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("there is no {what} {id}"))
    }

    /// A fault of this machine; what exactly is in the log only.
    pub(crate) fn internal(why: &str) -> Self {
        tracing::error!(why, "a request failed because of this machine");
        Self::new(Code::Internal, "the node could not do this; the operator's log says why")
    }

    pub(crate) fn retry(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }

    /// The problem as a client reads it.
    pub(crate) fn problem(&self, asked: &Asked) -> Problem {
        let Explanation { title, hint, .. } = Explanation::new(self.code, &[], asked.language);
        Problem {
            kind: format!("/problems/{}", self.code),
            title,
            status: status(self.code).as_u16(),
            code: self.code,
            detail: self.detail.clone(),
            hint,
            instance: asked.path.clone(),
            request_id: asked.request_id.clone(),
            errors: self.errors.clone(),
        }
    }
}

/// The HTTP status of a code.
pub(crate) fn status(code: Code) -> StatusCode {
    match code {
        Code::RequestBody
        | Code::RequestQuery
        | Code::Cursor
        | Code::BatchSize
        | Code::Encoding
        | Code::JsonNumber
        | Code::IndexQuestion => StatusCode::BAD_REQUEST,
        Code::Unauthenticated
        | Code::RequestSignature
        | Code::RequestTime
        | Code::RequestReplayed => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::UnknownPath | Code::NotFound | Code::UnknownHeight => StatusCode::NOT_FOUND,
        Code::Method => StatusCode::METHOD_NOT_ALLOWED,
        Code::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::NonceUsed => StatusCode::CONFLICT,
        Code::RateLimit | Code::QueueFull => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::RequestTimeout => StatusCode::GATEWAY_TIMEOUT,
        other => match other.class() {
            Class::Door => StatusCode::UNPROCESSABLE_ENTITY,
            Class::Rejection => StatusCode::CONFLICT,
            Class::Error => StatusCode::SERVICE_UNAVAILABLE,
        },
    }
}

/// What a response that is none of ours stands for: the router's, the body limit's, the timeout's.
fn foreign(status: StatusCode, asked: &Asked) -> Failure {
    let code = match status {
        StatusCode::NOT_FOUND => Code::UnknownPath,
        StatusCode::METHOD_NOT_ALLOWED => Code::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::MediaType,
        StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        status if status.is_client_error() => Code::RequestBody,
        _ => return Failure::internal("a layer answered with an error of its own"),
    };
    let Asked { method, path, .. } = asked;
    Failure::new(code, format!("{method} {path} is not served"))
}

/// What the answer to a request depends on besides its address.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) language: Language,
    pub(crate) request_id: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let text = |name: HeaderName| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Self {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            language: Language::accepted(&text(header::ACCEPT_LANGUAGE)),
            request_id: text(REQUEST_ID),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status(self.code).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes every error, ours or a layer's, as a problem. Outermost but for the request's number.
pub(crate) async fn problems(mut request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    request.extensions_mut().insert(asked.clone());
    let mut response = next.run(request).await;
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let failure = response.extensions_mut().remove::<Failure>();
    let failure = failure.unwrap_or_else(|| foreign(response.status(), &asked));
    let allowed = response.headers().get(header::ALLOW).cloned();
    let mut written = (status(failure.code), headers(&failure, &asked), body(&failure, &asked));
    if let Some(allowed) = allowed {
        written.1.insert(header::ALLOW, allowed);
    }
    written.into_response()
}

fn body(failure: &Failure, asked: &Asked) -> Vec<u8> {
    serde_json::to_vec(&failure.problem(asked)).unwrap_or_default()
}

fn headers(failure: &Failure, asked: &Asked) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(asked.language.tag()));
    if let Some(after) = failure.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    if status(failure.code) == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Signature"));
    }
    headers
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        let code = error.code();
        if code == Code::IndexRebuilding {
            return Self::new(code, error.to_string()).retry(Duration::from_secs(2));
        }
        if code == Code::IndexQuestion {
            return Self::new(code, error.to_string());
        }
        tracing::error!(%error, "the read model does not answer");
        Self::new(code, "this machine could not read the chain; the operator's log says why")
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        tracing::error!(%error, "the chain file does not answer");
        Self::new(
            error.code(),
            "this machine could not read the chain; the operator's log says why",
        )
    }
}

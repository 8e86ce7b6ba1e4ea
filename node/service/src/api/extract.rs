//! This exists to read the parts of a request strictly: what is unknown, given twice or not in its
//! form is a problem that names the part.

use super::failure::Failure;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The query of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Ask<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query
            .map(|Query(query)| Self(query))
            .map_err(|error| Failure::parameter("query", reason(&error.body_text())))
    }
}

/// What the library says, without its preamble.
fn reason(text: &str) -> String {
    text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text).to_owned()
}

/// A query without parameters.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The one part of the path that is the client's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<T>(pub(crate) T);

impl<S: Sync, T: FromStr<Err: std::fmt::Display>> FromRequestParts<S> for Part<T>
where
    S: Send,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|error| Failure::parameter("path", error.body_text()))?;
        text.parse()
            .map(Self)
            .map_err(|error: T::Err| Failure::parameter("path", error.to_string()))
    }
}

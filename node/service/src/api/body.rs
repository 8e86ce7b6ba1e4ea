//! This exists to read what a submission holds: bytes as they are, or JSON with one transaction or several.

use super::failure::Failure;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_ledger::code::Code;
use linli_wire::transaction::{SubmitMany, SubmitOne};
use serde_json::Value;

/// Transactions in one request.
const BATCH_MAX: usize = 1_000;
/// Levels of JSON; a submission has two.
const DEPTH_MAX: usize = 32;

/// What a request holds.
pub(super) enum Submission {
    One(Vec<u8>),
    Many(Vec<Result<Vec<u8>, Failure>>),
}

/// Reads a body by its media type.
///
/// # Errors
/// [`Code::MediaType`], [`Code::RequestBody`], [`Code::BatchSize`].
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Submission, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match kind.to_ascii_lowercase().as_str() {
        "application/octet-stream" => Ok(Submission::One(body.to_vec())),
        "application/json" => read_json(body),
        _ => Err(Failure::new(Code::MediaType, format!("content-type is {kind:?}"))),
    }
}

fn read_json(body: &[u8]) -> Result<Submission, Failure> {
    let wrong = |detail: String| Failure::new(Code::RequestBody, detail);
    if depth(body) > DEPTH_MAX {
        return Err(wrong(format!("the body is more than {DEPTH_MAX} levels deep")));
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))?;
    if value.get("transactions").is_none() {
        let SubmitOne { transaction } =
            serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
        return bytes(&transaction, "/transaction").map(Submission::One);
    }
    let SubmitMany { transactions } =
        serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
    if !(1..=BATCH_MAX).contains(&transactions.len()) {
        let detail = format!("{} transactions; 1 to {BATCH_MAX} are taken", transactions.len());
        return Err(Failure::new(Code::BatchSize, detail));
    }
    let each = transactions.iter().enumerate();
    let read = each.map(|(n, text)| bytes(text, &format!("/transactions/{n}")));
    Ok(Submission::Many(read.collect()))
}

fn bytes(text: &str, pointer: &str) -> Result<Vec<u8>, Failure> {
    STANDARD.decode(text).map_err(|error| {
        let detail = format!("expected base64: {error}");
        Failure {
            errors: vec![linli_wire::FieldProblem {
                pointer: pointer.to_owned(),
                detail: detail.clone(),
            }],
            ..Failure::new(Code::RequestBody, format!("{pointer}: {detail}"))
        }
    })
}

/// How deep brackets are nested, outside of texts.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_texts() {
        for (json, expected) in
            [("", 0), ("{}", 1), (r#"{"a":[1,{"b":"]["}]}"#, 3), (r#""\"[[[""#, 0), ("[[[[", 4)]
        {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn bodies_that_are_none_are_said_to_be_so() {
        for (body, code) in [
            ("", Code::RequestBody),
            ("[]", Code::RequestBody),
            ("{}", Code::RequestBody),
            (r#"{"transaction":1}"#, Code::RequestBody),
            (r#"{"transaction":"AA==","more":1}"#, Code::RequestBody),
            (r#"{"transaction":"ÄÖ"}"#, Code::RequestBody),
            (r#"{"transactions":[]}"#, Code::BatchSize),
            (r#"{"transactions":"AA=="}"#, Code::RequestBody),
            (r#"{"transactions":["AA=="],"transaction":"AA=="}"#, Code::RequestBody),
        ] {
            let failure = read_json(body.as_bytes()).err().expect(body);
            assert_eq!(failure.code, code, "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read_json(deep.as_bytes()).err().unwrap().code, Code::RequestBody);
    }
}

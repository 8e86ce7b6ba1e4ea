//! This exists to write and read the headers of a signed request (RFC 9421, RFC 9530), once for those
//! who ask and for those who answer. Which bytes are signed is the ledger's to say (LED-2.9).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_ledger::crypto::{BusinessKey, PublicKey, Signature, SignedRequest};
use linli_ledger::hash::{Digest, from_hex_bytes};
use sha2::{Digest as _, Sha256};

/// The header with the parameters of the signature.
pub const SIGNATURE_INPUT: &str = "signature-input";
/// The header with the signature.
pub const SIGNATURE: &str = "signature";
/// The header with the digest of the body.
pub const CONTENT_DIGEST: &str = "content-digest";
/// How old a signature may be, seconds.
pub const AGE_S_MAX: u64 = 60;
/// How far the clock of whoever signs may be ahead, seconds.
pub const AHEAD_S_MAX: u64 = 5;

const LABEL: &str = "linli=";

/// The value of `Content-Digest` for a body.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// The headers with which a client signs a request: names and values.
///
/// `target` is the whole address, `nonce` 16 to 64 random letters or digits, `created` seconds since
/// the epoch.
pub fn headers(
    key: &BusinessKey,
    genesis: &Digest,
    method: &str,
    target: &str,
    body: Option<&[u8]>,
    created: u64,
    nonce: &str,
) -> Vec<(&'static str, String)> {
    let request = SignedRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        content_digest: body.map(content_digest),
        created,
        key: key.public(),
        nonce: nonce.to_owned(),
        genesis: *genesis,
    };
    let Signature::Ed25519(signature) = key.sign_request(&request);
    let mut headers = vec![
        (SIGNATURE_INPUT, format!("{LABEL}{}", request.parameters())),
        (SIGNATURE, format!("{LABEL}:{}:", STANDARD.encode(signature))),
    ];
    headers.extend(request.content_digest.map(|digest| (CONTENT_DIGEST, digest)));
    headers
}

/// What the headers of a signed request say; nothing is checked but their form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// When it was signed.
    pub created: u64,
    /// By which key.
    pub key: PublicKey,
    /// Used once.
    pub nonce: String,
    /// The signature.
    pub signature: Signature,
    /// The parameters as they were written: they must be those of the request.
    pub parameters: String,
}

impl Claimed {
    /// Reads the two headers; `None` unless they are written as [`headers`] writes them.
    pub fn read(input: &str, signature: &str) -> Option<Self> {
        let parameters = input.strip_prefix(LABEL)?;
        let value = |name: &str| {
            let rest = parameters.split_once(&format!(";{name}="))?.1;
            Some(rest.split(';').next().unwrap_or_default())
        };
        let text = |name: &str| value(name)?.strip_prefix('"')?.strip_suffix('"');
        let key: [u8; 32] = from_hex_bytes(text("keyid")?)?.try_into().ok()?;
        let nonce = text("nonce")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(16..=64).contains(&nonce.len()) || !nonce.chars().all(plain) {
            return None;
        }
        let encoded = signature.strip_prefix(LABEL)?.strip_prefix(':')?.strip_suffix(':')?;
        let signature: [u8; 64] = STANDARD.decode(encoded).ok()?.try_into().ok()?;
        Some(Self {
            created: value("created")?.parse().ok()?,
            key: PublicKey::Ed25519(key),
            nonce: nonce.to_owned(),
            signature: Signature::Ed25519(signature),
            parameters: parameters.to_owned(),
        })
    }

    /// Whether the claim is true of this request: every parameter as it must be, and the signature by
    /// the key over all of it.
    pub fn holds(
        &self,
        genesis: &Digest,
        method: &str,
        target: &str,
        content_digest: Option<String>,
    ) -> bool {
        let request = SignedRequest {
            method: method.to_owned(),
            target: target.to_owned(),
            content_digest,
            created: self.created,
            key: self.key,
            nonce: self.nonce.clone(),
            genesis: *genesis,
        };
        request.parameters() == self.parameters && request.verify(&self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "http://127.0.0.1:8640/v1/vouchers";

    fn signed(body: Option<&[u8]>) -> (Digest, Vec<(&'static str, String)>) {
        let key = BusinessKey::demonstration(b"signing", "anybody");
        let genesis = Digest::Blake3([9; 32]);
        let headers =
            headers(&key, &genesis, "GET", TARGET, body, 1_771_234_567, "0123456789abcdef");
        (genesis, headers)
    }

    #[test]
    fn what_is_written_is_read_and_holds() {
        for body in [None, Some(b"{}".as_slice())] {
            let (genesis, headers) = signed(body);
            let claimed = Claimed::read(&headers[0].1, &headers[1].1).unwrap();
            let digest = body.map(content_digest);
            assert!(claimed.holds(&genesis, "GET", TARGET, digest.clone()));
            assert!(!claimed.holds(&genesis, "POST", TARGET, digest.clone()));
            assert!(!claimed.holds(&genesis, "GET", "http://127.0.0.1:8640/v1", digest.clone()));
            assert!(!claimed.holds(&Digest::Blake3([8; 32]), "GET", TARGET, digest));
        }
    }

    #[test]
    fn other_forms_are_not_read() {
        let (_, headers) = signed(None);
        let (input, signature) = (headers[0].1.clone(), headers[1].1.clone());
        for (input, signature) in [
            (input.replace("linli=", "other="), signature.clone()),
            (input.replace("0123456789abcdef", "short"), signature.clone()),
            (input.replace("0123456789abcdef", "0123456789 abcdef"), signature.clone()),
            (input.replace(";created=1771234567", ""), signature.clone()),
            (input.clone(), signature.replace(':', "")),
            (input.clone(), "linli=:AAAA:".to_owned()),
            (String::new(), String::new()),
        ] {
            assert_eq!(Claimed::read(&input, &signature), None, "{input} {signature}");
        }
        let reordered = input.replace(r#";alg="ed25519""#, "");
        let claimed = Claimed::read(&reordered, &signature).unwrap();
        assert!(!claimed.holds(&Digest::Blake3([9; 32]), "GET", TARGET, None));
    }
}

//! This exists to say which bytes a signed request signs (RFC 9421), once for those who ask and for
//! those who answer. The bytes are text: no domain's preimage is (LED-2.3), so a request can never be
//! taken for a transaction or a vote.

use super::{BusinessKey, PublicKey, Signature};
use crate::hash::Digest;
use ed25519_dalek::Signer as _;

/// What is signed of a request. Source: LED-2.9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The method, upper case.
    pub method: String,
    /// Scheme, authority, path and query, as the client sends them.
    pub target: String,
    /// The value of the header `Content-Digest`, where there is a body.
    pub content_digest: Option<String>,
    /// When it was signed, seconds since the epoch.
    pub created: u64,
    /// The key that signs.
    pub key: PublicKey,
    /// Used once.
    pub nonce: String,
    /// The chain.
    pub genesis: Digest,
}

impl SignedRequest {
    /// The signature parameters: what follows the label in the header `Signature-Input`.
    pub fn parameters(&self) -> String {
        let digest = match self.content_digest {
            Some(_) => r#" "content-digest""#,
            None => "",
        };
        let Self { created, key, nonce, genesis, .. } = self;
        format!(
            r#"("@method" "@target-uri"{digest});created={created};keyid="{key}";nonce="{nonce}";alg="ed25519";tag="linli:{genesis}""#
        )
    }

    /// The signature base of RFC 9421 §2.5.
    pub fn base(&self) -> String {
        let Self { method, target, .. } = self;
        let digest = self.content_digest.as_ref();
        let digest =
            digest.map_or_else(String::new, |value| format!("\"content-digest\": {value}\n"));
        let parameters = self.parameters();
        format!(
            "\"@method\": {method}\n\"@target-uri\": {target}\n{digest}\"@signature-params\": {parameters}"
        )
    }

    /// Whether `signature` is by the key over this request. Source: LED-2.9.
    pub fn verify(&self, signature: &Signature) -> bool {
        self.key.verifies(self.base().as_bytes(), signature)
    }
}

impl BusinessKey {
    /// Signs a request; `request.key` must be this key's, or nobody will take it. Source: LED-2.9.
    pub fn sign_request(&self, request: &SignedRequest) -> Signature {
        Signature::Ed25519(self.0.sign(request.base().as_bytes()).to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(key: &BusinessKey) -> SignedRequest {
        SignedRequest {
            method: "GET".into(),
            target: "http://127.0.0.1:8640/v1/vouchers?limit=2".into(),
            content_digest: None,
            created: 1_771_234_567,
            key: key.public(),
            nonce: "0123456789abcdef".into(),
            genesis: Digest::Blake3([7; 32]),
        }
    }

    #[test]
    fn a_signature_covers_every_part() {
        let key = BusinessKey::demonstration(b"request", "anybody");
        let request = request(&key);
        let signature = key.sign_request(&request);
        assert!(request.verify(&signature));
        let other = BusinessKey::demonstration(b"request", "another").public();
        let changed = [
            SignedRequest { method: "POST".into(), ..request.clone() },
            SignedRequest {
                target: request.target.replace("limit=2", "limit=3"),
                ..request.clone()
            },
            SignedRequest { content_digest: Some("sha-256=:AA==:".into()), ..request.clone() },
            SignedRequest { created: 1_771_234_568, ..request.clone() },
            SignedRequest { nonce: "0123456789abcdeg".into(), ..request.clone() },
            SignedRequest { genesis: Digest::Blake3([8; 32]), ..request.clone() },
            SignedRequest { key: other, ..request.clone() },
        ];
        for changed in changed {
            assert!(!changed.verify(&signature), "{changed:?}");
        }
    }

    #[test]
    fn the_base_is_text_as_the_standard_writes_it() {
        let key = BusinessKey::demonstration(b"request", "anybody");
        let request =
            SignedRequest { content_digest: Some("sha-256=:AA==:".into()), ..request(&key) };
        let genesis = "07".repeat(32);
        let expected = format!(
            "\"@method\": GET\n\
             \"@target-uri\": http://127.0.0.1:8640/v1/vouchers?limit=2\n\
             \"content-digest\": sha-256=:AA==:\n\
             \"@signature-params\": (\"@method\" \"@target-uri\" \"content-digest\")\
             ;created=1771234567;keyid=\"{}\";nonce=\"0123456789abcdef\";alg=\"ed25519\"\
             ;tag=\"linli:{genesis}\"",
            key.public()
        );
        assert_eq!(request.base(), expected);
        assert!(!expected.contains('\0'), "a domain's preimage has a zero byte in its first 32");
    }
}

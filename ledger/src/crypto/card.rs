//! This exists to say which bytes a card signs: what an organisation hands to whoever puts a genesis
//! together. The bytes are text: no domain's preimage is (LED-2.3), so a card can never be taken for a
//! transaction or a vote.

use super::{PublicKey, Signature};
use crate::genesis::{Keys, OrganisationKind};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of an address at the most: a name of 253, a colon, a port.
const ADDRESS_BYTES_MAX: usize = 259;

/// What an organisation says of itself and of one node before there is a chain. Source: LED-2.10.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Card {
    /// The public name of the organisation.
    pub name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// Whether its keys are its own, or everybody's.
    pub keys: Keys,
    /// Its business key.
    pub organisation: PublicKey,
    /// The key of its validator; none of an observer.
    pub validator: Option<PublicKey>,
    /// The network key of the node.
    pub node: PublicKey,
    /// Where other nodes reach it, `host:port`; none if it only calls others.
    pub address: Option<String>,
}

/// Who signs a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardSigner {
    /// The organisation.
    Organisation,
    /// Its validator.
    Validator,
    /// Its node on the network.
    Node,
}

impl fmt::Display for CardSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organisation => "organisation",
            Self::Validator => "validator",
            Self::Node => "node",
        })
    }
}

/// Why a card is no good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// A name that no genesis takes.
    #[error("the name of the organisation is empty, longer than 64 bytes or not printable")]
    Name,
    /// Not an address.
    #[error("\"{0}\" is no address: expected host:port")]
    Address(String),
    /// A key that no one should use, or one that stands in two places.
    #[error("key {0} is weak or stands in two places")]
    Key(PublicKey),
    /// A signature that is missing, left over or not by that key over this card.
    #[error(
        "the signature of its {0} does not fit: the card was changed, or somebody else holds that key"
    )]
    Signature(CardSigner),
}

/// A card with a signature by each key that it names: nobody hands in somebody else's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct SignedCard {
    /// What is signed.
    pub card: Card,
    /// By the organisation.
    pub organisation: Signature,
    /// By the validator, if there is one.
    pub validator: Option<Signature>,
    /// By the node.
    pub node: Signature,
}

impl Card {
    /// The text that is signed. Source: LED-2.10.
    pub fn text(&self) -> String {
        let Self { name, organisation, node, .. } = self;
        let none = || "none".to_owned();
        let validator = self.validator.as_ref().map_or_else(none, ToString::to_string);
        let address = self.address.clone().unwrap_or_else(none);
        let keys = match self.keys {
            Keys::Real => "real",
            Keys::Demonstration => "demonstration",
        };
        let kind = self.kind.name();
        format!(
            "linli card 1\nname: {name}\nkind: {kind}\nkeys: {keys}\norganisation: {organisation}\n\
             validator: {validator}\nnode: {node}\naddress: {address}\n"
        )
    }

    /// Signs with the secret of one of the keys that the card names.
    pub fn sign(&self, secret: &[u8; 32]) -> Signature {
        let key = SigningKey::from_bytes(secret);
        Signature::Ed25519(key.sign(self.text().as_bytes()).to_bytes())
    }

    /// Whether a genesis could take it.
    ///
    /// # Errors
    /// In this order: [`CardError::Name`], [`CardError::Address`], [`CardError::Key`].
    pub fn check(&self) -> Result<(), CardError> {
        let printable = |text: &str| !text.chars().any(char::is_control);
        if !(1..=64).contains(&self.name.len()) || !printable(&self.name) {
            return Err(CardError::Name);
        }
        if let Some(address) = &self.address
            && !(address.len() <= ADDRESS_BYTES_MAX && is_address(address))
        {
            return Err(CardError::Address(address.escape_default().to_string()));
        }
        let mut seen = Vec::new();
        for key in [Some(self.organisation), self.validator, Some(self.node)].into_iter().flatten()
        {
            if key.check().is_err() || seen.contains(&key) {
                return Err(CardError::Key(key));
            }
            seen.push(key);
        }
        Ok(())
    }
}

/// Whether a text is `host:port`, in visible ASCII.
fn is_address(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    let is_number = |letter: char| letter.is_ascii_hexdigit() || ":.".contains(letter);
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let named = match bare {
            Some(numbers) => !numbers.is_empty() && numbers.chars().all(is_number),
            None => !host.is_empty() && host.chars().all(is_letter),
        };
        named && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

impl SignedCard {
    /// Whether the card is sound and every key on it has signed it.
    ///
    /// # Errors
    /// In this order: those of [`Card::check`]; [`CardError::Signature`] for the organisation, the
    /// validator, the node.
    pub fn verify(&self) -> Result<(), CardError> {
        self.card.check()?;
        let text = self.card.text();
        let signed = |key: &PublicKey, signature| key.verifies(text.as_bytes(), signature);
        let validator = match (&self.card.validator, &self.validator) {
            (Some(key), Some(signature)) => signed(key, signature),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        for (holds, signer) in [
            (signed(&self.card.organisation, &self.organisation), CardSigner::Organisation),
            (validator, CardSigner::Validator),
            (signed(&self.card.node, &self.node), CardSigner::Node),
        ] {
            if !holds {
                return Err(CardError::Signature(signer));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{BusinessKey, ConsensusKey};

    fn card() -> Card {
        Card {
            name: "示例街道办事处".into(),
            kind: OrganisationKind::PublicBody,
            keys: Keys::Real,
            organisation: BusinessKey::from_seed(&[1; 32]).public(),
            validator: Some(ConsensusKey::from_seed(&[2; 32]).public()),
            node: ConsensusKey::from_seed(&[3; 32]).public(),
            address: Some("node.example:8650".into()),
        }
    }

    fn signed(card: Card) -> SignedCard {
        SignedCard {
            organisation: card.sign(&[1; 32]),
            validator: card.validator.map(|_| card.sign(&[2; 32])),
            node: card.sign(&[3; 32]),
            card,
        }
    }

    #[test]
    fn a_card_is_signed_by_every_key_on_it() {
        signed(card()).verify().unwrap();
        signed(Card { validator: None, address: None, ..card() }).verify().unwrap();
        let good = signed(card());
        let other = |card: &Card| card.sign(&[9; 32]);
        for (wrong, signer) in [
            (
                SignedCard { organisation: other(&good.card), ..good.clone() },
                CardSigner::Organisation,
            ),
            (
                SignedCard { validator: Some(other(&good.card)), ..good.clone() },
                CardSigner::Validator,
            ),
            (SignedCard { validator: None, ..good.clone() }, CardSigner::Validator),
            (SignedCard { node: other(&good.card), ..good.clone() }, CardSigner::Node),
        ] {
            assert_eq!(wrong.verify(), Err(CardError::Signature(signer)));
        }
        let mut observer = signed(Card { validator: None, ..card() });
        observer.validator = good.validator;
        assert_eq!(observer.verify(), Err(CardError::Signature(CardSigner::Validator)));
    }

    #[test]
    fn a_changed_card_is_refused_whatever_was_changed() {
        let good = signed(card());
        let changed = [
            Card { name: "示例街道办事处 ".into(), ..card() },
            Card { kind: OrganisationKind::Regulator, ..card() },
            Card { keys: Keys::Demonstration, ..card() },
            Card { organisation: BusinessKey::from_seed(&[4; 32]).public(), ..card() },
            Card { validator: Some(ConsensusKey::from_seed(&[4; 32]).public()), ..card() },
            Card { validator: None, ..card() },
            Card { node: ConsensusKey::from_seed(&[4; 32]).public(), ..card() },
            Card { address: Some("node.example:8651".into()), ..card() },
            Card { address: None, ..card() },
        ];
        for card in changed {
            let wrong = SignedCard { card, ..good.clone() };
            assert!(matches!(wrong.verify(), Err(CardError::Signature(_))), "{wrong:?}");
        }
    }

    #[test]
    fn what_no_genesis_takes_is_no_card() {
        let check = |card: Card| card.check().unwrap_err();
        for name in ["", "two\nlines", &"长".repeat(22)] {
            assert_eq!(check(Card { name: name.into(), ..card() }), CardError::Name);
        }
        for address in [
            "",
            "host",
            "host:",
            ":1",
            "host:0",
            "host:65536",
            "ho st:1",
            "主机:1",
            "http://node:1",
            "2001:db8::1:1",
            "[]:1",
        ] {
            let found = check(Card { address: Some(address.into()), ..card() });
            assert!(matches!(found, CardError::Address(_)), "{address}");
        }
        let key = card().node;
        assert_eq!(check(Card { organisation: key, ..card() }), CardError::Key(key));
        let weak = PublicKey::Ed25519([0; 32]);
        assert_eq!(check(Card { validator: Some(weak), ..card() }), CardError::Key(weak));
    }

    #[test]
    fn the_text_is_as_the_specification_writes_it() {
        let Card { organisation, node, .. } = card();
        let text = Card { validator: None, address: None, ..card() }.text();
        let expected = format!(
            "linli card 1\nname: 示例街道办事处\nkind: public_body\nkeys: real\n\
             organisation: {organisation}\nvalidator: none\nnode: {node}\naddress: none\n"
        );
        assert_eq!(text, expected);
    }
}

use super::*;
use crate::certificate::{ValidatorSet, VoteKind};
use crate::hash::from_hex;
use crate::types::{BlockHash, Height, OrganisationId};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use std::collections::BTreeSet;

/// A signature on which verifiers in the world disagree.
struct Edge {
    case: &'static str,
    key: &'static str,
    message: &'static str,
    r: &'static str,
    s: &'static str,
    /// What libsodium says (measured), and therefore what we say.
    is_valid: bool,
}

/// The twelve conditions of eprint 2020/1244 (Chalkias, Garillot, Nikolaenko; table 5), with
/// keys, messages and signatures of our own. Run through libsodium they give its published row,
/// `XXXVXXXXXXXX`, and through OpenSSL that one's, `VVVVXXXXXXXV`.
const EDGES: [Edge; 12] = [
    Edge {
        case: "0: A small, R small, S zero; cofactorless holds",
        key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        message: "35e7f88eaf0665c5f1f9107473e79fae3cb7c86b6cb6524402b8c8fd199f9949",
        r: "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        s: "0000000000000000000000000000000000000000000000000000000000000000",
        is_valid: false,
    },
    Edge {
        case: "1: A small, R mixed; cofactorless holds",
        key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        message: "5409e718723179de6a0a033ca07a3ed68f56076610d2cc1bf95e05e6681b48da",
        r: "892977ec4738f0759be8ced50b6f765eb343fe5c3680675e72773e7355dd6cbb",
        s: "279d1bffca9241278f42bee47903ecefd18e416a03cf2c782e455ee680917606",
        is_valid: false,
    },
    Edge {
        case: "2: A mixed, R small; cofactorless holds",
        key: "f22ebcc3c1bb5d23dfe769f45e7bd3cf1705d09220a45c44223b42c5f2ee65a0",
        message: "7ea7263bf7ef35526988018d876e082f0e425e042152ac50c112dc7dcfdfa6b8",
        r: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        s: "31e4681f884cff3aac8e414a4b75c50ce0493a0ff96ab9625c61756123748d0b",
        is_valid: false,
    },
    Edge {
        case: "3: A mixed, R mixed; cofactorless holds",
        key: "f22ebcc3c1bb5d23dfe769f45e7bd3cf1705d09220a45c44223b42c5f2ee65a0",
        message: "bc18bcefc0a41ddbbc8236b569b8693af8a0349f06f02661f54a57c4a671eaaa",
        r: "862c0539ffd40bb2048cf44bb05280525e567177b23db2ecc4b82057e976d875",
        s: "d6c61c32960bf417b6a9e1da02194263a70537489ca29ce2b6e0022723957a05",
        is_valid: true,
    },
    Edge {
        case: "4: A mixed, R mixed; only the cofactored equation holds",
        key: "f22ebcc3c1bb5d23dfe769f45e7bd3cf1705d09220a45c44223b42c5f2ee65a0",
        message: "bd1f06cb51f1fc1fcb85293b47a45814ed03ca9d6497b2683a545e26ed8762f9",
        r: "862c0539ffd40bb2048cf44bb05280525e567177b23db2ecc4b82057e976d875",
        s: "69de4128b1730782df60d7fd00b3b4c4110e4746001ba07051f39e9598cb9d0d",
        is_valid: false,
    },
    Edge {
        case: "5: A mixed, R prime; cofactored holds unless 8k is reduced first",
        key: "f22ebcc3c1bb5d23dfe769f45e7bd3cf1705d09220a45c44223b42c5f2ee65a0",
        message: "646f8994942fb10dfdd4d8991235e1c6cb7fc1c083d6114f01bcdb6eff1d7335",
        r: "803080645baf99ec646963eaf6c198f8e5db8cbcd4769291725073b2a55895ce",
        s: "9eb86c4ab2d0b2db7f2d5bcec98bedbcad2f6aa986057a6d5a0e843214c56a03",
        is_valid: false,
    },
    Edge {
        case: "6: S above L by L",
        key: "b73c1339f6253938f4ca824bd73bcf001bfe712fb48e823b52c3b49b0352b3b8",
        message: "3568c4f2181e71cec94955f4d64a6bdb5e43d7e4f5d4c5611bedb38d011b843f",
        r: "803080645baf99ec646963eaf6c198f8e5db8cbcd4769291725073b2a55895ce",
        s: "865effd405a3445306591055cd29212a66b93ac8c8325961da9b9d05db0c0312",
        is_valid: false,
    },
    Edge {
        case: "7: S far above L",
        key: "b73c1339f6253938f4ca824bd73bcf001bfe712fb48e823b52c3b49b0352b3b8",
        message: "3568c4f2181e71cec94955f4d64a6bdb5e43d7e4f5d4c5611bedb38d011b843f",
        r: "803080645baf99ec646963eaf6c198f8e5db8cbcd4769291725073b2a55895ce",
        s: "7cf570ea760e4624bfec9a3efad3524e67b93ac8c8325961da9b9d05db0c03f2",
        is_valid: false,
    },
    Edge {
        case: "8: R small, not canonical; k over R re-encoded",
        key: "f22ebcc3c1bb5d23dfe769f45e7bd3cf1705d09220a45c44223b42c5f2ee65a0",
        message: "423166bca7fb7d70c26e3aedc1f0e4af1b19ec7e39b1fbf05db8b21f8a8dd345",
        r: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        s: "bf96d5879b409b7fbd5fb6756a4a59c82df5d1f1fbb9664bfd8d8e8a7b72dd0b",
        is_valid: false,
    },
    Edge {
        case: "9: R small, not canonical; k over the bytes",
        key: "f22ebcc3c1bb5d23dfe769f45e7bd3cf1705d09220a45c44223b42c5f2ee65a0",
        message: "b5cbbcf5b8af046b904206ddd9862ce1aa04663b7dfe4356e832f6170bd0cf8a",
        r: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        s: "289b117a92198e18d2b0b3525a82ccc5a60d5fa841c3f6372cf1ca779e75600b",
        is_valid: false,
    },
    Edge {
        case: "10: A small, not canonical; k over A re-encoded",
        key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        message: "ccb3f9f4ca1df213b0d8b6a5b7a4483f12aca227f248db6733b6d42b4cf61ca3",
        r: "6dcf7f9ba45066139b969c15093e67071a2473432b896d6e8daf8c4d5aa76a31",
        s: "279d1bffca9241278f42bee47903ecefd18e416a03cf2c782e455ee680917606",
        is_valid: false,
    },
    Edge {
        case: "11: A small, not canonical; k over the bytes",
        key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        message: "9f27cfb132170b4d98d4c34e0c996a1dd20fadda1135e41aff2e5da7c5af75e7",
        r: "6dcf7f9ba45066139b969c15093e67071a2473432b896d6e8daf8c4d5aa76a31",
        s: "279d1bffca9241278f42bee47903ecefd18e416a03cf2c782e455ee680917606",
        is_valid: false,
    },
];

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn bytes(hex: &str) -> [u8; 32] {
    from_hex(hex).unwrap()
}

fn joined(r: [u8; 32], s: [u8; 32]) -> Signature {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    Signature::Ed25519(signature)
}

fn digest_of(n: u8) -> Digest {
    Digest::Blake3([n; 32])
}

#[test]
fn of_the_twelve_edge_cases_only_the_one_that_libsodium_accepts_is_accepted() {
    for edge in &EDGES {
        let key = PublicKey::Ed25519(bytes(edge.key));
        let signature = joined(bytes(edge.r), bytes(edge.s));
        let found = key.verifies(&bytes(edge.message), &signature);
        assert_eq!(found, edge.is_valid, "case {}", edge.case);
    }
    assert_eq!(EDGES.iter().filter(|edge| edge.is_valid).count(), 1);
}

#[test]
fn no_key_of_an_edge_case_with_a_wrong_key_may_be_enrolled() {
    let expected = |case: &str| match case.split_once(':').unwrap().0 {
        "0" | "1" => Err(KeyError::SmallOrder),
        "2" | "3" | "4" | "5" | "8" | "9" => Err(KeyError::MixedOrder),
        "10" | "11" => Err(KeyError::Encoding),
        _ => Ok(()),
    };
    for edge in &EDGES {
        let found = PublicKey::Ed25519(bytes(edge.key)).check();
        assert_eq!(found, expected(edge.case), "case {}", edge.case);
    }
}

#[test]
fn the_eight_points_of_small_order_are_no_keys() {
    for point in EIGHT_TORSION {
        let key = PublicKey::Ed25519(point.compress().to_bytes());
        assert_eq!(key.check(), Err(KeyError::SmallOrder), "{key}");
    }
}

#[test]
fn a_key_with_a_torsion_component_is_no_key() {
    let clean = key(1).verifying_key().to_edwards();
    for (n, torsion) in EIGHT_TORSION.into_iter().enumerate() {
        let key = PublicKey::Ed25519((clean + torsion).compress().to_bytes());
        let expected = if n == 0 { Ok(()) } else { Err(KeyError::MixedOrder) };
        assert_eq!(key.check(), expected, "torsion point {n}");
    }
}

#[test]
fn a_second_spelling_of_a_point_is_no_key() {
    let mut second = BTreeSet::new();
    // y from p to 2^255 − 1 stands for y − p, with either sign of x.
    for low in 0xed..=0xff_u8 {
        for high in [0x7f, 0xff] {
            let mut spelling = [0xff; 32];
            (spelling[0], spelling[31]) = (low, high);
            if CompressedEdwardsY(spelling).decompress().is_some() {
                second.insert(spelling);
            }
        }
    }
    assert_eq!(second.len(), 24, "12 of the 19 values of y are on the curve");
    // x = 0 with the sign of a negative x.
    let mut identity = [0; 32];
    (identity[0], identity[31]) = (1, 0x80);
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    second.extend([identity, minus_one]);
    for spelling in second {
        let key = PublicKey::Ed25519(spelling);
        assert_eq!(key.check(), Err(KeyError::Encoding), "{key}");
    }
}

#[test]
fn bytes_off_the_curve_are_no_key_and_verify_nothing() {
    let mut off = [0; 32];
    off[0] = 2;
    let key = PublicKey::Ed25519(off);
    assert_eq!(key.check(), Err(KeyError::Encoding));
    assert!(!key.verifies(b"", &joined([0; 32], [0; 32])));
}

#[test]
fn a_signature_has_one_s() {
    let (message, signer) = (b"message", key(1));
    let public = PublicKey::Ed25519(signer.verifying_key().to_bytes());
    let (r, s) = {
        let signature = signer.sign(message);
        (*signature.r_bytes(), *signature.s_bytes())
    };
    assert!(public.verifies(message, &joined(r, s)));
    // S + n·L while it fits in 32 bytes: the same scalar, another spelling.
    let order_minus_one = (-Scalar::ONE).to_bytes();
    let mut other = s;
    for n in 1..=15 {
        let mut carry = 1_u16;
        for (byte, add) in other.iter_mut().zip(order_minus_one) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert_eq!(carry, 0, "L is below 2^253, S is below L");
        assert_eq!(Scalar::from_bytes_mod_order(other), Scalar::from_bytes_mod_order(s));
        assert!(!public.verifies(message, &joined(r, other)), "S + {n}·L");
    }
}

#[test]
fn a_signature_with_any_byte_changed_is_refused() {
    let signer = key(1);
    let public = PublicKey::Ed25519(signer.verifying_key().to_bytes());
    let (genesis, id) = (digest_of(1), TransactionId(digest_of(2)));
    let Signature::Ed25519(good) = BusinessKey(signer).sign_transaction(&genesis, &id);
    assert!(verify_transaction(&genesis, &id, &public, &Signature::Ed25519(good)));
    for place in 0..64 {
        let mut twin = good;
        twin[place] ^= 1 << (place % 8);
        let twin = Signature::Ed25519(twin);
        assert!(!verify_transaction(&genesis, &id, &public, &twin), "byte {place}");
    }
}

const PURPOSES: [Domain; 6] = [
    Domain::SignTransaction,
    Domain::SignPrevote,
    Domain::SignPrecommit,
    Domain::SignProposal,
    Domain::SignPeer,
    Domain::SignRecovery,
];

#[test]
fn a_signature_serves_one_purpose_on_one_chain_for_one_key_and_one_message() {
    let messages: [&[u8]; 3] = [b"", &[7; 32], &[7; 64]];
    let cells: Vec<_> = PURPOSES
        .iter()
        .flat_map(|purpose| [1, 2].map(|chain| (*purpose, chain)))
        .flat_map(|(purpose, chain)| [3, 4].map(|signer| (purpose, chain, signer)))
        .flat_map(|(purpose, chain, signer)| messages.map(|text| (purpose, chain, signer, text)))
        .collect();
    for made @ (purpose, chain, signer, text) in &cells {
        let signature = sign(&key(*signer), *purpose, &digest_of(*chain), text);
        for asked @ (purpose, chain, signer, text) in &cells {
            let public = PublicKey::Ed25519(key(*signer).verifying_key().to_bytes());
            let message = signed_bytes(*purpose, &digest_of(*chain), text);
            let found = public.verifies(&message, &signature);
            assert_eq!(found, made == asked, "{made:?} offered as {asked:?}");
        }
    }
}

#[test]
fn every_public_verifier_refuses_what_the_others_accept() {
    let genesis = digest_of(1);
    let business = BusinessKey(key(1));
    let consensus = ConsensusKey(key(1));
    let public = business.public();
    let set = ValidatorSet::new(vec![crate::certificate::Validator {
        key: public,
        organisation: OrganisationId([1; 32]),
        power: 1,
    }]);
    let block = BlockHash(digest_of(9));
    let vote =
        |kind| Vote { kind, height: Height(1), round: 0, value: Some(block), validator: public };
    let (prevote, precommit) = (vote(VoteKind::Prevote), vote(VoteKind::Precommit));
    let proposal =
        Proposal { height: Height(1), round: 0, value: block, pol_round: None, validator: public };
    let recovery = Recovery { block, height: Height(1), validators: set.unwrap() };
    let id = TransactionId(block.0);
    let peer = block.0.bytes();
    let made = [
        business.sign_transaction(&genesis, &id),
        consensus.sign_vote(&genesis, &prevote),
        consensus.sign_vote(&genesis, &precommit),
        consensus.sign_proposal(&genesis, &proposal),
        consensus.sign_peer(&genesis, peer),
        business.sign_recovery(&genesis, &recovery),
    ];
    let verdicts = |genesis: &Digest, signature: &Signature| {
        [
            verify_transaction(genesis, &id, &public, signature),
            prevote.verify(genesis, signature),
            precommit.verify(genesis, signature),
            proposal.verify(genesis, signature),
            verify_peer(genesis, peer, &public, signature),
            recovery.verify(genesis, &public, signature),
        ]
    };
    for (purpose, signature) in made.iter().enumerate() {
        let expected: Vec<_> = (0..made.len()).map(|other| other == purpose).collect();
        assert_eq!(verdicts(&genesis, signature).to_vec(), expected, "purpose {purpose}");
        assert_eq!(verdicts(&digest_of(2), signature), [false; 6], "another chain");
    }
}

#[test]
fn the_domain_of_a_signature_ends_with_a_zero_byte_so_that_it_is_never_a_text() {
    for purpose in PURPOSES {
        assert_eq!(purpose.key()[31], 0, "{}", purpose.name());
    }
}

#[test]
fn a_demonstration_key_depends_on_seed_and_label() {
    let keys: BTreeSet<_> = [("s", "a"), ("s", "b"), ("t", "a"), ("sa", "")]
        .map(|(seed, label)| BusinessKey::demonstration(seed.as_bytes(), label).public())
        .into();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| key.check().is_ok()));
}

use super::*;
use crate::codec::{decode, encode};
use crate::crypto::{BusinessKey, ConsensusKey};

const HEIGHT: Height = Height(7);
const ROUND: u32 = 3;

fn genesis() -> Digest {
    Digest::Blake3([1; 32])
}

fn block() -> BlockHash {
    BlockHash(Digest::Blake3([2; 32]))
}

fn validator(n: u8) -> ConsensusKey {
    ConsensusKey::from_seed(&[n; 32])
}

fn member(n: u8, power: u64) -> Validator {
    Validator { key: validator(n).public(), organisation: OrganisationId([n; 32]), power }
}

/// Validators 0, 1, 2 … with these powers.
fn set(powers: &[u64]) -> ValidatorSet {
    let members = (0..).zip(powers).map(|(n, power)| member(n, *power)).collect();
    ValidatorSet::new(members).unwrap()
}

fn precommit(n: u8) -> Vote {
    Vote {
        kind: VoteKind::Precommit,
        height: HEIGHT,
        round: ROUND,
        value: Some(block()),
        validator: validator(n).public(),
    }
}

fn signed(n: u8, vote: &Vote) -> (PublicKey, Signature) {
    (validator(n).public(), validator(n).sign_vote(&genesis(), vote))
}

fn commit(signers: &[u8]) -> CommitCertificate {
    let signatures = signers.iter().map(|n| signed(*n, &precommit(*n))).collect();
    CommitCertificate { round: ROUND, signatures }
}

fn check(commit: &CommitCertificate, set: &ValidatorSet) -> Result<(), CertificateError> {
    let governance = Governance { threshold: 1, members: Vec::new() };
    Certificate::Quorum(commit.clone()).verify(&genesis(), HEIGHT, block(), set, || governance)
}

#[test]
fn a_quorum_is_more_than_two_thirds_of_the_power() {
    let cases: [(&[u64], &[u8], bool); 9] = [
        (&[1], &[0], true),
        (&[1], &[], false),
        (&[1, 1], &[0], false),
        (&[1, 1, 1], &[0, 1], false),
        (&[1, 1, 1], &[0, 1, 2], true),
        (&[1, 1, 1, 1], &[0, 1, 2], true),
        (&[3, 3, 2, 1], &[0, 1], false),
        (&[3, 3, 2, 1], &[0, 1, 3], true),
        (&[u64::MAX / 8, u64::MAX / 8 - 1, 1], &[0, 1], true),
    ];
    for (powers, signers, is_quorum) in cases {
        let expected = if is_quorum { Ok(()) } else { Err(CertificateError::NoQuorum) };
        assert_eq!(check(&commit(signers), &set(powers)), expected, "{signers:?} of {powers:?}");
    }
}

#[test]
fn exactly_two_thirds_are_no_quorum_at_any_size() {
    for third in [1, 2, 1_000, u64::MAX / 12] {
        let set = set(&[third, third, third]);
        assert!(!set.is_quorum(2 * third), "2/3 of 3·{third}");
        assert!(set.is_quorum(2 * third + 1), "2/3 of 3·{third} and one");
        assert!(!set.is_quorum(0));
    }
}

#[test]
fn the_order_of_signatures_does_not_matter() {
    let set = set(&[1; 4]);
    for signers in [[0, 1, 2], [2, 1, 0], [3, 0, 2]] {
        assert_eq!(check(&commit(&signers), &set), Ok(()));
    }
}

#[test]
fn a_key_counts_once() {
    let twice = commit(&[0, 1, 1]);
    let expected = Err(CertificateError::Duplicate(validator(1).public()));
    assert_eq!(check(&twice, &set(&[1; 4])), expected);
}

#[test]
fn a_stranger_is_refused_even_beside_a_quorum() {
    let expected = Err(CertificateError::Stranger(validator(4).public()));
    assert_eq!(check(&commit(&[0, 1, 2, 4]), &set(&[1; 4])), expected);
}

#[test]
fn a_wrong_signature_is_refused_even_beside_a_quorum() {
    let mut commit = commit(&[0, 1, 2]);
    commit.signatures.push((validator(3).public(), signed(0, &precommit(0)).1));
    let expected = Err(CertificateError::Signature(validator(3).public()));
    assert_eq!(check(&commit, &set(&[1; 4])), expected);
}

#[test]
fn only_a_precommit_for_this_block_height_and_round_counts() {
    let right = precommit(2);
    let other = Digest::Blake3([9; 32]);
    let twins = [
        Vote { kind: VoteKind::Prevote, ..right.clone() },
        Vote { height: Height(6), ..right.clone() },
        Vote { height: Height(8), ..right.clone() },
        Vote { round: ROUND - 1, ..right.clone() },
        Vote { round: ROUND + 1, ..right.clone() },
        Vote { value: None, ..right.clone() },
        Vote { value: Some(BlockHash(other)), ..right.clone() },
        Vote { validator: validator(1).public(), ..right.clone() },
    ];
    let set = set(&[1; 3]);
    for twin in twins {
        let mut commit = commit(&[0, 1]);
        commit.signatures.push(signed(2, &twin));
        let expected = Err(CertificateError::Signature(validator(2).public()));
        assert_eq!(check(&commit, &set), expected, "{twin:?}");
    }
}

#[test]
fn a_certificate_serves_one_chain_height_block_and_round() {
    let (set, good) = (set(&[1; 3]), commit(&[0, 1, 2]));
    let refused = Err(CertificateError::Signature(validator(0).public()));
    let other = Digest::Blake3([9; 32]);
    assert_eq!(good.verify(&genesis(), HEIGHT, block(), &set), Ok(()));
    assert_eq!(good.verify(&other, HEIGHT, block(), &set), refused);
    assert_eq!(good.verify(&genesis(), HEIGHT.next(), block(), &set), refused);
    assert_eq!(good.verify(&genesis(), HEIGHT, BlockHash(other), &set), refused);
    let moved = CommitCertificate { round: ROUND + 1, ..good };
    assert_eq!(moved.verify(&genesis(), HEIGHT, block(), &set), refused);
}

#[test]
fn any_changed_byte_of_a_signature_is_noticed() {
    let set = set(&[1; 3]);
    for place in 0..64 {
        let mut twin = commit(&[0, 1, 2]);
        let Signature::Ed25519(bytes) = &mut twin.signatures[1].1;
        bytes[place] ^= 1 << (place % 8);
        let expected = Err(CertificateError::Signature(validator(1).public()));
        assert_eq!(check(&twin, &set), expected, "byte {place}");
    }
}

#[test]
fn a_set_has_distinct_keys_and_powers_above_zero() {
    let refused = [
        vec![],
        vec![member(0, 0)],
        vec![member(0, 1), member(1, 0)],
        vec![member(0, 1), member(0, 1)],
        vec![member(0, u64::MAX / 4), member(1, 1)],
        vec![member(0, u64::MAX), member(1, u64::MAX)],
    ];
    for members in refused {
        assert_eq!(ValidatorSet::new(members.clone()), None, "{members:?}");
        let bytes = encode(&members);
        assert!(decode::<ValidatorSet>(&bytes, "a set").is_err(), "bytes of {members:?}");
    }
    assert!(ValidatorSet::new(vec![member(0, u64::MAX / 4)]).is_some());
}

#[test]
fn the_hash_of_a_set_covers_every_field_and_the_order() {
    let base = vec![member(0, 1), member(1, 2)];
    let mut twins = vec![base.clone(); 5];
    twins[1].reverse();
    twins[2][0].power = 3;
    twins[3][0].organisation = OrganisationId([7; 32]);
    twins[4].truncate(1);
    let hashes: BTreeSet<_> =
        twins.into_iter().map(|twin| ValidatorSet::new(twin).unwrap().hash()).collect();
    assert_eq!(hashes.len(), 5);
}

fn organisation(n: u8) -> BusinessKey {
    BusinessKey::from_seed(&[100 + n; 32])
}

fn governance(threshold: u32) -> Governance {
    let members = (0..3).map(|n| (OrganisationId([n; 32]), organisation(n).public())).collect();
    Governance { threshold, members }
}

fn recovery() -> Recovery {
    Recovery { block: block(), height: HEIGHT, validators: set(&[1, 1]) }
}

fn recover(signers: &[u8], signed: &Recovery, threshold: u32) -> Result<(), CertificateError> {
    let signatures = signers
        .iter()
        .map(|n| (organisation(*n).public(), organisation(*n).sign_recovery(&genesis(), signed)))
        .collect();
    let certificate = Certificate::Recovery { validators: recovery().validators, signatures };
    certificate.verify(&genesis(), HEIGHT, block(), &set(&[1; 4]), || governance(threshold))
}

#[test]
fn a_recovery_needs_m_of_n_organisations() {
    let right = recovery();
    assert_eq!(recover(&[], &right, 2), Err(CertificateError::NoQuorum));
    assert_eq!(recover(&[1], &right, 2), Err(CertificateError::NoQuorum));
    assert_eq!(recover(&[1, 2], &right, 2), Ok(()));
    assert_eq!(recover(&[2, 0, 1], &right, 2), Ok(()));
    assert_eq!(recover(&[0, 1], &right, 3), Err(CertificateError::NoQuorum));
    assert_eq!(recover(&[0, 1, 2], &right, 0), Err(CertificateError::NoQuorum));
}

#[test]
fn an_organisation_counts_once_in_a_recovery_whatever_its_keys() {
    let twice = Err(CertificateError::Duplicate(organisation(1).public()));
    assert_eq!(recover(&[1, 1], &recovery(), 2), twice);
    let mut shared = governance(2);
    shared.members[2].0 = shared.members[1].0;
    let signatures = [1, 2]
        .map(|n| (organisation(n).public(), organisation(n).sign_recovery(&genesis(), &recovery())))
        .to_vec();
    let certificate = Certificate::Recovery { validators: recovery().validators, signatures };
    let found = certificate.verify(&genesis(), HEIGHT, block(), &set(&[1]), || shared.clone());
    assert_eq!(found, Err(CertificateError::Duplicate(organisation(2).public())));
}

#[test]
fn a_validator_cannot_sign_a_recovery() {
    let signatures = vec![signed(0, &precommit(0))];
    let certificate = Certificate::Recovery { validators: recovery().validators, signatures };
    let found = certificate.verify(&genesis(), HEIGHT, block(), &set(&[1]), || governance(1));
    assert_eq!(found, Err(CertificateError::Stranger(validator(0).public())));
}

#[test]
fn a_recovery_serves_one_block_height_and_set() {
    let right = recovery();
    let twins = [
        Recovery { block: BlockHash(genesis()), ..right.clone() },
        Recovery { height: HEIGHT.next(), ..right.clone() },
        Recovery { validators: set(&[1, 2]), ..right.clone() },
    ];
    let expected = Err(CertificateError::Signature(organisation(0).public()));
    for twin in twins {
        assert_eq!(recover(&[0, 1], &twin, 2), expected, "{twin:?}");
    }
}

#[test]
fn certificates_survive_their_bytes_and_refuse_any_other_length() {
    let signatures =
        vec![(organisation(0).public(), organisation(0).sign_recovery(&genesis(), &recovery()))];
    let both = [
        Certificate::Quorum(commit(&[0, 1, 2])),
        Certificate::Recovery { validators: recovery().validators, signatures },
    ];
    for certificate in both {
        let bytes = encode(&certificate);
        assert_eq!(decode::<Certificate>(&bytes, "a certificate").as_ref(), Ok(&certificate));
        for length in 0..bytes.len() {
            assert!(decode::<Certificate>(&bytes[..length], "a certificate").is_err());
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(decode::<Certificate>(&longer, "a certificate").is_err());
    }
}

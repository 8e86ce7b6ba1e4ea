use super::*;

fn prove(leaves: &[[u8; 32]], index: u64) -> Option<InclusionProof> {
    InclusionProof::prove(leaves, index)
}

fn leaf(number: u64) -> [u8; 32] {
    hash(Domain::HistoryLeaf, &number.to_le_bytes())
}

fn leaves(size: u64) -> Vec<[u8; 32]> {
    (0..size).map(leaf).collect()
}

/// RFC 9162 §2.1.1, word for word.
fn naive_root(list: &[[u8; 32]]) -> [u8; 32] {
    match list.len() {
        0 => hash(Domain::MerkleNode, b""),
        1 => list[0],
        n => {
            let mut k = 1;
            while k * 2 < n {
                k *= 2;
            }
            let parts = [naive_root(&list[..k]), naive_root(&list[k..])];
            crate::hash::hash_parts(Domain::MerkleNode, &[&parts[0], &parts[1]])
        }
    }
}

/// On which side the sibling stands at each level, leaf first: what a proof computes.
fn inclusion_form(index: u64, size: u64) -> Option<String> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return Some(String::new());
    }
    let k = size.next_power_of_two() / 2;
    if index < k {
        inclusion_form(index, k).map(|form| form + "R")
    } else {
        inclusion_form(index - k, size - k).map(|form| form + "L")
    }
}

/// The same for consistency; "O" starts from the old root, "P" from the first path element.
fn consistency_form(old: u64, new: u64, start: &str) -> Option<String> {
    if old > new || old == 0 {
        return None;
    }
    if old == new {
        return Some(start.to_string());
    }
    let k = new.next_power_of_two() / 2;
    if old <= k {
        consistency_form(old, k, start).map(|form| form + "R")
    } else {
        consistency_form(old - k, new - k, "P").map(|form| form + "L")
    }
}

/// Every path that differs a little: a bit of each byte flipped, one element more or less.
fn path_twins(path: &[[u8; 32]]) -> Vec<Vec<[u8; 32]>> {
    let mut twins = Vec::new();
    for element in 0..path.len() {
        for byte in 0..32 {
            let mut twin = path.to_vec();
            twin[element][byte] ^= 1 << (byte % 8);
            twins.push(twin);
        }
        let mut missing = path.to_vec();
        missing.remove(element);
        twins.push(missing);
        let mut doubled = path.to_vec();
        doubled.insert(element, path[element]);
        twins.push(doubled);
    }
    for extra in [[0; 32], leaf(0)] {
        let mut longer = path.to_vec();
        longer.push(extra);
        twins.push(longer);
    }
    twins
}

#[test]
fn the_root_is_the_one_of_rfc_9162_and_a_frontier_has_it_too() {
    let mut frontier = Frontier::default();
    for size in 0..=130 {
        let list = leaves(size);
        let expected = naive_root(&list);
        assert_eq!(root(&list), expected, "{size} leaves");
        assert_eq!((frontier.root(), frontier.size()), (expected, size));
        frontier.push(leaf(size));
    }
}

#[test]
fn a_frontier_survives_its_bytes_and_refuses_a_wrong_number_of_peaks() {
    let mut frontier = Frontier::default();
    for size in 0..=70_u64 {
        let bytes = borsh::to_vec(&frontier).unwrap();
        assert_eq!(borsh::from_slice::<Frontier>(&bytes).unwrap(), frontier);
        let mut resized = bytes.clone();
        resized[..8].copy_from_slice(&(size + 256 * 3).to_le_bytes());
        assert!(borsh::from_slice::<Frontier>(&resized).is_err());
        frontier.push(leaf(size));
    }
}

#[test]
fn inclusion_verifies_and_its_twins_do_not() {
    for size in 0..=65 {
        let list = leaves(size);
        let top = root(&list);
        assert_eq!(prove(&list, size), None);
        for index in 0..size {
            let proof = prove(&list, index).unwrap();
            assert!(proof.verify(&leaf(index), &top), "{index} of {size}");
            assert!(!proof.verify(&leaf(index + 1), &top));
            assert!(!proof.verify(&leaf(index), &leaf(1000)));
            for path in path_twins(&proof.path) {
                let twin = InclusionProof { path, ..proof.clone() };
                assert!(!twin.verify(&leaf(index), &top), "{index} of {size}: {twin:?}");
            }
        }
    }
}

#[test]
fn every_inclusion_proof_up_to_130_leaves_verifies() {
    for size in [66, 100, 127, 128, 129, 130] {
        let list = leaves(size);
        let top = root(&list);
        for index in 0..size {
            assert!(prove(&list, index).unwrap().verify(&leaf(index), &top));
        }
    }
}

/// For the right size no other index passes; another size passes exactly where the paths have the
/// same form, which the module's documentation tells callers.
#[test]
fn another_place_is_refused_unless_its_path_has_the_same_form() {
    for size in 1..=33 {
        let list = leaves(size);
        let top = root(&list);
        for index in 0..size {
            let proof = prove(&list, index).unwrap();
            let form = inclusion_form(index, size);
            for (other_size, other_index) in (0..=70).flat_map(|s| (0..=70).map(move |i| (s, i))) {
                let twin = InclusionProof { index: other_index, size: other_size, ..proof.clone() };
                let is_same_form = inclusion_form(other_index, other_size) == form;
                assert_eq!(twin.verify(&leaf(index), &top), is_same_form, "{twin:?}");
                assert!(!is_same_form || other_size != size || other_index == index);
            }
            for (index, size) in [(index, u64::MAX), (u64::MAX, u64::MAX), (u64::MAX, size)] {
                let twin = InclusionProof { index, size, ..proof.clone() };
                assert!(!twin.verify(&leaf(index), &top));
            }
        }
    }
}

#[test]
fn consistency_verifies_and_its_twins_do_not() {
    for new_size in 0..=40 {
        let list = leaves(new_size);
        let new_root = root(&list);
        assert_eq!(ConsistencyProof::prove(&list, new_size + 1), None);
        for old_size in 0..=new_size {
            let old_root = root(&leaves(old_size));
            let proof = ConsistencyProof::prove(&list, old_size).unwrap();
            assert!(proof.verify(&old_root, &new_root), "{old_size} of {new_size}");
            assert!(!proof.verify(&leaf(1000), &new_root));
            assert!(old_size == 0 && new_size > 0 || !proof.verify(&old_root, &leaf(1000)));
            for path in path_twins(&proof.path) {
                let twin = ConsistencyProof { path, ..proof.clone() };
                assert!(!twin.verify(&old_root, &new_root), "{old_size} of {new_size}: {twin:?}");
            }
        }
    }
}

#[test]
fn other_sizes_are_refused_unless_the_proof_has_the_same_form() {
    for new_size in 1..=24 {
        let list = leaves(new_size);
        let new_root = root(&list);
        for old_size in 1..=new_size {
            let old_root = root(&leaves(old_size));
            let proof = ConsistencyProof::prove(&list, old_size).unwrap();
            let form = consistency_form(old_size, new_size, "O");
            for (other_old, other_new) in (0..=50).flat_map(|o| (0..=50).map(move |n| (o, n))) {
                let twin =
                    ConsistencyProof { old_size: other_old, new_size: other_new, ..proof.clone() };
                let is_same_form = consistency_form(other_old, other_new, "O") == form;
                assert_eq!(twin.verify(&old_root, &new_root), is_same_form, "{form:?} {twin:?}");
            }
        }
    }
}

#[test]
fn a_changed_past_is_not_consistent() {
    let old_root = root(&leaves(11));
    let mut rewritten = leaves(29);
    rewritten[4] = leaf(1000);
    let proof = ConsistencyProof::prove(&rewritten, 11).unwrap();
    assert!(!proof.verify(&old_root, &root(&rewritten)));
}

#[test]
fn proofs_survive_their_bytes() {
    let list = leaves(21);
    let inclusion = prove(&list, 17).unwrap();
    let consistency = ConsistencyProof::prove(&list, 13).unwrap();
    let bytes = (borsh::to_vec(&inclusion).unwrap(), borsh::to_vec(&consistency).unwrap());
    assert_eq!(borsh::from_slice::<InclusionProof>(&bytes.0).unwrap(), inclusion);
    assert_eq!(borsh::from_slice::<ConsistencyProof>(&bytes.1).unwrap(), consistency);
}

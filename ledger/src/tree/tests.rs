use super::*;
use crate::hash::hash_parts;
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::BTreeMap;

type Leaves = BTreeMap<[u8; 32], [u8; 32]>;
type Changes = BTreeMap<[u8; 32], Option<[u8; 32]>>;

thread_local! {
    static HASHED: Cell<u64> = const { Cell::new(0) };
}

pub(super) fn count_hash() {
    HASHED.set(HASHED.get() + 1);
}

/// How many nodes `work` hashes, and its result.
fn hashed<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = HASHED.get();
    let result = work();
    (HASHED.get() - before, result)
}

fn key(number: u64) -> [u8; 32] {
    hash(Domain::StatePath, &number.to_le_bytes())
}

/// A path that shares its first `bits` bits with all others of that kind.
fn ground_key(bits: usize, number: u64) -> [u8; 32] {
    let mut path = key(number);
    for depth in 0..bits {
        path[depth / 8] &= !(0x80 >> (depth % 8));
    }
    path
}

/// D7 as a recursive function over the whole set.
fn naive_root(leaves: &[([u8; 32], [u8; 32])], depth: usize) -> [u8; 32] {
    if leaves.is_empty() {
        return hash(Domain::StateEmpty, b"");
    }
    if leaves.len() <= 8 {
        let parts: Vec<&[u8]> = leaves.iter().flat_map(|(p, l)| [&p[..], &l[..]]).collect();
        return hash_parts(Domain::StateBucket, &parts);
    }
    let is_right = |path: &[u8; 32]| path[depth / 8] >> (7 - depth % 8) & 1 == 1;
    let (right, left): (Vec<_>, Vec<_>) = leaves.iter().partition(|(path, _)| is_right(path));
    let halves = [naive_root(&left, depth + 1), naive_root(&right, depth + 1)];
    hash_parts(Domain::StateBranch, &[&halves[0], &halves[1]])
}

fn model_root(model: &Leaves) -> [u8; 32] {
    let leaves: Vec<_> = model.iter().map(|(path, leaf)| (*path, *leaf)).collect();
    naive_root(&leaves, 0)
}

fn apply_to_model(model: &mut Leaves, changes: &Changes) {
    for (path, to) in changes {
        match to {
            Some(leaf) => model.insert(*path, *leaf),
            None => model.remove(path),
        };
    }
}

fn tree_of(leaves: &Leaves) -> Tree {
    Tree::default().updated(leaves.iter().map(|(path, leaf)| (*path, Some(*leaf))))
}

fn set_of(paths: impl Iterator<Item = [u8; 32]>) -> Leaves {
    paths.map(|path| (path, hash(Domain::StateLeaf, &path))).collect()
}

/// Panics unless every node below is a bucket of 1 to 8 leaves or a branch of more.
fn assert_canonical(link: &Link) {
    match &link.node {
        Node::Empty => {}
        Node::Bucket(leaves) => assert!((1..=8).contains(&leaves.len())),
        Node::Branch(branch) => {
            assert!(branch.count > 8);
            assert_eq!(branch.count, branch.left.count() + branch.right.count());
            assert_canonical(&branch.left);
            assert_canonical(&branch.right);
        }
    }
}

/// How many nodes of `new` are not shared with `old`: the ones that had to be hashed.
fn count_new(old: &Link, new: &Link) -> u64 {
    let empty = Link::default();
    match (&old.node, &new.node) {
        (_, Node::Empty) => 0,
        (Node::Bucket(a), Node::Bucket(b)) if Arc::ptr_eq(a, b) => 0,
        (Node::Branch(a), Node::Branch(b)) if Arc::ptr_eq(a, b) => 0,
        (_, Node::Bucket(_)) => 1,
        (Node::Branch(a), Node::Branch(b)) => {
            1 + count_new(&a.left, &b.left) + count_new(&a.right, &b.right)
        }
        (_, Node::Branch(b)) => 1 + count_new(&empty, &b.left) + count_new(&empty, &b.right),
    }
}

/// Few paths with long common prefixes, so that buckets fill, split and collapse often.
fn any_path() -> impl Strategy<Value = [u8; 32]> {
    (0..4_u8, 0..12_u8, 0..4_u8).prop_map(|(place, value, last)| {
        let mut path = [0; 32];
        path[[0, 1, 15, 31][usize::from(place)]] = value.reverse_bits();
        path[31] ^= last;
        path
    })
}

fn any_batches() -> impl Strategy<Value = Vec<Changes>> {
    let change = prop::option::weighted(0.6, any::<[u8; 32]>());
    prop::collection::vec(prop::collection::btree_map(any_path(), change, 0..40), 0..12)
}

proptest! {
    #[test]
    fn the_root_depends_on_the_leaves_alone(batches in any_batches()) {
        let mut model = Leaves::new();
        let mut tree = Tree::default();
        let mut alone = Tree::default();
        for batch in &batches {
            let (old_root, old_model) = (tree.root(), model.clone());
            let (hashes, next) = hashed(|| tree.updated(batch.clone()));
            apply_to_model(&mut model, batch);
            assert_canonical(&next.top);
            prop_assert_eq!(next.root(), model_root(&model));
            prop_assert_eq!(next.len(), u64::try_from(model.len()).unwrap());
            prop_assert_eq!(next.is_empty(), model.is_empty());
            prop_assert_eq!(hashes, count_new(&tree.top, &next.top), "one hash per new node");
            prop_assert_eq!(tree.root(), old_root);
            assert_canonical(&tree.top);
            let (hashes_in_place, ()) = hashed(|| alone.update(batch.clone()));
            assert_canonical(&alone.top);
            prop_assert_eq!((alone.root(), hashes_in_place), (next.root(), hashes));
            for path in batch.keys().chain(old_model.keys()) {
                prop_assert_eq!(tree.get(path), old_model.get(path).copied());
                prop_assert_eq!(next.get(path), model.get(path).copied());
            }
            tree = next;
        }
        prop_assert_eq!(tree_of(&model).root(), tree.root());
        let mut built = Builder::default();
        built.extend(model.iter().rev().map(|(path, leaf)| [*path, *leaf]));
        let (hashes, built) = hashed(|| built.build());
        assert_canonical(&built.top);
        prop_assert_eq!(built.root(), tree.root());
        prop_assert_eq!(hashes, count_new(&Link::default(), &built.top), "one hash per node");
    }

    #[test]
    fn order_and_batching_do_not_matter(
        order in Just((0..120_u64).collect::<Vec<_>>()).prop_shuffle(),
        batch_size in 1..50_usize,
        bits in 0..200_usize,
    ) {
        let leaf = |n: &u64| (ground_key(bits, *n), Some(key(n + 1)));
        let mut tree = Tree::default();
        for batch in order.chunks(batch_size) {
            tree = tree.updated(batch.iter().map(leaf));
        }
        let all: Changes = (0..120).map(|n| leaf(&n)).collect();
        prop_assert_eq!(tree.root(), Tree::default().updated(all).root());
        for batch in order[10..].chunks(batch_size) {
            tree = tree.updated(batch.iter().map(|n| (leaf(n).0, None)));
        }
        let rest: Changes = order[..10].iter().map(leaf).collect();
        prop_assert_eq!(tree.root(), Tree::default().updated(rest).root());
        assert_canonical(&tree.top);
    }

    #[test]
    fn proofs_verify_present_and_absent(batches in any_batches(), probes in any::<[[u8; 32]; 4]>()) {
        let mut model = Leaves::new();
        let mut tree = Tree::default();
        for batch in &batches {
            tree = tree.updated(batch.clone());
            apply_to_model(&mut model, batch);
        }
        for path in batches.iter().flat_map(BTreeMap::keys).chain(&probes) {
            let proof = tree.prove(path);
            prop_assert_eq!(proof.verify(&tree.root(), path), Ok(model.get(path).copied()));
            let bytes = borsh::to_vec(&proof).unwrap();
            prop_assert_eq!(borsh::from_slice::<Proof>(&bytes).unwrap(), proof);
        }
    }
}

#[test]
fn the_smallest_trees_are_the_constant_and_one_bucket() {
    assert_eq!(Tree::default().root(), hash(Domain::StateEmpty, b""));
    assert_eq!(Tree::default().prove(&key(0)).verify(&Tree::default().root(), &key(0)), Ok(None));
    let tree = tree_of(&Leaves::from([([3; 32], [4; 32])]));
    assert_eq!(tree.root(), hash_parts(Domain::StateBucket, &[&[3; 32], &[4; 32]]));
    let emptied = tree.updated([([3; 32], None), ([9; 32], None)]);
    assert!(emptied.is_empty() && !tree.is_empty());
    assert_eq!(emptied.root(), Tree::default().root());
}

#[test]
fn paths_that_differ_in_the_last_bits_alone_stand_at_the_bottom() {
    let paths = (0..16_u8).map(|last| {
        let mut path = [0xAA; 32];
        path[31] = last;
        path
    });
    let leaves = set_of(paths);
    let tree = tree_of(&leaves);
    assert_eq!(tree.root(), model_root(&leaves));
    for path in leaves.keys() {
        let proof = tree.prove(path);
        assert_eq!(proof.siblings.len(), 253);
        assert_eq!(proof.verify(&tree.root(), path), Ok(leaves.get(path).copied()));
    }
    let removed: Changes = leaves.keys().skip(8).map(|path| (*path, None)).collect();
    let (hashes, collapsed) = hashed(|| tree.updated(removed.clone()));
    assert_eq!((hashes, collapsed.prove(&[0; 32]).siblings.len()), (1, 0));
}

#[test]
fn ten_thousand_keys_that_share_24_bits_stay_cheap() {
    let honest = (0..2_000).map(|number| key(1_000_000 + number));
    let leaves = set_of((0..10_000).map(|number| ground_key(24, number)).chain(honest));
    let (hashes, tree) = hashed(|| tree_of(&leaves));
    assert_eq!(tree.root(), model_root(&leaves));
    assert!(hashes < 12_000, "{hashes} hashes for 12 000 leaves");
    for number in 0..10_000 {
        let path = ground_key(24, number);
        for to in [Some([7; 32]), None] {
            let (hashes, _) = hashed(|| tree.updated([(path, to)]));
            assert!(hashes <= 24 + 20, "{hashes} hashes for one update");
        }
    }
    let mut one_by_one = Tree::default();
    for (path, leaf) in &leaves {
        one_by_one = one_by_one.updated([(*path, Some(*leaf))]);
    }
    assert_eq!(one_by_one.root(), tree.root());
}

/// Every proof that differs a little in its hashes, its length or its order.
fn twins(proof: &Proof) -> Vec<Proof> {
    let mut twins = Vec::new();
    let mut add = |change: &dyn Fn(&mut Proof)| {
        let mut twin = proof.clone();
        change(&mut twin);
        twins.push(twin);
    };
    for (position, byte) in (0..proof.siblings.len()).flat_map(|p| (0..32).map(move |b| (p, b))) {
        add(&|twin| twin.siblings[position][byte] ^= 1 << (byte % 8));
    }
    for position in 0..proof.siblings.len() {
        add(&|twin| _ = twin.siblings.remove(position));
        add(&|twin| twin.siblings.insert(position, twin.siblings[position]));
        add(&|twin| twin.siblings.insert(position, *EMPTY));
    }
    add(&|twin| twin.siblings.push(*EMPTY));
    add(&|twin| twin.siblings.push([7; 32]));
    add(&|twin| twin.siblings.resize(257, [7; 32]));
    add(&|twin| twin.siblings.resize(70_000, [7; 32]));
    for (position, byte) in (0..proof.bucket.len()).flat_map(|p| (0..32).map(move |b| (p, b))) {
        add(&|twin| twin.bucket[position].0[byte] ^= 1 << (byte % 8));
        add(&|twin| twin.bucket[position].1[byte] ^= 1 << (byte % 8));
    }
    for position in 0..proof.bucket.len() {
        add(&|twin| _ = twin.bucket.remove(position));
        add(&|twin| twin.bucket.insert(position, twin.bucket[position]));
        add(&|twin| twin.bucket.resize(9, twin.bucket[position]));
    }
    for position in 1..proof.bucket.len() {
        add(&|twin| twin.bucket.swap(position - 1, position));
    }
    twins
}

#[test]
fn twins_of_a_proof_are_refused() {
    for size in [0, 1, 7, 9, 300] {
        let leaves = set_of((0..size).map(key));
        let tree = tree_of(&leaves);
        for path in (0..4).chain(size..size + 4).map(key) {
            let proof = tree.prove(&path);
            let expected = leaves.get(&path).copied();
            assert_eq!(proof.verify(&tree.root(), &path), Ok(expected));
            for twin in twins(&proof) {
                assert!(twin.verify(&tree.root(), &path).is_err(), "{twin:?}");
            }
            assert_eq!(proof.verify(&[7; 32], &path), Err(ProofError::RootMismatch));
        }
    }
}

/// A bucket speaks for all paths with its prefix and for no other.
#[test]
fn a_proof_answers_for_its_own_prefix_only() {
    let leaves = set_of((0..300).map(key));
    let tree = tree_of(&leaves);
    for path in (0..20).map(key) {
        let proof = tree.prove(&path);
        for (other, bit_index) in (0..256).map(|depth| {
            let mut other = path;
            other[depth / 8] ^= 0x80 >> (depth % 8);
            (other, depth)
        }) {
            let answer = proof.verify(&tree.root(), &other);
            if bit_index < proof.siblings.len() {
                let bits = proof.siblings.len();
                assert_eq!(answer, Err(ProofError::WrongPrefix { position: 0, bits }));
            } else {
                assert_eq!(answer, Ok(None));
            }
        }
    }
}

#[test]
fn each_fault_has_its_error_in_the_documented_order() {
    let leaves = set_of((0..300).map(key));
    let tree = tree_of(&leaves);
    let path = key(0);
    let good = tree.prove(&path);
    let bits = good.siblings.len();
    let check = |change: &dyn Fn(&mut Proof), expected: ProofError| {
        let mut proof = good.clone();
        change(&mut proof);
        assert_eq!(proof.verify(&tree.root(), &path), Err(expected));
    };
    let far = path.map(|byte| !byte);
    check(
        &|p| (p.siblings, p.bucket) = (vec![*EMPTY; 257], vec![(far, far); 9]),
        ProofError::TooDeep { siblings: 257 },
    );
    check(&|p| p.bucket = vec![(far, far); 9], ProofError::BucketTooLarge { leaves: 9 });
    check(&|p| p.bucket = vec![(far, far); 2], ProofError::BucketUnsorted);
    check(
        &|p| (p.siblings[bits - 1], p.bucket) = (*EMPTY, vec![(far, far)]),
        ProofError::WrongPrefix { position: 0, bits },
    );
    check(&|p| p.siblings[bits - 1] = *EMPTY, ProofError::BranchTooSmall);
    check(&|p| p.bucket.clear(), ProofError::RootMismatch);
}

/// The shape that a proof can show is checked even under a root made to fit.
#[test]
fn a_hollow_branch_is_refused_though_the_root_agrees() {
    let path = [0; 32];
    let proof = Proof { siblings: vec![*EMPTY], bucket: vec![(path, [5; 32])] };
    let root = branch_hash(bucket_hash(&[[path, [5; 32]]]), *EMPTY);
    assert_eq!(proof.verify(&root, &path), Err(ProofError::BranchTooSmall));
}

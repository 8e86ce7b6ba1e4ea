//! This exists to make a whole tree at once from leaves in any order, in little more memory than it takes.

use super::{BUCKET_MAX, Leaf, Link, Subtree, Tree};

/// How many groups leaves are sorted into, by the first byte of their path.
const GROUPS: usize = 256;
/// The least by which a group gets more room, leaves.
const ROOM_MIN: usize = 8;
/// The bits by which they are.
const GROUP_BITS: u16 = 8;

/// Leaves of a tree in the making: path and leaf hash, in any order; of one path one only.
#[derive(Clone, Debug)]
pub struct Builder(Vec<Vec<Leaf>>);

impl Default for Builder {
    fn default() -> Self {
        Self(vec![Vec::new(); GROUPS])
    }
}

impl Extend<Leaf> for Builder {
    fn extend<T: IntoIterator<Item = Leaf>>(&mut self, leaves: T) {
        for leaf in leaves {
            let [[first, ..], _] = leaf;
            if let Some(group) = self.0.get_mut(usize::from(first)) {
                // Not twice as much room as before: what is let go is seldom given back.
                if group.len() == group.capacity() {
                    group.reserve_exact((group.len() / 4).max(ROOM_MIN));
                }
                group.push(leaf);
            }
        }
    }
}

impl Builder {
    /// The tree. Each group is let go when its part of the tree is there.
    pub fn build(mut self) -> Tree {
        Tree { top: subtree(&mut self.0).seal() }
    }
}

/// The subtree of neighbouring groups.
fn subtree(groups: &mut [Vec<Leaf>]) -> Subtree {
    if let [group] = groups {
        let mut leaves = std::mem::take(group);
        leaves.sort_unstable_by_key(|leaf| leaf[0]);
        if leaves.len() <= BUCKET_MAX {
            return Subtree::Loose(leaves);
        }
        return Subtree::Sealed(Link::build(GROUP_BITS, &leaves));
    }
    let (left, right) = groups.split_at_mut(groups.len() / 2);
    Subtree::new(subtree(left), subtree(right))
}

//! This exists to name the parts of one invented sub-district: its places, organisations and officers.

use super::random::Random;

/// The greatest number of communities that a sub-district has.
pub(super) const COMMUNITIES: u32 = 12;

/// One sub-district.
#[derive(Clone, Debug)]
pub(super) struct World {
    /// Its number in the district, from 1.
    pub(super) number: u32,
    /// How many communities it has, up to [`COMMUNITIES`].
    pub(super) communities: u32,
    /// How much of what a community does and how many people it has: tenths.
    tenths: u32,
    seed: u64,
}

impl World {
    pub(super) fn new(seed: u64, number: u32, communities: u32, tenths: u32) -> Self {
        Self { number, communities, tenths, seed }
    }

    /// How much each community has of what one of full size has.
    pub(super) fn local_share(&self, full: u32) -> u32 {
        full * self.tenths / 10
    }

    /// Numbers for one purpose.
    pub(super) fn random(&self, purpose: &str) -> Random {
        Random::new(self.seed, &format!("{} {purpose}", self.number))
    }

    /// The share of this sub-district in what one of full size has, at least `least`.
    pub(super) fn share(&self, full: u32, least: u32) -> u32 {
        (full * self.communities / COMMUNITIES).max(least)
    }

    // ---- places

    pub(super) fn path(&self) -> String {
        format!("5101/{:02}", self.number)
    }

    /// A community, from 1.
    pub(super) fn community(&self, community: u32) -> String {
        format!("{}/{community:03}", self.path())
    }

    /// A grid of a community, from 1.
    pub(super) fn grid(&self, community: u32, grid: u32) -> String {
        format!("{}/{grid:03}", self.community(community))
    }

    /// 150 grids in 12 communities: 13 in one half of them, 12 in the other.
    pub(super) fn grids(community: u32) -> u32 {
        12 + community % 2
    }

    // ---- organisations

    pub(super) fn office(&self) -> String {
        format!("J{:02}", self.number)
    }

    pub(super) fn bank(&self) -> String {
        format!("B{:02}", self.number)
    }

    pub(super) fn committee(&self, community: u32) -> String {
        format!("W{:02}-{community:02}", self.number)
    }

    /// One of the two volunteer teams of a community: `a` or `b`.
    pub(super) fn team(&self, community: u32, which: char) -> String {
        format!("Z{:02}-{community:02}{which}", self.number)
    }

    /// One of the two shops of a community: `a` or `b`.
    pub(super) fn shop(&self, community: u32, which: char) -> String {
        format!("S{:02}-{community:02}{which}", self.number)
    }

    pub(super) fn provider(&self, provider: u32) -> String {
        format!("G{:02}-{provider:02}", self.number)
    }

    pub(super) fn providers(&self) -> u32 {
        self.communities.max(4)
    }

    pub(super) fn foundation(&self, foundation: u32) -> String {
        format!("F{:02}-{foundation}", self.number)
    }

    pub(super) fn donor(&self, donor: u32) -> String {
        format!("D{:02}-{donor:02}", self.number)
    }

    // ---- officers

    /// An officer of the sub-district by her post and number.
    pub(super) fn officer(&self, post: &str, which: u32) -> String {
        format!("{post}{:02}-{which}", self.number)
    }

    /// An officer of one community by her post.
    pub(super) fn local(&self, post: &str, community: u32, which: u32) -> String {
        format!("{post}{:02}-{community:02}-{which}", self.number)
    }

    /// The organiser of a team: each team has two.
    pub(super) fn organiser(&self, community: u32, team: char, which: u32) -> String {
        format!("组织{:02}-{community:02}{team}{which}", self.number)
    }

    // ---- people, programmes, money

    pub(super) fn resident(&self, community: u32, which: u32) -> String {
        format!("居{:02}-{community:02}-{which:04}", self.number)
    }

    pub(super) fn code(&self, kind: &str, which: impl std::fmt::Display) -> String {
        format!("{kind}{:02}-{which}", self.number)
    }
}

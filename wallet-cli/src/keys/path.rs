//! This exists to say which key a person's words give for which purpose and community: one path each, so
//! that nobody who sees two communities can tell that one person lives in both.

use crate::failure::Failure;
use clap::ValueEnum;
use linli_contracts::text::check_path;
use linli_ledger::code::Code;
use std::fmt;

/// The first level: the letters "LL". No coin type of SLIP-44 is claimed.
const ROOT: u32 = 0x4C4C;
/// Hardened levels have 31 bits; a group with a 1 in front fits with at most this many digits.
const GROUP_DIGITS_MAX: usize = 9;
/// Groups of the longest community that we know, doubled.
const GROUPS_MAX: usize = 16;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// A resident in one community.
    Resident,
    /// A person who acts in public office.
    Officer,
    /// An organisation itself.
    Organisation,
    /// A device at the place of an activity.
    Site,
}

impl Purpose {
    /// The name in files and on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Officer => "officer",
            Self::Organisation => "organisation",
            Self::Site => "site",
        }
    }

    const fn level(self) -> u32 {
        match self {
            Self::Resident => 0,
            Self::Officer => 1,
            Self::Organisation => 2,
            Self::Site => 3,
        }
    }
}

/// A path of SLIP-10, all levels hardened: `m/19532'/purpose'/index'/groups'/group'…`.
///
/// Source: WAL-2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyPath(Vec<u32>);

impl KeyPath {
    /// The path for a purpose, a number from 0 (raised when a key is replaced) and a community.
    ///
    /// # Errors
    /// [`Code::KeyName`] for a community that is no administrative path, or too long a one.
    pub(crate) fn new(purpose: Purpose, index: u32, community: &str) -> Result<Self, Failure> {
        let wrong = || Failure::new(Code::KeyName, community);
        let groups = match community {
            "" => Vec::new(),
            path => {
                check_path(path).map_err(|_| wrong())?;
                path.split('/').map(level).collect::<Option<Vec<_>>>().ok_or_else(wrong)?
            }
        };
        let count = u32::try_from(groups.len()).map_err(|_| wrong())?;
        if groups.len() > GROUPS_MAX {
            return Err(wrong());
        }
        let mut levels = vec![ROOT, purpose.level(), index, count];
        levels.extend(groups);
        Ok(Self(levels))
    }

    /// The levels, without the mark of hardening.
    pub(crate) fn levels(&self) -> &[u32] {
        &self.0
    }
}

/// A group of digits with a 1 in front, so that `04` and `4` are two levels.
fn level(group: &str) -> Option<u32> {
    let fits = group.len() <= GROUP_DIGITS_MAX;
    fits.then(|| format!("1{group}").parse().ok()).flatten().filter(|level| *level < 1 << 31)
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.0.iter().try_for_each(|level| write!(f, "/{level}'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(purpose: Purpose, index: u32, community: &str) -> String {
        KeyPath::new(purpose, index, community).unwrap().to_string()
    }

    #[test]
    fn the_table_of_the_specification() {
        assert_eq!(
            path(Purpose::Resident, 0, "5101/04/012"),
            "m/19532'/0'/0'/3'/15101'/104'/1012'"
        );
        assert_eq!(path(Purpose::Officer, 0, ""), "m/19532'/1'/0'/0'");
        assert_eq!(path(Purpose::Organisation, 2, ""), "m/19532'/2'/2'/0'");
        assert_eq!(path(Purpose::Site, 0, "5101/04"), "m/19532'/3'/0'/2'/15101'/104'");
    }

    #[test]
    fn no_two_communities_share_a_path_and_no_path_leads_to_another() {
        let communities =
            ["", "1", "01", "0", "1/0", "10", "1/0/1", "5101/04", "5101/4", "51/0104"];
        let paths: Vec<_> = communities
            .iter()
            .map(|community| KeyPath::new(Purpose::Resident, 0, community).unwrap())
            .collect();
        for (position, one) in paths.iter().enumerate() {
            for other in &paths[position + 1..] {
                assert!(
                    !one.0.starts_with(&other.0) && !other.0.starts_with(&one.0),
                    "{one} {other}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_community_is_refused() {
        for bad in ["/", "5101/", "a", "5101//04", "1234567890", "５１", &"1/".repeat(40)] {
            assert_eq!(
                KeyPath::new(Purpose::Resident, 0, bad).unwrap_err().code,
                Code::KeyName,
                "{bad}"
            );
        }
    }
}

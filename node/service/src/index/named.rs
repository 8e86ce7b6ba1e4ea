//! This exists to say which public texts a call gives to which identifier: what a search finds.

use linli_contracts::{AnyCall, fund, programme, registry};
use serde::Serialize;

/// What a found text is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// An organisation, by its name.
    Organisation,
    /// A fund, by its name.
    Fund,
    /// A service contract, by its number.
    Contract,
    /// A budget line, by its name.
    BudgetLine,
    /// A programme of points, by its name.
    Programme,
    /// An activity, by its title.
    Activity,
    /// A reward, by its title.
    Reward,
}

impl Named {
    /// Every kind, in the order in which hits are listed.
    pub const ALL: [Self; 7] = [
        Self::Organisation,
        Self::Fund,
        Self::Contract,
        Self::BudgetLine,
        Self::Programme,
        Self::Activity,
        Self::Reward,
    ];

    pub(super) fn number(self) -> u8 {
        match self {
            Self::Organisation => 0,
            Self::Fund => 1,
            Self::Contract => 2,
            Self::BudgetLine => 3,
            Self::Programme => 4,
            Self::Activity => 5,
            Self::Reward => 6,
        }
    }

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// A text, what it names, and which of the transaction's identifiers that is.
pub(super) type Name<'a> = (Named, u32, &'a str);

/// The names that a call gives.
pub(super) fn names(call: &AnyCall) -> Vec<Name<'_>> {
    match call {
        AnyCall::Registry(registry::Call::OrganisationRegister { name, .. }) => {
            vec![(Named::Organisation, 0, name)]
        }
        AnyCall::Fund(fund::Call::FundOpen { name, .. }) => vec![(Named::Fund, 0, name)],
        AnyCall::Fund(
            fund::Call::ContractSign { terms } | fund::Call::ContractSignLinked { terms, .. },
        ) => {
            vec![(Named::Contract, 0, &terms.number)]
        }
        AnyCall::Fund(fund::Call::BudgetDraft { lines, .. }) => {
            (1..).zip(lines).map(|(n, line)| (Named::BudgetLine, n, line.name.as_str())).collect()
        }
        AnyCall::Programme(programme::Call::ProgrammeOpen { name, .. }) => {
            vec![(Named::Programme, 0, name)]
        }
        AnyCall::Programme(programme::Call::ActivityPropose { terms, .. }) => {
            vec![(Named::Activity, 0, &terms.title)]
        }
        AnyCall::Programme(programme::Call::RewardOffer { title, .. }) => {
            vec![(Named::Reward, 0, title)]
        }
        AnyCall::Programme(programme::Call::RewardOfferFunded { terms, .. }) => {
            vec![(Named::Reward, 0, &terms.title)]
        }
        // Nothing else gives a public name; texts about people do not exist.
        AnyCall::Registry(_)
        | AnyCall::People(_)
        | AnyCall::Programme(_)
        | AnyCall::Credit(_)
        | AnyCall::Fund(_)
        | AnyCall::Governance(_) => Vec::new(),
    }
}

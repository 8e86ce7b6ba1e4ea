//! This exists to answer "who holds this role here, now?" from the state itself: grants are leaves, so
//! nothing has to be kept beside it.

use linli_contracts::registry::Role;
use linli_contracts::registry::records::Grant;
use linli_contracts::registry::roles::in_scope;
use linli_ledger::invariant::records;
use linli_ledger::state::State;
use linli_ledger::types::{BlockTime, GrantId};

/// The grants of a role that hold at a time and whose scope covers a place, by identifier. `None` for
/// the role means every role; an empty place is covered only by grants for everywhere.
pub fn holders(
    state: &State,
    role: Option<Role>,
    place: &str,
    at: BlockTime,
) -> Vec<(GrantId, Grant)> {
    records::<Grant>(state)
        .filter(|(_, grant)| role.is_none_or(|role| grant.role == role))
        .filter(|(_, grant)| grant.from <= at && at < grant.to && in_scope(&grant.scope, place))
        .collect()
}

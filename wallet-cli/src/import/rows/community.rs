//! This exists to begin a chain: the community's row and its organisations.

use super::super::planner::Planner;
use super::super::sheet::Sheet;
use super::super::table::{Cells, Fault};
use super::super::{ImportError, Unreadable};
use super::{COMMUNITY, ORGANISATIONS, TABLES, organisations};
use linli_ledger::code::Code;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::genesis::{Clock, GENESIS_VERSION, Genesis, GenesisValidator, Keys};
use linli_ledger::types::ContractId;
use std::collections::BTreeMap;

pub(in super::super) const COLUMNS: &[&str] =
    &["name", "seed", "community", "start", "governance_threshold"];

/// The contracts that a chain begins with, all in version 1.
const CONTRACTS: std::ops::RangeInclusive<u16> = 1..=5;

/// What the planner begins with.
#[derive(Clone, Debug)]
pub(in super::super) struct Founding {
    pub(in super::super) genesis: Genesis,
    pub(in super::super) seed: String,
    pub(in super::super) community: String,
}

/// Reads the first row of the community, and every organisation that can be read.
///
/// # Errors
/// [`ImportError::Community`].
pub(in super::super) fn found(sheets: &[Sheet<'_>]) -> Result<Founding, ImportError> {
    let first = sheets.get(COMMUNITY).and_then(|sheet| sheet.rows().next());
    let none = || Unreadable {
        file: TABLES[COMMUNITY].file,
        line: 1,
        column: "",
        code: Code::RowEmpty,
        value: None,
    };
    let cells = first.unwrap_or_else(|| Err(none())).map_err(|no| error(&no))?;
    let founding = read(&cells).map_err(|fault| error(&cells.refuse(fault)))?;
    let mut genesis = founding.genesis.clone();
    let mut seen = BTreeMap::new();
    for cells in sheets.get(ORGANISATIONS).into_iter().flat_map(Sheet::rows).flatten() {
        let Ok(organisation) = organisations::read(&cells, &seen) else { continue };
        let position = u32::try_from(genesis.organisations.len()).unwrap_or(u32::MAX);
        genesis.organisations.push(organisation.genesis(&founding.seed));
        if organisation.governs {
            genesis.governance.push(position);
        }
        seen.insert(organisation.code, position);
    }
    Ok(Founding { genesis, ..founding })
}

fn error(unreadable: &Unreadable) -> ImportError {
    let &Unreadable { file, line, column, code, value: _ } = unreadable;
    ImportError::Community { file, line, column, code }
}

/// The genesis without organisations. The first organisation runs the one validator.
fn read(cells: &Cells) -> Result<Founding, Fault> {
    let seed = cells.text("seed")?;
    let community = cells.text("community")?;
    let validator = ConsensusKey::demonstration(seed.as_bytes(), "validator").public();
    let genesis = Genesis {
        version: GENESIS_VERSION,
        name: cells.text("name")?,
        time: cells.time("start")?,
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: Vec::new(),
        governance: Vec::new(),
        governance_threshold: cells.number("governance_threshold")?,
        validators: vec![GenesisValidator { key: validator, organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: CONTRACTS.map(|id| (ContractId(id), 1)).collect(),
        parameters: Vec::new(),
    };
    Ok(Founding { genesis, seed, community })
}

/// The genesis holds the first row; another one begins no second chain.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    if planner.is_first_row() {
        return Ok(());
    }
    cells.text("name")?;
    Err(Fault { column: "name", code: Code::RowDuplicate })
}

//! This exists to read sign-in sheets, and what organisers and witnesses attest from them.

use super::super::planner::{Attendance, Planner};
use super::super::table::{Cells, Fault};
use linli_contracts::credit::{self, AttestedLine, WitnessedLine};
use linli_contracts::registry::parameters::Parameter;
use linli_ledger::code::Code;
use linli_ledger::types::{BlockTime, MINUTE_MS, RecordId, derive_identifier};

pub(super) const COLUMNS: &[&str] = &[
    "activity",
    "resident",
    "guardian",
    "signed_up_at",
    "cancelled_at",
    "site",
    "check_in",
    "check_out",
    "code_age_minutes",
];

pub(super) const LINE_COLUMNS: &[&str] = &[
    "activity",
    "resident",
    "minutes",
    "units",
    "organiser",
    "attested_at",
    "witness",
    "witnessed_at",
];

/// A line of a sign-in sheet: signing up, withdrawing, coming, leaving, each at its time.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let key = attendance_key(cells)?;
    let activity = cells.refer("activity", &planner.known.activities)?;
    let resident = cells.refer("resident", &planner.known.residents)?;
    let guardian = cells.refer_optional("guardian", &planner.known.residents)?;
    let signed_up_at = cells.time("signed_up_at")?;
    let cancelled_at = cells.time_optional("cancelled_at")?;
    let site = cells.refer_optional("site", &planner.known.sites)?;
    let (check_in, check_out) =
        (cells.time_optional("check_in")?, cells.time_optional("check_out")?);
    let code_age: u64 = cells.number_or_zero("code_age_minutes")?;

    let mut signers = vec![&resident.party];
    signers.extend(guardian.as_ref().map(|guardian| &guardian.party));
    let call = credit::Call::SignUp { activity };
    let id = planner.submit(cells, signed_up_at, credit::CONTRACT, &signers, &call);
    let participation = RecordId(derive_identifier(&id, 0));
    if let Some(at) = cancelled_at {
        let call = credit::Call::SignUpCancel { participation };
        planner.submit(cells, at, credit::CONTRACT, &resident.signers(), &call);
    }
    let mut signers = resident.signers();
    signers.extend(site.as_ref());
    // Without a device there is no code to read; the one of a device nobody has stands in for it.
    let device = site.as_ref().unwrap_or(&resident.party).key.public();
    let nonce = |observed_at: BlockTime| {
        let read_at = observed_at.minus(code_age.saturating_mul(MINUTE_MS));
        credit::site_nonce(activity, &device, read_at.0 / Parameter::NoncePeriod.default_value())
    };
    if let Some(observed_at) = check_in {
        let nonce = nonce(observed_at);
        let call = credit::Call::CheckIn { participation, observed_at, nonce };
        planner.submit(cells, observed_at, credit::CONTRACT, &signers, &call);
    }
    if let Some(observed_at) = check_out {
        let nonce = nonce(observed_at);
        let call = credit::Call::CheckOut { participation, observed_at, nonce };
        planner.submit(cells, observed_at, credit::CONTRACT, &signers, &call);
    }
    let attendance = Attendance { participation, check_in, check_out };
    planner.known.attendances.entry(key).or_insert(attendance);
    Ok(())
}

fn attendance_key(cells: &Cells) -> Result<String, Fault> {
    Ok(format!("{} {}", cells.required("activity")?, cells.required("resident")?))
}

/// One line of an attestation: the organiser's word and the witness's, each its own transaction, so
/// that a line that is refused stops no other.
pub(super) fn line(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let key = attendance_key(cells)?;
    let activity = cells.refer("activity", &planner.known.activities)?;
    cells.refer("resident", &planner.known.residents)?;
    let attendance = planner.known.attendances.get(&key).copied();
    let attendance = attendance.ok_or(Fault { column: "resident", code: Code::RowReference })?;
    let Attendance { participation, check_in, check_out } = attendance;
    // Who never came has no times to attest: the ledger says what it thinks of the epoch.
    let check_in = check_in.unwrap_or_default();
    let line = AttestedLine {
        participation,
        check_in,
        check_out: check_out.unwrap_or(check_in),
        minutes: cells.number("minutes")?,
        units: cells.number_or_zero("units")?,
    };
    let organiser = cells.refer("organiser", &planner.known.signers)?;
    let attested_at = cells.time("attested_at")?;
    let witness = cells.refer_optional("witness", &planner.known.signers)?;
    let witnessed = witness.map(|by| Ok((by, cells.time("witnessed_at")?))).transpose()?;

    let call = credit::Call::AttestFirst { activity, lines: vec![line] };
    planner.submit(cells, attested_at, credit::CONTRACT, &[&organiser], &call);
    if let Some((by, at)) = witnessed {
        let line = WitnessedLine { participation, line_hash: credit::line_hash(&line) };
        let call = credit::Call::AttestSecond { activity, lines: vec![line] };
        planner.submit(cells, at, credit::CONTRACT, &[&by], &call);
    }
    Ok(())
}

//! This exists to list what may be bought, to open funds, and to bring in money.

use super::super::planner::{Planner, document};
use super::super::table::{Cells, Fault};
use super::donations;
use linli_contracts::fund::{
    self, AttestationLevel, BeneficiaryClass, EarmarkTerms, Listing, SourceClass,
};
use linli_ledger::types::{EarmarkId, RecordId, derive_identifier};

pub(super) const CATALOGUE_COLUMNS: &[&str] =
    &["code", "name", "listing", "listed_by", "listed_at"];

pub(super) const COLUMNS: &[&str] =
    &["code", "name", "organisation", "scope", "bank", "account", "opened_by", "opened_at"];

pub(super) const SOURCE_COLUMNS: &[&str] = &[
    "code",
    "fund",
    "amount",
    "class",
    "donor",
    "purposes",
    "places",
    "beneficiaries",
    "line",
    "available_from",
    "lapse_on",
    "excluded",
    "bank_reference",
    "value_date",
    "account",
    "document",
    "level",
    "administrator",
    "approver",
    "bank",
    "received_at",
];

pub(super) const SOURCE_EXTRA: &[&str] = &["donations"];

/// For whom a service is.
pub(super) const BENEFICIARIES: &[(&str, BeneficiaryClass)] = &[
    ("general", BeneficiaryClass::General),
    ("elder", BeneficiaryClass::Elder),
    ("child", BeneficiaryClass::Child),
    ("disabled", BeneficiaryClass::Disabled),
    ("low_income", BeneficiaryClass::LowIncome),
];

pub(super) const CLASSES: &[(&str, SourceClass)] = &[
    ("fiscal", SourceClass::Fiscal),
    ("incentive", SourceClass::Incentive),
    ("foundation", SourceClass::Foundation),
    ("designated_donation", SourceClass::DesignatedDonation),
    ("social_capital", SourceClass::SocialCapital),
    ("undesignated_donation", SourceClass::UndesignatedDonation),
];

pub(super) const LEVELS: &[(&str, AttestationLevel)] = &[
    ("bank", AttestationLevel::Bank),
    ("connector", AttestationLevel::Connector),
    ("two_clerks", AttestationLevel::TwoClerks),
];

/// A service that may be bought, or one that must not.
pub(super) fn catalogue(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let words = [("listed", Listing::Listed), ("negative", Listing::Negative)];
    let call = fund::Call::CatalogueItem {
        code: cells.text("code")?,
        name: cells.text("name")?,
        listing: cells.choice("listing", &words)?,
    };
    let signers = cells.refer_list("listed_by", &planner.known.signers)?;
    let at = cells.time("listed_at")?;

    let signers: Vec<_> = signers.iter().collect();
    planner.submit(cells, at, fund::CONTRACT, &signers, &call);
    Ok(())
}

/// A fund.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.funds)?;
    let call = fund::Call::FundOpen {
        name: cells.text("name")?,
        organisation: cells.refer("organisation", &planner.known.organisations)?,
        scope: cells.text("scope")?,
        bank: cells.refer("bank", &planner.known.organisations)?,
        account: planner.account(cells.required("account")?),
    };
    let administrator = cells.refer("opened_by", &planner.known.signers)?;
    let at = cells.time("opened_at")?;

    let id = planner.submit(cells, at, fund::CONTRACT, &[&administrator], &call);
    let id = RecordId(derive_identifier(&id, 0));
    planner.names.records.insert(id, code.clone());
    planner.known.funds.insert(code, id);
    Ok(())
}

/// Money that a bank received.
pub(super) fn source(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.sources)?;
    let fund = cells.refer("fund", &planner.known.funds)?;
    let amount = cells.yuan("amount")?;
    let class = cells.choice("class", CLASSES)?;
    let donor = cells.refer("donor", &planner.known.organisations)?;
    let earmark = earmark(planner, cells)?;
    let bank_reference = *document(cells.required("bank_reference")?).bytes();
    let value_date = cells.day("value_date")?;
    let account = planner.account(cells.required("account")?);
    let document = document(cells.required("document")?);
    let level = cells.choice("level", LEVELS)?;
    let administrator = cells.refer("administrator", &planner.known.signers)?;
    let approver = cells.refer_optional("approver", &planner.known.signers)?;
    let mut bank = Vec::new();
    if cells.optional("bank").is_some() {
        bank = cells.refer_list("bank", &planner.known.signers)?;
    }
    let at = cells.time("received_at")?;

    let mut signers = vec![&administrator];
    signers.extend(approver.iter().chain(&bank));
    #[rustfmt::skip]
    let id = match donations::take(planner, cells, "donations")? {
        None => {
            let call = fund::Call::SourceIssue {
                fund, amount, class, donor, earmark, bank_reference, value_date, account, document,
                level,
            };
            planner.submit(cells, at, fund::CONTRACT, &signers, &call)
        }
        Some((list, batch)) => {
            let count = u32::try_from(batch.donations().len()).unwrap_or(u32::MAX);
            let call = fund::Call::SourceBatchIssue {
                fund, amount, class, donor, earmark, bank_reference, value_date, account, document,
                level, donations: count, batch_root: batch.root(),
            };
            let rows = std::iter::once(cells.row).chain(list.rows().iter().copied()).collect();
            let id = planner.submit_for(rows, at, fund::CONTRACT, &signers, &call);
            let earmark = EarmarkId(derive_identifier(&id, 0));
            planner.names.donations.add(earmark, list.given());
            id
        }
    };
    let earmark = EarmarkId(derive_identifier(&id, 0));
    planner.names.sources.insert(earmark, code.clone());
    planner.known.sources.insert(code, bank_reference);
    Ok(())
}

/// What money may be used for.
pub(super) fn earmark(planner: &Planner, cells: &Cells) -> Result<EarmarkTerms, Fault> {
    let mut terms = EarmarkTerms {
        purposes: cells.texts("purposes")?,
        places: cells.texts("places")?,
        classes: cells.choices("beneficiaries", BENEFICIARIES)?,
        line: cells.refer_optional("line", &planner.known.lines)?,
        available_from: cells.day("available_from")?,
        lapse_on: cells.day_optional("lapse_on")?,
        excluded: Vec::new(),
    };
    if cells.optional("excluded").is_some() {
        terms.excluded = cells.refer_list("excluded", &planner.known.organisations)?;
    }
    terms.purposes.sort();
    terms.places.sort();
    terms.classes.sort();
    terms.excluded.sort();
    Ok(terms)
}

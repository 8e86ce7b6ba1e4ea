//! This exists to list every text in the calls about money, for the door. Source: REG-18.

use super::calls::{Call, ContractTerms, EarmarkTerms};

impl Call {
    /// Every text in it.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::CatalogueItem { code, name, .. } => vec![code, name],
            Self::FundOpen { name, scope, .. } => vec![name, scope],
            Self::SourceIssue { earmark, .. }
            | Self::SourceBatchIssue { earmark, .. }
            | Self::SuspenseResolve { earmark, .. }
            | Self::Reclassify { earmark, .. } => of_earmark(earmark),
            Self::BudgetDraft { lines, .. } => lines
                .iter()
                .flat_map(|line| [&line.code, &line.name, &line.catalogue])
                .map(String::as_str)
                .collect(),
            Self::ContractSign { terms } | Self::ContractSignLinked { terms, .. } => {
                of_contract(terms)
            }
            Self::EvaluationSubmit { indicators, .. } => {
                indicators.iter().map(|indicator| indicator.name.as_str()).collect()
            }
            Self::BudgetApprove { .. }
            | Self::DeliverableSubmit { .. }
            | Self::AcceptanceSign { .. }
            | Self::PaymentRequest { .. }
            | Self::PaymentEdit { .. }
            | Self::Approve { .. }
            | Self::Refuse { .. }
            | Self::PaymentInstruct { .. }
            | Self::BankConfirm { .. }
            | Self::BankFail { .. }
            | Self::CloseOut { .. }
            | Self::SuspenseReceive { .. }
            | Self::SuspenseReturn { .. }
            | Self::Reverse { .. }
            | Self::BankReturn { .. }
            | Self::ClawbackOrder { .. }
            | Self::Refund { .. }
            | Self::EvaluatorSelect { .. }
            | Self::RetentionRelease { .. }
            | Self::FindingRecord { .. }
            | Self::FiscalClose { .. }
            | Self::TreasuryReturn { .. }
            | Self::Freeze { .. }
            | Self::Unfreeze { .. } => Vec::new(),
        }
    }
}

fn of_earmark(earmark: &EarmarkTerms) -> Vec<&str> {
    earmark.purposes.iter().chain(&earmark.places).map(String::as_str).collect()
}

fn of_contract(terms: &ContractTerms) -> Vec<&str> {
    vec![&terms.number, &terms.catalogue, &terms.place]
}

//! This exists to keep what earlier rows have made known, and to collect the transactions.

use super::prepared::{Claim, Envelope, OfSource, Party, RuleVersion};
use super::rows::budget::Drafts;
use super::rows::community::Founding;
use super::rows::donations::Lists;
use super::table::Cells;
use super::{ImportError, Names, Plan, Prepared, Row, Step, Unreadable};
use borsh::BorshSerialize;
use linli_contracts::programme::BatchOf;
use linli_contracts::{credit, fund, people, programme};
use linli_ledger::crypto::{BusinessKey, PublicKey, demonstration_secret};
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::types::{
    BlockTime, ContractId, EnrolmentId, OrganisationId, PersonId, RecordId, TransactionId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Nonces that one key has in each millisecond: a million a second is more than a key signs.
const NONCES_PER_MS: u64 = 1_000;

/// A resident that a row names by pseudonym.
#[derive(Clone, Debug)]
pub(super) struct Resident {
    pub(super) enrolment: EnrolmentId,
    pub(super) party: Party,
    /// Who signs beside a child under 14 in everything.
    pub(super) guardian: Option<Party>,
}

impl Resident {
    /// Who signs what is neither signing up nor enrolment.
    pub(super) fn signers(&self) -> Vec<&Party> {
        std::iter::once(&self.party).chain(&self.guardian).collect()
    }
}

/// What a sign-in sheet says about one resident in one activity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attendance {
    pub(super) participation: RecordId,
    pub(super) check_in: Option<BlockTime>,
    pub(super) check_out: Option<BlockTime>,
}

/// A voucher that a row names.
#[derive(Clone, Debug)]
pub(super) struct Voucher {
    pub(super) id: RecordId,
    pub(super) secret: Vec<u8>,
    pub(super) owner: Resident,
}

/// A rule of a programme, by the record of its first version.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) id: RecordId,
    pub(super) programme: RecordId,
}

/// What the rows before have made known, by their codes.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) organisations: BTreeMap<String, OrganisationId>,
    /// Persons, by the code of each of their posts.
    pub(super) officers: BTreeMap<String, PersonId>,
    /// Whoever signs: organisations by their own key, officers under their role.
    pub(super) signers: BTreeMap<String, Party>,
    pub(super) sites: BTreeMap<String, Party>,
    pub(super) relations: BTreeMap<String, RecordId>,
    pub(super) residents: BTreeMap<String, Resident>,
    pub(super) programmes: BTreeMap<String, RecordId>,
    pub(super) rules: BTreeMap<String, Rule>,
    pub(super) rule_versions: BTreeSet<(String, u32)>,
    pub(super) activities: BTreeMap<String, RecordId>,
    pub(super) attendances: BTreeMap<String, Attendance>,
    pub(super) rewards: BTreeMap<String, RecordId>,
    pub(super) vouchers: BTreeMap<String, Voucher>,
    pub(super) funds: BTreeMap<String, RecordId>,
    pub(super) lines: BTreeMap<String, RecordId>,
    /// The bank's reference of each source.
    pub(super) sources: BTreeMap<String, [u8; 32]>,
    pub(super) contracts: BTreeMap<String, RecordId>,
    pub(super) payments: BTreeMap<String, RecordId>,
    /// The list of each small donation.
    pub(super) donations: BTreeMap<String, String>,
    /// Reversals; that of money that came in has no identifier yet.
    pub(super) reversals: BTreeMap<String, Option<RecordId>>,
    pub(super) orders: BTreeMap<String, RecordId>,
}

/// Collects what the rows become.
#[derive(Debug)]
pub(super) struct Planner {
    genesis: Genesis,
    chain: Digest,
    seed: String,
    community: String,
    pub(super) known: Known,
    pub(super) names: Names,
    pub(super) drafts: Drafts,
    pub(super) donations: Lists,
    steps: Vec<Step>,
    unreadable: Vec<Unreadable>,
    rows: u64,
    /// How many transactions a key has so far at one time in one half of the state.
    nonces: BTreeMap<(PublicKey, bool, BlockTime), u64>,
}

impl Planner {
    /// Begins with a genesis.
    ///
    /// # Errors
    /// [`ImportError::Genesis`].
    pub(super) fn new(founding: Founding) -> Result<Self, ImportError> {
        let Founding { genesis, seed, community } = founding;
        genesis.check()?;
        Ok(Self {
            chain: genesis.hash(),
            genesis,
            seed,
            community,
            known: Known::default(),
            names: Names::default(),
            drafts: Drafts::default(),
            donations: Lists::default(),
            steps: Vec::new(),
            unreadable: Vec::new(),
            rows: 0,
            nonces: BTreeMap::new(),
        })
    }

    /// Counts a row.
    pub(super) fn count(&mut self) {
        self.rows += 1;
    }

    /// Notes a row that could not be read.
    pub(super) fn refuse(&mut self, unreadable: Unreadable) {
        self.unreadable.push(unreadable);
    }

    /// The genesis.
    pub(super) fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The community, as an administrative path.
    pub(super) fn community(&self) -> &str {
        &self.community
    }

    /// Whether no row was counted before this one.
    pub(super) fn is_first_row(&self) -> bool {
        self.rows == 1
    }

    /// What the identity issuer makes of a person in one community: the same for every pseudonym.
    pub(super) fn nullifier(&self, community: &str, person: &str) -> [u8; 32] {
        self.secret(&format!("nullifier/{community}/{person}"))
    }

    /// The key that a label stands for in this demonstration.
    pub(super) fn key(&self, label: &str) -> Arc<BusinessKey> {
        Arc::new(BusinessKey::demonstration(self.seed.as_bytes(), label))
    }

    /// The 32 secret bytes that a label stands for in this demonstration.
    pub(super) fn secret(&self, label: &str) -> [u8; 32] {
        demonstration_secret(self.seed.as_bytes(), label)
    }

    /// The commitment to a bank account: salted, since account numbers can be guessed.
    pub(super) fn account(&self, account: &str) -> [u8; 32] {
        self.secret(&format!("account/{account}"))
    }

    /// Takes up a call of one row.
    pub(super) fn submit<C: BorshSerialize>(
        &mut self,
        cells: &Cells,
        at: BlockTime,
        contract: ContractId,
        parties: &[&Party],
        call: &C,
    ) -> TransactionId {
        self.submit_for(vec![cells.row], at, contract, parties, call)
    }

    /// Takes up a call of several rows.
    pub(super) fn submit_for<C: BorshSerialize>(
        &mut self,
        rows: Vec<Row>,
        at: BlockTime,
        contract: ContractId,
        parties: &[&Party],
        call: &C,
    ) -> TransactionId {
        let transaction = self.envelope(at, contract, parties).close(call);
        let id = transaction.id();
        self.steps.push(Step { rows, at, prepared: Prepared::Ready(transaction) });
        id
    }

    /// Holds back a new version of a rule until its programme's totals are known.
    pub(super) fn submit_version(
        &mut self,
        cells: &Cells,
        at: BlockTime,
        parties: &[&Party],
        rule: Rule,
        terms: programme::RuleTerms,
    ) {
        let envelope = self.envelope(at, programme::CONTRACT, parties);
        let Rule { id: rule, programme } = rule;
        let version = RuleVersion { envelope, programme, rule, terms };
        let prepared = Prepared::RuleVersion(Box::new(version));
        self.steps.push(Step { rows: vec![cells.row], at, prepared });
    }

    /// Holds back a claim until it is known what the vouchers come to.
    pub(super) fn submit_claim(&mut self, cells: &Cells, at: BlockTime, by: &Party, of: BatchOf) {
        let envelope = self.envelope(at, programme::CONTRACT, &[by]);
        let prepared = Prepared::Claim(Box::new(Claim { envelope, of }));
        self.steps.push(Step { rows: vec![cells.row], at, prepared });
    }

    /// Holds back a call about money that came in until its number is known.
    pub(super) fn submit_of_source(
        &mut self,
        cells: &Cells,
        at: BlockTime,
        parties: &[&Party],
        bank_reference: [u8; 32],
        call: fund::Call,
    ) {
        let envelope = self.envelope(at, fund::CONTRACT, parties);
        let prepared = Prepared::OfSource(Box::new(OfSource { envelope, bank_reference, call }));
        self.steps.push(Step { rows: vec![cells.row], at, prepared });
    }

    /// The nonce grows with time, so that the order of the files does not matter to it. Source: IMP-12.
    fn envelope(&mut self, at: BlockTime, contract: ContractId, parties: &[&Party]) -> Envelope {
        let parties: Vec<Party> = parties.iter().copied().cloned().collect();
        let restricted = contract == people::CONTRACT || contract == credit::CONTRACT;
        let nonce = parties.first().map_or(0, |sender| {
            let used = self.nonces.entry((sender.key.public(), restricted, at)).or_default();
            *used += 1;
            at.0.saturating_mul(NONCES_PER_MS).saturating_add(*used)
        });
        let label = format!(
            "salt/{}/{}/{nonce}",
            parties.first().map_or_else(String::new, |p| p.key.public().to_string()),
            contract.0
        );
        let secret = demonstration_secret(self.seed.as_bytes(), &label);
        let (salt, _) = secret.split_first_chunk::<16>().expect("32 bytes hold 16");
        Envelope { genesis: self.chain, contract, nonce, salt: *salt, at, parties }
    }

    /// Everything, in the order in which it is submitted.
    pub(super) fn finish(mut self, input: Digest, forms: Vec<(&'static str, String)>) -> Plan {
        // Stable: what has one time stays in the order of files, lines and places in the row.
        self.steps.sort_by_key(|step| step.at);
        let Self { genesis, seed, names, steps, unreadable, rows, .. } = self;
        Plan { genesis, seed, steps, unreadable, rows, names, input, forms }
    }
}

/// The hash of a document, by the reference that the office files it under.
pub(super) fn document(reference: &str) -> Digest {
    digest(Domain::Document, reference.as_bytes())
}

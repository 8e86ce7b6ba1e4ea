//! This exists to be a chain in memory: one organisation, one validator, the two test contracts.

use super::{MONEY, MoneyContract, POINTS, PointsContract};
use borsh::BorshSerialize;
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::execute::{BlockTemplate, Built, build_block, execute_block};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::receipt::Receipt;
use linli_ledger::replay::check_invariants;
use linli_ledger::state::State;
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{BlockTime, Compartment, ContractId, DAY_MS};
use linli_ledger::view::View;
use std::sync::Arc;

/// How much of what a node does is done with each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// The block is built, verified, executed again and compared.
    Full,
    /// The block is built: half the work.
    Build,
}

/// A chain in memory. Cloning is cheap while it is short.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The state after the last block.
    pub state: State,
    /// Genesis.
    pub genesis: Genesis,
    rulebook: Arc<Rulebook>,
    key: BusinessKey,
    nonce: u64,
    check: Check,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// The time of genesis.
    pub const START: BlockTime = BlockTime(1_767_225_600_000);

    /// Begins a chain on which every block is built, verified, executed and compared.
    ///
    /// # Panics
    /// Never: the genesis is sound.
    pub fn new() -> Self {
        let key = BusinessKey::demonstration(b"system tests", "organisation");
        let validator = ConsensusKey::demonstration(b"system tests", "validator").public();
        let genesis = Genesis {
            version: GENESIS_VERSION,
            name: "kernel".into(),
            time: Self::START,
            clock: Clock::Data,
            keys: Keys::Demonstration,
            organisations: vec![GenesisOrganisation {
                name: "organisation".into(),
                kind: OrganisationKind::PublicBody,
                key: key.public(),
            }],
            governance: vec![0],
            governance_threshold: 1,
            validators: vec![GenesisValidator { key: validator, organisation: 0, power: 1 }],
            nodes: Vec::new(),
            contracts: vec![(MONEY, 1), (POINTS, 1)],
            parameters: Vec::new(),
        };
        let rulebook = Rulebook::new(vec![Box::new(MoneyContract), Box::new(PointsContract)])
            .expect("two different contracts");
        let state = State::from_genesis(&genesis, &rulebook).expect("a sound genesis");
        let rulebook = Arc::new(rulebook);
        Self { state, genesis, rulebook, key, nonce: 0, check: Check::Full }
    }

    /// The same chain, on which blocks are only built from now on: for many short histories, of
    /// which some run in full.
    #[must_use]
    pub fn only_building(mut self) -> Self {
        self.check = Check::Build;
        self
    }

    /// Signs a call with the next nonce.
    ///
    /// # Panics
    /// Never: what is signed here verifies.
    pub fn sign(
        &mut self,
        contract: ContractId,
        call: &impl BorshSerialize,
    ) -> VerifiedTransaction {
        self.nonce += 1;
        let genesis = *self.state.genesis();
        let body = Body {
            version: BODY_VERSION,
            genesis,
            contract,
            call_version: 1,
            signers: vec![Signer { key: self.key.public(), grant: None }],
            nonce: self.nonce,
            salt: [7; 16],
            valid_until: self.state.tip().time.plus(30 * DAY_MS),
            call: encode(call),
        };
        let signature = self.key.sign_transaction(&genesis, &body.id());
        SignedTransaction::new(&body, vec![signature]).verify(&genesis).expect("we signed it")
    }

    /// Builds a block at `time` without taking it.
    pub fn build(&self, time: BlockTime, transactions: &[VerifiedTransaction]) -> Built {
        let template = BlockTemplate { time, proposer: self.genesis.validators[0].key };
        build_block(&self.state, &self.rulebook, template, transactions)
    }

    /// Runs all of these transactions in one block at `time`; returns what fell due, then theirs.
    ///
    /// # Panics
    /// If the door refuses one, not all fit, or executing differs from building.
    pub fn block(&mut self, time: BlockTime, transactions: &[VerifiedTransaction]) -> Vec<Receipt> {
        let built = self.build(time, transactions);
        let none: [(usize, Code); 0] = [];
        assert_eq!((built.refused.as_slice(), built.considered), (&none[..], transactions.len()));
        let executed = match self.check {
            Check::Build => built.executed,
            Check::Full => {
                let block = built.block.verify().expect("we signed it");
                let executed = execute_block(&self.state, &self.rulebook, &block)
                    .expect("executing agrees with building");
                assert!(executed.receipts == built.executed.receipts, "the same receipts");
                assert_eq!(executed.delta.root(), built.executed.delta.root());
                executed
            }
        };
        self.state.apply(executed.delta);
        executed.receipts
    }

    /// Runs one call in a block of its own, one second after the last block.
    ///
    /// # Panics
    /// As [`Chain::block`].
    pub fn call(&mut self, contract: ContractId, call: &impl BorshSerialize) -> Receipt {
        let transaction = self.sign(contract, call);
        let time = self.state.tip().time.plus(1_000);
        self.block(time, &[transaction]).pop().expect("the transaction's receipt is the last")
    }

    /// Everything, for reading, as of the last block.
    pub fn view(&self) -> View<'_> {
        View::read_only(&self.state, Compartment::Restricted, self.state.tip().time)
    }

    /// Checks the kernel's invariants over the whole state.
    ///
    /// # Panics
    /// If one does not hold.
    pub fn check_invariants(&self) {
        let names = check_invariants(&self.state, &self.rulebook).expect("the invariants hold");
        assert_eq!(names, ["INV-M1", "INV-M2", "INV-M3", "INV-P1"]);
    }
}

//! This exists to make proofs of every kind of one chain, and to say whether what a proof shows is true.

use crate::town::{Town, commit, fen, fen_origin, keys, points, points_origin, secret};
use linli_ledger::certificate::{Vote, VoteKind};
use linli_ledger::evidence::{Evidence, Signed};
use linli_ledger::hash::Digest;
use linli_ledger::invariant::records;
use linli_ledger::posting::money::SegmentRecord;
use linli_ledger::posting::{Account, AccountKey, CreditAccount, Unit};
use linli_ledger::receipt::Subject;
use linli_ledger::record::{Record, key_bytes};
use linli_ledger::state::State;
use linli_ledger::types::{BlockHash, Compartment, ContractId, Height, SourceId};
use linli_ledger::verify::produce::{ProduceError, entries};
use linli_ledger::verify::{
    AsOf, AsOfClaim, Bundle, Claim, Entry, EvidenceClaim, ForkClaim, LeafAt, PartitionClaim,
    ReceiptAt, ReceiptClaim, RecordsClaim, Shown, ShownPartition, ShownStatement, Span,
    StatementClaim, Verdict,
};

/// Something to be proven.
pub(crate) struct Sample {
    pub(crate) head: u64,
    pub(crate) claim: Claim,
}

impl Sample {
    /// From the genesis on.
    pub(crate) fn certified(&self, town: &Town) -> Bundle {
        town.bundle(self.head, self.claim.clone())
    }

    /// For whoever has pinned the head: nothing in it is signed.
    pub(crate) fn pinned(&self, town: &Town) -> Bundle {
        town.ancestry.pinned(&town.at(self.head).header, self.claim.clone())
    }
}

/// A record of some account.
pub(crate) fn account_key(account: &AccountKey) -> (Compartment, Vec<u8>) {
    let compartment =
        if account.unit == Unit::Fen { Compartment::Public } else { Compartment::Restricted };
    (compartment, key_bytes(ContractId(0), CreditAccount::KIND, &account.id()).to_vec())
}

/// The key of a note.
pub(crate) fn note_key(number: u32) -> (Compartment, Vec<u8>) {
    (Compartment::Public, key_bytes(ContractId(1), 1, &number).to_vec())
}

fn value(state: &State, (compartment, key): &(Compartment, Vec<u8>)) -> Option<Vec<u8>> {
    state.leaf(*compartment, key).map(|leaf| leaf.value.to_vec())
}

impl Town {
    /// What the receipt at a place in a block says, under a head.
    pub(crate) fn receipt(&self, height: u64, index: u32, head: u64) -> Claim {
        let (kept, place) = (self.at(height), self.place(height, head));
        Claim::Receipt(ReceiptClaim::of(place, &kept.transactions, &kept.receipts, index).unwrap())
    }

    pub(crate) fn leaf(&self, key: &(Compartment, Vec<u8>), height: u64, head: u64) -> LeafAt {
        LeafAt::of(self.place(height, head), &self.at(height).state, key.0, &key.1)
    }

    /// The receipt in or before a block that wrote a record last.
    fn written(
        &self,
        key: &(Compartment, Vec<u8>),
        blocks: impl Iterator<Item = u64>,
        head: u64,
        last: bool,
    ) -> Option<ReceiptAt> {
        for height in blocks {
            let receipts = &self.at(height).receipts;
            let mut places = (0_u32..).zip(receipts).filter(|(_, receipt)| {
                receipt.compartment == key.0
                    && receipt.writes.iter().any(|write| write.key == key.1)
            });
            let found = if last { places.last() } else { places.next() };
            if let Some((index, _)) = found {
                return ReceiptAt::of(self.place(height, head), receipts, index);
            }
        }
        None
    }

    /// All three ways to say what a record was after a block, as far as there are receipts.
    pub(crate) fn as_of(&self, key: &(Compartment, Vec<u8>), height: u64, head: u64) -> Vec<AsOf> {
        let mut ways = vec![AsOf::At(self.leaf(key, height, head))];
        let written = || self.written(key, (1..=height).rev(), head, true);
        let Some(value) = value(&self.at(height).state, key) else { return ways };
        if written().is_none() {
            return ways;
        }
        if let Some(next) = self.written(key, height + 1..=head, head, false) {
            ways.push(AsOf::Between { value, written: written().unwrap(), next });
        } else {
            let leaf = self.leaf(key, head, head);
            ways.push(AsOf::Since { written: written().unwrap(), leaf });
        }
        ways
    }

    /// Every entry of an account up to a block.
    pub(crate) fn journal(&self, account: &AccountKey, to: u64) -> Vec<Entry> {
        let of = |height: u64| entries(account.id(), Height(height), &self.at(height).receipts);
        (1..=to).flat_map(of).collect()
    }

    pub(crate) fn statement(
        &self,
        account: &AccountKey,
        from: u64,
        to: u64,
        closing: AsOf,
    ) -> StatementClaim {
        StatementClaim::of(account, Height(from), &self.journal(account, to), closing)
    }

    /// Two certified blocks of one height.
    pub(crate) fn fork(&self, height: u64, head: u64, round: u32) -> ForkClaim {
        let header = &self.at(height).header;
        let set = self.ancestry.set(Height(height));
        let mut other = header.clone();
        other.time = other.time.plus(1);
        let keys = keys(&set);
        ForkClaim {
            place: self.place(height, head),
            certificate: commit(header, 1, &keys[..3]),
            other_certificate: commit(&other, round, &keys[1..]),
            set,
            other,
        }
    }

    /// A validator that voted for two blocks.
    pub(crate) fn evidence(&self, height: u64, head: u64) -> EvidenceClaim {
        let set = self.ancestry.set(Height(height));
        let key = set.members()[1].key;
        let vote = |value: u8| {
            let value = Some(BlockHash(Digest::Blake3([value; 32])));
            let (kind, height) = (VoteKind::Prevote, Height(height));
            let message = Vote { kind, height, round: 2, value, validator: key };
            let signature = secret(&key).sign_vote(&self.genesis.hash(), &message);
            Signed { message, signature }
        };
        let evidence = Evidence::Votes(vote(1), vote(2));
        EvidenceClaim { place: self.place(height, head), set, evidence }
    }

    /// Claims of every kind, by kind, each with its head.
    pub(crate) fn samples(&self) -> Vec<(&'static str, [Sample; 5])> {
        let head = self.kept.len() as u64;
        let under = |head, claim| Sample { head, claim };
        let due = (1..=head)
            .find(|height| matches!(self.at(*height).receipts[0].subject, Subject::Due(_)))
            .unwrap();
        let receipts =
            [(9, 1, 9), (2, 2, 2), (1, 40, head), (due, 0, head), (23, 0, head)].map(|sample| {
                let (height, index, head) = sample;
                under(head, self.receipt(height, index, head))
            });
        let as_of = |key: (Compartment, Vec<u8>), height, way: usize| {
            let proof = self.as_of(&key, height, head).swap_remove(way);
            under(head, Claim::AsOf(AsOfClaim { compartment: key.0, key: key.1, proof }))
        };
        let values = [
            as_of(account_key(&fen(1)), 20, 0),
            as_of(account_key(&points(1)), 20, 1),
            as_of(account_key(&points(2)), 30, 1),
            as_of(note_key(12), 40, 0),
            as_of(note_key(0), 33, 1),
        ];
        let statement = |account: AccountKey, from, to, way: usize| {
            let closing = self.as_of(&account_key(&account), to, head).swap_remove(way);
            under(head, Claim::Statement(self.statement(&account, from, to, closing)))
        };
        let statements = [
            statement(fen(1), 0, 12, 0),
            statement(fen(2), 10, 20, 1),
            statement(points(1), 5, 48, 1),
            statement(fen_origin(), 3, 20, 1),
            statement(points_origin(), 0, 48, 0),
        ];
        let extensions = [(1, 2), (1, 48), (23, 48), (47, 48), (20, 35)]
            .map(|(height, head)| under(head, Claim::Extension(self.place(height, head))));
        let forks = [(48, 1), (10, 1), (3, 2), (31, 1), (47, 0)].map(|(height, round)| {
            under(head, Claim::Fork(Box::new(self.fork(height, head, round))))
        });
        let evidences = [48, 10, 3, 31, 47]
            .map(|height| under(head, Claim::Evidence(self.evidence(height, head))));
        let partitions = [(0, 48), (1, 48), (0, 8), (0, 1), (1, 30)].map(|(source, height)| {
            let (place, state) = (self.place(height, head), &self.at(height).state);
            under(
                head,
                Claim::Partition(PartitionClaim::of(place, state, SourceId(source)).unwrap()),
            )
        });
        let keys = [account_key(&fen(1)), note_key(12), account_key(&points(1))];
        let records = [48, 30, 12, 11, 1].map(|height| {
            let (place, state) = (self.place(height, head), &self.at(height).state);
            under(head, Claim::Records(RecordsClaim::of(place, state, &keys)))
        });
        vec![
            ("receipt", receipts),
            ("as-of", values),
            ("statement", statements),
            ("extension", extensions),
            ("fork", forks),
            ("evidence", evidences),
            ("partition", partitions),
            ("records", records),
        ]
    }

    /// Whether what was shown is so on this chain.
    pub(crate) fn is_true(&self, verdict: &Verdict) -> bool {
        let (height, block, time) = verdict.head;
        let header = &self.at(height.0).header;
        let head =
            (header.hash(), header.time) == (block, time) && verdict.genesis == self.genesis.hash();
        head && match &verdict.shown {
            Shown::Receipt(shown) => {
                let kept = self.at(shown.height.0);
                let index = usize::try_from(shown.index).unwrap();
                kept.receipts.get(index) == Some(&shown.receipt) && kept.header.time == shown.time
            }
            Shown::AsOf(shown) => {
                let key = (shown.compartment, shown.key.clone());
                self.stayed(&key, &shown.span)
            }
            Shown::Statement(shown) => self.is_whole(shown),
            Shown::Extension { height, block } => self.at(height.0).header.hash() == *block,
            Shown::Fork(shown) => self.at(shown.height.0).header.hash() == shown.block,
            Shown::Partition(shown) => self.is_partition(shown),
            Shown::Records(shown) => {
                let state = &self.at(shown.height.0).state;
                shown.records.iter().all(|(compartment, key, found)| {
                    value(state, &(*compartment, key.clone())) == *found
                })
            }
            Shown::Evidence(shown) => {
                let set = self.ancestry.set(shown.height);
                shown.evidence.verify(&self.genesis.hash(), &set).is_ok()
            }
        }
    }

    /// Told by the state: the segments of the source, in the order of their keys.
    fn is_partition(&self, shown: &ShownPartition) -> bool {
        let state = &self.at(shown.height.0).state;
        let segments = records::<SegmentRecord>(state)
            .filter(|((source, _), _)| *source == shown.source)
            .map(|((_, start), record)| (start, record.length, record.account, record.lot));
        let parts = shown
            .parts
            .iter()
            .map(|part| (part.segment.start, part.segment.length, part.account.id(), part.lot));
        segments.eq(parts)
    }

    fn stayed(&self, key: &(Compartment, Vec<u8>), span: &Span) -> bool {
        span.from <= span.to
            && (span.from.0..=span.to.0)
                .all(|height| value(&self.at(height).state, key) == span.value)
    }

    /// Told by the receipts alone: every posting of the account between the two blocks, and the balances.
    fn is_whole(&self, shown: &ShownStatement) -> bool {
        let balance = |height: u64| -> u64 {
            let state = if height == 0 { return 0 } else { &self.at(height).state };
            value(state, &account_key(&shown.account))
                .map_or(0, |bytes| borsh::from_slice::<Account>(&bytes).unwrap().balance)
        };
        let listed: Vec<_> = shown
            .entries
            .iter()
            .map(|entry| {
                let Entry { height, index, direction, .. } = entry.entry;
                (height.0, index, direction, entry.amount, entry.balance, entry.number)
            })
            .collect();
        let posted: Vec<_> = (shown.from.0 + 1..=shown.to.0)
            .flat_map(|height| {
                (0_u32..).zip(&self.at(height).receipts).flat_map(move |(index, receipt)| {
                    receipt.entries.iter().map(move |entry| (height, index, entry))
                })
            })
            .filter(|(.., entry)| entry.account == shown.account.id())
            .map(|(height, index, entry)| {
                (height, index, entry.direction, entry.amount, entry.balance, entry.number)
            })
            .collect();
        listed == posted
            && shown.opening == balance(shown.from.0)
            && shown.closing == balance(shown.to.0)
    }
}

#[test]
fn the_chain_has_what_proofs_are_about() {
    let town = Town::full();
    assert_eq!(town.kept.len(), 48);
    let changed = |kept: &&crate::town::Kept| {
        kept.header.next_validators_hash != kept.header.validators_hash
            || matches!(kept.certificate, linli_ledger::certificate::Certificate::Recovery { .. })
    };
    let changes: Vec<_> =
        town.kept.iter().filter(changed).map(|kept| kept.header.height.0).collect();
    assert_eq!(changes, [8, 16, 23, 30, 38]);
    let receipts = || town.kept.iter().flat_map(|kept| &kept.receipts);
    assert!(receipts().any(|receipt| receipt.rejection().is_some()));
    assert!(receipts().any(|receipt| matches!(receipt.subject, Subject::Due(_))));
    assert!(receipts().any(|receipt| matches!(receipt.subject, Subject::Recovery(_))));
    // A record that nothing wrote has one proof, and a head that no quorum signed makes none.
    assert_eq!(town.as_of(&note_key(1_000), 20, 48).len(), 1);
    let kept = town.at(23);
    let place = Claim::Extension(town.place(20, 23));
    let made = town.ancestry.from_genesis(&kept.header, &kept.certificate, place);
    assert_eq!(made, Err(ProduceError::Recovery(Height(23))));
}

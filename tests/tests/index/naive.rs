//! This exists to answer every question to the read model the slow way: by scanning all receipts of a
//! chain. It shares no code with the index.

use linli_contracts::fund::{Fund, FundAccount, Payment, ServiceContract};
use linli_contracts::{AnyCall, fund, programme, registry};
use linli_ledger::block::{BlockTransaction, CommittedBlock};
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::Genesis;
use linli_ledger::invariant::records;
use linli_ledger::posting::money::{Segment, SourceRecord};
use linli_ledger::posting::{Direction, Movement, Quantity};
use linli_ledger::receipt::{Outcome, Receipt, Subject};
use linli_ledger::state::State;
use linli_ledger::transaction::{Body, SignedTransaction};
use linli_ledger::types::{
    AccountId, BlockTime, Compartment, Day, Height, RecordId, SourceId, TransactionId,
    derive_identifier,
};
use linli_ledger::view::View;
use linli_service::index::{At, Index, IndexError, Location, Named, Node, Order, Page, Paged};
use std::collections::{BTreeMap, BTreeSet};

/// A whole chain in memory.
pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) blocks: Vec<(CommittedBlock, Vec<Receipt>)>,
    pub(crate) state: State,
    rows: Vec<Row>,
}

/// A receipt with all that is asked of it.
struct Row {
    at: Spot,
    time: BlockTime,
    receipt: Receipt,
    signed: Option<(SignedTransaction, Body)>,
    /// What was applied.
    call: Option<AnyCall>,
    /// The first 32 bytes of the identifiers of records of contracts.
    written: BTreeSet<[u8; 32]>,
}

impl Row {
    fn new(index: u32, block: &CommittedBlock, receipt: &Receipt) -> Self {
        let header = &block.block.header;
        let signed = block.block.transactions.iter().find_map(|transaction| match transaction {
            BlockTransaction::Full(signed)
                if receipt.subject == Subject::Transaction(signed.id()) =>
            {
                Some((signed.clone(), borsh::from_slice::<Body>(&signed.body).unwrap()))
            }
            _ => None,
        });
        let call = signed.as_ref().and_then(|(_, b)| AnyCall::decode(b.contract, &b.call));
        let ids = receipt.writes.iter().filter(|write| write.key[..2] != [0, 0]);
        Self {
            at: (header.height, index),
            time: header.time,
            receipt: receipt.clone(),
            call: call.filter(|_| receipt.outcome == Outcome::Applied),
            signed,
            written: ids.filter_map(|write| write.key.get(3..35)?.try_into().ok()).collect(),
        }
    }

    fn id(&self) -> Option<TransactionId> {
        self.signed.as_ref().map(|(signed, _)| signed.id())
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    Transaction(TransactionId),
    Receipts(Height),
    BlockAt(BlockTime),
    Journal(AccountId),
    Creator([u8; 32]),
    History([u8; 32]),
    SignedBy(PublicKey),
    Flows(RecordId, Day, Day),
    Ways(Segment),
    Activities(String, BlockTime, BlockTime),
    Search(String),
}

/// Numbers from a seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }
}

type Spot = (Height, u32);
/// First fen, one past the last, and their movements.
type Way = (u64, u64, Vec<(Spot, usize)>);

impl Chain {
    pub(crate) fn new(
        genesis: Genesis,
        blocks: Vec<(CommittedBlock, Vec<Receipt>)>,
        state: State,
    ) -> Self {
        let rows = blocks.iter().flat_map(|(block, receipts)| {
            (0..).zip(receipts).map(|(index, receipt)| Row::new(index, block, receipt))
        });
        Self { rows: rows.collect(), genesis, blocks, state }
    }

    fn calls(&self) -> impl Iterator<Item = (Spot, TransactionId, &AnyCall)> {
        self.rows.iter().filter_map(|row| Some((row.at, row.id()?, row.call.as_ref()?)))
    }

    /// All public names: kind, identifier, text, where.
    fn names(&self) -> Vec<(Named, [u8; 32], String, Spot)> {
        let founding = (0_u32..).zip(&self.genesis.organisations).map(|(n, organisation)| {
            let id = self.genesis.organisation(n).0;
            (Named::Organisation, id, organisation.name.clone(), (Height(0), n))
        });
        let mut names: Vec<_> = founding.collect();
        for (at, id, call) in self.calls() {
            let mut add = |kind, n, text: &str| {
                names.push((kind, derive_identifier(&id, n), text.to_owned(), at));
            };
            match call {
                AnyCall::Registry(registry::Call::OrganisationRegister { name, .. }) => {
                    add(Named::Organisation, 0, name);
                }
                AnyCall::Fund(fund::Call::FundOpen { name, .. }) => add(Named::Fund, 0, name),
                AnyCall::Fund(
                    fund::Call::ContractSign { terms }
                    | fund::Call::ContractSignLinked { terms, .. },
                ) => add(Named::Contract, 0, &terms.number),
                AnyCall::Fund(fund::Call::BudgetDraft { lines, .. }) => {
                    for (n, line) in (1..).zip(lines) {
                        add(Named::BudgetLine, n, &line.name);
                    }
                }
                AnyCall::Programme(programme::Call::ProgrammeOpen { name, .. }) => {
                    add(Named::Programme, 0, name);
                }
                AnyCall::Programme(programme::Call::ActivityPropose { terms, .. }) => {
                    add(Named::Activity, 0, &terms.title);
                }
                AnyCall::Programme(programme::Call::RewardOffer { title, .. }) => {
                    add(Named::Reward, 0, title);
                }
                AnyCall::Programme(programme::Call::RewardOfferFunded { terms, .. }) => {
                    add(Named::Reward, 0, &terms.title);
                }
                _ => {}
            }
        }
        names
    }

    /// Everything that can be asked of this chain, and some things that are not in it.
    #[expect(clippy::too_many_lines, reason = "one arm for each question")]
    pub(crate) fn questions(&self, dice: &mut Dice) -> Vec<Question> {
        let mut all = vec![
            Question::Transaction(TransactionId(*self.state.genesis())),
            Question::Journal(AccountId([9; 32])),
            Question::Creator([9; 32]),
            Question::History([9; 32]),
            Question::Search("no such name".to_owned()),
            Question::Search(" \u{3000}".to_owned()),
            Question::BlockAt(BlockTime(0)),
            Question::BlockAt(BlockTime(u64::MAX)),
            Question::Receipts(Height(0)),
            Question::Receipts(self.state.tip().height.next()),
            Question::Ways(Segment { source: SourceId(4_000_000), start: 0, length: 5 }),
        ];
        let (mut accounts, mut ids) = (BTreeSet::new(), BTreeSet::new());
        let mut keys = BTreeSet::new();
        for row in &self.rows {
            accounts.extend(row.receipt.entries.iter().map(|entry| entry.account));
            ids.extend(&row.written);
            if let Some((signed, body)) = &row.signed {
                all.push(Question::Transaction(signed.id()));
                ids.extend((0..2).map(|n| derive_identifier(&signed.id(), n)));
                keys.extend(body.signers.iter().map(|signer| signer.key));
            }
        }
        all.extend(accounts.into_iter().map(Question::Journal));
        all.extend(ids.iter().copied().map(Question::Creator));
        all.extend(ids.into_iter().map(Question::History));
        all.extend(keys.into_iter().map(Question::SignedBy));
        let times: Vec<BlockTime> = self.blocks.iter().map(|(b, _)| b.block.header.time).collect();
        for (block, _) in &self.blocks {
            let header = &block.block.header;
            all.push(Question::Receipts(header.height));
            let times = [header.time, header.time.minus(1), header.time.plus(1)];
            all.extend(times.map(Question::BlockAt));
        }
        let days: Vec<Day> = times.iter().map(|time| time.day()).collect();
        for (fund, _) in records::<Fund>(&self.state) {
            all.push(Question::Flows(fund, Day(0), Day(u32::MAX)));
            for _ in 0..10 {
                all.push(Question::Flows(fund, *dice.pick(&days), *dice.pick(&days)));
            }
        }
        for (source, record) in records::<SourceRecord>(&self.state) {
            let amount = record.amount.0;
            let mut ask =
                |start, length| all.push(Question::Ways(Segment { source, start, length }));
            ask(0, amount);
            ask(0, 1);
            ask(amount - 1, 1);
            ask(amount, 3);
            for _ in 0..10 {
                let start = dice.roll(amount);
                ask(start, 1 + dice.roll(amount - start));
            }
        }
        let mut places = BTreeSet::from([String::new(), "nowhere".to_owned()]);
        for (_, _, call) in self.calls() {
            if let AnyCall::Programme(programme::Call::ActivityPropose { terms, .. }) = call {
                let parts: Vec<&str> = terms.place.split('/').collect();
                places.extend((1..=parts.len()).map(|n| parts[..n].join("/")));
            }
        }
        for place in places {
            all.push(Question::Activities(place.clone(), BlockTime(0), BlockTime(u64::MAX)));
            let (from, to) = (*dice.pick(&times), *dice.pick(&times));
            all.push(Question::Activities(place, from, to.plus(86_400_000)));
        }
        let names: BTreeSet<String> = self.names().into_iter().map(|name| name.2).collect();
        for name in names {
            let letters: Vec<char> = name.chars().collect();
            let from = usize::try_from(dice.roll(letters.len() as u64)).unwrap();
            let length = 1 + usize::try_from(dice.roll(16)).unwrap();
            all.push(Question::Search(letters.iter().skip(from).take(length).collect()));
            all.push(Question::Search(name.to_uppercase()));
        }
        all
    }

    /// The answer, the slow way.
    #[expect(clippy::too_many_lines, reason = "one arm for each question")]
    pub(crate) fn answer(&self, question: &Question) -> String {
        match question {
            Question::Transaction(id) => {
                let found = self.rows.iter().find(|row| row.id() == Some(*id));
                let leaf = |row: &Row| row.signed.as_ref().unwrap().0.leaf();
                format!("{:?}", found.map(|row| (row.at, row.receipt.leaf(), leaf(row))))
            }
            Question::Receipts(height) => {
                let found = self.blocks.iter().find(|(b, _)| b.block.header.height == *height);
                let leaves = |receipts: &Vec<Receipt>| receipts.iter().map(Receipt::leaf).collect();
                format!(
                    "{:?}",
                    found.map(|(b, r)| -> (_, Vec<_>) { (b.block.header.hash(), leaves(r)) })
                )
            }
            Question::BlockAt(time) => {
                let found = self.blocks.iter().rev().find(|(b, _)| b.block.header.time <= *time);
                format!("{:?}", found.map(|(block, _)| block.block.header.height))
            }
            Question::Journal(account) => format!("{:?}", self.journal(*account)),
            Question::Creator(id) => {
                let found = self.rows.iter().find_map(|row| {
                    let creator = row.id().filter(|_| row.written.contains(id))?;
                    let n = (0..64).find(|n| derive_identifier(&creator, *n) == *id)?;
                    Some((row.at, n))
                });
                format!("{found:?}")
            }
            Question::History(id) => {
                let found = self.rows.iter().filter(|row| row.written.contains(id));
                format!("{:?}", found.map(|row| row.at).collect::<Vec<_>>())
            }
            Question::SignedBy(key) => {
                let signed = |row: &&Row| {
                    let body = row.signed.as_ref().map(|(_, body)| body);
                    body.is_some_and(|body| body.signers.iter().any(|s| s.key == *key))
                };
                let found = self.rows.iter().filter(signed);
                format!("{:?}", found.map(|row| row.at).collect::<Vec<_>>())
            }
            Question::Flows(fund, first, last) => format!("{:?}", self.flows(*fund, *first, *last)),
            Question::Ways(segment) => format!("{:?}", self.ways(*segment)),
            Question::Activities(place, from, to) => {
                let mut found = Vec::new();
                for (at, id, call) in self.calls() {
                    let AnyCall::Programme(programme::Call::ActivityPropose { terms, .. }) = call
                    else {
                        continue;
                    };
                    let slash = format!("{place}/");
                    let is_in = place.is_empty()
                        || terms.place == *place
                        || terms.place.starts_with(&slash);
                    if is_in && *from <= terms.start && terms.start < *to {
                        found.push((terms.start, RecordId(derive_identifier(&id, 0)), at));
                    }
                }
                found.sort();
                format!("{found:?}")
            }
            Question::Search(text) => {
                let plain = |text: &str| text.to_lowercase().replace([' ', '\u{3000}'], "");
                let wanted = plain(text);
                let mut found: Vec<_> = self
                    .names()
                    .into_iter()
                    .filter(|(_, _, name, _)| !wanted.is_empty() && plain(name).contains(&wanted))
                    .map(|(kind, id, name, at)| {
                        (!plain(&name).starts_with(&wanted), kind, name, id, at)
                    })
                    .collect();
                found.sort();
                format!("{found:?}")
            }
        }
    }

    fn journal(&self, account: AccountId) -> Vec<(u64, Spot, u64, AccountId)> {
        let mut found = Vec::new();
        for Row { at, receipt, .. } in &self.rows {
            for (n, entry) in receipt.entries.iter().enumerate() {
                if entry.account == account {
                    let Movement { from, to, .. } = &receipt.movements[n / 2];
                    let other = if entry.direction == Direction::In { *from } else { *to };
                    found.push((entry.number, *at, entry.balance, other));
                }
            }
        }
        found
    }

    fn node(&self, account: AccountId) -> Option<(RecordId, Node)> {
        let view = View::read_only(&self.state, Compartment::Public, self.state.tip().time);
        let fund = |contract: &RecordId| Some(view.get::<ServiceContract>(contract)?.terms.fund);
        Some(match FundAccount::find(&view, account)? {
            FundAccount::Origin(fund) => (fund, Node::Source),
            FundAccount::Available(fund) => (fund, Node::Fund),
            FundAccount::Committed(contract) | FundAccount::Retained(contract) => {
                (fund(&contract)?, Node::Contract(contract))
            }
            FundAccount::Suspense(fund)
            | FundAccount::Lapsed(fund)
            | FundAccount::Returned(fund) => (fund, Node::Other(account)),
            FundAccount::Reserved(payment) | FundAccount::InFlight(payment) => {
                let contract = view.get::<Payment>(&payment)?.terms.contract;
                (fund(&contract)?, Node::Contract(contract))
            }
            FundAccount::Payee { provider, contract } => {
                (fund(&contract)?, Node::Payee { provider, contract })
            }
        })
    }

    fn flows(
        &self,
        fund: RecordId,
        first: Day,
        last: Day,
    ) -> Vec<(Node, Node, SourceId, u64, u64)> {
        let mut sums: BTreeMap<(Node, Node, SourceId), (u64, u64)> = BTreeMap::new();
        for Row { time, receipt, .. } in &self.rows {
            let day = time.day();
            if day < first || last < day {
                continue;
            }
            for movement in &receipt.movements {
                let Quantity::Fen(segments) = &movement.quantity else { continue };
                let (Some(from), Some(to)) = (self.node(movement.from), self.node(movement.to))
                else {
                    continue;
                };
                let concerns = [from.0, to.0].contains(&fund) && from != to;
                for segment in segments.iter().filter(|_| concerns) {
                    let sum = sums.entry((from.1, to.1, segment.source)).or_default();
                    *sum = (sum.0 + segment.length, sum.1 + 1);
                }
            }
        }
        sums.into_iter().map(|((from, to, source), (sum, n))| (from, to, source, sum, n)).collect()
    }

    /// Parts of an interval with equal ways, and each way as places of movements.
    fn ways(&self, asked: Segment) -> Vec<Way> {
        let mut moves = Vec::new();
        for Row { at, receipt, .. } in &self.rows {
            for (n, movement) in receipt.movements.iter().enumerate() {
                let Quantity::Fen(segments) = &movement.quantity else { continue };
                for segment in segments.iter().filter(|s| s.source == asked.source) {
                    moves.push((segment.start, segment.end(), (*at, n)));
                }
            }
        }
        let mut cuts = BTreeSet::from([asked.start, asked.end()]);
        cuts.extend(moves.iter().flat_map(|(start, end, _)| [*start, *end]));
        let cuts: Vec<u64> =
            cuts.into_iter().filter(|c| (asked.start..=asked.end()).contains(c)).collect();
        let mut out: Vec<Way> = Vec::new();
        for pair in cuts.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            let holds = moves.iter().filter(|(from, to, _)| *from <= start && end <= *to);
            let way: Vec<_> = holds.map(|(_, _, place)| *place).collect();
            match out.last_mut() {
                _ if way.is_empty() => {}
                Some((_, last, known)) if *last == start && *known == way => *last = end,
                _ => out.push((start, end, way)),
            }
        }
        out
    }
}

/// Turns all pages of a list, to the end and back, and in the other order; all must tell the same.
fn pages<T, K: Clone + PartialEq + std::fmt::Debug>(
    limit: usize,
    read: impl Fn(&Page) -> Result<Paged<T>, IndexError>,
    key: impl Fn(&T) -> K,
) -> Result<Vec<K>, IndexError> {
    let mut forward: Vec<K> = Vec::new();
    let mut page = Page::first(limit, Order::Ascending);
    let mut last;
    loop {
        last = read(&page)?;
        assert!(last.items.len() <= limit);
        forward.extend(last.items.iter().map(&key));
        match last.next.clone() {
            Some(next) => page = page.at(At::After(next)),
            None => break,
        }
    }
    let mut back: Vec<K> = last.items.iter().map(&key).collect();
    while let Some(previous) = last.previous.clone() {
        last = read(&page.at(At::Before(previous)))?;
        back.splice(0..0, last.items.iter().map(&key));
    }
    assert_eq!(forward, back, "the same forwards and backwards");
    let mut newest = Vec::new();
    let mut page = Page::first(limit, Order::Descending);
    loop {
        let part = read(&page)?;
        newest.extend(part.items.iter().map(&key));
        match part.next {
            Some(next) => page = page.at(At::After(next)),
            None => break,
        }
    }
    newest.reverse();
    assert_eq!(forward, newest, "the same from the other end");
    Ok(forward)
}

fn place(at: Location) -> Spot {
    (at.height, at.index)
}

/// The answer of the index, in the same words.
#[expect(clippy::too_many_lines, reason = "one arm for each question")]
pub(crate) fn ask(
    index: &Index,
    state: &State,
    question: &Question,
    limit: usize,
) -> Result<String, IndexError> {
    Ok(match question {
        Question::Transaction(id) => format!(
            "{:?}",
            index.transaction(id)?.map(|found| {
                (place(found.at), found.receipt().leaf(), found.transaction().unwrap().leaf())
            })
        ),
        Question::Receipts(height) => format!(
            "{:?}",
            index.block(*height)?.map(|block| {
                let leaves: Vec<_> = block.receipts.iter().map(Receipt::leaf).collect();
                let hash = block.header().hash();
                // A doubt is told by the question itself.
                if let Ok(found) = index.height_of(&hash) {
                    assert_eq!(found, Some(*height));
                }
                (hash, leaves)
            })
        ),
        Question::BlockAt(time) => {
            format!("{:?}", index.block_at(*time)?.map(|block| block.block.header.height))
        }
        Question::Journal(account) => {
            let line = |line: &linli_service::index::Line| {
                let at = place(line.found.at);
                (line.entry.number, at, line.entry.balance, line.counterparty())
            };
            let read = |page: &Page| Ok(index.journal(state, *account, page)?.lines);
            let paged = pages(limit, read, line)?;
            let whole = index.statement(state, *account, usize::MAX)?;
            assert_eq!(paged, whole.iter().map(line).collect::<Vec<_>>());
            format!("{paged:?}")
        }
        Question::Creator(id) => {
            format!(
                "{:?}",
                index.creator(id)?.map(|created| (place(created.by.at), created.number))
            )
        }
        Question::History(id) => {
            format!("{:?}", pages(limit, |page| index.history(id, page), |found| place(found.at))?)
        }
        Question::SignedBy(key) => {
            format!("{:?}", pages(limit, |page| index.signed_by(key, page), |f| place(f.at))?)
        }
        Question::Flows(fund, first, last) => {
            let flows = index.flows(*fund, *first, *last)?;
            let months = index.flows_by_month(*fund, *first, *last)?;
            let sum: u64 = months.values().flatten().map(|flow| flow.amount.0).sum();
            assert_eq!(sum, flows.iter().map(|flow| flow.amount.0).sum::<u64>());
            let parts = flows.iter().map(|f| (f.from, f.to, f.source, f.amount.0, f.count));
            format!("{:?}", parts.collect::<Vec<_>>())
        }
        Question::Ways(segment) => {
            let ways = index.ways(state, *segment)?;
            let hops = |leg: &linli_service::index::Leg| -> Vec<_> {
                leg.hops.iter().map(|hop| (place(hop.found.at), hop.movement)).collect()
            };
            let parts: Vec<_> =
                ways.iter().map(|leg| (leg.segment.start, leg.segment.end(), hops(leg))).collect();
            if let Some(first) = index.path(state, segment.source, segment.start)? {
                assert_eq!(Some(&hops(&first)), parts.first().map(|part| &part.2));
            }
            format!("{parts:?}")
        }
        Question::Activities(place_, from, to) => {
            let read = |page: &Page| index.activities(place_, *from, *to, page);
            let found =
                pages(limit, read, |held| (held.terms.start, held.id, place(held.found.at)))?;
            format!("{found:?}")
        }
        Question::Search(text) => {
            let hits = index.search(text, 1_000)?;
            let found: Vec<_> = hits
                .into_iter()
                .map(|hit| (hit.position > 0, hit.kind, hit.text, hit.id, place(hit.at)))
                .collect();
            format!("{found:?}")
        }
    })
}

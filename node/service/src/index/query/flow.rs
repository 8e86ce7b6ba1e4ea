//! This exists to answer "how did money flow through this fund in this time?" from sums kept by day.

use super::super::key::{EdgeKey, Sum, Table};
use super::super::read::List;
use super::super::{Index, IndexError, Node, Order};
use linli_ledger::amount::Fen;
use linli_ledger::record::KeyPart;
use linli_ledger::types::{Day, RecordId, SourceId};
use serde::Serialize;
use std::collections::BTreeMap;

/// What moved from one node to another in the time asked for, of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// From where.
    pub from: Node,
    /// To where.
    pub to: Node,
    /// Whose fen.
    pub source: SourceId,
    /// How much in all, there and not back: the way back is a flow of its own.
    pub amount: Fen,
    /// How many intervals moved.
    pub count: u64,
}

impl Index {
    /// The flows of a fund on the days `first` to `last`, both included, by nodes and source; in the
    /// order of (from, to, source). The way back of a refund is in it as an edge of its own.
    ///
    /// # Errors
    /// [`IndexError::Doubt`].
    pub fn flows(&self, fund: RecordId, first: Day, last: Day) -> Result<Vec<Flow>, IndexError> {
        let mut sums: BTreeMap<(Node, Node, SourceId), Sum> = BTreeMap::new();
        self.each_flow(fund, first, last, |_, from, to, source, sum| {
            let known = sums.entry((from, to, source)).or_default();
            *known = known.plus(sum);
        })?;
        Ok(sums
            .into_iter()
            .map(|((from, to, source), sum)| Flow {
                from,
                to,
                source,
                amount: Fen(sum.amount),
                count: sum.count,
            })
            .collect())
    }

    /// The flows of a fund by month: year and month, then as [`Index::flows`].
    ///
    /// # Errors
    /// [`IndexError::Doubt`].
    pub fn flows_by_month(
        &self,
        fund: RecordId,
        first: Day,
        last: Day,
    ) -> Result<BTreeMap<(u32, u32), Vec<Flow>>, IndexError> {
        let mut sums: BTreeMap<((u32, u32), Node, Node, SourceId), Sum> = BTreeMap::new();
        self.each_flow(fund, first, last, |day, from, to, source, sum| {
            let (year, month, _) = day.civil();
            let known = sums.entry(((year, month), from, to, source)).or_default();
            *known = known.plus(sum);
        })?;
        let mut months: BTreeMap<(u32, u32), Vec<Flow>> = BTreeMap::new();
        for ((month, from, to, source), sum) in sums {
            let amount = Fen(sum.amount);
            let flow = Flow { from, to, source, amount, count: sum.count };
            months.entry(month).or_default().push(flow);
        }
        Ok(months)
    }

    fn each_flow(
        &self,
        fund: RecordId,
        first: Day,
        last: Day,
        mut each: impl FnMut(Day, Node, Node, SourceId, Sum),
    ) -> Result<(), IndexError> {
        let wrong = || IndexError::doubt("an edge is no edge");
        let prefix = Table::Edges.key(&fund);
        let (from, to) = (first.0.to_be_bytes(), last.0.saturating_add(1).to_be_bytes());
        let list = List::between(prefix, &from, &to);
        let reader = self.reader();
        for entry in reader.scan(&list, Order::Ascending) {
            let (key, value) = entry?;
            let mut parts = key.get(1..).unwrap_or_default();
            let ((_, day), from, to, source) = EdgeKey::read(&mut parts).ok_or_else(wrong)?;
            each(day, from, to, source, Sum::read(&value).ok_or_else(wrong)?);
        }
        Ok(())
    }
}

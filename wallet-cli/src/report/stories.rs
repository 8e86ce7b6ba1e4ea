//! This exists to show what became of points and money besides being earned and paid, in both languages.
//! Few cases of residents are shown as few: the number could point at somebody.

use super::{grouped, money};
use crate::summary::{Amount, FEWEST_SHOWN, Item, Stories};
use crate::texts::{word, word_with};
use linli_verify::Language;
use serde_json::{Map, Value, json};

/// One line: what, how often, how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) count: String,
    pub(crate) amount: String,
}

/// What happened, as people read it; nothing of what did not happen.
pub(super) fn rows(items: &[Item], language: Language) -> Vec<Row> {
    items.iter().filter(|item| item.happened()).map(|item| row(item, language)).collect()
}

fn row(item: &Item, language: Language) -> Row {
    let what = word(&format!("story-{}", item.key), language);
    if item.is_hidden() {
        let limit = FEWEST_SHOWN.into();
        let count = word_with("story-few", language, &[("limit", limit)]);
        return Row { what, count, amount: String::new() };
    }
    let amount = item.amount.map_or_else(String::new, |amount| match amount {
        Amount::Points(points) => {
            word_with("story-points", language, &[("amount", grouped(points).into())])
        }
        Amount::Fen(fen) => money(fen),
    });
    Row { what, count: item.count.map_or_else(String::new, grouped), amount }
}

/// For programs of the office, which hold every resident's balance too: exact.
pub(super) fn json(stories: &Stories) -> Value {
    json!({ "credit": object(&stories.credit), "money": object(&stories.money) })
}

fn object(items: &[Item]) -> Value {
    let entry = |item: &Item| {
        let mut entry = Map::new();
        if let Some(count) = item.count {
            entry.insert("count".to_owned(), count.to_string().into());
        }
        match item.amount {
            None => {}
            Some(Amount::Points(points)) => {
                entry.insert("points".to_owned(), points.to_string().into());
            }
            Some(Amount::Fen(fen)) => {
                entry.insert("amount_fen".to_owned(), fen.to_string().into());
            }
        }
        (item.key.replace('-', "_"), Value::Object(entry))
    };
    Value::Object(items.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_ledger::amount::Fen;

    const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

    fn item(count: u64, of_residents: bool) -> Item {
        Item { key: "owed", count: Some(count), amount: Some(Amount::Points(1_234)), of_residents }
    }

    #[test]
    fn few_cases_of_residents_are_shown_without_number_and_sum() {
        for language in LANGUAGES {
            let few = row(&item(9, true), language);
            assert!(!few.count.contains('9') && few.count.contains("10"), "{few:?}");
            assert_eq!(few.amount, "");
            let many = row(&item(10, true), language);
            assert!(many.count == "10" && many.amount.contains("1,234"), "{many:?}");
            let public = row(&item(9, false), language);
            assert!(public.count == "9" && public.amount.contains("1,234"), "{public:?}");
        }
    }

    #[test]
    fn what_did_not_happen_is_not_shown() {
        let nothing = Item { amount: Some(Amount::Fen(Fen(0))), ..item(0, false) };
        assert!(rows(&[nothing, item(0, true)], Language::English).len() == 1);
    }
}

//! This exists to draw a payment and its sources: bands as wide as the money, from left to right.

use super::money;
use crate::trace::Flow;
use std::fmt::Write as _;

const WIDTH: u64 = 960;
const BAND_HEIGHT: u64 = 180;
const GAP: u64 = 34;
const TOP: u64 = 16;
const COLOURS: [&str; 6] = ["#2f6f6d", "#b5651d", "#5b5ea6", "#8a9a2f", "#9b2d5a", "#3a7bb5"];

/// Left edges of the four columns: source, fund, contract, payee; each node is 14 wide.
const COLUMNS: [u64; 4] = [230, 420, 600, 742];

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An SVG picture; the table beside it says the same in words.
pub(super) fn svg(flow: &Flow) -> String {
    let total = flow.amount.0.max(1);
    let count = flow.sources.len() as u64;
    let height = BAND_HEIGHT + GAP * count.saturating_sub(1) + 2 * TOP + 20;
    let scale = |amount: u64| {
        u64::try_from(u128::from(amount) * u128::from(BAND_HEIGHT) / u128::from(total))
            .unwrap_or(BAND_HEIGHT)
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\" xmlns=\"http://www.w3.org/2000/svg\">",
        escape(&format!("{} {} → {}", flow.name, money(flow.amount), flow.payee))
    );
    let middle = TOP + GAP * count.saturating_sub(1) / 2;
    let [left, fund, contract, payee] = COLUMNS;
    let (mut source_top, mut band_top) = (TOP, middle);
    for (position, source) in flow.sources.iter().enumerate() {
        let colour = COLOURS[position % COLOURS.len()];
        let band = scale(source.amount.0).max(2);
        curve(&mut svg, [left + 14, source_top], [fund, band_top], band, colour);
        for (from, to) in [(fund + 14, contract), (contract + 14, payee)] {
            curve(&mut svg, [from, band_top], [to, band_top], band, colour);
        }
        node(&mut svg, [left, source_top], band, colour);
        for x in [fund, contract, payee] {
            node(&mut svg, [x, band_top], band, colour);
        }
        let y = source_top + band / 2;
        label(&mut svg, left - 8, y, "end", &format!("{} {}", source.name, source.donor));
        label(&mut svg, left - 8, y + 17, "end", &money(source.amount));
        source_top += band + GAP;
        band_top += band;
    }
    label(&mut svg, fund + 7, band_top + 18, "middle", &flow.fund);
    label(&mut svg, contract + 7, band_top + 36, "middle", &flow.contract);
    let y = middle + (band_top - middle) / 2;
    label(&mut svg, payee + 22, y, "start", &flow.payee);
    label(&mut svg, payee + 22, y + 17, "start", &money(flow.amount));
    svg.push_str("</svg>");
    svg
}

fn node(svg: &mut String, [x, y]: [u64; 2], height: u64, colour: &str) {
    let _ = write!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"{height}\" fill=\"{colour}\"/>"
    );
}

fn curve(svg: &mut String, [x1, y1]: [u64; 2], [x2, y2]: [u64; 2], band: u64, colour: &str) {
    let (a, b) = (y1 + band / 2, y2 + band / 2);
    let bend = u64::midpoint(x1, x2);
    let _ = write!(
        svg,
        "<path d=\"M{x1},{a} C{bend},{a} {bend},{b} {x2},{b}\" fill=\"none\" stroke=\"{colour}\" \
         stroke-opacity=\".35\" stroke-width=\"{band}\"/>"
    );
}

fn label(svg: &mut String, x: u64, y: u64, anchor: &str, text: &str) {
    let _ =
        write!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>", escape(text));
}

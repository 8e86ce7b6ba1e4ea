//! This exists to time two things alternately and to say the ratio.

use std::time::Instant;

/// Pairs of which the median counts.
const PAIRS: usize = 5;

/// How much smaller than in the report everything is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale(f64);

impl Scale {
    pub(crate) fn of_environment() -> Self {
        let text = std::env::var("LINLI_BENCH_SCALE").unwrap_or_else(|_| "1".to_owned());
        Self(text.parse().expect("LINLI_BENCH_SCALE is a number"))
    }

    /// A number of the report at this scale.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size of a bench, positive and small"
    )]
    pub(crate) fn of(self, full: u32) -> u32 {
        ((f64::from(full) * self.0) as u32).max(1)
    }
}

/// Whether a target is to be measured.
pub(crate) fn is_wanted(target: &str) -> bool {
    match std::env::var("LINLI_BENCH_ONLY") {
        Ok(list) => list.split(',').any(|name| name == target),
        Err(_) => true,
    }
}

/// The time of some work: by the clock on the wall, and of all processors together. The second is what
/// stays true on a machine that does other work too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) wall: f64,
    pub(crate) processors: f64,
}

impl Time {
    pub(crate) fn of(work: impl FnOnce()) -> Self {
        Self::with(&[], work)
    }

    /// Of some work of this process and of others that do their part of it.
    pub(crate) fn with(others: &[String], work: impl FnOnce()) -> Self {
        let used = || {
            let others = others.iter().map(String::as_str);
            others.chain(["self"]).map(processors).sum::<Option<f64>>()
        };
        let begun = (used(), Instant::now());
        work();
        let wall = begun.1.elapsed().as_secs_f64();
        let processors = used().zip(begun.0).map_or(wall, |(after, before)| after - before);
        Self { wall, processors }
    }

    /// What each of so many that did the same at once has had of it.
    pub(crate) fn of_each(self, count: u32) -> Self {
        let count = f64::from(count);
        Self { wall: self.wall / count, processors: self.processors / count }
    }
}

/// What a process, or `self`, has used of all processors, in seconds; ticks of 10 ms.
pub(crate) fn processors(process: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = text.rsplit_once(')')?.1.split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).map(|one| one.parse::<u32>().unwrap_or(0)).sum();
    Some(f64::from(ticks) / 100.0)
}

/// Processor time of one piece of work in seconds, done as often as it takes to tell.
pub(crate) fn processor(mut work: impl FnMut()) -> f64 {
    let (mut times, mut spent) = (0_u32, 0.0);
    while spent < 0.25 {
        let before = times;
        spent += Time::of(|| {
            while times < before * 2 + 1 {
                work();
                times += 1;
            }
        })
        .processors;
    }
    spent / f64::from(times)
}

/// What two sides came to, pair by pair.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Pairs {
    /// Measures both sides alternately.
    pub(crate) fn measure(mut ours: impl FnMut() -> f64, mut theirs: impl FnMut() -> f64) -> Self {
        let mut pairs = Self::default();
        for pair in 1..=PAIRS {
            pairs.theirs.push(theirs());
            pairs.ours.push(ours());
            eprintln!("  pair {pair}: {:.4} against {:.4}", last(&pairs.ours), last(&pairs.theirs));
        }
        pairs
    }

    /// As [`Pairs::measure`], where both sides say how long they took: by wall and by processors, in
    /// units per second.
    pub(crate) fn rates(
        count: impl Fn() -> f64,
        mut ours: impl FnMut() -> Time,
        mut theirs: impl FnMut() -> Time,
    ) -> (Self, Self) {
        let (mut wall, mut processors) = (Self::default(), Self::default());
        for pair in 1..=PAIRS {
            let (their, our) = (theirs(), ours());
            wall.theirs.push(count() / their.wall);
            wall.ours.push(count() / our.wall);
            processors.theirs.push(count() / their.processors);
            processors.ours.push(count() / our.processors);
            let ratios = (their.wall / our.wall, their.processors / our.processors);
            eprintln!("  pair {pair}: by wall {:.3}, by processors {:.3}", ratios.0, ratios.1);
        }
        (wall, processors)
    }

    fn ratio(&self) -> f64 {
        median(self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs))
    }

    /// Prints the target: the median of the ratios, and the medians of both sides.
    pub(crate) fn print(&self, target: &Target) {
        let (ours, theirs) = (self.ours.iter().copied(), self.theirs.iter().copied());
        target.print(median(ours), median(theirs), self.ratio());
    }
}

fn last(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or(f64::NAN)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A line of the report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// Its name in `docs/performance.md`.
    pub(crate) name: &'static str,
    /// What the ratio has to reach, for example `>= 0.65`.
    pub(crate) goal: &'static str,
    /// Of value and baseline.
    pub(crate) unit: &'static str,
}

impl Target {
    pub(crate) fn print(&self, value: f64, baseline: f64, ratio: f64) {
        let line = serde_json::json!({
            "target": self.name,
            "value": rounded(value),
            "baseline": rounded(baseline),
            "ratio": rounded(ratio),
            "goal": self.goal,
            "unit": self.unit,
        });
        println!("{line}");
    }
}

/// Four significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

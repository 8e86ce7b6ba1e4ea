//! Whatever is done ahead and on however many threads, items come in their order, an error ends it,
//! and only a bounded number is under way.

use linli_ahead::in_order;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

fn pools() -> impl Iterator<Item = rayon::ThreadPool> {
    [1, 2, 3]
        .into_iter()
        .map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("threads"))
}

/// Work that takes a time of its own for every item.
fn work(item: u64) -> u64 {
    (0..item.wrapping_mul(7_919) % 3_000).fold(item, |sum, n| sum ^ std::hint::black_box(n))
        & !4_095
        | item
}

fn run(count: u64, end: u64) -> (Vec<u64>, Result<(), u64>) {
    let mut taken = Vec::new();
    let result = in_order(0..count, work, |item| {
        taken.push(item & 4_095);
        if item & 4_095 == end { Err(end) } else { Ok(()) }
    });
    (taken, result)
}

#[test]
fn items_come_in_their_order_inside_a_pool_and_outside() {
    let expected = ((0..500).collect(), Ok(()));
    assert_eq!(run(500, 4_095), expected);
    for pool in pools() {
        assert_eq!(pool.install(|| run(500, 4_095)), expected);
    }
}

#[test]
fn the_first_error_ends_it() {
    assert_eq!(run(500, 17), ((0..=17).collect(), Err(17)));
    for pool in pools() {
        assert_eq!(pool.install(|| run(500, 17)), ((0..=17).collect(), Err(17)));
    }
}

#[test]
fn no_more_than_four_for_each_thread_are_under_way() {
    for pool in pools() {
        let (begun, mut taken) = (AtomicUsize::new(0), 0);
        let begin = |item: usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            item
        };
        let result = pool.install(|| {
            in_order(0..200, begin, |_| {
                taken += 1;
                let under_way = begun.load(Ordering::SeqCst) + 1 - taken;
                if under_way <= 4 * rayon::current_num_threads() { Ok(()) } else { Err(under_way) }
            })
        });
        assert_eq!((result, taken), (Ok(()), 200));
    }
}

#[test]
fn a_panic_ahead_is_a_panic_here() {
    let fails = |item: u32| if item == 9 { panic!("nine") } else { item };
    let run = || in_order(0..100, fails, |_| Ok::<(), ()>(()));
    let caught = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    assert_eq!(caught.downcast_ref::<&str>(), Some(&"nine"));
}

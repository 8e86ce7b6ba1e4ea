//! This exists to spoil what is inside a frame so that it is no frame any more, under a checksum that
//! is right.

use super::{Edit, Group, Kind, Original, below, flip};
use crate::oracle::Random;
use linli_ledger::codec::decode;
use linli_ledger::frame::{FRAME_HEADER_BYTES, Frame};
use linli_ledger::hash::{Domain, hash};
use linli_ledger::replay::Check;

pub(super) fn kinds() -> Vec<Kind> {
    let kind = |name: &str, change: fn(&mut Vec<u8>, &mut Random)| {
        Kind::new(Group::Reframed, Check::Frame, name, move |original, random| {
            reframed(original, random, change)
        })
    };
    vec![
        kind("a bit that makes a payload unreadable", |payload, random| {
            let good = payload.clone();
            while decode::<Frame>(payload, "a frame").is_ok() {
                payload.clone_from(&good);
                flip(payload, random);
            }
        }),
        kind("a byte after a payload", |payload, random| {
            payload.push(u8::try_from(random.below(256)).expect("below 256"));
        }),
        kind("a payload cut", |payload, random| payload.truncate(below(random, payload.len()))),
    ]
}

fn reframed(
    original: &Original<'_>,
    random: &mut Random,
    change: fn(&mut Vec<u8>, &mut Random),
) -> Edit {
    let mut frames = original.frames.clone();
    let one = 1 + below(random, original.blocks.len());
    let mut payload = frames[one][FRAME_HEADER_BYTES..].to_vec();
    change(&mut payload, random);
    let length = u32::try_from(payload.len()).expect("a frame is short");
    let checksum = hash(Domain::Frame, &payload);
    frames[one] = [&length.to_le_bytes()[..], &checksum, &payload].concat();
    Edit { bytes: frames.concat(), height: Some(one as u64) }
}

//! This exists to spoil the bytes of a chain as a disk, a careless copy or a crude hand does.

use super::{Edit, Group, Kind, Original, below, flip, noise};
use crate::oracle::Random;
use linli_ledger::frame::FRAME_HEADER_BYTES;
use linli_ledger::replay::Check;

/// A sector of a disk.
const SECTOR_BYTES: usize = 512;

pub(super) fn kinds() -> Vec<Kind> {
    let kind = |check, name: &str, make: fn(&Original<'_>, &mut Random) -> Edit| {
        Kind::new(Group::Raw, check, name, make)
    };
    vec![
        kind(Check::Frame, "a bit of a payload", |original, random| {
            in_frame(original, random, |frame, random| {
                flip(&mut frame[FRAME_HEADER_BYTES..], random);
            })
        }),
        kind(Check::Frame, "a bit of a checksum", |original, random| {
            in_frame(original, random, |frame, random| {
                flip(&mut frame[4..FRAME_HEADER_BYTES], random);
            })
        }),
        kind(Check::Frame, "a bit of a length", |original, random| {
            in_frame(original, random, |frame, random| flip(&mut frame[..4], random))
        }),
        kind(Check::Frame, "a byte dropped", |original, random| {
            in_frame(original, random, |frame, random| {
                frame.remove(below(random, frame.len()));
            })
        }),
        kind(Check::Frame, "a byte doubled", |original, random| {
            in_frame(original, random, |frame, random| {
                let offset = below(random, frame.len());
                frame.insert(offset, frame[offset]);
            })
        }),
        kind(Check::Frame, "a sector lost", lost_sector),
        kind(Check::Frame, "the tail cut inside a frame", cut_inside),
        kind(Check::Frame, "bytes after the end", |original, random| {
            let noise = noise(random);
            damage([&original.bytes, &noise[..=below(random, 31)]].concat(), original)
        }),
        kind(Check::Frame, "the genesis dropped", |original, _| begin(&original.frames[1..])),
        kind(Check::Frame, "the genesis doubled", |original, _| {
            begin(&[&original.frames[..1], &original.frames].concat())
        }),
        kind(Check::Frame, "the genesis swapped with a block", |original, random| {
            let mut frames = original.frames.clone();
            frames.swap(0, 1 + below(random, original.blocks.len()));
            begin(&frames)
        }),
        kind(Check::Link, "frames dropped", dropped),
        kind(Check::Link, "a frame doubled", doubled),
        kind(Check::Link, "two frames swapped", swapped),
        kind(Check::Link, "a frame moved to the end", moved),
        kind(Check::Head, "the tail cut between two frames", |original, random| {
            let blocks = below(random, original.blocks.len());
            let bytes = original.frames[..=blocks].concat();
            Edit { bytes, height: Some(blocks as u64) }
        }),
    ]
}

/// Changes one frame.
fn in_frame(
    original: &Original<'_>,
    random: &mut Random,
    change: fn(&mut Vec<u8>, &mut Random),
) -> Edit {
    let mut frames = original.frames.clone();
    change(&mut frames[below(random, original.frames.len())], random);
    damage(frames.concat(), original)
}

/// An audit must stop at the frame in which the first wrong byte lies.
fn damage(bytes: Vec<u8>, original: &Original<'_>) -> Edit {
    let height = original.damaged(&bytes).max(1);
    Edit { bytes, height: Some(height as u64) }
}

/// An audit must stop at the beginning.
fn begin(frames: &[Vec<u8>]) -> Edit {
    Edit { bytes: frames.concat(), height: Some(1) }
}

fn lost_sector(original: &Original<'_>, random: &mut Random) -> Edit {
    let mut bytes = original.bytes.clone();
    let start = below(random, bytes.len() / SECTOR_BYTES) * SECTOR_BYTES;
    bytes[start..start + SECTOR_BYTES].fill(0);
    damage(bytes, original)
}

fn cut_inside(original: &Original<'_>, random: &mut Random) -> Edit {
    let frame = below(random, original.frames.len());
    let kept = 1 + below(random, original.frames[frame].len() - 1);
    let mut bytes = original.frames[..frame].concat();
    bytes.extend_from_slice(&original.frames[frame][..kept]);
    damage(bytes, original)
}

/// One to three blocks, not the last one.
fn dropped(original: &Original<'_>, random: &mut Random) -> Edit {
    let mut frames = original.frames.clone();
    let first = 1 + below(random, original.blocks.len() - 1);
    let count = (1 + below(random, 3)).min(original.blocks.len() - first);
    frames.drain(first..first + count);
    Edit { bytes: frames.concat(), height: Some((first + count) as u64) }
}

fn doubled(original: &Original<'_>, random: &mut Random) -> Edit {
    let mut frames = original.frames.clone();
    let one = 1 + below(random, original.blocks.len());
    frames.insert(one, frames[one].clone());
    Edit { bytes: frames.concat(), height: Some(one as u64) }
}

fn swapped(original: &Original<'_>, random: &mut Random) -> Edit {
    let mut frames = original.frames.clone();
    let first = 1 + below(random, original.blocks.len() - 1);
    let second = first + 1 + below(random, original.blocks.len() - first);
    frames.swap(first, second);
    Edit { bytes: frames.concat(), height: Some(second as u64) }
}

fn moved(original: &Original<'_>, random: &mut Random) -> Edit {
    let mut frames = original.frames.clone();
    let one = 1 + below(random, original.blocks.len() - 1);
    let frame = frames.remove(one);
    frames.push(frame);
    Edit { bytes: frames.concat(), height: Some(one as u64 + 1) }
}

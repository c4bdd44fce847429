//! What fuzzing knows, in every run: the seeds as they are, cut off, spoiled, and mixed with each other.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use cloudphone_differential::{hostile, random::Random};

/// Spoiled variants of each seed.
const VARIANTS: usize = 12;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "the seeds of {target} are there");
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn replay(target: &str, entry: fn(&[u8])) {
    let seeds = seeds(target);
    let mut random = Random::new(11);
    for seed in &seeds {
        entry(seed);
        for _ in 0..VARIANTS {
            let mut bytes = seed.clone();
            for _ in 0..=random.below(3) {
                spoil(&mut random, &mut bytes, &seeds);
            }
            entry(&bytes);
        }
    }
}

fn spoil(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    match random.below(5) {
        0 => bytes.truncate(at),
        1 => bytes[at] = *random.pick(b"{}[]()\"\\:,!@$#.0n \xff"),
        2 => drop(bytes.remove(at)),
        3 => {
            let end = at + random.below(bytes.len() - at);
            let part = bytes[at..end].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, part);
        }
        _ => {
            let other = random.pick(seeds);
            let from = random.below(other.len().max(1)).min(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}

#[test]
fn no_operation_does_harm() {
    replay("operations", hostile::operation);
}

#[test]
fn no_schema_does_harm() {
    replay("schemas", hostile::composition);
}

#[test]
fn no_answer_of_a_subgraph_does_harm() {
    replay("answers", hostile::answer);
}

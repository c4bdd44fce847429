//! Which combinations of subscriptions, subscribers, rates and joins are measured.

use super::super::Options;
use super::super::audience::{Plan, Variety};

/// Of twenty connections one reads nothing.
const STALLED_EVERY: usize = 20;
/// With so many equal subscribers and twenty events a second, 50,000 events are delivered in each.
const FOR_FIFTY_THOUSAND: usize = 2500;
/// Subscriptions on each connection of a console or of a backend that collects for others.
const SEVERAL: usize = 10;

/// A combination, with the rates of events one after the other.
pub struct Combination {
    /// Who subscribes to what.
    pub plan: Plan,
    /// Events of each subscription per second.
    pub rates: Vec<u32>,
    /// Whether peers are measured with it too, at the last of the rates.
    pub is_compared: bool,
}

/// All that are wanted, in the order of the table.
pub fn all(options: &Options) -> Vec<Combination> {
    let counts: &[usize] = if options.quick { &[1000] } else { &[100, 1000, 5000] };
    let counts = if options.subscribers.is_empty() { counts } else { &options.subscribers };
    let rates: &[u32] = if options.quick { &[20] } else { &[1, 20] };
    let rates = if options.rates.is_empty() { rates } else { &options.rates };
    let varieties: &[Variety] = if options.varieties.is_empty() {
        &[Variety::Same, Variety::PerDevice, Variety::Selections]
    } else {
        &options.varieties
    };
    let joins = match options.join {
        None => vec![false, true],
        Some(join) => vec![join],
    };
    let mut combinations = Vec::new();
    for variety in varieties.iter().copied() {
        for subscribers in counts.iter().copied() {
            for join in joins.iter().copied() {
                for per_connection in options.per_connection.iter().copied() {
                    let plan = Plan { variety, subscribers, per_connection, join, stalled_every: STALLED_EVERY };
                    // Where peers do the same work.
                    let is_compared = variety == Variety::Same && subscribers <= 1000 && per_connection == 1;
                    combinations.push(Combination { plan, rates: rates.to_vec(), is_compared });
                }
            }
        }
    }
    if is_whole_matrix(options) {
        let of_all = |subscribers, per_connection, join| Combination {
            plan: Plan { variety: Variety::Same, subscribers, per_connection, join, stalled_every: STALLED_EVERY },
            rates: vec![20],
            is_compared: false,
        };
        combinations.extend([
            of_all(FOR_FIFTY_THOUSAND, 1, false),
            of_all(FOR_FIFTY_THOUSAND, 1, true),
            of_all(FOR_FIFTY_THOUSAND, SEVERAL, false),
            of_all(5000, SEVERAL, false),
        ]);
    }
    combinations
}

/// Whether nothing of it was chosen by hand, so that further points are of use.
fn is_whole_matrix(options: &Options) -> bool {
    !options.quick
        && options.subscribers.is_empty()
        && options.varieties.is_empty()
        && options.rates.is_empty()
        && options.per_connection == [1]
}

/// Connections at which the operating system's own share is measured: those of equal subscribers, at the highest rate.
pub fn floors(combinations: &[Combination]) -> Vec<(usize, u32)> {
    let mut floors: Vec<(usize, u32)> = combinations
        .iter()
        .filter(|combination| combination.plan.variety == Variety::Same && combination.plan.per_connection == 1)
        .filter_map(|combination| Some((combination.plan.subscribers, combination.rates.iter().copied().max()?)))
        .collect();
    floors.sort_unstable();
    floors.dedup();
    floors
}

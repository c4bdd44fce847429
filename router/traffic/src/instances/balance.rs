//! Which of several instances is asked.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use rand::Rng as _;

use super::instance::Instance;

/// How an instance is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Balancing {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The one with the fewest calls and subscriptions under way for its weight.
    LeastConnections,
    /// Any.
    Random,
    /// One after the other, each as often as its weight says, evenly spread.
    WeightedRoundRobin,
}

/// Remembers whose turn it is.
#[derive(Default)]
pub(super) struct Turns(Mutex<Credit>);

#[derive(Default)]
struct Credit {
    next: usize,
    /// What each instance is owed, by its number.
    owed: Vec<(u64, i64)>,
}

impl Turns {
    /// One of the candidates; none when there are none.
    pub(super) fn choose(&self, balancing: Balancing, candidates: &[Arc<Instance>]) -> Option<Arc<Instance>> {
        let position = match (balancing, candidates.len()) {
            (_, 0) => return None,
            (_, 1) => 0,
            (Balancing::RoundRobin, count) => self.next() % count,
            (Balancing::Random, count) => rand::rng().random_range(0..count),
            (Balancing::LeastConnections, count) => {
                // Among equals, one after the other.
                let first = self.next();
                (0..count)
                    .map(|step| (first + step) % count)
                    .min_by(|one, other| load(&candidates[*one]).total_cmp(&load(&candidates[*other])))?
            }
            (Balancing::WeightedRoundRobin, _) => self.weighted(candidates),
        };
        candidates.get(position).cloned()
    }

    fn next(&self) -> usize {
        let mut credit = self.0.lock();
        credit.next = credit.next.wrapping_add(1);
        credit.next
    }

    /// Each turn everybody is owed their weight; who is owed most is asked and pays for all.
    fn weighted(&self, candidates: &[Arc<Instance>]) -> usize {
        let mut credit = self.0.lock();
        credit.owed.retain(|(number, _)| candidates.iter().any(|instance| instance.number == *number));
        let mut total = 0;
        let (mut chosen, mut most) = (0, i64::MIN);
        for (position, instance) in candidates.iter().enumerate() {
            let weight = i64::from(instance.found.weight.max(1));
            total += weight;
            let known = credit.owed.iter().position(|(number, _)| *number == instance.number);
            let known = known.unwrap_or_else(|| {
                credit.owed.push((instance.number, 0));
                credit.owed.len() - 1
            });
            let owed = &mut credit.owed[known].1;
            *owed += weight;
            if *owed > most {
                (chosen, most) = (position, *owed);
            }
        }
        let paying = candidates[chosen].number;
        if let Some((_, owed)) = credit.owed.iter_mut().find(|(number, _)| *number == paying) {
            *owed -= total;
        }
        chosen
    }
}

fn load(instance: &Instance) -> f64 {
    let under_way = instance.in_flight.load(Ordering::Relaxed) + instance.streams.load(Ordering::Relaxed);
    f64::from(u32::try_from(under_way).unwrap_or(u32::MAX)) / f64::from(instance.found.weight.max(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use cloudphone_execution::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService};
    use futures::stream::BoxStream;

    use crate::instances::{Place, Weighted};
    use crate::measures::Measures;

    struct Silent;

    #[async_trait]
    impl SubgraphService for Silent {
        async fn execute(&self, _: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
            Err(SubgraphError::Timeout)
        }

        async fn subscribe(&self, _: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
            Err(SubgraphError::Timeout)
        }
    }

    fn instances(weights: &[u32]) -> Vec<Arc<Instance>> {
        let instance = |(number, weight): (usize, &u32)| {
            let place = Place::new(format!("http://instance-{number}/").parse().unwrap());
            let found = Weighted { weight: *weight, ..Weighted::new(place) };
            let meters = Arc::new(Measures::new("silent").instance(&found.place.name()));
            Arc::new(Instance::new(number as u64, found, Arc::new(Silent), meters))
        };
        weights.iter().enumerate().map(instance).collect()
    }

    fn distribution(balancing: Balancing, candidates: &[Arc<Instance>], turns: usize) -> Vec<u64> {
        let state = Turns::default();
        (0..turns).map(|_| state.choose(balancing, candidates).unwrap().number).collect()
    }

    fn counts(chosen: &[u64]) -> BTreeMap<u64, usize> {
        chosen.iter().fold(BTreeMap::new(), |mut counts, number| {
            *counts.entry(*number).or_default() += 1;
            counts
        })
    }

    #[test]
    fn round_robin_asks_one_after_the_other() {
        let chosen = distribution(Balancing::RoundRobin, &instances(&[1, 9, 1]), 300);
        assert_eq!(counts(&chosen), BTreeMap::from([(0, 100), (1, 100), (2, 100)]));
        assert!(chosen.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn weights_are_kept_and_spread() {
        let chosen = distribution(Balancing::WeightedRoundRobin, &instances(&[5, 1, 1]), 700);
        assert_eq!(counts(&chosen), BTreeMap::from([(0, 500), (1, 100), (2, 100)]));
        assert!(chosen.chunks(7).all(|round| round == [0, 0, 1, 0, 2, 0, 0]), "nobody is asked in one long row");
    }

    #[test]
    fn random_leaves_nobody_out_and_favours_nobody() {
        let counts = counts(&distribution(Balancing::Random, &instances(&[1, 1, 1, 1]), 4000));
        assert!(counts.len() == 4 && counts.values().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn least_connections_looks_at_what_is_under_way() {
        let candidates = instances(&[1, 1, 2]);
        for (instance, calls) in candidates.iter().zip([3, 1, 3]) {
            instance.in_flight.store(calls, Ordering::Relaxed);
        }
        let chosen = distribution(Balancing::LeastConnections, &candidates, 10);
        assert_eq!(counts(&chosen), BTreeMap::from([(1, 10)]));
        candidates[1].in_flight.store(0, Ordering::Relaxed);
        candidates[1].streams.store(2, Ordering::Relaxed);
        let chosen = distribution(Balancing::LeastConnections, &candidates, 10);
        assert_eq!(counts(&chosen), BTreeMap::from([(2, 10)]), "three calls for a weight of two are fewer than two");
    }
}

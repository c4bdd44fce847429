//! Chance that can be repeated: the same seed gives the same choices on every machine and in every version.

/// A stream of choices.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The choices of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: mix(seed, 0x5eed) }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state, 0)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        index(self.bits(), bound)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the items, of which there is at least one.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// The items in another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// Some of the items, in their order: between `least` and all.
    pub fn some<T: Clone>(&mut self, items: &[T], least: usize) -> Vec<T> {
        let mut positions: Vec<usize> = (0..items.len()).collect();
        self.shuffle(&mut positions);
        let most = items.len();
        let least = least.min(most);
        positions.truncate(least + self.below(most - least + 1));
        positions.sort_unstable();
        positions.into_iter().map(|position| items[position].clone()).collect()
    }
}

/// Reduces a hash to a number below `bound`.
pub fn index(hash: u64, bound: usize) -> usize {
    usize::try_from(hash % bound as u64).expect("a number below a usize is one")
}

/// Two numbers as one hash; the finaliser of the `SplitMix64` generator.
pub fn mix(one: u64, other: u64) -> u64 {
    let mut hash = one ^ other.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A text as a hash (FNV-1a, finished by [`mix`]).
pub fn hash_text(text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    mix(fnv, text.len() as u64)
}

//! What was sent when, so that whoever receives a sample knows its age to the microsecond and whether one is missing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Moments remembered for each device; a sample that is later than so many others has no known age.
const REMEMBERED: u64 = 4096;

struct Page {
    sent: AtomicU64,
    moments: Vec<AtomicU64>,
}

/// The sequence numbers of all devices, from one on, with the moment of each.
pub struct Ledger {
    began: Instant,
    pages: Vec<Page>,
}

impl Ledger {
    /// Nothing was sent yet.
    pub fn new(devices: usize) -> Self {
        let page = || Page { sent: AtomicU64::new(0), moments: (0..REMEMBERED).map(|_| AtomicU64::new(0)).collect() };
        Self { began: Instant::now(), pages: (0..devices).map(|_| page()).collect() }
    }

    /// The number of the sample that the device is about to send.
    pub fn next(&self, device: usize) -> u64 {
        let page = &self.pages[device];
        let sequence = page.sent.load(Ordering::Relaxed) + 1;
        page.moments[index(sequence)].store(self.now(), Ordering::Relaxed);
        page.sent.store(sequence, Ordering::Release);
        sequence
    }

    /// How long ago a sample was sent; absent when it is not known any more.
    pub fn age(&self, device: usize, sequence: u64) -> Option<Duration> {
        let page = &self.pages[device];
        let newest = page.sent.load(Ordering::Acquire);
        let known = sequence <= newest && newest - sequence < REMEMBERED;
        let moment = page.moments[index(sequence)].load(Ordering::Relaxed);
        known.then(|| Duration::from_micros(self.now().saturating_sub(moment)))
    }

    /// The newest sample of a device.
    pub fn sent(&self, device: usize) -> u64 {
        self.pages[device].sent.load(Ordering::Acquire)
    }

    /// Samples of all devices.
    pub fn sent_in_all(&self) -> u64 {
        (0..self.pages.len()).map(|device| self.sent(device)).sum()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

fn index(sequence: u64) -> usize {
    usize::try_from(sequence % REMEMBERED).unwrap_or_default()
}

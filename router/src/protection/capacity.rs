//! How much may be under way at once, as a number that may change while some of it is.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of places. Whoever has one keeps it when the number changes, and counts on.
#[derive(Debug)]
pub struct Capacity {
    free: Arc<Semaphore>,
    size: Mutex<Size>,
}

#[derive(Debug)]
struct Size {
    /// Places that there are, taken ones included.
    there: usize,
    /// Places that there are to be: taken ones cannot be withdrawn before they are given back.
    wanted: usize,
}

/// A taken place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    permit: Option<OwnedSemaphorePermit>,
    capacity: Arc<Capacity>,
}

impl Capacity {
    /// So many places, all free.
    pub fn new(places: usize) -> Arc<Self> {
        let places = bounded(places);
        Arc::new(Self {
            free: Arc::new(Semaphore::new(places)),
            size: Mutex::new(Size { there: places, wanted: places }),
        })
    }

    /// There are so many from now on, those included that are taken.
    pub fn change(&self, places: usize) {
        let mut size = self.size.lock();
        size.wanted = bounded(places);
        if size.there < size.wanted {
            self.free.add_permits(size.wanted - size.there);
            size.there = size.wanted;
        } else {
            size.there -= self.free.forget_permits(size.there - size.wanted);
        }
    }

    /// A place, if one is free.
    pub fn try_take(self: &Arc<Self>) -> Option<Place> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Place { permit: Some(permit), capacity: Arc::clone(self) })
    }

    /// A place, as soon as one is free; in the order of asking.
    pub async fn take(self: &Arc<Self>) -> Place {
        let permit = Arc::clone(&self.free).acquire_owned().await.expect("places are never closed");
        Place { permit: Some(permit), capacity: Arc::clone(self) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut size = self.capacity.size.lock();
        if size.there > size.wanted
            && let Some(permit) = self.permit.take()
        {
            size.there -= 1;
            permit.forget();
        }
    }
}

fn bounded(places: usize) -> usize {
    places.min(Semaphore::MAX_PERMITS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_under_way_counts_on_when_there_are_other_places() {
        let capacity = Capacity::new(2);
        let (first, second) = (capacity.try_take().unwrap(), capacity.try_take().unwrap());
        assert!(capacity.try_take().is_none());
        capacity.change(3);
        let third = capacity.try_take().unwrap();
        assert!(capacity.try_take().is_none(), "two are taken still");
        capacity.change(1);
        drop((first, second));
        assert!(capacity.try_take().is_none(), "the third has the only one");
        drop(third);
        let last = capacity.try_take().unwrap();
        assert!(capacity.try_take().is_none());
        capacity.change(2);
        assert!(capacity.try_take().is_some());
        drop(last);
        let all = [capacity.try_take(), capacity.try_take(), capacity.try_take()];
        assert_eq!(all.iter().flatten().count(), 2, "no place is lost or made by changes");
    }

    #[tokio::test]
    async fn who_waits_gets_a_place_that_is_added() {
        let capacity = Capacity::new(0);
        let waiting = tokio::spawn({
            let capacity = Arc::clone(&capacity);
            async move { capacity.take().await }
        });
        capacity.change(1);
        assert!(waiting.await.unwrap().permit.is_some());
    }
}

//! Parts that are made anew only when the settings that they are made from have changed.

use cloudphone_config::Fingerprint;
use serde::Serialize;

/// A part with memory, such as a cache, and what it was made from.
pub(crate) struct Kept<T> {
    from: Fingerprint,
    pub(crate) part: T,
}

impl<T: Clone> Kept<T> {
    /// The first one.
    pub(crate) async fn make(
        from: &impl Serialize,
        made: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<Self> {
        Ok(Self { from: Fingerprint::of(from), part: made.await? })
    }

    /// The same part for the same settings, or a new one for others; the new one counts once it is put in place of this.
    pub(crate) async fn again(
        &self,
        from: &impl Serialize,
        made: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<Self> {
        let fingerprint = Fingerprint::of(from);
        let part = if fingerprint == self.from { self.part.clone() } else { made.await? };
        Ok(Self { from: fingerprint, part })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn what_it_remembers_outlives_settings_of_others() {
        let first = Kept::make(&("own", 1), async { Ok("the first") }).await.unwrap();
        let same = first.again(&("own", 1), async { Ok("another") }).await.unwrap();
        assert_eq!(same.part, "the first");
        assert_eq!(same.again(&("own", 2), async { Ok("another") }).await.unwrap().part, "another");
    }
}

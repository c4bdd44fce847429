//! The wish to stop, from the system or from the terminal, and how clients are let go then.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::settings::Http;

/// How long the last goodbyes may take once nothing is under way any more.
const GOODBYES: Duration = Duration::from_secs(2);

/// Listens for SIGTERM and SIGINT from its making on, so that a wish during a long start is not lost.
pub(crate) struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
}

/// Who wishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Whoever runs the process for others (SIGTERM).
    Terminate,
    /// A person at a terminal (SIGINT), who waits for it.
    Interrupt,
}

impl Shutdown {
    /// Begins to listen.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the wish; a second one is meant to end what the first one still waits for.
    pub(crate) async fn requested(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::Terminate,
            _ = self.interrupt.recv() => Wish::Interrupt,
        }
    }
}

/// The steps in which clients are let go; cheap to clone, and all clones take them together.
#[derive(Clone, Default)]
pub(crate) struct Farewell {
    /// From here on nobody new should come: readiness says so, and connections end with their next answer.
    pub(crate) leaving: CancellationToken,
    /// From here on nothing new is taken, and live streams end.
    pub(crate) draining: CancellationToken,
}

/// How long the steps take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    /// How long whoever sends clients here may take to notice; requests are answered meanwhile.
    pub(crate) notice: Duration,
    /// How long work under way may take.
    pub(crate) drain: Duration,
}

impl Waits {
    /// As the settings have it for this wish; `usual` seconds of notice where they do not say.
    pub(crate) fn of(settings: &Http, wish: Wish, usual: u64) -> Self {
        let notice = match wish {
            Wish::Terminate => settings.notice_seconds.unwrap_or(usual),
            Wish::Interrupt => 0,
        };
        Self { notice: Duration::from_secs(notice), drain: Duration::from_secs(settings.drain_seconds) }
    }

    /// Only what is under way is waited for.
    pub(crate) fn without_notice(drain: Duration) -> Self {
        Self { notice: Duration::ZERO, drain }
    }
}

impl Farewell {
    /// Goes through the steps until `work` and what is `live` besides have finished, at the latest when the waits are over or
    /// somebody is in a `hurry`; what is still there then is cut.
    pub(crate) async fn take(
        &self,
        waits: Waits,
        work: &mut JoinSet<()>,
        live: impl Future<Output = ()>,
        hurry: impl Future,
    ) {
        let slowly = async {
            self.leaving.cancel();
            sleep(waits.notice).await;
            self.draining.cancel();
            let finished = async {
                while work.join_next().await.is_some() {}
                live.await;
            };
            if timeout(waits.drain + GOODBYES, finished).await.is_err() {
                tracing::warn!("some requests were still under way at the end of the drain time");
            }
        };
        tokio::select! {
            () = slowly => {}
            _ = hurry => tracing::warn!("stopping at once, whatever is under way"),
        }
        self.leaving.cancel();
        self.draining.cancel();
        work.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_at_a_terminal_does_not_wait_for_load_balancers() {
        let unset = Http::default();
        assert_eq!(Waits::of(&unset, Wish::Terminate, 5).notice, Duration::from_secs(5));
        assert_eq!(Waits::of(&unset, Wish::Interrupt, 5).notice, Duration::ZERO);
        let set = Http { notice_seconds: Some(20), ..Http::default() };
        assert_eq!(Waits::of(&set, Wish::Terminate, 0).notice, Duration::from_secs(20));
        assert_eq!(Waits::of(&set, Wish::Interrupt, 0).notice, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_ends_is_cut_when_its_time_is_over_or_somebody_hurries() {
        for hurried in [false, true] {
            let (farewell, mut work) = (Farewell::default(), JoinSet::new());
            work.spawn(std::future::pending());
            let waits = Waits { notice: Duration::from_secs(5), drain: Duration::from_secs(30) };
            let began = tokio::time::Instant::now();
            let hurry = async {
                if !hurried {
                    std::future::pending::<()>().await;
                }
            };
            farewell.take(waits, &mut work, std::future::pending(), hurry).await;
            assert!(work.is_empty() && farewell.draining.is_cancelled());
            let expected = if hurried { Duration::ZERO } else { waits.notice + waits.drain + GOODBYES };
            assert!(began.elapsed() >= expected && began.elapsed() < expected + Duration::from_secs(1));
        }
    }
}

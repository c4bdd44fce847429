//! What can be wrong with the limits of operations, batches and live connections beyond their types.

use tokio::sync::Semaphore;

use super::Router;

/// More operations side by side than a batch may hold are a load of their own.
const LARGEST_BATCH: usize = 1000;

impl Router {
    /// One sentence for each broken rule of the limits.
    pub fn limit_problems(&self) -> Vec<String> {
        let at_least_one = [
            ("max_depth", self.max_depth),
            ("max_root_fields", self.max_root_fields),
            ("max_tokens", self.max_tokens),
            ("max_fields", self.max_fields),
            ("max_operations_per_connection", self.max_operations_per_connection),
            ("max_subscriptions_per_user", self.max_subscriptions_per_user),
            ("max_events_behind", self.max_events_behind),
        ];
        let wanting = at_least_one.into_iter().filter(|(_, value)| *value == 0);
        let mut problems: Vec<String> =
            wanting.map(|(name, _)| format!("router.{name}: needs at least 1, or nothing is ever served.")).collect();
        let mut check = |holds: bool, problem: &str| {
            if !holds {
                problems.push(format!("router.{problem}"));
            }
        };
        check(
            self.max_batch <= LARGEST_BATCH,
            &format!("max_batch: choose at most {LARGEST_BATCH}; 0 takes no batches."),
        );
        // A semaphore takes no more.
        check(
            self.max_connections <= Semaphore::MAX_PERMITS,
            &format!("max_connections: choose at most {}; 0 takes none.", Semaphore::MAX_PERMITS),
        );
        check(
            self.max_subscriptions_per_user <= self.max_subscriptions || self.max_subscriptions == 0,
            "max_subscriptions_per_user: one person cannot have more than `router.max_subscriptions` of all.",
        );
        check(
            (1..=3600).contains(&self.heartbeat_seconds),
            "heartbeat_seconds: choose 1 to 3600 seconds; without any, every WebSocket would be closed at once.",
        );
        check(self.plan_cache_entries > 0, "plan_cache_entries: needs at least 1, or every operation is planned anew.");
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_and_the_widest_limits_hold() {
        assert_eq!(Router::default().limit_problems(), Vec::<String>::new());
        let wide = Router { max_connections: Semaphore::MAX_PERMITS, max_batch: LARGEST_BATCH, ..Router::default() };
        assert_eq!(wide.limit_problems(), Vec::<String>::new());
        let none = Router { max_connections: 0, max_batch: 0, max_subscriptions: 0, ..Router::default() };
        assert_eq!(none.limit_problems(), Vec::<String>::new(), "this is switched off");
    }

    #[test]
    fn limits_under_which_nothing_works_are_named() {
        let wrong = Router {
            max_depth: 0,
            max_root_fields: 0,
            max_tokens: 0,
            max_fields: 0,
            max_operations_per_connection: 0,
            max_subscriptions_per_user: 0,
            max_events_behind: 0,
            max_batch: LARGEST_BATCH + 1,
            max_connections: Semaphore::MAX_PERMITS + 1,
            heartbeat_seconds: 0,
            plan_cache_entries: 0,
            ..Router::default()
        };
        assert_eq!(wrong.limit_problems().len(), 11, "{:?}", wrong.limit_problems());
        let contradictory = Router { max_subscriptions_per_user: 11, max_subscriptions: 10, ..Router::default() };
        assert_eq!(contradictory.limit_problems().len(), 1);
    }
}

//! What can be wrong with the settings of calls to subgraphs beyond their types.

use http::HeaderName;
use url::Url;

use super::{Consul, Router, SubgraphTraffic, Traffic};

const DAY_SECONDS: u64 = 86_400;

impl Traffic {
    fn problems(&self, section: &str) -> Vec<String> {
        let at_least_one: [(&str, u64); 7] = [
            ("max_response_bytes", self.max_response_bytes as u64),
            ("max_concurrent", self.max_concurrent as u64),
            ("breaker_failures", self.breaker_failures.into()),
            ("breaker_successes", self.breaker_successes.into()),
            ("breaker_probe_ms", self.breaker_probe_ms),
            ("health_check_failures", self.health_check_failures.into()),
            ("health_check_successes", self.health_check_successes.into()),
        ];
        let wanting = at_least_one.into_iter().filter(|(_, value)| *value == 0);
        let mut problems: Vec<String> =
            wanting.map(|(name, _)| format!("{section}.{name}: needs at least 1.")).collect();
        let seconds = [
            ("timeout_seconds", self.timeout_seconds),
            ("connect_timeout_seconds", self.connect_timeout_seconds),
            ("breaker_open_seconds", self.breaker_open_seconds),
            ("health_check_interval_seconds", self.health_check_interval_seconds),
            ("health_check_timeout_seconds", self.health_check_timeout_seconds),
            ("dns_interval_seconds", self.dns_interval_seconds),
        ];
        let outside = seconds.into_iter().filter(|(_, value)| !(1..=DAY_SECONDS).contains(value));
        problems.extend(outside.map(|(name, _)| format!("{section}.{name}: choose 1 second to a day.")));
        let milliseconds = [
            ("retry_initial_ms", self.retry_initial_ms),
            ("retry_limit_ms", self.retry_limit_ms),
            ("breaker_probe_ms", self.breaker_probe_ms),
            ("max_wait_ms", self.max_wait_ms),
        ];
        let beyond = milliseconds.into_iter().filter(|(_, value)| *value > DAY_SECONDS * 1000);
        problems.extend(beyond.map(|(name, _)| format!("{section}.{name}: choose at most a day.")));
        if self.retry_initial_ms > self.retry_limit_ms {
            problems.push(format!("{section}.retry_initial_ms: is beyond `retry_limit_ms`, so that it never counts."));
        }
        if self.breaker_probe_ms > self.breaker_open_seconds.saturating_mul(1000) {
            problems.push(format!(
                "{section}.breaker_probe_ms: is beyond `breaker_open_seconds`, so that nothing is ever probed."
            ));
        }
        if self.retries > 10 {
            problems.push(format!("{section}.retries: choose 0 to 10."));
        }
        // A semaphore takes no more.
        if self.max_concurrent > tokio::sync::Semaphore::MAX_PERMITS {
            problems.push(format!("{section}.max_concurrent: choose a smaller number."));
        }
        problems
    }
}

impl Router {
    /// One sentence for each broken rule of the calls to subgraphs.
    pub fn traffic_problems(&self, consul: &Consul) -> Vec<String> {
        let mut problems = self.traffic.problems("router.traffic");
        let rules = |section: &str, texts: Vec<Result<(), String>>| -> Vec<String> {
            texts.into_iter().filter_map(Result::err).map(|problem| format!("{section}: {problem}.")).collect()
        };
        let requests = self.request_headers.iter().map(|rule| rule.read().map(|_| ()));
        problems.extend(rules("router.request_headers", requests.collect()));
        let answers = self.answer_headers.iter().map(|rule| rule.read().map(|_| ()));
        problems.extend(rules("router.answer_headers", answers.collect()));
        for (field, name) in &self.connection_init_headers {
            if name.parse::<HeaderName>().is_err() {
                problems.push(format!("router.connection_init_headers.{field}: `{name}` is no name of a header."));
            }
        }
        let token = &self.admin_token;
        if !token.is_empty() && token.reveal().len() < 16 {
            problems.push("router.admin_token: needs at least 16 characters.".to_owned());
        }
        for (name, own) in &self.subgraphs {
            let section = format!("router.subgraphs.{name}");
            problems.extend(self.traffic.of(own).problems(&section));
            problems.extend(rules(&section, own.request_headers.iter().map(|rule| rule.read().map(|_| ())).collect()));
            problems.extend(rules(&section, own.answer_headers.iter().map(|rule| rule.read().map(|_| ())).collect()));
            problems.extend(own.place_problems(&section, consul));
            problems.extend(own.subscriptions.problems(&format!("{section}.subscriptions")));
        }
        if let Some(url) = &consul.url
            && !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        {
            problems.push("consul.url: needs a URL that starts with http:// or https://.".to_owned());
        }
        problems
    }
}

impl SubgraphTraffic {
    fn place_problems(&self, section: &str, consul: &Consul) -> Vec<String> {
        let mut problems = Vec::new();
        let urls = self.url.iter().chain(self.instances.iter().map(|instance| &instance.url));
        for url in urls {
            if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "unix")) {
                problems.push(format!("{section}: `{url}` needs to start with http://, https:// or unix:."));
            }
        }
        if self.instances.iter().any(|instance| instance.weight == 0) {
            problems.push(format!("{section}.instances: a weight needs to be at least 1."));
        }
        let ways = [!self.instances.is_empty(), self.dns.is_some(), self.consul];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            problems.push(format!("{section}: choose one of `instances`, `dns` and `consul`."));
        }
        if self.consul && (self.service.is_none() || consul.url.is_none()) {
            problems.push(format!("{section}.consul: needs `service`, and `consul.url`."));
        }
        if self.dns == Some(super::DnsLookup::Service) && self.service.is_none() {
            problems.push(format!("{section}.dns: needs `service`, such as `_graphql._tcp.reviews.internal`."));
        }
        problems
    }
}

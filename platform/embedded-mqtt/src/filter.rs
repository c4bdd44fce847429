//! Topic filters (MQTT 5 §4.7).

/// Whether a topic matches a filter.
pub(crate) fn topic_matches(filter: &str, topic: &str) -> bool {
    // Wildcards do not reach into topics of the server's own (§4.7.2).
    if topic.starts_with('$') && filter.starts_with(['#', '+']) {
        return false;
    }
    let mut levels = topic.split('/');
    for part in filter.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// Whether every topic that `wanted` matches is also matched by `allowed`, so that a right to the one includes the other.
pub fn filter_covers(allowed: &str, wanted: &str) -> bool {
    let wanted = shared_filter(wanted);
    if wanted.starts_with('$') && allowed.starts_with(['#', '+']) {
        return false;
    }
    let mut levels = wanted.split('/');
    for part in allowed.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            (_, Some("#") | None) => return false,
            ("+", Some(_)) => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// The filter inside `$share/{group}/{filter}` (§4.8.2), or the filter itself.
fn shared_filter(filter: &str) -> &str {
    let inner = filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
    inner.map_or(filter, |(_, filter)| filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_match_filters_by_the_standard() {
        for (filter, topic) in [("a/+/c", "a/b/c"), ("a/#", "a"), ("a/#", "a/b/c"), ("#", "a/b"), ("a/b", "a/b")] {
            assert!(topic_matches(filter, topic), "{filter} {topic}");
        }
        for (filter, topic) in [("a/+", "a/b/c"), ("a/b", "a"), ("#", "$SYS/x"), ("+/x", "$SYS/x"), ("a", "a/")] {
            assert!(!topic_matches(filter, topic), "{filter} {topic}");
        }
    }

    #[test]
    fn a_right_covers_narrower_filters_only() {
        for (allowed, wanted) in
            [("a/#", "a/b/+"), ("a/+/c", "a/b/c"), ("#", "a/#"), ("a/#", "$share/g/a/b"), ("a/+", "a/+")]
        {
            assert!(filter_covers(allowed, wanted), "{allowed} {wanted}");
        }
        for (allowed, wanted) in [("a/b/#", "a/#"), ("a/b", "a/+"), ("a/+", "a/#"), ("a/#", "#"), ("a/#", "$share/g/b")]
        {
            assert!(!filter_covers(allowed, wanted), "{allowed} {wanted}");
        }
    }
}

//! What the operating system tells of this process, under the names that all of Prometheus' clients use.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, SystemTime};

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Memory that the process has in RAM, in bytes; unknown where there is no `/proc`.
pub fn resident_bytes() -> Option<u64> {
    kilobytes(&status()?, "VmRSS:")
}

/// Lines of the Prometheus text format; what is not known here is left out. `started` is when the process began.
pub(crate) fn page(started: SystemTime) -> String {
    let mut page = String::new();
    let mut add = |name: &str, kind: &str, value: f64| {
        let _ = write!(page, "# TYPE {name} {kind}\n{name} {value}\n\n");
    };
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(used.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(used.tv_nsec).unwrap_or_default();
    add("process_cpu_seconds_total", "counter", Duration::new(seconds, nanoseconds).as_secs_f64());
    let since = started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    add("process_start_time_seconds", "gauge", since.as_secs_f64());
    if let Some(limit) = getrlimit(Resource::Nofile).current {
        add("process_max_fds", "gauge", count(limit));
    }
    if let Ok(descriptors) = fs::read_dir("/proc/self/fd") {
        // The one that lists them is among them.
        add("process_open_fds", "gauge", count((descriptors.count() as u64).saturating_sub(1)));
    }
    if let Some(status) = status() {
        for (name, line) in [("process_resident_memory_bytes", "VmRSS:"), ("process_virtual_memory_bytes", "VmSize:")] {
            if let Some(bytes) = kilobytes(&status, line) {
                add(name, "gauge", count(bytes));
            }
        }
        if let Some(threads) = field(&status, "Threads:").and_then(|threads| threads.parse().ok()) {
            add("process_threads", "gauge", count(threads));
        }
    }
    page
}

fn status() -> Option<String> {
    fs::read_to_string("/proc/self/status").ok()
}

fn field<'a>(status: &'a str, line: &str) -> Option<&'a str> {
    status.lines().find_map(|one| one.strip_prefix(line)).map(str::trim)
}

fn kilobytes(status: &str, line: &str) -> Option<u64> {
    field(status, line)?.strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floating point numbers only")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn value(page: &str, name: &str) -> f64 {
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is missing in {page}")).parse().unwrap()
    }

    #[test]
    fn the_process_tells_of_itself() {
        let before = page(SystemTime::now());
        let ballast = vec![1_u8; 32 * 1024 * 1024];
        let file = fs::File::open("/proc/self/status").unwrap();
        let used = |page: &str| value(page, "process_cpu_seconds_total");
        let mut after = page(SystemTime::now());
        while used(&after) <= used(&before) + 0.01 {
            assert!(ballast.iter().map(|byte| u64::from(*byte)).sum::<u64>() > 0);
            after = page(SystemTime::now());
        }
        let grown = value(&after, "process_resident_memory_bytes") - value(&before, "process_resident_memory_bytes");
        assert!(grown > 16.0 * 1024.0 * 1024.0, "{grown}");
        assert!(value(&after, "process_open_fds") > value(&before, "process_open_fds"));
        assert!(value(&after, "process_open_fds") <= value(&after, "process_max_fds"));
        assert!(value(&after, "process_threads") >= 1.0);
        assert!(value(&after, "process_virtual_memory_bytes") >= value(&after, "process_resident_memory_bytes"));
        drop((ballast, file));
    }
}

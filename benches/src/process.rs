//! What processes cost, by the operating system's accounting.

use std::fs;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

/// The unit of times in `/proc`: Linux shows programs a hundredth of a second on every machine.
const MS_PER_TICK: u64 = 10;

/// Memory of a process in MiB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Resident now.
    pub resident_mb: u64,
    /// The most that ever was.
    pub peak_mb: u64,
}

/// Memory of one process, without its children.
pub fn memory(pid: u32) -> Memory {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name| status.lines().find_map(|line| line.strip_prefix(name)).and_then(kilobytes).unwrap_or_default();
    Memory { resident_mb: field("VmRSS:") / 1024, peak_mb: field("VmHWM:") / 1024 }
}

/// Resident memory of one process in KiB.
pub fn resident_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(kilobytes).unwrap_or_default()
}

/// Memory of a process and its descendants; what they share counts more than once.
pub fn memory_of_tree(pid: u32) -> Memory {
    let all = [pid].into_iter().chain(descendants(pid)).map(memory);
    all.fold(Memory::default(), |sum, one| Memory {
        resident_mb: sum.resident_mb + one.resident_mb,
        peak_mb: sum.peak_mb + one.peak_mb,
    })
}

/// Resident memory of a process and its descendants in KiB.
pub fn resident_of_tree_kb(pid: u32) -> u64 {
    [pid].into_iter().chain(descendants(pid)).map(resident_kb).sum()
}

/// Memory of all descendants in MiB; what they share counts once.
pub fn memory_of_children_mb(pid: u32) -> u64 {
    let shares = descendants(pid).into_iter().filter_map(|child| {
        let rollup = fs::read_to_string(format!("/proc/{child}/smaps_rollup")).ok()?;
        rollup.lines().find_map(|line| line.strip_prefix("Pss:")).and_then(kilobytes)
    });
    shares.sum::<u64>() / 1024
}

fn kilobytes(text: &str) -> Option<u64> {
    text.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The processor time of some processes from one moment on.
pub struct CpuMeter {
    began: Instant,
    own: Vec<(u32, Duration)>,
    children: Duration,
}

/// Processor time over a while.
pub struct CpuUse {
    /// Of the named processes.
    pub own: Duration,
    /// Of their descendants: the embedded database.
    pub children: Duration,
    /// How long the while was.
    pub elapsed: Duration,
}

impl CpuMeter {
    /// Begins to measure.
    pub fn start(pids: &[u32]) -> Self {
        let own = pids.iter().map(|pid| (*pid, cpu_time(*pid))).collect();
        Self { began: Instant::now(), own, children: children_time(pids) }
    }

    /// How long it has been measuring.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What was used since.
    pub fn read(&self) -> CpuUse {
        let pids: Vec<u32> = self.own.iter().map(|(pid, _)| *pid).collect();
        CpuUse {
            own: self.own.iter().map(|(pid, before)| cpu_time(*pid).saturating_sub(*before)).sum(),
            children: children_time(&pids).saturating_sub(self.children),
            elapsed: self.began.elapsed(),
        }
    }
}

impl CpuUse {
    /// The named processes' share of one core in percent.
    pub fn percent(&self) -> f64 {
        100.0 * self.own.as_secs_f64() / self.elapsed.as_secs_f64()
    }

    /// The same of their descendants.
    pub fn children_percent(&self) -> f64 {
        100.0 * self.children.as_secs_f64() / self.elapsed.as_secs_f64()
    }
}

fn children_time(pids: &[u32]) -> Duration {
    pids.iter().flat_map(|pid| descendants(*pid)).map(cpu_time).sum()
}

/// User and system time of all threads that are or were, with that of ended children. The process's own clock is exact; its
/// children's time comes in ticks.
fn cpu_time(pid: u32) -> Duration {
    let ended = stat(pid)
        .map(|fields| fields[13..15].iter().filter_map(|field| field.parse::<u64>().ok()).sum::<u64>())
        .unwrap_or_default();
    own_cpu_time(pid).unwrap_or_default() + Duration::from_millis(ended * MS_PER_TICK)
}

/// What the processor time clock of a process shows (POSIX `clock_getcpuclockid`).
fn own_cpu_time(pid: u32) -> Option<Duration> {
    let pid = Pid::from_raw(i32::try_from(pid).ok()?);
    Some(Duration::from(clock_gettime(ClockId::pid_cpu_clock_id(pid).ok()?).ok()?))
}

/// The fields of `/proc/PID/stat` after the command name, which may itself hold spaces and parentheses.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_ascii_whitespace().map(str::to_owned).collect())
}

fn descendants(pid: u32) -> Vec<u32> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(u32, u32)> = folder
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, stat(pid)?.get(1)?.parse().ok()?)))
        .collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        next += 1;
    }
    found.split_off(1)
}

//! Ends what an earlier server on the same cluster left behind after its parent or its postmaster was killed.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    error::{Error, io_error},
    layout::Layout,
};

/// How long each step may take: a fast shutdown writes a checkpoint, the others only end processes.
const STEPS: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(15)),
    (Signal::QUIT, Duration::from_secs(5)),
    (Signal::KILL, Duration::from_secs(5)),
];

/// The file that keeps a second postmaster from the socket.
const SOCKET_LOCK: &str = ".s.PGSQL.5432.lock";

/// Ends every process that still works on the cluster, then removes the stale `postmaster.pid` and the socket's lock.
///
/// PostgreSQL's own check of these files takes any live process of the recorded id for a postmaster, which a reused id or an
/// unreaped zombie would satisfy; removing them is safe only because no process of the cluster is left.
pub(crate) fn clear(layout: &Layout) -> Result<(), Error> {
    let cluster = layout.cluster.as_path();
    for (signal, patience) in STEPS {
        let pids = processes_of(cluster);
        if pids.is_empty() {
            break;
        }
        tracing::warn!(?pids, ?signal, "ending an earlier PostgreSQL on the same cluster");
        let postmaster = recorded_postmaster(cluster).filter(|pid| pids.contains(pid));
        // A postmaster ends its own children; only orphans are signalled one by one.
        for pid in postmaster.map_or_else(|| pids.clone(), |pid| vec![pid]) {
            if let Some(pid) = Pid::from_raw(pid) {
                // It may have ended meanwhile, which is what we want.
                let _ = kill_process(pid, signal);
            }
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline && !processes_of(cluster).is_empty() {
            thread::sleep(Duration::from_millis(10));
        }
    }
    let left = processes_of(cluster);
    if !left.is_empty() {
        let pids = left.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
        return Err(Error::Remnants { path: cluster.to_path_buf(), pids });
    }
    for stale in [cluster.join("postmaster.pid"), layout.socket.join(SOCKET_LOCK)] {
        match fs::remove_file(&stale) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io_error("remove", stale)(error)),
            _ => {}
        }
    }
    Ok(())
}

fn recorded_postmaster(cluster: &Path) -> Option<i32> {
    fs::read_to_string(cluster.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

/// PostgreSQL's processes have the cluster as their working directory; zombies have none.
fn processes_of(cluster: &Path) -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let works_here = fs::read_link(entry.path().join("cwd")).is_ok_and(|directory| directory == cluster);
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            (works_here && name.starts_with("postgres")).then_some(pid)
        })
        .collect()
}

//! A child process with everything it starts: what it says, how it ends, and how it is ended.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::wait::eventually;

/// The program under test.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudphone"));
    // What the person who runs the tests has set must not reach the program.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLOUDPHONE_")) {
        command.env_remove(name);
    }
    // There is no load balancer that would have to notice.
    command.env("CLOUDPHONE_HTTP__NOTICE_SECONDS", "0");
    command
}

/// How a program that runs to its end has ended.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a program to its end.
pub async fn run(command: Command, seconds: u64) -> Finished {
    let folder = super::Folder::new();
    let mut program = Program::spawn("run", command, folder.path());
    let status = program.ended(seconds).await;
    Finished { code: status.code(), stdout: program.stdout(), stderr: program.stderr() }
}

/// A running child process; dropping it kills it with all its descendants.
pub struct Program {
    name: String,
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    /// Whether it has ended and was waited for.
    ended: bool,
}

impl Program {
    /// Starts it with its output in files of `folder`.
    pub fn spawn(name: &str, mut command: Command, folder: &Path) -> Self {
        let file = |kind: &str| folder.join(format!("{name}.{kind}"));
        let (stdout, stderr) = (file("stdout"), file("stderr"));
        command.stdin(Stdio::null());
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { name: name.to_owned(), child, stdout, stderr, ended: false }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Waits until its standard output says something; panics when it ends before.
    pub async fn says<T>(&mut self, seconds: u64, what: &str, mut read: impl FnMut(&str) -> Option<T>) -> T {
        eventually(seconds, &format!("{} says {what}", self.name.clone()), async || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{} ended with {status}: {}{}", self.name, self.stdout(), self.stderr());
            }
            read(&self.stdout())
        })
        .await
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self, seconds: u64) -> ExitStatus {
        let status = eventually(seconds, &format!("{} ends", self.name), async || self.child.try_wait().unwrap()).await;
        self.ended = true;
        status
    }

    /// Asks it to end, and answers how it did and how long it took.
    pub async fn terminate(&mut self, seconds: u64) -> (ExitStatus, Duration) {
        let began = Instant::now();
        self.signal(Signal::TERM);
        (self.ended(seconds).await, began.elapsed())
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(pid(self.pid()), signal).unwrap();
    }

    /// Kills it and everything it has started, as a power cut would.
    pub fn kill_tree(&mut self) {
        if self.ended {
            return;
        }
        // Stopped first, so that it starts nothing while its descendants are looked up.
        let _ = kill_process(pid(self.pid()), Signal::STOP);
        let doomed = descendants(self.pid());
        for victim in doomed.iter().chain([&self.pid()]) {
            let _ = kill_process(pid(*victim), Signal::KILL);
        }
        let _ = self.child.wait();
        self.ended = true;
        let deadline = Instant::now() + Duration::from_secs(5);
        while doomed.iter().any(|victim| alive(*victim)) && Instant::now() < deadline {
            std::thread::yield_now();
        }
    }

    /// The running descendant whose command line contains `part`.
    pub fn descendant(&self, part: &str) -> Option<u32> {
        descendants(self.pid()).into_iter().find(|pid| {
            fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(part))
        })
    }

    pub fn descendants(&self) -> Vec<u32> {
        descendants(self.pid())
    }

    /// Memory in use in MiB.
    pub fn resident_mib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = self.stderr();
            let lines: Vec<&str> = said.lines().collect();
            eprintln!("--- {} said:\n{}", self.name, lines[lines.len().saturating_sub(40)..].join("\n"));
        }
        self.kill_tree();
    }
}

/// Kills one process that belongs to a program under test.
pub fn kill(victim: u32) {
    kill_process(pid(victim), Signal::KILL).unwrap();
}

/// Whether a process is there and not merely waiting to be collected.
pub fn alive(victim: u32) -> bool {
    fs::read_to_string(format!("/proc/{victim}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z')))
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}

fn descendants(of: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // `pid (name) state parent …`, where the name may contain anything.
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let parent = rest.split(' ').nth(1).and_then(|parent| parent.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(number);
    }
    let (mut found, mut open) = (Vec::new(), vec![of]);
    while let Some(next) = open.pop() {
        let born = children.remove(&next).unwrap_or_default();
        open.extend(&born);
        found.extend(born);
    }
    found
}

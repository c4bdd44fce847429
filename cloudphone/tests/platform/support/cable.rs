//! A network of two hosts with a cable between them that can be pulled: whoever is at the far end is gone without a word.
//!
//! A story about it runs once more in a process of its own, in a network that nothing else is part of. A socket stays in the
//! network that it was made in, so that the test itself can play the far host.

use std::any::type_name_of_val;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream as StdTcpStream};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::net::{TcpListener, TcpStream};

/// Where the program under test is, as the far host knows it.
const NEAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The far host.
const FAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// Hardware addresses are known beforehand: a host that is gone must not be missed because it is no longer found.
const NEAR_HARDWARE: &str = "02:00:00:00:00:01";
const FAR_HARDWARE: &str = "02:00:00:00:00:02";
/// Set where a story runs in a network of its own.
const APART: &str = "STORY_APART";

/// Tells a story, which must be all that its test does, in a network of its own.
pub fn apart(story: impl AsyncFnOnce(Cable)) {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if std::env::var_os(APART).is_some() {
        return runtime().block_on(async { story(Cable::lay()).await });
    }
    let kind = type_name_of_val(&story);
    let (_, test) = kind.trim_end_matches("::{{closure}}").split_once("::").unwrap();
    let told = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(APART, "1")
        .output()
        .expect("`unshare` of util-linux can be run");
    let (said, complaint) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    eprintln!("{said}{complaint}");
    assert!(
        !complaint.contains("unshare: "),
        "no network can be made for the test: user namespaces must be allowed (`sysctl user.max_user_namespaces`, \
         `kernel.apparmor_restrict_unprivileged_userns`): {complaint}"
    );
    assert!(told.status.success() && said.contains("1 passed"), "{test} in a network of its own: {}", told.status);
}

/// The cable with the far host.
pub struct Cable {
    host: Host,
}

/// A host, which is a network for as long as it lives.
struct Host(Child);

impl Host {
    fn start() -> Self {
        let mut command = Command::new("unshare");
        // It ends with the test, however that ends.
        command.args(["--net", "--", "cat"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("`unshare` of util-linux can be run");
        writeln!(child.stdin.as_mut().unwrap(), "here").unwrap();
        let mut answer = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut answer).unwrap();
        assert_eq!(answer, "here\n", "the far host has no network");
        Self(child)
    }

    fn network(&self) -> String {
        format!("/proc/{}/ns/net", self.0.id())
    }

    fn run(&self, line: &str) {
        run(&format!("nsenter --net={} {line}", self.network()));
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Cable {
    fn lay() -> Self {
        let host = Host::start();
        let pid = host.0.id();
        run("ip link set lo up");
        run(&format!(
            "ip link add near address {NEAR_HARDWARE} type veth peer name far address {FAR_HARDWARE} netns {pid}"
        ));
        run(&format!("ip address add {NEAR}/24 dev near"));
        run("ip link set near up");
        run(&format!("ip neighbour replace {FAR} lladdr {FAR_HARDWARE} dev near nud permanent"));
        let cable = Self { host };
        cable.address_far();
        cable.plug();
        cable
    }

    fn address_far(&self) {
        self.host.run("ip link set lo up");
        self.host.run(&format!("ip address add {FAR}/24 dev far"));
    }

    /// Nothing gets through from now on, and nobody is told.
    pub fn pull(&self) {
        self.host.run("ip link set far down");
    }

    /// All gets through again.
    pub fn plug(&self) {
        self.host.run("ip link set far up");
        self.host.run(&format!("ip neighbour replace {NEAR} lladdr {NEAR_HARDWARE} dev far nud permanent"));
    }

    /// Pulls the cable out of the far host and puts it into another one with the same address, which knows nothing of the connections
    /// that the first one had; it is plugged in once [`Cable::plug`] is called.
    pub fn exchange_host(&mut self) {
        self.pull();
        let host = Host::start();
        self.host.run(&format!("ip link set far netns {}", host.0.id()));
        self.host = host;
        self.address_far();
    }

    /// A listener of the far host, at any port or at the one that its predecessor had.
    pub fn listen(&self, port: u16) -> TcpListener {
        let listener = self.at_far_host(|| std::net::TcpListener::bind((FAR, port)).unwrap());
        listener.set_nonblocking(true).unwrap();
        TcpListener::from_std(listener).unwrap()
    }

    /// A connection from the far host to a port of the near one.
    pub fn connect(&self, port: u16) -> TcpStream {
        let near = SocketAddr::from((NEAR, port));
        let stream = self.at_far_host(|| StdTcpStream::connect_timeout(&near, Duration::from_secs(10)).unwrap());
        stream.set_nonblocking(true).unwrap();
        TcpStream::from_std(stream).unwrap()
    }

    fn at_far_host<T: Send>(&self, open: impl FnOnce() -> T + Send) -> T {
        let network = File::open(self.host.network()).unwrap();
        // A thread that has moved there ends there.
        std::thread::scope(|scope| {
            let opening = scope.spawn(|| {
                move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
                open()
            });
            opening.join().unwrap()
        })
    }
}

fn run(line: &str) {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    let done = command.args(words).output().unwrap_or_else(|error| panic!("`{line}` cannot be run: {error}"));
    assert!(done.status.success(), "`{line}` failed: {}", String::from_utf8_lossy(&done.stderr));
}

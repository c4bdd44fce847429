//! The router before the GraphQL clients that people use, each in its published form from npm (`tests/clients`).
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use cloudphone_router::documents::{AutomaticDocuments, Documents};
use support::{Platform, Settings, Transport, subscribed};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::timeout;

/// The longest that all of them may take together.
const LIMIT: Duration = Duration::from_mins(2);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs to the end; panics with all that was said when it fails.
async fn run(command: &mut Command) {
    let what = command.as_std().get_program().display().to_string();
    let output = timeout(LIMIT, command.output()).await.unwrap_or_else(|_| panic!("{what} did not end in {LIMIT:?}"));
    let output = output.unwrap_or_else(|error| panic!("{what} could not be run; install Node.js 20 or later: {error}"));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{what}:\n{}\n{}", said(&output.stdout), said(&output.stderr));
    println!("{}", said(&output.stdout));
}

/// Installs the clients unless they are installed as the lock file says; tests wait for each other here.
async fn install() {
    let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm-install.lock")).unwrap();
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await.unwrap().unwrap();
    let modified = |path: &str| fs::metadata(folder().join(path)).and_then(|file| file.modified()).ok();
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_none() || installed < modified("package-lock.json") {
        run(command("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])).await;
    }
    drop(lock);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn published_clients_send_files() {
    install().await;
    let platform = support::files::platform(|limits| limits.file_bytes = 1024 * 1024).await;
    let url = format!("http://{}/graphql", platform.address);
    run(command("node").args(["--test", "--test-reporter=spec", "upload.mjs"]).env("ROUTER_URL", url)).await;
}

async fn clients_are_content(platform: &Platform, address: SocketAddr) {
    install().await;
    for token in [
        "reader",
        "api-client",
        "leaver-ws",
        "leaver-sse",
        "leaver-apollo",
        "leaver-urql",
        "returner",
        "leaver-single",
        "leaver-multipart",
    ] {
        platform.doorman.admit(token, &["note:read"], None);
    }
    let url = format!("http://{address}/graphql");
    run(command("node").args(["--test", "--test-reporter=spec"]).env("ROUTER_URL", url)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn published_clients_are_content() {
    let platform = Platform::start_with(brisk()).await;
    clients_are_content(&platform, platform.address).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn published_clients_are_content_behind_a_proxy_that_splits_bytes() {
    let platform = Platform::start_with(brisk()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (near, far) = (listener.local_addr().unwrap(), platform.address);
    let proxy = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass_on_in_pieces(client, far));
        }
    });
    clients_are_content(&platform, near).await;
    proxy.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_client_subscribes_again_to_what_a_change_of_the_supergraph_ended() {
    install().await;
    let platform = Platform::start_with(brisk()).await;
    let url = format!("http://{}/graphql", platform.address);
    let mut node = command("node");
    // Both stories at once, each with a socket of its own, before the one change.
    node.args(["--test", "--test-reporter=spec", "reload.mjs"]).env("ROUTER_URL", url);
    let story = async {
        subscribed(2).await;
        let supergraph = platform.supergraph(|part| part.sdl = part.sdl.replace("name: String!", "name: String"));
        platform.gateway.exchange(&supergraph, platform.executor.clone()).unwrap();
        support::until("one stream ended", || support::measured(ENDED) > 0.5).await;
        subscribed(2).await;
        platform.notes.listened_to_by(2).await;
        platform.notes.announce("after", "2");
    };
    tokio::join!(run(&mut node), story);
}

const ENDED: &str = "cloudphone_graphql_subscription_streams_superseded_total";

/// Network subgraphs, and heartbeats that come often enough to be met in a short test.
fn brisk() -> Settings {
    let documents = AutomaticDocuments::new(1024 * 1024, None, Duration::from_mins(5));
    let settings = Settings::new(Transport::Network).stages(|stages| {
        stages.documents = Arc::new(Documents { automatic: Some(documents), ..Documents::default() });
    });
    settings.limits(|limits| {
        limits.heartbeat = Duration::from_millis(300);
        limits.event_stream_heartbeat = Duration::from_millis(300);
    })
}

async fn pass_on_in_pieces(client: TcpStream, far: SocketAddr) -> std::io::Result<()> {
    let server = TcpStream::connect(far).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    tokio::try_join!(in_pieces(client_reads, server_writes), in_pieces(server_reads, client_writes))?;
    Ok(())
}

async fn in_pieces(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    for size in (1..=7).cycle() {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        for piece in buffer[..read].chunks(size) {
            to.write_all(piece).await?;
            to.flush().await?;
            // Lets the other side read the piece alone.
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

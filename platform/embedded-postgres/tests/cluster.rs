//! The life of a private cluster on the real PostgreSQL binaries, good days and bad ones.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use cloudphone_embedded_postgres::{EmbeddedPostgres, Error, Options, State};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

fn folder() -> TempDir {
    // The server's account must be able to pass through.
    tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap()
}

async fn started(folder: &Path) -> EmbeddedPostgres {
    EmbeddedPostgres::start(Options::new(folder.join("postgres"))).await.unwrap()
}

async fn connected(postgres: &EmbeddedPostgres, database: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(&postgres.url(database)).await.unwrap()
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    words: String,
}

async fn words(connection: &mut AsyncPgConnection, query: &str) -> String {
    diesel::sql_query(query).get_result::<Words>(connection).await.unwrap().words
}

fn postmaster(folder: &Path) -> Pid {
    let file = fs::read_to_string(folder.join("postgres/cluster/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap()).unwrap()
}

fn is_alive(pid: Pid) -> bool {
    // A zombie answers signals; its state in /proc tells it from a living process.
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    test_kill_process(pid).is_ok() && !stat.contains(") Z ")
}

async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "{what} did not happen in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_survives_a_stop_and_a_start() {
    let folder = folder();
    let postgres = started(folder.path()).await;
    postgres.ensure_database("devices").await.unwrap();
    let mut connection = connected(&postgres, "devices").await;
    connection.batch_execute("CREATE TABLE note (words text); INSERT INTO note VALUES ('kept')").await.unwrap();
    drop(connection);
    let pid = postmaster(folder.path());
    postgres.stop().await;
    assert_eq!(postgres.state(), State::Stopped);
    assert!(!is_alive(pid));

    let postgres = started(folder.path()).await;
    postgres.ensure_database("devices").await.unwrap();
    let mut connection = connected(&postgres, "devices").await;
    assert_eq!(words(&mut connection, "SELECT words FROM note").await, "kept");
    drop(connection);
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_is_bound_by_row_level_security_and_settings_are_durable() {
    #[derive(QueryableByName)]
    struct Role {
        #[diesel(sql_type = Bool)]
        rolsuper: bool,
        #[diesel(sql_type = Bool)]
        rolbypassrls: bool,
    }
    let folder = folder();
    let postgres = started(folder.path()).await;
    postgres.ensure_database("identity").await.unwrap();
    let mut connection = connected(&postgres, "identity").await;
    let role: Role = diesel::sql_query("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        .get_result(&mut connection)
        .await
        .unwrap();
    assert!(!role.rolsuper && !role.rolbypassrls);
    connection
        .batch_execute(
            "CREATE TABLE secret (words text); INSERT INTO secret VALUES ('hidden'); \
             ALTER TABLE secret ENABLE ROW LEVEL SECURITY; ALTER TABLE secret FORCE ROW LEVEL SECURITY",
        )
        .await
        .unwrap();
    assert_eq!(words(&mut connection, "SELECT count(*)::text AS words FROM secret").await, "0");
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C.UTF-8"),
        ("listen_addresses", ""),
        ("max_connections", "200"),
    ] {
        assert_eq!(words(&mut connection, &format!("SELECT current_setting('{setting}') AS words")).await, value);
    }
    drop(connection);
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_back_in_a_moment_with_all_that_was_committed() {
    let folder = folder();
    let postgres = started(folder.path()).await;
    postgres.ensure_database("apps").await.unwrap();
    let mut connection = connected(&postgres, "apps").await;
    connection.batch_execute("CREATE TABLE note (words text); INSERT INTO note VALUES ('committed')").await.unwrap();
    let first = postmaster(folder.path());
    let killed = Instant::now();
    kill_process(first, Signal::KILL).unwrap();
    let mut states = postgres.watch();
    states.wait_for(|state| matches!(state, State::Running { restarts: 1, .. })).await.unwrap();
    assert!(killed.elapsed() < Duration::from_secs(5), "took {:?}", killed.elapsed());
    assert_ne!(postmaster(folder.path()), first);
    postgres.health().await.unwrap();
    let mut connection = connected(&postgres, "apps").await;
    assert_eq!(words(&mut connection, "SELECT words FROM note").await, "committed");
    drop(connection);
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_on_the_same_folder_is_refused_and_harms_nothing() {
    let folder = folder();
    let postgres = started(folder.path()).await;
    let error = EmbeddedPostgres::start(Options::new(folder.path().join("postgres"))).await.unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    postgres.health().await.unwrap();
    postgres.stop().await;
}

/// Starts a server on a stopped cluster the way a parent that was killed leaves it: alive, with nobody to own it.
fn orphan(folder: &Path) -> std::process::Child {
    let cluster = folder.join("postgres/cluster");
    let owner = fs::metadata(&cluster).unwrap();
    let binary = ["/usr/lib/postgresql/15/bin/postgres", "/usr/local/bin/postgres", "/usr/bin/postgres"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .unwrap();
    let mut command = std::process::Command::new(binary);
    command.arg("-D").arg(&cluster).arg("-k").arg(folder.join("postgres/run")).args(["-h", ""]);
    command.current_dir(&cluster).stderr(std::process::Stdio::null()).stdin(std::process::Stdio::null());
    if rustix::process::geteuid().is_root() {
        use std::os::unix::{fs::MetadataExt, process::CommandExt};
        command.uid(owner.uid()).gid(owner.gid());
    }
    command.spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_of_a_killed_parent_is_ended_before_a_new_server_starts() {
    let folder = folder();
    let postgres = started(folder.path()).await;
    postgres.stop().await;
    drop(postgres);
    let mut orphaned = orphan(folder.path());
    let pidfile = folder.path().join("postgres/cluster/postmaster.pid");
    eventually("the orphan's start", || {
        fs::read_to_string(&pidfile).is_ok_and(|file| file.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
    })
    .await;
    let old = postmaster(folder.path());
    let postgres = started(folder.path()).await;
    assert!(!is_alive(old));
    assert_ne!(postmaster(folder.path()), old);
    postgres.health().await.unwrap();
    postgres.stop().await;
    orphaned.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_pid_file_that_names_a_foreign_process_does_not_stand_in_the_way() {
    let folder = folder();
    started(folder.path()).await.stop().await;
    let mut sleeper = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let cluster = folder.path().join("postgres/cluster");
    let pidfile = format!("{}\n{}\n1700000000\n5432\n\n\n", sleeper.id(), cluster.display());
    fs::write(cluster.join("postmaster.pid"), pidfile).unwrap();
    let postgres = started(folder.path()).await;
    postgres.health().await.unwrap();
    assert!(sleeper.try_wait().unwrap().is_none(), "a foreign process was ended");
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_initialisation_leaves_nothing_behind() {
    let folder = folder();
    let unfinished = folder.path().join("postgres/cluster.unfinished-1");
    fs::create_dir_all(unfinished.join("base")).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let postgres = started(folder.path()).await;
    assert!(!unfinished.exists());
    postgres.health().await.unwrap();
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_foreign_cluster_is_named_and_left_alone() {
    let folder = folder();
    started(folder.path()).await.stop().await;
    let cluster = folder.path().join("postgres/cluster");
    let start = || EmbeddedPostgres::start(Options::new(folder.path().join("postgres")));

    let version = fs::read_to_string(cluster.join("PG_VERSION")).unwrap();
    fs::write(cluster.join("PG_VERSION"), "11\n").unwrap();
    let error = start().await.unwrap_err();
    assert!(matches!(error, Error::WrongMajor { cluster: 11, .. }), "{error}");

    fs::remove_file(cluster.join("PG_VERSION")).unwrap();
    let error = start().await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("PG_VERSION"), "{error}");

    fs::write(cluster.join("PG_VERSION"), version).unwrap();
    let control = cluster.join("global/pg_control");
    let good = fs::read(&control).unwrap();
    fs::write(&control, vec![0; good.len()]).unwrap();
    let error = start().await.unwrap_err();
    assert!(matches!(error, Error::DidNotStart { .. }), "{error}");
    assert!(error.to_string().contains("database files are incompatible"), "{error}");

    fs::write(&control, good).unwrap();
    let postgres = start().await.unwrap();
    postgres.health().await.unwrap();
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_binaries_name_the_package_to_install() {
    let folder = folder();
    let mut options = Options::new(folder.path().join("postgres"));
    options.binaries = Some("/nowhere/bin".into());
    let error = EmbeddedPostgres::start(options).await.unwrap_err();
    assert!(matches!(error, Error::BinariesMissing { .. }), "{error}");
    assert!(error.to_string().contains("apt-get install postgresql"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_a_long_path_works_through_a_short_socket_directory() {
    let folder = folder();
    let deep = folder.path().join("d".repeat(60)).join("e".repeat(60));
    fs::create_dir_all(&deep).unwrap();
    let postgres = started(&deep).await;
    let url = postgres.url("postgres");
    assert!(url.contains("%2Ftmp%2Fcloudphone-pg-"), "{url}");
    postgres.ensure_database("far").await.unwrap();
    connected(&postgres, "far").await;
    postgres.stop().await;
    let socket = url.split('@').nth(1).unwrap().split('/').next().unwrap().replace("%2F", "/");
    fs::remove_dir_all(socket).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_cluster_ends_the_server() {
    let folder = folder();
    let postgres = started(folder.path()).await;
    let pid = postmaster(folder.path());
    drop(postgres);
    eventually("the server's end", || !is_alive(pid)).await;
}

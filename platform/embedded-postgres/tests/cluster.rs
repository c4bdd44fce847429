//! The life of a private cluster on the real PostgreSQL binaries, good days and bad ones.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
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
    let seen = EmbeddedPostgres::running(folder.path().join("postgres")).await.unwrap();
    let mut connection = AsyncPgConnection::establish(&seen.url("devices")).await.unwrap();
    assert_eq!(words(&mut connection, "SELECT words FROM note").await, "kept", "others may look while it runs");
    drop((connection, seen));
    assert_eq!(postgres.health().await.ok(), Some(()), "and it goes on when they leave");
    let pid = postmaster(folder.path());
    postgres.stop().await;
    assert_eq!(postgres.state(), State::Stopped);
    assert!(!is_alive(pid));
    assert!(EmbeddedPostgres::running(folder.path().join("postgres")).await.is_none());
    assert!(EmbeddedPostgres::running(folder.path().join("nowhere")).await.is_none());

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
    assert!(killed.elapsed() < Duration::from_secs(15), "took {:?}", killed.elapsed());
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

const FOLDER: &str = "EMBEDDED_POSTGRES_TEST_FOLDER";

/// Runs in another process, which the next test kills.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the parent that another test kills"]
async fn run_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let postgres = started(Path::new(&folder)).await;
    postgres.ensure_database("devices").await.unwrap();
    let mut connection = connected(&postgres, "devices").await;
    connection.batch_execute("CREATE TABLE note (words text); INSERT INTO note VALUES ('acknowledged')").await.unwrap();
    println!("\nwritten");
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_of_the_parent_its_orphan_is_ended_and_nothing_acknowledged_is_lost() {
    let folder = folder();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "run_until_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "written"), "the parent ended early");
    parent.kill().unwrap();
    parent.wait().unwrap();
    let orphan = postmaster(folder.path());
    assert!(is_alive(orphan));

    let postgres = started(folder.path()).await;
    assert!(!is_alive(orphan));
    assert_ne!(postmaster(folder.path()), orphan);
    let mut connection = connected(&postgres, "devices").await;
    assert_eq!(words(&mut connection, "SELECT words FROM note").await, "acknowledged");
    drop(connection);
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_restarted_is_tried_again_until_it_can() {
    let folder = folder();
    let postgres = started(folder.path()).await;
    let version = folder.path().join("postgres/cluster/PG_VERSION");
    let aside = version.with_extension("aside");
    fs::rename(&version, &aside).unwrap();
    kill_process(postmaster(folder.path()), Signal::KILL).unwrap();
    let mut states = postgres.watch();
    let failed = |state: &State| matches!(state, State::Restarting { reason } if reason.contains("did not start"));
    states.wait_for(failed).await.unwrap();
    assert!(postgres.health().await.is_err());
    fs::rename(&aside, &version).unwrap();
    states.wait_for(|state| matches!(state, State::Running { .. })).await.unwrap();
    postgres.health().await.unwrap();
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_pid_file_that_names_a_foreign_process_does_not_stand_in_the_way() {
    let folder = folder();
    started(folder.path()).await.stop().await;
    let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
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

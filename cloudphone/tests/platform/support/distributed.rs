//! The platform in parts, as `cloudphone serve` runs them, over external engines.

use std::io::Write as _;
use std::process::{Command, Stdio};

use cloudphone_testkit::RedisServer;

use super::engines::free_port;
use super::{Client, Folder, Mosquitto, Postgres, Program, Storage, binary, eventually, holds, run};

/// The parts by their names, each in a process of its own.
const SUBGRAPHS: [&str; 3] = ["identity", "devices", "apps"];

/// Engines and parts, all running.
pub struct Distributed {
    pub client: Client,
    pub mosquitto: Mosquitto,
    pub router: Program,
    pub parts: Vec<(String, Program)>,
    settings: Vec<(String, String)>,
    postgres: Postgres,
    _redis: RedisServer,
    _storage: Storage,
    folder: Folder,
}

impl Distributed {
    /// Starts everything, with the demo organisation in it.
    pub async fn start(more: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let redis = RedisServer::start();
        let (postgres, mosquitto, storage) = tokio::join!(Postgres::start(), Mosquitto::start(), Storage::start());
        let mut settings = vec![
            ("CLOUDPHONE_INTERNAL_SECRET".to_owned(), "a secret that only the parts of a test know".to_owned()),
            ("CLOUDPHONE_DATABASE__URL".to_owned(), postgres.url()),
            ("CLOUDPHONE_ENGINE__REDIS_URL".to_owned(), redis.url()),
            ("CLOUDPHONE_MQTT__URL".to_owned(), mosquitto.url.clone()),
            ("CLOUDPHONE_STORAGE__URL".to_owned(), storage.url.clone()),
            ("CLOUDPHONE_STORAGE__ACCESS_KEY".to_owned(), Storage::ACCESS_KEY.to_owned()),
            ("CLOUDPHONE_STORAGE__SECRET_KEY".to_owned(), Storage::SECRET_KEY.to_owned()),
            ("CLOUDPHONE_HTTP__PORT".to_owned(), "0".to_owned()),
        ];
        for part in SUBGRAPHS {
            let port = free_port();
            settings.push((format!("CLOUDPHONE_SUBGRAPHS__{}_PORT", part.to_uppercase()), port.to_string()));
            settings
                .push((format!("CLOUDPHONE_SUBGRAPHS__{}", part.to_uppercase()), format!("http://127.0.0.1:{port}")));
        }
        settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let seeded = run(command(&settings, &["demo", "seed", "--devices", "0"]), 60).await;
        assert_eq!(seeded.code, Some(0), "{seeded:?}");
        let mut parts = Vec::new();
        for part in SUBGRAPHS {
            parts.push((part.to_owned(), Self::serve(&folder, &settings, part).await.0));
        }
        let (router, address) = Self::serve(&folder, &settings, "router").await;
        let client = Client::new(&address);
        let platform =
            Self { client, mosquitto, router, parts, settings, postgres, _redis: redis, _storage: storage, folder };
        platform.ready().await;
        platform
    }

    async fn serve(folder: &Folder, settings: &[(String, String)], part: &str) -> (Program, String) {
        let mut program = Program::spawn(part, command(settings, &["serve", part]), folder.path());
        let begin = format!("{part} on ");
        let address = program
            .says(60, "where it is", |said| said.lines().find_map(|line| line.strip_prefix(&begin)).map(str::to_owned))
            .await;
        (program, address)
    }

    /// Waits until the router answers from every subgraph.
    pub async fn ready(&self) {
        eventually(30, "the router answers", async || holds(self.client.get("/health/readiness").await.0 == 200)).await;
    }

    /// Speaks to a part without the router.
    pub fn part_client(&self, part: &str) -> Client {
        let name = format!("CLOUDPHONE_SUBGRAPHS__{}", part.to_uppercase());
        Client::new(&self.settings.iter().find(|(setting, _)| *setting == name).unwrap().1)
    }

    /// Runs a command of the program that reads a line, under the settings of the parts.
    pub async fn run_with_input(&self, arguments: &[&str], line: &str) -> bool {
        let (mut command, line) = (command(&self.settings, arguments), format!("{line}\n"));
        let ended = tokio::task::spawn_blocking(move || {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
            child.wait().unwrap().success()
        });
        ended.await.unwrap()
    }

    /// Kills a part on the spot.
    pub fn kill(&mut self, part: &str) {
        self.parts.iter_mut().find(|(name, _)| name == part).unwrap().1.kill_tree();
    }

    /// Starts a part that was killed.
    pub async fn start_again(&mut self, part: &str) {
        let (program, _) = Self::serve(&self.folder, &self.settings, part).await;
        self.parts.iter_mut().find(|(name, _)| name == part).unwrap().1 = program;
    }

    /// Ends all parts, then the engines.
    pub async fn stop(mut self) {
        for program in [&mut self.router].into_iter().chain(self.parts.iter_mut().map(|(_, program)| program)) {
            let (status, _) = program.terminate(15).await;
            assert!(status.success(), "{status}: {}", program.stderr());
        }
        self.postgres.stop().await;
    }
}

fn command(settings: &[(String, String)], arguments: &[&str]) -> Command {
    let mut command = binary();
    command.args(arguments).envs(settings.iter().cloned());
    command
}

//! Peers that are gone without a word, as when a cable is pulled: no end of the connection, no reset, nothing.

mod clients;
mod clock;
mod subgraphs;
mod witness;

use std::fs;

use clock::Clock;
use witness::Witness;

use crate::router_alone::{Subgraph, compose, start_at};
use crate::support::{Cable, Client, Folder, Program, binary};

/// What is known of the subgraph on this machine.
const NEAR: &str = "type Query { near: Int large: String }
    type Subscription { ticks(of: String!, bytes: Int!): String! silence(of: String!): String! }";
/// What is known of the one at the far host.
const FAR: &str = "type Query { far: Int half: Int } type Subscription { farTicks(of: String!): String! }";
/// Longer than the machine takes for anything here, and shorter than anything that waits for a peer in vain.
const PAUSE_SECONDS: u64 = 3;

/// A router with a subgraph at either end of the cable.
struct Site {
    cable: Cable,
    near: Clock,
    far: Clock,
    client: Client,
    port: u16,
    far_port: u16,
    far_server: Subgraph,
    _near_server: Subgraph,
    _program: Program,
    _folder: Folder,
}

impl Site {
    /// Starts it by settings in which `NEAR` and `FAR` stand for the addresses of the subgraphs.
    async fn start(cable: Cable, settings: &str) -> Self {
        let (folder, near, far) = (Folder::new(), Clock::new(), Clock::new());
        let here = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = cable.listen(0);
        let settings = settings
            .replace("NEAR", &here.local_addr().unwrap().to_string())
            .replace("FAR", &there.local_addr().unwrap().to_string());
        let near_server = Subgraph::behind(here, near.routes(), NEAR);
        let far_port = there.local_addr().unwrap().port();
        let far_server = Subgraph::behind(there, far.routes(), FAR);
        let supergraph = compose(&folder, &[("near", &near_server), ("far", &far_server)]).await;
        let file = folder.join("router.toml");
        fs::write(&file, settings).unwrap();
        let mut command = binary();
        command.arg("--config").arg(file);
        let (program, everywhere) = start_at("0.0.0.0:0", command, &folder, &supergraph).await;
        let (_, port) = everywhere.base.rsplit_once(':').unwrap();
        let (client, port) = (Client::new(&format!("http://127.0.0.1:{port}")), port.parse().unwrap());
        Self {
            cable,
            near,
            far,
            client,
            port,
            far_port,
            far_server,
            _near_server: near_server,
            _program: program,
            _folder: folder,
        }
    }

    /// Puts another host in the place of the far one, with the same subgraph.
    fn exchange_host(&mut self) {
        self.cable.exchange_host();
        self.far = Clock::new();
        self.far_server = Subgraph::behind(self.cable.listen(self.far_port), self.far.routes(), FAR);
    }

    async fn witness(&self) -> Witness {
        Witness::begin(&self.client).await
    }
}

//! The same queries to other gateways, before the same subgraphs.

use std::path::Path;
use std::time::Duration;

use super::operations::Known;
use super::peers::{self, Peer};
use super::rows::{self, Run, Subject};
use super::{Case, Graph, Options};

/// Measures each; that one fails is part of the table.
pub async fn run(
    folder: &Path,
    options: &Options,
    graph: &Graph,
    known: &Known,
    delay: Duration,
) -> anyhow::Result<()> {
    for peer in [Peer::Hive, Peer::Mercurius] {
        let title = peer.title(folder)?;
        for is_shared in [false, true] {
            let is_wanted = if is_shared {
                options.wants(Case::Shared) && peer.can_share()
            } else {
                options.wants(Case::Seven) || (options.wants(Case::Small) && delay.is_zero())
            };
            if !is_wanted {
                continue;
            }
            if let Err(error) = one(peer, &title, folder, options, graph, known, delay, is_shared).await {
                rows::failure("seven fetches", delay, &title, &error);
            }
        }
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "it only puts together what the two loops above choose")]
async fn one(
    peer: Peer,
    title: &str,
    folder: &Path,
    options: &Options,
    graph: &Graph,
    known: &Known,
    delay: Duration,
    is_shared: bool,
) -> anyhow::Result<()> {
    let running = peers::start(peer, folder, &graph.supergraph, &graph.addresses(), None, is_shared).await?;
    let subject = Subject { title, pid: running.pid, address: running.address, graph: Some(graph) };
    if is_shared {
        rows::measure(options, Run::new("seven fetches, shared", delay, &subject, &known.seven).shared()).await?;
    } else {
        if options.wants(Case::Seven) {
            rows::measure(options, Run::new("seven fetches", delay, &subject, &known.seven)).await?;
        }
        if options.wants(Case::Small) && delay.is_zero() {
            rows::measure(options, Run::new("small query", delay, &subject, &known.small)).await?;
        }
    }
    running.stop().await
}

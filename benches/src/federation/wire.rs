//! A wire to a subgraph that can be cut: all that runs over it breaks, and nobody gets through until it is mended.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A wire in use; dropping it cuts it for good.
pub struct Wire {
    /// Its near end.
    pub address: SocketAddr,
    whole: Arc<watch::Sender<bool>>,
    _passing: JoinSet<()>,
}

impl Wire {
    /// A wire to an address.
    pub async fn to(far: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let whole = Arc::new(watch::channel(true).0);
        let mut passing = JoinSet::new();
        passing.spawn(pass(listener, far, Arc::clone(&whole)));
        Ok(Self { address, whole, _passing: passing })
    }

    /// Breaks all connections, and each new one at once.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

async fn pass(listener: TcpListener, far: SocketAddr, whole: Arc<watch::Sender<bool>>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((mut near, _)) = listener.accept().await else { continue };
        let mut whole = whole.subscribe();
        connections.spawn(async move {
            let through = async {
                let mut far = TcpStream::connect(far).await?;
                // Failures only delay small messages.
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                copy_bidirectional(&mut near, &mut far).await
            };
            tokio::select! {
                biased;
                _ = whole.wait_for(|whole| !whole) => {}
                _ = through => {}
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

//! Requests that are written to the socket as they are, by those who look for no answer before they have sent everything.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{PATIENCE, Platform};

/// Sends all of a request, and only then reads the beginning of its answer.
pub async fn send_whole(platform: &Platform, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(platform.address).await.unwrap();
    let answer = async {
        stream.write_all(&[head.as_bytes(), body].concat()).await.expect("all of it is taken");
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    };
    timeout(PATIENCE, answer).await.unwrap()
}

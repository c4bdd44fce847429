//! Readers that are too slow, by the rules that the configuration has for single fields.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use crate::gated::Site;
use crate::support::{Folder, Incoming, Socket, binary, eventually, holds, run};

const SAID: &str = "subscription { said }";
/// Together more than all buffers between the router and a client that does not read can hold.
const EVENTS: usize = 500;

/// Two subscribers, of whom one reads nothing while much is said; gives both.
async fn one_falls_behind(site: &Site) -> (Socket, Socket) {
    let (mut slow, mut fast) = (Socket::open_narrow(&site.client).await, Socket::open(&site.client).await);
    for socket in [&mut slow, &mut fast] {
        socket.start(SAID, json!({})).await;
    }
    let active = async || site.client.metric("cloudphone_graphql_subscriptions_active", "").await;
    eventually(20, "both are subscribed", async || holds(active().await > 1.5 && site.said.receiver_count() == 1))
        .await;
    let padding = "x".repeat(32 * 1024);
    for number in 0..EVENTS {
        site.said.send(format!("{number} {padding}")).unwrap();
        let heard = fast.event(20, "what was said", number_of).await;
        assert_eq!(heard, number, "a slow one holds nobody back");
    }
    (slow, fast)
}

fn number_of(data: &Value) -> Option<usize> {
    data["said"].as_str()?.split(' ').next()?.parse().ok()
}

async fn nobody_is_subscribed(site: &Site) {
    let active = async || site.client.metric("cloudphone_graphql_subscriptions_active", "").await;
    eventually(20, "nobody is subscribed", async || holds(active().await < 0.5 && site.said.receiver_count() == 0))
        .await;
}

#[tokio::test]
async fn what_becomes_of_slow_readers_is_said_by_field_and_may_be_said_anew() {
    let site = Site::start(&[]).await;
    let rule = |when_slow: &str| {
        format!(
            "[router.subscription_rules.said]\nbegins = \"next\"\nwhen_slow = \"{when_slow}\"\nmax_events_behind = 8\n"
        )
    };

    site.configure(&rule("latest")).await;
    let (mut slow, fast) = one_falls_behind(&site).await;
    let (mut before, mut jumps) = (None, 0);
    while before != Some(EVENTS - 1) {
        let Incoming::Next(event) = slow.next(20).await else { panic!("it is served to the end") };
        let number = number_of(&event["data"]).unwrap();
        let jumped = before.is_some_and(|before| number != before + 1);
        assert_eq!(event["extensions"]["subscription"]["gap"] == true, jumped, "every gap is told");
        jumps += usize::from(jumped);
        before = Some(number);
    }
    assert!(jumps > 0, "it was left behind");
    drop((slow, fast));
    nobody_is_subscribed(&site).await;

    site.configure(&rule("disconnect")).await;
    let (mut slow, mut fast) = one_falls_behind(&site).await;
    let Incoming::Error(errors) = slow.end(20).await else { panic!("it is told why") };
    assert_eq!(errors[0]["extensions"]["code"], "SUBSCRIBER_TOO_SLOW", "{errors}");
    site.said.send("7 more".to_owned()).unwrap();
    assert_eq!(fast.event(20, "more", number_of).await, 7);
    slow.start("{ now }", json!({})).await;
    assert_eq!(slow.event(20, "an answer", |data| data["now"].as_u64()).await, 7, "its connection goes on");
}

#[tokio::test]
async fn rules_that_make_no_sense_are_told_before_the_start() {
    let folder = Folder::new();
    let file = folder.join("router.toml");
    std::fs::write(&file, "[router.subscription_rules.said]\nunless = [\"since\"]\nmax_events_behind = 0\n").unwrap();
    let mut command = binary();
    command.args(["config", "check", "--config"]).arg(&file);
    let checked = run(command, 20).await;
    assert_eq!(checked.code, Some(1));
    for problem in ["router.subscription_rules.said.unless: ", "router.subscription_rules.said.max_events_behind: "] {
        assert!(checked.stderr.contains(problem) || checked.stdout.contains(problem), "{problem} {checked:?}");
    }
    std::fs::write(&file, "[router.subscription_rules.said]\nwhen_slow = \"never\"\n").unwrap();
    let mut command = binary();
    command.args(["config", "check", "--config"]).arg(&file);
    assert_eq!(run(command, 20).await.code, Some(1));
}

/// A subscriber to endless events, who never reads its answer.
async fn stalled(site: &Site, accept: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(site.client.base.trim_start_matches("http://").parse().unwrap()).await.unwrap();
    let body = json!({ "query": "subscription { poured }" }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn who_takes_nothing_is_given_up_after_the_time_of_the_settings() {
    let site = Site::start(&[("CLOUDPHONE_HTTP__WRITE_TIMEOUT_SECONDS", "2")]).await;
    let mut socket = Socket::open_narrow(&site.client).await;
    socket.start("subscription { poured }", json!({})).await;
    let closed = async || site.client.metric("cloudphone_websocket_closes_total", "code=\"1013\"").await;
    eventually(60, "the socket is closed by 1013", async || holds(closed().await > 0.5)).await;
    for (accept, format) in
        [("text/event-stream", "event-stream"), ("multipart/mixed;subscriptionSpec=1.0, application/json", "multipart")]
    {
        let stream = stalled(&site, accept).await;
        let label = format!("format=\"{format}\"");
        let open = async || site.client.metric("cloudphone_http_streams", &label).await;
        eventually(20, "it is subscribed", async || holds(open().await > 0.5)).await;
        eventually(60, "it is given up", async || holds(open().await < 0.5)).await;
        drop(stream);
    }
}

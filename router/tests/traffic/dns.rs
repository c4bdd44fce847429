//! Instances that are looked up in DNS.

use std::time::Duration;

use cloudphone_traffic::{Balancing, DnsOptions, DnsRecords, Source};

use crate::discovery::{counts, three};
use crate::support::{Instance, Routed, Setup, until};
use cloudphone_testkit::name_server::{A, AAAA, By, NO_SUCH_NAME, NameServer, Reply, SERVER_FAILURE, SRV};

const HOST: &str = "things.example";

fn dns(records: DnsRecords, name: &str, template: &str, server: &NameServer) -> Source {
    Source::Dns(DnsOptions {
        name: name.to_owned(),
        template: template.parse().unwrap(),
        records,
        interval: Duration::from_secs(3),
        servers: vec![server.address],
    })
}

/// The addresses of the host, at a port.
fn addresses(port: u16, server: &NameServer) -> Setup {
    Setup::new(dns(DnsRecords::Addresses, HOST, &format!("http://{HOST}:{port}/graphql"), server))
}

fn at(last: u8) -> Vec<u8> {
    vec![127, 0, 0, last]
}

/// Instances at two addresses and one port.
async fn two() -> (Instance, Instance, u16) {
    let one = Instance::start("one").await;
    let port = one.address.port();
    let two = Instance::start_at("two", &format!("127.0.0.2:{port}")).await;
    (one, two, port)
}

#[tokio::test]
async fn the_addresses_of_a_host_are_followed_as_long_as_they_live() {
    let (one, two, port) = two().await;
    let server = NameServer::start().await;
    server.tell(HOST, A, Reply::of(vec![at(1)]));
    let routed = Routed::start(addresses(port, &server)).await;
    assert_eq!(routed.answered(2).await, counts(&[("one", 2)]));
    assert_eq!(one.script.last().headers["host"], format!("{HOST}:{port}"), "it is asked for by its name");

    server.tell(HOST, A, Reply::of(vec![at(2)]));
    until("the other address counts", async || routed.answered(1).await == counts(&[("two", 1)])).await;
    assert_eq!(two.script.last().headers["host"], format!("{HOST}:{port}"));
    assert_eq!(server.asked(HOST, A, By::Tcp), 0, "what fits into a datagram needs no connection");
}

#[tokio::test]
async fn the_targets_of_a_service_bring_ports_weights_and_priorities() {
    let instances = three().await;
    let service = |priority: u8, weight: u8, instance: &Instance| {
        let mut record = vec![0, priority, 0, weight];
        record.extend_from_slice(&instance.address.port().to_be_bytes());
        record.extend_from_slice(b"\x04host\x07example\x00");
        record
    };
    let [one, two, three] = &instances;
    let server = NameServer::start().await;
    let services = vec![service(1, 3, one), service(1, 1, two), service(2, 9, three)];
    // A service of many targets is what outgrows a datagram first.
    server.tell("_graphql._tcp.example", SRV, Reply { truncated: true, ..Reply::of(services) });
    server.tell("host.example", A, Reply::of(vec![at(1)]));
    let source = dns(DnsRecords::Service, "_graphql._tcp.example", "http://localhost/graphql", &server);
    let setup = Setup::new(source).policy(|policy| policy.balancing = Balancing::WeightedRoundRobin);
    let routed = Routed::start(setup).await;
    assert_eq!(routed.answered(8).await, counts(&[("one", 6), ("two", 2)]), "the second priority is for nobody");
    assert!(server.asked("_graphql._tcp.example", SRV, By::Tcp) >= 1);
}

#[tokio::test]
async fn addresses_that_do_not_fit_into_a_datagram_are_asked_for_over_tcp() {
    let (_one, _two, port) = two().await;
    let server = NameServer::start().await;
    server.tell(HOST, A, Reply { truncated: true, ..Reply::of(vec![at(1), at(2)]) });
    let routed = Routed::start(addresses(port, &server)).await;
    assert_eq!(routed.answered(4).await, counts(&[("one", 2), ("two", 2)]));
    assert!(server.asked(HOST, A, By::Datagram) >= 1 && server.asked(HOST, A, By::Tcp) >= 1);
    assert_eq!(server.asked(HOST, AAAA, By::Tcp), 0, "only what was cut off");
}

/// Waits until the server was asked again and everything of that answer has been taken in.
async fn is_asked_again(server: &NameServer) {
    let before = server.asked(HOST, A, By::Datagram);
    until("it is asked again, twice", async || server.asked(HOST, A, By::Datagram) >= before + 2).await;
}

#[tokio::test]
async fn a_server_that_fails_takes_nobody_away_and_a_name_that_is_gone_does() {
    let (_one, _two, port) = two().await;
    let server = NameServer::start().await;
    server.tell(HOST, A, Reply::of(vec![at(1)]));
    let routed = Routed::start(addresses(port, &server)).await;
    assert_eq!(routed.answered(1).await, counts(&[("one", 1)]));

    server.tell(HOST, A, Reply::failed(SERVER_FAILURE));
    is_asked_again(&server).await;
    assert_eq!(
        routed.answered(2).await,
        counts(&[("one", 2)]),
        "that there is no IPv6 address says nothing of the others"
    );
    server.tell(HOST, AAAA, Reply::failed(SERVER_FAILURE));
    is_asked_again(&server).await;
    assert_eq!(routed.answered(2).await, counts(&[("one", 2)]));

    for kind in [A, AAAA] {
        server.tell(HOST, kind, Reply::failed(NO_SUCH_NAME));
    }
    let gone = async || {
        let answer = routed.ask("{ name }").await;
        answer["errors"][0]["message"].as_str().is_some_and(|message| message.contains("no instance"))
    };
    until("the name is gone", gone).await;

    server.tell(HOST, A, Reply::of(vec![at(2)]));
    until("it is back elsewhere", async || !gone().await).await;
    assert_eq!(routed.answered(1).await, counts(&[("two", 1)]));
}

#[tokio::test]
async fn nobody_is_asked_before_the_time_to_live_is_over() {
    let (_one, _two, port) = two().await;
    let (short, long, none) = tokio::join!(NameServer::start(), NameServer::start(), NameServer::start());
    short.tell(HOST, A, Reply::of(vec![at(1)]));
    long.tell(HOST, A, Reply { lifetime: 3600, ..Reply::of(vec![at(1)]) });
    none.tell(HOST, A, Reply { lifetime: 0, ..Reply::of(vec![at(1)]) });
    let _long = Routed::start(addresses(port, &long)).await;
    let _none = Routed::start(addresses(port, &none)).await;
    let _short = Routed::start(addresses(port, &short)).await;
    let asked = |server: &NameServer| server.asked(HOST, A, By::Datagram);
    until("a short life is over some times", async || asked(&short) >= 6).await;
    let (often, seldom) = (asked(&none), asked(&long));
    // Every three seconds at least, whatever the time to live says.
    assert!(seldom >= 2 && seldom * 2 <= asked(&short), "{seldom}");
    assert!(often <= 12, "not more often than every second: {often}");
}

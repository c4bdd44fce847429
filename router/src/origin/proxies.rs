//! Believes the operator's proxies about whom they speak for, and nobody else.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How the client speaks to the first proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// As in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| text.trim().eq_ignore_ascii_case(scheme.as_str()))
    }
}

/// The client at the far end of the proxies, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// How it speaks.
    pub scheme: Scheme,
}

/// The header by which proxies say whom they speak for. Only one is looked at: a proxy that writes one of them passes the
/// other on as the client made it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`, with the scheme in `X-Forwarded-Proto`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239), with the scheme in its `proto`.
    Forwarded,
}

/// The networks of the operator's proxies.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    header: ProxyHeader,
}

/// What one proxy says about whoever called it.
struct Hop {
    address: Option<IpAddr>,
    scheme: Option<Scheme>,
}

impl TrustedProxies {
    /// Takes networks such as `10.0.0.0/8`, and single addresses; those that are neither are left out.
    pub fn new(networks: &[String], header: ProxyHeader) -> Self {
        Self { networks: networks.iter().filter_map(|text| Self::network(text)).collect(), header }
    }

    /// A network, unless the text names none or everybody's.
    pub fn network(text: &str) -> Option<IpNet> {
        let single = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or_else(|_| single()).ok().filter(|network| network.prefix_len() > 0)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Goes back from proxy to proxy as long as each is trusted: what stands left of the first stranger is hearsay.
    fn resolve(&self, connected: IpAddr, headers: &HeaderMap) -> Peer {
        let mut peer = Peer { address: connected.to_canonical(), scheme: Scheme::Http };
        if !self.trusts(peer.address) {
            return peer;
        }
        let hops = match self.header {
            ProxyHeader::XForwardedFor => x_forwarded(headers),
            ProxyHeader::Forwarded => forwarded(headers),
        };
        for hop in hops.into_iter().rev() {
            // RFC 7239 §6: a proxy may hide whom it speaks for; then the proxy is all that is known.
            let Some(address) = hop.address else { break };
            peer = Peer { address, scheme: hop.scheme.unwrap_or(peer.scheme) };
            if !self.trusts(address) {
                break;
            }
        }
        peer
    }
}

/// Notes who the client of a request is, for whatever comes after.
pub async fn behind_proxies(State(proxies): State<TrustedProxies>, mut request: Request, next: Next) -> Response {
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if let Some(connected) = connected {
        let peer = proxies.resolve(connected, request.headers());
        request.extensions_mut().insert(peer);
    }
    next.run(request).await
}

/// A header that comes several times is one list (RFC 9110 §5.3).
fn list(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    values.flat_map(|value| split(value, ',')).collect()
}

fn x_forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let (addresses, schemes) = (list(headers, &X_FORWARDED_FOR), list(headers, &X_FORWARDED_PROTO));
    // Some proxies add to the list of schemes as they do to that of addresses, others state the one they were called by.
    let paired = addresses.len() == schemes.len();
    let scheme = |place: usize| if paired { schemes.get(place) } else { schemes.last() };
    let hop = |(place, text): (usize, &String)| Hop {
        address: address(text),
        scheme: scheme(place).and_then(|text| Scheme::parse(text)),
    };
    addresses.iter().enumerate().map(hop).collect()
}

fn forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let hop = |element: String| {
        let pairs: Vec<String> = split(&element, ';');
        let value = |name: &str| {
            let mut values = pairs.iter().filter_map(|pair| pair.split_once('='));
            let found = values.find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().trim_matches('"').to_owned())
        };
        Hop {
            address: value("for").and_then(|text| address(&text)),
            scheme: value("proto").and_then(|text| Scheme::parse(&text)),
        }
    };
    list(headers, &header::FORWARDED).into_iter().map(hop).collect()
}

/// An address with or without a port; IPv6 may stand in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let plain = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    plain.ok().or_else(bracketed).map(|address| address.to_canonical())
}

/// Splits outside of quotes.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut quoted = false;
    let parts = text.split(|character: char| {
        quoted ^= character == '"';
        character == separator && !quoted
    });
    parts.map(|part| part.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::HeaderValue;

    use super::*;

    fn seen(header: ProxyHeader, connected: &str, sent: &[(&'static str, &'static str)]) -> (String, &'static str) {
        let networks = ["10.0.0.0/8", "2001:db8:1::/48", "192.0.2.7"].map(str::to_owned);
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let peer = TrustedProxies::new(&networks, header).resolve(connected.parse().unwrap(), &headers);
        (peer.address.to_string(), peer.scheme.as_str())
    }

    fn by_x(connected: &str, sent: &[(&'static str, &'static str)]) -> (String, &'static str) {
        seen(ProxyHeader::XForwardedFor, connected, sent)
    }

    fn is(address: &str, scheme: &'static str) -> (String, &'static str) {
        (address.to_owned(), scheme)
    }

    #[test]
    fn a_stranger_cannot_say_who_it_is() {
        let forged =
            [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"), ("forwarded", "for=203.0.113.9")];
        for header in [ProxyHeader::XForwardedFor, ProxyHeader::Forwarded] {
            assert_eq!(seen(header, "198.51.100.1", &forged), is("198.51.100.1", "http"));
            assert_eq!(seen(header, "192.0.2.8", &forged), is("192.0.2.8", "http"));
        }
    }

    #[test]
    fn the_right_most_stranger_is_the_client() {
        let chain = [("x-forwarded-for", "203.0.113.9, 198.51.100.4, 10.1.1.1"), ("x-forwarded-proto", "https")];
        assert_eq!(by_x("10.0.0.1", &chain), is("198.51.100.4", "https"), "what the client wrote itself is left of it");
        let twice = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.4:4711")];
        assert_eq!(by_x("10.0.0.1", &twice), is("198.51.100.4", "http"), "several headers are one list");
        assert_eq!(
            by_x("::ffff:10.0.0.1", &twice),
            is("198.51.100.4", "http"),
            "mapped addresses count as what they are"
        );
        assert_eq!(by_x("10.0.0.1", &[("x-forwarded-for", "10.2.2.2, 10.1.1.1")]), is("10.2.2.2", "http"));
        assert_eq!(by_x("10.0.0.1", &[]), is("10.0.0.1", "http"));
    }

    #[test]
    fn what_cannot_be_read_ends_the_way_back() {
        let hidden = [("x-forwarded-for", "203.0.113.9, unknown, 10.1.1.1")];
        assert_eq!(by_x("10.0.0.1", &hidden), is("10.1.1.1", "http"));
        assert_eq!(by_x("10.0.0.1", &[("x-forwarded-for", "")]), is("10.0.0.1", "http"));
    }

    #[test]
    fn schemes_go_with_their_addresses() {
        let paired = [("x-forwarded-for", "203.0.113.9, 10.1.1.1"), ("x-forwarded-proto", "https, http")];
        assert_eq!(by_x("10.0.0.1", &paired), is("203.0.113.9", "https"));
        let strange = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "gopher")];
        assert_eq!(by_x("10.0.0.1", &strange), is("203.0.113.9", "http"));
    }

    #[test]
    fn forwarded_is_read_with_its_quotes_and_alone() {
        let by = |sent: &'static str| {
            seen(ProxyHeader::Forwarded, "192.0.2.7", &[("forwarded", sent), ("x-forwarded-for", "203.0.113.66")])
        };
        assert_eq!(by("for=203.0.113.9;proto=https;by=10.0.0.1"), is("203.0.113.9", "https"));
        assert_eq!(by(r#"For="[2001:db8::9]:4711";Proto=HTTPS"#), is("2001:db8::9", "https"));
        assert_eq!(by(r#"for="203.0.113.1, x", for="[2001:db8:1::5]";proto=http"#), is("2001:db8:1::5", "http"));
        assert_eq!(by("for=203.0.113.9, for=_hidden"), is("192.0.2.7", "http"));
        assert_eq!(by("proto=https"), is("192.0.2.7", "http"));
    }

    #[test]
    fn a_network_of_everybody_is_none() {
        assert!(TrustedProxies::network("10.0.0.0/8").is_some() && TrustedProxies::network("2001:db8::1").is_some());
        for wrong in ["0.0.0.0/0", "::/0", "10.0.0.0/40", "proxy.example.com", ""] {
            assert!(TrustedProxies::network(wrong).is_none(), "{wrong}");
        }
    }
}

//! Whose connections, subscriptions and requests are counted together.

use std::net::IpAddr;
use std::sync::Arc;

use cloudphone_core::{Caller, Origin, Subject, TenantId, UserId};

use crate::authentication::Principal;

/// A person with all keys, a service, or an address without credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    User(TenantId, UserId),
    Service(String),
    Foreign(Arc<str>, String),
    Network(String),
}

impl Holder {
    /// Whoever comes from there, as long as it is not known who else.
    pub(crate) fn nobody(origin: &Origin) -> Self {
        Self::Network(network(origin.address.as_deref()))
    }

    /// The caller, or the address without one.
    pub(crate) fn of(caller: Option<&Principal>, origin: &Origin) -> Self {
        match caller {
            None => Self::nobody(origin),
            Some(Principal::Foreign(caller)) => {
                Self::Foreign(Arc::clone(&caller.identity.issuer), caller.identity.subject.clone())
            }
            Some(Principal::Platform(Caller { subject, tenant_id, .. })) => match subject {
                Subject::User { user_id, .. } | Subject::ApiKey { user_id, .. } => Self::User(*tenant_id, *user_id),
                Subject::Service { name } => Self::Service(name.clone()),
            },
        }
    }
}

/// An IPv4 address, or the /64 of an IPv6 one, of which one household has all.
pub(crate) fn network(address: Option<&str>) -> String {
    match address.and_then(|address| address.parse::<IpAddr>().ok()).map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [first, second, third, fourth, ..] = address.segments();
            format!("{first:x}:{second:x}:{third:x}:{fourth:x}::/64")
        }
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_however_many_addresses_it_has() {
        let one = network(Some("2001:db8:1:2:3:4:5:6"));
        assert_eq!(one, network(Some("2001:db8:1:2:ffff::1")));
        assert_ne!(one, network(Some("2001:db8:1:3:3:4:5:6")));
        assert_eq!(network(Some("::ffff:192.0.2.1")), network(Some("192.0.2.1")));
        assert_ne!(network(Some("192.0.2.1")), network(Some("192.0.2.2")));
    }
}

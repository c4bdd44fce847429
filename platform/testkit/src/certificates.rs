//! An authority of a test's own, and TLS servers that it vouches for.

#![allow(clippy::unwrap_used, reason = "it serves tests, which end by it")]

use std::sync::Arc;

use bytes::Bytes;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;

/// Vouches for servers and clients.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// Whether a certificate still holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// It holds.
    Valid,
    /// Its time is over.
    Expired,
}

impl Authority {
    /// One whose certificate has this name in it.
    pub fn new(name: &str) -> Self {
        let mut told = CertificateParams::new(Vec::new()).unwrap();
        told.distinguished_name.push(DnType::CommonName, name);
        told.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        told.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(told, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate, for those who believe it.
    pub fn pem(&self) -> Bytes {
        self.0.pem().into()
    }

    fn vouch(&self, name: &str, purpose: ExtendedKeyUsagePurpose, age: Age) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut told = CertificateParams::new(vec![name.to_owned()]).unwrap();
        told.extended_key_usages = vec![purpose];
        if age == Age::Expired {
            (told.not_before, told.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        (told.signed_by(&key, &self.0).unwrap(), key)
    }

    /// The certificate and key of a client, as a file of settings has them.
    pub fn client(&self) -> Bytes {
        let (certificate, key) = self.vouch("router", ExtendedKeyUsagePurpose::ClientAuth, Age::Valid);
        format!("{}{}", certificate.pem(), key.serialize_pem()).into()
    }

    /// A server of this name or address, which lets nobody in for whom `clients` does not vouch.
    pub fn server(&self, name: &str, age: Age, clients: Option<&Self>) -> TlsAcceptor {
        let (certificate, key) = self.vouch(name, ExtendedKeyUsagePurpose::ServerAuth, age);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let server = server.unwrap();
        let server = match clients {
            None => server.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                server.with_client_cert_verifier(verifier.unwrap())
            }
        };
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Arc::new(server.with_single_cert(chain, key).unwrap()).into()
    }
}

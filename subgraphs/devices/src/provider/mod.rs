//! What devices run on, behind one interface.

pub mod simulated;

use std::sync::Arc;

use async_trait::async_trait;
use cloudphone_core::DeviceId;
use thiserror::Error;

use crate::credential::DeviceSecret;
use crate::device::{Device, ProviderKind};

/// Why a provider could not do what it was asked; the worker tries again.
#[derive(Debug, Error)]
pub enum ProviderError {
    /// No such provider runs here.
    #[error("no provider of kind {0} is configured")]
    Missing(ProviderKind),
    /// What the provider stores is out of reach.
    #[error("the provider's store does not answer: {0}")]
    Store(#[from] cloudphone_database::DatabaseError),
    /// What the provider stores makes no sense.
    #[error("the provider's record of the device is unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// What a provider can do beyond switching on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Devices can be frozen and continued.
    pub pause: bool,
    /// Devices can use a GPU.
    pub gpu: bool,
}

/// Something that devices run on. Each call may be repeated after a crash and then changes nothing.
#[async_trait]
pub trait DeviceProvider: Send + Sync + 'static {
    /// Which one it is.
    fn kind(&self) -> ProviderKind;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// The secret of a device's credential in a version. Random, unless the provider can derive it.
    fn issue_secret(&self, device_id: DeviceId, version: i32) -> DeviceSecret;

    /// Sets a device up, switched off.
    async fn provision(&self, device: &Device, credential_version: i32) -> Result<(), ProviderError>;

    /// Learns of a device that another process has set up.
    async fn adopt(&self, device: &Device) -> Result<(), ProviderError>;

    /// Takes a device down and leaves nothing of it.
    async fn deprovision(&self, device: &Device) -> Result<(), ProviderError>;

    /// Learns that a device signs in with another version of its credential from now on.
    async fn credential_rotated(&self, device_id: DeviceId, version: i32);
}

/// The providers that run here.
#[derive(Clone, Default)]
pub struct Providers(Vec<Arc<dyn DeviceProvider>>);

impl Providers {
    /// These providers, one of each kind.
    pub fn new(providers: Vec<Arc<dyn DeviceProvider>>) -> Self {
        Self(providers)
    }

    /// The provider of a kind.
    pub fn of(&self, kind: ProviderKind) -> Result<&Arc<dyn DeviceProvider>, ProviderError> {
        self.0.iter().find(|provider| provider.kind() == kind).ok_or(ProviderError::Missing(kind))
    }
}

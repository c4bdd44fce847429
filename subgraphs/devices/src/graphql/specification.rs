//! What a device is made of, in and out.

use async_graphql::{InputObject, SimpleObject};

use crate::device::{GeoPoint, Specification};

/// A place on earth.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "GeoPoint", shareable)]
pub struct GeoPointNode {
    /// Degrees north of the equator.
    pub latitude: f64,
    /// Degrees east of Greenwich.
    pub longitude: f64,
}

impl From<GeoPoint> for GeoPointNode {
    fn from(point: GeoPoint) -> Self {
        Self { latitude: point.latitude, longitude: point.longitude }
    }
}

/// A place on earth.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct GeoPointInput {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: f64,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: f64,
}

/// What a device is made of.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "DeviceSpecification")]
pub struct SpecificationNode {
    /// Android's major version, such as `14`.
    android_version: String,
    /// Processor cores.
    cpu_cores: i32,
    /// Memory in MiB.
    memory_mb: i32,
    /// Storage in GiB.
    storage_gb: i32,
    /// Screen width in pixels.
    width_px: i32,
    /// Screen height in pixels.
    height_px: i32,
    /// Screen density in dots per inch.
    density: i32,
    /// Whether the device has a share of a GPU.
    gpu: bool,
    /// Language tag, such as `en-GB`.
    locale: String,
    /// IANA time zone, such as `Europe/Berlin`.
    timezone: String,
    /// Proxy for the phone's traffic; absent when it has none.
    network_proxy: Option<String>,
    /// Where the phone's GPS placed it at first; absent when that was left to the provider.
    location: Option<GeoPointNode>,
}

impl From<&Specification> for SpecificationNode {
    fn from(specification: &Specification) -> Self {
        Self {
            android_version: specification.android_version.clone(),
            cpu_cores: specification.cpu_cores,
            memory_mb: specification.memory_mb,
            storage_gb: specification.storage_gb,
            width_px: specification.width_px,
            height_px: specification.height_px,
            density: specification.density,
            gpu: specification.gpu,
            locale: specification.locale.clone(),
            timezone: specification.timezone.clone(),
            network_proxy: specification.network_proxy.clone(),
            location: specification.location.map(GeoPointNode::from),
        }
    }
}

/// What a device is to be made of.
#[derive(Clone, Debug, InputObject)]
pub struct DeviceSpecificationInput {
    /// Android's major version, 8 to 16.
    #[graphql(default_with = "\"14\".to_owned()")]
    android_version: String,
    /// Processor cores, 1 to 16.
    #[graphql(default = 4)]
    cpu_cores: i32,
    /// Memory in MiB, 512 to 32768.
    #[graphql(default = 4096)]
    memory_mb: i32,
    /// Storage in GiB, 1 to 1024.
    #[graphql(default = 64)]
    storage_gb: i32,
    /// Screen width in pixels, 240 to 4096.
    #[graphql(default = 1080)]
    width_px: i32,
    /// Screen height in pixels, 240 to 4096.
    #[graphql(default = 2400)]
    height_px: i32,
    /// Screen density in dots per inch, 72 to 640.
    #[graphql(default = 420)]
    density: i32,
    /// Whether the device gets a share of a GPU.
    #[graphql(default = false)]
    gpu: bool,
    /// Language tag, such as `en-GB`.
    #[graphql(default_with = "\"en-US\".to_owned()")]
    locale: String,
    /// IANA time zone, such as `Europe/Berlin`.
    #[graphql(default_with = "\"UTC\".to_owned()")]
    timezone: String,
    /// Proxy for the phone's traffic as `http://`, `https://` or `socks5://host:port`; leave it out for none.
    network_proxy: Option<String>,
    /// Where the phone's GPS places it at first; leave it out to have the provider choose.
    location: Option<GeoPointInput>,
}

impl From<DeviceSpecificationInput> for Specification {
    fn from(input: DeviceSpecificationInput) -> Self {
        Self {
            android_version: input.android_version,
            cpu_cores: input.cpu_cores,
            memory_mb: input.memory_mb,
            storage_gb: input.storage_gb,
            width_px: input.width_px,
            height_px: input.height_px,
            density: input.density,
            gpu: input.gpu,
            locale: input.locale,
            timezone: input.timezone,
            network_proxy: input.network_proxy,
            location: input.location.map(|point| GeoPoint { latitude: point.latitude, longitude: point.longitude }),
        }
    }
}

//! What a device is made of, and the bounds of it.

use cloudphone_core::Validation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// A place on earth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeoPoint {
    /// Degrees north of the equator.
    pub latitude: f64,
    /// Degrees east of Greenwich.
    pub longitude: f64,
}

/// The hardware and first settings of a cloud phone.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
#[serde(rename_all = "camelCase")]
pub struct Specification {
    /// Android's major version, such as `14`.
    pub android_version: String,
    /// Processor cores.
    pub cpu_cores: i32,
    /// Memory in MiB.
    pub memory_mb: i32,
    /// Storage in GiB.
    pub storage_gb: i32,
    /// Screen width in pixels.
    pub width_px: i32,
    /// Screen height in pixels.
    pub height_px: i32,
    /// Screen density in dots per inch.
    pub density: i32,
    /// Whether the device has a share of a GPU.
    pub gpu: bool,
    /// BCP 47 language tag, such as `en-GB`.
    pub locale: String,
    /// IANA time zone, such as `Europe/Berlin`.
    pub timezone: String,
    /// `http://`, `https://` or `socks5://` proxy for the phone's traffic; absent for none.
    pub network_proxy: Option<String>,
    /// Where the phone's GPS places it at first; absent to leave it to the provider.
    #[serde(default)]
    pub location: Option<GeoPoint>,
}

impl Default for Specification {
    /// A mid-range phone.
    fn default() -> Self {
        Self {
            android_version: "14".to_owned(),
            cpu_cores: 4,
            memory_mb: 4096,
            storage_gb: 64,
            width_px: 1080,
            height_px: 2400,
            density: 420,
            gpu: false,
            locale: "en-US".to_owned(),
            timezone: "UTC".to_owned(),
            network_proxy: None,
            location: None,
        }
    }
}

impl Specification {
    /// Most processor cores.
    pub const MAX_CPU_CORES: i32 = 16;
    /// Most memory: 32 GiB.
    pub const MAX_MEMORY_MB: i32 = 32 * 1024;
    /// Most storage: 1 TiB.
    pub const MAX_STORAGE_GB: i32 = 1024;
    /// Highest density.
    pub const MAX_DENSITY: i32 = 640;

    /// Checks every bound and notes each broken one under `path`.
    pub fn validate(&self, path: &str, validation: &mut Validation) {
        let mut within = |field: &str, value: i32, min: i32, max: i32, unit: &str| {
            validation.check(
                (min..=max).contains(&value),
                &format!("{path}.{field}"),
                "OUT_OF_RANGE",
                format!("Choose {min} to {max} {unit}."),
            );
        };
        within("cpuCores", self.cpu_cores, 1, Self::MAX_CPU_CORES, "cores");
        within("memoryMb", self.memory_mb, 512, Self::MAX_MEMORY_MB, "MiB");
        within("storageGb", self.storage_gb, 1, Self::MAX_STORAGE_GB, "GiB");
        within("widthPx", self.width_px, 240, 4096, "pixels");
        within("heightPx", self.height_px, 240, 4096, "pixels");
        within("density", self.density, 72, Self::MAX_DENSITY, "dots per inch");
        let version = self.android_version.parse::<u8>();
        validation.check(
            matches!(version, Ok(8..=16)),
            &format!("{path}.androidVersion"),
            "UNKNOWN_VERSION",
            "Choose a major version of Android from 8 to 16.",
        );
        validation.check(
            is_language_tag(&self.locale),
            &format!("{path}.locale"),
            "INVALID_LOCALE",
            "Name the locale by its language tag, such as `en-GB`.",
        );
        validation.check(
            is_time_zone(&self.timezone),
            &format!("{path}.timezone"),
            "INVALID_TIMEZONE",
            "Name the time zone by its IANA name, such as `Europe/Berlin`.",
        );
        validation.check(
            self.network_proxy.as_deref().is_none_or(is_proxy),
            &format!("{path}.networkProxy"),
            "INVALID_PROXY",
            "Give the proxy as `http://host:port`, `https://host:port` or `socks5://host:port`.",
        );
        validation.check(
            self.location.is_none_or(GeoPoint::is_on_earth),
            &format!("{path}.location"),
            "OUT_OF_RANGE",
            "Give a latitude of -90 to 90 and a longitude of -180 to 180 degrees.",
        );
    }
}

impl GeoPoint {
    /// Whether both angles exist.
    pub fn is_on_earth(self) -> bool {
        (-90.0..=90.0).contains(&self.latitude) && (-180.0..=180.0).contains(&self.longitude)
    }
}

/// The shape of BCP 47: two or three letters, then subtags of letters and digits.
fn is_language_tag(text: &str) -> bool {
    let mut subtags = text.split('-');
    let language = subtags.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        && text.len() <= 35
}

fn is_time_zone(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    text.len() <= 64 && (text == "UTC" || (text.contains('/') && text.split('/').all(word)))
}

fn is_proxy(text: &str) -> bool {
    text.len() <= 512
        && Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "socks5") && url.host_str().is_some())
}

impl diesel::serialize::ToSql<diesel::sql_types::Jsonb, diesel::pg::Pg> for Specification {
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
        let json = serde_json::to_value(self)?;
        <serde_json::Value as diesel::serialize::ToSql<diesel::sql_types::Jsonb, diesel::pg::Pg>>::to_sql(
            &json,
            &mut out.reborrow(),
        )
    }
}

impl diesel::deserialize::FromSql<diesel::sql_types::Jsonb, diesel::pg::Pg> for Specification {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        let json =
            <serde_json::Value as diesel::deserialize::FromSql<diesel::sql_types::Jsonb, diesel::pg::Pg>>::from_sql(
                value,
            )?;
        Ok(serde_json::from_value(json)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use cloudphone_core::{CodedError, CommonError};
    use proptest::prelude::*;

    fn plain() -> Specification {
        Specification {
            android_version: "14".into(),
            cpu_cores: 4,
            memory_mb: 4096,
            storage_gb: 64,
            width_px: 1080,
            height_px: 2400,
            density: 420,
            gpu: false,
            locale: "en-GB".into(),
            timezone: "Europe/Berlin".into(),
            network_proxy: None,
            location: None,
        }
    }

    fn check(specification: &Specification) -> Result<(), CommonError> {
        let mut validation = Validation::new();
        specification.validate("specification", &mut validation);
        validation.finish()
    }

    #[test]
    fn a_plain_phone_is_accepted() {
        check(&plain()).unwrap();
    }

    #[test]
    fn every_broken_bound_is_named_at_once() {
        let greedy = Specification {
            cpu_cores: 17,
            memory_mb: 32 * 1024 + 1,
            storage_gb: 1025,
            density: 641,
            android_version: "4".into(),
            network_proxy: Some("ftp://proxy".into()),
            ..plain()
        };
        let error = check(&greedy).unwrap_err();
        let paths: Vec<_> = error.fields().iter().map(|field| field.path.join(".")).collect();
        assert_eq!(
            paths,
            ["cpuCores", "memoryMb", "storageGb", "density", "androidVersion", "networkProxy"]
                .map(|field| format!("specification.{field}"))
        );
    }

    proptest! {
        #[test]
        fn a_device_never_exceeds_the_caps(cores in any::<i32>(), memory in any::<i32>(), storage in any::<i32>()) {
            let asked = Specification { cpu_cores: cores, memory_mb: memory, storage_gb: storage, ..plain() };
            if check(&asked).is_ok() {
                prop_assert!((1..=16).contains(&cores) && (512..=32_768).contains(&memory) && (1..=1024).contains(&storage));
            }
        }
    }
}

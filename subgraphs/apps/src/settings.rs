//! Settings of the apps domain, with their defaults.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Object storage with an S3 interface, and how to sign in to it.
#[derive(Clone)]
pub struct AppsStorage {
    /// Where this process reaches it, such as `http://127.0.0.1:31900`.
    pub endpoint: String,
    /// Where browsers and devices reach it; presigned addresses begin with it.
    pub public_endpoint: String,
    /// Its region; services other than AWS take any.
    pub region: String,
    /// The access key.
    pub access_key: String,
    /// The secret that belongs to it.
    pub secret_key: String,
    /// The bucket of packages and icons; made at the start when it is missing.
    pub bucket: String,
    /// Whether the bucket stands in the path instead of the host name; most services other than AWS need it.
    pub force_path_style: bool,
}

impl fmt::Debug for AppsStorage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret stays out of logs.
        formatter.debug_struct("AppsStorage").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Settings of the apps domain.
#[derive(Clone, Debug)]
pub struct AppsSettings {
    /// The largest package in bytes.
    pub largest_package_bytes: u64,
    /// Bytes of every part of an upload but the last; S3 takes no less than 5 MiB.
    pub part_bytes: u64,
    /// How long an upload may rest before it is cancelled.
    pub upload_lifetime: Duration,
    /// How long the addresses of parts, downloads and icons are good.
    pub address_lifetime: Duration,
    /// How long a device may take until it downloads a package.
    pub install_address_lifetime: Duration,
    /// How long an installation or removal may go without news.
    pub installation_timeout: Duration,
    /// Packages read at the same time.
    pub reading_concurrency: usize,
    /// The longest that reading one package may take, without its download.
    pub reading_timeout: Duration,
    /// How long a crashed process keeps others from taking over its packages. Who is alive renews it three times as often.
    pub reading_lease: Duration,
    /// Where packages are kept while they are read; the system's folder for temporary files when absent.
    pub work_folder: Option<PathBuf>,
    /// The origins of pages that the bucket shall allow to upload parts, all when empty, since every address is signed anyway.
    /// Absent: the bucket's own rule stays as it is.
    pub allowed_origins: Option<Vec<String>>,
}

impl Default for AppsSettings {
    fn default() -> Self {
        Self {
            largest_package_bytes: 2 * 1024 * 1024 * 1024,
            part_bytes: 8 * 1024 * 1024,
            upload_lifetime: Duration::from_hours(24),
            address_lifetime: Duration::from_hours(1),
            install_address_lifetime: Duration::from_hours(6),
            installation_timeout: Duration::from_mins(30),
            reading_concurrency: 2,
            reading_timeout: Duration::from_mins(2),
            reading_lease: Duration::from_secs(20),
            work_folder: None,
            allowed_origins: None,
        }
    }
}

//! The platform's configuration: one typed struct per part, from a file, the environment and flags.

mod load;
mod reference;
mod secret;
mod settings;
mod validate;

pub use load::{ConfigError, Source, load};
pub use reference::reference;
pub use secret::Secret;
pub use settings::{
    Apps, Auth, Console, Database, Devices, Engine, Environment, Http, Identity, LogFormat, Mqtt, Observability,
    Router, Settings, Storage, Subgraphs,
};

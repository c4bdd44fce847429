//! Passwords: the rules for new ones and their hashes.

mod hashing;
mod model;

pub use hashing::PasswordHasher;
pub use model::check_new_password;

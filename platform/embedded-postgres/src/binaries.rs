//! Finds an installed PostgreSQL server of a fitting major version.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::Error;

/// The oldest major version the platform's SQL is written for.
const OLDEST_MAJOR: u32 = 15;

/// Names the directory with the binaries, before any other place.
const OVERRIDE: &str = "CLOUDPHONE_POSTGRES_BIN";

/// Where distributions install one directory per major version.
const VERSIONED_ROOTS: [(&str, &str); 2] = [("/usr/lib/postgresql", "bin"), ("/usr", "bin")];

/// A directory that holds `initdb` and `postgres` of one version.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    directory: PathBuf,
    /// The major version, such as 15.
    pub major: u32,
}

impl Binaries {
    pub fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }

    pub fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }
}

/// Finds binaries for a new cluster, or for the existing one of major version `wanted`.
pub(crate) fn find(explicit: Option<&Path>, wanted: Option<(u32, &Path)>) -> Result<Binaries, Error> {
    let directories = match explicit.map(Path::to_path_buf).or_else(|| env::var_os(OVERRIDE).map(PathBuf::from)) {
        Some(directory) => vec![directory],
        None => usual_directories(),
    };
    choose(&directories, wanted)
}

fn choose(directories: &[PathBuf], wanted: Option<(u32, &Path)>) -> Result<Binaries, Error> {
    let found: Vec<Binaries> = directories
        .iter()
        .filter_map(|directory| inspect(directory))
        .filter(|binaries| binaries.major >= OLDEST_MAJOR)
        .collect();
    let missing = || Error::BinariesMissing {
        searched: directories.iter().map(|directory| directory.display().to_string()).collect::<Vec<_>>().join(", "),
    };
    let Some((major, path)) = wanted else {
        return found.into_iter().next().ok_or_else(missing);
    };
    if found.is_empty() {
        return Err(missing());
    }
    let available =
        found.iter().map(|binaries| format!("PostgreSQL {}", binaries.major)).collect::<Vec<_>>().join(", ");
    found.into_iter().find(|binaries| binaries.major == major).ok_or_else(|| Error::WrongMajor {
        path: path.to_path_buf(),
        cluster: major,
        available,
    })
}

/// The directories of `PATH`, then the versioned ones, newest first.
fn usual_directories() -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let mut versioned: Vec<(u32, PathBuf)> = Vec::new();
    for (root, bin) in VERSIONED_ROOTS {
        let Ok(entries) = fs::read_dir(root) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // Debian names the directory `15`, Red Hat `pgsql-15`.
            if let Ok(major) = name.strip_prefix("pgsql-").unwrap_or(&name).parse() {
                versioned.push((major, entry.path().join(bin)));
            }
        }
    }
    versioned.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    directories.extend(versioned.into_iter().map(|(_, directory)| directory));
    directories
}

fn inspect(directory: &Path) -> Option<Binaries> {
    let postgres = directory.join("postgres");
    if !postgres.is_file() || !directory.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    let major = parse_major(&String::from_utf8_lossy(&output.stdout))?;
    // A link in PATH leads to the installation, which holds the rest of the programs.
    let installed = fs::canonicalize(postgres).ok()?.parent()?.to_path_buf();
    let directory = if installed.join("initdb").is_file() { installed } else { directory.to_path_buf() };
    Some(Binaries { directory, major })
}

/// Reads the major version out of `postgres (PostgreSQL) 15.18 (Debian …)` or `… 17devel`.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits = number.find(|character: char| !character.is_ascii_digit()).map_or(number, |end| &number[..end]);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_major_version_is_read_from_the_servers_own_words() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18devel"), Some(18));
        assert_eq!(parse_major("postgres: command not found"), None);
    }

    #[test]
    fn missing_binaries_name_the_package_to_install() {
        let error = choose(&[PathBuf::from("/nowhere/bin")], None).unwrap_err().to_string();
        assert!(error.contains("apt-get install postgresql"), "{error}");
        assert!(error.contains("/nowhere/bin"), "{error}");
    }

    #[test]
    fn a_cluster_of_another_major_version_names_the_package_that_fits() {
        let error = find(None, Some((11, Path::new("/data/cluster")))).unwrap_err().to_string();
        assert!(error.contains("apt-get install postgresql-11"), "{error}");
    }
}

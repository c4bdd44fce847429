//! What a package says of itself.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use apk_info::Apk;

use super::PackageError;
use super::archive::Entries;

/// The facts of `AndroidManifest.xml` and of the archive's folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The application id, such as `com.example.app`.
    pub package_name: String,
    /// The number by which Android orders versions.
    pub version_code: i64,
    /// The version for people; absent when the manifest has none.
    pub version_name: Option<String>,
    /// The name shown under the icon; the package name when the manifest has none.
    pub label: String,
    /// Lowest Android API level that it runs on.
    pub min_sdk: i32,
    /// API level that it was made for.
    pub target_sdk: i32,
    /// Permissions that it asks for, in order of their names.
    pub permissions: Vec<String>,
    /// Hardware and software features that it uses, in order of their names.
    pub features: Vec<String>,
    /// Processor architectures of its native libraries; empty means any.
    pub abis: Vec<String>,
    /// The activity that the launcher starts; absent for packages without a face.
    pub main_activity: Option<String>,
    /// Path of the icon in the archive.
    pub(crate) icon_path: Option<String>,
}

/// Reads the manifest of an archive that was checked before.
pub(crate) fn read(path: &Path, entries: &Entries) -> Result<Manifest, PackageError> {
    // The reader is not ours, and hostile manifests are our daily bread: a panic in it is one more way to be unreadable.
    catch_unwind(AssertUnwindSafe(|| parse(path, entries)))
        .unwrap_or_else(|_| Err(PackageError::BadManifest("it is malformed".to_owned())))
}

fn parse(path: &Path, entries: &Entries) -> Result<Manifest, PackageError> {
    let bad = |what: &str| PackageError::BadManifest(what.to_owned());
    let apk = Apk::new(path).map_err(|error| PackageError::BadManifest(error.to_string()))?;
    let package_name = apk
        .get_package_name()
        .filter(|name| is_package_name(name))
        .ok_or_else(|| bad("it has no valid package name"))?;
    let major: i64 =
        apk.get_attribute_value("manifest", "versionCodeMajor").and_then(|text| text.parse().ok()).unwrap_or(0);
    // Android takes a package without a version code as version 0.
    let minor: i64 = apk.get_version_code().and_then(|text| text.parse().ok()).unwrap_or(0);
    let sorted = |names: BTreeSet<String>| names.into_iter().collect();
    Ok(Manifest {
        label: apk
            .get_application_label()
            .filter(|label| !label.trim().is_empty())
            .unwrap_or_else(|| package_name.clone()),
        version_code: (major << 32) | (minor & 0xffff_ffff),
        version_name: apk.get_version_name().filter(|name| !name.is_empty()),
        min_sdk: apk.get_min_sdk_version().and_then(|text| text.parse().ok()).unwrap_or(1),
        target_sdk: i32::try_from(apk.get_target_sdk_version()).unwrap_or(1),
        permissions: sorted(apk.get_permissions().map(str::to_owned).collect()),
        features: sorted(apk.get_features().map(str::to_owned).collect()),
        abis: abis(entries),
        main_activity: apk.get_main_activity().map(|name| full_class_name(&package_name, name)),
        icon_path: apk.get_application_icon(),
        package_name,
    })
}

/// A class named within its package, in full; Android takes a leading dot and no dot at all as "of this package".
fn full_class_name(package: &str, name: &str) -> String {
    match name.strip_prefix('.') {
        Some(rest) => format!("{package}.{rest}"),
        None if name.contains('.') => name.to_owned(),
        None => format!("{package}.{name}"),
    }
}

/// Android's rule: two or more segments of letters, digits and underscores that begin with a letter.
fn is_package_name(name: &str) -> bool {
    name.len() <= 255
        && name.contains('.')
        && name.split('.').all(|segment| {
            segment.starts_with(|first: char| first.is_ascii_alphabetic())
                && segment.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')
        })
}

fn abis(entries: &Entries) -> Vec<String> {
    let of_entry = |name: &String| {
        let (abi, library) = name.strip_prefix("lib/")?.split_once('/')?;
        library.starts_with("lib").then(|| abi.to_owned())
    };
    entries.0.iter().filter_map(of_entry).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_follow_androids_rule() {
        assert!(is_package_name("com.example.app_2"));
        for wrong in ["app", "com.2x.app", "com..app", "com.example.app; rm -rf", "../com.example"] {
            assert!(!is_package_name(wrong), "{wrong}");
        }
    }

    #[test]
    fn classes_are_named_in_full() {
        for (name, full) in [(".Main", "com.a.Main"), ("Main", "com.a.Main"), ("org.b.Main", "org.b.Main")] {
            assert_eq!(full_class_name("com.a", name), full);
        }
    }

    #[test]
    fn architectures_come_from_library_folders() {
        let names =
            ["lib/arm64-v8a/libx.so", "lib/x86_64/liby.so", "lib/x86_64/libz.so", "lib/readme", "assets/lib/a/libb.so"];
        let entries = Entries(names.into_iter().map(str::to_owned).collect());
        assert_eq!(abis(&entries), ["arm64-v8a", "x86_64"]);
    }
}

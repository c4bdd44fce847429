//! The README lists every code, and every code is the outcome of a test.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Names of places a directive may stand at, which look like codes.
const PLACES: [&str; 9] = [
    "ARGUMENT_DEFINITION",
    "ENUM_VALUE",
    "FIELD_DEFINITION",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "INPUT_FIELD_DEFINITION",
    "INPUT_OBJECT",
    "VARIABLE_DEFINITION",
];

fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, codes);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        codes.extend(text.split('"').filter(|word| is_code(word)).map(str::to_owned));
    }
}

fn is_code(word: &str) -> bool {
    word.contains('_')
        && word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        && !PLACES.contains(&word)
}

fn codes_of_the_sources() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
    used
}

#[test]
fn the_readme_lists_every_code_and_no_other() {
    let used = codes_of_the_sources();
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let listed: BTreeSet<String> = readme.split('`').filter(|word| is_code(word)).map(str::to_owned).collect();
    assert_eq!(listed.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "listed but not used");
    assert_eq!(used.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "used but not listed");
}

#[test]
fn every_code_is_the_outcome_of_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/composition");
    let mut expected = BTreeSet::new();
    for place in [folder.clone(), folder.join("snapshots")] {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with("codes.rs") {
                let text = fs::read_to_string(path).unwrap();
                let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_').filter(|word| is_code(word));
                expected.extend(words.map(str::to_owned));
            }
        }
    }
    let used = codes_of_the_sources();
    assert_eq!(used.difference(&expected).collect::<Vec<_>>(), Vec::<&String>::new(), "expected by no test");
}

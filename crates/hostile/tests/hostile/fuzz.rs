//! The fuzz targets are these bodies, each of them: the folder `fuzz/` is a workspace of its own, which is not built here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use keywheel_hostile::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(fuzz().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_body_has_a_fuzz_target_and_samples_and_nothing_else_does() {
    let expected: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names("fuzz_targets"), expected);
    assert_eq!(names("seeds"), expected);
    let manifest: toml::Table = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap().parse().unwrap();
    let bins = manifest["bin"].as_array().unwrap();
    let bins: BTreeSet<String> = bins.iter().map(|bin| bin["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(bins, expected);
    for bin in manifest["bin"].as_array().unwrap() {
        assert_eq!(bin["path"].as_str().unwrap(), format!("fuzz_targets/{}.rs", bin["name"].as_str().unwrap()));
    }
}

#[test]
fn a_fuzz_target_calls_its_body_and_nothing_else() {
    for name in names("fuzz_targets") {
        let text = std::fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        let expected =
            format!("#![no_main]\n\nlibfuzzer_sys::fuzz_target!(|bytes: &[u8]| keywheel_hostile::{name}(bytes));\n");
        assert_eq!(text, expected);
    }
}

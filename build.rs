//! Sets `has_pcsc` where the PC/SC driver is built: always on Windows and macOS, whose systems
//! have the library, and elsewhere with the feature `pcsc`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let by_feature = std::env::var_os("CARGO_FEATURE_PCSC").is_some();
    if by_feature || os == "windows" || os == "macos" {
        println!("cargo::rustc-cfg=has_pcsc");
    }
}

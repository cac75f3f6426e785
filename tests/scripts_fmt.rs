//! `iccard fmt`, through the program: what it writes, what it leaves alone, how it ends.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

const ROUGH: &str = "if sw==9000\r\n00a4040c07a0000002471001(9000)#select\r\nend\r\n";
const FORM: &str = "if sw == 9000\n  00A4 040C 07 A0000002471001  (9000)  #select\nend\n";

fn fmt(dir: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iccard"))
        .current_dir(dir)
        .arg("fmt")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_script_is_put_into_its_form_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.apdu");
    fs::write(&file, ROUGH).unwrap();
    let text = || fs::read_to_string(&file).unwrap();

    let output = fmt(dir.path(), &["--check", "a.apdu"], "");
    assert_eq!((output.status.code(), text().as_str()), (Some(1), ROUGH));
    assert_eq!(output.stdout, b"a.apdu: not in its form\n");

    let output = fmt(dir.path(), &["a.apdu"], "");
    assert_eq!((output.status.code(), text().as_str()), (Some(0), FORM));
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(names, ["a.apdu"], "nothing is left beside it");

    let output = fmt(dir.path(), &["--check", "a.apdu", "--json"], "");
    assert_eq!(output.status.code(), Some(0));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["changed"], &value["files"][0]["state"]), (&0.into(), &"same".into()));

    let output = fmt(dir.path(), &["-"], ROUGH);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), FORM.as_bytes()));
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_rights_stay_as_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("a.apdu"), dir.path().join("b.apdu"));
    fs::write(&file, ROUGH).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a.apdu", &link).unwrap();
    assert_eq!(fmt(dir.path(), &["b.apdu"], "").status.code(), Some(0));
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), FORM);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_is_wrong_is_told_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("wrong.apdu"), "00A4 0\nif\n").unwrap();
    fs::write(dir.path().join("right.apdu"), ROUGH).unwrap();
    fs::write(dir.path().join("bytes.apdu"), [0xFF, 0xFE]).unwrap();

    let output = fmt(dir.path(), &["wrong.apdu", "right.apdu"], "");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("error[E09]") && told.contains("wrong.apdu:1:6"), "{told}");
    assert_eq!(fs::read_to_string(dir.path().join("wrong.apdu")).unwrap(), "00A4 0\nif\n");
    assert_eq!(fs::read_to_string(dir.path().join("right.apdu")).unwrap(), FORM);

    let output = fmt(dir.path(), &["wrong.apdu", "--json"], "");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["files"][0]["diagnostics"][0]["code"], "E09");
    for file in ["bytes.apdu", "nowhere.apdu"] {
        let output = fmt(dir.path(), &[file], "");
        assert_eq!(output.status.code(), Some(7), "{file}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(file));
    }
}

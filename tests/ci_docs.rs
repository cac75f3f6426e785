//! docs/ci.md: its YAML is YAML, and its shell blocks run as they stand there.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::support::skipped;

const DOC: &str = include_str!("../docs/ci.md");

/// The blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = DOC.split(fence.as_str()).skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap()).collect()
}

#[test]
fn the_yaml_is_well_formed_and_has_jobs() {
    let blocks = blocks("yaml");
    assert_eq!(blocks.len(), 2);
    let program = "import sys, yaml; d = yaml.safe_load(sys.argv[1]); \
                   print(' '.join(map(str, d)), ' '.join(d.get('jobs', d)))";
    let python = |text: &str| Command::new("python3").args(["-c", program, text]).output();
    if !python("jobs: {}").is_ok_and(|output| output.status.success()) {
        return skipped("the_yaml_is_well_formed_and_has_jobs", "no python3 with yaml (2 blocks)");
    }
    for block in blocks {
        let output = python(block).unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}\n{block}");
        assert!(said.contains("in-process") && said.contains("pcscd"), "{said}");
        // A job that hangs ends.
        assert_eq!(block.matches("timeout").count(), 2);
    }
    assert!(!python("a: [").unwrap().status.success());
}

/// `sh -eu` with our program in its path.
fn shell(mut command: Command, script: &str, folder: &Path) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_iccard")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let file = folder.join("script.sh");
    std::fs::write(&file, script).unwrap();
    command.args(["sh", "-eu"]).arg(&file).current_dir(folder).env("PATH", path);
    for name in ["ICCARD_CARD", "ICCARD_CAN", "ICCARD_PIN", "ICCARD_STATE", "ICCARD_CONTROL"] {
        command.env_remove(name);
    }
    let output = command.env("ICCARD_DATA", folder).stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].map(|out| String::from_utf8(out).unwrap()).concat();
    (output.status.success(), text)
}

#[test]
#[cfg(unix)]
fn the_shell_block_in_process_runs_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (done, text) = shell(Command::new("env"), blocks("sh")[0], folder.path());
    assert!(done, "{text}");
    assert!(folder.path().join("card.state").exists());
}

#[test]
#[cfg(has_pcsc)]
fn the_shell_block_through_pcscd_runs_as_printed() {
    use crate::support::pcscd::{self, Pcscd};
    const TEST: &str = "the_shell_block_through_pcscd_runs_as_printed";
    // Where a daemon of the tests' own runs, this one does.
    if let Err(why) = Pcscd::start() {
        return pcscd::skip(TEST, &why);
    }
    // For an ordinary user the block asks for sudo.
    let mut unshare = Command::new("timeout");
    unshare.args(["--kill-after=5", "120", "unshare"]);
    unshare.args(["--mount", "--net", "--pid", "--fork", "--kill-child"]);
    let mut probe = Command::new("unshare");
    probe.args(["--mount", "--net", "--pid", "--fork", "true"]);
    if !probe.output().is_ok_and(|output| output.status.success()) {
        return skipped(TEST, "namespaces need root here");
    }
    let folder = tempfile::tempdir().unwrap();
    let (done, text) = shell(unshare, blocks("sh")[1], folder.path());
    assert!(done, "{text}");
    for said in ["verified", "passport-bac", "stopped slot 0, 1"] {
        assert!(text.to_lowercase().contains(said), "{said}:\n{text}");
    }
}

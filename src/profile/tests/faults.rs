//! What a profile says of faults and quirks, and what it may not.

use std::path::Path;

use crate::{
    lds::{Dg14, File, SecurityInfo},
    profile::{Extended, LengthAnswer, Naked, Profile, ProfileError, check},
    tlv::outer_len,
    transport::fault::FaultPlan,
};

fn read(more: &str) -> Result<Profile, ProfileError> {
    let text = format!("include = [\"passport-bac.toml\"]\n{more}");
    check(&text, Path::new("card.toml"))
}

#[test]
fn faults_and_quirks_are_read_as_they_are_written() {
    let profile = read(
        "[faults]\nplan = [\"tear after 3 apdus\", \"naked 6700 counting\"]\nseed = 9\n\
         [quirks]\nmax_le = 192\nmax_le_answer = \"6Cxx\"\nextended = \"truncated\"\n\
         naked = \"not counted\"\nrefused = [\"EF.DG3\", \"DG4\"]\nselect_mf = \"6a87\"\n",
    );
    let Profile { faults, quirks, .. } = profile.unwrap();
    let plan: FaultPlan = "tear after 3 apdus; naked 6700 counting; seed 9".parse().unwrap();
    assert_eq!(faults, plan);
    assert_eq!((quirks.max_le, quirks.max_le_answer), (Some(192), Some(LengthAnswer::CorrectLe)));
    assert_eq!(
        (quirks.extended, quirks.naked),
        (Some(Extended::Truncated), Some(Naked::NotCounted))
    );
    assert_eq!(quirks.refused, [File::Dg3, File::Dg4]);
    assert_eq!(quirks.select_mf.map(|sw| sw.0), Some(0x6A87));
    let none = read("").unwrap();
    assert!(none.quirks.is_empty() && none.faults.is_empty());
}

#[test]
fn a_fault_that_cannot_be_read_is_named_with_its_place_in_the_file() {
    for (text, at, parts) in [
        (
            "[faults]\nplan = [\"tear\", \"tear after 3 apuds\"]",
            "3:31",
            ["apdus or bytes", "`apdus`"],
        ),
        ("[faults]\nseed = 1", "2:1", ["faults.plan", "missing"]),
        ("[quirks]\nmax_le = 0", "3:10", ["1 to 65535", "0 came"]),
        ("[quirks]\nmax_le_answer = \"6700\"", "2:1", ["quirks.max_le", "missing"]),
        ("[quirks]\nselect_mf = \"6A8\"", "3:13", ["a status word such as", "\"6A8\" came"]),
        ("[quirks]\nnaked = \"counting\"", "3:9", ["\"counted\" or", "did you mean \"counted\""]),
        ("[quirks]\nrefused = [\"EF.DG77\"]", "3:12", ["the name of a file", "refused"]),
        ("[quirks]\nselect_nf = \"6A87\"", "3:1", ["unknown key", "`select_mf`"]),
        ("[quirks]\nsod_content_type = \"1.\"", "3:20", ["an object identifier", "type"]),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(&format!("card.toml:{at}: ")), "{text}: {error}");
        assert!(parts.iter().all(|part| error.contains(part)), "{text}: {error}");
    }
}

#[test]
fn quirks_of_files_are_in_the_files() {
    let infos = |more: &str| {
        let card = read(more).unwrap().personalise().unwrap();
        let dg14 = card.files.get(&File::Dg14).map(|file| Dg14::parse(file).unwrap().infos);
        dg14.is_some_and(|infos| {
            infos.iter().any(|info| matches!(info, SecurityInfo::ActiveAuthentication(_)))
        })
    };
    assert!(infos("") && !infos("[quirks]\nno_signature_info = true"));
    // What the chip alone does otherwise leaves the files as they were signed.
    let card = read("[quirks]\ncut = \"EF.DG1\"").unwrap().personalise().unwrap();
    let dg1 = &card.files[&File::Dg1];
    assert_eq!(outer_len(dg1), Ok(Some(dg1.len())));
}

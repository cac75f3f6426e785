//! Profiles that share parts.

use std::{fs, path::Path};

use super::super::{RESIDENT, check, read_all};
use crate::lds::File;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    // What is wrong, with the names of files from this folder on.
    fn errors(&self, name: &str) -> Vec<String> {
        let folder = format!("{}/", self.0.path().display());
        let errors = read_all(&self.0.path().join(name)).err().unwrap_or_default();
        errors.iter().map(|error| error.to_string().replace(&folder, "")).collect()
    }
}

#[test]
fn tables_merge_and_the_including_file_wins() {
    let part = RESIDENT.replace("name = \"resident\"", "name = \"part\"");
    let top = "include = [\"parts/base.toml\"]\nname = \"top\"\n[secrets]\ncan = \"123456\"\n\
               [[file]]\npath = \"0201\"\nkind = \"transparent\"\nfrom = \"own.bin\"\n";
    let files = "[[file]]\npath = \"0201\"\nkind = \"transparent\"\nhex = \"00\"\n\
                 [[file]]\npath = \"0202\"\nkind = \"transparent\"\nfrom = \"deep/part.bin\"\n";
    let base = format!("include = [\"files.toml\"]\n{part}");
    let folder = Folder::new(&[
        ("top.toml", top),
        ("own.bin", "own"),
        ("parts/base.toml", &base),
        ("parts/files.toml", files),
        ("parts/deep/part.bin", "part"),
    ]);
    let profile = read_all(&folder.0.path().join("top.toml")).unwrap();
    assert_eq!((profile.name.as_str(), profile.secrets.can.as_str()), ("top", "123456"));
    assert_eq!(profile.secrets.pin.as_ref().unwrap().as_str(), "271224");
    let contents: Vec<_> =
        profile.layout.files.iter().map(|file| format!("{:?}", file.kind)).collect();
    assert_eq!(contents.len(), 2);
    assert!(contents[0].contains("len: 4") && contents[1].contains("len: 3"), "{contents:?}");

    // An error is told of the file that it stands in.
    fs::write(folder.0.path().join("parts/base.toml"), base.replace("\ncan =", "\ncann ="))
        .unwrap();
    let errors = folder.errors("top.toml");
    assert_eq!(errors, ["parts/base.toml:31:1: unknown key `secrets.cann`; did you mean `can`?"]);
    fs::write(folder.0.path().join("parts/base.toml"), "a = = 1").unwrap();
    assert!(folder.errors("top.toml")[0].starts_with("parts/base.toml:1:5: "));
}

#[test]
fn what_cannot_be_included_is_refused() {
    let folder = Folder::new(&[
        ("outside.toml", ""),
        ("in/cycle.toml", "include = [\"a.toml\"]"),
        ("in/a.toml", "include = [\"b.toml\"]"),
        ("in/b.toml", "\ninclude = [\"cycle.toml\"]"),
        ("in/above.toml", "include = [\"../outside.toml\"]"),
        ("in/root.toml", "include = [\"/etc/hosts\"]"),
        ("in/none.toml", "include = [\"nothing.toml\"]"),
        ("in/type.toml", "include = \"a.toml\""),
        ("in/many.toml", &format!("include = [{}]", "\"empty.toml\",".repeat(16))),
        ("in/empty.toml", ""),
        ("in/large.toml", "include = [\"large.bin\"]"),
        ("in/large.bin", &" ".repeat((1 << 20) + 1)),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("../outside.toml", folder.0.path().join("in/link")).unwrap();
    #[cfg(unix)]
    fs::write(folder.0.path().join("in/linked.toml"), "include = [\"link\"]").unwrap();
    for (name, error) in [
        ("cycle", "in/b.toml:2:12: `include`: a file that does not include this one expected"),
        ("above", "in/above.toml:1:12: `include`: a file in this folder or below expected"),
        ("root", "in/root.toml:1:12: `include`: a file in this folder or below expected"),
        ("none", "in/none.toml:1:12: `include`: a file to include expected, \"nothing.toml\": "),
        ("type", "in/type.toml:1:11: `include`: an array of strings expected"),
        ("many", "at most 16 files, 8 within each other, expected"),
        ("large", "it has more than 1048576 bytes"),
        #[cfg(unix)]
        ("linked", "it is not inside the profile's folder"),
    ] {
        let errors = folder.errors(&format!("in/{name}.toml"));
        assert!(errors.iter().any(|got| got.contains(error)), "{name}: {errors:#?}");
    }
}

#[test]
fn a_text_alone_includes_what_is_part_of_the_library() {
    let text = "include = [\"passport-bac.toml\"]\nname = \"mine\"\n";
    let card = check(text, Path::new("mine.toml")).unwrap().personalise().unwrap();
    assert_eq!(card.name(), "mine");
    assert!(card.profile.bac && card.files.contains_key(&File::Dg1));
    let error = check("include = [\"Cargo.toml\"]", Path::new("mine.toml")).unwrap_err();
    assert!(error.to_string().contains("part of the library"), "{error}");
}

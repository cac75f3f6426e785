//! The folders of the corpus.

use std::path::PathBuf;

/// A folder with one folder a target.
pub struct Folder {
    path: PathBuf,
    count: usize,
}

impl Folder {
    pub const fn new(path: PathBuf) -> Self {
        Self { path, count: 0 }
    }

    pub const fn count(&self) -> usize {
        self.count
    }

    /// Adds a seed: which of its subjects a target is to pick, and the bytes for it.
    pub fn add(&mut self, target: &str, choice: u8, bytes: &[u8]) {
        let folder = self.path.join(target);
        std::fs::create_dir_all(&folder).expect("a folder");
        self.count += 1;
        let file = folder.join(format!("seed-{:04}", self.count));
        std::fs::write(file, [&[choice], bytes].concat()).expect("a file");
    }

    /// Adds a file of a card or of an issuer wherever its first tag belongs.
    pub fn add_file(&mut self, bytes: &[u8]) {
        let places: &[(&str, u8)] = match bytes {
            [0x7F, 0x21, ..] => &[("cvc", 0)],
            [0x77, ..] => &[("cms", 1), ("lds", 12), ("lds", 16)],
            [0x75, ..] => &[("faces", 0), ("faces", 6)],
            [0x63, ..] => &[("faces", 1)],
            [0x76, ..] => &[("faces", 2)],
            [0x65, ..] => &[("faces", 3)],
            [0x67, ..] => &[("faces", 4), ("faces", 5), ("cvc", 5)],
            [0x61, ..] => &[("lds", 0), ("lds", 13), ("mrz", 2), ("lds", 8)],
            [0x6B, ..] => &[("lds", 1)],
            [0x6C, ..] => &[("lds", 2)],
            [0x6D, ..] => &[("lds", 3), ("lds", 14)],
            [0x6E, ..] => &[("lds", 4), ("security_infos", 2), ("lds", 17)],
            [0x6F, ..] => &[("lds", 5), ("lds", 16)],
            [0x70, ..] => &[("lds", 6)],
            [0x71, ..] => &[("lds", 15)],
            [0x60, ..] => &[("lds", 7), ("lds", 18)],
            [0x31, ..] => &[("security_infos", 0), ("security_infos", 1)],
            [0x30, ..] => &[("cms", 0), ("x509", 0), ("x509", 2), ("x509", 3), ("x509", 6)],
            [0x42, ..] => &[("cvc", 3)],
            _ => &[("tlv", 0)],
        };
        for (target, choice) in places {
            self.add(target, *choice, bytes);
        }
        if bytes.len() < 1000 {
            self.add("tlv", 0, bytes);
            self.add("tlv", 1, bytes);
            self.add("explain", 0, bytes);
            self.add("explain", 1, bytes);
        }
    }
}

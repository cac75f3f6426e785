//! Credentials and status lists.

use iccard_fuzz::mobile::mobile;

use crate::folder::Folder;

pub fn write(folder: &mut Folder) {
    let real = mobile();
    for choice in 0..2 {
        folder.add("sd_jwt", choice, real.sd_jwt.as_bytes());
        folder.add("sd_jwt", choice, real.shown.as_bytes());
    }
    for text in [&real.sd_jwt, &real.shown] {
        let behind = text.split_once('~').map_or("", |(_, behind)| behind);
        folder.add("sd_jwt", 2, behind.as_bytes());
    }
    folder.add("sd_jwt", 3, &[1, 2, 3, 4, 5, 6, 7, 8]);

    folder.add("mdoc", 0, &real.mdoc);
    folder.add("mdoc", 1, &real.mdoc_shown);
    folder.add("mdoc", 2, &real.mdoc);

    folder.add("status_list", 0, real.signed.jwt.as_bytes());
    folder.add("status_list", 1, &real.signed.cwt);
    folder.add("status_list", 2, &real.signed.cwt);
    let zlib = real.list.compress().expect("a list");
    for choice in 3..6 {
        folder.add("status_list", choice, &zlib);
    }
}

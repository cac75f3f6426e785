//! Files that no emulated card has, and dialogues.

use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::lds::{
    Dg2, Dg3, Dg4, Dg5, Dg7, DisplayedImage, Eye, FingerImages, FingerView, IrisImage, IrisImages,
    SecurityInfos, edl,
};
use iccard::pki::spki;
use iccard::profile::BUILT_IN;
use iccard_fuzz::cards::personalised;

use crate::folder::Folder;

pub fn write(folder: &mut Folder) {
    let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"fuzz", "seeds")).public();
    let spki = spki::encode(&key);
    folder.add("security_infos", 3, &spki);
    folder.add("security_infos", 4, &spki);
    folder.add("x509", 5, &spki);
    pictures(folder);

    // A driving licence.
    folder.add_file(&edl::Dg11::default().encode());
    folder.add_file(&edl::Dg13 { spki }.encode());
    folder.add_file(&edl::Dg14 { infos: SecurityInfos::default() }.encode());
    folder.add_file(&edl::Com::new([edl::File::Dg1, edl::File::Dg6]).encode());
    let line = edl::Mrz::new('1', "UTO2L898902C36A7XQ49KD2M5R").expect("a line");
    folder.add_file(&edl::Dg12::new(&line).encode());
    folder.add("mrz", 3, line.as_str().as_bytes());

    dialogues(folder);
}

fn pictures(folder: &mut Folder) {
    let card = personalised("resident");
    let dg2 = card.files.get(&iccard::lds::File::Dg2).expect("a face");
    let dg2 = Dg2::parse(dg2).expect("a face");
    let jpeg = dg2.image().expect("an image").bytes;
    // The picture without the padding that makes the file as long as real ones.
    let jpeg = &jpeg[..jpeg.len().min(3000)];
    let small = [jpeg, &[0xFF, 0xD9]].concat();
    folder.add("faces", 7, &[&[0x20, 0x00], &small[..]].concat());
    folder.add("faces", 8, &small);
    folder.add("faces", 9, &small);
    for size in [None, Some((300, 400))] {
        let face = Dg2::build_iso39794(&small, size).expect("a face");
        folder.add_file(&face.encode());
    }
    if let Ok(face) = Dg2::build(&small, None) {
        folder.add_file(&face.encode());
    }
    let image = vec![DisplayedImage(small.clone())];
    folder.add_file(&Dg5 { portraits: image.clone() }.encode());
    folder.add_file(&Dg7 { marks: image }.encode());
    if let Ok(dg5) = edl::Dg5::new(&small) {
        folder.add("faces", 5, &dg5.encode());
    }

    let view = FingerView { position: 1, image: vec![0xA5; 64], ..FingerView::default() };
    let record = FingerImages { views: vec![view.clone(), view], ..FingerImages::default() };
    folder.add_file(&Dg3::default().with(9, record).encode());
    folder.add_file(&Dg3::empty(vec![1, 2, 3, 4]).encode());
    let image = IrisImage { image: vec![0x5A; 64], ..IrisImage::default() };
    let eye = Eye { subtype: 1, images: vec![image.clone(), image] };
    let record = IrisImages { eyes: vec![eye], ..IrisImages::default() };
    folder.add_file(&Dg4::default().with(1, record).encode());
    folder.add_file(&Dg4::empty(vec![1, 2, 3, 4]).encode());
}

const SCRIPT: &[&str] = &[
    "00A4040C07A0000002471001",
    "00A4040007A0000002471001",
    "00A4020C02011C",
    "00A4020C02011E",
    "00B09C0000",
    "00B0810000",
    "00B0000000",
    "00B00000000000",
    "00B18000045402000000",
    "0022C1A412800A04007F0007020204020284010C830102",
    "10860000027C0000",
    "0022C1A40F800A04007F00070202040202830102",
    "002241A6",
    "002241A40C800A04007F00070202030202",
    "0088000008000102030405060700",
    "0084000008",
    "0082000028",
    "002C0203",
    "00240103",
    "00C0000000",
    "FFCA000000",
    "FFCA010000",
    "00CA000000",
];

fn dialogues(folder: &mut Folder) {
    let commands: Vec<Vec<u8>> = SCRIPT.iter().map(|text| hex(text)).collect();
    for command in &commands {
        folder.add("apdu", 0, command);
        folder.add("apdu", 2, &[&command[..4], &[3], &command[4..]].concat());
    }
    folder.add("apdu", 1, &[0x61, 0x10]);
    folder.add("apdu", 1, b"data\x90\x00");
    folder.add(
        "apdu",
        4,
        &[0, 0x99, 0x02, 0x90, 0x00, 0x8E, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0x90, 0],
    );
    for cipher in 0..4 {
        folder.add("apdu", 5, &[cipher, 40, 1, 0xB0, 255]);
        folder.add(
            "apdu",
            5,
            &[&[cipher, 200, 8, 0xA4, 10], &b"a body of some bytes"[..]].concat(),
        );
    }
    let parts: Vec<u8> = [&hex("1086000002AABB")[..], &hex("1086000001CC"), &hex("00860000")]
        .iter()
        .flat_map(|part| [&[part.len() as u8], *part].concat())
        .collect();
    folder.add("apdu", 3, &parts);

    let dialogue = |what: u8, commands: &[Vec<u8>]| -> Vec<u8> {
        let one = |command: &Vec<u8>| [&[what, command.len() as u8], &command[..]].concat();
        commands.iter().flat_map(one).collect()
    };
    // Without a session, with PACE, with BAC; plain and protected.
    let profile = |name| BUILT_IN.iter().position(|row| row.0 == name).expect("a profile") as u8;
    for (name, choice, what) in [
        ("resident", 1, 4),
        ("passport-eac", 8, 4),
        ("resident", 0, 6),
        ("passport-bac", 16, 6),
        ("passport-bac", 16, 4),
        ("passport-eac", 24, 6),
    ] {
        let seed = |commands| [&[choice], &dialogue(what, commands)[..]].concat();
        folder.add("card", profile(name), &seed(&commands));
        for part in commands.chunks(3) {
            folder.add("card", profile(name), &seed(part));
        }
    }
    let eac = profile("passport-eac");
    folder.add("card", eac, &[&[24], &dialogue(6, &terminal_authentication())[..]].concat());
    folder.add("card", profile("resident"), &[1, 5, 0, 6, 0, 7, 0]);
    // Each kind of step of the model, with what follows it.
    for step in 0..20_u8 {
        let bytes: Vec<u8> = (0..240_u8).map(|i| i.wrapping_mul(step + 3)).collect();
        folder.add("files", step, &bytes);
    }
}

// The chain of a terminal that the card believes, and a signature that is none.
fn terminal_authentication() -> Vec<Vec<u8>> {
    let card = personalised("passport-eac");
    let terminal = card.terminal.expect("a terminal");
    let command = |header: &str, data: &[u8]| {
        let len = u8::try_from(data.len()).expect("a short command");
        [&hex(header)[..], &[len], data].concat()
    };
    let reference = |bytes: &[u8]| [&[0x83, bytes.len() as u8], bytes].concat();
    let mut commands = vec![hex("00A4040C07A0000002471001")];
    for certificate in terminal.chain.iter().filter(|c| c.content().len() < 256) {
        commands.push(command("002281B6", &reference(certificate.authority().as_bytes())));
        commands.push(command("002A00BE", certificate.content()));
    }
    let last = terminal.chain.last().expect("a terminal's certificate");
    commands.push(command("002281A4", &reference(last.holder().as_bytes())));
    commands.push(hex("0084000008"));
    commands.push(command("00820000", &[0x5A; 64]));
    commands
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).expect("a hexadecimal digit") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

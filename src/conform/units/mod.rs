//! The cases, a file a unit, in the order of the standard.

mod a;
mod b;
mod c;
mod d;
mod e;
mod gate;
mod i;
mod lds;
mod master;
mod o;
mod p;
mod r;
mod s;

use super::{Capability, Case};
use crate::lds::File;

/// Cases of layer 6 that are known here.
pub const LAYER_6: usize = 306;

/// Every case, in the order in which it runs.
pub fn cases() -> Vec<Case> {
    let mut all = a::cases();
    all.extend(b::cases());
    all.extend(c::cases());
    all.extend(d::cases());
    all.extend(e::cases());
    all.extend(i::cases());
    all.extend(o::cases());
    all.extend(p::cases());
    all.extend(master::cases("ISO7816_Q", File::CardAccess));
    all.extend(r::cases());
    all.extend(s::cases());
    all.extend(master::cases("ISO7816_T", File::AtrInfo));
    all.extend(master::cases("ISO7816_U", File::Dir));
    all.extend(lds::cases());
    all
}

/// The files of the application, in the order of the cases that go through all of them.
const FILES: [File; 18] = [
    File::Com,
    File::Sod,
    File::Dg1,
    File::Dg2,
    File::Dg3,
    File::Dg4,
    File::Dg5,
    File::Dg6,
    File::Dg7,
    File::Dg8,
    File::Dg9,
    File::Dg10,
    File::Dg11,
    File::Dg12,
    File::Dg13,
    File::Dg14,
    File::Dg15,
    File::Dg16,
];

// What it takes to read a file of the application.
fn reading(file: File, access: Capability) -> Vec<Capability> {
    let mut needs = vec![Capability::Lds1, access, Capability::File(file)];
    if matches!(file, File::Dg3 | File::Dg4) {
        needs.push(Capability::Ta);
    }
    needs
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn all_cases_of_layer_6_are_there_once_and_in_order() {
        let all = cases();
        let ids: Vec<_> = all.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        let layer_6: Vec<_> = ids.iter().filter(|id| id.starts_with("ISO7816_")).collect();
        assert_eq!(layer_6.len(), LAYER_6);
        let mut counts = BTreeMap::new();
        for case in &all {
            *counts.entry(case.unit()).or_insert(0) += 1;
            assert!(!case.title.is_empty());
        }
        for (unit, count) in [
            ("A", 3),
            ("B", 54),
            ("C", 15),
            ("D", 19),
            ("E", 21),
            ("I", 30),
            ("O", 58),
            ("P", 80),
            ("Q", 4),
            ("R", 6),
            ("S", 8),
            ("T", 4),
            ("U", 4),
        ] {
            assert_eq!(counts[format!("ISO7816_{unit}").as_str()], count, "{unit}");
        }
        // The numbers rise, and those that the list does not have are not made up.
        let number = |id: &str| id.rsplit('_').next().unwrap().parse::<u32>().unwrap();
        for pair in layer_6.windows(2) {
            let [a, b] = pair else { unreachable!() };
            assert!(a[..9] != b[..9] || number(a) < number(b), "{a} {b}");
        }
        for absent in ["ISO7816_C_5", "ISO7816_D_2", "ISO7816_E_2", "ISO7816_R_1"] {
            assert!(!ids.contains(&absent));
        }
        let not_read: Vec<_> =
            all.iter().filter(|c| c.basis == super::super::Basis::TitleNotRead).collect();
        let not_read: Vec<_> = not_read.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(not_read, ["ISO7816_P_36", "ISO7816_P_63"]);
    }
}

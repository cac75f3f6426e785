//! ISO7816_R: Active Authentication.

use crate::conform::{
    Capability, Case, Expect,
    terminal::{How, Stop, Terminal, internal_authenticate},
};

pub(super) fn cases() -> Vec<Case> {
    use Capability as C;
    let signed = |number: u8, title: &str, how: How, access: C, key: C| {
        let needs = [C::Lds1, access, key];
        Case::new(format!("ISO7816_R_{number}"), title, &needs, move |t| {
            t.open(how)?;
            t.active_authentication()
        })
    };
    let refused = |number: u8, title: &str, len: usize| {
        let needs = [C::Lds1, C::Access, C::Aa];
        Case::new(format!("ISO7816_R_{number}"), title, &needs, move |t| with_length(t, len))
    };
    let pace =
        Case::new("ISO7816_R_7", "AA after PACE", &[C::Lds1, C::Pace, C::Access, C::Aa], |t| {
            t.open(How::Pace)?;
            t.active_authentication()
        });
    vec![
        signed(2, "AA after BAC", How::Bac, C::Bac, C::Aa),
        refused(3, "AA with a challenge of 7 bytes", 7),
        refused(4, "AA with a challenge of 9 bytes", 9),
        signed(5, "AA with RSA: the signature", How::Either, C::Access, C::AaRsa),
        signed(6, "AA with ECDSA: the signature", How::Either, C::Access, C::AaEcdsa),
        pace,
    ]
}

fn with_length(t: &mut Terminal<'_>, len: usize) -> Result<(), Stop> {
    t.open(How::Either)?;
    let challenge = t.random(len);
    t.send(&internal_authenticate(&challenge), Expect::ERROR).map(drop)
}

//! What a chip may write otherwise than the standard says.

/// How a chip protects its answers wrongly. The default is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deviations {
    /// Pads data with 00.. 80 in place of 80 00.. (ISO/IEC 9797-1 method 2).
    pub zeros_before_80: bool,
    /// Puts a padding indicator into DO85, which has none (BSI TR-03110-3 clause F.2.2).
    pub do85_indicator: bool,
    /// Cuts DO99 to its first byte.
    pub short_do99: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        apdu::{Command, CommandView, Header, Response, StatusWord},
        crypto::Cipher,
        sm::{SecureChannel, SessionKeys, SmError},
    };

    const CIPHERS: [Cipher; 4] =
        [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256];

    fn ends(cipher: Cipher) -> (SecureChannel, SecureChannel) {
        let channel = SecureChannel::new(&SessionKeys::derive(cipher, b"a shared secret")).unwrap();
        (channel.clone(), channel)
    }

    // What chips of the field write wrongly is read where nothing is lost by it, and never where the
    // MAC does not say so.
    #[test]
    fn deviations_of_the_field_are_read_behind_the_mac() {
        for cipher in CIPHERS {
            let block = cipher.block_len();
            for len in 1..=2 * block {
                let (mut terminal, mut chip) = ends(cipher);
                let data = vec![0xAA; len];
                let response = Response { data: data.clone(), sw: StatusWord::END_OF_FILE };
                let deviations =
                    Deviations { zeros_before_80: true, do85_indicator: true, short_do99: false };
                chip.deviate(deviations);
                let mut out = Vec::new();
                chip.protect_response(&response, true, &mut out);
                let mut flipped = out.clone();
                flipped[4] ^= 1;
                let mut other = terminal.clone();
                assert!(other.unprotect_response(&flipped).is_err());
                let mut got = terminal.unprotect_response(&out).unwrap().data.clone();
                assert_eq!((got.len() + 1) % block, 0, "the zeros are taken for data");
                terminal.trim_padding(&mut got, len);
                assert_eq!(got, data, "{cipher} {len}");
            }
        }
        let (channel, _) = ends(Cipher::Aes128);
        for (data, ne, left) in [
            (vec![1, 2, 0], 2, 2),
            (vec![1, 2, 3], 2, 3),
            (vec![1, 0, 0], 3, 3),
            (vec![0; 20], 2, 20),
            (vec![], 2, 0),
        ] {
            let mut cut = data.clone();
            channel.trim_padding(&mut cut, ne);
            assert_eq!(cut, data[..left], "{ne}");
        }
    }

    #[test]
    fn a_chip_does_not_take_an_indicator_in_do85_and_a_cut_do99_is_named() {
        let (mut terminal, mut chip) = ends(Cipher::Aes128);
        terminal.deviate(Deviations { do85_indicator: true, ..Deviations::default() });
        let header = Header::new(0x00, 0xB1, 0, 0);
        let command = Command::new(header).with_data([0x54, 0x01, 0x00]).with_ne(4);
        let mut out = Vec::new();
        terminal.protect_command(&command, &mut out).unwrap();
        let view = CommandView::parse(&out).unwrap();
        let error = chip.unprotect_command(&view).unwrap_err();
        assert!(matches!(error, SmError::BadObject { object: 0x85, .. }), "{error}");

        let (mut terminal, mut chip) = ends(Cipher::Aes128);
        chip.deviate(Deviations { short_do99: true, ..Deviations::default() });
        let mut out = Vec::new();
        chip.protect_response(
            &Response { data: Vec::new(), sw: StatusWord::SUCCESS },
            false,
            &mut out,
        );
        let error = terminal.unprotect_response(&out).unwrap_err();
        assert!(matches!(error, SmError::BadObject { object: 0x99, got: 1, .. }), "{error}");
    }
}

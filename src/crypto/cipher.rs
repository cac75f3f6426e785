//! Block ciphers in CBC mode, MACs and padding as secure messaging uses them
//! (ICAO Doc 9303-11 clause 9.8, ISO/IEC 9797-1).

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::{
    Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt,
};
use cipher::{InnerIvInit, KeyInit, array::Array};
use cmac::{Cmac, Mac};
use des::{Des, TdesEde2};
use retail_mac::RetailMac;

/// A cipher suite of secure messaging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// Two-key 3DES in CBC mode with the retail MAC.
    TripleDes,
    /// AES-128 in CBC mode with CMAC.
    Aes128,
    /// AES-192 in CBC mode with CMAC.
    Aes192,
    /// AES-256 in CBC mode with CMAC.
    Aes256,
}

impl Cipher {
    /// Bytes of a key.
    pub const fn key_len(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Bytes of a block, which messages are padded to.
    pub const fn block_len(self) -> usize {
        match self {
            Self::TripleDes => 8,
            _ => 16,
        }
    }
}

impl std::fmt::Display for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TripleDes => "3DES",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        })
    }
}

/// An encryption key, expanded once.
#[derive(Clone)]
pub struct BlockKey(Keyed);

#[derive(Clone)]
enum Keyed {
    TripleDes(TdesEde2),
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

macro_rules! with_cipher {
    ($key:expr, $c:ident => $body:expr) => {
        match $key {
            Keyed::TripleDes($c) => $body,
            Keyed::Aes128($c) => $body,
            Keyed::Aes192($c) => $body,
            Keyed::Aes256($c) => $body,
        }
    };
}

impl BlockKey {
    /// A key for this cipher, or `None` where the length is not [`Cipher::key_len`].
    pub fn new(cipher: Cipher, key: &[u8]) -> Option<Self> {
        Some(Self(match cipher {
            Cipher::TripleDes => Keyed::TripleDes(TdesEde2::new_from_slice(key).ok()?),
            Cipher::Aes128 => Keyed::Aes128(Aes128::new_from_slice(key).ok()?),
            Cipher::Aes192 => Keyed::Aes192(Aes192::new_from_slice(key).ok()?),
            Cipher::Aes256 => Keyed::Aes256(Aes256::new_from_slice(key).ok()?),
        }))
    }

    /// The cipher this key is for.
    pub const fn cipher(&self) -> Cipher {
        match self.0 {
            Keyed::TripleDes(_) => Cipher::TripleDes,
            Keyed::Aes128(_) => Cipher::Aes128,
            Keyed::Aes192(_) => Cipher::Aes192,
            Keyed::Aes256(_) => Cipher::Aes256,
        }
    }

    /// Encrypts whole blocks in place. `iv` is one block; what does not fill a block is left as it
    /// is, so the caller pads first.
    pub fn encrypt_cbc(&self, iv: &[u8], data: &mut [u8]) {
        with_cipher!(&self.0, c => encrypt(c, iv, data));
    }

    /// Decrypts whole blocks in place.
    pub fn decrypt_cbc(&self, iv: &[u8], data: &mut [u8]) {
        with_cipher!(&self.0, c => decrypt(c, iv, data));
    }
}

impl std::fmt::Debug for BlockKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlockKey({})", self.cipher())
    }
}

fn encrypt<C: BlockCipherEncrypt + Clone>(cipher: &C, iv: &[u8], data: &mut [u8]) {
    let Ok(iv) = <&Block<C>>::try_from(iv) else { return };
    let (blocks, _) = Array::slice_as_chunks_mut(data);
    cbc::Encryptor::inner_iv_init(cipher.clone(), iv).encrypt_blocks(blocks);
}

fn decrypt<C: BlockCipherDecrypt + Clone>(cipher: &C, iv: &[u8], data: &mut [u8]) {
    let Ok(iv) = <&Block<C>>::try_from(iv) else { return };
    let (blocks, _) = Array::slice_as_chunks_mut(data);
    cbc::Decryptor::inner_iv_init(cipher.clone(), iv).decrypt_blocks(blocks);
}

/// A MAC key, expanded once.
#[derive(Clone)]
pub struct MacKey(Macs);

#[derive(Clone)]
enum Macs {
    Retail(Box<RetailMac<Des>>),
    Cmac128(Box<Cmac<Aes128>>),
    Cmac192(Box<Cmac<Aes192>>),
    Cmac256(Box<Cmac<Aes256>>),
}

impl MacKey {
    /// A key for this cipher's MAC, or `None` where the length is not [`Cipher::key_len`].
    pub fn new(cipher: Cipher, key: &[u8]) -> Option<Self> {
        Some(Self(match cipher {
            Cipher::TripleDes => Macs::Retail(Box::new(KeyInit::new_from_slice(key).ok()?)),
            Cipher::Aes128 => Macs::Cmac128(Box::new(KeyInit::new_from_slice(key).ok()?)),
            Cipher::Aes192 => Macs::Cmac192(Box::new(KeyInit::new_from_slice(key).ok()?)),
            Cipher::Aes256 => Macs::Cmac256(Box::new(KeyInit::new_from_slice(key).ok()?)),
        }))
    }

    /// The 8-byte tag of the parts one after the other. For 3DES (retail MAC, ISO/IEC 9797-1 MAC
    /// algorithm 3) they are padded to whole blocks already; CMAC is cut to 8 bytes.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 8] {
        match &self.0 {
            Macs::Retail(m) => tag(m.as_ref(), parts),
            Macs::Cmac128(m) => tag(m.as_ref(), parts),
            Macs::Cmac192(m) => tag(m.as_ref(), parts),
            Macs::Cmac256(m) => tag(m.as_ref(), parts),
        }
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MacKey").finish_non_exhaustive()
    }
}

fn tag<M: Mac + Clone>(mac: &M, parts: &[&[u8]]) -> [u8; 8] {
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    let mut tag = [0; 8];
    // Both MACs give at least 8 bytes.
    for (to, from) in tag.iter_mut().zip(mac.finalize().into_bytes()) {
        *to = from;
    }
    tag
}

/// `data` with padding method 2 of ISO/IEC 9797-1: `80`, then zeros up to a whole block.
pub fn pad(data: &[u8], block_len: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + block_len);
    out.extend_from_slice(data);
    pad_into(&mut out, 0, block_len);
    out
}

/// Pads what stands in `buf` from `start` on (padding method 2).
pub fn pad_into(buf: &mut Vec<u8>, start: usize, block_len: usize) {
    buf.push(0x80);
    let len = buf.len() - start;
    buf.resize(start + len.next_multiple_of(block_len), 0);
}

/// What stood before padding method 2, or `None` where there is no such padding.
pub fn unpad(data: &[u8]) -> Option<&[u8]> {
    let end = data.iter().rposition(|&b| b != 0)?;
    (data[end] == 0x80).then(|| &data[..end])
}

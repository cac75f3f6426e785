//! How long a chip computes: a table, and no measurement of any one card.

use std::time::Duration;

use crate::transport::{Operations, Work};

/// What a chip takes for each thing it does. [`Costs::TYPICAL`] is a model of a contactless chip
/// with a coprocessor for long numbers. Its figures are of the order that public measurements of
/// such chips give (JCAlgTest, crocs-muni.github.io/JCAlgTest: some 20 to 60 ms for a point of 256
/// bits, some 100 to 500 ms for RSA-2048 with a private key); real chips differ by a factor of two
/// either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// Every command: to take it in, to look at rights, to answer.
    pub command: Duration,
    /// A multiplication of a point on a curve of 256 bits.
    pub point_256: Duration,
    /// An exponentiation in a MODP group of 2,048 bits with an exponent of 256.
    pub exponent_2048: Duration,
    /// RSA of 2,048 bits with a private key, by the Chinese remainder theorem.
    pub rsa_private_2048: Duration,
    /// RSA of 2,048 bits with the public exponent 65,537.
    pub rsa_public_2048: Duration,
    /// 1,024 bytes through 3DES.
    pub des_1024: Duration,
    /// 1,024 bytes through AES.
    pub aes_1024: Duration,
    /// 1,024 bytes out of a file.
    pub read_1024: Duration,
    /// A write to memory that outlives power.
    pub write: Duration,
}

impl Costs {
    /// A typical chip.
    pub const TYPICAL: Self = Self {
        command: Duration::from_micros(800),
        point_256: Duration::from_millis(32),
        exponent_2048: Duration::from_millis(110),
        rsa_private_2048: Duration::from_millis(180),
        rsa_public_2048: Duration::from_millis(9),
        des_1024: Duration::from_micros(1_400),
        aes_1024: Duration::from_micros(900),
        read_1024: Duration::from_micros(150),
        write: Duration::from_millis(3),
    };

    /// How long a chip is busy with this.
    pub fn of(&self, work: &Work) -> Duration {
        // Numbers twice as long take four times as long to multiply, and for a point, RSA and its
        // exponents that many more times.
        self.command
            + scaled(self.point_256, work.points, 256, 3)
            + scaled(self.exponent_2048, work.exponents, 2_048, 2)
            + scaled(self.rsa_private_2048, work.rsa_private, 2_048, 3)
            + scaled(self.rsa_public_2048, work.rsa_public, 2_048, 2)
            + per_kilobyte(self.des_1024, work.des)
            + per_kilobyte(self.aes_1024, work.aes)
            + per_kilobyte(self.read_1024, work.read)
            + self.write.saturating_mul(work.writes)
    }
}

fn scaled(one: Duration, work: Operations, bits: u32, power: i32) -> Duration {
    let factor = (f64::from(work.bits) / f64::from(bits)).powi(power) * f64::from(work.count);
    Duration::try_from_secs_f64(one.as_secs_f64() * factor).unwrap_or(Duration::from_secs(3_600))
}

fn per_kilobyte(of_1024: Duration, bytes: u32) -> Duration {
    let nanos = of_1024.as_nanos() * u128::from(bytes) / 1_024;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_grow_with_count_and_size() {
        let costs = Costs::TYPICAL;
        assert_eq!(costs.of(&Work::default()), costs.command);
        let points = |count, bits| {
            costs.of(&Work { points: Operations::new(count, bits), ..Work::default() })
                - costs.command
        };
        assert_eq!(points(1, 256), costs.point_256);
        assert_eq!(points(5, 256), 5 * costs.point_256);
        assert_eq!(points(1, 512), 8 * costs.point_256);
        let bytes = Work { aes: 2_048, read: 1_024, writes: 2, ..Work::default() };
        let expected = costs.command + 2 * costs.aes_1024 + costs.read_1024 + 2 * costs.write;
        assert_eq!(costs.of(&bytes), expected);
        let most = Work { points: Operations::new(u32::MAX, u32::MAX), ..Work::default() };
        assert!(costs.of(&most) > Duration::from_secs(60));
    }
}

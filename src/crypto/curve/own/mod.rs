//! Curves that no crate offers, on `primeorder`'s formulas and `primefield`'s arithmetic.

#[macro_use]
mod macros;

prime_curve! {
    /// NIST P-192, secp192r1 (FIPS 186-4, RFC 5114 clause 2.4).
    P192 in p192, U192, U24, EquationAIsMinusThree;
    field 11, "fffffffffffffffffffffffffffffffeffffffffffffffff";
    order 3, "ffffffffffffffffffffffff99def836146bc9b1b4d22831";
    a "fffffffffffffffffffffffffffffffefffffffffffffffc";
    b "64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1";
    x "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012";
    y "07192b95ffc8da78631011ed6b24cdd573f977a11e794811";
}

prime_curve! {
    /// brainpoolP192r1 (RFC 5639 clause 3.2).
    BrainpoolP192r1 in bp192, U192, U24, EquationAIsGeneric;
    field 3, "c302f41d932a36cda7a3463093d18db78fce476de1a86297";
    order 7, "c302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1";
    a "6a91174076b1e0e19c39c031fe8685c1cae040e5c69a28ef";
    b "469a28ef7c28cca3dc721d044f4496bcca7ef4146fbf25c9";
    x "c0a0647eaab6a48753b033c56cb0f0900a2f5c4853375fd6";
    y "14b690866abd5bb88b5f4828c1490002e6773fa2fa299b8f";
}

prime_curve! {
    /// NIST P-224, secp224r1 (FIPS 186-4, RFC 5114 clause 2.5).
    P224 in p224, U256, U28, EquationAIsMinusThree;
    field 11, "00000000ffffffffffffffffffffffffffffffff000000000000000000000001";
    order 2, "00000000ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d";
    a "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe";
    b "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4";
    x "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21";
    y "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34";
}

prime_curve! {
    /// brainpoolP224r1 (RFC 5639 clause 3.3).
    BrainpoolP224r1 in bp224, U256, U28, EquationAIsGeneric;
    field 3, "00000000d7c134aa264366862a18302575d1d787b09f075797da89f57ec8c0ff";
    order 3, "00000000d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f";
    a "68a5e62ca9ce6c1c299803a6c1530b514e182ad8b0042a59cad29f43";
    b "2580f63ccfe44138870713b1a92369e33e2135d266dbb372386c400b";
    x "0d9029ad2c7e5cf4340823b2a87dc68c9e4ce3174c1e6efdee12c07d";
    y "58aa56f772c0726f24c6b89e4ecdac24354b9e99caa3f6d3761402cd";
}

prime_curve! {
    /// brainpoolP320r1 (RFC 5639 clause 3.5).
    BrainpoolP320r1 in bp320, U384, U40, EquationAIsGeneric;
    field 5, "0000000000000000d35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28fcd412b1f1b32e27";
    order 3, "0000000000000000d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311";
    a "3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f492f375a97d860eb4";
    b "520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd884539816f5eb4ac8fb1f1a6";
    x "43bd7e9afb53d8b85289bcc48ee5bfe6f20137d10a087eb6e7871e2a10a599c710af8d0d39e20611";
    y "14fdd05545ec1cc8ab4093247f77275e0743ffed117182eaa9c77877aaac6ac7d35245d1692e8ee1";
}

prime_curve! {
    /// brainpoolP512r1 (RFC 5639 clause 3.7).
    BrainpoolP512r1 in bp512, U512, U64, EquationAIsGeneric;
    field 2, "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3";
    order 7, "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069";
    a "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca";
    b "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723";
    x "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822";
    y "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892";
}

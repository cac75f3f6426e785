//! SD-JWT VC: issued, verified, presented.

//! Which files are read, in which order.

use crate::{
    lds::{
        Df, File, edl,
        sod::{self, LdsSecurityObject},
    },
    pki::SignedData,
};

/// The files of an application by what they are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) df: Df,
    pub(super) sod: File,
    /// Keys and protocols of the chip.
    pub(super) security_options: File,
    /// The key of Active Authentication.
    pub(super) active_authentication: File,
    /// Large files, which come last.
    large: &'static [File],
    /// What takes Extended Access Control.
    extended_access: &'static [File],
}

impl Plan {
    pub(super) const fn of(df: Df) -> Self {
        match df {
            Df::Edl => Self {
                df,
                sod: File::Edl(edl::File::Sod),
                security_options: File::Edl(edl::File::Dg14),
                active_authentication: File::Edl(edl::File::Dg13),
                large: &[File::Edl(edl::File::Dg4), File::Edl(edl::File::Dg6)],
                extended_access: &[
                    File::Edl(edl::File::Dg7),
                    File::Edl(edl::File::Dg8),
                    File::Edl(edl::File::Dg9),
                ],
            },
            _ => Self {
                df,
                sod: File::Sod,
                security_options: File::Dg14,
                active_authentication: File::Dg15,
                large: &[File::Dg2],
                extended_access: &[File::Dg3, File::Dg4],
            },
        }
    }

    /// What EF.SOD lists; where it is missing or malformed, the verdict says so and the usual
    /// groups are read.
    pub(super) fn groups(&self, sod: Option<&[u8]>) -> Groups {
        let listed = sod.and_then(|bytes| {
            let signed = SignedData::parse(sod::unwrap(bytes).ok()?).ok()?;
            let object = LdsSecurityObject::parse(signed.content()).ok()?;
            Some(object.files_in(self.df).collect::<Vec<_>>())
        });
        let mut files = listed.unwrap_or_else(|| self.usual());
        files.sort_unstable();
        files.retain(|file| *file != self.security_options);
        let (extended, open) = files.into_iter().partition(|f| self.extended_access.contains(f));
        let (large, small) = Vec::into_iter(open).partition(|f| self.large.contains(f));
        Groups { small, large, extended }
    }

    fn usual(&self) -> Vec<File> {
        match self.df {
            Df::Edl => [1, 5, 6, 11, 12, 13]
                .into_iter()
                .filter_map(|number| File::from_data_group_in(Df::Edl, number))
                .collect(),
            _ => vec![File::Dg1, File::Dg2, File::Dg11, File::Dg12, File::Dg15],
        }
    }
}

/// The data groups of a card, but for its security options.
#[derive(Debug)]
pub(super) struct Groups {
    pub(super) small: Vec<File>,
    pub(super) large: Vec<File>,
    pub(super) extended: Vec<File>,
}

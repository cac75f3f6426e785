//! `iccard tap --face FILE`: the holder's face as a picture of its own.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{failure, failure::Failure, files};
use crate::{
    lds::{Df, Dg2, FaceImage, File, ImageFormat, LdsError, edl},
    trust::Evidence,
};

const STEP: &str = "write the face";
/// What faces on cards are compressed with.
const FORMATS: [ImageFormat; 3] = [ImageFormat::Jpeg, ImageFormat::Jpeg2000, ImageFormat::Png];

/// Where the face goes.
#[derive(Debug)]
pub(super) struct FaceFile(PathBuf);

impl FaceFile {
    /// A file whose name does not end as some other kind of file's.
    pub(super) fn new(path: &Path) -> Result<Self> {
        let known: Vec<_> = FORMATS.into_iter().flat_map(ImageFormat::extensions).collect();
        match extension(path) {
            Some(got) if !known.contains(&&got.as_str()) => {
                Err(Failure::usage(format!("--face {}: no picture ends in .{got}", path.display()))
                    .step(STEP)
                    .expected(format!("one of {}", list(&known)))
                    .got(format!(".{got}"))
                    .into())
            }
            _ => Ok(Self(path.to_path_buf())),
        }
    }

    /// The file that the face is in.
    pub(super) fn source(evidence: &Evidence) -> File {
        match evidence.application() {
            Df::Edl => File::Edl(edl::File::Dg6),
            _ => File::Dg2,
        }
    }

    /// Writes the first face of the card, and says what it is.
    pub(super) fn write(&self, evidence: &Evidence) -> Result<String> {
        let file = Self::source(evidence);
        let Some(bytes) = evidence.file(file) else {
            let message = format!("no face was written: {file} was not read");
            return Err(Failure::new(failure::NEGATIVE, message).step(STEP).into());
        };
        if file == File::Dg2 {
            let dg2 = Dg2::parse(bytes).map_err(|error| malformed(&error))?;
            self.write_image(file, dg2.image())
        } else {
            let dg6 = edl::Dg6::parse(bytes).map_err(|error| malformed(&error))?;
            self.write_image(file, dg6.image())
        }
    }

    fn write_image(&self, file: File, image: Option<FaceImage<'_>>) -> Result<String> {
        let found = image.and_then(|image| Some((image, image.format?)));
        let Some((image, format)) = found.filter(|(_, format)| FORMATS.contains(format)) else {
            let message = format!("no face was written: {file} has none of a known format");
            return Err(Failure::new(failure::PROTOCOL, message).step(STEP).into());
        };
        let extensions = format.extensions();
        if let Some(got) = extension(&self.0)
            && !extensions.contains(&got.as_str())
        {
            let best = self.0.with_extension(extensions.first().unwrap_or(&""));
            let message = format!("{}: the face is {format}", self.0.display());
            return Err(Failure::usage(message)
                .step(STEP)
                .expected(list(extensions))
                .got(format!(".{got}"))
                .help(format!("give --face {}", best.display()))
                .into());
        }
        files::write_private(&self.0, STEP, image.bytes)?;
        let size = match (image.width, image.height) {
            (Some(width), Some(height)) => format!(", {width} x {height}"),
            _ => String::new(),
        };
        Ok(format!("{}   {format}{size}, {} B", self.0.display(), image.bytes.len()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

fn malformed(error: &LdsError) -> Failure {
    Failure::new(failure::PROTOCOL, format!("no face was written: {error}")).step(STEP)
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_string_lossy().to_lowercase())
}

fn list(extensions: &[impl std::fmt::Display]) -> String {
    let dotted: Vec<_> = extensions.iter().map(|extension| format!(".{extension}")).collect();
    dotted.join(", ")
}

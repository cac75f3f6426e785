//! The command `iccard`.

use std::process::ExitCode;

fn main() -> ExitCode {
    iccard::cli::main()
}

//! Where CAN, PIN and MRZ come from: the flag, then the environment, then a prompt that does not
//! echo. Without a terminal a missing secret is a usage error, never a hang.

use std::io::IsTerminal;

use anyhow::Result;
use zeroize::Zeroizing;

use super::failure::Failure;

/// A secret from the environment.
pub(super) fn from_env(name: &str) -> Option<Zeroizing<String>> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(Zeroizing::new)
}

/// Asks for a card's secret on the terminal without echo.
pub(super) fn ask(what: &str, flag: &str, variable: &str) -> Result<Zeroizing<String>> {
    ask_for("the card", what, flag, variable)
}

/// Asks for somebody's secret on the terminal without echo.
pub(super) fn ask_for(
    whose: &str,
    what: &str,
    flag: &str,
    variable: &str,
) -> Result<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        let message = format!("{whose} needs its {what}, and there is no terminal to ask on");
        return Err(Failure::usage(message)
            .step("access")
            .expected(format!("{flag} or {variable}"))
            .got("neither")
            .help(format!("give {flag}, or set {variable}"))
            .into());
    }
    let answer = rpassword::prompt_password(format!("{what}: "))?;
    Ok(Zeroizing::new(answer.trim().to_owned()))
}

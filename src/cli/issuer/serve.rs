//! `iccard issuer serve`.
#![allow(clippy::print_stderr)]

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{
    super::{
        failure::{self, Failure},
        output::Output,
    },
    of_config,
};
use crate::issuer::{
    Clock, SystemClock,
    config::Config,
    http::{Ended, HttpError, Server, json_lines},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct ServeArgs {
    /// The configuration: issuer.toml of `iccard issuer init`
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    clock: ClockArgs,
}

#[derive(Debug, Args)]
pub(super) struct ClockArgs {
    /// For tests: the file that moves the clock, with a time or what is added (+1095d)
    #[cfg(feature = "test-clock")]
    #[arg(long, value_name = "FILE")]
    clock_file: Option<PathBuf>,
}

impl ClockArgs {
    pub(super) fn clock(&self, out: &Output) -> Box<dyn Clock> {
        #[cfg(feature = "test-clock")]
        if let Some(path) = &self.clock_file {
            out.note("*** THE CLOCK CAN BE MOVED by a file: whatever is issued is for tests ***");
            return Box::new(crate::issuer::FileClock::new(path));
        }
        #[cfg(not(feature = "test-clock"))]
        let _ = out;
        Box::new(SystemClock)
    }
}

pub(super) fn run(out: &Output, args: &ServeArgs) -> Result<ExitCode> {
    // An error where another subscriber is there already: then that one has the events.
    let _ = tracing::subscriber::set_global_default(json_lines(std::io::stderr));
    quiet_panics();
    let config = Config::load(&args.config).map_err(|e| of_config(&e))?;
    let issuer = config.open(args.clock.clock(out)).map_err(|e| of_config(&e))?;
    let http = config.http.clone();
    let scheme = if http.tls.is_some() { "https" } else { "http" };
    let server = Server::bind(Arc::new(issuer), http).map_err(|e| of_http(&e))?;
    let address = server.address().map_err(|e| of_http(&e))?;
    let metrics = server.metrics_address().map_err(|e| of_http(&e))?;
    // From here on connections are taken, which whoever waits for this line may rely on.
    out.line(format!("listening {scheme}://{address}"));
    if let Some(metrics) = metrics {
        out.line(format!("metrics http://{metrics}/metrics"));
    }
    out.json_line(json!({
        "issuer": config.settings.url,
        "listening": format!("{scheme}://{address}"),
        "metrics": metrics.map(|m| format!("http://{m}/metrics")),
    }));
    match server.run(true).map_err(|e| of_http(&e))? {
        Ended::Clean => Ok(ExitCode::SUCCESS),
        Ended::Cut => Err(Failure::new(failure::TRANSPORT, "some requests were cut off")
            .step("stop")
            .expected("all requests finished")
            .help("give them more time: [http] grace_seconds")
            .into()),
    }
}

// What a panic says may be personal: its place alone goes to the log.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

fn of_http(error: &HttpError) -> Failure {
    let failure = Failure::new(failure::FILE, error.to_string()).step("serve");
    match error {
        HttpError::Listen { address, source } => failure
            .expected(format!("{address} to be free and this machine's"))
            .got(source.kind().to_string())
            .help("change listen; ports below 1024 need a right of their own"),
        HttpError::Tls { .. } | HttpError::File { .. } => {
            failure.help("[tls] names a chain and its key in PEM")
        }
        _ => failure,
    }
}

//! Plugging cards in, one thread a card.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::Result;
use serde_json::json;

use super::{
    super::{
        Context,
        card::{self, State},
        failure::Failure,
        observe,
        output::Output,
    },
    EmulateArgs, control, ctl,
};
use crate::{
    control::{ControlError, Loaded, Seat, Server, Slot, Slots},
    crypto::SystemRng,
    transport::{
        Shared, Step, TransportError,
        fault::FaultPlan,
        vpcd::{CardLink, Ended, Endpoint, LinkEvent},
    },
};

/// A card and its way into a reader.
struct Plug {
    link: CardLink,
    seat: Shared<Seat>,
    endpoint: Endpoint,
    /// What stands before its remarks, where there are several cards.
    label: String,
}

pub(super) fn run(context: &Context, args: &EmulateArgs) -> Result<ExitCode> {
    let many = args.profiles.len() > 1;
    let state = State::of(context.card.state(), many)?;
    let mut plugs = Vec::new();
    let mut slots = Vec::new();
    for (index, profile) in (0..=u16::MAX).zip(&args.profiles) {
        let (plug, slot) = plug(args, index, profile, &state, context.card.faults())?;
        context.out.note(format!(
            "{}emulating {} at {} (Ctrl-C to stop)",
            plug.label,
            slot.card(),
            plug.endpoint
        ));
        plugs.push(plug);
        slots.push(slot);
    }
    let (first, seed) = (args.slot, args.seed.clone());
    let slots = Arc::new(Slots::new(slots, move |number, profile| {
        let seed = seed_of(seed.as_deref(), number.saturating_sub(first));
        load(profile, seed.as_deref(), &state)
    }));
    let server = match control(args.control.as_ref()) {
        Some(address) => {
            let server = Server::start(&address, slots.clone(), &mut SystemRng::default());
            let server = server.map_err(|error| ctl::failure(&error))?;
            context.out.note(format!("control at {address}"));
            Some(server)
        }
        None => None,
    };
    if args.while_stdin {
        let slots = Arc::clone(&slots);
        // It ends with the process: a read cannot be taken back.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            slots.stop();
        });
    }
    let (out, verbose) = (&context.out, context.verbose);
    let ended: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            plugs.iter_mut().map(|plug| scope.spawn(|| stay(out, verbose, plug))).collect();
        threads.into_iter().map(|thread| thread.join()).collect()
    });
    // Its clients are answered, and its threads end.
    drop(server);
    report(context, &slots, ended)
}

fn plug(
    args: &EmulateArgs,
    index: u16,
    profile: &str,
    state: &State,
    faults: FaultPlan,
) -> Result<(Plug, Slot)> {
    let usage = |error: String| Failure::usage(error).step("find the slot");
    let number = args.slot.checked_add(index).ok_or_else(|| usage("slot past 65535".into()))?;
    let endpoint = args.vpcd.slot(number).map_err(|e| usage(e.to_string()))?;
    let seed = seed_of(args.seed.as_deref(), index);
    let (chip, profile) = card::emulated(Some(profile), seed.as_deref(), state, faults)?;
    let link = if args.listen {
        CardLink::listening(&endpoint)?
    } else {
        CardLink::connecting(endpoint.clone())
    };
    let link = link.patience(Duration::from_secs(args.patience)).reconnecting(!args.once);
    let seat = Shared::new(Seat::new(Box::new(chip), link.hand()));
    let (name, reader) = (profile.name().to_owned(), endpoint.to_string());
    let slot = Slot::new(number, reader, name, seat.clone(), link.hand());
    let many = args.profiles.len() > 1;
    let label = if many { format!("slot {number}: ") } else { String::new() };
    Ok((Plug { link, seat, endpoint, label }, slot))
}

/// The cards of one run differ, and those of two runs are alike.
fn seed_of(seed: Option<&str>, index: u16) -> Option<String> {
    seed.map(|seed| if index == 0 { seed.to_owned() } else { format!("{seed}/{index}") })
}

/// A card that is swapped in has its state in the same folder. One file is one card's.
fn load(profile: &str, seed: Option<&str>, state: &State) -> Result<Loaded, ControlError> {
    if let State::File(file) = state {
        return Err(ControlError::Refused {
            step: "swap".into(),
            expected: "--state FOLDER, or none".into(),
            got: format!("--state {}, which is one card's", file.display()),
            help: Some("start the emulator with a folder: each card has its own file there".into()),
        });
    }
    match card::emulated(Some(profile), seed, state, FaultPlan::default()) {
        Ok((chip, profile)) => Ok(Loaded { chip: Box::new(chip), name: profile.name().to_owned() }),
        Err(error) => {
            let failure = Failure::from_error(error);
            Err(ControlError::Refused {
                step: failure.step.unwrap_or_else(|| "swap".into()),
                expected: failure.expected.unwrap_or_else(|| "a card's profile".into()),
                got: failure.got.unwrap_or(failure.message),
                help: failure.help,
            })
        }
    }
}

fn stay(out: &Output, verbose: bool, plug: &mut Plug) -> Result<Ended, TransportError> {
    let Plug { link, seat, endpoint, label } = plug;
    let note = |text: String| out.note(format!("{label}{text}"));
    let ended = link.run(seat, &mut |event| match event {
        LinkEvent::Waiting(error) => note(format!("waiting for a vpcd at {endpoint}: {error}")),
        LinkEvent::Connected(address) => note(format!("card in {address}")),
        LinkEvent::Silent => {
            note("connected, but the reader sends nothing: is another card in that slot?".into());
        }
        LinkEvent::Power(power) if verbose => note(format!("power: {power:?}")),
        LinkEvent::Exchange(exchange) if verbose => {
            note(observe::render(exchange, None, Step("wire")).trim_end().into());
        }
        LinkEvent::UnknownControl(byte) => note(format!("unknown control {byte:02X}")),
        LinkEvent::Broken(error) => note(format!("link broken: {error}")),
        LinkEvent::Disconnected => note("card out".into()),
        _ => {}
    });
    if let Err(error) = &ended {
        note(format!("ended: {error}"));
    }
    ended
}

type Joined = std::thread::Result<Result<Ended, TransportError>>;

fn report(context: &Context, slots: &Slots, ended: Vec<Joined>) -> Result<ExitCode> {
    let out = &context.out;
    let mut cards = Vec::new();
    let mut failed = None;
    for (slot, ended) in slots.slots().iter().zip(ended) {
        let why = match ended {
            Ok(Ok(Ended::PeerClosed)) => "closed by the reader".to_owned(),
            Ok(Ok(Ended::Stopped)) => "stopped".to_owned(),
            Ok(Err(error)) => {
                let why = error.to_string();
                failed = failed.or(Some(error));
                why
            }
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let label = if slots.slots().len() > 1 {
            format!("slot {}: ", slot.number())
        } else {
            String::new()
        };
        out.line(format!("{label}{why} after {} APDUs", slot.apdus()));
        cards.push(json!({
            "slot": slot.number(), "profile": slot.card(), "ended": why, "apdus": slot.apdus(),
        }));
    }
    if let Some(error) = failed {
        return Err(error.into());
    }
    match cards.as_slice() {
        [card] => out.object(json!({
            "profile": card["profile"], "ended": card["ended"], "apdus": card["apdus"],
            "cards": cards,
        })),
        _ => out.object(json!({ "cards": cards })),
    }
    Ok(ExitCode::SUCCESS)
}

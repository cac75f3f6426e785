//! Statements about the reader, the card and its files.

use super::{
    Access, Auth, Connect, Disposition, FileRef, Part, PartKind, Protocol, Selected, Share, Span,
    StmtKind,
    bytes::{parts, short},
    expr,
    input::{Input, Res, at, blanks, byte, eat, expected, found, is_end, need, rest, since, skip},
    near::did_you_mean,
    send::number,
    statement::one_part,
    value,
    words::{choice, duration, eat_word, is_hex, next, text, word},
};
use crate::{
    lds::File,
    script::diagnostic::{Code, Diagnostic},
    transport::Reset,
};

const DISPOSITIONS: [(&str, Disposition); 3] = [
    ("leave", Disposition::Leave),
    ("reset", Disposition::Reset),
    ("unpower", Disposition::Unpower),
];

/// The statement that begins with this word, which has been read; `None` where it is none of these.
pub(super) fn statement(i: &mut Input<'_>, word: &str) -> Res<Option<StmtKind>> {
    Ok(Some(match word {
        "connect" => StmtKind::Connect(Box::new(connect(i)?)),
        "reset" => {
            let kinds = [("cold", Reset::Cold), ("warm", Reset::Warm)];
            StmtKind::Reset(if is_end(i) { Reset::Warm } else { choice(i, "reset", &kinds)? })
        }
        "disconnect" => {
            let is_short = is_end(i);
            let what = "way to leave a card";
            let way = if is_short { Disposition::Leave } else { choice(i, what, &DISPOSITIONS)? };
            StmtKind::Disconnect(way)
        }
        "control" => {
            let code = number(i, "a control code such as `0x42000C00`")?;
            StmtKind::Control { code, data: parts(i, &[])? }
        }
        "access" => access(i)?,
        "auth" => {
            let ways =
                [("chip", Auth::Chip), ("terminal", Auth::Terminal), ("active", Auth::Active)];
            StmtKind::Auth(choice(i, "proof", &ways)?)
        }
        "sm" => {
            StmtKind::Sm(choice(i, "state of secure messaging", &[("on", true), ("off", false)])?)
        }
        "read" => {
            if !eat_word(i, "ef") {
                return Err(expected(i, "`ef`").help("write `read ef 011E -> name`").into());
            }
            let file = file(i)?;
            StmtKind::ReadEf { file, into: expr::into(i)? }
        }
        "select" => StmtKind::Select(select(i)?),
        "wait" => {
            if !eat_word(i, "card") {
                return Err(expected(i, "`card`").help("write `wait card 30s`").into());
            }
            StmtKind::WaitCard(if is_end(i) { None } else { Some(duration(i)?) })
        }
        _ => return Ok(None),
    }))
}

fn connect(i: &mut Input<'_>) -> Res<Connect> {
    #[derive(Clone, Copy, PartialEq)]
    enum What {
        Reader,
        Share(Share),
        Protocol,
        Wait,
    }
    const WHATS: [(&str, What); 6] = [
        ("reader", What::Reader),
        ("shared", What::Share(Share::Shared)),
        ("exclusive", What::Share(Share::Exclusive)),
        ("direct", What::Share(Share::Direct)),
        ("protocol", What::Protocol),
        ("wait", What::Wait),
    ];
    let protocols = [("t0", Protocol::T0), ("t1", Protocol::T1), ("any", Protocol::Any)];
    let mut connect = Connect::default();
    while !is_end(i) {
        let (place, got) = found(i);
        let what = choice(i, "option of `connect`", &WHATS)?;
        let is_set = match what {
            What::Reader => connect.reader.is_some(),
            What::Share(_) => connect.share.is_some(),
            What::Protocol => connect.protocol.is_some(),
            What::Wait => connect.wait.is_some(),
        };
        if is_set {
            return Err(Diagnostic::new(Code::TWICE, place, format!("{got} comes too late"))
                .label("this has been said before")
                .into());
        }
        match what {
            What::Share(share) => connect.share = Some(share),
            What::Reader => {
                blanks(i);
                let is_part = eat(i, "=~");
                if !is_part {
                    need(i, "=")?;
                }
                blanks(i);
                if !value::starts_atom(i) {
                    let help = "write `reader=\"whole name\"` or `reader=~\"part of it\"`";
                    return Err(expected(i, "a reader's name").help(help).into());
                }
                connect.reader = Some((is_part, value::atom(i)?.into_expr()));
            }
            What::Protocol => {
                need(i, "=")?;
                connect.protocol = Some(choice(i, "protocol", &protocols)?);
            }
            What::Wait => {
                need(i, "=")?;
                connect.wait = Some(duration(i)?);
            }
        }
    }
    Ok(connect)
}

fn access(i: &mut Input<'_>) -> Res<StmtKind> {
    #[derive(Clone, Copy)]
    enum Way {
        Pace,
        Bac,
        Bap,
    }
    const PASSWORDS: [(&str, Access); 4] = [
        ("can", Access::PaceCan),
        ("pin", Access::PacePin),
        ("puk", Access::PacePuk),
        ("mrz", Access::PaceMrz),
    ];
    let ways = [("pace", Way::Pace), ("bac", Way::Bac), ("bap", Way::Bap)];
    let way = match choice(i, "way to open a card", &ways)? {
        Way::Pace => choice(i, "password of PACE", &PASSWORDS)?,
        Way::Bac => {
            eat_word(i, "mrz");
            Access::Bac
        }
        Way::Bap => Access::Bap,
    };
    if is_end(i) {
        let help = "write `access pace can %can`, `access bac %mrz`, `access bap %line`";
        return Err(expected(i, "the password").help(help).into());
    }
    Ok(StmtKind::Access { way, password: expr::expr(i)? })
}

fn select(i: &mut Input<'_>) -> Res<Selected> {
    #[derive(Clone, Copy)]
    enum What {
        Mf,
        Aid,
        Df,
        Ef,
    }
    let whats = [("aid", What::Aid), ("mf", What::Mf), ("df", What::Df), ("ef", What::Ef)];
    Ok(match choice(i, "thing to select", &whats)? {
        What::Mf => Selected::MasterFile,
        What::Aid => Selected::Aid(one_part(i, "the name of an application")?),
        What::Df => Selected::Df(file_id(one_part(i, "a file identifier")?)?),
        What::Ef => Selected::Ef(file(i)?),
    })
}

// By its name or its identifier.
fn file(i: &mut Input<'_>) -> Res<FileRef> {
    const HELP: &str = "write an identifier such as `011E`, or a name such as `EF.COM` or `EF.DG1`";
    blanks(i);
    let start = at(i);
    if byte(i) == b'"' {
        let Some((name, place)) = text(i, false)? else { return Err(expected(i, "a file").into()) };
        return named(&name, place);
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'_');
    let length = rest(i).bytes().take_while(is_part).count();
    let token = rest(i).get(..length).unwrap_or_default();
    if value::starts_atom(i) || is_hex(token) || token.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(FileRef::Id(file_id(one_part(i, "a file")?)?));
    }
    if token.is_empty() {
        return Err(expected(i, "a file").help(HELP).into());
    }
    // `eDL` stands before the name of a driving licence's file.
    if word(i).eq_ignore_ascii_case("edl") && token.len() == 3 {
        skip(i, 3);
        blanks(i);
        let length = rest(i).bytes().take_while(is_part).count();
        let name = format!("eDL {}", skip(i, length));
        return named(&name, since(i, start));
    }
    let place = next(i, length);
    skip(i, length);
    named(token, place)
}

fn named(name: &str, place: Span) -> Res<FileRef> {
    if let Some(file) = File::from_name(name) {
        return Ok(FileRef::Named(file, place));
    }
    let shown = short(name);
    let names = File::ALL.iter().map(|file| file.name());
    let near = did_you_mean(name, names.clone())
        .or_else(|| did_you_mean(&format!("EF.{name}"), names))
        .unwrap_or_else(|| "use its identifier: `read ef 011E`".to_owned());
    Err(Diagnostic::new(Code::UNKNOWN_FILE, place, format!("no file is called `{shown}`"))
        .label("no standard gives this name to a file")
        .expected("a name such as `EF.COM`, `EF.DG1`, `EF.CardAccess`")
        .got(format!("`{shown}`"))
        .help(near)
        .into())
}

fn file_id(part: Part) -> Res<Part> {
    match &part.kind {
        PartKind::Hex(bytes) if bytes.len() != 2 => Err(Diagnostic::new(
            Code::FILE_ID,
            part.span,
            format!("a file identifier has two bytes, not {}", bytes.len()),
        )
        .label("not two bytes")
        .expected("two bytes (ISO/IEC 7816-4, 7.4.1)")
        .got(bytes.len().to_string())
        .help("write `read ef 011E`, or the name: `read ef EF.COM`; an AID is `select aid ..`")
        .into()),
        _ => Ok(part),
    }
}

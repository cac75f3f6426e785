//! A PACE dialogue of the standards, played by either half.

use iccard::{
    apdu::{CommandView, Response},
    protocol::{
        Initiator, Next,
        pace::{
            Chip, ChipReply, Established, ParameterReference, Parameters, Password, Terminal,
            TerminalOptions,
        },
    },
    sm::SessionKeys,
};
use serde_json::Value;

use crate::support::vectors::{Script, bytes};

/// One command and its response, in upper-case hexadecimal.
pub struct Exchange {
    pub name: String,
    pub command: String,
    pub response: String,
}

/// The figures of one run.
pub struct Run {
    pub parameters: Parameters,
    pub password: Password,
    /// Whether MSE:Set AT names the domain parameters.
    pub named: bool,
    pub exchanges: Vec<Exchange>,
    pub ks_enc: Vec<u8>,
    pub ks_mac: Vec<u8>,
}

impl Run {
    /// The exchanges that an example prints.
    pub fn printed(apdus: &Value) -> Vec<Exchange> {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let exchange = |v: &Value| Exchange {
            name: text(&v["name"]),
            command: text(&v["c"]),
            response: text(&v["r"]),
        };
        apdus.as_array().unwrap().iter().map(exchange).collect()
    }

    /// The exchanges that follow from the values of an example that prints no APDUs: the protocol's
    /// object identifier, the password's reference, the encrypted nonce, and what each side sends in
    /// the mapping, the agreement and the last step.
    pub fn composed(
        oid: &str,
        reference: u8,
        nonce: &Value,
        sent: [[Vec<u8>; 2]; 3],
    ) -> Vec<Exchange> {
        let mut exchanges = vec![Exchange {
            name: "MSE:Set AT".into(),
            command: format!("0022C1A40F800A{oid}8301{reference:02X}"),
            response: "9000".into(),
        }];
        let nonce = [Vec::new(), bytes(nonce)];
        for (i, [command, response]) in [nonce].into_iter().chain(sent).enumerate() {
            let tag = 0x80 + 2 * i as u8;
            // The first command carries no data object.
            let ours = if i == 0 { Vec::new() } else { object(tag - 1, &command) };
            let ours = object(0x7C, &ours);
            let cla = if i == 3 { "00" } else { "10" };
            exchanges.push(Exchange {
                name: format!("GENERAL AUTHENTICATE {}", i + 1),
                command: format!("{cla}860000{:02X}{}00", ours.len(), hex::encode_upper(ours)),
                response: hex::encode_upper(object(0x7C, &object(tag, &response))) + "9000",
            });
        }
        exchanges
    }

    /// The terminal sends every command as printed, and yields the keys.
    pub fn terminal(&self, random: impl IntoIterator<Item = Vec<u8>>) -> Established {
        let mut rng = Script::new(random);
        let parameter_reference = if self.named {
            ParameterReference::Always
        } else {
            ParameterReference::WhenAmbiguous { ambiguous: false }
        };
        let options = TerminalOptions { parameter_reference, ..TerminalOptions::default() };
        let mut terminal = Terminal::new(self.parameters.clone(), self.password.clone(), options);
        let mut next = terminal.start(&mut rng).unwrap();
        for Exchange { name, command, response } in &self.exchanges {
            let Next::Send(sent) = next else { panic!("over before {name}") };
            assert_eq!(hex::encode_upper(sent.to_bytes().unwrap()), *command, "{name}");
            let response = Response::parse(&hex::decode(response).unwrap()).unwrap();
            next = terminal.receive(&response, &mut rng).unwrap();
        }
        let Next::Done(established) = next else { panic!("not over") };
        self.assert_keys(&established.keys);
        rng.assert_spent();
        established
    }

    /// The chip answers every command as printed, and yields the keys.
    pub fn chip(&self, random: impl IntoIterator<Item = Vec<u8>>) {
        let mut rng = Script::new(random);
        let mut chip = Chip::new(self.parameters.clone(), &self.password);
        let mut keys = None;
        for Exchange { name, command, response } in &self.exchanges[1..] {
            let command = hex::decode(command).unwrap();
            let view = CommandView::parse(&command).unwrap();
            let last = !view.header.is_chained();
            let data = match chip.general_authenticate(view.data, last, &mut rng).unwrap() {
                ChipReply::Reply(data) => data,
                ChipReply::Done { data, keys: agreed, .. } => {
                    keys = Some(agreed);
                    data
                }
            };
            assert_eq!(hex::encode_upper(data) + "9000", *response, "{name}");
        }
        self.assert_keys(&keys.expect("the channel is established"));
        rng.assert_spent();
    }

    fn assert_keys(&self, keys: &SessionKeys) {
        assert_eq!(*keys.enc, self.ks_enc);
        assert_eq!(*keys.mac, self.ks_mac);
    }
}

fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = value.len() as u8;
    let header = if len < 0x80 { vec![tag, len] } else { vec![tag, 0x81, len] };
    [header, value.to_vec()].concat()
}

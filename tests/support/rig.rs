//! An issuer made from nothing on this machine, people with cards, and phones in front of it. The
//! phones speak to it over TLS, as any phone would.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use iccard::crypto::{SeededRng, SystemRng};
use iccard::emulator::{Card, SeededEnv};
use iccard::issuer::config::Config;
use iccard::issuer::http::{Server, Stop};
use iccard::issuer::{Issuer, SystemClock, init};
use iccard::pki::Certificate;
use iccard::profile::{self, Personalised};
use iccard::protocol::pace::Password;
use iccard::session::Session;
use iccard::tap::{Options, Passwords};
use iccard::transport::{Loopback, Shared};
use iccard::wallet::{
    Client, EnrollError, Http, Patience, Post, Progress, Provider, Wallet, WalletError,
};
use serde_json::{Value, json};
use time::UtcDateTime;

/// Steps that phones have begun.
pub static STEPS: AtomicUsize = AtomicUsize::new(0);

fn count(event: Progress) {
    if matches!(event, Progress::Step(_)) {
        STEPS.fetch_add(1, Ordering::Relaxed);
    }
}

/// A folder with an issuer in it, and the people it knows.
pub struct Rig {
    pub folder: PathBuf,
    pub url: String,
    pub people: Vec<Person>,
    pub clerk_token: String,
}

/// A synthetic person with a resident card. There is one of it, as the count in its chip shows: one
/// phone after the other holds it.
pub struct Person {
    pub id: String,
    pub card: Personalised,
    chip: Mutex<Shared<Card>>,
}

/// An issuer that runs in this process.
pub struct Running {
    pub issuer: Arc<Issuer>,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// A phone with its wallet.
pub struct Phone {
    pub wallet: Wallet,
    pub rng: SeededRng,
}

impl Rig {
    /// Makes an issuer in an empty folder, on SQLite or on that PostgreSQL database, with so many
    /// people and no limit to how often they may come.
    pub fn new(folder: &Path, people: usize, postgres: Option<&str>) -> Self {
        let people = (0..people).map(|number| Person::new(number, |text| text)).collect();
        Self::of(folder, people, postgres)
    }

    /// The same with these people.
    pub fn of(folder: &Path, people: Vec<Person>, postgres: Option<&str>) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("https://localhost:{port}");
        let options = init::Options {
            url: url.clone(),
            listen: format!("127.0.0.1:{port}"),
            ..init::Options::default()
        };
        let folder = folder.join("issuer");
        // No two issuers have the same keys.
        let rng = &mut SystemRng::default();
        let made = init::create(&folder, &options, rng, UtcDateTime::now()).unwrap();
        let mut csv = String::from(
            "id,family_name,given_name,family_name_national,given_name_national,birth_date,sex,\
             personal_number,address,card,first_card,left\n",
        );
        for person in &people {
            let travel = person.card.profile.travel.as_ref().unwrap();
            let (p, number) = (&travel.person, &travel.document.number);
            csv.push_str(&format!(
                "{},{},{},{},{},{},,{},{},{number},true,false\n",
                person.id,
                p.surname,
                p.given_names,
                p.national_surname,
                p.national_given_names,
                p.birth_date,
                p.resident_number.as_deref().unwrap_or_default(),
                p.address.as_deref().unwrap_or_default(),
            ));
            for (name, der) in profile::anchors(&person.card) {
                std::fs::write(folder.join("trust").join(name), der).unwrap();
            }
        }
        std::fs::write(folder.join("people.csv"), csv).unwrap();
        // Many phones on a slow machine: no limits, and time enough.
        let path = folder.join("issuer.toml");
        let mut text = std::fs::read_to_string(&path).unwrap();
        for (key, value) in [
            ("address_per_minute", "0"),
            ("wallet_per_hour", "0"),
            ("person_per_hour", "0"),
            ("card_per_hour", "0"),
            ("offer_per_hour", "0"),
            ("clerk_per_minute", "0"),
            ("connections_per_address", "0"),
            ("tap", "600"),
            ("code", "600"),
            ("offer", "600"),
            ("status_list_size", "65536"),
        ] {
            let line = text.lines().find(|l| l.starts_with(&format!("{key} = "))).unwrap();
            text = text.replace(&line.to_owned(), &format!("{key} = {value}"));
        }
        if let Some(postgres) = postgres {
            let quoted = format!("postgres = {postgres:?}");
            text = text.replace("sqlite = \"data/register.db\"", &quoted);
        }
        std::fs::write(path, text).unwrap();
        let clerk_token = made.clerk_token.to_string();
        Self { folder, url, people, clerk_token }
    }

    /// Starts it in this process.
    pub fn start(&self) -> Running {
        serve(&self.folder)
    }

    /// HTTP that believes this issuer's CA.
    pub fn http(&self) -> Http {
        let ca = std::fs::read(self.folder.join("tls/ca.pem")).unwrap();
        Http::new(Some(&ca)).unwrap()
    }

    /// A way to it for any number of phones, which do not give up soon.
    pub fn client(&self, patience: Patience) -> Result<Client, WalletError> {
        let provider = Provider::load(&self.folder.join("wallet-provider")).unwrap();
        let clock = Arc::new(UtcDateTime::now);
        let client = Client::connect(self.http(), &self.url, provider, clock)?;
        Ok(client.with_patience(patience))
    }

    /// What a clerk asks of it: status and answer.
    pub fn office(&self, path: &str, body: &Value) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.clerk_token);
        let body = body.to_string();
        let post = Post {
            url: &format!("{}/office/{path}", self.url),
            headers: &[("Authorization", &bearer)],
            content_type: "application/json",
            body: body.as_bytes(),
        };
        let reply = self.http().post("ask as a clerk", &post).unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }

    /// An office's offer for that person.
    pub fn offer(&self, person: &Person) -> Value {
        let (status, offer) = self.office("offers", &json!({ "person": person.id }));
        assert_eq!(status, 200, "{offer}");
        offer
    }

    /// The code of an offer, as its URI shows it.
    pub fn offer_code(&self, offer: &Value) -> String {
        let url = format!("{}/offers/{}", self.url, offer["offer"].as_str().unwrap());
        let reply = self.http().get("read an offer", &url, "application/json").unwrap();
        let told: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(reply.status, 200, "{told}");
        let grant = &told["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"];
        grant["pre-authorized_code"].as_str().unwrap().to_owned()
    }

    /// The roots of its credentials.
    pub fn roots(&self) -> Vec<Certificate> {
        let pem = std::fs::read(self.folder.join("iaca.pem")).unwrap();
        Certificate::all_from_pem(&pem).unwrap()
    }
}

/// Starts the issuer of that folder in this process.
pub fn serve(folder: &Path) -> Running {
    let config = Config::load(&folder.join("issuer.toml")).unwrap();
    let issuer = Arc::new(config.open(Box::new(SystemClock)).unwrap());
    let server = Server::bind(Arc::clone(&issuer) as _, config.http.clone()).unwrap();
    let stop = server.stopper();
    let thread = std::thread::spawn(move || {
        server.run(false).unwrap();
    });
    Running { issuer, stop, thread: Some(thread) }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Person {
    /// The person of that number, with a card of the profile that is made of the usual one.
    pub fn new(number: usize, change: impl FnOnce(String) -> String) -> Self {
        let name = format!("person-{number}");
        let text = change(profile::new_profile(&name, &name));
        let profile = profile::check(&text, Path::new("person.toml")).unwrap();
        let card = profile.personalise().unwrap();
        let env = SeededEnv::new(format!("chip {number}").as_bytes());
        let chip = Card::from_profile(&card, Box::new(env)).unwrap();
        Self { id: format!("T-{number:04}"), card, chip: Mutex::new(Shared::new(chip)) }
    }

    /// Puts the card on a phone and does something with it.
    pub fn with_card<T>(&self, act: impl FnOnce(&mut Session, Options) -> T) -> T {
        let chip = self.chip.lock().unwrap_or_else(PoisonError::into_inner);
        let mut session = Session::new(Box::new(Loopback::new(chip.clone())));
        let pin = self.card.profile.secrets.pin.as_ref().map(|pin| Password::pin(pin));
        let options = Options {
            passwords: Passwords { pin, ..Passwords::default() },
            source: "emulated".into(),
            ..Options::default()
        };
        act(&mut session, options)
    }
}

impl Phone {
    /// A phone whose keys follow from that text.
    pub fn new(seed: &str) -> Self {
        let mut rng = SeededRng::new(seed.as_bytes(), "phone");
        let wallet = Wallet::in_memory(&mut rng);
        Self { wallet, rng }
    }

    /// Taps that person's card, the PIN given.
    pub fn tap(&mut self, client: &Client, person: &Person) -> Result<(), EnrollError> {
        let Self { wallet, rng } = self;
        person.with_card(|card, options| client.tap(wallet, card, options, None, rng, &mut count))
    }

    /// Brings what was begun to its end.
    pub fn go_on(&mut self, client: &Client, roots: &[Certificate]) -> Result<(), WalletError> {
        client.go_on(&mut self.wallet, roots, &mut self.rng, &mut count)
    }

    /// What the status list says of its credentials.
    pub fn statuses(&mut self, http: &Http, roots: &[Certificate]) -> Vec<u8> {
        let now = UtcDateTime::now();
        iccard::wallet::status::refresh(&mut self.wallet.state, http, roots, now).unwrap();
        let seen = self.wallet.state.credentials.iter().map(|c| c.seen.as_ref().unwrap().value);
        seen.collect()
    }
}

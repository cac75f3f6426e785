//! The adapters against a file and a server that are as documented, and against worse ones.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use time::macros::date;

use super::*;

const EXAMPLE: &str = include_str!("../../../tests/fixtures/population.csv");
const HEADER: &str =
    "id,family_name,given_name,birth_date,address,card,first_card,left,portrait,sex";

fn find(population: &dyn Population, by: Lookup<'_>) -> Option<String> {
    population.find(by).unwrap().map(|person| person.id)
}

#[test]
fn the_example_has_the_persons_of_the_built_in_cards() {
    let population = CsvPopulation::from_csv(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(population.len(), 5);
    let hong = population.find(Lookup::Document("TS0000001")).unwrap().unwrap();
    assert_eq!((hong.family_name.as_str(), hong.birth_date), ("HONG", date!(2007 - 02 - 28)));
    assert_eq!(hong.given_name_national.as_deref(), Some("길동"));
    assert_eq!((hong.sex, hong.first_card, hong.left), (Some(1), false, false));
    assert!(hong.portrait.is_none());
    let number = Lookup::PersonalNumber("070228-3980016");
    assert_eq!(find(&population, number).as_deref(), Some("P-0001"));
    assert_eq!(find(&population, Lookup::KeyOnlyCard("TS0000002")).as_deref(), Some("P-0002"));
    assert_eq!(find(&population, Lookup::Id("P-0004")).as_deref(), Some("P-0004"));
    for nobody in [Lookup::Id("P-0009"), Lookup::Document(""), Lookup::PersonalNumber("")] {
        assert_eq!(find(&population, nobody), None);
    }
    assert!(!format!("{hong:?}{population:?}").contains("HONG"));
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_line_and_column() {
    let said = |text: &str| CsvPopulation::from_csv(text.as_bytes()).unwrap_err().to_string();
    let row = |row: &str| said(&format!("{HEADER}\nP-1,A,B,1990-01-01,C,1,true,false,,\n{row}\n"));
    let line = |rest: &str| format!("population, line 3{rest}");
    let twice = "another line has the same";
    assert_eq!(row("P-1,A,B,1990-01-01,C,,true,false,,"), line(&format!(", id: {twice}")));
    assert_eq!(row("P-2,A,B,1990-01-01,C,1,true,false,,"), line(&format!(", card: {twice}")));
    let truth = "true or false expected";
    assert_eq!(row("P-2,A,B,1990-01-01,C,2,yes,false,,"), line(&format!(", first_card: {truth}")));
    assert_eq!(row("P-2,A,B,1990-01-01,C,2,true,,,"), line(&format!(", left: {truth}")));
    let day = ", birth_date: a day as in 1994-05-05 expected";
    assert_eq!(row("P-2,A,B,1990-02-30,C,2,true,false,,"), line(day));
    assert_eq!(row("P-2,,B,1990-02-03,C,2,true,false,,"), line(", family_name: a text expected"));
    let sex = ", sex: 0, 1, 2 or 9 (ISO/IEC 5218) expected";
    assert_eq!(row("P-2,A,B,1990-02-03,C,2,true,false,,M"), line(sex));
    let jpeg = ", portrait: a JPEG in base64 expected";
    assert_eq!(row("P-2,A,B,1990-02-03,C,2,true,false,AAAA,"), line(jpeg));
    let large = [&[0xFF, 0xD8, 0xFF][..], &vec![0; MAX_PORTRAIT - 3]].concat();
    let person = |jpeg: &[u8]| {
        let jpeg = STANDARD.encode(jpeg);
        CsvPopulation::from_csv(
            format!("{HEADER}\nP-1,A,B,1990-01-01,C,1,true,false,{jpeg},\n").as_bytes(),
        )
    };
    person(&large).unwrap();
    let error = person(&[large, vec![0]].concat()).unwrap_err().to_string();
    assert_eq!(error, "population, line 2, portrait: at most 192 KiB expected");
    let form = ": a row in CSV (RFC 4180) and UTF-8 expected";
    assert_eq!(row("P-2,A,B"), line(form));
    let long = format!("P-2,A,B,1990-02-03,C,2,true,false,{},", "A".repeat(1 << 20));
    assert_eq!(row(&long), line(form));
    let not_utf8 = [HEADER.as_bytes(), b"\n\xFF,A,B,1990-01-01,C,1,true,false,,\n"].concat();
    let error = CsvPopulation::from_csv(&not_utf8).unwrap_err();
    assert_eq!(error, ImportError::Form { line: 2 });
    assert_eq!(said("id,family_name\n"), "population, line 1: a column given_name expected");
    for header in ["id,shoe_size", "id,id", ""] {
        assert!(said(header).starts_with("population, line 1: "), "{header}");
    }
}

/// A server on loopback that gives these answers, one a connection, and what it was asked.
fn server(answers: Vec<String>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ask", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            tell.send(request(&mut stream)).unwrap();
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, told)
}

/// A whole request: head and body.
fn request(stream: &mut TcpStream) -> String {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).unwrap().to_lowercase();
    let mut length = head.lines().filter_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.next().unwrap().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn port(url: &str) -> HttpPort {
    HttpPort::new(url, Zeroizing::new("secret token".into()), None).unwrap()
}

fn hong() -> Value {
    json!({
        "id": "P-0001",
        "family_name": "HONG",
        "given_name": "GILDONG",
        "birth_date": "2007-02-28",
        "address": "세종특별자치시 시험로 1 (TEST)",
        "card": "TS0000001",
        "portrait": STANDARD.encode([0xFF, 0xD8, 0xFF, 0xD9]),
        "something_new": 1,
    })
}

#[test]
fn the_population_is_asked_over_http() {
    let found = answer("200 OK", &hong().to_string());
    let (url, told) = server(vec![found, answer("404 Not Found", "")]);
    let population = HttpPopulation::new(port(&url));
    let person = population.find(Lookup::Document("TS0000001")).unwrap().unwrap();
    assert_eq!(person.card.as_deref(), Some("TS0000001"));
    assert_eq!(person.portrait.as_deref(), Some(&[0xFF, 0xD8, 0xFF, 0xD9][..]));
    let asked = told.recv().unwrap();
    assert!(asked.starts_with("post /ask http/1.1\r\n"), "{asked}");
    assert!(asked.contains("\r\nauthorization: bearer secret token\r\n"), "{asked}");
    let body: Value = serde_json::from_str(asked.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body, json!({ "by": "document", "value": "TS0000001" }));
    assert_eq!(find(&population, Lookup::KeyOnlyCard("TS0000002")), None);
    assert!(told.recv().unwrap().contains("key_only_card"));
}

#[test]
fn an_answer_that_is_none_lets_nobody_on_and_is_not_quoted() {
    let mut other = hong();
    other["id"] = json!("P-0002");
    let mut day = hong();
    day["birth_date"] = json!("28.2.2007");
    let large = format!("\"{}\"", "A".repeat(1 << 20));
    let cases = [
        (answer("500 Internal Server Error", "HONG"), "200 or 404 expected, 500 came"),
        (answer("302 Found\r\nlocation: /other", ""), "200 or 404 expected, 302 came"),
        (answer("200 OK", "HONG"), "an answer of another form than documented came"),
        (answer("200 OK", &other.to_string()), "an answer about another person came"),
        (answer("200 OK", &day.to_string()), "birth_date: a day as in 1994-05-05 expected"),
        (answer("200 OK", &large), "at most 1048576 bytes expected, more came"),
    ];
    let (answers, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let (url, _told) = server(answers);
    let population = HttpPopulation::new(port(&url));
    for expected in expected {
        let error = population.find(Lookup::Id("P-0001")).unwrap_err();
        assert_eq!(error.to_string(), format!("population registry: {expected}"));
    }
}

#[test]
fn a_service_that_does_not_answer_is_not_waited_for() {
    // Nobody accepts: the connection is made by the system, and no answer comes.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let token = Zeroizing::new("t".to_owned());
    let patience = Duration::from_millis(50);
    let port = HttpPort::with_patience(&url, token, None, patience).unwrap();
    let error = HttpPopulation::new(port).find(Lookup::Id("P-0001")).unwrap_err();
    assert_eq!(error.detail, "no answer in time");
}

#[test]
fn faces_are_compared_over_http_and_a_face_has_to_be_alive() {
    let says = |same, alive| answer("200 OK", &json!({ "same": same, "alive": alive }).to_string());
    let answers =
        vec![says(true, true), says(true, false), says(false, true), answer("404 Not Found", "")];
    let silent = answer("200 OK", "{\"same\":true}");
    let (url, told) = server([answers, vec![silent]].concat());
    let face = HttpFaceMatch::new(port(&url));
    assert!(face.same(b"portrait", b"picture").unwrap());
    let asked = told.recv().unwrap();
    assert!(asked.contains("\r\ncontent-type: application/json"), "{asked}");
    let body: Value = serde_json::from_str(asked.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let sent = [STANDARD.encode("portrait"), STANDARD.encode("picture")];
    assert_eq!(body, json!({ "portrait": sent[0], "picture": sent[1] }));
    assert!(!face.same(b"a", b"b").unwrap());
    assert!(!face.same(b"a", b"b").unwrap());
    assert!(face.same(b"a", b"b").is_err());
    assert!(face.same(b"a", b"b").is_err());
}

#[test]
fn a_service_elsewhere_is_asked_over_tls_alone() {
    let token = || Zeroizing::new("t".to_owned());
    for url in ["http://example.com/", "http://localhost.example.com/", "ftp://localhost/", ""] {
        assert!(HttpPort::new(url, token(), None).is_err(), "{url}");
    }
    for url in ["https://example.com/", "http://localhost:1/", "http://[::1]/"] {
        assert!(HttpPort::new(url, token(), None).is_ok(), "{url}");
    }
    assert!(HttpPort::new("https://example.com/", token(), Some(b"none")).is_err());
    assert!(!format!("{:?}", port("http://localhost/")).contains("secret"));
}

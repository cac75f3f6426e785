"""APDU scripts: what foreign programs make of our reports, and of the same files."""

import json
import re
from pathlib import Path

import pcsc
from harness import Failed, Skipped, check, need, run
from packages import pip

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures" / "scripts"
SCHEMA = HERE.parent.parent / "docs" / "run-report.schema.json"

# A run in which everything happens that a report tells of; each file with its exit code.
FILES = {
    "good.apdu": (0, """
test "LDS_A_01 the application is there" tags=lds,fast profile=PACE
  00A4 040C #(A0000002471001)
end
test "is not for this card"
  skip if true "no <such> \\"card\\""
end
"""),
    "bad.apdu": (2, """
test "X_1 <fails> & 'says' why"
  00B0 9C00 04 (6A82)
end
test "is wrong in itself"
  let x = u8(256)
end
00FF 0000
test "is not come to"
end
"""),
    "broken.apdu": (2, "00A4 04 0\n"),
}


def report(card, name):
    """A run of all of them: the folder with its reports, and the object that it prints."""
    folder = card.folder(name)
    files = []
    for file, (_, text) in FILES.items():
        (folder / file).write_text(text)
        files.append(folder / file)
    log = folder / "log.json"
    status, output = run("sh", "-c", '"$0" run --json "$@" > ' + str(log), card.binary,
                         "--junit", folder / "junit.xml", "--tap-out", folder / "tap", *files)
    if status != 2:
        raise Failed(f"expected exit 2, got {status}\n{output}")
    return folder, json.loads(log.read_text())


def jsonschema_takes_reports(card):
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        raise Skipped("python3-jsonschema is not installed") from None
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    _, printed = report(card, "run-schema")
    errors = [f"{list(error.path)}: {error.message}" for error in judge.iter_errors(printed)]
    if errors:
        raise Failed("\n".join(errors))
    codes = [file["code"] for file in printed["files"]]
    if codes != [code for code, _ in FILES.values()]:
        raise Failed(f"exit codes {codes}")
    for change in (
        lambda d: d.update(schema=2),
        lambda d: d["files"][0].pop("cards"),
        lambda d: d["files"][0]["tests"][0].update(outcome="maybe"),
        lambda d: d["files"][1]["failure"].update(code=9),
        lambda d: d["files"][2]["diagnostics"][0].pop("line"),
    ):
        changed = json.loads(json.dumps(printed))
        change(changed)
        if judge.is_valid(changed):
            raise Failed("a wrong report is taken")


def junitparser(built):
    return pip(built / "junitparser", {"junitparser": "5.0.3"})


def junitparser_reads_reports(card, built):
    python = junitparser(built)
    folder, _ = report(card, "run-junit")
    told = json.loads(check(python, "-c", """
import json, sys
from junitparser import JUnitXml
xml = JUnitXml.fromfile(sys.argv[1])
cases = []
for suite in xml:
    for case in suite:
        results = [[type(r).__name__, r.message, r.type] for r in case.result]
        element = case._elem
        properties = {p.get("name"): p.get("value") for p in element.iter("property")}
        cases.append([case.name, case.classname, results, properties,
                      element.get("file"), element.get("line")])
print(json.dumps({"tests": xml.tests, "failures": xml.failures, "errors": xml.errors,
                  "skipped": xml.skipped, "cases": cases}))
""", folder / "junit.xml"))
    counts = {key: told[key] for key in ("tests", "failures", "errors", "skipped")}
    if counts != {"tests": 7, "failures": 2, "errors": 2, "skipped": 2}:
        raise Failed(f"{counts}\n{told}")
    cases = {case[0]: case for case in told["cases"]}
    first = cases["LDS_A_01 the application is there"]
    if first[3] != {"id": "LDS_A_01", "profile": "PACE", "tags": "lds,fast"} or first[5] != "2":
        raise Failed(str(first))
    failed = cases["X_1 <fails> & 'says' why"]
    if failed[2] != [["Failure", "status 9000, expected 6A82", "E70"]]:
        raise Failed(str(failed))
    if cases["is not for this card"][2][0][:2] != ["Skipped", 'no <such> "card"']:
        raise Failed(str(cases["is not for this card"]))


def prove_reads_reports(card):
    """Perl's own harness of the Test Anything Protocol, which knows version 13."""
    need("prove")
    folder, _ = report(card, "run-tap")
    text = (folder / "tap").read_text()
    (folder / "tap").write_text(text.replace("TAP version 14", "TAP version 13", 1))
    status, output = run("prove", "--exec", "cat", "--verbose", folder / "tap")
    if status == 0 or "Failed 4/7 subtests" not in output or "Parse errors" in output:
        raise Failed(output)


def answers_of_scriptor(output):
    return [
        "".join(answer.split())
        for answer in re.findall(r"^< ((?:[0-9A-F]{2}\s+)+):", output, re.MULTILINE)
    ]


def answers_of_opensc_tool(output):
    """Data in lines of 16 bytes, each with its characters behind it."""
    answers = []
    for block in output.split("Received (SW1=0x")[1:]:
        status, _, rest = block.partition("\n")
        data = ""
        for line in rest.splitlines():
            found = re.match(r"((?:[0-9A-F]{2} ){1,16})", line)
            if not found:
                break
            data += found.group(1).replace(" ", "")
        sw1, sw2 = re.match(r"(..), SW2=0x(..)", status).groups()
        answers.append(data + sw1 + sw2)
    return answers


def our_answers(card, name, *command):
    """What the emulated card answers to a script that we run."""
    record = card.folder(name) / "ours.rec"
    check(card.binary, "run", *command, "--card", "emulated:iso-files", "--record", record,
          "--record-secrets")
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    return [line["exchange"]["response"] for line in lines if "exchange" in line]


def must_be_the_same(ours, theirs, least, output):
    if len(theirs) < least or ours != theirs:
        pairs = [(a, b) for a, b in zip(ours, theirs) if a != b]
        raise Failed(f"{len(ours)} answers, {len(theirs)} of theirs; {pairs[:5]}\n{output}")


def scriptor_gets_the_same_answers(card):
    """The same file, unchanged, through pcscd to a card in a vpcd and by our runner."""
    need("scriptor")
    script = FIXTURES / "plain-files.scriptor"
    output = pcsc.through_pcscd(card, "scriptor", script, profile="iso-files")
    ours = our_answers(card, "run-scriptor", "--lenient", script)
    must_be_the_same(ours, answers_of_scriptor(output), 150, output)


# Values, loops, computed bytes, texts and expectations, which the others have no words for.
EXPORTED = """
let aid = A00000006349434301
let pin = "123456"
00A4 040C #(%aid)
# the first file, piece by piece
00A4 020C #(4401)
for n in 0..4
  00B0 00 u8(%n) 02 [XX XX]
end
00B0 0100 00 (6XXX)
test "the PIN opens the file"
  00D6 0000 #(41) (6982)
  0020 0081 #("000000") (63CX)
  0020 0081 #(%pin)
  repeat 3
    00D6 0000 #("ABC")
    00B0 0000 03 ["ABC"]
  end
end
reset cold
00A4 040C #(%aid)
00A4 020C #(4401)
00D6 0000 #(41) (6982)
"""


def exports_run_in_other_programs(card):
    """A script of ours as scriptor and as opensc-tool have it: the card answers all of them alike."""
    need("scriptor", "opensc-tool")
    folder = card.folder("export")
    script = folder / "ours.apdu"
    script.write_text(EXPORTED)
    ours = our_answers(card, "run-export", script)
    for target, program, read in (
        ("scriptor", ["scriptor"], answers_of_scriptor),
        ("opensc-tool", ["sh"], answers_of_opensc_tool),
    ):
        file = folder / target
        check(card.binary, "script", "export", script, "--to", target, "--out", file)
        output = pcsc.through_pcscd(card, *program, file, profile="iso-files")
        must_be_the_same(ours, read(output), 19, output)

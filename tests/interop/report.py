"""A browser opens the page of `iccard tap --report`, and says what it shows and what it asked for."""

import contextlib
import http.server
import re
import shutil
import tempfile
import threading
from pathlib import Path

from harness import Failed, Skipped, check, run

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


class Listener:
    """A server on loopback that counts who asks it for anything."""

    def __enter__(self):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(404)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def browser():
    for name in CHROMIUM:
        if found := shutil.which(name):
            return found
    raise Skipped("chromium is not installed")


def opened(page, *more):
    """What the browser makes of a page, and what it says about it."""
    with tempfile.TemporaryDirectory() as home:
        status, output = run(
            browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--enable-logging=stderr", f"--user-data-dir={home}", *more,
            page.resolve().as_uri(),
            environment={"HOME": home},
        )
    if status != 0:
        raise Failed(f"chromium: status {status}\n{output[-4000:]}")
    return output


def refusals(output):
    """Lines in which the browser tells that the page's policy stopped something."""
    return [line for line in output.splitlines()
            if "Content Security Policy" in line and "http-equiv" not in line]


def chromium_shows_the_report(card):
    browser()
    folder = card.folder("report")
    page = folder / "report.html"
    check(card.binary, "tap", "--card", "emulated:resident", "--report", page)
    if page.stat().st_mode & 0o077:
        raise Failed("the page, which shows a person, can be read by others")
    shown = opened(page, "--dump-dom")
    text = re.sub(r"<[^>]*>", " ", shown)
    for word in ("VERIFIED", "홍길동", "HONG GILDONG", "EF.CardAccess", "PACE", "Chip Authentication",
                 "GENERAL AUTHENTICATE", "TEST CSCA KR", "EF.DG2"):
        if word not in text:
            raise Failed(f"the page does not show {word}\n{text[:2000]}")
    if refusals(shown):
        raise Failed("the page breaks its own policy\n" + "\n".join(refusals(shown)))
    picture = folder / "report.png"
    opened(page, f"--screenshot={picture}", "--window-size=1120,2400", "--hide-scrollbars")
    if picture.stat().st_size < 20_000:
        raise Failed("the screenshot is empty")

    # A page into which a card had written: its policy lets nothing run and nothing be fetched. The
    # same without the policy shows that this judge would see it.
    with Listener() as listener:
        evil = (f'<img src="{listener.url}/img"><script>document.title = "RAN"</script>'
                f'<link rel="stylesheet" href="{listener.url}/css"><iframe src="{listener.url}/frame">'
                "</iframe></main>")
        html = page.read_text().replace("</main>", evil, 1)
        guarded, open_ = folder / "guarded.html", folder / "open.html"
        guarded.write_text(html)
        open_.write_text(POLICY.sub("", html, count=1))
        output = opened(guarded, "--dump-dom")
        if listener.asked or "<title>RAN" in output or not refusals(output):
            raise Failed(f"the policy lets things through: {listener.asked}\n{output[-2000:]}")
        output = opened(open_, "--dump-dom")
        if not listener.asked or "<title>RAN" not in output:
            raise Failed("without its policy the page fetches nothing either: this judge is blind")
    with contextlib.suppress(FileNotFoundError):
        Path(picture).unlink()


JUDGES = {"chromium shows the page of a tap, which fetches and runs nothing": chromium_shows_the_report}

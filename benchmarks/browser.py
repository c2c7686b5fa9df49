"""The view in a browser, as a person meets it: `twin serve` and Chromium on this machine, pictures by software.

Both ends share the cores, so on two cores the browser costs the server part of its time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.clock import Bench

if TYPE_CHECKING:
    from playwright.sync_api import Page

FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SIZE = {"width": 1280, "height": 800}
UPS = [f"B1-M{number:02d}-UPS-A" for number in (1, 5, 9, 13, 17)]
SHOWN = "() => (document.querySelector('.picture img') || {}).naturalWidth > 100"
COUNTING = """() => {
  const image = document.querySelector('.picture img');
  window.pictures = 0;
  image.addEventListener('load', () => { window.pictures += 1; });
}"""


def bench_browser(home: Path) -> Bench | None:
    """Time what a person waits for; `home` holds the campus. None where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    bench = Bench("The view in a browser: Chromium, software renderer, 1280 × 800")
    peer_s = _drawn_by_a_command(home)
    with sync_playwright() as playwright, _serving(home) as (address, began):
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport=SIZE)  # pyright: ignore[reportArgumentType]
        page.goto(address)
        page.wait_for_function(SHOWN, timeout=120_000)
        bench.add("twin serve started, to the first picture", time.perf_counter() - began)
        page.close()
        _wait_for_spare()
        times: list[float] = []
        for _ in range(3):
            page = browser.new_page(viewport=SIZE)  # pyright: ignore[reportArgumentType]
            times.append(_took(lambda page=page: (page.goto(address), page.wait_for_function(SHOWN))))
            page.close()
            _wait_for_spare()
        bench.add("first picture", median(times), target_s=4.0, peer="twin view --png", peer_s=peer_s)
        page = browser.new_page(viewport=SIZE)  # pyright: ignore[reportArgumentType]
        page.goto(address)
        page.wait_for_function(SHOWN)
        _questions(page, bench)
        _clicks(page, bench)
        bench.note("frames while dragging, campus", f"{_frames_per_s(page):.1f} /s")
        browser.close()
    return bench


def _questions(page: Page, bench: Bench) -> None:
    finds: list[float] = []
    flights: list[float] = []
    asks: list[float] = []
    for ups in UPS:
        finds.append(
            _took(lambda ups=ups: (page.fill("#search", ups), page.wait_for_selector(f"#found >> text={ups}")))
        )
        flights.append(_took(lambda ups=ups: (page.press("#search", "Enter"), _says(page, "#asset-id", ups))))
        asks.append(_took(lambda ups=ups: (page.click("#ask"), _says(page, "h1", f"If {ups} fails"))))
    bench.add("search, to its results", median(finds))
    bench.add("fly to an asset, to its panel", median(flights))
    bench.add("what fails if this fails, to the answer", median(asks))
    page.click("#reset")
    _says(page, "h1", "What fails if this fails?")


def _clicks(page: Page, bench: Bench) -> None:
    box = page.locator(".remote-controlled-area").bounding_box()
    if box is None:
        raise LookupError("the page shows no picture")
    times: list[float] = []
    for number in range(9):
        x, y = box["x"] + (0.25 + 0.03 * number) * box["width"], box["y"] + 0.55 * box["height"]
        page.keyboard.press("Escape")
        page.locator(".remote-controlled-area").focus()
        page.keyboard.press("Escape")
        page.wait_for_function("() => !document.querySelector('#asset-id')")
        page.wait_for_timeout(400)
        began = time.perf_counter()
        page.mouse.click(x, y)
        try:
            page.wait_for_selector("#asset-id", timeout=2_500)
        except Exception as error:
            if "Timeout" not in type(error).__name__:
                raise
            continue
        times.append(time.perf_counter() - began)
    if not times:
        raise LookupError("no click met an asset")
    bench.add("click, to the panel", median(times), target_s=0.8)


def _frames_per_s(page: Page) -> float:
    page.evaluate(COUNTING)
    page.mouse.move(300, 400)
    page.mouse.down()
    began = time.perf_counter()
    step = 0
    while time.perf_counter() - began < 4.0:
        step += 1
        page.mouse.move(300 + 2 * (step % 200), 400 + step % 20)
        page.wait_for_timeout(15)
    took = time.perf_counter() - began
    page.mouse.up()
    return int(page.evaluate("window.pictures")) / took


def _says(page: Page, selector: str, text: str) -> None:
    page.wait_for_selector(f"{selector}:has-text('{text}')")


def _took(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _wait_for_spare() -> None:
    """The next person's process becomes ready meanwhile, as it does while people look."""
    time.sleep(12.0)


def _drawn_by_a_command(home: Path) -> float:
    """Seconds of a command that draws the same campus into a file: a new process, without a browser."""
    file = home / "bench-view.png"
    command = [sys.executable, "-m", "twin.cli.main", "view", "--png", str(file)]
    return _took(lambda: subprocess.run(command, env=_environment(home), check=True, capture_output=True))


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "TWIN_HOME": str(home)}


@contextmanager
def _serving(home: Path) -> Generator[tuple[str, float]]:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "twin.cli.main", "serve", "--port", "0", "--people", "2"],
        env=_environment(home), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        found = re.search(r"http://\S+", process.stdout.readline() if process.stdout else "")
        if found is None:
            raise RuntimeError("twin serve did not start")
        yield found[0], began
    finally:
        process.terminate()
        process.wait(30)

"""The page as people use it, in a headless Chromium that may speak to the server alone."""

import contextlib
import shutil
import threading
import time

import numpy as np
import pytest
from helpers.audio import encoded
from helpers.serving import wav

from c2ser.serving import Limits

pytest.importorskip("gradio", reason="the extra [serve] is not installed with Gradio")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@contextlib.contextmanager
def served(app):
    """Serves an application in a thread; the address."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def address(model):
    from c2ser.serving import Service, create_app
    from c2ser.serving.page import Example

    limits = Limits(megabytes=1, seconds=60, rate=None)
    service = Service(model, "tiny", limits=limits)
    with served(create_app(service, [Example("tone.wav", wav)])) as address:
        yield address
    service.batcher.close()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """The page, wide; at the end nothing must have been asked of another host and nothing must have gone wrong."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    page = context.new_page()
    elsewhere, faults = [], []
    page.on("request", lambda request: is_elsewhere(request.url, address) and elsewhere.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#speech input[type=file]", state="attached")
    yield page
    context.close()
    assert (elsewhere, faults) == ([], [])


def is_elsewhere(url: str, address: str) -> bool:
    return not url.startswith((address, f"blob:{address}", "data:"))


def drop(page, content: bytes, name: str = "a.wav") -> None:
    page.set_input_files("#speech input[type=file]", {"name": name, "mimeType": "audio/wav", "buffer": content})


def test_a_file_has_label_bars_reasons_and_curves(page):
    pytest.importorskip("parselmouth", reason="the extra [recipe] is not installed")
    drop(page, wav(2.0, hertz=220))
    page.wait_for_selector(".answer h2")
    page.get_by_role("button", name="Options").click()
    page.get_by_label("the emotion alone").check()  # which a model without training gives, too
    page.wait_for_selector(".answer .bars")
    assert page.locator(".answer .bars dt").count() == 7
    assert page.locator(".answer blockquote").inner_text() and page.locator(".answer tbody tr").count() == 3
    assert [text.split()[0] for text in page.locator(".answer .time h3").all_inner_texts()] == ["Pitch", "Loudness"]
    widths = [path.bounding_box()["width"] for path in page.locator(".answer svg path").all()]
    assert min(widths) > 0.7 * page.locator(".answer .wave").bounding_box()["width"]
    page.locator(".answer .wave").click()
    page.wait_for_function("document.querySelector('#speech audio').currentTime >= 0.9")


def test_files_that_cannot_be_answered_have_a_readable_reason(page):
    drop(page, b"Dear diary,\n", "diary.wav")
    fault = page.locator(".failure")
    sync_api.expect(fault).to_have_text("diary.wav: broken or not audio (Format not recognised); replace the file")
    page.get_by_label("Clear").click()
    sync_api.expect(fault).to_have_count(0)
    drop(page, encoded(np.zeros(3 * 3600 * 1000, np.int16), 1000, format="FLAC"), "long.flac")
    sync_api.expect(fault).to_have_text("long.flac: 10800 s long or more, and the limit is 60 s; send a part of it")
    page.get_by_label("Clear").click()
    drop(page, bytes(2 << 20), "large.wav")
    sync_api.expect(fault).to_have_text("more than 1 MB, the limit of a request; send less")
    drop(page, wav())
    page.wait_for_selector(".answer h2")
    sync_api.expect(fault).to_have_count(0)


def test_a_recording_of_the_microphone_is_answered(page):
    page.get_by_label("Record audio").click()
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(1200)
    page.locator("#speech button:visible", has_text="Stop").click()
    page.wait_for_selector(".answer h2")


def test_of_two_questions_the_last_is_answered(page):
    asked = []

    def hold_the_first(route):
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    page.route("**/page/answer", hold_the_first)
    drop(page, wav())
    page.get_by_role("button", name="Options").click()
    page.get_by_label("the emotion alone").check()
    page.wait_for_selector("#answer:not(.waiting) .answer .bars")
    assert len(asked) == 2 and page.locator(".failure").count() == 0


def test_a_file_may_be_dropped_before_the_form_is_complete(browser, address):
    context = browser.new_context()
    page = context.new_page()
    held = []
    page.route("**/assets/HTML-*.js", lambda route: held.append(route))  # the part of Gradio that shows answers
    page.goto(address)
    page.wait_for_selector("#speech input[type=file]", state="attached")
    drop(page, b"Dear diary,\n", "diary.wav")
    page.wait_for_timeout(1000)
    assert held and page.locator("#answer").count() == 0
    for route in held:
        route.continue_()
    sync_api.expect(page.locator(".failure")).to_contain_text("diary.wav: broken or not audio")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_on_a_phone(browser, address, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="tone").click()
    page.wait_for_selector(".answer h2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()

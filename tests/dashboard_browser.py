"""A dashboard process and a headless browser that looks at it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

PROJECT_ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMEDRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
)


@contextmanager
def serve(data_dir: Path) -> Iterator[str]:
    """Run the dashboard on a free port over `data_dir`; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT_ROOT / "dashboard/app.py")]
    process = subprocess.Popen(  # noqa: S603
        [*command, f"--server.port={port}", "--server.address=127.0.0.1"],
        cwd=data_dir,  # any folder but the project's: its own config must be found all the same
        env=os.environ | {"ICP_DATA_DIR": str(data_dir)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(process, address)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_healthy(process: subprocess.Popen, address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the dashboard ended with code {process.returncode}")
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError("the dashboard did not answer within 60 seconds")


@contextmanager
def browser(profile: Path) -> Iterator["object"]:
    """Run headless Chromium with its own profile folder; give selenium's driver."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def open_page(driver: object, address: str, width: int = 1280, height: int = 900) -> None:
    """Open a page at a width and wait until Streamlit has drawn all of it."""
    resize(driver, width, height)
    driver.get(address)
    settle(driver)


def resize(driver: object, width: int, height: int) -> None:
    """Set the size of the page itself, which a headless window's size is not."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def settle(driver: object, seconds: float = 30) -> None:
    """Wait until the app is idle, drew something and its charts have marks."""
    idle = """
        const app = document.querySelector('[data-testid="stApp"]');
        const busy = document.querySelector('[data-testid="stSkeleton"],[data-testid="stSpinner"]');
        const drawn = document.querySelector('[data-testid="stMain"] h1');
        const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')];
        return !!app && app.dataset.testScriptState === 'notRunning' && !busy && !!drawn
            && charts.every(chart => chart.querySelector('canvas, svg'));
    """
    deadline = time.monotonic() + seconds
    calm = 0
    while calm < 3:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the page did not settle: {body(driver)[:500]}")
        calm = calm + 1 if driver.execute_script(idle) else 0
        time.sleep(0.15)


def body(driver: object) -> str:
    """Give the text that a reader sees."""
    return driver.execute_script("return document.body.innerText")


def picture(driver: object, path: Path, width: int = 1280) -> None:
    """Save the whole page, as long as it is."""
    height = driver.execute_script(
        "const main = document.querySelector('[data-testid=\"stMain\"]');"
        "return Math.ceil(main.scrollHeight) + 60;"
    )
    resize(driver, width, min(int(height), 6000))
    settle(driver)
    path.parent.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(path))


def requested_hosts(driver: object) -> set[str]:
    """Give every host that the pages asked since the last call."""
    from urllib.parse import urlsplit

    hosts = set()
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = urlsplit(message["params"]["request"]["url"])
            # chrome: and data: addresses stay inside the browser
            hosts.add(url.hostname if url.scheme.startswith("http") else None)
        if message["method"] == "Network.webSocketCreated":
            hosts.add(urlsplit(message["params"]["url"]).hostname)
    return hosts - {None, ""}


def table_text(driver: object) -> str:
    """Give the cells of every table, which are drawn on canvas, from their accessible copy."""
    cells = "return [...document.querySelectorAll('canvas td')].map(td => td.innerText).join('\\n')"
    return driver.execute_script(cells)


def click(driver: object, label: str) -> None:
    """Click the control or menu entry that has this text."""
    from selenium.webdriver.common.by import By

    found = driver.find_elements(By.XPATH, f"//*[normalize-space(text())='{label}']")
    visible = [element for element in found if element.is_displayed()]
    if not visible:
        raise LookupError(f"nothing on the page is called {label!r}")
    visible[0].click()
    time.sleep(0.3)  # until Streamlit has heard of it and says that it is busy

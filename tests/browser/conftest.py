"""A headless Chromium; without one, the tests here are skipped."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")  # no longer, as its event loop is that of the main thread
def chromium():
    """The browser that is installed, as Playwright's own would have to be downloaded."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"needs one of {', '.join(NAMES)}")
    with sync_playwright() as playwright:
        # Chromium's sandbox refuses to run as root, as in a container.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()

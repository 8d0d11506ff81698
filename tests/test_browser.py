"""What is said where there is no browser to drive."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from softopt.experiments import bench_slider, browser
from softopt.experiments.browser import NoBrowserError, find_browser, installed


def test_a_wrong_path_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTOPT_BROWSER", "/nowhere/chromium")
    with pytest.raises(NoBrowserError, match="SOFTOPT_BROWSER=/nowhere/chromium is not a program"):
        find_browser()


def test_without_a_browser_the_names_looked_for_are_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SOFTOPT_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "installed", list)
    with pytest.raises(NoBrowserError, match=r"none of chromium, .* is on the path; install one or set"):
        find_browser()


def test_where_they_install_is_looked_at_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" in installed()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("ProgramFiles", r"C:\Program Files")
    assert r"C:\Program Files\Google\Chrome\Application\chrome.exe" in installed()
    monkeypatch.undo()
    monkeypatch.delenv("SOFTOPT_BROWSER", raising=False)
    monkeypatch.setenv("PATH", "")
    there = tmp_path / "msedge.exe"  # Windows runs nothing without an ending
    there.touch(mode=0o755)
    monkeypatch.setattr(browser, "installed", lambda: [str(there)])
    assert find_browser() == str(there)


def test_without_playwright_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright", None)
    with pytest.raises(NoBrowserError, match=r"playwright is not installed: pip install .* -e '\.\[test\]'"):
        find_browser()


def test_the_benchmark_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOFTOPT_BROWSER", "/nowhere/chromium")
    assert bench_slider.run(str(tmp_path / "rows.json")) == 2
    assert "no Chromium found" in capsys.readouterr().out
    assert not (tmp_path / "rows.json").exists()

"""The installation report: silent when sound, and a mending sentence for each thing that is missing."""

import importlib.metadata

from softopt import installation


def test_sound_here():
    report = installation.check_installation()
    assert report.sound, report
    assert repr(report).startswith("Everything the course needs is here.")


def test_names_what_is_missing_and_how_to_mend_it(monkeypatch):
    truth = importlib.metadata.version

    def version(name):
        if name == "anywidget":
            raise importlib.metadata.PackageNotFoundError(name)
        return {"numpy": "1.20.0", "torch": "0.1"}.get(name) or truth(name)

    monkeypatch.setattr(installation.metadata, "version", version)
    report = installation.check_installation()
    assert not report.sound
    assert len(report.problems) == 2
    assert "anywidget is not installed" in repr(report)
    assert "numpy 1.20.0 is installed, but the course needs" in repr(report)
    assert "pip install" in report.problems[0]
    # torch is optional: a note, no problem.
    assert any("notebooks 08 to 12" in note for note in report.notes)


def test_softopt_not_installed(monkeypatch):
    def requires(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(installation.metadata, "requires", requires)
    assert "softopt itself is not installed" in repr(installation.check_installation())


def test_old_python(monkeypatch):
    monkeypatch.setattr(installation.sys, "version_info", (3, 9, 1))
    assert "Python 3.9" in repr(installation.check_installation())

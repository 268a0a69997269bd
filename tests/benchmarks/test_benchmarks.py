"""The machinery of the benchmarks: what peers answer, what is said of those that do not, and the report; no time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module", autouse=True)
def _importable():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield


def command(module, *arguments):
    return [sys.executable, "-m", f"benchmarks.peers.{module}", *arguments]


NO_REGISTRY = {"registering", "in: there", "in: not there", "listing 10,000"}
REFUSES_NO_TYPE = {"refusing a wrong type": "takes it"}
CHECKS_NOTHING = {"validating 1,000 configs": "checks nothing before it builds"}


@pytest.mark.parametrize(
    ("module", "lacking"),
    [
        ("terraregistry", {}),
        ("plain_dict", REFUSES_NO_TYPE | CHECKS_NOTHING),
        ("bare_pydantic", dict.fromkeys(NO_REGISTRY, "no registry")),
        ("hydra", REFUSES_NO_TYPE | CHECKS_NOTHING),
        ("jsonargparse", dict.fromkeys(NO_REGISTRY, "import paths, no registry")),
    ],
)
def test_a_peer_measures_each_figure_or_says_that_it_does_not_do_this(module, lacking):
    from benchmarks.peers.asking import FIGURES
    from benchmarks.processes import Answering, LackingError

    said = {}
    process = Answering(command(module, "serve"))
    try:
        for figure in FIGURES:
            try:
                assert process.ask(figure, 2) > 0
            except LackingError as reason:
                said[figure] = str(reason)
    finally:
        process.close()
    assert said == lacking


def test_a_program_is_timed_from_its_start_with_its_own_memory():
    from benchmarks.processes import LackingError, run_afresh

    ballast = bytearray(64 << 20)  # what this process has is not counted for the other
    run = run_afresh(command("plain_dict", "build"))
    assert run.processor > 0
    assert run.seconds > 0
    assert 1 << 10 < run.peak_kib < len(ballast) >> 10
    with pytest.raises(LackingError, match=r"^checks nothing before it builds$"):
        run_afresh(command("plain_dict", "validate"))


def test_a_process_that_fails_says_why_and_the_others_go_on():
    from benchmarks.measuring import measure_starts
    from benchmarks.processes import FailedError, run_afresh

    wrong = [sys.executable, "-c", "import this_is_no_module"]
    with pytest.raises(FailedError, match=r"^ModuleNotFoundError: No module named 'this_is_no_module'$"):
        run_afresh(wrong)
    measured = measure_starts({"wrong": wrong, "right": command("plain_dict", "answer")}, 2, lambda _: None)
    assert [each.note for each in measured["wrong"]] == [
        "failed: ModuleNotFoundError: No module named 'this_is_no_module'"
    ] * 3
    assert [len(each.values) for each in measured["right"]] == [2, 2, 2]


def test_a_process_that_ends_while_it_is_asked_is_a_failure():
    from benchmarks.processes import Answering, FailedError

    process = Answering([sys.executable, "-c", "raise SystemExit('gone')"])
    try:
        with pytest.raises(FailedError, match=r"^gone$"):
            process.ask("build", 1)
    finally:
        process.close()


def test_what_a_library_raises_is_an_answer():
    from benchmarks.peers.child import Figure, Lacking, answer

    def lacking(subject):
        raise Lacking(f"{subject} has none")

    def failing(subject):
        return lambda: 1 / 0

    made = []
    figures = {
        "lacking": Figure(lacking),
        "failing": Figure(failing),
        "kept": Figure(lambda subject: made.append("kept") or list),
        "anew": Figure(lambda subject: made.append("anew") or list, anew=True),
    }
    asked = ["lacking", "failing", "kept", "kept", "anew", "anew", "none"]
    requests = "".join(json.dumps({"figure": figure, "calls": 3}) + "\n" for figure in asked)
    answers = StringIO()
    answer("it", figures, StringIO(requests), answers)
    replies = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [*replies[:2], replies[-1]] == [
        {"lacking": "it has none"},
        {"failed": "ZeroDivisionError: division by zero"},
        {"failed": "KeyError: 'none'"},
    ]
    assert [[*reply] for reply in replies[2:6]] == [["seconds"]] * 4
    assert made == ["kept"] + ["anew"] * 6


def test_what_a_library_prints_is_no_answer():
    from benchmarks.processes import run_afresh

    code = (
        "from benchmarks.peers.child import run\n"
        "run(lambda: print('made'), {}, {'noisy': lambda subject: print('done or not')}, 'noisy')"
    )
    assert run_afresh([sys.executable, "-c", code]).peak_kib > 0


def test_the_configs_are_a_thousand_and_all_right():
    from benchmarks.peers.component import configs
    from benchmarks.peers.compositions import BACKBONES, as_config, compositions

    from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY

    names, written = configs()
    assert len(written) == len({repr(config) for config in written}) == 1_000
    assert {name for config in written for name, _ in config} == set(names)
    composed = compositions(BACKBONES)
    assert len({json.dumps(as_config(composition)) for composition in composed}) == 1_000
    assert {len(composition) for composition in composed} == {4}
    assert {part.name for composition in composed for part in composition if part.kind == "backbones"} == {*BACKBONES}
    registries = {"backbones": BACKBONE_REGISTRY, "necks": NECK_REGISTRY, "decoders": DECODER_REGISTRY}
    assert [part for each in composed for part in each if part.name not in registries[part.kind]] == []


@pytest.mark.slow
def test_each_of_the_composed_configs_is_valid(tmp_path):
    from benchmarks.models import write_configs

    from terraregistry.tools.checking import check_config

    write_configs(tmp_path, 120)  # every pair of neck and decoder, with every backbone
    findings = [str(finding) for file in sorted(tmp_path.iterdir()) for finding in check_config(str(file))]
    assert findings == []


def test_the_library_side_of_the_models():
    from benchmarks.peers.child import Lacking
    from benchmarks.peers.models import FIGURES, PROGRAMS, Models

    ours = Models("terraregistry")
    assert PROGRAMS["answer"](ours) is True
    assert len(PROGRAMS["list"](ours)) > 1_000
    for figure in ("in: there", "in: not there", "listing all"):
        FIGURES[figure].prepare(ours)()
    without = Models("terraregistry")
    without.backbones = without.necks = without.decoders = frozenset()
    with pytest.raises(Lacking, match=r"^checks nothing before it builds$"):
        PROGRAMS["validate"](without)


def test_growth_is_measured_at_each_size():
    from benchmarks.growth import grow, names

    assert names(10) == names(1_000)[:10]
    assert len(set(names(1_000))) == 1_000
    section = grow(lambda _: None, (10, 40), rounds=1)
    assert section.columns == ["", "10", "40", "last : first", "curve", ""]
    assert {row for row in section.rows if "suggesting" in row} >= {"suggesting: a letter swapped"}
    assert {cells[-1].text for cells in section.rows.values()} <= {"flat", "grows"}
    assert all(len(cells) == 5 for cells in section.rows.values())


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (14.9, "s", "15 s"),
        (1.0, "s", "1.0 s"),
        (0.0999, "s", "100 ms"),
        (0.00244, "s", "2.4 ms"),
        (12e-6, "s", "12 µs"),
        (53e-9, "s", "53 ns"),
        (1.2e-10, "s", "0.12 ns"),
        (122_880, "KiB", "120 MiB"),
        (1_240_000, "KiB", "1,211 MiB"),
    ],
)
def test_amounts_are_written_with_their_units(value, unit, text):
    from benchmarks.reports import amount

    assert amount(value, unit) == text


def test_a_report_has_ratios_and_reasons_in_all_its_forms():
    from benchmarks.comparing import failures
    from benchmarks.measuring import Measured
    from benchmarks.reports import Section, as_json, as_markdown, as_tables, compared
    from rich.console import Console

    ours = Measured([0.001, 0.003, 0.002])
    rows = {
        "ours": ours,
        "slower [b]": Measured([0.9, 0.01, 0.02]),
        "faster": Measured([0.0005]),
        "other": Measured(note="takes it"),
        "broken": Measured(note="failed: KeyError: 'a|b'"),
    }
    section = Section(
        "Times", ["", "build"], {name: [compared(each, ours)] for name, each in rows.items()}, ["A note."]
    )
    assert [cells[0].text for cells in section.rows.values()] == [
        "2.0 ms",
        "10 x (20 ms)",
        "0.25 x (500 µs)",
        "takes it",
        "failed: KeyError: 'a|b'",
    ]
    text = as_markdown([section])
    assert "## Times\n\n|  | build |\n| --- | --- |\n| ours | 2.0 ms |\n| slower [b] | 10 x (20 ms) |\n" in text
    assert "| broken | failed: KeyError: 'a/b' |\n\n- A note.\n" in text
    assert [cells[0]["value"] for cells in json.loads(as_json([section]))["sections"][0]["rows"].values()] == [
        0.002,
        0.02,
        0.0005,
        None,
        None,
    ]
    assert failures([section]) == ["Times: broken: failed: KeyError: 'a|b'"]
    console = Console(width=100, record=True, file=StringIO())
    for table in as_tables([section]):
        console.print(table)
    assert "slower [b]" in console.export_text()


def test_a_peer_that_cannot_be_installed_is_reported_and_the_rest_goes_on(tmp_path):
    from benchmarks.comparing import Peer, compare, failures, install, versions

    right, wrong = Peer("terraregistry", "plain_dict"), Peer("wrong", "wrong", (f"wrong @ file://{tmp_path}/none.whl",))
    pythons, missing = install([right, wrong], tmp_path, lambda _: None)
    assert list(pythons) == [right]
    assert "none.whl" in missing["wrong"]
    assert [[cell.text for cell in cells] for cells in versions([right, wrong], missing).rows.values()] == [
        ["nothing: in the environment of this project", ""],
        [wrong.requirements[0], f"could not be installed: {missing['wrong']}"],
    ]
    sections = compare(pythons, 1, lambda _: None)
    assert [[*section.rows] for section in sections] == [["terraregistry"]] * 3
    assert failures(sections) == []
    figures = [cell for section in sections for cell in section.rows["terraregistry"]]
    assert [cell.text for cell in figures if cell.value is None] == [
        "checks nothing before it builds",
        "checks nothing before it builds",
        "takes it",
        "checks nothing before it builds",
    ]
    assert all(cell.value > 0 for cell in figures if cell.value is not None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cores"], "there is no part cores; there are models, peers, growth, core"),
        (["peers", "--peer", "dict"], "there is no peer dict; there are terraregistry, bare dict, bare pydantic, "),
    ],
)
def test_the_command_refuses_what_there_is_not(arguments, message):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stdout == ""

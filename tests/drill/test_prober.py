"""Who asks: bounded, and honest about what it got."""

from pathlib import Path

import pytest

from drill import prober
from drill.prober import Answer

WRONG = [(0, 10), (-1, 10), (2001, 10), (100, 0), (100, 3601)]


@pytest.mark.parametrize(("rate", "seconds"), WRONG)
def test_a_prober_is_bounded_in_rate_and_time(rate, seconds):
    with pytest.raises(ValueError, match="a prober asks 1 to 2000 times a second for 1 to 3600"):
        prober.launch("python", Path("answers.tsv"), 1, "gateway", rate, seconds)


def test_a_line_that_is_being_written_is_left_for_later(tmp_path):
    file = tmp_path / "answers.tsv"
    file.write_text("10.5\t0.002\t200\tv1\tpod-a\n11.5\t0.0")
    (found,) = prober.read(file)
    assert found == Answer(10.5, 0.002, 200, "v1", "pod-a")


def test_the_end_of_a_long_file_is_found_without_reading_its_beginning(tmp_path):
    file = tmp_path / "answers.tsv"
    file.write_text("".join(f"{at}.5\t0.002\t200\tv1\tpod-{at}\n" for at in range(20_000)))
    assert [each.at for each in prober.read(file, 19_998)] == [19_998.5, 19_999.5]
    assert len(prober.read(file, 40)) == 19_960
    assert len(prober.read(file)) == 20_000


@pytest.mark.parametrize(
    ("status", "failed"), [(200, False), (404, False), (500, True), (503, True), (0, True)]
)
def test_no_answer_is_as_bad_as_a_servers_error(status, failed):
    assert Answer(0.0, 0.0, status, "v1", "pod-a").failed is failed

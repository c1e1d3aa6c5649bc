"""Figures under a dashboard's pictures read as Grafana's do."""

import pytest

from rehearsal.units import shown


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.001, "percentunit", "0.1 %"),
        (2.22e-15, "percentunit", "0 %"),
        (-69, "percentunit", "-6900 %"),
        (144, "ms", "144 ms"),
        (1200, "ms", "1.2 s"),
        (41, "d", "41.0 days"),
    ],
)
def test_a_value_is_shown_with_its_unit_and_without_what_subtractions_leave(value, unit, text):
    assert shown(value, unit) == text

"""The chi-square distribution against published tables and its own laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.balances import BalanceError, critical_value, exceedance

# NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4: upper critical values
TABLE = {
    (1, 0.05): 3.841, (2, 0.05): 5.991, (3, 0.01): 11.345, (4, 0.05): 9.488, (5, 0.001): 20.515,
    (10, 0.10): 15.987, (29, 0.05): 42.557, (50, 0.01): 76.154, (100, 0.001): 149.449,
}  # fmt: skip


@pytest.mark.parametrize(("degrees", "significance"), TABLE)
def test_the_published_table(degrees, significance):
    assert critical_value(degrees, significance) == pytest.approx(TABLE[degrees, significance], abs=0.0006)


@given(st.integers(1, 300), st.floats(1e-6, 0.999))
def test_chance_exceeds_the_critical_value_as_often_as_said(degrees, significance):
    assert exceedance(critical_value(degrees, significance), degrees) == pytest.approx(significance, rel=1e-9)


def test_what_cannot_be_asked():
    with pytest.raises(BalanceError, match="degrees must be at least 1, got 0"):
        critical_value(0, 0.05)
    with pytest.raises(BalanceError, match="significance must be between 0 and 1, got 1"):
        critical_value(3, 1.0)
    with pytest.raises(BalanceError, match="statistic must be at least 0, got nan"):
        exceedance(float("nan"), 3)

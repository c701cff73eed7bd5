"""Summaries of last readings: how good they are, and how much condensate comes back."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from integrations.messages import (
    ClassQuality,
    CleanBatch,
    CondensateMeterReadings,
    CondensateReturn,
    Flag,
    QualityReport,
)
from integrations.quality import VALID_FROM, names

from .inputs import Inputs
from .readings import has_sample, is_simulated, measured_of, origin_of

WORST = 20
"""Sensors that a quality report shows one by one."""
CONDENSATE_METER = "condensate_meter"


def quality_report(site: str, batches: Iterable[CleanBatch], now_ns: int) -> QualityReport:
    """Return how good the last readings are."""
    known = [batch for batch in batches if has_sample(batch)]
    by_class: defaultdict[str, list[float]] = defaultdict(list)
    for batch in known:
        by_class[batch.device_class].append(batch.quality[-1])
    worst = sorted(known, key=lambda batch: (batch.quality[-1], batch.sensor_id))[:WORST]
    scores = [batch.quality[-1] for batch in known]
    return QualityReport(
        site=site,
        time=now_ns,
        sensors=len(known),
        valid=_valid(scores),
        stale=sum(bool(batch.flags[-1] & Flag.STALE) for batch in known),
        simulated=sum(map(is_simulated, known)),
        average_quality=sum(scores) / len(scores) if scores else None,
        flags=dict(Counter(name for batch in known for name in names(batch.flags[-1]))),
        classes=[
            ClassQuality(
                device_class=name,
                sensors=len(scores),
                valid=_valid(scores),
                average_quality=sum(scores) / len(scores),
            )
            for name, scores in sorted(by_class.items())
        ],
        worst=[measured_of(batch, now_ns) for batch in worst],
    )


def condensate_return(
    site: str, inputs: Inputs, batches: Iterable[CleanBatch], now_ns: int
) -> CondensateReturn:
    """Return how much of the header's steam comes back, and what every condensate meter shows."""
    shown = [batch for batch in batches if batch.device_class == CONDENSATE_METER and has_sample(batch)]
    meters: defaultdict[str, list[CleanBatch]] = defaultdict(list)
    for batch in shown:
        meters[batch.source].append(batch)
    flow, steam_flow = inputs.by_name["condensate_flow"], inputs.by_name["steam_flow"]
    missing = [f"{each.name}: {each.missing}" for each in (steam_flow, flow) if each.missing]
    percent = None
    if flow.value is not None and steam_flow.value is not None:
        if steam_flow.value > 0:
            percent = 100.0 * flow.value / steam_flow.value
        else:
            missing.append(f"return_percent: no steam flows, steam_flow is {steam_flow.value:g} t/hr")
    used = [*shown, *(batch for batch in inputs.batches(("condensate_flow", "steam_flow")))]
    return CondensateReturn(
        site=site,
        time=now_ns,
        return_percent=percent,
        steam_flow=steam_flow,
        condensate_flow=flow,
        origin=origin_of(used),
        missing=missing,
        meters=[
            CondensateMeterReadings(
                meter_id=meter_id,
                readings={batch.quantity: measured_of(batch, now_ns) for batch in found},
            )
            for meter_id, found in sorted(meters.items())
        ],
    )


def _valid(scores: Sequence[float]) -> int:
    return sum(score >= VALID_FROM for score in scores)

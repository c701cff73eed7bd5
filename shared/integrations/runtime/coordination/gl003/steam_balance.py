"""The balances as the service `balances` has last drawn them up, read from their virtual sensors."""

from collections.abc import Mapping, Sequence

from integrations.coordination.analyzer import has_sample, measured_of, origin_of
from integrations.messages import Balance, BalancedVariable, CleanBatch, Flag, NodeClosure, SteamBalance
from integrations.runtime.balances.config import BalanceConfig, MassBalance
from integrations.runtime.balances.virtual import virtual_id


def steam_balance(
    site: str, configs: Sequence[BalanceConfig], batches: Mapping[str, CleanBatch], now_ns: int
) -> SteamBalance:
    """Return every balance; what is not there is named in `missing`."""
    balances = [_balance(config, batches, now_ns) for config in configs]
    missing = [
        f"{variable.sensor_id}: {variable.missing}"
        for balance in balances
        for variable in balance.variables
        if variable.missing
    ]
    if not configs:
        missing.append("balances: none are configured")
    return SteamBalance(site=site, time=now_ns, balances=balances, missing=missing)


def _balance(config: BalanceConfig, batches: Mapping[str, CleanBatch], now_ns: int) -> Balance:
    variables = {name: _variable(config, name, batches, now_ns) for name in config.variables}
    ids = {name: variable.sensor_id for name, variable in variables.items()}
    used = [batches[sensor_id] for sensor_id in ids.values() if sensor_id in batches]
    return Balance(
        balance_id=config.balance_id,
        variables=list(variables.values()),
        nodes=[_closure(mass, variables) for mass in config.mass],
        origin=origin_of(used),
        suspects=[
            variable.measured_by
            for variable in variables.values()
            if variable.measured_by and variable.estimated
        ],
    )


def _variable(
    config: BalanceConfig, name: str, batches: Mapping[str, CleanBatch], now_ns: int
) -> BalancedVariable:
    sensor_id, measured_by = virtual_id(config.balance_id, name), config.variables[name].sensor
    batch = batches.get(sensor_id)
    role = config.role(name)
    if not has_sample(batch):
        return BalancedVariable(
            name=name,
            sensor_id=sensor_id,
            measured_by=measured_by,
            quantity=role.value,
            unit="",
            value=None,
            uncertainty=None,
            measured=None,
            estimated=False,
            flags=[],
            time=None,
            missing="nothing was heard of it; does the service balances run?",
        )
    reading = measured_of(batch, now_ns)
    return BalancedVariable(
        name=name,
        sensor_id=sensor_id,
        measured_by=measured_by,
        quantity=batch.quantity,
        unit=batch.unit,
        value=reading.value,
        uncertainty=reading.uncertainty,
        measured=batch.raw_value[-1] if batch.raw_value else None,
        estimated=bool(batch.flags[-1] & Flag.ESTIMATED),
        flags=reading.flags,
        time=reading.time,
        missing=_why(batch) if reading.value is None else None,
    )


def _why(batch: CleanBatch) -> str:
    return "it is old" if batch.flags[-1] & Flag.STALE else "nothing determines it"


def _closure(mass: MassBalance, variables: Mapping[str, BalancedVariable]) -> NodeClosure:
    inflow, outflow = _sum(mass.inflows, variables), _sum(mass.outflows, variables)
    imbalance = None if inflow is None or outflow is None else inflow - outflow
    percent = 100.0 * imbalance / inflow if imbalance is not None and inflow else None
    return NodeClosure(
        node=mass.node, inflow=inflow, outflow=outflow, imbalance=imbalance, imbalance_percent=percent
    )


def _sum(names: Sequence[str], variables: Mapping[str, BalancedVariable]) -> float | None:
    measured = [variables[name].measured for name in names]
    known = [value for value in measured if value is not None]
    return sum(known) if len(known) == len(measured) else None

"""The same comparison on a team's own engine, through Ibis, for snapshots that are tables there.

The statements of `bot.gates.compare.statements` are translated from DuckDB's dialect into the
engine's. Nothing but what differs leaves it. Ibis is the extra ``warehouse``, and every engine has
a driver of its own: ``pip install 'ibis-framework[postgres]'``.
"""

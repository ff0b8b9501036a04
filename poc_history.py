"""Time that agent_sdk.history takes for N steps of one agent (no network)."""
import time
from types import SimpleNamespace
from agent_sdk.history import _Reader
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import keccak
from agent_sdk.types import Event
import inspect, agent_sdk.types as t
def ev(name, block, index, tx, **args):
    fields = set(inspect.signature(Event).parameters)
    kw = dict(name=name, args=args, block=block, index=index, tx=tx)
    for f in fields - set(kw): kw[f] = "0x"+"00"*20 if "addr" in f or "emitter" in f else b""
    return Event(**{k:v for k,v in kw.items() if k in fields})
m = Manifest(name="x", instructions="y", tools=())
for n in (1000, 2000, 4000, 8000):
    job = SimpleNamespace(owner="a", target="a")
    market = [ev("InferenceRequested", 0, 0, b"t", id=b"i", job=job, due=0)]
    steps = []
    for k in range(n):
        tx = k.to_bytes(32, "big")
        market.append(ev("InferenceDelivered", k+1, 1, tx, id=b"i", run=k, decision=b"", provider="p", paid=1, due=1))
        steps.append(ev("Stepped", k+1, 0, tx, id=b"i", run=k, step=k, pinnedBlock=0, pinnedHash=b"", time=k, decisionHash=keccak(b""), result=0))
    r = _Reader(None, market, m, agent="a", check_blocks=False)
    t0 = time.perf_counter()
    for k, e in enumerate(steps): r.step(k, e)
    print(n, "steps:", round(time.perf_counter()-t0, 2), "s", r.findings[:1])

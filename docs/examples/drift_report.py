"""Profiles of single days, merged to a week, and compared with the days a model was trained on.

A day's rows are read once, where they arise; only its profile travels. Merging seven profiles gives
the bytes of one profile over all seven days. Writes drift.html into the working folder.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import mainspring as ms


def day(number: int, *, price_factor: float = 1.0, with_new_shop: bool = False) -> pa.Table:
    """Make the sales of one day."""
    random = np.random.default_rng(number)
    shops = ["north", "south", "east", *(["west"] if with_new_shop else [])]
    return pa.table(
        {
            "price": random.lognormal(3.0, 0.5, 500) * price_factor,
            "pieces": random.poisson(3, 500),
            "shop": random.choice(shops, 500),
        }
    )


def week(first: int, **changes: float | bool) -> ms.Profile:
    """Merge the profiles of seven days, as seven machines would send them."""
    sent = [ms.profile(day(first + i, **changes)).to_bytes() for i in range(7)]
    whole, *others = map(ms.Profile.from_bytes, sent)
    for other in others:
        whole.merge(other)
    return whole


reference = week(0)
rows = pa.concat_tables([day(i) for i in range(7)])
assert ms.profile(rows).to_bytes() == reference.to_bytes()

quiet = ms.detect_drift(reference, week(100))
print(f"a week like the first: {quiet.drifted}")

report = ms.detect_drift(reference, week(200, price_factor=1.3, with_new_shop=True))
print(report)
report.to_html("drift.html")
assert not quiet.drifted
assert report.drifted == ["shop", "price"]

"""Terms of survival and incidence curves that may be used: few events are gathered before a curve steps.

The events of one step are often fewer than the threshold, and then their count is withheld. A curve
that left them out would never fall; one that used them would give them away. They are gathered
instead: for every `threshold` of them the curve steps by `threshold`, and the rest waits. So a reader
learns of withheld counts only that together they have passed a multiple of the threshold. The curve
lags by fewer events than the threshold.
"""

import math
from collections.abc import Sequence

from equity_lib.disclosure.rules import Rules


def gathered(exact: Sequence[float], safe: Sequence[float], rules: Rules) -> list[float]:
    """Events of each step as a curve may use them.

    Parameters
    ----------
    exact, safe
        True counts, and published ones: NaN where a count is withheld.

    Returns
    -------
    list
        The published count where there is one, else 0 or the multiple of the threshold that the
        withheld ones have passed together; NaN where there is no true count.
    """
    made, waiting = [], 0.0
    for true, shown in zip(exact, safe, strict=True):
        if math.isnan(true) or not math.isnan(shown):
            made.append(shown)
            continue
        waiting += true
        steps = math.floor(waiting / rules.threshold) * rules.threshold
        waiting -= steps
        made.append(float(steps))
    return made


def curve_terms(kind: str, exact: Sequence[float], safe: Sequence[float], rules: Rules) -> list[float] | None:
    """Terms of a survival or incidence relation, safe to use; None from the first risk set that is too small.

    Parameters
    ----------
    kind
        `survival` (terms n d n d …) or `incidence` (n d c n d c …).
    """
    width = 2 if kind == "survival" else 3
    at_risk = list(safe[0::width])
    small = [n < rules.risk_set for n in exact[0::width]]
    if any(small) or any(math.isnan(n) for n in at_risk):
        return None
    columns = [at_risk]
    for offset in range(1, width):
        events = gathered(exact[offset::width], safe[offset::width], rules)
        # Of those at risk, and of a cause no more than of all: rounded and gathered apart they might be.
        columns.append([min(d, most) for d, most in zip(events, columns[-1], strict=True)])
    return [value for step in zip(*columns, strict=True) for value in step]

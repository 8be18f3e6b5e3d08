"""One iteration of pmp as pictures and in words: the maximisation layer by layer, and the trials of τ."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.panels import GLYPHS, plot
from autoencode_core.questions.control import Iteration
from autoencode_core.words import as_set, measured

Array = NDArray[Any]

PHASES = ("1 Forward", "2 Backward", "3 Maximise", "4 Accept")
"""The four phases of an iteration."""
_MAXIMISED = (
    r"\theta_n \approx \arg\max_\theta \; H_n(\theta) - \tfrac{1}{2\tau}|\theta - \theta_n^j|^2, \qquad "
)
_ACCEPTED = (
    r"J(\theta) \le J(\theta^j) - \tfrac{c}{\tau}\|\theta - \theta^j\|^2 "
    r"\;\Rightarrow\; \text{accept}, \quad \text{else} \quad \tau \leftarrow \tau/2"
)
_BY_EULER = (
    r"X_{n+1} = X_n + \delta F_n(X_n, \theta_n^j)",
    r"p_L = \tfrac{2}{N}(X_L - y), \qquad p_n = p_{n+1} + \delta\, (\partial_x F_n)^{\!\top} p_{n+1}",
    _MAXIMISED + r"H_n(\theta) = -\sum_i p_{n+1}^i \cdot F_n(X_n^i, \theta) - \lambda|\theta|^2",
    _ACCEPTED,
)
_BY_POINTS = (
    r"X_{n,s} = X_n + h \sum_{r<s} a_{sr} F_n(X_{n,r}, \theta_n^j), \qquad "
    r"X_n \leftarrow X_n + h \sum_s b_s F_n(X_{n,s}, \theta_n^j)",
    r"p_L = \tfrac{2}{N}(X_L - y), \qquad p_n = p_{n+1} + \sum_s (\partial_x F_n)^{\!\top} \kappa_{n,s}",
    _MAXIMISED + r"H_n(\theta) = -\tfrac{1}{\delta}\sum_{s,i} \kappa_{n,s}^i \cdot F_n(X_{n,s}^i, \theta) "
    r"- \lambda|\theta|^2",
    _ACCEPTED,
)


def formula(phase: int, scheme: str, substeps: int) -> str:
    """What a phase computes, in LaTeX; (X, κ) are the evaluation points of a layer.

    Args:
        phase: 0 to 3.
        scheme: name of the run's scheme.
        substeps: its sub-steps a layer.

    Source:
        docs/theory.md, sections 3 and 4.
    """
    return (_BY_EULER if (scheme, substeps) == ("euler", 1) else _BY_POINTS)[phase]


def phase_words(answer: Iteration, phase: int, tikhonov: float) -> str:
    """What a phase does with the real numbers of an iteration.

    Args:
        answer: what analysis.iteration says.
        phase: 0 to 3.
        tikhonov: λ of the run.
    """
    return (_forward_words, _backward_words, _maximise_words, _accept_words)[phase](answer, tikhonov)


def _forward_words(answer: Iteration, tikhonov: float) -> str:
    cost, data = answer["cost"], answer["data_term"]
    return (
        f"The particles go through the layers with the control of iteration {answer['iteration']:,}. "
        f"Where they arrive costs J = {measured(cost, 4)}: the data term {measured(data, 4)}, and λ‖θ‖² "
        f"= {measured(cost - data, 4)} "
        f"with λ = {as_set(tikhonov)}. Their states are kept for the next phases."
    )


def _backward_words(answer: Iteration, tikhonov: float) -> str:
    return (
        "From the end back to the start the costates tell, particle by particle, how the cost would change "
        "if the particle were moved there: p points where it grows, −p where it falls. Together with the "
        f"states they give the gradient, ‖∇J‖ = {measured(answer['gradient_norm'])}, without another pass."
    )


def _maximise_words(answer: Iteration, tikhonov: float) -> str:
    gain = answer["augmented"][-1] - answer["hamiltonian"]
    best = int(gain.argmax())
    steps = answer["inner_steps"]
    way = "one proximal step" if steps == 1 else f"{steps} proximal steps"
    return (
        "States and costates stay as they are, so every layer can look for its own θ, independently of all "
        f"others, by {way}. With τ = {measured(answer['tau'][-1])} the augmented Hamiltonian grows most in "
        f"layer {best + 1}, by {measured(gain[best], 2)}; the control moves by "
        f"{measured(answer['move'][-1])} in "
        "L²(0,T)."
    )


def _accept_words(answer: Iteration, tikhonov: float) -> str:
    cost, last, count = answer["cost"], float(answer["trial_cost"][-1]), len(answer["tau"])
    tried = f"{count} τ tried: " + ", ".join(measured(tau) for tau in answer["tau"]) + "."
    if not answer["accepted"]:
        return (
            f"{tried} None lowers J enough ({measured(last, 4)} at the last, {measured(cost, 4)} "
            "before): the control stays, "
            "and the training ends here."
        )
    change = f"{(last - cost) / cost if cost > 0 else 0.0:+.2%}".replace("-", "−")
    halved = f"{count - 1} halved, then one" if count > 1 else "The first is"
    return (
        f"{tried} {halved} accepted: J goes from {measured(cost, 4)} to {measured(last, 4)} ({change}), "
        "and had to reach "
        f"{measured(answer['bound'][-1], 4)}. So J never rises. The next iteration begins with "
        f"τ = {measured(answer['next_tau'])}."
    )


def maximise_figure(answer: Iteration, name: str, *, dark: bool = False) -> go.Figure:
    """The Hamiltonian of every layer before and after the step, or how far its control moves.

    Args:
        answer: what analysis.iteration says.
        name: "hamiltonian" or "move".
        dark: whether the page is dark.
    """
    layers = np.arange(1, len(answer["hamiltonian"]) + 1)
    if name == "move":
        role = theme.ROLES["penalty"]
        values = answer["trial_move"][-1]
        bars = {
            "type": "bar",
            "x": layers,
            "y": values,
            "marker": {"color": role.colour(dark)},
            "hovertemplate": "layer %{x}: moved by %{y:.3g}<extra></extra>",
        }
        axes = (_layers(layers, dark), theme.axis(dark, rangemode="tozero", nticks=5))
        entry = (GLYPHS["square"], role.colour(dark), "by the step")
        return plot(dark, "Way of θ in each layer", "|θₙ − θₙʲ|", [bars], [[entry]], axes, 220, 1)
    traces, entries = list[dict[str, Any]](), []
    for values, look, words in (
        (answer["hamiltonian"], "encoder", "Hₙ(θₙʲ), before"),
        (answer["augmented"][-1], "decoder", "after the step, less |Δθₙ|²/2τ"),
    ):
        role = theme.ROLES[look]
        traces.append(
            {
                "x": layers,
                "y": values,
                "mode": "lines+markers",
                "line": {"color": role.colour(dark), "dash": role.dash, "width": 1.6},
                "marker": {"symbol": role.symbol, "color": role.colour(dark), "size": theme.MARKER},
                "hovertemplate": f"layer %{{x}}<br>{words}: %{{y:.4g}}<extra></extra>",
            }
        )
        entries.append((GLYPHS[role.symbol], role.colour(dark), words))
    axes = (_layers(layers, dark), theme.axis(dark, nticks=5, tickformat="~g"))
    return plot(dark, "Hamiltonian of each layer", "to be made large", traces, [entries], axes, 220, 1)


def trials_figure(answer: Iteration, *, dark: bool = False) -> go.Figure:
    """J at every τ tried, beside J before and beside what it had to reach.

    Args:
        answer: what analysis.iteration says.
        dark: whether the page is dark.
    """
    tau, costs, bounds = answer["tau"], answer["trial_cost"], answer["bound"]
    accepted = np.zeros(len(tau), bool)
    accepted[-1] = answer["accepted"]
    ink, good, bad = (theme.colour(name, dark) for name in ("ink", "agree", "several"))
    marks = {
        "x": tau,
        "y": costs,
        "mode": "markers",
        "marker": {
            "symbol": ["circle" if yes else "x" for yes in accepted],
            "color": [good if yes else bad for yes in accepted],
            "size": 11,
        },
        "hovertemplate": "τ = %{x:.3g}: J = %{y:.5g}<extra></extra>",
    }
    reach = {
        "x": tau,
        "y": bounds,
        "mode": "markers",
        "marker": {"symbol": "line-ew-open", "size": 18, "color": ink, "line": {"width": 2}},
        "hovertemplate": "τ = %{x:.3g}: J must reach %{y:.5g}<extra></extra>",
    }
    cost = answer["cost"]
    before = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": cost, "y1": cost, "layer": "below"}
    before["line"] = {"color": theme.colour("muted", dark), "dash": "dot", "width": 1.4}
    entries = [
        (GLYPHS["circle"], good, "accepted"),
        (GLYPHS["x"], bad, "halved"),
        ("▬", ink, "J must reach this"),
        ("┈", theme.colour("muted", dark), "J before"),
    ]
    finite = np.isfinite(costs)
    spread = costs[finite].max(initial=cost) > 3 * cost > 0
    y = (
        power_axis([*costs[finite], *bounds[bounds > 0], cost], dark, most=5)
        if spread
        else theme.axis(dark, nticks=5)
    )
    x = power_axis([*tau, 1.3 * tau.max(), tau.min() / 1.3], dark, "length of the step τ")
    return plot(dark, "Trials", "cost J", [marks, reach], [entries], (x, y), 220, 2, shapes=[before])


def layers_table(answer: Iteration) -> dict[str, Sequence[Any]]:
    """The last trial layer by layer, as columns."""
    before = answer["hamiltonian"]
    return {
        "layer": list(range(1, len(before) + 1)),
        "hamiltonian": before.tolist(),
        "trial_hamiltonian": answer["trial_hamiltonian"][-1].tolist(),
        "augmented": answer["augmented"][-1].tolist(),
        "trial_move": answer["trial_move"][-1].tolist(),
    }


def trials_table(answer: Iteration) -> dict[str, Sequence[Any]]:
    """The trials of τ as columns."""
    count = len(answer["tau"])
    return {
        "tau": answer["tau"].tolist(),
        "trial_cost": answer["trial_cost"].tolist(),
        "bound": answer["bound"].tolist(),
        "move": answer["move"].tolist(),
        "accepted": [False] * (count - 1) + [answer["accepted"]],
    }


def _layers(layers: Array, dark: bool) -> dict[str, Any]:
    return theme.axis(dark, "layer n + 1", range=[0.4, len(layers) + 0.6], tickformat="d", nticks=8)

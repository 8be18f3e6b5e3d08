"""The figures of `gpu.py` in words and tables."""

from typing import Any

from report import table


def words(found: dict[str, Any], opening: str) -> str:
    """The figures as Markdown, after a sentence on where and what they are of."""
    parts = [
        f"{opening} float32; medians. Gradients were checked against autograd in float64 first (the "
        f"worst relative distance was {max(found['checks'].values()):.1e})."
    ]
    if "gradients" in found:
        head = ["one gradient", "engine", "ours, ms", "aim", "captured layers", "JAX", "diffrax"]
        head += ["the cost alone, ms", "TFLOP/s", "MiB beyond"]
        rows = [
            [
                name,
                row["engine"],
                f"{row['ours']:.3g}",
                _aim(row),
                *(f"{row[way]:.3g}" if way in row else "" for way in ("layered", "jax", "diffrax")),
                f"{row['cost']:.3g}",
                f"{row['tflops']:.3g}",
                f"{row['mib']:.0f}",
            ]
            for name, row in found["gradients"].items()
        ]
        parts.append(table(head, rows))
    if "iterations" in found:
        rows = [
            [
                name,
                f"{row['ms']:.3g}",
                f"{row['gradients']:.1f}" if "gradients" in row else "",
                f"{row['aim']:g} gradients" if "aim" in row else f"{row['aim_ms']:g} ms",
            ]
            for name, row in found["iterations"].items()
        ]
        parts.append(table(["one iteration, all that belongs to it", "ms", "in gradients", "at most"], rows))
    if "pauses" in found:
        each = ", ".join(f"{knob}: {ms:.0f} ms" for knob, ms in found["pauses"].items())
        parts.append(f"What the first gradient takes more than a steady one (aim: 3 s at most): {each}.")
    if "precision" in found:
        p = found["precision"]
        parts.append(
            f"L by `precision`: highest {p['highest']:.3g} ms, fast {p['fast']:.3g} ms; the gradients are "
            f"{p['off']:.1e} apart, relatively."
        )
    if "scale" in found:
        each = ", ".join(f"{n}: {s:.3g} s" for n, s in found["scale"]["seconds"].items())
        parts.append(
            f"A gradient of S on particles in the host's memory: {each} (exponent "
            f"{found['scale']['exponent']:.2f})."
        )
    if found.get("mnist"):
        m = found["mnist"]
        parts.append(f"MNIST, {m['images']:,} images, adam, batches of 256: {m['seconds']:.2f} s a pass.")
    if "crossovers" in found:
        devices = [key for key in next(iter(found["crossovers"].values())) if key != "flops"]
        rows = [
            [name, f"{row['flops']:.1e}", *(f"{row[device]:.3g}" for device in devices)]
            for name, row in found["crossovers"].items()
        ]
        parts.append(table(["one iteration", "flops of a gradient", *(f"{d}, ms" for d in devices)], rows))
    if found["left_out"]:
        parts.append(f"No time was left for: {', '.join(found['left_out'])}.")
    return "\n\n".join(parts)


def _aim(row: dict[str, Any]) -> str:
    if row["aim"]:
        return f"{row['aim']:g} ms"
    return f"{row['jax_ahead']:g} × ahead of JAX" if row["jax_ahead"] else ""

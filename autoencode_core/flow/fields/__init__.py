"""The controlled fields, one file each, and their registry. Importable without torch.

To add one: a file with a subclass of `Field`, and its class in `FIELDS`; RunSpec, the engines, the analyses,
the store and the tests then know it.
"""

from autoencode_core.flow.fields.field import Field as Field
from autoencode_core.flow.fields.single_layer import SingleLayer as SingleLayer
from autoencode_core.flow.fields.two_layer import TwoLayer as TwoLayer

FIELDS: dict[str, type[Field]] = {kind.name: kind for kind in (SingleLayer, TwoLayer)}
"""The fields by the name that RunSpec.field uses."""


def controlled_field(name: str, activation: str, expansion: int, hidden: int | None = None) -> Field:
    """The field of a spec.

    Args:
        name: RunSpec.field.
        activation: RunSpec.activation.
        expansion: RunSpec.expansion; only some fields read it.
        hidden: RunSpec.hidden, likewise.
    """
    kind = FIELDS[name]
    return kind(activation, expansion, hidden or 0) if kind.expands else kind(activation)

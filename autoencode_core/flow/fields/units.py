"""What the fields share whose hidden units σ(W x + b) drive the components. Importable without torch."""

from typing import TYPE_CHECKING

from autoencode_core.flow.fields.field import Field
from autoencode_core.flow.shape import Layer

if TYPE_CHECKING:
    from torch import Tensor

    from autoencode_core.flow.fields.hidden import HiddenPoint


class UnitField(Field):
    """A field of hidden units: its derivatives are those of `HiddenPoint`."""

    def pullback(self, theta: Layer, x: "Tensor", v: "Tensor") -> tuple["Tensor", Layer]:
        return self.at(theta, x).pullback(v)

    def at(self, theta: Layer, x: "Tensor") -> "HiddenPoint":
        from autoencode_core.flow.fields.hidden import HiddenPoint

        return HiddenPoint(self, theta, x)

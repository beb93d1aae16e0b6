"""The field of a serial number, as the desk sends it."""

from typing import Any

from api.schemas import Text
from models import serials


class Serial(Text):
    """A serial number, taken in its normal form: capitals, half-width, nothing invisible."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return serials.normal(super()._deserialize(value, *args, **kwargs))

"""The model of `catalog/images.yaml`: what the product's own images are built from (R-IMG-2)."""

import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.model import Model


def _day(value: str) -> str:
    try:
        datetime.date.fromisoformat(value)
    except ValueError as error:
        raise ValueError('is no day of the calendar; write it like "2027-05-31"') from error
    return value


Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)]
"""A day of the calendar; in this form later days sort after earlier ones."""


ImageRole = Literal["builder", "runtime"]
"""What an image is for: a misspelt one would silence the warning of D-11."""


class BaseImage(Model):
    """An image that the product's images are built from or on."""

    image: Annotated[str, Field(pattern=r"^[a-z0-9./-]+:[A-Za-z0-9._-]+$")]
    """The pinned image."""

    supported_until: Day | None = None
    """The last day on which its makers mend security holes; `mpk check` warns after it (D-11)."""

    def unsupported(self, today: datetime.date) -> bool:
        """Whether nobody mends it any more."""
        return self.supported_until is not None and self.supported_until < today.isoformat()

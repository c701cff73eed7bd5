"""What GL-003 cannot answer, and why."""

from enum import StrEnum
from typing import Any


class Refusal(StrEnum):
    """`payload["error"]["code"]` of an answer that is none."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_SENSOR = "unknown_sensor"
    UNKNOWN_DEVICE = "unknown_device"
    SERVICE_AWAY = "service_away"
    NO_ANSWER = "no_answer"
    """Whether anything was done is not known."""
    REFUSED = "refused"
    READ_FAILED = "read_failed"
    WRITE_REFUSED = "write_refused"


class RefusedError(Exception):
    """Raised where there is no answer; becomes the response."""

    def __init__(self, code: Refusal, reason: str) -> None:
        super().__init__(reason)
        self.code = code

    def payload(self) -> dict[str, Any]:
        """Return what the asking agent is told."""
        return {"error": {"code": self.code.value, "reason": str(self)}}

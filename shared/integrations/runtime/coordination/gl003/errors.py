"""What GL-003 cannot answer, and why."""

from enum import StrEnum

from integrations.coordination.letters.responses import RefusedError


class Reason(StrEnum):
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


class NoAnswerError(RefusedError):
    """Raised where there is no answer; the agent that asked is told, and nothing is tried again.

    `told` is whether a device's service has had the request, and has told of it itself.
    """

    def __init__(self, reason: Reason, text: str, *, told: bool = False) -> None:
        super().__init__(reason, text)
        self.told = told

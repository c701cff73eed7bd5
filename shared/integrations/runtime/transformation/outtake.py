"""From clean batches to messages on CLEAN."""

from collections.abc import Mapping

from integrations.bus import Outgoing
from integrations.messages import CleanBatch, ContentType, Header, Subjects, encode
from integrations.runtime.process.tracing import stamp_made


class CleanWriter:
    """Writes clean batches; a batch made again from the same raw messages has the same id.

    `one_by_one` sends what stands behind one fence one after the other, as a replicated stream wants it:
    it has no more than one message in process that expects the sequence of the same subject.
    """

    def __init__(self, site: str, content_type: ContentType, *, one_by_one: bool = False) -> None:
        self._one_by_one = one_by_one
        self._subjects = Subjects(site)
        self._content_type = content_type

    def write(
        self, batch: CleanBatch, raw_headers: Mapping[str, str], fence: Mapping[str, str] = {}
    ) -> Outgoing:
        """Return the message; it continues the trace of the newest raw message in it, behind `fence`."""
        subject = self._subjects.clean(batch.device_class, batch.sensor_id)
        headers: dict[str, str] = {Header.CONTENT_TYPE: self._content_type, **fence}
        stamp_made(raw_headers, headers, subject)
        message_id = f"{subject}-{batch.raw_sequence}-{batch.time[0]}"
        lane = fence.get(Header.EXPECTED_SUBJECT, "") if self._one_by_one else ""
        return Outgoing(subject, encode(batch, self._content_type), headers, message_id, lane)

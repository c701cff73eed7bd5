"""A chunk of raw messages: read, cleaned, published; what cannot be is dead, with its reason."""

from collections.abc import Sequence

import structlog

from integrations.bus import Outgoing, Publisher, PublishRefusedError, Received, Refusal
from integrations.messages import CleanBatch, MessageError, Severity, Subjects
from integrations.runtime.events import EventReporter
from integrations.runtime.process.exceptions import one_line
from integrations.runtime.process.tracing import processing
from integrations.runtime.transformation.coverage import Coverage
from integrations.runtime.transformation.dead_letters import dead_letter
from integrations.runtime.transformation.intake import Dead, Intake, Usable
from integrations.runtime.transformation.outtake import CleanWriter
from integrations.runtime.transformation.tally import Tally
from integrations.transformation import Cleaner, TransformationError

log = structlog.get_logger(__name__)


class ChunkWork:
    """What is done with a chunk; returns once everything that came of it is stored.

    `coverage` is what CLEAN has already of what may come again.
    """

    def __init__(
        self,
        site: str,
        cleaner: Cleaner,
        writer: CleanWriter,
        publisher: Publisher,
        events: EventReporter,
        tally: Tally,
    ) -> None:
        self.intake = Intake()
        self.coverage = Coverage({})
        self.readings = self.batches = self.dead = 0
        self._site = site
        self._cleaner = cleaner
        self._writer = writer
        self._publisher = publisher
        self._events = events
        self._tally = tally

    async def do(self, chunk: Sequence[Received]) -> list[CleanBatch]:
        """Clean and publish; return what is clean."""
        messages = {message.stream_sequence: message for message in chunk}
        with processing(Subjects(self._site).every("raw"), [message.headers for message in chunk]):
            usable, dead = self.intake.read(chunk)
            clean, unusable = self._clean(usable, messages)
            dead += unusable
            dead += await self._publish_clean(clean, messages)
            await publish(self._publisher, [dead_letter(self._site, one) for one in dead])
        self.batches += len(usable)
        self.readings += sum(len(batch.time) for batch in clean)
        self._tally.count(chunk, clean)
        for one in dead:
            self._on_dead(one)
        return clean

    def _clean(
        self, usable: list[Usable], messages: dict[int, Received]
    ) -> tuple[list[CleanBatch], list[Dead]]:
        """Clean a chunk at once, or message by message where one is unusable or covered already."""
        if usable and usable[0].sequence > self.coverage.end:
            try:
                return self._cleaner.clean((one.sequence, one.batch) for one in usable), []
            except Exception as error:  # noqa: BLE001  # the message at fault is found below, alone
                log.info("a chunk is cleaned message by message", reason=one_line(error))
        clean: list[CleanBatch] = []
        dead: list[Dead] = []
        for one in usable:
            try:
                batches = self._cleaner.clean([(one.sequence, one.batch)])
            except TransformationError as error:
                dead.append(Dead(messages[one.sequence], str(error)))
            except Exception as error:  # no message may stop all that come behind it
                log.exception("a message cannot be cleaned", sequence=one.sequence)
                dead.append(Dead(messages[one.sequence], one_line(error)))
            else:
                clean += [batch for batch in batches if not self.coverage.covers(batch)]
        return clean, dead

    async def _publish_clean(self, clean: list[CleanBatch], messages: dict[int, Received]) -> list[Dead]:
        """Publish, and return the raw messages of which something could not be."""
        outgoing: list[Outgoing] = []
        dead: dict[int, Dead] = {}
        sequences: dict[str, int] = {}
        for batch in clean:
            message = messages[batch.raw_sequence]
            try:
                written = self._writer.write(batch, message.headers)
            except MessageError as error:
                dead[batch.raw_sequence] = Dead(message, str(error))
                continue
            outgoing.append(written)
            sequences[written.message_id] = batch.raw_sequence
        for refusal in await publish(self._publisher, outgoing):
            sequence = sequences[refusal.message.message_id]
            dead[sequence] = Dead(messages[sequence], f"{refusal.message.subject}: {refusal.reason}")
        return list(dead.values())

    def _on_dead(self, dead: Dead) -> None:
        self.dead += 1
        subject = dead.message.subject
        log.warning("message cannot be processed", subject=subject, reason=dead.reason)
        self._events.tell(subject, "dead_letter", f"{subject}: {dead.reason}", Severity.WARNING)


async def publish(publisher: Publisher, outgoing: Sequence[Outgoing]) -> tuple[Refusal, ...]:
    """Publish, and return what can never be stored."""
    try:
        await publisher.publish_all(outgoing)
    except PublishRefusedError as error:
        for refusal in error.refusals:
            log.warning("publish was refused", subject=refusal.message.subject, reason=refusal.reason)
        return error.refusals
    return ()

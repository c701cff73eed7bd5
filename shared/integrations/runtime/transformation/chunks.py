"""A chunk of raw messages: read, cleaned, published; what cannot be is dead, with its reason."""

from collections.abc import Sequence
from functools import partial

import structlog

from integrations.bus import Outgoing, Publisher, PublishRefusedError, Received, Refusal, patiently
from integrations.messages import CleanBatch, MessageError, Severity, Subjects, split_stored
from integrations.runtime.events import EventReporter
from integrations.runtime.process.exceptions import one_line
from integrations.runtime.process.tracing import processing
from integrations.runtime.transformation.coverage import Coverage, Numbered
from integrations.runtime.transformation.dead_letters import Buried, dead_letter
from integrations.runtime.transformation.fences import WRONG_LAST_SEQUENCE
from integrations.runtime.transformation.intake import Dead, Intake, Usable
from integrations.runtime.transformation.outtake import CleanWriter
from integrations.runtime.transformation.replica import Replica
from integrations.runtime.transformation.tally import Tally
from integrations.transformation import Cleaner, TransformationError

log = structlog.get_logger(__name__)


class ChunkWork:
    """What is done with a chunk; returns once everything that came of it is stored.

    `coverage` is what CLEAN has already of what may come again. What came of a partition that is another
    replica's by now is not stored, and not returned: the other one does that.
    """

    def __init__(
        self,
        site: str,
        cleaner: Cleaner,
        writer: CleanWriter,
        publisher: Publisher,
        events: EventReporter,
        tally: Tally,
        replica: Replica,
        buried: Buried,
    ) -> None:
        self.intake = Intake()
        self.coverage = Coverage()
        self.readings = self.batches = self.dead = 0
        self._site = site
        self._cleaner = cleaner
        self._writer = writer
        self._publisher = publisher
        self._events = events
        self._tally = tally
        self._replica = replica
        self._buried = buried

    async def do(self, chunk: Sequence[Received]) -> list[CleanBatch]:
        """Clean and publish; return what is clean."""
        messages = {message.stream_sequence: message for message in chunk}
        with processing(Subjects(self._site).every("raw"), [message.headers for message in chunk]):
            usable, dead = self.intake.read(chunk)
            clean, unusable = self._clean(usable, messages)
            clean, unsendable = await self._publish_clean(clean, messages)
            dead = await patiently(partial(self._buried.fresh, dead + unusable + unsendable))
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
        """Clean a chunk, what CLEAN has already for the state only."""
        chunk = [(one.sequence, one.batch) for one in usable]
        if not chunk or chunk[0][0] > self.coverage.end:
            return self._cleaned(chunk, messages)
        covered, fresh = self.coverage.split(chunk)
        _, dead = self._cleaned(covered, messages)
        clean, more = self._cleaned(fresh, messages)
        return clean, [*{one.message.stream_sequence: one for one in (*dead, *more)}.values()]

    def _cleaned(
        self, chunk: list[Numbered], messages: dict[int, Received]
    ) -> tuple[list[CleanBatch], list[Dead]]:
        """Clean a chunk at once, or message by message where one is unusable."""
        try:
            return self._cleaner.clean(chunk), []
        except Exception as error:  # noqa: BLE001  # the message at fault is found below, alone
            log.info("a chunk is cleaned message by message", reason=one_line(error))
        clean: list[CleanBatch] = []
        dead: list[Dead] = []
        for sequence, batch in chunk:
            try:
                clean += self._cleaner.clean([(sequence, batch)])
            except TransformationError as error:
                dead.append(Dead(messages[sequence], str(error)))
            except Exception as error:  # no message may stop all that come behind it
                log.exception("a message cannot be cleaned", sequence=sequence)
                dead.append(Dead(messages[sequence], one_line(error)))
        return clean, dead

    async def _publish_clean(
        self, clean: list[CleanBatch], messages: dict[int, Received]
    ) -> tuple[list[CleanBatch], list[Dead]]:
        """Publish; return what is stored, and the raw messages of which something can never be."""
        stored: list[CleanBatch] = []
        dead: dict[int, Dead] = {}
        while clean:
            written = self._written(clean, messages, dead)
            refusals = await publish(self._publisher, [message for message, _ in written])
            refused = {refusal.message.message_id: refusal for refusal in refusals}
            clean = []
            for message, batch in written:
                refusal = refused.get(message.message_id)
                if refusal is None:
                    stored.append(batch)
                elif refusal.code == WRONG_LAST_SEQUENCE:
                    clean.append(batch)
                else:
                    reason = f"{message.subject}: {refusal.reason}"
                    dead[batch.raw_sequence] = Dead(messages[batch.raw_sequence], reason)
            if clean:  # behind a fence that is no longer the newest: is it ours to put another?
                await patiently(self._replica.confirm)
        return stored, list(dead.values())

    def _written(
        self, clean: list[CleanBatch], messages: dict[int, Received], dead: dict[int, Dead]
    ) -> list[tuple[Outgoing, CleanBatch]]:
        """Write what is of our partitions; what cannot be written goes to `dead`."""
        written: list[tuple[Outgoing, CleanBatch]] = []
        for batch in clean:
            message = messages[batch.raw_sequence]
            fence = self._replica.headers(split_stored(message.subject)[0])
            if fence is None:
                continue
            try:
                written.append((self._writer.write(batch, message.headers, fence), batch))
            except MessageError as error:
                dead[batch.raw_sequence] = Dead(message, str(error))
        return written

    def _on_dead(self, dead: Dead) -> None:
        self.dead += 1
        subject = split_stored(dead.message.subject)[1]
        log.warning("message cannot be processed", subject=subject, reason=dead.reason)
        self._events.tell(subject, "dead_letter", f"{subject}: {dead.reason}", Severity.WARNING)


async def publish(publisher: Publisher, outgoing: Sequence[Outgoing]) -> tuple[Refusal, ...]:
    """Publish, and return what can never be stored."""
    try:
        await publisher.publish_all(outgoing)
    except PublishRefusedError as error:
        for refusal in error.refusals:
            if refusal.code != WRONG_LAST_SEQUENCE:
                log.warning("publish was refused", subject=refusal.message.subject, reason=refusal.reason)
        return error.refusals
    return ()

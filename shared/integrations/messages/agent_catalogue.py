"""Which message travels on which subject between agents."""

from .agents import AgentHeartbeat, AgentList, AgentMessage, AgentProfile
from .channel import Channel
from .collaboration import (
    CollaborationAnswer,
    CollaborationInvitation,
    CollaborationProposal,
    CollaborationResult,
    CollaborationVote,
)
from .headers import Header
from .state import StateEntry
from .task_records import TaskRecord, WorkerSign
from .task_requests import TaskAnswer, TaskCancellation, TaskList, TasksRequest
from .tasks import AgentTask

_TRACED = (Header.TRACEPARENT,)
_MAIL = (Header.MESSAGE_ID, Header.TTL, Header.TRACEPARENT)

AGENT_CHANNELS = (
    Channel(
        "inbox",
        "gl.agent.<agent_id>.inbox.<priority>",
        "Mail for one agent, p1 (critical) to p5 (background): work queue AGENTS, removed once acknowledged. "
        "Where agents have accounts of their own, the server puts the sender behind this subject and those "
        "of ask, reply, role, broadcast and of collaborations",
        AgentMessage,
        _MAIL,
    ),
    Channel(
        "reply",
        "gl.agent.<agent_id>.reply.<message_id>",
        "The answer to mail that the agent has sent, or why there is none; not stored",
        AgentMessage,
        _TRACED,
    ),
    Channel(
        "ask",
        "gl.agent.<agent_id>.ask",
        "Request to an agent that is there now, at most once; queue group = agent id; not stored",
        AgentMessage,
        _TRACED,
        is_reply=True,
        request=AgentMessage,
    ),
    Channel(
        "role",
        "gl.agent.role.<role>",
        "Messages to every agent of a role: stream NOTICES",
        AgentMessage,
        _MAIL,
    ),
    Channel(
        "broadcast", "gl.agent.broadcast", "Messages to every agent: stream NOTICES", AgentMessage, _MAIL
    ),
    Channel("heartbeat", "gl.agent.<agent_id>.heartbeat", "An agent is alive; not stored", AgentHeartbeat),
    Channel(
        "profile",
        "$KV.gl_agents.profile.<agent_id>",
        "Who an agent is and what it can do: the key-value bucket gl_agents",
        AgentProfile,
    ),
    Channel(
        "presence",
        "$KV.gl_agents.presence.<agent_id>",
        "The last heartbeat of an agent; forgotten by the server when Nats-TTL is over",
        AgentHeartbeat,
        (Header.TTL,),
    ),
    Channel(
        "task",
        "gl.task.<priority>.<task_type>",
        "A task that waits for somebody, p1 to p5: work queue TASKS",
        AgentTask,
        (Header.MESSAGE_ID,),
    ),
    Channel(
        "task_schedule",
        "gl.task.schedule.<task_id>",
        "A task that the server is to put on the subject in Nats-Schedule-Target later, or again and again",
        AgentTask,
        (Header.SCHEDULE, Header.SCHEDULE_TARGET, Header.TTL),
    ),
    Channel(
        "worker",
        "$KV.gl_agents.worker.<agent_id>.<life>",
        "A life of an agent that does tasks goes on; forgotten by the server when Nats-TTL is over",
        WorkerSign,
        (Header.TTL,),
    ),
    Channel(
        "task_record",
        "$KV.gl_tasks.<task_id>",
        "How a task is: the key-value bucket gl_tasks, written by compare-and-set; an AgentTask with more",
        TaskRecord,
        (Header.EXPECTED_SEQUENCE,),
    ),
    Channel(
        "collab_invitation",
        "gl.collab.<collaboration_id>.invitation",
        "Agents are asked to work on something together",
        CollaborationInvitation,
        (Header.MESSAGE_ID,),
    ),
    Channel(
        "collab_answer",
        "gl.collab.<collaboration_id>.answer",
        "An invited agent accepts or declines",
        CollaborationAnswer,
        (Header.MESSAGE_ID,),
    ),
    Channel(
        "collab_proposal",
        "gl.collab.<collaboration_id>.proposal",
        "What a participant proposes",
        CollaborationProposal,
        (Header.MESSAGE_ID,),
    ),
    Channel(
        "collab_vote",
        "gl.collab.<collaboration_id>.vote",
        "What a participant thinks of a proposal",
        CollaborationVote,
        (Header.MESSAGE_ID,),
    ),
    Channel(
        "collab_result",
        "gl.collab.<collaboration_id>.result",
        "What came of it",
        CollaborationResult,
        (Header.MESSAGE_ID,),
    ),
    Channel(
        "state",
        "$KV.gl_state.<agent_id>.<key>",
        "Shared state: the key-value bucket gl_state, written by compare-and-set",
        StateEntry,
    ),
    Channel(
        "agents",
        "gl.<site>.svc.coordination.<instance>.agents",
        "Who there is and how they are",
        AgentList,
        is_reply=True,
    ),
    Channel(
        "tasks",
        "gl.<site>.svc.coordination.<instance>.tasks",
        "Open tasks in pages, or one by its id",
        TaskList,
        is_reply=True,
        request=TasksRequest,
    ),
    Channel(
        "submit_task",
        "gl.<site>.svc.coordination.<instance>.submit_task",
        "A task put into the queue; under one id it is done once",
        TaskAnswer,
        is_reply=True,
        request=AgentTask,
    ),
    Channel(
        "cancel_task",
        "gl.<site>.svc.coordination.<instance>.cancel_task",
        "A task that is not to be done any more",
        TaskAnswer,
        is_reply=True,
        request=TaskCancellation,
    ),
)

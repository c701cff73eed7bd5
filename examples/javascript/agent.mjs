// GL-008 in JavaScript: an agent written from schemas/asyncapi.yaml alone, with nats.js.
// npm install && NATS_URL=nats://127.0.0.1:4222 node agent.mjs
import { randomUUID } from "node:crypto";
import { connect, headers } from "@nats-io/transport-node";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";

const ME = "GL-008", HEARTBEAT_MS = 30_000, OFFLINE_SECONDS = 60;
const connection = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222" });
const stream = jetstream(connection), manager = await jetstreamManager(connection);
const now = () => new Date().toISOString();
const waiting = new Map();

const actions = { // what it can do: a payload in, a payload out
  trap_status: ({ traps = [] }) => ({ leaking: traps.filter((trap) => trap.temperature_c > 95).map((trap) => trap.id) }),
};

function message(recipient_id, message_type, payload, more = {}) {
  return { message_id: randomUUID(), sender_id: ME, recipient_id, message_type, priority: 3, timestamp: now(),
    payload, ttl: 60, ...more };
}

function answer(asked) {
  let payload;
  try {
    const action = Object.hasOwn(actions, asked.payload.action) ? actions[asked.payload.action] : null;
    payload = action ? action(asked.payload)
      : { error: { code: "no_handler", reason: `${ME} has no handler for ${asked.payload.action}` } };
  } catch (error) {
    payload = { error: { code: asked?.payload ? "handler_failed" : "malformed", reason: String(error) } };
  }
  return JSON.stringify(message(asked?.sender_id ?? "unknown", "response", payload, { correlation_id: asked?.message_id }));
}

// Anybody may send anything: undefined is what is no JSON.
const read = (msg) => { try { return msg.json(); } catch { return undefined; } };

function withTtl(seconds) {
  const lines = headers();
  lines.set("Nats-TTL", `${seconds}s`);
  return lines;
}

async function request(recipient, action, payload) { // kept by the bus until the recipient reads it
  const asked = message(recipient, "request", { ...payload, action }, { requires_response: true });
  const answered = new Promise((resolve) => waiting.set(asked.message_id, resolve));
  await stream.publish(`gl.agent.${recipient}.inbox.p3`, JSON.stringify(asked),
    { msgID: `${recipient}.${asked.message_id}`, headers: withTtl(asked.ttl) });
  return answered;
}

async function beat() {
  const heartbeat = JSON.stringify({ agent_id: ME, timestamp: now() });
  connection.publish(`gl.agent.${ME}.heartbeat`, heartbeat);
  await stream.publish(`$KV.gl_agents.presence.${ME}`, heartbeat, { headers: withTtl(OFFLINE_SECONDS) });
}

// Answers to what it asks; questions of those who want an answer now.
connection.subscribe(`gl.agent.${ME}.reply.*`, { callback: (_, msg) => {
  const response = read(msg);
  waiting.get(response?.correlation_id)?.(response.payload);
  waiting.delete(response?.correlation_id);
} });
connection.subscribe(`gl.agent.${ME}.ask`, { queue: ME, callback: (_, msg) => msg.respond(answer(read(msg))) });

// Who it is, and that it is there.
await stream.publish(`$KV.gl_agents.profile.${ME}`, JSON.stringify({ agent_id: ME, role: "monitoring" }));
await beat();
setInterval(beat, HEARTBEAT_MS);
console.log(JSON.stringify(await request("GL-001", "register_agent", {})));

// Its mail.
await manager.consumers.add("AGENTS", { durable_name: `inbox-${ME}`, ack_policy: "explicit",
  filter_subject: `gl.agent.${ME}.inbox.*` });
for await (const mail of await (await stream.consumers.get("AGENTS", `inbox-${ME}`)).consume()) {
  const asked = read(mail), token = /^[A-Za-z0-9_-]+$/;
  if (!asked?.payload || !token.test(asked.sender_id) || !token.test(asked.message_id)) { mail.term("no message"); continue; }
  if (asked.requires_response) connection.publish(`gl.agent.${asked.sender_id}.reply.${asked.message_id}`, answer(asked));
  mail.ack();
}

// The event stream: one connection of a page, whatever it shows. It reconnects by itself, and misses nothing (Last-Event-ID).
import type { webhooks } from "./schema";

export type GatewayEvent = { id: number; kind: string; at: string; callId: string | null; contact: number | null; data: unknown };
export type Connection = "connecting" | "live" | "broken";

/** What pages load again after: each is an event of the API's catalogue. */
const kinds: (keyof webhooks)[] = [
  "call.started", "call.ringing", "call.queued", "call.answered", "call.ended", "call.missed", "call.refused", "call.abandoned",
  "agent.state_changed", "permission.requested", "permission.granted", "permission.declined", "permission.expired", "permission.revoked",
  "window.opened", "balance.topped_up", "balance.low", "balance.exhausted", "channel.restricted", "channel.drifted", "channel.updated",
  "voicemail.left",
];

const retry = 3000;
const listeners = new Set<(event: GatewayEvent) => void>();
const watchers = new Set<(state: Connection) => void>();
let source: EventSource | null = null;
let timer = 0;
let last = "";

export let connection: Connection = "connecting";

function become(state: Connection): void {
  if (state === connection) return;
  connection = state;
  for (const watch of watchers) watch(state);
}

/** Opens the stream; `onRefused` is told where it does not open, to look whether the session holds. */
export function openStream(onRefused: () => void): void {
  closeStream();
  source = new EventSource(`/v1/events/stream${last ? `?after=${last}` : ""}`);
  source.onopen = () => become("live");
  source.onerror = () => {
    become("broken");
    if (source?.readyState !== EventSource.CLOSED) return;
    onRefused();
    timer = window.setTimeout(() => openStream(onRefused), retry);
  };
  for (const kind of kinds)
    source.addEventListener(kind, (message: MessageEvent<string>) => {
      last = message.lastEventId;
      const event = JSON.parse(message.data) as GatewayEvent;
      for (const listen of listeners) listen(event);
    });
}

export function closeStream(): void {
  window.clearTimeout(timer);
  source?.close();
  source = null;
}

export function listen(listener: (event: GatewayEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function watch(watcher: (state: Connection) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

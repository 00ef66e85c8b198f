// One tab of the browser is the phone: the one that holds a lock. The others show what it shows, and what is done in them is done by it. Where it
// is closed, the next becomes the phone.
import { useEffect, useState } from "preact/hooks";
import type { Line } from "./line";
import { type Command, isOff, type PhoneView, switchedOff } from "./view";

type Message = { kind: "hello"; agent: string } | { kind: "view"; view: PhoneView } | { kind: "command"; command: Command };

const name = "gateway-phone";
const channel = new BroadcastChannel(name);
const watchers = new Set<(view: PhoneView) => void>();

let view: PhoneView = switchedOff;
let line: Line | null = null;

/** Where this tab is the phone, or waits to be: aborted, it is not to be it any more. */
let turn: AbortController | null = null;
let agent = "";

function show(next: PhoneView): void {
  view = next;
  for (const watch of watchers) watch(view);
}

/** Of the tab that is the phone. */
function tell(change: Partial<PhoneView>): void {
  show({ ...view, ...change });
  channel.postMessage({ kind: "view", view } satisfies Message);
}

/** This tab is not the phone any more, nor waits to be. */
function stop(): void {
  turn?.abort();
  turn = null;
  if (line) line.act({ do: "off" });
  else show(switchedOff);
}

channel.onmessage = (event: MessageEvent<Message>) => {
  const message = event.data;
  if (message.kind === "command") take(message.command);
  else if (message.kind === "hello") {
    // A browser has one session: that of this phone is over.
    if (message.agent !== agent) stop();
    else if (line) tell({});
  } else if (!line) {
    if (message.view.link === "off") return stop();
    show(message.view);
    if (!isOff(view.link) && isKept()) wait();
  }
};

/** Whose phone it is lasts over reloads; a session of somebody else does not begin with it. */
function keep(isOn: boolean): void {
  try {
    if (isOn) localStorage.setItem("phone", agent);
    else localStorage.removeItem("phone");
  } catch {
    // It holds for this page then.
  }
}

function isKept(): boolean {
  try {
    return localStorage.getItem("phone") === agent;
  } catch {
    return false;
  }
}

/**
 * Looks whether another tab is the phone, and becomes it where it was on before. The phone of another agent is switched off.
 * @param of The agent; empty: who is logged in has no phone.
 */
export function openPhone(of: string): void {
  if (agent !== of) stop();
  agent = of;
  channel.postMessage({ kind: "hello", agent } satisfies Message);
  if (isKept()) wait();
}

export function switchOn(): void {
  keep(true);
  wait();
}

/** Waits for its turn to be the phone. */
function wait(): void {
  if (turn) return;
  // Both are there on https and on this machine alone.
  if (!navigator.locks || !navigator.mediaDevices) return show({ ...view, link: "insecure" });
  if (isOff(view.link)) show({ ...view, link: "connecting" });
  const mine = (turn = new AbortController());
  void navigator.locks.request(name, { signal: mine.signal }, () => serve(mine.signal)).catch(() => {}).finally(() => {
    if (turn === mine) turn = null;
  });
}

/** Is the phone until it is switched off. */
async function serve(turn: AbortSignal): Promise<void> {
  const loaded = await import("./line").catch(() => null);
  if (turn.aborted) return;
  if (!loaded) return tell({ ...switchedOff, link: "failed" });
  await new Promise<void>((close) => {
    // What one that is closed still hears of is no longer shown.
    const mine = new loaded.Line(() => view, (change) => line === mine && tell(change), () => {
      line = null;
      close();
    });
    line = mine;
    void mine.open();
  });
}

export function act(command: Command): void {
  if (command.do === "off") keep(false);
  if (!line) channel.postMessage({ kind: "command", command } satisfies Message);
  take(command);
}

/** Does it where this tab is the phone. */
function take(command: Command): void {
  if (command.do === "off") stop();
  else line?.act(command);
}

/** What the microphone hears, 0 to 1; 0 in a tab that is not the phone. */
export function level(): number {
  return line?.level() ?? 0;
}

export function usePhone(): PhoneView {
  const [now, setNow] = useState(view);
  useEffect(() => {
    setNow(view);
    watchers.add(setNow);
    return () => void watchers.delete(setNow);
  }, []);
  return now;
}

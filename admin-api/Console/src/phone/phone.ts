// One tab of the browser is the phone: the one that holds a lock. The others show what it shows, and what is done in them is done by it. Where it
// is closed, the next becomes the phone.
import { useEffect, useState } from "preact/hooks";
import type { Line } from "./line";
import { type Command, type PhoneView, switchedOff } from "./view";

type Message = { kind: "hello" } | { kind: "view"; view: PhoneView } | { kind: "command"; command: Command };

const name = "gateway-phone";
const channel = new BroadcastChannel(name);
const watchers = new Set<(view: PhoneView) => void>();

let view: PhoneView = switchedOff;
let line: Line | null = null;
let waiting: AbortController | null = null;
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

channel.onmessage = (event: MessageEvent<Message>) => {
  const message = event.data;
  if (line) {
    if (message.kind === "hello") tell({});
    else if (message.kind === "command") line.act(message.command);
  } else if (message.kind === "view") {
    show(message.view);
    if (message.view.link === "off") waiting?.abort();
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

/** Looks whether another tab is the phone, and becomes it where it was on before. */
export function openPhone(of: string): void {
  agent = of;
  channel.postMessage({ kind: "hello" } satisfies Message);
  if (isKept()) switchOn();
}

export function switchOn(): void {
  if (line || waiting) return;
  keep(true);
  // Both are there on https and on this machine alone.
  if (!navigator.locks || !navigator.mediaDevices) return show({ ...view, link: "insecure" });
  if (view.link === "off") show({ ...view, link: "connecting" });
  const turn = (waiting = new AbortController());
  void navigator.locks.request(name, { signal: turn.signal }, async () => {
    waiting = null;
    const { Line } = await import("./line");
    await new Promise<void>((close) => {
      line = new Line(() => view, tell, close);
      void line.open();
    });
    line = null;
  }).catch(() => {}).finally(() => {
    if (waiting === turn) waiting = null;
  });
}

export function act(command: Command): void {
  if (command.do === "off") keep(false);
  if (line) line.act(command);
  else if (command.do === "off" && view.link === "insecure") show(switchedOff);
  else channel.postMessage({ kind: "command", command } satisfies Message);
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

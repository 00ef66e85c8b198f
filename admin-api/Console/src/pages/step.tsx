// A step of a flow as a form.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask } from "../api";
import { all, useData } from "../data";
import { named, plain, t } from "../text";
import { Choice, Field, Toggle } from "../ui";
import { Agents, type Target, Targets } from "./lists";
import { useAgents, useGroups, useTrunks } from "./shared";

export type Step = { kind: string } & Record<string, unknown>;

/** What a member holds: another step, a group, an audio file, a number or several, a switch, text, a step for each key, agents, targets, or
one of a closed set. */
type Shape = "step" | "group" | "audio" | "number" | "numbers" | "switch" | "text" | "keys" | "agents" | "targets" | readonly string[];

const orders = ["in_order", "round_robin", "longest_idle", "most_skilled"], declines = ["next_agent", "end_step"];

/** The members of each kind, with a dot before those of a member; all others are shown as JSON. */
const shapes: Record<string, Record<string, Shape>> = {
  ring: {
    "agents.group": "group", "agents.agents": "agents", "agents.strategy": ["all", ...orders, "waves"], "agents.waves": "numbers", ringSeconds: "number", totalSeconds: "number", onDecline: declines,
    next: "step",
  },
  queue: {
    group: "group", order: orders, maxWaitSeconds: "number", capacity: "number", ringSeconds: "number", onDecline: declines, priority: "number",
    leaveWhenNobodyIsSignedIn: "switch", welcome: "audio", music: "audio", announceEverySeconds: "number", placeAudio: "text",
    waitAudio: "text", callbackKey: "text", onCallback: "step", next: "step",
  },
  announce: { audio: "audio", next: "step" },
  menu: { prompt: "audio", choices: "keys", inputSeconds: "number", tries: "number", invalid: "audio", repeatKey: "text", next: "step" },
  pbx: { targets: "targets", ringSeconds: "number", next: "step" },
  last_agent: { ringSeconds: "number", withinDays: "number", next: "step" },
  voicemail: { prompt: "audio", group: "group", maxSeconds: "number", silenceSeconds: "number", next: "step" },
  refuse: { reason: ["declined", "busy", "outside_call_hours", "no_answer"] },
};

/** What a step of a kind cannot be without. */
const beginnings: Record<string, Record<string, unknown>> = {
  ring: { agents: { strategy: "all" } }, queue: { group: "" }, announce: { audio: "" }, menu: { prompt: "", choices: {} },
  pbx: { targets: [{ trunk: "" }] }, refuse: { reason: "no_answer" },
};

type Members = Record<string, unknown>;

function read(step: Members, path: string): unknown {
  return path.split(".").reduce<unknown>((of, name) => (of as Members | null | undefined)?.[name], step);
}

/** The same with another value; without one the member goes, and the API fills in what it always takes. */
function write(step: Members, path: string, value: unknown): Members {
  const [name = "", rest] = path.split(/\.(.*)/s);
  const next = rest ? write((step[name] as Members | null) ?? {}, rest, value) : value;
  const { [name]: _, ...others } = step;
  return next === undefined ? others : { ...others, [name]: next };
}

/** What a step may name. */
export type Names = { steps: string[]; groups: string[]; agents: { id: string; name: string }[]; trunks: string[]; files: string[] };

/** The groups, agents, trunks and audio files that there are. */
export function useNames(): Omit<Names, "steps"> {
  const groups = useGroups().map((one) => one.id ?? "");
  const audio = useData(() => all((cursor) => ask(api.GET("/v1/audio", { params: { query: { limit: 500, cursor } } }))), []).data ?? [];
  const agents = useAgents().map((one) => ({ id: one.id ?? "", name: one.name }));
  const trunks = useTrunks();
  return { groups, agents, trunks, files: [...new Set(audio.map((one) => one.name))] };
}

/** A member is a field of its kind. */
export function StepForm(props: { step: Step; names: Names; set: (step: Step) => void }): VNode {
  const { step, names } = props;
  const members = Object.entries(shapes[step.kind] ?? {});
  const rest = members.reduce<Members>((left, [path]) => write(left, path, undefined), step);
  const { kind: _, ...others } = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && JSON.stringify(value) !== "{}"));
  const become = (kind: string) => {
    const kept = Object.keys(shapes[kind] ?? {}).filter((path) => !path.includes(".") && step[path] !== undefined).map((path) => [path, step[path]]);
    props.set({ ...beginnings[kind], ...Object.fromEntries(kept), kind } as Step);
  };
  return (
    <div class="step">
      <Choice label={t("kind")} value={step.kind} set={become} of={[...new Set([...Object.keys(shapes), step.kind])].map((value) => ({ value, text: named("stepKind", value) }))} />
      {members.map(([path, shape]) => (
        <Member key={path} name={path} shape={shape} value={read(step, path)} names={names} set={(value) => props.set(write(step, path, value) as Step)} />
      ))}
      <Rest key={step.kind} of={others} set={(next) => props.set({ ...members.reduce<Members>((now, [path]) => write(now, path, read(step, path)), next), kind: step.kind } as Step)} />
    </div>
  );
}

function Member(props: { name: string; shape: Shape; value: unknown; names: Names; set: (value: unknown) => void }): VNode {
  const { shape, set, names } = props;
  const label = named("member", props.name.split(".").at(-1));
  const text = props.value === undefined || props.value === null ? "" : String(props.value);
  const choose = (of: string[], nameOf: (one: string) => string = (one) => one) => (
    <Choice label={label} value={text} set={(value) => set(value || undefined)}
      of={["", ...new Set([...of, text].filter(Boolean))].map((value) => ({ value, text: value ? nameOf(value) : "–" }))} />
  );
  switch (shape) {
    case "step": return choose(names.steps);
    case "group": return choose(names.groups);
    case "audio": return choose(names.files);
    case "switch": return <Toggle label={label} value={props.value === true} set={set} />;
    case "number": return <Field label={label} type="number" value={text} set={(value) => set(value === "" ? undefined : Number(value))} />;
    case "numbers": return <Numbers label={label} of={(props.value ?? []) as number[]} set={set} />;
    case "agents": return <Agents label={label} of={(props.value ?? []) as string[]} agents={names.agents} set={set} />;
    case "targets": return <Targets label={label} of={(props.value ?? []) as Target[]} trunks={names.trunks} set={set} />;
    case "text": return <Field label={label} value={text} set={(value) => set(value || undefined)} />;
    case "keys": return <Keys label={label} of={(props.value ?? {}) as Record<string, string>} set={set} />;
    default: return choose([...shape], (value) => named("stepSet", value));
  }
}

/** A line for each key: what is pressed, and the step that follows. */
function Keys(props: { label: string; of: Record<string, string>; set: (value: Record<string, string>) => void }): VNode {
  const [text, setText] = useState(Object.entries(props.of).map(([key, step]) => `${key} ${step}`).join("\n"));
  const put = (value: string) => {
    setText(value);
    props.set(Object.fromEntries(value.split("\n").map((line) => line.trim().split(/\s+/)).filter(([key]) => key).map(([key = "", step = ""]) => [key, step])));
  };
  return <Field label={props.label} value={text} set={put} rows={3} hint={t("flow.keys.hint")} isCode />;
}

/** Numbers with spaces between; without any, the member goes. */
function Numbers(props: { label: string; of: number[]; set: (value: number[] | undefined) => void }): VNode {
  const [text, setText] = useState(props.of.join(" "));
  const put = (value: string) => {
    setText(value);
    const all = value.split(/[\s,]+/).filter(Boolean).map(Number).filter(Number.isFinite);
    props.set(all.length > 0 ? all : undefined);
  };
  return <Field label={props.label} value={text} set={put} hint={t("flow.numbers.hint")} />;
}

/** Members as JSON, those that have members themselves; what is no JSON changes nothing. */
function Rest(props: { of: Members; set: (next: Members) => void }): VNode {
  const [text, setText] = useState(JSON.stringify(props.of, null, 2));
  const [fault, setFault] = useState("");
  const put = (value: string) => {
    setText(value);
    try {
      props.set(JSON.parse(value) as Members);
      setFault("");
    } catch (e) {
      setFault(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <details open={Object.keys(props.of).length > 0}>
      <summary>{t("flow.members")}</summary>
      <Field label={t("flow.members")} value={text} set={put} rows={Math.min(12, text.split("\n").length + 1)} isCode />
      {fault && <p class="fault" role="alert">{plain(fault)}</p>}
    </details>
  );
}

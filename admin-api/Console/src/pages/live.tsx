import type { VNode } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { api, ask, type Schema } from "../api";
import { useData } from "../data";
import { may } from "../rights";
import { useQuery } from "../route";
import { language, named, plain, t } from "../text";
import { Act, Badge, Choice, choicesOf, Field, FormDialog, Link, Loaded, Name, notify, Page, Table, Timer, type Tone } from "../ui";
import { Direction, Score, useAgents, useChannels, useGroups, useTrunks } from "./shared";

type LiveCall = Schema["LiveCallView"];

const states = ["ringing_pbx", "waiting", "connecting_whatsapp", "ringing_whatsapp", "live"];

/** Another look every second, since rings and holds make no event; nothing is asked while nobody can see the page. */
const look = 1000;

export function stateTone(state: string): Tone {
  return state === "live" ? "good" : state === "waiting" || state.startsWith("ringing") ? "busy" : "quiet";
}

/** The scores of both legs while a call runs, where the gateway measures them. */
function scoresOf(call: LiveCall): (number | null | undefined)[] {
  const quality = (call as { quality?: Record<string, { mos?: number | null } | null> | null }).quality;
  return quality ? [quality.whatsApp?.mos, quality.pbx?.mos] : [];
}

/** What the page counts by itself. */
const running = ["runningSeconds", "talkSeconds"];

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const [members, others] = [one, other] as Record<string, unknown>[];
  const names = Object.keys(members!);
  return names.length === Object.keys(others!).length
    && names.every((name) => running.includes(name) || isSame(members![name], others![name]));
}

/** The same objects as before for calls of which nothing but their running time has changed, and the same list where all are. */
function useStable(calls: LiveCall[] | undefined): LiveCall[] {
  const seen = useRef({ calls, list: [] as LiveCall[], byId: new Map<string, LiveCall>() });
  const last = seen.current;
  if (calls === last.calls) return last.list;
  const list = (calls ?? []).map((call) => {
    const before = last.byId.get(call.id);
    return before && isSame(before, call) ? before : call;
  });
  const isAsBefore = list.length === last.list.length && list.every((call, i) => call === last.list[i]);
  seen.current = isAsBefore ? { ...last, calls } : { calls, list, byId: new Map(list.map((call) => [call.id, call])) };
  return seen.current.list;
}

export function Live(): VNode {
  const [channel, setChannel] = useQuery("channel");
  const [state, setState] = useQuery("state");
  const [text, setText] = useState("");
  const [transfer, setTransfer] = useState<LiveCall>();
  const [end, setEnd] = useState<LiveCall>();
  const channels = useChannels();
  const calls = useData(
    () => ask(api.GET("/v1/calls/live", { params: { query: { channel: channel || undefined, state: state || undefined } } })),
    [channel, state], ["call."], look);
  const items = useStable(calls.data?.items);
  const clock = useRef(0);
  // The server's clock before this one; what the way of an answer adds is no change of it.
  const ahead = calls.data ? Date.parse(calls.data.at) - Date.now() : 0;
  if (Math.abs(ahead - clock.current) > 1000) clock.current = ahead;
  // Drawn again where something that it shows is another: not with each answer.
  const table = useMemo(() => {
    const rows = items.filter((call) =>
      [call.user, call.agent, channels.get(call.channel)].some((one) => (one ?? "").toLowerCase().includes(text.toLowerCase())));
    return <Calls rows={rows} channels={channels} ahead={clock.current} transfer={setTransfer} end={setEnd} />;
  }, [items, text, language, channels.size, clock.current]);
  return (
    <Page title={t("live")}>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Field label={t("search")} type="search" value={text} set={setText} />
        <Choice label={t("channel")} value={channel} set={setChannel}
          of={[{ value: "", text: t("any") }, ...[...channels].map(([value, name]) => ({ value, text: name }))]} />
        <Choice label={t("state")} value={state} set={setState} of={choicesOf("state", states, "any")} />
      </form>
      <Loaded state={calls}>
        {() => (
          <>
            <p class="quiet count" role="status">{t("live.count", { count: items.length })}</p>
            {table}
          </>
        )}
      </Loaded>
      {transfer && <Transfer call={transfer} onClose={() => setTransfer(undefined)} />}
      {end && (
        <FormDialog title={t("hangUp.ask")} submit={t("hangUp")} isBad onClose={() => setEnd(undefined)} send={async () => {
          await ask(api.POST("/v1/calls/live/{id}/hang-up", { params: { path: { id: end.id } } }));
          notify(t("hangUp.done"));
        }}>
          <p>{t("hangUp.text", { user: plain(end.user) })}</p>
        </FormDialog>
      )}
    </Page>
  );
}

/** @param props.ahead Of the server's clock, in milliseconds. */
function Calls(props: {
  rows: LiveCall[]; channels: Map<string, string>; ahead: number; transfer: (call: LiveCall) => void; end: (call: LiveCall) => void;
}): VNode {
  const { channels, ahead } = props;
  return (
    <Table caption={t("live")} rows={props.rows} shows={`${language} ${channels.size} ${ahead}`}
      keyOf={(call) => call.id} empty={t("live.none")} columns={[
      { head: t("state"), cell: (call) => <Badge tone={stateTone(call.state)}>{named("state", call.state)}</Badge> },
      { head: t("user"), cell: (call) => <Name text={call.user} /> },
      { head: t("direction"), cell: (call) => <Direction of={call.direction} /> },
      { head: t("channel"), cell: (call) => channels.get(call.channel) ?? call.channel },
      { head: t("agent"), cell: (call) => <Name text={call.agent} /> },
      { head: t("timer"), isNumber: true, cell: (call) => <Timer since={call.answeredAt ?? call.startedAt} ahead={ahead} /> },
      { head: t("quality"), cell: (call) => scoresOf(call).length ? scoresOf(call).map((mos, i) => <Score key={i} mos={mos} />) : "–" },
      {
        head: "", cell: (call) => (
          <span class="actions">
            <Link to={`/traces/${call.id}`} class="button">{t("trace")}</Link>
            {may("operate") && (
              <>
                <button type="button" onClick={() => props.transfer(call)}>{t("transfer")}</button>
                <button type="button" class="bad" onClick={() => props.end(call)}>{t("hangUp")}</button>
              </>
            )}
          </span>
        ),
      },
    ]} />
  );
}

/** @param props.onAsk The call is that of who looks at this, who asks somebody first: whom, by name. */
export function Transfer(props: { call: LiveCall; onClose: () => void; onAsk?: (who: string) => void }): VNode {
  const [to, setTo] = useState("");
  const [number, setNumber] = useState("");
  const [mode, setMode] = useState<"blind" | "consult">("blind");
  const agents = useAgents();
  const groups = useGroups();
  const trunks = useTrunks();
  const { id } = props.call;
  const path = { path: { id } };
  const send = async () => {
    const [kind, name = ""] = to.split(/:(.*)/s);
    const target = number.replace(/\s/g, "");
    await ask(api.POST("/v1/calls/{id}/transfer", {
      params: path, body: { to: kind === "agent" ? { agent: name } : kind === "group" ? { group: name } : { trunk: name, target }, mode },
    }));
    if (props.onAsk && mode === "consult")
      props.onAsk(kind === "trunk" ? target : ((kind === "agent" ? agents : groups).find((one) => one.id === name)?.name ?? name));
    else notify(t("transfer.done"));
  };
  if (props.call.consultation !== "none")
    return (
      <FormDialog title={t("transfer")} submit={t("transfer.complete")} onClose={props.onClose} send={async () => {
        await ask(api.POST("/v1/calls/{id}/transfer/complete", { params: path }));
      }}>
        <p>{t("transfer.consulting", { state: named("consultation", props.call.consultation) })}</p>
        <Act do={async () => { await ask(api.POST("/v1/calls/{id}/transfer/cancel", { params: path })); props.onClose(); }}>{t("transfer.cancel")}</Act>
      </FormDialog>
    );
  return (
    <FormDialog title={t("transfer")} submit={t("transfer")} onClose={props.onClose} send={send}>
      <p class="quiet">{t("transfer.text", { user: plain(props.call.user) })} <Link to={`/team`}>{t("team")}</Link></p>
      <Choice label={t("transfer.to")} value={to} set={setTo} required of={[
        { value: "", text: t("choose") },
        ...agents.map((one) => ({ value: `agent:${one.id}`, text: `${plain(one.name)} · ${named("agentState", one.state.state)}` })),
        ...groups.map((one) => ({ value: `group:${one.id}`, text: `${t("group")} ${plain(one.name)}` })),
        ...trunks.map((one) => ({ value: `trunk:${one}`, text: t("transfer.number", { trunk: plain(one) }) })),
      ]} />
      {to.startsWith("trunk:") && <Field label={t("number")} value={number} set={setNumber} required />}
      <Choice label={t("transfer.mode")} value={mode} set={(value) => setMode(value as "blind" | "consult")}
        of={[{ value: "blind", text: t("transfer.blind") }, { value: "consult", text: t(props.onAsk ? "transfer.consultMe" : "transfer.consult") }]} />
    </FormDialog>
  );
}

import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { api, ask, type Schema } from "../api";
import { useData } from "../data";
import { may } from "../rights";
import { useQuery } from "../route";
import { language, named, plain, t } from "../text";
import { Act, Badge, Choice, choicesOf, Field, FormDialog, Link, Loaded, Name, notify, Page, Table, Timer, type Tone } from "../ui";
import { Direction, Score, useAgents, useChannels, useGroups } from "./shared";

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

/** The same objects as before for calls of which nothing but their running time has changed. */
function useStable(): (calls: LiveCall[]) => LiveCall[] {
  const seen = useRef(new Map<string, { text: string; call: LiveCall }>());
  return (calls) => {
    const now = new Map(calls.map((call) => {
      const text = JSON.stringify({ ...call, runningSeconds: 0, talkSeconds: 0 });
      const before = seen.current.get(call.id);
      return [call.id, before?.text === text ? before : { text, call }];
    }));
    seen.current = now;
    return [...now.values()].map((one) => one.call);
  };
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
  const stable = useStable();
  const clock = useRef(0);
  // The server's clock before this one; what the way of an answer adds is no change of it.
  const ahead = calls.data ? Date.parse(calls.data.at) - Date.now() : 0;
  if (Math.abs(ahead - clock.current) > 1000) clock.current = ahead;
  const fits = (call: LiveCall) =>
    [call.user, call.agent, channels.get(call.channel)].some((one) => (one ?? "").toLowerCase().includes(text.toLowerCase()));
  return (
    <Page title={t("live")}>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Field label={t("search")} type="search" value={text} set={setText} />
        <Choice label={t("channel")} value={channel} set={setChannel}
          of={[{ value: "", text: t("any") }, ...[...channels].map(([value, name]) => ({ value, text: name }))]} />
        <Choice label={t("state")} value={state} set={setState} of={choicesOf("state", states, "any")} />
      </form>
      <Loaded state={calls}>
        {({ items }) => (
          <>
            <p class="quiet count" role="status">{t("live.count", { count: items.length })}</p>
            <Table caption={t("live")} rows={stable(items).filter(fits)} shows={`${language} ${channels.size} ${clock.current}`} keyOf={(call) => call.id} empty={t("live.none")} columns={[
              { head: t("state"), cell: (call) => <Badge tone={stateTone(call.state)}>{named("state", call.state)}</Badge> },
              { head: t("user"), cell: (call) => <Name text={call.user} /> },
              { head: t("direction"), cell: (call) => <Direction of={call.direction} /> },
              { head: t("channel"), cell: (call) => channels.get(call.channel) ?? call.channel },
              { head: t("agent"), cell: (call) => <Name text={call.agent} /> },
              { head: t("timer"), isNumber: true, cell: (call) => <Timer since={call.answeredAt ?? call.startedAt} ahead={clock.current} /> },
              { head: t("quality"), cell: (call) => scoresOf(call).length ? scoresOf(call).map((mos, i) => <Score key={i} mos={mos} />) : "–" },
              {
                head: "", cell: (call) => (
                  <span class="actions">
                    <Link to={`/traces/${call.id}`} class="button">{t("trace")}</Link>
                    {may("operate") && (
                      <>
                        <button type="button" onClick={() => setTransfer(call)}>{t("transfer")}</button>
                        <button type="button" class="bad" onClick={() => setEnd(call)}>{t("hangUp")}</button>
                      </>
                    )}
                  </span>
                ),
              },
            ]} />
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

export function Transfer(props: { call: LiveCall; onClose: () => void }): VNode {
  const [to, setTo] = useState("");
  const [mode, setMode] = useState<"blind" | "consult">("blind");
  const agents = useAgents();
  const groups = useGroups();
  const { id } = props.call;
  const path = { path: { id } };
  const send = async () => {
    const [kind, name = ""] = to.split(/:(.*)/s);
    await ask(api.POST("/v1/calls/{id}/transfer", {
      params: path, body: { to: kind === "agent" ? { agent: name } : { group: name }, mode },
    }));
    notify(t("transfer.done"));
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
      ]} />
      <Choice label={t("transfer.mode")} value={mode} set={(value) => setMode(value as "blind" | "consult")}
        of={[{ value: "blind", text: t("transfer.blind") }, { value: "consult", text: t("transfer.consult") }]} />
    </FormDialog>
  );
}

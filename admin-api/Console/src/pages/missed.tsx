import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask, match, once, type Schema } from "../api";
import { usePages } from "../data";
import { may } from "../rights";
import { useQuery } from "../route";
import { clock, named, number, plain, t } from "../text";
import { Act, Badge, Choice, choicesOf, Field, FormDialog, Link, Name, notify, PagedTable, Page, type Tone, When } from "../ui";
import { Cause, useAgents, useChannels, User } from "./shared";

type MissedCall = Schema["MissedCallView"];
type State = MissedCall["state"];

const tones: Record<State, Tone> = { open: "bad", assigned: "busy", closed: "good" };

/** Users whose calls nobody answered, as a work list: taken, called back, closed. */
export function Missed(): VNode {
  const [state, setState] = useQuery("state", "open");
  const [user, setUser] = useQuery("user");
  const [channel, setChannel] = useQuery("channel");
  const [edited, setEdited] = useState<MissedCall>();
  const [called, setCalled] = useState<MissedCall>();
  const channels = useChannels();
  const pages = usePages((cursor) => ask(api.GET("/v1/missed-calls", {
    params: { query: { state: state === "all" ? undefined : (state as State), user: user || undefined, channel: channel || undefined, cursor } },
  })), [state, user, channel], ["call.missed", "call.ended"]);
  const change = async (row: MissedCall, body: Schema["MissedCallPatch"]) => {
    await ask(api.PATCH("/v1/missed-calls/{callId}", { params: { path: { callId: row.callId }, header: match(row.version) }, body }))
      .finally(pages.reload);
  };
  return (
    <Page title={t("missed")}>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Choice label={t("state")} value={state} set={setState}
          of={[...choicesOf("missed", ["open", "assigned", "closed"], "any").slice(1), { value: "all", text: t("any") }]} />
        <Choice label={t("channel")} value={channel} set={setChannel}
          of={[{ value: "", text: t("any") }, ...[...channels].map(([value, name]) => ({ value, text: name }))]} />
        <Field label={t("user")} type="search" value={user} set={setUser} placeholder="+49 …" />
      </form>
      <PagedTable pages={pages} caption={t("missed")} keyOf={(row) => row.callId} empty={t("missed.none")} columns={[
        { head: t("user"), cell: (row) => <User name={row.userName} handle={row.user} contact={row.contact} /> },
        { head: t("missed.at"), cell: (row) => <Link to={`/calls/${row.callId}`}><When at={row.missedAt} /></Link> },
        {
          head: t("missed.calls"), isNumber: true,
          cell: (row) => (row.calls === 1 ? "1" : <><Badge tone="busy">{`${number(row.calls)}×`}</Badge> <small class="quiet">{t("missed.firstAt")} <When at={row.firstMissedAt} /></small></>),
        },
        { head: t("cause"), cell: (row) => <Cause of={row.cause} /> },
        { head: t("waited"), isNumber: true, cell: (row) => (row.waitedSeconds === null ? "–" : clock(row.waitedSeconds)) },
        { head: t("group"), cell: (row) => row.group ?? "–" },
        { head: t("state"), cell: (row) => <Badge tone={tones[row.state]}>{named("missed", row.state)}</Badge> },
        { head: t("assignee"), cell: (row) => <Name text={row.assignee} /> },
        { head: t("note"), cell: (row) => <Name text={row.note} /> },
        {
          head: "", cell: (row) => may("operate") && (
            <span class="actions">
              {row.state !== "closed" && <button type="button" class="first" onClick={() => setCalled(row)}>{t("callBack")}</button>}
              <button type="button" onClick={() => setEdited(row)}>{t("edit")}</button>
              {row.state !== "closed" && <Act do={() => change(row, { state: "closed" })} done={t("missed.closed")}>{t("missed.close")}</Act>}
            </span>
          ),
        },
      ]} />
      {edited && <Edit row={edited} change={change} onClose={() => setEdited(undefined)} />}
      {called && <CallBack row={called} onClose={() => setCalled(undefined)} />}
    </Page>
  );
}

function Edit(props: { row: MissedCall; change: (row: MissedCall, body: Schema["MissedCallPatch"]) => Promise<void>; onClose: () => void }): VNode {
  const [state, setState] = useState<State>(props.row.state);
  const [assignee, setAssignee] = useState(props.row.assignee ?? "");
  const [note, setNote] = useState(props.row.note ?? "");
  const assign = (value: string) => {
    setAssignee(value);
    if (state !== "closed") setState(value ? "assigned" : "open");
  };
  return (
    <FormDialog title={t("edit")} submit={t("save")} onClose={props.onClose} send={() => props.change(props.row, { state, assignee, note })}>
      <Choice label={t("state")} value={state} set={(value) => setState(value as State)}
        of={choicesOf("missed", ["open", "assigned", "closed"], "any").slice(1)} />
      <Field label={t("assignee")} value={assignee} set={assign} />
      <Field label={t("note")} value={note} set={setNote} rows={3} />
    </FormDialog>
  );
}

/** Rings an agent, and the user when the agent answers. */
export function CallBack(props: { row: { user: string; channel: string; contact: number | null }; onClose: () => void }): VNode {
  const [agent, setAgent] = useState("");
  const [key] = useState(crypto.randomUUID());
  const agents = useAgents();
  const { row } = props;
  return (
    <FormDialog title={t("callBack")} submit={t("callBack")} onClose={props.onClose} send={async () => {
      const who = row.contact ? { contact: row.contact } : { user: row.user };
      await ask(api.POST("/v1/calls", { params: { header: once(key) }, body: { agent, channel: row.channel, ...who } }));
      notify(t("callBack.done"));
    }}>
      <p>{t("callBack.text", { user: plain(row.user) })}</p>
      <Choice label={t("agent")} value={agent} set={setAgent} required of={[
        { value: "", text: t("choose") },
        ...agents.map((one) => ({ value: one.id ?? "", text: `${plain(one.name)} · ${named("agentState", one.state.state)}` })),
      ]} />
    </FormDialog>
  );
}

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask, type Schema } from "../api";
import { all, useData } from "../data";
import { may } from "../rights";
import { clock, named, number, plain, share, t } from "../text";
import { Act, Badge, Card, Choice, Facts, FormDialog, Loaded, Name, notify, Page, Table, Timer, type Tone } from "../ui";
import { Incoming } from "./incoming";
import { WaitingCalls, type WaitingCall } from "./waiting";

type Agent = Schema["AgentView"];

const tones: Record<string, Tone> = { available: "good", ringing: "busy", busy: "busy", wrap_up: "quiet", away: "quiet", offline: "quiet" };
const order = ["ringing", "busy", "available", "wrap_up", "away", "offline"];

/** Waits grow without an event. */
const look = 3000;

/** Who waits, what agents do, and how each group has done in the last hour. */
export function Team(): VNode {
  const supervisor = useData(() => ask(api.GET("/v1/supervisor")), [], ["call.", "agent."], look);
  const agents = useData(() => all((cursor) => ask(api.GET("/v1/agents", { params: { query: { limit: 500, cursor } } }))), [], ["agent."], 10000);
  const [assign, setAssign] = useState<WaitingCall>();
  return (
    <Page title={t("team")}>
      <Loaded state={supervisor}>
        {({ groups }) => groups.length === 0 ? <p class="empty">{t("team.noGroups")}</p> : (
          <div class="cards">{groups.map((group) => <GroupCard key={group.group ?? ""} group={group} />)}</div>
        )}
      </Loaded>
      <Incoming />
      <WaitingCalls act={(call) => may("operate") && <button type="button" onClick={() => setAssign(call)}>{t("assign")}</button>} />
      <h2>{t("team.agents")}</h2>
      <Loaded state={agents}>
        {(items) => (
          <Table caption={t("team.agents")} keyOf={(agent) => agent.id ?? ""} empty={t("team.noAgents")}
            rows={[...items].sort((a, b) => order.indexOf(a.state.state) - order.indexOf(b.state.state) || (a.id ?? "").localeCompare(b.id ?? ""))}
            columns={[
              { head: t("agent"), cell: (agent) => <><Name text={agent.name} /> <small class="quiet">{agent.id}</small></> },
              { head: t("state"), cell: (agent) => <Badge tone={tones[agent.state.state]}>{named("agentState", agent.state.state)}</Badge> },
              { head: t("since"), isNumber: true, cell: (agent) => agent.state.since ? <Timer since={agent.state.since} /> : "–" },
              { head: t("reason"), cell: (agent) => <Name text={agent.state.reason} /> },
              { head: t("groups"), cell: (agent) => agent.groups.map((one) => one.group).join(", ") || "–" },
              { head: "", cell: (agent) => may("operate") && <Presence agent={agent} onChanged={agents.reload} /> },
            ]} />
        )}
      </Loaded>
      {assign && <Assign call={assign} agents={agents.data ?? []} onClose={() => setAssign(undefined)} />}
    </Page>
  );
}

function GroupCard(props: { group: Schema["GroupStateView"] }): VNode {
  const { group } = props;
  const { agents, total } = group;
  return (
    <Card title={plain(group.name)}>
      <div class="figures">
        <div class={total.waiting > 0 ? "figure busy" : "figure"}><strong>{number(total.waiting)}</strong><span>{t("team.waitingCount")}</span></div>
        <div class="figure"><strong>{clock(total.longestWaitSeconds)}</strong><span>{t("team.longest")}</span></div>
        <div class="figure good"><strong>{number(agents.available)}</strong><span>{named("agentState", "available")}</span></div>
        <div class="figure"><strong>{share(total.serviceLevel)}</strong><span>{t("team.serviceLevel", { seconds: group.answerWithinSeconds })}</span></div>
      </div>
      <Facts of={[
        [named("agentState", "busy"), number(agents.busy + agents.ringing)],
        [named("agentState", "wrap_up"), number(agents.wrapUp)],
        [named("agentState", "away"), number(agents.away)],
        [t("team.lastHour"), t("team.outcome", { offered: total.offered, answered: total.answered, abandoned: total.abandoned })],
      ]} />
    </Card>
  );
}

function Presence(props: { agent: Agent; onChanged: () => void }): VNode {
  const { id, name, state } = props.agent;
  return (
    <span class="actions">
      {(["available", "away", "offline"] as const).filter((one) => one !== state.presence || state.state === "wrap_up").map((presence) => (
        <Act key={presence} label={t("team.set", { name: plain(name), state: named("agentState", presence) })}
          do={async () => {
            await ask(api.PUT("/v1/agents/{id}/state", { params: { path: { id: id ?? "" } }, body: { presence } }));
            props.onChanged();
          }}>{named("agentState", presence)}</Act>
      ))}
    </span>
  );
}

function Assign(props: { call: WaitingCall; agents: Agent[]; onClose: () => void }): VNode {
  const [agent, setAgent] = useState("");
  return (
    <FormDialog title={t("assign")} submit={t("assign")} onClose={props.onClose} send={async () => {
      await ask(api.POST("/v1/calls/{id}/assign", { params: { path: { id: props.call.id } }, body: { agent } }));
      notify(t("assign.done"));
    }}>
      <p>{t("assign.text", { user: plain(props.call.user) })}</p>
      <Choice label={t("agent")} value={agent} set={setAgent} required of={[
        { value: "", text: t("choose") },
        ...props.agents.filter((one) => one.state.state === "available").map((one) => ({ value: one.id ?? "", text: plain(one.name) })),
      ]} />
    </FormDialog>
  );
}

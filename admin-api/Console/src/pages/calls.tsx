import type { VNode } from "preact";
import { api, ask, fileAt, type Schema } from "../api";
import { useData, usePages } from "../data";
import { useQuery } from "../route";
import { clock, membersOf, named, t } from "../text";
import { Choice, Choices, choicesOf, Field, Link, Name, PagedTable, Page, When } from "../ui";
import { Cause, Direction, periodOf, Score, useAgents, useChannels, useGroups, User } from "./shared";

export function Money(props: { amount: string; currency: string }): VNode {
  return <span class="number">{props.amount} {props.currency}</span>;
}

/** Ended calls, found by what is known of them. */
export function Calls(): VNode {
  const [channel, setChannel] = useQuery("channel");
  const [user, setUser] = useQuery("user");
  const [direction, setDirection] = useQuery("direction");
  const [cause, setCause] = useQuery("cause");
  const [answered, setAnswered] = useQuery("answered");
  const [agent, setAgent] = useQuery("agent");
  const [group, setGroup] = useQuery("group");
  const [node, setNode] = useQuery("node");
  const [from, setFrom] = useQuery("from");
  const [to, setTo] = useQuery("to");
  const channels = useChannels();
  const agents = useAgents();
  const groups = useGroups();
  const nodes = useData(() => ask(api.GET("/v1/nodes")), []).data?.items.map((one) => one.id) ?? [];
  const filter = {
    channel: channel || undefined, user: user || undefined, direction: (direction || undefined) as Schema["CallDirection"] | undefined,
    cause: cause || undefined, answered: answered === "" ? undefined : answered === "true", agent: agent || undefined,
    group: group || undefined, node: node || undefined, ...periodOf(from, to),
  };
  const pages = usePages(
    (cursor) => ask(api.GET("/v1/calls", { params: { query: { ...filter, cursor } } })), Object.values(filter),
    ["call.ended", "call.missed", "call.refused"]);
  return (
    <Page title={t("calls")} actions={<a class="button" href={fileAt("/v1/calls/export", filter)} download>{t("csv")}</a>}>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Field label={t("user")} type="search" value={user} set={setUser} placeholder="+49 …" />
        <Choice label={t("direction")} value={direction} set={setDirection} of={choicesOf("direction", ["inbound", "outbound"], "any")} />
        <Choice label={t("channel")} value={channel} set={setChannel}
          of={[{ value: "", text: t("any") }, ...[...channels].map(([value, name]) => ({ value, text: name }))]} />
        <Choice label={t("answered")} value={answered} set={setAnswered}
          of={[{ value: "", text: t("any") }, { value: "true", text: t("yes") }, { value: "false", text: t("no") }]} />
        <Choices label={t("cause")} value={cause} set={setCause} of={membersOf("cause").map((value) => ({ value, text: named("cause", value) }))} />
        <Choice label={t("agent")} value={agent} set={setAgent}
          of={[{ value: "", text: t("any") }, ...agents.map((one) => ({ value: one.id ?? "", text: one.name }))]} />
        <Choice label={t("group")} value={group} set={setGroup}
          of={[{ value: "", text: t("any") }, ...groups.map((one) => ({ value: one.id ?? "", text: one.name }))]} />
        <Choice label={t("node")} value={node} set={setNode}
          of={[{ value: "", text: t("any") }, ...[...new Set([...nodes, node].filter(Boolean))].map((value) => ({ value, text: value }))]} />
        <Field label={t("from")} type="date" value={from} set={setFrom} />
        <Field label={t("to")} type="date" value={to} set={setTo} />
      </form>
      <PagedTable pages={pages} caption={t("calls")} keyOf={(call) => call.id} empty={t("calls.none")} columns={[
        { head: t("time"), cell: (call) => <Link to={`/calls/${call.id}`}><When at={call.startedAt} /></Link> },
        { head: t("user"), cell: (call) => <User name={call.userName} handle={call.userPhone ?? call.userId} /> },
        { head: t("direction"), cell: (call) => <Direction of={call.direction} /> },
        { head: t("channel"), cell: (call) => channels.get(call.channel) ?? call.channel },
        { head: t("agent"), cell: (call) => <Name text={call.agentId ?? call.agent} /> },
        { head: t("talk"), isNumber: true, cell: (call) => (call.talkSeconds > 0 ? clock(call.talkSeconds) : "–") },
        { head: t("cause"), cell: (call) => <Cause of={call.cause} /> },
        { head: named("leg", "whatsapp"), cell: (call) => <Score mos={call.whatsAppQuality?.mos} /> },
        { head: named("leg", "pbx"), cell: (call) => <Score mos={call.pbxQuality?.mos} /> },
        { head: t("cost"), isNumber: true, cell: (call) => (call.charge ? <Money {...call.charge} /> : "–") },
      ]} />
    </Page>
  );
}

// What several pages show of the same things.
import type { VNode } from "preact";
import { api, ask, type Schema } from "../api";
import { all, useData } from "../data";
import { named, number, plain } from "../text";
import { Badge, Link, Name, type Tone } from "../ui";

export type Call = Schema["CallView"];

/** The names of the business numbers, by their ids. */
export function useChannels(): Map<string, string> {
  const { data } = useData(
    () => all((cursor) => ask(api.GET("/v1/channels", { params: { query: { limit: 500, cursor } } }))), [], ["channel."]);
  return new Map((data ?? []).map((one) => [one.id, plain(one.name) || `+${one.number}`]));
}

export function useAgents(): Schema["AgentView"][] {
  return useData(
    () => all((cursor) => ask(api.GET("/v1/agents", { params: { query: { limit: 500, cursor } } }))), [], ["agent."]).data ?? [];
}

export function useGroups(): Schema["GroupView"][] {
  return useData(() => all((cursor) => ask(api.GET("/v1/groups", { params: { query: { limit: 500, cursor } } }))), []).data ?? [];
}

/** The names of the ways to PBXs that running gateways have. */
export function useTrunks(): string[] {
  return useData(() => ask(api.GET("/v1/nodes")), []).data?.trunks ?? [];
}

export function Direction(props: { of: string }): VNode {
  return <span class="direction"><span aria-hidden="true">{props.of === "inbound" ? "↙" : "↗"}</span> {named("direction", props.of)}</span>;
}

/** A user by name and number, with the way to what is known of them. */
export function User(props: { name?: string | null; handle: string | null | undefined; contact?: number | null }): VNode {
  const handle = props.handle && /^[0-9]+$/.test(props.handle) ? `+${props.handle}` : props.handle;
  const text = props.name ? <><Name text={props.name} /> <small class="quiet"><Name text={handle} /></small></> : <Name text={handle} />;
  return props.contact ? <Link to={`/contacts/${props.contact}`}>{text}</Link> : <>{text}</>;
}

export function scoreTone(mos: number): Tone {
  return mos >= 4 ? "good" : mos >= 3.3 ? "quiet" : "bad";
}

export function Score(props: { mos: number | null | undefined }): VNode {
  return props.mos === null || props.mos === undefined ? <>–</> : <Badge tone={scoreTone(props.mos)}>{number(props.mos, 2)}</Badge>;
}

export function Cause(props: { of: string }): VNode {
  const tone: Tone = ["whatsapp_hung_up", "pbx_hung_up"].includes(props.of) ? "quiet"
    : ["no_answer", "caller_gave_up", "busy", "declined", "outside_call_hours"].includes(props.of) ? "busy" : "bad";
  return <Badge tone={tone}>{named("cause", props.of)}</Badge>;
}

/** The local midnight with which a day of a filter begins, or the one after that; what is no day is left to the API. */
function midnight(day: string, further = 0): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  return year ? new Date(Number(year), Number(month) - 1, Number(date) + further).toISOString() : day || undefined;
}

/** From the first of these days to the end of the last, both local as all times that are shown. */
export function periodOf(from: string, to: string): { from?: string; to?: string } {
  return { from: midnight(from), to: midnight(to, 1) };
}

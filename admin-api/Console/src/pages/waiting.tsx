import type { ComponentChildren, VNode } from "preact";
import { api, ask, type Schema } from "../api";
import { useData } from "../data";
import { t } from "../text";
import { Loaded, Name, Table, Timer } from "../ui";
import { useChannels } from "./shared";

export type WaitingCall = Schema["LiveCallView"];

/** Waits grow without an event. */
const look = 3000;

/** The calls that wait for an agent, each with what may be done with it. */
export function WaitingCalls(props: { act: (call: WaitingCall) => ComponentChildren }): VNode {
  const channels = useChannels();
  const waiting = useData(() => ask(api.GET("/v1/calls/live", { params: { query: { state: "waiting" } } })), [], ["call."], look);
  return (
    <>
      <h2>{t("team.waiting")}</h2>
      <Loaded state={waiting}>
        {({ items, at }) => (
          <Table caption={t("team.waiting")} rows={items} keyOf={(call) => call.id} empty={t("team.nobodyWaits")} columns={[
            { head: t("user"), cell: (call) => <Name text={call.user} /> },
            { head: t("channel"), cell: (call) => channels.get(call.channel) ?? call.channel },
            { head: t("waits"), isNumber: true, cell: (call) => <Timer since={call.startedAt} ahead={Date.parse(at) - Date.now()} /> },
            { head: "", cell: props.act },
          ]} />
        )}
      </Loaded>
    </>
  );
}

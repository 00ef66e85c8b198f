import type { VNode } from "preact";
import { api, ask, type Schema } from "../api";
import { useData } from "../data";
import { may } from "../rights";
import { clock, named, number, plain, share, t, time } from "../text";
import { Card, Facts, Link, Loaded, Name, Page, Table, When } from "../ui";
import { Money } from "./calls";
import { Cause, Direction, Score, useChannels, User } from "./shared";
import { Trace } from "./trace";

/** One ended call: who, when, why it ended, how it sounded, what it cost, what happened in which order, and what the user said. */
export function CallPage(props: { id: string }): VNode {
  const channels = useChannels();
  const state = useData(() => ask(api.GET("/v1/calls/{id}", { params: { path: { id: props.id } } })), [props.id]);
  return (
    <Page title={t("call")} actions={<Link to="/calls" class="button">{t("calls")}</Link>}>
      <Loaded state={state}>
        {({ call, timeline }) => (
          <>
            <div class="cards">
              <Card title={t("call.who")}>
                <Facts of={[
                  [t("user"), <User name={call.userName} handle={call.userPhone ?? call.userId} contact={timeline.find((one) => one.contact)?.contact} />],
                  [t("direction"), <Direction of={call.direction} />],
                  [t("channel"), channels.get(call.channel) ?? call.channel],
                  [t("agent"), <Name text={call.agentId ?? call.agent} />],
                  [t("call.earlier"), call.earlierAgents.map((one) => plain(one.agent)).join(", ") || "–"],
                  [t("group"), call.group ?? "–"],
                  [t("flow"), call.flow ? `${call.flow} (${call.flowVersion})` : "–"],
                  [t("node"), call.node],
                ]} />
              </Card>
              <Card title={t("call.when")}>
                <Facts of={[
                  [t("call.started"), <When at={call.startedAt} />],
                  [t("call.ringing"), <When at={call.ringingAt} />],
                  [t("call.waitedFrom"), <When at={call.waitedFrom} />],
                  [t("answered"), <When at={call.answeredAt} />],
                  [t("call.ended"), <When at={call.endedAt} />],
                  [t("talk"), clock(call.talkSeconds)],
                  [t("cause"), <Cause of={call.cause} />],
                  ["WhatsApp", call.whatsAppError ? `${call.whatsAppError.code} ${plain(call.whatsAppError.message)}` : "–"],
                  ["SIP", call.sipStatus ?? "–"],
                ]} />
              </Card>
              {(["whatsAppQuality", "pbxQuality"] as const).map((leg) => (
                <Card key={leg} title={`${t("quality")} · ${named("leg", leg === "pbxQuality" ? "pbx" : "whatsapp")}`}>
                  <Quality of={call[leg]} />
                </Card>
              ))}
              {call.charge && (
                <Card title={t("cost")}>
                  <Facts of={[
                    [t("cost"), <Money {...call.charge} />],
                    [t("account"), call.account ? <Link to={`/accounts/${call.account}`}>{call.account}</Link> : "–"],
                    [t("rateCard"), <Link to={`/rates/${call.charge.rateCard}`}>{call.charge.rateCard}</Link>],
                    [t("prefix"), call.charge.prefix || t("prefix.all")],
                    [t("pricePerMinute"), call.charge.pricePerMinute],
                    [t("pulses"), `${call.charge.pulses} × ${call.charge.pulseSeconds} s`],
                  ]} />
                </Card>
              )}
            </div>
            <Messages events={timeline} />
            <h2>{t("timeline")}</h2>
            <Timeline events={timeline} />
          </>
        )}
      </Loaded>
      <h2>{t("trace")}</h2>
      <Trace id={props.id} />
    </Page>
  );
}

function Quality(props: { of: Schema["LegQuality"] | null }): VNode {
  const quality = props.of;
  if (!quality) return <p class="empty">{t("quality.none")}</p>;
  return (
    <Facts of={[
      ["MOS", <Score mos={quality.mos} />],
      [t("quality.packets"), number(quality.packetsReceived)],
      [t("quality.loss"), share(quality.packetsLost / Math.max(1, quality.packetsReceived + quality.packetsLost))],
      [t("quality.jitter"), `${number(quality.jitterMs, 1)} ms`],
      [t("quality.roundTrip"), quality.roundTripMs === null ? "–" : `${number(quality.roundTripMs, 1)} ms`],
      [t("quality.oneWay"), quality.oneWay ? t("yes") : t("no")],
    ]} />
  );
}

/** What the caller left a recording of. */
function Messages(props: { events: Schema["EventView"][] }): VNode | null {
  const left = props.events.filter((one) => one.kind === "voicemail.left").map((one) => (one.data as Schema["VoicemailLeftData"]).voicemail);
  if (left.length === 0 || !may("operate")) return null;
  return (
    <>
      <h2>{t("voicemails")}</h2>
      {left.map((id) => <audio key={id} controls preload="none" src={`/v1/voicemails/${encodeURIComponent(id)}/audio`} aria-label={t("voicemail.listen")} />)}
    </>
  );
}

/** What happened, in order. The members of an event's data are shown as they are. */
export function Timeline(props: { events: Schema["EventView"][] }): VNode {
  const shown = (value: unknown) =>
    typeof value === "object" ? JSON.stringify(value) : typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? time(value) : String(value);
  const text = (data: unknown) =>
    Object.entries((data ?? {}) as Record<string, unknown>).filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}: ${shown(value)}`).join(" · ");
  return (
    <Table caption={t("timeline")} rows={props.events} keyOf={(one) => one.id} empty={t("timeline.none")} columns={[
      { head: t("time"), cell: (one) => <When at={one.at} /> },
      { head: t("event"), cell: (one) => <code>{one.kind}</code> },
      { head: t("call"), cell: (one) => (one.callId ? <Link to={`/calls/${one.callId}`}>{one.callId.slice(0, 8)}</Link> : "–") },
      { head: t("details"), cell: (one) => <small><Name text={text(one.data)} /></small> },
    ]} />
  );
}

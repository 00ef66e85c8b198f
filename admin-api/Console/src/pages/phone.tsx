import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { api, ask, type Schema } from "../api";
import { useData } from "../data";
import { act, level, switchOn, usePhone } from "../phone/phone";
import { isOff, type Outcome, type PhoneCall, type PhoneView } from "../phone/view";
import { agent, hasPhone } from "../rights";
import { named, number, plain, share, t, type Word } from "../text";
import { Act, Badge, Card, Choice, Facts, Link, Loaded, Name, notifyError, Page, Timer, type Tone } from "../ui";
import { Consult, useConsultation } from "./consult";
import { Dial } from "./dial";
import { Incoming } from "./incoming";
import { Transfer } from "./live";
import { User } from "./shared";
import { WaitingCalls } from "./waiting";

const tones: Record<PhoneView["link"], Tone> = {
  off: "quiet", connecting: "busy", registered: "good", broken: "bad", refused: "bad", insecure: "bad", failed: "bad",
};

/** The agent's phone: in this tab, or in another one of this browser. */
export function Phone(): VNode {
  const phone = usePhone();
  const { link, call } = phone;
  const id = agent ?? "";
  const me = useData(() => ask(api.GET("/v1/agents/{id}", { params: { path: { id } } })), [id], ["agent."], 10000);
  if (!hasPhone) return <Page title={t("phone")}><p class="empty">{t("phone.nobody")}</p></Page>;
  return (
    <Page title={t("phone")} actions={(
      <>
        <Badge tone={tones[link]}>{t(`phone.link.${link}` as Word)}</Badge>
        {isOff(link) ? <button type="button" class="first" onClick={switchOn}>{t("phone.on")}</button>
          : <button type="button" disabled={call !== null} onClick={() => act({ do: "off" })}>{t("phone.off")}</button>}
      </>
    )}>
      <Troubles phone={phone} />
      {phone.last && !call && <Last of={phone.last} />}
      <div class="cards phone">
        <div class="step">
          {call?.direction === "inbound" && call.state === "ringing" ? <Incoming />
            : call ? <Talk phone={phone} call={call} callId={me.data?.state.callId ?? null} />
              : <Dial isReady={link === "registered"} />}
        </div>
        <div class="step">
          <Loaded state={me}>{(who) => <Me who={who} reload={me.reload} />}</Loaded>
          <Devices phone={phone} />
        </div>
      </div>
      <Waiting isFree={call === null && link === "registered" && me.data?.state.state === "available"} />
    </Page>
  );
}

/** In the frame of every page: that a call rings, or runs. */
export function CallSign(): VNode | null {
  const { call, link } = usePhone();
  if (call) {
    const isNew = call.direction === "inbound" && call.state === "ringing";
    return (
      <span class="call-sign">
        {isNew && <span class="hidden" role="status">{t("phone.rings")}</span>}
        <Link to="/phone" class={isNew ? "button first" : "button"}>
          <span aria-hidden="true">☎</span> {t(isNew ? "phone.rings" : `phone.${call.state}`)} <Timer since={call.since} />
        </Link>
      </span>
    );
  }
  return link === "broken" || link === "refused" || link === "failed" ? <span class="call-sign" role="status"><Badge tone="bad">{t(`phone.link.${link}`)}</Badge></span> : null;
}

function Troubles(props: { phone: PhoneView }): VNode {
  const { link, microphone, call, fault } = props.phone;
  const troubles: string[] = [];
  if (microphone === "denied" || microphone === "missing" || microphone === "lost") troubles.push(t(`phone.microphone.${microphone}`));
  if (link === "broken") troubles.push(t(call ? "phone.brokenInCall" : "phone.broken"));
  if (link === "insecure" || link === "failed") troubles.push(t(`phone.${link}`));
  if (link === "refused") troubles.push(t("phone.refused", { reason: plain(fault ?? "") }));
  return <>{troubles.map((one) => <p key={one} class="fault" role="alert">{one}</p>)}</>;
}

/** How the last call ended. */
function Last(props: { of: Outcome }): VNode {
  const { kind, user, by, refusal, permission } = props.of;
  const values = { user: plain(user), by: plain(by ?? ""), cause: named("cause", refusal), permission: named("permission", permission) };
  const word: Word = kind === "elsewhere" ? (by === null ? "last.elsewhere" : by === agent ? "last.elsewhereByMe" : "last.elsewhereBy")
    : permission ? "last.notPermitted" : (`last.${kind}` as Word);
  return (
    <p class="last" role="status">
      {t(word, values)}
      <button type="button" class="plain" aria-label={t("close")} onClick={() => act({ do: "forget" })}>×</button>
    </p>
  );
}

/** A call that is dialled, or talked in. */
function Talk(props: { phone: PhoneView; call: PhoneCall; callId: string | null }): VNode {
  const { call } = props;
  const [transfer, setTransfer] = useState<Schema["LiveCallView"]>();
  const isTalking = call.state === "talking";
  const find = async () => {
    if (!isTalking) return undefined;
    const { items } = await ask(api.GET("/v1/calls/live"));
    return items.find((one) => one.id === props.callId || (call.whatsAppId !== null && one.whatsAppCallId === call.whatsAppId));
  };
  const consultation = useConsultation(find, [isTalking, props.callId, call.whatsAppId]);
  const lead = async () => {
    const mine = await find();
    if (mine) setTransfer(mine);
    else notifyError(new Error(t("phone.notFound")));
  };
  return (
    <Card title={plain(call.name ?? call.user)} actions={<Badge tone={call.isHeld ? "busy" : "good"}>{t(call.isHeld ? "phone.held" : `phone.${call.state}`)}</Badge>}>
      <p class="talk-time"><Timer since={call.since} /></p>
      <Facts of={[
        [t("user"), <User handle={call.user.replace(/^\+/, "")} />],
        [t("number"), <Name text={call.business} />],
        ...(call.payload ? [[t("phone.payload"), <Name text={call.payload} />] as [string, ComponentChildren]] : []),
        [t("phone.roundTrip"), call.quality?.roundTripMs == null ? "–" : `${number(call.quality.roundTripMs)} ms`],
        [t("phone.loss"), share(call.quality?.lossRatio)],
        [t("phone.jitter"), call.quality?.jitterMs == null ? "–" : `${number(call.quality.jitterMs, 1)} ms`],
      ]} />
      <div class="actions talk">
        <button type="button" aria-pressed={call.isMuted} disabled={!isTalking} onClick={() => act({ do: "mute", on: !call.isMuted })}>{t("phone.mute")}</button>
        <button type="button" aria-pressed={call.isHeld} disabled={!isTalking || props.phone.link !== "registered"} onClick={() => act({ do: "hold", on: !call.isHeld })}>{t("phone.hold")}</button>
        <Act do={lead} disabled={!isTalking || consultation.state !== "none"}>{t("transfer")}</Act>
        <button type="button" class="bad" aria-keyshortcuts="Alt+Shift+D" onClick={() => act({ do: "end" })}>{t("phone.end")}</button>
      </div>
      <Consult of={consultation} />
      {isTalking && <Pad />}
      {transfer && <Transfer call={transfer} onClose={() => setTransfer(undefined)} onAsk={consultation.begin} />}
    </Card>
  );
}

function Pad(): VNode {
  const [sent, setSent] = useState("");
  const send = (digit: string) => {
    act({ do: "digit", digit });
    setSent((before) => (before + digit).slice(-20));
  };
  return (
    <fieldset class="pad" onKeyDown={(e) => { if (/^[0-9*#]$/.test(e.key)) send(e.key); }}>
      <legend>{t("phone.pad")}</legend>
      {[..."123456789*0#"].map((digit) => <button key={digit} type="button" onClick={() => send(digit)}>{digit}</button>)}
      <output>{sent || "\u00a0"}</output>
    </fieldset>
  );
}

/** What the agent does, and wants. */
function Me(props: { who: Schema["AgentView"]; reload: () => void }): VNode {
  const { id, name, state } = props.who;
  return (
    <Card title={plain(name)} actions={<Badge tone={state.state === "available" ? "good" : state.state === "busy" || state.state === "ringing" ? "busy" : "quiet"}>{named("agentState", state.state)}</Badge>}>
      {state.state === "wrap_up" && <p class="quiet">{t("phone.wrapUp")}</p>}
      <div class="actions">
        {(["available", "away", "offline"] as const).map((presence) => (
          <Act key={presence} disabled={state.presence === presence && state.state !== "wrap_up"} tone={presence === "available" ? "first" : undefined} do={async () => {
            await ask(api.PUT("/v1/agents/{id}/state", { params: { path: { id: id ?? "" } }, body: { presence } }));
            props.reload();
          }}>{named("agentState", presence)}</Act>
        ))}
      </div>
    </Card>
  );
}

function Devices(props: { phone: PhoneView }): VNode {
  const { microphones, speakers, microphoneId, speakerId, call, link } = props.phone;
  const choices = (list: { id: string; name: string }[]) => [
    { value: "", text: t("phone.standard") },
    ...list.filter((one) => one.id !== "default").map((one) => ({ value: one.id, text: one.name || one.id.slice(0, 8) })),
  ];
  if (isOff(link) || link === "insecure") return <></>;
  return (
    <Card title={t("phone.devices")}>
      <div class="step">
        <Choice label={t("phone.microphone")} value={microphoneId} set={(id) => act({ do: "microphone", id })} of={choices(microphones)} />
        {call?.state === "talking" && <Level />}
        {speakers.length > 0 && <Choice label={t("phone.speaker")} value={speakerId} set={(id) => act({ do: "speaker", id })} of={choices(speakers)} />}
      </div>
    </Card>
  );
}

/** What the microphone hears; written without drawing the page again. */
function Level(): VNode {
  const node = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (node.current) node.current.value = level();
    }, 100);
    return () => window.clearInterval(timer);
  }, []);
  return <meter ref={node} min={0} max={1} value={0} aria-label={t("phone.level")} />;
}

/** The next calls: an agent who has one, or is not available, sees them, and cannot take them. */
function Waiting(props: { isFree: boolean }): VNode {
  return <WaitingCalls act={(call) => (
    <Act disabled={!props.isFree} label={t("phone.takeOf", { user: plain(call.user) })} do={async () => {
      await ask(api.POST("/v1/calls/{id}/assign", { params: { path: { id: call.id } }, body: { agent: agent ?? "" } }));
    }}>{t("phone.take")}</Act>
  )} />;
}

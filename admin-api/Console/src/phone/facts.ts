// What SIP messages, statistics and the API say of a call of the phone.
import type { EndEvent } from "jssip/lib/RTCSession";
import { api, ask } from "../api";
import { all } from "../data";
import { agent } from "../rights";
import type { Outcome, PhoneCall, Quality } from "./view";

type Message = { getHeader(name: string): string | undefined; from: { uri: { user: string } } };

/** The gateway's free texts are percent-encoded UTF-8. */
function decoded(text: string | undefined): string | null {
  try {
    return text ? decodeURIComponent(text) : null;
  } catch {
    return text ?? null;
  }
}

/** Who calls, by the headers of the gateway's INVITE. */
export function whoseCall(invite: unknown): PhoneCall {
  const request = invite as Message;
  const header = (name: string) => request.getHeader(`X-WhatsApp-${name}`);
  return {
    direction: "inbound", state: "ringing", since: new Date().toISOString(), isMuted: false, isHeld: false, quality: null,
    user: header("User-Phone") ?? header("User-Id") ?? request.from.uri.user,
    name: decoded(header("User-Name") ?? header("Username")),
    payload: decoded(header("Cta-Payload") ?? header("Deeplink-Payload")),
    business: header("Business-Number") ?? null,
    whatsAppId: header("Call-Id") ?? null,
  };
}

/** True where the agent has taken the call already, by the API: the phone answers by itself. */
export function isToAnswer(invite: unknown): boolean {
  const request = invite as Message;
  return /answer-after=0/i.test(request.getHeader("Call-Info") ?? "") || /alert-autoanswer/i.test(request.getHeader("Alert-Info") ?? "");
}

/**
 * Why a call is over. Where another place has answered it, the API is asked which.
 * @param event Null: it rang over a connection that broke.
 */
export async function outcomeOf(call: PhoneCall, event: EndEvent | null): Promise<Outcome> {
  const message = event?.message as (Message & { method?: string; status_code?: number }) | null | undefined;
  const outcome = (kind: Outcome["kind"], more: Partial<Outcome> = {}): Outcome =>
    ({ kind, user: call.user, by: null, refusal: null, permission: null, ...more });
  // By CANCEL, or by BYE where this phone answered too, and was not the first.
  if (message?.method && /completed elsewhere/i.test(message.getHeader("Reason") ?? ""))
    return outcome("elsewhere", { by: await whoAnswered(call.whatsAppId) });
  if (call.state === "talking") return outcome("ended");
  if (event?.originator === "local") return outcome(call.direction === "inbound" && event.cause === "Rejected" ? "declined" : "ended");
  if (message?.method === "CANCEL") return outcome("missed");
  if (call.direction === "inbound" || !message) return outcome("failed");
  const refusal = message.getHeader("X-WhatsApp-Refusal") ?? null;
  return outcome(refusal ? "refused" : "failed", { refusal, permission: message.getHeader("X-WhatsApp-Permission") ?? null });
}

const tries = 20;
const pause = 400;

/** The name of the agent who has the call; of the one whose phone this is, the id. */
async function whoAnswered(whatsAppId: string | null): Promise<string | null> {
  for (let i = 0; whatsAppId && i < tries; i++) {
    try {
      const { items } = await ask(api.GET("/v1/calls/live"));
      const call = items.find((one) => one.whatsAppCallId === whatsAppId);
      const agents = call ? await all((cursor) => ask(api.GET("/v1/agents", { params: { query: { limit: 500, cursor } } }))) : [];
      const who = agents.find((one) => one.state.callId === call?.id && one.state.state === "busy");
      if (who) return who.id === agent ? agent : who.name;
      if (call?.agent) return call.agent;
    } catch {
      return null;
    }
    await new Promise((then) => setTimeout(then, pause));
  }
  return null;
}

/** The packets that have come so far. */
export function packetsOf(report: RTCStatsReport): number {
  let packets = 0;
  report.forEach((one: { type: string; packetsReceived?: number }) => {
    if (one.type === "inbound-rtp") packets += one.packetsReceived ?? 0;
  });
  return packets;
}

/** Of what is received, and of what the gateway says that it receives. */
export function qualityOf(report: RTCStatsReport): Quality {
  const quality: Quality = { roundTripMs: null, lossRatio: null, jitterMs: null };
  report.forEach((one: { type: string; kind?: string; packetsLost?: number; packetsReceived?: number; jitter?: number; roundTripTime?: number }) => {
    if (one.type === "inbound-rtp" && one.kind === "audio") {
      const lost = Math.max(0, one.packetsLost ?? 0);
      quality.lossRatio = lost / Math.max(1, lost + (one.packetsReceived ?? 0));
      if (one.jitter !== undefined) quality.jitterMs = one.jitter * 1000;
    }
    if (one.type === "remote-inbound-rtp" && one.roundTripTime !== undefined) quality.roundTripMs = one.roundTripTime * 1000;
  });
  return quality;
}

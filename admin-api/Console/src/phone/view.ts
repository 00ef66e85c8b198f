// The phone in the browser as pages show it, the same in every tab of this browser.

/** How the phone stands with the gateway. Refused: the gateway or the API does not take it, and `fault` says why. Failed: it was not loaded. */
export type Link = "off" | "connecting" | "registered" | "broken" | "refused" | "insecure" | "failed";

/** True where there is no phone, and it can be switched on. */
export const isOff = (link: Link) => link === "off" || link === "failed";

/** Lost: it went away in a call, and no other could take its place. */
export type Microphone = "unknown" | "ready" | "denied" | "missing" | "lost";

export type Device = { id: string; name: string };

export type Quality = { roundTripMs: number | null; lossRatio: number | null; jitterMs: number | null };

export type PhoneCall = {
  direction: "inbound" | "outbound";
  state: "ringing" | "dialling" | "talking";
  /** A number with +, or the id of a user who hides it. */
  user: string;
  name: string | null;
  payload: string | null;
  /** The business number that is called, or calls. */
  business: string | null;
  whatsAppId: string | null;
  /** When it began to ring; of one that is answered, when that was. */
  since: string;
  isMuted: boolean;
  isHeld: boolean;
  quality: Quality | null;
};

/** How the last call ended, where that is worth a line. */
export type Outcome = {
  kind: "ended" | "elsewhere" | "missed" | "declined" | "refused" | "failed";
  user: string;
  /** Of elsewhere: who answered. */
  by: string | null;
  /** Of refused: the cause in the call's record, and what the user permits. */
  refusal: string | null;
  permission: string | null;
};

export type PhoneView = {
  link: Link;
  fault: string | null;
  microphone: Microphone;
  microphones: Device[];
  speakers: Device[];
  microphoneId: string;
  speakerId: string;
  call: PhoneCall | null;
  last: Outcome | null;
};

export const switchedOff: PhoneView = {
  link: "off", fault: null, microphone: "unknown", microphones: [], speakers: [], microphoneId: "", speakerId: "", call: null, last: null,
};

export type Command =
  | { do: "accept" } | { do: "decline" } | { do: "end" } | { do: "off" } | { do: "forget" }
  | { do: "mute"; on: boolean } | { do: "hold"; on: boolean } | { do: "digit"; digit: string }
  | { do: "dial"; user: string; channel: string; business: string | null }
  | { do: "microphone"; id: string } | { do: "speaker"; id: string };

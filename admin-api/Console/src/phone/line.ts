// The phone itself: a SIP phone over WebSocket (RFC 7118) by JsSIP, registered as the agent's at the gateway. Loaded when it is switched on.
import { UA } from "jssip";
import type { EndEvent, IceCandidateEvent, IncomingEvent, PeerConnectionEvent, RTCSession } from "jssip/lib/RTCSession";
import type { RTCSessionEvent } from "jssip/lib/UA";
import type { ApiError } from "../api";
import { isToAnswer, outcomeOf, packetsOf, qualityOf, whoseCall } from "./facts";
import { devices, faultOf, Sound } from "./sound";
import { askTicket, TicketSocket } from "./socket";
import { type Command, type PhoneCall, type PhoneView, switchedOff } from "./view";

/** Seconds. The gateway takes a minute or more. */
const registration = 120;

/** Milliseconds. */
const look = 2000;

const soon = 200;

/** Looks. */
const silence = 3;
const retry = 5000;

/** Milliseconds that a TURN server has to answer before a call goes on without it. */
const gathering = 2000;

export class Line {
  readonly #sound = new Sound();
  readonly #socket = new TicketSocket((error) => this.#refuse(error));
  #agent: UA | null = null;
  #session: RTCSession | null = null;
  #timer = 0;
  #packets = 0;
  #silence = 0;
  #retry = 0;
  #choice = 0;
  #holding = 0;
  #isClosed = false;
  #opening: Promise<MediaStream | null> | null = null;
  #wasBroken = false;

  /**
   * @param view What is shown now.
   * @param tell Changes what is shown.
   * @param closed Told when the phone is off.
   */
  constructor(private readonly view: () => PhoneView, private readonly tell: (change: Partial<PhoneView>) => void, private readonly closed: () => void) {}

  level(): number {
    return this.#sound.level();
  }

  async open(): Promise<void> {
    this.tell({ ...switchedOff, link: "connecting" });
    this.#sound.onlost = () => void this.#replaceMicrophone("");
    navigator.mediaDevices.addEventListener("devicechange", () => void this.#listDevices());
    addEventListener("beforeunload", (event) => this.view().call && event.preventDefault());
    addEventListener("pagehide", () => {
      this.#session?.terminate();
      this.#agent?.unregister();
    });
    // The user is asked for the microphone now, and not when a call rings.
    if (await this.#listen()) this.#sound.mute();
    await this.#listDevices();
    await this.#register();
  }

  act(command: Command): void {
    const session = this.#session;
    const call = this.view().call;
    switch (command.do) {
      case "off": return this.#close();
      case "forget": return this.tell({ last: null });
      case "dial": return void this.#dial(command);
      case "microphone": return void this.#replaceMicrophone(command.id);
      case "speaker":
        return void this.#sound.speakBy(command.id).then(() => this.tell({ speakerId: command.id }), () => this.#listDevices());
    }
    if (!session || !call) return;
    switch (command.do) {
      case "accept": return void this.#accept(session, call);
      case "decline":
      case "end":
        return void session.terminate(call.direction === "inbound" && call.state === "ringing" ? { status_code: 603 } : undefined);
      case "mute":
        if (command.on) session.mute({ audio: true });
        else session.unmute({ audio: true });
        return this.#change({ isMuted: command.on });
      case "hold":
        return this.#hold(session, command.on);
      case "digit":
        if (call.state === "talking") session.sendDTMF(command.digit, { transportType: "RFC2833" as never });
    }
  }

  async #register(): Promise<void> {
    if (this.#isClosed) return;
    try {
      const { user } = await askTicket();
      if (this.#isClosed) return;
      const agent = (this.#agent = new UA({
        sockets: [this.#socket as never], uri: `sip:${user}@console.invalid`, register: true, register_expires: registration,
        session_timers: false, user_agent: "Gateway console", connection_recovery_min_interval: 1, connection_recovery_max_interval: 8,
      }));
      agent.on("disconnected", () => {
        this.#wasBroken = true;
        this.#loseRinging();
        if (!this.#isClosed) this.tell({ link: this.view().link === "refused" ? "refused" : "broken" });
      });
      agent.on("registered", () => {
        const wasBroken = this.#wasBroken;
        this.#wasBroken = false;
        this.tell({ link: "registered", fault: null });
        // The gateway learns over which connection a call is controlled from now on.
        if (wasBroken && this.view().call?.state === "talking") this.#renegotiate();
      });
      agent.on("registrationFailed", ({ cause, response }) => {
        this.tell({ link: "refused", fault: response ? `${response.status_code} ${response.reason_phrase}` : (cause ?? null) });
        this.#later(() => agent.register());
      });
      agent.on("newRTCSession", (event: RTCSessionEvent) => this.#begin(event));
      agent.start();
    } catch (e) {
      this.#refuse(e as ApiError);
      this.#later(() => void this.#register());
    }
  }

  #later(again: () => void): void {
    window.clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => this.#isClosed || again(), retry);
  }

  #refuse(error: ApiError): void {
    this.tell({ link: error.status === 0 || error.status >= 500 ? "broken" : "refused", fault: error.message });
  }

  #begin({ originator, session, request }: RTCSessionEvent): void {
    const isInbound = originator === "remote";
    if (isInbound && this.#session) return void session.terminate({ status_code: 486 });
    this.#session = session;
    if (isInbound) {
      this.tell({ call: whoseCall(request), last: null });
      this.#sound.ring();
    }
    if (isInbound && isToAnswer(request)) void this.#accept(session, this.view().call!);
    if (session.connection) this.#hear(session.connection);
    session.on("peerconnection", ({ peerconnection }: PeerConnectionEvent) => this.#hear(peerconnection));
    let late = 0;
    session.on("icecandidate", ({ ready }: IceCandidateEvent) => (late ||= window.setTimeout(ready, gathering)));
    session.on("progress", () => isInbound || this.#sound.ringback());
    session.on("accepted", (_: IncomingEvent) => {
      this.#sound.quiet();
      this.#silence = 0;
      this.#change({ state: "talking", since: new Date().toISOString() });
      this.#timer = window.setInterval(() => void this.#measure(session), look);
    });
    session.on("hold", ({ originator: by }) => by === "local" && this.#holds(true));
    session.on("unhold", ({ originator: by }) => by === "local" && this.#holds(false));
    session.on("ended", (event: EndEvent) => this.#end(session, event));
    session.on("failed", (event: EndEvent) => this.#end(session, event));
  }

  #end(session: RTCSession, event: EndEvent | null): void {
    if (session !== this.#session) return;
    window.clearInterval(this.#timer);
    this.#session = null;
    this.#sound.close();
    const call = this.view().call;
    this.tell({ call: null, microphone: this.view().microphone === "lost" ? "unknown" : this.view().microphone });
    if (call) void outcomeOf(call, event).then((last) => this.view().call || this.tell({ last }));
  }

  /** A call that still rings was lost with its connection: nothing that answers it reaches the gateway any more. */
  #loseRinging(): void {
    const session = this.#session;
    const call = this.view().call;
    if (!session || call?.direction !== "inbound" || call.state !== "ringing") return;
    this.#end(session, null);
    session.terminate();
  }

  #inCall() {
    return { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: this.#socket.iceServers } };
  }

  /** What it is then is said by the session's events. While a re-INVITE is under way JsSIP takes no other, so that it is tried again. */
  #hold(session: RTCSession, on: boolean): void {
    window.clearTimeout(this.#holding);
    if (session !== this.#session || session.isOnHold().local === on || !session.isEstablished()) return;
    if (!(on ? session.hold() : session.unhold())) this.#holding = window.setTimeout(() => this.#hold(session, on), soon);
  }

  #holds(isHeld: boolean): void {
    this.#change({ isHeld });
    void this.#send();
  }

  /** Nothing is sent where the call is held, not silence either: the gateway plays its music to whom nobody plays anything. */
  async #send(): Promise<void> {
    const { isMuted = false, isHeld = false } = this.view().call ?? {};
    const track = this.#sound.track;
    if (track) track.enabled = !isMuted && !isHeld;
    await this.#session?.connection?.getSenders()[0]?.replaceTrack(isHeld ? null : track);
  }

  #hear(connection: RTCPeerConnection): void {
    connection.addEventListener("track", (event) => this.#sound.play(event.streams[0] ?? new MediaStream([event.track])));
  }

  async #accept(session: RTCSession, call: PhoneCall): Promise<void> {
    const rings = () => session === this.#session && session.isInProgress();
    if (call.state !== "ringing" || call.direction !== "inbound" || !rings()) return;
    const mediaStream = await this.#listenOnce();
    if (mediaStream && rings()) session.answer({ ...this.#inCall(), mediaStream });
    else if (!this.#session) this.#sound.mute(); // it ended meanwhile
  }

  async #dial(command: Extract<Command, { do: "dial" }>): Promise<void> {
    if (this.#session || !this.#agent) return;
    const { user, channel, business } = command;
    const mediaStream = await this.#listenOnce();
    if (!mediaStream || this.#session) return; // or a call has come meanwhile
    const since = new Date().toISOString();
    this.tell({
      call: { direction: "outbound", state: "dialling", user, name: null, payload: null, business, whatsAppId: null, since, isMuted: false, isHeld: false, quality: null },
      last: null,
    });
    try {
      this.#agent.call(`sip:${user.replaceAll("#", "%23")}@console.invalid`, { ...this.#inCall(), mediaStream, extraHeaders: channel ? [`X-WhatsApp-Channel: ${channel}`] : [] });
    } catch {
      this.#sound.close();
      this.tell({ call: null, last: { kind: "failed", user, by: null, refusal: null, permission: null } });
    }
  }

  #change(change: Partial<PhoneCall>): void {
    const { call } = this.view();
    if (call) this.tell({ call: { ...call, ...change } });
  }

  async #measure(session: RTCSession): Promise<void> {
    const report = await session.connection?.getStats();
    if (!report || session !== this.#session) return;
    this.#change({ quality: qualityOf(report) });
    const packets = packetsOf(report);
    this.#silence = packets === this.#packets && !session.isOnHold().local ? this.#silence + 1 : 0;
    this.#packets = packets;
    // To a call that is not held the gateway always sends something. Where it does not, the call may be over, and the word of it went to a
    // connection that is broken.
    if (this.#silence < silence || this.view().link !== "registered") return;
    this.#silence = 0;
    this.#renegotiate();
  }

  /** Where the audio is lost too, as after a change of the network, it gets new ways. */
  #renegotiate(): void {
    const iceRestart = /disconnected|failed/.test(this.#session?.connection?.iceConnectionState ?? "");
    this.#session?.renegotiate({ rtcOfferConstraints: { iceRestart } });
  }

  /**
   * For a call that is to begin. A second click meanwhile, also in another tab, gets the same: opened again, the microphone would be taken
   * from the call that has it.
   */
  #listenOnce(): Promise<MediaStream | null> {
    return (this.#opening ??= this.#listen().finally(() => (this.#opening = null)));
  }

  /** Null: there is no microphone to be had, and the page says why; or none is wanted any more. */
  async #listen(isWanted = () => !this.#isClosed): Promise<MediaStream | null> {
    for (const id of new Set([this.view().microphoneId, ""])) {
      try {
        const input = await this.#sound.listen(id, isWanted);
        if (input) this.tell({ microphone: "ready", microphoneId: id });
        return input;
      } catch (e) {
        if (!isWanted()) return null;
        this.tell({ microphone: faultOf(e) });
      }
    }
    return null;
  }

  /** Another microphone, in the middle of a call too. A call that ends meanwhile wants none, and of several choices the last is wanted. */
  async #replaceMicrophone(id: string): Promise<void> {
    this.tell({ microphoneId: id });
    const choice = ++this.#choice;
    const session = this.#session;
    if (!session?.connection) return;
    const isWanted = () => choice === this.#choice && session === this.#session;
    const input = await this.#listen(isWanted);
    if (!isWanted()) return;
    if (input) await this.#send();
    else this.tell({ microphone: this.view().microphone === "denied" ? "denied" : "lost" });
  }

  async #listDevices(): Promise<void> {
    try {
      const all = await devices();
      const has = (list: { id: string }[], id: string) => (list.some((one) => one.id === id) ? id : "");
      this.tell({ ...all, microphoneId: has(all.microphones, this.view().microphoneId), speakerId: has(all.speakers, this.view().speakerId) });
      if (this.view().microphone === "lost" && all.microphones.length > 0) await this.#replaceMicrophone("");
    } catch {
      // A browser that lists none uses those of the system.
    }
  }

  #close(): void {
    this.#isClosed = true;
    window.clearTimeout(this.#retry);
    window.clearInterval(this.#timer);
    this.#session?.terminate();
    this.#sound.close();
    this.#agent?.stop();
    this.tell(switchedOff);
    this.closed();
  }
}

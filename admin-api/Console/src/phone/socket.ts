// The WebSocket of the phone as JsSIP wants one: opened each time with a ticket of its own, since a ticket admits once.
import { api, ask, ApiError, type Schema } from "../api";

export type Ticket = Schema["PhoneTicket"];

export const askTicket = () => ask(api.POST("/v1/agents/me/phone/tickets"));

export class TicketSocket {
  readonly url = location.origin.replace(/^http/, "ws") + "/console/phone/socket";
  readonly sip_uri = "sip:console.invalid;transport=ws";
  via_transport = location.protocol === "https:" ? "WSS" : "WS";

  // JsSIP sets these.
  onconnect = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (data: string) => void = () => {};

  #socket: WebSocket | null = null;
  #isAsking = false;
  #turn = 0;

  /** Of the last ticket. */
  iceServers: Ticket["iceServers"] = [];

  constructor(private readonly refused: (error: ApiError) => void) {}

  connect(): void {
    if (this.isConnected() || this.isConnecting()) return;
    void this.#open(++this.#turn);
  }

  async #open(turn: number): Promise<void> {
    this.#isAsking = true;
    try {
      const { ticket, iceServers } = await askTicket();
      if (turn !== this.#turn) return;
      this.iceServers = iceServers;
      this.#isAsking = false;
      const socket = (this.#socket = new WebSocket(`${this.url}?ticket=${encodeURIComponent(ticket)}`, "sip"));
      socket.binaryType = "arraybuffer";
      const isMine = (then: () => void) => () => turn === this.#turn && then();
      socket.onopen = isMine(() => this.onconnect());
      socket.onclose = (event) => isMine(() => this.ondisconnect(!event.wasClean, event.code, event.reason))();
      socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) =>
        isMine(() => this.ondata(typeof event.data === "string" ? event.data : new TextDecoder().decode(event.data)))();
    } catch (e) {
      if (turn !== this.#turn) return;
      this.#isAsking = false;
      if (e instanceof ApiError && e.status !== 0) this.refused(e);
      this.ondisconnect(true);
    }
  }

  disconnect(): void {
    this.#turn++;
    this.#isAsking = false;
    this.#socket?.close();
    this.#socket = null;
  }

  send(message: string): boolean {
    if (!this.isConnected()) return false;
    this.#socket!.send(message);
    return true;
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#isAsking || this.#socket?.readyState === WebSocket.CONNECTING;
  }
}

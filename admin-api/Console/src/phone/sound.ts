// What the phone hears and plays: the microphone with its meter, the other side, and the tones of ringing.
import type { Device } from "./view";

export type MicrophoneFault = "denied" | "missing";

export function faultOf(e: unknown): MicrophoneFault {
  return e instanceof DOMException && (e.name === "NotAllowedError" || e.name === "SecurityError") ? "denied" : "missing";
}

export async function devices(): Promise<{ microphones: Device[]; speakers: Device[] }> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind: MediaDeviceKind) => all.filter((one) => one.kind === kind && one.deviceId).map((one) => ({ id: one.deviceId, name: one.label }));
  return { microphones: of("audioinput"), speakers: of("audiooutput") };
}

export class Sound {
  readonly #player = new Audio();
  #context: AudioContext | null = null;
  #meter: AnalyserNode | null = null;
  #input: MediaStream | null = null;
  #tone: { stop: () => void } | null = null;

  /** Told where the microphone goes away while it is in use. */
  onlost = () => {};

  constructor() {
    this.#player.autoplay = true;
  }

  get track(): MediaStreamTrack | null {
    return this.#input?.getAudioTracks()[0] ?? null;
  }

  /** Opens the microphone; throws what the browser throws. Null: when it was open it was wanted no more, and is closed. */
  async listen(id: string, isWanted: () => boolean): Promise<MediaStream | null> {
    const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const input = await navigator.mediaDevices.getUserMedia({ audio: id ? { ...wanted, deviceId: { exact: id } } : wanted });
    if (!isWanted()) {
      input.getTracks().forEach((track) => track.stop());
      return null;
    }
    this.mute();
    this.#input = input;
    input.getAudioTracks()[0]?.addEventListener("ended", () => this.#input === input && this.onlost());
    const context = this.#running();
    this.#meter = context.createAnalyser();
    this.#meter.fftSize = 512;
    context.createMediaStreamSource(input).connect(this.#meter);
    return input;
  }

  /** Closes the microphone. */
  mute(): void {
    this.#input?.getTracks().forEach((track) => track.stop());
    this.#input = null;
    this.#meter?.disconnect();
    this.#meter = null;
  }

  play(stream: MediaStream): void {
    this.#player.srcObject = stream;
    void this.#player.play().catch(() => {});
  }

  async speakBy(id: string): Promise<void> {
    if ("setSinkId" in this.#player) await this.#player.setSinkId(id);
  }

  level(): number {
    if (!this.#meter) return 0;
    const samples = new Float32Array(this.#meter.fftSize);
    this.#meter.getFloatTimeDomainData(samples);
    const mean = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
    return Math.min(1, Math.sqrt(mean) * 3);
  }

  /** Two tones a second apart: a call comes in. */
  ring(): void {
    this.#repeat(2500, [[660, 0, 0.35], [520, 0.4, 0.35]]);
  }

  /** What a caller hears while it rings at the other side (ITU-T E.182). */
  ringback(): void {
    this.#repeat(5000, [[425, 0, 1]]);
  }

  quiet(): void {
    this.#tone?.stop();
    this.#tone = null;
  }

  /** Neither side is heard any more. */
  close(): void {
    this.quiet();
    this.mute();
    this.#player.srcObject = null;
  }

  #running(): AudioContext {
    this.#context ??= new AudioContext();
    void this.#context.resume().catch(() => {});
    return this.#context;
  }

  #repeat(every: number, tones: [hertz: number, at: number, seconds: number][]): void {
    this.quiet();
    const context = this.#running();
    const volume = context.createGain();
    volume.gain.value = 0.15;
    volume.connect(context.destination);
    const play = () => {
      for (const [hertz, at, seconds] of tones) {
        const tone = new OscillatorNode(context, { frequency: hertz });
        tone.connect(volume);
        tone.start(context.currentTime + at);
        tone.stop(context.currentTime + at + seconds);
      }
    };
    play();
    const timer = window.setInterval(play, every);
    this.#tone = {
      stop: () => {
        window.clearInterval(timer);
        volume.disconnect();
      },
    };
  }
}

// Measures a stream: level, the strongest steady tone, and the longest silence between two sounds.

const FLOOR_DB = -90;
const SOUND_DB = -60;
/** How often it is listened for silence, in milliseconds. */
const LOOK_MS = 20;
/** A peak counts as a tone when it stands this far above the median of the spectrum. */
const ABOVE_MEDIAN_DB = 25;

export class Listener {
  constructor(context, stream) {
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 8192;
    this.analyser.smoothingTimeConstant = 0;
    this.latest = context.createAnalyser();
    this.latest.fftSize = 1024;
    this.source = context.createMediaStreamSource(stream);
    this.source.connect(this.analyser);
    this.source.connect(this.latest);
    this.rate = context.sampleRate;
    this.wave = new Float32Array(this.analyser.fftSize);
    this.spectrum = new Float32Array(this.analyser.frequencyBinCount);
    this.soundAt = null;
    this.longestSilenceMs = null;
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** {levelDb, toneHertz, longestSilenceMs}: dB of full scale, hertz or null, milliseconds or null. */
  measure() {
    const levelDb = this.level(this.analyser);
    return { levelDb, toneHertz: levelDb > SOUND_DB ? this.tone() : null, longestSilenceMs: this.longestSilenceMs };
  }

  /** Only what came last counts. */
  look() {
    if (this.level(this.latest) <= SOUND_DB) return;
    const now = performance.now();
    this.longestSilenceMs = Math.max(this.longestSilenceMs ?? 0, now - (this.soundAt ?? now));
    this.soundAt = now;
  }

  level(analyser) {
    const wave = this.wave.subarray(0, analyser.fftSize);
    analyser.getFloatTimeDomainData(wave);
    let sum = 0;
    for (const sample of wave) sum += sample * sample;
    return Math.max(FLOOR_DB, 10 * Math.log10(sum / wave.length + 1e-12));
  }

  tone() {
    this.analyser.getFloatFrequencyData(this.spectrum);
    const width = this.rate / this.analyser.fftSize;
    const [first, last] = [Math.ceil(150 / width), Math.floor(3900 / width)];
    const band = this.spectrum.slice(first, last);
    const median = [...band].sort((a, b) => a - b)[band.length >> 1];
    let peak = 1;
    for (let i = 1; i < band.length - 1; i++) if (band[i] > band[peak]) peak = i;
    if (!(band[peak] - median > ABOVE_MEDIAN_DB)) return null;
    // The top of the parabola through three bins lies between them.
    const [left, top, right] = [band[peak - 1], band[peak], band[peak + 1]];
    const shift = (left - right) / (2 * (left - 2 * top + right)) || 0;
    return (first + peak + shift) * width;
  }

  close() {
    clearInterval(this.timer);
    this.source.disconnect();
  }
}

// Measures a stream: level, and the strongest steady tone.

const FLOOR_DB = -90;
/** A peak counts as a tone when it stands this far above the median of the spectrum. */
const ABOVE_MEDIAN_DB = 25;

export class Listener {
  constructor(context, stream) {
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 8192;
    this.analyser.smoothingTimeConstant = 0;
    this.source = context.createMediaStreamSource(stream);
    this.source.connect(this.analyser);
    this.rate = context.sampleRate;
    this.wave = new Float32Array(this.analyser.fftSize);
    this.spectrum = new Float32Array(this.analyser.frequencyBinCount);
  }

  /** {levelDb, toneHertz}: dB of full scale, hertz or null. */
  measure() {
    this.analyser.getFloatTimeDomainData(this.wave);
    let sum = 0;
    for (const sample of this.wave) sum += sample * sample;
    const levelDb = Math.max(FLOOR_DB, 10 * Math.log10(sum / this.wave.length + 1e-12));
    return { levelDb, toneHertz: levelDb > -60 ? this.tone() : null };
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
    this.source.disconnect();
  }
}

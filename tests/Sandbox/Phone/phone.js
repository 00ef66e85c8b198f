// A WhatsApp user's phone in a browser. The sandbox does the signalling over a socket; audio goes directly to the gateway.
// Query: user=15550000001  auto=answer|decline  place=1 (call at once)  cta=payload  tone=440 (send a tone instead of the microphone)
import { Listener } from '/phone/listen.js';

const query = new URLSearchParams(location.search);
const user = query.get('user') ?? '15550000001';
const el = (id) => document.getElementById(id);
const show = (id, text) => { el(id).textContent = text; };
const audio = new AudioContext();
const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/phone/socket?user=${encodeURIComponent(user)}`);
const send = (message) => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };
let phone = null; // the call of this page

class Call {
  constructor(handset) {
    this.handset = handset;
    this.open = false;
    this.failure = null;
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.pc.ontrack = ({ streams, track }) => this.listen(streams[0] ?? new MediaStream([track]));
    this.pc.onconnectionstatechange = () => {
      if (this.pc.connectionState === 'failed') this.failure = 'ICE or DTLS failed';
    };
    this.timer = setInterval(() => this.report(), 500);
  }

  async addSound() {
    const hertz = Number(query.get('tone'));
    this.track = hertz ? this.makeTone(hertz) : (await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    })).getAudioTracks()[0];
    this.sender = this.pc.addTrack(this.track, new MediaStream([this.track]));
    // A track that is only disabled would send silence; a phone sends nothing before it is picked up.
    if (!this.open) await this.sender.replaceTrack(null);
  }

  makeTone(hertz) {
    this.oscillator = new OscillatorNode(audio, { frequency: hertz });
    const gain = new GainNode(audio, { gain: 0.3 });
    const out = audio.createMediaStreamDestination();
    this.oscillator.connect(gain).connect(out);
    this.oscillator.start();
    return out.stream.getAudioTracks()[0];
  }

  async offer() {
    await this.addSound();
    await this.pc.setLocalDescription(await this.pc.createOffer());
    return this.gathered();
  }

  async answer(sdp) {
    await this.pc.setRemoteDescription({ type: 'offer', sdp });
    await this.addSound();
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    return this.gathered();
  }

  /** Signalling carries whole descriptions, so wait for the candidates; two seconds at most. */
  async gathered() {
    if (this.pc.iceGatheringState !== 'complete')
      await Promise.race([
        new Promise((done) => { this.pc.onicegatheringstatechange = () => this.pc.iceGatheringState === 'complete' && done(); }),
        new Promise((done) => setTimeout(done, 2000)),
      ]);
    return this.pc.localDescription.sdp;
  }

  openAudio() {
    this.open = true;
    return this.sender?.replaceTrack(this.track ?? null);
  }

  async tone(hertz) {
    this.track = hertz > 0 ? this.makeTone(hertz) : null;
    if (!this.sender) query.set('tone', hertz);
    else if (this.open) await this.sender.replaceTrack(this.track);
  }

  async press(digits) {
    const dtmf = this.sender?.dtmf;
    if (!dtmf?.canInsertDTMF) throw new Error('telephone-event was not negotiated');
    dtmf.insertDTMF(digits, 160, 80);
    await new Promise((done) => { dtmf.ontonechange = ({ tone }) => tone === '' && done(); });
  }

  listen(stream) {
    // Chrome feeds WebAudio from a remote stream only while an element plays it.
    this.player = new Audio();
    this.player.srcObject = stream;
    this.player.play().catch(() => {});
    this.listener = new Listener(audio, stream);
  }

  async report() {
    if (audio.state === 'suspended') audio.resume();
    const facts = { packetsReceived: 0, packetsSent: 0, packetsLost: 0 };
    for (const stat of (await this.pc.getStats()).values()) {
      if (stat.type === 'inbound-rtp') {
        facts.packetsReceived += stat.packetsReceived ?? 0;
        facts.packetsLost += stat.packetsLost ?? 0;
        facts.jitterMs = (stat.jitter ?? 0) * 1000;
      }
      if (stat.type === 'outbound-rtp') facts.packetsSent += stat.packetsSent ?? 0;
      if (stat.type === 'candidate-pair' && stat.nominated && stat.currentRoundTripTime !== undefined)
        facts.roundTripMs = stat.currentRoundTripTime * 1000;
    }
    Object.assign(facts, this.listener?.measure(), { connected: this.pc.connectionState === 'connected', failure: this.failure });
    send({ type: 'report', handset: this.handset, ...facts });
    show('packets', `${facts.packetsReceived} in, ${facts.packetsSent} out, ${facts.packetsLost} lost`);
    show('heard', facts.toneHertz ? `a tone of ${facts.toneHertz.toFixed(0)} Hz at ${facts.levelDb.toFixed(0)} dB`
      : facts.levelDb > -60 ? `sound at ${facts.levelDb.toFixed(0)} dB` : 'silence');
    show('network', this.pc.connectionState + (facts.roundTripMs ? `, ${facts.roundTripMs.toFixed(0)} ms round trip` : ''));
  }

  close() {
    clearInterval(this.timer);
    this.listener?.close();
    this.oscillator?.stop();
    this.player?.pause();
    this.track?.stop();
    this.pc.close();
  }
}

function buttons(...visible) {
  for (const id of ['place', 'pickup', 'decline', 'hangup']) el(id).hidden = !visible.includes(id);
  el('keys').hidden = !visible.includes('hangup');
}

function begin(message) {
  phone?.close();
  phone = new Call(message.handset);
  return phone;
}

const actions = {
  hello({ name, numbers }) {
    show('name', `${name} (${user})`);
    show('state', 'ready');
    el('number').replaceChildren(...numbers.map((number) => new Option(`+${number}`, number)));
    if (query.get('place')) place();
  },
  async offer(message) {
    const sdp = await begin(message).offer();
    show('state', 'calling');
    buttons('hangup');
    return { sdp };
  },
  async answer({ sdp }) {
    await phone.pc.setRemoteDescription({ type: 'answer', sdp });
    if (!phone.open) show('state', 'ringing');
  },
  async incoming(message) {
    const sdp = await begin(message).answer(message.sdp);
    show('state', 'the business is calling');
    buttons('pickup', 'decline');
    if (query.get('auto') === 'answer') setTimeout(pickUp, 500);
    if (query.get('auto') === 'decline') setTimeout(() => el('decline').click(), 500);
    return { sdp };
  },
  async open() {
    await phone.openAudio();
    show('state', 'in call');
    buttons('hangup');
  },
  tone: ({ hertz }) => phone.tone(hertz),
  async digits({ digits }) {
    await phone.press(digits);
    return {};
  },
  close() {
    phone?.close();
    phone = null;
    show('state', 'call ended');
    buttons('place');
  },
  refused({ reason }) {
    show('state', `not placed: ${reason}`);
    buttons('place');
  },
};

socket.onmessage = async ({ data }) => {
  const message = JSON.parse(data);
  const request = message.request;
  if (message.type !== 'offer' && message.type !== 'incoming' && message.handset && message.handset !== phone?.handset) return;
  try {
    const answer = await actions[message.type]?.(message);
    if (request !== undefined) send({ request, ...answer });
  } catch (fault) {
    if (request !== undefined) send({ request, error: String(fault) });
    else if (phone) phone.failure = String(fault);
    show('state', String(fault));
  }
};
socket.onclose = () => { show('state', 'the sandbox is gone; reload to try again'); buttons(); };

function place() {
  send({ type: 'place', number: el('number').value, cta: query.get('cta') ?? undefined });
}
function pickUp() {
  if (phone && !phone.open) send({ type: 'pickup', handset: phone.handset });
}

el('place').onclick = () => { audio.resume(); place(); };
el('pickup').onclick = () => { audio.resume(); pickUp(); };
el('decline').onclick = () => send({ type: 'decline', handset: phone?.handset });
el('hangup').onclick = () => send({ type: 'hangup', handset: phone?.handset });
for (const digit of '123A456B789C*0#D') {
  const key = document.createElement('button');
  key.textContent = digit;
  key.onclick = () => phone?.press(digit).catch((fault) => show('state', String(fault)));
  el('keys').append(key);
}
buttons('place');

using System.Diagnostics;
using System.Net;
using Media.Engine;
using Media.Engine.Audio;
using Media.Engine.Loop;
using Media.Engine.Session;
using Media.Native.Dtls;
using Media.Native.Net;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Benchmarks;

/// <summary>The figures of the bridge besides its cost.</summary>
/// <param name="Cost">As of the bare calls.</param>
/// <param name="DelayP50">Added one-way delay, median: from a peer's send call to the other peer's receive call.</param>
/// <param name="DelayP99">Of 99 packets in 100.</param>
/// <param name="LateShare">Of packets that took longer than a frame lasts.</param>
/// <param name="BytesPerPacket">Managed memory the loop allocated.</param>
/// <param name="Wait">The mean time that packets waited for the loop, as it measured itself in the last second.</param>
/// <param name="Reduction">Steps by which it made less effort in the end.</param>
internal readonly record struct BridgeResult(
    CostResult Cost, TimeSpan DelayP50, TimeSpan DelayP99, double LateShare, double BytesPerPacket, TimeSpan Wait, int Reduction);

/// <summary>
/// The whole media engine under the load of <see cref="BareCost"/>: real ICE and DTLS, then SRTP and Opus ↔ RTP and PCMU with everything a
/// call has. One loop, as the bare calls have one thread.
/// </summary>
/// <param name="options">The load.</param>
/// <param name="queue">What users hear who have no phone at the other side; null: they have one.</param>
internal sealed class BridgeCost(CostOptions options, AudioClip? queue = null)
{
    private const string LoopName = "media-";

    private readonly List<BridgeFarEnd> _farEnds = [];
    private readonly Poller _poller = new();
    private readonly DtlsCertificate _certificate =
        DtlsCertificate.Generate(TimeProvider.System, new DtlsOptions { SrtpProfiles = [options.Profile] });
    private readonly List<long> _delays = new(1 << 20);
    private volatile bool _isMeasuring;
    private volatile bool _isStopping;

    public async Task<BridgeResult> MeasureAsync()
    {
        await using var engine = new MediaEngine(
            new MediaEngineOptions
            {
                Loops = 1,
                SampleInterval = options.IsSampled ? TimeSpan.FromSeconds(5) : TimeSpan.Zero,
                Opus = new()
                {
                    Implementation = options.Implementation, Bitrate = options.Bitrate, Complexity = options.Complexity,
                    Governor = options.Governor,
                },
            },
            TimeProvider.System);
        await engine.StartAsync(default);
        var receiver = new Thread(Receive) { Name = "far-ends", IsBackground = true };
        var speech = new SpeechPackets(options.Bitrate, options.TakesTurns);
        for (var n = 0; n < options.Calls; n++)
            AddFarEnd(speech, n);
        receiver.Start();
        foreach (var farEnd in _farEnds)
            await ConnectAsync(farEnd, engine.TryReserve(out var call) ? call : throw new InvalidOperationException("No ports."));
        SpinWait.SpinUntil(() => _farEnds.TrueForAll(farEnd => farEnd.User.IsConnected), TimeSpan.FromSeconds(30));

        BridgeResult result;
        using (new PacedLoad(options.Calls, (call, frame) => _farEnds[call].Turn(frame)))
        {
            Thread.Sleep(options.WarmUp);
            _isMeasuring = true;
            var loop = engine.Loops[0];
            var (cpuBefore, deliveredBefore, bytesBefore) = (ThreadCpu.Of(LoopName), _farEnds.Sum(f => f.Delivered), loop.AllocatedBytes);
            Thread.Sleep(options.Duration);
            var cpu = ThreadCpu.Of(LoopName) - cpuBefore;
            var delivered = _farEnds.Sum(f => f.Delivered) - deliveredBefore;
            var bytes = loop.AllocatedBytes - bytesBefore;
            _isMeasuring = false;
            var callSeconds = options.Calls * options.Duration.TotalSeconds;
            var perSecond = queue is null ? 100 : 50; // each way, or to the user alone
            var cost = new CostResult(cpu.TotalMilliseconds / callSeconds, delivered / (callSeconds * perSecond));
            result = new BridgeResult(cost, default, default, 0, (double)bytes / delivered, loop.Watch.Load.Wait, (int)loop.Watch.Effort);
        }
        _isStopping = true;
        _poller.Wake();
        receiver.Join();
        _delays.Sort();
        _farEnds.ForEach(farEnd => farEnd.Dispose());
        _certificate.Dispose();
        var late = _delays.Count(delay => delay > Stopwatch.Frequency / 50) / (double)Math.Max(1, _delays.Count);
        return result with { DelayP50 = Percentile(0.50), DelayP99 = Percentile(0.99), LateShare = late };
    }

    private async Task ConnectAsync(BridgeFarEnd farEnd, MediaCall call)
    {
        farEnd.User.TakeAnswer(Require(await call.AnswerWhatsAppOfferAsync(farEnd.User.Offer())));
        if (queue is not null)
        {
            call.Play(CallLeg.WhatsApp, [queue], AudioRepeat.All);
            call.OpenAudio();
            return;
        }
        var profile = new PbxMediaProfile { Codecs = [options.PhoneCodec], TelephoneEvents = false };
        var offer = Require(await call.CreatePbxOfferAsync(profile));
        Require(await call.ApplyPbxAnswerAsync(farEnd.Phone.Answer(offer), profile));
        call.OpenAudio();
    }

    private static string Require(SdpResult result) =>
        result.Succeeded ? result.Sdp ?? "" : throw new InvalidOperationException($"{result.Refusal} {result.Detail}");

    private void AddFarEnd(SpeechPackets speech, int call)
    {
        var (user, phone) = (Bind(), Bind());
        _farEnds.Add(new BridgeFarEnd(options, speech, call, _certificate, (user, phone)));
        _poller.Add(user, (ulong)call * 2);
        _poller.Add(phone, (ulong)call * 2 + 1);
    }

    private void Receive()
    {
        PacedLoad.PutFirst();
        var buffer = new byte[2048];
        var clock = new InstantClock(TimeProvider.System);
        while (!_isStopping)
        {
            foreach (var token in _poller.Wait(Timeout.InfiniteTimeSpan))
            {
                var delay = _farEnds[(int)(token / 2)].Receive(token % 2 == 1, buffer, clock.Now);
                if (delay >= 0 && _isMeasuring)
                    _delays.Add(delay);
            }
        }
    }

    private TimeSpan Percentile(double share) =>
        _delays.Count == 0 ? default : TimeSpan.FromSeconds(_delays[(int)(share * (_delays.Count - 1))] / (double)Stopwatch.Frequency);

    private static UdpSocket Bind() =>
        UdpSocket.TryBind(UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0)), null, out var socket, out var error)
            ? socket
            : throw new InvalidOperationException($"A loopback socket cannot be opened: {error}.");
}

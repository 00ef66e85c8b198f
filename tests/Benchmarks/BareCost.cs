using System.Net;
using Media.Native.Net;

namespace Benchmarks;

/// <summary>
/// The cost of a bridged call's native work without the bridge: one thread, epoll, receive, SRTP's ciphers, libopus at 8 kHz,
/// G.711 tables, send. No jitter buffer, no RTCP, no ICE, no state: the floor that the bridge is compared with, under the same load.
/// </summary>
internal sealed class BareCost
{
    private const string LoopName = "bare-loop";
    private const ulong WhatsAppToken = ulong.MaxValue - 1;

    private readonly CostOptions _options;
    private readonly UdpSocket _whatsApp = Bind(new UdpSocketOptions { ReceiveBufferSize = 4 << 20, SendBufferSize = 1 << 20 });
    private readonly List<BareCall> _calls = [];
    private readonly List<BareFarEnd> _farEnds = [];
    private readonly Dictionary<UdpAddress, BareCall> _byUser = [];
    private readonly Poller _poller = new();
    private volatile bool _stopping;

    public BareCost(CostOptions options)
    {
        _options = options;
        var speech = new SpeechPackets(options.Bitrate);
        _poller.Add(_whatsApp, WhatsAppToken);
        for (var n = 0; n < options.Calls; n++)
        {
            var farEnd = new BareFarEnd(options, speech, n, Bind(), Bind());
            var call = new BareCall(options, _whatsApp, Bind(), farEnd.User, farEnd.Phone);
            _farEnds.Add(farEnd);
            _calls.Add(call);
            _byUser.Add(call.User, call);
            _poller.Add(call.Pbx, (ulong)n);
        }
    }

    /// <summary>Runs the load for the options' warm-up and duration, in real time.</summary>
    public CostResult Measure()
    {
        var loop = new Thread(Run) { Name = LoopName, IsBackground = true };
        loop.Start();
        using (new PacedLoad(_options.Calls, (call, frame) => _farEnds[call].Turn(frame, _whatsApp.Local, _calls[call].Pbx.Local)))
        {
            Thread.Sleep(_options.WarmUp);
            var (cpuBefore, deliveredBefore) = (ThreadCpu.Of(LoopName), _farEnds.Sum(f => f.Delivered));
            Thread.Sleep(_options.Duration);
            var cpu = ThreadCpu.Of(LoopName) - cpuBefore;
            var delivered = _farEnds.Sum(f => f.Delivered) - deliveredBefore;
            var callSeconds = _options.Calls * _options.Duration.TotalSeconds;
            _stopping = true;
            _poller.Wake();
            loop.Join();
            return new(cpu.TotalMilliseconds / callSeconds, delivered / (callSeconds * 100)); // 50 packets a second each way
        }
    }

    private void Run()
    {
        var incoming = new UdpReceiveBatch(32);
        var buffer = new byte[2048];
        while (!_stopping)
        {
            foreach (var token in _poller.Wait(Timeout.InfiniteTimeSpan))
            {
                if (token != WhatsAppToken)
                {
                    var call = _calls[(int)token];
                    if (call.Pbx.TryReceive(buffer, out var length, out _))
                        call.TowardsWhatsApp(buffer.AsSpan(0, length));
                    continue;
                }
                for (int n = 0, count = _whatsApp.Receive(incoming); n < count; n++)
                    if (_byUser.TryGetValue(incoming.Remote(n), out var call))
                        call.TowardsPbx(incoming.Datagram(n));
            }
        }
    }

    private static UdpSocket Bind(UdpSocketOptions? options = null) =>
        UdpSocket.TryBind(UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0)), options, out var socket, out var error)
            ? socket
            : throw new InvalidOperationException($"A loopback socket cannot be opened: {error}.");
}

using System.Net;
using System.Net.Sockets;
using Media.Engine.Codecs;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Testing;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>The media of one phone at the PBX: PCMU at 20 ms, a tone out once it talks, a meter for incoming audio.</summary>
internal sealed class PbxPhone : IAsyncDisposable
{
    private const int Rate = 8000;
    private const int Frame = 160;
    private static readonly TimeSpan FrameTime = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly ToneMeter _meter = new(Rate);
    private readonly HashSet<IPAddress> _sources = [];
    private readonly ToneGenerator _tone;
    private readonly Task _hears;
    private Task _talks = Task.CompletedTask;
    private IPEndPoint? _target;

    public PbxPhone(double hertz)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _tone = new ToneGenerator(hertz, Rate);
        _hears = HearAsync();
    }

    /// <summary>An offer, or the answer to any offer of G.711.</summary>
    public string Sdp => string.Join("\r\n",
    [
        "v=0", "o=phone 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
        $"m=audio {((IPEndPoint)_socket.LocalEndPoint!).Port} RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16", "a=ptime:20", "a=sendrecv", "",
    ]);

    /// <summary>The addresses that RTP packets came from.</summary>
    public IReadOnlyCollection<IPAddress> Sources
    {
        get
        {
            lock (_gate)
                return [.. _sources];
        }
    }

    /// <summary>RTP packets that came in.</summary>
    public int Received { get; private set; }

    /// <summary>The longest time between two RTP packets since <see cref="Forget"/>, or since the first.</summary>
    public TimeSpan LongestGap { get; private set; }

    /// <summary>The tone heard now, or null.</summary>
    public double? Hertz
    {
        get
        {
            lock (_gate)
                return _meter.Hertz();
        }
    }

    /// <summary>Applies the gateway's description and starts to send to its address.</summary>
    public void Talk(string sdp)
    {
        var lines = sdp.Split("\r\n");
        var address = IPAddress.Parse(lines.Last(line => line.StartsWith("c=", StringComparison.Ordinal)).Split(' ')[2]);
        var port = int.Parse(lines.Single(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ')[1]);
        _target = new IPEndPoint(address, port);
        if (_talks.IsCompleted)
            _talks = TalkAsync();
    }

    /// <summary>Forgets what was heard.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _meter.Clear();
            LongestGap = TimeSpan.Zero;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_hears, _talks);
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task HearAsync()
    {
        var packet = new byte[2048];
        var audio = new short[2048];
        var last = 0L;
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(packet, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                if (!RtpPacketReader.TryRead(packet.AsSpan(0, received.ReceivedBytes), out var rtp) || rtp.PayloadType != 0)
                    continue;
                Received++;
                var (before, now) = (last, TimeProvider.System.GetTimestamp());
                last = now;
                G711.DecodeUlaw(rtp.Payload, audio);
                lock (_gate)
                {
                    if (before != 0 && TimeProvider.System.GetElapsedTime(before, now) is var gap && gap > LongestGap)
                        LongestGap = gap;
                    _sources.Add(((IPEndPoint)received.RemoteEndPoint).Address);
                    _meter.Listen(audio.AsSpan(0, rtp.Payload.Length));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the phone is disposed
        }
    }

    private async Task TalkAsync()
    {
        var packet = new byte[RtpPacketWriter.HeaderLength + Frame];
        var audio = new short[Frame];
        var (sequence, timestamp) = ((ushort)1, 160u);
        using var ticks = new PeriodicTimer(FrameTime);
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            for (var sent = 0; ; await ticks.WaitForNextTickAsync(_stop.Token))
            {
                // A machine that is late catches up, as a real phone's clock would have it.
                for (; TimeProvider.System.GetElapsedTime(began) >= sent * FrameTime; sent++, sequence++, timestamp += Frame)
                {
                    _tone.Fill(audio);
                    G711.EncodeUlaw(audio, packet.AsSpan(RtpPacketWriter.HeaderLength));
                    RtpPacketWriter.TryWriteHeader(
                        packet, 0, sent == 0, new SequenceNumber(sequence), new RtpTimestamp(timestamp), new Ssrc(77));
                    await _socket.SendToAsync(packet, _target!, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the phone is disposed
        }
    }
}

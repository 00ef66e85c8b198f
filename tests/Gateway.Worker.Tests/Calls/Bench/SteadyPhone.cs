using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Media.Engine.Codecs;
using Media.Native.Threads;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Testing;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>
/// A phone that measures: PCMU at 20 ms, sent and received by a thread of its own that goes before all others, as on a machine of its own.
/// What it finds missing was not sent in time.
/// </summary>
internal sealed class SteadyPhone : IDisposable
{
    private const int Rate = 8000;
    private const int Frame = 160;
    private const int Priority = 6, Niceness = -15;
    private static readonly TimeSpan FrameTime = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Lock _gate = new();
    private readonly ToneMeter _meter = new(Rate);
    private readonly ToneGenerator _tone = new(Pbx.Hertz, Rate);
    private readonly byte[] _in = new byte[2048];
    private readonly byte[] _out = new byte[RtpPacketWriter.HeaderLength + Frame];
    private readonly short[] _audio = new short[2048];
    private readonly Thread _thread;
    private volatile IPEndPoint? _target;
    private volatile bool _isStopping;
    private long _lastAt;
    private TimeSpan _longestGap;
    private TimeSpan _longestDelay;

    public SteadyPhone()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _thread = new Thread(Run) { IsBackground = true, Name = "phone" };
        _thread.Start();
    }

    public string Sdp => string.Join("\r\n",
    [
        "v=0", "o=phone 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
        $"m=audio {((IPEndPoint)_socket.LocalEndPoint!).Port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv", "",
    ]);

    /// <summary>The tone heard now, or null.</summary>
    public double? Hertz
    {
        get
        {
            lock (_gate)
                return _meter.Hertz();
        }
    }

    /// <summary>The longest time between two packets since <see cref="Forget"/>, the time since the last one included.</summary>
    public TimeSpan LongestGap
    {
        get
        {
            lock (_gate)
                return _longestGap > Stopwatch.GetElapsedTime(_lastAt) ? _longestGap : Stopwatch.GetElapsedTime(_lastAt);
        }
    }

    /// <summary>The longest time that a packet left late since <see cref="Forget"/>: what this machine and not the gateway took.</summary>
    public TimeSpan LongestDelay
    {
        get
        {
            lock (_gate)
                return _longestDelay;
        }
    }

    /// <summary>Takes the gateway's description and starts to talk to where it says.</summary>
    public void Talk(string sdp)
    {
        var lines = sdp.Split("\r\n");
        var address = IPAddress.Parse(lines.Last(line => line.StartsWith("c=", StringComparison.Ordinal)).Split(' ')[2]);
        var port = int.Parse(lines.Single(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ')[1]);
        _target = new IPEndPoint(address, port);
    }

    public void Forget()
    {
        lock (_gate)
            (_longestGap, _longestDelay, _lastAt) = (TimeSpan.Zero, TimeSpan.Zero, Stopwatch.GetTimestamp());
    }

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        CurrentThread.TryPutFirst(Priority, Niceness);
        var (began, sent) = (Stopwatch.GetTimestamp(), 0);
        while (!_isStopping)
        {
            var wait = sent * FrameTime - Stopwatch.GetElapsedTime(began);
            if (wait <= TimeSpan.Zero)
            {
                lock (_gate)
                    _longestDelay = _longestDelay > -wait ? _longestDelay : -wait;
                Send(sent++);
            }
            else if (_socket.Poll(wait, SelectMode.SelectRead))
                Hear(_socket.Receive(_in));
        }
    }

    private void Send(int frame)
    {
        _tone.Fill(_audio.AsSpan(0, Frame));
        if (_target is not { } target)
            return;
        G711.EncodeUlaw(_audio.AsSpan(0, Frame), _out.AsSpan(RtpPacketWriter.HeaderLength));
        RtpPacketWriter.TryWriteHeader(
            _out, 0, frame == 0, new SequenceNumber((ushort)frame), new RtpTimestamp((uint)(frame * Frame)), new Ssrc(78));
        _socket.SendTo(_out, target);
    }

    private void Hear(int length)
    {
        if (!RtpPacketReader.TryRead(_in.AsSpan(0, length), out var rtp) || rtp.PayloadType != 0)
            return;
        lock (_gate)
        {
            var now = Stopwatch.GetTimestamp();
            if (_lastAt != 0 && Stopwatch.GetElapsedTime(_lastAt, now) > _longestGap)
                _longestGap = Stopwatch.GetElapsedTime(_lastAt, now);
            _lastAt = now;
            G711.DecodeUlaw(rtp.Payload, _audio.AsSpan(1000));
            _meter.Listen(_audio.AsSpan(1000, rtp.Payload.Length));
        }
    }
}

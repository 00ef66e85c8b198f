using System.Net;
using Gateway.Calls;
using Gateway.Sip.Endpoint;
using Media.Engine;
using Media.Protocols.Capture;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tracing.Captures;

/// <summary>
/// A capture file of one call in memory: its SIP messages with their true addresses, and its RTP and RTCP in the clear between
/// <see cref="StandIns"/>. When its room is full nothing more is taken.
/// </summary>
internal sealed class CallCapture : IMediaTap
{
    private readonly Lock _lock = new();
    private readonly byte[] _file;
    private readonly TimeProvider _time;
    private int _length = PcapWriter.FileHeaderLength;

    /// <param name="call">Whose.</param>
    /// <param name="maxBytes">Its room.</param>
    /// <param name="time">The clock of its packets.</param>
    public CallCapture(CallId call, int maxBytes, TimeProvider time)
    {
        (Call, _file, _time) = (call, new byte[maxBytes], time);
        PcapWriter.WriteHeader(_file);
    }

    public CallId Call { get; }

    /// <summary>Packets in it.</summary>
    public int Packets { get; private set; }

    /// <summary>A packet did not fit.</summary>
    public bool IsFull { get; private set; }

    public void Handle(CallLeg leg, bool isSent, bool isRtcp, ReadOnlySpan<byte> packet)
    {
        var (from, to) = StandIns.Of(leg, isSent, isRtcp);
        Add(from, to, packet);
    }

    public void Handle(in SipTapMessage message)
    {
        var remote = message.Flow.Remote;
        var local = message.Local.IsIPv4 == remote.IsIPv4 ? message.Local
            : TransportAddress.From(remote.IsIPv4 ? IPAddress.Any : IPAddress.IPv6Any, message.Local.Port);
        if (message.IsOutgoing)
            Add(local, remote, message.Bytes.Span);
        else
            Add(remote, local, message.Bytes.Span);
    }

    /// <summary>The file so far.</summary>
    public byte[] Read()
    {
        lock (_lock)
            return _file.AsSpan(0, _length).ToArray();
    }

    private void Add(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> payload)
    {
        lock (_lock)
        {
            if (IsFull || !PcapWriter.TryWrite(_file.AsSpan(_length), _time.GetUtcNow(), from, to, payload, out var length))
            {
                IsFull = true;
                return;
            }
            _length += length;
            Packets++;
        }
    }
}

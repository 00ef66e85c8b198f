using System.Net;
using Media.Engine.Codecs;
using Media.Native.Net;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Sandbox.Handsets;
using Testing;

namespace Faults.Peers;

/// <summary>The media of a phone: PCMU at 20 ms with a tone, on the loop that it shares with the users' handsets.</summary>
internal sealed class PhoneAudio : IMediaPeer, IDisposable
{
    private const int Rate = 8000, Frame = 160, FramesOfTone = 50;

    private static readonly TimeSpan FrameTime = TimeSpan.FromMilliseconds(20);

    /// <summary>One second, which repeats without a step.</summary>
    private static readonly byte[] Tone = MakeTone();

    private readonly PeerLoop _loop;
    private readonly HeardAudio _heard;
    private readonly UdpSocket _socket;
    private readonly byte[] _packet = new byte[RtpPacketWriter.HeaderLength + Frame];
    private UdpAddress? _target;
    private int _sent;
    private bool _isDisposed;

    public PhoneAudio(PeerLoop loop, HeardAudio heard)
    {
        (_loop, _heard) = (loop, heard);
        if (!UdpSocket.TryBind(UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0)), null, out var socket, out var error))
            throw new InvalidOperationException($"A phone's port cannot be opened: {error}.");
        _socket = socket;
        loop.Add(this, socket);
    }

    public Lock Gate { get; } = new();

    public Instant NextDeadline { get; private set; } = Instant.Never;

    public string Sdp => string.Join("\r\n",
    [
        "v=0", "o=phone 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", $"m=audio {_socket.Local.Port} RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=ptime:20", "a=sendrecv", "",
    ]);

    /// <summary>Sends to where a description of the gateway says, from now on.</summary>
    public void Talk(string sdp)
    {
        var lines = sdp.Split("\r\n");
        var host = lines.Last(line => line.StartsWith("c=", StringComparison.Ordinal)).Split(' ')[2];
        var port = int.Parse(lines.Single(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ')[1]);
        lock (Gate)
        {
            _target = UdpAddress.From(new IPEndPoint(IPAddress.Parse(host), port));
            if (NextDeadline == Instant.Never)
                NextDeadline = _loop.Now;
        }
        _loop.Wake();
    }

    public void HandleDatagram(UdpSocket socket, Span<byte> datagram, TransportAddress remote, Instant now)
    {
        if (!_isDisposed && RtpHeader.TryRead(datagram, out var header, out _) && header.PayloadType == 0)
            _heard.Hear(now);
    }

    public void HandleDeadline(Instant now)
    {
        for (; NextDeadline <= now && !_isDisposed; NextDeadline += FrameTime)
        {
            Tone.AsSpan(_sent % FramesOfTone * Frame, Frame).CopyTo(_packet.AsSpan(RtpPacketWriter.HeaderLength));
            RtpPacketWriter.TryWriteHeader(
                _packet, 0, _sent == 0, new SequenceNumber((ushort)_sent), new RtpTimestamp((uint)(_sent * Frame)), new Ssrc(78));
            _socket.Send(_packet, _target!.Value);
            _sent++;
        }
    }

    public void Dispose()
    {
        _loop.Remove(this);
        lock (Gate)
        {
            (_isDisposed, NextDeadline) = (true, Instant.Never);
            _socket.Dispose();
        }
    }

    private static byte[] MakeTone()
    {
        var (audio, coded) = (new short[Rate], new byte[Rate]);
        new ToneGenerator(600, Rate).Fill(audio);
        G711.EncodeUlaw(audio, coded);
        return coded;
    }
}

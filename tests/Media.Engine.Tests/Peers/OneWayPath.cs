using Media.Engine.Bridge;
using Media.Engine.Legs;
using Media.Engine.Quality;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Engine.Tests.Peers;

/// <summary>An RTP packet that a path sent.</summary>
internal readonly record struct SentPacket(Instant At, SequenceNumber SequenceNumber, RtpTimestamp Timestamp, bool Marker, byte[] Payload);

/// <summary>One direction of a call between two legs without a network, in virtual time: RTP packets in, RTP packets out.</summary>
internal sealed class OneWayPath : IDisposable
{
    /// <summary>Of the source's audio.</summary>
    public const byte PayloadType = 96;

    private readonly MediaContext _context;
    private readonly BareLeg _from;
    private readonly BareLeg _to;

    public OneWayPath(AudioCodec source, AudioCodec target, MediaEngineOptions? options = null, AdaptivePlayout? playout = null)
    {
        _context = new MediaContext(options ?? new MediaEngineOptions(), new SeededEntropy(1));
        _from = new BareLeg(CallLeg.WhatsApp, _context, source, Clock, sending: target) { Playout = playout };
        _to = new BareLeg(CallLeg.Pbx, _context, target, Clock);
        Path = new AudioPath(_from, _to, _context, _context.Options.SilenceAfter);
    }

    public VirtualClock Clock { get; } = new();

    public AudioPath Path { get; }

    public List<SentPacket> Sent => _to.Packets;

    public LegReport Quality => _from.Quality;

    /// <summary>Packets of the source leg by what became of them.</summary>
    public long Outcomes(PlayoutOutcome outcome) => _context.Counters.Playout[(int)CallLeg.WhatsApp][(int)outcome];

    /// <summary>Audio may be sent from now on.</summary>
    public void Open()
    {
        _to.IsOpen = true;
        Path.Refresh(Clock.Now);
    }

    /// <summary>No audio may be sent from now on.</summary>
    public void Close()
    {
        _to.IsOpen = false;
        Path.Refresh(Clock.Now);
    }

    /// <summary>A packet of the source leg arrives now.</summary>
    public void Receive(ReadOnlySpan<byte> packet)
    {
        if (_from.TryReceive(packet, out var read))
            Path.Carry(read, Clock.Now);
    }

    /// <summary>A packet of the source leg arrives now.</summary>
    public void Receive(ReadOnlySpan<byte> payload, ushort sequence, uint timestamp, uint ssrc = 7, byte? payloadType = null)
    {
        Span<byte> packet = stackalloc byte[1500];
        RtpPacketWriter.TryWrite(
            packet, payloadType ?? PayloadType, false, new SequenceNumber(sequence), new RtpTimestamp(timestamp), new Ssrc(ssrc),
            payload, out var length);
        Receive(packet[..length]);
    }

    /// <summary>Time passes; deadlines on the way are kept to the tick.</summary>
    public void AdvanceTo(Instant to)
    {
        while (Path.NextDeadline <= to)
        {
            if (Path.NextDeadline > Clock.Now)
                Clock.AdvanceTo(Path.NextDeadline);
            Path.HandleDeadline(Clock.Now);
        }
        Clock.AdvanceTo(to);
    }

    public void Dispose()
    {
        Path.Dispose();
        _from.Dispose();
        _to.Dispose();
    }

    private sealed class BareLeg : MediaLeg
    {
        private readonly VirtualClock _clock;
        private readonly byte[] _buffer = new byte[2048];

        public BareLeg(CallLeg kind, MediaContext context, AudioCodec codec, VirtualClock clock, AudioCodec? sending = null)
            : base(kind, context)
        {
            _clock = clock;
            var agreed = new AgreedCodec(codec, PayloadType, PayloadType);
            Agree([agreed], agreed with { Codec = sending ?? codec }, null, [], 20, OpusFormat.Default, clock.Now);
        }

        public List<SentPacket> Packets { get; } = [];

        public bool IsOpen { get; set; }

        public override bool CanSend => IsOpen;

        protected override bool CanReport => false;

        public bool TryReceive(ReadOnlySpan<byte> datagram, out RtpPacketReader packet)
        {
            datagram.CopyTo(_buffer);
            return TryDecrypt(_buffer.AsSpan(0, datagram.Length), out packet);
        }

        protected override Span<byte> Begin() => _buffer;

        protected override void Transmit(Span<byte> packet, int length)
        {
            Assert(RtpPacketReader.TryRead(packet[..length], out var sent));
            Packets.Add(new SentPacket(_clock.Now, sent.SequenceNumber, sent.Timestamp, sent.Marker, sent.Payload.ToArray()));
        }

        protected override void TransmitRtcp(ReadOnlySpan<byte> packet)
        {
        }

        private static void Assert(bool holds)
        {
            if (!holds)
                throw new InvalidOperationException("The path sent something that is no RTP.");
        }
    }
}

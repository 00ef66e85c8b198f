using Media.Engine.Audio;
using Media.Engine.Codecs;
using Media.Engine.Quality;
using Media.Protocols.Primitives;

namespace Media.Engine.Legs;

/// <summary>
/// The parts that the sessions of one owner share: how they are configured, where they count, and buffers of no lasting content.
/// </summary>
internal sealed class MediaContext(MediaEngineOptions options, IEntropy entropy)
{
    /// <summary>Bytes; longer datagrams are neither sent nor received.</summary>
    public const int MaxDatagram = 2048;

    public MediaEngineOptions Options => options;

    public IEntropy Entropy => entropy;

    public MediaCounters Counters { get; } = new();

    /// <summary>Lowered and raised by the owner.</summary>
    public LoopEffort Effort { get; } = new(options.Opus);

    public ClipCache Clips { get; } = new(options.Opus);

    /// <summary>For datagrams that are made before it is known where they go.</summary>
    public byte[] Scratch { get; } = new byte[MaxDatagram];

    /// <summary>The buffer where RTP legs write the packet that they are about to send.</summary>
    public byte[] RtpPacket { get; } = new byte[MaxDatagram];
}

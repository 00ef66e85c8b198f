using Media.Engine;
using Media.Engine.Codecs;
using Media.Native.Dtls;
using Media.Protocols.Sdp;

namespace Benchmarks;

/// <summary>The traffic that the bridge and the bare calls are measured under: speech in frames of 20 ms, both ways.</summary>
internal sealed record CostOptions
{
    public int Calls { get; init; } = 50;

    /// <summary>After a warm-up of <see cref="WarmUp"/>.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Long enough for the runtime to have fully compiled the hot paths.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    public int Complexity { get; init; } = 5;

    /// <summary>Of the bridge; the bare calls are libopus'.</summary>
    public OpusImplementation Implementation { get; init; } = OpusImplementation.Native;

    /// <summary>
    /// User and phone take turns to talk, a second and a half each, the other silent; and the user's SDP prefers that silence is not sent.
    /// Else both talk all the time.
    /// </summary>
    public bool TakesTurns { get; init; }

    /// <summary>The bridge makes less effort when it is short of time. Off where its cost is measured.</summary>
    public bool Governor { get; init; }

    /// <summary>The quality of each call is sampled every five seconds.</summary>
    public bool IsSampled { get; init; } = true;

    public AudioCodec UserCodec { get; init; } = AudioCodec.Opus;

    public AudioCodec PhoneCodec { get; init; } = AudioCodec.Pcmu;

    /// <summary>How the user's audio is encrypted.</summary>
    public Keying Keying { get; init; }

    /// <summary>Both peers send the same codec, so that packets go on as they came.</summary>
    public bool IsPassThrough => UserCodec == PhoneCodec;

    public int Bitrate { get; init; } = 20_000;

    public DtlsSrtpProfile Profile { get; init; } = DtlsSrtpProfile.AesCm128HmacSha1Tag80;
}

/// <summary>One measurement.</summary>
/// <param name="CpuMilliseconds">CPU per call-second, both directions; 1000 is one core for one call.</param>
/// <param name="DeliveredShare">1 when every packet came out at the other end; a figure with less than 0.99 is not reliable.</param>
internal readonly record struct CostResult(double CpuMilliseconds, double DeliveredShare);

/// <summary>The ways to the keys of SRTP.</summary>
internal enum Keying
{
    Dtls,

    /// <summary>In the SDP (RFC 4568), for servers that speak no DTLS.</summary>
    Sdes,

    /// <summary>RTP in the clear.</summary>
    None,
}

namespace Sandbox.Handsets;

/// <summary>
/// The media end of one call: WhatsApp's relay and the user's phone together. One object a call. It uses plain WebRTC SDP; the
/// sandbox writes the shape that Meta's webhooks carry around the facts in it (candidates, ICE credentials, fingerprint, payload types,
/// SSRC).
/// <para>Inbound: <see cref="CreateOfferAsync"/>, then <see cref="ApplyAnswerAsync"/> (pre_accept, or accept without one), then
/// <see cref="OpenAudioAsync"/> at accept. Outbound: <see cref="AcceptOfferAsync"/> before it rings, <see cref="OpenAudioAsync"/> at
/// pick-up.</para> A handset throws <see cref="HandsetException"/> when the other side's SDP cannot be used or its own media cannot start.
/// </summary>
public interface IHandset : IAsyncDisposable
{
    /// <summary>
    /// The user calls: an offer with complete candidates, <c>setup:actpass</c>, and <c>a=ice-lite</c> where that is true.
    /// </summary>
    Task<string> CreateOfferAsync(CancellationToken cancel);

    /// <summary>The business's answer to <see cref="CreateOfferAsync"/>: ICE and DTLS begin. Called once.</summary>
    Task ApplyAnswerAsync(string sdp, CancellationToken cancel);

    /// <summary>The business calls: its offer in, our answer (complete candidates, active or passive) out. ICE and DTLS begin.</summary>
    Task<string> AcceptOfferAsync(string sdp, CancellationToken cancel);

    /// <summary>The call is answered: send audio from now on. Before this only ICE, DTLS and RTCP is sent.</summary>
    Task OpenAudioAsync(CancellationToken cancel);

    /// <summary>Sends this tone instead of the default one (or microphone); zero hertz is silence.</summary>
    Task SendToneAsync(double hertz, CancellationToken cancel);

    /// <summary>Presses keys (0-9 * # A-D) one after another as RFC 4733 telephone-events. Completes when the last one is sent.</summary>
    Task SendDigitsAsync(string digits, CancellationToken cancel);

    /// <summary>The report of audio heard and sent so far. Also valid after the call, until disposed.</summary>
    Task<HandsetReport> ReportAsync(CancellationToken cancel);
}

/// <summary>A handset's report of its media.</summary>
public sealed record HandsetReport
{
    /// <summary>False when the handset has no media at all, so that nothing may be concluded from silence.</summary>
    public bool HasMedia { get; init; } = true;

    /// <summary>ICE and DTLS are up.</summary>
    public bool Connected { get; init; }

    public long PacketsReceived { get; init; }

    public long PacketsSent { get; init; }

    public long PacketsLost { get; init; }

    /// <summary>RTP and RTCP packets that came before the call was answered: the business opened audio too early.</summary>
    public long EarlyPackets { get; init; }

    /// <summary>The number of SSRCs received; Meta allows one. Null where it is unknown.</summary>
    public int? Sources { get; init; }

    /// <summary>The time of the last RTP or RTCP packet of the business, for WhatsApp's silence timers.</summary>
    public DateTimeOffset? LastMediaAt { get; init; }

    /// <summary>Strongest steady tone now in the received audio, in hertz; null when there is none.</summary>
    public double? ToneHertz { get; init; }

    /// <summary>Level of the received audio in dBov (0 is full scale); null before any.</summary>
    public double? LevelDb { get; init; }

    /// <summary>Longest silence between two sounds, in milliseconds; null where nothing was heard.</summary>
    public double? LongestSilenceMs { get; init; }

    /// <summary>Keys pressed by the other side. Empty for browsers, which do not report them.</summary>
    public string DigitsReceived { get; init; } = "";

    public double? JitterMs { get; init; }

    public double? RoundTripMs { get; init; }

    /// <summary>The reason media never came up or broke, as a sentence.</summary>
    public string? Failure { get; init; }
}

/// <summary>The handset cannot do what is requested; the message has the reason.</summary>
public sealed class HandsetException(string message) : Exception(message);

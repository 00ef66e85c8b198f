namespace Sandbox.Handsets;

/// <summary>
/// The media end of one call: what WhatsApp's relay and the user's phone are together. One object a call. It speaks plain WebRTC SDP; the
/// sandbox writes the shape that Meta's webhooks carry around the facts in it (candidates, ICE credentials, fingerprint, payload types, SSRC).
/// <para>Inbound: <see cref="CreateOfferAsync"/>, then <see cref="ApplyAnswerAsync"/> (pre_accept, or accept without one), then
/// <see cref="OpenAudioAsync"/> at accept. Outbound: <see cref="AcceptOfferAsync"/> before it rings, <see cref="OpenAudioAsync"/> at pick-up.</para>
/// A handset throws <see cref="HandsetException"/> when the other side's SDP cannot be used or its own media cannot start.
/// </summary>
public interface IHandset : IAsyncDisposable
{
    /// <summary>The user calls: an offer with complete candidates, <c>setup:actpass</c>, and <c>a=ice-lite</c> where that is the truth.</summary>
    Task<string> CreateOfferAsync(CancellationToken cancel);

    /// <summary>The business's answer to <see cref="CreateOfferAsync"/>: ICE and DTLS begin. Called once.</summary>
    Task ApplyAnswerAsync(string sdp, CancellationToken cancel);

    /// <summary>The business calls: its offer in, our answer (complete candidates, active or passive) out. ICE and DTLS begin.</summary>
    Task<string> AcceptOfferAsync(string sdp, CancellationToken cancel);

    /// <summary>The call is answered: send audio from now on. Before this nothing but ICE, DTLS and RTCP leaves.</summary>
    Task OpenAudioAsync(CancellationToken cancel);

    /// <summary>What to send instead of the default tone (or microphone); zero hertz is silence.</summary>
    Task SendToneAsync(double hertz, CancellationToken cancel);

    /// <summary>Presses keys (0-9 * # A-D) one after the other as RFC 4733 telephone-events. Completes when the last one is sent.</summary>
    Task SendDigitsAsync(string digits, CancellationToken cancel);

    /// <summary>What it has heard and sent so far. Also valid after the call, until disposed.</summary>
    Task<HandsetReport> ReportAsync(CancellationToken cancel);
}

/// <summary>What a handset can tell of its media.</summary>
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

    /// <summary>SSRCs heard; Meta allows one. Null where it cannot be told.</summary>
    public int? Sources { get; init; }

    /// <summary>When the last RTP or RTCP packet of the business came in; WhatsApp's silence timers look at it.</summary>
    public DateTimeOffset? LastMediaAt { get; init; }

    /// <summary>Strongest steady tone now in the received audio, in hertz; null when there is none.</summary>
    public double? ToneHertz { get; init; }

    /// <summary>Level of the received audio in dBov (0 is full scale); null before any.</summary>
    public double? LevelDb { get; init; }

    /// <summary>Keys pressed by the other side. Browsers cannot tell: there it stays empty.</summary>
    public string DigitsReceived { get; init; } = "";

    public double? JitterMs { get; init; }

    public double? RoundTripMs { get; init; }

    /// <summary>Why media never came up or broke, in words.</summary>
    public string? Failure { get; init; }
}

/// <summary>The handset cannot do what it is asked; the message says why.</summary>
public sealed class HandsetException(string message) : Exception(message);

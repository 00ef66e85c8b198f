namespace Sandbox;

public enum LetterCase
{
    Upper,
    Lower,
    Title,
}

public enum ErrorPlace
{
    Value,
    Call,
    Both,
}

public enum LegacyConnection
{
    None,

    /// <summary>connection.webrtc.sdp beside session.</summary>
    Also,

    /// <summary>connection.webrtc.sdp instead of session.</summary>
    Only,
}

/// <summary>Every way in which Meta's webhooks are documented or were seen to differ from the plain case. All off by default.</summary>
public sealed record Knobs
{
    /// <summary>The total number of copies of every webhook.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Collects webhooks for this long and sends them as one batch.</summary>
    public int BatchMilliseconds { get; init; }

    public int DelayConnectMilliseconds { get; init; }

    public int DelayAllMilliseconds { get; init; }

    /// <summary>The connect webhook is held back until the terminate has gone out.</summary>
    public bool TerminateBeforeConnect { get; init; }

    /// <summary>Outbound: RINGING goes out before the connect with the answer.</summary>
    public bool RingingBeforeConnect { get; init; }

    /// <summary>Outbound: ACCEPTED goes out before RINGING.</summary>
    public bool AcceptedBeforeRinging { get; init; }

    /// <summary>Users appear with their business-scoped id only.</summary>
    public bool HidePhone { get; init; }

    public LetterCase StatusCase { get; init; }

    public ErrorPlace ErrorsIn { get; init; }

    public bool IntegerTimes { get; init; }

    public LegacyConnection Legacy { get; init; }

    public bool OmitContacts { get; init; }

    /// <summary>Outbound webhooks name the user in <c>from</c>.</summary>
    public bool SwapNumbers { get; init; }

    /// <summary>The number of next deliveries that carry a wrong signature.</summary>
    public int BadSignatures { get; init; }

    /// <summary>
    /// DTLS role in answers to the business: null is the handset's own, "active" or "passive" changes the offer so that the answer becomes
    /// that.
    /// </summary>
    public string? AnswerSetup { get; init; }

    /// <summary>Meta's clock against the host's, in the times of webhooks and in the Date of Graph's answers.</summary>
    public double ClockOffsetSeconds { get; init; }
}

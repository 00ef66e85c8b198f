namespace Gateway.Storage.Statistics;

/// <summary>The sums of some calls, of which rates and averages are made.</summary>
public abstract record CallSums
{
    public long Calls { get; init; }
    public long Answered { get; init; }
    public long Missed { get; init; }
    public long Refused { get; init; }
    public double TalkSeconds { get; init; }

    /// <summary>Calls that waited for an agent.</summary>
    public long Waited { get; init; }

    /// <summary>Those of them that an agent answered.</summary>
    public long AgentAnswered { get; init; }

    /// <summary>Those of them that an agent answered within the group's time.</summary>
    public long InTime { get; init; }

    public double WaitSeconds { get; init; }
    public double HandlingSeconds { get; init; }
    public long WhatsAppScored { get; init; }
    public double WhatsAppMos { get; init; }
    public long PbxScored { get; init; }
    public double PbxMos { get; init; }
    public long WhatsAppPackets { get; init; }
    public long WhatsAppLost { get; init; }
    public long PbxPackets { get; init; }
    public long PbxLost { get; init; }
    public decimal Cost { get; init; }
}

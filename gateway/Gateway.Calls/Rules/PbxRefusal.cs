using Gateway.Calls.Permissions;

namespace Gateway.Calls;

/// <summary>How an unanswered INVITE from the PBX is refused.</summary>
/// <param name="Status">The SIP final status (RFC 3261 §21).</param>
/// <param name="Text">What a desk phone may show: the reason phrase and the text of the Reason header.</param>
/// <param name="RetryAfter">When the same call may succeed, where that is known.</param>
public sealed record PbxRefusal(int Status, string Text, TimeSpan? RetryAfter = null)
{
    /// <summary>The record's cause: what a PBX can route on, more exact than any status.</summary>
    public HangupCause? Cause { get; init; }

    /// <summary>What the user permits, where that is why.</summary>
    public PermissionState? Permission { get; init; }

    /// <summary>What was wrong with the offer, where that is why.</summary>
    public MediaWarning? Warning { get; init; }
}

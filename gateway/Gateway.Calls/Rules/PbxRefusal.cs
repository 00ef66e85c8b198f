using Gateway.Calls.Permissions;

namespace Gateway.Calls.Rules;

/// <summary>The refusal of an unanswered INVITE from the PBX.</summary>
/// <param name="Status">The SIP final status (RFC 3261 §21).</param>
/// <param name="Text">Text for a desk phone: the reason phrase and the text of the Reason header.</param>
/// <param name="RetryAfter">The time after which the same call may succeed, where known.</param>
public sealed record PbxRefusal(int Status, string Text, TimeSpan? RetryAfter = null)
{
    /// <summary>The record's cause: a PBX can route on it, and it is more exact than any status.</summary>
    public HangupCause? Cause { get; init; }

    /// <summary>The state of the user's permission, where that is the reason.</summary>
    public PermissionState? Permission { get; init; }

    /// <summary>The fault in the offer, where that is the reason.</summary>
    public MediaWarning? Warning { get; init; }
}

namespace Gateway.Sip.Trunks;

/// <summary>Whether calls can be placed on a trunk.</summary>
public enum TrunkState
{
    /// <summary>Not asked yet, or its keepalive is disabled and nothing was sent.</summary>
    Unknown,
    Up,
    Down,
}

/// <summary>
/// How a trunk is doing since <paramref name="Since"/>. <paramref name="RoundTrip"/> is that of the last answered keepalive,
/// <paramref name="Registered"/> is null when the trunk does not register, <paramref name="Cause"/> tells an operator why it is down or not
/// registered.
/// </summary>
public sealed record TrunkHealth(TrunkState State, DateTimeOffset Since, TimeSpan? RoundTrip, bool? Registered, string? Cause)
{
    /// <summary>It answers, or is not asked, and is registered where it should be.</summary>
    public bool CanCarryCalls => State != TrunkState.Down && Cause is null;
}

namespace Gateway.Sip.Trunks;

/// <summary>The ability of a trunk to take calls.</summary>
public enum TrunkState
{
    /// <summary>Not asked yet, or its keepalive is disabled and nothing was sent.</summary>
    Unknown,
    Up,
    Down,
}

/// <summary>
/// The condition of a trunk since <paramref name="Since"/>. <paramref name="RoundTrip"/> is that of the last answered keepalive, <paramref
/// name="Registered"/> is null when the trunk does not register, <paramref name="Cause"/> explains to an operator why it is down or not
/// registered.
/// </summary>
public sealed record TrunkHealth(TrunkState State, DateTimeOffset Since, TimeSpan? RoundTrip, bool? Registered, string? Cause)
{
    /// <summary>It answers, or is not asked, and is registered where it should be.</summary>
    public bool CanCarryCalls => State != TrunkState.Down && Cause is null;
}

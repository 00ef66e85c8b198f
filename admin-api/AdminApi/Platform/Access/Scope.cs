namespace AdminApi.Platform;

/// <summary>The rights of a key or token. <see cref="Admin"/> implies all others; <see cref="Operate"/> and
/// <see cref="Billing"/> imply <see cref="Read"/>.</summary>
public enum Scope
{
    /// <summary>Read everything but keys, webhook endpoints and the audit log.</summary>
    Read,

    /// <summary>Work with calls, missed calls and permissions.</summary>
    Operate,

    /// <summary>Change rate cards and move money.</summary>
    Billing,

    /// <summary>All of it, and channels, keys, webhook endpoints, the audit log, and the gateways themselves.</summary>
    Admin,
}

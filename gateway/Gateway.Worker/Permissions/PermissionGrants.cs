namespace Gateway.Worker.Permissions;

/// <summary>Reports that users have permitted calls to whatever waits for that, and looks for itself then.</summary>
internal sealed class PermissionGrants
{
    /// <summary>Called with each webhook of it. Must not wait.</summary>
    public Action OnGrant { get; set; } = () => { };
}

using Sandbox.Graph;
using Sandbox.Numbers;
using Sandbox.Users;

namespace Sandbox.Permissions;

/// <summary>One user's permission towards one number, with the counters Meta keeps.</summary>
public sealed class PermissionEntry
{
    /// <summary>no_permission, temporary or permanent.</summary>
    public string Status { get; set; } = "no_permission";

    public DateTimeOffset? ExpiresAt { get; set; }

    public List<DateTimeOffset> Requests { get; } = [];

    public List<DateTimeOffset> Connected { get; } = [];

    public int Missed { get; set; }

    public string? LastRequestId { get; set; }

    /// <summary>End of the 24-hour service window that the user's message or call opened.</summary>
    public DateTimeOffset WindowUntil { get; set; }
}

/// <summary>
/// The permissions to call: Meta's rules for permission requests (1 in 24 h, 2 in 7 days, counters reset by a connected call), temporary
/// permissions of 7 days, 100 connected calls in 24 h, and the revocation after 4 unanswered calls in a row. Test numbers: 25, 100, 100 and
/// 10.
/// </summary>
public sealed class PermissionStore(SandboxOptions options, TimeProvider time)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1), Week = TimeSpan.FromDays(7);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string, string), PermissionEntry> _entries = [];

    public int RequestsPerDay => options.TestNumberLimits ? 25 : 1;

    public int RequestsPerWeek => options.TestNumberLimits ? 100 : 2;

    public int ConnectedPerDay => 100;

    public int MissedBeforeRevoke => options.TestNumberLimits ? 10 : 4;

    /// <summary>Runs under the store's lock, with an expired permission already removed and old counts dropped.</summary>
    public T With<T>(BusinessNumber number, SandboxUser user, Func<PermissionEntry, DateTimeOffset, T> use)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var key = (number.PhoneNumberId, user.Phone);
            if (!_entries.TryGetValue(key, out var entry))
                _entries[key] = entry = new PermissionEntry();
            if (entry.ExpiresAt <= now)
                (entry.Status, entry.ExpiresAt) = ("no_permission", null);
            entry.Requests.RemoveAll(at => now - at >= Week);
            entry.Connected.RemoveAll(at => now - at >= Day);
            return use(entry, now);
        }
    }

    public GraphFault? CheckCall(BusinessNumber number, SandboxUser user) => With(number, user, (entry, _) =>
        entry.Status == "no_permission" ? GraphFault.NoPermission
        : entry.Connected.Count >= ConnectedPerDay ? GraphFault.TooManyConnected(entry.Connected[0] + Day)
        : null);

    public GraphFault? CheckRequest(BusinessNumber number, SandboxUser user, bool freeForm) => With(number, user, (entry, now) =>
        entry.Status == "permanent" ? GraphFault.PermanentExists
        : entry.Requests.Count(at => now - at < Day) >= RequestsPerDay
            || entry.Requests.Count >= RequestsPerWeek ? GraphFault.TooManyRequests
        : freeForm && entry.WindowUntil <= now ? GraphFault.WindowClosed
        : null);

    public void RecordRequest(BusinessNumber number, SandboxUser user, string messageId) => With(number, user, (entry, now) =>
    {
        entry.Requests.Add(now);
        entry.LastRequestId = messageId;
        return true;
    });

    /// <summary>Returns the expiry of the permission that the user now has; null for a permanent one.</summary>
    public DateTimeOffset? Grant(BusinessNumber number, SandboxUser user, bool permanent) => With(number, user, (entry, now) =>
    {
        // A temporary grant does not take a permanent one away.
        if (permanent || entry.Status != "permanent")
            (entry.Status, entry.ExpiresAt) =
                (permanent ? "permanent" : "temporary", permanent ? null : now + options.Timers.TemporaryPermission);
        return entry.ExpiresAt;
    });

    public void Revoke(BusinessNumber number, SandboxUser user) => With(number, user, (entry, _) =>
    {
        (entry.Status, entry.ExpiresAt, entry.Missed) = ("no_permission", null, 0);
        return true;
    });

    public void OpenWindow(BusinessNumber number, SandboxUser user) => With(number, user, (entry, now) =>
    {
        entry.WindowUntil = now + Day;
        return true;
    });

    public void RecordConnected(BusinessNumber number, SandboxUser user) => With(number, user, (entry, now) =>
    {
        entry.Connected.Add(now);
        entry.Requests.Clear();
        entry.Missed = 0;
        entry.WindowUntil = now + Day;
        return true;
    });

    /// <summary>True when this unanswered call was one too many, so that the permission is gone.</summary>
    public bool RecordMissed(BusinessNumber number, SandboxUser user) => With(number, user, (entry, _) =>
    {
        if (++entry.Missed < MissedBeforeRevoke || entry.Status == "no_permission")
            return false;
        (entry.Status, entry.ExpiresAt, entry.Missed) = ("no_permission", null, 0);
        return true;
    });
}

using System.Text.Json.Nodes;
using Sandbox.Permissions;
using Sandbox.Users;

namespace Sandbox.Graph;

/// <summary>GET call_permissions: the status, and the allowed actions with their counters.</summary>
public sealed class PermissionsApi(SandboxOptions options, PermissionStore book, UserStore users, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _second;
    private int _reads;

    public Task<GraphAnswer> Get(GraphRequest request) => Task.FromResult(Read(request));

    private GraphAnswer Read(GraphRequest request)
    {
        lock (_gate)
        {
            var second = time.GetUtcNow().ToUnixTimeSeconds();
            _reads = second == _second ? _reads + 1 : 1;
            _second = second;
            if (_reads > options.MaxPermissionReadsPerSecond)
                return GraphFault.ReadRate;
        }
        var query = request.Http.Request.Query;
        string? handle = query["user_wa_id"].FirstOrDefault() ?? query["recipient"].FirstOrDefault();
        if (string.IsNullOrEmpty(handle))
            return GraphFault.Invalid("user_wa_id or recipient is needed");
        if (users.Find(handle) is not { } user)
            return new GraphAnswer(null, Describe("no_permission", null, [], []));
        return new GraphAnswer(null, book.With(request.Number, user, (entry, now) => Describe(
            entry.Status, entry.ExpiresAt,
            Action("send_call_permission_request", entry.Status != "permanent",
                ("PT24H", book.RequestsPerDay, entry.Requests.Count(at => now - at < TimeSpan.FromDays(1)), null),
                ("P7D", book.RequestsPerWeek, entry.Requests.Count, null)),
            Action("start_call", entry.Status != "no_permission",
                ("PT24H", book.ConnectedPerDay, entry.Connected.Count, entry.Connected.Count > 0
                    ? entry.Connected[0].AddDays(1)
                    : null)))));
    }

    private static JsonObject Describe(string status, DateTimeOffset? expires, JsonObject request, JsonObject call)
    {
        var permission = new JsonObject { ["status"] = status };
        if (expires is { } at)
            permission["expiration_time"] = at.ToUnixTimeSeconds();
        return new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["permission"] = permission,
            ["actions"] = new JsonArray(request, call),
        };
    }

    private static JsonObject Action(
        string name, bool possible, params (string Period, int Max, int Used, DateTimeOffset? FreeAt)[] limits) => new()
    {
        ["action_name"] = name,
        ["can_perform_action"] = possible && limits.All(limit => limit.Used < limit.Max),
        ["limits"] = new JsonArray([.. limits.Select(limit =>
        {
            var json = new JsonObject { ["time_period"] = limit.Period, ["max_allowed"] = limit.Max, ["current_usage"] = limit.Used };
            if (limit.FreeAt is { } at && limit.Used >= limit.Max)
                json["limit_expiration_time"] = at.ToUnixTimeSeconds();
            return (JsonNode)json;
        })]),
    };
}

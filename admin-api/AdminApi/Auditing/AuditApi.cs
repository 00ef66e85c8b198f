using System.ComponentModel;
using System.Text.Json;
using AdminApi.Platform;
using Gateway.Storage.Admin;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Auditing;

/// <summary>The audit log.</summary>
public static class AuditApi
{
    public static void MapAudit(this IEndpointRouteBuilder api) =>
        api.MapGet("/audit", ListAsync).WithTags("audit").WithName("listAudit").Requires(Scope.Admin).Paged()
            .WithSummary("Every change with before and after, the newest first");

    /// <summary>The filter of the list.</summary>
    public readonly record struct Filter(
        [property: Description("The author: `key:ID`, `oidc:SUBJECT`, or a job of the gateway.")] string? Actor,
        [property: Description("What: `channel.update`.")] string? Action,
        [property: Description("The object: `channel:100`.")] string? Subject,
        [property: Description("At this time or later.")] QueryTime? From,
        [property: Description("Before this time.")] QueryTime? To);

    /// <param name="Before">The state before; null where there was none.</param>
    /// <param name="After">The state after; null where there is none.</param>
    public sealed record AuditView(
        long Id, DateTimeOffset At, string Actor, string Action, string Subject, JsonElement? Before, JsonElement? After)
    {
        public static AuditView Of(AuditRow row) =>
            new(row.Id, row.At, row.Actor, row.Action, row.Subject, Json(row.Before), Json(row.After));

        private static JsonElement? Json(string? text) => text is null ? null : JsonSerializer.Deserialize<JsonElement>(text);
    }

    private static async Task<Results<Ok<Page<AuditView>>, ProblemResult>> ListAsync(
        AuditStore log, [AsParameters] Filter filter, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        var rows = await log.ListAsync(new AuditQuery(
            filter.Actor, filter.Action, filter.Subject, filter.From?.Value, filter.To?.Value, before, page.Rows), cancellation);
        return TypedResults.Ok(Page.Of(rows, page, AuditView.Of, row => Cursor.Of(row.Id)));
    }
}
